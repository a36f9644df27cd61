"""The width of the blur of an image, estimated from the gradient at an edge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfinv

from calcimeasure.edge.constants import EDGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def blur_sigma_mm(
    level: NDArray[np.float32],
    inside: NDArray[np.bool_],
    pixel_mm: Sequence[float],
    steep_percentile: int = EDGE.steep_percentile,
) -> float:
    """Estimate the blur in the slice plane from the gradient at the edge.

    Over two pixels across a straight edge blurred by a Gaussian the level changes by erf(pixel / (sqrt(2) sigma)). If
    the surface is inclined to the slice, the gradient is lower; so only the steepest quarter of the edge is used.

    Parameters
    ----------
    level, inside
        Arrays of an `Edge`; for a large box some of its slices are enough.
    pixel_mm
        Distance between rows, and between columns.
    steep_percentile
        Percentile of the steepness that counts.
    """
    step = max(1, level.size // EDGE.enough_voxels_for_blur)
    level, inside = level[::step], inside[::step]
    on_edge = inside[:, 1:-1, 1:-1] & (level[:, 1:-1, 1:-1] < EDGE.near_edge_level)
    if not on_edge.any():
        return max(pixel_mm)
    k, j, i = np.unravel_index(np.flatnonzero(on_edge), on_edge.shape)
    down = level[k, j + 2, i + 1] - level[k, j, i + 1]
    along = level[k, j + 1, i + 2] - level[k, j + 1, i]
    change = float(np.percentile(np.hypot(down, along), steep_percentile))
    return math.sqrt(pixel_mm[0] * pixel_mm[1]) / (
        math.sqrt(2) * float(erfinv(min(max(change, EDGE.steepness[0]), EDGE.steepness[1])))
    )
