"""A square part of a radiograph around a place, and how well an outline on it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.network import SIDE
from calcimeasure.segment.radiograph.rays import true_in
from calcimeasure.segment.radiograph.shadows import MIDDLE, Shadow, patch_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.scale import Pyramid


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A square part of a radiograph.

    Parameters
    ----------
    center, side
        As those of a `Shadow`.
    values
        (SIDE, SIDE) attenuation.
    air
        (SIDE, SIDE) true in the open beam and beyond the image.
    """

    center: tuple[float, float]
    side: float
    values: NDArray[np.float64]
    air: NDArray[np.bool_]

    def shadow(self, mask: NDArray[np.bool_]) -> Shadow:
        """Give a mask of this patch as a shadow."""
        return Shadow(self.center, self.side, (1 / (1 + np.exp(-depth_in(mask)))).astype(np.float32), mask)


@dataclass(frozen=True, slots=True)
class Border:
    """How attenuation falls across the border of a mask, in the unit of attenuation.

    Parameters
    ----------
    fall
        The mean.
    weakest
        What a seventh of the border does not reach.
    """

    fall: float
    weakest: float


def patch_around(pyramid: Pyramid, center: tuple[float, float], side: float) -> Patch:
    """Cut a patch from a radiograph."""
    values, within = patch_at(pyramid, center, side)
    air = true_in(pyramid, pyramid.field.air, _places(pyramid, center, side))
    return Patch(center, side, values.astype(np.float64), air | ~within)


def on_patch(pyramid: Pyramid, patch: Patch, shadow: Shadow) -> NDArray[np.bool_]:
    """(SIDE, SIDE) a shadow on another patch than its own, without holes."""
    places = _places(pyramid, patch.center, patch.side)
    at = (places - shadow.center) * pyramid.steps[0] / shadow.pixel + MIDDLE
    whole = ndimage.binary_fill_holes(shadow.mask).astype(np.float32)
    found: NDArray[np.bool_] = ndimage.map_coordinates(whole, np.moveaxis(at, -1, 0), order=1) > 0.5
    return found


def region_on_patch(pyramid: Pyramid, patch: Patch, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(SIDE, SIDE) a region of the radiograph on a patch."""
    places = np.moveaxis(_places(pyramid, patch.center, patch.side), -1, 0)
    found: NDArray[np.bool_] = ndimage.map_coordinates(region.astype(np.float32), places, order=1) > 0.5
    return found


def depth_in(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(rows, columns) distance from the border of a mask in pixels, negative outside: it runs between pixels."""
    inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    depth: NDArray[np.float64] = np.where(mask, inside - 0.5, 0.5 - ndimage.distance_transform_edt(~mask))
    return depth


def border_of(patch: Patch, mask: NDArray[np.bool_]) -> Border | None:
    """Judge the border of a mask on a patch; None where too little of it lies in the patient."""
    depth, near = depth_in(mask), RADIOGRAPH.beside_border
    border = mask & (depth < 1)
    inner, outer = mask & (depth < near), ~mask & (depth > -near) & ~patch.air
    inside, _ = _averages(patch.values, inner)
    outside, weight = _averages(patch.values, outer)
    falls = (inside - outside)[border & (weight > RADIOGRAPH.least_beside)]
    if falls.size < RADIOGRAPH.fewest_border:
        return None
    return Border(float(falls.mean()), float(np.quantile(falls, RADIOGRAPH.closed_quantile)))


def _averages(values: NDArray[np.float64], part: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average a part of a patch near each pixel; and the weight that it has there."""
    weight = ndimage.gaussian_filter(part.astype(np.float64), RADIOGRAPH.border_sigma)
    total = ndimage.gaussian_filter(values * part, RADIOGRAPH.border_sigma)
    return total / np.maximum(weight, 1e-6), weight


def _places(pyramid: Pyramid, center: tuple[float, float], side: float) -> NDArray[np.float64]:
    """(SIDE, SIDE, 2) row and column of the pixels of a patch, in pixels of the radiograph."""
    away = np.moveaxis(np.mgrid[:SIDE, :SIDE] - MIDDLE, 0, -1) * (side / SIDE)
    places: NDArray[np.float64] = np.asarray(center) + away / np.array(pyramid.steps[0])
    return places
