"""Burned-in side markers are read: what they say, whether they are mirrored, and beside which limb they lie."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from calcimeasure.locate.marker_constants import MARKERS
from calcimeasure.locate.radiograph import place_on_radiograph, radiograph_anatomy_of
from calcimeasure.locate.radiograph_limbs import Limbs
from calcimeasure.locate.radiograph_markers import Marker, marker_boxes_in, markers_on
from calcimeasure.locate.radiograph_side import side_on_radiograph
from calcimeasure.model import Laterality, Outline, SideSource
from calcimeasure.settings import Settings
from tests.locate.test_radiograph_side import marked, radiograph

LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT
SHAPE = (500, 400)
ONE = Limbs(1)


def letters(text: str, height: int, degrees: float = 0.0) -> np.ndarray:
    """(rows, columns) of drawn letters, 0 to 1; a capital letter is so high, the letters are turned to the left."""
    image = Image.new("L", (170 * len(text) + 100, 300))
    ImageDraw.Draw(image).text((60, 60), text, fill=255, font=ImageFont.load_default(140))
    turned = np.asarray(image.rotate(degrees, expand=True), dtype=np.float32) / 255
    drawn = ndimage.zoom(ndimage.gaussian_filter(turned, 40 / height), height / 102, order=1)
    rows, columns = (np.flatnonzero((drawn > 0.5).any(axis=axis)) for axis in (1, 0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def film(*placed: tuple[np.ndarray, int, int, float]) -> np.ndarray:
    """A limb with a bone, and letters: each at a row and column, with their height over the film."""
    rows, columns = np.indices(SHAPE, dtype=np.float32)
    away = np.abs(columns - 230 - 0.05 * rows)
    image = 300 * np.sqrt(np.maximum(1 - (away / 90) ** 2, 0)) + 250 * (away < 30) * (away > 18)
    image += np.random.default_rng(2).normal(0, 4, SHAPE)
    for drawn, row, column, height in placed:
        near = image[row : row + drawn.shape[0], column : column + drawn.shape[1]]
        near += drawn * height
    return image.astype(np.float32)


def read(pixels: np.ndarray, limbs: Limbs = ONE, language: str = "") -> list[tuple[str, bool | None]]:
    return [(marker.text, marker.is_mirrored) for marker in markers_on(pixels, limbs, language) if marker.is_sure]


def framed(drawn: np.ndarray) -> np.ndarray:
    """Letters in a frame."""
    frame = np.ones((64, 64))
    frame[4:-4, 4:-4] = 0
    top, left = (64 - drawn.shape[0]) // 2, (64 - drawn.shape[1]) // 2
    frame[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return frame


@pytest.mark.parametrize("text", ["R", "L", "Dx", "Sin", "RT", "re"])
@pytest.mark.parametrize("height", [20, 36])
@pytest.mark.parametrize("bright", [120.0, 800.0])
def test_a_marker_is_read(text: str, height: int, bright: float) -> None:
    (found,) = markers_on(film((letters(text, height), 60, 40, bright)), ONE)
    assert found.laterality is (RIGHT if text in MARKERS.right_words else LEFT)
    assert found.text.lower() == text.lower()
    assert not found.is_mirrored
    assert abs(found.start_ji[0] - 60) <= 2
    assert abs(found.start_ji[1] - 40) <= 2


def test_a_marker_in_a_typeface_with_serifs_is_read() -> None:
    # Thin horizontal strokes, and a serif at each end of a stroke.
    drawn = np.zeros((40, 66))
    drawn[:, 6:11] = drawn[:3, :17] = drawn[-3:, :30] = drawn[28:, 27:30] = 1  # L
    drawn[:, 48:53] = drawn[:3, 34:] = drawn[:11, 34:37] = drawn[:11, -3:] = drawn[-3:, 42:59] = 1  # T
    drawn = ndimage.gaussian_filter(drawn, 0.8)
    assert read(film((drawn, 60, 40, 500.0))) == [("LT", False)]
    assert read(film((drawn[:, ::-1], 60, 40, 500.0))) == [("LT", True)]


@pytest.mark.parametrize("degrees", [0.0, 90.0, 180.0, 40.0])
def test_an_r_is_read_turned_and_mirrored(degrees: float) -> None:
    drawn = letters("R", 30, degrees)
    assert read(film((drawn, 60, 40, 500.0))) == [("R", False)]
    assert read(film((drawn[:, ::-1], 60, 40, 500.0))) == [("R", True)]


def test_a_mirrored_l_is_mirrored_and_a_turned_one_is_not_read() -> None:
    assert read(film((letters("L", 30)[:, ::-1], 60, 40, 500.0))) == [("L", True)]
    assert read(film((letters("L", 30, 90), 60, 40, 500.0))) == []


def test_letters_that_look_the_same_mirrored_name_a_side_and_may_be_mirrored() -> None:
    # Two upright strokes, of which the second has a dot.
    drawn = np.zeros((33, 20))
    drawn[:, 1:8] = drawn[9:, 12:19] = drawn[:6, 12:19] = 1
    for one in (drawn, drawn[:, ::-1]):
        (found,) = markers_on(film((one, 60, 40, 500.0)), ONE)
        assert (found.text, found.laterality, found.is_mirrored) == ("li", LEFT, None)
    assert "li (may be mirrored) at rows 60-" in found.words


@pytest.mark.parametrize("text", ["S", "D", "G", "E"])
def test_a_lone_letter_of_other_languages_counts_in_a_frame_alone(text: str) -> None:
    drawn = letters(text, 30)
    assert read(film((drawn, 60, 40, 500.0))) == []
    assert read(film((framed(drawn), 60, 40, 500.0))) == [(text, False)]


LANGUAGES = {"de": "", "en": "", "es": "D", "fr": "DG", "it": "DS", "pt": "DE"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_lone_letters_of_the_language_of_the_site_count_without_a_frame(language: str) -> None:
    for text in "DGSE":
        pixels = film((letters(text, 30), 60, 40, 500.0))
        found = [one for one in markers_on(pixels, ONE, language) if one.is_sure]
        assert [one.text for one in found] == ([text] if text in LANGUAGES[language] else [])
        assert all(one.laterality is (RIGHT if text == "D" else LEFT) for one in found)


def test_languages_are_those_that_can_be_set() -> None:
    (field,) = (one for one in dataclasses.fields(Settings) if one.name == "marker_language")
    assert tuple(language for language, _ in MARKERS.letters_of_languages) == field.metadata["allowed"]


def bar_with_serifs(serif: int) -> np.ndarray:
    """An I of 34 rows, with serifs that stand out so far."""
    drawn = np.zeros((34, 6 + 2 * serif))
    drawn[:, serif : serif + 6] = drawn[:4] = drawn[-4:] = 1
    return drawn


@pytest.mark.parametrize("language", ["", "de", "es", "fr"])
def test_an_i_is_left_in_spanish_alone_and_may_always_be_mirrored(language: str) -> None:
    spanish = [("I", None)] if language == "es" else []
    assert read(film((bar_with_serifs(6), 60, 40, 500.0)), language=language) == spanish
    # A bar is no letter, not in a frame either.
    assert read(film((bar_with_serifs(0), 60, 40, 500.0)), language=language) == []
    assert read(film((framed(bar_with_serifs(0)), 60, 40, 500.0)), language=language) == []


def test_the_language_of_markers_reaches_the_side_of_a_film() -> None:
    pixels = film((letters("G", 30), 60, 40, 500.0))
    knee = radiograph(body_part="KNEE")
    assert radiograph_anatomy_of(knee, pixels).markers == ()
    (found,) = radiograph_anatomy_of(knee, pixels, "fr").markers
    side = marked(knee, found, at=230, pixels=pixels)
    assert (side.laterality, side.source) == (LEFT, SideSource.MARKER)


def worn(text: str) -> np.ndarray:
    """Letters with some of their strokes gone."""
    drawn = letters(text, 36)
    drawn[2 * len(drawn) // 5 :, : drawn.shape[1] // 2] = 0
    return drawn


@pytest.mark.parametrize("tag", ["L", "R", None])
def test_a_mark_that_is_not_read_for_sure_sets_no_side_and_contradicts_a_tag(tag: str | None) -> None:
    pixels = film((worn("R"), 60, 40, 500.0))
    stack = radiograph(body_part="KNEE", image_laterality=tag)
    anatomy = radiograph_anatomy_of(stack, pixels)
    assert anatomy.markers == ()
    assert [one.laterality for one in anatomy.unsure_markers] == [RIGHT]
    spot = Outline.from_mask(np.ones((1, 9, 9), dtype=bool), (0, 250, 226))
    side = side_on_radiograph(place_on_radiograph(spot, anatomy))
    expected = {
        "L": (Laterality.UNKNOWN, True, LEFT),
        "R": (RIGHT, False, None),
        None: (Laterality.UNKNOWN, False, None),
    }
    assert (side.laterality, side.conflict, side.hint) == expected[tag]


def test_letters_that_are_holes_of_a_plate_are_read() -> None:
    plate = np.ones((70, 60))
    drawn = letters("R", 36)
    plate[15 : 15 + drawn.shape[0], 15 : 15 + drawn.shape[1]] -= drawn
    assert read(film((plate, 60, 40, 600.0))) == [("R", False)]


@pytest.mark.parametrize("text", ["LAT", "AP", "K", "7", "B", "P", "HAND", "J", "Lat", "L5", "XR", "01", "PORTABLE"])
def test_other_letters_are_no_marker(text: str) -> None:
    assert read(film((letters(text, 24), 60, 20, 500.0))) == []


def test_initials_below_a_letter_do_not_hide_it() -> None:
    marker, initials = letters("R", 40), letters("MD", 14)
    placed = (marker, 60, 40, 500.0), (initials, 60 + marker.shape[0] + 6, 42, 500.0)
    assert read(film(*placed)) == [("R", False)]


def test_an_image_without_letters_has_no_marker() -> None:
    assert read(film()) == []
    assert read(np.zeros(SHAPE, dtype=np.float32)) == []
    assert read(np.zeros((4, 900), dtype=np.float32)) == []


def test_a_marker_speaks_for_the_limb_beside_it() -> None:
    drawn = letters("R", 30)
    pixels = film((drawn, 60, 40, 500.0))
    for seam, limb in ((200, 0), (20, 1), (50, None)):
        found = markers_on(pixels, Limbs(2, 1, np.full(SHAPE[0], seam), 2.0))
        assert [one.limb for one in found] == [limb]


@pytest.mark.parametrize(("middle", "limb"), [(20, 1), (200, None)])
def test_a_marker_on_one_side_of_a_bent_seam_and_beyond_its_middle_speaks_for_neither_limb(
    middle: int, limb: int | None
) -> None:
    seam = np.full(SHAPE[0], middle)
    seam[:120] = 20  # at the rows of the marker
    (found,) = markers_on(film((letters("R", 30), 60, 40, 500.0)), Limbs(2, 1, seam, 2.0))
    assert found.limb == limb


def test_a_marker_on_a_large_film_has_its_place_there() -> None:
    pixels = film((letters("R", 30), 60, 40, 500.0)).repeat(4, axis=0).repeat(4, axis=1)
    (found,) = markers_on(pixels, ONE)
    assert abs(found.start_ji[0] - 240) <= 8
    assert abs(found.stop_ji[0] - 360) <= 12


def test_the_anatomy_of_a_film_holds_its_markers_and_their_side() -> None:
    pixels = film((letters("R", 30), 60, 40, 500.0))
    (found,) = radiograph_anatomy_of(radiograph(body_part="KNEE"), pixels).markers
    assert isinstance(found, Marker)
    side = marked(radiograph(body_part="KNEE", image_laterality="L"), found, at=230, pixels=pixels)
    assert (side.laterality, side.conflict, side.hint) == (Laterality.UNKNOWN, True, RIGHT)


def test_where_markers_lie_is_read_from_their_words() -> None:
    one, other = Marker("R", RIGHT, False, (3, 40), (31, 70)), Marker("li", LEFT, None, (400, 1040), (431, 1070))
    words = f"dicom_tag: Image Laterality R; marker: {one.words}; marker: {other.words}"
    assert marker_boxes_in(words) == [(3, 40, 31, 70), (400, 1040, 431, 1070)]
    assert marker_boxes_in("dicom_tag: Image Laterality R; set by rows 3") == []
