"""Points that stand for a lesion, or for bone: fewer than there are voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.locate.constants import LOCATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline


def outline_points(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    """Choose points that stand for a lesion.

    Parameters
    ----------
    outline
        The lesion.
    geometry
        Of its stack.

    Returns
    -------
    ndarray
        (n, 3) LPS mm: the centers of its voxels. Of a large lesion `lesion_points` at most, moved so that their mean is
        the mean of all voxels.
    """
    mask = outline.mask()
    voxels = np.flatnonzero(mask)
    step = -(-len(voxels) // LOCATE.lesion_points)
    # One voxel of each group is drawn at random. The first voxel of each group would not do: where rows are as long as
    # a group, all points would lie in one column.
    first = np.arange(0, len(voxels) - step + 1, step)
    chosen = voxels[first + np.random.default_rng(0).integers(step, size=len(first))]
    points = geometry.to_lps_mm(np.column_stack(np.unravel_index(chosen, mask.shape)) + np.array(outline.start_kji))
    found: NDArray[np.float64] = points + (_middle_lps_mm(mask, outline.start_kji, geometry) - points.mean(axis=0))
    return found


def some_points(points_lps_mm: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Thin the points of a lesion to a largest number, which is enough to compute distances from the lesion."""
    return points_lps_mm[:: -(-len(points_lps_mm) // most)]


def thinning_steps(geometry: Geometry, step_mm: float) -> NDArray[np.intp]:
    """(3,) number of slices, rows and columns that together are no wider than a distance; at least 1."""
    return np.array([max(1, int(step_mm / mm)) for mm in geometry.spacing_kji_mm])


def thinned_index(
    masks: Iterable[tuple[NDArray[np.generic], Sequence[int]]], steps_kji: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Take every nth voxel of masks along each axis, if the voxel is not 0.

    Parameters
    ----------
    masks
        (k, j, i) arrays, each with the index of its first voxel in the stack.
    steps_kji
        The steps n along slices, rows and columns.

    Returns
    -------
    ndarray
        (n, 3) slice, row and column in the stack.
    """
    every = tuple(slice(None, None, step) for step in steps_kji)
    found = [np.argwhere(mask[every]) * steps_kji + np.array(start_kji) for mask, start_kji in masks]
    return np.concatenate(found) if found else np.empty((0, 3), dtype=np.intp)


def _middle_lps_mm(mask: NDArray[np.bool_], start_kji: Sequence[int], geometry: Geometry) -> NDArray[np.float64]:
    """(3,) mean of the centers of voxels. In each slice it is the center at the mean index: there the map is linear."""
    in_rows, in_columns = mask.sum(axis=2), mask.sum(axis=1)
    voxels = in_rows.sum(axis=1)
    slices = np.flatnonzero(voxels)
    in_slice = [
        (counts[slices] @ np.arange(first, first + counts.shape[1])) / voxels[slices]
        for counts, first in ((in_rows, start_kji[1]), (in_columns, start_kji[2]))
    ]
    middles = geometry.to_lps_mm(np.stack([slices + start_kji[0], *in_slice], axis=1))
    middle: NDArray[np.float64] = np.average(middles, axis=0, weights=voxels[slices])
    return middle
