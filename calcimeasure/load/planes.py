"""Planes of images: which of them are equal within rounding."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from calcimeasure.load.constants import LOAD

if TYPE_CHECKING:
    from calcimeasure.settings import Settings

Plane = tuple[tuple[float, ...] | None, tuple[float, ...] | None]
"""Directions of rows and columns (six cosines), and the spacing between rows and between columns, mm."""

_VALUES: Final = 8

_MOST_COMPARED: Final = 256
"""Planes of nearly the same sum that a new one is compared with, the newest ones: no series has so many."""


class Planes:
    """Numbers planes: the same number for planes that are equal within rounding.

    A series has one plane or a few. A header can give each of ten thousand frames a plane of its own, so a plane is not
    compared with all others: equal planes have nearly the same sum of their values, and only those are compared.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exactly: dict[Plane, int] = {}
        self._by_sum: list[tuple[float, int]] = []
        self._planes: list[Plane] = []

    def number_of(self, plane: Plane) -> int:
        """Give the number of a plane; a new one if it equals none before it."""
        if plane not in self._exactly:
            self._exactly[plane] = self._find_or_add(plane)
        return self._exactly[plane]

    def _find_or_add(self, plane: Plane) -> int:
        total = _sum(plane, self._settings)
        start = bisect_left(self._by_sum, (total - _VALUES * 1.01, -1))
        stop = bisect_left(self._by_sum, (total + _VALUES * 1.01, -1))
        near = sorted(number for _, number in self._by_sum[start:stop])[-_MOST_COMPARED:]
        for number in near:
            if _is_same(plane, self._planes[number], self._settings):
                return number
        self._planes.append(plane)
        insort(self._by_sum, (total, len(self._planes) - 1))
        return len(self._planes) - 1


def _sum(plane: Plane, settings: Settings) -> float:
    """Add up the values of a plane, each in units of the difference that is rounding."""
    directions, spacing = plane
    if directions is None or spacing is None:
        return 0.0
    logarithms = (math.log(value) / LOAD.spacing_rounding for value in spacing if value > 0)
    return math.fsum((*(value / settings.direction_tolerance for value in directions), *logarithms))


def _is_same(one: Plane, other: Plane, settings: Settings) -> bool:
    """Tell whether directions and spacings are equal within rounding."""
    (directions, spacing), (other_directions, other_spacing) = one, other
    if directions is None or spacing is None or other_directions is None or other_spacing is None:
        return one == other
    return all(
        abs(a - b) <= settings.direction_tolerance for a, b in zip(directions, other_directions, strict=True)
    ) and all(math.isclose(a, b, rel_tol=LOAD.spacing_rounding) for a, b in zip(spacing, other_spacing, strict=True))
