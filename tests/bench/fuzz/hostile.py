"""20,000 hostile inputs, measured: python -m tests.bench.fuzz.hostile [FILE]. It goes on where an earlier run stopped.

Each input has a number and is the same in every run. The real command measures a batch of them into one folder. What
came of a batch is a row of FILE (results/bench/fuzz.csv). CALCIMEASURE_BENCH_INPUTS draws fewer inputs.
Exit code 1: a bar was missed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.conftest import PROJECT
from tests.dicom_writers import SYNTAXES
from tests.fuzz import Drawn, draw_code, draw_doubled, draw_file, draw_grid, load
from tests.tables import header_of, read, write

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 20_000
BATCH = 50
RESULTS = PROJECT / "results" / "bench" / "fuzz.csv"
FROZEN = PROJECT / "tests" / "frozen" / "sample_dicom" / "pseudonyms"

DRAW = {"files": draw_file, "codes": draw_code, "grids": draw_grid, "doubled": draw_doubled}
KINDS = ("files", "files", "codes", "grids", "doubled")
"""Of the inputs in turn."""

LONGEST_SECONDS = 10.0
MOST_MEMORY_MB = 2000.0
TIME_LIMIT_SECONDS = 30
"""The setting of the runs: above the bar, so that a hang is seen as one and ends."""

START_SECONDS = 120
"""Of a batch, besides what its inputs may take: starting, looking through files and writing tables."""

REST_SECONDS = 20.0
"""Of a batch, for all but its stacks: 3 s are usual, and what is looked through for more than the bar is a hang too."""

LOOK_SECONDS = 0.1

BARS = {
    "stopped": "runs stopped",
    "internal_error": "internal errors",
    "hang": f"hangs above {LONGEST_SECONDS:g} s",
    "memory": f"above {MOST_MEMORY_MB / 1000:g} GB",
    "contradiction": "series accepted that contradict themselves",
    "tables": "tables that break the contract",
    "verify": "stores that verify does not pass",
}
"""What is counted; each is to be 0."""

_UID = re.compile(rb"(1\.2\.826\.0\.1\.3680043\.8\.498\.\d)\d{8}(?=\d{8})")


@dataclass(frozen=True, slots=True)
class Batch:
    """A row. `faults` are those that `BARS` names, each with the number of its input or of the batch's first."""

    first: int
    stop: int
    measured: int
    refused: int
    longest_s: float
    memory_mb: float
    wall_s: float
    faults: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended; its exit code is None where it took too long."""

    exit_code: int | None
    memory_mb: float
    seconds: float
    said: str


def run_bench(count: int, results: Path) -> bool:
    """Measure so many inputs, print what came of them, and tell whether all bars are reached."""
    rows = read(results) if results.exists() else []
    first = int(rows[-1]["stop"]) if rows else 0
    while first < count:
        batch = measure_batch(first, min(first + BATCH, count))
        rows.append({name: str(value) for name, value in asdict(batch).items()})
        write(results, [field.name for field in fields(Batch)], rows)
        print(f"inputs {batch.first} to {batch.stop - 1}: {batch.wall_s:.0f} s {batch.faults}", flush=True)  # noqa: T201
        first = batch.stop
    return _print_table(rows, results)


def measure_batch(first: int, stop: int) -> Batch:
    """Draw some inputs, measure them into one folder, and look at what came of it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        images, out, key = folder / "images", folder / "out", ("--key", str(folder / "key"))
        drawn = {number: draw(number, images / str(number)) for number in range(first, stop)}
        options = (*key, "--workers", "1", "--time-limit", str(TIME_LIMIT_SECONDS))
        ended = run(folder, START_SECONDS + LONGEST_SECONDS * (stop - first), "measure", images, "--out", out, *options)
        series = out / "private" / "series.csv"
        rows = read(series) if series.exists() else []
        faults = [f"stopped:{first}"] if ended.exit_code not in (0, 1) or not rows else []
        faults += [f"memory:{first}"] if ended.memory_mb > MOST_MEMORY_MB else []
        if faults:
            print(ended.said[-2000:], file=sys.stderr)  # noqa: T201
        seconds = [float(row["seconds"]) for row in rows if row["seconds"]]
        faults += [f"hang:{first}"] if ended.seconds - sum(seconds) > REST_SECONDS else []
        faults += [fault for row in rows for fault in _faults_of_row(row, drawn)]
        if rows:
            faults += [f"tables:{first}"] if not _tables_are_whole(out) else []
            faults += [f"verify:{first}"] if run(folder, START_SECONDS, "verify", out, *key).exit_code != 0 else []
        measured = sum(row["state"] == "measured" for row in rows)
    figures = (round(max(seconds, default=0.0), 1), round(ended.memory_mb), round(ended.seconds, 1))
    return Batch(first, stop, measured, len(rows) - measured, *figures, " ".join(dict.fromkeys(faults)))


def draw(number: int, folder: Path) -> Drawn:
    """Write an input, with UIDs of its own: in one folder, equal ones would be one series."""
    folder.parent.mkdir(exist_ok=True)
    drawn = DRAW[KINDS[number % len(KINDS)]](number, folder)
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(_UID.sub(rb"\g<1>%08d" % number, path.read_bytes()))
    return drawn


def _faults_of_row(row: dict[str, str], drawn: dict[int, Drawn]) -> Iterator[str]:
    number = int(row["path"].split("/")[0])
    if row["reason"] == "internal_error":
        yield f"internal_error:{number}"
    if row["reason"] == "time_limit" or float(row["seconds"] or 0) > LONGEST_SECONDS:
        yield f"hang:{number}"
    if row["reason"] == "memory_limit":
        yield f"memory:{number}"
    if row["state"] == "measured" and _contradicts_itself(number, drawn[number]):
        yield f"contradiction:{number}"


def _contradicts_itself(number: int, drawn: Drawn) -> bool:
    """Tell of a measured input whether it has two values, or a grid that is not that of its unbroken files."""
    kind = KINDS[number % len(KINDS)]
    if kind != "files" or drawn.base not in SYNTAXES:
        return kind == "doubled"
    try:
        load(drawn.path, drawn.base)
    except AssertionError:
        return True
    return False


def _tables_are_whole(out: Path) -> bool:
    """Tell whether tables have the columns of the contract, and each row a value for each."""
    for name in ("lesions.csv", "studies.csv"):
        path = out / name
        if not path.exists() or header_of(path) != header_of(FROZEN / name):
            return False
        if any(None in row or None in row.values() for row in read(path)):
            return False
    return True


def run(folder: Path, limit_s: float, *arguments: object) -> Ended:
    """Run the program, and watch the memory of it and of its children."""
    command = [sys.executable, "-m", "calcimeasure", *map(str, arguments)]
    begun, most_bytes, exit_code = time.monotonic(), 0, None
    with (folder / "said.txt").open("w+", encoding="utf-8", errors="replace") as said:
        with psutil.Popen(command, cwd=PROJECT, stdout=said, stderr=subprocess.STDOUT) as process:
            while time.monotonic() - begun < limit_s and exit_code is None:
                most_bytes = max(most_bytes, _tree_bytes(process))
                with suppress(psutil.TimeoutExpired):
                    exit_code = process.wait(LOOK_SECONDS)
            if exit_code is None:
                _end(process)
        said.seek(0)
        return Ended(exit_code, most_bytes / 1e6, time.monotonic() - begun, said.read())


def _tree(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def _tree_bytes(process: psutil.Process) -> int:
    """Memory of a process and its children; what they share counts for each."""
    taken = 0
    for one in _tree(process):
        with suppress(psutil.NoSuchProcess):
            taken += one.memory_info().rss
    return taken


def _end(process: psutil.Process) -> None:
    for one in reversed(_tree(process)):
        with suppress(psutil.NoSuchProcess):
            one.kill()


def _print_table(rows: list[dict[str, str]], results: Path) -> bool:
    faults = [fault for row in rows for fault in row["faults"].split()]
    measured, refused = (sum(int(row[name]) for row in rows) for name in ("measured", "refused"))
    lines = [f"fuzz ({results})", f"{rows[-1]['stop']} inputs: stacks measured {measured}, refused {refused}"]
    for kind, meaning in BARS.items():
        numbers = [fault.partition(":")[2] for fault in faults if fault.startswith(f"{kind}:")]
        lines.append(f"{meaning:<44} {len(numbers):>5} (at most 0){'  MISSED: ' if numbers else ''}{' '.join(numbers)}")
    for name, unit in (("longest_s", "s"), ("memory_mb", "MB")):
        lines.append(f"{name:<44} {max(float(row[name]) for row in rows):>5g} {unit}")
    print("\n".join(lines))  # noqa: T201 - what a benchmark is run for
    return not faults


if __name__ == "__main__":
    wanted = int(os.environ.get("CALCIMEASURE_BENCH_INPUTS", COUNT))
    sys.exit(0 if run_bench(wanted, Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS) else 1)
