"""The commands that talk to archives: fetch, send, and measure with the address of an archive."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pydicom
import pytest
from typer.testing import CliRunner

from calcimeasure.archive import WebAddress
from calcimeasure.cli.commands import app
from calcimeasure.run.send import Parcel, send_from
from calcimeasure.store import ObjectKind, ObjectLine, WrittenObject, open_store
from tests.archive.faulty import Faults, faulty_server
from tests.archive.orthanc import free_port
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.archive.orthanc import Orthanc

pytestmark = pytest.mark.external

RADIOGRAPH = PROJECT / "sample_dicom" / "hand_radiograph"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, token: str | None = None) -> Ended:
    done = CliRunner().invoke(app, [*map(str, arguments)], env={"CALCIMEASURE_TOKEN": token or ""})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("measured") / "results"
    done = run("measure", RADIOGRAPH, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def results(measured: Path, tmp_path: Path) -> Path:
    """A folder of results with a copy of its own store."""
    shutil.copytree(measured, tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def patient() -> str:
    return str(pydicom.dcmread(next(RADIOGRAPH.iterdir()), stop_before_pixels=True).PatientID)


def test_images_of_an_archive_are_measured_as_those_of_a_folder(
    orthanc: Orthanc, images: list[Path], measured: Path, tmp_path: Path, opened: ExitStack
) -> None:
    orthanc.store([*RADIOGRAPH.iterdir(), *images])
    faults = Faults(token="Bearer secret-token")  # noqa: S106
    port = opened.enter_context(faulty_server(orthanc.rest, faults))
    source = f"dicomweb+http://127.0.0.1:{port}/dicom-web?PatientID={patient()}"
    out = tmp_path / "out"
    done = run("measure", source, "--out", out, token="secret-token")  # noqa: S106
    assert done.returncode == 0, done.stderr
    assert (out / "lesions.csv").read_bytes() == (measured / "lesions.csv").read_bytes()
    assert (out / "private").stat().st_mode & 0o777 == 0o700
    (row,) = rows(out / "private" / "series.csv")
    assert (out / "private" / "fetched" / row["path"]).is_file()
    # No second time, neither fetched nor measured.
    faults.asked.clear()
    again = run("measure", source, "--out", out, token="secret-token")  # noqa: S106
    assert "unchanged: 1" in " ".join(again.stdout.split())
    assert not any(path.count("/instances/") for path in faults.asked)
    # The token is nowhere.
    assert "secret-token" not in done.stdout + done.stderr
    assert not any(b"secret-token" in file.read_bytes() for file in out.rglob("*") if file.is_file())


def test_a_series_that_is_not_complete_is_not_measured(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, opened: ExitStack
) -> None:
    orthanc.store([*RADIOGRAPH.iterdir(), *images])
    faults = Faults(lost="/1.2.3.1.2.3")
    port = opened.enter_context(faulty_server(orthanc.rest, faults))
    out = tmp_path / "out"
    sources = [
        f"dicomweb+http://127.0.0.1:{port}/dicom-web?PatientID={one}"
        for one in ("17&SeriesInstanceUID=1.2.3.1.2", patient())
    ]
    done = run("measure", *sources, "--out", out)
    assert done.returncode == 1
    states = sorted((row["state"], row["reason"]) for row in rows(out / "private" / "series.csv"))
    assert states == [("failed", "not_fetched"), ("measured", "")]
    assert "404" in (out / "private" / "log.txt").read_text(encoding="utf-8")
    faults.lost = None
    run("measure", *sources, "--out", out)
    states = sorted((row["state"], row["reason"]) for row in rows(out / "private" / "series.csv"))
    assert states == [("failed", "no_rescale"), ("measured", "")]  # complete now, and what these images lack is told


def test_an_archive_that_cannot_be_reached_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    done = run(
        "measure", f"dicomweb+http://127.0.0.1:{free_port()}/x?PatientID=17", RADIOGRAPH, "--out", tmp_path / "out"
    )
    assert done.returncode == 2
    assert "found no connection, 3 times" in done.stderr
    assert not (tmp_path / "out" / "lesions.csv").exists()


def test_fetch_says_what_came(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    done = run("fetch", f"{orthanc.web}?PatientID=17", "--to", tmp_path / "to")
    assert done.returncode == 0
    assert "Series: 2. Images fetched: 24, there before: 0." in done.stdout
    assert "1.2.3.1" not in done.stdout + done.stderr
    assert (tmp_path / "to").stat().st_mode & 0o777 == 0o700
    assert run("fetch", f"{orthanc.web}?PatientID=99", "--to", tmp_path / "to").returncode == 3
    assert run("fetch", f"{orthanc.web}?PatientID=99&x=1", "--to", tmp_path / "to").returncode == 2


def test_scan_says_that_images_have_to_be_fetched_first(orthanc: Orthanc) -> None:
    done = run("scan", f"{orthanc.web}?PatientID=17")
    assert done.returncode == 2
    assert "fetch it first" in done.stderr


def put(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(file, folder)


def test_what_names_patients_is_sent_only_when_that_is_said(
    orthanc: Orthanc, images: list[Path], results: Path
) -> None:
    put(images[:2], results / "private" / "identified" / "seg")
    done = run("send", results, "--to", orthanc.web)
    assert done.returncode == 2
    assert "There are some with --identified." in done.stderr
    inside = run("send", results / "private" / "identified", "--to", orthanc.web)
    assert inside.returncode == 2
    assert orthanc.instance_count() == 0
    put(images[20:21], results / "seg")
    assert run("send", results, "--to", orthanc.web).returncode == 0
    assert orthanc.instance_count() == 1
    assert run("send", results, "--to", orthanc.web, "--identified").returncode == 0
    assert orthanc.instance_count() == 3


def test_what_is_sent_is_kept_in_the_store(orthanc: Orthanc, images: list[Path], results: Path) -> None:
    put(images[20:22], results / "seg")
    for _ in range(2):
        done = run("send", results, "--to", orthanc.dimse, "--for", "the archive")
        assert done.returncode == 0, done.stderr
        assert "Objects that the archive has: 2 of 2." in done.stdout
    assert orthanc.instance_count() == 2
    with open_store(f"sqlite:///{results / 'private' / 'calcimeasure.db'}") as store:
        assert store.sent_to(orthanc.dimse) == ["1.2.3.1.2.1", "1.2.3.1.2.2"]
    with sqlite3.connect(results / "private" / "calcimeasure.db") as database:
        rows = database.execute("SELECT what, recipient, row_count, file_count FROM exports WHERE what LIKE 'send%'")
        assert rows.fetchall() == [("send: 2 objects", "the archive", 2, 2)] * 2, "one row for a sending"


def test_an_object_that_is_not_taken_is_told(orthanc: Orthanc, images: list[Path], results: Path) -> None:
    put(images[20:21], results / "seg")
    (file,) = (results / "seg").iterdir()
    file.write_bytes(file.read_bytes()[:400])
    done = run("send", results, "--to", orthanc.web)
    assert done.returncode == 1
    assert f"seg/{file.name}: " in done.stdout
    file.write_bytes(b"no DICOM")
    assert run("send", results, "--to", orthanc.web).returncode == 2


@pytest.mark.parametrize("part", ["", "proposed"])  # what is proposed is replaced by what a reader accepts
def test_what_a_later_object_replaces_is_listed(orthanc: Orthanc, images: list[Path], results: Path, part: str) -> None:
    from calcimeasure.archive import Access

    put(images[20:21], results / "seg")
    address = WebAddress(orthanc.web.removeprefix("dicomweb+"), "127.0.0.1", is_local=True)
    store_url = f"sqlite:///{results / 'private' / 'calcimeasure.db'}"

    def written(which: int, part: str, number: int, predecessor: str | None) -> WrittenObject:
        uid = f"1.2.3.1.2.{which}"
        line = ObjectLine(1, ObjectKind.SEG, part, "f")
        return WrittenObject(line, "1", "1", uid, number, uid, False, predecessor, None, datetime.now(UTC))

    with open_store(store_url) as store:
        store.note_object(written(1, part, 1, None))
    said: list[str] = []
    assert send_from(results, Parcel(address, Access()), said.append).outdated == ()
    shutil.rmtree(results / "seg")
    put(images[21:22], results / "seg")
    with open_store(store_url) as store:
        store.note_object(written(2, "", 2 if part == "" else 1, "1.2.3.1.2.1"))
    done = send_from(results, Parcel(address, Access()), said.append)
    assert done.outdated == ("SEG 1.2.3.1.2.1 (instance number 1), replaced by 1.2.3.1.2.2",)


def test_what_export_writes_is_sent_once(orthanc: Orthanc, results: Path) -> None:
    ordered = ("export", results, "--format", "seg", "--identified", "--status", "proposed")
    written = run(*ordered)
    assert written.returncode == 0, written.stderr
    for _ in range(2):
        done = run("send", results, "--to", orthanc.web, "--identified")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Outdated" not in done.stdout
    assert orthanc.instance_count() == len(list((results / "private" / "identified" / "seg").glob("*.dcm"))) == 1
