"""Where a lesion lies, in points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline

MOST_POINTS: Final = 4000
"""So many voxels of a large mass tell which share of it lies beyond a plane to 1 %."""


def outline_points(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    """(n, 3) LPS mm of the voxels of an outline; of a large one of some, whose middle is that of all."""
    index = np.argwhere(outline.mask())
    middle_lps_mm = _middle_lps_mm(index + np.array(outline.start_kji), geometry)
    step = -(-len(index) // MOST_POINTS)
    # One of each so many, and not each so-manieth: rows of just that length would give one column alone.
    first = np.arange(0, len(index) - step + 1, step)
    chosen = first + np.random.default_rng(0).integers(step, size=len(first))
    points = geometry.to_lps_mm(index[chosen] + np.array(outline.start_kji))
    found: NDArray[np.float64] = points + (middle_lps_mm - points.mean(axis=0))
    return found


def some_points(points_lps_mm: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Thin points of a lesion to so many at most: distances from it need no more."""
    return points_lps_mm[:: -(-len(points_lps_mm) // most)]


def _middle_lps_mm(index_kji: NDArray[np.intp], geometry: Geometry) -> NDArray[np.float64]:
    """Mean place of voxels: in each slice that of their mean index, as places are linear there."""
    slices, voxels = np.unique(index_kji[:, 0], return_counts=True)
    first = slices[0]
    in_slice = [np.bincount(index_kji[:, 0] - first, index_kji[:, axis])[slices - first] / voxels for axis in (1, 2)]
    middles = geometry.to_lps_mm(np.stack([slices, *in_slice], axis=1))
    middle: NDArray[np.float64] = np.average(middles, axis=0, weights=voxels)
    return middle
