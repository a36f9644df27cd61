"""A stack with all that its review needs, read from the store and from its files. No Qt, no viewer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from calcimeasure import load_image
from calcimeasure.run.results import series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure import Settings
    from calcimeasure.model import Radiograph, Revision, StackFacts, Volume
    from calcimeasure.store import Store


class Review(StrEnum):
    """How far the review of a stack is."""

    TO_REVIEW = "to review"
    IN_REVIEW = "in review"
    DONE = "done"
    NOTHING = "nothing found"
    SEEN = "seen"
    """Nothing was found, and a reader has looked through it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the worklist.

    Parameters
    ----------
    stack_id, facts
        The stack.
    asked, decided
        Lesions that a reader is asked about, and those of them that are decided.
    readers
        Who decided.
    seen_by
        Who looked through it as a whole.
    """

    stack_id: int
    facts: StackFacts
    asked: int
    decided: int
    readers: tuple[str, ...]
    seen_by: tuple[str, ...] = ()

    @property
    def state(self) -> Review:
        """How far its review is."""
        if not self.asked:
            return Review.SEEN if self.seen_by else Review.NOTHING
        if self.decided == self.asked:
            return Review.DONE
        return Review.IN_REVIEW if self.decided or self.readers else Review.TO_REVIEW


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A stack that was opened: its image, and every revision of its lesions by Tracking UID."""

    stack_id: int
    image: Volume | Radiograph
    histories: Mapping[str, Sequence[Revision]]


def worklist(store: Store) -> tuple[Task, ...]:
    """List every measured stack, by patient, study, series and stack."""
    counts, readers, seen_by = store.worklist(), store.readers(), store.seen_by()
    return tuple(
        Task(stack_id, facts, *counts.get(stack_id, (0, 0)), readers.get(stack_id, ()), seen_by.get(stack_id, ()))
        for stack_id, facts in store.measured_stacks().items()
    )


def first_open(tasks: Iterable[Task]) -> Task | None:
    """Choose where a review begins: at the first stack that is not done, else at the first one."""
    every = list(tasks)
    return next((task for task in every if task.state in (Review.TO_REVIEW, Review.IN_REVIEW)), next(iter(every), None))


def open_stack(store: Store, settings: Settings, stack_id: int) -> Stack:
    """Load a stack.

    Raises
    ------
    InputPathError
        Its files are gone, or not those that were measured.
    SeriesError
        Its images cannot be loaded.
    """
    image = load_image(series_of(store, stack_id, settings), settings)
    return Stack(stack_id, image, store.histories(stack_id))
