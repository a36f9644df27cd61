"""The side and the site of a lesion on a radiograph.

A radiograph of one limb has the side that its tags, or its descriptions, say. On one that shows both sides Patient
Orientation (0020,0020) decides.

The letters of Patient Orientation follow the anatomical position (PS3.17 Annex A). Feet, knees, hips and the trunk lie
on an image as they do in that position. Hands need not. Where both palms face the beam, the left hand lies where the
rows run to the left. Most hands are imaged with their palms on the detector: then the two hands have changed places,
and the letters have not. Two hands on one image have a side only where the header says that they lie on their backs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.locate.body_sites import ARM_SITES, MIDLINE_SITES
from calcimeasure.locate.constants import LOCATE
from calcimeasure.model import BodySite, Laterality, Side, SideSource

if TYPE_CHECKING:
    from calcimeasure.locate.radiograph import RadiographAnatomy, RadiographPlace
    from calcimeasure.model import Site

JOINED_SITES: Final = frozenset({BodySite.SHOULDER, BodySite.HIP, BodySite.THIGH})
"""Both of these may be on one image with the trunk between them."""


def site_on_radiograph(place: RadiographPlace) -> Site:
    """Say in which part of the body a lesion lies: the part that the header names, as a projection shows no place."""
    return place.anatomy.ordered.site


def side_on_radiograph(place: RadiographPlace) -> Side:
    """Say on which side of the body a lesion lies.

    Parameters
    ----------
    place
        Where it lies on the radiograph.

    Returns
    -------
    Side
        As `calcimeasure.locate.side.side_of`; without a distance to the midline.
    """
    anatomy, ordered = place.anatomy, place.anatomy.ordered
    said = {SideSource.DICOM_TAG: ordered.coded_side, SideSource.DESCRIPTION: ordered.worded_side}
    evidence = [f"{source}: {' '.join(one.words)}" for source, one in said.items() if one.words]
    site, has_two_limbs = ordered.site.body_site, anatomy.limbs is not None
    if site in MIDLINE_SITES or (ordered.names_both_sides and not has_two_limbs and site in JOINED_SITES):
        return _beside_midline(place, evidence)
    if ordered.names_both_sides or has_two_limbs:
        return _of_two_limbs(place, evidence)
    return _of_one_limb(anatomy, evidence)


def _of_one_limb(anatomy: RadiographAnatomy, evidence: list[str]) -> Side:
    """Take the side that the header names."""
    ordered, side = anatomy.ordered, _said_side(anatomy)
    if ordered.is_contradictory:
        return _unknown(None, [*evidence, "tags and words disagree"], conflict=True)
    if side is None:
        return _unknown(None, evidence or ["neither tags nor words name a side"])
    by_tag, by_word = ordered.coded_side.laterality is side, ordered.worded_side.laterality is side
    alone = LOCATE.tag_confidence if by_tag else LOCATE.word_confidence
    confidence = LOCATE.tag_and_word_confidence if by_tag and by_word else alone
    source = SideSource.DICOM_TAG if by_tag else SideSource.DESCRIPTION
    return Side(side, source, confidence, evidence="; ".join(evidence))


def _of_two_limbs(place: RadiographPlace, evidence: list[str]) -> Side:
    """Tell by its place in which of two limbs a lesion lies."""
    anatomy = place.anatomy
    if anatomy.axis is None:
        return _unknown(None, [*evidence, "two limbs, and Patient Orientation does not tell where left is"])
    if anatomy.limbs is None:
        return _unknown(None, [*evidence, "both sides are said to be on the film, and two limbs are not seen"])
    if place.limb is None:
        return _unknown(None, [*evidence, "it lies in neither of the two limbs on the film"])
    side = anatomy.toward if place.limb == 2 else anatomy.begin
    evidence = [*evidence, f"of two limbs on the film it lies in the {side} one by Patient Orientation"]
    if _may_be_hands_on_their_palms(anatomy):
        return _unknown(side, [*evidence, "hands on their palms have changed places, and their letters have not"])
    return _agreeing(side, anatomy, evidence)


def _may_be_hands_on_their_palms(anatomy: RadiographAnatomy) -> bool:
    return anatomy.ordered.site.body_site in (*ARM_SITES, BodySite.UNKNOWN) and not anatomy.palm_up


def _beside_midline(place: RadiographPlace, evidence: list[str]) -> Side:
    """Tell on which side of the trunk's midline a lesion lies."""
    anatomy, across = place.anatomy, place.across_index
    conflict = anatomy.ordered.is_contradictory
    if anatomy.axis is None or across is None:
        reason = "Patient Orientation does not tell where left is"
        return _unknown(_said_side(anatomy), [*evidence, reason], conflict)
    width = anatomy.shape_ji[anatomy.axis]
    middle = (width - 1) / 2 if anatomy.midline_index is None else anatomy.midline_index
    side = anatomy.toward if across.mean() > middle else anatomy.begin
    if anatomy.midline_index is None:
        return _unknown(side, [*evidence, "the body's midline is not seen on the film"], conflict)
    lies_across = (across > middle).any() and (across < middle).any()
    if lies_across or np.abs(across - middle).min() <= LOCATE.least_from_midline * width:
        return _unknown(side, [*evidence, "it lies on or too near to the body's midline"], conflict)
    evidence = [*evidence, f"it lies to the {side} of the body's midline by Patient Orientation"]
    return _agreeing(side, anatomy, evidence)


def _agreeing(side: Laterality, anatomy: RadiographAnatomy, evidence: list[str]) -> Side:
    """Take the side of its place, unless tags or words name the other one alone."""
    said = _said_side(anatomy)
    if anatomy.ordered.is_contradictory or said not in (None, side):
        return _unknown(side, [*evidence, "tags or words say another"], conflict=True)
    confidence = LOCATE.said_place_confidence if said else LOCATE.place_confidence
    return Side(side, SideSource.DICOM_TAG, confidence, evidence="; ".join(evidence))


def _said_side(anatomy: RadiographAnatomy) -> Laterality | None:
    """Return the one side that tags and words name; None where they name none, or contradict each other."""
    sides = anatomy.ordered.sides
    return next(iter(sides)) if len(sides) == 1 and not anatomy.ordered.is_contradictory else None


def _unknown(hint: Laterality | None, evidence: list[str], conflict: bool = False) -> Side:
    return Side(Laterality.UNKNOWN, SideSource.NONE, conflict=conflict, hint=hint, evidence="; ".join(evidence))
