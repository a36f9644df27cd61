"""The two masses of a symmetric pair.

If the image shows the midline, two masses on opposite sides of the midline are a pair if each lies near the mirror
image of the other. The allowed distance grows with their size. If limbs were imaged one by one and the side of each
limb is known, masses at the same site left and right are a pair: the largest with the largest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import BodySite, Laterality, SideSource, SiteSource
from calcimeasure.study.constants import STUDY
from calcimeasure.study.matching import match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.study.matching import Seen


def symmetric_pairs(masses: Sequence[Seen]) -> dict[int, int]:
    """Find the symmetric pairs among the masses of a study.

    Parameters
    ----------
    masses
        Each mass once, as the lesion of the stack that shows it best.

    Returns
    -------
    dict
        Maps the index of a mass to the number of its pair, from 1; masses without a partner are left out.
    """
    left, right = (_on_side(masses, side) for side in (Laterality.LEFT, Laterality.RIGHT))
    matched = match([masses[n] for n in left], [masses[n] for n in right], _unlikeness)
    pairs = [(left[one], right[other]) for one, other in matched.items()]
    pairs += _limb_by_limb(masses, _in_no_pair(left, pairs), _in_no_pair(right, pairs))
    return {index: number for number, pair in enumerate(sorted(pairs, key=min), 1) for index in pair}


def _in_no_pair(indexes: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[int]:
    return [index for index in indexes if all(index not in pair for pair in pairs)]


def _on_side(masses: Sequence[Seen], laterality: Laterality) -> list[int]:
    sides = [mass.lesion.side for mass in masses]
    return [index for index, side in enumerate(sides) if side is not None and side.laterality is laterality]


def _limb_by_limb(masses: Sequence[Seen], left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    """Pair masses of limbs that were imaged one by one, the largest with the largest."""
    pairs = []
    free = list(right)
    for one in left:
        partner = next((other for other in free if _are_limb_by_limb(masses[one], masses[other])), None)
        if partner is not None:
            free.remove(partner)
            pairs.append((one, partner))
    return pairs


def _unlikeness(one: Seen, other: Seen) -> float:
    """Compare a mass with the mirror image of another; infinite where they are no pair."""
    midline = one.stack.midline or other.stack.midline
    frame = one.stack.frame_of_reference_uid
    same_frame = one.stack is other.stack or (frame and frame == other.stack.frame_of_reference_uid)
    if midline is None or not same_frame or not _may_be_one_site(one, other):
        return math.inf
    times_as_large = one.times_as_large(other)
    if times_as_large > STUDY.most_unlike_pair:
        return math.inf
    place_lps_mm, other_place_lps_mm = one.place_lps_mm, other.place_lps_mm
    if place_lps_mm is None or other_place_lps_mm is None:
        return math.inf
    mirrored_lps_mm = place_lps_mm - 2 * float(midline.distance_mm(place_lps_mm)) * np.array(midline.normal)
    distance_mm = float(np.linalg.norm(mirrored_lps_mm - other_place_lps_mm))
    near_mm = STUDY.pair_mm + STUDY.pair_share * (one.diameter_mm + other.diameter_mm) / 2 + midline.uncertainty_mm
    # Of two possible partners the one of similar size is preferred.
    return distance_mm / near_mm + math.log(times_as_large) if distance_mm <= near_mm else math.inf


def _may_be_one_site(one: Seen, other: Seen) -> bool:
    """Tell whether no header and no reader says that two masses lie in different parts of the body.

    Sites found from geometry or bones have a sharp border, and the masses of a pair can lie on different sides of this
    border.
    """
    known = [mass.lesion.site for mass in (one, other) if mass.lesion.site]
    sites = {site.body_site for site in known if site.source not in (SiteSource.GEOMETRY, SiteSource.BONE_LABELS)}
    return len(sites - {BodySite.UNKNOWN}) <= 1


def _are_limb_by_limb(one: Seen, other: Seen) -> bool:
    """Tell whether two limbs were imaged one by one, and both masses lie at the same site."""
    sites = [mass.lesion.site.body_site if mass.lesion.site else BodySite.UNKNOWN for mass in (one, other)]
    sides = [mass.lesion.side for mass in (one, other) if mass.lesion.side]
    beside_midline = any(
        side.source is SideSource.BODY_MIDLINE or side.distance_to_midline_mm is not None for side in sides
    )
    return sites[0] is sites[1] is not BodySite.UNKNOWN and not beside_midline
