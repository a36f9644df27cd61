"""One mass in several stacks of a study.

Stacks that share a frame of reference show a mass at the same position. Two lesions are one mass if the distance of
their centroids is smaller than between two adjacent masses of that size, and if their volumes are similar. Each lesion
of one stack is matched with at most one lesion of another stack. On radiographs `projections` decides.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.study.constants import STUDY
from calcimeasure.study.matching import Seen, match
from calcimeasure.study.projections import is_single, unlikeness_on_projections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from calcimeasure.model import Outcome, StackFacts


def groups_of_one_mass(outcomes: Iterable[Outcome]) -> list[list[Seen]]:
    """Group the lesions of a study that are the same mass.

    Parameters
    ----------
    outcomes
        Of all stacks of the study.

    Returns
    -------
    list of list
        One group for each mass that no reader has rejected: its lesions in all stacks. The first lesion of a group
        shows the mass best. CT is preferred to a radiograph, thinner slices to thicker ones, and of several radiographs
        the one on which the mass is longest.
    """
    stacks = [(one.stack, one) for one in outcomes if one.stack is not None]
    groups: list[list[Seen]] = []
    for stack, outcome in sorted(stacks, key=lambda one: _best_first(one[0])):
        masses = (Seen(stack, mass, is_single(mass, outcome.lesions)) for mass in outcome.masses)
        _join(groups, sorted(masses, key=_largest_first))
    for group in groups:
        group.sort(key=_longest_projection_first)
    return groups


def _largest_first(mass: Seen) -> tuple[float, int]:
    return (-mass.lesion.measurements.size, mass.lesion.number)


def _longest_projection_first(mass: Seen) -> tuple[bool, float]:
    on_radiograph = mass.lesion.measurements.place_lps_mm is None
    return (on_radiograph, -mass.diameter_mm if on_radiograph else 0.0)


def _best_first(stack: StackFacts) -> tuple[object, ...]:
    spacing_mm = stack.slice_spacing_mm or math.inf
    return (stack.modality != "CT", spacing_mm, stack.series_uid, stack.path, stack.stack_number)


def _join(groups: list[list[Seen]], masses: Sequence[Seen]) -> None:
    """Add each mass of another stack to the group of the same mass, or as a new group."""
    firsts = [group[0] for group in groups]
    matched = match(masses, firsts, _unlikeness)
    for index, mass in enumerate(masses):
        if index in matched:
            groups[matched[index]].append(mass)
        else:
            groups.append([mass])


def _unlikeness(one: Seen, other: Seen) -> float:
    """Compare two lesions: 0 if they are certainly one mass, 1 at the limit, infinite if they are two masses."""
    place_lps_mm, other_place_lps_mm = one.place_lps_mm, other.place_lps_mm
    if place_lps_mm is None or other_place_lps_mm is None:
        both_single = one.single and other.single
        if not both_single:
            return math.inf
        return unlikeness_on_projections((one.stack, one.lesion), (other.stack, other.lesion))
    frame = one.stack.frame_of_reference_uid
    if not frame or frame != other.stack.frame_of_reference_uid:
        return math.inf
    if one.times_as_large(other) > STUDY.most_unlike_volume:
        return math.inf
    distance_mm = float(np.linalg.norm(place_lps_mm - other_place_lps_mm))
    near_mm = STUDY.same_place_mm + STUDY.same_place_share * min(one.diameter_mm, other.diameter_mm)
    return distance_mm / near_mm if distance_mm <= near_mm else math.inf
