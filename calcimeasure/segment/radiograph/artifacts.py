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
