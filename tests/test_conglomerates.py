"""Masses of several pieces: their truth by formula, and what the renderer makes of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tests.conglomerates import (
    Conglomerate,
    envelope_ml,
    granular,
    loculated,
    max_3d_diameter_mm,
    section_axes,
    truth,
    volume_and_centroid,
)
from tests.phantoms import Cut, Ellipsoid, render, straight_grid

GRID = straight_grid((17, 40, 50), (2.0, 1.0, 1.0))
BALL = Ellipsoid((0.0, 0.0, 0.0), (6.0, 6.0, 6.0), 800.0)


def test_two_balls_by_formula() -> None:
    small = Ellipsoid((15.0, 0.0, 0.0), (3.0, 3.0, 3.0), 500.0)
    two = Conglomerate((BALL, small), "granular")

    volumes_ml = [4 / 3 * math.pi * radius**3 / 1000 for radius in (6, 3)]
    volume_ml, centroid = volume_and_centroid(two)
    assert volume_ml == pytest.approx(sum(volumes_ml), rel=5e-4)
    assert centroid == pytest.approx((15 * volumes_ml[1] / sum(volumes_ml), 0, 0), abs=0.02)
    assert two.hu == pytest.approx(np.average([800, 500], weights=volumes_ml), abs=0.2)
    assert max_3d_diameter_mm(two) == pytest.approx(24.0, abs=0.05)
    # The slice at 0 shows both: 24 mm long, and the ball of 12 mm across.
    assert section_axes(two, GRID) == (pytest.approx(24.0, abs=0.05), pytest.approx(12.0, abs=0.05), 8)
    found = truth(two, GRID)
    assert (found.extent_rl_mm, found.extent_ap_mm, found.extent_si_mm) == pytest.approx((24, 12, 12), abs=0.1)


def test_sediment_of_a_ball_is_a_segment_of_the_ball() -> None:
    """A segment of height h has the volume pi h^2 (3 r - h) / 3; its center lies at 3 (2 r - h)^2 / (4 (3 r - h))."""
    sediment = Conglomerate((Cut(BALL, (((0.0, -1.0, 0.0), -2.0),), 600.0),), "loculated", (BALL,))

    volume_ml, centroid = volume_and_centroid(sediment)
    assert volume_ml == pytest.approx(math.pi * 16 * (18 - 4) / 3 / 1000, rel=5e-4)
    assert centroid == pytest.approx((0, 3 * 64 / (4 * 14), 0), abs=0.01)
    # The level is the widest part.
    assert max_3d_diameter_mm(sediment) == pytest.approx(2 * math.sqrt(32), abs=0.05)


def test_the_envelope_of_a_convex_mass_is_the_mass_and_holds_what_lies_between_close_pieces() -> None:
    volume_ml, _ = volume_and_centroid(Conglomerate((BALL,), "granular"))
    assert envelope_ml(BALL, volume_ml) == pytest.approx(volume_ml, rel=5e-3)

    close, apart = (
        Conglomerate((BALL, Ellipsoid((12.0 + gap_mm, 0.0, 0.0), (6.0,) * 3, 800.0)), "granular")
        for gap_mm in (1.0, 12.0)
    )
    assert envelope_ml(close, 2 * volume_ml) > 2.1 * volume_ml
    assert envelope_ml(apart, 2 * volume_ml) == pytest.approx(2 * volume_ml, rel=5e-3)


def test_what_is_rendered_has_the_calcified_volume() -> None:
    """Over all voxels (attenuation - surroundings) / (density - surroundings) adds up to the volume."""
    chamber = Cut(BALL, (((1.0, 0.0, 0.0), 3.0),), 50.0)
    sediment = Cut(BALL, (((1.0, 0.0, 0.0), 3.0), ((0.0, -1.0, 0.0), -1.0)), 650.0)
    mass = Conglomerate((sediment,), "loculated", (chamber,))

    hu = render([mass], GRID, background_hu=50.0, dtype=np.float32)
    assert (hu - 50.0).sum() / 600 * 2 / 1000 == pytest.approx(volume_and_centroid(mass)[0], rel=2e-3)


def test_grains_keep_their_gap_and_chambers_their_septum() -> None:
    cloud = granular((0.0, 0.0, 0.0), (9.0, 8.0, 7.0), radius_mm=(1.0, 2.5), gap_mm=1.5, seed=4)
    middles = np.array([one.center_lps_mm for one in cloud.pieces])
    radii = np.array([one.semi_axes_mm[0] for one in cloud.pieces])
    one, other = np.triu_indices(len(radii), 1)
    assert len(radii) > 10
    # Middles are rounded to 0.01 mm.
    assert (pdist(middles) - radii[one] - radii[other]).min() >= 1.5 - 0.03

    parted = loculated((0.0, 0.0, 0.0), (9.0, 8.0, 8.0), chamber_mm=9.0, septum_mm=1.6, seed=4)
    points = np.random.default_rng(1).uniform(-16, 16, (4000, 3))
    held = np.array([one.safe_distance_mm(points) < 0 for one in parted.fluid])
    assert held.sum(axis=0).max() == 1
    # The sediment of a chamber is the lower part of the chamber.
    for chamber, sediment in zip(parted.fluid, parted.pieces, strict=True):
        inside, filled = chamber.safe_distance_mm(points) < 0, sediment.safe_distance_mm(points) < 0
        assert filled.any()
        assert (inside[filled]).all()
        assert points[filled][:, 1].min() > points[inside & ~filled][:, 1].max()
    assert parted == loculated((0.0, 0.0, 0.0), (9.0, 8.0, 8.0), chamber_mm=9.0, septum_mm=1.6, seed=4)
