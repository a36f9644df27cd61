"""The edge at the local half-maximum: where it lies, what it is measured against, and whose calcium is summed."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from calcimeasure.edge import Edge, find_edge, half_maximum_outline, in_slabs, keep_connected
from calcimeasure.edge.constants import EDGE, Sampling
from calcimeasure.measure import measure
from calcimeasure.model import NOT_IMAGED_HU, Outline, Volume
from calcimeasure.segment import find_components
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, Grid, Paintable, Slab, render, straight_grid, volume_ml

SPACING_MM = (1.2, 0.7, 0.9)
GRID = straight_grid((40, 76, 60), SPACING_MM)
"""48 x 53 x 54 mm."""
BALL = Ellipsoid((0.3, -0.2, 0.4), (11.0, 11.0, 11.0), 800.0)
SETTINGS = Settings()


def volume_with(*shapes: Paintable, grid: Grid = GRID, noise_sd_hu: float = 0.0, blur_sigma_mm: float = 0.7) -> Volume:
    hu = render(shapes, grid, background_hu=40, noise_sd_hu=noise_sd_hu, blur_sigma_mm=blur_sigma_mm, seed=4)
    return volume_of(hu, grid)


def proposal(volume: Volume, number: int = 0) -> Outline:
    return half_maximum_outline(volume, find_components(volume, SETTINGS).outlines[number], SETTINGS)


def edge_of(volume: Volume, number: int = 0) -> Edge:
    return find_edge(volume, proposal(volume, number), SETTINGS)


def same_place(mask: np.ndarray, start_kji: tuple[int, int, int], shape: tuple[int, ...]) -> np.ndarray:
    whole = np.zeros(shape, dtype=bool)
    whole[tuple(slice(a, a + n) for a, n in zip(start_kji, mask.shape, strict=True))] = mask
    return whole


def mask_in(volume: Volume, outline: Outline) -> np.ndarray:
    return same_place(outline.mask(), outline.start_kji, volume.attenuation_hu.shape)


# What the edge is measured against


@pytest.mark.parametrize("axes_mm", [(11.0, 11.0, 11.0), (16.0, 8.0, 11.0), (7.0, 15.0, 13.0)])
def test_plateau_surroundings_noise_and_blur_are_those_of_the_image(axes_mm: tuple[float, float, float]) -> None:
    edge = edge_of(volume_with(Ellipsoid((0.3, -0.2, 0.4), axes_mm, 800), noise_sd_hu=18, blur_sigma_mm=0.8))
    assert edge.plateau_hu == pytest.approx(800, abs=3)
    assert edge.background_hu == pytest.approx(40, abs=1)
    assert edge.boundary_hu == pytest.approx(420, abs=2)
    assert edge.noise_sd_hu == pytest.approx(18, rel=0.1)
    assert edge.blur_sigma_mm == pytest.approx(0.8, rel=0.1)
    assert edge.plateau_voxels > 30
    assert edge.shell_voxels > 1000


@pytest.mark.parametrize("blur_sigma_mm", [0.5, 0.7, 0.9])
def test_blur_is_that_of_the_edge_in_the_slice(blur_sigma_mm: float) -> None:
    edge = edge_of(volume_with(BALL, blur_sigma_mm=blur_sigma_mm))
    assert edge.blur_sigma_mm == pytest.approx(blur_sigma_mm, abs=0.09)


def test_edge_of_a_flat_face_is_half_way_up() -> None:
    # A slab from x = -9.3 to 8.4 mm, far longer than its rim is wide: level 0 lies on its faces.
    grid = straight_grid((30, 60, 60), SPACING_MM)
    edge = edge_of(volume_with(Slab((-0.45, 0, 0), (8.85, 12, 12), 900), grid=grid))
    k, j = (index - start for index, start in zip((15, 30), edge.start_kji, strict=False))
    row = edge.level[k, j].astype(float)
    x_mm = (np.arange(len(row)) + edge.start_kji[2] - 29.5) * SPACING_MM[2]
    rising, falling = np.flatnonzero(np.diff(row > 0))
    found = [
        np.interp(0, row[[n, n + 1]][::sign], x_mm[[n, n + 1]][::sign]) for n, sign in ((rising, 1), (falling, -1))
    ]
    assert found == pytest.approx([-9.3, 8.4], abs=0.06)


def test_level_is_half_on_the_plateau_and_minus_half_around() -> None:
    edge = edge_of(volume_with(BALL))
    middle = tuple(length // 2 for length in edge.level.shape)
    assert edge.level[middle] == pytest.approx(0.5, abs=0.005)
    assert edge.level[0, 0, 0] == pytest.approx(-0.5, abs=0.005)
    assert np.array_equal(edge.inside, edge.level > 0)


@pytest.mark.parametrize("hu", [350, 800, 1400])
def test_sum_is_the_volume_whatever_the_density(hu: float) -> None:
    ball = Ellipsoid(BALL.center_lps_mm, BALL.semi_axes_mm, hu)
    edge = edge_of(volume_with(ball, noise_sd_hu=15))
    assert edge.calcified_mm3 / 1000 == pytest.approx(volume_ml(ball), rel=0.003)


@pytest.mark.parametrize(("radius_mm", "within"), [(2.5, 0.15), (3.5, 0.06), (5.0, 0.04)])
def test_lesion_without_depth_gets_its_plateau_from_the_sum(radius_mm: float, within: float) -> None:
    ball = Ellipsoid((0.3, -0.2, 0.4), (radius_mm,) * 3, 900)
    grid = straight_grid((40, 76, 60), (1.0, 0.7, 0.7))
    volume = volume_with(ball, grid=grid, noise_sd_hu=10)
    edge = edge_of(volume)
    assert edge.plateau_hu == pytest.approx(900, rel=within)
    assert edge.calcified_mm3 / 1000 == pytest.approx(volume_ml(ball), rel=within)
    notices = measure(volume, proposal(volume), SETTINGS).notices
    assert ("plateau_from_sum" in notices) == (edge.plateau_voxels == 0)


def test_two_densities_in_one_mass_have_edges_of_their_own() -> None:
    # One plateau for all would count the fainter part for less than it is.
    dense, faint = Slab((-6, 0, 0), (8, 14, 14), 1200), Slab((10, 0, 0), (8, 14, 14), 750)
    grid = straight_grid((34, 70, 70), (1.2, 0.8, 0.8))
    volume = volume_with(dense, faint, grid=grid)
    edge = edge_of(volume)
    assert edge.calcified_mm3 == pytest.approx(32 * 28 * 28, rel=0.03)
    found = measure(volume, proposal(volume), SETTINGS)
    assert found.extents_lps_mm is not None
    # Across the slices a flat end lies somewhere in the next slice: within one of them at each end.
    assert found.extents_lps_mm[:2] == pytest.approx((32, 28), abs=0.5)
    assert found.extents_lps_mm[2] == pytest.approx(28, abs=2.4)


def test_air_on_one_side_does_not_move_the_edge_on_the_other() -> None:
    skin = Slab((31.0, 0, 0), (16.0, 100, 100), -1000)
    found = measure(volume := volume_with(BALL, skin, noise_sd_hu=10), proposal(volume), SETTINGS)
    assert found.volume_ml == pytest.approx(volume_ml(BALL), rel=0.05)
    assert found.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(22, abs=0.5)


# Cavities


def test_cavity_is_inside_the_outline_and_no_calcium() -> None:
    shell, cavity = BALL, Ellipsoid(BALL.center_lps_mm, (5.0, 5.0, 5.0), 40)
    volume = volume_with(shell, cavity, noise_sd_hu=10)
    found = measure(volume, proposal(volume), SETTINGS)
    whole_ml, cavity_ml = volume_ml(shell), volume_ml(cavity)
    assert found.volume_ml == pytest.approx(whole_ml - cavity_ml, rel=0.02)
    assert found.volume_voxels_ml == pytest.approx(whole_ml, rel=0.02)
    assert found.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(22, abs=0.4)
    assert "outline_rules" not in found.notices


def test_half_that_is_a_third_as_dense_is_calcified_too() -> None:
    # Whole it is 40 x 28 x 28 mm: 900 HU in front, 350 HU behind, as where fluid holds calcium.
    dense, faint = Slab((-10, 0, 0), (10, 14, 14), 900), Slab((10, 0, 0), (10, 14, 14), 350)
    volume = volume_with(dense, faint, grid=straight_grid((34, 70, 80), (1.2, 0.8, 0.8)), noise_sd_hu=15)
    found = measure(volume, proposal(volume), SETTINGS)
    assert found.volume_ml == pytest.approx(40 * 28 * 28 / 1000, rel=0.01)


def test_cavity_in_a_less_dense_half_is_no_calcium() -> None:
    dense, faint = Slab((-10, 0, 0), (10, 14, 14), 900), Slab((10, 0, 0), (10, 14, 14), 350)
    cavity = Ellipsoid((10, 0, 0), (5, 8, 8), 20)
    volume = volume_with(dense, faint, cavity, grid=straight_grid((34, 70, 80), (1.2, 0.8, 0.8)), noise_sd_hu=15)
    found = measure(volume, proposal(volume), SETTINGS)
    assert found.volume_ml == pytest.approx(40 * 28 * 28 / 1000 - volume_ml(cavity), rel=0.03)


def test_part_that_is_only_blur_round_a_cavity_is_not_calcified() -> None:
    shell, cavity = Ellipsoid((0, 0, 0), (16, 15, 14), 1200), Ellipsoid((0, 0, 0), (7, 6, 6), 30)
    found = measure(volume := volume_with(shell, cavity, noise_sd_hu=10), proposal(volume), SETTINGS)
    assert found.volume_ml == pytest.approx(volume_ml(shell) - volume_ml(cavity), rel=0.01)


# Surroundings that are not even


def test_even_surroundings_add_nothing_to_the_interval() -> None:
    assert edge_of(volume_with(BALL, noise_sd_hu=15)).uneven_mm3 == 0


def test_uneven_surroundings_widen_the_interval() -> None:
    # Fat, with muscle from 5 mm beyond the ball on one side: what is under its rim there is a guess.
    muscle = Slab((16.3 + 20, 0, 0), (20, 100, 100), 150)
    volume = volume_with(BALL, muscle, noise_sd_hu=10)
    even, uneven = (measure(one, proposal(one), SETTINGS) for one in (volume_with(BALL, noise_sd_hu=10), volume))
    assert even.volume_u95_ml is not None
    assert uneven.volume_u95_ml is not None
    assert uneven.volume_u95_ml > 1.3 * even.volume_u95_ml
    assert uneven.volume_ml == pytest.approx(volume_ml(BALL), abs=uneven.volume_u95_ml)


# Neighbors


@pytest.mark.parametrize("gap_mm", [2.5, 4.0, 6.0])
def test_neighbor_is_never_summed(gap_mm: float) -> None:
    first = Ellipsoid((-9.0, 0, 0), (8.0, 9.0, 9.0), 700)
    second = Ellipsoid((-1.0 + gap_mm + 7, 0, 0), (7.0, 9.0, 9.0), 1300)
    volume = volume_with(first, second, noise_sd_hu=10)
    for number in range(2):
        one = proposal(volume, number)
        true = first if mask_in(volume, one)[20, 38, 20] else second
        assert measure(volume, one, SETTINGS).volume_ml == pytest.approx(volume_ml(true), rel=0.03)


@pytest.mark.parametrize("gap_mm", [3.0, 5.0])
def test_bone_is_never_summed(gap_mm: float) -> None:
    bone = Slab((11.3 + gap_mm + 2, 0, 0), (2.0, 100, 100), 1300)
    volume = volume_with(BALL, bone, noise_sd_hu=10)
    outline = next(one for one in find_components(volume, SETTINGS).outlines if one.start_kji[0] > 0)
    found = measure(volume, half_maximum_outline(volume, outline, SETTINGS), SETTINGS)
    assert found.volume_ml == pytest.approx(volume_ml(BALL), rel=0.01)


# A reader's outline


def test_outline_that_cuts_a_mass_rules() -> None:
    volume = volume_with(BALL, noise_sd_hu=10)
    mask = mask_in(volume, proposal(volume))
    mask[:, :, 30:] = False  # x < 0.0 mm is kept: the 30th column begins there
    half = Outline.from_mask(mask)
    edge = find_edge(volume, half, SETTINGS)
    assert not edge.follows_outline
    assert not same_place(edge.inside, edge.start_kji, mask.shape)[:, :, 31:].any()
    found = measure(volume, half, SETTINGS)
    # Below x = -0.3 mm of a ball about the origin: the cut is 0.3 mm from its middle.
    depth_mm = 11.0 - 0.3
    cap_ml = math.pi * depth_mm**2 * (33 - depth_mm) / 3 / 1000
    assert found.volume_ml == pytest.approx(cap_ml, rel=0.05)
    assert found.extents_lps_mm is not None
    assert found.extents_lps_mm[0] == pytest.approx(10.7, abs=0.6)
    assert "outline_rules" in found.notices


def test_outline_that_leaves_a_lobe_out_rules() -> None:
    first, lobe = Ellipsoid((-6.0, 0, 0), (10.0, 9.0, 9.0), 800), Ellipsoid((9.0, 0, 0), (8.0, 6.0, 6.0), 800)
    volume = volume_with(first, lobe, noise_sd_hu=10)
    mask = mask_in(volume, proposal(volume))
    x_mm = (np.arange(GRID.shape_kji[2]) - 29.5) * SPACING_MM[2]
    mask[:, :, x_mm > 3.0] = False
    edge = find_edge(volume, Outline.from_mask(mask), SETTINGS)
    assert not edge.follows_outline
    left_out = same_place(edge.inside, edge.start_kji, mask.shape)[:, :, x_mm > 4.0]
    assert not left_out.any()
    assert edge.calcified_mm3 / 1000 < 1.05 * volume_ml(first)


def test_outline_with_soft_tissue_rules_over_the_edge_but_adds_no_calcium() -> None:
    volume = volume_with(BALL, noise_sd_hu=10)
    mask = mask_in(volume, proposal(volume))
    mask[18:22, 30:46, 45:52] = True
    edge = find_edge(volume, Outline.from_mask(mask), SETTINGS)
    assert not edge.follows_outline
    assert same_place(edge.inside, edge.start_kji, mask.shape)[20, 38, 50]
    assert edge.calcified_mm3 / 1000 == pytest.approx(volume_ml(BALL), rel=0.03)


@pytest.mark.parametrize("steps", [1, -1])
def test_outline_one_voxel_off_gives_the_same_numbers(steps: int) -> None:
    from scipy import ndimage

    volume = volume_with(BALL, noise_sd_hu=10)
    outline = proposal(volume)
    mask = mask_in(volume, outline)
    change = ndimage.binary_dilation if steps > 0 else ndimage.binary_erosion
    other = Outline.from_mask(change(mask, np.ones((1, 3, 3))))
    assert find_edge(volume, other, SETTINGS).follows_outline
    first, second = (measure(volume, one, SETTINGS) for one in (outline, other))
    assert first.max_3d_diameter is not None
    assert second.max_3d_diameter is not None
    assert second.volume_ml == pytest.approx(first.volume_ml, rel=0.01)
    assert second.max_3d_diameter.length_mm == pytest.approx(first.max_3d_diameter.length_mm, abs=0.1)
    assert second.long_axis.length_mm == pytest.approx(first.long_axis.length_mm, abs=0.1)


def test_outline_where_nothing_is_dense_has_no_edge() -> None:
    volume = volume_of(np.full(GRID.shape_kji, 40), GRID)
    outline = Outline.from_mask(np.ones((3, 4, 5), dtype=bool), (10, 20, 30))
    assert not find_edge(volume, outline, SETTINGS).inside.any()
    assert half_maximum_outline(volume, outline, SETTINGS) == outline
    found = measure(volume, outline, SETTINGS)
    assert "no_edge" in found.notices
    assert found.volume_ml is None


# The limits of the image


@pytest.mark.parametrize("face", [0, 1, 2])
def test_mass_at_a_face_of_the_image_is_measured_where_it_is_seen(face: int) -> None:
    volume = volume_with(BALL, noise_sd_hu=10)
    cut = [slice(None)] * 3
    cut[face] = slice(GRID.shape_kji[face] // 2, None)
    origins = GRID.origins_lps_mm[cut[0]]
    grid = Grid(volume.attenuation_hu[tuple(cut)].shape, *(getattr(GRID, name) for name in (
        "row_direction", "column_direction", "row_spacing_mm", "column_spacing_mm")), origins)  # fmt: skip
    half = volume_of(volume.attenuation_hu[tuple(cut)], grid)
    found = measure(half, proposal(half), SETTINGS)
    assert found.truncated
    assert found.volume_ml == pytest.approx(volume_ml(BALL) / 2, rel=0.08)
    assert found.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(22, abs=0.5)


def test_what_was_not_imaged_counts_nowhere() -> None:
    hu = np.array(volume_with(BALL, noise_sd_hu=10).attenuation_hu)
    hu[:, :, 45:] = NOT_IMAGED_HU  # 2.7 mm beyond the edge of the ball
    volume = volume_of(hu, GRID)
    found = measure(volume, proposal(volume), SETTINGS)
    assert found.volume_ml == pytest.approx(volume_ml(BALL), rel=0.01)
    edge = edge_of(volume)
    assert edge.background_hu == pytest.approx(40, abs=1)


def test_slice_alone_gives_an_area() -> None:
    volume = volume_with(BALL, grid=straight_grid((1, 76, 60), SPACING_MM))
    edge = edge_of(volume)
    assert edge.calcified_mm3 == pytest.approx(math.pi * (11**2 - 0.4**2), rel=0.01)


@pytest.mark.parametrize("mass_hu", [32767, 20000])
def test_extremes_of_the_range_do_not_wrap_around(mass_hu: int) -> None:
    hu = np.full((20, 30, 30), -32767, dtype=np.int16)
    hu[6:14, 8:22, 8:22] = mass_hu
    volume = volume_of(hu, straight_grid(hu.shape, SPACING_MM))
    edge = edge_of(volume)
    assert np.isfinite(edge.level).all()
    assert edge.plateau_hu == pytest.approx(mass_hu)
    assert edge.calcified_mm3 == pytest.approx(8 * 14 * 14 * math.prod(SPACING_MM), rel=0.001)


# Large boxes


EVERY_VOXEL = Sampling(10**12, 1.6)


def measure_with(monkeypatch: pytest.MonkeyPatch, sampling: Sampling) -> None:
    monkeypatch.setattr("calcimeasure.edge.edge.EDGE", replace(EDGE, fine_sampling=sampling))


def test_some_of_the_voxels_show_plateau_and_surroundings_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = Ellipsoid((0.3, -0.2, 0.4), (15.0, 13.0, 14.0), 800.0)
    volume = volume_with(ball, grid=straight_grid((60, 90, 90), (0.8, 0.5, 0.5)), noise_sd_hu=15)
    outline = proposal(volume)
    measure_with(monkeypatch, EVERY_VOXEL)
    every = find_edge(volume, outline, SETTINGS)
    measure_with(monkeypatch, Sampling(1000, 1.6))
    some = find_edge(volume, outline, SETTINGS)
    assert some.shell_voxels != every.shell_voxels
    assert some.calcified_mm3 == pytest.approx(every.calcified_mm3, rel=0.001)
    assert some.boundary_hu == pytest.approx(every.boundary_hu, abs=1)
    assert np.mean(some.inside != every.inside) < 0.001


def test_every_voxel_counts_where_a_neighbor_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Ellipsoid((-9.0, 0, 0), (8.0, 9.0, 9.0), 700), Ellipsoid((8.5, 0, 0), (7.0, 9.0, 9.0), 1300)
    volume = volume_with(first, second, noise_sd_hu=10)
    outlines = [proposal(volume, number) for number in range(2)]
    every = [find_edge(volume, outline, SETTINGS).calcified_mm3 for outline in outlines]
    measure_with(monkeypatch, Sampling(1000, 1.6))
    assert [find_edge(volume, outline, SETTINGS).calcified_mm3 for outline in outlines] == every


def test_threads_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = volume_with(BALL, noise_sd_hu=20)
    alone = measure(volume, proposal(volume), SETTINGS)
    monkeypatch.setattr("calcimeasure.edge.slabs._LARGE_BOX_VOXELS", 0)
    monkeypatch.setattr("calcimeasure.edge.slabs._SLAB_VOXELS", 5000)
    assert measure(volume, proposal(volume), SETTINGS) == alone


def test_what_a_thread_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.edge.slabs._LARGE_BOX_VOXELS", 0)
    with pytest.raises(ZeroDivisionError):
        in_slabs(lambda slab: divmod(1, slab.start), (2, 1000, 1000))


def test_lone_voxels_in_a_box_of_odd_lengths_are_labelled() -> None:
    level = np.full((3, 3, 3), -0.5, dtype=np.float32)
    level[::2, ::2, ::2] = 0.5
    seed = np.zeros(level.shape, dtype=bool)
    seed[0, 0, 0] = True
    _, inside = keep_connected(level, seed)
    assert np.array_equal(inside, seed)


# Everything else


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 1000),
    st.sampled_from([1, 2, 5, 12]),
)
@hypothesis_settings(deadline=None, max_examples=60)
def test_any_small_outline_is_measured(shape: tuple[int, int, int], seed: int, slices: int) -> None:
    rng = np.random.default_rng(seed)
    grid = straight_grid((slices, 24, 24), SPACING_MM)
    hu = np.rint(rng.normal(40, 15, grid.shape_kji))
    start = tuple(int(rng.integers(0, n)) for n in grid.shape_kji)
    box = tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[box] = rng.random(mask[box].shape) < 0.6
    mask[start] = True
    hu[mask] += rng.uniform(100, 1500)
    volume = volume_of(hu, grid)
    for outline in (Outline.from_mask(mask), half_maximum_outline(volume, Outline.from_mask(mask), SETTINGS)):
        found = measure(volume, outline, SETTINGS)
        sizes = [found.long_axis.length_mm, found.short_axis.length_mm]
        half_widths = [found.long_axis_u95_mm, found.volume_u95_ml, found.max_3d_diameter_u95_mm]
        assert all(math.isfinite(size) and size > 0 for size in sizes)
        assert all(width is None or (math.isfinite(width) and width > 0) for width in half_widths)
        assert found.volume_ml is None or found.volume_ml >= 0
        if found.max_3d_diameter is not None:
            assert found.max_3d_diameter.length_mm >= found.long_axis.length_mm - 1e-6


def test_same_image_gives_the_same_numbers() -> None:
    volume = volume_with(BALL, noise_sd_hu=20)
    assert measure(volume, proposal(volume), SETTINGS) == measure(volume, proposal(volume), SETTINGS)


def test_numbers_do_not_depend_on_what_lies_far_away() -> None:
    volume = volume_with(Ellipsoid((0, 0, 0), (6, 6, 6), 700), noise_sd_hu=15)
    hu = np.array(volume.attenuation_hu)
    hu[:, :8] = 1500
    assert measure(volume_of(hu, GRID), proposal(volume), SETTINGS) == measure(volume, proposal(volume), SETTINGS)
