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


def kept_to_painted(outline: Outline, painted: NDArray[np.bool_], steps: tuple[float, float]) -> Outline:
    """Take an outline for what a reader painted, unless it goes far beyond the painted region or leaves most of it.

    Parameters
    ----------
    outline
        What was found from the painted region.
    painted
        (rows, columns) the painted region.
    steps
        Distance between rows and between columns.

    Returns
    -------
    Outline
        The outline. The painted region itself if the outline lies farther from it than a third of its width, or holds
        less than half of it: it is never made worse.
    """
    mask = outline.mask_in((0, 0, 0), (1, *painted.shape))[0]
    rows, columns = (np.flatnonzero((mask | painted).any(axis=axis)) for axis in (1, 0))
    near = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    mask, inside = mask[near], np.pad(painted[near], 1)
    width = 2 * float(ndimage.distance_transform_edt(inside, sampling=steps).max())
    beyond = ndimage.distance_transform_edt(~inside, sampling=steps)[1:-1, 1:-1]
    kept = np.count_nonzero(mask & painted[near]) / np.count_nonzero(painted)
    if beyond[mask].max() <= RADIOGRAPH.beyond_painted * width and kept >= RADIOGRAPH.least_of_painted:
        return outline
    return Outline.from_mask(painted[None])
