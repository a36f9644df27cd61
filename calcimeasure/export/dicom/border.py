"""The border of an outline on a radiograph as one closed line along the edges of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Outline

Corner = tuple[int, int]
"""Row and column of a corner of pixels: (0, 0) is the upper left corner of the first pixel."""

MOST_POINTS: Final = 8190
"""Graphic Data (0070,0022) has four bytes for each coordinate, and at most 65,534 (PS3.5 section 7.1.2)."""

_LEFT_TURN: Final = {(0, 1): (-1, 0), (-1, 0): (0, -1), (0, -1): (1, 0), (1, 0): (0, 1)}


def single_border(outline: Outline) -> list[tuple[float, float]] | None:
    """Trace the border of an outline of one slice.

    Parameters
    ----------
    outline
        The outline.

    Returns
    -------
    list or None
        Points (row, column) as indexes of pixels, where 0 is the center of the first one; the last point is the first
        one. None if the outline has several parts or a hole (pixels that meet at a corner belong together), or a border
        with more points than an item of a report can hold.
    """
    (mask,) = outline.mask()
    loops = _loops(np.asarray(mask, dtype=bool))
    if len(loops) != 1 or len(loops[0]) > MOST_POINTS:
        return None
    _, first_row, first_column = outline.start_kji
    return [(row + first_row - 0.5, column + first_column - 0.5) for row, column in loops[0]]


def _loops(mask: NDArray[np.bool_]) -> list[list[Corner]]:
    """Chain the edges between inside and outside; the inside lies on the right of each edge."""
    steps = _steps(mask)
    loops = []
    while steps:
        start = min(steps)
        loops.append(_followed(steps, start))
    return loops


def _steps(mask: NDArray[np.bool_]) -> dict[Corner, set[Corner]]:
    """Give the directions of the edges that begin at each corner."""
    padded = np.pad(mask, 1)
    inside = padded[1:-1, 1:-1]
    neighbors = {
        # The outside lies above: the edge runs to the right along the upper side of the pixel, and so on clockwise.
        (0, 1): (inside & ~padded[:-2, 1:-1], (0, 0)),
        (1, 0): (inside & ~padded[1:-1, 2:], (0, 1)),
        (0, -1): (inside & ~padded[2:, 1:-1], (1, 1)),
        (-1, 0): (inside & ~padded[1:-1, :-2], (1, 0)),
    }
    steps: dict[Corner, set[Corner]] = {}
    for direction, (edges, (row, column)) in neighbors.items():
        for j, i in np.argwhere(edges).tolist():
            steps.setdefault((j + row, i + column), set()).add(direction)
    return steps


def _followed(steps: dict[Corner, set[Corner]], start: Corner) -> list[Corner]:
    """Follow edges until they return to their first one, and take them out; keep only the corners of the line."""
    corner, direction = start, min(steps[start])
    first = direction
    line: list[Corner] = []
    while True:
        ways = steps[corner]
        way = _next_way(ways, direction) if line else first
        ways.discard(way)
        if not ways:
            del steps[corner]
        if not line or way != direction:
            line.append(corner)
        corner, direction = (corner[0] + way[0], corner[1] + way[1]), way
        if corner == start and not (corner in steps and _LEFT_TURN[direction] in steps[corner]):
            return _closed(line, direction, first)


def _next_way(ways: set[Corner], direction: Corner) -> Corner:
    """Choose the next edge where two begin: the one to the left joins pixels that meet at the corner."""
    if len(ways) == 1:
        return next(iter(ways))
    return _LEFT_TURN[direction]


def _closed(line: list[Corner], last: Corner, first: Corner) -> list[Corner]:
    corners = line[1:] if last == first else line
    return [*corners, corners[0]]
