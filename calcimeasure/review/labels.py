"""The label image on which a reader paints: the label of a voxel is the number of its lesion. No input or output.

Painted voxels are found by comparing the labels with their last known state. Only the voxels that changed are added to
a lesion or removed from it, so voxels that two outlines share stay in both.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import Outline
from calcimeasure.review.history import Stroke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Able = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


class LabelImage:
    """The labels of a stack, and their last known state.

    Parameters
    ----------
    shape_kji
        The shape of the stack.

    Attributes
    ----------
    labels
        (k, j, i) uint16; the viewer paints on this array.
    """

    def __init__(self, shape_kji: tuple[int, int, int]) -> None:
        self.labels = _zeros(shape_kji)
        self._known = _zeros(shape_kji)

    def painted(self, press: int) -> Stroke | None:
        """Find the voxels that were painted since the last comparison; None if there are none."""
        rows, columns = self.labels.shape[1:]
        now, was = (_in_words(labels) for labels in (self.labels, self._known))
        changed = [k for k in range(len(now)) if not np.array_equal(now[k], was[k])]
        if not changed:
            return None
        found = [np.flatnonzero(self.labels[k] != self._known[k]) + k * rows * columns for k in changed]
        where = np.concatenate(found)
        return Stroke(where, self._known.ravel()[where], self.labels.ravel()[where], press)

    def limited(self, stroke: Stroke, able: Able) -> Stroke | None:
        """Take back what a stroke painted where the brush may not paint; erasing is not limited.

        Parameters
        ----------
        stroke
            Voxels as found by `painted`.
        able
            Tells for flat indexes whether the brush may paint there.

        Returns
        -------
        Stroke or None
            What is left of the stroke; None if nothing is.
        """
        kept = (stroke.after == 0) | able(stroke.where)
        refused = stroke.where[~kept]
        self.labels.ravel()[refused] = stroke.before[~kept]
        if not kept.any():
            return None
        return Stroke(stroke.where[kept], stroke.before[kept], stroke.after[kept], stroke.press)

    def take_as_known(self, stroke: Stroke) -> None:
        """Take the voxels of a stroke as known."""
        self._known.ravel()[stroke.where] = self.labels.ravel()[stroke.where]

    def paint_again(self, stroke: Stroke, forward: bool) -> None:
        """Undo a stroke or, with `forward`, paint it again, on those of its voxels that did not change later."""
        old, new = (stroke.before, stroke.after) if forward else (stroke.after, stroke.before)
        flat = self.labels.ravel()
        where = flat[stroke.where] == old
        flat[stroke.where[where]] = new[where]

    def most_under(self, outline: Outline) -> int:
        """Find the lesion that has at least half of the voxels of an outline; 0 if there is none."""
        labels = self.labels[outline.box][outline.mask()]
        counts = np.bincount(labels)
        counts[0] = 0
        most = int(np.argmax(counts))
        return most if 2 * counts[most] >= len(labels) else 0

    def is_free_for(self, label: int, outline: Outline) -> bool:
        """Tell whether any voxel of an outline is free, or has the label already."""
        return bool(np.isin(self.labels[outline.box][outline.mask()], (0, label)).any())

    def paint(self, label: int, outline: Outline, before: Outline | None) -> None:
        """Paint a new outline of a lesion instead of the old one; voxels of other lesions do not change."""
        if before is not None:
            old = self.labels[before.box]
            old[old == label] = 0
        here = self.labels[outline.box]
        here[outline.mask() & (here == 0)] = label

    def erase(self, outline: Outline) -> None:
        """Erase the labels inside an outline."""
        self.labels[outline.box][outline.mask()] = 0

    def draw_all(self, outlines: Iterable[tuple[int, Outline]]) -> None:
        """Draw numbered outlines on empty labels, later ones over earlier ones, and take them as known.

        Only voxels of lesions are written, so the rest of a large stack takes no memory.
        """
        for labels in (self.labels, self._known):
            for one in labels:
                if _in_words(one).any():
                    one[one != 0] = 0
        self.draw_first(outlines)

    def draw_first(self, outlines: Iterable[tuple[int, Outline]]) -> None:
        """Draw numbered outlines as `draw_all` does, on labels that nobody has painted on: none of them is read."""
        for number, outline in outlines:
            inside = outline.mask()
            for labels in (self.labels, self._known):
                labels[outline.box][inside] = number

    def draw_box(
        self, start_kji: Sequence[int], stop_kji: Sequence[int], outlines: Iterable[tuple[int, Outline]]
    ) -> None:
        """Draw the labels in a box again, and take them as known."""
        box = tuple(slice(a, b) for a, b in zip(start_kji, stop_kji, strict=True))
        self.labels[box] = draw_outlines(outlines, start_kji, stop_kji)
        self._known[box] = self.labels[box]

    def rename(self, label: int, number: int, outline: Outline) -> None:
        """Give the voxels of a label in the box of an outline another label, and take them as known."""
        inside = self.labels[outline.box]
        inside[inside == label] = number
        self._known[outline.box] = inside


def draw_outlines(
    outlines: Iterable[tuple[int, Outline]], start_kji: Sequence[int], stop_kji: Sequence[int]
) -> NDArray[np.uint16]:
    """Draw numbered outlines into a box of labels, later ones over earlier ones."""
    labels = np.zeros([b - a for a, b in zip(start_kji, stop_kji, strict=True)], dtype=np.uint16)
    for number, outline in outlines:
        low = [max(a, b) for a, b in zip(outline.start_kji, start_kji, strict=True)]
        high = [min(a, b) for a, b in zip(outline.stop_kji, stop_kji, strict=True)]
        if all(a < b for a, b in zip(low, high, strict=True)):
            here = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start_kji, strict=True))
            labels[here][outline.mask_in(low, high)] = number
    return labels


def changed_outline(
    outline: Outline | None, added_kji: NDArray[np.intp], removed_kji: NDArray[np.intp]
) -> Outline | None:
    """Add voxels to an outline and remove others; None if no voxel is left.

    Parameters
    ----------
    outline
        The outline; None for no voxel.
    added_kji, removed_kji
        (n, 3) indexes.
    """
    corners = [added_kji.min(axis=0), added_kji.max(axis=0) + 1] if len(added_kji) else []
    if outline is not None:
        corners += [np.array(outline.start_kji), np.array(outline.stop_kji)]
    if not corners:
        return None
    start, stop = np.min(corners, axis=0), np.max(corners, axis=0)
    mask = np.zeros(stop - start, dtype=np.bool_) if outline is None else outline.mask_in(start.tolist(), stop.tolist())
    inside = removed_kji[np.all((removed_kji >= start) & (removed_kji < stop), axis=1)] - start
    mask[tuple(inside.T)] = False
    mask[tuple((added_kji - start).T)] = True
    return Outline.from_mask(mask, (int(start[0]), int(start[1]), int(start[2]))) if mask.any() else None


def _zeros(shape_kji: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Make labels that use memory only where a voxel is written, a few rows at a time.

    The zeros of NumPy use pages of 2 MB on some systems: four slices of memory for one voxel.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(shape_kji, dtype=np.uint16)
    own = mmap.mmap(-1, 2 * int(np.prod(shape_kji)), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(own, dtype=np.uint16).reshape(shape_kji)


def _in_words(labels: NDArray[np.uint16]) -> NDArray[np.uint16] | NDArray[np.uint64]:
    """View slices of labels in the type that is compared fastest: four voxels at once, if their count allows this."""
    flat = labels.reshape(*labels.shape[:-2], -1)
    return flat.view(np.uint64) if flat.shape[-1] % 4 == 0 else flat
