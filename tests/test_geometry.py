"""Where each voxel lies: against the phantoms' own grids, and worked out by hand."""

import copy
import dataclasses
import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from calcimeasure.geometry import Geometry
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid, uneven_grid

GRIDS: dict[str, Grid] = {
    "anisotropic": straight_grid((4, 5, 6), (2.5, 0.75, 0.5), (10.0, -20.0, 300.0)),
    "oblique": oblique_grid((5, 6, 4), (1.25, 0.7, 0.9), (20.0, -35.0, 50.0), (-120.0, 40.0, -700.0)),
    "tilted": tilted_grid((5, 5, 5), (2.0, 0.7, 0.6), 18.0, (3.0, 4.0, 5.0)),
    "uneven": uneven_grid((0.0, 1.0, 4.0, 4.5), (5, 6), (0.8, 0.6), (7.0, -3.0)),
    "feet_up": oblique_grid((3, 5, 4), (3.0, 0.8, 0.6), (0.0, 180.0, 0.0)),
    "coronal": oblique_grid((3, 5, 4), (3.0, 0.8, 0.6), (-90.0, 0.0, 0.0)),
}
REGULAR = [name for name in GRIDS if name != "uneven"]


def geometry_of(grid: Grid) -> Geometry:
    """Give the package a phantom's grid."""
    return Geometry(**{field.name: getattr(grid, field.name) for field in dataclasses.fields(grid)})


def bent(grid: Grid, shifts_ji_mm: list[tuple[float, float]]) -> Grid:
    """Shift each slice in its plane, so that the slices lie on no straight line any more."""
    shifts = np.array(shifts_ji_mm) @ np.stack([grid.column_direction, grid.row_direction])
    return dataclasses.replace(grid, origins_lps_mm=grid.origins_lps_mm + shifts)


@pytest.fixture(params=GRIDS)
def grid(request: pytest.FixtureRequest) -> Grid:
    return GRIDS[request.param]


def all_indexes(grid: Grid) -> np.ndarray:
    return np.stack(np.meshgrid(*map(np.arange, grid.shape_kji), indexing="ij"), axis=-1)


# Positions


def test_voxel_centers_lie_where_the_header_puts_them(grid: Grid) -> None:
    index = all_indexes(grid)
    found = geometry_of(grid).to_lps_mm(index)
    assert found.shape == index.shape
    np.testing.assert_allclose(found, grid.positions_lps_mm(index), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", REGULAR)
def test_positions_between_and_beyond_voxels_go_on_along_the_same_lines(name: str) -> None:
    grid = GRIDS[name]
    index = np.random.default_rng(1).uniform(-3, 8, (50, 3))
    step = grid.origins_lps_mm[1] - grid.origins_lps_mm[0]
    edges = np.stack([step, grid.column_direction * grid.row_spacing_mm, grid.row_direction * grid.column_spacing_mm])
    np.testing.assert_allclose(
        geometry_of(grid).to_lps_mm(index), grid.origins_lps_mm[0] + index @ edges, rtol=0, atol=1e-9
    )


def test_sagittal_slices_by_hand() -> None:
    # Rows run to the back, columns run down, so that the slices are stacked to the right.
    geometry = Geometry(
        (3, 10, 20),
        np.array([0.0, 1.0, 0.0]),
        np.array([0.0, 0.0, -1.0]),
        0.5,
        0.75,
        np.array([[30.0, -100.0, 50.0], [28.0, -100.0, 50.0], [26.0, -100.0, 50.0]]),
    )
    np.testing.assert_array_equal(geometry.normal, [-1.0, 0.0, 0.0])
    np.testing.assert_array_equal(geometry.positions_along_normal_mm, [-30.0, -28.0, -26.0])
    np.testing.assert_allclose(geometry.to_lps_mm((1, 4, 8)), (28.0, -100.0 + 8 * 0.75, 50.0 - 4 * 0.5))


def test_origin_between_slices_is_interpolated_and_goes_on_beyond_with_the_last_step() -> None:
    grid = bent(GRIDS["uneven"], [(0.0, 0.0), (0.2, 0.0), (0.2, 0.5), (0.0, 0.5)])
    found = geometry_of(grid).to_lps_mm([(k, 0.0, 0.0) for k in (-1.0, -0.5, 0.5, 1.25, 2.5, 3.5, 5.0)])
    by_hand = [  # column, row and slice position relative to the first voxel
        (0.0, -0.2, -1.0),
        (0.0, -0.1, -0.5),
        (0.0, 0.1, 0.5),
        (0.125, 0.2, 1.75),
        (0.5, 0.1, 4.25),
        (0.5, -0.1, 4.75),
        (0.5, -0.4, 5.5),
    ]
    np.testing.assert_allclose(found - grid.origins_lps_mm[0], by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_index_of_a_position_is_the_one_that_led_there(grid: Grid) -> None:
    geometry = geometry_of(grid)
    rng = np.random.default_rng(5)
    index = rng.uniform(-2.0, np.array(grid.shape_kji) + 1.0, (200, 3))
    if grid.shape_kji[0] == 1:
        index[:, 0] = 0
    found = geometry.to_index_kji(geometry.to_lps_mm(index).reshape(20, 10, 3))
    assert found.shape == (20, 10, 3)
    np.testing.assert_allclose(found.reshape(-1, 3), index, rtol=0, atol=1e-9)


def test_one_slice_has_positions_in_itself_only() -> None:
    geometry = geometry_of(oblique_grid((1, 4, 5), (1.0, 0.8, 0.6), (0.0, 90.0, 0.0)))
    beside = geometry.to_lps_mm((0, 0, 1)) - geometry.to_lps_mm((0, 0, 0))
    np.testing.assert_allclose(beside, 0.6 * geometry.row_direction, atol=1e-12)
    assert geometry.to_lps_mm(np.zeros((2, 7, 3))).shape == (2, 7, 3)
    with pytest.raises(ValueError, match="one slice"):
        geometry.to_lps_mm((0.5, 0, 0))


# Spacings and weights


def test_normal_is_perpendicular_to_the_slices(grid: Grid) -> None:
    geometry = geometry_of(grid)
    frame = np.stack([geometry.row_direction, geometry.column_direction, geometry.normal])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)


def test_steps_are_measured_along_the_normal_and_not_along_the_table() -> None:
    geometry = geometry_of(GRIDS["tilted"])
    np.testing.assert_allclose(geometry.slice_steps_mm, 2.0 * math.cos(math.radians(18.0)))
    assert geometry.slice_spacing_mm == pytest.approx(2.0 * math.cos(math.radians(18.0)))


def test_spacing_is_the_median_step() -> None:
    geometry = geometry_of(GRIDS["uneven"])
    np.testing.assert_allclose(geometry.slice_steps_mm, [1.0, 3.0, 0.5])
    assert geometry.slice_spacing_mm == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("positions_mm", "weights_mm"),
    [
        ((0.0, 1.0, 4.0, 4.5), [1.0, 2.0, 1.75, 0.5]),
        ((10.0, 13.0), [3.0, 3.0]),
        ((-5.0, 0.0, 5.0), [5.0, 5.0, 5.0]),
    ],
)
def test_each_slice_weighs_half_the_way_to_its_neighbors(
    positions_mm: tuple[float, ...], weights_mm: list[float]
) -> None:
    geometry = geometry_of(uneven_grid(positions_mm, (4, 5), (0.8, 0.6)))
    np.testing.assert_allclose(geometry.slice_weights_mm, weights_mm)
    assert geometry.pixel_area_mm2 == pytest.approx(0.48)
    np.testing.assert_allclose(geometry.voxel_volumes_mm3, np.array(weights_mm) * 0.48)


@pytest.mark.parametrize("name", REGULAR)
def test_voxel_volume_is_that_of_the_parallelepiped(name: str) -> None:
    grid = GRIDS[name]
    edges = np.diff(geometry_of(grid).to_lps_mm([(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)]), axis=0)
    np.testing.assert_allclose(geometry_of(grid).voxel_volumes_mm3, abs(np.linalg.det(edges)))


def test_one_slice_has_no_thickness() -> None:
    geometry = geometry_of(straight_grid((1, 4, 5), (1.0, 0.8, 0.6)))
    assert geometry.slice_spacing_mm is None
    assert geometry.slice_steps_mm.size == 0
    with pytest.raises(ValueError, match="two slices"):
        _ = geometry.slice_weights_mm
    with pytest.raises(ValueError, match="two slices"):
        _ = geometry.voxel_volumes_mm3


# What it keeps and what it refuses

DUPLICATES: dict[str, Callable[[Geometry], Geometry]] = {
    "itself": lambda geometry: geometry,
    "pickled": lambda geometry: pickle.loads(pickle.dumps(geometry)),  # noqa: S301
    "copied": copy.copy,
    "deep_copied": copy.deepcopy,
    "replaced": dataclasses.replace,
}


@pytest.mark.parametrize("duplicate", DUPLICATES)
@pytest.mark.parametrize("name", ["row_direction", "column_direction", "origins_lps_mm"])
def test_arrays_are_read_only(name: str, duplicate: str) -> None:
    geometry = dataclasses.replace(geometry_of(GRIDS["oblique"]), frame_of_reference_uid="1.2.3")
    again = DUPLICATES[duplicate](geometry)
    with pytest.raises(ValueError, match="read-only"):
        getattr(again, name)[0] = 0
    np.testing.assert_array_equal(getattr(again, name), getattr(geometry, name))
    assert (again.shape_kji, again.row_spacing_mm, again.column_spacing_mm) == ((5, 6, 4), 0.7, 0.9)
    assert again.frame_of_reference_uid == "1.2.3"


def test_arrays_are_its_own() -> None:
    origins = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    geometry = Geometry((2, 3, 3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), 1.0, 1.0, origins)
    origins[0] = 99
    assert geometry.origins_lps_mm[0].tolist() == [0.0, 0.0, 0.0]


def test_compares_by_identity() -> None:
    first, second = geometry_of(GRIDS["oblique"]), geometry_of(GRIDS["oblique"])
    assert first != second
    assert len({first, second, first}) == 2


@pytest.mark.parametrize("origins", [np.zeros((3, 3)), np.zeros((4, 2)), np.zeros(12)])
def test_one_origin_per_slice_is_expected(origins: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\)") as caught:
        dataclasses.replace(geometry_of(GRIDS["anisotropic"]), origins_lps_mm=origins)
    assert str(origins.shape) in str(caught.value)


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 1, 2)])
@pytest.mark.parametrize("name", ["anisotropic", "uneven"])
def test_origins_in_ascending_order_are_expected(name: str, order: tuple[int, ...]) -> None:
    geometry = geometry_of(GRIDS[name])
    with pytest.raises(ValueError, match="ascending order"):
        dataclasses.replace(geometry, origins_lps_mm=geometry.origins_lps_mm[list(order)])


def test_order_is_that_along_the_normal_of_a_patient_lying_feet_up() -> None:
    z_mm = geometry_of(GRIDS["feet_up"]).origins_lps_mm[:, 2]
    assert np.all(np.diff(z_mm) < 0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("slices", [1, 4])
def test_positions_that_are_no_number_are_refused(slices: int, value: float) -> None:
    geometry = geometry_of(straight_grid((slices, 3, 3), (2.0, 1.0, 1.0)))
    origins = geometry.origins_lps_mm.copy()
    origins[-1, 0] = value
    with pytest.raises(ValueError, match="Finite origins"):
        dataclasses.replace(geometry, origins_lps_mm=origins)
