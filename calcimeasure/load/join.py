"""Grids that are one stack although an attribute that slices of one stack share differs.

The attribute alone says that they are several stacks. Where they lie may say that they are one
(docs/explanation/stacks.md).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.load.apart import tell_apart
from calcimeasure.load.grids import distinct, merged
from calcimeasure.load.header import ACQUISITIONS, TELL_APART
from calcimeasure.load.kind import is_measured
from calcimeasure.load.places import FEWEST, is_stack, is_straight, positions_mm, step_mm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.load.grids import Grid
    from calcimeasure.load.header import GridKey
    from calcimeasure.settings import Settings

_JOINED: Final = "joined_slices"

_IGNORED: Final = (
    frozenset({"frame_of_reference_uid"}),
    frozenset({"kernel"}),
    frozenset({"image_type"}),
    frozenset({"frame_of_reference_uid", "kernel", "image_type"}),
)
"""Attributes that are ignored, one set after the other, to see whether grids are one stack."""


def joined(grids: list[Grid], settings: Settings) -> list[Grid]:
    """Join grids of one series that lie as one even stack."""
    slices = [grid for grid in grids if len(grids) > 1 and can_be_slices(grid)]
    if len(slices) < 2:
        return grids
    chosen = set(map(id, slices))
    others = [grid for grid in grids if id(grid) not in chosen]
    for ignored in _IGNORED:
        slices = _joined_without(ignored, slices, settings)
    return [*others, *slices]


def can_be_slices(grid: Grid) -> bool:
    """Tell whether a grid holds slices that are measured, and that have positions."""
    return (
        grid.facts.projection is None
        and bool(positions_mm(grid.images, grid.facts).size)
        and is_measured(grid.facts, grid.first)
    )


def _joined_without(ignored: frozenset[str], slices: list[Grid], settings: Settings) -> list[Grid]:
    groups: dict[tuple[int, GridKey], list[Grid]] = defaultdict(list)
    for grid in slices:
        groups[grid.plane_number, _without(grid.key, ignored)].append(grid)
    return [one for group in groups.values() for one in _join(group, ignored, settings)]


def _without(key: GridKey, ignored: frozenset[str]) -> GridKey:
    return key._replace(**dict.fromkeys(ignored))  # type: ignore[arg-type]


def _join(group: list[Grid], ignored: frozenset[str], settings: Settings) -> list[Grid]:
    """Join grids that differ in nothing but the ignored attributes."""
    if len(group) < 2:
        return group
    group = _join_scattered(group, "frame_of_reference_uid" in ignored, settings)
    whole = merged(group)
    if len(group) > 1 and _is_one_stack(whole, settings) and not _are_each_a_stack(group, settings):
        return [_told(whole)]
    return _join_neighbors(group, "frame_of_reference_uid" in ignored, settings)


def _join_scattered(group: list[Grid], by_frame: bool, settings: Settings) -> list[Grid]:
    """Join grids of one image each, where the attribute differs in every slice.

    A frame of reference that differs in every slice says nothing: slices of one series have one (PS3.3 C.7.4.1). Other
    attributes may tell of single slices that they are no stack, and the slices have to be even.
    """
    lone = [grid for grid in group if len(distinct(grid.images)) == 1]
    others = [grid for grid in group if len(distinct(grid.images)) > 1]
    if len(lone) < FEWEST or len(lone) < sum(len(grid.images) for grid in others):
        return group
    whole = merged(lone)
    clear = _are_stacks_told_apart(whole, settings)
    return [*others, _told(whole)] if by_frame or clear else group


def _are_stacks_told_apart(whole: Grid, settings: Settings) -> bool:
    parts = tell_apart(distinct(whole.images), whole.facts, settings)
    return all(is_stack(positions_mm(part, whole.facts), settings) for part in parts)


def _join_neighbors(group: list[Grid], by_frame: bool, settings: Settings) -> list[Grid]:
    """Join grids of which one begins where the other ends, one step behind it."""
    pieces = sorted((_Piece.of(grid) for grid in group), key=lambda piece: piece.start_mm)
    runs = _runs_of(pieces, by_frame, settings)
    return [grid for run in runs for grid in _one_of([piece.grid for piece in run], settings)]


def _runs_of(pieces: list[_Piece], by_frame: bool, settings: Settings) -> list[list[_Piece]]:
    """Split pieces, in the order of where they start, where one does not go on from the one before it."""
    runs = [[pieces[0]]]
    step_mm = pieces[0].step_mm
    for piece in pieces[1:]:
        before = runs[-1][-1]
        gap_mm = piece.start_mm - before.end_mm
        steps_mm = [step for step in (step_mm, gap_mm, piece.step_mm) if step is not None]
        is_even = min(steps_mm) > 0 and max(steps_mm) - min(steps_mm) <= 2 * settings.spacing_tolerance_mm
        if is_even and not (by_frame and _are_two_acquisitions(before.grid, piece.grid)):
            runs[-1].append(piece)
            step_mm = steps_mm[0]
        else:
            runs.append([piece])
            step_mm = piece.step_mm
    return runs


@dataclass(frozen=True, slots=True)
class _Piece:
    """A grid, where it begins and ends along the normal, and its usual step; None for one image."""

    grid: Grid
    start_mm: float
    end_mm: float
    step_mm: float | None

    @classmethod
    def of(cls, grid: Grid) -> _Piece:
        positions = positions_mm(distinct(grid.images), grid.facts)
        step = step_mm(positions) if positions.size > 1 else None
        return cls(grid, float(positions.min()), float(positions.max()), step)


def _one_of(run: list[Grid], settings: Settings) -> list[Grid]:
    whole = merged(run) if len(run) > 1 else None
    return [_told(whole)] if whole is not None and _is_one_stack(whole, settings) else run


def _is_one_stack(grid: Grid, settings: Settings) -> bool:
    images = distinct(grid.images)
    return is_stack(positions_mm(images, grid.facts), settings) and is_straight(images, grid.facts, settings)


def _are_each_a_stack(group: Iterable[Grid], settings: Settings) -> bool:
    """Tell whether each grid is a stack by itself, as two reconstructions whose slices alternate are."""
    return all(is_stack(positions_mm(distinct(grid.images), grid.facts), settings) for grid in group)


def _are_two_acquisitions(one: Grid, other: Grid) -> bool:
    """Tell whether an attribute of acquisitions has other values in one grid than in the other."""
    places = [TELL_APART.index(name) for name in (*ACQUISITIONS, "IrradiationEventUID")]
    values = [[{image.split_keys[place] for image in grid.images} for place in places] for grid in (one, other)]
    return any(mine.isdisjoint(others) for mine, others in zip(*values, strict=True))


def _told(grid: Grid) -> Grid:
    grid.notices.add(_JOINED)
    return grid
