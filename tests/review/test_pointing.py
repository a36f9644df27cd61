"""One click on CT: it grows to the edge, bone is not entered, further clicks add and take away."""

import numpy as np
import pytest

from calcimeasure import Settings
from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Volume
from calcimeasure.review.cut import parts_between, without_bone
from calcimeasure.review.pointing import added_at, taken_at
from calcimeasure.segment.ct.pointed import cropped
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, oblique_grid, render, straight_grid
from tests.tissue_scenes import scene, shaft

SETTINGS = Settings()
GRID = straight_grid((40, 110, 120), (1.5, 0.9, 0.9))
PLACES = GRID.positions_lps_mm(np.stack(np.indices(GRID.shape_kji), axis=-1))
MASS = Ellipsoid((1.5, 0.0, 0.0), (11.0, 7.5, 9.0), 700.0)
"""On the cortex of a bone whose surface is at x = -8 mm."""
BONE = shaft(-20.0, 12.0, 3.5)


def held(mass: Ellipsoid) -> np.ndarray:
    return mass.safe_distance_mm(PLACES) < 0


def index_of(*lps_mm: float) -> tuple[int, int, int]:
    k, j, i = np.rint(VOLUME.geometry.to_index_kji(lps_mm)).astype(int).tolist()
    return k, j, i


IN_BONE = np.hypot(PLACES[..., 0] + 20.0, PLACES[..., 1]) <= 12.0
VOLUME = scene([MASS, BONE], grid=GRID)
OWN = held(MASS) & ~IN_BONE


def whole(outline: Outline, volume: Volume = VOLUME) -> np.ndarray:
    return outline.mask_in((0, 0, 0), volume.shape_kji)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))


def test_a_click_into_a_mass_on_bone_gives_the_mass_without_the_bone() -> None:
    found = whole(added_at(VOLUME, None, index_of(3.0, 0.0, 0.0), SETTINGS).outline)
    assert dice(found, OWN) > 0.95
    assert np.count_nonzero(found & IN_BONE) < 0.02 * np.count_nonzero(OWN)


def test_a_click_beside_a_mass_means_the_mass_and_one_into_soft_tissue_is_refused() -> None:
    beside = index_of(13.8, 0.0, 0.0)
    assert VOLUME.attenuation_hu[beside] < SETTINGS.threshold_hu
    assert dice(whole(added_at(VOLUME, None, beside, SETTINGS).outline), OWN) > 0.95
    with pytest.raises(ReviewError, match="found at most"):
        added_at(VOLUME, None, index_of(30.0, 20.0, 0.0), SETTINGS)
    with pytest.raises(ReviewError, match="in the image"):
        added_at(VOLUME, None, (400, 0, 0), SETTINGS)


def test_a_mass_larger_than_the_first_box_is_found_whole() -> None:
    grid = straight_grid((30, 130, 60), (3.0, 1.2, 1.2))
    mass = Ellipsoid((0.0, 0.0, 0.0), (12.0, 65.0, 12.0), 700.0)
    volume = volume_of(np.rint(render([mass], grid, blur_sigma_mm=0.7, background_hu=40.0)), grid)
    inside = mass.safe_distance_mm(grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1))) < 0
    k, j, i = np.rint(volume.geometry.to_index_kji((0.0, -55.0, 0.0))).astype(int).tolist()
    assert dice(whole(added_at(volume, None, (k, j, i), SETTINGS).outline, volume), inside) > 0.95


def test_pieces_of_one_mass_come_together_and_a_second_click_adds_what_lies_apart() -> None:
    pieces = [Ellipsoid((x, 0.0, 0.0), (6.0, 8.0, 8.0), 700.0) for x in (-7.0, 7.5)]
    far = Ellipsoid((0.0, 32.0, 0.0), (6.0, 6.0, 6.0), 600.0)
    volume = scene([*pieces, far], grid=GRID)
    first = added_at(volume, None, index_of(7.5, 0.0, 0.0), SETTINGS)
    both = held(pieces[0]) | held(pieces[1])
    assert dice(whole(first.outline), both) > 0.9
    second = added_at(volume, first, index_of(0.0, 32.0, 0.0), SETTINGS)
    assert second.added == (index_of(7.5, 0.0, 0.0), index_of(0.0, 32.0, 0.0))
    assert dice(whole(second.outline), both | held(far)) > 0.9
    # Shift and a click take the far one away again, and nothing else.
    third = taken_at(volume, second, index_of(0.0, 32.0, 0.0 + 3.0))
    assert not (whole(third.outline) & held(far)).any()
    assert dice(whole(third.outline), both) > 0.9
    with pytest.raises(ReviewError, match="outside"):
        taken_at(volume, third, index_of(0.0, 32.0, 3.0))
    assert third.added == first.added
    # A place that was added is taken back with its part, but not the only one.
    assert np.array_equal(whole(taken_at(volume, second, second.added[1]).outline), whole(third.outline))
    with pytest.raises(ReviewError, match="the only one"):
        taken_at(volume, first, first.added[0])


def test_two_points_divide_at_the_thinnest_place_between_them() -> None:
    one, other = (Ellipsoid((x, 0.0, 0.0), (8.0, 8.0, 8.0), 700.0) for x in (-10.0, 4.0))
    mask = held(one) | held(other)
    first, second = parts_between(Outline.from_mask(mask), index_of(-12.0, 2.0, 0.0), index_of(0.0, -3.0, 2.0), VOLUME)
    assert np.array_equal(whole(first) | whole(second), mask)
    assert not (whole(first) & whole(second)).any()
    neck = PLACES[..., 0][whole(first)].max()
    assert neck == pytest.approx(-3.0, abs=1.5)


def test_two_points_in_one_ball_divide_it_halfway() -> None:
    mask = held(Ellipsoid((0.0, 0.0, 0.0), (12.0, 12.0, 12.0), 700.0))
    first, second = parts_between(Outline.from_mask(mask), index_of(-4.5, 0.0, 0.0), index_of(6.3, 0.0, 0.0), VOLUME)
    assert PLACES[..., 0][whole(first)].max() <= 1.35
    assert PLACES[..., 0][whole(second)].min() >= 0.45
    for place in (index_of(-4.5, 0.0, 0.0), index_of(40.0, 0.0, 0.0)):
        with pytest.raises(ReviewError, match="point"):
            parts_between(Outline.from_mask(mask), index_of(-4.5, 0.0, 0.0), place, VOLUME)


def test_bone_is_taken_away_from_an_outline_that_holds_both() -> None:
    both = held(MASS) | (IN_BONE & (np.abs(PLACES[..., 2]) < 8) & (PLACES[..., 0] > -14))
    dense = both & (VOLUME.attenuation_hu >= SETTINGS.threshold_hu)
    found = whole(without_bone(Outline.from_mask(dense), VOLUME, SETTINGS))
    assert dice(found, OWN) > 0.9
    assert np.count_nonzero(found & IN_BONE) < 0.03 * np.count_nonzero(OWN)
    with pytest.raises(ReviewError, match="no bone"):
        without_bone(Outline.from_mask(OWN & (VOLUME.attenuation_hu >= 300)), VOLUME, SETTINGS)


def test_voxels_of_a_box_keep_their_position_in_the_patient() -> None:
    grid = oblique_grid((6, 7, 8), (2.0, 0.8, 0.6), (20.0, -10.0, 35.0), (5.0, 6.0, 7.0))
    volume = volume_of(np.arange(6 * 7 * 8).reshape(6, 7, 8), grid)
    part = cropped(volume, ((1, 4), (2, 7), (3, 5)))
    assert np.array_equal(part.attenuation_hu, volume.attenuation_hu[1:4, 2:7, 3:5])
    assert np.allclose(part.geometry.to_lps_mm((1, 2, 1)), volume.geometry.to_lps_mm((2, 4, 4)))
