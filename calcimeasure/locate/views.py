"""One mass on several views of a study: radiographs from two directions, or a radiograph beside a CT.

A projection has no place in space, so that no two lesions can be seen to lie at one place. They are one mass only where
all of this holds: the same side and the same site, both known; on each image nothing else that could be there; the same
extent along the axes of the body that both images show (Patient Orientation (0020,0020)): height on a frontal and a
lateral view, both axes on two images of one view, which then have to be all but equal. What is measured in pixels
alone, or is cut off by the edge of an image, is joined to nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from calcimeasure.locate.body_sites import ARM_SITES
from calcimeasure.model import BodySite, FilmMeasurements, Laterality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, StackFacts

MOST_UNLIKE_EXTENT: Final = 1.25
"""Along one axis a mass is shown at most so many times larger on one view than on another: magnification differs with
its distance from the detector, by up to a fifth where a limb is turned round."""

MOST_UNLIKE_ON_ONE_VIEW: Final = 1.1
"""Two images of one view show a mass alike in both directions; two masses are seldom so alike."""

_AXES: Final = {"R": "side", "L": "side", "A": "depth", "P": "depth", "H": "height", "F": "height"}

_TURNED: Final = ARM_SITES | {BodySite.ANKLE_FOOT}
"""In a scanner these lie in any direction to the body's axes, which a radiograph of them still names as in the
anatomical position."""


def is_single(lesion: Lesion, on_image: Sequence[Lesion]) -> bool:
    """Tell whether nothing else that was found on an image could be the mass that lies at a lesion's side and site."""
    may_be_one = [one for one in on_image if one is not lesion and one.may_be_mass]
    return not any(_may_lie_together(one, lesion) for one in may_be_one)


def unlikeness_on_views(one: tuple[StackFacts, Lesion], other: tuple[StackFacts, Lesion]) -> float:
    """Compare two lesions, each the only candidate on its image: one mass, seen from elsewhere, or two.

    Returns
    -------
    float
        From 0 where they are equally large along the axes that both images show to 1 where they may just be one mass;
        infinite where they are not, or nothing shows it.
    """
    lesions = one[1], other[1]
    films = [isinstance(lesion.measurements, FilmMeasurements) for lesion in lesions]
    place = _place(lesions[0])
    if not any(films) or place is None or place != _place(lesions[1]):
        return math.inf
    if not all(films) and place[1] in _TURNED:
        return math.inf
    details = {lesion.site.detail for lesion in lesions if lesion.site and lesion.site.detail}
    extents = [_extents_mm(stack, lesion) for stack, lesion in (one, other)]
    shared = set(extents[0]) & set(extents[1])
    if not shared or len(details) > 1:
        return math.inf
    most = MOST_UNLIKE_ON_ONE_VIEW if all(films) and len(shared) > 1 else MOST_UNLIKE_EXTENT
    differences = [abs(math.log(extents[0][axis] / extents[1][axis])) for axis in shared]
    unlikeness = max(differences) / math.log(most)
    return unlikeness if unlikeness <= 1 else math.inf


def _place(lesion: Lesion) -> tuple[Laterality, BodySite] | None:
    """Say where a lesion lies; None unless both its side and its site are known."""
    if lesion.side is None or lesion.side.laterality is Laterality.UNKNOWN:
        return None
    if lesion.site is None or lesion.site.body_site is BodySite.UNKNOWN:
        return None
    return lesion.side.laterality, lesion.site.body_site


def _may_lie_together(one: Lesion, other: Lesion) -> bool:
    """Tell whether neither side nor site keeps two lesions apart."""
    sides = {lesion.side.laterality for lesion in (one, other) if lesion.side} - {Laterality.UNKNOWN}
    sites = {lesion.site.body_site for lesion in (one, other) if lesion.site} - {BodySite.UNKNOWN}
    return len(sides) <= 1 and len(sites) <= 1


def _extents_mm(stack: StackFacts, lesion: Lesion) -> dict[str, float]:
    """Measure how far a lesion reaches along each axis of the body that its image shows."""
    numbers = lesion.measurements
    if numbers.truncated:
        return {}
    if not isinstance(numbers, FilmMeasurements):
        return dict(zip(("side", "depth", "height"), numbers.extents_lps_mm or (), strict=False))
    axes = [_AXES.get(letter) for letter in (stack.patient_orientation or "").upper().split("\\")]
    if numbers.row_spacing_mm is None or numbers.column_spacing_mm is None or len(axes) != 2 or axes[0] == axes[1]:
        return {}
    _, rows, columns = lesion.outline.shape_kji
    # The first letter is the way along a row.
    extents_mm = zip(axes, (columns * numbers.column_spacing_mm, rows * numbers.row_spacing_mm), strict=True)
    return {axis: extent_mm for axis, extent_mm in extents_mm if axis is not None}
