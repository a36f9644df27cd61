"""The worklist, and the image and revisions of a stack for its review, read from its files and from the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from calcimeasure.errors import ReviewError
from calcimeasure.load import load_image
from calcimeasure.model import Status, Tissue
from calcimeasure.results import series_of
from calcimeasure.store import MassFacts, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.model import Image, Lesion, Revision, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


class TaskState(StrEnum):
    """The progress of the review of a stack."""

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
        Number of lesions that a reader must decide, and number of those that are decided.
    readers
        The readers who decided.
    seen_by
        The readers who looked through the whole stack.
    largest_mm, largest_px
        The longest long axis of its masses; in pixels where no mass has millimeters. None if there is none.
    sites
        The body sites of its masses.
    unsure
        The undecided lesions, by Tracking UID, about which a reader wants a second one.
    is_blank
        Whether the reading began without proposals: then a stack without lesions was not looked at yet.
    """

    stack_id: int
    facts: StackFacts
    asked: int
    decided: int
    readers: tuple[str, ...]
    seen_by: tuple[str, ...] = ()
    largest_mm: float | None = None
    largest_px: float | None = None
    sites: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    is_blank: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits for a reader: with a lesion that is open and not marked, or to be looked at without any."""
        return self.open_count > len(self.unsure) or (not self.asked and self.state is TaskState.TO_REVIEW)

    @property
    def open_count(self) -> int:
        """Number of lesions that nobody has decided."""
        return self.asked - self.decided

    def with_lesions(self, lesions: Iterable[Lesion], unsure: Iterable[str] = ()) -> Task:
        """Return the task with the progress counted again, from the current lesions of the stack.

        Parameters
        ----------
        lesions
            Its current lesions.
        unsure
            Tracking UIDs of lesions that have a mark for a second reader.
        """
        there = list(lesions)
        asked = [one for one in there if one.is_mass or one.tissue is Tissue.UNKNOWN]
        masses = [one for one in asked if one.status is not Status.REJECTED]
        marked, undecided = set(unsure), {one.tracking_uid for one in asked if not one.is_decided}
        return replace(
            self,
            asked=len(asked),
            decided=sum(one.is_decided for one in asked),
            readers=tuple(sorted({one.reader for one in there if one.reader is not None})),
            largest_mm=max((mm for one in masses if (mm := one.measurements.long_axis_mm) is not None), default=None),
            largest_px=max((px for one in masses if (px := one.measurements.long_axis_px) is not None), default=None),
            sites=tuple(sorted({str(one.site.body_site) for one in masses if one.site is not None} - {"unknown"})),
            unsure=tuple(sorted(marked & undecided)),
        )

    @property
    def state(self) -> TaskState:
        """The progress of the review of the stack."""
        if not self.asked:
            unseen = TaskState.TO_REVIEW if self.is_blank else TaskState.NOTHING
            return TaskState.SEEN if self.seen_by else unseen
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
    """List every measured stack in which the reading has begun, by patient, study, series and stack."""
    begun = store.begun_stacks()
    counts, readers, seen_by = store.worklist(), store.readers(), store.seen_by()
    masses, remarks = store.masses(), store.current_remarks()
    nothing = MassFacts()
    return tuple(
        Task(
            stack_id,
            facts,
            *counts.get(stack_id, (0, 0)),
            readers.get(stack_id, ()),
            seen_by.get(stack_id, ()),
            largest_mm=(found := masses.get(stack_id, nothing)).largest_mm,
            largest_px=found.largest_px,
            sites=found.sites,
            unsure=tuple(
                sorted(
                    {one.tracking_uid for one in remarks.get(stack_id, ()) if one.kind is RemarkKind.UNSURE}
                    & {*found.undecided}
                )
            ),
            is_blank=store.is_blank,
        )
        for stack_id, facts in store.measured_stacks().items()
        if begun is None or stack_id in begun
    )


def read_to_the_end(store: Store) -> tuple[tuple[Task, ...], int]:
    """List the stacks that a reading has read to the end; and count those among them whose images are others since.

    A stack without lesions has to be marked as seen. Outlines on other images can be compared with none on the present
    ones: such a stack is only counted.
    """
    read = [task for task in tasks_of(store) if task.state in (TaskState.DONE, TaskState.SEEN)]
    others = store.stacks_on_other_images()
    present = tuple(task for task in read if task.stack_id not in others)
    return present, len(read) - len(present)


def first_open(tasks: Iterable[Task]) -> Task | None:
    """Choose the stack at which a review begins: the first one that is not done, else the first one."""
    every = list(tasks)
    unfinished = (task for task in every if task.state in (TaskState.TO_REVIEW, TaskState.IN_REVIEW))
    return next(unfinished, next(iter(every), None))


def open_stack(store: Store, settings: Settings, stack_id: int) -> OpenedStack:
    """Load a stack.

    Raises
    ------
    InputPathError
        The files of the stack are missing, or are not those that were measured.
    SeriesError
        The images of the stack cannot be loaded.
    ReviewError
        The images are others than those on which the reading began.
    """
    if not store.is_on_present_images(stack_id):
        raise ReviewError(
            "The images on which this reading began expected, found others: the stack was measured again on them. What "
            "was read stays in the store; begin another reading (--reading NAME)."
        )
    image = load_image(series_of(store, stack_id, settings), settings)
    return OpenedStack(stack_id, image, store.histories(stack_id))
