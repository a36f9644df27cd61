"""What stands out in a region that a reader paints roughly, and whether an outline is better seen than the region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.morphology import reconstruction

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.patches import border_of, depth_in, on_patch, patch_around, region_on_patch
from calcimeasure.segment.radiograph.shadows import longest_extent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.patches import Patch
    from calcimeasure.segment.radiograph.scale import Pyramid
    from calcimeasure.segment.radiograph.shadows import Shadow


def better_than_painted(pyramid: Pyramid, painted: NDArray[np.bool_], shadows: Sequence[Shadow]) -> Shadow | None:
    """Take the outline whose border is seen best; None where that of the painted region is seen as well.

    The painted region stays unless its border is open somewhere, the border of the outline is closed, and attenuation
    falls there more steeply.

    Parameters
    ----------
    painted
        (rows, columns) the painted region.
    shadows
        Outlines that were found for it. What stands out in the region without the network is added.
    """
    patch = _patch_of(pyramid, painted)
    region = region_on_patch(pyramid, patch, painted)
    before = border_of(patch, region) if np.count_nonzero(region) >= RADIOGRAPH.fewest_painted else None
    if before is None:
        return None
    found = [*shadows]
    standing = standing_out(patch, region)
    if standing is not None:
        found.append(patch.shadow(standing))
    best, steepest = None, max(before.fall, 0.0) * RADIOGRAPH.steeper
    for shadow in found:
        mask = on_patch(pyramid, patch, shadow)
        border = border_of(patch, mask) if mask.any() else None
        if border is None or not _holds_to(region, mask):
            continue
        is_closed = border.weakest > RADIOGRAPH.closed_border * border.fall
        if border.fall > steepest and is_closed and before.weakest < RADIOGRAPH.open_border * border.fall:
            best, steepest = shadow, border.fall
    return best


def standing_out(patch: Patch, region: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """(SIDE, SIDE) what of a painted region and near it is denser than the surroundings; None where nothing is.

    The surroundings lie beyond a third of the width of the region, and are continued below it. What is denser than a
    share of the inner part of the region belongs to the mass where it is connected to this part, or lies in the region.
    """
    depth = depth_in(region)
    width = 2 * float(depth.max())
    reach = RADIOGRAPH.beyond_painted * width
    allowed = (depth >= -reach) & ~patch.air
    around = ~patch.air & (depth < -reach) & (depth >= -reach - max(RADIOGRAPH.around_painted * width, 3))
    inner = region & (depth >= min(width * RADIOGRAPH.inner_painted, depth.max() - 0.5))
    if np.count_nonzero(around) < RADIOGRAPH.fewest_around:
        return None
    above = patch.values - _continued(patch.values, around)
    noise = 1.48 * float(np.median(np.abs(above[around] - np.median(above[around]))))
    smooth = ndimage.gaussian_filter(above, max(RADIOGRAPH.grain_sigma, RADIOGRAPH.grain_share * width))
    whole = ndimage.grey_closing(smooth, footprint=_disk(RADIOGRAPH.painted_gap))
    whole = _without_holes(np.where(allowed, whole, min(0.0, float(whole.min()))))
    dense = float(np.median(whole[inner]))
    if dense <= RADIOGRAPH.least_above_noise * noise or dense <= 0:
        return None
    level = max(RADIOGRAPH.painted_level * dense, noise)
    labels, count = ndimage.label((whole > level) & allowed)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    is_mass = np.bincount(labels[region], minlength=count + 1) > sizes / 2
    is_mass[np.unique(labels[inner])] = True
    is_mass[0] = False
    mask = is_mass[labels]
    mask = ndimage.binary_opening(mask, _disk(1)) | (mask & (smooth > level))
    return ndimage.binary_fill_holes(mask) if mask.any() else None


def _patch_of(pyramid: Pyramid, painted: NDArray[np.bool_]) -> Patch:
    """Cut a patch that shows a painted region with its surroundings."""
    rows, columns = (np.flatnonzero(painted.any(axis=axis)) for axis in (1, 0))
    box = painted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    inside = np.argwhere(box & ~ndimage.binary_erosion(box))
    length = longest_extent(inside * pyramid.steps[0]) + max(pyramid.steps[0])
    width = 2 * float(ndimage.distance_transform_edt(np.pad(box, 1), sampling=pyramid.steps[0]).max())
    room = width * (RADIOGRAPH.beyond_painted + RADIOGRAPH.around_painted)
    center = float(rows[0] + rows[-1]) / 2, float(columns[0] + columns[-1]) / 2
    return patch_around(pyramid, center, max(length + 2 * room, length / RADIOGRAPH.painted_fills))


def _holds_to(region: NDArray[np.bool_], mask: NDArray[np.bool_]) -> bool:
    """Tell whether a mask holds most of a region and does not go far beyond it."""
    depth = depth_in(region)
    goes = -float(depth[mask].min())
    kept = np.count_nonzero(region & mask) / np.count_nonzero(region)
    return bool(goes <= RADIOGRAPH.beyond_painted * 2 * depth.max() + 1 and kept >= RADIOGRAPH.least_of_painted)


def _continued(values: NDArray[np.float64], around: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(SIDE, SIDE) attenuation of surroundings, continued smoothly into what they enclose."""
    known = around.astype(np.float64)
    found = np.zeros_like(values)
    for sigma in (24, 12, 6, 3):
        weight = ndimage.gaussian_filter(known, sigma)
        average = ndimage.gaussian_filter(values * known, sigma) / np.maximum(weight, 1e-9)
        trust = np.ones_like(weight) if sigma == 24 else weight / (weight + RADIOGRAPH.little_weight)
        found += trust * (average - found)
    return found


def _without_holes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, columns) values of which every part that is lower than all around it is raised."""
    raised = np.full_like(values, values.max())
    raised[[0, -1]], raised[:, [0, -1]] = values[[0, -1]], values[:, [0, -1]]
    filled: NDArray[np.float64] = reconstruction(raised, values, method="erosion")
    return filled


def _disk(radius: int) -> NDArray[np.bool_]:
    """(2 radius + 1, 2 radius + 1) pixels of a disk."""
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    inside: NDArray[np.bool_] = rows**2 + columns**2 <= (radius + 0.3) ** 2
    return inside
