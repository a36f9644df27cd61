"""Fetching: what is there already is left alone, what comes is counted against what the archive says it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from calcimeasure.archive.cache import Folder
    from calcimeasure.archive.names import Archive, FoundSeries, FoundStudy
    from calcimeasure.archive.source import Source


@dataclass(frozen=True, slots=True)
class FetchedSeries:
    """What became of a series.

    Parameters
    ----------
    series, path
        The series, and its folder.
    fetched, there_before
        Numbers of its objects that came, and that were there already.
    problems
        Why it is not complete; empty: it is.
    """

    series: FoundSeries
    path: Path
    fetched: int
    there_before: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a study: its folder, and its series."""

    path: Path
    series: tuple[FetchedSeries, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every object is there that the archive has of these series."""
        return not any(one.problems for one in self.series)


def find_wanted(archive: Archive, source: Source) -> list[tuple[FoundStudy, list[FoundSeries]]]:
    """Find what is wanted of an archive: studies, each with its series.

    Raises
    ------
    ArchiveError
        The archive cannot be reached, refuses, or answers what cannot be understood.
    """
    studies = archive.studies(source.study_keys)
    found = [(study, archive.series(study, source.series_keys)) for study in studies]
    return [(study, series) for study, series in found if series]


def fetch_study(
    archive: Archive,
    study: FoundStudy,
    series: Sequence[FoundSeries],
    folder: Folder,
    told: Callable[[FetchedSeries], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Fetched:
    """Fetch series of a study into a folder.

    Parameters
    ----------
    archive, study, series
        The archive, and what of it.
    folder
        Takes the files. What it holds already is not fetched again.
    told
        Is told each series that is done.
    stopped
        Tells whether to begin no further series.

    Raises
    ------
    ArchiveError
        The archive cannot be reached, refuses, or answers what cannot be understood.
    OutputError
        A file cannot be written.
    """
    done = []
    for one in series:
        if stopped():
            break
        done.append(_fetch_series(archive, one, folder))
        told(done[-1])
    return Fetched(folder.study(study.study_uid), tuple(done))


def _fetch_series(archive: Archive, series: FoundSeries, folder: Folder) -> FetchedSeries:
    files = folder.series(series.study_uid, series.series_uid)
    named = archive.instances(series)
    wanted = [uid for uid in named if not files.has(uid)]
    there_before = len(named) - len(wanted)
    problems = [why for why in archive.retrieve(series, wanted, files) if why is not None] if wanted else []
    still = sum(not files.has(uid) for uid in wanted)
    if still and not problems:
        problems.append("The archive did not send them.")
    if series.expected is not None and len(named) < series.expected:
        problems.append(f"The archive counts {series.expected} images and names {len(named)}.")
    distinct = tuple(dict.fromkeys(problems))
    return FetchedSeries(series, files.path, len(wanted) - still, there_before, distinct)
