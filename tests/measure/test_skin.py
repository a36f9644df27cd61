"""The distance from the skin: by formula in a round limb, 0 at the skin, and empty where the skin is not imaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.measure import measure, skin
from calcimeasure.measure.constants import MEASURE
from calcimeasure.model import Outline
from calcimeasure.settings import Settings
from tests.masses import volume_of
from tests.measure.painted import painted
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.model import Volume
    from tests.phantoms import Array

LIMB_MM, BALL_MM = 32.0, 5.0


def limb(at_mm: float, *, lung: bool = False) -> Callable[[Array], Array]:
    """A limb along z in air, and a ball in it whose middle lies so far from its axis; beside it there may be a lung."""

    def rule(points: Array) -> Array:
        from_axis_mm = np.hypot(points[:, 0], points[:, 1])
        hu = np.where(from_axis_mm < LIMB_MM, 50.0, -1000.0)
        if lung:
            hu[np.linalg.norm(points - (at_mm - 14.0, 0, 0), axis=1) < 6] = -1000.0
        hu[np.linalg.norm(points - (at_mm, 0, 0), axis=1) < BALL_MM] = 700.0
        return hu

    return rule


GRIDS = {
    "straight": straight_grid((20, 90, 90), (2.0, 0.9, 0.9)),
    "tilted": tilted_grid((20, 96, 90), (2.0, 0.9, 0.9), 15.0),
    "oblique": oblique_grid((44, 96, 96), (2.0, 0.9, 0.9), (25.0, 20.0, 0.0)),
}


def distance_mm(grid: Grid, rule: Callable[[Array], Array]) -> float | None:
    volume = painted(grid, rule, noise_hu=5)
    return measure(volume, Outline.from_mask(volume.attenuation_hu >= 350), Settings()).skin_distance_mm


@pytest.mark.parametrize("at_mm", [8.0, 16.0, 22.0])
@pytest.mark.parametrize("kind", GRIDS)
def test_distance_is_that_of_the_formula(kind: str, at_mm: float) -> None:
    assert distance_mm(GRIDS[kind], limb(at_mm)) == pytest.approx(LIMB_MM - at_mm - BALL_MM, abs=0.6)


def test_mass_that_reaches_the_skin_has_no_distance() -> None:
    assert distance_mm(GRIDS["straight"], limb(LIMB_MM - BALL_MM)) == 0


def test_air_inside_of_the_body_is_not_outside() -> None:
    assert distance_mm(GRIDS["straight"], limb(16.0, lung=True)) == pytest.approx(11.0, abs=0.6)


def test_skin_that_is_not_imaged_gives_no_distance() -> None:
    # The image ends inside the limb, to the left of the mass; the skin on the right is farther away.
    small = straight_grid((20, 90, 40), (2.0, 0.9, 0.9), (6.0, 0.0, 0.0))
    assert distance_mm(small, limb(16.0)) is None
    within = straight_grid((20, 40, 40), (2.0, 0.9, 0.9))
    assert distance_mm(within, limb(4.0)) is None


def first_air_mm(volume: Volume, start_lps_mm: Array, air_lps_mm: Array) -> float:
    """Look at every step of every line."""
    length_mm = np.linalg.norm(air_lps_mm - start_lps_mm)
    toward = (air_lps_mm - start_lps_mm) / length_mm
    lines = toward + skin._offsets(toward)
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    steps_mm = np.arange(0, length_mm + MEASURE.skin_pixel_mm, MEASURE.skin_step_mm)
    places = volume.geometry.to_index_kji(start_lps_mm + steps_mm[:, None, None] * lines)
    hu = ndimage.map_coordinates(
        volume.attenuation_hu.astype(float), np.moveaxis(places, -1, 0), order=1, mode="nearest"
    )
    reached = (hu < MEASURE.outside_air_hu).any(axis=1)
    return float(steps_mm[reached.argmax()] if reached.any() else length_mm)


@pytest.mark.parametrize("kind", GRIDS)
def test_steps_that_are_not_looked_at_are_no_air(kind: str) -> None:
    grid, noise = GRIDS[kind], np.random.default_rng(1)
    shape = grid.shape_kji
    volume = volume_of(np.where(noise.random(shape) < 0.0005, -1000, 50).astype(np.int16), grid)
    ends = volume.geometry.to_lps_mm(noise.random((12, 2, 3)) * shape)
    found = [skin._to_skin_mm(volume, *pair) for pair in ends]
    assert found == [first_air_mm(volume, *pair) for pair in ends]
    assert len(set(found)) > 6
