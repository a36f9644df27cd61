"""Revisions of lesions: appended, and read as current lesions or as complete histories."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from calcimeasure.store import records
from calcimeasure.store.insert import insert_new, insert_rows
from calcimeasure.store.readings import CLINICAL, ReadingRows
from calcimeasure.store.schema import lesion_revisions, outlines, reading_revisions, seen_stacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from calcimeasure.model import Lesion, Outline, Revision


def append_revisions(
    connection: Connection,
    stack_id: int,
    run_id: int | None,
    revisions: Sequence[Revision],
    reading: ReadingRows = CLINICAL,
) -> None:
    """Append revisions of lesions of a stack, with their outlines; run_id is None if a reader made them."""
    _insert_outlines(connection, [revision.lesion.outline for revision in revisions])
    new = [records.revision_row(revision, stack_id, run_id) | reading.columns for revision in revisions]
    insert_rows(connection, reading.table, new)


def _insert_outlines(connection: Connection, of_revisions: Sequence[Outline]) -> None:
    rows = {row["outline_hash"]: row for row in map(records.outline_row, of_revisions)}
    # SQLite's table refuses an outline that it has, so that none is replaced.
    known = connection.execute(select(outlines.c.outline_hash).where(outlines.c.outline_hash.in_(rows))).scalars().all()
    # Always in the same order: two transactions that insert the same outlines then never block each other.
    insert_new(connection, outlines, [rows[name] for name in sorted(rows.keys() - set(known))])


def is_reviewed(connection: Connection, stack_id: int) -> bool:
    """Tell whether a reader ever decided about a lesion of a stack in the clinical reading."""
    by_reader = select(lesion_revisions.c.revision_id).where(
        lesion_revisions.c.stack_id == stack_id, lesion_revisions.c.made_by.is_not(None)
    )
    return connection.execute(by_reader.limit(1)).first() is not None


def is_read(connection: Connection, stack_id: int) -> bool:
    """Tell whether the stack was read in any reading: then the stack stays.

    A reader decided about a lesion or, in another reading than the clinical one, looked through the stack: without
    lesions this is the whole decision.
    """
    return is_reviewed(connection, stack_id) or _is_read_elsewhere(connection, stack_id)


def _is_read_elsewhere(connection: Connection, stack_id: int) -> bool:
    table, seen = reading_revisions, seen_stacks
    by_reader = select(table.c.revision_id).where(table.c.stack_id == stack_id, table.c.made_by.is_not(None))
    newest = (
        select(func.max(seen.c.look_id))
        .where(seen.c.stack_id == stack_id, seen.c.reading_id.is_not(None))
        .group_by(seen.c.reading_id, seen.c.reader)
    )
    holds = select(seen.c.look_id).where(seen.c.look_id.in_(newest), ~seen.c.is_withdrawn)
    return any(connection.execute(one.limit(1)).first() is not None for one in (by_reader, holds))


def newest_and_numbers(
    connection: Connection, stack_id: int, reading: ReadingRows = CLINICAL
) -> tuple[dict[str, int], dict[str, int]]:
    """Give the newest revision and the number of every lesion that a stack ever had, by Tracking UID."""
    table = reading.revisions
    every = (
        select(table.c.tracking_uid, table.c.lesion_number, func.max(table.c.revision_number))
        .where(table.c.stack_id == stack_id)
        .group_by(table.c.tracking_uid, table.c.lesion_number)
    )
    rows = connection.execute(every).all()
    return {uid: newest for uid, _, newest in rows}, {uid: number for uid, number, _ in rows}


def find_lesion(
    connection: Connection, tracking_uid: str, reading: ReadingRows = CLINICAL
) -> tuple[int, Lesion] | None:
    """Find a current lesion by its Tracking UID; return the number of its stack too."""
    current = reading.current
    chosen = _with_outline(current).where(current.c.tracking_uid == tracking_uid)
    row = connection.execute(chosen).mappings().first()
    return None if row is None else (int(row["stack_id"]), records.lesion_of(row))


def every_tracking_uid(connection: Connection, reading: ReadingRows = CLINICAL) -> list[str]:
    """List the Tracking UID of every lesion that ever was, in their order."""
    table = reading.revisions
    named = select(table.c.tracking_uid).distinct().order_by(table.c.tracking_uid)
    return list(connection.execute(named).scalars())


def lesions_of(
    connection: Connection, stack_ids: Sequence[int], reading: ReadingRows = CLINICAL
) -> dict[int, list[Lesion]]:
    """Read the current lesions of some stacks, in the order of their numbers."""
    current = reading.current
    return lesions_among(connection, select(current).where(current.c.stack_id.in_(stack_ids)))


def lesions_among(connection: Connection, chosen: Select[Any]) -> dict[int, list[Lesion]]:
    """Read the lesions of chosen rows of revisions by stack, in the order of their numbers."""
    some = chosen.subquery("chosen")
    rows = _rows(connection, _with_outline(some).order_by(some.c.stack_id, some.c.lesion_number))
    return {
        stack_id: [records.lesion_of(row) for row in group] for stack_id, group in groupby(rows, itemgetter("stack_id"))
    }


def histories_of(
    connection: Connection, stack_ids: Sequence[int], reading: ReadingRows = CLINICAL
) -> dict[int, dict[str, list[Revision]]]:
    """Read all revisions of some stacks, oldest first, by Tracking UID, lesions in the order of their numbers."""
    table = reading.revisions
    chosen = _with_outline(table).where(table.c.stack_id.in_(stack_ids))
    chosen = chosen.order_by(table.c.stack_id, table.c.lesion_number, table.c.revision_number)
    rows = _rows(connection, chosen)
    return {
        stack_id: {
            uid: [records.revision_of(row) for row in history]
            for uid, history in groupby(of_stack, itemgetter("tracking_uid"))
        }
        for stack_id, of_stack in groupby(rows, itemgetter("stack_id"))
    }


def _rows(connection: Connection, chosen: Select[Any]) -> list[dict[str, Any]]:
    """Read rows as plain dictionaries: looking up their hundred columns is faster than in rows of SQLAlchemy."""
    result = connection.execute(chosen)
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def _with_outline(table: Any) -> Select[Any]:  # noqa: ANN401 - a table or a view
    box = [column for column in outlines.columns if column.name != "outline_hash"]
    return select(table, *box).join(outlines, outlines.c.outline_hash == table.c.outline_hash)
