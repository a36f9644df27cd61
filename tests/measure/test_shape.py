"""Sizes in millimeters: by hand, and against brute force and scikit-image on random masks and all kinds of grids.

The oracles see an outline as its own border points and triangles, with nothing left out; in the slice plane they count
in whole half micrometers, so that what is perpendicular is so exactly.
"""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from skimage.measure import marching_cubes

from calcimeasure.measure import shape
from calcimeasure.measure.shape import InPlaneAxes
from calcimeasure.model import Axis, Outline
from tests.model.test_model import MASKS
from tests.phantoms import Grid, oblique_grid, rotation_matrix, straight_grid, tilted_grid, uneven_grid
from tests.test_geometry import bent, geometry_of

UM = (700, 900), (750, 750), (1000, 400)
"""Row and column spacing of the grids below, in whole micrometers."""


def grids_for(shape_kji: tuple[int, int, int], spacing_um: tuple[int, int]) -> dict[str, Grid]:
    """Return stacks of one matrix; each has another way to place its slices."""
    row_mm, column_mm = spacing_um[0] / 1000, spacing_um[1] / 1000
    spacing_mm = (2.5, row_mm, column_mm)
    positions_mm = np.cumsum([0.7, 3.1, 0.9, 2.2, 5.0, 1.3, 0.8, 2.6][: shape_kji[0]])
    straight = straight_grid(shape_kji, spacing_mm, (10.0, -20.0, 300.0))
    return {
        "straight": straight,
        "oblique": oblique_grid(shape_kji, spacing_mm, (20.0, -35.0, 50.0), (-120.0, 40.0, -700.0)),
        "tilted": tilted_grid(shape_kji, spacing_mm, 24.0),
        "uneven": uneven_grid(positions_mm, shape_kji[1:], spacing_mm[1:]),
        "bent": bent(straight, [(0.5 * (-1) ** k, 0.4 * (k % 3)) for k in range(shape_kji[0])]),
    }


KINDS = [*grids_for((3, 3, 3), UM[0])]


def kinds_of_grid(mask: np.ndarray, spacing_um: tuple[int, int] = UM[0]) -> Iterator[Grid]:
    # Two slices at least: one alone has no surface.
    return iter(grids_for((max(2, len(mask)), *mask.shape[1:]), spacing_um).values())


def picture(*rows: str) -> np.ndarray:
    """Return the (1, j, i) mask that # draws."""
    return np.array([[[mark == "#" for mark in row] for row in rows]])


def blocks(*sizes_kji: tuple[int, int, int]) -> np.ndarray:
    """Return blocks that touch with one corner each."""
    mask = np.zeros(np.sum(sizes_kji, axis=0), dtype=bool)
    start = np.zeros(3, dtype=int)
    for size in sizes_kji:
        mask[tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))] = True
        start += size
    return mask


# The oracle in the slice plane


def contour_half_um(image: np.ndarray, spacing_um: tuple[int, int]) -> np.ndarray:
    """(n, 2, 2) straight pieces of the contour: half way between pixels; what touches with corners only is apart."""
    padded = np.pad(image, 1)
    pieces = []
    for j, i in np.ndindex(padded.shape[0] - 1, padded.shape[1] - 1):
        ring = [padded[j, i], padded[j, i + 1], padded[j + 1, i + 1], padded[j + 1, i]]
        middles = [(2 * j, 2 * i + 1), (2 * j + 1, 2 * i + 2), (2 * j + 2, 2 * i + 1), (2 * j + 1, 2 * i)]
        cut = [middles[n] for n in range(4) if ring[n] != ring[(n + 1) % 4]]
        if len(cut) == 4 and ring[0]:
            cut = [cut[3], *cut[:3]]
        pieces += [cut[n : n + 2] for n in range(0, len(cut), 2)]
    return (np.array(pieces) - 2) * spacing_um


def longest_chord_mm(pieces: np.ndarray, along: np.ndarray) -> float:
    """Longest way from where a line across a direction meets the contour first to where it meets it last."""
    places = pieces @ along
    heights = pieces @ np.array([-along[1], along[0]])
    longest = 0.0
    for place in np.unique(places):
        met = (places.min(axis=1) <= place) & (place <= places.max(axis=1))
        level = met & (places[:, 0] == places[:, 1])
        low, high = places[met & ~level].T
        fraction = (place - low) / (high - low)
        first, last = heights[met & ~level].T
        longest = max(longest, np.ptp(np.concatenate([heights[level].ravel(), first + fraction * (last - first)])))
    return longest / math.hypot(*along) / 2000


def index_kji(point_lps_mm: tuple[float, float, float], grid: Grid, k: int) -> np.ndarray:
    away = np.array(point_lps_mm) - grid.origins_lps_mm[k]
    assert away @ grid.normal == pytest.approx(0, abs=1e-9), "the point lies in the slice"
    return np.array(
        [k, away @ grid.column_direction / grid.row_spacing_mm, away @ grid.row_direction / grid.column_spacing_mm]
    )


def check_ends(axis: Axis) -> None:
    assert math.dist(*axis.ends_lps_mm) == pytest.approx(axis.length_mm, abs=1e-9)
    assert list(axis.ends_lps_mm) == sorted(axis.ends_lps_mm)
    assert {type(value) for value in (axis.length_mm, *axis.ends_lps_mm[0], *axis.ends_lps_mm[1])} == {float}


def check_axes(mask: np.ndarray, grid: Grid, spacing_um: tuple[int, int]) -> InPlaneAxes:
    found = shape.in_plane_axes(Outline.from_mask(mask), geometry_of(grid))
    contours = {k: contour_half_um(mask[k], spacing_um) for k in range(len(mask)) if mask[k].any()}
    calipers_mm = {k: pdist(np.unique(pieces.reshape(-1, 2), axis=0)).max() / 2000 for k, pieces in contours.items()}
    longest_mm = max(calipers_mm.values())
    first = min(k for k, caliper_mm in calipers_mm.items() if caliper_mm > longest_mm - 1e-9)
    assert found.slice_index == first
    assert found.long_axis.length_mm == pytest.approx(longest_mm, rel=1e-9)

    long_ends = np.array([index_kji(end, grid, first) for end in found.long_axis.ends_lps_mm])[:, 1:]
    np.testing.assert_allclose(2 * long_ends, np.rint(2 * long_ends), atol=1e-8, err_msg="half way between pixels")
    along = (np.rint(2 * long_ends[1]) - np.rint(2 * long_ends[0])).astype(int) * spacing_um
    short_mm = longest_chord_mm(contours[first], along)
    assert found.short_axis.length_mm == pytest.approx(short_mm, rel=1e-9)

    short_ends = np.array([index_kji(end, grid, first) for end in found.short_axis.ends_lps_mm])[:, 1:]
    across = (short_ends[1] - short_ends[0]) * spacing_um
    assert across @ along == pytest.approx(0, abs=1e-6 * math.hypot(*along) * max(spacing_um))
    for axis in (found.long_axis, found.short_axis):
        check_ends(axis)
    return found


# Long and short axis


@pytest.mark.parametrize("kind", KINDS)
@given(MASKS, st.sampled_from(UM))
@example(picture(".....#", "......", "#.....", ".....#"), (750, 750))  # a line across touches corners of two parts
@hypothesis_settings(deadline=None, max_examples=40)
def test_axes_are_those_of_brute_force(kind: str, mask: np.ndarray, spacing_um: tuple[int, int]) -> None:
    check_axes(mask, grids_for(mask.shape, spacing_um)[kind], spacing_um)


@pytest.mark.parametrize("density", [0.1, 0.5, 0.95])
def test_axes_of_ragged_masks_are_those_of_brute_force(density: float) -> None:
    random = np.random.default_rng(5)
    for spacing_um in UM:
        mask = random.random((3, 18, 14)) < density
        check_axes(mask, grids_for(mask.shape, spacing_um)["oblique"], spacing_um)


@pytest.mark.parametrize(
    ("mask", "long_mm", "short_mm"),
    [
        # Rows are 0.7 mm apart, columns 0.9 mm.
        (picture("#"), 0.9, 0.7),
        (picture("####"), 3.6, 0.7),
        (picture("#", "#", "#"), 2.1, 0.9),
        # A block's corners are cut: 3 rows and 3 columns are more here than 4 rows and 2 columns.
        (picture("###", "###", "###", "###"), math.hypot(2.1, 2.7), None),
        # A plus: the arms lie on the axes.
        (picture("..#..", "..#..", "#####", "..#.."), 4.5, 2.8),
        # Separate parts are measured together: 9 columns, and up and down from the first row to the last.
        (picture("....#....", ".........", "#.......#", ".........", "....#...."), 8.1, 3.5),
        # Steps that meet at one place: a line along both of them enters at the upper and leaves at the lower one.
        (picture("..##....", "..##....", "########", "....##..", "....##.."), 7.2, 2.8),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_axes_by_hand(mask: np.ndarray, long_mm: float | None, short_mm: float | None, kind: str) -> None:
    found = check_axes(mask, grids_for((1, *mask.shape[1:]), UM[0])[kind], UM[0])
    assert long_mm is None or found.long_axis.length_mm == pytest.approx(long_mm)
    assert short_mm is None or found.short_axis.length_mm == pytest.approx(short_mm)


def test_hole_or_bay_that_lines_pass_over_changes_nothing() -> None:
    filled = picture(".####.", "######", "######", "######", "...##.")
    open_mask = picture(".#..#.", "##..##", "#....#", "##.###", "...##.")
    geometry = geometry_of(grids_for((1, 5, 6), UM[0])["oblique"])
    assert shape.in_plane_axes(Outline.from_mask(open_mask), geometry) == shape.in_plane_axes(
        Outline.from_mask(filled), geometry
    )


def test_ends_of_a_row_lie_half_a_voxel_outside_its_outer_centers() -> None:
    grid = GRID_OF_LESION
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[2, 4, 1:6] = True
    found = shape.in_plane_axes(Outline.from_mask(mask), geometry_of(grid))
    outer = grid.positions_lps_mm(np.array([(2, 4, 1), (2, 4, 5)]))
    half = grid.row_direction * grid.column_spacing_mm / 2
    ends = sorted([tuple(outer[0] - half), tuple(outer[1] + half)])
    np.testing.assert_allclose(found.long_axis.ends_lps_mm, ends, atol=1e-9)
    middle = np.mean(found.short_axis.ends_lps_mm, axis=0)
    assert abs((middle - outer[0]) @ grid.column_direction) < 1e-9
    assert found.short_axis.length_mm == pytest.approx(grid.row_spacing_mm)


GRID_OF_LESION = oblique_grid((6, 8, 9), (2.5, 0.7, 0.9), (20.0, -35.0, 50.0), (-120.0, 40.0, -700.0))


@pytest.mark.parametrize(("lengths", "best"), [((3, 5, 4), 1), ((5, 3, 5), 0), ((4, 5, 5), 1), ((2, 0, 3), 2)])
def test_longest_slice_is_taken_and_of_equals_the_first(lengths: tuple[int, ...], best: int) -> None:
    mask = np.zeros((6, 8, 9), dtype=bool)
    for k, length in enumerate(lengths, 2):
        mask[k, k, 9 - length :] = True
    # The same slice is taken where the lesion is known by its box alone.
    outline = Outline.from_mask(mask[2:, 1:], (2, 1, 0))
    for grid in grids_for((6, 8, 9), UM[0]).values():
        assert shape.in_plane_axes(outline, geometry_of(grid)).slice_index == 2 + best
        assert shape.in_plane_axes(Outline.from_mask(mask), geometry_of(grid)).slice_index == 2 + best


# The surface


def surface(mask: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return corners in LPS mm and triangles of marching cubes over the whole mask."""
    corners, triangles, _, _ = marching_cubes(np.pad(mask, 1).astype(np.float32), 0.5)
    return geometry_of(grid).to_lps_mm(corners.astype(float) - 1), triangles


@given(MASKS)
@example(np.ones((1, 1, 1), dtype=bool))
@example(blocks((1, 2, 2), (2, 1, 1), (1, 1, 3)))
@hypothesis_settings(deadline=None, max_examples=60)
def test_mesh_is_that_of_marching_cubes_drawn_in_full(mask: np.ndarray) -> None:
    for grid in kinds_of_grid(mask):
        corners, triangles = surface(mask, grid)
        first, second, third = (corners - corners.mean(axis=0))[triangles].transpose(1, 0, 2)
        volume_ml = abs(np.sum(first * np.cross(second, third))) / 6000
        area_mm2 = np.linalg.norm(np.cross(second - first, third - first), axis=1).sum() / 2
        found = shape.mesh(Outline.from_mask(mask), geometry_of(grid))
        assert found.volume_ml == pytest.approx(volume_ml, rel=1e-9)
        assert found.area_mm2 == pytest.approx(area_mm2, rel=1e-9)
        assert found.sphericity == pytest.approx((36 * math.pi * (1000 * volume_ml) ** 2) ** (1 / 3) / area_mm2)


@given(MASKS)
@example(np.array([True, False, True]).reshape(3, 1, 1))
@hypothesis_settings(deadline=None, max_examples=60)
def test_diameter_and_extents_are_those_of_all_corners_of_the_mesh(mask: np.ndarray) -> None:
    for grid in kinds_of_grid(mask):
        corners, _ = surface(mask, grid)
        border = shape.border_points_lps_mm(Outline.from_mask(mask), geometry_of(grid))
        diameter = shape.max_3d_diameter(border)
        assert diameter.length_mm == pytest.approx(pdist(corners).max(), rel=1e-9)
        check_ends(diameter)
        np.testing.assert_allclose(shape.extents_lps_mm(border), np.ptp(corners, axis=0), rtol=0, atol=1e-9)


def test_border_points_lie_half_way_between_inside_and_outside() -> None:
    mask = np.random.default_rng(6).random((4, 5, 6)) < 0.4
    for grid in kinds_of_grid(mask):
        border = shape.border_points_lps_mm(Outline.from_mask(mask), geometry_of(grid))
        corners, _ = surface(mask, grid)
        assert np.max(np.min(np.linalg.norm(border[:, None] - corners, axis=2), axis=1)) < 1e-9


@pytest.mark.parametrize("tilt_deg", [0.0, 24.0])
def test_lone_voxel_is_an_octahedron(tilt_deg: float) -> None:
    a, b, c = 2.5 / 2, 0.7 / 2, 0.9 / 2
    grid = tilted_grid((3, 3, 3), (2.5, 0.7, 0.9), tilt_deg)
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[1, 1, 1] = True
    found = shape.mesh(Outline.from_mask(mask), geometry_of(grid))
    # A shear keeps the volume of what lies between the slices, which are closer than the table's steps.
    assert found.volume_ml * 1000 == pytest.approx(4 / 3 * a * b * c * math.cos(math.radians(tilt_deg)))
    if not tilt_deg:
        area_mm2 = 4 * math.sqrt((a * b) ** 2 + (b * c) ** 2 + (c * a) ** 2)
        assert found.area_mm2 == pytest.approx(area_mm2)
        assert found.sphericity == pytest.approx(math.pi ** (1 / 3) * (8 * a * b * c) ** (2 / 3) / area_mm2)
    border = shape.border_points_lps_mm(Outline.from_mask(mask), geometry_of(grid))
    # The step of the table is along z, also on tilted slices.
    assert shape.max_3d_diameter(border).length_mm == pytest.approx(2.5)
    x_mm, y_mm, z_mm = shape.extents_lps_mm(border)
    cosine, sine = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    assert (x_mm, y_mm, z_mm) == pytest.approx((0.9, 0.7 * cosine, max(2.5, 0.7 * sine)))


def test_large_block_is_almost_its_box() -> None:
    # A box without its cut edges: each of a length loses a prism, each corner what three of them have in common.
    mask = np.ones((40, 50, 60), dtype=bool)
    found = shape.mesh(Outline.from_mask(mask), geometry_of(straight_grid(mask.shape, (1.0, 1.0, 1.0))))
    edges = 4 * ((40 - 1) + (50 - 1) + (60 - 1)) / 8
    corners = 8 * (1 / 8 - 1 / 48)
    assert found.volume_ml * 1000 == pytest.approx(40 * 50 * 60 - edges - corners)


@pytest.mark.parametrize(
    ("rotation_deg", "extents_mm"),
    [
        ((0.0, 0.0, 0.0), (2.7, 1.4, 10.0)),
        ((0.0, 0.0, 90.0), (1.4, 2.7, 10.0)),
        ((90.0, 0.0, 0.0), (2.7, 10.0, 1.4)),
        ((0.0, 90.0, 180.0), (10.0, 1.4, 2.7)),
    ],
)
def test_extents_are_along_the_axes_of_the_patient(
    rotation_deg: tuple[float, float, float], extents_mm: tuple[float, float, float]
) -> None:
    mask = np.ones((4, 2, 3), dtype=bool)
    grid = oblique_grid(mask.shape, (2.5, 0.7, 0.9), rotation_deg, (50.0, 60.0, 70.0))
    border = shape.border_points_lps_mm(Outline.from_mask(mask), geometry_of(grid))
    assert shape.extents_lps_mm(border) == pytest.approx(extents_mm)


def test_extents_on_an_oblique_grid_by_hand() -> None:
    # Rows of 8 voxels of 0.9 mm, turned by 30 degrees about z: the row's two ends and the half row beside them.
    mask = np.ones((3, 1, 8), dtype=bool)
    grid = oblique_grid(mask.shape, (2.5, 0.7, 0.9), (0.0, 0.0, 30.0))
    border = shape.border_points_lps_mm(Outline.from_mask(mask), geometry_of(grid))
    cosine, sine = math.cos(math.pi / 6), 0.5
    along_x_mm = max(8 * 0.9 * cosine, 7 * 0.9 * cosine + 0.7 * sine)
    along_y_mm = max(8 * 0.9 * sine, 7 * 0.9 * sine + 0.7 * cosine)
    assert shape.extents_lps_mm(border) == pytest.approx((along_x_mm, along_y_mm, 7.5))


def test_diameter_among_thousands_of_corners() -> None:
    # Each point of a sphere is a corner of the hull: more than are looked at at once.
    points = np.random.default_rng(7).standard_normal((3000, 3))
    points *= 20 / np.linalg.norm(points, axis=1, keepdims=True)
    points[[17, 2900]] = [(0.0, 12.6, -16.8), (0.0, -12.6, 16.8)]
    found = shape.max_3d_diameter(points)
    assert found.length_mm == pytest.approx(42.0)
    np.testing.assert_array_equal(found.ends_lps_mm, [(0.0, -12.6, 16.8), (0.0, 12.6, -16.8)])


# Volumes, areas, centers


def test_voxels_weigh_by_the_slice_that_they_lie_in() -> None:
    # Slices weigh 1, 2, 1.75 and 0.5 mm; pixels have 0.48 mm2.
    grid = uneven_grid((0.0, 1.0, 4.0, 4.5), (5, 6), (0.8, 0.6), (30.0, -40.0))
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[1, 1, 1:4] = True  # center at column 2, row 1
    mask[2, 1:3, 1] = True  # column 1, row 1.5
    mask[3, 4, 5] = True
    outline = Outline.from_mask(mask)
    weights = np.array([3 * 2.0, 2 * 1.75, 0.5])
    assert shape.voxel_volume_ml(outline, geometry_of(grid)) == pytest.approx(weights.sum() * 0.48 / 1000)
    first = grid.origins_lps_mm[0]
    centers = first + np.array([(1.2, 0.8, 1.0), (0.6, 1.2, 4.0), (3.0, 3.2, 4.5)])
    np.testing.assert_allclose(
        shape.centroid_lps_mm(outline, geometry_of(grid)), weights @ centers / weights.sum(), atol=1e-12
    )


@given(MASKS)
@hypothesis_settings(deadline=None, max_examples=40)
def test_voxel_volume_and_centroid_are_sums_over_voxels(mask: np.ndarray) -> None:
    for grid in kinds_of_grid(mask):
        geometry = geometry_of(grid)
        inside = np.argwhere(mask)
        volumes = geometry.voxel_volumes_mm3[inside[:, 0]]
        outline = Outline.from_mask(mask)
        assert shape.voxel_volume_ml(outline, geometry) == pytest.approx(volumes.sum() / 1000)
        center = volumes @ grid.positions_lps_mm(inside) / volumes.sum()
        np.testing.assert_allclose(shape.centroid_lps_mm(outline, geometry), center, atol=1e-9)


def test_area_and_centroid_of_one_slice() -> None:
    mask = picture("##...", "#....", "....#")
    grid = oblique_grid((1, 3, 5), (1.0, 0.7, 0.9), (20.0, -35.0, 50.0), (10.0, 20.0, 30.0))
    outline = Outline.from_mask(mask)
    assert shape.area_mm2(outline, geometry_of(grid)) == pytest.approx(4 * 0.63)
    center = grid.positions_lps_mm(np.argwhere(mask)).mean(axis=0)
    np.testing.assert_allclose(shape.centroid_lps_mm(outline, geometry_of(grid)), center)


# The same voxels elsewhere


@given(
    MASKS.filter(lambda mask: len(mask) > 1),
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(-800, 800)] * 3),
)
@hypothesis_settings(deadline=None, max_examples=40)
def test_sizes_do_not_depend_on_where_the_stack_lies_and_how_it_is_turned(
    mask: np.ndarray, rotation_deg: tuple[float, float, float], center: tuple[float, float, float]
) -> None:
    outline = Outline.from_mask(mask)
    found, moved = (
        (
            shape.in_plane_axes(outline, geometry),
            shape.max_3d_diameter(shape.border_points_lps_mm(outline, geometry)),
            shape.mesh(outline, geometry),
            shape.voxel_volume_ml(outline, geometry),
            shape.centroid_lps_mm(outline, geometry),
        )
        for geometry in (
            geometry_of(straight_grid(mask.shape, (2.5, 0.7, 0.9))),
            geometry_of(oblique_grid(mask.shape, (2.5, 0.7, 0.9), rotation_deg, center)),
        )
    )
    assert moved[0].slice_index == found[0].slice_index
    for there, here in (
        (moved[0].long_axis.length_mm, found[0].long_axis.length_mm),
        (moved[0].short_axis.length_mm, found[0].short_axis.length_mm),
        (moved[1].length_mm, found[1].length_mm),
        (moved[2].volume_ml, found[2].volume_ml),
        (moved[2].area_mm2, found[2].area_mm2),
        (moved[2].sphericity, found[2].sphericity),
        (moved[3], found[3]),
    ):
        assert there == pytest.approx(here, rel=1e-9)
    turned = rotation_matrix(rotation_deg) @ found[4] + np.array(center)
    np.testing.assert_allclose(moved[4], turned, rtol=0, atol=1e-9)
