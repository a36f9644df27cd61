"""What an archive holds, as it is named there; and what every kind of archive can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that an archive holds.

    Parameters
    ----------
    study_uid
        Study Instance UID (0020,000D).
    values
        What the archive says of it, by the keyword of the attribute.
    """

    study_uid: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """A series that an archive holds.

    Parameters
    ----------
    study_uid, series_uid
        Its names.
    values
        What the archive says of it, by the keyword of the attribute.
    expected
        Number of Series Related Instances (0020,1209); None if the archive does not say it.
    """

    study_uid: str
    series_uid: str
    values: Mapping[str, str]
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What an archive said of an object that was sent to it.

    Parameters
    ----------
    file, sop_uid
        The object.
    problem
        Why the archive does not hold it now; None: it does.
    remark
        What the archive said of an object that it took.
    """

    file: Path
    sop_uid: str
    problem: str | None = None
    remark: str | None = None


class Taking(Protocol):
    """Takes what comes from an archive: each object as a file under a temporary name."""

    def part_of(self, sop_uid: str) -> Path:
        """Give the file into which an object is to be written."""

    def keep(self, sop_uid: str) -> None:
        """Give the file of an object its name; it is complete.

        Raises
        ------
        IncompleteError
            It is no DICOM, or another object.
        """


class Archive(Protocol):
    """An archive that is connected."""

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:
        """Find studies.

        Raises
        ------
        ArchiveError
            The archive cannot be reached, refuses, or answers what cannot be understood.
        """

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:
        """Find series of a study; errors as in `studies`."""

    def instances(self, series: FoundSeries) -> list[str]:
        """Find the SOP Instance UIDs of a series; errors as in `studies`."""

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        """Fetch objects of a series.

        Parameters
        ----------
        series
            The series.
        wanted
            SOP Instance UIDs; what else comes is not kept.
        taking
            Takes the objects.

        Yields
        ------
        str or None
            For each object that was tried: why it could not be fetched, None if it was.
        """

    def send(self, files: Sequence[Path]) -> Iterator[Sent]:
        """Send DICOM files, and give what the archive said of each."""
