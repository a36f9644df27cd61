"""The store during a run: a plan for each stack, made from its stored results, and recording of its new result."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, select, update

from calcimeasure.model import Lesion, Report, Revision, StackFacts, State, notices_of
from calcimeasure.settings import format_settings, parse_settings, settings_hash
from calcimeasure.store import records
from calcimeasure.store.chain import touch
from calcimeasure.store.insert import insert_new, insert_rows
from calcimeasure.store.revisions import append_revisions, is_read, is_reviewed, lesions_of, newest_and_numbers
from calcimeasure.store.schema import outcomes, runs, stacks, thumbnails, unreadable_files
from calcimeasure.store.stacks import (
    find_or_make_stack,
    find_stack,
    has_files,
    lock_stack,
    note_files,
    note_gone,
    note_moved,
    stacks_no_longer_among,
)
from calcimeasure.store.used_settings import note_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from calcimeasure.model import Content, Failure, Stack
    from calcimeasure.settings import Settings


class Todo(Enum):
    """The task of a run for a stack."""

    MEASURE = "measure"
    UNCHANGED = "unchanged"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run for a stack.

    Parameters
    ----------
    todo
        MEASURE: the stack is new, failed, or was measured with other settings or images. UNCHANGED: the stack was
        measured with the same settings and images. REVIEWED: the stack would have to be measured again, but a reader
        has decided about it, so it is not measured.
    earlier
        The current lesions of the stack.
    next_number
        The first lesion number that was never used in the stack.
    newest
        Newest revision of every lesion that the stack ever had, by Tracking UID.
    numbers
        Number of every lesion that the stack ever had, by Tracking UID.
    """

    todo: Todo
    earlier: tuple[Lesion, ...] = ()
    next_number: int = 1
    newest: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


def begin_run(connection: Connection, paths: Iterable[Path], settings: Settings, software_version: str) -> int:
    """Record the start of a run, and return the number of the run."""
    row = {
        "begun_at": records.utc_now(),
        "paths": json.dumps([str(path.absolute()) for path in paths]),
        "settings_toml": format_settings(settings),
        "software_version": software_version,
    }
    note_settings(connection, settings)
    (run_id,) = insert_rows(connection, runs, [row])
    return int(run_id)


def end_run(connection: Connection, run_id: int) -> None:
    """Record the end of a run."""
    connection.execute(update(runs).where(runs.c.run_id == run_id).values(ended_at=records.utc_now()))
    touch(connection, "runs", [run_id])


def note_found(
    connection: Connection, run_id: int, found: Sequence[Stack], unreadable: Sequence[Failure], paths: Iterable[Path]
) -> None:
    """Record the files that cannot be read, the stacks missing from their series, and the paths of images."""
    rows = [
        {
            "run_id": run_id,
            "root": str((one.root or Path()).absolute()),
            "path": one.relative_path.as_posix(),
            "reason": one.reason,
            "message": one.message,
            "state": str(one.state),
        }
        for one in unreadable
    ]
    _forget_unreadable(connection, [path.absolute() for path in paths])
    insert_rows(connection, unreadable_files, rows)
    note_moved(connection, found)
    for stack_id in stacks_no_longer_among(connection, found):
        lock_stack(connection, stack_id)
        if not is_read(connection, stack_id):
            note_gone(connection, stack_id, is_gone=True)
            append_revisions(connection, stack_id, run_id, _withdrawals(_plan_again(connection, stack_id), _GONE))


def plan_stack(
    connection: Connection,
    stack: Stack,
    settings: Settings,
    remeasure_reviewed: bool,
    contents: Content | None = None,
) -> Plan:
    """Make the plan of a run for a stack: from headers alone, or from what its files hold beside them, too."""
    stack_id = find_stack(connection, stack)
    if stack_id is None:
        return Plan(Todo.MEASURE)
    columns = (outcomes.c.state, outcomes.c.settings_hash, outcomes.c.content_hash, stacks.c.is_gone)
    last = _last_outcome(connection, stack_id, *columns)
    as_it_was = last == (State.MEASURED, settings_hash(settings), records.content_hash(stack), False)
    as_it_was = as_it_was and _had_the_masks_of(connection, stack_id, settings)
    as_it_was = as_it_was and (contents is None or _holds(connection, stack_id, contents))
    if is_reviewed(connection, stack_id) and not remeasure_reviewed:
        return Plan(Todo.UNCHANGED if as_it_was else Todo.REVIEWED)
    if as_it_was:
        return Plan(Todo.UNCHANGED)
    return _plan_again(connection, stack_id)


def record_result(
    connection: Connection, run_id: int, result: Report | Failure, plan: Plan, settings: Settings
) -> bool:
    """Store the result of measuring a stack; False if the stack was changed after it was planned."""
    stack = result.stack
    if stack is None:
        raise ValueError("A result of a stack expected, found a file that cannot be read: note_found keeps those.")
    stack_id = find_or_make_stack(connection, stack)
    lock_stack(connection, stack_id)
    newest, _ = newest_and_numbers(connection, stack_id)
    if newest != plan.newest:
        return False
    if _is_no_news(connection, stack_id, result):
        return True
    note_gone(connection, stack_id, is_gone=False)
    note_files(connection, stack_id, stack, datetime.now(UTC) - timedelta(seconds=result.seconds))
    note_settings(connection, settings)
    insert_rows(connection, outcomes, [_outcome_row(result, stack, stack_id, run_id, settings)])
    append_revisions(connection, stack_id, run_id, _revisions_of(result, plan))
    if isinstance(result, Report):
        note_thumbnails(connection, zip(result.lesions, result.thumbnails, strict=False))
    return True


def note_contents(connection: Connection, stack: Stack, contents: Content, read_since: datetime) -> None:
    """Store that the files of a stack were read and are as they were measured.

    Schema 3 did not know the hashes. Where the last outcome has none, it is stored once more with the present ones.
    """
    stack_id = find_or_make_stack(connection, stack)
    lock_stack(connection, stack_id)
    last = (
        connection.execute(
            select(outcomes).where(outcomes.c.stack_id == stack_id).order_by(outcomes.c.outcome_id.desc()).limit(1)
        )
        .mappings()
        .one()
    )
    filled = {
        "pixel_hash": last["pixel_hash"] or contents.pixel_hash,
        "mask_hash": last["mask_hash"] or contents.mask_hash,
    }
    if any(last[name] != value for name, value in filled.items()):
        row = {name: value for name, value in last.items() if name != "outcome_id"}
        insert_rows(connection, outcomes, [row | filled])
    note_files(connection, stack_id, stack, read_since)


def _holds(connection: Connection, stack_id: int, contents: Content) -> bool:
    """Tell whether a stack was measured on some contents. Those that are not known count as the same."""
    known = _last_outcome(connection, stack_id, outcomes.c.pixel_hash, outcomes.c.mask_hash)
    now = (contents.pixel_hash, contents.mask_hash)
    return known is not None and all(one is None or one == other for one, other in zip(known, now, strict=True))


def has_pixels(connection: Connection, stack_id: int, pixel_hash: str) -> bool:
    """Tell whether a stack was measured on some pixels; also if it is not known on which."""
    known = _last_outcome(connection, stack_id, outcomes.c.pixel_hash)
    return known is not None and known[0] in (None, pixel_hash)


def is_as_read(connection: Connection, stack: Stack) -> bool:
    """Tell whether the files of a stack have the path, size and time of change with which they were read last."""
    stack_id = find_stack(connection, stack)
    return stack_id is not None and has_files(connection, stack_id, stack)


def _forget_unreadable(connection: Connection, paths: Sequence[Path]) -> None:
    """Remove the entries of unreadable files under some paths."""
    table = unreadable_files
    known = connection.execute(select(table.c.file_id, table.c.root, table.c.path).where(~table.c.is_gone))
    below = [
        {"gone": file_id}
        for file_id, root, path in known
        if any((Path(root) / path).is_relative_to(looked_in) for looked_in in paths)
    ]
    if below:
        connection.execute(update(table).where(table.c.file_id == bindparam("gone")).values(is_gone=True), below)
        touch(connection, "unreadable_files", [one["gone"] for one in below])


def _last_outcome(connection: Connection, stack_id: int, *columns: ColumnElement[Any]) -> tuple[Any, ...] | None:
    """Read some columns of the last outcome of a stack."""
    newest = select(*columns).join(stacks).where(outcomes.c.stack_id == stack_id)
    row = connection.execute(newest.order_by(outcomes.c.outcome_id.desc()).limit(1)).one_or_none()
    return None if row is None else tuple(row)


def _had_the_masks_of(connection: Connection, stack_id: int, settings: Settings) -> bool:
    """Tell whether a stack was last measured with the bone masks that settings name: their path is in no hash."""
    if not settings.bone_mask:
        return True
    of_its_run = select(runs.c.settings_toml).join(outcomes).where(outcomes.c.stack_id == stack_id)
    toml = connection.execute(of_its_run.order_by(outcomes.c.outcome_id.desc()).limit(1)).scalar_one()
    return parse_settings(toml, where="the store").bone_mask == settings.bone_mask


def _is_no_news(connection: Connection, stack_id: int, result: Report | Failure) -> bool:
    """Tell whether a failure need not be stored: it is already known, or a reader has decided about the stack."""
    if isinstance(result, Report):
        return False
    if is_read(connection, stack_id):
        return True
    columns = (outcomes.c.state, outcomes.c.reason, outcomes.c.message, stacks.c.is_gone)
    last = _last_outcome(connection, stack_id, *columns)
    return last == (result.state, result.reason, result.message, False)


def _outcome_row(
    result: Report | Failure, stack: Stack, stack_id: int, run_id: int, settings: Settings
) -> dict[str, Any]:
    measured = (result.geometry, result.midline) if isinstance(result, Report) else ()
    facts = records.facts_row(StackFacts.of(stack, *measured))
    for name in ("study_uid", "series_uid", "stack_number"):
        del facts[name]
    row = facts | {
        # What the header says; whose it is among all persons is found anew when it is read.
        "person": stack.person.text,
        "stack_id": stack_id,
        "run_id": run_id,
        "made_at": records.utc_now(),
        "seconds": result.seconds,
        "settings_hash": settings_hash(settings),
        "content_hash": records.content_hash(stack),
        "notices": ";".join(notices_of(result)),
    }
    if isinstance(result, Report):
        if result.contents is not None:
            row |= {"pixel_hash": result.contents.pixel_hash, "mask_hash": result.contents.mask_hash}
        return row | {"state": str(State.MEASURED), "software_version": result.software_version}
    return row | {
        "state": str(result.state),
        "reason": result.reason,
        "message": result.message,
        "traceback": result.traceback,
        "software_version": "",
    }


def _plan_again(connection: Connection, stack_id: int) -> Plan:
    newest, numbers = newest_and_numbers(connection, stack_id)
    return Plan(
        Todo.MEASURE,
        earlier=tuple(lesions_of(connection, [stack_id]).get(stack_id, ())),
        next_number=max(numbers.values(), default=0) + 1,
        newest=newest,
        numbers=numbers,
    )


_GONE = "its series no longer has this stack"


def _withdrawals(plan: Plan, why: str, but: Collection[str] = ()) -> list[Revision]:
    """Withdraw the lesions of a stack, except those with some Tracking UIDs."""
    return [_by_the_program(one, plan, why, withdrawn=True) for one in plan.earlier if one.tracking_uid not in but]


def _by_the_program(lesion: Lesion, plan: Plan, why: str, withdrawn: bool = False) -> Revision:
    base = plan.newest.get(lesion.tracking_uid)
    return Revision(lesion, (base or 0) + 1, datetime.now(UTC), why, base_number=base, withdrawn=withdrawn)


def _revisions_of(result: Report | Failure, plan: Plan) -> list[Revision]:
    """Make revisions from the result of a run: found lesions, and withdrawals of those that are not found again."""
    # A withdrawn lesion that is found again is the same lesion and keeps its number.
    found = [
        replace(lesion, number=plan.numbers.get(lesion.tracking_uid, lesion.number))
        for lesion in (result.lesions if isinstance(result, Report) else ())
    ]
    measured = [
        _by_the_program(one, plan, "measured again" if one.tracking_uid in plan.newest else "measured") for one in found
    ]
    return measured + _withdrawals(plan, "not found again", but={one.tracking_uid for one in found})


def note_thumbnails(connection: Connection, pictures: Iterable[tuple[Lesion, bytes]]) -> None:
    """Store pictures of lesions with their outlines; a picture that is there stays as it is."""
    rows = [
        {"tracking_uid": lesion.tracking_uid, "outline_hash": records.outline_hash(lesion.outline), "png": png}
        for lesion, png in pictures
    ]
    insert_new(connection, thumbnails, rows)
