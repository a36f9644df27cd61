"""Readers who have looked through a whole stack; for a stack without lesions this is the only possible decision.

The table keeps its older name (`looks`), for plain SQL and for stores of earlier versions.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from calcimeasure.store import records
from calcimeasure.store.chain import touch
from calcimeasure.store.schema import all_stacks, current_stacks, outcomes, seen_stacks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from calcimeasure.store.readings import ReadingRows


def note_seen(connection: Connection, stack_id: int, reader: str, is_withdrawn: bool, reading: ReadingRows) -> None:
    """Store that a reader has seen the present images of a stack, or revoke this."""
    here = all_stacks.c.stack_id == stack_id
    of_images = {
        name: select(all_stacks.c[name]).where(here).scalar_subquery() for name in ("content_hash", "pixel_hash")
    }
    row = {"stack_id": stack_id, "reader": reader, "looked_at": records.utc_now(), "is_withdrawn": is_withdrawn}
    noted = insert(seen_stacks).values(**row, **of_images, **reading.columns).returning(seen_stacks.c.look_id)
    touch(connection, seen_stacks.name, [connection.execute(noted).scalar_one()])


def seen_by(connection: Connection, reading: ReadingRows) -> dict[int, tuple[str, ...]]:
    """Give for each stack the readers who, by their newest row, have seen the present images of the stack."""
    seen = seen_stacks
    same = (seen.c.stack_id == current_stacks.c.stack_id) & (seen.c.content_hash == current_stacks.c.content_hash)
    columns = (seen.c.stack_id, seen.c.reader, seen.c.is_withdrawn, seen.c.pixel_hash, current_stacks.c.pixel_hash)
    every = select(*columns).join(current_stacks, same).where(reading.is_own(seen))
    first_known = _first_pixel_hashes(connection)
    newest: dict[int, dict[str, bool]] = defaultdict(dict)
    for stack_id, reader, is_withdrawn, of_look, present in connection.execute(every.order_by(seen.c.look_id)):
        if present is None or (of_look or first_known.get(stack_id)) == present:
            newest[stack_id][reader] = not is_withdrawn
    named = {stack_id: sorted(reader for reader, holds in one.items() if holds) for stack_id, one in newest.items()}
    return {stack_id: tuple(readers) for stack_id, readers in named.items() if readers}


def _first_pixel_hashes(connection: Connection) -> dict[int, str]:
    """Give the first hash of pixels that is known of each stack: of those are looks that have none (schema 3)."""
    known = select(func.min(outcomes.c.outcome_id)).where(outcomes.c.pixel_hash.is_not(None))
    first = select(outcomes.c.stack_id, outcomes.c.pixel_hash)
    rows = connection.execute(first.where(outcomes.c.outcome_id.in_(known.group_by(outcomes.c.stack_id))))
    return {stack_id: pixel_hash for stack_id, pixel_hash in rows}  # noqa: C416 - rows are no pairs
