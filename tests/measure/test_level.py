"""Fluid-calcium levels: along gravity in every position and on every grid, and never elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.measure import measure
from calcimeasure.measure.level import down_lps
from calcimeasure.settings import Settings
from tests.measure.painted import balls, dense, painted
from tests.phantoms import Grid, oblique_grid, rotation_matrix, straight_grid, tilted_grid

DOWN = {"S": (0, 1, 0), "P": (0, -1, 0), "DL": (1, 0, 0), "DR": (-1, 0, 0)}
POSITIONS = [end + lies for end in ("HF", "FF") for lies in DOWN]
CENTERS = np.array([(-8.5, -7.0, 0.0), (8.0, -8.0, 3.0), (0.0, 8.0, -3.0)])
RADII = (7.5, 7.0, 8.0)
GRID = straight_grid((22, 60, 60), (1.5, 0.8, 0.8))


def chambers(down: np.ndarray, *, fluid_hu: float = 80.0, heights: tuple[float, ...] = (0.1, -0.2, 0.0)):  # noqa: ANN201
    """Three chambers, each filled with sediment below a level; heights are parts of the radius."""

    def rule(points: np.ndarray) -> np.ndarray:
        hu = np.full(len(points), 50.0)
        for center, radius, height in zip(CENTERS, RADII, heights, strict=True):
            inside = np.linalg.norm(points - center, axis=1) < radius
            sediment = (points - center) @ down > height * radius
            hu[inside] = np.where(sediment[inside], 550.0, fluid_hu)
        return hu

    return rule


def level_in(grid: Grid, down: np.ndarray, position: str | None, **how: float) -> bool | None:
    volume = painted(grid, chambers(down, **how), position=position)  # type: ignore[arg-type]
    return measure(volume, dense(volume), Settings()).fluid_level


@pytest.mark.parametrize("position", POSITIONS)
def test_level_is_seen_in_every_position(position: str) -> None:
    assert level_in(GRID, np.array(DOWN[position[2:]], dtype=float), position) is True


@pytest.mark.parametrize("position", POSITIONS)
def test_down_is_a_side_of_the_patient(position: str) -> None:
    assert tuple(down_lps(f" {position.lower()} ")) == DOWN[position[2:]]  # type: ignore[arg-type]


@pytest.mark.parametrize("position", [None, "", "HFX", "SITTING", "S", "HF", "AFS"])
def test_level_of_an_unknown_position_is_not_judged(position: str | None) -> None:
    assert down_lps(position) is None
    assert level_in(GRID, np.array([0.0, 1.0, 0.0]), position) is None


@pytest.mark.parametrize("grid", [
    tilted_grid((34, 70, 60), (1.5, 0.8, 0.8), 18.0),
    oblique_grid((40, 70, 64), (1.2, 0.8, 0.8), (90.0, 0.0, 0.0)),
    oblique_grid((36, 66, 66), (1.5, 0.8, 0.8), (20.0, 30.0, 10.0)),
    straight_grid((12, 60, 60), (3.0, 0.8, 0.8)),
], ids=["gantry tilt", "coronal", "oblique", "3 mm"])  # fmt: skip
def test_level_is_seen_on_every_grid(grid: Grid) -> None:
    assert level_in(grid, np.array([0.0, 1.0, 0.0]), "HFS") is True
    assert level_in(grid, np.array([0.0, 1.0, 0.0]), "FFP") is False


@pytest.mark.parametrize(("turn_deg", "expected"), [(7.0, True), (20.0, False), (45.0, False), (90.0, False)])
@pytest.mark.parametrize("axis", [0, 2])
def test_layer_lies_along_gravity_within_ten_degrees(turn_deg: float, axis: int, expected: bool) -> None:
    turn = [0.0, 0.0, 0.0]
    turn[axis] = turn_deg
    assert level_in(GRID, rotation_matrix(turn) @ [0.0, 1.0, 0.0], "HFS") is expected


def test_calcium_above_fluid_is_no_level() -> None:
    assert level_in(GRID, np.array([0.0, -1.0, 0.0]), "HFS") is False


@pytest.mark.parametrize("above_hu", [-100.0, 350.0])
def test_fat_and_calcium_above_are_no_fluid(above_hu: float) -> None:
    assert level_in(GRID, np.array([0.0, 1.0, 0.0]), "HFS", fluid_hu=above_hu) is False


def test_chambers_full_of_sediment_have_no_level() -> None:
    volume = painted(GRID, chambers(np.array([0.0, 1.0, 0.0]), heights=(-2.0, -2.0, -2.0)))
    assert measure(volume, dense(volume), Settings()).fluid_level is False


def test_flat_plate_is_no_level() -> None:
    def plate(points: np.ndarray) -> np.ndarray:
        return np.where((np.abs(points) < (18.0, 2.5, 12.0)).all(axis=1), 700.0, 50.0)

    volume = painted(GRID, plate)
    assert measure(volume, dense(volume), Settings()).fluid_level is False


def test_slices_too_far_apart_and_tiny_masses_are_not_judged() -> None:
    coarse = straight_grid((8, 60, 60), (5.0, 0.8, 0.8))
    assert level_in(coarse, np.array([0.0, 1.0, 0.0]), "HFS") is None
    small = painted(straight_grid((10, 20, 20), (1.5, 0.8, 0.8)), balls([(0.0, 0.0, 0.0)], 2.0))
    assert measure(small, dense(small), Settings()).fluid_level is None


def test_level_alone_in_one_chamber() -> None:
    volume = painted(GRID, chambers(np.array([0.0, 1.0, 0.0]), heights=(2.0, 2.0, 0.0)))
    one = measure(volume, dense(volume), Settings())
    assert (one.parts, one.fluid_level) == (1, True)
    lying = replace(volume, stack=replace(volume.stack, patient_position="HFDL"))
    assert measure(lying, dense(lying), Settings()).fluid_level is False
