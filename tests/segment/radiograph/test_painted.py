"""What stands out in a painted region, held against masses known by formula. The network is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.segment.radiograph.marked import kept_pyramid_of, within_skin
from calcimeasure.segment.radiograph.painted import better_than_painted
from calcimeasure.segment.radiograph.patches import border_of, patch_around
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


def test_the_fall_across_the_border_of_a_mass_is_that_of_the_image() -> None:
    patch = patch_around(film(disk(100, 140, 20)), (99.5, 139.5), 64.0)
    falls = [border_of(patch, np.hypot(*(np.mgrid[:64, :64] - 32.0)) < radius) for radius in (12, 20, 27)]
    assert all(one is not None for one in falls)
    assert [one.fall for one in falls if one] == pytest.approx([0, 300, 0], abs=60)
    assert falls[1] is not None
    assert falls[1].weakest > 200


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
