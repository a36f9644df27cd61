"""From polygons to the pixels whose centers lie inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.load.constants import LOAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def fill_polygons(polygons: Iterable[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill closed polygons by the even-odd rule: a polygon inside another is a hole, one inside the hole is filled.

    Parameters
    ----------
    polygons
        Each (n, 2) column and row index of the corners, with fractions; the last corner is joined to the first.
    shape
        Rows and columns.

    Returns
    -------
    ndarray
        (rows, columns) bool, true if the center of a pixel is inside a contour or on it. Programs that trace a mask
        from pixel to pixel (OpenCV, and therefore rt_utils) draw contours through the centers of the outermost pixels,
        also around a hole. Filling such contours gives the original mask.
    """
    rows, columns = shape
    crossings = np.zeros((rows, columns + 1), dtype=np.uint8)
    on_contour = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        start, end = polygon, np.roll(polygon, -1, axis=0)
        # The lower end of an edge is included and the upper end is not, so that each corner is crossed once.
        edge, row = _rows_between(np.ceil(np.minimum(start, end)[:, 1]), np.ceil(np.maximum(start, end)[:, 1]), rows)
        column = _column_at(start[edge], end[edge], row)
        np.bitwise_xor.at(crossings, (row, np.clip(np.ceil(column), 0, columns).astype(np.intp)), 1)
        _mark_centers(on_contour, start, end)
    inside: NDArray[np.bool_] = np.bitwise_xor.accumulate(crossings, axis=1)[:, :columns].astype(np.bool_)
    return inside | on_contour


def _rows_between(
    first: NDArray[np.float64], stop: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List the integers from first to stop (excluded) of each pair, within 0 to limit, and the index of their pair."""
    low, high = (np.clip(one, 0, limit).astype(np.intp) for one in (first, stop))
    counts = np.maximum(high - low, 0)
    pair = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + low[pair]
    return pair, number


def _column_at(start: NDArray[np.float64], end: NDArray[np.float64], row: NDArray[np.intp]) -> NDArray[np.float64]:
    column: NDArray[np.float64] = start[:, 0] + (row - start[:, 1]) * (end - start)[:, 0] / (end - start)[:, 1]
    return column


def _mark_centers(on_contour: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Mark the pixels whose centers lie on an edge, within the tolerance for rounding."""
    rows, columns = on_contour.shape
    # Each edge is followed along its longer axis, so that no center on the edge is missed.
    for axis in (0, 1):
        steps = np.abs(end - start)
        longer = (steps[:, axis] >= steps[:, 1 - axis]) & (steps[:, axis] > 0)
        # The coordinate along the longer axis is last, as _column_at expects.
        a, b = (np.stack([one[longer, 1 - axis], one[longer, axis]], axis=1) for one in (start, end))
        low, high = np.minimum(a, b)[:, 1] - LOAD.on_edge_pixels, np.maximum(a, b)[:, 1] + LOAD.on_edge_pixels
        edge, along = _rows_between(np.ceil(low), np.floor(high) + 1, (columns, rows)[axis])
        across = _column_at(a[edge], b[edge], along)
        nearest = np.rint(across)
        hit = (np.abs(across - nearest) <= LOAD.on_edge_pixels) & (nearest >= 0) & (nearest < (rows, columns)[axis])
        pixel = nearest[hit].astype(np.intp), along[hit]
        on_contour[pixel if axis == 0 else pixel[::-1]] = True
