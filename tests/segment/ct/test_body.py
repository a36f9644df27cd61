"""The body: with skin, lungs and fingers, without couch, cloth and splint."""

import numpy as np
import pytest

from calcimeasure.model import NOT_IMAGED_HU
from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.coarse import Coarse, coarse_copy
from calcimeasure.segment.ct.constants import CT
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid, uneven_grid

SPACING_MM = (3.0, 1.5, 2.0)


def bodies(hu: np.ndarray, spacing_mm: tuple[float, float, float] = SPACING_MM) -> np.ndarray:
    return find_body(Coarse(hu.astype(np.int16), (1, 1, 1), spacing_mm))


def air() -> np.ndarray:
    return np.full((12, 80, 90), -1000)


def discs(hu: np.ndarray, *centers_mm: tuple[float, float], radius_mm: float, value: float = 40) -> np.ndarray:
    """Cylinders across the slices."""
    rows, columns = np.ogrid[: hu.shape[1], : hu.shape[2]]
    for y, x in centers_mm:
        hu[:, np.hypot(rows * SPACING_MM[1] - y, columns * SPACING_MM[2] - x) <= radius_mm] = value
    return hu


def test_body_is_what_is_thick_with_its_skin() -> None:
    hu = discs(air(), (60, 90), radius_mm=40)
    found = bodies(hu)
    inside = hu > -250
    # To one of the coarse steps that it is looked for on.
    assert np.mean(found[inside] == 1) > 0.98
    assert np.mean(found[~inside] == 0) > 0.97


def test_two_limbs_are_two_bodies_the_larger_first() -> None:
    hu = discs(discs(air(), (60, 45), radius_mm=22), (60, 130), radius_mm=30)
    found = bodies(hu)
    assert found[6, 40, 65] == 1
    assert found[6, 40, 22] == 2
    assert found.max() == 2


@pytest.mark.parametrize(("thickness_mm", "value"), [(3, 300), (6, 500), (6, -100)], ids=["couch", "splint", "blanket"])
def test_what_is_thin_is_no_body(thickness_mm: float, value: float) -> None:
    hu = discs(air(), (45, 90), radius_mm=40)
    hu[:, 64 : 64 + round(thickness_mm / SPACING_MM[1]), 5:85] = value
    found = bodies(hu)
    assert not found[:, 64:72, :].any()


def test_lung_and_bone_belong_to_the_body() -> None:
    hu = discs(air(), (60, 90), radius_mm=50)
    hu = discs(discs(hu, (60, 75), radius_mm=20, value=-850), (60, 115), radius_mm=9, value=1300)
    found = bodies(hu)
    assert np.all(found[:, 40, 37] == 1)
    assert np.all(found[:, 40, 57] == 1)


def test_finger_is_a_body() -> None:
    assert bodies(discs(air(), (60, 90), radius_mm=7.5)).max() == 1


def test_dense_block_without_soft_tissue_is_no_body() -> None:
    hu = discs(discs(air(), (60, 45), radius_mm=20), (60, 130), radius_mm=20, value=900)
    assert bodies(hu).max() == 1


def test_image_without_a_body_is_body_throughout() -> None:
    assert np.all(bodies(air()) == 1)


# The coarse copy


def test_blocks_are_means_of_their_voxels() -> None:
    rng = np.random.default_rng(2)
    hu = rng.integers(-1000, 1500, (5, 9, 10))
    coarse = coarse_copy(volume_of(hu, straight_grid(hu.shape, (0.5, 0.4, 0.5))))
    assert coarse.factor_kji == (2, 2, 2)
    assert coarse.spacing_mm == pytest.approx((1.0, 0.8, 1.0))
    assert coarse.attenuation_hu[1, 2, 3] == hu[2:4, 4:6, 6:8].sum() // 8
    # The last blocks hold what is left.
    assert coarse.attenuation_hu[2, 4, 4] == hu[4:5, 8:9, 8:10].sum() // 2
    assert coarse.attenuation_hu.shape == (3, 5, 5)


def test_coarse_voxels_are_kept() -> None:
    hu = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    coarse = coarse_copy(volume_of(hu, uneven_grid([0.0, 3.0, 6.0, 9.5], (5, 6), (0.9, 0.8))))
    assert coarse.factor_kji == (1, 1, 1)
    assert np.array_equal(coarse.attenuation_hu, hu)


def test_what_was_not_imaged_is_air() -> None:
    hu = np.full((2, 4, 4), 40)
    hu[:, 0] = NOT_IMAGED_HU
    coarse = coarse_copy(volume_of(hu, straight_grid(hu.shape, (3.0, 1.0, 1.0))))
    assert np.all(coarse.attenuation_hu[:, 0] == CT.not_imaged_hu)
