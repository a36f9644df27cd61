"""Fetching studies from an archive into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.archive import Folder, fetch_study, find_wanted, open_archive
from calcimeasure.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.archive import Access, FetchedSeries, Source
    from calcimeasure.run.progress import Say


@dataclass(frozen=True, slots=True)
class FetchDone:
    """What was fetched.

    Parameters
    ----------
    to
        The folder.
    studies, series
        Numbers of studies and series that the archive has.
    fetched, there_before
        Numbers of images that came, and that were there already.
    incomplete
        Number of series that are not complete.
    """

    to: Path
    studies: int
    series: int
    fetched: int
    there_before: int
    incomplete: int


def fetch_into(to: Path, source: Source, access: Access, say: Say) -> FetchDone:
    """Fetch what is wanted of an archive.

    Parameters
    ----------
    to
        A folder; made if it does not exist. What it holds already is not fetched again.
    source, access
        The archive, what is wanted of it, and with what it lets this program in.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    ArchiveError
        The archive cannot be reached, refuses, or answers what cannot be understood. What was fetched stays.
    OutputError
        The folder cannot be written.
    """
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold names of patients
    except OSError as error:
        raise OutputError(f"--to {to} cannot be made: {error.strerror or error}.") from error
    done: list[FetchedSeries] = []
    with open_archive(source.address, access, say) as archive:
        wanted = find_wanted(archive, source)
        total = sum(len(series) for _, series in wanted)

        def told(one: FetchedSeries) -> None:
            done.append(one)
            say(line_of(one, len(done), total))

        for study, series in wanted:
            fetch_study(archive, study, series, Folder(to), told)
    return FetchDone(
        to,
        studies=len(wanted),
        series=total,
        fetched=sum(one.fetched for one in done),
        there_before=sum(one.there_before for one in done),
        incomplete=sum(bool(one.problems) for one in done),
    )


def line_of(one: FetchedSeries, number: int, total: int) -> str:
    """Tell what became of a series, without its names."""
    before = f", {one.there_before} there before" if one.there_before else ""
    problems = f". Not complete: {' '.join(one.problems)}" if one.problems else ""
    return f"Series {number} of {total}: {one.fetched} images fetched{before}{problems}"
