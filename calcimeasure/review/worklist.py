"""The worklist, and a stack with all that its review needs, read from the store and from its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from calcimeasure.load import load_image
from calcimeasure.model import Tissue
from calcimeasure.results import series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.model import Image, Lesion, Revision, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


class TaskState(StrEnum):
    """How far the review of a stack is."""

    TO_REVIEW = "to review"
    IN_REVIEW = "in review"
    DONE = "done"
    NOTHING = "nothing found"
    SEEN = "seen"
    """Nothing was found, and a reader has looked through the stack."""


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the worklist.

    Parameters
    ----------
    stack_id, facts
        The stack.
    asked, decided
        How many lesions a reader is asked about, and how many of them are decided.
    readers
        Who decided.
    seen_by
        Who looked through the stack as a whole.
    """

    stack_id: int
    facts: StackFacts
    asked: int
    decided: int
    readers: tuple[str, ...]
    seen_by: tuple[str, ...] = ()

    def with_lesions(self, lesions: Iterable[Lesion]) -> Task:
        """Count again how far the review is, from the lesions of the stack as they are now."""
        there = list(lesions)
        asked = [one for one in there if one.is_mass or one.tissue is Tissue.UNKNOWN]
        return replace(
            self,
            asked=len(asked),
            decided=sum(one.is_decided for one in asked),
            readers=tuple(sorted({one.reader for one in there if one.reader is not None})),
        )

    @property
    def state(self) -> TaskState:
        """How far the review of the stack is."""
        if not self.asked:
            return TaskState.SEEN if self.seen_by else TaskState.NOTHING
        if self.decided == self.asked:
            return TaskState.DONE
        return TaskState.IN_REVIEW if self.decided or self.readers else TaskState.TO_REVIEW


@dataclass(frozen=True, slots=True, eq=False)
class OpenedStack:
    """A stack that was opened: its image, and every revision of its lesions by Tracking UID."""

    stack_id: int
    image: Image
    histories: Mapping[str, Sequence[Revision]]

    def with_histories_of(self, store: Store) -> OpenedStack:
        """Read the revisions again: they may have changed since the stack was opened."""
        return replace(self, histories=store.histories(self.stack_id))


def tasks_of(store: Store) -> tuple[Task, ...]:
    """List every measured stack, by patient, study, series and stack."""
    counts, readers, seen_by = store.worklist(), store.readers(), store.seen_by()
    return tuple(
        Task(stack_id, facts, *counts.get(stack_id, (0, 0)), readers.get(stack_id, ()), seen_by.get(stack_id, ()))
        for stack_id, facts in store.measured_stacks().items()
    )


def first_open(tasks: Iterable[Task]) -> Task | None:
    """Choose where a review begins: at the first stack that is not done, else at the first stack."""
    every = list(tasks)
    unfinished = (task for task in every if task.state in (TaskState.TO_REVIEW, TaskState.IN_REVIEW))
    return next(unfinished, next(iter(every), None))


def open_stack(store: Store, settings: Settings, stack_id: int) -> OpenedStack:
    """Load a stack.

    Raises
    ------
    InputPathError
        Its files are gone, or are not those that were measured.
    SeriesError
        Its images cannot be loaded.
    """
    image = load_image(series_of(store, stack_id, settings), settings)
    return OpenedStack(stack_id, image, store.histories(stack_id))
