"""What lies near a mask, without the distance of each voxel: a distance transform takes ten times as long."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import TYPE_CHECKING, Final

import edt
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spacing = tuple[float, float, float]

_MOST_LINES: Final = 40
"""Lines in a quarter of a ball: with more of them a distance transform takes less time."""


def within(mask: NDArray[np.bool_], spacing_mm: Spacing, reach_mm: float) -> NDArray[np.bool_]:
    """Find voxels at most so far from the nearest voxel of a mask.

    Parameters
    ----------
    mask
        (k, j, i).
    spacing_mm
        Spacing of the voxels.
    reach_mm
        The largest distance of two centers.

    Returns
    -------
    ndarray
        (k, j, i); what a distance transform of the mask gives, compared with the reach.
    """
    half = _half_lengths(spacing_mm, reach_mm)
    if np.count_nonzero(half >= 0) > _MOST_LINES:
        return _by_distance(mask, spacing_mm, reach_mm)
    k, j, i = (n - 1 for n in (*half.shape, int(half.max()) + 1))
    padded = np.pad(mask, ((k, k), (j, j), (i, i)))
    row, plane = padded.shape[2], padded.shape[1] * padded.shape[2]
    flat = padded.ravel()
    found, lines = np.zeros_like(flat), flat.copy()
    # A ball consists of lines along the last axis. The margin keeps shifts of the flat array apart from the next line.
    for length in range(i + 1):
        if length:
            lines[length:] |= flat[:-length]
            lines[:-length] |= flat[length:]
        for down, right in np.argwhere(half == length).tolist():
            for offset in {a * plane + b * row for a, b in itertools.product({down, -down}, {right, -right})}:
                found[max(0, offset) : len(flat) + min(0, offset)] |= lines[
                    max(0, -offset) : len(flat) - max(0, offset)
                ]
    return found.reshape(padded.shape)[k : k + mask.shape[0], j : j + mask.shape[1], i : i + mask.shape[2]]


def beyond(mask: NDArray[np.bool_], spacing_mm: Spacing, depth_mm: float) -> NDArray[np.bool_]:
    """Find voxels of a mask that lie deeper in it than so far; the end of the array is no surface."""
    return ~within(~mask, spacing_mm, depth_mm)


def _by_distance(mask: NDArray[np.bool_], spacing_mm: Spacing, reach_mm: float) -> NDArray[np.bool_]:
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.bool_)
    near: NDArray[np.bool_] = edt.edt(~mask, anisotropy=spacing_mm, black_border=False) <= reach_mm
    return near


@cache
def _half_lengths(spacing_mm: Spacing, reach_mm: float) -> NDArray[np.int_]:
    """(k, j) half the length, in voxels, of the line of a ball at so many voxels from its middle; -1 where none is."""
    quarter = np.ones([math.floor(reach_mm / mm) + 2 for mm in spacing_mm], dtype=np.bool_)
    quarter[0, 0, 0] = False
    # The sums of a distance transform, rounded as there: no voxel at just that distance is judged in another way.
    near = edt.edt(quarter, anisotropy=spacing_mm, black_border=False) <= reach_mm
    used = near[near.any(axis=(1, 2))][:, near.any(axis=(0, 2))]
    half: NDArray[np.int_] = used.sum(axis=2) - 1
    return half
