"""Writes all that the program says about images as text, so that two versions of the program can be compared.

``python -m tests.frozen_outputs write FOLDER`` runs the commands of the program (scan, measure, export, explain) on
``sample_dicom`` and on the public images beside the project, where they are there. It writes for each of these inputs:

- the tables: identified, under pseudonyms of one fixed key, and without the lesions that are not surely masses;
- every row of the store;
- the explanation of each lesion;
- for the samples also tables and store after the edits of a reader.

``python -m tests.frozen_outputs compare FOLDER_A FOLDER_B`` prints the rows that differ and exits with 1 where some do.
``--code CHECKOUT`` runs the program of another checkout.

The module imports nothing of the program and reads the store as plain SQLite: moved or renamed code does not change it.
``tests/reader_edits.py``, which makes the edits, imports public names.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import PROJECT, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]
Inputs = dict[str, list[Path]]

ALL_INPUTS: Inputs = {
    "sample_dicom": [PROJECT / "sample_dicom"],
    "phantoms": [SHARED / "phantoms"],
    "dicom": [SHARED / "dicom"],
}
QUICK_INPUTS: Inputs = {
    "sample_dicom": [PROJECT / "sample_dicom"],
    "phantoms": [SHARED / "phantoms"],
    "dicom": [
        SHARED / "dicom" / name
        for name in (
            "ct_abdomen_arms_j2k",
            "ct_head_tilt",
            "ct_limb",
            "ct_loader_failures",
            "ct_seg",
            "phantom",
            "single_odd",
            "xray",
            "xray_ssc_calcinosis",
        )
    ],
}
"""Some of each kind of image, and all faults of files; the skulls and the big films are left out."""

EDITED = frozenset({"sample_dicom"})
"""Inputs whose lesions a reader edits when all else is written (tests/reader_edits.py)."""

CHANGED_BY_EDITS = frozenset({"lesion_revisions", "looks", "outlines", "thumbnails"})
"""Tables of the store that are written again after the edits."""

LEFT_OUT_TABLES = frozenset({"exports", "chain"})
"""Tables of the store that tell when, by whom and in which order something was done, and no result."""

BLANK = "*"
BLANKED = frozenset(
    {
        # They name the version of the program and its settings, and no result.
        "software_version",
        "settings_hash",
        "settings_toml",
        # The clock.
        "seconds",
        "made_at",
        "begun_at",
        "ended_at",
        "reviewed_at",
        "looked_at",
        "modified_ns",
    }
)
"""Columns whose values are replaced by BLANK; empty values stay empty."""

NUMBERED_BY_THE_STORE = frozenset({"outcome_id", "revision_id", "file_id", "look_id"})
"""Columns of the store that are left out: with several workers stacks are done in another order each time."""

FIRST = ("stack", "tracking_uid", "revision_number", "slice_number", "outline_hash", "name")
"""Columns that name a row of the store; rows are sorted by them."""

PICTURES = frozenset({"png", "picture"})
"""Columns with hashes of pictures, which other versions of zlib and NumPy may write with other bytes."""

_KEY = "c3" * 32
_SECONDS = re.compile(r"\b\d+\.\d s\b")
_ABSOLUTE = 1e-9
"""Numbers that are nearer to each other than this are equal wherever numbers need not be equal to the last bit."""

_EXPLAIN = """
import contextlib, io, json, sys
from calcimeasure.cli import main
for line in sys.stdin:
    sys.argv = ["calcimeasure", *json.loads(line)]
    stdout, stderr, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            main()
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, stdout.getvalue(), stderr.getvalue()]), flush=True)
"""
"""Runs the commands that it is sent, one a line, in one process: a process for each lesion would take a second more."""


# ------------------------------------------------------------------------------------------------------------ writing


@dataclass(frozen=True, slots=True)
class Program:
    """The program of one checkout, and where it works.

    Parameters
    ----------
    code
        The checkout.
    work
        An empty folder for results.
    places
        Texts that stand for folders of this machine, by the path that they replace.
    """

    code: Path
    work: Path
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Path:
        """File of the key for pseudonyms."""
        return self.work / "key"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that let Python find this checkout before one that is installed."""
        own = {"PYTHONPATH": os.pathsep.join(map(str, (self.code, self.code / "plugins")))}
        return {**os.environ, **own, "XDG_CONFIG_HOME": str(self.work / "configuration")}

    def run(self, *arguments: object) -> Row:
        """Run a command in a process of its own; gives what it said."""
        command = [sys.executable, "-m", "calcimeasure", *map(str, arguments)]
        # In an empty folder, because Python looks for modules in the present one first.
        done = subprocess.run(
            command, cwd=self.work, env=self.environment, capture_output=True, encoding="utf-8", check=False
        )
        return self.said([str(one) for one in arguments], done.returncode, done.stdout, done.stderr)

    @contextmanager
    def one_process(self) -> Iterator[Callable[..., Row]]:
        """Give a function that runs commands one after the other in one process."""
        with subprocess.Popen(
            [sys.executable, "-c", _EXPLAIN],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            asked, answered = process.stdin, process.stdout

            def run(*arguments: object) -> Row:
                words = [str(one) for one in arguments]
                asked.write(json.dumps(words) + "\n")
                asked.flush()
                code, stdout, stderr = json.loads(answered.readline())
                return self.said(words, code, stdout, stderr)

            yield run
            asked.close()

    def said(self, arguments: Sequence[str], code: int, stdout: str, stderr: str) -> Row:
        """Make a row of what a command said; stacks are told on stderr in the order in which they are done."""
        lines = [_SECONDS.sub(f"{BLANK} s", self.named(line)) for line in stderr.splitlines()]
        return {
            "command": self.named(" ".join(arguments)),
            "exit_code": code,
            "stdout": [line.rstrip() for line in self.named(stdout).splitlines()],
            "stderr": sorted(lines),
        }

    def named(self, text: str) -> str:
        """Replace folders of this machine by their names."""
        for path, name in self.places.items():
            text = text.replace(path, name)
        return text


def write_all(
    folder: Path, inputs: Inputs, code: Path = PROJECT, workers: int = 2, explained: int | None = None
) -> list[str]:
    """Write the outputs of each input into a folder of its name.

    Parameters
    ----------
    folder
        What it has of these inputs is replaced.
    inputs
        Files and folders by the name of the input; those that are not there are passed over.
    code
        The checkout whose program is run.
    workers
        Processes that measure, and that explain.
    explained
        How many lesions of a stack are explained; all if none.

    Returns
    -------
    list of str
        The names of the inputs that were there.
    """
    there = {name: [path.absolute() for path in paths if path.exists()] for name, paths in inputs.items()}
    for name, paths in there.items():
        if paths:
            with tempfile.TemporaryDirectory() as work:
                places = {str(path): f"<{name}>" for path in _with_parents(inputs[name], paths)}
                program = Program(
                    code.absolute(), Path(work).resolve(), {**places, str(Path(work).resolve()): "<work>"}
                )
                _write_input(folder / name, paths, program, workers, explained)
    return [name for name, paths in there.items() if paths]


def _with_parents(paths: Sequence[Path], there: Sequence[Path]) -> list[Path]:
    """Give the folder that stands for an input: the input itself, or what several paths lie in."""
    return list(there) if len(paths) == 1 else [path.parent for path in there]


def _write_input(folder: Path, paths: Sequence[Path], program: Program, workers: int, explained: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program.key.write_text(_KEY + "\n", encoding="ascii")
    program.key.chmod(0o600)
    _check_code(program)
    out = program.work / "out"
    images = (*paths, "--out", out, "--key", program.key, "--workers", workers)

    commands = [_write_scan(folder, paths, program)]
    commands.append(program.run("measure", *images, "--identified", "--all-tissues"))
    if not (out / "lesions.csv").exists():
        raise RuntimeError(f"measure wrote no tables: {commands[-1]}")
    uids = _uids(_identified(out) / "lesions.csv", explained)
    _copy_tables(out, folder / "identified", program, _identified(out))
    with program.one_process() as run:
        revisions = program.work / "revisions.csv"
        commands.append(run("export", out, "--format", "revisions", "--identified", "--to", revisions))
        _copy_table(revisions, folder / "identified" / "revisions.csv", program)
        commands.append(run("export", out, "--format", "csv", "--key", program.key))
        _copy_tables(out, folder / "pseudonyms", program)
        commands.append(run("export", out, "--format", "revisions", "--key", program.key))
        _copy_table(out / "revisions.csv", folder / "pseudonyms" / "revisions.csv", program)
        commands.append(run("export", out, "--format", "csv", "--status", "proposed", "--key", program.key))
        _copy_table(out / "lesions_proposed.csv", folder / "pseudonyms" / "lesions_proposed.csv", program)
    # Nothing is measured this time: the images are unchanged.
    commands.append(program.run("measure", *images))
    _copy_tables(out, folder / "masses", program)
    _write_rows(folder / "commands.jsonl", commands)
    _write_store(out, folder / "store", program)
    _write_rows(folder / "explain.jsonl", _explanations(out, uids, program, workers))
    if folder.name in EDITED:
        _write_edited(folder / "edited", paths, program)


def _write_edited(folder: Path, paths: Sequence[Path], program: Program) -> None:
    """Let a reader edit what was measured, and write the tables and the store as they are then."""
    out = program.work / "out"
    editing = [sys.executable, "-P", *map(str, (PROJECT / "tests" / "reader_edits.py", out, *paths))]
    done = subprocess.run(
        editing, cwd=program.work, env=program.environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise RuntimeError(f"tests/reader_edits.py does not run with the code of {program.code}: {done.stderr}")
    with program.one_process() as run:
        commands = [run("export", out, "--format", "csv", "--identified")]
        _copy_tables(out, folder, program, _identified(out))
        commands.append(run("export", out, "--format", "revisions", "--identified"))
        _copy_table(_identified(out) / "revisions.csv", folder / "revisions.csv", program)
        for status in ("accepted", "rejected"):
            commands.append(run("export", out, "--format", "csv", "--status", status, "--identified"))
            _copy_table(_identified(out) / f"lesions_{status}.csv", folder / f"lesions_{status}.csv", program)
    _write_rows(folder / "commands.jsonl", commands)
    _write_store(out, folder / "store", program, CHANGED_BY_EDITS)


def _write_store(out: Path, folder: Path, program: Program, only: Collection[str] = ()) -> None:
    for table, rows in _rows_of_store(out / "private" / "calcimeasure.db", program):
        if not only or table in only:
            _write_rows(folder / f"{table}.jsonl", rows)


def _check_code(program: Program) -> None:
    """Make sure that it is this checkout that will run."""
    ask = "import calcimeasure; print(calcimeasure.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=program.work,
        env=program.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    if not Path(done.stdout.strip()).is_relative_to(program.code):
        raise RuntimeError(f"The code of {program.code} is wanted, and Python found that of {done.stdout.strip()}.")


def _write_scan(folder: Path, paths: Sequence[Path], program: Program) -> Row:
    command = program.run("scan", *paths, "--json")
    scanned = json.loads("\n".join(command.pop("stdout")))
    _write_rows(folder / "scan.jsonl", [*scanned.pop("stacks"), scanned])
    return command


def _identified(out: Path) -> Path:
    """Give the folder of identified tables: that of the results themselves in versions up to 0.1.0."""
    folder = out / "private" / "identified"
    return folder if folder.is_dir() else out


def _copy_tables(out: Path, folder: Path, program: Program, place: Path | None = None) -> None:
    place = place or out
    for path in (place / "lesions.csv", place / "studies.csv", out / "private" / "series.csv"):
        _copy_table(path, folder / path.name, program)
    for schema in ("lesions.schema.json", "studies.schema.json"):
        shutil.copyfile(place / schema, folder / schema)


def _copy_table(source: Path, target: Path, program: Program) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(encoding="utf-8", newline="") as file, target.open("w", encoding="utf-8", newline="") as copy:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(copy, rows.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _blanked(name, program.named(value)) for name, value in row.items()})


def _blanked(name: str, value: Any) -> Any:  # noqa: ANN401 - a value of any column
    return BLANK if name in BLANKED and value not in (None, "") else value


def _uids(table: Path, of_a_stack: int | None) -> list[str]:
    """Give the lesions of a table, or the first of each stack and each tissue in it."""
    taken: Counter[tuple[str, ...]] = Counter()
    uids: dict[str, None] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            stack = row["study_uid"], row["series_uid"], row["stack_number"], row["tissue"]
            taken[stack] += 1
            if of_a_stack is None or taken[stack] <= of_a_stack:
                uids[row["tracking_uid"]] = None
    return list(uids)


def _explanations(out: Path, uids: Sequence[str], program: Program, workers: int) -> list[Row]:
    def explain_some(some: Sequence[str]) -> list[Row]:
        with program.one_process() as run:
            return [explain(run, uid) for uid in some]

    def explain(run: Callable[..., Row], uid: str) -> Row:
        said = run("explain", out, "--lesion", uid)
        picture = out / "private" / f"{uid}.png"
        said["picture"] = _hash(picture.read_bytes()) if picture.exists() else None
        return {"tracking_uid": uid, **said}

    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(explain_some, [uids[first::workers] for first in range(workers)]))
    by_uid = {row["tracking_uid"]: row for part in parts for row in part}
    return [by_uid[uid] for uid in uids]


def _rows_of_store(file: Path, program: Program) -> Iterator[tuple[str, list[Row]]]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as store:
        store.row_factory = sqlite3.Row
        every = store.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in every if name not in LEFT_OUT_TABLES]
        stacks = {
            row["stack_id"]: [
                row["study_uid"],
                row["series_uid"],
                row["stack_number"],
                program.named(row["folder"]),
            ]
            for row in store.execute("SELECT * FROM stacks")
        }
        for name in names:
            rows = [_row_of_store(dict(row), stacks, program) for row in store.execute(f"SELECT * FROM {name}")]
            yield name, sorted(rows, key=_key_of_row)


def _row_of_store(row: Row, stacks: Mapping[int, list[Any]], program: Program) -> Row:
    plain = {name: _plain(_blanked(name, value), program) for name, value in row.items()}
    if "stack_id" in plain:
        plain["stack"] = stacks[plain.pop("stack_id")]
    if plain.get("name") in ("key_place", "store_id"):
        plain["value"] = BLANK
    first = {name: plain[name] for name in FIRST if plain.get(name) is not None}
    # Empty values are left out: a column that is new and empty says nothing.
    return first | {
        name: value for name, value in plain.items() if name not in NUMBERED_BY_THE_STORE and value is not None
    }


def _plain(value: Any, program: Program) -> Any:  # noqa: ANN401 - a value of any column
    """Make JSON of a value: lists that are stored as text become lists, bytes a hash of what was compressed."""
    if isinstance(value, bytes):
        return _plain_bytes(value)
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        try:
            return json.loads(program.named(value))
        except json.JSONDecodeError:
            pass
    return program.named(value)


def _plain_bytes(value: bytes) -> str | dict[str, Any]:
    try:
        bits = zlib.decompress(value)
    except zlib.error:
        return _hash(value)
    return {"voxels": int.from_bytes(bits, "big").bit_count(), "bytes": len(bits), "sha256": _hash(bits)}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _key_of_row(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------------------------------------------------- comparing


def differences(a: Path, b: Path, tolerance: float = 0.0, left_out: Collection[str] = ()) -> Iterator[str]:
    """Compare two folders of outputs.

    Parameters
    ----------
    a, b
        Folders that `write_all` wrote, or the folders of one input in them.
    tolerance
        Relative difference that numbers may have; 0: none. Texts have to be equal.
    left_out
        Columns that are not compared, and files (by their name without suffix).

    Yields
    ------
    str
        A line for each row, column or file that differs.
    """
    files = [{path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} for folder in (a, b)]
    if not files[0] & files[1]:
        yield f"{a} and {b} have no file in common"
    for path in sorted(files[0] | files[1]):
        if path.stem in left_out:
            continue
        if path not in files[0] & files[1]:
            yield f"{path}: only in {a if path in files[0] else b}"
            continue
        rows_a, rows_b = (_read_rows(folder / path, left_out, bool(tolerance)) for folder in (a, b))
        yield from (f"{path}: {one}" for one in _different_rows(rows_a, rows_b, tolerance))


def _read_rows(path: Path, left_out: Collection[str], with_numbers: bool) -> list[Row]:
    """Read the lines of a table (its header is the first), of JSON lines, or of plain text, as a row each."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            lines = list(csv.reader(file))
            rows: list[Row] = [dict(zip(lines[0], line, strict=True)) for line in lines]
            if with_numbers:
                rows = [{name: _number_of(value) for name, value in row.items()} for row in rows]
        elif path.suffix == ".jsonl":
            rows = [json.loads(line) for line in file]
        else:
            rows = [{"line": line.rstrip()} for line in file]
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def _number_of(text: str) -> float | str:
    """Read a number with a decimal point; codes and UIDs are no numbers."""
    return float(text) if re.fullmatch(r"-?\d+\.\d+(e[-+]?\d+)?", text) else text


def _different_rows(a: Sequence[Row], b: Sequence[Row], tolerance: float) -> Iterator[str]:
    if len(a) != len(b):
        yield from _lone_rows(a, b)
        return
    names_a, names_b = (list(dict.fromkeys(name for row in rows for name in row)) for rows in (a, b))
    if names_a != names_b:
        lone = [name for name in (*names_a, *names_b) if name not in names_a or name not in names_b]
        yield f"one alone has the columns {', '.join(lone)}" if lone else f"order of columns: {names_a} and {names_b}"
    for number, (row_a, row_b) in enumerate(zip(a, b, strict=True), 1):
        for name in names_a:
            if name in names_b:
                where = f"row {number}{_name_of(row_a)}, {name}"
                yield from _different_values(where, row_a.get(name), row_b.get(name), tolerance)


def _lone_rows(a: Sequence[Row], b: Sequence[Row]) -> Iterator[str]:
    """Tell the rows that only one of two tables of different length has."""
    yield f"{len(a)} and {len(b)} rows"
    counts = [Counter(map(_key_of_row, rows)) for rows in (a, b)]
    for which, (rows, other) in {"first": (counts[0], counts[1]), "second": (counts[1], counts[0])}.items():
        for text in (rows - other).elements():
            yield f"only in the {which}: {text[:300]}"


def _name_of(row: Row) -> str:
    for name in ("tracking_uid", "series_uid", "stack", "path", "command"):
        if row.get(name):
            return f" ({name} {row[name]})"
    return ""


def _different_values(where: str, a: Any, b: Any, tolerance: float) -> Iterator[str]:  # noqa: ANN401 - of any column
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, (one, other) in enumerate(zip(a, b, strict=True), 1):
            yield from _different_values(f"{where} [{number}]", one, other, tolerance)
    elif isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for name in a:
            yield from _different_values(f"{where}, {name}", a[name], b[name], tolerance)
    elif not _equal(a, b, tolerance):
        yield f"{where}: {a!r} and {b!r}"


def _equal(a: Any, b: Any, tolerance: float) -> bool:  # noqa: ANN401 - of any column
    if tolerance and isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=_ABSOLUTE)
    return type(a) is type(b) and bool(a == b)


# ---------------------------------------------------------------------------------------------------- the command line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.frozen_outputs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="run the program and write its outputs")
    write.add_argument("folder", type=Path)
    write.add_argument("--input", type=Path, nargs="+", help="measure these instead; each is named by its last part")
    write.add_argument("--code", type=Path, default=PROJECT, help="checkout whose program is run (default: this one)")
    write.add_argument("--workers", type=int, default=2)
    write.add_argument(
        "--explained", type=int, help="lesions that are explained of each stack and tissue (all if none)"
    )
    write.add_argument("--quick", action="store_true", help="a part of the inputs, and --explained 1")
    compare = commands.add_parser("compare", help="print what differs; exit with 1 where something does")
    compare.add_argument("folders", type=Path, nargs=2)
    compare.add_argument("--tolerance", type=float, default=0.0, help="relative difference that numbers may have")
    compare.add_argument("--leave-out", nargs="+", default=[], help="columns and files that are not compared")
    compare.add_argument("--lines", type=int, default=40, help="differences that are printed")
    return parser


def main() -> int:
    """Run the command line; gives the exit code."""
    options = _parser().parse_args()
    if options.command == "write":
        inputs = QUICK_INPUTS if options.quick else ALL_INPUTS
        if options.input:
            inputs = {path.resolve().name: [path] for path in options.input}
        explained = 1 if options.quick and options.explained is None else options.explained
        done = write_all(options.folder, inputs, options.code, options.workers, explained)
        sys.stdout.write(f"Written into {options.folder}: {', '.join(done)}\n")
        return 0 if done else 1
    found = differences(options.folders[0], options.folders[1], options.tolerance, options.leave_out)
    told = list(islice(found, options.lines))
    more = sum(1 for _ in found)
    sys.stdout.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(f"... and {more} more\n" if more else "" if told else "No difference.\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
