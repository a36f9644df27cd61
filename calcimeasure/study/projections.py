"""One mass on several projections of a study: radiographs from two directions, or a radiograph and a CT.

A projection has no position in space, so the positions of lesions cannot be compared. Two lesions are one mass only if
all of these conditions hold:

- their side and their site are known and equal;
- on each image no other lesion could be this mass;
- they have the same extent along the axes of the body that both images show (Patient Orientation (0020,0020)). A
  frontal and a lateral radiograph share the height. Two radiographs with the same View Position share both axes; then
  both extents must be nearly equal.

Lesions that are measured only in pixels, or that the edge of the image cuts off, are never joined.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from calcimeasure.model import BodySite, Laterality
from calcimeasure.study.constants import STUDY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, StackFacts

_AXES: Final = {"R": "side", "L": "side", "A": "depth", "P": "depth", "H": "height", "F": "height"}

_TURNED: Final = frozenset({BodySite.HAND_WRIST, BodySite.FOREARM, BodySite.ELBOW, BodySite.ANKLE_FOOT})
"""In a CT scanner these parts lie in any direction to the axes of the body. Patient Orientation of a radiograph names
their axes as in the anatomical position, so that extents cannot be compared."""


def is_single(lesion: Lesion, on_image: Sequence[Lesion]) -> bool:
    """Tell whether no other lesion on an image could be the mass at the side and site of a lesion."""
    may_be_one = [one for one in on_image if one is not lesion and one.may_be_mass]
    return not any(_may_lie_together(one, lesion) for one in may_be_one)


def unlikeness_on_projections(one: tuple[StackFacts, Lesion], other: tuple[StackFacts, Lesion]) -> float:
    """Compare two lesions on images of which at least one is a radiograph.

    Parameters
    ----------
    one, other
        A stack and its lesion, which is the only candidate there (`is_single`).

    Returns
    -------
    float
        0 if the extents are equal along the axes that both images show, 1 at the limit; infinite if the lesions are
        two masses, or if there is no evidence that they are one.
    """
    lesions = one[1], other[1]
    on_radiographs = [lesion.measurements.place_lps_mm is None for lesion in lesions]
    if not any(on_radiographs) or not _are_at_one_place(*lesions, turned=not all(on_radiographs)):
        return math.inf
    extents = [_extents_mm(stack, lesion) for stack, lesion in (one, other)]
    shared = set(extents[0]) & set(extents[1])
    if not shared:
        return math.inf
    most = STUDY.most_unlike_on_one_projection if all(on_radiographs) and len(shared) > 1 else STUDY.most_unlike_extent
    differences = [abs(math.log(extents[0][axis] / extents[1][axis])) for axis in shared]
    unlikeness = max(differences) / math.log(most)
    return unlikeness if unlikeness <= 1 else math.inf


def _are_at_one_place(one: Lesion, other: Lesion, *, turned: bool) -> bool:
    """Tell whether side and site of two lesions are known and equal; False at the sites of `_TURNED` if `turned`."""
    place = _place(one)
    if place is None or place != _place(other) or (turned and place[1] in _TURNED):
        return False
    details = {lesion.site.detail for lesion in (one, other) if lesion.site and lesion.site.detail}
    return len(details) <= 1


def _place(lesion: Lesion) -> tuple[Laterality, BodySite] | None:
    """Give side and site of a lesion; None unless both are known."""
    if lesion.side is None or lesion.side.laterality is Laterality.UNKNOWN:
        return None
    if lesion.site is None or lesion.site.body_site is BodySite.UNKNOWN:
        return None
    return lesion.side.laterality, lesion.site.body_site


def _may_lie_together(one: Lesion, other: Lesion) -> bool:
    """Tell whether the known sides and sites of two lesions are compatible."""
    sides = {lesion.side.laterality for lesion in (one, other) if lesion.side} - {Laterality.UNKNOWN}
    sites = {lesion.site.body_site for lesion in (one, other) if lesion.site} - {BodySite.UNKNOWN}
    return len(sides) <= 1 and len(sites) <= 1


def _extents_mm(stack: StackFacts, lesion: Lesion) -> dict[str, float]:
    """Measure the extent of a lesion along each axis of the body that its image shows."""
    numbers = lesion.measurements
    if numbers.truncated:
        return {}
    if numbers.place_lps_mm is not None:
        return dict(zip(("side", "depth", "height"), numbers.extents_lps_mm or (), strict=False))
    axes = _axes_of(stack)
    if numbers.row_spacing_mm is None or numbers.column_spacing_mm is None or not axes:
        return {}
    _, rows, columns = lesion.outline.shape_kji
    extents_mm = zip(axes, (columns * numbers.column_spacing_mm, rows * numbers.row_spacing_mm), strict=True)
    return {axis: extent_mm for axis, extent_mm in extents_mm if axis is not None}


def _axes_of(stack: StackFacts) -> list[str | None]:
    """Name the axes of the body along a row and along a column (None for an oblique axis); empty if not known."""
    axes = [_AXES.get(letter) for letter in (stack.patient_orientation or "").upper().split("\\")]
    return axes if len(axes) == 2 and axes[0] != axes[1] else []
