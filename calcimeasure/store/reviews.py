"""Edits of readers: an edit is appended as a whole, or refused if another person changed a lesion first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from calcimeasure.errors import ConflictError
from calcimeasure.store.revisions import append_revisions, newest_and_numbers
from calcimeasure.store.stacks import lock_stack
from calcimeasure.store.used_settings import note_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from calcimeasure.model import Revision
    from calcimeasure.settings import Settings
    from calcimeasure.store.readings import ReadingRows


def append_edit(
    connection: Connection, stack_id: int, revisions: Sequence[Revision], settings: Settings, reading: ReadingRows
) -> None:
    """Append all revisions of an edit to a reading.

    Raises
    ------
    ConflictError
        Another person changed one of the lesions after it was read, or used its number for another lesion.
    """
    lock_stack(connection, stack_id)
    newest, numbers = newest_and_numbers(connection, stack_id, reading)
    given = {number: uid for uid, number in numbers.items()}
    for one in revisions:
        uid = one.lesion.tracking_uid
        if newest.get(uid) != one.base_number or given.get(one.lesion.number, uid) != uid:
            raise _conflict(connection, stack_id, one, reading)
    note_settings(connection, settings)
    append_revisions(connection, stack_id, None, revisions, reading)


def _conflict(connection: Connection, stack_id: int, revision: Revision, reading: ReadingRows) -> ConflictError:
    """Make the error that names the other person."""
    table, lesion = reading.revisions, revision.lesion
    same = (table.c.tracking_uid == lesion.tracking_uid) | (table.c.lesion_number == lesion.number)
    newer = connection.execute(
        select(table.c.made_by, table.c.made_at, table.c.why)
        .where(table.c.stack_id == stack_id, same)
        .order_by(table.c.revision_id.desc())
        .limit(1)
    ).one_or_none()
    who = (
        f" by {newer.made_by or 'a run of measure'} at {newer.made_at:%Y-%m-%d %H:%M:%S} UTC ({newer.why})"
        if newer
        else ""
    )
    return ConflictError(
        f"Lesion {lesion.number} was changed{who} since it was read; nothing of this edit was kept. "
        "Read the lesion again, and repeat the edit where it is still wanted."
    )
