"""Calipers: the largest distance between points, and the longest chord perpendicular to it.

The results are equal to those of comparing all pairs of points. The search is faster, because points that cannot be an
end of the largest distance are left out first.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from calcimeasure.measure.constants import MEASURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MANY_POINTS = 2000
"""With more points than this, selecting the possible ends takes less time than computing all distances."""

_DIRECTIONS = np.array([(math.cos(angle), math.sin(angle)) for angle in np.arange(16) * math.pi / 16])

_DIRECTIONS_AT_A_TIME = 8
"""Directions whose heights are in memory at the same time: few, so that those of many points stay in the cache."""

_ROWS_AT_A_TIME = 512
"""Points whose distances to all others are in memory at the same time: all distances would take gigabytes."""


def caliper_limits_mm(borders: list[NDArray[np.float64]]) -> list[float]:
    """Return an upper limit of the distances between the points of each border, no more than 0.5 % above the largest.

    The projection of a distance on the nearest of some fixed directions is at most 0.5 % shorter than the distance.

    Parameters
    ----------
    borders
        (n, 2) points in a plane, of each border; the limit of a border without points is -1.
    """
    filled = [k for k, points in enumerate(borders) if len(points)]
    limits_mm = np.full(len(borders), -1.0)
    if filled:
        heights_mm = _DIRECTIONS @ np.concatenate([borders[k] for k in filled]).T
        starts = np.cumsum([0, *(len(borders[k]) for k in filled[:-1])])
        highest, lowest = (np.asarray(one.reduceat(heights_mm, starts, axis=1)) for one in (np.maximum, np.minimum))
        limits_mm[filled] = (highest - lowest).max(axis=0) / math.cos(math.pi / 2 / len(_DIRECTIONS))
    found: list[float] = limits_mm.tolist()
    return found


def outermost(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out points that cannot be an end of the largest distance: most points, unless they lie on a ball.

    Four steps, each from a point to the point farthest from it, give a long distance.
    """
    first = points[0]
    for _ in range(4):
        second = points[np.argmax(np.linalg.norm(points - first, axis=1))]
        first, other = second, first
    return _beyond(points, (first + other) / 2, float(np.linalg.norm(first - other)))


def _beyond(points: NDArray[np.float64], middle: NDArray[np.float64], length_mm: float) -> NDArray[np.float64]:
    """Leave out points that cannot be an end of a distance of at least a length.

    Let r be the largest distance of any point from the middle, whatever the middle is. A point nearer to the middle
    than the length less r cannot be an end.
    """
    radii = np.linalg.norm(points - middle, axis=1)
    kept: NDArray[np.float64] = points[radii >= length_mm - radii.max() - MEASURE.same_length_mm]
    return kept


def farthest_pair(corners: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the largest distance among (n, d) points and its two ends."""
    best_mm, best = -1.0, (0, 0)
    for start in range(0, len(corners), _ROWS_AT_A_TIME):
        distances_mm = cdist(corners[start : start + _ROWS_AT_A_TIME], corners)
        row, column = np.unravel_index(int(distances_mm.argmax()), distances_mm.shape)
        if distances_mm[row, column] > best_mm:
            best_mm, best = float(distances_mm[row, column]), (start + int(row), int(column))
    return best_mm, corners[list(best)]


def farthest_in_space(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the largest distance among (n, 3) points, and its two ends."""
    corners = outermost(points)
    return farthest_pair(corners) if len(corners) <= _MANY_POINTS else _farthest_of_many(corners)


def _farthest_of_many(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the largest distance among many (n, 3) points and its two ends: the same as of all pairs.

    The projection of the largest distance on the nearest of some fixed directions is hardly shorter than the distance.
    So its ends are among the few points that lie highest and lowest along this direction.
    """
    directions, shortened = _directions_in_space()
    ends = points[[(heights_mm.argmax(), heights_mm.argmin()) for heights_mm in _heights_mm(points, directions)]]
    lengths_mm = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    seen_mm = shortened * float(lengths_mm.max()) - MEASURE.same_length_mm
    # Of a ball, whose points all lie far outside, those remain that noise moved outward.
    points = _beyond(points, ends.mean(axis=(0, 1)), float(lengths_mm.max()))
    if len(points) > _MANY_POINTS:
        points = points[ConvexHull(points).vertices]
    best_mm, best_ends = -1.0, points[:2]
    for heights_mm in _heights_mm(points, directions):
        top_mm, bottom_mm = heights_mm.max(), heights_mm.min()
        room_mm = top_mm - bottom_mm - seen_mm
        if room_mm < 0:
            continue
        highest = points[np.flatnonzero(heights_mm >= top_mm - room_mm)]
        lowest = points[np.flatnonzero(heights_mm <= bottom_mm + room_mm)]
        distances_mm = cdist(highest, lowest)
        row, column = np.unravel_index(int(distances_mm.argmax()), distances_mm.shape)
        if distances_mm[row, column] > best_mm + MEASURE.same_length_mm:
            best_mm, best_ends = float(distances_mm[row, column]), np.stack([highest[row], lowest[column]])
    return best_mm, best_ends


def _heights_mm(points: NDArray[np.float64], directions: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Give the (n,) heights of points along each of some directions."""
    across = np.ascontiguousarray(points.T)
    for start in range(0, len(directions), _DIRECTIONS_AT_A_TIME):
        yield from directions[start : start + _DIRECTIONS_AT_A_TIME] @ across


@functools.cache
def _directions_in_space(count: int = 12) -> tuple[NDArray[np.float64], float]:
    """(n, 3) unit vectors through cells on three faces of a cube, and the cosine of the largest angle to the nearest.

    From the center of the cube, no direction through a cell is farther from the direction of its middle than half of
    its diagonal.
    """
    middles = (np.arange(count) + 0.5) * 2 / count - 1
    a, b = (part.ravel() for part in np.meshgrid(middles, middles))
    face = np.column_stack([np.ones(count**2), a, b])
    directions = np.concatenate([np.roll(face, axis, axis=1) for axis in range(3)])
    return directions / np.linalg.norm(directions, axis=1, keepdims=True), math.cos(math.atan(math.sqrt(2) / count))


def longest_perpendicular_chord(
    lines_mm: list[NDArray[np.float64]], long_ends_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the two ends, (2, 2) in mm, of the longest chord of the contour perpendicular to the long axis.

    Between two corners of the contour the length of the chord is a convex function of its position on the long axis, so
    the longest chord passes through a corner.
    """
    along = (long_ends_mm[1] - long_ends_mm[0]) / np.linalg.norm(long_ends_mm[1] - long_ends_mm[0])
    axes = np.column_stack([along, [-along[1], along[0]]])
    contours = [line @ axes for line in lines_mm]
    edges = np.stack([np.concatenate([contour[ends] for contour in contours]) for ends in (np.s_[:-1], np.s_[1:])])
    # A line through corners of two parts must be found for any direction of the long axis; rounding must not decide.
    edges[..., 0] = _without_rounding(edges[..., 0])
    starts, stops = edges
    sideways = starts[:, 0] != stops[:, 0]
    starts, stops = starts[sideways], stops[sideways]
    low, high = np.minimum(starts[:, 0], stops[:, 0]), np.maximum(starts[:, 0], stops[:, 0])
    slopes = (stops[:, 1] - starts[:, 1]) / (stops[:, 0] - starts[:, 0])
    best_mm, best = -1.0, (0.0, 0.0, 0.0)
    for place in np.unique(starts[:, 0]):
        crossed = (low <= place) & (place <= high)
        heights = starts[crossed, 1] + (place - starts[crossed, 0]) * slopes[crossed]
        if np.ptp(heights) > best_mm + MEASURE.same_length_mm:
            best_mm, best = float(np.ptp(heights)), (float(place), float(heights.min()), float(heights.max()))
    ends: NDArray[np.float64] = np.array([[best[0], best[1]], [best[0], best[2]]]) @ axes.T
    return ends


def _without_rounding(lengths_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make lengths equal that differ only by rounding: each becomes the lowest of its group."""
    ascending, inverse = np.unique(lengths_mm, return_inverse=True)
    new = np.diff(ascending, prepend=-np.inf) > MEASURE.same_length_mm
    same: NDArray[np.float64] = ascending[new][np.cumsum(new) - 1][inverse].reshape(lengths_mm.shape)
    return same
