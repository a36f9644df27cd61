"""An overview shows where a point of the patient lies, whatever way the stack was acquired."""

import imagecodecs
import numpy as np
import pytest

from calcimeasure.analysis.indexed_png import facts_of, size_of
from calcimeasure.analysis.overview import LONGEST_PIXELS, draw_overview
from tests.model.test_model import volume_of
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid
from tests.radiographs import radiograph_of


def spot_and_place(grid: Grid, index_kji: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, str]:
    """(column, row) of the bright spot on the picture, and that of its place by the facts; the letters."""
    hu = np.full(grid.shape_kji, 40)
    k, j, i = index_kji
    hu[k - 1 : k + 2, j - 2 : j + 3, i - 2 : i + 3] = 1500
    volume = volume_of(hu, grid)
    png = draw_overview(volume)
    assert png is not None
    facts = facts_of(png)
    rows, columns = np.nonzero(imagecodecs.png_decode(png)[..., 0] > 200)
    place = np.array(facts["affine"]) @ [*volume.geometry.to_lps_mm(index_kji), 1]
    assert max(size_of(png)) == LONGEST_PIXELS
    return np.array([columns.mean(), rows.mean()]), place, facts["letters"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ((1, 0, 0), (0, 1, 0)),
        ((-1, 0, 0), (0, 1, 0)),
        ((1, 0, 0), (0, -1, 0)),
        ((1, 0, 0), (0, 0, -1)),
        ((0, 1, 0), (0, 0, -1)),
    ],
)
def test_a_point_is_shown_where_the_facts_say(row: tuple[int, int, int], column: tuple[int, int, int]) -> None:
    shape = (30, 50, 60)
    origins = np.outer(np.arange(shape[0]) * 2.0, np.cross(row, column))
    grid = Grid(shape, np.array(row, float), np.array(column, float), 0.9, 0.7, origins)
    spot, place, letters = spot_and_place(grid, (8, 12, 40))
    assert letters == "RS"
    assert spot == pytest.approx(place, abs=3)


@pytest.mark.parametrize(
    "grid",
    [
        oblique_grid((30, 60, 60), (2.5, 0.7, 0.9), (10.0, -8.0, 12.0)),
        tilted_grid((30, 60, 60), (2.5, 0.7, 0.7), 20.0),
    ],
)
def test_so_it_is_on_oblique_and_tilted_stacks(grid: Grid) -> None:
    spot, place, _ = spot_and_place(grid, (8, 30, 40))
    assert spot == pytest.approx(place, abs=3)


def test_right_is_on_the_left_and_the_head_above() -> None:
    hu = np.full((40, 30, 60), 40)
    hu[30:34, 10:14, 5:9] = 1500  # high up, and to the patient's right: x is low
    png = draw_overview(volume_of(hu, straight_grid(hu.shape, (2.0, 1.0, 1.0))))
    assert png is not None
    rows, columns = np.nonzero(imagecodecs.png_decode(png)[..., 0] > 200)
    width, height = size_of(png)
    assert columns.mean() < width / 2
    assert rows.mean() < height / 2


def test_flat_stack_is_seen_from_the_feet() -> None:
    hu = np.full((3, 50, 60), 40)
    hu[1, 5:9, 50:54] = 1500  # anterior: y is low; to the left
    png = draw_overview(volume_of(hu, straight_grid(hu.shape, (2.0, 1.0, 1.0))))
    assert png is not None
    assert facts_of(png)["letters"] == "RA"
    rows, columns = np.nonzero(imagecodecs.png_decode(png)[..., 0] > 200)
    width, height = size_of(png)
    assert columns.mean() > width / 2
    assert rows.mean() < height / 2


def test_single_slice_has_an_overview_and_a_radiograph_has_none() -> None:
    hu = np.full((1, 50, 60), 40)
    assert draw_overview(volume_of(hu, straight_grid(hu.shape, (2.0, 1.0, 1.0)))) is not None
    assert draw_overview(radiograph_of(np.zeros((40, 50)))) is None
