"""Where the images of a stack lie along its normal, and whether they are evenly spaced."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings

FEWEST: Final = 3
"""Two slices are evenly spaced whatever they are: from three on even spacing says that they belong together."""


def positions_mm(images: Sequence[Instance], facts: Stack) -> NDArray[np.float64]:
    """Give the position of each image along the slice normal, mm; empty if the headers do not have all positions."""
    if facts.row_column_directions is None or any(one.position_lps_mm is None for one in images):
        return np.empty(0)
    places: NDArray[np.float64] = np.array([one.position_lps_mm for one in images])
    return places @ _normal(facts.row_column_directions)


@functools.lru_cache(maxsize=256)
def _normal(directions: tuple[float, ...]) -> NDArray[np.float64]:
    """Give the normal of a plane. It is asked for each of thousands of single slices."""
    return np.cross(directions[:3], directions[3:])


def has_twins(positions: NDArray[np.float64], settings: Settings) -> bool:
    """Tell whether several images lie at one position."""
    return bool(np.any(np.diff(np.sort(positions)) < settings.spacing_tolerance_mm))


def is_one_place(positions: NDArray[np.float64], settings: Settings) -> bool:
    """Tell whether all images lie at one position."""
    return bool(np.ptp(positions) < settings.spacing_tolerance_mm)


def is_even(positions: NDArray[np.float64], settings: Settings) -> bool:
    """Tell whether the steps between images are equal within rounding."""
    steps_mm = np.diff(np.sort(positions))
    return not steps_mm.size or bool(np.ptp(steps_mm) <= 2 * settings.spacing_tolerance_mm)


def is_stack(positions: NDArray[np.float64], settings: Settings) -> bool:
    """Tell whether images are one stack by where they lie: at least `FEWEST`, evenly spaced, no two at one position."""
    return positions.size >= FEWEST and is_even(positions, settings) and not has_twins(positions, settings)


def step_mm(positions: NDArray[np.float64]) -> float:
    """Give the usual step between images, mm: the median."""
    return float(np.median(np.diff(np.sort(positions))))


def is_straight(images: Sequence[Instance], facts: Stack, settings: Settings) -> bool:
    """Tell whether images lie along a straight line, as the slices of one stack do, tilted or not."""
    order = np.argsort(positions_mm(images, facts), kind="stable")
    places = np.array([one.position_lps_mm for one in images])[order]
    line = places[-1] - places[0]
    length_mm = float(np.linalg.norm(line))
    if length_mm == 0:
        return True
    offsets = places - places[0]
    beside = offsets - np.outer(offsets @ line, line) / length_mm**2
    return bool(np.max(np.linalg.norm(beside, axis=1)) <= settings.shift_tolerance_mm)


def lie_among_each_other(parts: Sequence[NDArray[np.float64]], settings: Settings) -> bool:
    """Tell whether the range of one part reaches into that of another."""
    ranges = sorted((float(part.min()), float(part.max())) for part in parts)
    ends = np.maximum.accumulate([end for _, end in ranges])
    return any(
        start < end - settings.spacing_tolerance_mm for (start, _), end in zip(ranges[1:], ends[:-1], strict=True)
    )
