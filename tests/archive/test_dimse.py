"""DIMSE: C-FIND, C-MOVE to a receiver of this program, C-GET where the archive does not know it, C-STORE."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pydicom
import pytest
from pynetdicom import AE, evt

from calcimeasure.archive import Access, Folder, fetch_study, find_wanted, open_archive, parse_address, parse_source
from calcimeasure.archive.constants import PATIENCE
from calcimeasure.errors import ArchiveError
from tests.archive.orthanc import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from calcimeasure.archive import Fetched
    from tests.archive.orthanc import Orthanc

QUICK = replace(PATIENCE, first_wait_s=0.01, read_s=20)


def fetched(url: str, to: Path, access: Access, said: list[str], query: str = "PatientID=17") -> list[Fetched]:
    source = parse_source(f"{url}?{query}")
    with open_archive(source.address, access, said.append, QUICK) as archive:
        wanted = find_wanted(archive, source)
        return [fetch_study(archive, study, series, Folder(to)) for study, series in wanted]


def uids(files: Sequence[Path]) -> list[str]:
    return sorted(str(pydicom.dcmread(file).SOPInstanceUID) for file in files)


def pixels(files: Sequence[Path]) -> dict[str, bytes]:
    images = [pydicom.dcmread(file) for file in files]
    return {str(image.SOPInstanceUID): image.PixelData for image in images}


@pytest.mark.external
def test_an_archive_moves_to_a_receiver_that_it_knows(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    said: list[str] = []
    access = Access(receive_port=orthanc.receiver_port)
    (study,) = fetched(orthanc.dimse, tmp_path, access, said)
    assert study.is_complete
    assert sorted((one.fetched, one.there_before) for one in study.series) == [(4, 0), (20, 0)]
    assert pixels(list(tmp_path.rglob("*.dcm"))) == pixels(images[:24])
    assert said == []
    (removed, *_) = sorted(tmp_path.rglob("*.dcm"))
    removed.unlink()
    (study,) = fetched(orthanc.dimse, tmp_path, access, said)
    assert sum(one.fetched for one in study.series) == 1
    assert uids(list(tmp_path.rglob("*.dcm"))) == uids(images[:24])


@pytest.mark.external
def test_images_are_got_where_the_archive_does_not_know_the_receiver(
    orthanc: Orthanc, images: list[Path], tmp_path: Path
) -> None:
    orthanc.store(images)
    said: list[str] = []
    port = free_port()
    (study,) = fetched(orthanc.dimse, tmp_path, Access(ae_title="UNKNOWN", receive_port=port), said)
    assert study.is_complete
    assert pixels(list(tmp_path.rglob("*.dcm"))) == pixels(images[:24])
    (line,) = said  # once, and not for each series
    assert f"AE title UNKNOWN, host 127.0.0.1, port {port}." in line
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.external
def test_a_port_that_is_taken_is_told(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images[20:])
    said: list[str] = []
    (study,) = fetched(orthanc.dimse, tmp_path, Access(receive_port=orthanc.http_port), said)
    assert study.is_complete
    assert "the port is taken" in said[0]


@pytest.mark.external
def test_studies_are_found_by_what_was_asked(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    access = Access(receive_port=orthanc.receiver_port)
    assert fetched(orthanc.dimse, tmp_path, access, [], "PatientID=18") == []
    (study,) = fetched(orthanc.dimse, tmp_path, access, [], "StudyDate=20260301-20260331&SeriesInstanceUID=1.2.3.2.1")
    assert uids(list(study.path.rglob("*.dcm"))) == uids(images[24:])


@pytest.mark.external
def test_what_is_sent_is_there_once(orthanc: Orthanc, images: list[Path]) -> None:
    for _ in range(2):
        with open_archive(parse_address(orthanc.dimse), Access(), print, QUICK) as archive:
            sent = list(archive.send(images[:3]))
        assert [(one.problem, one.sop_uid) for one in sent] == [(None, f"1.2.3.1.1.{k}") for k in (1, 2, 3)]
    assert orthanc.instance_count() == 3


@pytest.fixture
def refusing(images: list[Path]) -> Iterator[tuple[str, dict[str, int]]]:
    """An archive whose answers to C-STORE a test sets."""
    answers: dict[str, int] = {}

    def stored(event: evt.Event) -> int:
        return answers.get(str(event.request.AffectedSOPInstanceUID), 0)

    entity = AE(ae_title="OTHER")
    entity.require_called_aet = True
    for context in {str(pydicom.dcmread(file).SOPClassUID) for file in images}:
        entity.add_supported_context(context)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, stored)])
    yield f"127.0.0.1:{server.server_address[1]}", answers
    server.shutdown()


def test_each_answer_is_looked_at(refusing: tuple[str, dict[str, int]], images: list[Path]) -> None:
    place, answers = refusing
    answers |= {"1.2.3.1.1.1": 0xA700, "1.2.3.1.1.2": 0xB000, "1.2.3.1.1.3": 0x0111}
    with open_archive(parse_address(f"dimse://OTHER@{place}"), Access(), print, QUICK) as archive:
        sent = list(archive.send(images[:4]))
    assert [one.problem for one in sent] == ["The archive did not store it (status 0xA700).", None, None, None]
    assert [one.remark for one in sent] == [None, "Stored with warning 0xB000.", None, None]


def test_a_title_that_the_archive_does_not_have_is_told(
    refusing: tuple[str, dict[str, int]], images: list[Path]
) -> None:
    place, _ = refusing
    with (
        open_archive(parse_address(f"dimse://WRONG@{place}"), Access(), print, QUICK) as archive,
        pytest.raises(ArchiveError, match="does not accept AE title CALCIMEASURE"),
    ):
        list(archive.send(images[:1]))


# pynetdicom leaves the socket of a refused connection to the garbage collection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_archive_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="found none, 3 times"):
        fetched(f"dimse://A@127.0.0.1:{free_port()}", tmp_path, Access(), [])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_archive_that_does_not_answer_what_is_sent_is_told(images: list[Path]) -> None:
    place = f"127.0.0.1:{free_port()}"
    with (
        open_archive(parse_address(f"dimse://A@{place}"), Access(), print, QUICK) as archive,
        pytest.raises(ArchiveError, match=f"An answer of the archive .*{place}.* expected, found none, 3 times"),
    ):
        list(archive.send(images[:1]))


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pynetdicom'] = None\n"
        "from calcimeasure.cli import main\n"
        f"sys.argv = ['calcimeasure', 'fetch', 'dimse://A@127.0.0.1:1?PatientID=1', '--to', {str(tmp_path)!r}]\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'calcimeasure[pacs]'" in done.stderr
