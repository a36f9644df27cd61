"""The truth of tests/bench/radiograph/calcified: what is put into a film, and where."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from tests.bench.radiograph.calcified import BESIDE_BONE, KINDS, LEAST_SEEN, OVER_BONE, calcified, outlined, path_of

RADIUS = 20.0


def limb() -> np.ndarray:
    """(rows, columns) a limb beside air, with a bone along its middle, and a little noise."""
    column = np.abs(np.arange(300) - 150)
    values = np.where(column < 40, 200.0, np.where(column < 120, 100.0, 5.0))
    return ndimage.gaussian_filter1d(np.tile(values, (400, 1)), 1.5, axis=1) + np.random.default_rng(3).normal(
        0, 2, (400, 300)
    )


def test_rays_in_balls_add_up() -> None:
    places = np.array([[40.3, 40.6], [43.0, 95.2]])
    path = path_of(places, np.array([RADIUS, RADIUS / 2]))
    assert path.sum() == pytest.approx(4 / 3 * math.pi * RADIUS**3 * (1 + 1 / 8), rel=0.01)
    assert path.max() == pytest.approx(2 * RADIUS, rel=0.01)
    assert not path[[0, -1]].any()
    assert not path[:, [0, -1]].any()


def test_outline_of_a_ball_is_its_disc() -> None:
    outline, usual = outlined(path_of(np.zeros((1, 2)), np.array([RADIUS])), 2.0)
    # Nine tenths of a disc lie beyond the ray of this length, and the rim of rays below LEAST_SEEN of it is left out.
    assert usual == pytest.approx(2 * RADIUS * math.sqrt(0.9), rel=0.02)
    assert outline.sum() == pytest.approx(math.pi * (RADIUS**2 - (LEAST_SEEN * usual / 2) ** 2), rel=0.02)


def test_ring_is_outlined_with_its_hole_and_far_pieces_are_not_bridged() -> None:
    angle = np.linspace(0, 2 * math.pi, 80)
    ring = 30 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline, _ = outlined(path_of(ring, np.full(80, 3.0)), 2.0)
    assert outline.sum() == pytest.approx(math.pi * 33**2, rel=0.03)
    apart, _ = outlined(path_of(np.array([[0.0, 0.0], [0.0, 30.0]]), np.full(2, 8.0)), 2.0)
    assert ndimage.label(apart)[1] == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("over_bone", [False, True], ids=["free", "over bone"])
def test_film_outside_of_a_mass_is_untouched(kind: str, over_bone: bool) -> None:
    film = limb()
    made = calcified(
        film, np.random.default_rng(1), kind=kind, pixels_per_mm=2.0, long_mm=(14, 18), over_bone=over_bone
    )
    assert made is not None
    assert made.bone_share > OVER_BONE if over_bone else made.bone_share < BESIDE_BONE
    more = made.pixels - film
    # A mass hides nothing and ends at the densest value. Beyond its outline only its thinnest part is left.
    assert more.min() > -1e-9
    assert made.pixels.max() == film.max()
    # The strongest mass adds 0.8 of what the film spans, 195 at most, and noise of 5 % to that.
    assert more[~made.truth].max() < 1.25 * LEAST_SEEN * 0.8 * 195
    assert more[made.truth].mean() > 1
    # Single small balls of a cloud lie apart from its outline.
    far = ndimage.distance_transform_edt(~made.truth) > (30 if kind == "cloud" else 8)
    assert not more[far].any()


def test_a_film_without_bone_takes_no_mass_over_bone() -> None:
    film = np.where(limb() > 150, 100.0, limb())
    film[:20, 140:160] = 200.0
    rng = np.random.default_rng(1)
    assert calcified(film, rng, kind="solid", pixels_per_mm=2.0, long_mm=(30, 40), over_bone=True) is None
