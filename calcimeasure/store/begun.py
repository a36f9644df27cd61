"""The stacks in which a reading has begun, and those of them of which its tables tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from calcimeasure.store.schema import current_stacks, outcomes, reading_stacks
from calcimeasure.store.seen import seen_by

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from calcimeasure.store.readings import ReadingRows


def begun_stacks(connection: Connection, reading: ReadingRows) -> set[int] | None:
    """Give the stacks in which a reading has begun; None for the clinical one, which has begun in all."""
    if reading.reading_id is None:
        return None
    begun = select(reading_stacks.c.stack_id).where(reading_stacks.c.reading_id == reading.reading_id)
    return {int(one) for one in connection.execute(begun).scalars()}


def are_same_images(one: Row[*tuple[Any, ...]], other: Row[*tuple[Any, ...]]) -> bool:
    """Tell whether two rows have the same content_hash and pixel_hash. Stores of schema 3 did not know the pixels."""
    has_other_pixels = None not in (one.pixel_hash, other.pixel_hash) and one.pixel_hash != other.pixel_hash
    return bool(one.content_hash == other.content_hash) and not has_other_pixels


def stacks_on_other_images(connection: Connection, reading: ReadingRows) -> set[int]:
    """Give the stacks whose present images are others than those on which a reading began: measured again since."""
    if reading.reading_id is None:
        return set()
    began = (reading_stacks.c.outcome_id == outcomes.c.outcome_id) & (reading_stacks.c.reading_id == reading.reading_id)
    then = select(outcomes.c.stack_id, outcomes.c.content_hash, outcomes.c.pixel_hash).join(reading_stacks, began)
    now = select(current_stacks.c.stack_id, current_stacks.c.content_hash, current_stacks.c.pixel_hash)
    present = {row.stack_id: row for row in connection.execute(now)}
    return {
        int(row.stack_id)
        for row in connection.execute(then)
        if row.stack_id in present and not are_same_images(row, present[row.stack_id])
    }


def told_stacks(connection: Connection, reading: ReadingRows) -> set[int] | None:
    """Give the stacks of which the tables of a reading tell; None for the clinical one: of all.

    Of a stack in which the reading has not begun, or began on other images, they would tell what it has not read. So
    they would of one without lesions that a reading without proposals has not looked through yet.
    """
    begun = begun_stacks(connection, reading)
    if begun is None:
        return None
    told = begun - stacks_on_other_images(connection, reading)
    if not reading.is_blank:
        return told
    with_lesions = set(connection.execute(select(reading.current.c.stack_id).distinct()).scalars())
    return told & (with_lesions | seen_by(connection, reading).keys())
