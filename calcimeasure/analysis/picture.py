"""A lesion as a small picture: the slice of its long axis, its outline and its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from scipy import ndimage

from calcimeasure.analysis.indexed_png import encode
from calcimeasure.analysis.kinds import kind_of
from calcimeasure.locate.radiograph_markers import marker_boxes_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.analysis.plane import Plane
    from calcimeasure.locate.marker_letters import Box
    from calcimeasure.model import Image, Lesion, Outline

SIDE_PIXELS = 160
GRAYS = 64
"""Gray levels of a thumbnail: more are noise of the scan, which no compression makes small."""

_OUTLINE_RGB = (255, 210, 0)
_LONG_AXIS_RGB = (0, 220, 255)
_SHORT_AXIS_RGB = (255, 90, 200)
_COLORS = (_OUTLINE_RGB, _SHORT_AXIS_RGB, _LONG_AXIS_RGB)
_PIXELS_OF_VIEW = 6
"""Pixels of the picture along a side of a pixel that the network looks at."""
_BETWEEN_VIEWS_PX = 8
_MARKER_PX = 72
"""Height of the picture of a side marker."""


def draw(image: Image, lesion: Lesion, side_pixels: int = SIDE_PIXELS, grays: int = GRAYS) -> bytes:
    """Draw a lesion.

    Parameters
    ----------
    image
        The CT volume or the radiograph.
    lesion
        A lesion in this image.
    side_pixels, grays
        Width and height of the picture, and its number of gray levels.

    Returns
    -------
    bytes
        A square PNG, true to scale, of the slice that contains the long axis. For any acquisition, the patient's left
        is on the viewer's right, and anterior or superior is at the top. A radiograph is shown as it is stored, and
        black beyond its margin around the lesion. The facts in it (`indexed_png.facts_of`) are ``mm``, the size of a
        pixel, None if it is not known, and ``letters``, the directions in the patient to the left and to the top.
    """
    plane = kind_of(image).plane(image, lesion.measurements)
    rows_columns = _sampled(plane, lesion, side_pixels)
    values = ndimage.map_coordinates(plane.values.astype(np.float32, copy=False), rows_columns, order=1, mode="nearest")
    beyond = _beyond(plane, lesion, rows_columns) if plane.is_cropped else np.zeros(values.shape, dtype=np.bool_)
    low, high = plane.window or (float(values[~beyond].min()), float(values[~beyond].max()) + 1e-6)
    picture = np.clip((values - low) / (high - low) * grays, 0, grays - 1).astype(np.uint8)
    picture[beyond] = 0
    picture[_border(lesion, plane.index, rows_columns)] = grays
    for number, ends in enumerate(plane.axes, grays + 1):
        first, second = (_pixel_of(end, rows_columns) for end in ends)
        picture[_line(first, second, side_pixels)] = number
    size_mm = None if plane.unit_mm is None else round(_size(plane, lesion) / side_pixels * plane.unit_mm, 6)
    return encode(picture, grays, _COLORS, {"mm": size_mm, "letters": plane.letters})


def draw_surroundings(image: Image, outline: Outline) -> bytes | None:
    """Draw what the network looks at around a proposal.

    Parameters
    ----------
    image, outline
        The CT volume or the radiograph, and a proposal in it.

    Returns
    -------
    bytes or None
        A PNG of the views as the network looks at them, along the indexes of the stack: in each row the planes of rows
        and columns, of slices and columns, and of slices and rows, through the deepest place of the proposal; the
        lower row shows more around it. The proposal has a yellow border. None on a radiograph.
    """
    views = kind_of(image).surroundings(image, outline)
    if views is None:
        return None
    return bytes(imagecodecs.png_encode(np.concatenate([_row_of_views(*row) for row in zip(*views, strict=True)])))


def draw_markers(image: Image, lesion: Lesion) -> bytes | None:
    """Draw the side markers that the evidence for the side of a lesion names.

    A picture shows what else is burned in close to a marker, which may be a name: it is drawn from the image for the
    review and for DIR/private alone.

    Returns
    -------
    bytes or None
        A gray PNG, `_MARKER_PX` high, the markers beside each other with some of their surroundings. None on CT, and
        where the evidence names no marker.
    """
    radiograph = kind_of(image).radiograph(image)
    boxes = [] if radiograph is None or lesion.side is None else marker_boxes_in(lesion.side.evidence)
    if radiograph is None or not boxes:
        return None
    return bytes(
        imagecodecs.png_encode(np.concatenate([_marker_view(radiograph.pixels, box) for box in boxes], axis=1))
    )


def _marker_view(pixels: NDArray[np.float32], box: Box) -> NDArray[np.uint8]:
    top, left, bottom, right = box
    room = max(bottom - top, right - left) // 2
    near = pixels[max(0, top - room) : bottom + room, max(0, left - room) : right + room]
    low, high = float(near.min()), float(near.max())
    shown = ndimage.zoom((near - low) / max(high - low, 1e-6), _MARKER_PX / near.shape[0], order=1)
    view: NDArray[np.uint8] = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
    return view


def _row_of_views(gray: NDArray[np.float32], own: NDArray[np.bool_]) -> NDArray[np.uint8]:
    room = ((_BETWEEN_VIEWS_PX // 2,) * 2,) * 2
    views = []
    for one, mask in zip(gray, own, strict=True):
        large, inside = (np.kron(array, np.ones((_PIXELS_OF_VIEW,) * 2, array.dtype)) for array in (one, mask))
        view = np.repeat(np.rint(large * 255).astype(np.uint8)[..., None], 3, axis=2)
        view[inside & ~ndimage.binary_erosion(inside)] = _OUTLINE_RGB
        views.append(np.pad(view, (*room, (0, 0)), constant_values=255))
    return np.concatenate(views, axis=1)


def _sampled(plane: Plane, lesion: Lesion, side_pixels: int) -> NDArray[np.float64]:
    """Compute where the pixels of the picture lie: (2, side, side) row and column index in the slice."""
    start, stop = lesion.outline.start_kji[1:], lesion.outline.stop_kji[1:]
    middle = [(a + b - 1) / 2 for a, b in zip(start, stop, strict=True)]
    steps = (np.arange(side_pixels) - (side_pixels - 1) / 2) * (_size(plane, lesion) / side_pixels)
    places = [m + way * steps / step for m, way, step in zip(middle, plane.ways, plane.spacing, strict=True)]
    return np.stack(np.meshgrid(*places, indexing="ij"))


def _size(plane: Plane, lesion: Lesion) -> float:
    """Compute the width and height that the picture shows, in the unit of the plane."""
    start, stop = lesion.outline.start_kji[1:], lesion.outline.stop_kji[1:]
    return max((b - a) * step for a, b, step in zip(start, stop, plane.spacing, strict=True)) + 2 * plane.margin


def _beyond(plane: Plane, lesion: Lesion, rows_columns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark what lies farther from the box of the lesion than the margin, or beyond the image."""
    beyond = np.zeros(rows_columns.shape[1:], dtype=np.bool_)
    boxes = zip(lesion.outline.start_kji[1:], lesion.outline.stop_kji[1:], plane.values.shape, strict=True)
    for (start, stop, count), step, index in zip(boxes, plane.spacing, rows_columns, strict=True):
        margin = plane.margin / step
        low, high = max(start - margin, 0) - 0.5, min(stop - 1 + margin, count - 1) + 0.5
        beyond |= (index < low) | (index > high)
    return beyond


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
