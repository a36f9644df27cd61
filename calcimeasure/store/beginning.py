"""How a reading begins: with the proposals of the program, as they were before any reader decided about a stack.

The proposals become rows of the reading. So nothing that happens in another reading, and no later run, changes what the
reading shows. A run keeps decisions of the clinical reading, and cuts its proposals where a reader drew; therefore only
what the program had stored before the first of these decisions is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, literal, select

from calcimeasure.model import State
from calcimeasure.store import records
from calcimeasure.store.chain import touch
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.readings import CLINICAL
from calcimeasure.store.remarks import note_remark
from calcimeasure.store.revisions import append_revisions, histories_of, lesions_among
from calcimeasure.store.schema import (
    current_stacks,
    lesion_revisions,
    outcomes,
    reading_revisions,
    reading_stacks,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Select

    from calcimeasure.model import Lesion, Revision
    from calcimeasure.store.readings import ReadingRows
    from calcimeasure.store.remarks import Remark

_AT_ONCE = 200


def begin_stacks(connection: Connection, reading: ReadingRows) -> list[int]:
    """Begin a reading in each measured stack in which it has not begun; give these stacks.

    The clinical reading begins with each run, and never here.
    """
    if reading.reading_id is None:
        return []
    begun = select(reading_stacks.c.stack_id).where(reading_stacks.c.reading_id == reading.reading_id)
    new = select(current_stacks.c.stack_id).where(
        current_stacks.c.state == State.MEASURED, current_stacks.c.stack_id.not_in(begun)
    )
    wanted = list(connection.execute(new).scalars())
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        _note_begun(connection, reading.reading_id, some)
        if not reading.is_blank:
            _copy_proposals(connection, reading.reading_id, some)
    return wanted


def begun_stacks(connection: Connection, reading: ReadingRows) -> set[int] | None:
    """Give the stacks in which a reading has begun; None for the clinical one, which has begun in all."""
    if reading.reading_id is None:
        return None
    begun = select(reading_stacks.c.stack_id).where(reading_stacks.c.reading_id == reading.reading_id)
    return {int(one) for one in connection.execute(begun).scalars()}


def begin_stack_with(
    connection: Connection,
    reading: ReadingRows,
    stack_id: int,
    revisions: Sequence[Revision],
    remarks: Sequence[Remark],
) -> None:
    """Begin a reading in a stack with other lesions than the proposals of the program, and with notes about them."""
    if reading.reading_id is None:
        raise ValueError("A reading that begins expected, found the clinical one: it begins with each run.")
    _note_begun(connection, reading.reading_id, [stack_id])
    append_revisions(connection, stack_id, None, revisions, reading)
    for remark in remarks:
        note_remark(connection, stack_id, remark, reading)


def proposals_of(
    connection: Connection, stack_ids: Sequence[int], reading: ReadingRows = CLINICAL
) -> dict[int, list[Lesion]]:
    """Give what the program had proposed in some stacks before any reader of a reading decided there.

    A reading that began blank has no proposals.
    """
    if reading.reading_id is None:
        return lesions_among(connection, _proposed(stack_ids, *lesion_revisions.columns))
    return {
        stack_id: [history[0].lesion for history in of_stack.values() if history[0].reader is None]
        for stack_id, of_stack in histories_of(connection, stack_ids, reading).items()
    }


def is_on_present_images(connection: Connection, reading: ReadingRows, stack_id: int) -> bool:
    """Tell whether the present images of a stack are those on which a reading began; True if it has not begun."""
    if reading.reading_id is None:
        return True
    of_reading = and_(reading_stacks.c.reading_id == reading.reading_id, reading_stacks.c.stack_id == stack_id)
    columns = ("content_hash", "pixel_hash")
    then = connection.execute(
        select(*(outcomes.c[name] for name in columns)).join(reading_stacks).where(of_reading)
    ).first()
    now = connection.execute(
        select(*(current_stacks.c[name] for name in columns)).where(current_stacks.c.stack_id == stack_id)
    ).first()
    if then is None or now is None:
        return True
    # Stores of schema 3 did not know the pixels.
    return all(one is None or other is None or one == other for one, other in zip(then, now, strict=True))


def _first_decisions() -> Select[Any]:
    """Select the first row of a reader in each stack, in the clinical reading."""
    table = lesion_revisions
    return (
        select(table.c.stack_id, func.min(table.c.revision_id).label("revision_id"))
        .where(table.c.made_by.is_not(None))
        .group_by(table.c.stack_id)
    )


def _proposed(stack_ids: Sequence[int], *columns: Any) -> Select[Any]:  # noqa: ANN401 - columns of a table
    """Select the newest row of each lesion before the first row of a reader, unless it withdraws the lesion."""
    table = lesion_revisions
    first = _first_decisions().subquery("first_decisions")
    before = first.c.revision_id.is_(None) | (table.c.revision_id < first.c.revision_id)
    newest = (
        select(func.max(table.c.revision_id))
        .join(first, first.c.stack_id == table.c.stack_id, isouter=True)
        .where(table.c.stack_id.in_(stack_ids), before)
        .group_by(table.c.stack_id, table.c.tracking_uid)
    )
    return select(*columns).where(table.c.revision_id.in_(newest), ~table.c.is_withdrawn)


def _note_begun(connection: Connection, reading_id: int, stack_ids: Sequence[int]) -> None:
    now = records.utc_now()
    outcome_ids = _outcomes_then(connection, stack_ids)
    rows = [
        {"reading_id": reading_id, "stack_id": stack_id, "outcome_id": outcome_ids[stack_id], "begun_at": now}
        for stack_id in stack_ids
    ]
    insert_rows(connection, reading_stacks, rows)


def _outcomes_then(connection: Connection, stack_ids: Sequence[int]) -> Mapping[int, int]:
    """Give the outcome of each stack to which its proposals belong: the newest one before a reader decided."""
    table, first = lesion_revisions, _first_decisions().subquery("first_decisions")
    decided = connection.execute(
        select(table.c.stack_id, table.c.made_at).join(first, first.c.revision_id == table.c.revision_id)
    )
    decided_at = {row.stack_id: row.made_at for row in decided}
    every = select(outcomes.c.stack_id, outcomes.c.outcome_id, outcomes.c.made_at).where(
        outcomes.c.stack_id.in_(stack_ids), outcomes.c.state == State.MEASURED
    )
    found: dict[int, int] = {}
    for row in connection.execute(every.order_by(outcomes.c.outcome_id)):
        until = decided_at.get(row.stack_id)
        if until is None or row.made_at <= until or row.stack_id not in found:
            found[row.stack_id] = row.outcome_id
    return found


def _copy_proposals(connection: Connection, reading_id: int, stack_ids: Sequence[int]) -> None:
    """Copy the proposals of some stacks into a reading, each as the first revision of its lesion there."""
    instead = {"revision_number": literal(1), "base_revision_number": literal(None), "reading_id": literal(reading_id)}
    names = [column.name for column in reading_revisions.columns if column.name != "revision_id"]
    values = [instead[name] if name in instead else lesion_revisions.c[name] for name in names]
    proposed = _proposed(stack_ids, *values)
    copied = insert(reading_revisions).from_select(names, proposed).returning(reading_revisions.c.revision_id)
    touch(connection, reading_revisions.name, list(connection.execute(copied).scalars()))
