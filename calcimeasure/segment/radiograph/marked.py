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
    mask = outline.mask()[0]
    start = outline.start_kji[1], outline.start_kji[2]
    inside = mask & ~_in_full_size(pyramid.field.air, pyramid, start, (mask.shape[0], mask.shape[1]))
    if np.array_equal(inside, mask):
        return outline
    labels, count = ndimage.label(inside)
    if not count:
        return None
    largest = np.bincount(labels.ravel())[1:].argmax() + 1
    return Outline.from_mask((labels == largest)[None], outline.start_kji)


def without_skin_flap(outline: Outline, pyramid: Pyramid) -> Outline:
    """Take bare soft tissue from an outline that reaches the skin: of a fingertip the mass in it is kept.

    Much of an outline that is no denser than the tissue right below the skin beside it is no mass. What is denser than
    half-way between this tissue and the densest of the outline is kept then, in one piece and without holes.
    """
    image, start = _near(outline, pyramid)
    mask = outline.mask_in((0, *start), (1, start[0] + image.shape[0], start[1] + image.shape[1]))[0]
    air = _in_full_size(pyramid.field.air, pyramid, start, (image.shape[0], image.shape[1]))
    if not air.any():
        return outline
    radius = float(np.sqrt(np.count_nonzero(mask) / np.pi))
    from_air = ndimage.distance_transform_edt(~air)
    below_skin = (from_air > RADIOGRAPH.skin_rim * radius) & (from_air <= RADIOGRAPH.below_skin * radius)
    border = mask & ~ndimage.binary_erosion(mask)
    beside = below_skin & ~mask
    if np.mean(from_air[border] <= RADIOGRAPH.below_skin * radius) < RADIOGRAPH.least_at_skin or not beside.any():
        return outline
    smooth = ndimage.gaussian_filter(image, RADIOGRAPH.smoothed_flap * radius)
    bare, dense = float(np.median(smooth[beside])), float(np.quantile(smooth[mask], RADIOGRAPH.dense_quantile))
    is_bare = smooth < bare + RADIOGRAPH.bare_share * (dense - bare)
    if dense <= bare or np.mean(is_bare[mask]) < RADIOGRAPH.least_bare:
        return outline
    labels, count = ndimage.label(mask & (smooth > (bare + dense) / 2))
    if not count:
        return outline
    largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    around = max(1, round(RADIOGRAPH.closed_flap * radius))
    closed = ndimage.binary_closing(np.pad(largest, around), iterations=around)[around:-around, around:-around]
    kept = ndimage.binary_fill_holes(closed) & mask
    return Outline.from_mask(kept[None], (0, *start))


def _near(outline: Outline, pyramid: Pyramid) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Cut the image around an outline, with half its size on each side; and the first row and column of that."""
    _, rows, columns = outline.box
    room = (rows.stop - rows.start + 1) // 2 + 2, (columns.stop - columns.start + 1) // 2 + 2
    start = max(0, rows.start - room[0]), max(0, columns.start - room[1])
    return pyramid.copies[0][start[0] : rows.stop + room[0], start[1] : columns.stop + room[1]], start


def _in_full_size(
    mask: NDArray[np.bool_], pyramid: Pyramid, start: tuple[int, int], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Give a mask of the coarse copy in pixels of the radiograph, from a row and column on."""
    factors = pyramid.factors[pyramid.coarse]
    at = [
        np.minimum(np.arange(first, first + count) // factor, full - 1)
        for first, count, factor, full in zip(start, shape, factors, mask.shape, strict=True)
    ]
    found: NDArray[np.bool_] = mask[np.ix_(*at)]
    return found


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
        less than half of it, or leaves out a part of it that is denser than half-way from the surroundings to the
        outline.
    """
    mask = outline.mask_in((0, 0, 0), (1, *painted.shape))[0]
    steps = pyramid.steps[0]
    width = _width(painted, steps)
    near = _box_of(mask | painted, round(RADIOGRAPH.beside_painted * width / min(steps)) + 1)
    mask, inside = mask[near], painted[near]
    beyond = ndimage.distance_transform_edt(~inside, sampling=steps)
    left_out = inside & ~mask
    kept = 1 - np.count_nonzero(left_out) / np.count_nonzero(inside)
    leaves = beyond[mask].max() > RADIOGRAPH.beyond_painted * width or kept < RADIOGRAPH.least_of_painted
    away = ndimage.distance_transform_edt(~(mask | inside), sampling=steps)
    beside = (away > 0) & (away <= max(RADIOGRAPH.beside_painted * width, *steps))
    if leaves or _leaves_dense_part(pyramid.copies[0][near], mask, left_out, beside):
        return Outline.from_mask(painted[None])
    return outline


def _width(mask: NDArray[np.bool_], steps: tuple[float, float]) -> float:
    """Width of a region: the diameter of the largest disk in it."""
    inside = np.pad(mask[_box_of(mask, 0)], 1)
    return 2 * float(ndimage.distance_transform_edt(inside, sampling=steps).max())


def _box_of(mask: NDArray[np.bool_], room: int) -> tuple[slice, slice]:
    """Give the rows and columns of a mask, with some more around it."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(max(0, rows[0] - room), rows[-1] + room + 1), slice(max(0, columns[0] - room), columns[-1] + room + 1)


def _leaves_dense_part(
    image: NDArray[np.float32], mask: NDArray[np.bool_], left_out: NDArray[np.bool_], beside: NDArray[np.bool_]
) -> bool:
    """Tell whether what was painted and is left out is nearer in density to the outline than to what lies beside."""
    if not (left_out.any() and beside.any()):
        return False
    rest, dense, around = (float(np.median(image[part])) for part in (left_out, mask, beside))
    return rest - around > (dense - around) / 2
