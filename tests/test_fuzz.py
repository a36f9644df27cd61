"""Broken files end in a reason: no other exception, no crash of the process, no hang, and no grid but the right one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.fuzz import hostile
from tests.conftest import PROJECT
from tests.patched import environment

if TYPE_CHECKING:
    from pathlib import Path

CASES = {"files": 500, "codes": 1200, "grids": 60, "doubled": 100}
"""For a long run: ``python -m tests.fuzz files|codes|grids|doubled FIRST STOP`` takes other cases."""

LAST_WORDS = {"files": (" loaded", " decode_failed"), "codes": (" loaded", " decode_failed")}
LAST_WORDS["grids"] = (" lesions", " implausible_place")
LAST_WORDS["doubled"] = (" repeated_attribute",)

PROCESSES = 2


def fuzz(kind: str, first: int, stop: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.fuzz", kind, str(first), str(stop)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcomes_of(process: subprocess.Popen[str]) -> list[str]:
    output, errors = process.communicate(timeout=300)
    lines = output.splitlines()
    assert process.returncode == 0, f"{lines[-1:]}\n{errors}"
    return [line.split(" s ", 1)[1] for line in lines if line.startswith("done ")]


@pytest.mark.parametrize("kind", CASES)
def test_broken_files_end_in_a_reason(kind: str) -> None:
    """In processes of their own, so that one that ends in a codec is seen and not the end of the tests."""
    share = CASES[kind] // PROCESSES
    running = [fuzz(kind, share * number, share * (number + 1)) for number in range(PROCESSES)]
    outcomes = [outcome for process in running for outcome in outcomes_of(process)]
    assert len(outcomes) == CASES[kind]
    # Both happen: what is broken is refused, and what is broken where nothing is read loads.
    assert all(any(outcome.endswith(words) for outcome in outcomes) for words in LAST_WORDS[kind])


@pytest.mark.parametrize("kind", CASES)
def test_a_case_is_the_same_every_time(kind: str) -> None:
    assert outcomes_of(fuzz(kind, 7, 10)) == outcomes_of(fuzz(kind, 7, 10))


RAISES = """
def load_image(*_):
    raise RuntimeError("a fault")
"""


def test_long_run_measures_each_input_and_reaches_its_bars() -> None:
    """One of each kind: the command itself, its store and its tables."""
    batch = hostile.measure_batch(0, len(hostile.KINDS))
    assert batch.faults == ""
    assert batch.measured > 0
    assert batch.refused > 0
    assert 50 < batch.memory_mb < hostile.MOST_MEMORY_MB


def test_long_run_sees_a_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("calcimeasure.analysis.pipeline", RAISES).items():
        monkeypatch.setenv(name, value)
    (grid,) = (number for number, kind in enumerate(hostile.KINDS) if kind == "grids")
    assert hostile.measure_batch(grid, grid + 1).faults == f"internal_error:{grid}"


def test_long_run_sees_a_contradiction_and_a_run_that_hangs_or_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    doubled = hostile.KINDS.index("doubled")
    # What is measured here stands for a series that is accepted with two values.
    monkeypatch.setitem(hostile.DRAW, "doubled", hostile.DRAW["grids"])
    monkeypatch.setattr(hostile, "REST_SECONDS", 0)
    assert hostile.measure_batch(doubled, doubled + 1).faults == f"hang:{doubled} contradiction:{doubled}"
    monkeypatch.setattr(hostile, "REST_SECONDS", 600)
    monkeypatch.setattr(hostile, "START_SECONDS", 0)
    monkeypatch.setattr(hostile, "LONGEST_SECONDS", 0.1)
    assert hostile.measure_batch(doubled, doubled + 1).faults == f"stopped:{doubled}"


def test_long_run_goes_on_after_its_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = []

    def measure_batch(first: int, stop: int) -> hostile.Batch:
        begun.append(first)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return hostile.Batch(first, stop, 1, 2, 3.0, 4, 5.0, "hang:7" if first == 0 else "")

    monkeypatch.setattr(hostile, "measure_batch", measure_batch)
    results = tmp_path / "bench" / "fuzz.csv"
    with pytest.raises(KeyboardInterrupt):
        hostile.run_bench(120, results)
    assert not hostile.run_bench(120, results)
    assert begun == [0, 50, 50, 100]
    assert "120 inputs: stacks measured 3, refused 6" in capsys.readouterr().out
