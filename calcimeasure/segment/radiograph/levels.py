"""What stands out from its surroundings at a place of a radiograph, without the network.

Around a place patches of all sizes are cut. What is wider than a part of a patch is taken from it (white top-hat;
Serra, Image Analysis and Mathematical Morphology, 1982), gaps between grains are closed and holes are filled, and the
connected part at the place is taken above each of several levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.morphology import reconstruction

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.network import SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.patches import Patch

AT = SIDE // 2
"""Row and column of the pixel at the place that a patch is cut around."""


def level_sets(patch: Patch) -> Iterator[tuple[float, NDArray[np.bool_]]]:
    """Give connected parts at the middle of a patch, each with its level: the share of the density at the middle."""
    smooth = ndimage.gaussian_filter(_continued_into_air(patch), RADIOGRAPH.grain_sigma)
    wide = RADIOGRAPH.widest_pixels
    below = ndimage.gaussian_filter(ndimage.grey_opening(smooth, (wide, wide)), wide / 6)
    above = np.where(patch.air, 0, np.maximum(smooth - below, 0))
    for gap in RADIOGRAPH.closed_gaps:
        whole = without_holes(ndimage.grey_closing(above, footprint=disk(gap)) if gap else above)
        densest, area = float(whole[_near_middle()].max()), 0
        if densest <= 0:
            continue
        for level in reversed(RADIOGRAPH.levels):
            mask = _part_at_middle((whole > level * densest) & ~patch.air)
            if mask is None or _reaches_border(mask):
                break
            if gap:
                mask = ndimage.binary_opening(mask, disk(1)) | (mask & (above > level * densest))
            if np.count_nonzero(mask) >= max(RADIOGRAPH.least_growth * area, RADIOGRAPH.fewest_of_level):
                area = int(np.count_nonzero(mask))
                yield level, mask


def _continued_into_air(patch: Patch) -> NDArray[np.float64]:
    """(SIDE, SIDE) values, in the open beam those of the nearest tissue: the skin is no edge then."""
    outside = ndimage.binary_dilation(patch.air)
    if outside.all() or not outside.any():
        return patch.values
    nearest = ndimage.distance_transform_edt(outside, return_distances=False, return_indices=True)
    values: NDArray[np.float64] = patch.values[tuple(nearest)]
    return values


def without_holes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, columns) values of which every part that is lower than all around it is raised."""
    raised = np.full_like(values, values.max())
    raised[[0, -1]], raised[:, [0, -1]] = values[[0, -1]], values[:, [0, -1]]
    filled: NDArray[np.float64] = reconstruction(raised, values, method="erosion")
    return filled


def disk(radius: int) -> NDArray[np.bool_]:
    """(2 radius + 1, 2 radius + 1) pixels of a disk."""
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    inside: NDArray[np.bool_] = rows**2 + columns**2 <= (radius + 0.3) ** 2
    return inside


def _part_at_middle(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Take the connected part at the middle, or the largest one near it."""
    labels, _ = ndimage.label(mask)
    near = labels[_near_middle()]
    label = int(labels[AT, AT]) or int(np.bincount(near.ravel(), near.ravel() > 0).argmax())
    return labels == label if label else None


def _near_middle() -> tuple[slice, slice]:
    room = RADIOGRAPH.pixels_aside
    return slice(AT - room, AT + room + 1), slice(AT - room, AT + room + 1)


def _reaches_border(mask: NDArray[np.bool_]) -> bool:
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())
