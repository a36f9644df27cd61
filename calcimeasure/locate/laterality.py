"""The side of a lesion: a ladder of evidence.

A wrong side is the worst number that there is: where the evidence does not carry, the side is unknown. From the best
rung down:

- the reader's word (`calcimeasure.review`);
- bones that another program named, where they lie at the lesion and nearly all of them have one side;
- the body's own midline, where it is seen: for a lesion whose middle lies farther from it than it is uncertain. Arms
  may be raised, folded or crossed: in one that is not followed up to the shoulder, place proves nothing;
- tags (coded region modifiers, Frame, Image and series Laterality) and words of descriptions: they say what was
  ordered, and set a side only where one side alone is in the field, or for that of two limbs which lies where they say;
- the sign of x: positioning is a habit. It is a hint, never a side; but where a leg lies on the other side of the
  scanner than bones, tags or words alone say, they do not carry.

Named bones and the midline are both strong: where they disagree the side is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.locate.bones import BoneEvidence, evidence_of
from calcimeasure.locate.limbs import position
from calcimeasure.locate.points import outline_points
from calcimeasure.locate.trunk import Part, part_with
from calcimeasure.locate.words import SaidSide, SideEvidence, SiteEvidence
from calcimeasure.model import BodySite, Laterality, Side, SideSource, Site, SiteSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.locate.bones import BoneMap
    from calcimeasure.locate.limbs import Limbs
    from calcimeasure.locate.trunk import Trunk
    from calcimeasure.model import Midline, Outline

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN

MIDLINE_SITES = frozenset({BodySite.SPINE, BodySite.CHEST, BodySite.ABDOMEN, BodySite.PELVIS, BodySite.HEAD_NECK})
"""Only here can something lie in the middle."""

ARM_SITES = frozenset({BodySite.HAND_WRIST, BodySite.FOREARM, BodySite.ELBOW})
"""These may lie on either side of the body, and across it."""

UNPAIRED_SITES = MIDLINE_SITES - {BodySite.PELVIS}
"""What was ordered of these has no side; a buttock has."""

BOTH_SIDES_MM = 280.0
"""From here on a body is no single limb, nor one half of a pelvis or a chest."""

BENT_SITES = frozenset({BodySite.KNEE, BodySite.LOWER_LEG, BodySite.ANKLE_FOOT})
"""A bent limb has bones on both sides of a plane between its two parts, and no air there."""

LEG_SITES = frozenset(
    {BodySite.PELVIS, BodySite.HIP, BodySite.THIGH, BodySite.KNEE, BodySite.LOWER_LEG, BodySite.ANKLE_FOOT}
)

LEG_WIDTH_MM = 110.0
"""Two limbs of at least this width are legs, whatever they are called: few upper arms are wider."""

FINGER_MM = 30.0
"""Two bodies thinner than this are fingers or toes of one limb."""

ACROSS_SHARE = 0.1
"""A lesion of which this share lies on the other side lies in the middle."""

HINT_MM = 20.0
"""Nearer to the scanner's x = 0 than this, x hints at nothing."""


_NO_SITE = Site(BodySite.UNKNOWN, SiteSource.NONE)
_NOTHING_SAID = SideEvidence()
_NO_SITES = SiteEvidence()


@dataclass(frozen=True, slots=True)
class View:
    """What is in the field of a stack, as far as sides depend on it.

    Parameters
    ----------
    midline, midline_why
        The body's midline where it is seen, and why or why not.
    bodies
        Each body in view, largest first.
    site
        The part of the body that is imaged, where tags or descriptions name one alone.
    tags, words
        What tags, and descriptions, say of the side.
    coded_sites, worded_sites
        What tags, and descriptions, say of the site.
    trunk
        The trunk with its regions; None where no midline of a trunk is seen.
    limbs
        Limbs beside each other where no midline is seen; None where there is one alone.
    bones
        Bones that another program named; None where there are none.
    """

    midline: Midline | None
    midline_why: str
    bodies: tuple[Outline, ...]
    site: Site = _NO_SITE
    tags: SideEvidence = _NOTHING_SAID
    words: SideEvidence = _NOTHING_SAID
    coded_sites: SiteEvidence = _NO_SITES
    worded_sites: SiteEvidence = _NO_SITES
    trunk: Trunk | None = None
    limbs: Limbs | None = None
    bones: BoneMap | None = None


def side_of(outline: Outline, geometry: Geometry, view: View, site: Site | None = None) -> Side:
    """Say on which side of the body a lesion lies.

    Parameters
    ----------
    outline
        The lesion.
    geometry
        Of its stack.
    view
        What is in the field.
    site
        Where in the body it lies; that of the view where None.

    Returns
    -------
    Side
        With its source, its confidence and the evidence in words; UNKNOWN where the evidence does not carry, with the
        hint that there is.
    """
    points_lps_mm = outline_points(outline, geometry)
    limb = body_with(outline, view.bodies)
    body_site = (site or view.site).body_site
    bones = evidence_of(outline, geometry, view.bones, limb) if view.bones is not None else None
    if view.midline is None:
        if bones is not None and (bones.side is not UNKNOWN or bones.mirrored):
            return _by_bones_alone(bones, points_lps_mm, geometry, view, limb)
        return _by_words(points_lps_mm, geometry, view, limb, body_site)
    distance_mm = view.midline.distance_mm(points_lps_mm)
    doubt = _doubt_of_place(points_lps_mm, view, limb, geometry, body_site)
    if bones is not None and (bones.side is not UNKNOWN or bones.mirrored):
        return _by_bones_and_midline(bones, distance_mm, view, body_site, doubt)
    if doubt is not None:
        return _unknown(float(distance_mm.mean()), _sign(float(distance_mm.mean())), doubt)
    return _by_midline(view.midline, distance_mm, view, body_site)


def _by_bones_and_midline(
    bones: BoneEvidence, distance_mm: NDArray[np.float64], view: View, body_site: BodySite, doubt: str | None
) -> Side:
    """Hold the side of named bones against the midline, unless place says nothing here."""
    assert view.midline is not None  # noqa: S101 - for the type checker
    middle_mm = float(distance_mm.mean())
    place = _by_midline(view.midline, distance_mm, view, body_site)
    if bones.mirrored:
        evidence = f"{place.evidence}; named bones of the left lie where those of the right should, and carry no side"
        return _unknown(middle_mm, place.hint or _sign(middle_mm), evidence, conflict=True)
    if doubt is not None:
        evidence = f"{bones.words}; {doubt}"
    elif bones.side is (place.hint or place.laterality):
        evidence = f"{bones.words}; {place.evidence}"
    else:
        evidence = f"{bones.words}; {place.evidence}; named bones and midline disagree"
        return _unknown(middle_mm, _sign(middle_mm), evidence, conflict=True)
    confidence = 0.99 if place.laterality is bones.side and doubt is None else 0.9
    return Side(
        bones.side,
        SideSource.BONE_LABELS,
        confidence,
        distance_to_midline_mm=middle_mm,
        evidence=evidence,
    )


def _by_bones_alone(
    bones: BoneEvidence, points_lps_mm: NDArray[np.float64], geometry: Geometry, view: View, limb: int | None
) -> Side:
    """Take the side of named bones where no midline is seen, unless tags, words or the table speak against it."""
    said = {view.tags.laterality, view.words.laterality} - {UNKNOWN}
    evidence = "; ".join((bones.words, view.midline_why, *view.tags.words, *view.words.words))
    hint = _hint_of_place(points_lps_mm, geometry, view, limb)
    if bones.mirrored:
        reason = "named bones of the left lie where those of the right should, and carry no side"
        return _unknown(None, hint, f"{evidence}; {reason}", conflict=True)
    if said - {bones.side} or view.tags.conflict or view.words.conflict:
        return _unknown(None, hint, f"{evidence}; named bones and what was ordered disagree", conflict=True)
    against = None if bones.of_arm else _side_of_the_table(view, limb, geometry)
    if not said and against is not None and against is not bones.side:
        return _unknown(None, hint, f"{evidence}; but the limb lies on the scanner's {against} side", conflict=True)
    return Side(bones.side, SideSource.BONE_LABELS, 0.97 if said else 0.92, evidence=evidence)


def _by_midline(midline: Midline, distance_mm: NDArray[np.float64], view: View, body_site: BodySite) -> Side:
    middle_mm = float(distance_mm.mean())
    left_share = float(np.mean(distance_mm > 0))
    place = f"its middle lies {abs(middle_mm):.0f} mm to the {_sign(middle_mm)} of it"
    evidence = f"{view.midline_why}; {place}"
    if min(left_share, 1 - left_share) >= ACROSS_SHARE:
        if body_site not in MIDLINE_SITES:
            return _unknown(middle_mm, Laterality.MIDLINE, f"{evidence}, and it lies across it")
        return Side(
            Laterality.MIDLINE,
            SideSource.BODY_MIDLINE,
            confidence=_confidence(min(left_share, 1 - left_share), 0.5),
            distance_to_midline_mm=middle_mm,
            evidence=f"{evidence}, and it lies across it",
        )
    if abs(middle_mm) <= midline.uncertainty_mm:
        return _unknown(middle_mm, _sign(middle_mm), f"{evidence}, nearer than the midline is known")
    return Side(
        _sign(middle_mm),
        SideSource.BODY_MIDLINE,
        confidence=_confidence(abs(middle_mm) - midline.uncertainty_mm, 30.0),
        distance_to_midline_mm=middle_mm,
        evidence=evidence,
    )


def _doubt_of_place(
    points_lps_mm: NDArray[np.float64], view: View, limb: int | None, geometry: Geometry, body_site: BodySite
) -> str | None:
    """Say why the place of a lesion beside the midline may not tell its side; None where it does."""
    if limb is None:
        return "it lies in no body that was found"
    part = None if view.trunk is None or limb > 0 else part_with(points_lps_mm, view.trunk)
    if part is Part.FOLLOWED_LIMB:
        return None
    if part is Part.LIMB:
        return "the bone beside it may be that of an arm which lies on the trunk, and may be crossed"
    if body_site in ARM_SITES or view.site.body_site in ARM_SITES:
        return "an arm may be raised, folded or crossed: its place proves nothing"
    if view.midline is not None and view.midline.between_limbs:
        if body_site in LEG_SITES or min(_width_mm(body, geometry) for body in view.bodies[:2]) >= LEG_WIDTH_MM:
            return None
        return "two limbs that may be arms, which may be crossed"
    if BENT_SITES & {body_site, view.site.body_site}:
        return "a bent limb may look like both of a pair"
    if limb > 0:
        return "it lies in a part of the body that is not seen to belong to the trunk (an arm may be crossed)"
    return None


def _by_words(
    points_lps_mm: NDArray[np.float64], geometry: Geometry, view: View, limb: int | None, body_site: BodySite
) -> Side:
    hint = _hint_of_place(points_lps_mm, geometry, view, limb)
    said = {SideSource.DICOM_TAG: view.tags, SideSource.DESCRIPTION: view.words}
    evidence = "; ".join((view.midline_why, *(word for one in said.values() for word in one.words)))
    sides = {one.laterality for one in said.values()} - {UNKNOWN}
    if len(sides) > 1 or any(one.conflict for one in said.values()):
        return _unknown(None, hint, f"{evidence}; tags and words disagree", conflict=True)
    if not sides or any(one.side is SaidSide.BOTH for one in said.values()):
        return _unknown(None, hint, evidence)
    (side,) = sides
    if body_site in UNPAIRED_SITES or _spans_both_sides(view, limb, geometry):
        return _unknown(None, side, f"{evidence}; but both sides may be in the field")
    place = _position(points_lps_mm, view, limb, geometry)
    if place is UNKNOWN:
        return _unknown(None, hint, f"{evidence}; but two limbs are in view, and in which it lies cannot be told")
    if place is not None and place is not side:
        return _unknown(None, place, f"{evidence}; but of two limbs in view it lies in the {place} one")
    against = _side_of_the_table(view, limb, geometry)
    if against is not None and against is not side:
        return _unknown(None, hint, f"{evidence}; but the limb lies on the scanner's {against} side", conflict=True)
    sources = [source for source, one in said.items() if one.laterality is side]
    confidence = {SideSource.DICOM_TAG: 0.95, SideSource.DESCRIPTION: 0.9}[sources[0]]
    return Side(side, sources[0], 0.98 if len(sources) > 1 else confidence, evidence=evidence)


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
    """From 0.8 at no margin to 0.99 where the margin is so large that nothing is left to doubt."""
    return 0.8 + 0.19 * min(1.0, max(0.0, margin) / sure)


def body_with(outline: Outline, bodies: Sequence[Outline]) -> int | None:
    """Find the body that a lesion lies in."""
    shares = [outline.overlap(body) for body in bodies]
    return int(np.argmax(shares)) if any(shares) else None


def _hint_of_place(
    points_lps_mm: NDArray[np.float64], geometry: Geometry, view: View, limb: int | None
) -> Laterality | None:
    """Take the side of the table on which a lesion lies, unless its limb lies on the other one; None in the middle."""
    if view.limbs is not None and (place := position(points_lps_mm, view.limbs)) in (LEFT, RIGHT):
        return place
    x_mm = float(points_lps_mm[:, 0].mean())
    if abs(x_mm) < HINT_MM:
        return None
    limb_x_mm = x_mm if limb is None else float(_middle_lps_mm(view.bodies[limb], geometry)[0])
    return _sign(limb_x_mm) if abs(limb_x_mm) >= HINT_MM else _sign(x_mm)


def _spans_both_sides(view: View, limb: int | None, geometry: Geometry) -> bool:
    """Tell whether the body round a lesion is so wide that it is no single limb, hip or shoulder."""
    if limb is None:
        return False
    x_mm = _places_lps_mm(view.bodies[limb], geometry)[:, 0]
    return float(np.ptp(x_mm)) >= BOTH_SIDES_MM


def _position(
    points_lps_mm: NDArray[np.float64], view: View, limb: int | None, geometry: Geometry
) -> Laterality | None:
    """Tell which of two limbs holds the lesion, UNKNOWN where it may be either; None where there are not two."""
    if view.limbs is not None and (place := position(points_lps_mm, view.limbs)) is not None:
        return place
    if len(view.bodies) < 2 or limb is None:
        return None
    sizes = [body.voxel_count for body in view.bodies[:2]]
    if limb > 1 or sizes[1] < sizes[0] / 4 or min(_width_mm(body, geometry) for body in view.bodies[:2]) < FINGER_MM:
        return None
    x_mm = [float(_middle_lps_mm(body, geometry)[0]) for body in view.bodies[:2]]
    return LEFT if x_mm[limb] > x_mm[1 - limb] else RIGHT


def _side_of_the_table(view: View, limb: int | None, geometry: Geometry) -> Laterality | None:
    """Tell on which side of the scanner the limb lies; None where that says nothing of it, as of a raised arm."""
    if limb is None or view.site.body_site in ARM_SITES:
        return None
    middle_x_mm = float(_middle_lps_mm(view.bodies[limb], geometry)[0])
    return _sign(middle_x_mm) if abs(middle_x_mm) >= HINT_MM else None


def _middle_lps_mm(body: Outline, geometry: Geometry) -> NDArray[np.float64]:
    middle: NDArray[np.float64] = _places_lps_mm(body, geometry).mean(axis=0)
    return middle


def _places_lps_mm(body: Outline, geometry: Geometry) -> NDArray[np.float64]:
    # Every fourth voxel along each axis shows a body's place as well as all of them.
    return geometry.to_lps_mm(np.argwhere(body.mask()[::2, ::4, ::4]) * (2, 4, 4) + np.array(body.start_kji))


def _width_mm(body: Outline, geometry: Geometry) -> float:
    """Width of the round limb that has the same section, in the middle of its slices."""
    pixels = np.count_nonzero(body.mask(), axis=(1, 2))
    return float(np.sqrt(4 / np.pi * np.median(pixels) * geometry.pixel_area_mm2))
