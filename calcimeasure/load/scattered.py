"""Slices that are one stack by where they lie, although each has a series UID of its own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.load.apart import tell_apart
from calcimeasure.load.constants import LOAD
from calcimeasure.load.grids import acquisition_order, distinct, merged
from calcimeasure.load.join import can_be_slices
from calcimeasure.load.places import is_stack, is_straight, positions_mm, step_mm
from calcimeasure.load.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from calcimeasure.load.grids import Grid, SeriesKey
    from calcimeasure.load.planes import Plane
    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings


def gathered(series: dict[SeriesKey, list[Grid]], settings: Settings) -> dict[SeriesKey, list[Grid]]:
    """Make one series of slices that have a series UID each, if they lie as one even stack.

    Some writers give each slice a series UID of its own, or every UID. The slices share patient, date, series number,
    description, plane and all else that slices of a stack share.

    Returns
    -------
    dict
        The grids of each series. A gathered one has the key of its first slice.
    """
    found = dict(series)
    for alike in _lone_slices_alike(series):
        for same in _of_one_origin(_in_one_plane(alike, settings)):
            for stack in _stacks_among(same, settings):
                keys = [key for key, _ in stack]
                for key in keys:
                    del found[key]
                found[keys[0]] = [_one_series([grid for _, grid in stack])]
    return found


def _lone_slices_alike(series: dict[SeriesKey, list[Grid]]) -> Iterable[list[tuple[SeriesKey, Grid]]]:
    """Give the slices that are alone in their series, those together that share what slices of a stack share."""
    lone: dict[Hashable, list[tuple[SeriesKey, Grid]]] = defaultdict(list)
    for key, grids in series.items():
        if len(grids) == 1 and len(distinct(grids[0].images)) == 1 and can_be_slices(grids[0]):
            lone[_what_slices_share(grids[0])].append((key, grids[0]))
    return lone.values()


def _what_slices_share(grid: Grid) -> Hashable:
    facts = grid.facts
    return (
        grid.key._replace(frame_of_reference_uid=None),
        facts.series_number,
        facts.description,
        facts.protocol_name,
        facts.kvp,
        facts.slice_thickness_mm,
    )


def _in_one_plane(alike: list[tuple[SeriesKey, Grid]], settings: Settings) -> Iterable[list[tuple[SeriesKey, Grid]]]:
    planes = Planes(settings)
    groups: dict[int, list[tuple[SeriesKey, Grid]]] = defaultdict(list)
    for key, grid in alike:
        groups[planes.number_of((grid.facts.row_column_directions, grid.facts.pixel_spacing_mm))].append((key, grid))
    return groups.values()


def _of_one_origin(groups: Iterable[list[tuple[SeriesKey, Grid]]]) -> Iterable[list[tuple[SeriesKey, Grid]]]:
    """Keep studies and frames of reference apart, unless their UIDs differ in every slice too."""
    for group in groups:
        if len(group) < LOAD.fewest_scattered:
            continue
        studies = {grid.facts.study_uid for _, grid in group}
        frames = {grid.key.frame_of_reference_uid for _, grid in group}
        by_study, by_frame = (0 < len(uids) < len(group) for uids in (studies, frames))
        parts: dict[Hashable, list[tuple[SeriesKey, Grid]]] = defaultdict(list)
        for key, grid in group:
            uids = (by_study and grid.facts.study_uid, by_frame and grid.key.frame_of_reference_uid)
            parts[uids].append((key, grid))
        yield from parts.values()


def _stacks_among(group: list[tuple[SeriesKey, Grid]], settings: Settings) -> Iterable[list[tuple[SeriesKey, Grid]]]:
    """Find the stacks that slices of several series form: each in the order of its images."""
    if len(group) < LOAD.fewest_scattered:
        return
    of_image = {id(distinct(grid.images)[0]): (key, grid) for key, grid in group}
    whole = merged([grid for _, grid in group])
    images = [distinct(grid.images)[0] for _, grid in group]
    for part in tell_apart(images, whole.facts, settings):
        if len(part) >= LOAD.fewest_scattered and _is_contiguous(part, whole.facts, settings):
            yield [of_image[id(image)] for image in sorted(part, key=acquisition_order)]


def _is_contiguous(images: list[Instance], facts: Stack, settings: Settings) -> bool:
    """Tell whether images are an even and straight stack without gaps between its slices."""
    positions = positions_mm(images, facts)
    thickness_mm = facts.slice_thickness_mm or 0.0
    most_mm = settings.non_contiguous_factor * thickness_mm if thickness_mm > 0 else LOAD.largest_scattered_step_mm
    return is_stack(positions, settings) and is_straight(images, facts, settings) and step_mm(positions) <= most_mm


def _one_series(grids: list[Grid]) -> Grid:
    whole = merged(grids)
    whole.notices.add("joined_slices")
    uids = {(grid.facts.study_uid, grid.facts.series_uid) for grid in grids}
    whole.facts = replace(whole.facts, joined_series=tuple(sorted(uids)))
    return whole


def with_scattered_told(stacks: list[Stack]) -> list[Stack]:
    """Say of single slices that lie side by side, and that are many, that they may be one stack."""
    lone: dict[Hashable, list[int]] = defaultdict(list)
    for index, stack in enumerate(stacks):
        plane = (stack.row_column_directions, stack.pixel_spacing_mm)
        if len(stack.instances) == 1 and stack.projection is None and positions_mm(stack.instances, stack).size:
            lone[stack.modality, stack.person, stack.study_date, _rounded(plane)].append(index)
    told: set[int] = set()
    for indices in lone.values():
        if len(indices) >= LOAD.fewest_scattered:
            told |= _side_by_side(indices, stacks)
    return [
        replace(stack, notices=(*stack.notices, "scattered_slices")) if index in told else stack
        for index, stack in enumerate(stacks)
    ]


def _rounded(plane: Plane) -> Hashable:
    return tuple(values and tuple(round(value, 2) + 0.0 for value in values) for values in plane)


def _side_by_side(indices: list[int], stacks: list[Stack]) -> set[int]:
    positions = positions_mm([stacks[index].instances[0] for index in indices], stacks[indices[0]])
    order = np.argsort(positions, kind="stable")
    starts = np.flatnonzero(np.diff(positions[order]) > LOAD.largest_scattered_step_mm) + 1
    runs = np.split(order, starts)
    return {indices[place] for run in runs if len(run) >= LOAD.fewest_scattered for place in run}
