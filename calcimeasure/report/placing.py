"""Numbered dots on a picture: each at the free place that is nearest to what it names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Point = tuple[float, float]
"""A place on a picture: to the right and down."""

_RINGS: Final = 24
_MOST_PLACED: Final = 120
"""Further dots lie where they point to: there is no room, and finding some takes time."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A numbered dot.

    Parameters
    ----------
    text
        What stands in it.
    place, target
        Its middle, and the point that it names.
    """

    text: str
    place: Point
    target: Point

    @property
    def is_moved(self) -> bool:
        """Whether the dot lies beside the point that it names."""
        return math.dist(self.place, self.target) > 1e-6


def placed(
    wanted: Sequence[tuple[str, Point]], distance: float, allowed: Callable[[Point, Point], bool] = lambda *_: True
) -> list[Dot]:
    """Place dots so that none covers another one.

    Parameters
    ----------
    wanted
        The text of each dot and the point that it names; the first ones lie nearest to their points.
    distance
        Smallest distance of two dots.
    allowed
        Tells whether a dot may lie at a place (first argument) while it names a point (second argument).
    """
    dots: list[Dot] = []
    for text, target in wanted:
        place = target if len(dots) >= _MOST_PLACED else _free(target, distance, dots, allowed)
        dots.append(Dot(text, place, target))
    return dots


def _free(target: Point, distance: float, dots: Sequence[Dot], allowed: Callable[[Point, Point], bool]) -> Point:
    for ring in range(_RINGS):
        count = max(8 * ring, 1)
        for step in range(count):
            # The first place of a ring lies to the side that is farther from the middle of the body.
            angle = 2 * math.pi * step / count
            radius = ring * distance / 2
            place = (target[0] + radius * math.cos(angle), target[1] + radius * math.sin(angle))
            if allowed(place, target) and all(math.dist(place, one.place) >= distance for one in dots):
                return place
    return target


def lead(dot: Dot) -> Markup:
    """Draw the line from a dot to the point that it names, as SVG."""
    points = (*dot.place, *dot.target)
    return Markup('<path class="lead" d="M%.1f %.1fL%.1f %.1f"/>') % points
