"""What surrounds a dense part: three planes through its middle, in two sizes, as the network looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import edt
import numpy as np

from calcimeasure.segment.ct.coarse import means_of
from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Outline, Volume

Spacing = tuple[float, float, float]
Blocks = TypeVar("Blocks", bound=np.generic)

SIDE: Final = CT.view_side
"""Pixels along a side of a view."""
VIEWS: Final = 3 * len(CT.view_steps_mm)
"""Views of a part: planes of rows and columns, of slices and columns, of slices and rows, for each step."""
CHANNELS: Final = 4
"""See `as_channels`."""
BEYOND_HU: Final = -32768
"""What lies beyond the end of the image."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The whole stack at the steps of the views.

    Parameters
    ----------
    copies_hu, spacings_mm
        For each step: (k, j, i) means over blocks of about a step, and the distance between these.
    """

    copies_hu: tuple[NDArray[np.int16], ...]
    spacings_mm: tuple[Spacing, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Labeled:
    """Parts, or solids on their coarser grid.

    Parameters
    ----------
    labels, depth_mm
        (k, j, i) label of each block, and its distance from the surface.
    spacing_mm
        Distance between the blocks.
    corner_mm
        Where the first corner lies, from the first corner of the stack.
    """

    labels: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    spacing_mm: Spacing
    corner_mm: Spacing


def around(attenuation_hu: NDArray[np.int16], spacing_mm: Spacing) -> Around:
    """Average the blocks of a coarse copy at the steps of the views."""
    copies, spacings = [], []
    for step_mm in CT.view_steps_mm:
        k, j, i = (max(1, round(step_mm / mm)) for mm in spacing_mm)
        copies.append(means_of(attenuation_hu, (k, j, i)))
        spacings.append((k * spacing_mm[0], j * spacing_mm[1], i * spacing_mm[2]))
    return Around(tuple(copies), tuple(spacings))


def views_of(stack: Around, parts: Labeled, numbers: NDArray[np.intp]) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Sample attenuation and the part itself in three planes through the deepest block of each part.

    Parameters
    ----------
    stack, parts
        The stack and the parts in it.
    numbers
        (n,) the labels that are looked at.

    Returns
    -------
    attenuation, own
        (n, VIEWS, SIDE, SIDE): attenuation, `BEYOND_HU` beyond the end of the image; and where the part itself lies.
    """
    shape = (len(numbers), VIEWS, SIDE, SIDE)
    seen, own = np.empty(shape, dtype=np.int16), np.empty(shape, dtype=np.bool_)
    middles_mm = (_deepest(parts, numbers) + 0.5) * np.array(parts.spacing_mm) + np.array(parts.corner_mm)
    across = np.arange(SIDE) - (SIDE - 1) / 2
    for scale, (copy_hu, copy_mm) in enumerate(zip(stack.copies_hu, stack.spacings_mm, strict=True)):
        places_mm = middles_mm[:, :, None] + across * CT.view_steps_mm[scale]
        from_corner_mm = np.array(parts.corner_mm)
        middle_mm = middles_mm[:, :, None]
        in_copy = _on(middle_mm, copy_mm, copy_hu.shape), _on(places_mm, copy_mm, copy_hu.shape)
        in_parts = (
            _on(middle_mm - from_corner_mm[:, None], parts.spacing_mm, parts.labels.shape),
            _on(places_mm - from_corner_mm[:, None], parts.spacing_mm, parts.labels.shape),
        )
        for fixed in range(3):
            seen[:, 3 * scale + fixed] = _taken(copy_hu, *in_copy, fixed, BEYOND_HU)
            own[:, 3 * scale + fixed] = _taken(parts.labels, *in_parts, fixed, 0) == numbers[:, None, None]
    return seen, own


def views_of_outline(volume: Volume, outline: Outline) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Sample what surrounds an outline as the network looks at it, to be shown.

    The network looks at the part on a coarse copy: the middle of these views may lie a block of it beside the middle of
    those.

    Parameters
    ----------
    volume, outline
        The stack, and a proposal in it.

    Returns
    -------
    attenuation, own
        (VIEWS, SIDE, SIDE), see `views_of`.
    """
    spacing_mm = volume.geometry.spacing_kji_mm
    mask = outline.mask()
    depth_mm = edt.edt(mask, anisotropy=spacing_mm, black_border=True, parallel=1)
    k, j, i = (start * mm for start, mm in zip(outline.start_kji, spacing_mm, strict=True))
    part = Labeled(mask.astype(np.int32), depth_mm, spacing_mm, (k, j, i))
    seen_hu, own = views_of(around(volume.attenuation_hu, spacing_mm), part, np.array([1], dtype=np.intp))
    return seen_hu[0], own[0]


def _deepest(parts: Labeled, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """(n, 3) index of the deepest block of each part; of several that are equally deep, the first."""
    count = int(parts.labels.max(initial=0)) + 1
    wanted = np.zeros(count, dtype=np.bool_)
    wanted[numbers] = True
    at = np.flatnonzero(wanted[parts.labels])
    label, depth_mm = parts.labels.ravel()[at], parts.depth_mm.ravel()[at]
    deepest_mm = np.zeros(count, dtype=np.float32)
    np.maximum.at(deepest_mm, label, depth_mm)
    top = np.flatnonzero(depth_mm >= deepest_mm[label])
    first = np.zeros(count, dtype=np.intp)
    found, index = np.unique(label[top], return_index=True)
    first[found] = at[top[index]]
    return np.stack(np.unravel_index(first[numbers], parts.labels.shape), axis=1)


def as_channels(seen_hu: NDArray[np.int16], own: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(..., CHANNELS) soft tissue, what is denser, the part itself, and what lies beyond the image; each 0 to 1."""
    channels: NDArray[np.float32] = _channels_of_hu()[seen_hu.view(np.uint16)]
    channels[..., 2] = own
    return channels


@cache
def _channels_of_hu() -> NDArray[np.float32]:
    """(65536, CHANNELS) the channels of each value, by its bits without their sign."""
    hu = np.arange(65536, dtype=np.uint16).view(np.int16)
    beyond = hu == BEYOND_HU
    seen = np.where(beyond, np.int16(-1000), hu).astype(np.float32)
    (soft_low, soft_high), (dense_low, dense_high) = CT.view_windows_hu
    channels = np.zeros((len(hu), CHANNELS), dtype=np.float32)
    channels[:, 0] = np.clip((seen - soft_low) / (soft_high - soft_low), 0, 1)
    channels[:, 1] = np.clip((seen - dense_low) / (dense_high - dense_low), 0, 1)
    channels[:, 3] = beyond
    return channels


def _on(places_mm: NDArray[np.float64], spacing_mm: Spacing, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """(n, 3, places) index of the block that holds each place along each axis; -1 beyond the image."""
    index = np.floor(places_mm / np.array(spacing_mm)[:, None]).astype(np.intp)
    return np.where((index >= 0) & (index < np.array(shape)[:, None]), index, -1)


def _taken(
    array: NDArray[Blocks], middle: NDArray[np.intp], along: NDArray[np.intp], fixed: int, beyond: int
) -> NDArray[Blocks]:
    """(n, SIDE, SIDE) the blocks of a plane through each middle, across an axis."""
    rows, columns = (axis for axis in range(3) if axis != fixed)
    steps = (array.shape[1] * array.shape[2], array.shape[2], 1)
    down, right, start = along[:, rows, :, None], along[:, columns, None], middle[:, fixed, :, None]
    flat = start * steps[fixed] + down * steps[rows] + right * steps[columns]
    missing = np.broadcast_to((start < 0) | (down < 0) | (right < 0), flat.shape)
    flat[missing] = 0
    found: NDArray[Blocks] = array.ravel()[flat]
    found[missing] = beyond
    return found
