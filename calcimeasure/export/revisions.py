"""revisions.csv: a row for every revision of every lesion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.export.columns import Column, open_table
from calcimeasure.export.lesions import LESION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, Links, Revision, StackFacts


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A revision of a lesion, with the stack in which the lesion was found."""

    stack: StackFacts
    revision: Revision
    links: Links | None = None

    @property
    def lesion(self) -> Lesion:
        """The lesion at that revision."""
        return self.revision.lesion


REVISION_COLUMNS: tuple[Column[RevisionRow], ...] = (
    Column("revision_number", "integer", "From 1 for each lesion.", lambda row: row.revision.number, required=True),
    Column(
        "base_revision_number",
        "integer",
        "The revision that it was made from; empty for the first.",
        lambda row: row.revision.base_number,
    ),
    Column(
        "made_at",
        "datetime",
        "When it was made: the day, shifted as study_date is; with --identified the time, UTC.",
        named=lambda naming, row: naming.moment(row.stack, row.revision.made_at),
    ),
    Column("made_by", "string", "Reader who made it; empty for the program.", lambda row: row.revision.reader),
    Column("why", "string", "What was done.", lambda row: row.revision.why, required=True),
    Column(
        "edit",
        "string",
        "The same for all revisions of one edit, or what replaces it.",
        named=lambda naming, row: naming.uid(row.revision.edit_uid),
    ),
    Column(
        "withdrawn",
        "boolean",
        "Whether the lesion is not there from this revision on (merged, taken back, not found again).",
        lambda row: row.revision.withdrawn,
        required=True,
    ),
    *LESION_COLUMNS,  # type: ignore[arg-type] # they read stack, lesion and links, which both rows have
)
"""Columns of revisions.csv."""


def write_revisions(
    revisions: Iterable[tuple[StackFacts, Revision]],
    path: Path,
    *,
    naming: Naming | None,
    audit: Audit | None = None,
) -> None:
    """Write every revision of every lesion, for audit and for comparing readers.

    Parameters
    ----------
    revisions
        Each revision with its stack; their order is kept.
    path
        The file; it is written atomically.
    naming
        How patients, dates and UIDs are named; None leaves these columns empty.
    audit
        Called before the file gets its name.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with open_table(REVISION_COLUMNS, path, naming, audit) as write:
        for stack, revision in revisions:
            write(RevisionRow(stack, revision))
