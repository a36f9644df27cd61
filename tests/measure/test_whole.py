"""A mass of several pieces as one: sizes across the gaps, the envelope by formula, and what is empty."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from calcimeasure.edge import find_edge
from calcimeasure.edge.connected import count_pieces
from calcimeasure.measure import measure
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.envelope import envelope_of
from calcimeasure.measure.pieces import level_of_pieces
from calcimeasure.model import Measurements, Outline
from calcimeasure.settings import Settings
from tests.measure.painted import balls, dense, painted
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid, uneven_grid

RADIUS_MM, GAP_MM = 8.0, 3.0
CENTER_MM = RADIUS_MM + GAP_MM / 2
BALL_ML = 4 / 3 * math.pi * RADIUS_MM**3 / 1000
TWO = balls([(-CENTER_MM, 0.3, 0.2), (CENTER_MM, 0.3, 0.2)], RADIUS_MM)
SETTINGS = Settings()


def grid_of(kind: str) -> Grid:
    shape, spacing_mm = (24, 44, 66), (1.5, 0.8, 0.9)
    if kind == "tilted":
        return tilted_grid((30, 52, 66), spacing_mm, 15.0)
    if kind == "oblique":
        return oblique_grid((34, 60, 66), spacing_mm, (10.0, 12.0, 0.0))
    if kind == "uneven":
        steps_mm = np.where(np.arange(27) % 3 == 0, 0.8, 1.6)
        z_mm = np.concatenate([[0.0], np.cumsum(steps_mm)])
        return uneven_grid(z_mm - z_mm[-1] / 2, shape[1:], spacing_mm[1:])
    return straight_grid(shape, spacing_mm)


def closed_two_balls_ml(radius_mm: float, gap_mm: float, alpha_mm: float) -> float:
    """Volume of the closing of two balls with a ball: between them a ring-shaped neck is filled.

    A ball of radius alpha that touches both has its middle at a distance h from the line through their middles, and
    touches them where the neck begins.
    """
    center_mm = radius_mm + gap_mm / 2
    h_mm = math.sqrt((radius_mm + alpha_mm) ** 2 - center_mm**2)
    neck_mm = center_mm * alpha_mm / (radius_mm + alpha_mm)
    neck_mm3, _ = quad(lambda x: math.pi * (h_mm - math.sqrt(alpha_mm**2 - x**2)) ** 2, -neck_mm, neck_mm)
    ball_mm3, _ = quad(lambda x: math.pi * (radius_mm**2 - x**2), -(center_mm - neck_mm), radius_mm)
    return (neck_mm3 + 2 * ball_mm3) / 1000


@pytest.mark.parametrize("kind", ["straight", "tilted", "oblique", "uneven"])
def test_two_balls_are_one_mass_across_their_gap(kind: str) -> None:
    volume = painted(grid_of(kind), TWO)
    found = measure(volume, dense(volume), SETTINGS)
    assert found.parts == 2
    assert found.max_3d_diameter_mm == pytest.approx(4 * RADIUS_MM + GAP_MM, rel=0.02)
    if kind in ("straight", "uneven"):
        assert found.long_axis_mm == pytest.approx(4 * RADIUS_MM + GAP_MM, rel=0.02)
        assert found.short_axis_mm == pytest.approx(2 * RADIUS_MM, rel=0.05)
    assert found.extents_lps_mm == pytest.approx((4 * RADIUS_MM + GAP_MM, 2 * RADIUS_MM, 2 * RADIUS_MM), abs=1.2)
    assert found.volume_ml == pytest.approx(2 * BALL_ML, rel=0.02)
    assert found.sphericity is None
    assert not found.truncated


@pytest.mark.parametrize("kind", ["straight", "tilted", "oblique", "uneven"])
def test_envelope_of_two_balls_is_that_of_the_formula(kind: str) -> None:
    volume = painted(grid_of(kind), TWO)
    found = measure(volume, dense(volume), SETTINGS)
    true_ml = closed_two_balls_ml(RADIUS_MM, GAP_MM, MEASURE.envelope_radius_mm)
    assert true_ml > 1.04 * 2 * BALL_ML
    assert found.envelope_ml == pytest.approx(true_ml, rel=0.035)
    assert found.envelope_u95_ml is not None
    assert abs(found.envelope_ml - true_ml) < found.envelope_u95_ml < 0.16 * true_ml
    assert found.fill_fraction == pytest.approx(found.volume_ml / found.envelope_ml)  # type: ignore[operator]


def test_closing_on_cubes_is_that_of_the_formula() -> None:
    # Without an image: the level is the distance from the surface, so that only the closing differs from the formula.
    grid = grid_of("straight")
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape_kji], indexing="ij"), axis=-1)
    points = grid.positions_lps_mm(index)
    away_mm = [np.linalg.norm(points - (x, 0.3, 0.2), axis=-1) - RADIUS_MM for x in (-CENTER_MM, CENTER_MM)]
    level = np.clip(-np.min(away_mm, axis=0) / 4, -0.5, 0.5).astype(np.float32)
    true_mm3 = 1000 * closed_two_balls_ml(RADIUS_MM, GAP_MM, MEASURE.envelope_radius_mm)
    geometry = painted(grid, TWO).geometry
    for cubes, rel in ((700_000, 0.01), (MEASURE.cubes_of_whole, 0.03)):
        assert envelope_of(level, (0, 0, 0), geometry, cubes).volume_mm3 == pytest.approx(true_mm3, rel=rel)


def test_cavity_that_the_calcium_encloses_belongs_to_the_envelope() -> None:
    def shell(points: np.ndarray) -> np.ndarray:
        away_mm = np.linalg.norm(points, axis=1)
        return np.where((away_mm < 14) & (away_mm > 11), 700.0, 50.0)

    volume = painted(straight_grid((36, 50, 48), (1.2, 0.8, 0.9)), shell)
    found = measure(volume, dense(volume), SETTINGS)
    assert found.parts == 1
    assert found.envelope_ml == pytest.approx(4 / 3 * math.pi * 14**3 / 1000, rel=0.03)
    assert found.sphericity is not None


def test_envelope_of_a_convex_mass_is_the_mass() -> None:
    volume = painted(straight_grid((30, 44, 44), (1.2, 0.8, 0.9)), balls([(0.3, 0.2, 0.1)], 11.0))
    found = measure(volume, dense(volume), SETTINGS)
    assert found.parts == 1
    assert found.envelope_ml == pytest.approx(4 / 3 * math.pi * 11**3 / 1000, rel=0.02)
    assert found.fill_fraction == pytest.approx(1, abs=0.02)


def test_faint_and_dense_pieces_both_count_in_the_envelope() -> None:
    # Half way to the dense piece the faint one would be lost.
    rule = balls([(-11.0, 0.0, 0.0), (0.0, 0.0, 0.0), (11.0, 0.0, 0.0)], [4.0, 4.0, 4.0], [1500.0, 1500.0, 320.0])
    volume = painted(straight_grid((20, 40, 60), (1.0, 0.7, 0.7)), rule)
    outline = dense(volume)
    edge = find_edge(volume, outline, SETTINGS)
    level = level_of_pieces(volume, outline, edge)
    at = np.round(volume.geometry.to_index_kji([(-11.0, 0, 0), (0, 0, 0), (11.0, 0, 0)])).astype(int) - edge.start_kji
    assert all(level[tuple(one)] > 0 for one in at)
    assert count_pieces(level > 0) == 3


def test_slice_alone_counts_pieces_and_has_no_envelope() -> None:
    rule = balls([(-8.0, 0.0, 0.0), (8.0, 0.0, 0.0)], 5.0)
    volume = painted(straight_grid((1, 40, 60), (1.0, 0.7, 0.7)), rule)
    found = measure(volume, dense(volume), SETTINGS)
    assert (found.parts, found.envelope_ml, found.morphology, found.fluid_level) == (2, None, None, None)
    assert found.long_axis_mm == pytest.approx(26, abs=0.7)


def test_gaps_between_slices_leave_no_envelope() -> None:
    volume = painted(grid_of("straight"), TWO)
    volume = replace(volume, stack=replace(volume.stack, slice_thickness_mm=0.5))
    found = measure(volume, dense(volume), SETTINGS)
    assert found.parts == 2
    assert (found.envelope_ml, found.fill_fraction, found.morphology) == (None, None, None)


def test_mass_without_an_edge_is_enclosed_by_its_outline() -> None:
    grid = straight_grid((20, 30, 40), (1.0, 0.8, 0.8))
    volume = painted(grid, lambda points: np.full(len(points), 40.0))
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[8:12, 10:20, 10:30] = True
    found = measure(volume, Outline.from_mask(mask), SETTINGS)
    assert "no_edge" in found.notices
    assert found.envelope_ml == pytest.approx(mask.sum() * 0.64 / 1000, rel=0.03)
    assert (found.envelope_u95_ml, found.fill_fraction, found.fluid_level) == (None, None, None)


def test_speck_of_one_voxel_has_every_number() -> None:
    grid = straight_grid((8, 12, 12), (3.0, 0.7, 0.7))
    hu = np.full(grid.shape_kji, 40)
    volume = painted(grid, lambda points: np.full(len(points), 40.0), noise_hu=2)
    hu = volume.attenuation_hu.copy()
    hu[4, 6, 6] = 900
    found = measure(replace(volume, attenuation_hu=hu), Outline.from_mask(hu > 500), SETTINGS)
    assert isinstance(found, Measurements)
    assert (found.parts, found.fluid_level) == (1, None)
    assert found.envelope_ml is not None
    assert found.morphology is not None
