"""Threshold and components: against SciPy and SimpleITK, and worked out by hand."""

import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import ndimage

from calcimeasure.model import NOT_IMAGED_HU, Outline
from calcimeasure.segment import Components, find_components, without_specks
from calcimeasure.settings import Settings
from tests.model.test_model import MASKS, volume_of
from tests.phantoms import Grid, oblique_grid, straight_grid, uneven_grid
from tests.test_geometry import geometry_of

EVERYTHING = Settings(min_volume_mm3=0)
Block = tuple[slice, slice, slice]


def grid_for(mask: np.ndarray) -> Grid:
    return oblique_grid(mask.shape, (2.5, 0.75, 0.5), (20.0, -35.0, 50.0), (10.0, 20.0, -300.0))


def found_in(mask: np.ndarray, grid: Grid | None = None, settings: Settings = EVERYTHING) -> Components:
    return find_components(volume_of(np.where(mask, 400, 40), grid or grid_for(mask)), settings)


def voxels(outline: Outline) -> frozenset[tuple[int, int, int]]:
    return frozenset(map(tuple, (np.argwhere(outline.mask()) + outline.start_kji).tolist()))


def components(labels: np.ndarray) -> set[frozenset[tuple[int, int, int]]]:
    return {frozenset(map(tuple, np.argwhere(labels == n).tolist())) for n in range(1, labels.max() + 1)}


def blocks(shape_kji: tuple[int, int, int], *parts: Block) -> np.ndarray:
    mask = np.zeros(shape_kji, dtype=bool)
    for part in parts:
        mask[part] = True
    return mask


# Which voxels belong together


@given(MASKS)
@hypothesis_settings(deadline=None, max_examples=100)
def test_components_are_those_of_two_other_libraries(mask: np.ndarray) -> None:
    proposals = found_in(mask)
    found = [voxels(outline) for outline in proposals.outlines]
    by_scipy, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    by_itk = sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True)
    assert len(found) == len(set(found))
    assert set(found) == components(by_scipy) == components(sitk.GetArrayFromImage(by_itk))
    assert proposals.dropped_count == 0


@pytest.mark.parametrize("shape_kji", [(12, 40, 50), (1, 60, 60)])
@pytest.mark.parametrize("density", [0.03, 0.1, 0.3])
def test_noise_is_cut_into_the_same_components(shape_kji: tuple[int, int, int], density: float) -> None:
    mask = np.random.default_rng(4).random(shape_kji) < density
    by_scipy, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    assert {voxels(outline) for outline in found_in(mask).outlines} == components(by_scipy)


@pytest.mark.parametrize("shape_kji", [(1, 1, 3), (1, 9, 1), (7, 1, 1), (1, 5, 7), (5, 5, 5), (4, 1, 9)])
def test_as_many_components_as_there_is_room_for(shape_kji: tuple[int, int, int]) -> None:
    mask = np.zeros(shape_kji, dtype=bool)
    mask[::2, ::2, ::2] = True
    assert len(found_in(mask).outlines) == math.prod((length + 1) // 2 for length in shape_kji)


@pytest.mark.parametrize("step", [(1, 1, 1), (1, 0, 0), (1, -1, 0), (0, 1, -1), (0, 0, 1)])
def test_neighbors_share_a_face_an_edge_or_a_corner(step: tuple[int, int, int]) -> None:
    def pair(distance: int) -> np.ndarray:
        mask = np.zeros((7, 7, 7), dtype=bool)
        mask[3, 3, 3] = mask[tuple(3 + distance * np.array(step))] = True
        return mask

    assert len(found_in(pair(1)).outlines) == 1
    assert len(found_in(pair(2)).outlines) == 2


# The threshold


@pytest.mark.parametrize(
    ("threshold_hu", "lowest_in"), [(200, 200), (200.5, 201), (199.99, 200), (-0.5, 0), (-500, -500), (3000, 3000)]
)
def test_voxel_at_the_threshold_is_in_and_the_next_below_is_out(threshold_hu: float, lowest_in: int) -> None:
    hu = np.full((3, 4, 6), -1000)
    hu[1, 1, 1], hu[1, 1, 3], hu[1, 1, 5] = lowest_in, lowest_in - 1, NOT_IMAGED_HU
    volume = volume_of(hu, grid_for(hu))
    proposals = find_components(volume, Settings(threshold_hu=threshold_hu, min_volume_mm3=0))
    assert [voxels(outline) for outline in proposals.outlines] == [{(1, 1, 1)}]


@pytest.mark.parametrize("hu", [199, NOT_IMAGED_HU])
@pytest.mark.parametrize("slices", [1, 3])
def test_nothing_dense_is_no_proposal(slices: int, hu: int) -> None:
    empty = np.full((slices, 4, 5), hu)
    assert find_components(volume_of(empty, grid_for(empty)), Settings()) == Components((), 0)


# The smallest size

TEN = (slice(2, 7), slice(3, 5), slice(4, 5))
"""Ten voxels: five slices, two rows, one column."""


@pytest.mark.parametrize("offset_mm", [0.0, 0.1, -123.4, 512.7])
@pytest.mark.parametrize("spacing_mm", [(3.0, 1.0, 1.0), (0.3, 0.7, 0.9), (1.2, 0.5, 0.5)])
def test_component_of_just_the_smallest_volume_is_kept(
    spacing_mm: tuple[float, float, float], offset_mm: float
) -> None:
    mask = blocks((9, 8, 8), TEN)
    volume_mm3 = 10 * math.prod(spacing_mm)
    for rotation_deg in ((0.0, 0.0, 0.0), (10.0, 20.0, 30.0)):
        grid = oblique_grid(mask.shape, spacing_mm, rotation_deg, (offset_mm,) * 3)
        assert len(found_in(mask, grid, Settings(min_volume_mm3=volume_mm3)).outlines) == 1
        above = found_in(mask, grid, Settings(min_volume_mm3=volume_mm3 * 1.000001))
        assert above == Components((), 1)


def test_smaller_components_are_counted() -> None:
    mask = np.random.default_rng(4).random((12, 40, 50)) < 0.05
    labels, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes_mm3 = np.bincount(labels.ravel())[1:] * (2.5 * 0.75 * 0.5)
    proposals = found_in(mask, settings=Settings(min_volume_mm3=3.0))
    assert len(proposals.outlines) == np.count_nonzero(sizes_mm3 >= 3.0) > 10
    assert proposals.dropped_count == np.count_nonzero(sizes_mm3 < 3.0) > 10


def test_voxels_of_an_uneven_stack_count_by_their_own_thickness() -> None:
    # Slices weigh 1, 1, 3, 5, 5 mm: 4 pixels of 1 mm2 are 4, 20 or, in two slices, 8 mm3.
    grid = uneven_grid((0.0, 1.0, 2.0, 7.0, 12.0), (6, 12), (1.0, 1.0))
    mask = blocks(
        grid.shape_kji,
        (slice(0, 1), slice(1, 3), slice(0, 2)),
        (slice(0, 2), slice(1, 3), slice(4, 6)),
        (slice(4, 5), slice(1, 3), slice(8, 10)),
    )
    for smallest_mm3, starts in ((0, (8, 4, 0)), (8, (8, 4)), (8.1, (8,)), (20.1, ())):
        proposals = found_in(mask, grid, Settings(min_volume_mm3=smallest_mm3))
        assert tuple(outline.start_kji[2] for outline in proposals.outlines) == starts
        assert proposals.dropped_count == 3 - len(starts)


def test_slice_alone_keeps_what_is_as_wide_as_the_smallest_ball() -> None:
    # A ball of 30 mm3 is 3.855 mm wide, a disc as wide has 11.67 mm2: 24 pixels of 0.5 mm2, not 23.
    ball_mm = 2 * (30 / (4 / 3 * math.pi)) ** (1 / 3)
    assert 23 * 0.5 < math.pi * (ball_mm / 2) ** 2 < 24 * 0.5
    for columns, kept in ((11, 0), (12, 1)):
        mask = blocks((1, 9, 20), (slice(0, 1), slice(3, 5), slice(2, 2 + columns)))
        mask[0, 5, 2] = columns == 11
        grid = straight_grid(mask.shape, (1.0, 0.5, 1.0))
        proposals = found_in(mask, grid, Settings())
        assert (len(proposals.outlines), proposals.dropped_count) == (kept, 1 - kept)


# Their order


@given(st.permutations(range(5)), st.floats(-700, 700))
@hypothesis_settings(deadline=None, max_examples=25)
def test_largest_comes_first(order: list[int], offset_mm: float) -> None:
    mask = np.zeros((4, 6, 26), dtype=bool)
    for place, size in enumerate(order):
        mask[1, 1, 5 * place : 5 * place + size // 2 + 1] = True  # sizes 1, 1, 2, 2, 3
    grid = oblique_grid(mask.shape, (1.3, 0.7, 0.6), (10.0, 20.0, 30.0), (offset_mm, 0.0, 0.0))
    outlines = found_in(mask, grid).outlines
    by_hand = sorted((-(size // 2 + 1), 5 * place) for place, size in enumerate(order))
    assert [outline.start_kji[2] for outline in outlines] == [start for _, start in by_hand]


@pytest.mark.parametrize("offset_mm", [0.0, 0.1, -123.4, 512.7])
def test_of_equals_the_one_that_starts_first_comes_first(offset_mm: float) -> None:
    mask = np.zeros((40, 5, 5), dtype=bool)
    mask[1::3, 1:3, 1:4] = True
    grid = oblique_grid(mask.shape, (0.7, 0.6, 0.6), (10.0, 20.0, 30.0), (0.0, 0.0, offset_mm))
    assert [outline.start_kji[0] for outline in found_in(mask, grid).outlines] == list(range(1, 40, 3))


def test_an_outline_keeps_its_pieces_but_for_specks_apart_from_them() -> None:
    # Voxels of 0.9375 mm3: 32 of them are 30 mm3.
    mask = np.zeros((4, 12, 40), dtype=bool)
    mask[:, :4, :4] = mask[:2, 6:10, :4] = True
    with_speck = mask.copy()
    with_speck[0, 0, 6:37] = True
    outline = Outline.from_mask(with_speck, (3, 5, 7))
    grid = oblique_grid((9, 30, 60), (2.5, 0.75, 0.5), (20.0, -35.0, 50.0), (10.0, 20.0, -300.0))
    found = without_specks(outline, geometry_of(grid), Settings())
    assert np.array_equal(found.mask_in((3, 5, 7), (7, 17, 47)), mask)
    assert without_specks(outline, geometry_of(grid), EVERYTHING) == outline


def test_the_largest_piece_of_an_outline_stays_however_small() -> None:
    mask = np.zeros((3, 9, 9), dtype=bool)
    mask[0, 0, :2] = mask[2, 5, 5] = True
    found = without_specks(Outline.from_mask(mask), geometry_of(grid_for(mask)), Settings())
    assert voxels(found) == {(0, 0, 0), (0, 0, 1)}
