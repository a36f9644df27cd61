"""The side and the site of a lesion on a radiograph.

A radiograph of one limb has the side that its tags, its descriptions or a burned-in side marker say. Two of these that
contradict each other set no side. On a radiograph that shows both sides tags and descriptions set none: Patient
Orientation (0020,0020) decides, and a marker for the limb beside it.

The letters of Patient Orientation follow the anatomical position (PS3.17 Annex A). Feet, knees, hips and the trunk lie
on an image as they do in that position. Hands need not. Where both palms face the beam, the left hand lies where the
rows run to the left. Most hands are imaged with their palms on the detector: then the two hands have changed places,
and the letters have not. Two hands on one image have a side from letters only where the header says that they lie on
their backs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.locate.body_sites import ARM_SITES, MIDLINE_SITES
from calcimeasure.locate.constants import LOCATE
from calcimeasure.model import BodySite, Laterality, Side, SideSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.locate.radiograph import RadiographAnatomy, RadiographPlace
    from calcimeasure.locate.radiograph_markers import Marker
    from calcimeasure.model import Site

JOINED_SITES: Final = frozenset({BodySite.SHOULDER, BodySite.HIP, BodySite.THIGH})
"""Both of these may be on one image with the trunk between them."""

BESIDE_TRUNK_SITES: Final = frozenset({BodySite.SHOULDER, BodySite.HIP})
"""An image of one of these is no mirror image of itself: where it is, it shows both."""


def site_on_radiograph(place: RadiographPlace) -> Site:
    """Say in which part of the body a lesion lies: the part that the header names, as a projection shows no place."""
    return place.anatomy.ordered.site


NO_LIMB_SAID = "it is not said that the film shows a limb, and on a trunk or head a marker names one half of it"


MAY_OVERLAP = "the film looks like a pair of limbs that overlap, or it shows one limb"


MAY_BE_MIRRORED = "the letters of the marker look nearly the same mirrored, and so may be the film"


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
    evidence += [f"marker: {marker.words}" for marker in anatomy.markers]
    site, has_midline = ordered.site.body_site, anatomy.midline_index is not None
    if site in MIDLINE_SITES or (site in BESIDE_TRUNK_SITES and has_midline):
        return _beside_midline(place, evidence)
    if anatomy.limbs.count == 1 and ordered.names_both_sides:
        return _beside_midline(place, evidence) if site in JOINED_SITES else _of_unseen_pair(anatomy, evidence)
    if anatomy.limbs.is_doubtful:
        return _doubted(anatomy, [*evidence, MAY_OVERLAP])
    if anatomy.limbs.count > 1:
        return _of_several_limbs(place, evidence)
    if site is BodySite.UNKNOWN and has_midline:
        reason = "both halves of the film are alike, and it is not said that it shows one limb"
        return _doubted(anatomy, [*evidence, reason])
    return _of_one_limb(anatomy, evidence)


def _of_one_limb(anatomy: RadiographAnatomy, evidence: list[str]) -> Side:
    """Take the side that the header or a marker names, unless they contradict each other."""
    ordered, said, marked = anatomy.ordered, _said_side(anatomy), _marked_side(anatomy.markers)
    if any(marker.is_mirrored for marker in anatomy.markers):
        return _unknown(marked, [*evidence, "the marker is mirrored, and so may be the film"], conflict=True)
    if len(_sides_of(anatomy.markers)) > 1:
        return _unknown(None, [*evidence, "markers of both sides are on a film of one limb"], conflict=True)
    if ordered.is_contradictory:
        return _unknown(marked, [*evidence, "tags and words disagree"], conflict=True)
    if marked is not None and said not in (None, marked):
        return _unknown(marked, [*evidence, "the marker on the film says another side"], conflict=True)
    if said is None:
        if marked is None:
            return _unknown(None, evidence or ["neither tags nor words nor a marker name a side"])
        if ordered.site.body_site is BodySite.UNKNOWN:
            return _unknown(marked, [*evidence, NO_LIMB_SAID])
        if not _is_clear(anatomy.markers):
            return _unknown(marked, [*evidence, MAY_BE_MIRRORED])
        return Side(marked, SideSource.MARKER, LOCATE.marker_confidence, evidence="; ".join(evidence))
    unsure = _unsure_against(said, anatomy.unsure_markers)
    if marked is None and unsure is not None:
        return _unknown(said, [*evidence, unsure], conflict=True)
    by_tag, by_word = ordered.coded_side.laterality is said, ordered.worded_side.laterality is said
    alone = LOCATE.tag_confidence if by_tag else LOCATE.word_confidence
    confidence = LOCATE.tag_and_word_confidence if by_tag and by_word else alone
    if marked is said and _is_clear(anatomy.markers):
        confidence = max(confidence, LOCATE.said_and_marker_confidence)
    source = SideSource.DICOM_TAG if by_tag else SideSource.DESCRIPTION
    return Side(said, source, confidence, evidence="; ".join(evidence))


def _of_unseen_pair(anatomy: RadiographAnatomy, evidence: list[str]) -> Side:
    """Leave the side open where both limbs are ordered and one is seen: it may be either, or two that overlap."""
    reason = "both sides are said to be on the film, and two limbs are not seen"
    return _doubted(anatomy, [*evidence, reason])


def _of_several_limbs(place: RadiographPlace, evidence: list[str]) -> Side:
    """Take the side of the limb that a lesion lies in: that of the marker beside it, or that of its place."""
    anatomy = place.anatomy
    own = [marker for marker in anatomy.markers if place.limb is not None and marker.limb == place.limb]
    others = [marker for marker in anatomy.markers if marker.limb is not None and marker.limb != place.limb]
    said, marked = _said_side(anatomy), _marked_side(own)
    is_ordered = said is not None or anatomy.ordered.is_contradictory
    if is_ordered:
        evidence = [*evidence, "tags or words name one side, and more than one limb is in the field"]
    doubt = _doubt_of_markers(anatomy, own, others)
    if doubt is not None:
        return _unknown(marked, [*evidence, doubt], conflict=True)
    by_place, reason = _side_by_place(place)
    evidence = [*evidence, reason]
    if marked is not None:
        if anatomy.ordered.is_contradictory or not {said, by_place} <= {None, marked}:
            return _unknown(marked, [*evidence, "the marker beside it says another side"], conflict=True)
        if anatomy.ordered.site.body_site is BodySite.UNKNOWN:
            return _unknown(marked, [*evidence, NO_LIMB_SAID])
        if _is_clear(own):
            return Side(marked, SideSource.MARKER, LOCATE.marker_confidence, evidence="; ".join(evidence))
        if by_place is None:
            return _unknown(marked, [*evidence, MAY_BE_MIRRORED])
    if by_place is None:
        return _unknown(None, evidence, conflict=is_ordered)
    if any(marker.laterality is by_place for marker in others):
        return _unknown(None, [*evidence, "the marker at the other limb says this side"], conflict=True)
    unsure = _unsure_against(by_place, (one for one in anatomy.unsure_markers if one.limb == place.limb))
    if marked is None and unsure is not None:
        return _unknown(by_place, [*evidence, unsure], conflict=True)
    is_conflict = anatomy.ordered.is_contradictory or said not in (None, by_place)
    confidence = LOCATE.place_confidence if is_conflict or said is None else LOCATE.said_place_confidence
    return Side(by_place, SideSource.DICOM_TAG, confidence, is_conflict, evidence="; ".join(evidence))


def _doubt_of_markers(anatomy: RadiographAnatomy, own: list[Marker], others: list[Marker]) -> str | None:
    """Say why markers on a film of several limbs tell that something is wrong with it; None where they do not."""
    if any(marker.is_mirrored for marker in anatomy.markers):
        return "a marker is mirrored, and so may be the film"
    if len(_sides_of(own)) > 1 or len(_sides_of(others)) > 1 or _sides_of(own) & _sides_of(others):
        return "markers on the film contradict each other"
    return None


def _side_by_place(place: RadiographPlace) -> tuple[Laterality | None, str]:
    """Tell by its place in which of two limbs a lesion lies, and why; None where letters do not tell."""
    anatomy, limbs = place.anatomy, place.anatomy.limbs
    if limbs.axis is None:
        return None, "several limbs, which cannot be told apart"
    if place.limb is None:
        return None, "it lies in neither of the two limbs on the film alone"
    if anatomy.axis != limbs.axis:
        return None, "two limbs, and Patient Orientation does not tell which is the left one"
    if _may_be_hands_on_their_palms(anatomy):
        return None, "hands on their palms have changed places, and the letters of Patient Orientation have not"
    if not limbs.are_alike or anatomy.ordered.site.body_site in BESIDE_TRUNK_SITES:
        return None, "two parts on the film that do not look like a pair of limbs"
    side = anatomy.toward if place.limb == 1 else anatomy.begin
    return side, f"of two limbs on the film it lies in the {side} one by Patient Orientation"


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
    against = _marker_against_letters(anatomy, middle)
    if against is not None:
        is_beside = (against.middle_ji[anatomy.axis] > middle) == (across.mean() > middle)
        reason = "the marker on the film and Patient Orientation disagree, or the marker is mirrored"
        return _unknown(against.laterality if is_beside else None, [*evidence, reason], conflict=True)
    if anatomy.midline_index is None:
        return _unknown(side, [*evidence, "the body's midline is not seen on the film"], conflict)
    lies_across = (across > middle).any() and (across < middle).any()
    if lies_across or np.abs(across - middle).min() <= LOCATE.least_from_midline * width:
        return _unknown(side, [*evidence, "it lies on or too near to the body's midline"], conflict)
    evidence = [*evidence, f"it lies to the {side} of the body's midline by Patient Orientation"]
    return _agreeing(side, anatomy, evidence)


def _marker_against_letters(anatomy: RadiographAnatomy, middle: float) -> Marker | None:
    """Find a marker that is mirrored, or lies on the half of a trunk that is the other side by Patient Orientation."""
    axis = anatomy.axis
    for marker in anatomy.markers:
        away = 0.0 if axis is None else marker.middle_ji[axis] - middle
        by_letters = anatomy.toward if away > 0 else anatomy.begin
        is_beside = axis is not None and abs(away) > LOCATE.least_from_midline * anatomy.shape_ji[axis]
        if marker.is_mirrored or (is_beside and marker.laterality is not by_letters):
            return marker
    return None


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


def _sides_of(markers: Iterable[Marker]) -> frozenset[Laterality]:
    return frozenset(marker.laterality for marker in markers)


def _marked_side(markers: Iterable[Marker]) -> Laterality | None:
    """Return the one side that markers name; None where there is none, or they name both."""
    sides = _sides_of(markers)
    return next(iter(sides)) if len(sides) == 1 else None


def _unsure_against(side: Laterality, markers: Iterable[Marker]) -> str | None:
    """Say which mark looks like a marker of the other side, and is not read for sure; None where there is none."""
    found = next((marker for marker in markers if marker.laterality is not side), None)
    return None if found is None else f"a mark that is not read for sure may be the other side: {found.words}"


def _is_clear(markers: Iterable[Marker]) -> bool:
    """Tell whether a marker is there whose letters show that it is not mirrored."""
    return any(marker.is_mirrored is False for marker in markers)


def _doubted(anatomy: RadiographAnatomy, evidence: list[str]) -> Side:
    """Leave the side open, with the hint of a marker, or of tags and words where there is none."""
    marked, said = _marked_side(anatomy.markers), _said_side(anatomy)
    is_wrong = marked is not None and said not in (None, marked)
    is_wrong |= any(marker.is_mirrored for marker in anatomy.markers)
    return _unknown(marked or said, evidence, conflict=anatomy.ordered.is_contradictory or is_wrong)


def _unknown(hint: Laterality | None, evidence: list[str], conflict: bool = False) -> Side:
    return Side(Laterality.UNKNOWN, SideSource.NONE, conflict=conflict, hint=hint, evidence="; ".join(evidence))
