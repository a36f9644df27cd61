"""How the cost grows with slices and with lesions: both along a line.

Seconds of one core, each in a process of its own: a clock would show what else the machine does, and memory what
earlier images left in it.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.conftest import BarTable
from tests.bench.cost.scenes import FINE, LONG, Kind, cost_of, scene

SLICES = (50, 100, 200, 500, 1000, 2000)
LESIONS = (1, 10, 30, 100, 200, 300)
FEW_LESIONS = 4
SOME_SLICES = 300


@dataclass(frozen=True)
class Line:
    """A line through costs: seconds where nothing is counted, seconds for each more, and the coefficient R²."""

    start: float
    slope: float
    r2: float


def line_through(counts: Sequence[int], seconds: Sequence[float]) -> Line:
    slope, start = np.polyfit(counts, seconds, 1)
    rest = np.asarray(seconds) - (start + slope * np.asarray(counts))
    return Line(float(start), float(slope), 1 - float(np.var(rest) / np.var(seconds)))


def cost_of_scene(kind: Kind, slices: int, lesions: int) -> tuple[float, int]:
    return cost_of(scene(kind, slices, lesions))


def costs_of(scenes: Sequence[tuple[Kind, int, int]]) -> list[tuple[float, int]]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as alone:
        return list(alone.map(cost_of_scene, *zip(*scenes, strict=True)))


@pytest.mark.parametrize(
    ("of", "counts", "scenes"),
    [
        ("slices", SLICES, [(LONG, slices, FEW_LESIONS) for slices in SLICES]),
        ("lesions", LESIONS, [(FINE, SOME_SLICES, lesions) for lesions in LESIONS]),
    ],
    ids=["slices", "lesions"],
)
def test_cost_is_linear(
    benchmark: BenchmarkFixture, bars: BarTable, of: str, counts: Sequence[int], scenes: list[tuple[Kind, int, int]]
) -> None:
    costs = benchmark.pedantic(costs_of, args=(scenes,), rounds=1)
    for (kind, slices, lesions), (seconds, measured) in zip(scenes, costs, strict=True):
        bars.note(f"{slices} slices of {kind.width} x {kind.width}, {lesions} lesions", seconds, "s")
        assert measured == lesions
    line = line_through(counts, [seconds for seconds, _ in costs])
    bars.note(f"for each 100 {of} more", 100 * line.slope, "s")
    bars.note(f"without {of}", line.start, "s")
    bars.check_at_least(f"R2 of the line through the costs of {of}", line.r2, 0.95, "")
