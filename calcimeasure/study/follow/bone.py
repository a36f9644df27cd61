"""How much denser bone is at another tube voltage: calcium gains by the same factor, whatever became of the mass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.motion import moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.study.follow.look import Look

_SEED = 1


@dataclass(frozen=True, slots=True)
class BoneFactor:
    """What the attenuation of bone near a mass was multiplied by from one date to the other.

    Parameters
    ----------
    ratio
        Attenuation above soft tissue of the current date, in units of the prior one.
    spread
        Standard deviation of the ratio, from one part of the bone to the next and from one pair of images to the next.
    """

    ratio: float
    spread: float


def bone_factor(
    looks: tuple[Look, Look], matrix: NDArray[np.float64], middle_lps_mm: NDArray[np.float64]
) -> BoneFactor | None:
    """Compare the attenuation of bone near a mass at both dates.

    Parameters
    ----------
    looks
        The prior and the current stack.
    matrix
        (4, 4) motion of the bone near the mass, prior to current.
    middle_lps_mm
        (3,) middle of the mass at the prior date.

    Returns
    -------
    BoneFactor or None
        None where too little bone or soft tissue is shown by both stacks within `FOLLOW.near_mm` of the mass.
    """
    prior, current = looks
    points = _points_near(prior, middle_lps_mm)
    there = moved(matrix, points)
    both = prior.is_used(points) & current.is_used(there)
    points = points[both]
    hu = np.stack([prior.hu_at(points), current.hu_at(there[both])])
    low, high = FOLLOW.soft_window_hu
    soft = np.all((hu > low) & (hu < high), axis=0)
    dense = np.all(hu >= FOLLOW.dense_hu, axis=0)
    if min(np.count_nonzero(soft), np.count_nonzero(dense)) < FOLLOW.fewest_bone:
        return None
    above = hu[:, dense] - np.median(hu[:, soft], axis=1, keepdims=True)
    # The densest cubes of both dates together: chosen by one date alone, its noise would make the ratio.
    top = above.sum(axis=0) >= np.quantile(above.sum(axis=0), FOLLOW.densest_bone)
    above, points = above[:, top], points[dense][top]
    ratio = float(above[1].sum(dtype=np.float64) / above[0].sum(dtype=np.float64))
    return BoneFactor(ratio, float(np.hypot(_spread(above, points), FOLLOW.bone_blur_share * ratio)))


def _points_near(look: Look, middle_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a point at random in each cube near a place: in both stacks alike, it lies between the middles of cubes."""
    reach = FOLLOW.near_mm / look.step_mm
    at = look.index_zyx(middle_lps_mm)
    low = np.maximum(np.floor(at - reach), 0).astype(int)
    high = np.maximum(np.minimum(np.ceil(at + reach) + 1, look.hu.shape).astype(int), low)
    ticks = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    index = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    within = np.random.default_rng(_SEED).uniform(-0.5, 0.5, index.shape)
    points = look.points_lps_mm(index + within)
    near: NDArray[np.float64] = points[np.linalg.norm(points - middle_lps_mm, axis=1) <= FOLLOW.near_mm]
    return near


def _spread(above_hu: NDArray[np.float32], points_lps_mm: NDArray[np.float64]) -> float:
    """Give the standard deviation of the ratio between parts of the bone, along its length."""
    away = points_lps_mm - points_lps_mm.mean(axis=0)
    along = away @ np.linalg.svd(away, full_matrices=False)[2][0]
    parts = np.array_split(np.argsort(along), FOLLOW.bone_parts)
    ratios = [
        float(above_hu[1, part].sum(dtype=np.float64) / above_hu[0, part].sum(dtype=np.float64)) for part in parts
    ]
    return float(np.std(ratios, ddof=1))
