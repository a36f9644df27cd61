"""Sides on radiographs of one limb or two, through files: none may be wrong.

CALCIMEASURE_BENCH_SEED=123 makes the films of that run again, CALCIMEASURE_BENCH_FILMS=40 makes 40 of them.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import find_series
from calcimeasure.load.radiograph import load_radiograph
from calcimeasure.locate.radiograph import place_on_radiograph, radiograph_anatomy_of
from calcimeasure.locate.radiograph_side import side_on_radiograph
from calcimeasure.model import Laterality, Outline, SideSource
from calcimeasure.settings import Settings
from tests.bench.radiograph.films import FOLDER, write_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.conftest import BarTable
    from tests.bench.radiograph.films import Case

FILMS = int(os.environ.get("CALCIMEASURE_BENCH_FILMS") or 400)
NAMES = {"R": Laterality.RIGHT, "L": Laterality.LEFT}


def said_of(case: Case) -> list[str]:
    """What is said of a lesion in each limb: right, open or wrong, and 'by marker'."""
    (stack,) = find_series(case.path).series
    image = load_radiograph(stack, Settings())
    anatomy = radiograph_anatomy_of(stack, image.pixels)
    said = []
    for (row, column), truth in zip(case.middles, case.sides, strict=True):
        spot = Outline.from_mask(np.ones((1, 9, 9), dtype=bool), (0, row - 4, column - 4))
        side = side_on_radiograph(place_on_radiograph(spot, anatomy))
        if side.laterality is Laterality.UNKNOWN:
            said.append("open, in conflict" if side.conflict else "open")
        elif side.laterality is not NAMES[truth]:
            said.append("wrong")
        else:
            said.append("right, by marker" if side.source is SideSource.MARKER else "right")
    return said


@pytest.mark.long
@pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the free films beside the project")
def test_sides_of_generated_films(tmp_path: Path, bars: BarTable) -> None:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: films", FILMS, "")
    rng = np.random.default_rng(seed)
    counted: dict[str, Counter[str]] = {}
    not_open = wrong = 0
    for n in range(FILMS):
        case = write_case(tmp_path, n, rng)
        said = said_of(case)
        counted.setdefault(case.name, Counter()).update(said)
        wrong += said.count("wrong")
        not_open += case.must_be_open and any(not one.startswith("open") for one in said)
        case.path.unlink()
    for name, said in sorted(counted.items()):
        for what, count in sorted(said.items()):
            bars.note(f"{name}: {what}", count, "")
    bars.check_all(
        [
            ("wrong sides", wrong, 0, ""),
            ("pairs of hands without a marker that have a side", not_open, 0, ""),
        ]
    )
