"""Boxes in a stack: what is dense fills a small part of it, and pieces far apart have no influence on each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import cc3d
import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = tuple[slice, slice, slice]

_SMALL: Final = 100_000
"""Blocks of an array that is not worth to be divided."""
_SHORTEST: Final = 4
"""Blocks along a side of a cell: shorter cells take longer to sort than the boxes save."""
_MOST: Final = 2000
"""Number of pieces to which pairs of boxes can be compared in little memory."""


def boxes_apart(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float], reach_mm: float) -> list[Box]:
    """Find boxes that hold all of a mask and do not overlap.

    Around what a box holds there is room of at least the reach, except at the end of the array. What a block of the
    mask has to do with others within twice the reach can therefore be computed in each box alone.

    Parameters
    ----------
    mask
        (k, j, i).
    spacing_mm
        Spacing of its blocks.
    reach_mm
        Room around what is in a box.
    """
    if mask.size <= _SMALL:
        return [_whole(mask.shape)]
    cell = tuple(max(_SHORTEST, math.ceil(reach_mm / mm)) for mm in spacing_mm)
    cells = pooled(mask, (cell[0], cell[1], cell[2]))
    found = ndimage.find_objects(cc3d.connected_components(cells, connectivity=26))
    if not found:
        return []
    if len(found) > _MOST:
        return [_whole(mask.shape)]
    low = np.array([[part.start - 1 for part in box] for box in found], dtype=np.intp)
    high = np.array([[part.stop + 1 for part in box] for box in found], dtype=np.intp)
    low, high = _without_overlap(low, high)
    low, high = np.maximum(low * cell, 0), np.minimum(high * cell, mask.shape)
    return [(slice(*k), slice(*j), slice(*i)) for k, j, i in np.stack([low, high], axis=2).tolist()]


def _whole(shape: tuple[int, ...]) -> Box:
    k, j, i = (slice(0, n) for n in shape)
    return k, j, i


def _without_overlap(low: NDArray[np.intp], high: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Join boxes that overlap, until none do; (n, 3) first and last corners."""
    while True:
        overlap = np.ones((len(low), len(low)), dtype=np.bool_)
        for axis in range(3):
            overlap &= low[:, None, axis] < high[None, :, axis]
        count, joined = connected_components(coo_array(overlap & overlap.T), directed=False)
        if count == len(low):
            return low, high
        lowest, highest = np.full((count, 3), low.max()), np.full((count, 3), high.min())
        np.minimum.at(lowest, joined, low)
        np.maximum.at(highest, joined, high)
        low, high = lowest, highest


def box_around(mask: NDArray[np.bool_], margin_kji: tuple[int, int, int] = (1, 1, 1)) -> Box:
    """Box of a mask (k, j, i) that is not empty, with a margin of blocks as far as the copy reaches.

    With a margin only the end of the image counts as an end.
    """
    plane: NDArray[np.bool_] = np.any(mask, axis=0)
    used = [np.flatnonzero(along) for along in (mask.any(axis=(1, 2)), plane.any(axis=1), plane.any(axis=0))]
    k, j, i = (
        slice(max(int(index[0]) - room, 0), min(int(index[-1]) + room + 1, n))
        for index, room, n in zip(used, margin_kji, mask.shape, strict=True)
    )
    return k, j, i


def pooled(mask: NDArray[np.bool_], factor: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Tell which blocks of the coarser grid hold any block of a mask."""
    for axis, step in enumerate(factor):
        if step == 1:
            continue
        along = np.moveaxis(mask, axis, 0)
        some = along[::step].copy()
        for offset in range(1, step):
            more = along[offset::step]
            some[: len(more)] |= more
        mask = np.moveaxis(some, 0, axis)
    return np.ascontiguousarray(mask)
