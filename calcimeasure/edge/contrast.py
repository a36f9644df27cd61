"""Plateau and surroundings of a lesion: their averages and, if they are not uniform, their local values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.edge.blur import blur_sigma_mm
from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.neighborhood import some_in, thinned
from calcimeasure.edge.slabs import voxels_in_slices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge.neighborhood import Neighborhood


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A quantity that changes slowly in space: known at the middles of cells, interpolated linearly between them.

    Parameters
    ----------
    at_middles
        The values, (k, j, i) for the cells.
    middles
        The indexes in the stack of the middles of the cells, along each axis.
    """

    at_middles: NDArray[np.float64]
    middles: tuple[NDArray[np.float64], ...]

    def over(self, rows: range, columns: range) -> InPlane:
        """Interpolate the field over the pixels of a box, in the plane of the slices."""
        across = _weights(rows, self.middles[1]) @ self.at_middles @ _weights(columns, self.middles[2]).T
        return InPlane(across.astype(np.float32), self.middles[0])

    def at(self, index_kji: NDArray[np.intp]) -> NDArray[np.float64]:
        """(n,) values at (n, 3) indexes in the stack."""
        places = [
            np.interp(index, middles, np.arange(len(middles)))
            for index, middles in zip(index_kji.T, self.middles, strict=True)
        ]
        values: NDArray[np.float64] = ndimage.map_coordinates(self.at_middles, places, order=1)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class InPlane:
    """A field interpolated to each pixel in the slice plane; across the slices still at the middles of cells."""

    at_middles: NDArray[np.float32]
    middles: NDArray[np.float64]

    def in_slices(self, slices: range) -> NDArray[np.float32]:
        """(k, j, i) in slices of the stack."""
        weights = _weights(slices, self.middles).astype(np.float32)
        used = weights.any(axis=0)
        found: NDArray[np.float32] = np.tensordot(weights[:, used], self.at_middles[used], axes=1)
        return found


def _weights(indexes: range, middles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(index, middle) weight of each middle at each index; beyond the outermost middle only this middle has weight."""
    return np.column_stack([np.interp(indexes, middles, one) for one in np.eye(len(middles))])


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Surroundings and the height of the plateau above them: averages and, if not uniform, local values."""

    mean_background_hu: float
    mean_height_hu: float
    background_hu: Field | None = None
    height_hu: Field | None = None


def contrast(near: Neighborhood, plateau: NDArray[np.bool_], shell: NDArray[np.bool_]) -> Contrast:
    """Average plateau and surroundings; locally if one of them is not uniform."""
    background_hu = _trimmed_mean(near.attenuation_hu[shell]) if shell.any() else 0.0
    if plateau.any():
        plateau_hu = float(near.attenuation_hu[plateau].mean(dtype=np.float64))
    else:
        plateau_hu = _plateau_from_sum(near, background_hu)
    height_hu = max(plateau_hu - background_hu, 1.0)
    cell = tuple(max(1, round(EDGE.cell_mm / step_mm)) for step_mm in near.spacing_mm)
    next_to_rim = shell & (near.depth_mm >= -EDGE.layers_mm[1]), plateau & (near.depth_mm <= EDGE.layers_mm[0])
    cells = [
        _cells(near, voxels, mean_hu, cell)
        for voxels, mean_hu in zip(next_to_rim, (background_hu, plateau_hu), strict=True)
    ]
    if all(one.is_even(height_hu) for one in cells):
        return Contrast(background_hu, height_hu)
    backgrounds_hu, plateaus_hu = (
        np.full(one.count.shape, one.mean_hu) if one.is_even(height_hu) else _usual_hu(near, voxels, one, cell)
        for one, voxels in zip(cells, next_to_rim, strict=True)
    )
    middles = tuple(
        start + step * ((np.arange(length) + 0.5) * size - 0.5)
        for start, step, length, size in zip(near.start_kji, near.stride_kji, backgrounds_hu.shape, cell, strict=True)
    )
    heights_hu = np.maximum(plateaus_hu - backgrounds_hu, EDGE.least_height * height_hu)
    return Contrast(background_hu, height_hu, Field(backgrounds_hu, middles), Field(heights_hu, middles))


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Counts and sums of voxels in cells of `EDGE.cell_mm`.

    Parameters
    ----------
    mean_hu
        Average over all cells.
    count, above_hu
        Number of voxels in each cell, and the sum of their differences from the average.
    spread_hu
        Standard deviation inside the cells.
    """

    mean_hu: float
    count: NDArray[np.float64]
    above_hu: NDArray[np.float64]
    spread_hu: float

    def is_even(self, height_hu: float) -> bool:
        """Tell whether the voxels are uniform: no cell differs from the average relevantly, and by more than noise."""
        filled = self.count >= EDGE.fewest_in_a_cell
        differences_hu = np.abs(self.above_hu[filled] / self.count[filled])
        noise_hu = EDGE.uneven_cells * self.spread_hu / np.sqrt(self.count[filled])
        return bool(np.all(differences_hu <= np.maximum(noise_hu, EDGE.uneven_share * height_hu)))


def _usual_hu(
    near: Neighborhood, voxels: NDArray[np.bool_], cells: _Cells, cell: tuple[int, ...]
) -> NDArray[np.float64]:
    """Average the medians of a cell and of its neighbors, so that the usual density counts if densities alternate.

    Without voxels the result is the average of all cells.
    """
    place = np.unravel_index(np.flatnonzero(voxels), voxels.shape)
    index = np.ravel_multi_index([one // size for one, size in zip(place, cell, strict=True)], cells.count.shape)
    values_hu = near.attenuation_hu[voxels] - np.float32(cells.mean_hu)
    count = np.bincount(index, minlength=cells.count.size)
    filled = np.flatnonzero(count)
    middle = np.cumsum(count)[filled] - count[filled] // 2 - 1
    medians_hu = np.zeros(cells.count.shape)
    medians_hu.ravel()[filled] = values_hu[np.lexsort((values_hu, index))[middle]]
    total, weight = (ndimage.gaussian_filter(one, EDGE.cell_sigma) for one in (cells.count * medians_hu, cells.count))
    usual_hu: NDArray[np.float64] = total / (weight + EDGE.weight_of_the_mean) + cells.mean_hu
    return usual_hu


def _cells(near: Neighborhood, voxels: NDArray[np.bool_], mean_hu: float, cell: tuple[int, ...]) -> _Cells:
    above_hu = near.attenuation_hu - np.float32(mean_hu)
    above_hu *= voxels
    count, total = _sums(voxels, cell), _sums(above_hu, cell)
    within = float(np.vdot(above_hu, above_hu)) - float((total**2 / np.maximum(count, 1)).sum())
    return _Cells(mean_hu, count, total, math.sqrt(max(within, 0.0) / max(float(count.sum()), 1.0)))


def _sums(values: NDArray[np.float32] | NDArray[np.bool_], cell: tuple[int, ...]) -> NDArray[np.float64]:
    slices = np.arange(0, len(values), cell[0])
    sums: NDArray[np.float64] = np.add.reduceat(values, slices, axis=0, dtype=np.float32).astype(np.float64)
    for axis in (1, 2):
        sums = np.add.reduceat(sums, np.arange(0, sums.shape[axis], cell[axis]), axis=axis)
    return sums


def _trimmed_mean(values: NDArray[np.float32]) -> float:
    """Average what lies within three standard deviations (from the median deviation) of the median."""
    some = thinned(values)
    median = float(np.median(some))
    spread = 1.4826 * float(np.median(np.abs(some - median)))
    kept = values[np.abs(values - median) <= EDGE.outlier_sds * max(spread, 1.0)]
    return float(kept.mean(dtype=np.float64))


def _plateau_from_sum(near: Neighborhood, background_hu: float) -> float:
    """Solve for the plateau at which the summed attenuation fills the volume inside the half-maximum.

    Blur does not change the sum S = (plateau - background) V. The half-maximum of a blurred body encloses the volume
    V - sigma^2 M. M is the integral of the mean curvature: for a convex body, 2 pi times the mean breadth (Steiner's
    formula).
    """
    voxel_mm3 = near.slice_mm * near.spacing_mm[1] * near.spacing_mm[2]
    rim = near.basin & (near.depth_mm >= -EDGE.rim_mm)
    above_hu = _above_hu(near, background_hu) * rim
    total = float(above_hu.sum(axis=(1, 2), dtype=np.float64) @ voxel_mm3)
    height_hu = float(np.percentile(above_hu[near.mask], EDGE.first_plateau_percentile))
    for _ in range(EDGE.plateau_rounds):
        inside = above_hu >= height_hu / 2
        if height_hu < 1 or not inside.any():
            break
        level = above_hu / np.float32(height_hu) - np.float32(0.5)
        sigma_mm = blur_sigma_mm(level, inside, near.spacing_mm[1:])
        enclosed = float(voxels_in_slices(inside) @ voxel_mm3)
        better_hu = total / (enclosed + 2 * math.pi * sigma_mm**2 * _mean_breadth_mm(inside, near))
        if abs(better_hu - height_hu) < EDGE.plateau_change * height_hu:
            break
        height_hu = (height_hu + better_hu) / 2
    return background_hu + height_hu


def _above_hu(near: Neighborhood, background_hu: float) -> NDArray[np.float32]:
    """Attenuation above the surroundings; tissue blurred with air counts as zero calcium, not as negative calcium."""
    above_hu: NDArray[np.float32] = near.attenuation_hu - np.float32(background_hu)
    if near.from_air_mm is not None:
        above_hu[(near.from_air_mm <= EDGE.rim_mm) & ~near.mask & (above_hu < -EDGE.below_tissue_hu)] = 0
    above_hu[~near.imaged] = 0
    return above_hu


def _mean_breadth_mm(inside: NDArray[np.bool_], near: Neighborhood) -> float:
    used = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    across_mm = float(near.slice_mm[used[0][0] : used[0][-1] + 1].sum())
    along_mm = [(np.ptp(used[axis]) + 1) * near.spacing_mm[axis] for axis in (1, 2)]
    return (across_mm + sum(along_mm)) / 3


def uneven_mm3(
    near: Neighborhood, plateau: NDArray[np.bool_], shell: NDArray[np.bool_], found: Contrast, rim_mm: float
) -> float:
    """Estimate the standard deviation of the sum that is caused by plateau and surroundings that are not uniform.

    Plateau and surroundings are measured next to the rim, and the same values are assumed in the rim. The difference
    between a nearer and a farther layer, beyond noise, tells how much the rim may differ from the nearer layer. If
    tissues meet at random places, the mean square of the difference between two places is proportional to their
    distance, and the area over which the difference has one sign is proportional to the square of the distance. The
    mean square of the average over an octant around the lesion is then proportional to the third power of the
    distance. The octants are treated as independent.
    """
    rim = near.basin & (np.abs(near.depth_mm) <= rim_mm)
    inside, outside = rim & near.mask, rim & ~near.mask
    solid = plateau & (near.depth_mm <= EDGE.layers_mm[0] + EDGE.layer_mm)
    of_plateau = _uneven_mm3(near, inside, solid, EDGE.layers_mm[0], rim_mm)
    of_surroundings = _uneven_mm3(near, outside, shell, EDGE.layers_mm[1], rim_mm)
    return math.hypot(of_plateau, of_surroundings) / found.mean_height_hu


def _uneven_mm3(
    near: Neighborhood, rim: NDArray[np.bool_], seen: NDArray[np.bool_], layer_mm: float, rim_mm: float
) -> float:
    """Return the standard deviation in mm3 HU of one side of the rim, from a nearer and a farther layer."""
    nearer = seen & (np.abs(near.depth_mm) <= layer_mm)
    layers = rim, nearer, seen & ~nearer
    octants = [_octants(near, voxels) for voxels in layers]
    rims, *counts = (np.bincount(octant, minlength=8) for octant in octants)
    values_hu = [near.attenuation_hu[voxels].astype(np.float64) for voxels in layers[1:]]
    known = (np.minimum(*counts) >= EDGE.fewest_plateau_voxels) & (rims > 0)
    if not known.any():
        return 0.0
    means_hu, variances = [], []
    for octant, count, values in zip(octants[1:], counts, values_hu, strict=True):
        mean = np.bincount(octant, values, minlength=8)[known] / count[known]
        square = np.bincount(octant, values**2, minlength=8)[known] / count[known]
        means_hu.append(mean)
        variances.append((square - mean**2) / count[known])
    squares, noise = (means_hu[1] - means_hu[0]) ** 2, variances[0] + variances[1]
    weights = rims[known] ** 2
    if np.sum(weights * squares) <= EDGE.uneven_layers * np.sum(weights * noise):
        return 0.0
    middles_mm = [float(np.abs(near.depth_mm[voxels]).mean()) for voxels in layers]
    # The averages over two layers differ less than the values in their middles, as if the distance between the middles
    # were smaller by a sixth of the sum of both thicknesses.
    to_rim_mm = middles_mm[1] - middles_mm[0] - (rim_mm + EDGE.layer_mm) / 6
    between_mm = middles_mm[2] - middles_mm[1] - EDGE.layer_mm / 3
    farther = max(to_rim_mm, 0.0) / max(between_mm, EDGE.layer_mm / 3)
    unknown = float(np.sum(rims**2.0) / np.sum(weights))
    voxel_mm3 = float(np.median(near.slice_mm)) * near.stride_kji[0] * math.prod(near.spacing_mm[1:])
    return math.sqrt(float(np.sum(weights * (squares - noise))) * unknown * farther**3) * voxel_mm3


def _octants(near: Neighborhood, voxels: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(n,) number, from 0, of the octant around the middle of the box in which each voxel lies."""
    index = np.unravel_index(np.flatnonzero(voxels), voxels.shape)
    beyond = [2 * one >= length for one, length in zip(index, near.mask.shape, strict=True)]
    octants: NDArray[np.intp] = 4 * beyond[0].astype(np.intp) + 2 * beyond[1] + beyond[2]
    return octants


def noise_sd_hu(near: Neighborhood, plateau: NDArray[np.bool_], shell: NDArray[np.bool_]) -> float:
    """Estimate the noise of single voxels: the smaller median deviation of plateau and surroundings.

    The deviation of both is at least the noise, and other variation may be added to it.
    """
    spreads = []
    for voxels in (plateau, shell):
        if voxels.any():
            values = some_in(near.attenuation_hu, voxels)
            spreads.append(1.4826 * float(np.median(np.abs(values - np.median(values)))))
    return min(spreads, default=0.0)


def fine_noise_sd_hu(near: Neighborhood) -> float:
    """Estimate the noise from the differences of neighbors in a row; slow changes of tissue add nothing to them."""
    if near.attenuation_hu.shape[2] < 3:
        return 0.0
    usable = near.imaged & ~near.dense
    triples = np.flatnonzero(usable[:, :, :-2] & usable[:, :, 1:-1] & usable[:, :, 2:])
    if not triples.size:
        return 0.0
    k, j, i = np.unravel_index(thinned(triples), (*usable.shape[:2], usable.shape[2] - 2))
    row = near.attenuation_hu
    bends_hu = row[k, j, i] - 2 * row[k, j, i + 1] + row[k, j, i + 2]
    return 1.4826 * float(np.median(np.abs(bends_hu))) / math.sqrt(6)
