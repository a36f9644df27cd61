"""Readers who have looked through a whole stack; for a stack without lesions this is the only possible decision.

The table keeps its older name (`looks`), for plain SQL and for stores of earlier versions.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from calcimeasure.store import records
from calcimeasure.store.chain import touch
from calcimeasure.store.schema import all_stacks, current_stacks, seen_stacks

if TYPE_CHECKING:
    from sqlalchemy import Connection


def note_seen(connection: Connection, stack_id: int, reader: str, is_withdrawn: bool) -> None:
    """Store that a reader has seen the present images of a stack, or revoke this."""
    content_hash = select(all_stacks.c.content_hash).where(all_stacks.c.stack_id == stack_id).scalar_subquery()
    row = {"stack_id": stack_id, "reader": reader, "looked_at": records.utc_now(), "is_withdrawn": is_withdrawn}
    noted = insert(seen_stacks).values(**row, content_hash=content_hash).returning(seen_stacks.c.look_id)
    touch(connection, seen_stacks.name, [connection.execute(noted).scalar_one()])


def seen_by(connection: Connection) -> dict[int, tuple[str, ...]]:
    """Give for each stack the readers who, by their newest row, have seen the present images of the stack."""
    seen = seen_stacks
    same = (seen.c.stack_id == current_stacks.c.stack_id) & (seen.c.content_hash == current_stacks.c.content_hash)
    every = select(seen.c.stack_id, seen.c.reader, seen.c.is_withdrawn).join(current_stacks, same)
    newest: dict[int, dict[str, bool]] = defaultdict(dict)
    for stack_id, reader, is_withdrawn in connection.execute(every.order_by(seen.c.look_id)):
        newest[stack_id][reader] = not is_withdrawn
    named = {stack_id: sorted(reader for reader, holds in one.items() if holds) for stack_id, one in newest.items()}
    return {stack_id: tuple(readers) for stack_id, readers in named.items() if readers}
