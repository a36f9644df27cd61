"""Of two limbs in the field, also where they touch and one is cut off, only the one that is named has its side."""

import pytest

from calcimeasure.locate.anatomy import anatomy_of
from calcimeasure.model import Laterality
from tests.bodies import Ball, Body, Limb, Tube, bone, grid_of
from tests.locate.test_side import AXIAL, mass, side_at
from tests.model.test_model import ct_series

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN
CALVES = (
    Tube((-70, 0), (58, 58), 40.0),
    Tube((70, 0), (58, 58), 40.0),
    bone(-70, -5, 14),
    bone(70, -5, 14),
    Tube((0, 0), (40, 25), 40.0, low_mm=20, high_mm=50),
)
"""Two calves that touch for 30 mm."""
GRID = grid_of(*AXIAL, size_mm=(190.0, 150.0, 160.0), center=(-45, 0, 0))
"""The right one, and part of the left one."""

PLACES = {
    "in the right one": ((-75, 35, -50), RIGHT),
    "in the right one, where they touch": ((-80, 35, 36), RIGHT),
    "in the part of the left one": ((33, 15, -50), LEFT),
    "in the part of the left one, where they touch": ((38, 15, 36), LEFT),
    "between them, where they touch": ((0, 0, 36), UNKNOWN),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", ["R", "L"])
def test_only_the_limb_that_is_named_has_its_side(place: str, said: str) -> None:
    center, truth = PLACES[place]
    body = Body(CALVES, (Ball(center, 8.0),))
    volume = body.volume(GRID)
    object.__setattr__(volume, "stack", ct_series(image_laterality=said, body_part="LOWERLEG"))
    anatomy = anatomy_of(volume, *body.outlines(GRID))
    assert anatomy.midline is None
    found = side_at(mass(body, GRID), anatomy).laterality
    assert found in (UNKNOWN, truth)
    if truth is RIGHT and said == "R":
        assert found is RIGHT


@pytest.mark.parametrize("said", ["R", "L"])
def test_fingers_are_no_limbs_of_their_own(said: str) -> None:
    fingers = tuple(Limb((x, 0, -90), (x, 0, 90), 9.0, 4.0) for x in (-45.0, -20.0, 5.0, 30.0))
    body = Body((), (Ball((30, -6, 0), 4.0),), limbs=fingers)
    grid = grid_of(*AXIAL, size_mm=(130.0, 80.0, 120.0), step_mm=3.0)
    volume = body.volume(grid)
    object.__setattr__(volume, "stack", ct_series(image_laterality=said, body_part="HAND"))
    anatomy = anatomy_of(volume, *body.outlines(grid))
    assert anatomy.limbs is None
    assert side_at(mass(body, grid), anatomy).laterality is (LEFT if said == "L" else RIGHT)


@pytest.mark.parametrize("said", ["R", "L"])
def test_two_hands_on_top_of_each_other_are_not_told_apart_by_their_place(said: str) -> None:
    hands = (Limb((-5, -35, -90), (-5, -35, 90), 24.0, 6.0), Limb((5, 35, -90), (5, 35, 90), 24.0, 6.0))
    body = Body((), (Ball((5, 22, 0), 5.0),), limbs=hands)
    grid = grid_of(*AXIAL, size_mm=(110.0, 140.0, 120.0), step_mm=4.0)
    volume = body.volume(grid)
    object.__setattr__(volume, "stack", ct_series(image_laterality=said, body_part="HAND"))
    anatomy = anatomy_of(volume, *body.outlines(grid))
    assert side_at(mass(body, grid), anatomy).laterality is UNKNOWN
