"""Half-widths grow with what makes a size uncertain, and are never nothing."""

import dataclasses
import math

import pytest

from calcimeasure.edge import Edge
from calcimeasure.measure.uncertainty import (
    edge_noise_mm,
    long_axis_u95_mm,
    max_3d_diameter_u95_mm,
    tip_shrinkage_mm,
    volume_u95_mm3,
)
from calcimeasure.model import Axis
from tests.measure.test_contour import sections_of
from tests.phantoms import straight_grid
from tests.test_geometry import geometry_of

GRID = straight_grid((15, 60, 60), (3.0, 0.7, 0.7))
GEOMETRY = geometry_of(GRID)
AXIS = Axis(28.0, ((0.0, 0.0, -14.0), (0.0, 0.0, 14.0)))


def edge(**changes: float) -> Edge:
    of_ball = sections_of((14.0, 14.0, 14.0), GRID)
    facts = {"noise_sd_hu": 15.0, "calcified_mm3": 11494.0, "shell_voxels": 5000, "rim_mm3": 9000.0} | changes
    return dataclasses.replace(of_ball, **facts)


def half_widths(one: Edge) -> tuple[float, float, float]:
    return (
        long_axis_u95_mm(one, GEOMETRY, 28.0, 27.0),
        max_3d_diameter_u95_mm(one, GEOMETRY, AXIS, 27.0),
        volume_u95_mm3(one, GEOMETRY),
    )


@pytest.mark.parametrize("change", [{"noise_sd_hu": 45.0}, {"plateau_hu": 300.0}])
def test_noise_and_a_faint_lesion_widen_every_interval(change: dict[str, float]) -> None:
    assert all(wide > narrow for wide, narrow in zip(half_widths(edge(**change)), half_widths(edge()), strict=True))


def test_the_ends_of_a_mass_of_several_pieces_are_known_less_well() -> None:
    smooth, pieces = half_widths(edge()), half_widths(edge(of_pieces=True))
    blur_mm, spacing_mm = edge().blur_sigma_mm, GEOMETRY.slice_spacing_mm or 0.0
    for n, share in ((0, 0.9), (1, 0.7)):
        added_mm = 1.96 * math.hypot(share * blur_mm, 0.2 * spacing_mm)
        assert pieces[n] == pytest.approx(math.hypot(smooth[n], added_mm))
    assert pieces[2] == smooth[2]


def test_blur_widens_the_intervals_of_lengths() -> None:
    assert all(
        wide > narrow
        for wide, narrow in zip(half_widths(edge(blur_sigma_mm=1.2))[:2], half_widths(edge()), strict=False)
    )


def test_pointed_lesion_has_a_wider_interval() -> None:
    assert long_axis_u95_mm(edge(), GEOMETRY, 28.0, 8.0) > long_axis_u95_mm(edge(), GEOMETRY, 28.0, 27.0)


def test_slices_widen_the_interval_of_a_diameter() -> None:
    thick, thin = (geometry_of(straight_grid((15, 60, 60), (mm, 0.7, 0.7))) for mm in (5.0, 1.0))
    assert max_3d_diameter_u95_mm(edge(), thick, AXIS, 27.0) > max_3d_diameter_u95_mm(edge(), thin, AXIS, 27.0)


def test_volume_without_a_plateau_is_less_certain() -> None:
    assert volume_u95_mm3(edge(plateau_voxels=0), GEOMETRY) > 1.5 * volume_u95_mm3(edge(), GEOMETRY)
    assert volume_u95_mm3(edge(plateau_voxels=40), GEOMETRY) > volume_u95_mm3(edge(plateau_voxels=4000), GEOMETRY)


def test_noise_moves_the_edge_by_its_share_of_the_steepness() -> None:
    # A blurred step of 760 HU rises by 760 / (sqrt(2 pi) 0.7) HU a mm.
    assert edge_noise_mm(edge()) == pytest.approx(15 / (760 / (math.sqrt(2 * math.pi) * 0.7)))


def test_tip_shrinks_by_half_the_variance_times_its_curvature() -> None:
    # Semi-axes 14 and 7: curvature 14 / 49 at the tip.
    assert tip_shrinkage_mm(edge(), 28.0, 14.0) == pytest.approx(0.49 / 2 * 14 / 49)
    assert tip_shrinkage_mm(edge(), 28.0, 0.0) == pytest.approx(0.7)


@pytest.mark.parametrize(
    "change", [{"noise_sd_hu": 0.0}, {"calcified_mm3": 0.0, "rim_mm3": 0.0}, {"shell_voxels": 0}, {"plateau_voxels": 0}]
)
def test_half_widths_of_lengths_are_never_nothing(change: dict[str, float]) -> None:
    long_axis, diameter, volume = half_widths(edge(**change))
    assert all(math.isfinite(width) for width in (long_axis, diameter, volume))
    assert min(long_axis, diameter) > 0
    assert volume >= 0
