"""A lesion as a small picture: the slice of its long axis, its outline and its axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import imagecodecs
import numpy as np
from scipy import ndimage

from calcimeasure.model import Radiograph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import FilmMeasurements, Lesion, Measurements, PointLps, Volume

SIDE_PIXELS = 128
_MARGIN_MM = 15.0
_MARGIN_SHARE = 0.5
"""Of the long axis: a radiograph need not know any millimeters."""
_WINDOW_HU = (-300.0, 1200.0)
_OUTLINE_RGB = (255, 210, 0)
_LONG_AXIS_RGB = (0, 220, 255)
_SHORT_AXIS_RGB = (255, 90, 200)


def draw(image: Volume | Radiograph, lesion: Lesion, side_pixels: int = SIDE_PIXELS) -> bytes:
    """Draw a lesion.

    Parameters
    ----------
    image
        The stack, or the radiograph.
    lesion
        In it.
    side_pixels
        How wide and high the picture is.

    Returns
    -------
    bytes
        A square PNG, true to scale, of the slice that the long axis lies on. Patient's left is on the
        viewer's right, anterior and superior are above, in any acquisition: the picture is a view, no voxel is moved.
        A radiograph stands as it is stored.
    """
    plane = _film(image, lesion) if isinstance(image, Radiograph) else _slice(image, lesion)
    rows_columns = _sampled(plane, lesion, side_pixels)
    values = ndimage.map_coordinates(plane.values.astype(np.float32, copy=False), rows_columns, order=1, mode="nearest")
    low, high = plane.window or (float(values.min()), float(values.max()) + 1e-6)
    gray = np.clip((values - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    picture = np.repeat(gray[..., None], 3, axis=2)
    picture[_border(lesion, plane.index, rows_columns)] = _OUTLINE_RGB
    for ends, color in zip(plane.axes, (_SHORT_AXIS_RGB, _LONG_AXIS_RGB), strict=True):
        first, second = (_pixel_of(end, rows_columns) for end in ends)
        picture[_line(first, second, side_pixels)] = color
    return bytes(imagecodecs.png_encode(picture))


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """What a lesion is drawn on.

    Parameters
    ----------
    values, index
        (rows, columns) of the slice, and its index in the stack.
    spacing, margin
        Of rows and of columns, and how much is shown round the lesion; in one unit.
    ways
        1 where the row and the column index rise downwards and to the right of the viewer, -1 where not.
    window
        Black and white; None for the darkest and the brightest that is shown.
    axes
        Short and long axis, each as two (row, column).
    """

    values: NDArray[Any]
    index: int
    spacing: tuple[float, float]
    margin: float
    ways: tuple[int, int]
    window: tuple[float, float] | None
    axes: list[list[tuple[float, float]]]


def _slice(volume: Volume, lesion: Lesion) -> _Plane:
    geometry, numbers = volume.geometry, cast("Measurements", lesion.measurements)
    k = numbers.long_axis_slice

    def row_column(point: PointLps) -> tuple[float, float]:
        offset = np.array(point) - geometry.origins_lps_mm[k]
        row = offset @ geometry.column_direction / geometry.row_spacing_mm
        column = offset @ geometry.row_direction / geometry.column_spacing_mm
        return float(row), float(column)

    return _Plane(
        values=volume.attenuation_hu[k],
        index=k,
        spacing=(geometry.row_spacing_mm, geometry.column_spacing_mm),
        margin=_MARGIN_MM,
        ways=(_way(geometry.column_direction), _way(geometry.row_direction)),
        window=_WINDOW_HU,
        axes=[[row_column(end) for end in axis.ends_lps_mm] for axis in (numbers.short_axis, numbers.long_axis)],
    )


def _film(radiograph: Radiograph, lesion: Lesion) -> _Plane:
    numbers = cast("FilmMeasurements", lesion.measurements)
    return _Plane(
        values=radiograph.pixels,
        index=0,
        spacing=(numbers.pixel_aspect, 1.0),
        margin=_MARGIN_SHARE * numbers.long_axis.length_px,
        ways=(1, 1),
        window=None,
        axes=[list(axis.ends_px) for axis in (numbers.short_axis, numbers.long_axis)],
    )


def _sampled(plane: _Plane, lesion: Lesion, side_pixels: int) -> NDArray[np.float64]:
    """Place the pixels of the picture: (2, side, side) row and column index in the slice."""
    j, i = lesion.outline.start_kji[1:], lesion.outline.stop_kji[1:]
    middle = [(a + b - 1) / 2 for a, b in zip(j, i, strict=True)]
    size = max((b - a) * step for a, b, step in zip(j, i, plane.spacing, strict=True)) + 2 * plane.margin
    steps = (np.arange(side_pixels) - (side_pixels - 1) / 2) * (size / side_pixels)
    places = [m + way * steps / step for m, way, step in zip(middle, plane.ways, plane.spacing, strict=True)]
    return np.stack(np.meshgrid(*places, indexing="ij"))


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


def _pixel_of(place: tuple[float, float], rows_columns: NDArray[np.float64]) -> tuple[float, float]:
    """Find the pixel of the picture that shows a row and column of the slice."""
    down = (place[0] - rows_columns[0, 0, 0]) / (rows_columns[0, 1, 0] - rows_columns[0, 0, 0])
    right = (place[1] - rows_columns[1, 0, 0]) / (rows_columns[1, 0, 1] - rows_columns[1, 0, 0])
    return float(down), float(right)


def _line(
    first: tuple[float, float], second: tuple[float, float], side_pixels: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    count = int(max(abs(b - a) for a, b in zip(first, second, strict=True))) + 2
    rows, columns = (np.rint(np.linspace(a, b, count)).astype(np.intp) for a, b in zip(first, second, strict=True))
    inside = (rows >= 0) & (rows < side_pixels) & (columns >= 0) & (columns < side_pixels)
    return rows[inside], columns[inside]
