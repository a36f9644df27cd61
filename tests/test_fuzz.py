"""Broken files end in a reason: no other exception, no crash of the process, no hang, and no grid but the right one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import PROJECT

CASES = {"files": 500, "codes": 1200, "grids": 60}
"""For a long run: ``python -m tests.fuzz files|codes|grids FIRST STOP`` takes other cases."""

LAST_WORDS = {"files": (" loaded", " decode_failed"), "codes": (" loaded", " decode_failed")}
LAST_WORDS["grids"] = (" lesions", " implausible_place")

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
