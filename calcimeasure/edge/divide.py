"""A mass divided into its pieces, at the valleys of attenuation between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

if TYPE_CHECKING:
    from numpy.typing import NDArray


def divided(
    above_hu: NDArray[np.float32], region: NDArray[np.bool_], lowest_peak_hu: float, least_dip: tuple[float, float]
) -> tuple[NDArray[np.int32], int]:
    """Divide a region at the valleys of its attenuation.

    Parameters
    ----------
    above_hu
        (k, j, i) attenuation above the surroundings, with little noise.
    region
        What is divided.
    lowest_peak_hu
        A piece has a voxel of at least this attenuation above the surroundings.
    least_dip
        The valley between two pieces is lower than the lower of both peaks by so many HU, and by this part of the peak.

    Returns
    -------
    labels, count
        (k, j, i) number of the piece of each voxel, from 1; 0 outside of the region and where no piece is connected.
    """
    labels, peaks_hu = _basins(above_hu, region, lowest_peak_hu)
    first, second, saddle_hu = _passes(labels, above_hu, len(peaks_hu))
    piece = list(range(len(peaks_hu)))
    peak_hu = peaks_hu.tolist()

    def piece_of(basin: int) -> int:
        while piece[basin] != basin:
            piece[basin] = piece[piece[basin]]
            basin = piece[basin]
        return basin

    # From the highest pass down: a lower peak without a deep valley before it belongs to the higher one.
    for one, other, pass_hu in zip(first.tolist(), second.tolist(), saddle_hu.tolist(), strict=True):
        low, high = sorted((piece_of(one), piece_of(other)), key=peak_hu.__getitem__)
        if low != high and peak_hu[low] - pass_hu < max(least_dip[0], least_dip[1] * peak_hu[low]):
            piece[low] = high
    names, number = np.unique([piece_of(basin) for basin in range(len(piece))], return_inverse=True)
    return number.astype(np.int32)[labels], len(names) - 1


def _basins(
    above_hu: NDArray[np.float32], region: NDArray[np.bool_], lowest_peak_hu: float
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the basin of every local peak, and the height of each peak (of number 0, which is none: 0)."""
    peaks = region & (above_hu >= lowest_peak_hu) & (above_hu == ndimage.maximum_filter(above_hu, 3))
    places = np.flatnonzero(peaks)
    seeds = np.zeros(region.shape, dtype=np.int32)
    seeds.ravel()[places] = np.arange(1, len(places) + 1)
    labels: NDArray[np.int32] = watershed(-above_hu, seeds, mask=region)
    return labels, np.concatenate([np.zeros(1, dtype=np.float32), above_hu.ravel()[places]])


def _passes(
    labels: NDArray[np.int32], above_hu: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the pairs of basins that touch and the highest pass between them, the highest pass first."""
    pairs, heights_hu = [], []
    for axis in range(3):
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        one, other = labels[tuple(behind)], labels[tuple(ahead)]
        touch = (one != other) & (one > 0) & (other > 0)
        low, high = np.sort([one[touch], other[touch]], axis=0).astype(np.int64)
        pairs.append(low * count + high)
        heights_hu.append(np.minimum(above_hu[tuple(behind)][touch], above_hu[tuple(ahead)][touch]))
    pair, height_hu = np.concatenate(pairs), np.concatenate(heights_hu)
    order = np.lexsort((-height_hu, pair))
    pair, height_hu = pair[order], height_hu[order]
    highest = np.flatnonzero(np.diff(pair, prepend=-1))
    highest = highest[np.argsort(-height_hu[highest], kind="stable")]
    first, second = np.divmod(pair[highest], count)
    return first, second, height_hu[highest]
