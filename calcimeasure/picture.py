"""A lesion as a small picture: the slice of its long axis, its outline and its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Lesion, PointLps, Volume

SIDE_PIXELS = 128
_MARGIN_MM = 15.0
_WINDOW_HU = (-300.0, 1200.0)
_OUTLINE_RGB = (255, 210, 0)
_LONG_AXIS_RGB = (0, 220, 255)
_SHORT_AXIS_RGB = (255, 90, 200)


def draw(volume: Volume, lesion: Lesion, side_pixels: int = SIDE_PIXELS) -> bytes:
    """Draw a lesion.

    Parameters
    ----------
    volume
        The stack.
    lesion
        In it.
    side_pixels
        How wide and high the picture is.

    Returns
    -------
    bytes
        A square PNG, true to scale, of the slice that the long axis lies on. Patient's left is on the
        viewer's right, anterior and superior are above, in any acquisition: the picture is a view, no voxel is moved.
    """
    geometry, numbers = volume.geometry, lesion.measurements
    k = numbers.long_axis_slice
    rows_columns = _sampled(geometry, lesion, side_pixels)
    attenuation_hu = ndimage.map_coordinates(
        volume.attenuation_hu[k].astype(np.float32), rows_columns, order=1, mode="nearest"
    )
    low, high = _WINDOW_HU
    gray = np.clip((attenuation_hu - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    picture = np.repeat(gray[..., None], 3, axis=2)
    picture[_border(lesion, k, rows_columns)] = _OUTLINE_RGB
    for axis, color in ((numbers.short_axis, _SHORT_AXIS_RGB), (numbers.long_axis, _LONG_AXIS_RGB)):
        first, second = (_pixel_of(geometry, k, end, rows_columns) for end in axis.ends_lps_mm)
        picture[_line(first, second, side_pixels)] = color
    return bytes(imagecodecs.png_encode(picture))


def _sampled(geometry: Geometry, lesion: Lesion, side_pixels: int) -> NDArray[np.float64]:
    """Place the pixels of the picture: (2, side, side) row and column index in the slice."""
    j, i = lesion.outline.start_kji[1:], lesion.outline.stop_kji[1:]
    middle = [(a + b - 1) / 2 for a, b in zip(j, i, strict=True)]
    spacing_mm = (geometry.row_spacing_mm, geometry.column_spacing_mm)
    size_mm = max((b - a) * step for a, b, step in zip(j, i, spacing_mm, strict=True)) + 2 * _MARGIN_MM
    steps_mm = (np.arange(side_pixels) - (side_pixels - 1) / 2) * (size_mm / side_pixels)
    down, right = np.meshgrid(steps_mm, steps_mm, indexing="ij")
    row_way, column_way = _way(geometry.column_direction), _way(geometry.row_direction)
    return np.stack([middle[0] + row_way * down / spacing_mm[0], middle[1] + column_way * right / spacing_mm[1]])


def _way(direction: NDArray[np.float64]) -> int:
    """Tell whether an index rises to the viewer's right or downwards: to the left, to the back or to the feet."""
    axis = int(np.argmax(np.abs(direction)))
    rises = direction[axis] > 0
    return 1 if rises != (axis == 2) else -1


def _border(lesion: Lesion, k: int, rows_columns: NDArray[np.float64]) -> NDArray[np.bool_]:
    outline = lesion.outline
    mask = np.zeros(rows_columns.shape[1:], dtype=np.bool_)
    if outline.start_kji[0] <= k < outline.stop_kji[0]:
        own = outline.mask()[k - outline.start_kji[0]].astype(np.float32)
        place = rows_columns - np.array(outline.start_kji[1:])[:, None, None]
        mask = ndimage.map_coordinates(own, place, order=1, mode="constant") >= 0.5
    border: NDArray[np.bool_] = mask & ~ndimage.binary_erosion(mask)
    return border


def _pixel_of(geometry: Geometry, k: int, point: PointLps, rows_columns: NDArray[np.float64]) -> tuple[float, float]:
    """Find the pixel of the picture that shows a point of the slice."""
    offset = np.array(point) - geometry.origins_lps_mm[k]
    row = offset @ geometry.column_direction / geometry.row_spacing_mm
    column = offset @ geometry.row_direction / geometry.column_spacing_mm
    down = (row - rows_columns[0, 0, 0]) / (rows_columns[0, 1, 0] - rows_columns[0, 0, 0])
    right = (column - rows_columns[1, 0, 0]) / (rows_columns[1, 0, 1] - rows_columns[1, 0, 0])
    return float(down), float(right)


def _line(
    first: tuple[float, float], second: tuple[float, float], side_pixels: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    count = int(max(abs(b - a) for a, b in zip(first, second, strict=True))) + 2
    rows, columns = (np.rint(np.linspace(a, b, count)).astype(np.intp) for a, b in zip(first, second, strict=True))
    inside = (rows >= 0) & (rows < side_pixels) & (columns >= 0) & (columns < side_pixels)
    return rows[inside], columns[inside]
