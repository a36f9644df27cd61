"""Masses on projections: what is proposed, and what one click outlines, held against shadows known by formula."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from calcimeasure.edge import attenuation_on_radiograph
from calcimeasure.errors import ReviewError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import Radiograph, SpacingSource, Tissue
from calcimeasure.segment.radiograph import propose
from calcimeasure.segment.radiograph.artifacts import is_drawn
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.field import field_of
from calcimeasure.segment.radiograph.propose import grow_on_radiograph, propose_on_radiograph
from calcimeasure.segment.radiograph.scale import pyramid_of
from calcimeasure.settings import Settings
from tests.conftest import PROJECT
from tests.dicom_writers import write_radiograph
from tests.phantoms import Ellipsoid, Lobulated
from tests.projections import Beam, as_stored, exposed, path_mm, radiograph_of

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Outline
    from tests.phantoms import Array

MM = (0.5, 0.4)
SHAPE = (360, 400)
"""180 x 160 mm."""
PER_MM = 0.02


def columns_mm() -> Array:
    return ((np.arange(SHAPE[1]) - (SHAPE[1] - 1) / 2) * MM[1])[None, :] + np.zeros((SHAPE[0], 1))


def rod_mm(center_mm: float, radius_mm: float) -> Array:
    """Length of rays in a rod that runs through the film from top to bottom."""
    return 2 * np.sqrt(np.maximum(radius_mm**2 - (columns_mm() - center_mm) ** 2, 0))


def limb() -> Array:
    """A limb of 120 mm with a bone of 24 mm, its cortex 4 mm thick."""
    return PER_MM * (rod_mm(0, 60) + 1.0 * rod_mm(5, 12) - 0.9 * rod_mm(5, 8))


def ellipsoid(
    across_mm: float, along_mm: float, semi_axes_mm: tuple[float, float, float], turned: float = 0
) -> Lobulated:
    """At places from the middle of the film; axes across, along the rays, along the limb."""
    return Lobulated((Ellipsoid((across_mm, 0.0, along_mm), semi_axes_mm, 800.0, (0.0, turned, 0.0)),), 800.0)


BEAM = Beam(spacing_mm=MM, blur_mm=0.3, photons_mm2=50000)


def on_film(mass: Lobulated, behind: Array | None = None, beam: Beam = BEAM, **how: bool) -> tuple[Radiograph, Array]:
    """A film of a mass, and its shadow."""
    path = path_mm(mass, beam, SHAPE)
    attenuation = (limb() if behind is None else behind) + 0.75 * PER_MM * path
    return exposed(attenuation, beam, np.random.default_rng(4), **how), path > 0


def drawn(outline: Outline, image: Radiograph) -> Array:
    assert outline.start_kji[0] == 0
    assert outline.stop_kji[0] == 1
    return outline.mask_in((0, 0, 0), (1, *image.pixels.shape))[0]


def dice(one: Array, other: Array) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def clicked(image: Radiograph, place: Array) -> Array:
    return drawn(grow_on_radiograph(image, (int(place[0]), int(place[1])), Settings()), image)


def proposed(image: Radiograph) -> list[Array]:
    found = propose_on_radiograph(image, Settings(), limb=True).parts
    for part in found:
        is_mass = part.tissue is Tissue.CALCIFIED_MASS
        assert is_mass or part.tissue is Tissue.UNKNOWN
        assert (
            Settings().mass_probability if is_mass else Settings().film_review_probability
        ) <= part.tissue_confidence
    return [drawn(part.outline, image) for part in found]


# The scale


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [12, 16])
def test_attenuation_adds_up_after_a_logarithm_of_intensity(photometric: str, bits: int) -> None:
    attenuation = np.linspace(0.0, 3.0, 900).reshape(30, 30)
    beam = Beam(spacing_mm=MM, photometric=photometric, relationship="LIN", bits=bits)
    found = attenuation_on_radiograph(as_stored(np.exp(-attenuation), beam))
    np.testing.assert_allclose(found - found.min(), attenuation, atol=6 * np.exp(3) / 2**bits)


@pytest.mark.parametrize("relationship", ["LOG", "DISP", None])
def test_values_that_are_no_intensities_stay(relationship: str | None) -> None:
    pixels = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(attenuation_on_radiograph(radiograph_of(pixels, relationship=relationship)), pixels)


def test_polarity_of_a_file_changes_nothing(tmp_path: Path) -> None:
    image, _ = on_film(ellipsoid(-35, 10, (9, 9, 14)), beam=Beam(spacing_mm=MM, relationship="LIN", bits=12))
    intensity = 4095 - image.pixels.astype(np.uint16)
    found = []
    for name, stored, photometric in (("one", intensity, "MONOCHROME1"), ("two", 4095 - intensity, "MONOCHROME2")):
        path = write_radiograph(
            tmp_path / f"{name}.dcm", stored, bits_stored=12, PhotometricInterpretation=photometric,
            ImagerPixelSpacing=list(MM), PixelIntensityRelationship="LIN",
        )  # fmt: skip
        (stack,) = find_series(path).series
        loaded = load_image(stack)
        assert isinstance(loaded, Radiograph)
        found.append(propose_on_radiograph(loaded, Settings()))
    assert found[0].parts
    assert [part.outline for part in found[0].parts] == [part.outline for part in found[1].parts]


# What does not show the patient


def test_open_beam_collimation_and_letters_do_not_show_the_patient() -> None:
    image = pyramid_of(radiograph_of(limb(), MM)).copies[0].copy()
    image[:, :30] = image[:, -30:] = 5.0
    image[20:40, 60:64] = image[20:24, 60:76] = 5.0
    shown = field_of(image).patient
    assert not shown[:, :30].any()
    assert not shown[20:40, 60:64].any()
    assert not shown[:, 45:50].any()
    assert shown[60:, 120:280].all()


def test_what_is_dense_but_ends_gradually_shows_the_patient() -> None:
    image = np.minimum(limb() + 0.8 * PER_MM * path_mm(ellipsoid(0, 0, (30, 30, 30)), BEAM, SHAPE), 2.9)
    assert np.count_nonzero(image == image.max()) > 1000
    assert field_of(image.astype(np.float32)).patient[180, 200]


# One click


@pytest.mark.parametrize(
    ("mass", "least", "known_mm"),
    [
        (ellipsoid(-35, 0, (5.5, 5.5, 5.5)), 0.92, True),
        (ellipsoid(-32, -20, (10, 8, 17), 25), 0.92, True),
        (ellipsoid(-30, 10, (19, 15, 19)), 0.92, False),
        (ellipsoid(12, 0, (11, 9, 11)), 0.85, True),
        (ellipsoid(8, 0, (20, 16, 26), 10), 0.85, False),
    ],
    ids=["small", "turned", "no-mm", "over-bone", "over-bone-no-mm"],
)
def test_click_gives_the_shadow_wherever_in_the_mass_it_is(mass: Lobulated, least: float, known_mm: bool) -> None:
    image, shadow = on_film(mass, known_mm=known_mm)
    places = np.argwhere(ndimage.binary_erosion(shadow, iterations=2))
    chosen = places[np.random.default_rng(5).integers(len(places), size=3)]
    found = [clicked(image, place) for place in chosen]
    assert min(dice(one, shadow) for one in found) > least
    assert min(dice(one, other) for one, other in combinations(found, 2)) >= 0.95


@pytest.mark.parametrize("across", [5.0, 15.0])
def test_width_of_a_shadow_is_that_of_the_body(across: float) -> None:
    image, shadow = on_film(ellipsoid(-30, 0, (across, 12, 15)))
    found = clicked(image, np.argwhere(shadow).mean(axis=0))
    # Within two pixels of the patch in which it is looked at, of which its length takes half.
    assert np.ptp(np.nonzero(found)[1]) * MM[1] == pytest.approx(2 * across, abs=2 * 30 / 0.5 / 64)
    assert np.ptp(np.nonzero(found)[0]) * MM[0] == pytest.approx(30, abs=2.5)


def test_rough_region_gives_the_same_as_a_click() -> None:
    image, shadow = on_film(ellipsoid(-32, 5, (10, 8, 14)))
    rough = np.zeros(SHAPE, dtype=bool)
    rows, columns = np.nonzero(shadow)
    rough[rows.min() + 3 : rows.max() + 9, columns.min() - 4 : columns.max() - 2] = True
    assert dice(drawn(grow_on_radiograph(image, rough, Settings()), image), shadow) > 0.92


@pytest.mark.parametrize("seed", [(-1, 5), (5, 400), (360, 5)])
def test_click_beside_the_image_is_refused(seed: tuple[int, int]) -> None:
    image, _ = on_film(ellipsoid(-35, 0, (8, 8, 8)))
    with pytest.raises(ReviewError, match="360 x 400 pixels expected, found row"):
        grow_on_radiograph(image, seed, Settings())


@pytest.mark.parametrize("region", [np.zeros(SHAPE, dtype=bool), np.ones((3, 3), dtype=bool)])
def test_region_that_is_none_of_this_image_is_refused(region: Array) -> None:
    image, _ = on_film(ellipsoid(-35, 0, (8, 8, 8)))
    with pytest.raises(ReviewError, match="region of 360 x 400 pixels expected"):
        grow_on_radiograph(image, region, Settings())


def test_click_on_nothing_is_refused() -> None:
    with pytest.raises(ReviewError, match="nothing around row 50, column 60"):
        grow_on_radiograph(radiograph_of(np.full((100, 120), 7.0)), (50, 60), Settings())


# Proposals


@pytest.mark.parametrize("mass", [ellipsoid(-33, 0, (12, 10, 13)), ellipsoid(-28, -30, (20, 18, 16))])
def test_mass_is_proposed_and_nothing_else(mass: Lobulated) -> None:
    image, shadow = on_film(mass)
    found = proposed(image)
    assert len(found) == 1
    assert dice(found[0], shadow) > 0.9


def test_every_proposal_says_why() -> None:
    image, _ = on_film(ellipsoid(-33, 0, (12, 10, 13)))
    (part,) = propose_on_radiograph(image, Settings(), limb=True).parts
    assert [one.name for one in part.evidence] == ["shadow", "real films", "sharpness"]
    assert all(one.sentence for one in part.evidence)


def test_both_networks_are_as_sure_as_the_one_that_is_less_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    image, _ = on_film(ellipsoid(-33, 0, (12, 10, 13)))

    def probability(again: float) -> float:
        monkeypatch.setattr(propose, "seen_again", lambda _, shadows: [again] * len(shadows))
        parts = propose_on_radiograph(image, Settings(film_review_probability=1e-6), limb=True).parts
        return max(part.tissue_confidence for part in parts)

    sure = probability(0.999)
    assert sure > 0.9
    assert sure == probability(0.995)  # beyond the limit neither tells more
    assert probability(0.9) < 0.5 < sure
    assert probability(0.0) == probability(0.5) < probability(0.9)


def test_limb_and_its_bone_are_not_proposed() -> None:
    assert not proposed(exposed(limb(), BEAM, np.random.default_rng(6)))


def test_letters_marker_ring_and_collimation_are_not_proposed() -> None:
    attenuation = limb()
    attenuation[:, :30] = attenuation[:, -30:] = 6.0
    attenuation[20:50, 70:74] = attenuation[20:24, 70:90] = attenuation[34:38, 70:90] = 6.0
    row, column = np.ogrid[: SHAPE[0], : SHAPE[1]]
    away_mm = np.hypot((row - 300) * MM[0], (column - 130) * MM[1])
    attenuation[np.abs(away_mm - 9) < 1.5] = 6.0
    attenuation[250:290, 45:52] += 1.0
    assert not proposed(as_stored(np.exp(-attenuation), Beam(spacing_mm=MM)))


def test_a_round_stone_that_the_film_shows_flat_is_left_to_a_reader() -> None:
    image, shadow = on_film(ellipsoid(-33, 0, (12, 10, 13)))
    rows, columns = np.indices(SHAPE)
    row, column = np.argwhere(shadow).mean(axis=0)
    stone = np.hypot(rows - row, columns - column) < 12
    flat = replace(image, pixels=np.where(stone, np.float32(5200), image.pixels))
    (part,) = propose_on_radiograph(flat, Settings(), limb=True).parts
    assert part.tissue is Tissue.UNKNOWN
    assert is_drawn(part.outline, pyramid_of(flat))
    assert dice(drawn(part.outline, flat), stone) > 0.9


@pytest.mark.parametrize("across_mm", [16.0, 30.0])
def test_piece_of_a_finger_with_its_skin_is_not_proposed(across_mm: float) -> None:
    rows_mm = ((np.arange(SHAPE[0]) - (SHAPE[0] - 1) / 2) * MM[0])[:, None]
    swollen_mm = across_mm / 2 * (1 + 0.25 * np.exp(-((rows_mm / 12) ** 2)))
    finger = 2 * np.sqrt(np.maximum(swollen_mm**2 - columns_mm() ** 2, 0)) * (rows_mm > -60)
    image = exposed(PER_MM * finger, BEAM, np.random.default_rng(7))
    outside = finger == 0
    for mask in proposed(image):
        rim = mask & ~ndimage.binary_erosion(mask)
        assert (rim & ndimage.binary_dilation(outside, iterations=4)).sum() < 0.3 * rim.sum()


def test_mass_that_bulges_under_the_skin_is_proposed() -> None:
    swelling = PER_MM * path_mm(ellipsoid(-56, 0, (21, 21, 21)), BEAM, SHAPE)
    image, shadow = on_film(ellipsoid(-60, 0, (13, 13, 13)), np.maximum(limb(), swelling))
    assert max(dice(one, shadow) for one in proposed(image)) > 0.85


def test_what_is_less_likely_a_mass_is_left_to_a_reader() -> None:
    image, _ = on_film(ellipsoid(-28, -30, (20, 18, 16)))
    (mass,) = propose_on_radiograph(image, Settings(), limb=True).parts
    assert mass.tissue is Tissue.CALCIFIED_MASS
    above = min(1.0, mass.tissue_confidence + 1e-6)
    (unsure,) = propose_on_radiograph(image, Settings(mass_probability=above), limb=True).parts
    assert unsure == replace(mass, tissue=Tissue.UNKNOWN)
    assert not propose_on_radiograph(
        image, Settings(mass_probability=above, film_review_probability=above), limb=True
    ).parts


def test_on_a_film_not_said_to_show_a_limb_a_reader_decides() -> None:
    image, _ = on_film(ellipsoid(-28, -30, (20, 18, 16)))
    (sure,) = propose_on_radiograph(image, Settings(), limb=True).parts
    (part,) = propose_on_radiograph(image, Settings()).parts
    assert part.tissue is Tissue.UNKNOWN
    assert part.outline == sure.outline
    assert part.tissue_confidence < sure.tissue_confidence
    assert part.evidence[:-1] == sure.evidence
    assert "not said to show a limb" in part.evidence[-1].sentence
    odds = [one.tissue_confidence / (1 - one.tissue_confidence) for one in (part, sure)]
    assert math.log(odds[0] / odds[1]) == pytest.approx(part.evidence[-1].log_odds)


@pytest.mark.parametrize("limb", [False, True])
def test_confidence_is_what_the_evidence_adds_up_to(limb: bool) -> None:
    image, _ = on_film(ellipsoid(8, 0, (20, 16, 26), 10))
    for part in propose_on_radiograph(image, Settings(), limb=limb).parts:
        log_odds = RADIOGRAPH.base_log_odds + sum(one.log_odds for one in part.evidence)
        assert part.tissue_confidence == pytest.approx(1 / (1 + math.exp(-log_odds)))


def test_pixels_that_are_no_squares_are_told_without_millimeters() -> None:
    image, shadow = on_film(ellipsoid(-30, 10, (19, 15, 19)))
    aspect = replace(image.stack, projection=replace(image.stack.projection, pixel_aspect_ratio=(MM[0] / MM[1], 1.0)))
    bare = replace(image, stack=aspect, spacing_mm=None, spacing_source=SpacingSource.NONE)
    assert pyramid_of(bare).steps[0] == pytest.approx((MM[0] / MM[1], 1.0))
    assert dice(clicked(bare, np.argwhere(shadow).mean(axis=0)), shadow) > 0.92


@pytest.mark.parametrize(("name", "value"), [("film_smallest_mm", 30.0), ("film_largest_mm", 20.0)])
def test_sizes_beyond_the_settings_are_not_proposed(name: str, value: float) -> None:
    image, _ = on_film(ellipsoid(-33, 0, (12, 10, 13)))
    assert not propose_on_radiograph(image, Settings(**{name: value}), limb=True).parts


# Hostile images


@settings(max_examples=15, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
        elements=st.floats(-(2.0**99), 2.0**99, width=32) | st.sampled_from([0.0, 1.0, 4095.0]),
    ),
    st.sampled_from(["LIN", "LOG", None]),
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    st.sampled_from([None, (0.2, 0.1), (3.0, 0.5)]),
)
def test_any_image_is_survived(
    pixels: Array, relationship: str | None, photometric: str, spacing_mm: tuple[float, float] | None
) -> None:
    image = radiograph_of(pixels, spacing_mm, photometric, relationship)
    for part in propose_on_radiograph(image, Settings()).parts:
        assert drawn(part.outline, image).any()
    with suppress(ReviewError):
        assert drawn(grow_on_radiograph(image, (0, 0), Settings()), image).any()


def test_nothing_of_a_few_pixels_is_proposed() -> None:
    image, shadow = on_film(ellipsoid(-32, 5, (10, 8, 14)))
    coarse = replace(image, pixels=image.pixels[3::9, 3::9].copy(), spacing_mm=(MM[0] * 9, MM[1] * 9))
    assert 0 < shadow[3::9, 3::9].sum() < 45
    assert all(part.outline.voxel_count >= 24 for part in propose_on_radiograph(coarse, Settings(), limb=True).parts)


# The sample film


def test_masses_of_the_sample_hand_are_proposed_and_no_finger_is() -> None:
    (stack,) = find_series(PROJECT / "sample_dicom" / "hand_radiograph").series
    image = load_image(stack)
    assert isinstance(image, Radiograph)
    parts = propose_on_radiograph(image, Settings(), limb=True).parts
    masks = [drawn(part.outline, image) for part in parts]
    (large,) = (n for n, mask in enumerate(masks) if mask[281, 39])
    assert parts[large].tissue is Tissue.CALCIFIED_MASS
    assert masks[large].sum() * 0.25 == pytest.approx(612, rel=0.03)
    (small,) = (mask for mask in masks if mask[46, 174])
    assert small.sum() * 0.25 == pytest.approx(40, rel=0.15)
    others = [part for n, part in enumerate(parts) if n != large and part.tissue is Tissue.CALCIFIED_MASS]
    assert all(part.outline.voxel_count * 0.25 < 100 for part in others)


# Real films


@pytest.mark.shared
def test_no_mass_is_said_to_be_on_real_films_that_have_none(shared_dicom: Path) -> None:
    count = 0
    for stack in find_series(shared_dicom / "xray").series:
        image = load_image(stack)
        assert isinstance(image, Radiograph)
        parts = propose_on_radiograph(image, Settings()).parts
        assert all(part.tissue is Tissue.UNKNOWN and part.tissue_confidence < 0.5 for part in parts)
        assert len(parts) <= 8
        count += 1
    assert count == 4
