"""The command that runs every benchmark (tests/bench/full.py)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.full import PROGRAMS, PROJECT, run_all, steps
from tests.tables import read

if TYPE_CHECKING:
    from pathlib import Path


def command(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def noted(log: Path, word: str) -> list[str]:
    return command(f"open({str(log)!r}, 'a').write({word!r})")


def test_a_run_goes_on_after_the_last_step_that_ended(tmp_path: Path) -> None:
    log, results = tmp_path / "log.txt", tmp_path / "full.csv"
    assert run_all({"a": noted(log, "a")}, results)
    assert run_all({"a": noted(log, "a"), "b": noted(log, "b")}, results)
    assert log.read_text(encoding="utf-8") == "ab"
    assert [(row["step"], row["reached"]) for row in read(results)] == [("a", "true"), ("b", "true")]


@pytest.mark.parametrize("again", [False, True])
def test_a_bar_that_was_missed_is_told_again(tmp_path: Path, again: bool) -> None:
    results, commands = tmp_path / "full.csv", {"a": command("raise SystemExit(1)"), "b": command("")}
    if again:
        run_all(commands, results)
    assert not run_all(commands, results)
    assert [(row["step"], row["reached"]) for row in read(results)] == [("a", "false"), ("b", "true")]


def test_steps_are_all_files_and_programs_that_there_are() -> None:
    files = {path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("tests/bench/**/test_*.py")}
    assert set(steps()) == files | set(PROGRAMS)
    for name in PROGRAMS:
        path = PROJECT / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name
