"""How masses of several pieces are found and measured: as one, as a calcified mass, without bone, with their numbers.

``python -m tests.bench.conglomerate`` prints the table and writes it to results/bench/conglomerate.csv.

CALCIMEASURE_BENCH_MASSES=9 draws nine masses of each kind, CALCIMEASURE_BENCH_SEED=123,124 those of these seeds.
CALCIMEASURE_BENCH_LARGEST=60 leaves out masses above 60 mm. Each case is a row of
results/bench/conglomerate-cases.csv as soon as it is judged; a run that was interrupted goes on after the last row.
"""

from __future__ import annotations

import csv
import os
import time
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta

from calcimeasure import Settings
from calcimeasure.edge import half_maximum_outline
from calcimeasure.measure import measure
from calcimeasure.model import Tissue
from calcimeasure.segment import propose
from tests.bench.conftest import PROJECT
from tests.bench.conglomerate.masses import KINDS, cases, make

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Measurements
    from tests.bench.conftest import BarTable
    from tests.bench.conglomerate.masses import Case, Made, Truth

SETTINGS = Settings()
MASSES = int(os.environ.get("CALCIMEASURE_BENCH_MASSES") or 6)
SEEDS = tuple(int(seed) for seed in (os.environ.get("CALCIMEASURE_BENCH_SEED") or "1").split(","))
LARGEST_MM = float(os.environ.get("CALCIMEASURE_BENCH_LARGEST") or 120)
CASES = PROJECT / "results" / "bench" / "conglomerate-cases.csv"
COLUMNS = (
    *("case", "kind", "on_bone", "fill", "resolved", "as_one", "is_mass", "share", "bone_share", "confidence"),
    *("volume_error", "volume_u95", "volume_held", "envelope_error", "envelope_u95", "envelope_held"),
    *("long_axis_error", "max_3d_diameter_error", "fluid_level", "morphology", "seconds"),
)
KINDS_AND_ALL = (*KINDS, "all")
WHOLE, FOREIGN = 0.9, 0.01
"""A mass is found as one where one proposal holds this share of its calcified voxels, and so little bone."""


def outcome(case: Case, made: Made) -> dict[str, object]:
    """Judge an image: how much of the mass its best proposal holds, how much of that is bone, and its numbers."""
    true, bone = made.calcified > 0.5, made.bone > 0.5
    begun = time.perf_counter()
    proposals = propose(made.volume, SETTINGS).parts
    seconds = time.perf_counter() - begun
    held = [(int(np.count_nonzero(true[part.outline.box] & part.outline.mask())), part) for part in proposals]
    best_count, best = max(held, key=lambda one: one[0])
    share = best_count / max(1, np.count_nonzero(true))
    bone_share = np.count_nonzero(bone[best.outline.box] & best.outline.mask()) / best.outline.voxel_count
    found = {
        "fill": round(made.truth.calcified_ml / made.truth.envelope_ml, 3),
        "resolved": is_resolved(case),
        "as_one": share >= WHOLE and bone_share <= FOREIGN,
        "is_mass": best.tissue is Tissue.CALCIFIED_MASS,
        "share": round(share, 3),
        "bone_share": round(bone_share, 3),
        "confidence": round(best.tissue_confidence, 3),
        "seconds": round(seconds, 2),
    }
    outline = half_maximum_outline(made.volume, best.outline, SETTINGS)
    return {**found, **numbers(measure(made.volume, outline, SETTINGS), made.truth)}


def numbers(found: Measurements, truth: Truth) -> dict[str, object]:
    """Compare the numbers of a mass with the truth; errors and half-widths are shares."""
    row: dict[str, object] = {"fluid_level": found.fluid_level, "morphology": found.morphology}
    pairs = {
        "volume": (found.volume_ml, found.volume_u95_ml, truth.calcified_ml),
        "envelope": (found.envelope_ml, found.envelope_u95_ml, truth.envelope_ml),
    }
    for name, (value, u95, true) in pairs.items():
        if value is not None and u95 is not None:
            row |= {f"{name}_error": value / true - 1, f"{name}_u95": u95 / value}
            row[f"{name}_held"] = abs(value - true) <= u95
    row["long_axis_error"] = found.long_axis.length_mm / truth.long_axis_mm - 1
    if found.max_3d_diameter is not None:
        row["max_3d_diameter_error"] = found.max_3d_diameter.length_mm / truth.max_3d_diameter_mm - 1
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}


def is_resolved(case: Case) -> bool:
    """Tell whether gaps and grains are at least two voxels wide along each axis."""
    voxels = 2 * max(case.slice_mm, case.pixel_mm)
    return case.kind in ("septa", "lobules", "levels") and min(case.gap_mm, case.lobule_mm) >= voxels


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


def judge_all() -> list[dict[str, str]]:
    """Judge the cases of all kinds and seeds that are not judged yet, and return the rows of all."""
    wanted = [
        case for seed in SEEDS for kind in KINDS for case in cases(kind, MASSES, seed) if case.size_mm <= LARGEST_MM
    ]
    known = {row["case"] for row in judged(CASES)}
    for case in wanted:
        if case.name not in known:
            row = {"case": case.name, "kind": case.kind, "on_bone": case.on_bone}
            add(CASES, {**row, **outcome(case, make(case))})
    names = {case.name for case in wanted}
    return [row for row in judged(CASES) if row["case"] in names]


def is_true(rows: list[dict[str, str]], column: str) -> int:
    return sum(row[column] == "True" for row in rows)


def shares(rows: list[dict[str, str]], column: str) -> NDArray[np.float64]:
    return np.array([float(row[column]) for row in rows if row[column]])


def note_rate(bars: BarTable, what: str, hits: int, count: int) -> None:
    """Write down a rate with its 95 % interval (Clopper and Pearson)."""
    low = beta.ppf(0.025, hits, count - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    bars.note(f"{what}: {hits} of {count} (95 %: {low:.2f} to {high:.2f})", hits / max(count, 1), "")


def note_found(bars: BarTable, rows: list[dict[str, str]], kind: str) -> None:
    """Write down how masses of a kind, or of all kinds, were found."""
    some = [row for row in rows if kind in (row["kind"], "all")]
    for place in ("False", "True"):
        beside = [row for row in some if row["on_bone"] == place]
        name = f"{kind}, {'on bone' if place == 'True' else 'free'}"
        note_rate(bars, f"{name}: as one", is_true(beside, "as_one"), len(beside))
        note_rate(bars, f"{name}: calcified mass", is_true(beside, "is_mass"), len(beside))


def note_measured(bars: BarTable, rows: list[dict[str, str]], kind: str) -> None:
    """Write down how masses that were found as one were measured."""
    some = [row for row in rows if row["as_one"] == "True" and kind in (row["kind"], "all")]
    if not some:
        return
    for column in ("long_axis", "max_3d_diameter", "envelope"):
        errors = np.abs(shares(some, f"{column}_error"))
        bars.note(f"{kind}: {column}, median error", 100 * float(np.median(errors)), "%")
        bars.note(f"{kind}: {column}, 90th percentile", 100 * float(np.percentile(errors, 90)), "%")
    for column in ("volume", "envelope"):
        note_rate(bars, f"{kind}: {column} inside its half-width", is_true(some, f"{column}_held"), len(some))
    for name, part in (
        ("resolved", [row for row in some if row["resolved"] == "True"]),
        ("fill 0.3 and more", [row for row in some if float(row["fill"]) >= 0.3]),
        ("fill below 0.3", [row for row in some if float(row["fill"]) < 0.3]),
    ):
        if part:
            errors, widths = np.abs(shares(part, "volume_error")), shares(part, "volume_u95")
            bars.note(f"{kind}, {name} ({len(part)}): volume, median error", 100 * float(np.median(errors)), "%")
            bars.note(f"{kind}, {name} ({len(part)}): volume, median half-width", 100 * float(np.median(widths)), "%")
    right = [row for row in some if row["fluid_level"] == str(row["kind"] == "levels")]
    note_rate(bars, f"{kind}: fluid level right", len(right), len(some))
