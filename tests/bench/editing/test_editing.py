"""The bars of clicks and of filled slices (`tests.bench.editing.table`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.editing.table import judge_all, note_all

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.bench.conftest import BarTable


def test_one_click_and_filled_slices_give_the_mass(bars: BarTable, benchmark: BenchmarkFixture) -> None:
    note_all(bars, benchmark.pedantic(judge_all, rounds=1))
