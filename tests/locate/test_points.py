"""The points that stand for a lesion: as its voxels lie, and in the middle just where they do."""

import numpy as np
import pytest

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.points import outline_points
from calcimeasure.model import Outline
from tests.phantoms import Grid, oblique_grid, uneven_grid
from tests.test_geometry import geometry_of

SHAPE = (24, 48, 84)


def grids() -> dict[str, Grid]:
    return {
        "oblique": oblique_grid(SHAPE, (2.5, 0.75, 0.5), (20.0, -35.0, 50.0), (10.0, 20.0, -300.0)),
        "uneven": uneven_grid(np.cumsum([1.0, 5.0, 2.0] * 8), SHAPE[1:], (0.9, 0.6)),
    }


@pytest.mark.parametrize("name", ["oblique", "uneven"])
@pytest.mark.parametrize("columns", [3, 40, 64, 80, 81])
def test_points_of_a_large_mass_lie_as_all_its_voxels_do(name: str, columns: int) -> None:
    grid = grids()[name]
    mask = np.zeros(SHAPE, dtype=bool)
    mask[3:, 4:44, 2 : 2 + columns] = True
    mask[10:, 20:, 2 : 2 + columns // 2] = False  # no symmetry that errors could hide in
    voxels = grid.positions_lps_mm(np.argwhere(mask))
    points = outline_points(Outline.from_mask(mask), geometry_of(grid))
    assert len(points) <= min(LOCATE.lesion_points, len(voxels))
    assert points.mean(axis=0) == pytest.approx(voxels.mean(axis=0), abs=1e-6)
    for direction in np.random.default_rng(2).normal(size=(5, 3)):
        plane = np.quantile(voxels @ direction, 0.1)
        share = np.mean(voxels @ direction > plane)
        assert np.mean(points @ direction > plane) == pytest.approx(share, abs=0.03)


def test_a_small_mass_is_all_its_voxels() -> None:
    grid = grids()["oblique"]
    mask = np.random.default_rng(1).random(SHAPE) < 0.01
    points = outline_points(Outline.from_mask(mask), geometry_of(grid))
    assert points == pytest.approx(grid.positions_lps_mm(np.argwhere(mask)), abs=1e-6)
