"""How masses of several pieces are found: as one, as a calcified mass, without bone.

CALCIMEASURE_BENCH_MASSES=9 draws nine masses of each kind,
CALCIMEASURE_BENCH_SEED=123 those of that seed. Each case is a row of results/bench/conglomerate-cases.csv as soon as it
is judged; a run that was interrupted goes on after the last row of its seed.
"""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import Settings
from calcimeasure.model import Tissue
from calcimeasure.segment import propose
from tests.bench.conftest import PROJECT
from tests.bench.conglomerate.masses import KINDS, Made, cases, make

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.conftest import BarTable

MASSES = int(os.environ.get("CALCIMEASURE_BENCH_MASSES") or 6)
SEED = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or 1)
CASES = PROJECT / "results" / "bench" / "conglomerate-cases.csv"
COLUMNS = ("case", "kind", "on_bone", "as_one", "is_mass", "share", "bone_share", "confidence")
WHOLE, FOREIGN = 0.9, 0.01
"""A mass is found as one where one proposal holds this share of its calcified voxels, and so little bone."""


def outcome(made: Made) -> dict[str, object]:
    """Judge an image: how much of the mass its best proposal holds, and how much of that proposal is bone."""
    true, bone = made.calcified > 0.5, made.bone > 0.5
    held = [(int(np.count_nonzero(true[part.outline.box] & part.outline.mask())), part) for part in
            propose(made.volume, Settings()).parts]  # fmt: skip
    best_count, best = max(held, key=lambda one: one[0])
    share = best_count / max(1, np.count_nonzero(true))
    bone_share = np.count_nonzero(bone[best.outline.box] & best.outline.mask()) / best.outline.voxel_count
    return {
        "as_one": share >= WHOLE and bone_share <= FOREIGN,
        "is_mass": best.tissue is Tissue.CALCIFIED_MASS,
        "share": round(share, 3),
        "bone_share": round(bone_share, 3),
        "confidence": round(best.tissue_confidence, 3),
    }


def judged(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add(path: Path, row: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


@pytest.mark.parametrize("kind", KINDS)
def test_masses_are_found_as_one(bars: BarTable, benchmark: object, kind: str) -> None:
    def judge_all() -> list[dict[str, str]]:
        wanted = list(cases(kind, MASSES, SEED))  # type: ignore[arg-type]
        known = {row["case"] for row in judged(CASES)}
        for case in wanted:
            if case.name not in known:
                add(CASES, {"case": case.name, "kind": kind, "on_bone": case.on_bone, **outcome(make(case))})
        names = {case.name for case in wanted}
        return [row for row in judged(CASES) if row["case"] in names]

    rows = benchmark.pedantic(judge_all, rounds=1)  # type: ignore[attr-defined]
    for on_bone in ("False", "True"):
        some = [row for row in rows if row["on_bone"] == on_bone]
        place = f"{kind}, {'on bone' if on_bone == 'True' else 'free'}"
        bars.note(f"{place}: as one, of {len(some)}", sum(row["as_one"] == "True" for row in some), "")
        bars.note(f"{place}: calcified mass, of {len(some)}", sum(row["is_mass"] == "True" for row in some), "")
