"""A grid along the patient's axes: which voxel lies nearest to each point, however the slices run."""

import numpy as np
import pytest

from calcimeasure.locate.grid import Grid, StackBox
from calcimeasure.model import NOT_IMAGED_HU, Outline
from tests.model.test_model import volume_of
from tests.phantoms import oblique_grid
from tests.test_geometry import geometry_of

SHAPE = (9, 30, 24)
GRID = oblique_grid(SHAPE, (3.0, 1.5, 2.0), (20.0, -35.0, 50.0), (10.0, 20.0, -300.0))
GEOMETRY = geometry_of(GRID)
HU = np.random.default_rng(4).integers(-1000, 2000, SHAPE)
AXES_MM = [np.arange(low, high, 2.5) for low, high in StackBox.of(GEOMETRY).sides_mm]


def test_box_holds_every_voxel_and_no_more() -> None:
    places = GRID.positions_lps_mm(np.stack(np.indices(SHAPE), axis=-1)).reshape(-1, 3)
    box = StackBox.of(GEOMETRY)
    assert box.low_lps_mm == pytest.approx(places.min(axis=0))
    assert box.high_lps_mm == pytest.approx(places.max(axis=0))
    assert box.sides_mm == list(zip(box.low_lps_mm, box.high_lps_mm, strict=True))


@pytest.mark.parametrize(
    ("extents_mm", "least_mm", "most_points", "step_mm"),
    [
        ((60.0, 45.0, 80.0), 9.0, 1000, 9.0),
        ((60.0, 45.0, 80.0), 1.0, 1000, 6.0),
        ((100.0, 250.0, 0.0), 20.0, 4, 50.0),
    ],
    ids=["few points", "many points", "one slice, which counts as thick as a step"],
)
def test_step_grows_where_the_box_holds_many_points(
    extents_mm: tuple[float, float, float], least_mm: float, most_points: int, step_mm: float
) -> None:
    box = StackBox(np.zeros(3), np.array(extents_mm))
    assert box.step_mm(least_mm, most_points) == pytest.approx(step_mm)


def test_points_ask_the_voxel_nearest_to_them() -> None:
    volume = volume_of(HU, GRID)
    grid = Grid.along(AXES_MM, GEOMETRY)
    assert grid.points_lps_mm[3, 4, 5] == pytest.approx([AXES_MM[0][3], AXES_MM[1][4], AXES_MM[2][5]])
    index = np.stack(grid.index_kji, axis=-1)
    inside = np.all((index >= 0) & (index < SHAPE), axis=-1)
    assert 0.05 < inside.mean() < 0.95
    hu = grid.attenuation_hu(volume)
    assert np.all(hu[~inside] == NOT_IMAGED_HU)
    places = GRID.positions_lps_mm(np.stack(np.indices(SHAPE), axis=-1)).reshape(-1, 3)
    for at in np.argwhere(inside)[::97]:
        nearest = np.argmin(np.linalg.norm(places - grid.points_lps_mm[tuple(at)], axis=1))
        assert hu[tuple(at)] == volume.attenuation_hu.ravel()[nearest]


def test_points_are_covered_by_the_outlines_that_their_voxels_are_of() -> None:
    grid = Grid.along(AXES_MM, GEOMETRY)
    mask = np.random.default_rng(5).random(SHAPE) < 0.4
    first, second = mask.copy(), mask.copy()
    first[4:], second[:3] = False, False
    index = np.stack(grid.index_kji, axis=-1)
    inside = np.all((index >= 0) & (index < SHAPE), axis=-1)
    expected = np.zeros(inside.shape, dtype=bool)
    expected[inside] = mask[tuple(index[inside].T)]
    covered = grid.covered_by([Outline.from_mask(first), Outline.from_mask(second)])
    assert np.array_equal(covered, expected)
    assert not grid.covered_by([]).any()


def test_order_turns_the_arrays_and_nothing_else() -> None:
    one, other = Grid.along(AXES_MM, GEOMETRY), Grid.along(AXES_MM, GEOMETRY, order="zyx")
    assert other.points_lps_mm.shape == (*(len(axis) for axis in reversed(AXES_MM)), 3)
    assert np.array_equal(one.points_lps_mm, other.points_lps_mm.transpose(2, 1, 0, 3))
    for first, second in zip(one.index_kji, other.index_kji, strict=True):
        assert np.array_equal(first, second.transpose(2, 1, 0))
