"""The body's own midline, however the patient lies and the images run; and none where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.locate.midline import find_midline
from calcimeasure.model import Midline
from tests.bodies import ARMS, CALF, COUCH, LEGS, ONE_LEG, ORIENTATIONS, TRUNK, Ball, Body, Pose, Vector, grid_of
from tests.phantoms import Grid

AXIAL = ((1, 0, 0), (0, 1, 0))
MASS = Ball((110, 60, 10), 30)
POSES = [
    Pose(),
    Pose(beside_mm=(60, 10, 0)),
    Pose(beside_mm=(-60, -10, 0)),
    Pose(turned_deg=20),
    Pose(turned_deg=-20, beside_mm=(30, 0, 0)),
    Pose(askew_deg=12),
    Pose(turned_deg=13, askew_deg=-9, beside_mm=(-40, 15, 0)),
]


def truth_mm(pose: Pose, points_lps_mm: np.ndarray) -> np.ndarray:
    """Signed distance from the midline that the body was painted with."""
    return pose.to_body_mm(points_lps_mm)[..., 0]


def farthest_off_mm(midline: Midline, pose: Pose) -> float:
    """How far the plane is off, at most, where the body is."""
    places = pose.to_lps_mm(np.array([(0, y, z) for y in (-90, 90) for z in (-90, 90)]))
    return float(np.abs(midline.distance_mm(places)).max())


def found(body: Body, grid: Grid) -> tuple[Midline | None, str]:
    return find_midline(body.volume(grid), *body.outlines(grid))


def seen(body: Body, grid: Grid) -> Midline:
    midline, why = found(body, grid)
    assert midline is not None, why
    assert why.startswith("midline of the body")
    return midline


@pytest.mark.parametrize(("row", "column"), ORIENTATIONS)
def test_midline_is_that_of_the_body_however_the_images_run(row: Vector, column: Vector) -> None:
    pose = Pose(turned_deg=7, beside_mm=(25, 0, 0))
    midline = seen(Body((COUCH, *TRUNK), (MASS,), pose), grid_of(row, column))
    assert farthest_off_mm(midline, pose) < midline.uncertainty_mm + 3
    assert midline.normal[0] > 0.9


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize(
    "tubes",
    [TRUNK, (*TRUNK, *ARMS["left"]), (*TRUNK, *ARMS["left"], *ARMS["right"]), LEGS],
    ids=["trunk", "one arm", "both arms", "legs"],
)
def test_midline_follows_the_patient(pose: Pose, tubes: tuple[object, ...]) -> None:
    grid = grid_of(*AXIAL, size_mm=(620.0, 420.0, 200.0))
    midline = seen(Body((COUCH, *tubes), (MASS,), pose), grid)  # type: ignore[arg-type]
    assert farthest_off_mm(midline, pose) < midline.uncertainty_mm + 6
    assert midline.uncertainty_mm < 25


def test_large_mass_on_one_side_moves_nothing() -> None:
    midline = seen(Body(TRUNK, (Ball((120, -20, 0), 75, 1200.0),)), grid_of(*AXIAL))
    assert farthest_off_mm(midline, Pose()) < midline.uncertainty_mm + 3


@pytest.mark.parametrize(
    "body",
    [
        Body(ONE_LEG),
        Body((COUCH, *ONE_LEG), pose=Pose(turned_deg=15)),
        Body(CALF),
        Body(ARMS["left"]),
        Body(ONE_LEG, (Ball((40, 0, 0), 25), Ball((-45, 10, 20), 20))),
    ],
    ids=["leg", "turned leg on the couch", "calf", "arm", "leg with masses on both sides"],
)
@pytest.mark.parametrize("center", [(0, 0, 0), (150, 0, 0)])
def test_single_limb_has_no_midline(body: Body, center: Vector) -> None:
    placed = replace(body, pose=replace(body.pose, beside_mm=center))
    midline, why = found(placed, grid_of(*AXIAL, center=center))
    assert midline is None
    assert why.startswith("no midline: ")


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("width_mm", [140.0, 180.0, 220.0])
def test_body_that_is_cut_off_has_no_midline(side: int, width_mm: float) -> None:
    center = (side * (180 - width_mm / 2), 0, 0)
    midline, _ = found(Body(), grid_of(*AXIAL, size_mm=(width_mm, 260.0, 200.0), center=center))
    assert midline is None


def test_empty_image_has_no_midline() -> None:
    midline, why = found(Body(()), grid_of(*AXIAL))
    assert midline is None
    assert "too little of a body" in why
