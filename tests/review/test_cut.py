"""A cut divides by where the centers of voxels lie in the patient, on tilted and anisotropic grids too."""

import numpy as np
import pytest

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, PointLps
from calcimeasure.review import CuttingLine, CuttingPlane
from calcimeasure.review.cut import parts_of
from tests.model.test_model import volume_of
from tests.phantoms import Grid, oblique_grid, tilted_grid
from tests.radiographs import radiograph_of

SHAPE = (4, 5, 6)
SPACING_MM = (3.0, 0.7, 0.9)
GRIDS = [oblique_grid(SHAPE, SPACING_MM, (40.0, 5.0, -80.0), (12.0, -7.0, 31.0)), tilted_grid(SHAPE, SPACING_MM, 18.0)]
START = (1, 1, 2)
BOX = Outline.from_mask(np.ones((3, 4, 4), dtype=bool), START)


def centers_lps_mm(grid: Grid) -> np.ndarray:
    """(k, j, i, 3) by hand: origin of the slice, and the way along its column and its row."""
    k, j, i = np.indices(SHAPE)
    down, along = np.asarray(grid.column_direction), np.asarray(grid.row_direction)
    return (
        np.asarray(grid.origins_lps_mm)[k]
        + (j * SPACING_MM[1])[..., None] * down
        + (i * SPACING_MM[2])[..., None] * along
    )


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.2, -0.7, 0.1), (0.0, 30.0, 40.0)])
def test_what_lies_beyond_a_plane_is_one_part(grid: Grid, normal: PointLps) -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    centers = centers_lps_mm(grid)
    x, y, z = centers[2, 2, 3] + 0.1
    expected = (centers - (x, y, z)) @ np.array(normal) > 0
    here = BOX.mask_in((0, 0, 0), SHAPE)
    beyond, rest = parts_of(BOX, CuttingPlane((x, y, z), normal), volume)
    assert np.array_equal(beyond.mask_in((0, 0, 0), SHAPE), expected & here)
    assert np.array_equal(rest.mask_in((0, 0, 0), SHAPE), ~expected & here)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_voxel_on_the_cut_is_not_beyond_it(grid: Grid) -> None:
    """The plane of slice 2: rounding of its oblique directions says nothing."""
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    x, y, z = centers_lps_mm(grid)[2, 4, 0]
    up, down = volume.geometry.normal, -volume.geometry.normal
    for normal, slices in ((up, 1), (down, 1)):
        beyond, rest = parts_of(BOX, CuttingPlane((x, y, z), tuple(normal.tolist())), volume)
        assert (beyond.voxel_count, rest.voxel_count) == (16 * slices, 16 * (3 - slices))


def test_a_plane_beside_everything_and_one_without_direction_leave_it_whole() -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), GRIDS[0])
    assert parts_of(BOX, CuttingPlane((500.0, 0.0, 0.0), (1.0, 0.0, 0.0)), volume) == [BOX]
    assert parts_of(BOX, CuttingPlane((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), volume) == [BOX]


def test_rows_below_a_line_along_rising_columns_lie_beyond_it() -> None:
    radiograph = radiograph_of(np.zeros((20, 30)))
    square = Outline.from_mask(np.ones((1, 4, 4), dtype=bool), (0, 8, 10))
    beyond, rest = parts_of(square, CuttingLine(((8.5, 0.0), (8.5, 29.0))), radiograph)
    assert (beyond.start_kji, beyond.shape_kji) == ((0, 9, 10), (1, 3, 4))
    assert (rest.start_kji, rest.shape_kji) == ((0, 8, 10), (1, 1, 4))
    other_way = parts_of(square, CuttingLine(((8.5, 29.0), (8.5, 0.0))), radiograph)
    assert other_way == [rest, beyond]


def test_a_stack_is_cut_by_a_plane_and_a_radiograph_by_a_line() -> None:
    line, plane = CuttingLine(((0.0, 0.0), (5.0, 5.0))), CuttingPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    with pytest.raises(ReviewError, match="plane to cut a stack expected"):
        parts_of(BOX, line, volume_of(np.zeros(SHAPE, dtype=int), GRIDS[0]))
    with pytest.raises(ReviewError, match="line to cut a radiograph expected"):
        parts_of(BOX, plane, radiograph_of(np.zeros((20, 30))))
