"""An outline that clicks make: each adds the part that it hits, or takes it away. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError
from calcimeasure.review.cut import parts_between, thick_parts_at
from calcimeasure.review.shaping import spacing_of

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
    """Take away the part at a place: what thin places part from the nearest place that was added.

    Places that were added in this part are taken back with it.

    Raises
    ------
    ReviewError
        The place lies outside of the outline, or is the only one that was added.
    """
    spacing = np.array(spacing_of(image))
    if not _holds(before.outline, place_kji):
        raise ReviewError("A place in the offered outline expected, found one outside of it: nothing is taken away.")
    kept = [one for one in before.added if one != place_kji and _holds(before.outline, one)]
    if not kept:
        raise ReviewError("Another place than the only one that was added expected: Esc takes all of it back.")
    here, *there = thick_parts_at(before.outline, (place_kji, *kept), image)
    kept = [one for one, part in zip(kept, there, strict=True) if part != here] or kept
    nearest = min(kept, key=lambda one: float(np.linalg.norm((np.array(one) - place_kji) * spacing)))
    outline, _ = parts_between(before.outline, nearest, place_kji, image)
    return Pointed(outline, tuple(one for one in kept if _holds(outline, one)))


def _holds(outline: Outline, place_kji: Place) -> bool:
    return bool(outline.mask_in(place_kji, [one + 1 for one in place_kji]).any())
