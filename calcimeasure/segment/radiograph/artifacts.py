"""What is no mass by its looks alone: specks, and what is drawn or metal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.shadows import longest_extent

if TYPE_CHECKING:
    from calcimeasure.model import Outline
    from calcimeasure.segment.radiograph.scale import Pyramid


def is_speck(outline: Outline, pyramid: Pyramid) -> bool:
    """Tell whether an outline is too small to be proposed."""
    if outline.voxel_count < RADIOGRAPH.fewest_proposed_pixels:
        return True
    mask = outline.mask()[0]
    # No other pixel lies farther out than the border, in any direction.
    border = np.argwhere(mask & ~ndimage.binary_erosion(mask))
    length = longest_extent(border * pyramid.steps[0]) + min(pyramid.steps[0])
    return pyramid.in_mm and length < RADIOGRAPH.smallest_proposed_mm


def is_drawn(outline: Outline, pyramid: Pyramid) -> bool:
    """Tell whether what is outlined is flat, and ends in a step: a box, a letter, a screw or a shield."""
    room = RADIOGRAPH.step_pixels
    _, rows, columns = outline.box
    image = pyramid.copies[0]
    start = max(0, rows.start - room - 1), max(0, columns.start - room - 1)
    near = image[start[0] : rows.stop + room + 1, start[1] : columns.stop + room + 1]
    mask = outline.mask_in((0, *start), (1, start[0] + near.shape[0], start[1] + near.shape[1]))[0]
    core = ndimage.binary_erosion(mask, iterations=room + 1)
    low, high = np.quantile(pyramid.copies[pyramid.coarse], RADIOGRAPH.image_quantiles)
    if not core.any() or high <= low or near[core].std() > RADIOGRAPH.flat_inside * (high - low):
        return False
    size = 2 * room + 1
    steps = ndimage.maximum_filter(near, size) - ndimage.minimum_filter(near, size)
    border = mask & ~ndimage.binary_erosion(mask)
    return bool(np.quantile(steps[border], RADIOGRAPH.step_quantile) > RADIOGRAPH.step_share * (high - low))


def is_round(outline: Outline) -> bool:
    """Tell whether an outline is an ellipse: a dense stone looks so, a box, a letter and a screw do not."""
    mask = np.pad(outline.mask()[0], 1)
    places = np.argwhere(mask)
    if len(places) < 2:
        return False
    # A pixel has a size: without it, pixels of one row have no width.
    spread = np.cov(places.T, bias=True) + np.eye(2) / 12
    away = np.moveaxis(np.indices(mask.shape), 0, -1) - places.mean(axis=0)
    # The border of an ellipse lies at twice the standard deviation in every direction.
    ellipse = np.einsum("...i,ij,...j", away, np.linalg.inv(spread), away) <= 4
    return bool(np.count_nonzero(ellipse & mask) >= RADIOGRAPH.round_share * np.count_nonzero(ellipse | mask))
