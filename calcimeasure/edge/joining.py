"""How far apart the pieces of one mass may lie on a radiograph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge.constants import EDGE

if TYPE_CHECKING:
    from numpy.typing import NDArray


def joining_distance(
    image: NDArray[np.float32], steps: tuple[float, float], place: tuple[float, float], *, in_mm: bool
) -> float:
    """Return the distance up to which pieces are one mass, in the unit of the steps.

    Parameters
    ----------
    image
        (rows, columns) a radiograph on which dense is bright.
    steps
        Distance between its rows and between its columns.
    place
        Row and column of a place in the mass.
    in_mm
        Whether the steps are millimeters.

    Returns
    -------
    float
        5 mm, as on CT; where millimeters are not known, a twelfth of the width of the limb at the place. This is 5 mm
        on a wrist, and less on a finger.
    """
    return EDGE.joined_mm if in_mm else EDGE.joined_share * limb_width(image, steps, place)


def limb_width(image: NDArray[np.float32], steps: tuple[float, float], place: tuple[float, float]) -> float:
    """Return the shortest way through the patient across a place, in the unit of the steps; at most the image's width.

    What is darker than nearly all of the range of the image is the open beam.
    """
    every = max(1, max(image.shape) // EDGE.limb_samples)
    seen = image[every // 2 :: every, every // 2 :: every]
    low, high = np.quantile(seen, EDGE.limb_quantiles)
    inside = seen > low + EDGE.limb_open_share * (high - low)
    rows, columns = seen.shape
    at = [min(max(round((one - every // 2) / every), 0), n - 1) for one, n in zip(place, seen.shape, strict=True)]
    reach = math.hypot(rows * steps[0], columns * steps[1])
    away = np.arange(0, reach, min(steps))
    widths = []
    for n in range(EDGE.limb_directions):
        angle = math.pi * n / EDGE.limb_directions
        ways = [
            _way(inside, at, steps, sign * math.sin(angle) * away, sign * math.cos(angle) * away) for sign in (1, -1)
        ]
        widths.append((sum(ways) + 1) * min(steps))
    return float(min(*widths, rows * steps[0], columns * steps[1]) * every)


def _way(
    inside: NDArray[np.bool_],
    at: list[int],
    steps: tuple[float, float],
    down: NDArray[np.float64],
    across: NDArray[np.float64],
) -> int:
    """Count the samples along a line until the patient or the image ends."""
    row, column = np.rint(at[0] + down / steps[0]).astype(int), np.rint(at[1] + across / steps[1]).astype(int)
    shown = (row >= 0) & (row < inside.shape[0]) & (column >= 0) & (column < inside.shape[1])
    ends = ~shown
    ends[shown] = ~inside[row[shown], column[shown]]
    ends[0] = False
    return int(np.argmax(ends)) - 1 if ends.any() else len(ends) - 1
