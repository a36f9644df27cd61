"""Tools that shape an outline, against balls and boxes whose voxels are known by hand."""

import numpy as np
import pytest

from calcimeasure import Settings
from calcimeasure.errors import ReviewError
from calcimeasure.model import Image, Outline
from calcimeasure.review.shaping import (
    grown_by_a_step,
    interpolated,
    shrunk_by_a_step,
    smoothed,
    snapped,
    spacing_of,
    step_of,
)
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, Grid, render, straight_grid, uneven_grid
from tests.radiographs import radiograph_of

SPACING_MM = (2.0, 0.8, 0.5)
GRID = straight_grid((20, 50, 60), SPACING_MM)
VOLUME = volume_of(np.zeros((20, 50, 60), dtype=int), GRID)


def ball(radius_mm: float, grid: Grid = GRID) -> np.ndarray:
    index = np.stack(np.indices(grid.shape_kji), axis=-1)
    return np.linalg.norm(grid.positions_lps_mm(index), axis=-1) < radius_mm


def outline_of(mask: np.ndarray) -> Outline:
    return Outline.from_mask(mask)


def whole(outline: Outline, image: Image = VOLUME) -> np.ndarray:
    return outline.mask_in((0, 0, 0), image.shape_kji)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))


def test_a_step_is_the_larger_side_of_a_pixel_in_the_patient() -> None:
    assert step_of(VOLUME) == pytest.approx(0.8)
    one = np.zeros((20, 50, 60), dtype=bool)
    one[10, 25, 30] = True
    # By hand: 0.8 mm reach one row and one column; a second column is 1.0 mm, a diagonal 0.94 mm, a slice 2 mm away.
    expected = one.copy()
    expected[10, [24, 26], 30] = expected[10, 25, [29, 31]] = True
    assert np.array_equal(whole(grown_by_a_step(outline_of(one), VOLUME)), expected)


def test_growing_and_shrinking_move_the_border_of_a_ball_by_a_step() -> None:
    fine = straight_grid((40, 40, 40), (0.5, 0.5, 0.5))
    volume = volume_of(np.zeros((40, 40, 40), dtype=int), fine)
    held = outline_of(ball(6.0, fine))
    larger, smaller = grown_by_a_step(held, volume), shrunk_by_a_step(held, volume)
    radii_mm = [(one.voxel_count * 0.125 * 0.75 / np.pi) ** (1 / 3) for one in (smaller, held, larger)]
    # A grid lets a slanted surface move by less than a step.
    assert np.diff(radii_mm) == pytest.approx([0.4, 0.4], abs=0.12)


def test_growing_stops_at_the_end_of_the_image_and_shrinking_takes_nothing_there() -> None:
    mask = np.zeros((20, 50, 60), dtype=bool)
    mask[:5, :10, :10] = True
    assert grown_by_a_step(outline_of(mask), VOLUME).start_kji == (0, 0, 0)
    left = whole(shrunk_by_a_step(outline_of(mask), VOLUME))
    assert left[0, 0, 0]
    assert not left[0, 9, 0]


def test_what_would_vanish_is_refused() -> None:
    mask = np.zeros((20, 50, 60), dtype=bool)
    mask[10, 25, 30] = True
    with pytest.raises(ReviewError, match="nothing would be left"):
        shrunk_by_a_step(outline_of(mask), VOLUME)


def test_smoothing_keeps_the_count_and_takes_a_spur() -> None:
    mask = ball(8.0)
    mask[10, 25, 30:59] = True  # a spur of one pixel
    after = smoothed(outline_of(mask), VOLUME)
    assert after.voxel_count == np.count_nonzero(mask)
    assert not whole(after)[10, 25, 55]
    assert dice(whole(after), ball(8.0)) > 0.95


def test_slices_between_drawn_ones_are_filled_and_drawn_ones_stay() -> None:
    fine = straight_grid((33, 60, 60), (1.0, 0.7, 0.7))
    volume = volume_of(np.zeros(fine.shape_kji, dtype=int), fine)
    held = ball(14.0, fine)
    drawn = held.copy()
    slices = np.flatnonzero(held.any(axis=(1, 2)))
    drawn[[k for n, k in enumerate(slices) if n % 4 and k != slices[-1]]] = False
    found = whole(interpolated(outline_of(drawn), volume), volume)
    assert dice(found, held) > 0.97
    assert all(np.array_equal(found[k], held[k]) for k in slices[::4])
    assert found.any(axis=(1, 2)).tolist() == held.any(axis=(1, 2)).tolist()


def test_between_two_slices_the_place_along_the_normal_counts_not_the_index() -> None:
    grid = uneven_grid(np.array([0.0, 1.0, 8.0]), (40, 40), (1.0, 1.0), (0.0, 0.0))
    volume = volume_of(np.zeros((3, 40, 40), dtype=int), grid)
    mask = np.zeros((3, 40, 40), dtype=bool)
    mask[0, 10:30, 10:30] = True  # 20 wide
    mask[2, 18:22, 18:22] = True  # 4 wide, 8 mm above
    middle = whole(interpolated(outline_of(mask), volume), volume)[1]
    assert np.count_nonzero(middle.any(axis=0)) == 18  # an eighth of the way from 20 to 4


def test_nothing_to_fill_is_said() -> None:
    with pytest.raises(ReviewError, match="found none"):
        interpolated(outline_of(ball(8.0)), VOLUME)


def test_snapping_finds_the_half_maximum_from_a_rough_drawing() -> None:
    grid = straight_grid((30, 60, 60), (1.0, 0.7, 0.7))
    hu = render([Ellipsoid((0, 0, 0), (9.0, 9.0, 9.0), 800.0)], grid, blur_sigma_mm=0.7, background_hu=40.0)
    volume = volume_of(np.rint(hu), grid)
    rough = ball(7.0, grid)
    found = whole(snapped(outline_of(rough), volume, Settings()), volume)
    assert dice(found, ball(9.0, grid)) > 0.97 > dice(rough, ball(9.0, grid))
    corner = np.zeros_like(rough)
    corner[2:6, 2:8, 2:8] = True
    with pytest.raises(ReviewError, match="dense"):
        snapped(outline_of(corner), volume, Settings())


def test_on_a_radiograph_a_step_is_a_pixel() -> None:
    radiograph = radiograph_of(np.zeros((20, 30), dtype=np.float32))
    one = np.zeros((1, 20, 30), dtype=bool)
    one[0, 10, 10] = True
    assert spacing_of(radiograph)[2] == 1.0
    assert np.count_nonzero(whole(grown_by_a_step(outline_of(one), radiograph), radiograph)) == 5
