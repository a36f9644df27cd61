"""What belongs together in a study: one mass seen in several series, and the two of a symmetric pair.

*The same mass*: series that share a frame of reference show a mass at the same place. Two lesions are one where their
centroids lie nearer than masses of their size can lie side by side, and their volumes are alike; each
lesion of one series is one of another's at most. On radiographs `views` tells.

*A pair*: two masses on opposite sides of a seen midline, each nearer to the mirror image of the other than a distance
that grows with their size. Where limbs were imaged one by one, with a side for each: the same site left and right, the
largest with the largest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.locate.views import is_single, unlikeness_on_views
from calcimeasure.model import BodySite, FilmMeasurements, Laterality, Measurements, SideSource, SiteSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Lesion, Outcome, StackFacts

SAME_PLACE_MM = 6.0
SAME_PLACE_SHARE = 0.15
"""One mass moves by this much between two series, and by this share of its diameter (thick slices, another kernel): two
masses side by side lie farther apart than their diameter."""

MOST_UNLIKE_VOLUME = 2.5
"""One mass has at most this many times the volume in another series; a small one in thick slices varies most."""

PAIR_MM = 22.0
PAIR_SHARE = 0.25
"""The two of a pair lie within this distance of each other's mirror image, and this share of their mean diameter."""

MOST_UNLIKE_PAIR = 8.0
"""One of a pair has at most this many times the volume of the other: twice its diameter."""


LinkKey = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Links:
    """What a lesion belongs to in its study.

    Parameters
    ----------
    study_lesion_number
        The same number is the same mass.
    primary
        True for exactly one lesion of each number: CT before radiograph, then the thinnest slices, of several views
        the one that shows it longest.
    pair_number
        The same number on both of a pair; None where it is in none.
    """

    study_lesion_number: int
    primary: bool
    pair_number: int | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A lesion in its stack."""

    stack: StackFacts
    lesion: Lesion
    single: bool

    @property
    def place_lps_mm(self) -> NDArray[np.float64] | None:
        numbers = self.lesion.measurements
        return np.array(numbers.centroid_lps_mm) if isinstance(numbers, Measurements) else None

    @property
    def diameter_mm(self) -> float:
        return self.lesion.measurements.largest_mm or 0.0

    @property
    def volume_ml(self) -> float | None:
        numbers = self.lesion.measurements
        return numbers.volume_ml or numbers.volume_voxels_ml if isinstance(numbers, Measurements) else None

    @property
    def key(self) -> LinkKey:
        return link_key(self.stack, self.lesion)


def link(outcomes: Iterable[Outcome]) -> dict[LinkKey, Links]:
    """Link the masses of one study.

    Parameters
    ----------
    outcomes
        Of all its stacks.

    Returns
    -------
    dict
        By `link_key`: what each mass that is not rejected belongs to.
    """
    seen = [(one.stack, one) for one in outcomes if one.stack is not None]
    groups: list[list[_Seen]] = []
    for stack, outcome in sorted(seen, key=lambda one: _best_first(one[0])):
        masses = (_Seen(stack, mass, is_single(mass, outcome.lesions)) for mass in outcome.masses)
        _join(groups, sorted(masses, key=_largest_first))
    for group in groups:
        group.sort(key=_longest_view_first)
    pairs = _pairs([group[0] for group in groups])
    return {
        member.key: Links(number, member is group[0], pairs.get(number - 1))
        for number, group in enumerate(groups, 1)
        for member in group
    }


def link_key(stack: StackFacts, lesion: Lesion) -> LinkKey:
    """Name a lesion in its study."""
    return (stack.series_uid, stack.path, stack.stack_number, lesion.tracking_uid)


def _largest_first(mass: _Seen) -> tuple[float, int]:
    return (-mass.lesion.measurements.size, mass.lesion.number)


def _longest_view_first(mass: _Seen) -> tuple[bool, float]:
    is_on_film = isinstance(mass.lesion.measurements, FilmMeasurements)
    return (is_on_film, -mass.diameter_mm if is_on_film else 0.0)


def _best_first(stack: StackFacts) -> tuple[object, ...]:
    spacing_mm = stack.slice_spacing_mm or math.inf
    return (stack.modality != "CT", spacing_mm, stack.series_uid, stack.path, stack.stack_number)


def _join(groups: list[list[_Seen]], masses: Sequence[_Seen]) -> None:
    """Add the masses of one more stack to the groups that they are of, or as groups of their own."""
    firsts = [group[0] for group in groups]
    matched = _matches(masses, firsts, _unlikeness_of_one_mass)
    for index, mass in enumerate(masses):
        if index in matched:
            groups[matched[index]].append(mass)
        else:
            groups.append([mass])


def _unlikeness_of_one_mass(one: _Seen, other: _Seen) -> float:
    """From 0 where two lesions are surely one mass to 1 where they may just be; infinite where they are not."""
    if one.place_lps_mm is None or other.place_lps_mm is None:
        both = one.single and other.single
        return unlikeness_on_views((one.stack, one.lesion), (other.stack, other.lesion)) if both else math.inf
    frame = one.stack.frame_of_reference_uid
    if not frame or frame != other.stack.frame_of_reference_uid:
        return math.inf
    if _ratio(one, other) > MOST_UNLIKE_VOLUME:
        return math.inf
    distance_mm = float(np.linalg.norm(one.place_lps_mm - other.place_lps_mm))
    near_mm = SAME_PLACE_MM + SAME_PLACE_SHARE * min(one.diameter_mm, other.diameter_mm)
    return distance_mm / near_mm if distance_mm <= near_mm else math.inf


def _ratio(one: _Seen, other: _Seen) -> float:
    """How many times as large the larger of two is; 1 where volumes are not known."""
    if not one.volume_ml or not other.volume_ml:
        return 1.0
    return max(one.volume_ml, other.volume_ml) / min(one.volume_ml, other.volume_ml)


def _pairs(masses: Sequence[_Seen]) -> dict[int, int]:
    """Give each mass of a study that is in a symmetric pair the number of its pair, by its index."""
    left = [index for index, mass in enumerate(masses) if _laterality(mass) is Laterality.LEFT]
    right = [index for index, mass in enumerate(masses) if _laterality(mass) is Laterality.RIGHT]
    matched = _matches([masses[n] for n in left], [masses[n] for n in right], _unlikeness_of_a_pair)
    pairs = [(left[one], right[other]) for one, other in matched.items()]
    alone = [[n for n in side if all(n not in pair for pair in pairs)] for side in (left, right)]
    for one in alone[0]:
        partner = next((other for other in alone[1] if _are_limb_by_limb(masses[one], masses[other])), None)
        if partner is not None:
            alone[1].remove(partner)
            pairs.append((one, partner))
    return {index: number for number, pair in enumerate(sorted(pairs, key=min), 1) for index in pair}


def _laterality(mass: _Seen) -> Laterality | None:
    return mass.lesion.side.laterality if mass.lesion.side else None


def _unlikeness_of_a_pair(one: _Seen, other: _Seen) -> float:
    midline = one.stack.midline or other.stack.midline
    frame = one.stack.frame_of_reference_uid
    same_frame = one.stack is other.stack or (frame and frame == other.stack.frame_of_reference_uid)
    if midline is None or not same_frame or not _may_be_one_site(one, other):
        return math.inf
    if _ratio(one, other) > MOST_UNLIKE_PAIR:
        return math.inf
    place, other_place = one.place_lps_mm, other.place_lps_mm
    if place is None or other_place is None:
        return math.inf
    mirrored = place - 2 * float(midline.distance_mm(place)) * np.array(midline.normal)
    distance_mm = float(np.linalg.norm(mirrored - other_place))
    near_mm = PAIR_MM + PAIR_SHARE * (one.diameter_mm + other.diameter_mm) / 2 + midline.uncertainty_mm
    # Of two that may be the partner, the one of a like size is.
    return distance_mm / near_mm + math.log(_ratio(one, other)) if distance_mm <= near_mm else math.inf


def _may_be_one_site(one: _Seen, other: _Seen) -> bool:
    """Tell whether nobody said that two masses lie in different parts of the body.

    Sites that were told from places or bones end somewhere, and a pair may lie on either side of that border.
    """
    known = [mass.lesion.site for mass in (one, other) if mass.lesion.site]
    sites = {site.body_site for site in known if site.source not in (SiteSource.GEOMETRY, SiteSource.BONE_LABELS)}
    return len(sites - {BodySite.UNKNOWN}) <= 1


def _are_limb_by_limb(one: _Seen, other: _Seen) -> bool:
    """Tell whether two limbs were imaged each for itself, and this is the same site of both."""
    sites = [mass.lesion.site.body_site if mass.lesion.site else BodySite.UNKNOWN for mass in (one, other)]
    sides = [mass.lesion.side for mass in (one, other) if mass.lesion.side]
    beside_midline = any(
        side.source is SideSource.BODY_MIDLINE or side.distance_to_midline_mm is not None for side in sides
    )
    return sites[0] is sites[1] is not BodySite.UNKNOWN and not beside_midline


def _matches(
    ones: Sequence[_Seen], others: Sequence[_Seen], unlikeness: Callable[[_Seen, _Seen], float]
) -> dict[int, int]:
    """Find who is whose, each at most once, with the least unlikeness in all."""
    if not ones or not others:
        return {}
    costs = np.array([[unlikeness(one, other) for other in others] for one in ones])
    possible = np.isfinite(costs)
    if not possible.any():
        return {}
    # Tables are also written where nothing has to be linked: that need not wait for SciPy.
    from scipy.optimize import linear_sum_assignment

    # What is impossible costs more than all that is possible together.
    dear = float(costs[possible].sum()) + 1.0
    rows, columns = linear_sum_assignment(np.where(possible, costs, dear))
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if possible[i, j]}
