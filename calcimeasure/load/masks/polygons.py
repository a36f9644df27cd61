"""Polygons to the pixels whose centers lie inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.load.constants import LOAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def fill_polygons(polygons: Iterable[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill closed polygons by the even-odd rule: a polygon inside another is a hole, one inside that is filled again.

    Parameters
    ----------
    polygons
        Each (n, 2) column and row of its corners, between pixel centers too; closed by itself.
    shape
        Rows and columns.

    Returns
    -------
    ndarray
        (rows, columns) bool, true where the center of a pixel is inside or on a contour. Programs that follow a mask
        from pixel to pixel (OpenCV, and rt_utils with it) draw contours through the centers of its outermost pixels,
        round a hole too: so they come back as they were.
    """
    rows, columns = shape
    crossings = np.zeros((rows, columns + 1), dtype=np.uint8)
    on_contour = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        start, end = polygon, np.roll(polygon, -1, axis=0)
        # The lower end of an edge counts, the upper does not: a corner is crossed once.
        edge, row = _rows_between(np.ceil(np.minimum(start, end)[:, 1]), np.ceil(np.maximum(start, end)[:, 1]), rows)
        column = _column_at(start[edge], end[edge], row)
        np.bitwise_xor.at(crossings, (row, np.clip(np.ceil(column), 0, columns).astype(np.intp)), 1)
        _mark_centers(on_contour, start, end)
    inside: NDArray[np.bool_] = np.bitwise_xor.accumulate(crossings, axis=1)[:, :columns].astype(np.bool_)
    return inside | on_contour


def _rows_between(
    first: NDArray[np.float64], stop: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every whole number from first to stop (not included) of each pair, within 0 to limit, and whose pair it is."""
    low, high = (np.clip(one, 0, limit).astype(np.intp) for one in (first, stop))
    counts = np.maximum(high - low, 0)
    pair = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + low[pair]
    return pair, number


def _column_at(start: NDArray[np.float64], end: NDArray[np.float64], row: NDArray[np.intp]) -> NDArray[np.float64]:
    column: NDArray[np.float64] = start[:, 0] + (row - start[:, 1]) * (end - start)[:, 0] / (end - start)[:, 1]
    return column


def _mark_centers(on_contour: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Mark the pixels whose centers lie on an edge, but for rounding."""
    rows, columns = on_contour.shape
    # Followed along the longer side of each edge, so that it passes every center on it.
    for axis in (0, 1):
        steps = np.abs(end - start)
        longer = (steps[:, axis] >= steps[:, 1 - axis]) & (steps[:, axis] > 0)
        # The other coordinate last, as _column_at gives it.
        a, b = (np.stack([one[longer, 1 - axis], one[longer, axis]], axis=1) for one in (start, end))
        low, high = np.minimum(a, b)[:, 1] - LOAD.on_edge_pixels, np.maximum(a, b)[:, 1] + LOAD.on_edge_pixels
        edge, along = _rows_between(np.ceil(low), np.floor(high) + 1, (columns, rows)[axis])
        across = _column_at(a[edge], b[edge], along)
        nearest = np.rint(across)
        hit = (np.abs(across - nearest) <= LOAD.on_edge_pixels) & (nearest >= 0) & (nearest < (rows, columns)[axis])
        pixel = nearest[hit].astype(np.intp), along[hit]
        on_contour[pixel if axis == 0 else pixel[::-1]] = True
