"""What a reader did in a session, step by step, to be undone and done again: strokes and decisions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

STEPS: Final = 200
"""So many steps can be undone. What was kept can always be undone by its revisions."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Voxels that were painted.

    Parameters
    ----------
    where
        Flat indexes of the voxels in the label image, ascending.
    before, after
        Labels of the voxels before and after the stroke.
    press
        How often the mouse button had gone down: all that is painted while it stays down is one step.
    """

    where: NDArray[np.int64]
    before: NDArray[np.uint16]
    after: NDArray[np.uint16]
    press: int

    @property
    def labels(self) -> list[int]:
        """The lesions that gained or lost voxels, ascending."""
        return sorted({*np.unique(self.before).tolist(), *np.unique(self.after).tolist()} - {0})

    def voxels(self, shape_kji: tuple[int, int, int]) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
        """Give for each of the labels the (n, 3) indexes of the voxels that it gained, and of those that it lost."""
        kji = np.stack(np.unravel_index(self.where, shape_kji), axis=1)
        for label in self.labels:
            yield label, kji[self.after == label], kji[self.before == label]

    def then(self, later: Stroke) -> Stroke:
        """Make one stroke of this one and of a later one."""
        where = np.union1d(self.where, later.where)
        before, after = np.zeros(len(where), np.uint16), np.zeros(len(where), np.uint16)
        for stroke in (later, self):
            before[np.searchsorted(where, stroke.where)] = stroke.before
        for stroke in (self, later):
            after[np.searchsorted(where, stroke.where)] = stroke.after
        return Stroke(where, before, after, self.press)

    def rename(self, label: int, number: int) -> None:
        """Give the voxels of a label another one, where a lesion was kept under another number."""
        self.before[self.before == label] = number
        self.after[self.after == label] = number


@dataclass(frozen=True, slots=True)
class Decision:
    """An edit that is in the store.

    Parameters
    ----------
    before, after
        The number of the newest revision of each lesion (by Tracking UID) before and after the edit; 0 where the lesion
        was not there.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]


Step = Stroke | Decision


class History:
    """The steps of a session that can be undone, and those that were undone and can be done again."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def add(self, step: Step) -> None:
        """Add what was done last. Strokes of one press become one step; what was undone before cannot be done again."""
        last = self._done[-1] if self._done else None
        if isinstance(step, Stroke) and isinstance(last, Stroke) and last.press == step.press:
            self._done[-1] = last.then(step)
        else:
            self._done = [*self._done[-STEPS + 1 :], step]
        self._undone.clear()

    def next(self, forward: bool) -> Step | None:
        """Give the step that is undone next, or (forward) done again next; None where there is none."""
        source = self._undone if forward else self._done
        return source[-1] if source else None

    def move(self, step: Step, forward: bool) -> None:
        """Note that a step was undone or done again, unless the history was cleared meanwhile."""
        source, goal = (self._undone, self._done) if forward else (self._done, self._undone)
        if source and source[-1] is step:
            source.pop()
            goal.append(step)

    def clear(self) -> None:
        """Forget every step."""
        self._done.clear()
        self._undone.clear()

    def rename(self, label: int, number: int) -> None:
        """Give the voxels of a label another one in every stroke."""
        for step in (*self._done, *self._undone):
            if isinstance(step, Stroke):
                step.rename(label, number)
