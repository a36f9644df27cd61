"""Contours below the voxel, and where a lesion ends between two slices."""

import dataclasses
import math

import numpy as np
import pytest

from calcimeasure.edge import Edge, find_edge, half_maximum_outline
from calcimeasure.measure import measure
from calcimeasure.measure.contour import contours_of, sharpened, surface_points_lps_mm
from calcimeasure.model import Measurements
from calcimeasure.segment import find_components
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import (
    Ellipsoid,
    Grid,
    Lobulated,
    Mass,
    cylinder,
    render,
    straight_grid,
    tilted_grid,
    truth,
    uneven_grid,
)
from tests.test_geometry import geometry_of

SETTINGS = Settings()


def edge_from(level: np.ndarray) -> Edge:
    """Return an edge at level 0 as if it had been found in an image without noise or blur."""
    inside = level > 0
    return Edge(
        start_kji=(0, 0, 0),
        level=level.astype(np.float32),
        inside=inside,
        plateau_hu=800.0,
        background_hu=40.0,
        boundary_hu=420.0,
        noise_sd_hu=0.0,
        blur_sigma_mm=0.7,
        calcified_mm3=float(np.count_nonzero(inside)),
        plateau_voxels=100,
        shell_voxels=100,
        rim_mm3=100.0,
        follows_outline=True,
        uneven_mm3=0.0,
    )


def sections_of(semi_axes_mm: tuple[float, float, float], grid: Grid, center_z_mm: float = 0.0) -> Edge:
    """Return an ellipsoid about the z axis of which each slice shows exactly its section, steep at the border."""
    x_half, y_half, z_half = semi_axes_mm
    z_mm = grid.positions_along_normal_mm - center_z_mm
    j, i = (np.arange(n) - (n - 1) / 2 for n in grid.shape_kji[1:])
    radius = np.hypot((j * grid.row_spacing_mm / y_half)[:, None], i * grid.column_spacing_mm / x_half)
    section = np.sqrt(np.maximum(1 - (z_mm / z_half) ** 2, 0))[:, None, None]
    away_mm = (section - radius) * min(x_half, y_half)
    return edge_from(np.where(section > 0, np.clip(away_mm / 2, -0.5, 0.5), -0.5))


def top_and_bottom_mm(edge: Edge, grid: Grid) -> tuple[float, float]:
    geometry = geometry_of(grid)
    points = surface_points_lps_mm(edge, contours_of(edge).corners, geometry)
    return float(points[:, 2].min()), float(points[:, 2].max())


def measured(mass: Mass, grid: Grid, noise_sd_hu: float = 0.0) -> Measurements:
    thickness_mm = float(np.diff(grid.positions_along_normal_mm).min())
    hu = render([mass], grid, background_hu=40, noise_sd_hu=noise_sd_hu, seed=3, slice_thickness_mm=thickness_mm)
    volume = volume_of(hu, grid)
    return measure(
        volume, half_maximum_outline(volume, find_components(volume, SETTINGS).outlines[0], SETTINGS), SETTINGS
    )


# Contours in a slice


def test_contour_crosses_where_the_level_is_zero() -> None:
    level = np.full((1, 7, 9), -0.5)
    level[0, 2:5, 3:6] = 0.5
    level[0, 2:5, 6] = -0.1
    (corners,) = contours_of(edge_from(level)).corners
    assert corners[:, 1].max() == pytest.approx(5 + 0.5 / 0.6)
    assert corners[:, 1].min() == pytest.approx(2.5)
    assert sorted({*corners[:, 0]})[-1] == pytest.approx(4.5)


def test_contour_at_the_edge_of_the_image_ends_half_a_pixel_beyond() -> None:
    (corners,) = contours_of(edge_from(np.full((1, 3, 4), 0.5))).corners
    assert corners.min(axis=0) == pytest.approx((-0.5, -0.5))
    assert corners.max(axis=0) == pytest.approx((2.5, 3.5))


def test_slice_without_lesion_has_no_contour() -> None:
    level = np.full((3, 5, 5), -0.5)
    level[1, 2, 2] = 0.5
    contours = contours_of(edge_from(level))
    assert [len(part) > 0 for part in contours.corners] == [False, True, False]
    assert len(contours.lines(1)) == 1


def test_sharpened_leaves_a_straight_edge_where_it_is() -> None:
    x = np.arange(24) - 11.3
    level = np.broadcast_to(-0.5 * np.tanh(x / 1.2), (3, 20, 24))
    grid = straight_grid(level.shape, (1.0, 0.7, 0.7))
    before = edge_from(level)
    after = sharpened(before, geometry_of(grid))
    for edge in (before, after):
        row = edge.level[1, 10].astype(float)
        assert np.interp(0, row[::-1][7:17], np.arange(24)[::-1][7:17]) == pytest.approx(11.3, abs=0.03)


def test_sharpened_gives_a_small_disc_its_size_back() -> None:
    # Half-maximum of a disc of 4 mm under a blur of 0.9 mm: smaller by about sigma^2 / (2 R) all round.
    rod = cylinder((0.1, 0.2, -40.0), (0.1, 0.2, 40.0), 4.0, 900)
    grid = straight_grid((9, 40, 40), (1.0, 0.6, 0.6))
    volume = volume_of(render([rod], grid, blur_sigma_mm=0.9, background_hu=40), grid)
    outline = half_maximum_outline(volume, find_components(volume, SETTINGS).outlines[0], SETTINGS)
    edge = find_edge(volume, outline, SETTINGS)

    def width_mm(one: Edge) -> float:
        return float(np.ptp(contours_of(one).corners[len(one.level) // 2], axis=0).mean() * 0.6)

    sharp_mm, plain_mm = width_mm(sharpened(edge, geometry_of(grid))), width_mm(edge)
    assert plain_mm < 7.9
    assert sharp_mm == pytest.approx(8.0, abs=0.1)
    assert abs(sharp_mm - 8) < abs(plain_mm - 8)


def test_outline_that_rules_is_not_sharpened() -> None:
    edge = dataclasses.replace(edge_from(np.full((3, 5, 5), 0.5)), follows_outline=False)
    assert sharpened(edge, geometry_of(straight_grid((3, 5, 5), (1, 1, 1)))) is edge


# Where it ends between two slices


@pytest.mark.parametrize("center_z_mm", [0.0, 0.7, 1.9, 2.4])
@pytest.mark.parametrize("slice_mm", [3.0, 5.0])
def test_tips_of_an_ellipsoid_follow_from_three_sections(slice_mm: float, center_z_mm: float) -> None:
    grid = straight_grid((15, 90, 90), (slice_mm, 0.6, 0.6))
    edge = sections_of((18.0, 15.0, 14.0), grid, center_z_mm)
    found = top_and_bottom_mm(edge, grid)
    assert found == pytest.approx((center_z_mm - 14, center_z_mm + 14), abs=0.12)


def test_tips_follow_on_uneven_slices() -> None:
    grid = uneven_grid([-19, -16, -14, -10, -7, -2, 1, 5, 7.5, 11, 13, 17, 20], (90, 90), (0.6, 0.6))
    edge = sections_of((18.0, 15.0, 15.0), grid)
    assert top_and_bottom_mm(edge, grid) == pytest.approx((-15, 15), abs=0.12)


def test_tip_after_two_sections_lies_on_their_line() -> None:
    # Areas of 50 and of 100 pixels, 4 mm apart: zero 4 mm beyond the smaller one, which is the next slice.
    level = np.full((6, 20, 20), -0.5)
    level[2, 5:15, 5:15] = 0.5
    level[3, 7:13, 7:13] = 0.5
    grid = straight_grid(level.shape, (4.0, 1.0, 1.0))
    low, high = top_and_bottom_mm(edge_from(level), grid)
    positions_mm = grid.positions_along_normal_mm
    large, small = (10**2 - 0.5, 6**2 - 0.5)  # squares with cut corners
    assert high == pytest.approx(positions_mm[3] + 4 * small / (large - small), abs=1e-6)
    assert low == pytest.approx(positions_mm[2] - 2)


def test_lone_section_ends_half_way_to_its_neighbors() -> None:
    level = np.full((5, 12, 12), -0.5)
    level[2, 4:8, 4:8] = 0.5
    grid = uneven_grid([0.0, 2.0, 5.0, 9.0, 12.0], (12, 12), (1.0, 1.0))
    assert top_and_bottom_mm(edge_from(level), grid) == pytest.approx((3.5, 7.0))


def test_part_cut_off_by_the_end_of_the_stack_ends_half_a_slice_beyond() -> None:
    level = np.full((4, 12, 12), -0.5)
    level[:2, 3:9, 3:9] = 0.5
    grid = straight_grid(level.shape, (3.0, 1.0, 1.0))
    low, _ = top_and_bottom_mm(edge_from(level), grid)
    assert low == pytest.approx(grid.positions_along_normal_mm[0] - 1.5)


def test_tip_never_reaches_beyond_the_next_slice() -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        level = np.full((7, 16, 16), -0.5)
        for k in range(2, 5):
            j, i, n = rng.integers(3, 6), rng.integers(3, 6), rng.integers(2, 9)
            level[k, j : j + n, i : i + n] = 0.5
        grid = straight_grid(level.shape, (4.0, 1.0, 1.0))
        low, high = top_and_bottom_mm(edge_from(level), grid)
        positions_mm = grid.positions_along_normal_mm
        assert positions_mm[1] - 1e-6 <= low < positions_mm[2]
        assert positions_mm[4] < high <= positions_mm[5] + 1e-6


def test_each_of_several_tips_has_its_own_height() -> None:
    base = Ellipsoid((0, 0, 0), (24, 12, 12), 800)
    horns = [Ellipsoid((x, 0, 6), (7, 7, height), 800) for x, height in ((-14, 11.0), (14, 16.0))]
    mass = Lobulated((base, *horns), 800)
    found = measured(mass, straight_grid((20, 70, 100), (3.0, 0.8, 0.8)), noise_sd_hu=10)
    assert found.extents_lps_mm is not None
    assert found.extents_lps_mm == pytest.approx((48, 24, 12 + 22), abs=1.0)


@pytest.mark.parametrize("gap_mm", [2.0, 8.0])
def test_lobes_that_merge_are_one_mass(gap_mm: float) -> None:
    lobes = tuple(Ellipsoid((x, 0, x / 4), (9, 8, 10), 700) for x in (-gap_mm, gap_mm))
    mass, grid = Lobulated(lobes, 700), straight_grid((14, 60, 70), (3.0, 0.8, 0.8))
    found, true = measured(mass, grid, noise_sd_hu=10), truth(mass, grid)
    assert found.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(true.max_3d_diameter_mm, abs=0.6)
    assert found.long_axis.length_mm == pytest.approx(true.long_axis_mm, abs=0.4)
    assert found.short_axis.length_mm == pytest.approx(true.short_axis_mm, abs=0.4)


# Stacks of every kind


MASS = Ellipsoid((0.5, -1.0, 0.7), (17.0, 10.0, 13.0), 800, (20.0, 40.0, 10.0))


@pytest.mark.parametrize(
    "grid",
    [
        tilted_grid((40, 90, 70), (1.5, 0.75, 0.75), 18.0),
        tilted_grid((40, 90, 70), (1.5, 0.75, 0.75), -22.0),
        uneven_grid(np.cumsum([1.4, 1.6, 1.5, 1.2, 1.8] * 8) - 30, (70, 70), (0.75, 0.75)),
    ],
    ids=["tilt 18", "tilt -22", "uneven"],
)
def test_sheared_and_uneven_stacks_give_what_straight_ones_do(grid: Grid) -> None:
    straight = measured(MASS, straight_grid((40, 70, 70), (1.5, 0.75, 0.75)), noise_sd_hu=10)
    other = measured(MASS, grid, noise_sd_hu=10)
    assert straight.volume_ml is not None
    assert straight.max_3d_diameter is not None
    assert other.max_3d_diameter is not None
    assert other.volume_ml == pytest.approx(straight.volume_ml, rel=0.005)
    assert other.max_3d_diameter.length_mm == pytest.approx(straight.max_3d_diameter.length_mm, abs=0.5)
    assert other.volume_ml == pytest.approx(4 / 3 * math.pi * 17 * 10 * 13 / 1000, rel=0.005)
