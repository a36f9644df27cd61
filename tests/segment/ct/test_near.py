import numpy as np
import pytest
from numpy.typing import NDArray

from calcimeasure.segment.ct.near import beyond, within

SHAPE = (9, 14, 17)


def from_places_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Distance of every voxel from the nearest of a mask, by comparing it with each."""
    every = np.stack(np.indices(mask.shape), axis=-1) * spacing_mm
    return np.min([np.linalg.norm(every - place, axis=-1) for place in np.argwhere(mask) * spacing_mm], axis=0)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (3.0, 0.7, 0.7), (0.5, 2.0, 1.5)])
@pytest.mark.parametrize("reach_mm", [0.4, 1.0, 3.3, 6.1])
def test_what_lies_within_the_reach(spacing_mm: tuple[float, float, float], reach_mm: float) -> None:
    mask = np.random.default_rng(3).random(SHAPE) < 0.01
    mask[0, 0, 0] = mask[-1, -1, -1] = True
    away_mm = from_places_mm(mask, spacing_mm)
    assert np.array_equal(within(mask, spacing_mm, reach_mm), away_mm <= reach_mm)
    assert np.array_equal(beyond(~mask, spacing_mm, reach_mm), away_mm > reach_mm)


def test_a_voxel_at_just_the_reach_lies_within_it() -> None:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[4, 7, 8] = True
    near = within(mask, (1.0, 0.5, 0.5), 3.5)
    assert near[4, 0, 8]
    assert near[4, 7, 15]
    assert not near[4, 7, 16]
    assert not near[0, 7, 8]


def test_a_reach_of_many_voxels() -> None:
    mask = np.zeros((30, 30, 30), dtype=np.bool_)
    mask[3, 4, 5] = True
    away_mm = from_places_mm(mask, (1.0, 1.0, 1.0))
    assert np.array_equal(within(mask, (1.0, 1.0, 1.0), 12.2), away_mm <= 12.2)
    assert not within(np.zeros_like(mask), (1.0, 1.0, 1.0), 12.2).any()


def test_the_end_of_the_array_is_no_surface() -> None:
    assert beyond(np.ones(SHAPE, dtype=np.bool_), (1.0, 1.0, 1.0), 3.0).all()
    assert not within(np.zeros(SHAPE, dtype=np.bool_), (1.0, 1.0, 1.0), 3.0).any()
