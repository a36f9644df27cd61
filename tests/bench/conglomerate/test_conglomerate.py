"""How masses of several pieces are found and measured (`table`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.conglomerate.table import KINDS_AND_ALL, judge_all, note_found, note_measured

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.bench.conftest import BarTable


@pytest.mark.long
def test_masses_are_found_and_measured_as_one(bars: BarTable, benchmark: BenchmarkFixture) -> None:
    rows = benchmark.pedantic(judge_all, rounds=1)
    for kind in KINDS_AND_ALL:
        note_found(bars, rows, kind)
    for kind in KINDS_AND_ALL:
        note_measured(bars, rows, kind)
