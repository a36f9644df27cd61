"""Outlines that are painted and not yet kept, and what measures them. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.model import AlgorithmType
from calcimeasure.review import edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.measure.preview import Preview
    from calcimeasure.model import Image, Outline, RadiographMeasurements, Revision
    from calcimeasure.review.edits import Signature
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class Draft:
    """A lesion as it is painted and not yet kept.

    Parameters
    ----------
    outline
        None where all of it was erased.
    begun
        When it was first painted on (`time.monotonic`).
    preview
        First numbers of a large lesion, until it is measured.
    measured
        The revision that will be appended, when it is measured.
    """

    outline: Outline | None
    begun: float
    preview: Preview | RadiographMeasurements | None = None
    measured: Revision | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A draft to be measured: `work` may run in another thread, its result belongs to `Session.take`."""

    label: int
    outline: Outline
    work: Callable[[], Revision]


class Drafts:
    """The drafts of a session.

    Attributes
    ----------
    by_label
        Each draft by its label, which is the number of the lesion where it has one.
    """

    def __init__(self) -> None:
        self.by_label: dict[int, Draft] = {}
        self._measuring: set[int] = set()
        self._grown: set[Outline] = set()

    def paint(self, label: int, outline: Outline | None, kept: Outline | None, image: Image) -> None:
        """Take an outline as it is painted now.

        Parameters
        ----------
        label
            The lesion.
        outline
            None where all of it was erased.
        kept
            The outline that is in the store: where it is painted again, by undoing or by erasing, there is no draft.
        image
            The stack; a radiograph with the millimeters that are known now.
        """
        self._measuring.discard(label)
        if outline == kept:
            self.drop(label)
            return
        begun = self.by_label[label].begun if label in self.by_label else time.monotonic()
        self.by_label[label] = Draft(outline, begun, None if outline is None else first_numbers(outline, image))

    def drop(self, label: int) -> None:
        """Forget a draft: it is kept now, or nobody wants it."""
        self.by_label.pop(label, None)

    def begun_before(self, label: int, seconds: float) -> bool:
        """Tell whether a draft is there that was begun at least so many seconds ago."""
        draft = self.by_label.get(label)
        return draft is not None and time.monotonic() - draft.begun >= seconds

    def note_grown(self, outline: Outline) -> None:
        """Note that a tool grew an outline: until a reader paints on it, it is no reader's own."""
        self._grown.add(outline)

    def is_rough(self, label: int) -> bool:
        """Tell whether a draft was painted, and not grown by a tool."""
        draft = self.by_label.get(label)
        return draft is not None and draft.outline is not None and draft.outline not in self._grown

    def drawn_by(self, outline: Outline) -> AlgorithmType:
        """Say how an outline was drawn: grown by a tool, or by a reader."""
        return AlgorithmType.SEMIAUTOMATIC if outline in self._grown else AlgorithmType.MANUAL

    def next_to_measure(self, first: int | None) -> tuple[int, Outline] | None:
        """Give label and outline of the next draft that nobody measures yet; None where there is none.

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
        """Take the numbers of a draft; False where it was painted on since the job was given."""
        draft = self.by_label.get(job.label)
        if draft is None or draft.outline is not job.outline:
            return False
        self.by_label[job.label] = replace(draft, measured=measured)
        self._measuring.discard(job.label)
        return True

    def forget_numbers(self, labels: Iterable[int]) -> None:
        """Have drafts measured anew, because what they were measured with has changed."""
        for label in labels:
            self.by_label[label] = replace(self.by_label[label], measured=None)
            self._measuring.discard(label)


def first_numbers(outline: Outline, image: Image) -> Preview | RadiographMeasurements | None:
    """Measure at once what can be measured at once of a large lesion; None for a small one, which is measured soon.

    Parameters
    ----------
    outline
        As it is painted.
    image
        The stack; a radiograph with the millimeters that are known.
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
    """Make what measures a draft: a recipe of values, so that it does not matter what happens meanwhile.

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
