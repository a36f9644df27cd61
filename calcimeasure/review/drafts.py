"""Outlines that are painted and not yet saved, and the functions that measure them. Pure functions and records."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.model import AlgorithmType
from calcimeasure.review import edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.measure.preview import Preview
    from calcimeasure.model import Image, Outline, RadiographMeasurements, Revision
    from calcimeasure.review.edits import Signature
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class Draft:
    """A lesion that is painted and not yet saved.

    Parameters
    ----------
    outline
        The painted outline; None if everything was erased.
    begun
        Time of the first stroke (`time.monotonic`).
    preview
        First numbers of a large lesion, until the draft is measured.
    measured
        The revision that will be appended; None until the draft is measured.
    """

    outline: Outline | None
    begun: float
    preview: Preview | RadiographMeasurements | None = None
    measured: Revision | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A draft to be measured. `work` may run in another thread; pass its result to `Session.take`."""

    label: int
    outline: Outline
    work: Callable[[], Revision]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """An edit of several lesions that is to be measured.

    Parameters
    ----------
    numbers
        The lesions.
    numbers_then
        The number of the newest revision of every lesion when the edit was begun, by Tracking UID.
    work
        Measures, and may run in another thread; pass its result to `Session.take_edit`.
    """

    numbers: tuple[int, ...]
    numbers_then: Mapping[str, int]
    work: Callable[[], Sequence[Revision]]


class Drafts:
    """The drafts of a session.

    Attributes
    ----------
    by_label
        Each draft by its label. The label is the number of the lesion, if the lesion already has a number.
    """

    def __init__(self) -> None:
        self.by_label: dict[int, Draft] = {}
        self._measuring: set[int] = set()
        self._grown: set[Outline] = set()

    def paint(self, label: int, outline: Outline | None, kept: Outline | None, image: Image) -> None:
        """Record the outline of a lesion as painted now.

        Parameters
        ----------
        label
            The lesion.
        outline
            The painted outline; None if everything was erased.
        kept
            The outline in the store. If the painted outline is equal to it (after undo or erasing), there is no draft.
        image
            The CT volume, or the radiograph with the currently known spacing.
        """
        self._measuring.discard(label)
        if outline == kept:
            self.drop(label)
            return
        begun = self.by_label[label].begun if label in self.by_label else time.monotonic()
        self.by_label[label] = Draft(outline, begun, None if outline is None else first_numbers(outline, image))

    def drop(self, label: int) -> None:
        """Remove a draft, because it was saved or discarded."""
        self.by_label.pop(label, None)

    def begun_before(self, label: int, seconds: float) -> bool:
        """Tell whether there is a draft that was begun at least a number of seconds ago."""
        draft = self.by_label.get(label)
        return draft is not None and time.monotonic() - draft.begun >= seconds

    def note_grown(self, outline: Outline) -> None:
        """Note that a tool grew an outline; it counts as drawn by the tool until a reader paints on it."""
        self._grown.add(outline)

    def is_rough(self, label: int) -> bool:
        """Tell whether a draft was painted, and not grown by a tool."""
        draft = self.by_label.get(label)
        return draft is not None and draft.outline is not None and draft.outline not in self._grown

    def drawn_by(self, outline: Outline) -> AlgorithmType:
        """Tell how an outline was drawn: grown by a tool, or painted by a reader."""
        return AlgorithmType.SEMIAUTOMATIC if outline in self._grown else AlgorithmType.MANUAL

    def next_to_measure(self, first: int | None) -> tuple[int, Outline] | None:
        """Give label and outline of the next draft that is not being measured; None if there is none.

        Parameters
        ----------
        first
            The label that goes before all others.
        """
        waiting = {
            label: draft.outline
            for label, draft in self.by_label.items()
            if draft.outline is not None and draft.measured is None and label not in self._measuring
        }
        if not waiting:
            return None
        label = first if first is not None and first in waiting else min(waiting)
        return label, waiting[label]

    def note_measuring(self, label: int) -> None:
        """Note that a draft is being measured."""
        self._measuring.add(label)

    def take(self, job: Job, measured: Revision) -> bool:
        """Store the numbers of a draft; False if the draft was painted on after the job was given."""
        draft = self.by_label.get(job.label)
        if draft is None or draft.outline is not job.outline:
            return False
        self.by_label[job.label] = replace(draft, measured=measured)
        self._measuring.discard(job.label)
        return True

    def forget_numbers(self, labels: Iterable[int]) -> None:
        """Mark drafts to be measured again, because the spacing or the anatomy has changed."""
        for label in labels:
            self.by_label[label] = replace(self.by_label[label], measured=None)
            self._measuring.discard(label)


def first_numbers(outline: Outline, image: Image) -> Preview | RadiographMeasurements | None:
    """Measure the first numbers of a large lesion; None for a small one, whose full measurement takes little time.

    Parameters
    ----------
    outline
        The outline as painted.
    image
        The CT volume, or the radiograph with the known spacing.
    """
    kind = kind_of(image)
    return kind.preview(image, outline) if kind.is_large(image, outline) else None


def measuring(
    outline: Outline,
    drawn: AlgorithmType,
    current: Revision | None,
    newest: Mapping[str, Revision],
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None,
) -> Callable[[], Revision]:
    """Make a function that measures a draft. The function holds copies of its inputs, so later changes do not matter.

    Parameters
    ----------
    outline, drawn
        The draft, and how it was drawn.
    current
        The lesion that it belongs to; None for a new one.
    newest, image, settings, by, anatomy
        As in `calcimeasure.review.add`.
    """
    if current is not None:
        return lambda: edits.redraw(current, outline, drawn, image, settings, by, anatomy)
    return lambda: edits.add(outline, drawn, newest, image, settings, by, anatomy)
