"""Rules for the outline of a mass that a reader marks: it stays in the body, and keeps to what the reader painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.model import Outline
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.scale import pyramid_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph
    from calcimeasure.segment.radiograph.scale import Pyramid

_KEPT: list[tuple[NDArray[np.float32], float, tuple[float, float] | None, Pyramid]] = []
"""The copies of the last radiograph that a reader marked a mass on: its pixels, aspect and spacing, and the copies."""


def kept_pyramid_of(radiograph: Radiograph) -> Pyramid:
    """Make the copies of a radiograph, or take those that were made for the mark before."""
    key = radiograph.pixels, radiograph.pixel_aspect, radiograph.spacing_mm
    for pixels, *others, pyramid in list(_KEPT):
        if pixels is key[0] and tuple(others) == key[1:]:
            return pyramid
    pyramid = pyramid_of(radiograph)
    _KEPT[:] = [(*key, pyramid)]
    return pyramid


def within_skin(outline: Outline, pyramid: Pyramid) -> Outline | None:
    """Take what lies in the open beam from an outline, and keep the largest part; None if nothing is left."""
    _, rows, columns = outline.box
    row_factor, column_factor = pyramid.factors[pyramid.coarse]
    air = pyramid.field.air
    at = np.ix_(
        np.minimum(np.arange(rows.start, rows.stop) // row_factor, air.shape[0] - 1),
        np.minimum(np.arange(columns.start, columns.stop) // column_factor, air.shape[1] - 1),
    )
    mask = outline.mask()[0]
    inside = mask & ~air[at]
    if np.array_equal(inside, mask):
        return outline
    labels, count = ndimage.label(inside)
    if not count:
        return None
    largest = np.bincount(labels.ravel())[1:].argmax() + 1
    return Outline.from_mask((labels == largest)[None], outline.start_kji)


def kept_to_painted(outline: Outline, painted: NDArray[np.bool_], pyramid: Pyramid) -> Outline:
    """Take an outline for what a reader painted, unless it goes far beyond the painted region or leaves most of it.

    Parameters
    ----------
    outline
        What was found from the painted region.
    painted
        (rows, columns) the painted region.
    pyramid
        Copies of the radiograph.

    Returns
    -------
    Outline
        The outline. The painted region itself if the outline lies farther from it than a third of its width, or holds
        less than half of it, or leaves out a part of it that is as dense as the outline: it is never made worse.
    """
    mask = outline.mask_in((0, 0, 0), (1, *painted.shape))[0]
    rows, columns = (np.flatnonzero((mask | painted).any(axis=axis)) for axis in (1, 0))
    near = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    mask, inside = mask[near], np.pad(painted[near], 1)
    steps = pyramid.steps[0]
    width = 2 * float(ndimage.distance_transform_edt(inside, sampling=steps).max())
    beyond = ndimage.distance_transform_edt(~inside, sampling=steps)[1:-1, 1:-1]
    left_out = painted[near] & ~mask
    kept = 1 - np.count_nonzero(left_out) / np.count_nonzero(painted)
    leaves = beyond[mask].max() > RADIOGRAPH.beyond_painted * width or kept < RADIOGRAPH.least_of_painted
    if leaves or _leaves_dense_parts(pyramid.copies[0][near], mask, left_out):
        return Outline.from_mask(painted[None])
    return outline


def _leaves_dense_parts(image: NDArray[np.float32], mask: NDArray[np.bool_], left_out: NDArray[np.bool_]) -> bool:
    """Tell whether much of what was painted and is left out is about as dense as the outline."""
    if not left_out.any():
        return False
    rest = float(np.quantile(image[left_out], RADIOGRAPH.rest_quantile))
    dense = left_out & (image > (float(np.median(image[mask])) + rest) / 2)
    return bool(np.count_nonzero(dense) > RADIOGRAPH.most_left_out * np.count_nonzero(mask))
