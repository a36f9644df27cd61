"""An open store: every stack, what became of it, and every state that each of its lesions ever had.

Each method is one transaction, and says what it does; how is in the module that does it.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from calcimeasure.store import names, queries, reviews, revisions, runs, seen, stacks, used_settings
from calcimeasure.store.connect import WRITES, store_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from calcimeasure.model import Failure, Lesion, Outcome, Report, Revision, Stack, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store.runs import Plan


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
        with self._write() as connection:
            return runs.begin_run(connection, paths, settings, software_version)

    def end_run(self, run_id: int) -> None:
        """Note that a run came to its end."""
        with self._write() as connection:
            runs.end_run(connection, run_id)

    def note_found(
        self, run_id: int, found: Sequence[Stack], unreadable: Sequence[Failure], paths: Iterable[Path]
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
        with self._write() as connection:
            runs.note_found(connection, run_id, found, unreadable, paths)

    def plan(self, stack: Stack, settings: Settings, remeasure_reviewed: bool = False) -> Plan:
        """Tell what a run has to do with a stack.

        Parameters
        ----------
        stack
            The stack as found now.
        settings
            What the run measures with.
        remeasure_reviewed
            Whether to measure what a reader has decided about.
        """
        with self._read() as connection:
            return runs.plan_stack(connection, stack, settings, remeasure_reviewed)

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
        with self._write() as connection:
            return runs.record_result(connection, run_id, result, plan, settings)

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
            reviews.append_edit(connection, stack_id, revisions, settings)

    def note_seen(self, stack_id: int, reader: str, is_withdrawn: bool = False) -> None:
        """Keep that a reader has seen the images that a stack has now, or takes that back."""
        with self._write() as connection:
            seen.note_seen(connection, stack_id, reader, is_withdrawn)

    # What is known

    def outcomes(self) -> Iterator[Outcome]:
        """Tell what became of every stack and file, stacks by patient, study, series and number, files at the end.

        Lesions are the current ones in the order of their numbers; those of a hundred stacks are held in memory.
        """
        with self._read() as connection:
            yield from queries.every_outcome(connection)

    def measured_stacks(self) -> dict[int, StackFacts]:
        """Give the facts of every stack that was measured, by its number, in the order of `outcomes`."""
        with self._read() as connection:
            return queries.measured_stacks(connection)

    def worklist(self) -> dict[int, tuple[int, int]]:
        """Count for each stack the lesions that a reader is asked about, and those of them that are decided."""
        with self._read() as connection:
            return queries.worklist(connection)

    def readers(self) -> dict[int, tuple[str, ...]]:
        """Name for each stack who has decided about its lesions."""
        with self._read() as connection:
            return queries.readers(connection)

    def seen_by(self) -> dict[int, tuple[str, ...]]:
        """Name for each stack who has seen it as a whole; who saw other images than it has now does not count."""
        with self._read() as connection:
            return seen.seen_by(connection)

    def find_stack(self, stack: Stack) -> int | None:
        """Give the number of the stack that a series found now is; None where it was never measured."""
        with self._read() as connection:
            return stacks.find_stack(connection, stack)

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        """Give the picture of a lesion on its present outline, where one was drawn."""
        with self._read() as connection:
            return queries.thumbnail(connection, lesion)

    def find_lesion(self, tracking_uid: str) -> tuple[int, Lesion] | None:
        """Find a current lesion by its Tracking UID; gives the number of its stack too."""
        with self._read() as connection:
            return revisions.find_lesion(connection, tracking_uid)

    def files_of(self, stack_id: int) -> list[Path]:
        """List the files of a stack in slice order."""
        with self._read() as connection:
            return queries.files_of(connection, stack_id)

    def is_content(self, stack_id: int, stack: Stack) -> bool:
        """Tell whether a series found now has the images that a stack was measured on."""
        with self._read() as connection:
            return stacks.is_content(connection, stack_id, stack)

    def histories(self, stack_id: int) -> dict[str, list[Revision]]:
        """Give every revision of every lesion that a stack ever had, oldest first, by Tracking UID."""
        with self._read() as connection:
            return revisions.histories_of(connection, [stack_id]).get(stack_id, {})

    def revisions(self) -> Iterator[tuple[StackFacts, Revision]]:
        """Give every revision of every lesion of every stack, also of those that are no longer there."""
        with self._read() as connection:
            yield from queries.every_revision(connection)

    def settings_toml(self, hash_of_settings: str) -> str:
        """Give the settings that a number was computed with."""
        with self._read() as connection:
            return used_settings.settings_toml(connection, hash_of_settings)

    # Keys and names

    def recall(self, name: str) -> str | None:
        """Give what was remembered under a name."""
        with self._read() as connection:
            return names.recall(connection, name)

    def remember(self, name: str, value: str) -> None:
        """Remember one text under a name."""
        with self._write() as connection:
            names.remember(connection, name, value)

    def record_ids(self) -> dict[str, str]:
        """Give the registry's id of each patient that has one."""
        with self._read() as connection:
            return names.known_record_ids(connection)

    def remember_record_ids(self, ids: Mapping[str, str]) -> None:
        """Add the registry's ids of patients; a patient who has one gets the new one."""
        with self._write() as connection:
            names.remember_record_ids(connection, ids)
