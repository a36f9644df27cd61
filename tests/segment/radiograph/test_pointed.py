"""What stands out at a place and in a painted region, held against masses known by formula. The network is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.segment.radiograph import pointed
from calcimeasure.segment.radiograph.marked import kept_pyramid_of, within_skin
from calcimeasure.segment.radiograph.painted import better_than_painted
from calcimeasure.segment.radiograph.patches import border_of, expected_dice, patch_around
from calcimeasure.segment.radiograph.pointed import pointed_at
from calcimeasure.segment.radiograph.propose import grow_on_radiograph
from calcimeasure.segment.radiograph.shadows import Shadow, drawn
from calcimeasure.settings import Settings
from tests.radiographs import radiograph_of

if TYPE_CHECKING:
    from calcimeasure.segment.radiograph.scale import Pyramid
    from tests.phantoms import Array

ROWS, COLUMNS = np.indices((200, 260), dtype=np.float32)
LIMB = COLUMNS > 40
NOISE = np.random.default_rng(7).normal(0, 4, ROWS.shape)


def disk(row: float, column: float, radius: float) -> Array:
    return np.hypot(ROWS - row, COLUMNS - column) < radius


def film(mass: Array, dense: float = 300.0) -> Pyramid:
    """A limb whose skin is a line, with a mass in it."""
    return kept_pyramid_of(radiograph_of(100 + 400 * LIMB + dense * mass + NOISE))


def whole(pyramid: Pyramid, shadow: Shadow | None) -> Array:
    mask = np.zeros(ROWS.shape, dtype=bool)
    if shadow is not None:
        part, (row, column) = drawn(pyramid, shadow)
        mask[row : row + part.shape[0], column : column + part.shape[1]] = part
    return mask


def dice(one: Array, other: Array) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointed, "shadows_at", lambda *_: [])


TWO_LOBES = disk(100, 130, 16) | disk(100, 154, 14)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("place", [(100.0, 124.0), (104.0, 158.0)])
def test_two_lobes_are_one_whichever_is_pointed_at(place: tuple[float, float]) -> None:
    pyramid = film(TWO_LOBES)
    assert dice(whole(pyramid, pointed_at(pyramid, place, 8.0, 120.0)), TWO_LOBES) > 0.85


@pytest.mark.usefixtures("no_network")
def test_grains_and_the_gaps_between_them_are_one() -> None:
    cloud = np.any([disk(88 + 6 * (n // 5), 130 + 6 * (n % 5), 2.4) for n in range(25)], axis=0)
    hull = (np.abs(ROWS - 100) < 15) & (np.abs(COLUMNS - 142) < 15)
    pyramid = film(cloud)
    assert dice(whole(pyramid, pointed_at(pyramid, (100.0, 142.0), 8.0, 120.0)), hull) > 0.85


@pytest.mark.usefixtures("no_network")
def test_an_outline_of_a_mass_at_the_skin_does_not_cross_it() -> None:
    mass = disk(100, 58, 20) & LIMB
    image = radiograph_of(100 + 400 * LIMB + 300 * mass + NOISE)
    found = grow_on_radiograph(image, (100, 60), Settings()).mask_in((0, 0, 0), (1, *ROWS.shape))[0]
    assert not found[:, :40].any()
    assert dice(found, mass) > 0.85


def test_an_outline_along_an_edge_is_expected_to_be_better_than_one_beside_it() -> None:
    mass = disk(100, 140, 20)
    patch = patch_around(film(mass), (99.5, 139.5), 64.0)
    found = [expected_dice(patch, np.hypot(*(np.mgrid[:64, :64] - 32.0)) < radius, 500.0) for radius in (12, 20, 27)]
    assert found[1] == max(found)
    border = border_of(patch, np.hypot(*(np.mgrid[:64, :64] - 32.0)) < 20)
    assert border is not None
    assert border.fall == pytest.approx(300, rel=0.2)
    assert border.at_skin == 0


def test_a_painted_region_along_the_edge_stays() -> None:
    mass = disk(100, 140, 20)
    pyramid = film(mass)
    far = Shadow(
        (100.0, 140.0), 64.0, np.full((64, 64), 0.9, dtype=np.float32), np.hypot(*(np.mgrid[:64, :64] - 32)) < 15
    )
    assert better_than_painted(pyramid, mass, [far]) is None


@pytest.mark.parametrize("aside", [(0, 0, 15), (6, 6, 20), (0, -9, 20)])
def test_a_rough_region_is_never_worse_than_what_was_painted(aside: tuple[int, int, int]) -> None:
    mass, painted = disk(100, 140, 20), disk(100 + aside[0], 140 + aside[1], aside[2])
    pyramid = film(mass)
    found = better_than_painted(pyramid, painted, [])
    assert dice(whole(pyramid, found) if found is not None else painted, mass) >= dice(painted, mass)
    assert found is not None or aside == (0, 0, 15)


def test_where_nothing_stands_out_the_painted_region_is_the_outline() -> None:
    painted = disk(100, 140, 20)
    found = grow_on_radiograph(radiograph_of(np.full(ROWS.shape, 7.0)), painted, Settings())
    assert np.array_equal(found.mask_in((0, 0, 0), (1, *ROWS.shape))[0], painted)
    assert within_skin(found, film(disk(100, 140, 20))) is found
