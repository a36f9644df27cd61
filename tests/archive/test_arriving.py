"""Series that come from an archive while others are measured."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from threading import Event
from typing import TYPE_CHECKING, Any

from pydicom import dcmread

from calcimeasure.analysis.pipeline import analyze_or_fail
from calcimeasure.archive import Access, Folder, FoundSeries, FoundStudy, parse_source
from calcimeasure.errors import ArchiveError
from calcimeasure.run.arriving import Arriving, Coming
from calcimeasure.run.progress import Screen
from calcimeasure.run.run import measure_into
from calcimeasure.settings import Settings
from tests.archive.images import write_images
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pytest

    from calcimeasure.archive import Sent
    from calcimeasure.archive.names import Taking


class Giving:
    """An archive that gives files of a folder, breaks off at a study, and holds a series back until it is let go."""

    def __init__(self, folder: Path, breaks_at: str | None = None, held: str | None = None, count: int = 3) -> None:
        self._folder = folder
        self._breaks_at = breaks_at
        self._held = held
        self._count = count
        self.let_go = Event()

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:
        raise NotImplementedError

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:
        raise NotImplementedError

    def send(self, files: Sequence[Path]) -> Iterator[Sent]:
        raise NotImplementedError

    def instances(self, series: FoundSeries) -> list[str]:
        if series.study_uid == self._breaks_at:
            raise ArchiveError("An answer expected, found none.")
        if series.series_uid == self._held:
            assert self.let_go.wait(20)
        return [f"{series.series_uid}.{k + 1}" for k in range(self._count)]

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        for uid in wanted:
            shutil.copy(
                self._folder / series.series_uid / f"{int(uid.rpartition('.')[2]) - 1}.dcm", taking.part_of(uid)
            )
            taking.keep(uid)
            yield None


def coming_from(archive: Giving, tmp_path: Path, studies: Sequence[str], series: int = 2, count: int = 3) -> Coming:
    wanted = [
        (FoundStudy(uid, {}), [FoundSeries(uid, f"{uid}.{n}", {}, count) for n in range(1, series + 1)])
        for uid in studies
    ]
    return Coming([(archive, wanted)], Folder(tmp_path / "to"), Settings(), lambda *_: None)


def made(tmp_path: Path, studies: Sequence[str]) -> Path:
    for study in studies:
        for n in (1, 2):
            series = f"{study}.{n}"
            write_images(tmp_path / "src" / series, 3, patient_id="17", study=study, series=series)
    return tmp_path / "src"


def test_a_series_is_given_while_the_next_one_comes(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2"]
    archive = Giving(made(tmp_path, studies), held="1.2.1.2")
    coming = coming_from(archive, tmp_path, studies)
    assert coming.series_count == 4
    arrivals = coming.arrivals(lambda: False)
    arrived = [next(arrivals)]
    assert [stack.series_uid for stack in arrived[0].found.series] == ["1.2.1.1"]
    archive.let_go.set()
    arrived += arrivals
    coming.end()
    assert [[stack.series_uid for stack in one.found.series] for one in arrived] == [
        ["1.2.1.1"],
        ["1.2.1.2"],
        [],
        ["1.2.2.1"],
        ["1.2.2.2"],
        [],
    ]
    assert [one.again for one in arrived] == [()] * 6
    # Paths are told below the folder of all that was fetched, and name no UID.
    paths = [stack.relative_path for one in arrived for stack in one.found.series]
    assert all((tmp_path / "to" / path).is_file() and len(path.parts) == 3 for path in paths)
    assert not any("1.2" in str(path) for path in paths)


def change(folder: Path, name: str, **attributes: object) -> None:
    """Change attributes of a series that an archive gives."""
    for file in (folder / name).iterdir():
        image = dcmread(file)
        for key, value in attributes.items():
            setattr(image, key, value)
        image.save_as(file)


def test_slices_that_have_a_series_each_wait_for_their_study(tmp_path: Path) -> None:
    """Six series of one slice are one stack: none of them is given alone."""
    for n in range(1, 7):
        write_images(tmp_path / "src" / f"1.2.1.{n}", 1, patient_id="17", study="1.2.1", series=f"1.2.1.{n}")
        change(
            tmp_path / "src",
            f"1.2.1.{n}",
            ImagePositionPatient=[0, 0, n],
            InstanceNumber=n,
            SliceThickness=1,
            FrameOfReferenceUID="1.9",
            RescaleSlope=1,
            RescaleIntercept=-1000,
        )
    coming = coming_from(Giving(tmp_path / "src", count=1), tmp_path, ["1.2.1"], series=6, count=1)
    (arrived,) = coming.arrivals(lambda: False)
    coming.end()
    (stack,) = arrived.found.series
    assert (len(stack.instances), "joined_slices" in stack.notices) == (6, True)


def test_what_the_whole_study_tells_otherwise_is_given_again(tmp_path: Path) -> None:
    """The series of the morning comes first; that of the evening before tells its date."""
    folder = made(tmp_path, ["1.2.1"])
    change(folder, "1.2.1.1", StudyDate="20260305", AcquisitionDate="20260305", AcquisitionTime="001000")
    change(folder, "1.2.1.2", StudyDate="20260304", AcquisitionDate="20260304", AcquisitionTime="235000")
    coming = coming_from(Giving(folder), tmp_path, ["1.2.1"])
    first, second, rest = coming.arrivals(lambda: False)
    coming.end()
    assert first.found.series[0].study_date != second.found.series[0].study_date
    assert rest.found.series == ()
    (again,) = rest.again
    assert (again.series_uid, again.study_date) == ("1.2.1.1", second.found.series[0].study_date)
    assert "past_midnight" in again.notices


def test_a_series_that_is_not_whole_is_a_failure_of_its_study(tmp_path: Path) -> None:
    archive = Giving(made(tmp_path, ["1.2.1"]))
    coming = coming_from(archive, tmp_path, ["1.2.1"], count=4)  # the archive counts one more than it names
    (arrived,) = coming.arrivals(lambda: False)
    coming.end()
    assert arrived.found.series == ()
    assert [failure.reason for failure in arrived.found.unreadable] == ["not_fetched"] * 2


def test_what_has_come_is_measured_where_the_archive_breaks_off(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2", "1.2.3"]
    coming = coming_from(Giving(made(tmp_path, studies), breaks_at="1.2.2"), tmp_path, studies)
    *whole, broken = coming.arrivals(lambda: False)
    coming.end()
    assert [len(one.found.series) for one in whole] == [1, 1, 0]
    (failure,) = broken.found.unreadable
    assert failure.reason == "not_fetched"
    assert "found that fetching ended: An answer expected, found none." in failure.message


def test_whoever_stops_waits_for_no_further_study(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2"]
    coming = coming_from(Giving(made(tmp_path, studies)), tmp_path, studies)
    assert list(coming.arrivals(lambda: True)) == []
    coming.end()


class Shelf(Giving):
    """An archive with one study: every folder that it holds is a series."""

    def _files(self, series_uid: str) -> dict[str, Path]:
        return {str(dcmread(file).SOPInstanceUID): file for file in sorted((self._folder / series_uid).iterdir())}

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:  # noqa: ARG002 - as an archive
        return [FoundStudy(STUDY, {})]

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:  # noqa: ARG002 - as an archive
        return [FoundSeries(STUDY, one.name, {}, None) for one in sorted(self._folder.iterdir())]

    def instances(self, series: FoundSeries) -> list[str]:
        return [*self._files(series.series_uid)]

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        files = self._files(series.series_uid)
        for uid in wanted:
            shutil.copy(files[uid], taking.part_of(uid))
            taking.keep(uid)
            yield None


STUDY = "1.2.7"


def measured_here(tasks: Iterator[tuple[Any, Any]], _most: int, _stopped: Callable[[], bool], /) -> Iterator[Any]:
    return ((key, analyze_or_fail(*task)) for key, task in tasks)


def test_a_run_keeps_what_the_whole_study_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The series of the morning is measured before that of the evening comes; in the end both have one date."""
    for name, date, time in (("1.2.7.1", "20260305", "001000"), ("1.2.7.2", "20260304", "235000")):
        write_ct(tmp_path / "src" / name, study_uid=STUDY, series_uid=name, study_date=date, study_time=time)
        for file in (tmp_path / "src" / name).iterdir():
            image = dcmread(file)
            image.AcquisitionDate, image.AcquisitionTime = date, time
            image.save_as(file)
    monkeypatch.setattr("calcimeasure.run.arriving.open_archive", lambda *_: nullcontext(Shelf(tmp_path / "src")))
    source = parse_source(f"dicomweb+http://127.0.0.1/dicom-web?StudyInstanceUID={STUDY}")
    settings = Settings(key=str(tmp_path / "key"), min_volume_mm3=20, identified=True)
    screen = Screen(lambda *_: None, lambda _: nullcontext(lambda *_: None))
    done = measure_into(
        tmp_path / "out", [], settings, nullcontext(measured_here), screen, Arriving((source,), Access())
    )
    assert (done.summary.measured, done.summary.masses, done.failed, len(done.found.series)) == (2, 4, 0, 2)
    rows = read(tmp_path / "out" / "private" / "series.csv")
    assert [(row["series_uid"], row["study_date"], row["state"]) for row in rows] == [
        ("1.2.7.1", "2026-03-04", "measured"),
        ("1.2.7.2", "2026-03-04", "measured"),
    ]
    assert "past_midnight" in rows[0]["notices"]
    assert len(read(tmp_path / "out" / "studies.csv")) == 1
