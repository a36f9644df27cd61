"""Studies that come from an archive while others are measured."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from calcimeasure.archive import Folder, FoundSeries, FoundStudy
from calcimeasure.errors import ArchiveError
from calcimeasure.run.arriving import Coming
from calcimeasure.settings import Settings
from tests.archive.images import write_images

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.archive import Sent
    from calcimeasure.archive.names import Taking


class Giving:
    """An archive that gives files of a folder, and breaks off at a study."""

    def __init__(self, folder: Path, breaks_at: str | None = None) -> None:
        self._folder = folder
        self._breaks_at = breaks_at

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:
        raise NotImplementedError

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:
        raise NotImplementedError

    def send(self, files: Sequence[Path]) -> Iterator[Sent]:
        raise NotImplementedError

    def instances(self, series: FoundSeries) -> list[str]:
        if series.study_uid == self._breaks_at:
            raise ArchiveError("An answer expected, found none.")
        return [f"{series.series_uid}.{k}" for k in (1, 2, 3)]

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        for uid in wanted:
            shutil.copy(
                self._folder / series.series_uid / f"{int(uid.rpartition('.')[2]) - 1}.dcm", taking.part_of(uid)
            )
            taking.keep(uid)
            yield None


def coming_from(archive: Giving, tmp_path: Path, studies: Sequence[str]) -> Coming:
    wanted = [(FoundStudy(uid, {}), [FoundSeries(uid, f"{uid}.{n}", {}, 3) for n in (1, 2)]) for uid in studies]
    return Coming([(archive, wanted)], Folder(tmp_path / "to"), Settings(), lambda *_: None)


def made(tmp_path: Path, studies: Sequence[str]) -> Path:
    for study in studies:
        for n in (1, 2):
            series = f"{study}.{n}"
            write_images(tmp_path / "src" / series, 3, patient_id="17", study=study, series=series)
    return tmp_path / "src"


def test_a_study_comes_with_all_its_series(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2"]
    coming = coming_from(Giving(made(tmp_path, studies)), tmp_path, studies)
    assert coming.series_count == 4
    arrived = list(coming.studies(lambda: False))
    coming.end()
    assert [[stack.series_uid for stack in one.found.series] for one in arrived] == [
        ["1.2.1.1", "1.2.1.2"],
        ["1.2.2.1", "1.2.2.2"],
    ]
    # Paths are told below the folder of all that was fetched, and name no UID.
    paths = [stack.relative_path for one in arrived for stack in one.found.series]
    assert all((tmp_path / "to" / path).is_file() and len(path.parts) == 3 for path in paths)
    assert not any("1.2" in str(path) for path in paths)


def test_what_has_come_is_measured_where_the_archive_breaks_off(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2", "1.2.3"]
    coming = coming_from(Giving(made(tmp_path, studies), breaks_at="1.2.2"), tmp_path, studies)
    first, broken = coming.studies(lambda: False)
    coming.end()
    assert len(first.found.series) == 2
    (failure,) = broken.found.unreadable
    assert failure.reason == "not_fetched"
    assert "found that fetching ended: An answer expected, found none." in failure.message


def test_whoever_stops_waits_for_no_further_study(tmp_path: Path) -> None:
    studies = ["1.2.1", "1.2.2"]
    coming = coming_from(Giving(made(tmp_path, studies)), tmp_path, studies)
    assert list(coming.studies(lambda: True)) == []
    coming.end()
