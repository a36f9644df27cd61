"""A radiograph has the side that its tags name; on a radiograph of both sides Patient Orientation decides."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from calcimeasure import find_series
from calcimeasure.load.radiograph import load_radiograph
from calcimeasure.locate.radiograph import RadiographAnatomy, place_on_radiograph, radiograph_anatomy_of
from calcimeasure.locate.radiograph_limbs import limbs_on
from calcimeasure.locate.radiograph_markers import Marker
from calcimeasure.locate.radiograph_side import side_on_radiograph, site_on_radiograph
from calcimeasure.model import BodySite, Laterality, Outline, Projection, Side, SideSource, Stack
from calcimeasure.settings import Settings
from tests.model.test_model import ct_series

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN
ROWS, COLUMNS = 300, 400


def radiograph(*orientation: str, view: str | None = None, **facts: object) -> Stack:
    return ct_series(modality="DX", projection=Projection(patient_orientation=orientation, view_position=view), **facts)


def spot(i: int, j: int = 150, half_width: int = 8) -> Outline:
    mask = np.ones((1, 2 * half_width, 2 * half_width), dtype=bool)
    return Outline.from_mask(mask, (0, j - half_width, i - half_width))


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 5, (ROWS, COLUMNS)).astype(np.float32)


def trunk(midline: float = 200.0, seed: int = 1) -> np.ndarray:
    """Spine, ribs and two hips, alike on both sides, with a heart that is not."""
    rows, columns = np.indices((ROWS, COLUMNS), dtype=np.float32)
    away = np.abs(columns - midline)
    ribs = 60 * (np.sin(rows / 9 + away / 30) > 0.5) * ((away > 25) & (away < 150))
    hips = 90 * (np.hypot(away - 90, rows - 230) < 26)
    heart = 40 * (np.hypot(columns - midline - 40, rows - 120) < 45)
    return (200 + 120 * (away < 14) + ribs + hips + heart + noise(seed)).astype(np.float32)


def limb(middle: float, half_width: float = 50.0) -> np.ndarray:
    """A limb that runs through the film from top to bottom, with a bone in it."""
    away = np.abs(np.indices((ROWS, COLUMNS), dtype=np.float32)[1] - middle)
    flesh = np.sqrt(np.maximum(1 - (away / half_width) ** 2, 0))
    return (200 * flesh + 150 * (away < 14) * (away > 8)).astype(np.float32)


def two_limbs(first: float = 110.0, second: float = 290.0) -> np.ndarray:
    return limb(first) + limb(second) + noise()


def side(stack: Stack, at: int = 290, pixels: np.ndarray | None = None) -> Side:
    return side_at(spot(at), radiograph_anatomy_of(stack, noise() if pixels is None else pixels))


def side_at(outline: Outline, anatomy: RadiographAnatomy) -> Side:
    return side_on_radiograph(place_on_radiograph(outline, anatomy))


# One limb


@pytest.mark.parametrize("tag", ["laterality", "image_laterality", "frame_laterality"])
@pytest.mark.parametrize(
    ("value", "truth"), [("R", RIGHT), ("L", LEFT), ("U", UNKNOWN), ("B", UNKNOWN), ("X", UNKNOWN)]
)
def test_one_limb_has_the_side_of_its_tags(tag: str, value: str, truth: Laterality) -> None:
    found = side(radiograph("R", "F", body_part="ANKLE", **{tag: value}))
    assert found.laterality is truth
    assert found.source is (SideSource.NONE if truth is UNKNOWN else SideSource.DICOM_TAG)


def test_one_limb_has_the_coded_side_or_that_of_its_words() -> None:
    assert side(radiograph(region_codes=("72696002",), region_modifier_codes=("7771000",))).laterality is LEFT
    assert side(radiograph(region_modifier_codes=("G-A100",))).laterality is RIGHT
    worded = side(radiograph(description="Knie links ap"))
    assert (worded.laterality, worded.source) == (LEFT, SideSource.DESCRIPTION)
    conflict = side(radiograph(description="Knie links ap", image_laterality="R"))
    assert (conflict.laterality, conflict.conflict) == (UNKNOWN, True)


@pytest.mark.parametrize(
    ("orientation", "view"), list(product([(), ("L", "F"), ("R", "H"), ("A", "F")], ["AP", "PA", "LL", None]))
)
def test_letters_and_view_never_tell_which_of_a_pair_one_limb_is(
    orientation: tuple[str, ...], view: str | None
) -> None:
    for part in ("HAND", "FOOT", "KNEE", "SHOULDER", None):
        assert side(radiograph(*orientation, view=view, body_part=part)).laterality is UNKNOWN


def test_site_is_the_one_that_was_ordered() -> None:
    anatomy = radiograph_anatomy_of(radiograph(body_part="KNEE"), noise())
    assert site_on_radiograph(place_on_radiograph(spot(290), anatomy)) == anatomy.ordered.site
    assert anatomy.ordered.site.body_site is BodySite.KNEE


# Two limbs


@pytest.mark.parametrize("part", ["FOOT", "KNEE", "LEG", "ANKLE", "HIP"])
@pytest.mark.parametrize("toward", ["L", "R"])
@pytest.mark.parametrize("tag", [None, "B"])
def test_of_two_limbs_the_one_where_left_is_is_the_left_one(part: str, toward: str, tag: str | None) -> None:
    stack = radiograph(toward, "F", body_part=part, laterality=tag)
    end, begin = (LEFT, RIGHT) if toward == "L" else (RIGHT, LEFT)
    found = [side(stack, at, pixels=two_limbs()).laterality for at in (110, 290)]
    assert found == ([begin, end] if part != "LEG" else [UNKNOWN, UNKNOWN])
    assert side(stack, 200, pixels=two_limbs()).laterality is UNKNOWN


def test_two_limbs_on_a_radiograph_that_lies_on_its_side() -> None:
    stack = radiograph("F", "R", body_part="FOOT")
    anatomy = radiograph_anatomy_of(stack, np.ascontiguousarray(two_limbs().T))
    assert side_at(spot(150, 110), anatomy).laterality is LEFT
    assert side_at(spot(150, 290), anatomy).laterality is RIGHT


def test_a_tag_of_one_side_sets_none_where_two_limbs_are_in_the_field() -> None:
    feet = radiograph("L", "F", body_part="FOOT", image_laterality="L")
    same, other = side(feet, 290, two_limbs()), side(feet, 110, two_limbs())
    assert (same.laterality, same.conflict) == (LEFT, False)
    assert (other.laterality, other.conflict) == (RIGHT, True)
    for part in ("FOOT", "KNEE", "HAND", None):
        for at in (110, 290):
            found = side(radiograph(body_part=part, image_laterality="R"), at, two_limbs())
            assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, True, None)
    both = side(radiograph(body_part="FOOT", image_laterality="L", laterality="B"), pixels=two_limbs())
    assert both.laterality is UNKNOWN


@pytest.mark.parametrize("apart", [180, 110, 100])
def test_two_limbs_are_told_apart_until_they_touch(apart: int) -> None:
    pixels = two_limbs(200 - apart / 2, 200 + apart / 2)
    limbs = limbs_on(pixels)
    assert (limbs.count, limbs.axis, limbs.are_alike) == (2, 1, True)
    assert limbs.seam is not None
    assert np.abs(limbs.seam - 200).max() <= 12
    found = [side(radiograph("L", "F", body_part="FOOT"), at, pixels).laterality for at in (150, 200, 250)]
    assert found == [RIGHT, UNKNOWN, LEFT]


def knee(middle: float, half_width: float, toward: int) -> np.ndarray:
    """A knee: a wide femur over a tibia with a thin fibula beside it, on the side that `toward` names."""
    rows, columns = np.indices((ROWS, COLUMNS), dtype=np.float32)
    away = (columns - middle) * toward / half_width
    flesh = 90 * np.sqrt(np.maximum(1 - away**2, 0))
    femur = (rows < 140) * (np.abs(away) < 0.22 + 0.3 * (rows > 90))
    tibia = (rows > 150) * (np.abs(away + 0.05) < 0.25 + 0.2 * (rows < 190))
    fibula = (rows > 180) * (np.abs(away - 0.5) < 0.08)
    return (flesh + 110 * (femur + tibia) + 70 * fibula).astype(np.float32)


@pytest.mark.parametrize("overlap", [0.1, 0.2, 0.25, 0.3])
@pytest.mark.parametrize("toward", [1, -1])
def test_a_tag_sets_no_side_where_two_limbs_overlap(overlap: float, toward: int) -> None:
    apart = 2 * 75 * (1 - overlap)
    pixels = knee(200 - apart / 2, 75, toward) + knee(200 + apart / 2, 75, -toward) + noise()
    assert limbs_on(pixels).count > 1
    for at in (110, 290):
        found = side(radiograph(body_part="KNEE", image_laterality="R"), at, pixels)
        assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, False, RIGHT)
    contradicted = side(radiograph(body_part="KNEE", image_laterality="R", description="Knie links"), 110, pixels)
    assert (contradicted.laterality, contradicted.conflict) == (UNKNOWN, True)


@pytest.mark.parametrize("toward", [1, -1])
@pytest.mark.parametrize("lies", [False, True])
def test_one_knee_is_one_limb_across_its_shaft_and_along_it(toward: int, lies: bool) -> None:
    pixels = knee(200, 75, toward) + noise()
    assert limbs_on(np.ascontiguousarray(pixels.T) if lies else pixels).count == 1


def test_one_limb_is_one_and_three_are_several() -> None:
    assert limbs_on(limb(200, 80) + noise()).count == 1
    assert limbs_on(np.ascontiguousarray((limb(200, 80) + noise()).T)).count == 1
    assert limbs_on(noise()).count == 1
    assert limbs_on(np.zeros((ROWS, COLUMNS), dtype=np.float32)).count == 1
    three = limb(70, 40) + limb(200, 40) + limb(330, 40) + noise()
    assert limbs_on(three).count == 3
    found = side(radiograph("L", "F", body_part="FOOT", laterality="R"), 330, three)
    assert (found.laterality, found.conflict) == (UNKNOWN, True)


def test_fingers_are_no_limbs() -> None:
    """A hand: four fingers over a palm and a forearm, as high as the fingers are long."""
    columns = np.indices((ROWS, COLUMNS), dtype=np.float32)[1]
    rows = np.arange(ROWS)[:, None]
    fingers = sum(limb(140 + 40 * n, 16) * (rows > length) for n, length in enumerate((50, 20, 5, 15)))
    thumb = limb(310, 20) * ((rows > 90) & (rows < 190))
    palm = np.sqrt(np.maximum(1 - ((columns - 200) / 85) ** 2, 0)) * 220
    hand = np.where(rows < 120, fingers, palm) + thumb + noise()
    assert limbs_on(hand.astype(np.float32)).count == 1
    assert side(radiograph(body_part="HAND", laterality="R"), 200, hand).laterality is RIGHT


def test_two_parts_that_are_no_pair_are_not_told_apart_by_letters() -> None:
    pixels = limb(100, 70) + noise()
    pixels[::2, 300:330] += 300
    anatomy = radiograph_anatomy_of(radiograph("L", "F", body_part="FOOT"), pixels.astype(np.float32))
    assert side_at(spot(100), anatomy).laterality is UNKNOWN


def test_collimation_is_no_limb() -> None:
    white = limb(200, 60) + noise()
    white[:, :60] = white[:, -60:] = 900
    assert limbs_on(white).count == 1
    gray = np.full((ROWS, COLUMNS), 0, dtype=np.float32)
    gray[20:-20, 30:-30] = (two_limbs() + 60)[20:-20, 30:-30]
    assert limbs_on(gray).count == 2


@pytest.mark.parametrize("name", ["hip", "shoulder"])
def test_both_hips_are_seen_where_one_is_ordered(name: str) -> None:
    stack = radiograph(body_part=name.upper(), laterality="R")
    assert side(stack, 110, trunk()).laterality is UNKNOWN
    assert side(stack, 290, trunk()).laterality is UNKNOWN
    assert side(stack, 290).laterality is RIGHT


def test_a_tag_sets_no_side_on_a_film_of_two_like_halves_of_which_nothing_is_said() -> None:
    found = side(radiograph(laterality="R"), 290, trunk())
    assert found.laterality is UNKNOWN
    assert side(radiograph(laterality="R", body_part="KNEE"), 200, limb(200, 120) + noise()).laterality is RIGHT


@pytest.mark.parametrize(("view", "left_at_end"), [("PA", None), (None, None), ("AP", True)])
def test_hands_on_their_palms_have_changed_places(view: str | None, left_at_end: bool | None) -> None:
    stack = radiograph("L", "F", view=view, body_part="HAND", laterality="B")
    found = [side(stack, at, pixels=two_limbs()) for at in (110, 290)]
    assert [one.laterality for one in found] == ([RIGHT, LEFT] if left_at_end else [UNKNOWN, UNKNOWN])
    assert [one.hint for one in found] == [None, None]


# The trunk


@pytest.mark.parametrize("toward", ["L", "R"])
@pytest.mark.parametrize("midline", [160.0, 200.0, 245.0])
def test_trunk_is_divided_by_its_own_midline(toward: str, midline: float) -> None:
    stack = radiograph(toward, "F", body_part="PELVIS", view="AP")
    end, begin = (LEFT, RIGHT) if toward == "L" else (RIGHT, LEFT)
    pixels = trunk(midline)
    found = [side(stack, round(midline) + away, pixels) for away in (-90, -45, 45, 90)]
    assert [one.laterality for one in found] == [begin, begin, end, end]
    assert side(stack, round(midline) + 10, pixels).laterality is UNKNOWN
    assert "Patient Orientation" in found[0].evidence


def test_trunk_needs_letters_and_its_midline() -> None:
    assert side(radiograph(body_part="CHEST", view="PA"), pixels=trunk()).laterality is UNKNOWN
    assert side(radiograph("A", "F", body_part="CHEST", image_laterality="L"), pixels=trunk()).laterality is UNKNOWN
    unseen = side(radiograph("L", "F", body_part="CHEST"))
    assert (unseen.laterality, unseen.hint) == (UNKNOWN, LEFT)
    half = trunk()[:, 200:]
    assert side(radiograph("L", "F", body_part="PELVIS"), 150, half).laterality is not RIGHT


def test_tag_of_one_side_sets_none_on_the_trunk() -> None:
    stack = radiograph("L", "F", body_part="CHEST", image_laterality="L")
    agrees, differs = side(stack, 290, trunk()), side(stack, 110, trunk())
    assert (agrees.laterality, agrees.conflict) == (LEFT, False)
    assert (differs.laterality, differs.conflict, differs.hint) == (UNKNOWN, True, RIGHT)


def test_both_hips_on_one_radiograph_are_beside_the_midline() -> None:
    stack = radiograph("L", "F", body_part="HIP", laterality="B")
    assert [side(stack, at, trunk()).laterality for at in (110, 290)] == [RIGHT, LEFT]


@pytest.mark.parametrize(
    "letters",
    [
        ("L",),
        ("", "F"),
        ("L", "L"),
        ("L", "R"),
        ("L", "CD"),
        ("LE", "PR"),
        ("L", "PR"),
        ("RL", "F"),
        ("X", "Y"),
        ("L", "F", "A"),
    ],
)
def test_letters_that_say_nothing(letters: tuple[str, ...]) -> None:
    assert radiograph_anatomy_of(radiograph(*letters), trunk()).axis is None


def test_oblique_letters_are_read_by_their_main_direction() -> None:
    assert radiograph_anatomy_of(radiograph("LA", "F"), trunk()).toward is LEFT
    assert radiograph_anatomy_of(radiograph("RP", "FA"), trunk()).toward is RIGHT
    assert radiograph_anatomy_of(radiograph("AL", "F"), trunk()).axis is None


# Real radiographs


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sides"),
    [
        # Tagged right, with a mirrored R burned in.
        ("pydicom_data/RG3_J2KR.dcm", [UNKNOWN, UNKNOWN]),
        ("fo-dicom/CR-MONO1-10-chest", [UNKNOWN, UNKNOWN]),
        ("fo-dicom/CR-ModalitySequenceLUT.dcm", [UNKNOWN, UNKNOWN]),
        ("highdicom/dx_image.dcm", [UNKNOWN, LEFT]),
    ],
)
def test_real_radiographs(shared_dicom: Path, name: str, sides: list[Laterality]) -> None:
    (stack,) = find_series(shared_dicom / "xray" / name).series
    image = load_radiograph(stack, Settings())
    anatomy = radiograph_anatomy_of(stack, image.pixels)
    rows, columns = image.pixels.shape
    found = [side_at(spot(round(part * columns), rows // 2), anatomy) for part in (0.25, 0.8)]
    assert [one.laterality for one in found] == sides


# Side markers, given as they were read


def marked(stack: Stack, *markers: Marker, at: int = 290, pixels: np.ndarray | None = None) -> Side:
    pixels = limb(290) + noise() if pixels is None else pixels
    return side_at(spot(at), replace(radiograph_anatomy_of(stack, pixels), markers=markers))


def marker(side: Laterality, column: int = 30, limb: int | None = None, mirrored: bool | None = False) -> Marker:
    return Marker("R" if side is RIGHT else "L", side, mirrored, (20, column), (40, column + 15), limb)


def test_a_marker_names_the_side_of_one_limb() -> None:
    found = marked(radiograph(body_part="KNEE"), marker(LEFT))
    assert (found.laterality, found.source, found.conflict) == (LEFT, SideSource.MARKER, False)
    assert "L at rows 20-39, columns 30-44" in found.evidence
    agreed = marked(radiograph(body_part="KNEE", laterality="L"), marker(LEFT))
    assert (agreed.laterality, agreed.source) == (LEFT, SideSource.DICOM_TAG)


def test_a_marker_is_a_hint_where_it_is_not_said_that_a_limb_is_shown() -> None:
    # On a trunk an R names the right half of the film, not the side of everything on it.
    found = marked(radiograph(), marker(RIGHT))
    assert (found.laterality, found.source, found.hint) == (UNKNOWN, SideSource.NONE, RIGHT)
    beside = marked(radiograph(), marker(RIGHT, limb=0), at=110, pixels=two_limbs())
    assert (beside.laterality, beside.hint) == (UNKNOWN, RIGHT)


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_marker_that_is_mirrored_or_contradicted_is_a_hint(mirrored: bool) -> None:
    stack = radiograph(body_part="KNEE", laterality="L" if mirrored else "R")
    found = marked(stack, marker(LEFT, mirrored=mirrored))
    assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, True, LEFT)


def test_a_marker_that_may_be_mirrored_contradicts_and_sets_no_side() -> None:
    alone = marked(radiograph(body_part="KNEE"), marker(LEFT, mirrored=None))
    assert (alone.laterality, alone.conflict, alone.hint) == (UNKNOWN, False, LEFT)
    against = marked(radiograph(body_part="KNEE", laterality="R"), marker(LEFT, mirrored=None))
    assert (against.laterality, against.conflict, against.hint) == (UNKNOWN, True, LEFT)
    plain, agreed = (
        marked(radiograph(body_part="KNEE", laterality="L"), *one) for one in ((), (marker(LEFT, mirrored=None),))
    )
    assert (agreed.laterality, agreed.confidence) == (LEFT, plain.confidence)
    hands = marked(radiograph(body_part="HAND"), marker(RIGHT, limb=0, mirrored=None), at=110, pixels=two_limbs())
    assert (hands.laterality, hands.hint) == (UNKNOWN, RIGHT)
    feet = radiograph("L", "F", body_part="FOOT")
    placed = marked(feet, marker(RIGHT, limb=0, mirrored=None), at=110, pixels=two_limbs())
    assert (placed.laterality, placed.source) == (RIGHT, SideSource.DICOM_TAG)
    wrong = marked(feet, marker(LEFT, limb=0, mirrored=None), at=110, pixels=two_limbs())
    assert (wrong.laterality, wrong.conflict) == (UNKNOWN, True)


def test_a_marker_speaks_for_the_limb_beside_it_alone() -> None:
    hands = radiograph("L", "F", body_part="HAND")
    found = [marked(hands, marker(RIGHT, limb=0), at=at, pixels=two_limbs()) for at in (110, 290)]
    assert [(one.laterality, one.hint) for one in found] == [(RIGHT, None), (UNKNOWN, None)]
    alike = marked(hands, marker(RIGHT, limb=0), marker(RIGHT, 350, limb=1), pixels=two_limbs())
    assert (alike.laterality, alike.conflict, alike.hint) == (UNKNOWN, True, RIGHT)
    between = marked(hands, marker(RIGHT, 200), at=110, pixels=two_limbs())
    assert between.laterality is UNKNOWN


def test_a_marker_against_patient_orientation_leaves_no_limb_a_side() -> None:
    feet = radiograph("L", "F", body_part="FOOT")
    found = [marked(feet, marker(LEFT, limb=0), at=at, pixels=two_limbs()) for at in (110, 290)]
    assert [(one.laterality, one.conflict, one.hint) for one in found] == [(UNKNOWN, True, LEFT), (UNKNOWN, True, None)]
    trunk_side = marked(radiograph("L", "F", body_part="PELVIS"), marker(LEFT), at=110, pixels=trunk())
    assert (trunk_side.laterality, trunk_side.conflict, trunk_side.hint) == (UNKNOWN, True, LEFT)
    right = marked(radiograph("L", "F", body_part="PELVIS"), marker(RIGHT), at=110, pixels=trunk())
    assert right.laterality is RIGHT
