"""DICOMweb: an archive as it is, and one that is slow, breaks off, asks for a token or keeps to its own pages."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pydicom
import pytest

from calcimeasure.archive import Access, Folder, fetch_study, find_wanted, open_archive, parse_address, parse_source
from calcimeasure.archive import dicomweb as dicomweb_module
from calcimeasure.archive.constants import PATIENCE
from calcimeasure.archive.web import _retry_after
from calcimeasure.errors import ArchiveError
from tests.archive.certificates import write_certificates
from tests.archive.faulty import Faults, faulty_server
from tests.archive.images import write_images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from calcimeasure.archive import Fetched
    from tests.archive.orthanc import Orthanc

pytestmark = pytest.mark.external

QUICK = replace(PATIENCE, first_wait_s=0.01)
SAID: list[str] = []


def fetched(url: str, to: Path, query: str = "PatientID=17", access: Access | None = None) -> list[Fetched]:
    source = parse_source(f"{url}?{query}")
    with open_archive(source.address, access or Access(), SAID.append, QUICK) as archive:
        wanted = find_wanted(archive, source)
        return [fetch_study(archive, study, series, Folder(to)) for study, series in wanted]


def same_images(folder: Path, files: Sequence[Path]) -> bool:
    came = {pydicom.dcmread(file).SOPInstanceUID: file.read_bytes() for file in folder.rglob("*.dcm")}
    return came == {pydicom.dcmread(file).SOPInstanceUID: file.read_bytes() for file in files}


@pytest.fixture
def through(orthanc: Orthanc) -> Callable[[Faults], str]:
    """Address of a server with faults before the archive."""
    with ExitStack() as opened:
        yield (
            lambda faults: (
                f"dicomweb+http://127.0.0.1:{opened.enter_context(faulty_server(orthanc.rest, faults))}/dicom-web"
            )
        )


def test_images_come_as_the_archive_has_them(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    (study,) = fetched(orthanc.web, tmp_path)
    assert [(one.fetched, one.there_before, one.problems) for one in study.series] in (
        [(20, 0, ()), (4, 0, ())],
        [(4, 0, ()), (20, 0, ())],
    )
    assert same_images(tmp_path, images[:24])  # the patient 17B was not asked for
    assert study.is_complete
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_there_is_not_fetched_again(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images)
    fetched(orthanc.web, tmp_path)
    (removed, *_) = sorted(tmp_path.rglob("*.dcm"))
    removed.unlink()
    empty = sorted(tmp_path.rglob("*.dcm"))[3]
    empty.write_bytes(b"")
    faults = Faults()
    (study,) = fetched(through(faults), tmp_path)
    assert sum(one.fetched for one in study.series) == 2
    assert sum(one.there_before for one in study.series) == 22
    assert same_images(tmp_path, images[:24])


def test_a_series_can_be_chosen(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    fetched(orthanc.web, tmp_path, "StudyDate=20260301-20260331&SeriesInstanceUID=1.2.3.1.2")
    assert same_images(tmp_path, images[20:24])


def test_an_archive_without_the_study_says_so(orthanc: Orthanc, tmp_path: Path) -> None:
    assert fetched(orthanc.web, tmp_path) == []


def test_204_is_an_empty_answer(tmp_path: Path) -> None:
    with no_content_server() as port:
        assert fetched(f"dicomweb+http://127.0.0.1:{port}", tmp_path) == []


def no_content_server() -> ExitStack:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Serving(ExitStack):
        def __enter__(self) -> int:  # type: ignore[override]
            server = HTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            self.callback(thread.join)
            self.callback(server.server_close)
            self.callback(server.shutdown)
            return int(server.server_address[1])

    return Serving()


def test_503_and_cut_answers_are_asked_for_again(
    orthanc: Orthanc, tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    files = write_images(tmp_path / "src", 500, patient_id="17", study="1.2.7", series="1.2.7.1")
    orthanc.store(files)
    faults = Faults(busy=0.05, cut=0.05)
    (study,) = fetched(through(faults), tmp_path / "to")
    assert [one.fetched for one in study.series] == [500]
    assert study.is_complete
    assert same_images(tmp_path / "to", files)
    assert sum(faults.asked.values()) > 530  # the faults happened
    times = [count for path, count in faults.served.items() if "/instances/" in path]
    assert times == [1] * 500  # nothing that came whole is asked for again


def test_connections_are_kept(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images)
    faults = Faults()
    fetched(through(faults), tmp_path)
    assert sum(faults.asked.values()) > 24
    assert faults.connections <= 4


def test_what_was_interrupted_goes_on_where_it_was(
    orthanc: Orthanc, tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    files = write_images(tmp_path / "src", 150, patient_id="17", study="1.2.7", series="1.2.7.1")
    orthanc.store(files)
    faults = Faults()
    url, to = through(faults), tmp_path / "to"
    command = [sys.executable, "-m", "calcimeasure", "fetch", f"{url}?PatientID=17", "--to", str(to)]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while len(list(to.rglob("*.dcm"))) < 30:
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    before = {file: file.stat().st_mtime_ns for file in to.rglob("*.dcm")}
    assert len(before) < 150, "it was killed too late"
    faults.asked.clear()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Images fetched: {150 - len(before)}, there before: {len(before)}." in " ".join(done.stdout.split())
    assert sum("/instances/" in path for path in faults.asked) == 150 - len(before)
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert same_images(to, files)
    assert not list(to.rglob("*.part"))


@pytest.mark.parametrize("page", [7, 200])
def test_pages_are_asked_for_until_nothing_new_comes(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.store(images)
    monkeypatch.setattr(dicomweb_module, "PAGE", page)
    (study,) = fetched(orthanc.web, tmp_path)
    assert study.is_complete
    assert same_images(tmp_path, images[:24])


def test_an_archive_may_ignore_the_limit(
    orthanc: Orthanc,
    images: list[Path],
    tmp_path: Path,
    through: Callable[[Faults], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orthanc.store(images)
    monkeypatch.setattr(dicomweb_module, "PAGE", 7)
    faults = Faults(ignores_limit=True)
    (study,) = fetched(through(faults), tmp_path)
    assert same_images(tmp_path, images[:24])
    assert sum(one.fetched for one in study.series) == 24
    assert faults.asked["/dicom-web/studies"] == 2


def test_another_patient_is_not_fetched_where_the_archive_ignores_what_was_asked(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images)
    fetched(through(Faults(ignores_keys=True)), tmp_path)
    assert same_images(tmp_path, images[:24])


def test_an_image_that_the_archive_has_lost_is_told_and_the_others_come(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images)
    (study,) = fetched(through(Faults(lost="/1.2.3.1.2.3")), tmp_path)
    (broken,) = [one for one in study.series if one.problems]
    assert (broken.series.series_uid, broken.fetched) == ("1.2.3.1.2", 3)
    assert broken.problems == ("The archive 127.0.0.1 answers 404 Not Found.",)
    assert not study.is_complete


def test_fewer_images_than_the_archive_counts_are_told(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    source = parse_source(f"{orthanc.web}?PatientID=17")
    with open_archive(source.address, Access(), SAID.append, QUICK) as archive:
        ((study, series),) = find_wanted(archive, source)
        counted = [replace(one, expected=(one.expected or 0) + 1) for one in series]
        done = fetch_study(archive, study, counted, Folder(tmp_path))
    assert sorted(one.problems for one in done.series) == [
        ("The archive counts 21 images and names 20.",),
        ("The archive counts 5 images and names 4.",),
    ]


def test_the_token_is_sent_and_a_wrong_one_is_refused_in_one_sentence(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images)
    faults = Faults(token="Bearer right")  # noqa: S106
    url = through(faults)
    with pytest.raises(ArchiveError) as raised:
        fetched(url, tmp_path, access=Access("Bearer wrong"))
    assert str(raised.value) == "The archive 127.0.0.1 does not accept the token (401): get a valid one."
    with pytest.raises(ArchiveError, match=r"asks for a token \(401\): name its file"):
        fetched(url, tmp_path)
    fetched(url, tmp_path, access=Access("Bearer right"))
    assert same_images(tmp_path, images[:24])
    assert not any("right" in query for query in faults.queries)


def test_nothing_is_sent_to_where_the_archive_points(tmp_path: Path, through: Callable[[Faults], str]) -> None:
    elsewhere = Faults()
    goal = through(elsewhere).removeprefix("dicomweb+")
    with pytest.raises(ArchiveError, match="sends to another address"):
        fetched(through(Faults(redirect=f"{goal}/studies")), tmp_path, access=Access("Bearer secret"))
    assert not elsewhere.asked


def test_the_certificate_has_to_be_of_the_named_authority(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    orthanc.store(images)
    right, wrong = (write_certificates(tmp_path / name) for name in ("right", "wrong"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(right.server, right.key)
    with faulty_server(orthanc.rest, Faults(), tls) as port:
        url = f"dicomweb+https://127.0.0.1:{port}/dicom-web"
        for access in (Access(), Access(ca=wrong.authority)):
            with pytest.raises(ArchiveError) as raised:
                fetched(url, tmp_path / "to", access=access)
            assert str(raised.value).startswith("The certificate of 127.0.0.1 is not trusted (")
            assert str(raised.value).count(". ") == 0
        fetched(url, tmp_path / "to", access=Access(ca=right.authority))
    assert same_images(tmp_path / "to", images[:24])
    with pytest.raises(ArchiveError, match="Certificates of authorities"):
        fetched(url, tmp_path, access=Access(ca=images[0]))


def test_an_address_where_nothing_answers_is_told_soon(tmp_path: Path) -> None:
    from tests.archive.orthanc import free_port

    begun = time.monotonic()
    with pytest.raises(ArchiveError, match="found no connection, 3 times"):
        fetched(f"dicomweb+http://127.0.0.1:{free_port()}", tmp_path)
    assert time.monotonic() - begun < 5


def test_what_is_no_dicomweb_is_told(orthanc: Orthanc, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="root of its DICOMweb"):
        fetched(f"dicomweb+{orthanc.rest}", tmp_path)


def test_how_long_to_wait_is_seconds_or_a_date() -> None:
    assert _retry_after("3") == 3.0
    soon = _retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))
    assert soon is not None
    assert 25 < soon <= 30
    assert _retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert _retry_after("soon") is None
    assert _retry_after(None) is None


def test_the_archive_says_how_long_to_wait(
    orthanc: Orthanc, images: list[Path], tmp_path: Path, through: Callable[[Faults], str]
) -> None:
    orthanc.store(images[24:])
    begun = time.monotonic()
    fetched(through(Faults(busy_first=1, retry_after="1")), tmp_path, "PatientID=17B")
    assert time.monotonic() - begun >= 1
    assert same_images(tmp_path, images[24:])


def test_what_is_sent_is_there_once_and_each_answer_is_looked_at(orthanc: Orthanc, images: list[Path]) -> None:
    for _ in range(2):
        with open_archive(parse_address(orthanc.web), Access(), SAID.append, QUICK) as archive:
            sent = list(archive.send(images[:3]))
        assert [(one.problem, one.sop_uid) for one in sent] == [(None, f"1.2.3.1.1.{k}") for k in (1, 2, 3)]
    assert orthanc.instance_count() == 3


def test_what_the_archive_does_not_store_is_told(orthanc: Orthanc, images: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(images[0].read_bytes()[:400])
    with open_archive(parse_address(orthanc.web), Access(), SAID.append, QUICK) as archive:
        (sent,) = archive.send([broken])
    assert sent.problem is not None
    assert orthanc.instance_count() == 0
