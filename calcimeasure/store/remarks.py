"""Remarks of readers about a lesion: notes, and the wish that a second reader looks. They never leave by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from calcimeasure.store import records
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import remarks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from calcimeasure.store.readings import ReadingRows


class RemarkKind(StrEnum):
    """What a remark is."""

    NOTE = "note"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark of a reader about a lesion.

    Parameters
    ----------
    tracking_uid
        The lesion.
    kind
        A note, or the wish that a second reader looks.
    reader
        Who made it.
    made_at
        When (UTC).
    said
        The text of a note; empty for a mark.
    is_withdrawn
        Whether the row takes the remark back.
    """

    tracking_uid: str
    kind: RemarkKind
    reader: str
    made_at: datetime
    said: str = ""
    is_withdrawn: bool = False


def note_remark(connection: Connection, stack_id: int, remark: Remark, reading: ReadingRows) -> None:
    """Append a remark about a lesion of a stack, or its withdrawal. Nothing that was said before is changed."""
    row = {
        "stack_id": stack_id,
        "tracking_uid": remark.tracking_uid,
        "kind": remark.kind.value,
        "reader": remark.reader,
        "made_at": records.naive_utc(remark.made_at),
        "said": remark.said,
        "is_withdrawn": remark.is_withdrawn,
    }
    insert_rows(connection, remarks, [row | reading.columns])


def remarks_of(connection: Connection, stack_id: int, reading: ReadingRows) -> list[Remark]:
    """Give every remark about the lesions of a stack, also those that were taken back, oldest first."""
    own = (remarks.c.stack_id == stack_id) & reading.is_own(remarks)
    every = select(remarks).where(own).order_by(remarks.c.remark_id)
    return [_remark(row) for row in connection.execute(every).mappings()]


def current_remarks(connection: Connection, reading: ReadingRows) -> dict[int, list[Remark]]:
    """Give for each stack the remarks that hold: of each lesion, kind and reader the newest, unless it is withdrawn."""
    newest: dict[tuple[int, str, str, str], Remark] = {}
    every = select(remarks).where(reading.is_own(remarks)).order_by(remarks.c.remark_id)
    for row in connection.execute(every).mappings():
        key = (row["stack_id"], row["tracking_uid"], row["kind"], row["reader"])
        newest.pop(key, None)
        newest[key] = _remark(row)
    found: dict[int, list[Remark]] = {}
    for (stack_id, *_), remark in newest.items():
        if not remark.is_withdrawn:
            found.setdefault(stack_id, []).append(remark)
    return found


def _remark(row: Mapping[Any, Any]) -> Remark:
    return Remark(
        tracking_uid=row["tracking_uid"],
        kind=RemarkKind(row["kind"]),
        reader=row["reader"],
        made_at=records.aware_utc(row["made_at"]),
        said=row["said"],
        is_withdrawn=row["is_withdrawn"],
    )
