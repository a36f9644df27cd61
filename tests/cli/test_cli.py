"""The command line, as a person and as a script use it."""

import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from typer.testing import CliRunner

import calcimeasure.run.run
from calcimeasure import cli, review
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.codes import NOTICES, REASONS, SKIPPED_REASONS
from calcimeasure.errors import InputPathError, StoreError
from calcimeasure.export import Pseudonyms
from calcimeasure.load import find_series
from calcimeasure.model import Outcome, Status
from calcimeasure.settings import Settings, load_settings, settings_hash
from calcimeasure.settings.algorithm import ALGORITHM
from calcimeasure.store import open_store
from tests.batch_runs import PATIENCE_SECONDS
from tests.dicom_phantom import missing_slice, truncate_file
from tests.patched import environment
from tests.postgresql import empty_database, plain_sql
from tests.tables import header_of, problems, read, write_ct

TABLES = ("lesions.csv", "studies.csv", "lesions.schema.json", "studies.schema.json")


def run(*arguments: object) -> Result:
    """Run the program in this process."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], prog_name="calcimeasure")


def program(
    *arguments: object, code: str = "", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, after some code where there is any."""
    return subprocess.run(
        command(*arguments, code=code),
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def command(*arguments: object, code: str = "") -> list[str]:
    start = ["-c", f"{code}\nfrom calcimeasure.cli import main\nmain()"] if code else ["-m", "calcimeasure"]
    return [sys.executable, *start, *map(str, arguments)]


def the_line(result: Result) -> str:
    """What was said where the program stopped: one line, and nothing on stdout."""
    (line,) = result.stderr.splitlines()
    assert result.stdout == ""
    assert line.startswith("calcimeasure: ")
    return line


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    """A folder with one CT of two masses."""
    write_ct(tmp_path / "in" / "ct", seed="cli")
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def write_broken(path: Path) -> Path:
    """Write what claims to be DICOM and is not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04")
    return path


# Help


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in ("scan", "measure", "review", "export", "import", "explain", "verify", "backup"):
        assert re.search(rf"^\W*{name} ", result.stdout, re.MULTILINE)


def test_no_command_shows_help_and_is_a_usage_error() -> None:
    result = run()
    assert result.exit_code == 2
    assert "Usage" in result.output


OPTIONS_OF_MEASURE = (
    "--settings --workers --scheduler --store --identified --key --record-map --bone-mask --time-limit "
    "--all-tissues --no-report --remeasure-reviewed --verify --sample --out --set --debug"
)


def test_help_of_measure_names_every_option_of_the_contract() -> None:
    shown = program("measure", "--help", COLUMNS="120").stdout
    assert [option for option in OPTIONS_OF_MEASURE.split() if f"{option} " not in shown] == []


HEAVY = ("numpy", "scipy", "pydicom", "skimage", "imagecodecs", "cc3d", "sqlalchemy", "jinja2", "napari", "rich")

SAYS_WHAT_IT_LOADED = f"""
import atexit, sys
atexit.register(lambda: print("heavy:", *[name for name in {HEAVY} if name in sys.modules], file=sys.stderr))
"""


@pytest.mark.parametrize(
    ("arguments", "shell"),
    [
        (("--help",), {}),
        (("measure", "--help"), {}),
        (("measure", "--no-such-option"), {}),
        (("--version",), {}),
        (("--show-completion", "bash"), {}),
        (
            (),
            {"COMP_WORDS": "calcimeasure re", "COMP_CWORD": "1", "_CALCIMEASURE_COMPLETE": "complete_bash"},
        ),
    ],
)
def test_help_version_and_completion_load_nothing_heavy(arguments: Sequence[str], shell: dict[str, str]) -> None:
    done = program(*arguments, code=SAYS_WHAT_IT_LOADED, **shell)
    assert done.returncode == (2 if "--no-such-option" in arguments else 0), done.stderr
    assert done.stderr.splitlines()[-1].rstrip() == "heavy:"


def test_list_of_commands_says_of_each_what_it_does() -> None:
    shown = " ".join(program("--help", COLUMNS="100").stdout.split())
    assert "review Review lesions in napari: go through the worklist, decide, correct, draw." in shown


def test_version_is_that_of_the_package() -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"calcimeasure {metadata.version('calcimeasure')} (algorithm number {ALGORITHM})\n"


# Exit codes


@pytest.mark.parametrize(
    ("code", "prepare"),
    [
        (0, lambda folder: write_ct(folder)),
        (1, lambda folder: (write_ct(folder), write_broken(folder / "broken.dcm"))),
        (2, lambda folder: folder.rmdir()),
        (3, lambda folder: (folder / "notes.txt").write_text("no DICOM", encoding="utf-8")),
    ],
    ids=["all measured", "some failed", "usage", "nothing to measure"],
)
def test_exit_code(tmp_path: Path, out: Path, code: int, prepare: Callable[[Path], object]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    prepare(folder)
    assert program("measure", folder, "--out", out).returncode == code
    assert run("scan", folder).exit_code == code


def test_only_what_is_skipped_is_nothing_to_measure(tmp_path: Path, out: Path) -> None:
    write_ct(tmp_path / "in", modality="MR")
    assert run("scan", tmp_path / "in").exit_code == 3
    assert run("measure", tmp_path / "in", "--out", out).exit_code == 3
    (row,) = read(out / "private/series.csv")
    assert (row["state"], row["reason"]) == ("skipped", "modality")
    assert [study["stacks_skipped"] for study in read(out / "studies.csv")] == ["1"]


@pytest.mark.parametrize("content", [None, b"no DICOM"], ids=["empty", "no DICOM in it"])
def test_folder_with_nothing_gives_tables_with_headers_only(tmp_path: Path, out: Path, content: bytes | None) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if content is not None:
        (folder / "notes.txt").write_bytes(content)
    result = run("measure", folder, "--out", out)
    assert result.exit_code == 3
    for table in ("lesions.csv", "studies.csv", "private/series.csv"):
        assert read(out / table) == []
        assert len(header_of(out / table)) > 10
    assert ("Files that are no DICOM images: 1." in result.stdout) == (content is not None)


# Usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan"], "At least one PATH is needed"),
        (["measure", "--out", "OUT"], "At least one PATH is needed"),
        (["measure", "IN"], "measure needs --out DIR"),
        (["measure", "IN", "--sample", "--out", "OUT"], "Either PATH or --sample, not both"),
        (["scan", "nowhere"], "PATH nowhere cannot be read: No such file or directory"),
        (["measure", "IN", "nowhere", "--out", "OUT"], "PATH nowhere cannot be read: No such file or directory"),
        (["measure", "IN", "--out", "FILE"], "FILE cannot be made: File exists"),
        (["measure", "IN", "--out", "FILE/below"], "FILE/below cannot be made: Not a directory"),
        (["measure", "IN", "--out", "OUT", "--set", "treshold_hu=3"], "'treshold_hu' .*did you mean 'threshold_hu'"),
        (["scan", "IN", "--set", "spacing=1"], "Unknown setting 'spacing' .*allowed are threshold_hu, "),
        (["scan", "IN", "--set", "threshold_hu"], "'threshold_hu' is no setting: KEY=VALUE is expected"),
        (["scan", "IN", "--set", "threshold_hu=dense"], "'dense' is no value for setting 'threshold_hu'"),
        (["scan", "IN", "--set", "threshold_hu=9999"], "'threshold_hu' .* is 9999: a number from -500 to 3000 HU"),
        (["scan", "IN", "--set", "threshold_hu=nan"], "'threshold_hu' .* is nan: a number from"),
        (["scan", "IN", "--set", "identified=1"], "'identified' .* is 1: true or false is allowed"),
        (["scan", "IN", "--settings", "nowhere.toml"], "nowhere.toml cannot be read: No such file or directory"),
        (["scan", "IN", "--settings", "IN"], "Settings file IN cannot be read: Is a directory"),
        (["scan", "IN", "--settings", "bad.toml"], "bad.toml is no valid TOML: .*line 2"),
        (
            ["scan", "IN", "--settings", "key.toml"],
            "'min_volume' in settings file key.toml: did you mean 'min_volume_mm3'",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_ct(tmp_path / "IN")
    (tmp_path / "FILE").write_text("a file", encoding="utf-8")
    (tmp_path / "bad.toml").write_text("threshold_hu = 250\nmin_volume_mm3 = =\n", encoding="utf-8")
    (tmp_path / "key.toml").write_text("min_volume = 3", encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code == 2
    assert re.search(said, the_line(result))
    assert not (tmp_path / "OUT" / "lesions.csv").exists()
    assert (tmp_path / "FILE").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize(
    "arguments", [["measur"], ["scan", "--depth", "3"], ["measure", "x", "--out", "y", "--time-limit", "soon"]]
)
def test_what_the_parser_refuses_is_a_usage_error(arguments: Sequence[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder that even root cannot write, where there is one."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if not os.access(folder, os.W_OK):
        return folder
    if not Path("/proc/self").is_dir():
        pytest.skip("root can write everywhere here")
    return Path("/proc")


def test_out_that_cannot_be_written_is_said_in_one_line(ct: Path, unwritable: Path) -> None:
    result = run("measure", ct, "--out", unwritable / "out")
    assert result.exit_code == 2
    assert "cannot be made" in the_line(result)


def test_out_of_another_is_said_in_one_line(ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != out / "private")
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 2
    assert "cannot be written: no permission for" in the_line(result)


def test_table_that_cannot_be_written_is_said_and_is_a_usage_error(ct: Path, out: Path) -> None:
    (out / "studies.csv").mkdir(parents=True)
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 2
    assert "studies.csv cannot be written: Is a directory" in result.stderr.splitlines()[-1]


def test_review_of_a_folder_that_measure_did_not_write(tmp_path: Path) -> None:
    pytest.importorskip("napari")
    result = run("review", tmp_path)
    assert result.exit_code == 2
    assert "was not written by measure" in the_line(result)


def test_review_without_napari_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())
    result = run("review", tmp_path)
    assert result.exit_code == 2
    assert "pip install 'calcimeasure[gui]'" in the_line(result)


def test_review_of_a_package_without_the_extra_gui_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "napari_calcimeasure.app", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = run("review", tmp_path)
    assert result.exit_code == 2
    assert "No module named 'napari'. Install it: pip install 'calcimeasure[gui]'." in the_line(result)


# One bad file or series stops nothing


def test_everything_gets_its_row_and_nothing_stops_the_rest(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "in"
    write_ct(folder, seed="good", file_name="good{:03d}")
    write_ct(folder, seed="gap", file_name="gap{:03d}", faults=[missing_slice(3)])
    write_ct(folder, seed="MR", file_name="mr{:03d}", modality="MR")
    truncate_file(write_ct(folder, seed="cut", file_name="cut{:03d}")[2], keep=0.7)
    write_broken(folder / "broken.dcm")
    (folder / "notes.txt").write_text("no DICOM", encoding="utf-8")
    (folder / "empty.dcm").touch()

    result = run("measure", folder, "--out", out)
    assert result.exit_code == 1
    rows = {row["path"]: row for row in read(out / "private/series.csv")}
    assert {path: (row["state"], row["reason"], row["lesions"]) for path, row in rows.items()} == {
        "good000": ("measured", "", "2"),
        "gap000": ("failed", "missing_slice", ""),
        "mr000": ("skipped", "modality", ""),
        "cut000": ("failed", "decode_failed", ""),
        "broken.dcm": ("failed", "unreadable_file", ""),
    }
    assert all(row["message"] for row in rows.values() if row["state"] != "measured")
    assert len(read(out / "lesions.csv")) == 2
    for line in (
        "Stacks measured: 1.",
        "failed, missing_slice: 1.",
        "skipped, modality: 1.",
        "Files that are no DICOM images: 2.",
    ):
        assert line in result.stdout


def test_scan_says_what_measure_does(tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "in"
    write_ct(folder / "good", seed="good")
    write_ct(folder / "gap", seed="gap", faults=[missing_slice(3)])
    write_ct(folder / "MR", seed="MR", modality="MR")
    write_broken(folder / "broken.dcm")
    stacks = json.loads(run("scan", folder, "--json").stdout)["stacks"]
    run("measure", folder, "--out", out)
    measured = read(out / "private/series.csv")
    as_scanned = [
        (row["path"], {"measured": "measure"}.get(row["state"], row["state"]), row["reason"] or None)
        for row in measured
    ]
    assert [(stack["path"], stack["state"], stack["reason"]) for stack in stacks] == as_scanned


def first_analysis(does: str) -> dict[str, str]:
    """Environment in which the worker process does something else before it measures its first stack."""
    code = f"""
import sys, time
measure_it, begun = analyze, []
def analyze(*arguments):
    begun.append(arguments)
    if len(begun) == 1:
        {does}
    return measure_it(*arguments)
"""
    return environment("calcimeasure.analysis.pipeline", code)


@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["", "debug"])
def test_fault_of_the_program_costs_one_stack(ct: Path, out: Path, options: Sequence[str]) -> None:
    write_ct(ct / "another", seed="another")
    fails = first_analysis("raise ZeroDivisionError('a fault\\nof two lines')")
    result = program("measure", ct, "--out", out, "--workers", 1, *options, **fails)
    assert result.returncode == 1
    assert sorted((row["state"], row["reason"]) for row in read(out / "private/series.csv")) == [
        ("failed", "internal_error"),
        ("measured", ""),
    ]
    assert len(read(out / "lesions.csv")) == 2
    assert "Traceback (most recent call last)" in (out / "private/log.txt").read_text(encoding="utf-8")
    assert ("Traceback" in result.stderr) == bool(options)
    if not options:
        assert [line.split(": ")[1][:6] for line in result.stderr.splitlines()] == ["failed", "measur"]


def test_memory_that_does_not_suffice_costs_one_stack(ct: Path, out: Path) -> None:
    assert program("measure", ct, "--out", out, **first_analysis("raise MemoryError")).returncode == 1
    assert [row["reason"] for row in read(out / "private/series.csv")] == ["out_of_memory"]


@pytest.mark.parametrize(("name", "module"), [("scan", "calcimeasure.run.scan"), ("measure", "calcimeasure.run.run")])
def test_fault_outside_of_a_stack_is_said_in_one_line(
    ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault\nof two lines")

    monkeypatch.setattr(f"{module}.find_series", fail)
    arguments = [name, ct, *(["--out", out] if name == "measure" else [])]
    result = run(*arguments)
    assert result.exit_code == 1
    line = the_line(result)
    assert re.search(r"internal error\. Please report .* ZeroDivisionError at calcimeasure/\S+\.py:\d+", line)
    assert "two lines" not in line
    assert isinstance(run(*arguments, "--debug").exception, ZeroDivisionError)


def test_debug_shows_the_traceback_of_a_usage_error(out: Path) -> None:
    assert isinstance(run("measure", "x", "--out", out, "--debug").exception, InputPathError)


def test_nothing_is_made_for_a_path_that_is_not_there(out: Path) -> None:
    result = run("measure", "x", "--out", out)
    assert result.exit_code == 2
    assert the_line(result) == "calcimeasure: PATH x cannot be read: No such file or directory."
    assert not out.exists()


# What is written


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_holds_what_the_contract_names(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    names = ("calcimeasure.db", "store.json", "series.csv", "settings.toml", "log.txt", "tracking_uids.csv")
    names += ("finished.json",)
    private = {f"private/{name}" for name in names}
    found = files_below(out).keys()
    overviews = {name for name in found if name.startswith("private/overviews/")}
    assert len(overviews) == 1
    assert found - overviews == {*TABLES, "report.html", *private}
    assert [problems(out, table) for table in ("lesions", "studies")] == [[], []]


@pytest.mark.parametrize("before", [None, 0o755])
def test_private_is_for_its_owner_alone(ct: Path, out: Path, before: int | None) -> None:
    if before is not None:
        (out / "private").mkdir(parents=True, mode=before)
    run("measure", ct, "--out", out)
    assert stat.S_IMODE((out / "private").stat().st_mode) == 0o700


SECRETS = {
    "PatientID": "PID-4711-XYZ",
    "PatientName": "Nachname",
    "PatientBirthDate": "19511213",
    "StudyDate": "20190823",
    "StudyDate in ISO": "2019-08-23",
    "StudyInstanceUID": "1.2.826.0.1.3680043.9.7777.1",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.9.7777.2",
    "FrameOfReferenceUID": "1.2.826.0.1.3680043.9.7777.3",
    "StudyDescription": "Becken nativ",
    "SeriesDescription": "Serie fuer Dr. Geheim",
    "folder": "Geheimordner",
    "file": "geheimes_bild",
}
WITH_IDENTIFIED = {"PatientID", "StudyDate in ISO", "StudyInstanceUID", "SeriesInstanceUID"}


@pytest.mark.parametrize("options", [[], ["--identified"]])
def test_what_identifies_stays_in_private(tmp_path: Path, out: Path, options: Sequence[str]) -> None:
    folder = tmp_path / SECRETS["folder"]
    header = {
        "patient_id": SECRETS["PatientID"],
        "patient_name": f"{SECRETS['PatientName']}^Vorname",
        "patient_birth_date": SECRETS["PatientBirthDate"],
        "study_date": SECRETS["StudyDate"],
        "study_uid": SECRETS["StudyInstanceUID"],
        "series_uid": SECRETS["SeriesInstanceUID"],
        "frame_of_reference_uid": SECRETS["FrameOfReferenceUID"],
        "study_description": SECRETS["StudyDescription"],
        "series_description": SECRETS["SeriesDescription"],
    }
    name = SECRETS["file"] + "{:02d}.dcm"
    write_ct(folder / "a", seed="secret", file_name=name, **header)
    write_ct(folder / "gap", file_name=name, faults=[missing_slice(3)], **header | {"series_uid": None})
    write_broken(folder / "geheimes_bild.dcm")
    assert run("measure", folder, "--out", out, *options).exit_code == 1
    shareable = [content for name, content in files_below(out).items() if not name.startswith("private/")]
    assert len(shareable) == len((*TABLES, "report.html"))
    assert {what for what, text in SECRETS.items() if any(text.encode() in content for content in shareable)} == set()
    sop_uids = {row["long_axis_sop_uid"] for row in read(out / "lesions.csv")}
    assert all(uid.startswith("2.25.") for uid in sop_uids)
    identified = out / "private" / "identified"
    assert identified.is_dir() == bool(options)
    if options:
        tables = [content for name, content in files_below(identified).items() if name.endswith(".csv")]
        found = {what for what, text in SECRETS.items() if any(text.encode() in content for content in tables)}
        assert found == WITH_IDENTIFIED
        assert problems(identified, "lesions") == problems(identified, "studies") == []
    assert SECRETS["PatientID"].encode() in files_below(out)["private/series.csv"]


def test_settings_read_back_are_those_that_were_used(ct: Path, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("threshold_hu = 300\nmin_volume_mm3 = 100\nidentified = false\n", encoding="utf-8")
    arguments = ["--settings", file, "--set", "min_volume_mm3=50.5", "--identified", "--no-report"]
    assert run("measure", ct, "--out", out, *arguments).exit_code == 0
    used = load_settings(out / "private/settings.toml")
    assert used == Settings(threshold_hu=300.0, min_volume_mm3=50.5, identified=True, report=False)
    assert {row["settings_hash"] for row in read(out / "lesions.csv")} == {settings_hash(used)}

    again = out.parent / "again"
    run("measure", ct, "--out", again, "--settings", out / "private/settings.toml")
    assert (again / "lesions.csv").read_bytes() == (out / "lesions.csv").read_bytes()
    assert (again / "private/settings.toml").read_bytes() == (out / "private/settings.toml").read_bytes()


def test_settings_decide_what_is_found(ct: Path, out: Path) -> None:
    run("measure", ct, "--out", out, "--set", "min_volume_mm3=100", "--set", "large_diameter_mm=5")
    (row,) = read(out / "lesions.csv")
    assert row["large"] == "true"
    assert "specks_dropped" in row["notices"].split(";")


def test_log_tells_every_run(ct: Path, out: Path) -> None:
    for _ in range(2):
        run("measure", ct, "--out", out)
    lines = (out / "private/log.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 ", line) for line in lines)
    assert [line.split(" ", 1)[1].partition(":")[0] for line in lines] == [f"measure {ct}", "ct/IM00000.dcm"] * 2


def test_measuring_again_gives_the_same_bytes(ct: Path, out: Path) -> None:
    write_ct(ct / "another", seed="another")
    runs = []
    for folder in (out, out, out.parent / "anew"):
        assert run("measure", ct, "--out", folder).exit_code == 0
        runs.append({name: (folder / name).read_bytes() for name in (*TABLES, "report.html")})
    assert runs[0] == runs[1] == runs[2]
    assert len(read(out / "lesions.csv")) == 4


def test_samples_are_measured_without_a_path(out: Path) -> None:
    result = run("measure", "--sample", "--out", out)
    assert result.exit_code == 0
    assert len(read(out / "studies.csv")) == 3
    assert {row["modalities"] for row in read(out / "studies.csv")} == {"CT", "DX"}
    assert "bilateral_hips" in result.stdout


# What is said


def test_results_go_to_stdout_and_progress_to_stderr(ct: Path, out: Path) -> None:
    write_ct(ct / "MR", seed="MR", modality="MR")
    result = run("measure", ct, "--out", out)
    assert {line.partition(":")[0] for line in result.stderr.splitlines()} == {"ct/IM00000.dcm", "MR/IM00000.dcm"}
    assert "IM00000.dcm" not in result.stdout
    assert "Stacks measured: 1. Calcified masses: 2, large ones: 0." in result.stdout
    assert str(out / "lesions.csv") in result.stdout
    assert run("scan", ct).stderr == ""


def test_table_of_lesions_has_their_sizes(ct: Path, out: Path) -> None:
    lines = run("measure", ct, "--out", out).stdout.splitlines()
    rows = [" ".join(line.split()) for line in lines if line.strip().startswith("1 ct ")]
    assert rows == [
        f"1 ct {one['lesion_number']} {one['laterality']} {one['site']} {float(one['long_axis_mm']):.1f} x "
        f"{float(one['short_axis_mm']):.1f} {float(one['max_3d_diameter_mm']):.1f} {float(one['volume_ml']):.2f} "
        f"{float(one['mean_hu']):.0f} {one['parts']}"
        for one in read(out / "lesions.csv")
    ]
    assert len(rows) == 2


def test_stacks_of_a_flat_folder_can_be_told_apart(tmp_path: Path, out: Path) -> None:
    for name in ("a", "b"):
        write_ct(tmp_path / "flat", seed=name, file_name=name + "{:03d}.dcm")
    said = run("measure", tmp_path / "flat", "--out", out).stdout
    assert said.count(" a000.dcm ") == said.count(" b000.dcm ") == 2


def test_stack_in_path_itself_has_the_name_of_the_folder(ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ct / "ct")
    assert run("measure", ".", "--out", out).stdout.count(" ct ") == 2


def test_long_table_of_lesions_ends_with_how_many_more(ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.run.summary.LISTED_LESIONS", 1)
    said = run("measure", ct, "--out", out).stdout
    assert said.count(" ct ") == 1
    assert "... and 1 more in lesions.csv" in said


def test_scan_shows_a_table_and_why(ct: Path) -> None:
    write_ct(ct / "gap", seed="gap", faults=[missing_slice(3)])
    said = run("scan", ct).stdout
    assert re.search(r"ct/IM00000\.dcm +CT +1 +1 +6 +measure", said)
    assert re.search(r"gap/IM00000\.dcm +CT +1 +1 +5 +failed +missing_slice", said)
    assert re.search(r"^gap/IM00000\.dcm: .*4\.00 mm between slices 3 and 4", said, re.MULTILINE)
    assert "Stacks to measure: 1, skipped: 0, failed: 1. Files that are no DICOM images: 0." in said


def test_scan_prints_json(ct: Path) -> None:
    write_broken(ct / "broken.dcm")
    (ct / "notes.txt").write_text("no DICOM", encoding="utf-8")
    scanned = json.loads(run("scan", ct, "--json").stdout)
    assert scanned["files_not_dicom"] == 1
    stack, broken = scanned["stacks"]
    assert stack == {
        "path": "ct/IM00000.dcm",
        "modality": "CT",
        "series_number": 1,
        "stack_number": 1,
        "images": 6,
        "state": "measure",
        "reason": None,
        "message": None,
        "notices": [],
    }
    assert (broken["path"], broken["state"], broken["reason"]) == ("broken.dcm", "failed", "unreadable_file")


# Odd names, odd files, odd terminals


ODD_NAMES = ["Müller,  Ä", "=cmd()", "[bold]:smile:", "new\nline", "石灰化", os.fsdecode(b"M\xfcller")]


@pytest.fixture(params=ODD_NAMES, ids=ascii)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a CT and a broken file, all with an odd name."""
    folder = tmp_path / "odd"
    try:
        (folder / request.param).mkdir(parents=True)
    except OSError as error:
        pytest.skip(f"this file system takes no such name: {error.strerror}")
    write_ct(folder / request.param)
    write_broken(folder / f"{request.param}.dcm")
    return folder


def test_odd_name_is_no_fault(odd: Path, out: Path) -> None:
    result = run("measure", odd, "--out", out)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert len(read(out / "lesions.csv")) == 2
    assert [row["state"] for row in read(out / "private/series.csv")] == ["measured", "failed"]
    assert run("scan", odd).exit_code == 1


def test_json_is_valid_whatever_the_name(odd: Path) -> None:
    text = run("scan", odd, "--json").stdout
    json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")


def test_path_in_series_csv_leads_to_the_file(tmp_path: Path, out: Path) -> None:
    write_ct(tmp_path / "in" / "Müller,  Ä" / "linke Hüfte")
    run("measure", tmp_path / "in", "--out", out)
    (row,) = read(out / "private/series.csv")
    assert (tmp_path / "in" / row["path"]).is_file()


def test_character_set_that_lacks_letters_is_no_fault(tmp_path: Path, out: Path) -> None:
    write_ct(tmp_path / "in" / "Müller")
    for arguments in (["measure", tmp_path / "in", "--out", out], ["scan", tmp_path / "in"]):
        done = program(*arguments, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert r"M\xfcller" in done.stdout


def test_what_is_no_file_is_passed_over(ct: Path, out: Path) -> None:
    os.mkfifo(ct / "pipe")
    (ct / "up").symlink_to(ct)
    (ct / "ct" / "again").symlink_to(ct / "ct")
    with socket.socket(socket.AF_UNIX) as listening:
        before = Path.cwd()
        os.chdir(ct)  # the name of a socket is short
        try:
            listening.bind("socket")
        finally:
            os.chdir(before)
        done = program("measure", ct, "--out", out)
    assert done.returncode == 0
    assert [row["instances"] for row in read(out / "private/series.csv")] == ["6"]


@pytest.mark.parametrize("link", ["self", "nowhere"])
def test_link_that_leads_nowhere_is_a_row(ct: Path, out: Path, link: str) -> None:
    (ct / "link").symlink_to("link" if link == "self" else "nowhere")
    assert run("measure", ct, "--out", out).exit_code == 1
    assert [(row["path"], row["reason"]) for row in read(out / "private/series.csv")] == [
        ("ct/IM00000.dcm", ""),
        ("link", "unreadable_file"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_folder_that_cannot_be_read_is_a_row(ct: Path, out: Path) -> None:
    (ct / "locked").mkdir(mode=0o000)
    assert run("measure", ct, "--out", out).exit_code == 1
    assert read(out / "private/series.csv")[-1]["path"] == "locked"


def test_reader_of_stdout_that_goes_away_costs_no_table(ct: Path, out: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:  # noqa: PTH123 - of a descriptor
        done = subprocess.run(
            command("measure", ct, "--out", out),
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    assert "error" not in done.stderr.lower()
    assert len(read(out / "lesions.csv")) == 2


def test_reader_of_stderr_that_goes_away_costs_no_table(ct: Path, out: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:  # noqa: PTH123 - of a descriptor
        subprocess.run(
            command("measure", ct, "--out", out), stdout=subprocess.DEVNULL, stderr=gone, timeout=PATIENCE_SECONDS
        )
    assert len(read(out / "lesions.csv")) == 2


def on_a_terminal(*arguments: object, columns: int = 80) -> str:
    """What a terminal is sent, until the program ends."""
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "CI")}
    process = subprocess.Popen(
        command(*arguments), stdout=writing, stderr=writing, env=environment | {"TERM": "xterm"}, close_fds=True
    )
    os.close(writing)
    sent = b""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and select.select([reading], [], [], PATIENCE_SECONDS)[0]:
        try:
            part = os.read(reading, 65536)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        sent += part
    os.close(reading)
    assert process.wait(timeout=PATIENCE_SECONDS) in (0, 1)
    return sent.decode("utf-8")


def test_terminal_of_80_columns_gets_a_bar_and_a_table_that_fits(ct: Path, out: Path) -> None:
    (ct / "ct").rename(ct / "a_folder_with_a_long_name")
    write_broken(ct / "broken.dcm")
    sent = on_a_terminal("measure", ct, "--out", out)
    assert "Measuring" in sent
    assert "\x1b[" in sent
    assert "IM00000.dcm: measured" not in sent
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent).splitlines()
    assert "broken.dcm: failed (unreadable_file)" in " ".join(lines)
    row = r" 1 +1 unknown +unknown +>? ?\d+\.\d x \d+\.\d +\d+\.\d +\d\.\d\d +700 +1 *"
    assert any(re.fullmatch(row, line) for line in lines), lines
    (head,) = (number for number, line in enumerate(lines) if " Side " in line)
    assert max(map(len, lines[head : head + 4])) <= 80


def test_pipe_gets_lines(ct: Path, out: Path) -> None:
    done = program("measure", ct, "--out", out)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stderr
    assert re.fullmatch(r"ct/IM00000\.dcm: measured, lesions: 2, \d+\.\d s\n", done.stderr)


# Names


def made_key(folder: Path) -> Path:
    return folder / "keys" / "study.key"


def test_key_is_made_on_first_use_and_said_once(ct: Path, out: Path, tmp_path: Path) -> None:
    key = made_key(tmp_path)
    first = run("measure", ct, "--out", out, "--key", key)
    assert first.exit_code == 0
    assert f"Made a key for pseudonyms: {key}" in first.stderr
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    # The folder remembers which key is its own.
    again = run("measure", ct, "--out", out)
    assert "key" not in again.stderr
    named = Pseudonyms(bytes.fromhex(key.read_text(encoding="ascii").strip()))
    assert {row["patient_key"] for row in read(out / "lesions.csv")} == {
        named.patient_key(Outcome.of(analyze(find_series(ct).series[0])).stack)  # type: ignore[arg-type]
    }


def test_same_key_gives_the_same_names_elsewhere(ct: Path, out: Path, tmp_path: Path) -> None:
    key = made_key(tmp_path)
    for folder in (out, tmp_path / "elsewhere"):
        assert run("measure", ct, "--out", folder, "--key", key).exit_code == 0
    assert (out / "lesions.csv").read_bytes() == (tmp_path / "elsewhere" / "lesions.csv").read_bytes()


def test_another_key_is_refused_and_changes_nothing(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out, "--key", made_key(tmp_path)).exit_code == 0
    before = {name: (out / name).read_bytes() for name in TABLES}
    result = run("measure", ct, "--out", out, "--key", tmp_path / "another.key")
    assert result.exit_code == 2
    assert not (tmp_path / "another.key").exists()
    (tmp_path / "another.key").write_text("ef" * 32, encoding="ascii")
    (tmp_path / "another.key").chmod(0o600)
    result = run("export", out, "--format", "csv", "--key", tmp_path / "another.key")
    assert result.exit_code == 2
    assert "were made with another key" in the_line(result)
    assert {name: (out / name).read_bytes() for name in TABLES} == before


def test_lost_key_is_not_replaced(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out, "--key", made_key(tmp_path)).exit_code == 0
    made_key(tmp_path).unlink()
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 2
    assert "cannot be read or made" in the_line(result)
    assert not made_key(tmp_path).exists()


def test_key_in_the_folder_that_is_given_away_is_refused(ct: Path, out: Path) -> None:
    result = run("measure", ct, "--out", out, "--key", out / "study.key")
    assert result.exit_code == 2
    assert "must lie outside" in the_line(result)


def test_registry_names_its_patients(ct: Path, out: Path, tmp_path: Path) -> None:
    write_ct(ct / "another", seed="another", patient_id="4711", study_uid="1.2.3")
    (tmp_path / "map.csv").write_text("patient_id,record_id\n4711,SSC-0042\n", encoding="utf-8")
    assert run("measure", ct, "--out", out, "--record-map", tmp_path / "map.csv").exit_code == 0
    keys = {row["patient_key"][:3] for row in read(out / "lesions.csv")}
    assert keys == {"SSC", "P-" + next(key for key in keys if key != "SSC")[2]}
    # They are remembered, as the key is.
    before = (out / "lesions.csv").read_bytes()
    assert run("measure", ct, "--out", out).exit_code == 0
    assert (out / "lesions.csv").read_bytes() == before
    assert run("measure", ct, "--out", out, "--record-map", tmp_path / "none.csv").exit_code == 2


# Again


def test_only_what_is_new_failed_or_measured_otherwise_is_measured(ct: Path, out: Path) -> None:
    cut = write_ct(ct / "cut", seed="cut")[2]
    whole = cut.read_bytes()
    truncate_file(cut, keep=0.7)
    assert run("measure", ct, "--out", out).exit_code == 1
    write_ct(ct / "new", seed="new")
    second = run("measure", ct, "--out", out)
    assert {line.split(":")[0]: line.split(": ")[1][:9] for line in second.stderr.splitlines()} == {
        "ct/IM00000.dcm": "unchanged",
        "cut/IM00000.dcm": "failed (d",
        "new/IM00000.dcm": "measured,",
    }
    cut.write_bytes(whole)
    third = run("measure", ct, "--out", out)
    assert third.exit_code == 0
    assert third.stderr.count("unchanged") == 2
    assert "Stacks measured: 3." in third.stdout
    assert len(read(out / "private/series.csv")) == 3
    other = run("measure", ct, "--out", out, "--set", "threshold_hu=300")
    assert other.stderr.count("measured, lesions: 2") == 3
    assert len(read(out / "lesions.csv")) == 6


def test_series_that_got_another_slice_is_measured_again_and_counted_once(ct: Path, out: Path) -> None:
    paths = write_ct(ct / "growing", seed="growing")
    last = paths[-1].read_bytes()
    paths[-1].unlink()  # It cuts a mass, so that its tissue is not known.
    assert run("measure", ct, "--out", out, "--all-tissues").exit_code == 0
    uids = {row["tracking_uid"] for row in read(out / "lesions.csv")}
    assert uids == {row["new"] for row in read(out / "private" / "tracking_uids.csv")}
    paths[-1].write_bytes(last)
    assert run("measure", ct, "--out", out, "--all-tissues").stderr.count("unchanged") == 1
    rows = read(out / "lesions.csv")
    assert uids <= {row["tracking_uid"] for row in rows}
    assert len({row["tracking_uid"] for row in rows}) == len(rows) == 4
    assert len(read(out / "private/series.csv")) == 2


def accept_first(out: Path) -> str:
    """Accept the first lesion of a folder as a reader does; gives its Tracking UID in the tables."""
    with open_store(f"sqlite:///{out / 'private' / 'calcimeasure.db'}") as store:
        (stack_id,) = store.measured_stacks()
        history = next(iter(store.histories(stack_id).values()))
        accepted = review.decide(history[-1], Status.ACCEPTED, review.Signature("A. Reader"))
        store.append(stack_id, [accepted], Settings())
    write_tables_again = run("export", out, "--format", "csv")
    assert write_tables_again.exit_code == 0
    (uid,) = (
        row["new"] for row in read(out / "private" / "tracking_uids.csv") if row["old"] == accepted.lesion.tracking_uid
    )
    return uid


def test_what_a_reader_decided_is_left_alone_and_reported(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    uid = accept_first(out)
    result = run("measure", ct, "--out", out, "--set", "threshold_hu=300")
    assert result.exit_code == 0
    assert "left alone, a reader has decided about it" in result.stderr
    assert "Stacks left alone because a reader has decided about them: 1" in result.stdout
    rows = {row["tracking_uid"]: row for row in read(out / "lesions.csv")}
    assert (rows[uid]["status"], rows[uid]["reader"], rows[uid]["settings_hash"]) == (
        "accepted",
        "A. Reader",
        settings_hash(Settings()),
    )
    assert read(out / "studies.csv")[0]["review_state"] == "partial"

    result = run("measure", ct, "--out", out, "--set", "threshold_hu=300", "--remeasure-reviewed")
    assert result.exit_code == 0
    rows = {row["tracking_uid"]: row for row in read(out / "lesions.csv")}
    assert (rows[uid]["status"], rows[uid]["reader"], rows[uid]["settings_hash"]) == (
        "accepted",
        "A. Reader",
        settings_hash(Settings(threshold_hu=300)),
    )
    assert len(rows) == 2


def test_tables_are_made_anew_from_the_store(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    before = files_below(out)
    for name in (*TABLES, "private/series.csv"):
        (out / name).unlink()
    assert run("export", out, "--format", "csv").exit_code == 0
    after = files_below(out)
    assert {name: after[name] for name in TABLES} == {name: before[name] for name in TABLES}
    assert after["private/series.csv"] == before["private/series.csv"]


def test_export_of_a_part_and_of_every_revision(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    uid = accept_first(out)
    assert run("export", out, "--format", "csv", "--status", "accepted").exit_code == 0
    assert [row["tracking_uid"] for row in read(out / "lesions_accepted.csv")] == [uid]
    assert run("export", out, "--format", "csv", "--to", tmp_path / "all.csv", "--identified").exit_code == 0
    assert {row["patient_key"] for row in read(tmp_path / "all.csv")} == {"CALCI-PHANTOM"}
    assert uid not in {row["tracking_uid"] for row in read(tmp_path / "all.csv")}
    assert run("export", out, "--format", "revisions").exit_code == 0
    rows = read(out / "revisions.csv")
    assert sorted((row["lesion_number"], row["revision_number"], row["status"]) for row in rows) == [
        ("1", "1", "proposed"),
        ("1", "2", "accepted"),
        ("2", "1", "proposed"),
    ]
    assert all(row["patient_key"].startswith("P-") for row in rows)


def test_identified_tables_lie_where_nothing_leaves(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    before = {name: (out / name).read_bytes() for name in TABLES}
    identified = out / "private" / "identified"
    series = (out / "private" / "series.csv").read_bytes()
    (out / "private" / "series.csv").unlink()
    assert run("export", out, "--format", "csv", "--identified").exit_code == 0
    assert (out / "private" / "series.csv").read_bytes() == series
    assert run("export", out, "--format", "csv", "--identified", "--status", "proposed").exit_code == 0
    assert run("export", out, "--format", "revisions", "--identified").exit_code == 0
    assert {one.name for one in identified.iterdir()} == {*TABLES, "lesions_proposed.csv", "revisions.csv"}
    for name in ("lesions.csv", "studies.csv", "lesions_proposed.csv", "revisions.csv"):
        assert {row["patient_key"] for row in read(identified / name)} == {"CALCI-PHANTOM"}
        assert {row["study_date"] for row in read(identified / name)} == {"2024-01-15"}
    assert {name: (out / name).read_bytes() for name in TABLES} == before
    assert not (out / "revisions.csv").exists()
    assert run("export", out, "--format", "csv", "--identified", "--to", identified / "mine.csv").exit_code == 0
    assert read(identified / "mine.csv") == read(identified / "lesions.csv")


@pytest.mark.parametrize("to", ["all.csv", "private/all.csv", "sub/private/identified/all.csv", "LINK/all.csv"])
@pytest.mark.parametrize("kind", ["csv", "revisions"])
def test_identified_table_in_a_folder_that_may_leave_is_refused(
    ct: Path, out: Path, tmp_path: Path, to: str, kind: str
) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    (out / "sub" / "private" / "identified").mkdir(parents=True)
    (tmp_path / "LINK").symlink_to(out, target_is_directory=True)
    path = tmp_path / to if to.startswith("LINK") else out / to
    before = files_below(out).keys()
    result = run("export", out, "--format", kind, "--identified", "--to", path)
    assert result.exit_code == 2
    assert "A place for identified tables outside of" in the_line(result)
    assert files_below(out).keys() == before


def test_identified_table_in_another_folder_of_results_is_refused(ct: Path, out: Path, tmp_path: Path) -> None:
    for folder in (out, tmp_path / "other"):
        assert run("measure", ct, "--out", folder).exit_code == 0
    result = run("export", out, "--format", "csv", "--identified", "--to", tmp_path / "other" / "lesions.csv")
    assert (result.exit_code, "may leave" in the_line(result)) == (2, True)


def test_folder_that_was_identified_gets_pseudonyms(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out, "--identified").exit_code == 0
    written = read(out / "private" / "identified" / "lesions.csv")
    assert {row["patient_key"] for row in written} == {"CALCI-PHANTOM"}
    assert all(row["patient_key"].startswith("P-") for row in read(out / "lesions.csv"))
    accept_first(out)
    assert sorted(row["status"] for row in read(out / "private" / "identified" / "lesions.csv")) == [
        "accepted",
        "proposed",
    ], "its settings keep both pairs of tables up to date"


def test_planted_link_is_no_private_folder(ct: Path, out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    out.mkdir()
    (out / "private").symlink_to(elsewhere, target_is_directory=True)
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 2
    assert f"private, found a link to {elsewhere}. Remove the link" in the_line(result)
    assert list(elsewhere.iterdir()) == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755
    for arguments in (["export", out, "--format", "csv"], ["explain", out, "--lesion", "1"]):
        assert "found a link" in the_line(run(*arguments))


def test_planted_link_is_no_folder_for_identified_tables(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    (out / "private" / "identified").symlink_to(tmp_path, target_is_directory=True)
    result = run("export", out, "--format", "csv", "--identified")
    assert result.exit_code == 2
    assert "identified, found a link to" in the_line(result)
    assert not (tmp_path / "lesions.csv").exists()


@pytest.mark.skipif(os.name != "posix", reason="files have no mode here")
@pytest.mark.parametrize("refuses", [False, True])
def test_file_system_without_modes_is_said(ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch, refuses: bool) -> None:
    (out / "private").mkdir(parents=True, mode=0o755)

    def chmod(path: Path, mode: int) -> None:
        if refuses and path.name == "private":
            raise PermissionError(1, f"Operation not permitted: {mode:o}")

    monkeypatch.setattr(Path, "chmod", chmod)
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 0
    assert f"The file system of {out / 'private'} keeps no permissions (mode 755 instead of 700)" in result.stderr


def test_password_of_a_store_is_neither_kept_nor_said(ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(url: str, *_: object, **__: object) -> None:
        asked.append(url)
        raise StoreError("no server here")

    url = "postgresql+psycopg://reader:5ecret@localhost:1/calcimeasure"
    result = run("measure", ct, "--out", out, "--store", url)
    assert result.exit_code == 2
    assert "postgresql+psycopg://reader@localhost:1/calcimeasure" in the_line(result)
    assert "5ecret" not in result.output
    assert not any(b"5ecret" in content for content in files_below(out).values())
    monkeypatch.setattr("calcimeasure.results.open_store", refuse)
    (out / "private" / "settings.toml").write_text(
        f'[write]\nstore = "{url.replace(":5ecret", "")}"\n', encoding="utf-8"
    )
    run("measure", ct, "--out", out, "--store", url)
    run("measure", ct, "--out", out)
    assert asked == [url, url.replace(":5ecret", "")], "the folder's own store, with and without its password"


@pytest.mark.external
def test_password_is_in_no_row_of_a_store(ct: Path, out: Path) -> None:
    url = empty_database()
    said = run("measure", ct, "--out", out, "--store", url.replace("@/", ":5ecret@/", 1))
    assert said.exit_code == 0
    ask = plain_sql(url)
    tables = [name for (name,) in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert {"runs", "settings_used", "about"} <= {*tables}
    assert [name for name in tables if "5ecret" in str(ask(f"SELECT * FROM {name}"))] == []
    assert not any(b"5ecret" in content for content in files_below(out).values())
    assert "5ecret" not in said.output
    assert run("export", out, "--format", "csv").exit_code == 0, "by PGPASSWORD or ~/.pgpass, where one is needed"
    again = run("measure", ct, "--out", out, "--store", url.replace("@/", ":other5ecret@/", 1))
    assert "unchanged: 1." in again.stdout, "the same store"


@pytest.mark.parametrize("url", ["postgresql://reader:5e@cret@host/db", "postgresql://reader:5ecret:x@y:z/db"])
def test_password_that_breaks_a_url_is_not_said(ct: Path, out: Path, url: str) -> None:
    result = run("measure", ct, "--out", out, "--store", url)
    assert result.exit_code == 2
    assert "cret" not in the_line(result).replace("%", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "csv", "--merge-into", "x.csv"], "options of --format redcap"),
        (["--format", "redcap", "--write"], "found no --push"),
        (["--format", "redcap", "--push", "https://example.org/api/"], "needs --token-file"),
        (["--format", "redcap", "--status", "proposed"], "a registry gets what a reader has accepted"),
        (["--format", "redcap", "--redcap-events", "none.csv"], "--redcap-events none.csv cannot be read"),
        (["--format", "redcap", "--merge-into", "none.csv"], "--merge-into none.csv cannot be read"),
        (
            ["--format", "redcap", "--push", "https://example.org/api/", "--token-file", "x", "--to", "y"],
            "Either --to (files) or --push",
        ),
        (["--format", "redcap", "--with-images"], "options of --format seg and sr"),
    ],
)
def test_options_of_a_registry_that_do_not_fit_are_refused(out: Path, arguments: Sequence[str], said: str) -> None:
    result = run("export", out, *arguments)
    assert result.exit_code == 2
    assert said in the_line(result)
    assert not (out / "redcap").exists()


def test_folder_that_was_never_measured_has_nothing_to_export(tmp_path: Path) -> None:
    result = run("export", tmp_path, "--format", "csv")
    assert result.exit_code == 2
    assert "was not written by measure" in the_line(result)
    assert list(tmp_path.iterdir()) == []


def test_store_can_lie_elsewhere(ct: Path, out: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert run("measure", ct, "--out", out, "--store", url).exit_code == 0
    assert not (out / "private" / "calcimeasure.db").exists()
    before = (out / "lesions.csv").read_bytes()
    (out / "lesions.csv").unlink()
    assert run("export", out, "--format", "csv").exit_code == 0
    assert (out / "lesions.csv").read_bytes() == before
    # The folder stays with its store.
    assert "unchanged: 1." in run("measure", ct, "--out", out).stdout
    assert not (out / "private" / "calcimeasure.db").exists()


def test_a_store_is_found_from_any_folder(ct: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("measure", ct, "--out", out, "--store", "sqlite:///mine.db").exit_code == 0
    before = (out / "lesions.csv").read_bytes()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("export", out, "--format", "csv").exit_code == 0
    assert (out / "lesions.csv").read_bytes() == before
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("loss", ["missing", "empty", "another"])
@pytest.mark.parametrize("what", [["export", "--format", "csv"], ["verify"], ["measure"]], ids=lambda what: what[0])
def test_a_lost_store_never_replaces_tables(ct: Path, out: Path, tmp_path: Path, loss: str, what: list[str]) -> None:
    url = f"sqlite:///{tmp_path / 'mine.db'}"
    assert run("measure", ct, "--out", out, "--store", url).exit_code == 0
    before = (out / "lesions.csv").read_bytes()
    (tmp_path / "mine.db").unlink()
    if loss == "empty":
        (tmp_path / "mine.db").touch()
    if loss == "another":
        with open_store(url):
            pass
    arguments = [what[0], ct, "--out", out] if what == ["measure"] else [what[0], out, *what[1:]]
    result = run(*arguments)
    assert result.exit_code == 2
    assert f"is {loss}" in the_line(result)
    assert (out / "lesions.csv").read_bytes() == before


def test_a_database_that_a_folder_names_is_not_opened(ct: Path, out: Path, tmp_path: Path) -> None:
    """It is opened where this user has named it: a folder can come from somebody else."""
    assert run("measure", ct, "--out", out).exit_code == 0
    settings = out / "private" / "settings.toml"
    url = f"sqlite:///{tmp_path / 'of somebody.db'}"
    with open_store(url):
        pass
    settings.write_text(settings.read_text().replace('store = ""', f'store = "{url}"'))
    for arguments in (["export", out, "--format", "csv"], ["verify", out], ["measure", ct, "--out", out]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "no command of this user has named it" in the_line(result)
    result = run("verify", out, "--store", url)
    assert "another store than that of this folder" in the_line(result)


def test_a_store_is_verified_and_backed_up(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    assert run("export", out, "--format", "csv", "--identified").exit_code == 0
    assert run("measure", ct, "--out", out).exit_code == 0
    result = run("verify", out)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Verified: every row is as it was stored.")
    result = run("backup", out, "--to", tmp_path / "copy.db")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == f"Written: {tmp_path / 'copy.db'}"
    store = out / "private" / "calcimeasure.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE stacks SET is_gone = 1")
    result = run("verify", out)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "stacks 1 has changed since it was stored")
    assert "stacks 1 has changed since it was stored" in the_line(run("export", out, "--format", "csv"))
    store.write_bytes((tmp_path / "copy.db").read_bytes())
    (out / "private" / "store.json").write_bytes((tmp_path / "copy.db.store.json").read_bytes())
    assert run("verify", out).exit_code == 0
    assert run("verify", out, "--key", tmp_path / "none").exit_code == 2


def test_without_its_key_a_store_is_not_verified(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out, "--key", tmp_path / "key").exit_code == 0
    (tmp_path / "key").unlink()
    result = run("verify", out)
    assert result.exit_code == 1
    assert "The store is not verified" in result.stderr
    assert "Not verified: without the key changes on purpose are not found" in result.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "| head -c 0"])
def test_streams_that_are_closed_stop_no_run(ct: Path, out: Path, closed: str) -> None:
    call = f"{shlex.join(command('measure', ct, '--out', out))} {closed}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", call], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(read(out / "lesions.csv")) == 2
    assert run("verify", out).exit_code == 0


def test_a_user_without_a_home_is_told(ct: Path, out: Path) -> None:
    code = "import pwd; pwd.getpwuid = {}.__getitem__"
    variables = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    call = command("measure", ct, "--out", out, code=code)
    done = subprocess.run(call, env=variables, capture_output=True, text=True, check=False, cwd=ct)
    assert (done.returncode, done.stdout) == (2, "")
    assert "A home folder expected for the key of pseudonyms, found none" in done.stderr
    assert [path.name for path in ct.iterdir()] == ["ct"]


def test_folder_keeps_its_store(ct: Path, out: Path, tmp_path: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    result = run("measure", ct, "--out", out, "--store", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert result.exit_code == 2
    assert "has another store (a file in its folder private)" in the_line(result)
    assert not (tmp_path / "elsewhere.db").exists()


def test_store_that_cannot_be_opened_is_said(ct: Path, out: Path) -> None:
    result = run("measure", ct, "--out", out, "--store", "mysql+nothing://x")
    assert result.exit_code == 2
    assert "cannot be opened" in the_line(result)


def test_series_table_is_written_now_and_then_during_a_run(
    ct: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("another", "third"):
        write_ct(ct / name, seed=name)
    write_series, rows = calcimeasure.run.run.write_series, []

    def watched(outcomes: Iterable[Outcome], folder: Path) -> None:
        write_series(outcomes, folder)
        rows.append(len(read(folder / "private" / "series.csv")))

    monkeypatch.setattr(calcimeasure.run.run, "write_series", watched)
    # Begun at 0 s; the first table is written from 20 to 21 s, and so none at 40 s, but one from 50 s on.
    clock = iter([0, 20, 21, 21, 40, 50, 51, 51])
    monkeypatch.setattr(calcimeasure.run.run, "time", SimpleNamespace(monotonic=clock.__next__))
    run("measure", ct, "--out", out)
    assert rows == [1, 3]


# Interrupted


def interrupted(*arguments: object, times: int, go_on: Path) -> tuple[int, str, str]:
    """Run the program and press Ctrl-C while its first stack is measured; gives its exit code and what it said.

    That stack waits for the file `go_on`, which is made after Ctrl-C was answered.
    """
    # A shell may have made its children ignore it.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    does = (
        "import os; print('waiting', file=sys.stderr, flush=True)\n"
        f"        while not os.path.exists({str(go_on)!r}): time.sleep(0.01)"
    )
    waits = first_analysis(does)
    with subprocess.Popen(
        command(*arguments, "--workers", 1, code=code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | waits,
    ) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            assert said == "waiting\n"
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                said += process.stderr.readline()
            if times == 1:
                go_on.touch()
            printed, rest = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return process.returncode, printed, said + rest


def test_interrupt_lets_the_stack_that_runs_be_finished(ct: Path, out: Path) -> None:
    write_ct(ct / "another", seed="another")
    code, printed, said = interrupted("measure", ct, "--out", out, times=1, go_on=out.parent / "go_on")
    assert code == 130
    assert "What is being measured is finished first" in said
    assert said.splitlines()[-1] == "calcimeasure: interrupted, 1 of 2 stacks are done. Run it again to go on."
    assert "Stacks measured: 1." in printed
    assert len(read(out / "lesions.csv")) == 2
    result = run("measure", ct, "--out", out)
    assert result.exit_code == 0
    assert "unchanged: 1." in result.stdout
    assert run("measure", ct, "--out", out.parent / "at_once").exit_code == 0
    assert (out / "lesions.csv").read_bytes() == (out.parent / "at_once" / "lesions.csv").read_bytes()


def test_second_interrupt_stops_at_once_and_leaves_the_former_tables(ct: Path, out: Path) -> None:
    assert run("measure", ct, "--out", out).exit_code == 0
    before = files_below(out)
    write_ct(ct / "another", seed="another")
    arguments = ("measure", ct, "--out", out, "--set", "threshold_hu=300")
    code, printed, said = interrupted(*arguments, times=2, go_on=out.parent / "go_on")
    assert (code, printed) == (130, "")
    assert "The tables are as they were." in said.splitlines()[-1]
    after = files_below(out)
    assert {name: after[name] for name in TABLES} == {name: before[name] for name in TABLES}
    assert not [name for name in after if ".csv." in name]


# Real series


@pytest.mark.shared
def test_every_public_series_gets_its_row(shared_dicom: Path, out: Path) -> None:
    result = run("measure", shared_dicom, "--out", out)
    assert result.exit_code == 1
    rows = read(out / "private/series.csv")
    assert len(rows) > 100
    for row in rows:
        assert (shared_dicom / row["path"]).exists(), row["path"]
        assert (row["state"] == "measured") == (row["reason"] == "") == (row["message"] == ""), row
        assert row["reason"] in {"", *REASONS} - {"internal_error"}, row
        assert (row["reason"] in SKIPPED_REASONS) == (row["state"] == "skipped"), row
    lesions = read(out / "lesions.csv")
    assert len(lesions) == sum(int(row["lesions"] or 0) for row in rows)
    assert {code for row in lesions for code in row["notices"].split(";") if code} <= NOTICES.keys()
    assert [problems(out, table) for table in ("lesions", "studies")] == [[], []]
    assert [row["stacks_measured"] for row in read(out / "studies.csv")].count("0") >= 1
    counted = sum(
        int(row[f"stacks_{state}"]) for row in read(out / "studies.csv") for state in ("measured", "failed", "skipped")
    )
    assert counted == sum(row["modality"] != "" for row in rows)


def test_each_stack_is_kept_and_told_while_others_are_measured(tmp_path: Path, out: Path) -> None:
    for name in ("one", "two", "three"):
        write_ct(tmp_path / "in" / name, seed=name)
    hangs = first_analysis("pass").copy()
    hangs["PATCHED_CODE"] = hangs["PATCHED_CODE"].replace("== 1", "== 3").replace("pass", "time.sleep(60)")
    arguments = command("measure", tmp_path / "in", "--out", out, "--workers", 1)
    with subprocess.Popen(arguments, env=os.environ | hangs, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(2)]
        log = (out / "private" / "log.txt").read_text(encoding="utf-8")
        process.kill()
    assert [": measured, lesions: 2" in line for line in said] == [True, True]
    assert log.count(": measured, lesions: 2") == 2
    with open_store(f"sqlite:///{out / 'private' / 'calcimeasure.db'}") as store:
        assert [outcome.state for outcome in store.outcomes()] == ["measured", "measured"]
