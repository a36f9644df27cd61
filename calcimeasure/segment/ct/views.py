"""What surrounds a dense part: three planes through its middle, in two sizes, as the network looks at them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spacing = tuple[float, float, float]

SIDE: Final = CT.view_side
"""Pixels along a side of a view."""
VIEWS: Final = 3 * len(CT.view_steps_mm)
"""Views of a part: planes of rows and columns, of slices and columns, of slices and rows, for each step."""
CHANNELS: Final = 4
"""See `as_channels`."""
BEYOND_HU: Final = -32768
"""What lies beyond the end of the image."""


def middles_of(
    labels: NDArray[np.int32], depth_mm: NDArray[np.float32], numbers: NDArray[np.intp]
) -> NDArray[np.intp]:
    """(n, 3) index of the deepest voxel of each part; of several that are equally deep, the first."""
    count = int(labels.max(initial=0)) + 1
    wanted = np.zeros(count, dtype=np.bool_)
    wanted[numbers] = True
    at = np.flatnonzero(wanted[labels])
    label, depth = labels.ravel()[at], depth_mm.ravel()[at]
    deepest = np.zeros(count, dtype=np.float32)
    np.maximum.at(deepest, label, depth)
    top = np.flatnonzero(depth >= deepest[label])
    first = np.zeros(count, dtype=np.intp)
    found, index = np.unique(label[top], return_index=True)
    first[found] = at[top[index]]
    return np.stack(np.unravel_index(first[numbers], labels.shape), axis=1)


def views_of(
    attenuation_hu: NDArray[np.int16],
    labels: NDArray[np.int32],
    spacing_mm: Spacing,
    numbers: NDArray[np.intp],
    middles_mm: NDArray[np.float64],
    label_spacing_mm: Spacing,
    corner_mm: NDArray[np.float64],
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Sample attenuation and the part itself around the middles of parts.

    Parameters
    ----------
    attenuation_hu, spacing_mm
        (k, j, i) of the coarse copy.
    labels, label_spacing_mm, corner_mm
        (k, j, i) of the parts, or of the solids on their coarser grid, and their first corner from that of the copy.
    numbers, middles_mm
        (n,) labels, and (n, 3) their middles from the first corner of the copy.

    Returns
    -------
    attenuation, own
        (n, VIEWS, SIDE, SIDE): means over about a step, `BEYOND_HU` beyond the image; and where the part itself lies.
    """
    seen = np.full((len(numbers), VIEWS, SIDE, SIDE), BEYOND_HU, dtype=np.int16)
    own = np.zeros(seen.shape, dtype=np.bool_)
    across = (np.arange(SIDE) - (SIDE - 1) / 2)
    for scale, step_mm in enumerate(CT.view_steps_mm):
        copy_hu, copy_mm = _averaged(attenuation_hu, spacing_mm, step_mm)
        for n, (number, middle_mm) in enumerate(zip(numbers, middles_mm, strict=True)):
            lines = [
                (_on(middle_mm[axis] + across * step_mm, copy_mm[axis], copy_hu.shape[axis]),
                 _on(middle_mm[axis] - corner_mm[axis] + across * step_mm, label_spacing_mm[axis], labels.shape[axis]))
                for axis in range(3)
            ]
            points = [
                (_on(middle_mm[axis : axis + 1], copy_mm[axis], copy_hu.shape[axis]),
                 _on(middle_mm[axis : axis + 1] - corner_mm[axis], label_spacing_mm[axis], labels.shape[axis]))
                for axis in range(3)
            ]
            for fixed in range(3):
                chosen = [points[axis] if axis == fixed else lines[axis] for axis in range(3)]
                hu = _taken(copy_hu, [one for one, _ in chosen], BEYOND_HU)
                inside = _taken(labels, [one for _, one in chosen], 0) == number
                seen[n, 3 * scale + fixed] = hu.reshape(SIDE, SIDE)
                own[n, 3 * scale + fixed] = inside.reshape(SIDE, SIDE)
    return seen, own


def as_channels(seen_hu: NDArray[np.int16], own: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(..., CHANNELS) soft tissue, what is denser, the part itself, and what lies beyond the image; each 0 to 1."""
    beyond = seen_hu == BEYOND_HU
    hu = np.where(beyond, np.int16(-1000), seen_hu).astype(np.float32)
    (soft_low, soft_high), (dense_low, dense_high) = CT.view_windows_hu
    channels = np.empty((*seen_hu.shape, CHANNELS), dtype=np.float32)
    channels[..., 0] = np.clip((hu - soft_low) / (soft_high - soft_low), 0, 1)
    channels[..., 1] = np.clip((hu - dense_low) / (dense_high - dense_low), 0, 1)
    channels[..., 2] = own
    channels[..., 3] = beyond
    return channels


def _averaged(
    attenuation_hu: NDArray[np.int16], spacing_mm: Spacing, step_mm: float
) -> tuple[NDArray[np.int16], Spacing]:
    """Average blocks of about a step; incomplete blocks at the far ends are left as they are."""
    factor = [max(1, round(step_mm / mm)) for mm in spacing_mm]
    total = attenuation_hu.astype(np.int32)
    for axis, n in enumerate(factor):
        if n > 1:
            starts = np.arange(0, total.shape[axis], n)
            total = np.add.reduceat(total, starts, axis=axis)
            counts = np.diff(np.append(starts, attenuation_hu.shape[axis]))
            total //= counts.reshape([-1 if other == axis else 1 for other in range(3)]).astype(np.int32)
    k, j, i = (n * mm for n, mm in zip(factor, spacing_mm, strict=True))
    return total.astype(np.int16), (k, j, i)


def _on(places_mm: NDArray[np.float64], spacing_mm: float, count: int) -> NDArray[np.intp]:
    """Return the index of the block that holds each place; -1 beyond the image."""
    index = np.floor(places_mm / spacing_mm).astype(np.intp)
    return np.where((index >= 0) & (index < count), index, -1)


def _taken(array: NDArray, index: list[NDArray[np.intp]], beyond: int) -> NDArray:
    found = array[np.ix_(*index)]
    outside = [one < 0 for one in index]
    if any(one.any() for one in outside):
        for axis, one in enumerate(outside):
            found[tuple(one if other == axis else slice(None) for other in range(3))] = beyond
    return found
