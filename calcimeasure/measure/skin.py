"""The distance of a mass from the skin: from its surface to the air outside of the body."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from calcimeasure.edge.windows import highest_in
from calcimeasure.measure.constants import MEASURE
from calcimeasure.model import NOT_IMAGED_HU

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline, Volume

_FIRST_PLACES = 100
"""So many places, the nearest to the box of the mass, bound the distance of the closest ones."""

_STEPS_AT_A_TIME = 10
"""So many steps along a line are looked at only where the first of them lies near a voxel of air."""

_ROUNDING_MM = 1e-6
"""A bound is wider by this, so that rounding leaves no place out."""

_IN_SLICES = np.zeros((3, 3, 3), dtype=np.bool_)
_IN_SLICES[1] = ndimage.generate_binary_structure(2, 1)


def skin_distance_mm(volume: Volume, outline: Outline, border_lps_mm: NDArray[np.float64]) -> float | None:
    """Measure the smallest distance from a mass to the air outside of the body.

    The air outside is air that is connected in its slice with air at the border of the image. Lung, bowel and wounds
    are not. The air is searched on coarse pixels. Then the surface of the skin is found below the voxel, on lines that
    leave the mass toward the nearest air.

    Parameters
    ----------
    volume, outline
        The stack and the mass.
    border_lps_mm
        (n, 3) points of the surface of the mass, with its outermost points.

    Returns
    -------
    float or None
        0 if the mass reaches the skin, which is `skin_reach_mm` thick. None if no air is imaged near the mass, or if
        the image ends in tissue nearer than that air.
    """
    geometry = volume.geometry
    index = _coarse_index(outline, geometry)
    slices, rows, columns = index
    outside, cut = _outside_and_cut(volume.attenuation_hu[np.ix_(slices, rows)].take(columns, axis=2))
    tree = KDTree(border_lps_mm)
    air_lps_mm = _places(index, _rim(outside), geometry)
    if not len(air_lps_mm):
        return None
    closest_lps_mm = _closest(tree, air_lps_mm, MEASURE.skin_lines)
    starts_lps_mm = border_lps_mm[tree.query(closest_lps_mm)[1]]
    distance_mm = min(_to_skin_mm(volume, *ends) for ends in zip(starts_lps_mm, closest_lps_mm, strict=True))
    cut_lps_mm = _places(index, cut, geometry)
    cut_lps_mm = cut_lps_mm[_from_box_mm(cut_lps_mm, tree) <= distance_mm]
    if len(cut_lps_mm) and _distances_mm(tree, cut_lps_mm, distance_mm).min() < distance_mm:
        return None
    return 0.0 if distance_mm <= MEASURE.skin_reach_mm else distance_mm


def _closest(tree: KDTree, places_lps_mm: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """(n, 3) those of many places that lie closest to the points of a tree, closest first.

    A distance that is exact is computed for few of the places: those nearest to the box around the points bound it.
    """
    box_mm = _from_box_mm(places_lps_mm, tree)
    first = np.argsort(box_mm, kind="stable")[: max(_FIRST_PLACES, count)]
    first_mm = np.sort(tree.query(places_lps_mm[first])[0])
    bound_mm = float(first_mm[count - 1]) if len(first_mm) >= count else math.inf
    near_lps_mm = places_lps_mm[box_mm <= bound_mm + _ROUNDING_MM]
    order = np.argsort(_distances_mm(tree, near_lps_mm, bound_mm), kind="stable")[:count]
    return near_lps_mm[order]


def _from_box_mm(places_lps_mm: NDArray[np.float64], tree: KDTree) -> NDArray[np.float64]:
    """(n,) distance of each place from the box around the points of a tree: no point is nearer."""
    beyond_mm = np.maximum(np.maximum(tree.mins - places_lps_mm, places_lps_mm - tree.maxes), 0)
    distance_mm: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", beyond_mm, beyond_mm))
    return distance_mm


def _distances_mm(tree: KDTree, places_lps_mm: NDArray[np.float64], bound_mm: float) -> NDArray[np.float64]:
    """(n,) distance of each place from the points of a tree; infinite beyond a bound."""
    distances_mm: NDArray[np.float64] = tree.query(places_lps_mm, distance_upper_bound=bound_mm + _ROUNDING_MM)[0]
    return distances_mm


def _coarse_index(outline: Outline, geometry: Geometry) -> list[NDArray[np.intp]]:
    """Choose slices near the mass, and rows and columns of coarse pixels; the last row and column are among them."""
    step_k, *in_plane = (max(1, round(MEASURE.skin_pixel_mm / step_mm)) for step_mm in geometry.spacing_kji_mm)
    margin = math.ceil(MEASURE.skin_margin_mm / geometry.spacing_kji_mm[0])
    first, stop = max(outline.start_kji[0] - margin, 0), min(outline.stop_kji[0] + margin, geometry.shape_kji[0])
    chosen = [np.arange(first, stop, step_k)]
    for step, length in zip(in_plane, geometry.shape_kji[1:], strict=True):
        chosen.append(np.unique(np.append(np.arange(0, length, step), length - 1)))
    return chosen


def _outside_and_cut(hu: NDArray[np.int16]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark the air outside of the body, and tissue at which the image ends."""
    imaged = hu != NOT_IMAGED_HU
    at_end = np.zeros_like(imaged)
    at_end[:, (0, -1)] = at_end[:, :, (0, -1)] = True
    if not imaged.all():
        at_end |= ndimage.binary_dilation(~imaged, _IN_SLICES)
    at_end &= imaged
    air = imaged & (hu < MEASURE.outside_air_hu)
    labels, count = ndimage.label(air, structure=_IN_SLICES)
    is_outside = np.zeros(count + 1, dtype=np.bool_)
    # Lung at the end of a small image is less black than air.
    is_outside[labels[at_end & (hu < MEASURE.open_air_hu)]] = True
    is_outside[0] = False
    return is_outside[labels], at_end & ~air


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the pixels of a mask beside which, in a row or in a column, one is not of the mask."""
    beside = np.zeros_like(mask)
    beside[:, 1:] |= ~mask[:, :-1]
    beside[:, :-1] |= ~mask[:, 1:]
    beside[:, :, 1:] |= ~mask[:, :, :-1]
    beside[:, :, :-1] |= ~mask[:, :, 1:]
    return mask & beside


def _places(index: list[NDArray[np.intp]], mask: NDArray[np.bool_], geometry: Geometry) -> NDArray[np.float64]:
    """(n, 3) LPS mm of the coarse voxels of a mask."""
    k, j, i = np.unravel_index(np.flatnonzero(mask), mask.shape)
    return geometry.to_lps_mm(np.column_stack([index[0][k], index[1][j], index[2][i]]))


def _to_skin_mm(volume: Volume, start_lps_mm: NDArray[np.float64], air_lps_mm: NDArray[np.float64]) -> float:
    """Measure the shortest line from a point of the mass to air, among lines around the direction of coarse air.

    Between voxels there is no air unless a voxel beside is air. So of most lines only every nth step is looked at.
    """
    toward = air_lps_mm - start_lps_mm
    length_mm = float(np.linalg.norm(toward))
    if length_mm < MEASURE.skin_step_mm:
        return length_mm
    lines = toward / length_mm + _offsets(toward / length_mm)
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    steps_mm = np.arange(0, length_mm + MEASURE.skin_pixel_mm, MEASURE.skin_step_mm)

    def places(steps_mm: NDArray[np.float64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
        """(3, steps, lines) indexes in the stack."""
        points = start_lps_mm + steps_mm[:, None, None] * lines
        return np.moveaxis(volume.geometry.to_index_kji(points), -1, 0)

    some = places(np.append(steps_mm[::_STEPS_AT_A_TIME], steps_mm[-1]), lines)
    reach = np.ceil(np.abs(np.diff(some, axis=1)).max(axis=(1, 2))).astype(int) + 2
    low = np.maximum(np.floor(some.min(axis=(1, 2))).astype(int) - reach, 0)
    high = np.maximum(np.ceil(some.max(axis=(1, 2))).astype(int) + reach + 1, low + 1)
    near_hu = volume.attenuation_hu[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    near_air = highest_in(near_hu < MEASURE.outside_air_hu, 2 * reach + 1)
    k, j, i = (
        np.clip(np.rint(place).astype(np.intp) - first, 0, n - 1)
        for place, first, n in zip(some, low, near_hu.shape, strict=True)
    )
    for n, able in enumerate(near_air[k, j, i][:-1]):
        if not able.any():
            continue
        first_mm = steps_mm[n * _STEPS_AT_A_TIME : (n + 1) * _STEPS_AT_A_TIME]
        hu = ndimage.map_coordinates(
            near_hu, places(first_mm, lines[able]) - low[:, None, None], order=1, mode="nearest", output=np.float32
        )
        reached = (hu < MEASURE.outside_air_hu).any(axis=1)
        if reached.any():
            return float(first_mm[reached.argmax()])
    return length_mm


def _offsets(toward: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) vectors across a direction, up to half as long as it: the lines lie within 27 degrees of it."""
    across = np.linalg.svd(toward[None])[2][1:]
    ticks = np.linspace(-0.5, 0.5, MEASURE.skin_fan)
    a, b = (part.ravel() for part in np.meshgrid(ticks, ticks))
    offsets: NDArray[np.float64] = np.column_stack([a, b]) @ across
    return offsets
