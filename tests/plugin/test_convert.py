"""Images to layers and back, in every order of axes: nothing is moved, and left is always on the right."""

from itertools import permutations, product

import numpy as np
import pytest

from calcimeasure.measure.shape import in_plane_axes
from calcimeasure.model import Outline, Projection, Radiograph, SpacingSource
from calcimeasure.review import CuttingLine, CuttingPlane
from calcimeasure.review.cut import parts_of
from napari_calcimeasure._convert import (
    METADATA_KEY,
    axis_shown,
    cut_through,
    display_of,
    image_layer,
    image_of,
    pixels_kji,
)
from napari_calcimeasure._display import Display
from tests.model.test_model import ct_series, volume_of
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid, uneven_grid

SHAPE = (4, 5, 6)
SPACING_MM = (3.0, 0.7, 0.9)


def turned_grids() -> list[Grid]:
    """Every way that rows and columns can run along the axes of the patient: 24, slices ascend along their normal."""
    axes = np.eye(3)
    found = []
    for row, column in permutations(range(3), 2):
        for row_sign, column_sign in product((1, -1), repeat=2):
            directions = axes[row] * row_sign, axes[column] * column_sign
            normal = np.cross(*directions)
            origins = np.array([10.0, -20.0, 30.0]) + np.outer(np.arange(SHAPE[0]) * SPACING_MM[0], normal)
            found.append(Grid(SHAPE, *directions, SPACING_MM[1], SPACING_MM[2], origins))
    return found


GRIDS = [
    *turned_grids(),
    oblique_grid(SHAPE, SPACING_MM, (12.0, -7.0, 31.0), (40.0, 5.0, -80.0)),
    oblique_grid(SHAPE, SPACING_MM, (95.0, 20.0, 0.0)),
    tilted_grid(SHAPE, SPACING_MM, 18.0),
    uneven_grid((0.0, 2.0, 3.0, 7.0), SHAPE[1:], SPACING_MM[1:]),
]


def stored(display: Display, shown: np.ndarray) -> np.ndarray:
    """Write what is shown into an array of the stack's own order."""
    array = np.zeros(display.shape_kji, dtype=shown.dtype)
    display.shown(array)[:] = shown
    return array


@pytest.mark.parametrize("grid", GRIDS)
def test_voxels_come_back_and_none_is_moved(grid: Grid) -> None:
    volume = volume_of(np.arange(np.prod(SHAPE)).reshape(SHAPE), grid)
    display = display_of(volume)
    shown = display.shown(volume.attenuation_hu)
    assert np.shares_memory(shown, volume.attenuation_hu)
    assert np.array_equal(stored(display, shown), volume.attenuation_hu)
    for index in ((0, 0, 0), (3, 4, 5), (1, 3, 2)):
        where = tuple(display.to_shown(index).astype(int))
        assert shown[where] == volume.attenuation_hu[index]
        assert display.to_index_kji(display.to_world(index)) == pytest.approx(index)


@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_painted_is_written_where_it_was_painted(grid: Grid) -> None:
    display = display_of(volume_of(np.zeros(SHAPE, dtype=int), grid))
    labels = np.zeros(SHAPE, dtype=np.uint16)
    display.shown(labels)[tuple(display.to_shown((2, 1, 4)).astype(int))] = 7
    assert np.argwhere(labels).tolist() == [[2, 1, 4]]


@pytest.mark.parametrize("grid", turned_grids())
def test_world_is_where_the_patient_is(grid: Grid) -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    display = display_of(volume)
    for index in ((0, 0, 0), (3, 4, 5), (1, 3, 2)):
        x, y, z = volume.geometry.to_lps_mm(index)
        assert display.to_world(index) == pytest.approx([-z, y, x])


@pytest.mark.parametrize("grid", turned_grids())
def test_left_is_on_the_right_and_head_and_front_are_above(grid: Grid) -> None:
    display = display_of(volume_of(np.zeros(SHAPE, dtype=int), grid))
    assert [display.letters(axis) for axis in range(3)] == [("S", "I"), ("A", "P"), ("R", "L")]


@pytest.mark.parametrize("grid", GRIDS)
def test_rising_world_is_the_direction_of_its_letter(grid: Grid) -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    display = display_of(volume)
    toward = {"R": (0, -1), "L": (0, 1), "A": (1, -1), "P": (1, 1), "I": (2, -1), "S": (2, 1)}
    for axis in range(3):
        far, near = np.zeros(3), np.zeros(3)
        far[axis] = 1.0
        way = np.diff(
            volume.geometry.to_lps_mm(display.to_index_kji(display.to_world((1, 2, 2)) + np.array([near, far]))), axis=0
        )[0]
        letter = display.letters(axis)[1][0]
        component, sign = toward[letter]
        assert np.argmax(np.abs(way)) == component
        assert np.sign(way[component]) == sign


def test_oblique_directions_have_two_letters() -> None:
    display = display_of(volume_of(np.zeros(SHAPE, dtype=int), oblique_grid(SHAPE, SPACING_MM, (0.0, 0.0, 30.0))))
    assert display.letters(2) == ("RA", "LP")


def test_geometry_goes_into_scale_and_translate_and_the_image_into_metadata() -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), straight_grid(SHAPE, SPACING_MM, (1.0, 2.0, 3.0)))
    data, settings, kind = image_layer(volume)
    assert kind == "image"
    assert settings["scale"] == SPACING_MM
    assert settings["translate"] == pytest.approx((-3.0 - 4.5, 2.0 - 1.4, 1.0 - 2.25))
    assert settings["units"] == ("mm", "mm", "mm")
    assert settings["axis_labels"] == ("I", "P", "L")
    assert "affine" not in settings
    assert settings["metadata"][METADATA_KEY] is volume
    assert data.shape == SHAPE


class Layer:
    def __init__(self, data: object, metadata: dict[str, object]) -> None:
        self.data, self.metadata = data, metadata


def test_a_layer_without_our_geometry_is_no_image() -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), straight_grid(SHAPE, SPACING_MM))
    data, settings, _ = image_layer(volume)
    assert image_of(Layer(data, settings["metadata"])) is volume
    assert image_of(Layer(data, {})) is None
    assert image_of(Layer(data.copy(), settings["metadata"])) is None  # other voxels under our geometry


@pytest.mark.parametrize("grid", GRIDS)
def test_axes_are_drawn_on_their_slice(grid: Grid) -> None:
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    display = display_of(volume)
    mask = np.zeros(SHAPE, dtype=bool)
    mask[2, 1:4, 1:5] = True
    axes = in_plane_axes(Outline.from_mask(mask), volume.geometry)
    ends = axis_shown(volume, display, axes.long_axis)
    assert ends[:, display.slice_axis].tolist() == [display.to_shown((2, 0, 0))[display.slice_axis]] * 2
    drawn_mm = np.linalg.norm(np.diff(ends, axis=0) * display.scale)
    assert drawn_mm == pytest.approx(axes.long_axis.length_mm)


def beyond_line(display: Display, ends_world: np.ndarray, across: int) -> np.ndarray:
    """Tell which voxels lie beyond a line on the screen: seen in the world of the display, as on the screen."""
    world = display.to_world(np.argwhere(np.ones(display.shape_kji, dtype=bool)))
    start, stop = ends_world
    return ((world - start) @ np.cross(stop - start, np.eye(3)[across]) > 0).reshape(display.shape_kji)


def parts_as_masks(parts: list[Outline], shape: tuple[int, ...]) -> list[np.ndarray]:
    return [part.mask_in((0, 0, 0), shape) for part in parts]


@pytest.mark.parametrize("across", range(3))
@pytest.mark.parametrize("grid", GRIDS[:-1])
def test_a_cut_divides_what_the_line_divides_on_the_screen(grid: Grid, across: int) -> None:
    """World to patient is linear on even slices, tilted or not: the plane takes the voxels that the line takes."""
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    display = display_of(volume)
    everything = Outline.from_mask(np.ones(SHAPE, dtype=bool))
    random = np.random.default_rng(across)
    for _ in range(5):
        middle = display.to_world((np.array(SHAPE) - 1) / 2)
        ends = middle + random.uniform(-0.4, 0.4, (2, 3)) * np.array(SHAPE)[list(display.order)] * display.scale
        ends[:, across] = middle[across]
        expected = beyond_line(display, ends, across)
        cut = cut_through(volume, display, ends.tolist(), across)
        parts = parts_as_masks(parts_of(everything, cut, volume), SHAPE)
        assert np.array_equal(parts[0], expected)
        assert np.array_equal(parts[1], ~expected)


@pytest.mark.parametrize("across", range(3))
def test_a_cut_through_slices_at_uneven_steps_is_straight_on_each_of_them(across: int) -> None:
    grid = GRIDS[-1]
    volume = volume_of(np.zeros(SHAPE, dtype=int), grid)
    display = display_of(volume)
    first, last = display.to_world([(0.0, 1.0, 1.0), (3.0, 3.0, 4.0)])
    cut = cut_through(volume, display, [first.tolist(), last.tolist()], across)
    assert isinstance(cut, CuttingPlane)
    ends_lps_mm = volume.geometry.to_lps_mm([(0, 1, 1), (3, 3, 4)])
    assert (ends_lps_mm - cut.point_lps_mm) @ cut.normal_lps == pytest.approx([0, 0])
    assert np.dot(cut.normal_lps, display.directions_lps[across]) == pytest.approx(0)


def test_a_cut_of_tilted_slices_by_formula() -> None:
    """A line along the columns of slices that are tilted by 18 degrees: the cut holds the way of the table, too."""
    volume = volume_of(np.zeros(SHAPE, dtype=int), tilted_grid(SHAPE, SPACING_MM, 18.0))
    display = display_of(volume)
    ends = display.to_world([(2.0, 0.0, 2.5), (2.0, 4.0, 2.5)])
    cut = cut_through(volume, display, ends.tolist(), display.slice_axis)
    assert isinstance(cut, CuttingPlane)
    x_mm = volume.geometry.to_lps_mm((0, 0, 2.5))[0]
    assert cut.point_lps_mm[0] == pytest.approx(x_mm)
    assert np.abs(cut.normal_lps) / np.linalg.norm(cut.normal_lps) == pytest.approx([1, 0, 0])
    # Seen from the left, a line between two slices: the cut lies in the slice, tilted as the slice is.
    ends = display.to_world([(1.5, 0.0, 2.0), (1.5, 4.0, 2.0)])
    cut = cut_through(volume, display, ends.tolist(), 2)
    assert isinstance(cut, CuttingPlane)
    tilt = np.radians(18.0)
    expected = np.array([0, -np.sin(tilt), np.cos(tilt)])
    assert abs(np.dot(cut.normal_lps, expected)) / np.linalg.norm(cut.normal_lps) == pytest.approx(1)


@pytest.mark.parametrize("orientation", [(), ("L", "F"), ("R", "F"), ("L", "H"), ("R", "H")])
def test_a_cut_of_a_radiograph_is_a_line_in_pixels(orientation: tuple[str, ...]) -> None:
    stack = ct_series(modality="DX", projection=Projection(patient_orientation=orientation))
    radiograph = Radiograph(stack, np.zeros((14, 15), np.float32), (0.2, 0.1), SpacingSource.DETECTOR_PLANE)
    display = display_of(radiograph)
    ends = display.to_world([(0.0, 1.5, 2.0), (0.0, 9.0, 12.25)])
    cut = cut_through(radiograph, display, ends.tolist(), 0)
    assert isinstance(cut, CuttingLine)
    assert sorted(cut.ends_px) == [pytest.approx((1.5, 2.0)), pytest.approx((9.0, 12.25))]
    parts = parts_of(Outline.from_mask(np.ones((1, 14, 15), dtype=bool)), cut, radiograph)
    expected = beyond_line(display, ends, 0)
    assert np.array_equal(parts_as_masks(parts, (1, 14, 15))[0], expected)


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (("L", "F"), [("R", "L"), ("S", "I")]),
        (("R", "F"), [("R", "L"), ("S", "I")]),
        (("R", "H"), [("R", "L"), ("S", "I")]),
        (("P", "F"), [("A", "P"), ("S", "I")]),
        ((), [("", ""), ("", "")]),
        (("L", "R"), [("", ""), ("", "")]),
    ],
)
def test_radiographs_are_shown_with_left_on_the_right(orientation: tuple[str, ...], letters: object) -> None:
    stack = ct_series(modality="DX", projection=Projection(patient_orientation=orientation))
    pixels = np.arange(20, dtype=np.float32).reshape(4, 5)
    radiograph = Radiograph(stack, pixels, (0.2, 0.1), SpacingSource.DETECTOR_PLANE)
    display = display_of(radiograph)
    assert [display.letters(2), display.letters(1)] == letters
    assert display.scale == (1.0, 0.2, 0.1)
    data, settings, _ = image_layer(radiograph)
    assert data.shape == (1, 4, 5)
    assert np.array_equal(stored(display, data)[0], pixels)
    assert image_of(Layer(data, settings["metadata"])) is radiograph
    assert np.shares_memory(pixels_kji(radiograph), pixels)


def test_a_radiograph_without_millimeters_is_shown_in_pixels() -> None:
    radiograph = Radiograph(
        ct_series(modality="DX", projection=Projection()), np.zeros((4, 5), np.float32), None, SpacingSource.NONE
    )
    assert image_layer(radiograph)[1]["units"] == ("pixel", "pixel", "pixel")
