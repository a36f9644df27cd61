"""The network and the patches it looks at, without what it has learned."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.segment.layers import Layer, convolved
from calcimeasure.segment.radiograph import shadows
from calcimeasure.segment.radiograph.network import CALCINOSIS, CHANNELS, SHADOWS, SIDE, layers, mass_shares
from calcimeasure.segment.radiograph.scale import pyramid_of
from calcimeasure.segment.radiograph.shadows import Shadow, as_seen, drawn, longest_extent, settled
from tests.projections import radiograph_of

MIDDLE = (SIDE - 1) / 2
Y, X = np.mgrid[:SIDE, :SIDE] - MIDDLE


def disk(radius: float, down: float = 0, across: float = 0) -> np.ndarray:
    """How far inside of a disk each pixel lies."""
    return radius - np.hypot(Y - down, X - across)


def shadow(depth: np.ndarray, side: float = 32.0, center: tuple[float, float] = (100.0, 80.0)) -> Shadow:
    return Shadow(center, side, (1 / (1 + np.exp(-2 * depth))).astype(np.float32), depth > 0)


def test_convolution_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(1)
    seen = rng.standard_normal((2, 6, 8, 3)).astype(np.float32)
    weights = rng.standard_normal((3, 3, 3, 4)).astype(np.float32)
    bias = rng.standard_normal(4).astype(np.float32)
    found = convolved(seen, Layer(weights.reshape(-1, 4), bias))
    for n in range(2):
        for output in range(4):
            total = sum(
                ndimage.correlate(seen[n, :, :, channel].astype(float), weights[:, :, channel, output], mode="constant")
                for channel in range(3)
            )
            np.testing.assert_allclose(
                found[n, :, :, output], np.maximum(total + bias[output], 0), rtol=1e-3, atol=1e-4
            )


@pytest.mark.parametrize("weights", [SHADOWS, CALCINOSIS])
def test_weights_fit_together(weights: str) -> None:
    found = layers(weights)
    inputs = [layer.weights.shape[0] for layer in found]
    assert len(found) == 15
    assert inputs[0] == 9 * CHANNELS
    assert all(layer.weights.shape[1] == len(layer.bias) for layer in found)
    assert found[-1].weights.shape[1] == 1


def test_patches_are_looked_at_each_alone() -> None:
    patches = np.random.default_rng(2).standard_normal((11, SIDE, SIDE, CHANNELS)).astype(np.float32)
    together = mass_shares(patches)
    assert together.shape == (11, SIDE, SIDE)
    assert ((together >= 0) & (together <= 1)).all()
    np.testing.assert_allclose(together[9:10], mass_shares(patches[9:10]), atol=1e-4)
    assert mass_shares(patches[:0]).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize(("gain", "offset"), [(0.01, 0.0), (500.0, -2000.0)])
def test_unit_and_offset_of_attenuation_are_not_seen(gain: float, offset: float) -> None:
    values = np.random.default_rng(3).standard_normal((SIDE, SIDE)) + 3 * (disk(15) > 0)
    within = X < 25
    np.testing.assert_allclose(as_seen(values * gain + offset, within), as_seen(values, within), atol=1e-4)


@pytest.mark.parametrize(("gap_mm", "pieces"), [(4, 2), (7, 1)])
def test_pieces_are_one_mass_up_to_the_joining_distance(
    gap_mm: float, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two disks on a patch of 64 mm, one pixel a millimeter; 5 mm are joined."""
    two = np.maximum(disk(6, across=-6 - gap_mm / 2), disk(5, across=5 + gap_mm / 2))
    monkeypatch.setattr(shadows, "mass_shares", lambda patches, _: (two > 0)[None].repeat(len(patches), 0) * 0.9)
    film = pyramid_of(radiograph_of(np.random.default_rng(4).random((200, 220)), (0.5, 0.5)))
    (found,) = shadows.seen_at(film, [((100.0, 110.0), 32.0)])
    assert found is not None
    assert ndimage.label(found.mask)[1] == pieces
    assert found.mask.sum() == ((two > 0) if pieces == 2 else disk(6, across=-6 - gap_mm / 2) > 0).sum()


def test_where_there_is_no_difference_nothing_is_seen() -> None:
    film = pyramid_of(radiograph_of(np.full((90, 120), 40.0)))
    assert settled(film, [((40.0, 50.0), 10.0), ((0.0, 0.0), 30.0)]) == [None, None]


def test_shadow_is_drawn_where_it_lies_on_pixels_that_are_no_squares() -> None:
    film = pyramid_of(radiograph_of(np.random.default_rng(4).random((200, 220)), (0.5, 0.25)))
    # Half a mm for each pixel of the patch: a disk of 10 mm, 1.5 mm below and 2 mm left of its center.
    one = shadow(disk(10, down=3, across=-4))
    mask, start = drawn(film, one)
    rows, columns = np.nonzero(mask)
    assert mask.sum() * 0.5 * 0.25 == pytest.approx(np.pi * 25, rel=0.03)
    assert start[0] + rows.mean() == pytest.approx(100 + 1.5 / 0.5, abs=0.1)
    assert start[1] + columns.mean() == pytest.approx(80 - 2 / 0.25, abs=0.2)
    assert one.middle(film) == pytest.approx((103, 72), abs=0.1)
    assert one.length == pytest.approx(10, abs=0.6)


def test_shadow_at_the_border_is_drawn_within_the_image() -> None:
    film = pyramid_of(radiograph_of(np.random.default_rng(4).random((50, 60)), (1.0, 1.0)))
    mask, start = drawn(film, shadow(disk(20), side=64.0, center=(2.0, 58.0)))
    assert start == (0, 26)
    assert mask.shape == (35, 34)
    assert mask[2, 32]
    assert mask.sum() < np.pi * 400 / 3


def test_holes_are_filled() -> None:
    ring = np.minimum(disk(14), -disk(5))
    mask, _ = drawn(pyramid_of(radiograph_of(np.random.default_rng(4).random((200, 220)), (0.5, 0.5))), shadow(ring))
    assert mask.sum() == pytest.approx(np.pi * 14**2, rel=0.03)


@pytest.mark.parametrize(("down", "across", "away"), [(0, 0, 0), (0, 12, 2.0), (40, 0, 30.0)])
def test_distance_from_a_shadow_is_in_pixels_of_its_patch(down: float, across: float, away: float) -> None:
    film = pyramid_of(radiograph_of(np.random.default_rng(4).random((200, 220)), (0.5, 0.25)))
    point = 100 + down * 0.5 / 0.5, 80 + across * 0.5 / 0.25
    assert shadow(disk(10)).pixels_away(film, point) == pytest.approx(away, abs=1)


def test_certainty_is_the_dice_to_be_expected() -> None:
    inside = disk(10) > 0
    sure = Shadow((0.0, 0.0), 64.0, inside.astype(np.float32), inside)
    assert sure.certainty == pytest.approx(1)
    half = Shadow((0.0, 0.0), 64.0, np.where(inside, 0.5, 0).astype(np.float32), inside)
    # Of each pixel inside a half: 2 * 0.5 / (0.5 + 1).
    assert half.certainty == pytest.approx(2 / 3)


def test_longest_extent_is_found_in_any_direction() -> None:
    line = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    assert longest_extent(line) == pytest.approx(10, rel=0.02)
    assert longest_extent(line[:1]) == 0
