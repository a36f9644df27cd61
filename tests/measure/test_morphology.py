"""What masses look like: one of each kind, on anisotropic grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.measure import measure
from calcimeasure.model import Morphology
from calcimeasure.settings import Settings
from tests.measure.painted import balls, dense, painted
from tests.phantoms import rotation_matrix, straight_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.phantoms import Array

GRIDS = {
    "1 mm": straight_grid((44, 60, 60), (1.0, 0.8, 0.8)),
    "3 mm": straight_grid((15, 60, 60), (3.0, 0.8, 0.8)),
}
TURN = rotation_matrix((20.0, 35.0, 10.0))


def slab(half_mm: tuple[float, float, float]) -> Callable[[Array], Array]:
    return lambda points: np.where((np.abs(points @ TURN) < half_mm).all(axis=1), 700.0, 50.0)


def shell(points: Array) -> Array:
    away_mm = np.linalg.norm(points / (1.0, 1.0, 0.9), axis=1)
    return np.where((away_mm < 17) & (away_mm > 14), 700.0, 50.0)


def net(points: Array) -> Array:
    """Strands of 3 mm along three axes, 8 mm apart, in a ball."""
    turned = points @ TURN
    from_strand_mm = np.abs((turned + 4) % 8 - 4)
    away_mm = np.sqrt(np.sort(from_strand_mm**2, axis=1)[:, :2].sum(axis=1))
    return np.where((away_mm < 1.5) & (np.linalg.norm(points, axis=1) < 17), 700.0, 50.0)


def scattered(count: int, radius_mm: float, reach_mm: float, away_mm: float) -> Array:
    """Middles of balls in a larger ball, at least so far from each other."""
    rng, found = np.random.default_rng(4), np.zeros((0, 3))
    while len(found) < count:
        place = rng.uniform(-reach_mm, reach_mm, 3)
        if np.linalg.norm(place) < reach_mm - radius_mm and (np.linalg.norm(found - place, axis=1) > away_mm).all():
            found = np.vstack([found, place])
    return found


MASSES: dict[Morphology, Callable[[Array], Array]] = {
    Morphology.SOLID: balls([(0.5, 0.2, 0.1)], 14.0),
    Morphology.LOBULATED: balls([(-9, 0, 0), (8, 5, 0), (2, -9, 6), (3, 3, -9)], [9.0, 8.0, 7.5, 7.0]),
    Morphology.LOCULATED: balls([(-8.5, -8.5, -1.0), (8.5, -8.5, 1.0), (-8.5, 8.5, 0), (8.5, 8.5, 0)], 7.3),
    Morphology.GRANULAR: balls(scattered(45, 2.0, 18.0, 5.2), 2.0, 800.0),
    Morphology.NET: net,
    Morphology.SHELL: shell,
    Morphology.PLATE: slab((18.0, 15.0, 3.0)),
}  # fmt: skip


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("word", MASSES)
def test_each_kind_is_named(word: Morphology, spacing: str) -> None:
    volume = painted(GRIDS[spacing], MASSES[word])
    found = measure(volume, dense(volume), Settings())
    assert found.morphology is word
    assert found.morphology_confidence is not None
    assert 0.4 < found.morphology_confidence <= 1


def test_rod_is_no_plate() -> None:
    volume = painted(GRIDS["1 mm"], slab((18.0, 3.0, 3.0)))
    assert measure(volume, dense(volume), Settings()).morphology is Morphology.SOLID


def test_bent_plate_is_a_plate() -> None:
    def bent(points: Array) -> Array:
        from_axis_mm = np.hypot(points[:, 0], points[:, 1] + 18)
        sheet = (np.abs(from_axis_mm - 22) < 2) & (np.abs(points[:, 2]) < 16) & (points[:, 1] > -8)
        return np.where(sheet, 700.0, 50.0)

    volume = painted(GRIDS["1 mm"], bent)
    assert measure(volume, dense(volume), Settings()).morphology is Morphology.PLATE
