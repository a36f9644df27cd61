"""DICOM objects (SEG, SR) that were written about a stack, which of them replaces which, and which archive has them.

Objects of one line (`ObjectLine`) follow each other: their instance numbers rise, and each names the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from calcimeasure.errors import ConflictError
from calcimeasure.store import records
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import dicom_objects, sent_objects
from calcimeasure.store.stacks import lock_stack
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


class ObjectKind(StrEnum):
    """What a DICOM object is."""

    SEG = "seg"
    SR = "sr"


@dataclass(frozen=True, slots=True)
class ObjectLine:
    """Objects of which a later one replaces the earlier ones.

    Parameters
    ----------
    stack_id
        The number of the stack that they are about.
    kind
        SEG or SR.
    part
        Which lesions of the stack they hold, as a word that the writer chooses; empty: all.
    key_fingerprint
        The key of their UIDs and pseudonyms; empty: they are identified.
    """

    stack_id: int
    kind: ObjectKind
    part: str
    key_fingerprint: str


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """A DICOM object that was written.

    Parameters
    ----------
    line
        The objects that it follows.
    study_uid, series_uid, sop_instance_uid
        Its UIDs as they stand in it.
    instance_number
        Its number in its line, from 1.
    content_hash
        Hash of the state of the lesions that it holds: the same state needs no new object.
    is_preliminary
        Whether no reader has accepted what it holds.
    predecessor_uid
        SOP Instance UID of the object that it replaces; None: of none.
    segmentation_uid
        SOP Instance UID of the SEG that an SR refers to.
    written_at
        When it was written (UTC).
    """

    line: ObjectLine
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    instance_number: int
    content_hash: str
    is_preliminary: bool
    predecessor_uid: str | None
    segmentation_uid: str | None
    written_at: datetime


def note_object(connection: Connection, written: WrittenObject) -> None:
    """Record an object that was written; one that is recorded already is not recorded again.

    Raises
    ------
    ConflictError
        Another export has written an object with its instance number in the meantime.
    """
    lock_stack(connection, written.line.stack_id)
    line = objects_of(connection, written.line)
    if any(one.sop_instance_uid == written.sop_instance_uid for one in line):
        return
    expected = 1 + max((one.instance_number for one in line), default=0)
    if written.instance_number != expected:
        raise ConflictError(
            f"Another export has written {written.line.kind.value.upper()} of stack {written.line.stack_id} in the "
            f"meantime: instance number {expected} is the next one, and {written.instance_number} was to be recorded. "
            "Export again."
        )
    insert_rows(connection, dicom_objects, [_row(written)])


def objects_of(connection: Connection, line: ObjectLine) -> list[WrittenObject]:
    """Give the objects of a line, the oldest first."""
    table = dicom_objects
    same = (
        (table.c.stack_id == line.stack_id)
        & (table.c.kind == line.kind.value)
        & (table.c.part == line.part)
        & (table.c.key_fingerprint == line.key_fingerprint)
    )
    every = select(table).where(same).order_by(table.c.instance_number)
    return [_written(row) for row in connection.execute(every).mappings()]


def every_object(connection: Connection) -> list[WrittenObject]:
    """Give every object that was written, the oldest first."""
    every = select(dicom_objects).order_by(dicom_objects.c.object_id)
    return [_written(row) for row in connection.execute(every).mappings()]


def note_sent(connection: Connection, sop_instance_uid: str, archive: str) -> None:
    """Record that an archive has taken an object; only the first time is recorded."""
    known = select(sent_objects.c.sending_id).filter_by(sop_instance_uid=sop_instance_uid, archive=archive)
    if connection.execute(known).first() is None:
        row = {"sop_instance_uid": sop_instance_uid, "archive": archive, "sent_at": records.utc_now()}
        insert_rows(connection, sent_objects, [row])


def sent_to(connection: Connection, archive: str) -> list[str]:
    """Give the SOP Instance UID of each object that an archive has taken, in the order in which it took them."""
    taken = select(sent_objects.c.sop_instance_uid).where(sent_objects.c.archive == archive)
    return list(connection.execute(taken.order_by(sent_objects.c.sending_id)).scalars())


def _row(written: WrittenObject) -> dict[str, Any]:
    return {
        "stack_id": written.line.stack_id,
        "kind": written.line.kind.value,
        "part": written.line.part,
        "key_fingerprint": written.line.key_fingerprint,
        "study_uid": written.study_uid,
        "series_uid": written.series_uid,
        "sop_instance_uid": written.sop_instance_uid,
        "instance_number": written.instance_number,
        "content_hash": written.content_hash,
        "is_preliminary": written.is_preliminary,
        "predecessor_uid": written.predecessor_uid,
        "segmentation_uid": written.segmentation_uid,
        "written_at": records.naive_utc(written.written_at),
        "software_version": software_version(),
    }


def _written(row: Mapping[Any, Any]) -> WrittenObject:
    return WrittenObject(
        line=ObjectLine(row["stack_id"], ObjectKind(row["kind"]), row["part"], row["key_fingerprint"]),
        study_uid=row["study_uid"],
        series_uid=row["series_uid"],
        sop_instance_uid=row["sop_instance_uid"],
        instance_number=row["instance_number"],
        content_hash=row["content_hash"],
        is_preliminary=row["is_preliminary"],
        predecessor_uid=row["predecessor_uid"],
        segmentation_uid=row["segmentation_uid"],
        written_at=records.aware_utc(row["written_at"]),
    )
