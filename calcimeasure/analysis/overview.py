"""A stack as a small picture: the brightest value along each line of sight, with where a point of the patient lies."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.analysis.indexed_png import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Image

LONGEST_PIXELS: Final = 320
"""Pixels along the longer side of the picture."""

GRAYS: Final = 32
_WINDOW_HU: Final = (-50.0, 1400.0)
"""Black and white: soft tissue is dark gray, cortical bone and masses are bright."""

_FLAT_SHARE: Final = 0.4
"""A stack whose extent along the body is a smaller share of its width is seen from the feet, any other from the
front."""

_ACROSS, _FRONT, _ALONG = range(3)
"""The axes of LPS: across the body, front to back, along the body."""


def draw_overview(image: Image) -> bytes | None:
    """Draw a stack as maximum intensity projection.

    Parameters
    ----------
    image
        The CT volume or the radiograph.

    Returns
    -------
    bytes or None
        A PNG, true to scale: seen from the front with the head at the top, or, where the stack is flat, from the feet
        with the front at the top. The patient's right is on the viewer's left. Nothing is drawn on it, so it stays
        true when a reader changes a lesion. The facts in it (`indexed_png.facts_of`) are ``mm``, the size of a pixel,
        ``letters``, the directions in the patient to the left and to the top, and ``affine``, two rows of four
        numbers: (column, row) of the pixel that shows a point = affine (x, y, z, 1), LPS mm. On a stack with uneven
        slices the affine map is the best fit. None on a radiograph, which can have names at its border.
    """
    if image.geometry is None:
        return None
    geometry = image.geometry
    axes = _patient_axes(geometry)
    extent_mm = _extents_mm(geometry)
    along = extent_mm[axes.index(_ALONG)]
    sight, down = (_ALONG, _FRONT) if along < _FLAT_SHARE * extent_mm[axes.index(_ACROSS)] else (_FRONT, _ALONG)
    values = image.attenuation_hu.max(axis=axes.index(sight))
    rows, columns = axes.index(down), axes.index(_ACROSS)
    if rows > columns:
        values = values.T
    size_mm = max(extent_mm[rows], extent_mm[columns]) / LONGEST_PIXELS
    reversed_ = (_goes_up(geometry, rows, down), _goes_up(geometry, columns, _ACROSS))
    places = [
        _places_mm(extent_mm[axis], size_mm, backwards)
        for axis, backwards in zip((rows, columns), reversed_, strict=True)
    ]
    indexes = [_index(geometry, axis, mm) for axis, mm in zip((rows, columns), places, strict=True)]
    sampled = _sampled(values, indexes)
    low, high = _WINDOW_HU
    levels = np.clip((sampled - low) / (high - low) * GRAYS, 0, GRAYS - 1).astype(np.uint8)
    affine = _affine(geometry, (columns, rows), (places[1], places[0]), size_mm)
    facts = {
        "mm": round(size_mm, 6),
        "letters": "R" + ("S" if down == _ALONG else "A"),
        "affine": np.round(affine, 6).tolist(),
    }
    return encode(levels, GRAYS, (), facts)


def _directions(geometry: Geometry) -> NDArray[np.float64]:
    """(3, 3) direction in LPS of each axis of the array: slices, rows, columns."""
    return np.stack([geometry.normal, geometry.column_direction, geometry.row_direction])


def _patient_axes(geometry: Geometry) -> tuple[int, ...]:
    """Give for each axis of the array the axis of the patient that it runs along, each once."""
    share = np.abs(_directions(geometry))
    return max(permutations(range(3)), key=lambda order: sum(share[a, b] for a, b in enumerate(order)))


def _extents_mm(geometry: Geometry) -> list[float]:
    """Give the extent of the array along each of its axes, from the outer edges of the outermost voxels."""
    along = geometry.positions_along_normal_mm
    slices = float(along[-1] - along[0]) + (geometry.slice_spacing_mm or 1.0)
    return [
        slices,
        geometry.shape_kji[1] * geometry.row_spacing_mm,
        geometry.shape_kji[2] * geometry.column_spacing_mm,
    ]


def _goes_up(geometry: Geometry, axis: int, patient_axis: int) -> bool:
    """Tell whether an axis of the array rises against the picture: to the viewer's left, or to the top."""
    rises = bool(_directions(geometry)[axis, patient_axis] > 0)
    return rises if patient_axis == _ALONG else not rises


def _places_mm(extent_mm: float, size_mm: float, backwards: bool) -> NDArray[np.float64]:
    """Give where the pixels lie along an axis, in mm from the outer edge of its first voxel."""
    count = max(round(extent_mm / size_mm), 1)
    places: NDArray[np.float64] = (np.arange(count, dtype=np.float64) + 0.5) * (extent_mm / count)
    return places[::-1] if backwards else places


def _index(geometry: Geometry, axis: int, places_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the index along an axis at places from the outer edge of its first voxel."""
    if axis == 0:
        along = geometry.positions_along_normal_mm - geometry.positions_along_normal_mm[0]
        index: NDArray[np.float64] = np.interp(
            places_mm - (geometry.slice_spacing_mm or 1.0) / 2, along, np.arange(len(along))
        )
        return index
    spacing_mm = geometry.row_spacing_mm if axis == 1 else geometry.column_spacing_mm
    return places_mm / spacing_mm - 0.5


def _sampled(values: NDArray[np.int16], indexes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Sample an image; where pixels are coarser than its own, each takes the brightest that it covers."""
    steps = [max(int(abs(one[-1] - one[0]) / max(len(one) - 1, 1)), 1) for one in indexes]
    if max(steps) > 1:
        values = ndimage.maximum_filter(values, size=steps, mode="nearest")
    places = np.meshgrid(*indexes, indexing="ij")
    sampled: NDArray[np.float32] = ndimage.map_coordinates(values.astype(np.float32), places, order=1, mode="nearest")
    return sampled


def _affine(
    geometry: Geometry,
    axes: tuple[int, int],
    places_mm: tuple[NDArray[np.float64], NDArray[np.float64]],
    size_mm: float,
) -> NDArray[np.float64]:
    """(2, 4): fit the pixel that shows a point of the patient, for the corners of every slice."""
    count, rows, columns = geometry.shape_kji
    corners = [(j, i) for j in (0, rows - 1) for i in (0, columns - 1)]
    indexes = np.array([(k, j, i) for k in range(count) for j, i in corners], dtype=np.float64)
    points = geometry.to_lps_mm(indexes)
    along = geometry.positions_along_normal_mm - geometry.positions_along_normal_mm[0]
    edge_mm = (
        along[indexes[:, 0].astype(int)] + (geometry.slice_spacing_mm or 1.0) / 2,
        (indexes[:, 1] + 0.5) * geometry.row_spacing_mm,
        (indexes[:, 2] + 0.5) * geometry.column_spacing_mm,
    )
    pixels = []
    for axis, places in zip(axes, places_mm, strict=True):
        step = (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 else size_mm
        pixels.append((edge_mm[axis] - places[0]) / step)
    known = np.column_stack([points, np.ones(len(points))])
    fit, *_ = np.linalg.lstsq(known, np.column_stack(pixels), rcond=None)
    return np.asarray(fit.T)
