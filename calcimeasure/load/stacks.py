"""From the grids of all series to stacks: whose, of which study date, and which images."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.load.apart import tell_apart, unclear, value_of
from calcimeasure.load.grids import acquisition_order, distinct, merged
from calcimeasure.load.header import number_text
from calcimeasure.load.join import joined
from calcimeasure.load.places import positions_mm
from calcimeasure.load.scattered import gathered, with_scattered_told
from calcimeasure.load.studies import with_conflicts_told, with_dates_of_studies, with_persons

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.load.grids import ByPath, Grid, SeriesGrids, SeriesKey
    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings


def stacks_of(series: Mapping[SeriesKey, SeriesGrids], settings: Settings) -> list[Stack]:
    """Make the stacks of all series that were found.

    Two persons or two study dates are never in one stack. Slices that a UID scatters are joined, images of several
    acquisitions are told apart. docs/explanation/stacks.md has the rules.
    """
    grids = {key: with_persons(list(one.grids.values())) for key, one in series.items()}
    grids = {key: _without_doubles(some) for key, some in with_dates_of_studies(grids).items()}
    grids = gathered(grids, settings)
    stacks = [stack for some in grids.values() for stack in _numbered(joined(some, settings), settings)]
    return with_conflicts_told(with_scattered_told(stacks))


def _without_doubles(grids: list[Grid]) -> list[Grid]:
    """Merge grids that differ in nothing any more."""
    same: dict[object, list[Grid]] = defaultdict(list)
    for grid in grids:
        same[grid.key, grid.plane_number].append(grid)
    return [merged(some) if len(some) > 1 else some[0] for some in same.values()]


def _numbered(grids: Iterable[Grid], settings: Settings) -> list[Stack]:
    """Make stacks of the grids of one series, numbered in the order of their first instance numbers."""
    parts = sorted((part for grid in grids for part in _split(grid, settings)), key=_first_instance)
    # Each radiograph of a series is a stack of its own, so several are no finding. Slices should be one stack.
    notice = ("split_series",) if sum(part.projection is None for part in parts) > 1 else ()
    return [
        replace(part, stack_number=number, notices=(*part.notices, *notice)) for number, part in enumerate(parts, 1)
    ]


def _first_instance(stack: Stack) -> tuple[float, str, ByPath]:
    return min(map(acquisition_order, stack.instances))


def _split(grid: Grid, settings: Settings) -> list[Stack]:
    """Drop copies of images, and split images of several stacks."""
    unique = distinct(grid.images)
    dropped = ("duplicate_dropped",) if len(unique) < len(grid.images) else ()
    facts = replace(
        grid.facts,
        person=grid.key.person,
        patient_id=grid.facts.patient_id or grid.key.person.patient_id,
        study_date=grid.key.study_date,
        notices=(*grid.facts.notices, *sorted(grid.notices), *dropped),
    )
    if facts.projection is not None:
        # Each radiograph is measured alone, also two that have one UID.
        return [replace(facts, instances=(one,)) for one in unique]
    parts = tell_apart(unique, facts, settings)
    return [
        replace(one, instances=_ordered(part, one), unclear=unclear(part, one, settings))
        for part in parts
        for one in [_facts_of(part, facts) if len(parts) > 1 else facts]
    ]


def _facts_of(part: list[Instance], facts: Stack) -> Stack:
    """Take what tells a part from others from its own first image; all else is that of the grid."""
    first = min(part, key=acquisition_order)
    image_type = value_of(first, "ImageType")
    return replace(
        facts,
        image_type=tuple(word.strip().upper() for word in image_type.split("\\")),
        slice_thickness_mm=_number_of(first, "SliceThickness", facts.slice_thickness_mm),
        kvp=_number_of(first, "KVP", facts.kvp),
    )


def _number_of(image: Instance, name: str, of_grid: float | None) -> float | None:
    """Read a number of an image; as the grid has it where the two are equal but for rounding."""
    value = value_of(image, name)
    if of_grid is not None and value == number_text(of_grid):
        return of_grid
    try:
        return float(value)
    except ValueError:
        return None


def _ordered(instances: Sequence[Instance], facts: Stack) -> tuple[Instance, ...]:
    """Order images along the slice normal; by instance number if the headers do not have all positions."""
    by_number = sorted(instances, key=acquisition_order)
    positions = positions_mm(by_number, facts)
    if not positions.size:
        return tuple(by_number)
    return tuple(by_number[index] for index in np.argsort(positions, kind="stable"))
