from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from scipy.special import ndtr

from tests.phantoms import (
    Capsule,
    Ellipsoid,
    EllipticCylinder,
    Grid,
    Lobulated,
    LongBone,
    Mass,
    Shape,
    Slab,
    SliceProfile,
    cylinder,
    max_3d_diameter_mm,
    oblique_grid,
    render,
    rotation_matrix,
    section_axes,
    section_ellipses,
    straight_grid,
    tilted_grid,
    truth,
    uneven_grid,
    volume_and_centroid,
    volume_ml,
)

GRIDS = {
    "anisotropic": straight_grid((44, 80, 100), (1.5, 0.8, 0.6)),
    "thick": straight_grid((16, 70, 80), (5.0, 0.9, 0.8)),
    "oblique": oblique_grid((50, 90, 90), (1.25, 0.7, 0.75), (20.0, -35.0, 50.0)),
    "tilted": tilted_grid((36, 90, 90), (2.0, 0.7, 0.75), 18.0),
    "feet_up": oblique_grid((44, 80, 100), (1.5, 0.8, 0.6), (0.0, 180.0, 0.0)),
}
SPHERES = Lobulated(
    (Ellipsoid((-6.0, 1.0, 0.3), (10.0,) * 3, 700.0), Ellipsoid((6.0, 1.0, 0.3), (10.0,) * 3, 700.0)), 700.0
)
LOBED = Lobulated(
    (
        Ellipsoid((-5.0, 2.0, -3.0), (9.0, 6.0, 8.0), 700.0, (10.0, 20.0, 30.0)),
        Ellipsoid((4.0, -1.0, 3.0), (7.0, 8.0, 6.0), 700.0, (-40.0, 0.0, 15.0)),
        Ellipsoid((1.0, 5.0, 6.0), (5.0, 4.0, 6.0), 700.0),
    ),
    700.0,
)


@pytest.fixture(params=GRIDS)
def grid(request: pytest.FixtureRequest) -> Grid:
    return GRIDS[request.param]


@dataclass(frozen=True)
class HalfSpace:
    """Everything below a plane across the normal."""

    normal: np.ndarray
    plane_mm: float
    hu: float = 1000.0

    def bounds_lps_mm(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(3, -500.0), np.full(3, 500.0)

    def safe_distance_mm(self, points_lps_mm: np.ndarray) -> np.ndarray:
        return points_lps_mm @ self.normal - self.plane_mm

    def edge_mm(self, points_lps_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.safe_distance_mm(points_lps_mm), np.broadcast_to(self.normal, points_lps_mm.shape)


def rendered_ml(shape: Shape, grid: Grid, **options: float) -> float:
    """Sum of the partial volumes of a shape in an empty surrounding."""
    hu = render([shape], grid, background_hu=0.0, dtype=np.float32, **options)
    return float(hu.sum(dtype=np.float64)) / shape.hu * grid.pixel_area_mm2 * grid.slice_spacing_mm / 1000


def surface_points_lps_mm(mass: Mass, count: int) -> np.ndarray:
    """Points on the surfaces of all lobes, dense enough that their diameter is the mass's."""
    lobes = (mass,) if isinstance(mass, Ellipsoid) else mass.lobes
    unit = np.random.default_rng(7).standard_normal((count, 3))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    turned = [(unit * lobe.semi_axes_mm) @ rotation_matrix(lobe.rotation_deg).T for lobe in lobes]
    return np.concatenate([np.array(lobe.center_lps_mm) + points for lobe, points in zip(lobes, turned, strict=True)])


# ---------------------------------------------------------------------------------------------------------------- grids


def test_straight_grid_is_centered() -> None:
    grid = straight_grid((3, 5, 7), (2.0, 0.5, 0.25), (1.0, 2.0, 3.0))

    assert grid.positions_lps_mm(np.array([1, 2, 3])) == pytest.approx([1.0, 2.0, 3.0])
    assert grid.positions_lps_mm(np.array([2, 0, 6])) == pytest.approx([1.75, 1.0, 5.0])


def test_tilted_grid_steps_along_z_and_its_slices_are_closer_along_the_normal() -> None:
    grid = tilted_grid((4, 5, 6), (2.5, 0.5, 0.5), 20.0)

    assert np.diff(grid.origins_lps_mm, axis=0) == pytest.approx(np.tile([0.0, 0.0, 2.5], (3, 1)))
    assert grid.slice_spacing_mm == pytest.approx(2.5 * math.cos(math.radians(20)))


def test_oblique_grid_is_a_box() -> None:
    grid = oblique_grid((4, 5, 6), (2.5, 0.5, 0.4), (10.0, 20.0, 30.0))

    assert np.diff(grid.origins_lps_mm, axis=0) == pytest.approx(np.tile(2.5 * grid.normal, (3, 1)))
    assert grid.row_direction @ grid.column_direction == pytest.approx(0.0, abs=1e-12)


def test_half_turn_leaves_no_rounding_in_the_directions() -> None:
    grid = oblique_grid((2, 2, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 180.0))

    assert [*grid.row_direction, *grid.column_direction] == [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0]


def test_uneven_grid_keeps_the_given_positions() -> None:
    grid = uneven_grid([-7.0, -5.0, 1.0, 2.0], (4, 4), (1.0, 1.0))

    assert grid.origins_lps_mm[:, 2] == pytest.approx([-7.0, -5.0, 1.0, 2.0])


# ------------------------------------------------------------------------------------------------------------ rendering


@pytest.mark.parametrize("blur_sigma_mm", [0.0, 0.7])
def test_partial_volumes_of_an_ellipsoid_add_up_to_its_volume(grid: Grid, blur_sigma_mm: float) -> None:
    mass = Ellipsoid((1.3, -2.1, 0.7), (12.0, 7.0, 9.0), 800.0, (20.0, 35.0, 50.0))

    assert rendered_ml(mass, grid, blur_sigma_mm=blur_sigma_mm) == pytest.approx(volume_ml(mass), rel=5e-4)


@pytest.mark.parametrize("name", ["anisotropic", "oblique", "tilted"])
def test_partial_volumes_of_a_small_mass_add_up_to_its_volume(name: str) -> None:
    mass = Ellipsoid((1.3, -2.1, 0.7), (3.0, 4.0, 3.5), 800.0, (20.0, 35.0, 50.0))

    assert rendered_ml(mass, GRIDS[name]) == pytest.approx(volume_ml(mass), rel=2.5e-3)


@pytest.mark.parametrize("name", ["anisotropic", "oblique", "tilted"])
def test_partial_volumes_of_a_lobulated_mass_add_up_to_its_volume(name: str) -> None:
    assert rendered_ml(LOBED, GRIDS[name]) == pytest.approx(volume_ml(LOBED), rel=1e-3)


@pytest.mark.parametrize(
    ("shape", "volume_mm3"),
    [
        (Capsule((-6.0, 2.0, -8.0), (7.0, -3.0, 9.0), 5.0, 500.0), math.pi * (25 * math.sqrt(483) + 4 / 3 * 125)),
        (Slab((1.0, 2.0, 3.0), (9.0, 6.0, 7.5), 500.0, (10.0, 20.0, 30.0)), 8 * 9 * 6 * 7.5),
        (EllipticCylinder((1.0, 2.0, 3.0), (9.0, 6.0), 8.0, 500.0, (15.0, 25.0, 0.0)), math.pi * 54 * 16),
        (cylinder((-6.0, 2.0, -8.0), (7.0, -3.0, 9.0), 5.0, 500.0), math.pi * 25 * math.sqrt(483)),
    ],
)
@pytest.mark.parametrize("name", ["anisotropic", "tilted"])
def test_partial_volumes_of_other_shapes_add_up(shape: Shape, volume_mm3: float, name: str) -> None:
    assert rendered_ml(shape, GRIDS[name]) == pytest.approx(volume_mm3 / 1000, rel=1.5e-3)


def test_each_slice_of_an_uneven_stack_sees_its_own_slab() -> None:
    z_mm = [-8.0, -6.5, -2.0, 0.0, 1.0, 5.0, 9.5]
    grid, thickness_mm = uneven_grid(z_mm, (60, 60), (0.6, 0.7)), 1.5
    mass = Ellipsoid((0.3, 0.2, 0.0), (11.0, 9.0, 10.0), 1000.0)

    hu = render([mass], grid, background_hu=0.0, slice_thickness_mm=thickness_mm, dtype=np.float32)

    def volume_below_mm3(z: float) -> float:
        z = min(max(z, -10.0), 10.0)
        return math.pi * 11 * 9 * (z - z**3 / 300)

    expected = [volume_below_mm3(z + thickness_mm / 2) - volume_below_mm3(z - thickness_mm / 2) for z in z_mm]
    seen = hu.sum(axis=(1, 2), dtype=np.float64) / 1000 * grid.pixel_area_mm2 * thickness_mm
    assert seen == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("shift_mm", [0.0, 0.13, 0.29, 0.4])
@pytest.mark.parametrize("blur_sigma_mm", [0.4, 0.7, 0.9])
def test_flat_edge_is_blurred_by_sigma_in_mm_along_rows_and_columns(shift_mm: float, blur_sigma_mm: float) -> None:
    grid = straight_grid((1, 60, 80), (1.0, 0.9, 0.6))
    x_mm = (np.arange(80) - 39.5) * 0.6
    y_mm = (np.arange(60) - 29.5) * 0.9
    wall_x = Slab((50.0 + shift_mm, 0.0, 0.0), (50.0, 500.0, 500.0), 1000.0)
    wall_y = Slab((0.0, 50.0 + shift_mm, 0.0), (500.0, 50.0, 500.0), 1000.0)

    across_x = render([wall_x], grid, blur_sigma_mm=blur_sigma_mm, background_hu=0.0, dtype=np.float32)[0, 30]
    across_y = render([wall_y], grid, blur_sigma_mm=blur_sigma_mm, background_hu=0.0, dtype=np.float32)[0, :, 40]

    assert across_x == pytest.approx(1000 * ndtr((x_mm - shift_mm) / blur_sigma_mm), abs=15)
    assert across_y == pytest.approx(1000 * ndtr((y_mm - shift_mm) / blur_sigma_mm), abs=15)


@pytest.mark.parametrize("turn_deg", [0.0, 17.0, 45.0, 62.0])
def test_half_maximum_of_an_oblique_wall_lies_on_the_wall(turn_deg: float) -> None:
    grid = straight_grid((1, 100, 120), (3.0, 0.8, 0.7))
    wall = Slab((0.0, 0.0, 0.0), (10.0, 400.0, 400.0), 1000.0, (0.0, 0.0, turn_deg))
    hu = render([wall], grid, background_hu=0.0, dtype=np.float32)[0]

    errors_mm = []
    for j in range(40, 60):
        i = int(np.nonzero(np.diff((hu[j] > 500).astype(int)) == 1)[0][0])
        crossing = i + (500 - hu[j, i]) / (hu[j, i + 1] - hu[j, i])
        x_mm, y_mm = grid.positions_lps_mm(np.array([0, j, crossing]))[:2]
        angle = math.radians(turn_deg)
        errors_mm.append(-10 - (x_mm * math.cos(angle) + y_mm * math.sin(angle)))
    assert np.max(np.abs(errors_mm)) < 0.03
    assert abs(np.mean(errors_mm)) < 0.015


def test_half_maximum_of_a_sphere_lies_at_its_radius() -> None:
    grid = straight_grid((3, 140, 140), (1.0, 0.6, 0.6), (0.2, 0.1, 0.0))
    hu = render([Ellipsoid((0.0, 0.0, 0.0), (35.0,) * 3, 1000.0)], grid, background_hu=0.0, dtype=np.float32)[1]

    radii_mm = []
    for j, row_hu in enumerate(hu):
        for i in np.nonzero(np.diff((row_hu > 500).astype(int)))[0]:
            crossing = i + (500 - row_hu[i]) / (row_hu[i + 1] - row_hu[i])
            radius_mm = float(np.linalg.norm(grid.positions_lps_mm(np.array([1, j, crossing]))))
            if abs(row_hu[i + 1] - row_hu[i]) > 250:
                radii_mm.append(radius_mm)
    # A Gaussian draws the half-maximum of a disc inward by sigma^2 / (2 R) = 0.007 mm; the slab adds 1 / (24 R).
    assert np.mean(radii_mm) == pytest.approx(35.0 - 0.7**2 / 70 - 1 / (24 * 35), abs=0.005)
    assert np.std(radii_mm) < 0.02


def half_space_hu(grid: Grid, profile: SliceProfile) -> np.ndarray:
    """HU around the middle slice, its plane 0.2 spacings above the slice's position."""
    k = grid.shape_kji[0] // 2
    plane_mm = float(grid.positions_along_normal_mm[k]) + 0.2 * grid.slice_spacing_mm
    shape = HalfSpace(grid.normal, plane_mm)
    hu = render([shape], grid, background_hu=0.0, slice_profile=profile, dtype=np.float32)
    return hu[k - 2 : k + 3, 40, 45]


def test_box_profile_averages_over_the_spacing_along_the_normal(grid: Grid) -> None:
    assert half_space_hu(grid, "box") == pytest.approx([1000, 1000, 700, 0, 0], abs=0.1)


def test_gaussian_profile_has_the_thickness_as_full_width_at_half_maximum(grid: Grid) -> None:
    sigma = 1 / math.sqrt(8 * math.log(2))

    expected = 1000 * ndtr((0.2 - np.arange(-2, 3)) / sigma)

    assert half_space_hu(grid, "gaussian") == pytest.approx(expected, abs=2.0)


def test_point_profile_sees_one_plane(grid: Grid) -> None:
    assert half_space_hu(grid, "point") == pytest.approx([1000, 1000, 1000, 0, 0], abs=0.1)


def test_later_shapes_replace_earlier_ones_also_in_the_mixture_at_their_edge() -> None:
    grid = straight_grid((3, 40, 60), (1.0, 0.7, 0.7))
    left = Slab((10.0, 0.0, 0.0), (10.0, 50.0, 50.0), 300.0)
    over_all = Slab((0.0, 0.0, 0.0), (15.0, 50.0, 50.0), 800.0)

    alone = render([over_all], grid, dtype=np.float32)
    assert render([over_all, left], grid, dtype=np.float32)[1, 20, 45] == pytest.approx(300.0)
    # What lies wholly below a later shape leaves no trace.
    inner = Slab((0.0, 0.0, 0.0), (9.9, 50.0, 50.0), 300.0)
    assert render([inner, over_all], grid, dtype=np.float32) == pytest.approx(alone)


def test_shapes_that_share_a_face_leave_no_gap() -> None:
    grid = straight_grid((1, 40, 60), (1.0, 0.7, 0.7))
    halves = [Slab((sign * 40.0 + 0.23, 0.0, 0.0), (40.0, 90.0, 90.0), 500.0) for sign in (-1, 1)]
    whole = Slab((0.23, 0.0, 0.0), (80.0, 90.0, 90.0), 500.0)

    hu = render(halves, grid, background_hu=500.0, dtype=np.float32)

    assert hu == pytest.approx(render([whole], grid, dtype=np.float32), abs=0.01)


def test_long_bone_is_a_shell() -> None:
    grid = straight_grid((3, 60, 60), (1.0, 0.7, 0.7), (0.0, 0.0, 0.0))

    hu = render([LongBone((0.0, 0.0, -90.0), (0.0, 0.0, 90.0), 14.0, 5.0, 1300.0, 60.0)], grid, dtype=np.float32)

    middle_hu = hu[1, 30]
    assert middle_hu[30] == pytest.approx(60.0, abs=0.5)
    assert middle_hu[30 + round(11.5 / 0.7)] == pytest.approx(1300.0, abs=10)
    assert middle_hu[-1] == pytest.approx(-1000.0)


def test_a_shape_that_leaves_the_grid_goes_on_at_its_border() -> None:
    grid = straight_grid((2, 30, 30), (1.0, 1.0, 1.0))

    hu = render([EllipticCylinder((0.0, 0.0, 0.0), (400.0, 300.0), 100.0, 40.0)], grid)

    assert np.all(hu == 40)


def test_a_slice_does_not_depend_on_the_others() -> None:
    grid = GRIDS["tilted"]
    one = Grid((1, *grid.shape_kji[1:]), grid.row_direction, grid.column_direction, 0.7, 0.75, grid.origins_lps_mm[:1])

    stack = render([LOBED], grid, noise_sd_hu=15.0, seed=4)
    alone = render([LOBED], one, noise_sd_hu=15.0, seed=4, slice_thickness_mm=grid.slice_spacing_mm)

    assert np.array_equal(stack[:1], alone)


def test_noise_has_the_given_deviation_and_follows_from_the_seed() -> None:
    grid = straight_grid((4, 100, 100), (1.0, 1.0, 1.0))

    first = render([], grid, noise_sd_hu=15.0, seed=1, dtype=np.float32)

    assert np.std(first) == pytest.approx(15.0, rel=0.02)
    assert np.array_equal(first, render([], grid, noise_sd_hu=15.0, seed=1, dtype=np.float32))
    assert abs(np.corrcoef(first.ravel(), render([], grid, noise_sd_hu=15.0, seed=2).ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]) < 0.05


# ---------------------------------------------------------------------------------------------------------------- truth


def test_two_spheres_by_hand() -> None:
    grid = straight_grid((9, 40, 60), (1.0, 1.0, 1.0), (0.0, 0.0, 0.3))
    lens_mm3 = math.pi * (4 * 10 + 12) * (2 * 10 - 12) ** 2 / 12

    true = truth(SPHERES, grid)

    assert true.volume_ml == pytest.approx((2 * 4 / 3 * math.pi * 1000 - lens_mm3) / 1000, rel=1e-4)
    assert true.centroid_lps_mm == pytest.approx((0.0, 1.0, 0.3), abs=1e-6)
    assert true.max_3d_diameter_mm == pytest.approx(32.0, abs=1e-6)
    assert (true.extent_rl_mm, true.extent_ap_mm, true.extent_si_mm) == pytest.approx((32.0, 20.0, 20.0))
    assert (true.long_axis_mm, true.short_axis_mm, true.long_axis_k) == pytest.approx((32.0, 20.0, 4), abs=1e-4)


def test_section_between_slices_is_smaller() -> None:
    grid = straight_grid((2, 40, 60), (8.0, 1.0, 1.0), (0.0, 0.0, 0.3))

    long_axis_mm, short_axis_mm, _ = section_axes(SPHERES, grid)

    radius_mm = math.sqrt(100 - 16)
    assert long_axis_mm == pytest.approx(12 + 2 * radius_mm, abs=1e-4)
    assert short_axis_mm == pytest.approx(2 * radius_mm, abs=1e-4)


def test_one_lobe_has_the_sizes_of_its_ellipsoid(grid: Grid) -> None:
    mass = Ellipsoid((1.3, -2.1, 0.7), (12.0, 7.0, 9.0), 800.0, (20.0, 35.0, 50.0))
    as_union = Lobulated((mass, Ellipsoid(mass.center_lps_mm, (4.0, 4.0, 4.0), 800.0)), 800.0)

    one, two = truth(mass, grid), truth(as_union, grid)

    assert two.volume_ml == pytest.approx(one.volume_ml, rel=1e-4)
    assert two.centroid_lps_mm == pytest.approx(one.centroid_lps_mm, abs=1e-3)
    assert two.max_3d_diameter_mm == pytest.approx(24.0, abs=1e-4)
    assert (two.long_axis_mm, two.short_axis_mm) == pytest.approx((one.long_axis_mm, one.short_axis_mm), abs=1e-3)
    assert two.long_axis_k == one.long_axis_k


def test_diameter_of_a_lobulated_mass_against_dense_points() -> None:
    points = surface_points_lps_mm(LOBED, 20_000)

    brute_mm = pdist(points[ConvexHull(points).vertices[::2]]).max()

    assert max_3d_diameter_mm(LOBED) == pytest.approx(brute_mm, abs=0.05)
    assert max_3d_diameter_mm(LOBED) >= brute_mm - 1e-9


def test_extents_against_dense_points() -> None:
    low, high = LOBED.bounds_lps_mm()

    assert high - low == pytest.approx(np.ptp(surface_points_lps_mm(LOBED, 60_000), axis=0), abs=0.01)


@pytest.mark.parametrize("mass", [LOBED, LOBED.lobes[0]], ids=["lobulated", "ellipsoid"])
def test_section_against_the_mass_itself(grid: Grid, mass: Mass) -> None:
    k = section_axes(mass, grid)[2]
    ellipses = section_ellipses(mass, grid, k)
    assert ellipses is not None
    in_plane = np.stack([grid.row_direction, grid.column_direction])
    angles = np.linspace(0, 2 * math.pi, 721)
    circle = np.stack([np.cos(angles), np.sin(angles)])

    for center, matrix in zip(*ellipses, strict=True):
        flat_mm = center[:, None] + np.linalg.cholesky(matrix) @ circle
        points = flat_mm.T @ in_plane + grid.positions_along_normal_mm[k] * grid.normal
        # On the surface of its own lobe, and never outside the mass.
        assert mass.edge_mm(points)[0].max() < 1e-6
    assert np.isclose(mass.edge_mm(points)[0], 0.0, atol=1e-6).any()


def test_axes_of_a_lobulated_section_against_a_fine_mask() -> None:
    grid = tilted_grid((10, 300, 300), (3.0, 0.1, 0.1), 12.0)
    long_axis_mm, short_axis_mm, k = section_axes(LOBED, grid)

    j, i = np.meshgrid(np.arange(300), np.arange(300), indexing="ij")
    inside = LOBED.safe_distance_mm(grid.positions_lps_mm(np.stack([np.full_like(j, k), j, i], axis=-1))) < 0
    points = np.argwhere(inside) * 0.1
    hull = points[ConvexHull(points).vertices]
    distances = np.linalg.norm(hull[:, None] - hull, axis=-1)
    first, second = np.unravel_index(np.argmax(distances), distances.shape)
    along = (hull[second] - hull[first]) / distances.max()
    lines = np.round(points @ along / 0.1).astype(int)
    across = points @ np.array([-along[1], along[0]])
    chords = [np.ptp(across[lines == line]) for line in np.unique(lines)]

    assert long_axis_mm == pytest.approx(distances.max(), abs=0.2)
    assert short_axis_mm == pytest.approx(max(chords), abs=0.3)


def test_volume_and_centroid_of_a_lobulated_mass_against_random_points() -> None:
    low, high = LOBED.bounds_lps_mm()
    points = np.random.default_rng(3).uniform(low, high, (1_000_000, 3))
    inside = LOBED.safe_distance_mm(points) < 0

    volume, centroid = volume_and_centroid(LOBED)

    assert volume == pytest.approx(inside.mean() * math.prod(high - low) / 1000, rel=5e-3)
    assert centroid == pytest.approx(points[inside].mean(axis=0), abs=0.03)


def test_a_mass_that_no_slice_meets_has_no_axes() -> None:
    with pytest.raises(ValueError, match="outside the slices"):
        section_axes(Ellipsoid((0.0, 0.0, 50.0), (3.0, 3.0, 3.0), 700.0), straight_grid((3, 9, 9), (1.0, 1.0, 1.0)))
