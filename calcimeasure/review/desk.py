"""The work place of a reader: a folder of results with its store, its worklist and its tables."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import OutputError
from calcimeasure.export import write_atomic
from calcimeasure.results import prepare, pseudonyms_of, store_that_is_there, write_tables_of
from calcimeasure.review.readings import ReadingWish, opened_reading
from calcimeasure.review.recovery import new_unsaved_folder, remove_unsaved
from calcimeasure.review.worklist import OpenedStack, Task, tasks_of
from calcimeasure.settings import format_settings
from calcimeasure.store import CLINICAL_READING, Todo
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from calcimeasure.model import Image, Report, Stack


class Desk:
    """A folder of results that is open for review.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``; None for images that were opened by hand. Their review is in a
        folder of the user's own until `save_as` moves it.
    say
        Function that is called with messages for a person.
    is_unsaved
        Whether the folder is that of an earlier review of images that were opened by hand, which nobody saved.
    wish
        Which reading: the clinical one, or another one, which is begun if it is not there.

    Attributes
    ----------
    is_unsaved
        Whether the review has no folder that a reader named.
    reading
        The reading; the store is open for it.

    Raises
    ------
    UsageError
        The folder was not written by ``calcimeasure measure``, or its store or its key cannot be used.
    ReviewError
        The reading cannot be begun or continued as it is asked for.
    """

    def __init__(
        self,
        folder: Path | None,
        say: Callable[[str], object],
        is_unsaved: bool = False,
        wish: ReadingWish = ReadingWish(),  # noqa: B008 - it is frozen
    ) -> None:
        self._say, self._wish = say, wish
        self.is_unsaved = is_unsaved or folder is None
        self._open(folder or new_unsaved_folder())

    def _open(self, folder: Path) -> None:
        self.folder = folder
        with ExitStack() as opening:
            store, self.settings = opening.enter_context(store_that_is_there(folder, self._say))
            self._pseudonyms = None
            if not self.is_unsaved:
                # First: whatever is stored from now on has entries with the key in the chain.
                self._pseudonyms = pseudonyms_of(store, self.settings, folder, self._say)
            self.store, self.reading = opened_reading(store, self._wish, self.settings, self._say)
            self._closing = opening.pop_all()

    @property
    def private(self) -> Path:
        """The folder for what is not saved yet: that of one reading is never offered to another one."""
        private = self.folder / "private"
        if self.reading.name == CLINICAL_READING:
            return private
        own = private / "readings" / self.reading.name
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        return own

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The current worklist."""
        return tasks_of(self.store)

    def measure(self, stack: Stack) -> int:
        """Measure a stack that was opened by hand, store its report, and return its number in the store."""
        store, settings = self.store, self.settings
        plan = store.plan(stack, settings)
        if plan.todo is Todo.MEASURE:
            run_id = store.begin_run([stack.instances[0].root], settings, software_version())
            report: Report = analyze(stack, settings, plan.earlier, plan.next_number)
            store.record(run_id, report, plan, settings)
            store.end_run(run_id)
        stack_id = store.find_stack(stack)
        assert stack_id is not None  # noqa: S101 - it was recorded just now
        return stack_id

    def open_image(self, image: Image) -> OpenedStack:
        """Measure a stack that was opened by hand, and open it for review."""
        stack_id = self.measure(image.stack)
        self.store.begin_stacks()
        return OpenedStack(stack_id, image, self.store.histories(stack_id))

    def write_tables(self) -> None:
        """Write the tables again from the store: those of the clinical reading, which no other reading changes."""
        if self._pseudonyms is not None and self.reading.name == CLINICAL_READING:
            write_tables_of(self.store, self.settings, self.folder, self._pseudonyms)

    def save_as(self, folder: Path) -> None:
        """Move a review of images that were opened by hand into a folder.

        Raises
        ------
        OutputError
            The folder holds results already, or cannot be written.
        """
        if (folder / "private").exists():
            raise OutputError(f"{folder} holds results already: name a new folder, or open that one for review.")
        private = prepare(folder, self._say)
        source, goal = self.folder / "private" / "calcimeasure.db", private / "calcimeasure.db"
        with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(goal)) as after:
            before.backup(after)
        write_atomic(private / "settings.toml", format_settings(self.settings))
        unsaved = self.folder
        self._closing.close()
        if self.is_unsaved:
            remove_unsaved(unsaved)
        self.is_unsaved = False
        self._open(folder)
        self.write_tables()

    @property
    def has_work(self) -> bool:
        """Whether a reader decided, drew or looked through a stack."""
        return bool(self.store.readers() or self.store.seen_by())

    def close(self, discards: bool = False) -> None:
        """Close the store.

        Parameters
        ----------
        discards
            Whether a review without a folder of its own is removed. One in which no reader did anything is removed
            anyway.
        """
        is_left = self.is_unsaved and (discards or not self.has_work)
        self._closing.close()
        if is_left:
            remove_unsaved(self.folder)
