"""Identification of a stack in the store, its images, and the paths of its files."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from calcimeasure.store import records
from calcimeasure.store.chain import touch
from calcimeasure.store.insert import insert_new, insert_rows
from calcimeasure.store.schema import current_stacks, files, stacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from calcimeasure.model import Instance, Stack

_NEVER = datetime(1970, 1, 2, tzinfo=UTC)


def find_stack(connection: Connection, stack: Stack) -> int | None:
    """Give the number in the store of a stack that was found now; None if it is new."""
    study_uid, series_uid, folder = _series_key(stack)
    return connection.execute(
        select(stacks.c.stack_id).where(
            stacks.c.study_uid == study_uid,
            stacks.c.series_uid == series_uid,
            stacks.c.folder == folder,
            stacks.c.stack_number == stack.stack_number,
        )
    ).scalar_one_or_none()


def find_or_make_stack(connection: Connection, stack: Stack) -> int:
    """Give the number in the store of a stack that was found now; a new number if the stack is new."""
    study_uid, series_uid, folder = _series_key(stack)
    key = {"study_uid": study_uid, "series_uid": series_uid, "folder": folder, "stack_number": stack.stack_number}
    insert_new(connection, stacks, [{"is_gone": False, **key}])
    stack_id = int(connection.execute(select(stacks.c.stack_id).filter_by(**key)).scalar_one())
    touch(connection, "stacks", [stack_id])
    return stack_id


def note_gone(connection: Connection, stack_id: int, is_gone: bool) -> None:
    """Store whether the series of a stack no longer has it."""
    connection.execute(update(stacks).where(stacks.c.stack_id == stack_id).values(is_gone=is_gone))
    touch(connection, "stacks", [stack_id])


def lock_stack(connection: Connection, stack_id: int) -> None:
    """Lock a stack until this transaction ends (in SQLite there is only one writer anyway)."""
    connection.execute(select(stacks.c.stack_id).where(stacks.c.stack_id == stack_id).with_for_update())


def stacks_no_longer_among(connection: Connection, found: Sequence[Stack]) -> list[int]:
    """List the stored stacks that are missing from their series, although other stacks of the series were found."""
    numbers: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for stack in found:
        numbers[_series_key(stack)].add(stack.stack_number)
        for study_uid, series_uid in stack.joined_series:
            # Earlier versions measured a slice with a series UID of its own by itself: it has no stack of its own now.
            numbers.setdefault((study_uid, series_uid, ""), set())
    known = connection.execute(
        select(
            stacks.c.stack_id, stacks.c.stack_number, stacks.c.study_uid, stacks.c.series_uid, stacks.c.folder
        ).where(~stacks.c.is_gone)
    )
    # Always in the same order: two transactions that lock the same stacks then never block each other.
    return sorted(
        stack_id
        for stack_id, number, *series_key in known
        if (key := tuple(series_key)) in numbers and number not in numbers[key]
    )


def is_content(connection: Connection, stack_id: int, stack: Stack) -> bool:
    """Tell whether a stack that was found now has the images on which the stored stack was measured."""
    known = select(current_stacks.c.content_hash).where(current_stacks.c.stack_id == stack_id)
    return connection.execute(known).scalar_one_or_none() == records.content_hash(stack)


def has_files(connection: Connection, stack_id: int, stack: Stack) -> bool:
    """Tell whether the files of a stack have the path, size and time of change with which they were read last.

    Files that say to be copies of its images are not stored: they have to be read.
    """
    if any(one.copies for one in stack.instances):
        return False
    columns = (files.c.path, files.c.member, files.c.frame_number, files.c.size_bytes, files.c.modified_ns)
    known = connection.execute(select(*columns).where(files.c.stack_id == stack_id).order_by(files.c.slice_number))
    states = {path: records.state_on_disk(path) for path in {one.path for one in stack.instances}}
    present = [
        (str(one.path.absolute()), one.member, one.frame_index, *states[one.path])
        for one in stack.instances
        if None not in states[one.path]
    ]
    return [tuple(row) for row in known] == present


def note_files(connection: Connection, stack_id: int, stack: Stack, read_since: datetime | None = None) -> None:
    """Store the present paths of the images of a stack; their sizes and times too if they were read since a moment."""
    connection.execute(files.delete().where(files.c.stack_id == stack_id))
    touch(connection, "files", [stack_id])
    insert_rows(connection, files, records.file_rows(stack_id, stack, read_since or _NEVER))


def note_moved(connection: Connection, found: Sequence[Stack]) -> None:
    """Store the present paths of images of stacks that were moved and are not measured again."""
    first_images = select(files.c.stack_id, files.c.path).where(files.c.slice_number == 0)
    known = {stack_id: path for stack_id, path in connection.execute(first_images)}  # noqa: C416 - rows are no pairs
    for stack in found:
        stack_id = find_stack(connection, stack)
        is_elsewhere = known.get(stack_id) not in (None, str(stack.instances[0].path.absolute()))
        if stack_id is not None and is_elsewhere and is_content(connection, stack_id, stack):
            note_files(connection, stack_id, stack)


def _series_key(stack: Stack) -> tuple[str, str, str]:
    """Identify a series by its UID or, without a UID, by its study and folder."""
    folder = "" if stack.series_uid else _folder_of(stack.instances[0])
    return (stack.study_uid, stack.series_uid, folder)


def _folder_of(image: Instance) -> str:
    """Give the folder of an image. An archive in a folder is a folder too: each may be of another patient."""
    path = image.path.absolute()
    if image.member is None or image.path == image.root:
        return str(path.parent)
    return f"{path}/{PurePosixPath(image.member).parent}"
