"""The store: every stack, what became of it, and every state that each of its lesions ever had."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, case, func, insert, inspect, select, update
from sqlalchemy.dialects import sqlite

from calcimeasure.errors import ConflictError, StoreError
from calcimeasure.model import Failure, Lesion, Outcome, Report, Revision, Series, StackFacts, State, Status, Tissue
from calcimeasure.settings import algorithm, algorithm_of, format_settings, settings_hash
from calcimeasure.store import records
from calcimeasure.store.connect import WRITES, connect, lock, set_journal, store_errors
from calcimeasure.store.migrate import migrate
from calcimeasure.store.schema import (
    SCHEMA_VERSION,
    about,
    all_stacks,
    current_lesions,
    current_stacks,
    files,
    lesion_revisions,
    looks,
    metadata,
    outcomes,
    outlines,
    record_ids,
    runs,
    settings_used,
    stacks,
    thumbnails,
    unreadable_files,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import URL, Table

    from calcimeasure.settings import Settings


class Todo(Enum):
    """What a run has to do with a stack."""

    MEASURE = "measure"
    UNCHANGED = "unchanged"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do with a stack.

    Parameters
    ----------
    todo
        MEASURE: it is new, failed, or was measured with other settings or images; UNCHANGED: as it was measured;
        REVIEWED: it would have to be measured, but a reader has decided about it, and it is left alone.
    earlier
        Its current lesions.
    next_number
        The first lesion number that was never used in it.
    newest
        Newest revision of every lesion that it ever had, by Tracking UID.
    numbers
        Number of every lesion that it ever had, by Tracking UID.
    """

    todo: Todo
    earlier: tuple[Lesion, ...] = ()
    next_number: int = 1
    newest: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


@contextmanager
def open_store(url: str | URL, place: str | None = None) -> Iterator[Store]:
    """Open a store, make it where there is none, and bring it to this version's schema.

    Parameters
    ----------
    url
        SQLAlchemy's database URL; `file_url` makes that of a file.
    place
        What messages call it; the URL's file or host otherwise.

    Raises
    ------
    StoreError
        It cannot be opened, another process alone may write it, or a newer version of the program made it.
    """
    engine = connect(url)
    place = place or engine.url.render_as_string(hide_password=True)
    release = None
    shared = True
    try:
        with store_errors(place):
            database = engine.url.database
            if engine.dialect.name == "sqlite" and database and database != ":memory:":
                shared = set_journal(engine, Path(database))
                release = None if shared else lock(Path(database))
            _make_or_migrate(engine, place)
            yield Store(engine, place, shared)
    finally:
        engine.dispose()
        if release is not None:
            release()


def _make_or_migrate(engine: Engine, place: str) -> None:
    with engine.execution_options(**WRITES).begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two that make the tables at the same time would both fail.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2604001)")
        known = set(inspect(connection).get_table_names())
        if about.name not in known:
            if others := sorted(known & set(metadata.tables)):
                raise StoreError(
                    f"{place} is no store of calcimeasure: it has the tables {', '.join(others)} of another program. "
                    "Name an empty database."
                )
            metadata.create_all(connection)
            connection.execute(insert(about).values(name="schema_version", value=str(SCHEMA_VERSION)))
            return
        version = connection.execute(select(about.c.value).where(about.c.name == "schema_version")).scalar_one_or_none()
        if version is None:
            raise StoreError(
                f"{place} is no store of calcimeasure: its table about has no schema_version. Name another."
            )
        found = int(version)
        if found > SCHEMA_VERSION:
            raise StoreError(
                f"The store {place} has schema {found}, this version of calcimeasure knows up to {SCHEMA_VERSION}: a "
                "newer version made it. Use that one (pip install --upgrade calcimeasure), or another DIR."
            )
        migrate(connection, found, SCHEMA_VERSION)


class Store:
    """An open store; `open_store` makes one.

    Parameters
    ----------
    engine
        Its database.
    place
        What messages call it.
    shared
        False where this process alone may write.
    """

    def __init__(self, engine: Engine, place: str, shared: bool) -> None:
        self._engine = engine
        self.place = place
        self.shared = shared

    @cached_property
    def _writing(self) -> Engine:
        return self._engine.execution_options(**WRITES)

    @cached_property
    def _reading(self) -> Engine:
        # In SQLite all that a transaction reads is of one moment anyway.
        one_moment = {} if self._engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        return self._engine.execution_options(**one_moment)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with store_errors(self.place), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with store_errors(self.place), self._writing.begin() as connection:
            yield connection

    # What a run does

    def begin_run(self, paths: Iterable[Path], settings: Settings, software_version: str) -> int:
        """Note that a run began, and give it its number."""
        row = {
            "begun_at": _now(),
            "paths": json.dumps([str(path.absolute()) for path in paths]),
            "settings_toml": format_settings(settings),
            "software_version": software_version,
        }
        with self._write() as connection:
            _note_settings(connection, settings)
            return int(connection.execute(insert(runs).values(row).returning(runs.c.run_id)).scalar_one())

    def end_run(self, run_id: int) -> None:
        """Note that a run came to its end."""
        with self._write() as connection:
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(ended_at=_now()))

    def note_found(
        self, run_id: int, found: Sequence[Series], unreadable: Sequence[Failure], paths: Iterable[Path]
    ) -> None:
        """Note which files cannot be read, which stacks their series no longer have, and where images lie now.

        Parameters
        ----------
        run_id
            The run that looked.
        found, unreadable
            What it found.
        paths
            Where it looked: what could not be read below them before and is not among `unreadable` is in order now.
        """
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
        with self._write() as connection:
            _forget_unreadable(connection, [path.absolute() for path in paths])
            if rows:
                connection.execute(insert(unreadable_files), rows)
            _note_moved(connection, found)
            for stack_id in _stacks_no_longer_among(connection, found):
                _lock(connection, stack_id)
                if not _is_reviewed(connection, stack_id):
                    connection.execute(update(stacks).where(stacks.c.stack_id == stack_id).values(is_gone=True))
                    _append(connection, stack_id, run_id, _withdrawals(_plan_again(connection, stack_id), _GONE))

    def plan(self, series: Series, settings: Settings, remeasure_reviewed: bool = False) -> Plan:
        """Tell what a run has to do with a stack.

        Parameters
        ----------
        series
            The stack as found now.
        settings
            What the run measures with.
        remeasure_reviewed
            Whether to measure what a reader has decided about.
        """
        with self._read() as connection:
            stack_id = _find_stack(connection, series)
            if stack_id is None:
                return Plan(Todo.MEASURE)
            columns = (outcomes.c.state, outcomes.c.settings_hash, outcomes.c.content_hash, stacks.c.is_gone)
            last = _last_outcome(connection, stack_id, *columns)
            as_it_was = last == (
                State.MEASURED,
                settings_hash(settings),
                records.content_hash(series),
                False,
            )
            reviewed = _is_reviewed(connection, stack_id)
            if reviewed and not remeasure_reviewed:
                return Plan(Todo.UNCHANGED if as_it_was else Todo.REVIEWED)
            if as_it_was:
                return Plan(Todo.UNCHANGED)
            return _plan_again(connection, stack_id)

    def record(self, run_id: int, result: Report | Failure, plan: Plan, settings: Settings) -> bool:
        """Keep what measuring a stack gave; all of it or nothing.

        Parameters
        ----------
        run_id
            The run.
        result
            Of the stack that `plan` is about.
        plan
            What the result was made from.
        settings
            What it was measured with.

        Returns
        -------
        bool
            False where a reader or another run changed the stack in the meantime: then nothing was kept.
        """
        series = result.series
        if series is None:
            raise ValueError("A result of a stack expected, found a file that cannot be read: note_found keeps those.")
        with self._write() as connection:
            stack_id = _find_or_make_stack(connection, series)
            _lock(connection, stack_id)
            newest, _ = _known(connection, stack_id)
            if newest != plan.newest:
                return False
            if _is_no_news(connection, stack_id, result):
                return True
            connection.execute(update(stacks).where(stacks.c.stack_id == stack_id).values(is_gone=False))
            _note_files(connection, stack_id, series)
            _note_settings(connection, settings)
            connection.execute(insert(outcomes).values(_outcome_row(result, series, stack_id, run_id, settings)))
            _append(connection, stack_id, run_id, _revisions_of(result, plan))
            if isinstance(result, Report):
                _note_thumbnails(connection, result)
        return True

    # What a reader does

    def append(self, stack_id: int, revisions: Sequence[Revision], settings: Settings) -> None:
        """Keep what a reader did: all revisions of an edit, or none.

        Parameters
        ----------
        stack_id
            The stack whose lesions they are.
        revisions
            As `calcimeasure.review` made them.
        settings
            What their numbers were computed with.

        Raises
        ------
        ConflictError
            Somebody changed one of the lesions since it was read.
        """
        with self._write() as connection:
            _lock(connection, stack_id)
            newest, numbers = _known(connection, stack_id)
            given = {number: uid for uid, number in numbers.items()}
            for one in revisions:
                uid = one.lesion.tracking_uid
                if newest.get(uid) != one.base_number or given.get(one.lesion.number, uid) != uid:
                    raise _conflict(connection, stack_id, one)
            _note_settings(connection, settings)
            _append(connection, stack_id, None, revisions)

    def note_look(self, stack_id: int, reader: str, is_withdrawn: bool = False) -> None:
        """Keep that a reader looked through the images that a stack has now, or takes that back."""
        content_hash = select(all_stacks.c.content_hash).where(all_stacks.c.stack_id == stack_id).scalar_subquery()
        row = {"stack_id": stack_id, "reader": reader, "looked_at": _now(), "is_withdrawn": is_withdrawn}
        with self._write() as connection:
            connection.execute(insert(looks).values(**row, content_hash=content_hash))

    # What is known

    def outcomes(self) -> Iterator[Outcome]:
        """Tell what became of every stack and file, stacks by patient, study, series and number, files at the end.

        Lesions are the current ones in the order of their numbers; those of a hundred stacks are held in memory. A
        lesion that was measured under an older algorithm number than today's has the notice older_algorithm.
        """
        every_stack = _in_order(current_stacks).execution_options(yield_per=100)
        with self._read() as connection:
            older = _older_settings(connection)
            for page in connection.execute(every_stack).mappings().partitions():
                lesions = _lesions_of(connection, [row["stack_id"] for row in page])
                for row in page:
                    of_stack = [_with_its_algorithm(lesion, older) for lesion in lesions.get(row["stack_id"], ())]
                    yield records.outcome_of(row, of_stack)
            broken = select(unreadable_files).where(~unreadable_files.c.is_gone).order_by(unreadable_files.c.path)
            for row in connection.execute(broken).mappings():
                yield Outcome(State(row["state"]), row["path"], None, row["reason"], row["message"])

    def measured_stacks(self) -> dict[int, StackFacts]:
        """Give the facts of every stack that was measured, by its number, in the order of `outcomes`."""
        measured = _in_order(current_stacks).where(current_stacks.c.state == State.MEASURED)
        with self._read() as connection:
            return {row["stack_id"]: records.facts_of(row) for row in connection.execute(measured).mappings()}

    def worklist(self) -> dict[int, tuple[int, int]]:
        """Count for each stack the lesions that a reader is asked about, and those of them that are decided."""
        asked = current_lesions.c.tissue.is_(None) | current_lesions.c.tissue.in_(
            [Tissue.CALCIFIED_MASS, Tissue.UNKNOWN]
        )
        decided = case((current_lesions.c.status == Status.PROPOSED, 0), else_=1)
        counts = (
            select(current_lesions.c.stack_id, func.count(), func.sum(decided))
            .where(asked)
            .group_by(current_lesions.c.stack_id)
        )
        with self._read() as connection:
            return {stack_id: (lesions, done) for stack_id, lesions, done in connection.execute(counts)}

    def readers(self) -> dict[int, tuple[str, ...]]:
        """Name for each stack who has decided about its lesions."""
        named = select(current_lesions.c.stack_id, current_lesions.c.reader).distinct()
        named = named.where(current_lesions.c.reader.is_not(None)).order_by(current_lesions.c.reader)
        found: dict[int, list[str]] = defaultdict(list)
        with self._read() as connection:
            for stack_id, reader in connection.execute(named):
                found[stack_id].append(reader)
        return {stack_id: tuple(names) for stack_id, names in found.items()}

    def looked_through(self) -> dict[int, tuple[str, ...]]:
        """Name for each stack who has looked through it as a whole; who saw other images than it has does not count."""
        same = (looks.c.stack_id == current_stacks.c.stack_id) & (looks.c.content_hash == current_stacks.c.content_hash)
        every = select(looks.c.stack_id, looks.c.reader, looks.c.is_withdrawn).join(current_stacks, same)
        newest: dict[int, dict[str, bool]] = defaultdict(dict)
        with self._read() as connection:
            for stack_id, reader, is_withdrawn in connection.execute(every.order_by(looks.c.look_id)):
                newest[stack_id][reader] = not is_withdrawn
        named = {stack_id: sorted(reader for reader, holds in one.items() if holds) for stack_id, one in newest.items()}
        return {stack_id: tuple(readers) for stack_id, readers in named.items() if readers}

    def find_stack(self, series: Series) -> int | None:
        """Give the number of the stack that a series found now is; None where it was never measured."""
        with self._read() as connection:
            return _find_stack(connection, series)

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        """Give the picture of a lesion on its present outline, where one was drawn."""
        key = {"tracking_uid": lesion.tracking_uid, "outline_hash": records.outline_hash(lesion.outline)}
        with self._read() as connection:
            return connection.execute(select(thumbnails.c.png).filter_by(**key)).scalar_one_or_none()

    def find_lesion(self, tracking_uid: str) -> tuple[int, Lesion] | None:
        """Find a current lesion by its Tracking UID; gives the number of its stack too."""
        chosen = _with_outline(current_lesions).where(current_lesions.c.tracking_uid == tracking_uid)
        with self._read() as connection:
            row = connection.execute(chosen).mappings().first()
        return None if row is None else (int(row["stack_id"]), records.lesion_of(row))

    def files_of(self, stack_id: int) -> list[Path]:
        """List the files of a stack in slice order."""
        with self._read() as connection:
            every = select(files.c.path).where(files.c.stack_id == stack_id).order_by(files.c.slice_number)
            return [Path(path) for path in dict.fromkeys(connection.execute(every).scalars())]

    def is_content(self, stack_id: int, series: Series) -> bool:
        """Tell whether a series found now has the images that a stack was measured on."""
        with self._read() as connection:
            return _is_content(connection, stack_id, series)

    def histories(self, stack_id: int) -> dict[str, list[Revision]]:
        """Give every revision of every lesion that a stack ever had, oldest first, by Tracking UID."""
        with self._read() as connection:
            return _histories_of(connection, [stack_id]).get(stack_id, {})

    def revisions(self) -> Iterator[tuple[StackFacts, Revision]]:
        """Give every revision of every lesion of every stack, also of those that are no longer there."""
        every_stack = _in_order(all_stacks).execution_options(yield_per=100)
        with self._read() as connection:
            for page in connection.execute(every_stack).mappings().partitions():
                histories = _histories_of(connection, [row["stack_id"] for row in page])
                for row in page:
                    facts = records.facts_of(row)
                    for history in histories.get(row["stack_id"], {}).values():
                        yield from ((facts, revision) for revision in history)

    def settings_toml(self, hash_of_settings: str) -> str:
        """Give the settings that a number was computed with."""
        with self._read() as connection:
            return str(
                connection.execute(
                    select(settings_used.c.settings_toml).where(settings_used.c.settings_hash == hash_of_settings)
                ).scalar_one()
            )

    # Keys and names

    def recall(self, name: str) -> str | None:
        """Give what was remembered under a name."""
        with self._read() as connection:
            return connection.execute(select(about.c.value).where(about.c.name == name)).scalar_one_or_none()

    def remember(self, name: str, value: str) -> None:
        """Remember one text under a name."""
        with self._write() as connection:
            _insert_new(connection, about, [{"name": name, "value": value}])
            connection.execute(update(about).where(about.c.name == name).values(value=value))

    def record_ids(self) -> dict[str, str]:
        """Give the registry's id of each patient that has one."""
        with self._read() as connection:
            return {patient: record for patient, record in connection.execute(select(record_ids))}  # noqa: C416

    def remember_record_ids(self, ids: Mapping[str, str]) -> None:
        """Add the registry's ids of patients; a patient who has one gets the new one."""
        with self._write() as connection:
            for patient_id, record_id in ids.items():
                _insert_new(connection, record_ids, [{"patient_id": patient_id, "record_id": record_id}])
                here = record_ids.c.patient_id == patient_id
                connection.execute(update(record_ids).where(here).values(record_id=record_id))


def _in_order(view: Table) -> Select[Any]:
    """Select stacks by patient, study, series and number: those of a study side by side, which may lack its UID."""
    names = ("study_uid", "study_date", "series_uid", "folder", "stack_number")
    return select(view).order_by(func.coalesce(view.c.patient_id, ""), *(view.c[name] for name in names))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _series_key(series: Series) -> tuple[str, str, str]:
    """Name a series: by its UID, without one by its study and folder."""
    folder = "" if series.series_uid else str(series.instances[0].path.absolute().parent)
    return (series.study_uid, series.series_uid, folder)


def _find_stack(connection: Connection, series: Series) -> int | None:
    study_uid, series_uid, folder = _series_key(series)
    return connection.execute(
        select(stacks.c.stack_id).where(
            stacks.c.study_uid == study_uid,
            stacks.c.series_uid == series_uid,
            stacks.c.folder == folder,
            stacks.c.stack_number == series.stack_number,
        )
    ).scalar_one_or_none()


def _find_or_make_stack(connection: Connection, series: Series) -> int:
    study_uid, series_uid, folder = _series_key(series)
    key = {"study_uid": study_uid, "series_uid": series_uid, "folder": folder, "stack_number": series.stack_number}
    _insert_new(connection, stacks, [{"is_gone": False, **key}])
    return int(connection.execute(select(stacks.c.stack_id).filter_by(**key)).scalar_one())


def _lock(connection: Connection, stack_id: int) -> None:
    """Let nobody else change a stack until this transaction ends (in SQLite whoever writes is alone anyway)."""
    connection.execute(select(stacks.c.stack_id).where(stacks.c.stack_id == stack_id).with_for_update())


def _insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, even where somebody else inserts them at the same time."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # a tenth of a second that SQLite does not need

        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
    else:
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)


def _forget_unreadable(connection: Connection, paths: Sequence[Path]) -> None:
    """Take back what could not be read below some paths."""
    table = unreadable_files
    known = connection.execute(select(table.c.file_id, table.c.root, table.c.path).where(~table.c.is_gone))
    below = [
        {"gone": file_id}
        for file_id, root, path in known
        if any((Path(root) / path).is_relative_to(looked_in) for looked_in in paths)
    ]
    if below:
        connection.execute(update(table).where(table.c.file_id == bindparam("gone")).values(is_gone=True), below)


def _stacks_no_longer_among(connection: Connection, found: Sequence[Series]) -> list[int]:
    """List the stacks of series that were found without them."""
    numbers: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for series in found:
        numbers[_series_key(series)].add(series.stack_number)
    known = connection.execute(
        select(
            stacks.c.stack_id, stacks.c.stack_number, stacks.c.study_uid, stacks.c.series_uid, stacks.c.folder
        ).where(~stacks.c.is_gone)
    )
    # Always in the same order: two that lock the same ones never wait for each other.
    return sorted(
        stack_id
        for stack_id, number, *series_key in known
        if (key := tuple(series_key)) in numbers and number not in numbers[key]
    )


def _last_outcome(connection: Connection, stack_id: int, *columns: ColumnElement[Any]) -> tuple[Any, ...] | None:
    """Read some columns of what a run made of a stack last."""
    newest = select(*columns).join(stacks).where(outcomes.c.stack_id == stack_id)
    row = connection.execute(newest.order_by(outcomes.c.outcome_id.desc()).limit(1)).one_or_none()
    return None if row is None else tuple(row)


def _is_reviewed(connection: Connection, stack_id: int) -> bool:
    by_reader = select(lesion_revisions.c.revision_id).where(
        lesion_revisions.c.stack_id == stack_id, lesion_revisions.c.made_by.is_not(None)
    )
    return connection.execute(by_reader.limit(1)).first() is not None


def _known(connection: Connection, stack_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """Give the newest revision and the number of every lesion that a stack ever had, by Tracking UID."""
    table = lesion_revisions
    every = (
        select(table.c.tracking_uid, table.c.lesion_number, func.max(table.c.revision_number))
        .where(table.c.stack_id == stack_id)
        .group_by(table.c.tracking_uid, table.c.lesion_number)
    )
    rows = connection.execute(every).all()
    return {uid: newest for uid, _, newest in rows}, {uid: number for uid, number, _ in rows}


def _plan_again(connection: Connection, stack_id: int) -> Plan:
    newest, numbers = _known(connection, stack_id)
    return Plan(
        Todo.MEASURE,
        earlier=tuple(_lesions_of(connection, [stack_id]).get(stack_id, ())),
        next_number=max(numbers.values(), default=0) + 1,
        newest=newest,
        numbers=numbers,
    )


def _conflict(connection: Connection, stack_id: int, revision: Revision) -> ConflictError:
    """Say who was faster."""
    table, lesion = lesion_revisions, revision.lesion
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


def _is_no_news(connection: Connection, stack_id: int, result: Report | Failure) -> bool:
    """Tell whether a failure adds nothing: it is known, or a reader has decided about the stack, and that stays."""
    if isinstance(result, Report):
        return False
    if _is_reviewed(connection, stack_id):
        return True
    columns = (outcomes.c.state, outcomes.c.reason, outcomes.c.message, stacks.c.is_gone)
    last = _last_outcome(connection, stack_id, *columns)
    return last == (result.state, result.reason, result.message, False)


def _outcome_row(
    result: Report | Failure, series: Series, stack_id: int, run_id: int, settings: Settings
) -> dict[str, Any]:
    measured = (result.geometry, result.midline) if isinstance(result, Report) else ()
    facts = records.facts_row(StackFacts.of(series, *measured))
    for name in ("study_uid", "series_uid", "stack_number"):
        del facts[name]
    row = facts | {
        "stack_id": stack_id,
        "run_id": run_id,
        "made_at": _now(),
        "seconds": result.seconds,
        "settings_hash": settings_hash(settings),
        "content_hash": records.content_hash(series),
    }
    if isinstance(result, Report):
        return row | {"state": str(State.MEASURED), "software_version": result.software_version}
    return row | {
        "state": str(result.state),
        "reason": result.reason,
        "message": result.message,
        "traceback": result.traceback,
        "software_version": "",
    }


def _is_content(connection: Connection, stack_id: int, series: Series) -> bool:
    known = select(current_stacks.c.content_hash).where(current_stacks.c.stack_id == stack_id)
    return connection.execute(known).scalar_one_or_none() == records.content_hash(series)


def _note_moved(connection: Connection, found: Sequence[Series]) -> None:
    """Note where the images of stacks lie now that were measured elsewhere and are not measured again."""
    first_images = select(files.c.stack_id, files.c.path).where(files.c.slice_number == 0)
    known = {stack_id: path for stack_id, path in connection.execute(first_images)}  # noqa: C416 - rows are no pairs
    for series in found:
        stack_id = _find_stack(connection, series)
        is_elsewhere = known.get(stack_id) not in (None, str(series.instances[0].path.absolute()))
        if stack_id is not None and is_elsewhere and _is_content(connection, stack_id, series):
            _note_files(connection, stack_id, series)


def _note_files(connection: Connection, stack_id: int, series: Series) -> None:
    connection.execute(files.delete().where(files.c.stack_id == stack_id))
    connection.execute(insert(files), records.file_rows(stack_id, series))


def _note_settings(connection: Connection, settings: Settings) -> None:
    row = {"settings_hash": settings_hash(settings), "settings_toml": format_settings(settings)}
    _insert_new(connection, settings_used, [row])


def _older_settings(connection: Connection) -> frozenset[str]:
    """Give the hashes of settings that were measured with under an older algorithm number than today's."""
    every = connection.execute(select(settings_used.c.settings_hash, settings_used.c.settings_toml))
    return frozenset(name for name, toml in every if algorithm_of(toml) < algorithm.ALGORITHM)


def _with_its_algorithm(lesion: Lesion, older: Collection[str]) -> Lesion:
    """Say of a lesion that it was measured under an older algorithm number, where it was."""
    if lesion.settings_hash not in older:
        return lesion
    return replace(lesion, notices=(*lesion.notices, "older_algorithm"))


_GONE = "its series no longer has this stack"


def _withdrawals(plan: Plan, why: str, but: Collection[str] = ()) -> list[Revision]:
    """Withdraw the lesions of a stack, but for some Tracking UIDs."""
    return [_by_the_program(one, plan, why, withdrawn=True) for one in plan.earlier if one.tracking_uid not in but]


def _by_the_program(lesion: Lesion, plan: Plan, why: str, withdrawn: bool = False) -> Revision:
    base = plan.newest.get(lesion.tracking_uid)
    return Revision(lesion, (base or 0) + 1, datetime.now(UTC), why, base_number=base, withdrawn=withdrawn)


def _revisions_of(result: Report | Failure, plan: Plan) -> list[Revision]:
    """Make revisions of what a run measured: lesions as found, and those withdrawn that are not found again."""
    # What was withdrawn and is found again is that lesion, and has its number.
    found = [
        replace(lesion, number=plan.numbers.get(lesion.tracking_uid, lesion.number))
        for lesion in (result.lesions if isinstance(result, Report) else ())
    ]
    measured = [
        _by_the_program(one, plan, "measured again" if one.tracking_uid in plan.newest else "measured") for one in found
    ]
    return measured + _withdrawals(plan, "not found again", but={one.tracking_uid for one in found})


def _append(connection: Connection, stack_id: int, run_id: int | None, revisions: Sequence[Revision]) -> None:
    every_outline = [records.outline_row(revision.lesion.outline) for revision in revisions]
    # Always in the same order: two that insert the same ones never wait for each other.
    _insert_new(connection, outlines, sorted(every_outline, key=itemgetter("outline_hash")))
    if revisions:
        connection.execute(
            insert(lesion_revisions), [records.revision_row(revision, stack_id, run_id) for revision in revisions]
        )


def _note_thumbnails(connection: Connection, report: Report) -> None:
    rows = [
        {"tracking_uid": lesion.tracking_uid, "outline_hash": records.outline_hash(lesion.outline), "png": png}
        for lesion, png in zip(report.lesions, report.thumbnails, strict=False)
    ]
    _insert_new(connection, thumbnails, rows)


def _rows(connection: Connection, chosen: Select[Any]) -> list[dict[str, Any]]:
    """Read rows as plain dictionaries: each of their hundred columns is looked up faster than in SQLAlchemy's."""
    result = connection.execute(chosen)
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def _with_outline(table: Any) -> Select[Any]:  # noqa: ANN401 - a table or a view
    box = [column for column in outlines.columns if column.name != "outline_hash"]
    return select(table, *box).join(outlines, outlines.c.outline_hash == table.c.outline_hash)


def _lesions_of(connection: Connection, stack_ids: Sequence[int]) -> dict[int, list[Lesion]]:
    """Read the current lesions of some stacks, in the order of their numbers."""
    chosen = _with_outline(current_lesions).where(current_lesions.c.stack_id.in_(stack_ids))
    chosen = chosen.order_by(current_lesions.c.stack_id, current_lesions.c.lesion_number)
    rows = _rows(connection, chosen)
    return {
        stack_id: [records.lesion_of(row) for row in group] for stack_id, group in groupby(rows, itemgetter("stack_id"))
    }


def _histories_of(connection: Connection, stack_ids: Sequence[int]) -> dict[int, dict[str, list[Revision]]]:
    """Read all revisions of some stacks, oldest first, by Tracking UID, lesions in the order of their numbers."""
    table = lesion_revisions
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
