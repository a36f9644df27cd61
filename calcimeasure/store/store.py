"""An open store: every stack with its outcomes, and every revision of each of its lesions.

Each method is one transaction; the other modules of this package implement the methods.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from calcimeasure.store import exports, names, queries, reviews, revisions, runs, seen, stacks, used_settings
from calcimeasure.store.connect import WRITES, store_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from calcimeasure.model import Failure, Lesion, Outcome, Report, Revision, Stack, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store.exports import Export
    from calcimeasure.store.runs import Plan


class Store:
    """An open store; `open_store` makes one.

    Parameters
    ----------
    engine
        The engine of its database.
    place
        The name of the store in messages.
    shared
        False if only this process may write.
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
        # In SQLite a transaction always reads one consistent state.
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

    # For a run

    def begin_run(self, paths: Iterable[Path], settings: Settings, software_version: str) -> int:
        """Record the start of a run, and return the number of the run."""
        with self._write() as connection:
            return runs.begin_run(connection, paths, settings, software_version)

    def end_run(self, run_id: int) -> None:
        """Record the end of a run."""
        with self._write() as connection:
            runs.end_run(connection, run_id)

    def note_found(
        self, run_id: int, found: Sequence[Stack], unreadable: Sequence[Failure], paths: Iterable[Path]
    ) -> None:
        """Record the files that cannot be read, the stacks missing from their series, and the paths of images.

        Parameters
        ----------
        run_id
            The number of the run.
        found, unreadable
            The stacks, and the unreadable files, that the run found.
        paths
            The paths that the run searched. Entries of unreadable files under these paths are removed unless they are
            in `unreadable`.
        """
        with self._write() as connection:
            runs.note_found(connection, run_id, found, unreadable, paths)

    def plan(self, stack: Stack, settings: Settings, remeasure_reviewed: bool = False) -> Plan:
        """Make the plan of a run for a stack.

        Parameters
        ----------
        stack
            The stack as found now.
        settings
            The settings of the run.
        remeasure_reviewed
            Whether to measure stacks again about which a reader has decided.
        """
        with self._read() as connection:
            return runs.plan_stack(connection, stack, settings, remeasure_reviewed)

    def record(self, run_id: int, result: Report | Failure, plan: Plan, settings: Settings) -> bool:
        """Store the result of measuring a stack; all of it or nothing.

        Parameters
        ----------
        run_id
            The number of the run.
        result
            The result for the stack of `plan`.
        plan
            The plan that the result was made from.
        settings
            The settings used for measuring.

        Returns
        -------
        bool
            False if a reader or another run changed the stack in the meantime; then nothing was stored.
        """
        with self._write() as connection:
            return runs.record_result(connection, run_id, result, plan, settings)

    # For a reader

    def append(self, stack_id: int, revisions: Sequence[Revision], settings: Settings) -> None:
        """Append an edit of a reader: all of its revisions, or none.

        Parameters
        ----------
        stack_id
            The number of the stack of the lesions.
        revisions
            Revisions made by `calcimeasure.review`.
        settings
            The settings with which their numbers were computed.

        Raises
        ------
        ConflictError
            Another person changed one of the lesions after it was read.
        """
        with self._write() as connection:
            reviews.append_edit(connection, stack_id, revisions, settings)

    def note_seen(self, stack_id: int, reader: str, is_withdrawn: bool = False) -> None:
        """Store that a reader has seen the present images of a stack, or revoke this."""
        with self._write() as connection:
            seen.note_seen(connection, stack_id, reader, is_withdrawn)

    # Queries

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of every stack and file: stacks by patient, study, series and number, then files.

        Each outcome has the current lesions in the order of their numbers. Those of a hundred stacks are held in
        memory.
        """
        with self._read() as connection:
            yield from queries.every_outcome(connection)

    def measured_stacks(self) -> dict[int, StackFacts]:
        """Give the facts of every stack that was measured, by its number, in the order of `outcomes`."""
        with self._read() as connection:
            return queries.measured_stacks(connection)

    def worklist(self) -> dict[int, tuple[int, int]]:
        """Count for each stack the lesions that a reader must decide, and those of them that are decided."""
        with self._read() as connection:
            return queries.worklist(connection)

    def readers(self) -> dict[int, tuple[str, ...]]:
        """Give for each stack the names of the readers who decided about its lesions."""
        with self._read() as connection:
            return queries.readers(connection)

    def seen_by(self) -> dict[int, tuple[str, ...]]:
        """Give for each stack the readers who have looked through all of its present images."""
        with self._read() as connection:
            return seen.seen_by(connection)

    def find_stack(self, stack: Stack) -> int | None:
        """Give the number in the store of a stack that was found now; None if the stack is new."""
        with self._read() as connection:
            return stacks.find_stack(connection, stack)

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        """Give the picture of a lesion with its current outline; None if no picture was drawn."""
        with self._read() as connection:
            return queries.thumbnail(connection, lesion)

    def find_lesion(self, tracking_uid: str) -> tuple[int, Lesion] | None:
        """Find a current lesion by its Tracking UID; return the number of its stack too."""
        with self._read() as connection:
            return revisions.find_lesion(connection, tracking_uid)

    def tracking_uids(self) -> Iterator[str]:
        """Yield the Tracking UID of every lesion that ever was, in their order."""
        with self._read() as connection:
            yield from revisions.every_tracking_uid(connection)

    def files_of(self, stack_id: int) -> list[Path]:
        """List the files of a stack in slice order."""
        with self._read() as connection:
            return queries.files_of(connection, stack_id)

    def is_content(self, stack_id: int, stack: Stack) -> bool:
        """Tell whether a stack that was found now has the images on which the stored stack was measured."""
        with self._read() as connection:
            return stacks.is_content(connection, stack_id, stack)

    def histories(self, stack_id: int) -> dict[str, list[Revision]]:
        """Give every revision of every lesion that a stack ever had, oldest first, by Tracking UID."""
        with self._read() as connection:
            return revisions.histories_of(connection, [stack_id]).get(stack_id, {})

    def revisions(self) -> Iterator[tuple[StackFacts, Revision]]:
        """Give every revision of every lesion of every stack, also of stacks that no longer exist."""
        with self._read() as connection:
            yield from queries.every_revision(connection)

    def settings_toml(self, hash_of_settings: str) -> str:
        """Give the settings that a number was computed with."""
        with self._read() as connection:
            return used_settings.settings_toml(connection, hash_of_settings)

    # Audit

    def note_export(self, export: Export) -> None:
        """Record that a table leaves the house, or may leave it: what, when, for whom and where to."""
        with self._write() as connection:
            exports.note_export(connection, export)

    # Keys and names

    def recall(self, name: str) -> str | None:
        """Give the text that was stored under a name."""
        with self._read() as connection:
            return names.recall(connection, name)

    def remember(self, name: str, value: str) -> None:
        """Store one text under a name."""
        with self._write() as connection:
            names.remember(connection, name, value)

    def record_ids(self) -> dict[str, str]:
        """Give the registry's id of each patient that has one."""
        with self._read() as connection:
            return names.known_record_ids(connection)

    def remember_record_ids(self, ids: Mapping[str, str]) -> None:
        """Add the registry's ids of patients; a new id replaces an earlier one."""
        with self._write() as connection:
            names.remember_record_ids(connection, ids)
