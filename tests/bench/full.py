"""Run every benchmark, the long ones too: ``python -m tests.bench.full``.

A step that has ended is a row of results/bench/full.csv. A run that was interrupted goes on after the last row: remove
the file to begin again. The benchmarks write tables of their own to results/bench.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from calcimeasure.version import software_version
from tests.tables import read, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BENCH = Path(__file__).parent
PROJECT = BENCH.parents[1]
RESULTS = PROJECT / "results" / "bench" / "full.csv"
COLUMNS = ("step", "reached", "seconds", "version", "date")

PROGRAMS = (
    "tests.bench.cost.masses",
    "tests.bench.follow",
    "tests.bench.follow.killed",
    "tests.bench.fuzz.hostile",
    "tests.bench.radiograph.marked_films",
    "tests.bench.radiograph.real_films",
    "tests.bench.store.damaged",
)
"""Benchmarks that no test runs."""


def steps() -> dict[str, list[str]]:
    """Give the command of each step: the programs, and the tests of each file."""
    tests = [path.relative_to(PROJECT).as_posix() for path in sorted(BENCH.rglob("test_*.py"))]
    options = ["-o", "addopts=--strict-markers --strict-config", "-p", "no:pytest-qt", "--long", "--quiet"]
    commands = {name: [sys.executable, "-m", "pytest", name, *options] for name in tests}
    return commands | {name: [sys.executable, "-m", name] for name in PROGRAMS}


def run_all(commands: Mapping[str, Sequence[str]], results: Path) -> bool:
    """Run the steps that have not ended yet; tell whether all of them reached their bars."""
    rows = read(results) if results.exists() else []
    ended = {row["step"] for row in rows}
    for step, command in commands.items():
        if step in ended:
            continue
        begun = time.monotonic()
        reached = subprocess.run(command, cwd=PROJECT, check=False).returncode == 0
        seconds = f"{time.monotonic() - begun:.0f}"
        values = (step, str(reached).lower(), seconds, software_version(), date.today().isoformat())
        rows.append(dict(zip(COLUMNS, values, strict=True)))
        write(results, COLUMNS, rows)
    return all(row["reached"] == "true" for row in rows if row["step"] in commands)


def main() -> int:
    """Run what is left, and print the table."""
    reached = run_all(steps(), RESULTS)
    lines = [
        f"{row['step']:<50} {row['seconds']:>6} s  {'' if row['reached'] == 'true' else 'MISSED'}"
        for row in read(RESULTS)
    ]
    print("\n".join([f"all benchmarks ({RESULTS})", *lines]))  # noqa: T201 - what a benchmark is run for
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
