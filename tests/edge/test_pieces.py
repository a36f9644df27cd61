"""The calcified volume of masses of several pieces: lobules parted by septa, and grains; truth by formula."""

import math

import numpy as np
import pytest

from calcimeasure.edge import find_edge, half_maximum_outline
from calcimeasure.edge.peak import peaks_of_balls
from calcimeasure.measure import measure
from calcimeasure.model import Measurements, Outline, Volume
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, Grid, Slab, render, straight_grid, volume_ml

SETTINGS = Settings()


def lobules(gap_mm: float, pitch_mm: float = 9.0) -> list[Slab]:
    """Return 27 blocks of different density, parted by septa."""
    rng = np.random.default_rng(5)
    half_mm = (pitch_mm - gap_mm) / 2
    places = np.stack(np.meshgrid(*[np.arange(-1, 2) * pitch_mm] * 3), axis=-1).reshape(-1, 3)
    return [
        Slab((x, y, z), (half_mm,) * 3, hu) for (x, y, z), hu in zip(places, rng.uniform(350, 900, 27), strict=True)
    ]


def grains(radius_mm: float, pitch_mm: float) -> list[Ellipsoid]:
    """Return 64 balls of different density."""
    rng = np.random.default_rng(6)
    places = np.stack(np.meshgrid(*[(np.arange(4) - 1.5) * pitch_mm] * 3), axis=-1).reshape(-1, 3)
    places = places + rng.uniform(-0.4, 0.4, places.shape)
    return [
        Ellipsoid((x, y, z), (radius_mm,) * 3, hu)
        for (x, y, z), hu in zip(places, rng.uniform(500, 900, 64), strict=True)
    ]


def imaged(shapes: list[Slab] | list[Ellipsoid], slice_mm: float) -> tuple[Volume, Outline]:
    """Return an image of a mass, and all of it above the threshold as one outline."""
    grid: Grid = straight_grid((round(46 / slice_mm), 64, 64), (slice_mm, 0.72, 0.72), (0.2, 0.1, 0.3))
    hu = render(shapes, grid, background_hu=48, noise_sd_hu=12, seed=3)
    return volume_of(hu, grid), Outline.from_mask(hu >= SETTINGS.threshold_hu)


def measured(shapes: list[Slab] | list[Ellipsoid], slice_mm: float) -> Measurements:
    volume, outline = imaged(shapes, slice_mm)
    return measure(volume, outline, SETTINGS)


@pytest.mark.parametrize("gap_mm", [2.0, 3.0])
def test_lobules_of_different_density_are_measured_each_by_its_own(gap_mm: float) -> None:
    found = measured(lobules(gap_mm), 1.0)
    assert found.volume_ml == pytest.approx(27 * (9.0 - gap_mm) ** 3 / 1000, rel=0.06)


@pytest.mark.parametrize(("gap_mm", "slice_mm"), [(1.0, 1.0), (1.5, 3.0), (3.0, 3.0)])
def test_volume_of_lobules_is_inside_its_half_width(gap_mm: float, slice_mm: float) -> None:
    found = measured(lobules(gap_mm), slice_mm)
    assert found.volume_ml is not None
    assert found.volume_u95_ml is not None
    assert abs(found.volume_ml - 27 * (9.0 - gap_mm) ** 3 / 1000) <= found.volume_u95_ml
    assert found.volume_u95_ml <= 0.4 * found.volume_ml


@pytest.mark.parametrize(("radius_mm", "slice_mm"), [(1.2, 1.0), (2.0, 1.0), (2.0, 3.0)])
def test_volume_of_grains_is_inside_its_half_width(radius_mm: float, slice_mm: float) -> None:
    shapes = grains(radius_mm, 6.0)
    found = measured(shapes, slice_mm)
    assert found.volume_ml is not None
    assert found.volume_u95_ml is not None
    assert abs(found.volume_ml - 64 * volume_ml(shapes[0])) <= found.volume_u95_ml


def test_grains_in_thick_slices_are_less_certain() -> None:
    shares = []
    for slice_mm in (0.8, 3.0):
        found = measured(grains(1.5, 6.0), slice_mm)
        assert found.volume_ml is not None
        assert found.volume_u95_ml is not None
        shares.append(found.volume_u95_ml / found.volume_ml)
    assert shares[1] > shares[0] > 0.02


def test_septa_that_blur_has_closed_are_no_calcium() -> None:
    # One connected mask: its septa are seen as valleys.
    volume, outline = imaged(lobules(1.5), 1.0)
    edge = find_edge(volume, outline, SETTINGS)
    assert edge.of_pieces
    assert edge.calcified_mm3 == pytest.approx(27 * 7.5**3, rel=0.1)


@pytest.mark.parametrize("slice_mm", [1.0, 2.5])
def test_narrow_septa_of_a_mass_of_one_piece_are_inside_its_half_width(slice_mm: float) -> None:
    found = measured(lobules(0.9), slice_mm)
    assert found.parts == 1
    assert found.volume_ml is not None
    assert found.volume_u95_ml is not None
    assert abs(found.volume_ml - 27 * 8.1**3 / 1000) <= found.volume_u95_ml


def test_parts_without_a_valley_count_with_their_own_density() -> None:
    # The faint half lies at less than half of the density of the other; a gap beside them makes the mass porous.
    shapes = [
        Slab((-6.0, 0, 0), (6.0, 8.0, 8.0), 900),
        Slab((6.0, 0, 0), (6.0, 8.0, 8.0), 380),
        Slab((0, 12.0, 0), (12.0, 3.0, 8.0), 700),
    ]
    found = measured(shapes, 1.0)
    true_ml = 8 * (2 * 6.0 * 8.0 * 8.0 + 12.0 * 3.0 * 8.0) / 1000
    assert found.volume_ml == pytest.approx(true_ml, rel=0.03)


def test_border_of_a_wide_cavity_is_no_valley() -> None:
    volume, outline = imaged([Ellipsoid((0, 0, 0), (14, 14, 14), 700), Ellipsoid((0, 0, 0), (6, 5, 7), 40)], 1.0)
    assert not find_edge(volume, outline, SETTINGS).of_pieces


def test_a_speck_beside_a_smooth_mass_makes_no_mass_of_pieces() -> None:
    volume, outline = imaged([Ellipsoid((0, 0, 0), (13, 9, 11), 700)], 1.0)
    mask = outline.mask_in((0, 0, 0), volume.geometry.shape_kji)
    assert not find_edge(volume, Outline.from_mask(mask), SETTINGS).of_pieces
    mask[4, 8, 8] = True
    assert not find_edge(volume, Outline.from_mask(mask), SETTINGS).of_pieces


def test_outline_has_all_pieces_and_not_what_lies_between() -> None:
    volume, outline = imaged(lobules(3.0), 1.0)
    drawn = half_maximum_outline(volume, outline, SETTINGS)
    mm3 = drawn.voxel_count * 0.72**2
    assert mm3 == pytest.approx(27 * 6.0**3, rel=0.15)


def test_smooth_mass_of_one_piece_is_none_of_pieces() -> None:
    volume, outline = imaged([Ellipsoid((0, 0, 0), (13, 9, 11), 700)], 1.0)
    edge = find_edge(volume, outline, SETTINGS)
    assert not edge.of_pieces


def test_blur_lowers_the_peak_of_small_balls_only() -> None:
    # A ball of 12 mm keeps its density, and nothing falls at 1 mm from its middle.
    peaks = peaks_of_balls(0.49, 0.7, 0.8, [1.0])
    assert peaks.kept_at(np.array([0.0]))[0] == pytest.approx(1, abs=0.01)
    # A point under a Gaussian blur falls by 1 - exp(-d^2 / (2 variance)) at a distance d.
    assert peaks.fall[-1] == pytest.approx(1 - math.exp(-1 / (2 * 0.49)), abs=0.03)
    # Its peak is its volume divided by that of the blur: (2 pi)^1.5 sigma^3 in slices that are thin.
    thin = peaks_of_balls(0.49, 0.7, 0.01, [1.0])
    assert thin.kept[-1] == pytest.approx(4 / 3 * math.pi * 0.25**3 / ((2 * math.pi) ** 1.5 * 0.7**3), rel=0.08)


def test_peaks_of_balls_are_found_again_from_their_fall() -> None:
    # A ball drawn by hand: the density follows from peak and fall, whatever the ball's size.
    for radius_mm in (1.0, 1.6, 2.6):
        grid: Grid = straight_grid((41, 61, 61), (0.5, 0.5, 0.5))
        hu = render([Ellipsoid((0, 0, 0), (radius_mm,) * 3, 700)], grid, background_hu=0, noise_sd_hu=0)
        peak_hu = float(hu.max())
        k, j, i = np.unravel_index(int(hu.argmax()), hu.shape)
        beside_hu = np.mean([hu[k, j + 2, i], hu[k, j - 2, i], hu[k, j, i + 2], hu[k, j, i - 2]])
        peaks = peaks_of_balls(0.7**2, 0.05, 0.5, [1.0])
        kept = peaks.kept_at(np.array([1 - beside_hu / peak_hu]))[0]
        assert peak_hu / kept == pytest.approx(700, rel=0.08)
