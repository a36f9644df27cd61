"""A mass of several pieces on a radiograph: envelopes by formula, and what masses of each look are called."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.edge.joining import joining_distance, limb_width
from calcimeasure.measure import measure_on_radiograph
from calcimeasure.measure.radiograph_whole import enclosed_by
from calcimeasure.model import Morphology, MorphologySource, Outline, RadiographMeasurements, SpacingSource
from calcimeasure.settings import Settings
from tests.radiographs import radiograph_of

if TYPE_CHECKING:
    from tests.phantoms import Array

MM = 0.2
SIDE = 300
Y, X = (np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2) * MM


def measured(
    thickness: Array, mask: Array | None = None, spacing_mm: tuple[float, float] | None = (MM, MM)
) -> RadiographMeasurements:
    """Measure what adds so much to a limb of 60 mm that fills the image."""
    mask = thickness > 0 if mask is None else mask
    noise = np.random.default_rng(1).normal(0, 2, thickness.shape)
    source = SpacingSource.DETECTOR_PLANE if spacing_mm else SpacingSource.NONE
    image = radiograph_of(ndimage.gaussian_filter(1000 + 40 * thickness, 1) + noise, spacing_mm, source)
    return measure_on_radiograph(image, Outline.from_mask(mask[None]), Settings())


def ball(y: float, x: float, radius: float) -> Array:
    return 2 * np.sqrt(np.maximum(radius**2 - (Y - y) ** 2 - (X - x) ** 2, 0))


def scattered(count: int, spread: float, radius: float) -> Array:
    rng = np.random.default_rng(5)
    angles, away = rng.uniform(0, 2 * math.pi, count), spread * np.sqrt(rng.random(count))
    grains = [ball(r * math.sin(a), r * math.cos(a), radius) for a, r in zip(angles, away, strict=True)]
    return np.max(grains, axis=0)


def test_a_ball_is_its_own_envelope() -> None:
    found = measured(ball(0, 0, 10))
    assert found.parts == 1
    assert found.envelope_mm2 == pytest.approx(math.pi * 100, rel=0.02)
    assert found.fill_fraction == pytest.approx(1, abs=0.01)
    assert found.morphology is Morphology.SOLID
    assert found.morphology_source is MorphologySource.IMAGE
    assert 0.5 < (found.morphology_confidence or 0) <= 1


def test_two_squares_are_enclosed_with_the_gap_between_them() -> None:
    """Squares of 8 mm, 4 mm apart: the closing fills the gap but for what a disk of 5 mm reaches from either side."""
    mask = (np.abs(Y) < 4) & (np.abs(np.abs(X) - 6) < 4)
    found = measured(3.0 * mask, mask)
    bite = 2 * (5 * 4 / 2 * 1.0)  # An upper bound: two triangles as wide as the gap and as high as the disk.
    assert found.parts == 2
    assert 2 * 64 + 4 * 8 - bite < found.envelope_mm2 < 2 * 64 + 4 * 8 + 0.5
    # The bite of a disk of radius r between corners a gap g apart: a segment of the circle, of chord g.
    half = math.asin(2 / 5)
    segment = 25 / 2 * (2 * half - math.sin(2 * half))
    assert found.envelope_mm2 == pytest.approx(2 * 64 + 4 * 8 - 2 * segment, rel=0.02)
    assert found.fill_fraction == pytest.approx(128 / found.envelope_mm2, rel=0.01)
    assert found.long_axis_mm == pytest.approx(math.hypot(20, 8), abs=0.5)


def test_pieces_farther_apart_are_enclosed_each_for_itself() -> None:
    mask = (np.abs(Y) < 4) & (np.abs(np.abs(X) - 10) < 4)
    found = measured(3.0 * mask, mask)
    assert found.parts == 2
    assert found.envelope_mm2 == pytest.approx(2 * 64, rel=0.03)


@pytest.mark.parametrize("aspect", [1.0, 2.0, 0.5])
def test_pixels_that_are_not_square_change_no_envelope(aspect: float) -> None:
    y, x = np.mgrid[: int(120 / aspect), :120].astype(float)
    mask = (np.abs(y * aspect - 60) < 15) & (np.abs(np.abs(x - 60) - 20) < 12)
    enclosed = enclosed_by(mask, aspect, 12.0)
    assert enclosed.sum() * aspect == pytest.approx(enclosed_by_square(), rel=0.04)


def enclosed_by_square() -> float:
    y, x = np.mgrid[:120, :120]
    return float(enclosed_by((np.abs(y - 60) < 15) & (np.abs(np.abs(x - 60) - 20) < 12), 1.0, 12.0).sum())


def test_a_hole_belongs_to_the_envelope() -> None:
    ring = (np.hypot(Y, X) < 12) & (np.hypot(Y, X) > 9)
    assert measured(3.0 * ring, ring).envelope_mm2 == pytest.approx(math.pi * 144, rel=0.03)


def a_shell() -> Array:
    return ball(0, 0, 12) - ball(0, 0, 10.5)


def a_plate() -> Array:
    return np.where((np.abs(Y) < 1.5) & (np.abs(X) < 20), 3.0, 0)


def a_lobulated_mass() -> Array:
    return np.max([ball(0, 0, 6), ball(8, 5, 6), ball(-8, 6, 6), ball(1, 14, 6), ball(-2, -10, 6)], axis=0)


@pytest.mark.parametrize(
    ("thickness", "looks"),
    [
        (ball(0, 0, 12), Morphology.SOLID),
        (a_lobulated_mass(), Morphology.LOBULATED),
        (a_shell(), Morphology.SHELL),
        (a_plate(), Morphology.PLATE),
        (scattered(60, 12, 0.9), Morphology.GRANULAR),
    ],
    ids=["ball", "lobes", "shell", "plate", "grains"],
)
def test_what_a_mass_looks_like(thickness: Array, looks: Morphology) -> None:
    found = measured(thickness, ndimage.binary_fill_holes(thickness > 0))
    assert found.morphology is looks, found.morphology_confidence


def test_the_half_width_grows_with_the_gaps() -> None:
    near, far = (
        measured(3.0 * mask, mask)
        for mask in ((np.abs(Y) < 4) & (np.abs(np.abs(X) - 4.0 - gap / 2) < 4) for gap in (0.4, 4.0))
    )
    assert near.envelope_u95_mm2 is not None
    assert far.envelope_u95_mm2 is not None
    assert 0 < near.envelope_u95_mm2 < far.envelope_u95_mm2 < far.envelope_mm2


def test_without_millimeters_the_envelope_is_in_pixels() -> None:
    found = measured(ball(0, 0, 10), spacing_mm=None)
    assert found.envelope_px == pytest.approx(math.pi * 50**2, rel=0.02)
    assert found.envelope_mm2 is None
    assert found.envelope_u95_mm2 is None
    assert found.parts == 1


def a_limb(width_px: int, angle_deg: float = 0.0) -> Array:
    y, x = np.mgrid[:400, :500]
    across = (x - 250) * math.cos(math.radians(angle_deg)) + (y - 200) * math.sin(math.radians(angle_deg))
    return np.where(np.abs(across) < width_px / 2, 1000.0, 10.0).astype(np.float32)


@pytest.mark.parametrize("angle_deg", [0, 30, 90])
def test_the_width_of_a_limb_is_taken_across_it(angle_deg: float) -> None:
    assert limb_width(a_limb(120, angle_deg), (1.0, 1.0), (200, 250)) == pytest.approx(120, rel=0.05)


def test_joining_in_millimeters_and_without() -> None:
    limb = a_limb(120)
    assert joining_distance(limb, (0.2, 0.2), (200, 250), in_mm=True) == 5.0
    assert joining_distance(limb, (1.0, 1.0), (200, 250), in_mm=False) == pytest.approx(10, rel=0.05)


def test_an_image_without_open_beam_is_as_wide_as_it_is() -> None:
    image = np.random.default_rng(1).normal(1000, 1, (300, 400)).astype(np.float32)
    assert limb_width(image + 1000, (1.0, 1.0), (100, 100)) <= 300
