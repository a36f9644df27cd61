"""The side of a lesion: a ladder of evidence.

A wrong side is the worst error of this program: where the evidence does not suffice, the side is unknown. The evidence,
the strongest first:

- what a reader decided (`calcimeasure.review`);
- bones that another program named, where they lie at the lesion and nearly all of them are of one side;
- the midline of the body, where the field shows it: for a lesion whose middle lies farther from the midline than the
  midline is uncertain. Arms may be raised, folded or crossed: in an arm that is not followed up to the shoulder, the
  place of a lesion proves nothing;
- tags (coded region modifiers, Frame, Image and series Laterality) and words of descriptions. They say what was
  ordered. They set a side only where the field shows one side alone, or for that of two limbs which lies on the side
  that they name;
- the sign of x: patients are usually placed in the middle of the table. The sign is a hint, never a side. But where a
  leg lies on the other side of the scanner than bones, tags or words alone say, these set no side.

Named bones and the midline are both strong: where they disagree the side is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.locate.body_sites import ARM_SITES, BENT_SITES, LEG_SITES, MIDLINE_SITES, UNPAIRED_SITES
from calcimeasure.locate.trunk import Part
from calcimeasure.model import BodySite, Laterality, Side, SideSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.locate.anatomy import Anatomy
    from calcimeasure.locate.body import Body
    from calcimeasure.locate.bones import BonesNear
    from calcimeasure.locate.place import Place
    from calcimeasure.model import Midline, Site

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN

BOTH_SIDES_MM: Final = 280.0
"""A body that extends this far from left to right is no single limb, and no half of a pelvis or a chest."""

LEG_WIDTH_MM: Final = 110.0
"""Two limbs that are both at least this wide are legs, whatever the header calls them: few upper arms are wider."""

FINGER_MM: Final = 30.0
"""Two bodies of which one is thinner than this are fingers or toes of one limb."""

ACROSS_SHARE: Final = 0.1
"""A lesion with at least this share on either side of the midline lies in the middle."""

HINT_MM: Final = 20.0
"""A lesion nearer than this to the scanner's x = 0 has no hint of a side."""

SURE_MM: Final = 30.0
"""So far beyond the uncertainty of the midline a lesion has its side with the highest confidence."""

SURE_SHARE: Final = 0.5
"""A lesion with this share on either side of the midline lies in the middle with the highest confidence."""


def side_of(place: Place, site: Site) -> Side:
    """Say on which side of the body a lesion lies.

    Parameters
    ----------
    place
        Where the lesion lies in the field of its stack.
    site
        In which part of the body it lies.

    Returns
    -------
    Side
        With its source, its confidence and the evidence in words; UNKNOWN where the evidence does not suffice, with the
        hint that there is.
    """
    midline, bones, body_site = place.anatomy.midline, place.bones, site.body_site
    if bones is not None and bones.side is UNKNOWN and not bones.mirrored:
        bones = None
    if midline is None:
        return _by_words(place, body_site) if bones is None else _by_bones_alone(bones, place)
    distance_mm = midline.distance_mm(place.points_lps_mm)
    doubt = _doubt_of_place(place, body_site)
    if bones is None and doubt is not None:
        return _unknown(float(distance_mm.mean()), _sign(float(distance_mm.mean())), doubt)
    beside = _by_midline(midline, place.anatomy.midline_why, distance_mm, body_site)
    return beside if bones is None else _by_bones_and_midline(bones, beside, float(distance_mm.mean()), doubt)


def _by_bones_and_midline(bones: BonesNear, beside: Side, middle_mm: float, doubt: str | None) -> Side:
    """Compare the side of named bones with that of the midline, unless the place of the lesion proves nothing."""
    if bones.mirrored:
        evidence = f"{beside.evidence}; named bones of the left lie where those of the right should, and carry no side"
        return _unknown(middle_mm, beside.hint or _sign(middle_mm), evidence, conflict=True)
    if doubt is not None:
        evidence = f"{bones.words}; {doubt}"
    elif bones.side is (beside.hint or beside.laterality):
        evidence = f"{bones.words}; {beside.evidence}"
    else:
        evidence = f"{bones.words}; {beside.evidence}; named bones and midline disagree"
        return _unknown(middle_mm, _sign(middle_mm), evidence, conflict=True)
    confidence = 0.99 if beside.laterality is bones.side and doubt is None else 0.9
    return Side(
        bones.side,
        SideSource.BONE_LABELS,
        confidence,
        distance_to_midline_mm=middle_mm,
        evidence=evidence,
    )


def _by_bones_alone(bones: BonesNear, place: Place) -> Side:
    """Take the side of named bones where no midline is seen, unless tags, words or the table speak against it."""
    ordered = place.anatomy.ordered
    said = (*ordered.coded_side.words, *ordered.worded_side.words)
    evidence = "; ".join((bones.words, place.anatomy.midline_why, *said))
    hint = _hint_of_place(place)
    if bones.mirrored:
        reason = "named bones of the left lie where those of the right should, and carry no side"
        return _unknown(None, hint, f"{evidence}; {reason}", conflict=True)
    if ordered.sides - {bones.side} or ordered.is_contradictory:
        return _unknown(None, hint, f"{evidence}; named bones and what was ordered disagree", conflict=True)
    against = None if bones.of_arm else _side_of_the_table(place)
    if not ordered.sides and against is not None and against is not bones.side:
        return _unknown(None, hint, f"{evidence}; but the limb lies on the scanner's {against} side", conflict=True)
    return Side(bones.side, SideSource.BONE_LABELS, 0.97 if ordered.sides else 0.92, evidence=evidence)


def _by_midline(midline: Midline, why: str, distance_mm: NDArray[np.float64], body_site: BodySite) -> Side:
    """Tell the side by the signed distances from the midline."""
    middle_mm = float(distance_mm.mean())
    left_share = float(np.mean(distance_mm > 0))
    evidence = f"{why}; its middle lies {abs(middle_mm):.0f} mm to the {_sign(middle_mm)} of it"
    if min(left_share, 1 - left_share) >= ACROSS_SHARE:
        if body_site not in MIDLINE_SITES:
            return _unknown(middle_mm, Laterality.MIDLINE, f"{evidence}, and it lies across it")
        return Side(
            Laterality.MIDLINE,
            SideSource.BODY_MIDLINE,
            confidence=_confidence(min(left_share, 1 - left_share), SURE_SHARE),
            distance_to_midline_mm=middle_mm,
            evidence=f"{evidence}, and it lies across it",
        )
    if abs(middle_mm) <= midline.uncertainty_mm:
        return _unknown(middle_mm, _sign(middle_mm), f"{evidence}, nearer than the midline is known")
    return Side(
        _sign(middle_mm),
        SideSource.BODY_MIDLINE,
        confidence=_confidence(abs(middle_mm) - midline.uncertainty_mm, SURE_MM),
        distance_to_midline_mm=middle_mm,
        evidence=evidence,
    )


def _doubt_of_place(place: Place, body_site: BodySite) -> str | None:
    """Say why the place of a lesion beside the midline may not tell its side; None where it does."""
    anatomy, part = place.anatomy, None if place.in_trunk is None else place.in_trunk.part
    sites = {body_site, anatomy.ordered.site.body_site}
    if place.body is None:
        return "it lies in no body that was found"
    if part is Part.FOLLOWED_LIMB:
        return None
    if part is Part.LIMB:
        return "the bone beside it may be that of an arm which lies on the trunk, and may be crossed"
    if ARM_SITES & sites:
        return "an arm may be raised, folded or crossed: its place proves nothing"
    if anatomy.midline is not None and anatomy.midline.between_limbs:
        return None if _are_legs(anatomy, body_site) else "two limbs that may be arms, which may be crossed"
    if BENT_SITES & sites:
        return "a bent limb may look like both of a pair"
    if place.body > 0:
        return "it lies in a part of the body that is not seen to belong to the trunk (an arm may be crossed)"
    return None


def _are_legs(anatomy: Anatomy, body_site: BodySite) -> bool:
    return body_site in LEG_SITES or _least_width_mm(anatomy.bodies[:2]) >= LEG_WIDTH_MM


def _by_words(place: Place, body_site: BodySite) -> Side:
    """Take the side that tags and descriptions name, unless something that the field shows speaks against it."""
    ordered = place.anatomy.ordered
    said = {SideSource.DICOM_TAG: ordered.coded_side, SideSource.DESCRIPTION: ordered.worded_side}
    hint = _hint_of_place(place)
    evidence = "; ".join((place.anatomy.midline_why, *(word for one in said.values() for word in one.words)))
    if ordered.is_contradictory:
        return _unknown(None, hint, f"{evidence}; tags and words disagree", conflict=True)
    if not ordered.sides or ordered.names_both_sides:
        return _unknown(None, hint, evidence)
    (side,) = ordered.sides
    if body_site in UNPAIRED_SITES or _spans_both_sides(place):
        return _unknown(None, side, f"{evidence}; but both sides may be in the field")
    doubt = _doubt_of_words(place, side, hint, evidence)
    if doubt is not None:
        return doubt
    sources = [source for source, one in said.items() if one.laterality is side]
    confidence = {SideSource.DICOM_TAG: 0.95, SideSource.DESCRIPTION: 0.9}[sources[0]]
    return Side(side, sources[0], 0.98 if len(sources) > 1 else confidence, evidence=evidence)


def _doubt_of_words(place: Place, side: Laterality, hint: Laterality | None, evidence: str) -> Side | None:
    """Say what the field shows against a side that tags or descriptions name; None where nothing does."""
    limb = _which_of_two_limbs(place)
    if limb is UNKNOWN:
        return _unknown(None, hint, f"{evidence}; but two limbs are in view, and in which it lies cannot be told")
    if limb is not None and limb is not side:
        return _unknown(None, limb, f"{evidence}; but of two limbs in view it lies in the {limb} one")
    against = _side_of_the_table(place)
    if against is not None and against is not side:
        return _unknown(None, hint, f"{evidence}; but the limb lies on the scanner's {against} side", conflict=True)
    return None


def _unknown(distance_mm: float | None, hint: Laterality | None, evidence: str, conflict: bool = False) -> Side:
    return Side(
        UNKNOWN,
        SideSource.NONE,
        conflict=conflict,
        hint=hint,
        distance_to_midline_mm=distance_mm,
        evidence=evidence,
    )


def _sign(to_the_left_mm: float) -> Laterality:
    return LEFT if to_the_left_mm > 0 else RIGHT


def _confidence(margin: float, sure: float) -> float:
    """From 0.8 at no margin to 0.99 at a margin that leaves no doubt."""
    return 0.8 + 0.19 * min(1.0, max(0.0, margin) / sure)


def _hint_of_place(place: Place) -> Laterality | None:
    """Take the side of the table that a lesion lies on, or its limb where that is another; None in the middle."""
    if place.limb in (LEFT, RIGHT):
        return place.limb
    x_mm = float(place.points_lps_mm[:, 0].mean())
    if abs(x_mm) < HINT_MM:
        return None
    limb_x_mm = x_mm if place.body is None else place.anatomy.bodies[place.body].middle_x_mm
    return _sign(limb_x_mm) if abs(limb_x_mm) >= HINT_MM else _sign(x_mm)


def _spans_both_sides(place: Place) -> bool:
    """Tell whether the body around a lesion is too wide to be a single limb, hip or shoulder."""
    return place.body is not None and place.anatomy.bodies[place.body].extent_x_mm >= BOTH_SIDES_MM


def _which_of_two_limbs(place: Place) -> Laterality | None:
    """Tell which of two limbs holds the lesion, UNKNOWN where it may be either; None where there are not two."""
    bodies = place.anatomy.bodies
    if place.limb is not None:
        return place.limb
    if len(bodies) < 2 or place.body is None or place.body > 1:
        return None
    sizes = [body.outline.voxel_count for body in bodies[:2]]
    if sizes[1] < sizes[0] / 4 or _least_width_mm(bodies[:2]) < FINGER_MM:
        return None
    return LEFT if bodies[place.body].middle_x_mm > bodies[1 - place.body].middle_x_mm else RIGHT


def _least_width_mm(bodies: tuple[Body, ...]) -> float:
    return min(body.width_mm for body in bodies)


def _side_of_the_table(place: Place) -> Laterality | None:
    """Tell on which side of the scanner the limb lies; None where that side says nothing, as of a raised arm."""
    if place.body is None or place.anatomy.ordered.site.body_site in ARM_SITES:
        return None
    middle_x_mm = place.anatomy.bodies[place.body].middle_x_mm
    return _sign(middle_x_mm) if abs(middle_x_mm) >= HINT_MM else None
