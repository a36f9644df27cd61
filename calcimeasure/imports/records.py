"""What is to be imported, and what became of each outline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Lesion, StackFacts


class Verdict(StrEnum):
    """What becomes of an outline."""

    NEW = "new lesion"
    REVISION = "new revision"
    UNCHANGED = "unchanged"
    """A lesion has this outline already."""
    OFFERED = "offered as revision"
    """It overlaps a lesion, and is imported where the order says that such outlines are revisions."""
    ANATOMY = "bone or organ"
    """Not imported: it is no finding."""
    LEFT_OUT = "not chosen"
    EMPTY = "no voxels"
    REFUSED = "refused"


DONE = frozenset({Verdict.NEW, Verdict.REVISION, Verdict.UNCHANGED})
"""Verdicts after which the store has the outline."""

MADE = frozenset({Verdict.NEW, Verdict.REVISION})
"""Verdicts that make a revision."""

OPEN = frozenset({Verdict.OFFERED, Verdict.REFUSED})
"""Verdicts after which a person has to do something."""


@dataclass(frozen=True, slots=True)
class Order:
    """How outlines are to be imported.

    Parameters
    ----------
    dry_run
        Only say what would happen: nothing is stored or written.
    as_revision
        Whether an outline that overlaps a lesion by half or more is a new revision of that lesion.
    reader
        Who drew the outlines of files that name no author.
    series_uid, stack_number
        The stack on which the files were drawn, as series.csv or lesions.csv names it; None: as the files say.
    segments
        Names of the outlines to import, also if they are those of bones or organs; empty: all but bones and organs.
    """

    dry_run: bool = False
    as_revision: bool = False
    reader: str | None = None
    series_uid: str | None = None
    stack_number: int | None = None
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedOutline:
    """What became of an outline, or of a file that could not be read.

    Parameters
    ----------
    file
        The file.
    verdict
        What became of it; of a dry run what would become of it.
    text
        The name of the outline in its file; empty for a whole file.
    facts
        The stack; None if none was found.
    voxel_count
        Voxels of the outline.
    lesion
        The lesion that it is, or that it overlaps; of a dry run as it is before. None for a lesion yet to be made.
    overlap
        Intersection over union with that lesion, in voxels; None if it was not compared.
    message
        Why, where the verdict does not say it.
    """

    file: Path
    verdict: Verdict
    text: str = ""
    facts: StackFacts | None = None
    voxel_count: int = 0
    lesion: Lesion | None = None
    overlap: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of all outlines, and what a person must know about the files, in sentences."""

    outlines: tuple[ImportedOutline, ...]
    remarks: tuple[str, ...] = ()
    dry_run: bool = False

    def count(self, *verdicts: Verdict) -> int:
        """Count the outlines with some verdicts."""
        return sum(one.verdict in verdicts for one in self.outlines)
