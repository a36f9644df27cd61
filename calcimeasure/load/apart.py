"""Which images of one grid are which stack: told by attributes that may differ in a stack, and by where images lie.

Neither decides alone. Attributes number slices, breaths and reconstructions of one stack too, and images of two
acquisitions can be evenly spaced together. docs/explanation/stacks.md has the rules.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.load.constants import LOAD
from calcimeasure.load.header import ACQUISITIONS, TELL_APART
from calcimeasure.load.places import (
    FEWEST,
    has_twins,
    is_even,
    is_one_place,
    is_stack,
    lie_among_each_other,
    positions_mm,
    step_mm,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from numpy.typing import NDArray

    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings

Parts = list[list["Instance"]]

_TIME_POINTS: Final = frozenset(
    {"StackID", "TemporalPositionIdentifier", "TriggerTime", "NominalPercentageOfCardiacPhase", "SliceThickness"}
)
"""Attributes whose values never alternate inside one stack."""

_TIMES: Final = frozenset({"AcquisitionDateTime", "AcquisitionTime", "ContentTime"})

_OF_ACQUISITIONS: Final = ACQUISITIONS | {"IrradiationEventUID", "AcquisitionDateTime", "AcquisitionTime"}
"""Attributes in which an image of another acquisition differs."""


def tell_apart(images: list[Instance], facts: Stack, settings: Settings) -> Parts:
    """Split images of one grid into stacks, as long as an attribute and the positions say so.

    Returns
    -------
    list
        Of each stack its images. One part if nothing tells images apart.
    """
    pending, found = [images], []
    while pending:
        part = pending.pop()
        positions = positions_mm(part, facts)
        parts = _parts_of(part, positions, facts, settings) if positions.size > 1 else None
        if parts is None:
            found.append(part)
        else:
            pending += reversed(parts)
    return found


def unclear(images: list[Instance], facts: Stack, settings: Settings) -> str | None:
    """Say what was found if positions and attributes disagree about which images are one stack; else None."""
    positions = positions_mm(images, facts)
    if positions.size < 2 * FEWEST:
        return None
    if is_stack(positions, settings):
        for name, parts in _partitions(images, positions):
            if _is_in_turn(parts, facts, settings):
                values = _listed(value_of(part[0], name) for part in parts)
                return f"one even stack only together, and in turn slices of {name} {values}"
        return None
    parts = dict(_partitions(images, positions)).get("SliceThickness", [])
    if len(parts) > 1 and min(map(len, parts)) >= FEWEST and _intrude(parts, facts, settings):
        return f"slices of SliceThickness {_listed(value_of(part[0], 'SliceThickness') for part in parts)} mm mixed"
    return None


def _parts_of(images: list[Instance], positions: NDArray[np.float64], facts: Stack, settings: Settings) -> Parts | None:
    """Give the parts by the first attribute that tells stacks apart; None if none does."""
    ways: tuple[Callable[[str, Parts], bool], ...]
    if has_twins(positions, settings):
        ways = (
            lambda _, parts: _are_free_of_twins(parts, facts, settings),
            lambda name, parts: _are_stack_and_monitoring(name, parts, facts, settings),
        )
    else:
        even = is_even(positions, settings)
        ways = (
            lambda name, parts: not even and _are_acquisitions(name, parts, facts, settings),
            lambda name, parts: _are_even_in_turn(name, parts, facts, settings, even),
            lambda name, parts: _has_foreign(name, parts, facts, settings, even),
        )
    partitions = _partitions(images, positions)
    for way in ways:
        for name, parts in partitions:
            if way(name, parts):
                return parts
    pairs = _by_two_attributes(images, partitions)
    return next((parts for parts in pairs if ways[0]("", parts)), None)


def _partitions(images: list[Instance], positions: NDArray[np.float64]) -> list[tuple[str, Parts]]:
    """Split images by each attribute that has several values, and by each time of which every image has its own."""
    found = []
    for attribute, name in enumerate(TELL_APART):
        parts = _split(images, lambda one, place=attribute: one.split_keys[place])  # type: ignore[misc]
        if len(parts) > 1:
            found.append((name, parts))
    return [*found, *_passes(images, positions, found)]


def _passes(
    images: list[Instance], positions: NDArray[np.float64], partitions: list[tuple[str, Parts]]
) -> Iterator[tuple[str, Parts]]:
    """Split images where, in the order of their times, they turn back to places that were passed before."""
    for name, parts in partitions:
        if name not in _TIMES or 2 * len(parts) < len(images):
            continue
        times = [value_of(one, name) for one in images]
        order = np.lexsort((positions, np.array(times))).tolist()
        passes, direction = [[images[order[0]]]], 0.0
        for before, index in itertools.pairwise(order):
            step = float(np.sign(positions[index] - positions[before]))
            if direction in (0.0, step) and step:
                passes[-1].append(images[index])
                direction = step
            else:
                passes.append([images[index]])
                direction = 0.0
        if len(passes) > 1 and min(map(len, passes)) >= FEWEST:
            yield name, passes


def _split(images: Iterable[Instance], value: Callable[[Instance], Hashable]) -> Parts:
    parts: dict[Hashable, list[Instance]] = defaultdict(list)
    for one in images:
        parts[value(one)].append(one)
    return list(parts.values())


def _by_two_attributes(images: list[Instance], partitions: list[tuple[str, Parts]]) -> Iterator[Parts]:
    """Split images by two attributes whose values are shared by several slices: two stacks at two times."""
    shared = [TELL_APART.index(name) for name, parts in partitions if min(map(len, parts)) >= FEWEST]
    for one, other in itertools.combinations(shared, 2):
        yield _split(images, lambda image, one=one, other=other: (image.split_keys[one], image.split_keys[other]))  # type: ignore[misc]


def _are_free_of_twins(parts: Parts, facts: Stack, settings: Settings) -> bool:
    """Tell whether each part has one image at each position.

    An attribute that differs in every image, such as an acquisition time, makes no stacks.
    """
    return all(len(part) > 1 and not has_twins(positions_mm(part, facts), settings) for part in parts)


def _are_stack_and_monitoring(name: str, parts: Parts, facts: Stack, settings: Settings) -> bool:
    """Tell whether one part is most of the images and has no twins, and the others are slices of monitoring."""
    main, *others = sorted(parts, key=len, reverse=True)
    is_main = len(main) >= FEWEST and 2 * len(main) >= sum(map(len, parts))
    if name == "ContentTime" or not is_main or has_twins(positions_mm(main, facts), settings):
        return False
    return all(is_one_place(places, settings) or not has_twins(places, settings) for places in _places(others, facts))


def _are_acquisitions(name: str, parts: Parts, facts: Stack, settings: Settings) -> bool:
    """Tell whether the slices of several acquisitions lie between each other: two breaths, not one stack."""
    return (
        (not name or name in ACQUISITIONS)
        and _are_free_of_twins(parts, facts, settings)
        and _among(parts, facts, settings)
    )


def _are_even_in_turn(name: str, parts: Parts, facts: Stack, settings: Settings, even: bool) -> bool:
    """Tell whether each part is a stack by itself, and the slices of one lie between those of another.

    If all slices together are even, and so thin that each part leaves gaps, this is clear only of attributes that never
    alternate in a stack.
    """
    if not _are_each_a_stack_among_others(parts, facts, settings):
        return False
    return name in _TIME_POINTS or not even or not _leave_gaps(parts, facts, settings)


def _is_in_turn(parts: Parts, facts: Stack, settings: Settings) -> bool:
    return _are_each_a_stack_among_others(parts, facts, settings) and _leave_gaps(parts, facts, settings)


def _are_each_a_stack_among_others(parts: Parts, facts: Stack, settings: Settings) -> bool:
    if min(map(len, parts)) < FEWEST:
        return False
    places = _places(parts, facts)
    return all(is_stack(part, settings) for part in places) and lie_among_each_other(places, settings)


def _leave_gaps(parts: Parts, facts: Stack, settings: Settings) -> bool:
    """Tell whether the slices of each part are too thin for their steps."""
    thickness_mm = facts.slice_thickness_mm or 0.0
    return thickness_mm > 0 and all(
        step_mm(part) > settings.non_contiguous_factor * thickness_mm for part in _places(parts, facts)
    )


def _has_foreign(name: str, parts: Parts, facts: Stack, settings: Settings, even: bool) -> bool:
    """Tell whether one part is a stack and the others are single slices that do not belong to it.

    A slice is foreign if the stack has no place for it, or if it is of another thickness and another acquisition.
    Slices that are even together have their places.
    """
    main, *others = sorted(parts, key=len, reverse=True)
    count = sum(map(len, others))
    if len(main) < FEWEST or count > len(main) or max(map(len, others)) >= FEWEST:
        return False
    foreign = [one for part in others for one in part]
    if name in _OF_ACQUISITIONS and _is_of_other_thickness(main, foreign):
        return True
    return not even and _have_no_place(others, main, facts, settings)


def _have_no_place(others: Parts, main: list[Instance], facts: Stack, settings: Settings) -> bool:
    """Tell whether a slice of the others can be none of the stack."""
    stack_mm = np.sort(positions_mm(main, facts))
    return any(
        not _has_place_for(float(place), stack_mm, len(part) > 1, settings)
        for part in others
        for place in positions_mm(part, facts)
    )


def _is_of_other_thickness(main: list[Instance], foreign: list[Instance]) -> bool:
    thicknesses = {value_of(one, "SliceThickness") for one in main}
    return len(thicknesses) == 1 and all(value_of(one, "SliceThickness") not in {"", *thicknesses} for one in foreign)


def _intrude(parts: Parts, facts: Stack, settings: Settings) -> bool:
    """Tell whether slices of other parts lie where the largest part has no place for them."""
    main, *others = sorted(_places(parts, facts), key=len, reverse=True)
    stack_mm = np.sort(main)
    return any(not _has_place_for(float(place), stack_mm, True, settings) for part in others for place in part)


def _has_place_for(place_mm: float, stack_mm: NDArray[np.float64], in_company: bool, settings: Settings) -> bool:
    """Tell whether a slice can be one of a stack: it fills a gap, or continues the stack."""
    usual_mm = step_mm(stack_mm)
    tolerance_mm = 2 * settings.spacing_tolerance_mm + LOAD.missing_slice_tolerance * usual_mm
    index = int(np.searchsorted(stack_mm, place_mm))
    if 0 < index < stack_mm.size:
        return bool(stack_mm[index] - stack_mm[index - 1] > LOAD.rounded_step_ratio * usual_mm)
    step = stack_mm[0] - place_mm if index == 0 else place_mm - stack_mm[-1]
    # More than one slice behind the stack is another part of it, with steps of its own.
    return in_company or bool(abs(step - usual_mm) <= tolerance_mm)


def _among(parts: Parts, facts: Stack, settings: Settings) -> bool:
    return lie_among_each_other(_places(parts, facts), settings)


def _places(parts: Parts, facts: Stack) -> list[NDArray[np.float64]]:
    return [positions_mm(part, facts) for part in parts]


def value_of(image: Instance, name: str) -> str:
    """Give the value that an image has in one of `TELL_APART`; empty if its header has none."""
    return image.split_keys[TELL_APART.index(name)]


def _listed(values: Iterable[str]) -> str:
    several = sorted({value or "none" for value in values})
    return " and ".join(several) if len(several) <= 2 else f"{', '.join(several[:5])} and others"
