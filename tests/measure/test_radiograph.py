"""Sizes on radiographs: in pixels of any shape by formula, in millimeters where there are any, and how sure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.codes import NOTICES
from calcimeasure.edge import attenuation_on_radiograph
from calcimeasure.measure import measure_on_radiograph
from calcimeasure.model import Outline, Projection, RadiographMeasurements, SpacingSource
from calcimeasure.settings import Settings
from tests.radiographs import BACKGROUND, CONTRAST, ellipse, radiograph_of, radiograph_series

S = SpacingSource


def measured(
    pixels: np.ndarray, outline: Outline, aspect: float = 1.0, column_mm: float = 0.2
) -> RadiographMeasurements:
    return measure_on_radiograph(
        radiograph_of(pixels, (aspect * column_mm, column_mm), S.DETECTOR_PLANE), outline, Settings()
    )


# Sizes by formula


@pytest.mark.parametrize("aspect", [1.0, 2.0, 0.5])
@pytest.mark.parametrize("angle_deg", [0, 25, 90, 140])
@pytest.mark.parametrize("axes", [(60, 30), (200, 130), (22, 14)])
def test_ellipse(axes: tuple[float, float], angle_deg: float, aspect: float) -> None:
    pixels, outline = ellipse(axes, angle_deg, aspect, noise=4.0)
    found = measured(pixels, outline, aspect)
    assert found.long_axis.length_px == pytest.approx(axes[0], abs=0.35 * max(1.0, aspect))
    assert found.short_axis.length_px == pytest.approx(axes[1], abs=0.35 * max(1.0, aspect))
    assert found.area_px == pytest.approx(math.pi / 4 * axes[0] * axes[1], rel=0.02)
    assert found.long_axis_mm == pytest.approx(0.2 * found.long_axis.length_px)
    assert found.short_axis_mm == pytest.approx(0.2 * found.short_axis.length_px)
    assert found.area_mm2 == pytest.approx(0.04 * found.area_px)
    (row, column), (other_row, other_column) = found.long_axis.ends_px
    down, along = (other_row - row) * aspect, other_column - column
    assert math.hypot(down, along) == pytest.approx(found.long_axis.length_px)
    turned = math.degrees(math.atan2(down, along)) - angle_deg
    assert abs((turned + 90) % 180 - 90) < 6


def test_a_film_of_unequal_spacing_is_measured_along_both() -> None:
    """A disk of 30 mm on rows of 0.2 mm and columns of 0.1 mm is an upright ellipse of pixels, and still round."""
    j, i = np.mgrid[:200, :360]
    disk = np.hypot((j - 100) * 0.2, (i - 180) * 0.1) < 15
    found = measure_on_radiograph(
        radiograph_of(BACKGROUND + CONTRAST * disk, (0.2, 0.1), S.CALIBRATED), Outline.from_mask(disk[None]), Settings()
    )
    assert found.long_axis_mm == pytest.approx(30, abs=0.2)
    assert found.short_axis_mm == pytest.approx(30, abs=0.2)
    assert found.area_mm2 == pytest.approx(math.pi * 225, rel=0.01)
    assert (found.row_spacing_mm, found.column_spacing_mm) == pytest.approx((0.2, 0.1))
    assert found.centroid_px == pytest.approx((100, 180), abs=0.01)


def test_a_rectangle_by_hand() -> None:
    """4 rows of 2 and 7 columns of 1: 8 x 7, its diagonal is the long axis, its area 56."""
    mask = np.zeros((12, 15), dtype=bool)
    mask[3:7, 4:11] = True
    found = measure_on_radiograph(
        radiograph_of(mask * 50.0 + 10, (0.4, 0.2), S.CALIBRATED), Outline.from_mask(mask[None]), Settings()
    )
    assert found.area_px == 56
    # The border crosses half way between the pixels' middles; corners are cut as between the middles of their sides.
    assert math.hypot(7, 6) <= found.long_axis.length_px <= math.hypot(7, 8)
    assert found.mean_contrast == pytest.approx(50)
    assert found.centroid_px == pytest.approx((4.5, 7))


def test_where_between_the_pixels_the_border_lies_is_seen() -> None:
    widths = []
    for shift in (0.0, 0.25, 0.5, 0.75):
        pixels, outline = ellipse((40.0 + shift, 40.0 + shift), blur=1.5)
        widths.append(measured(pixels, outline).long_axis.length_px - shift)
    assert np.ptp(widths) < 0.2
    assert np.mean(widths) == pytest.approx(40, abs=0.25)


def test_nothing_is_farther_from_the_outline_than_a_pixel() -> None:
    """A reader's outline on an even film is measured as it was drawn."""
    rng = np.random.default_rng(0)
    _, outline = ellipse((60, 40))
    for pixels in (np.zeros((126, 126)), rng.normal(0, 100, (126, 126)), -ellipse((60, 40))[0]):
        found = measured(pixels, outline)
        assert found.long_axis.length_px == pytest.approx(60, abs=1.2)
        assert found.short_axis.length_px == pytest.approx(40, abs=1.5)


# Contrast and edge


def test_contrast_is_that_to_what_lies_round_it() -> None:
    pixels, outline = ellipse((80, 50), blur=0.3)
    slope = np.mgrid[: pixels.shape[0], : pixels.shape[1]][0] * 1.5
    found = measured(pixels + slope, outline)
    assert found.mean_contrast == pytest.approx(CONTRAST, rel=0.06)
    assert found.boundary == pytest.approx(CONTRAST / 2, rel=0.1)


def test_a_letter_beside_it_is_no_background() -> None:
    pixels, outline = ellipse((80, 50), blur=0.3)
    plain = measured(pixels, outline).mean_contrast
    marked = pixels.copy()
    marked[:18, :] = 4000
    assert plain is not None
    assert measured(marked, outline).mean_contrast == pytest.approx(plain, rel=0.02)


@pytest.mark.parametrize(("photometric", "none_arrives"), [("MONOCHROME1", 4010.0), ("MONOCHROME2", 4095.0)])
def test_contrast_of_intensities_is_that_of_their_logarithm(photometric: str, none_arrives: float) -> None:
    """A mass that lets through exp(-0.7) of the beam has a contrast of 0.7, however bright the beam is behind it."""
    pixels, outline = ellipse((80, 50), blur=0.3)
    thickness = (pixels - BACKGROUND) / CONTRAST * 0.7
    for beam in (3000.0, 1000.0):
        intensity = beam * np.exp(-thickness)
        intensity[0, 0], intensity[-1, -1] = 4000.0, 10.0
        dense_is_bright = none_arrives - intensity
        stack = radiograph_series(Projection(photometric, pixel_intensity_relationship="LIN"))
        radiograph = radiograph_of(dense_is_bright, stack=stack)
        found = measure_on_radiograph(radiograph, outline, Settings())
        assert found.mean_contrast == pytest.approx(0.7, rel=0.05)
        assert "logarithm_taken" in found.notices
        assert np.argmax(attenuation_on_radiograph(radiograph)) == np.argmax(dense_is_bright)


def test_values_that_add_up_stay_as_they_are() -> None:
    pixels, outline = ellipse((80, 50))
    radiograph = radiograph_of(pixels, stack=radiograph_series(Projection(pixel_intensity_relationship="LOG")))
    assert attenuation_on_radiograph(radiograph) is not None
    assert np.array_equal(attenuation_on_radiograph(radiograph), radiograph.pixels)
    assert "logarithm_taken" not in measure_on_radiograph(radiograph, outline, Settings()).notices


def test_without_an_edge_its_own_border_is_measured() -> None:
    pixels, outline = ellipse((60, 40))
    found = measured(2 * BACKGROUND - pixels, outline)
    assert "no_edge" in found.notices
    assert (found.long_axis_u95_px, found.boundary) == (None, None)
    assert found.mean_contrast is not None
    assert found.mean_contrast < 0


def test_a_blurred_or_noisy_edge_is_less_sure() -> None:
    sharp, noisy, blurred = (
        measured(*ellipse((80, 50), blur=blur, noise=noise)).long_axis_u95_px or 0.0
        for blur, noise in ((1.0, 0.0), (1.0, 60.0), (4.0, 0.0))
    )
    assert 0 < sharp < noisy
    assert sharp < blurred


# Millimeters, or none


@pytest.mark.parametrize(
    ("spacing_mm", "source", "notice"),
    [
        ((0.2, 0.2), S.CALIBRATED, None),
        ((0.2, 0.2), S.READER, None),
        ((0.2, 0.2), S.MAGNIFICATION_CORRECTED, "magnification_corrected"),
        ((0.2, 0.2), S.DETECTOR_PLANE, "detector_plane"),
        ((0.2, 0.2), S.UNCERTAIN, "uncertain_spacing"),
        (None, S.UNCERTAIN, "no_spacing"),
        (None, S.NONE, "no_spacing"),
    ],
)
def test_what_the_millimeters_are_is_said(
    spacing_mm: tuple[float, float] | None, source: SpacingSource, notice: str | None
) -> None:
    pixels, outline = ellipse((120, 60))
    found = measure_on_radiograph(radiograph_of(pixels, spacing_mm, source), outline, Settings())
    assert found.spacing_source is source
    assert found.notices == (() if notice is None else (notice,))
    assert set(found.notices) <= set(NOTICES)
    in_mm = (found.long_axis_mm, found.short_axis_mm, found.area_mm2, found.long_axis_u95_mm, found.large)
    assert (in_mm == (None,) * 5) == (spacing_mm is None)
    assert found.largest_mm == found.long_axis_mm
    assert found.long_axis.length_px == pytest.approx(120, abs=0.3)


@pytest.mark.parametrize(("spacing_mm", "large"), [(0.25, True), (0.24, False)])
def test_large(spacing_mm: float, large: bool) -> None:
    mask = np.zeros((10, 120), dtype=bool)
    mask[5, 20:100] = True
    # Of even values the border lies half way: a row of 80 pixels is 80 pixels long.
    numbers = measure_on_radiograph(
        radiograph_of(np.zeros(mask.shape), (spacing_mm, spacing_mm), S.CALIBRATED),
        Outline.from_mask(mask[None]),
        Settings(),
    )
    assert numbers.long_axis.length_px == pytest.approx(80, abs=1e-6)
    assert numbers.large is large


@pytest.mark.parametrize(
    ("stack", "aspect"),
    [
        (radiograph_series(), 1.0),
        (radiograph_series(pixel_spacing_mm=(0.3, 0.2)), 1.5),
        (radiograph_series(Projection(imager_pixel_spacing_mm=(0.1, 0.2))), 0.5),
        (radiograph_series(Projection(nominal_scanned_pixel_spacing_mm=(0.1, 0.2))), 0.5),
        (radiograph_series(Projection(pixel_aspect_ratio=(2.0, 1.0))), 2.0),
        (radiograph_series(Projection(pixel_aspect_ratio=(0.0, 1.0))), 1.0),
    ],
)
def test_proportion_of_a_pixel_is_known_without_millimeters(stack: object, aspect: float) -> None:
    pixels, outline = ellipse((90, 60), 30, aspect)
    found = measure_on_radiograph(replace(radiograph_of(pixels), stack=stack), outline, Settings())
    assert found.pixel_aspect == pytest.approx(aspect)
    assert found.long_axis.length_px == pytest.approx(90, abs=0.4)
    assert found.row_spacing_mm is None


# The image's end


def test_an_outline_at_the_edge_of_the_image_is_cut_off() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[10:20, 0:12] = True
    found = measured(mask * 100.0, Outline.from_mask(mask[None]))
    assert found.truncated
    assert found.long_axis.length_px == pytest.approx(math.hypot(12, 9), abs=0.6)
    inside = np.roll(mask, 1, axis=1)
    assert not measured(inside * 100.0, Outline.from_mask(inside[None])).truncated


def test_an_outline_of_the_whole_image_and_one_of_a_single_pixel() -> None:
    whole = measured(np.zeros((6, 8)), Outline.from_mask(np.ones((1, 6, 8), dtype=bool)))
    assert (whole.area_px, whole.truncated, whole.mean_contrast) == (48, True, None)
    mask = np.zeros((1, 6, 8), dtype=bool)
    mask[0, 2, 3] = True
    assert measured(np.zeros((6, 8)), Outline.from_mask(mask)).long_axis.length_px == pytest.approx(1)
