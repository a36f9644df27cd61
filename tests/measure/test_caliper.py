"""Calipers against all pairs of points."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from calcimeasure.measure import caliper


@pytest.mark.parametrize(
    ("count", "scale_mm"), [(12, (9.0, 7.0, 4.0)), (1500, (30.0, 28.0, 20.0)), (3000, (30.0, 30.0, 30.0))]
)
def test_farthest_in_space_is_that_of_all_pairs(count: int, scale_mm: tuple[float, float, float]) -> None:
    directions = np.random.default_rng(8).normal(size=(count, 3))
    points = directions / np.linalg.norm(directions, axis=1, keepdims=True) * scale_mm
    length_mm, ends = caliper.farthest_in_space(points)
    assert length_mm == pytest.approx(pdist(points).max(), abs=1e-9)
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(length_mm)


@pytest.mark.parametrize("half_axes_mm", [(30.0, 30.0, 30.0), (30.0, 29.5, 20.0), (40.0, 10.0, 1.0)])
def test_farthest_of_many_points_is_that_of_all_pairs(half_axes_mm: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(8)
    directions = rng.normal(size=(3000, 3))
    points = directions / np.linalg.norm(directions, axis=1, keepdims=True) * half_axes_mm
    points += rng.normal(scale=0.1, size=points.shape)
    length_mm, ends = caliper._farthest_of_many(points)
    assert length_mm == pytest.approx(pdist(points).max(), abs=1e-9)
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(length_mm)


def test_no_direction_in_space_is_far_from_those_that_are_looked_along() -> None:
    directions, cosine = caliper._directions_in_space()
    anywhere = np.random.default_rng(8).normal(size=(100_000, 3))
    anywhere /= np.linalg.norm(anywhere, axis=1, keepdims=True)
    assert np.abs(anywhere @ directions.T).max(axis=1).min() >= cosine


def test_no_caliper_exceeds_its_limit() -> None:
    rng = np.random.default_rng(8)
    for _ in range(200):
        borders = [rng.normal(size=(40, 2)) * rng.uniform(1, 20, 2), np.empty((0, 2)), rng.normal(size=(3, 2))]
        wide, nothing, narrow = caliper.caliper_limits_mm(borders)
        assert 1 <= wide / pdist(borders[0]).max() <= 1.005
        assert 1 <= narrow / pdist(borders[2]).max() <= 1.005
        assert nothing == -1
