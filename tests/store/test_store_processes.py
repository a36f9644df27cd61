"""The store under the real command: killed, interrupted, on a full disk, with two readers at once; and what leaves."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.cli import app
from calcimeasure.load import find_series
from calcimeasure.model import Status
from calcimeasure.settings import Settings
from calcimeasure.store import file_url, open_store
from tests.dicom_phantom import Header, missing_slice, set_tag, truncate_file, write_series
from tests.patched import environment
from tests.phantoms import straight_grid
from tests.postgresql import STORES, empty_database, empty_store, plain_sql
from tests.store_runs import (
    check_is_whole,
    command,
    kill_after,
    measure,
    tables,
    write_at_once,
    write_many,
)
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERIES = 6
KILLS = 3


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_many(tmp_path_factory.mktemp("many") / "images", SERIES)


@pytest.fixture(scope="module")
def uninterrupted(images: Path) -> dict[str, bytes]:
    """The tables of a run that nothing disturbed."""
    out = images.parent / "uninterrupted"
    measure(images, out)
    return tables(out)


def count(out: Path, table: str) -> int:
    ask = plain_sql(f"sqlite:///{out / 'private' / 'calcimeasure.db'}")
    return int(str(ask(f"SELECT count(*) FROM {table}")[0][0]))


# Killed


def test_a_run_that_is_killed_again_and_again_comes_to_the_same(
    images: Path, uninterrupted: dict[str, bytes], tmp_path: Path
) -> None:
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    moments = random.Random(seed)  # noqa: S311
    killed = [kill_after(images, tmp_path / "out", moments.uniform(0.6, 1.8)) for _ in range(KILLS)]
    done = measure(images, tmp_path / "out")
    assert tables(tmp_path / "out") == uninterrupted, f"killed: {killed}, seed {seed}"
    check_is_whole(tmp_path / "out")
    assert count(tmp_path / "out", "outcomes") == SERIES, "no stack was kept twice"
    assert done.stderr.count("measured, lesions: 2") + done.stderr.count("unchanged") == SERIES


def test_a_finished_folder_is_not_measured_again(images: Path, uninterrupted: dict[str, bytes]) -> None:
    out = images.parent / "uninterrupted"
    before = count(out, "outcomes"), count(out, "lesion_revisions")
    done = measure(images, out)
    assert done.stderr.count("unchanged, measured before with the same settings") == SERIES
    assert "measured, lesions" not in done.stderr
    assert f"Stacks that were measured before and are unchanged: {SERIES}." in done.stdout
    assert (count(out, "outcomes"), count(out, "lesion_revisions")) == before
    assert tables(out) == uninterrupted


@pytest.mark.external
def test_either_database_gives_the_same_tables(images: Path, uninterrupted: dict[str, bytes], tmp_path: Path) -> None:
    out, store = tmp_path / "out", empty_database()
    measure(images, out, "--store", store)
    assert tables(out) == uninterrupted
    assert not (out / "private" / "calcimeasure.db").exists()
    (out / "lesions.csv").unlink()
    assert CliRunner().invoke(app, ["export", str(out), "--format", "csv"]).exit_code == 0
    assert tables(out) == uninterrupted


# Interrupted


@contextmanager
def slow_run(images: Path, out: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """The command, with a second stack that takes some time; begins when that runs."""
    code = f"""
import sys, time
measure_it, calls = analyze, []
def analyze(*arguments):
    calls.append(arguments)
    if len(calls) == 2:
        print("the second stack runs", file=sys.stderr, flush=True)
        time.sleep({seconds})
    return measure_it(*arguments)
"""
    with subprocess.Popen(
        command(images, out, "--workers", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment("calcimeasure.analysis.pipeline", code),
    ) as process:
        try:
            assert process.stderr is not None
            awaited = ["the second stack runs", "measured, lesions: 2"]
            while awaited:
                line = process.stderr.readline()
                assert line, f"ended before it said {awaited}"
                awaited = [words for words in awaited if words not in line]
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_once_finishes_what_runs(
    images: Path, uninterrupted: dict[str, bytes], tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    with slow_run(images, out, seconds=0.5) as process:
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted. What is being measured is finished first; Ctrl-C again stops now." in said
    assert f"interrupted, 2 of {SERIES} stacks are done. Run it again to go on." in said
    assert len((out / "lesions.csv").read_text().splitlines()) == 1 + 4, "two lesions of each stack that is done"
    assert count(out, "current_stacks") == 2
    measure(images, out)
    assert tables(out) == uninterrupted


def test_interrupted_twice_stops_at_once(images: Path, uninterrupted: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with slow_run(images, out, seconds=60) as process:
        assert process.stderr is not None
        process.send_signal(signal.SIGINT)
        assert "Ctrl-C again stops now" in process.stderr.readline()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    assert process.returncode == 130
    assert re.fullmatch(r"calcimeasure: .*\n", said), "one line, no traceback"
    assert not (out / "lesions.csv").exists()
    assert count(out, "current_stacks") == 1, "what was done before is kept"
    measure(images, out)
    assert tables(out) == uninterrupted


# On a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, free_kb: int) -> Path:
    filler = disk / "filler"
    left = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize - free_kb * 1024)
    return filler


def half_files(out: Path) -> list[Path]:
    return [path for path in out.rglob("*") if path.name.startswith(".") or path.suffix in (".csv", ".tmp")]


@pytest.mark.parametrize("free_kb", [0, 16, 250])
def test_a_full_disk_is_said_and_the_run_completes_once_there_is_room(
    images: Path, uninterrupted: dict[str, bytes], small_disk: Path, free_kb: int
) -> None:
    out = small_disk / "out"
    filler = fill(small_disk, free_kb)
    done = measure(images, out, exit_code=2)
    *measured, said = done.stderr.splitlines()
    assert all("measured, lesions: 2" in line for line in measured)
    assert re.fullmatch(r"calcimeasure: .*(calcimeasure\.db|log\.txt) cannot be .*(full|disk I/O error|space).*", said)
    assert half_files(out) == []
    filler.unlink()
    measure(images, out)
    assert tables(out) == uninterrupted
    assert count(out, "outcomes") == SERIES, "what was measured before the disk was full is not measured again"


def test_a_full_disk_leaves_tables_as_they_were(
    images: Path, uninterrupted: dict[str, bytes], small_disk: Path
) -> None:
    out = small_disk / "out"
    measure(images, out)
    (out / "lesions.csv").write_text("as it was")
    filler = fill(small_disk, free_kb=36)
    done = CliRunner().invoke(app, ["export", str(out), "--format", "csv"])
    assert done.exit_code == 2
    assert re.fullmatch(r"calcimeasure: \S+/lesions\.csv cannot be written: No space left on device\.\n", done.stderr)
    assert (out / "lesions.csv").read_text() == "as it was"
    assert [path for path in half_files(out) if path.name.startswith(".")] == []
    filler.unlink()
    assert CliRunner().invoke(app, ["export", str(out), "--format", "csv"]).exit_code == 0
    assert tables(out) == uninterrupted


# Readers beside each other


@pytest.mark.parametrize("kind", STORES)
def test_readers_beside_each_other_lose_nothing(images: Path, tmp_path: Path, kind: str) -> None:
    url = empty_store(kind, tmp_path)
    with open_store(url) as store:
        run_id = store.begin_run([images], Settings(), "1")
        for stack in find_series(images / "s0").series:
            plan = store.plan(stack, Settings())
            assert store.record(run_id, analyze(stack), plan, Settings())
    conflicts = write_at_once(url, ["Dr A", "Dr B"], edits=80)
    assert conflicts > 0, "they never met"


# What leaves

SECRETS = Header(
    seed="secret",
    patient_id="PATID-7F3A9",
    patient_name="Zyxwvut^Qponmlk",
    patient_birth_date="19470813",
    study_date="20190317",
    study_time="134759",
    study_description="STUDYDESC-91",
    series_description="SERIESDESC-92",
    contrast_agent="AGENT-93",
    body_part="BODYPART 94",
    series_number=77,
)
MORE_SECRETS = {
    "ReferringPhysicianName": "Referrer^Xaver",
    "AccessionNumber": "ACC-10293",
    "InstitutionName": "Klinikum Irgendwo",
    "OperatorsName": "Operator^Yps",
    "StationName": "STATION-95",
    "PatientAddress": "Gasse 17b",
    "PatientComments": "COMMENT-96",
    "OtherPatientIDs": "OTHER-97",
    "ImageComments": "IMGCOMMENT-98",
    "ProtocolName": "PROTOCOL-99",
    "DeviceSerialNumber": "DEVICE-11223",
    "RequestingPhysician": "Requester^Zeta",
    "StudyID": "STUDYID-100",
    "AcquisitionDate": "20190318",
    "PerformedProcedureStepID": "STEP-101",
}
FROM_HEADERS = {"UI", "DA", "TM", "DT", "PN", "LO", "SH", "LT", "ST", "UT", "AE", "AS"}
PUBLIC = {"1.2.840.10008", "ISO_IR", "Phantom", "B30f"}
"""Standard UIDs, the character set, the phantom's maker, and the kernel, which is a column."""


def values_in(folder: Path) -> set[str]:
    """Whatever the headers of files say in words, names, dates and UIDs."""
    values = set()
    for path in folder.rglob("*.dcm"):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        for element in (*dataset.iterall(), *dataset.file_meta.iterall()):
            if element.VR in FROM_HEADERS and str(element.value).strip():
                values.add(str(element.value))
    values = {value for value in values if len(value) > 2 and not any(public in value for public in PUBLIC)}
    dates = {value for value in values if re.fullmatch(r"\d{8}", value)}
    times = {value for value in values if re.fullmatch(r"\d{6}", value)}
    parts = {part for value in values for part in value.split("^")}
    return (
        values
        | parts
        | {f"{date[:4]}-{date[4:6]}-{date[6:]}" for date in dates}
        | {f"{time[:2]}:{time[2:4]}:{time[4:]}" for time in times}
    )


@pytest.fixture(scope="module")
def secret_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT, one without a slice, one that says of another modality, and one with a file that is cut off."""
    folder = tmp_path_factory.mktemp("secret") / "Ordner-von-Zyxwvut" / "geheim 4711"
    faults = [set_tag(keyword, value) for keyword, value in MORE_SECRETS.items()]
    hu = np.full((6, 24, 24), -1000, dtype=np.int16)
    hu[:, 1:23, 1:23] = 40
    hu[1:5, 3:9, 3:11] = 700
    grid = straight_grid(hu.shape, (2.0, 1.0, 1.0))
    write_series(folder / "eins-aaa", hu, grid, SECRETS, faults=faults, file_name="Bild-XYZ{:03d}.dcm")
    failing = Header(**{**_fields(SECRETS), "series_number": 78, "study_date": "20200229"})
    write_series(folder / "zwei-bbb", hu, grid, failing, faults=[*faults, missing_slice(2)], file_name="Bild-UVW{}.dcm")
    other = Header(**{**_fields(SECRETS), "series_number": 79, "modality": "MR"})
    write_series(folder / "drei-ccc", hu, grid, other, faults=faults, file_name="Bild-RST{}.dcm")
    cut = write_ct(folder / "vier-ddd", seed="cut", file_name="Bild-OPQ{}.dcm")
    truncate_file(cut[0], keep=0.2)
    return folder


def _fields(header: Header) -> dict[str, object]:
    return {name: getattr(header, name) for name in header.__slots__}


def test_nothing_of_a_patient_leaves_by_default(secret_images: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "out", tmp_path / "key-file-99"
    run = CliRunner()
    done = run.invoke(app, ["measure", str(secret_images), "--out", str(out), "--key", str(key)])
    assert done.exit_code == 1, done.output
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        stack_id, *_ = store.measured_stacks()
        history = next(iter(store.histories(stack_id).values()))
        accepted = review.decide(history[-1], Status.ACCEPTED, review.Signature("Reader 1"))
        store.append(stack_id, [accepted], Settings())
    for more in (["csv"], ["csv", "--status", "accepted"], ["revisions"]):
        done = run.invoke(app, ["export", str(out), "--format", *more])
        assert done.exit_code == 0, done.output

    secrets = values_in(secret_images) | {*MORE_SECRETS.values()}
    assert {"PATID-7F3A9", "Qponmlk", "19470813", "2019-03-17", "13:47:59", "Referrer", "ACC-10293"} <= secrets
    assert sum(value.startswith("1.2.") for value in secrets) > 20
    secrets |= {part for part in secret_images.parts if len(part) > 3 and part in ("Ordner-von-Zyxwvut", "geheim 4711")}
    secrets |= {path.stem for path in secret_images.rglob("*")} | {str(secret_images), str(tmp_path), str(key)}
    outside = [path for path in out.rglob("*") if path.is_file() and "private" not in path.relative_to(out).parts]
    assert {path.name for path in outside} >= {"lesions.csv", "studies.csv", "revisions.csv", "lesions_accepted.csv"}
    assert b",accepted," in (out / "revisions.csv").read_bytes()
    for path in outside:
        content = path.read_bytes()
        found = [secret for secret in secrets if secret.encode() in content or secret in path.name]
        assert found == [], f"{path.name} holds {found}"

    inside = (out / "private" / "series.csv").read_bytes()
    assert b"PATID-7F3A9" in inside, "what is searched for is in what stays"
    assert (out / "private").stat().st_mode & 0o777 == 0o700
    for path in out.rglob("*"):
        assert path.is_dir() or key.read_bytes().strip() not in path.read_bytes()


def test_what_is_searched_for_is_what_identified_writes(secret_images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    CliRunner().invoke(app, ["measure", str(secret_images), "--out", str(out), "--identified"])
    content = (out / "private" / "identified" / "lesions.csv").read_bytes()
    found = {secret for secret in values_in(secret_images) if secret.encode() in content}
    assert {"PATID-7F3A9", "2019-03-17"} <= found
    assert sum(value.startswith("1.2.") for value in found) >= 3, "study, series and image"
