"""The steps of a reader in a session (strokes and decisions), for undo and redo. No input or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

STEPS: Final = 200
"""Number of steps that can be undone. Saved edits can always be undone with their revisions."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Voxels that one stroke changed.

    Parameters
    ----------
    where
        Flat indexes of the voxels in the label image, ascending.
    before, after
        Labels of the voxels before and after the stroke.
    press
        Count of presses of the mouse button. Everything painted during one press is one step.
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
        """Give, for each label, the (n, 3) indexes of the voxels that it gained and of those that it lost."""
        kji = np.stack(np.unravel_index(self.where, shape_kji), axis=1)
        for label in self.labels:
            yield label, kji[self.after == label], kji[self.before == label]

    def then(self, later: Stroke) -> Stroke:
        """Join this stroke and a later one into one stroke."""
        where = np.union1d(self.where, later.where)
        before, after = np.zeros(len(where), np.uint16), np.zeros(len(where), np.uint16)
        for stroke in (later, self):
            before[np.searchsorted(where, stroke.where)] = stroke.before
        for stroke in (self, later):
            after[np.searchsorted(where, stroke.where)] = stroke.after
        return Stroke(where, before, after, self.press)

    def rename(self, label: int, number: int) -> None:
        """Replace a label by another one, after a lesion was saved with another number."""
        self.before[self.before == label] = number
        self.after[self.after == label] = number


@dataclass(frozen=True, slots=True)
class Decision:
    """An edit that is in the store.

    Parameters
    ----------
    before, after
        The number of the newest revision of each lesion (by Tracking UID) before and after the edit; 0 if the lesion
        did not exist.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """Something that a reader said about lesions and that no revision has: a link with an earlier date.

    Parameters
    ----------
    numbers, words
        The lesions, and what was said.
    undo, redo
        Take it back, and say it again.
    """

    numbers: tuple[int, ...]
    words: str
    undo: Callable[[], object]
    redo: Callable[[], object]


Step = Stroke | Decision | Act


@dataclass(frozen=True, slots=True)
class StepTold:
    """What a step changed, for the reader.

    Parameters
    ----------
    numbers
        The lesions that it changed.
    words
        What was done.
    slices_k
        The slices on which a stroke lies; empty for a decision.
    """

    numbers: tuple[int, ...]
    words: str
    slices_k: tuple[int, ...] = ()


class History:
    """The steps of a session that can be undone, and those that were undone and can be done again."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def add(self, step: Step) -> None:
        """Add the last step. Strokes of one press are joined into one step. Steps undone before cannot be redone."""
        last = self._done[-1] if self._done else None
        if isinstance(step, Stroke) and isinstance(last, Stroke) and last.press == step.press:
            self._done[-1] = last.then(step)
        else:
            self._done = [*self._done[-STEPS + 1 :], step]
        self._undone.clear()

    def next(self, forward: bool) -> Step | None:
        """Give the step that is undone next or, with `forward`, redone next; None if there is none."""
        source = self._undone if forward else self._done
        return source[-1] if source else None

    def move(self, step: Step, forward: bool) -> None:
        """Note that a step was undone or redone, unless the history was cleared in the meantime."""
        source, goal = (self._undone, self._done) if forward else (self._done, self._undone)
        if source and source[-1] is step:
            source.pop()
            goal.append(step)

    def forget(self, step: Step) -> None:
        """Forget a step that can be neither undone nor redone any more: the steps before it still can."""
        self._done = [one for one in self._done if one is not step]
        self._undone = [one for one in self._undone if one is not step]

    def clear(self) -> None:
        """Forget every step."""
        self._done.clear()
        self._undone.clear()

    def rename(self, label: int, number: int) -> None:
        """Replace a label by another one in every stroke."""
        for step in (*self._done, *self._undone):
            if isinstance(step, Stroke):
                step.rename(label, number)
