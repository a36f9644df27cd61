"""Surfaces from any direction: places, sides and what lies behind, of bodies whose place is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calcimeasure.model import Volume
from napari_calcimeasure._display import display_of_volume
from napari_calcimeasure._surfaces import SIDE, Solid, View, colored, seen, solid_of, turned
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

SHAPE, SPACING_MM = (30, 60, 80), (3.0, 1.0, 1.0)
RIGHT_BACK, LEFT_FRONT = 1, 2


@pytest.fixture(scope="module")
def volume() -> Volume:
    """A lesion on the patient's right, behind bone; a smaller one on the left, in front."""
    hu = np.full(SHAPE, 40, dtype=np.int16)
    hu[10:20, 10:14, 5:35] = 900
    return volume_of(hu, straight_grid(SHAPE, SPACING_MM))


@pytest.fixture(scope="module")
def labels() -> NDArray[np.uint16]:
    at = np.zeros(SHAPE, dtype=np.uint16)
    at[12:18, 40:50, 10:30] = RIGHT_BACK
    at[13:17, 20:26, 60:66] = LEFT_FRONT
    return at


@pytest.fixture(scope="module")
def solid(volume: Volume, labels: NDArray[np.uint16]) -> Solid:
    return solid_of(volume, display_of_volume(volume), labels, SIDE)


def middle(view: View, number: int) -> tuple[float, float]:
    row, column = np.argwhere(view.labels == number).mean(axis=0)
    return float(row), float(column)


def test_from_the_front_the_patients_right_is_on_the_left_and_areas_are_those_of_the_bodies(solid: Solid) -> None:
    view = seen(solid, turned(0, 0))
    (_, right), (_, left) = middle(view, RIGHT_BACK), middle(view, LEFT_FRONT)
    assert (left - right) * solid.mm == pytest.approx((63 - 20) * 1.0, abs=1.5)
    # 6 slices of 3 mm and 20 columns of 1 mm; the smoothed surface lies up to a voxel of the copy further out.
    for number, (height_mm, width_mm) in ((RIGHT_BACK, (18.0, 20.0)), (LEFT_FRONT, (12.0, 6.0))):
        area = float(np.count_nonzero(view.labels == number)) * solid.mm**2
        assert height_mm * width_mm <= area <= (height_mm + 2.2 * solid.mm) * (width_mm + 2.2 * solid.mm)


def test_what_bone_hides_shines_through_from_the_front_and_not_from_behind(solid: Solid) -> None:
    front, back = seen(solid, turned(0, 0)), seen(solid, turned(180, 0))
    inner = front.labels == RIGHT_BACK
    assert front.is_behind[inner].mean() > 0.9
    assert not front.is_behind[front.labels == LEFT_FRONT].any()
    assert not back.is_behind[back.labels == RIGHT_BACK].any()
    (_, right), (_, left) = middle(back, RIGHT_BACK), middle(back, LEFT_FRONT)
    assert left < right


def test_from_the_left_the_back_is_on_the_right_and_from_above_at_the_top(solid: Solid) -> None:
    from_left, from_above = seen(solid, turned(90, 0)), seen(solid, turned(0, 90))
    away_mm = (44.5 - 22.5) * 1.0
    assert (middle(from_left, RIGHT_BACK)[1] - middle(from_left, LEFT_FRONT)[1]) * solid.mm == pytest.approx(
        away_mm, abs=1.5
    )
    assert (middle(from_above, LEFT_FRONT)[0] - middle(from_above, RIGHT_BACK)[0]) * solid.mm == pytest.approx(
        away_mm, abs=1.5
    )


@pytest.mark.parametrize(
    ("azimuth", "elevation", "letters"), [(0, 0, "A"), (90, 0, "L"), (180, 0, "P"), (270, 0, "R"), (0, 90, "S")]
)
def test_directions_are_named(volume: Volume, azimuth: float, elevation: float, letters: str) -> None:
    assert display_of_volume(volume).name_of(-turned(azimuth, elevation)[:, 0]) == letters


def test_a_lesion_of_one_voxel_is_seen_in_a_coarse_copy(volume: Volume, labels: NDArray[np.uint16]) -> None:
    small = labels.copy()
    small[2, 3, 75] = 7
    solid = solid_of(volume, display_of_volume(volume), small, 36)
    assert 7 in seen(solid, turned(30, 20)).labels


def test_colors_are_those_of_the_lesions_and_a_hidden_one_is_mixed_with_bone(solid: Solid) -> None:
    view = seen(solid, turned(0, 0))
    pixels = colored(view, {RIGHT_BACK: "#00ff00", LEFT_FRONT: "#ff0000"}, (200, 200, 200)).astype(int)
    red, green, blue = np.moveaxis(pixels[view.labels == LEFT_FRONT], -1, 0)
    assert red.max() > 150
    assert not green.any()
    assert not blue.any()
    hidden = pixels[(view.labels == RIGHT_BACK) & view.is_behind]
    assert (hidden[:, 1] > hidden[:, 0]).all()
    assert hidden[:, 0].min() > 0


def test_nothing_is_seen_of_an_empty_stack_without_bone() -> None:
    empty = volume_of(np.full(SHAPE, 40), straight_grid(SHAPE, SPACING_MM))
    solid = solid_of(empty, display_of_volume(empty), np.zeros(SHAPE, dtype=np.uint16), 24)
    view = seen(solid, turned(10, 10))
    assert not view.labels.any()
    assert not colored(view, {}, (200, 200, 200)).any()
