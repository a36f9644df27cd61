"""Readings of the stacks, each independent of the others, and where the rows of each are.

The clinical reading has the rows of `lesion_revisions`, every other reading has rows of its own. A query gets them from
`ReadingRows` only, so that it cannot mix the rows of two readings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from calcimeasure.errors import StoreError
from calcimeasure.store import records
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import (
    current_lesions,
    current_reading_lesions,
    lesion_revisions,
    reading_revisions,
    readings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

CLINICAL_READING: Final = "clinical"
"""The name of the reading whose decisions feed the tables of a folder, unless another one is named."""

_NAME: Final = re.compile(r"\w(?:[\w .+-]{0,38}\w)?")


class ReadingKind(StrEnum):
    """What a reading is for."""

    CLINICAL = "clinical"
    STUDY = "study"
    CONSENSUS = "consensus"


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading.

    Parameters
    ----------
    name
        Its name; each name is given once in a store.
    kind
        Clinical: there is one, all readers share it. Study: of one reader. Consensus: it begins with two others.
    reader
        The person who reads; None where it is not one person.
    is_blinded
        Whether it shows nothing of other readings, but the proposals of the program.
    is_blank
        Whether it began without proposals.
    bases
        The names of the two readings with which a consensus begins.
    begun_at
        When (UTC); None for the clinical reading.
    """

    name: str
    kind: ReadingKind
    reader: str | None = None
    is_blinded: bool = False
    is_blank: bool = False
    bases: tuple[str, ...] = ()
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadingRows:
    """Where the rows of a reading are.

    Parameters
    ----------
    reading_id
        The number of the reading in the store; None for the clinical one.
    is_blank
        Whether it began without proposals.
    """

    reading_id: int | None = None
    is_blank: bool = False

    @property
    def table(self) -> Table:
        """The table to which revisions are appended."""
        return lesion_revisions if self.reading_id is None else reading_revisions

    @property
    def columns(self) -> dict[str, int]:
        """What names the reading in each row of its table."""
        return {} if self.reading_id is None else {"reading_id": self.reading_id}

    @property
    def revisions(self) -> Any:  # noqa: ANN401 - a table or a part of one
        """Every revision of the reading, with the columns of `lesion_revisions`."""
        return lesion_revisions if self.reading_id is None else _part(reading_revisions, self.reading_id)

    @property
    def current(self) -> Any:  # noqa: ANN401 - a view or a part of one
        """The current lesions of the reading, with the columns of `current_lesions`."""
        return current_lesions if self.reading_id is None else _part(current_reading_lesions, self.reading_id)

    def is_own(self, table: Table) -> ColumnElement[bool]:
        """Give the condition that a row of a table that all readings share is of this reading."""
        column = table.c.reading_id
        return column.is_(None) if self.reading_id is None else column == self.reading_id


CLINICAL: Final = ReadingRows()


@cache
def _part(table: Table, reading_id: int) -> Any:  # noqa: ANN401 - a part of a table
    return select(table).where(table.c.reading_id == reading_id).subquery(f"of_reading_{reading_id}")


def is_reading_name(name: str) -> bool:
    """Tell whether a reading can have a name: it is the name of a folder, too, and stands in tables."""
    return _NAME.fullmatch(name) is not None


def every_reading(connection: Connection) -> list[Reading]:
    """Give every reading, the clinical one first, then in the order in which they began."""
    rows = connection.execute(select(readings).order_by(readings.c.reading_id)).mappings().all()
    names = {row["reading_id"]: row["name"] for row in rows}
    return [_reading(row, names) for row in rows]


def rows_of_reading(connection: Connection, name: str) -> ReadingRows | None:
    """Find the rows of a reading by its name; None if there is none of this name, or if no reading can have it."""
    if not is_reading_name(name):
        return None
    columns = (readings.c.reading_id, readings.c.kind, readings.c.is_blank)
    row = connection.execute(select(*columns).where(readings.c.name == name)).first()
    if row is None:
        return None
    return CLINICAL if row.kind == ReadingKind.CLINICAL else ReadingRows(int(row.reading_id), row.is_blank)


def note_reading(connection: Connection, reading: Reading) -> None:
    """Append a reading; its bases are in the store.

    Raises
    ------
    StoreError
        There is one whose name differs at most by capital letters: a reading is a folder, too.
    """
    ids = {row.name: row.reading_id for row in connection.execute(select(readings.c.name, readings.c.reading_id))}
    alike = [name for name in ids if name.casefold() == reading.name.casefold()]
    if alike:
        raise StoreError(f"The name of a new reading expected, found {reading.name!r}: the store has {alike[0]!r}.")
    first, second = (ids[name] for name in reading.bases) if reading.bases else (None, None)
    row = {
        "name": reading.name,
        "kind": reading.kind.value,
        "reader": reading.reader,
        "is_blinded": reading.is_blinded,
        "is_blank": reading.is_blank,
        "first_base_id": first,
        "second_base_id": second,
        "begun_at": records.naive_utc(reading.begun_at),
    }
    insert_rows(connection, readings, [row])


def _reading(row: Mapping[Any, Any], names: Mapping[int, str]) -> Reading:
    bases = (row["first_base_id"], row["second_base_id"])
    return Reading(
        name=row["name"],
        kind=ReadingKind(row["kind"]),
        reader=row["reader"],
        is_blinded=row["is_blinded"],
        is_blank=row["is_blank"],
        bases=tuple(names[one] for one in bases if one is not None),
        begun_at=records.aware_utc(row["begun_at"]) if row["begun_at"] else None,
    )
