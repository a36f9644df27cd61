"""How a reading begins: with the proposals of the program, as they were before any reader decided about a stack.

The proposals become rows of the reading. So nothing that happens in another reading, and no later run, changes what the
reading shows. A run keeps decisions of the clinical reading, and cuts its proposals where a reader drew; therefore only
what the program had stored before the first of these decisions is shown.

Where the images were replaced after such a decision, those proposals are of images that are no longer there. There the
reading begins with what the program stored on the present images, until a reader decided again; without the lesions
that the run took over from a reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select, true

from calcimeasure.model import State
from calcimeasure.store import records
from calcimeasure.store.begun import are_same_images, begun_stacks
from calcimeasure.store.chain import touch
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.readings import CLINICAL
from calcimeasure.store.remarks import note_remark
from calcimeasure.store.revisions import append_revisions, histories_of, lesions_among, newest_and_numbers
from calcimeasure.store.schema import (
    current_stacks,
    lesion_revisions,
    outcomes,
    reading_revisions,
    reading_stacks,
)
from calcimeasure.store.stacks import lock_stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

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
    begun = begun_stacks(connection, reading) or set()
    measured = select(current_stacks.c.stack_id).where(current_stacks.c.state == State.MEASURED)
    wanted = [one for one in connection.execute(measured).scalars() if one not in begun]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        begins = {} if reading.is_blank else _begins(connection, some)
        _note_begun(connection, reading.reading_id, some, begins)
        for proposed in _proposed_in(begins):
            _copy_proposals(connection, reading.reading_id, proposed)
    return wanted


def begin_stack_with(
    connection: Connection,
    reading: ReadingRows,
    stack_id: int,
    revisions: Sequence[Revision],
    remarks: Sequence[Remark],
) -> None:
    """Begin a reading in a stack with other lesions than the proposals of the program, and with notes about them.

    In a stack in which it has begun, they are appended. Where another program appended others in the meantime, nothing
    is.
    """
    if reading.reading_id is None:
        raise ValueError("A reading that begins expected, found the clinical one: it begins with each run.")
    lock_stack(connection, stack_id)
    newest, numbers = newest_and_numbers(connection, stack_id, reading)
    given = {number: uid for uid, number in numbers.items()}
    for lesion, base_number in ((one.lesion, one.base_number) for one in revisions):
        uid = lesion.tracking_uid
        if newest.get(uid) != base_number or given.get(lesion.number, uid) != uid:
            return
    if stack_id not in (begun_stacks(connection, reading) or ()):
        _note_begun(connection, reading.reading_id, [stack_id], {})
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
        every = [lesions_among(connection, one) for one in _proposed_in(_begins(connection, stack_ids))]
        return {stack_id: lesions for of_some in every for stack_id, lesions in of_some.items()}
    return {
        stack_id: [history[0].lesion for history in of_stack.values() if history[0].reader is None]
        for stack_id, of_stack in histories_of(connection, stack_ids, reading).items()
    }


def _first_decisions() -> Select[Any]:
    """Select the first row of a reader in each stack, in the clinical reading."""
    table = lesion_revisions
    return (
        select(table.c.stack_id, func.min(table.c.revision_id).label("revision_id"))
        .where(table.c.made_by.is_not(None))
        .group_by(table.c.stack_id)
    )


@dataclass(frozen=True, slots=True)
class _Begin:
    """The outcome with which a reading begins in a stack; and the run since which its proposals count, None: any."""

    outcome_id: int
    since_run_id: int | None = None


def _begins(connection: Connection, stack_ids: Sequence[int]) -> dict[int, _Begin]:
    """Choose for each stack the outcome to which its proposals belong: the newest one before a reader decided.

    If it is one of other images than the present ones, it is the newest outcome of all.
    """
    table, first = lesion_revisions, _first_decisions().subquery("first_decisions")
    decided = connection.execute(
        select(table.c.stack_id, table.c.made_at).join(first, first.c.revision_id == table.c.revision_id)
    )
    decided_at = {row.stack_id: row.made_at for row in decided}
    measured = _measured(connection, stack_ids)
    return {stack_id: _begin(rows, decided_at.get(stack_id)) for stack_id, rows in measured.items()}


def _begin(measured: Sequence[Row[Any]], decided_at: datetime | None) -> _Begin:
    before = [row for row in measured if decided_at is None or row.made_at <= decided_at]
    then, now = (before or measured[:1])[-1], measured[-1]
    if are_same_images(then, now):
        return _Begin(then.outcome_id)
    on_present = list(takewhile(lambda row: are_same_images(row, now), reversed(measured)))
    return _Begin(now.outcome_id, on_present[-1].run_id)


def _measured(connection: Connection, stack_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Read the outcomes of stacks that were measured, oldest first."""
    names = ("stack_id", "outcome_id", "run_id", "made_at", "content_hash", "pixel_hash")
    every = select(*(outcomes.c[name] for name in names)).where(
        outcomes.c.stack_id.in_(stack_ids), outcomes.c.state == State.MEASURED
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(every.order_by(outcomes.c.outcome_id)):
        found.setdefault(row.stack_id, []).append(row)
    return found


def _proposed_in(begins: Mapping[int, _Begin]) -> list[Select[Any]]:
    """Select the proposals with which a reading begins in some stacks."""
    any_run = [stack_id for stack_id, one in begins.items() if one.since_run_id is None]
    since = {stack_id: one.since_run_id for stack_id, one in begins.items() if one.since_run_id is not None}
    return [
        *([_proposed(any_run)] if any_run else []),
        *(_proposed_since(stack_id, run_id) for stack_id, run_id in since.items()),
    ]


def _proposed(stack_ids: Sequence[int]) -> Select[Any]:
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
    return select(table).where(table.c.revision_id.in_(newest), ~table.c.is_withdrawn)


def _proposed_since(stack_id: int, run_id: int) -> Select[Any]:
    """Select the newest row of each lesion from a run on, before the first row of a reader after it.

    What the run took over from a reader is left out: no reading shows what another one decided.
    """
    table = lesion_revisions
    of_runs = (table.c.stack_id == stack_id) & (table.c.run_id >= run_id)
    begun = select(func.min(table.c.revision_id)).where(of_runs).scalar_subquery()
    decided = table.alias("decided")
    first = select(func.min(decided.c.revision_id)).where(
        decided.c.stack_id == stack_id, decided.c.made_by.is_not(None), decided.c.revision_id > begun
    )
    before = func.coalesce(table.c.revision_id < first.scalar_subquery(), true())
    newest = select(func.max(table.c.revision_id)).where(of_runs, before).group_by(table.c.tracking_uid)
    return select(table).where(table.c.revision_id.in_(newest), ~table.c.is_withdrawn, table.c.reader.is_(None))


def _note_begun(
    connection: Connection, reading_id: int, stack_ids: Sequence[int], begins: Mapping[int, _Begin]
) -> None:
    """Note that a reading has begun in stacks: with the outcome of its proposals, else with the newest one."""
    now = records.utc_now()
    others = _measured(connection, [one for one in stack_ids if one not in begins])
    outcome_ids = {stack_id: rows[-1].outcome_id for stack_id, rows in others.items()}
    outcome_ids |= {stack_id: one.outcome_id for stack_id, one in begins.items()}
    rows = [
        {"reading_id": reading_id, "stack_id": one, "outcome_id": outcome_ids[one], "begun_at": now}
        for one in stack_ids
    ]
    insert_rows(connection, reading_stacks, rows)


def _copy_proposals(connection: Connection, reading_id: int, proposed: Select[Any]) -> None:
    """Copy proposals into a reading, each as the first revision of its lesion there."""
    instead = {"revision_number": literal(1), "base_revision_number": literal(None), "reading_id": literal(reading_id)}
    names = [column.name for column in reading_revisions.columns if column.name != "revision_id"]
    values: list[Any] = [instead[name] if name in instead else lesion_revisions.c[name] for name in names]
    chosen = proposed.with_only_columns(*values)
    copied = insert(reading_revisions).from_select(names, chosen).returning(reading_revisions.c.revision_id)
    touch(connection, reading_revisions.name, list(connection.execute(copied).scalars()))
