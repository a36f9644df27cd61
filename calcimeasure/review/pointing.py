"""An outline that clicks make: each adds the part that it hits, or takes it away. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError
from calcimeasure.review.cut import parts_between

if TYPE_CHECKING:
    from calcimeasure.model import Image, Outline
    from calcimeasure.settings import Settings

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Pointed:
    """An outline, and the clicks that made it.

    Parameters
    ----------
    outline
        The outline as offered.
    added
        (k, j, i) of the voxels whose parts were added, in their order.
    """

    outline: Outline
    added: tuple[Place, ...]


def added_at(image: Image, before: Pointed | None, place_kji: Place, settings: Settings) -> Pointed:
    """Add what lies at a place, up to its edge; the first place begins an outline.

    Raises
    ------
    ReviewError
        Nothing dense lies at the place.
    """
    found = kind_of(image).grow(image, place_kji, settings)
    if before is None:
        return Pointed(found, (place_kji,))
    return Pointed(before.outline.union(found), (*before.added, place_kji))


def taken_at(image: Image, before: Pointed, place_kji: Place) -> Pointed:
    """Take away the part at a place: what is nearer to it, over thin places, than to any place that was added.

    Raises
    ------
    ReviewError
        The place lies outside of the outline, or is one of those that were added.
    """
    outline = before.outline
    for added in before.added:
        if added == place_kji:
            raise ReviewError("Another place than the one that was added expected: Esc takes all of it back.")
        if _holds(outline, added):
            outline, _ = parts_between(outline, added, place_kji, image)
    return replace(before, outline=outline)


def _holds(outline: Outline, place_kji: Place) -> bool:
    return bool(outline.mask_in(place_kji, [one + 1 for one in place_kji]).any())
