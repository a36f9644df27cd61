"""A mass of several pieces: lobules parted by septa, or grains. Its densities, and its calcified volume.

Pieces differ in their density, what lies between them differs from what lies around the mass, and a small piece has no
voxel that blur does not reach. Each voxel is therefore compared with the tissue and with the calcium next to it:

- *surroundings*: the mean of the tissue next to the voxel that blur does not reach. Where none is seen (narrow septa,
  between grains) soft tissue is assumed;
- *flat* voxels: those whose neighbors have about the same attenuation. They show the density of a wide piece;
- *peaks*: local maxima show the density of small pieces, lowered by blur. By how much follows from how fast the
  attenuation falls beside the peak, as in a ball (`peak`). What a small peak tells is averaged with what the others
  tell, each with its weight;
- *height*: the density above the surroundings at each voxel, averaged over flat voxels and peaks next to it.

The calcified volume is the sum of (attenuation - surroundings) / height over the mass and its rim. Blur does not change
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage

from calcimeasure.edge.blur import blur_sigma_mm
from calcimeasure.edge.connected import piece_sizes
from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.neighborhood import close_to_mask
from calcimeasure.edge.peak import peaks_of_balls
from calcimeasure.edge.slabs import threads_for_distances, voxels_in_slices
from calcimeasure.edge.windows import highest_in, lowest_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge.neighborhood import Neighborhood
    from calcimeasure.model import Outline

_BESIDE = np.array([1, 4, 1], dtype=np.float32) / 6
"""Smoothing along a row and along a column. It halves the noise; `_SMOOTHING_PX2` is added to the blur."""
_SMOOTHING_PX2 = 1 / 3
_PIXEL_PX2 = 1 / 12
"""A peak lies anywhere in its pixel, as if it was blurred by the pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A mass of several pieces and its surroundings. All arrays are (k, j, i) of the box of a neighborhood.

    Parameters
    ----------
    rim
        Voxels that are summed: those of at least half of the shown density, and what is blurred.
    flat
        Voxels that show the density of a wide piece.
    above_hu, background_hu
        Attenuation above the surroundings, and the surroundings.
    seen
        1 where the surroundings are seen, 0 where soft tissue is assumed.
    shown_hu, height_hu
        Density above the surroundings next to each voxel: as flat voxels and peaks show it, and without the blur.
    crowded_hu
        The height if only the lower half of what lies beside a peak is free of other calcium.
    narrow
        1 where only peaks show the density, 0 where only flat voxels show it.
    sigma_mm
        Standard deviation of the blur in the slice plane.
    """

    rim: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    above_hu: NDArray[np.float32]
    background_hu: NDArray[np.float32]
    seen: NDArray[np.float32]
    shown_hu: NDArray[np.float32]
    height_hu: NDArray[np.float32]
    crowded_hu: NDArray[np.float32]
    narrow: NDArray[np.float32]
    sigma_mm: float


@dataclass(frozen=True, slots=True)
class Calcified:
    """The calcified volume of a mass of several pieces, and its standard deviation without that of noise."""

    mm3: float
    sd_mm3: float


def has_several_pieces(outline: Outline) -> bool:
    """Tell whether a mask is of several pieces (26 neighbors), beside specks."""
    voxels = piece_sizes(outline)
    return max(voxels) < (1 - EDGE.specks) * sum(voxels)


def is_porous(near: Neighborhood, noise_hu: float) -> bool:
    """Tell whether narrow valleys run through a mass that is one piece, or its walls are too thin to show a plateau.

    Valleys are septa or gaps that blur has closed.
    """
    around = ~near.dense & (near.depth_mm < -EDGE.shell_mm[0]) & (near.attenuation_hu > EDGE.air_hu)
    usual_hu = float(np.median(near.attenuation_hu[around])) if around.any() else EDGE.between_pieces_hu
    size = _window(near, EDGE.valley_mm)
    # Closing takes the highest and then the lowest value of a window, each from voxels that are smoothed.
    near = close_to_mask(near, [2 * (width // 2) + 1 for width in size])
    smooth_hu = _smoothed(near.attenuation_hu)
    close_by = near.depth_mm > -EDGE.rim_mm
    closed_hu = lowest_in(highest_in(np.where(close_by, smooth_hu, np.float32(EDGE.air_hu)), size), size)
    deep_hu = np.maximum(EDGE.valley_depth * (closed_hu - usual_hu), 3 * max(noise_hu, EDGE.least_noise_hu))
    valleys = near.mask & (closed_hu - smooth_hu > deep_hu)
    cavity = near.mask & ~valleys & (smooth_hu - usual_hu < (_high_hu(near, smooth_hu) - usual_hu) / 2)
    # The rounded border of a wide cavity looks like a valley.
    valleys &= ~highest_in(cavity, size)
    if near.from_others_mm is not None:
        # What lies between a mass and the bone beside it is no valley of the mass.
        valleys &= near.from_others_mm > EDGE.rim_mm
    if np.count_nonzero(valleys) > EDGE.porous_share * np.count_nonzero(near.mask):
        return True
    return _is_thin(near) or _has_thin_walls(near, cavity & (near.depth_mm >= EDGE.depth_mm))


def _is_thin(near: Neighborhood) -> bool:
    """Tell whether a mass is a sheet or a strand without a voxel that blur does not reach."""
    depth_mm = float(near.depth_mm.max())
    area_mm2 = math.prod(near.spacing_mm[1:]) * near.stride_kji[0]
    mm3 = float(voxels_in_slices(near.mask) @ near.slice_mm) * area_mm2
    return depth_mm < EDGE.depth_mm and mm3 > max(EDGE.thin * depth_mm**3, EDGE.thin_from_mm3)


def _has_thin_walls(near: Neighborhood, cavity: NDArray[np.bool_]) -> bool:
    """Tell whether a mass has a cavity, and no wall of it is so thick that blur does not reach its middle."""
    if np.count_nonzero(cavity) <= EDGE.porous_share * np.count_nonzero(near.mask):
        return False
    deep = near.mask & near.dense & (near.depth_mm >= EDGE.depth_mm) & (_distance_mm(cavity, near) > EDGE.depth_mm)
    return bool(np.count_nonzero(deep) * math.prod(near.stride_kji) < EDGE.fewest_plateau_voxels)


def _high_hu(near: Neighborhood, smooth_hu: NDArray[np.float32]) -> float:
    """Give a high attenuation of the dense voxels of a mass: a filled cavity does not count."""
    dense = near.mask & near.dense
    return float(np.percentile(smooth_hu[dense if dense.any() else near.mask], EDGE.high_percentile_of_pieces))


def find_pieces(near: Neighborhood, noise_hu: float) -> Pieces | None:
    """Find the surroundings and the density of calcium next to each voxel of a mass; None if nothing stands out.

    Parameters
    ----------
    near
        The mass at every voxel.
    noise_hu
        Standard deviation of single voxels.
    """
    noise_hu = max(noise_hu, EDGE.least_noise_hu)
    tissue = _tissue(near)
    far = tissue & (near.depth_mm < -EDGE.depth_mm) & (near.depth_mm >= -EDGE.shell_mm[1])
    around = near.basin & (near.depth_mm >= -EDGE.rim_mm)
    background_hu, _ = _surroundings(near, far)
    smooth_hu = _smoothed(_above_hu(near, around, background_hu))
    high_hu = _high_hu(near, smooth_hu)
    lowest_hu = max(EDGE.lowest_piece_noise * noise_hu, EDGE.lowest_piece * high_hu)
    if not np.any(around & (smooth_hu >= lowest_hu)):
        return None
    usual_hu = float(np.median(near.attenuation_hu[far])) if far.any() else EDGE.between_pieces_hu
    shown = _shown(near, around, smooth_hu, (lowest_hu, noise_hu))
    from_core_mm = _distance_mm(shown.core, near)
    pure = tissue & (from_core_mm > _reach_mm(near, shown.sigma_mm)) & (from_core_mm <= EDGE.shell_mm[1])
    pure &= near.attenuation_hu < max(usual_hu, EDGE.between_pieces_hu) + EDGE.below_tissue_hu
    background_hu, seen = _surroundings(near, pure)
    above_hu = _above_hu(near, around, background_hu)
    smooth_hu = _smoothed(above_hu)
    shown = _shown(near, around, smooth_hu, (lowest_hu, noise_hu))
    height_hu, crowded_hu, narrow = _heights(near, shown, smooth_hu, noise_hu)
    return Pieces(
        rim=around & (_distance_mm(shown.core, near) <= _reach_mm(near, shown.sigma_mm)),
        flat=shown.flat,
        above_hu=above_hu,
        background_hu=background_hu,
        seen=seen,
        shown_hu=shown.shown_hu,
        height_hu=height_hu,
        crowded_hu=crowded_hu,
        narrow=narrow,
        sigma_mm=shown.sigma_mm,
    )


def calcified(near: Neighborhood, pieces: Pieces) -> Calcified:
    """Sum the calcium of a mass of several pieces.

    The standard deviation has parts for the surroundings, which may differ from what is seen next to them, and most
    where none is seen; for the density where no flat voxel shows it; for what blur took off the peaks of pieces, which
    are no balls; and for other calcium beside the peaks.
    """
    per_hu = np.where(pieces.rim, _voxel_mm3(near) / pieces.height_hu, np.float32(0))
    calcium_mm3 = pieces.above_hu * per_hu
    mm3 = max(float(np.sum(calcium_mm3, dtype=np.float64)), 0.0)
    narrow = float(np.sum(calcium_mm3 * pieces.narrow, dtype=np.float64))
    lowered = mm3 - float(np.sum(calcium_mm3 * np.minimum(pieces.shown_hu / pieces.height_hu, 1), dtype=np.float64))
    crowded = mm3 - float(np.sum(calcium_mm3 * (pieces.height_hu / pieces.crowded_hu), dtype=np.float64))
    unlike_hu = EDGE.share_of_unlike * float(np.std(pieces.background_hu[pieces.rim]))
    unknown_hu = EDGE.seen_sd_hu + unlike_hu + EDGE.unseen_sd_hu * (1 - pieces.seen)
    sd_mm3 = math.hypot(
        float(np.sum(per_hu * unknown_hu, dtype=np.float64)),
        EDGE.narrow_sd * narrow,
        EDGE.lowered_sd * lowered,
        EDGE.crowded_sd * crowded,
    )
    return Calcified(mm3, sd_mm3)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """Where a mass shows its density, and how.

    Parameters
    ----------
    flat, peaks
        Voxels that show the density of a wide piece, and the other local maxima.
    weights
        Their weights.
    shown_hu
        Their attenuation above the surroundings next to each voxel; 1 beyond the box of the weights.
    core
        Voxels of at least half of that.
    sigma_mm
        Standard deviation of the blur in the slice plane.
    """

    flat: NDArray[np.bool_]
    peaks: NDArray[np.bool_]
    weights: _Weights
    shown_hu: NDArray[np.float32]
    core: NDArray[np.bool_]
    sigma_mm: float


def _shown(
    near: Neighborhood, around: NDArray[np.bool_], smooth_hu: NDArray[np.float32], limits_hu: tuple[float, float]
) -> _Shown:
    """Find flat voxels and peaks of at least the first limit; the second is the noise of single voxels."""
    lowest_hu, noise_hu = limits_hu
    size = [2 * max(1, round(EDGE.flat_mm / step_mm)) + 1 for step_mm in near.spacing_mm]
    highest_hu = highest_in(smooth_hu, size)
    range_hu = highest_hu - lowest_in(smooth_hu, size)
    able = around & (smooth_hu >= lowest_hu)
    flat = able & near.mask & (range_hu <= EDGE.flat_range * highest_hu + EDGE.flat_noise * noise_hu)
    peaks = able & ~flat & (smooth_hu == highest_in(smooth_hu, (3, 3, 3)))
    weights = _weights(near, around, flat + np.float32(EDGE.weight_of_peak) * peaks)
    shown_hu = _beside(near, weights, smooth_hu)
    core = around & (smooth_hu > np.maximum(shown_hu, np.float32(lowest_hu)) / 2)
    level = smooth_hu / shown_hu - np.float32(0.5)
    row_mm, column_mm = near.spacing_mm[1:]
    seen_mm = blur_sigma_mm(level, core & near.mask, (row_mm, column_mm), EDGE.steep_percentile_of_pieces)
    narrower_mm = math.sqrt(max(seen_mm**2 - _SMOOTHING_PX2 * row_mm * column_mm, 0.0))
    sigma_mm = min(max(narrower_mm, EDGE.blur_of_pieces_mm[0]), EDGE.blur_of_pieces_mm[1])
    return _Shown(flat, peaks, weights, shown_hu, core, sigma_mm)


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """The places that show the density, and the weight with which they count next to each voxel.

    Parameters
    ----------
    at
        (n,) flat index of flat voxels and peaks.
    weight
        (n,) their weights.
    box
        The box in which the density next to voxels is needed: it holds all places.
    whole
        (k, j, i) of this box: the sum of weights next to each voxel.
    """

    at: NDArray[np.intp]
    weight: NDArray[np.float32]
    box: tuple[slice, ...]
    whole: NDArray[np.float32]


def _weights(near: Neighborhood, around: NDArray[np.bool_], places: NDArray[np.float32]) -> _Weights:
    """Sum the weights of places next to each voxel of a part of the box."""
    at = np.flatnonzero(places)
    used = [np.flatnonzero(around.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    # With a voxel beside it, for the gradient at its border.
    box = tuple(
        slice(max(int(one[0]) - 1, 0), min(int(one[-1]) + 2, n)) for one, n in zip(used, around.shape, strict=True)
    )
    whole = _blurred(near, places, box)
    return _Weights(at, places.ravel()[at], box, np.maximum(whole, np.float32(EDGE.least_weight_beside)))


def _blurred(near: Neighborhood, values: NDArray[np.float32], box: tuple[slice, ...]) -> NDArray[np.float32]:
    """Smooth values in a box outside of which they are zero, as if the whole was smoothed, mirrored at its ends."""
    part, modes, inner = [], [], []
    sigma = [EDGE.calcium_sigma_mm / step_mm for step_mm in near.spacing_mm]
    for one, length, width in zip(box, values.shape, sigma, strict=True):
        reach = int(4 * width + 0.5)
        alone = 2 * min(one.start, length - one.stop) >= reach
        part.append(one if alone else slice(None))
        modes.append("constant" if alone else "reflect")
        inner.append(slice(None) if alone else one)
    smooth = ndimage.gaussian_filter(values[tuple(part)], sigma, mode=modes, truncate=4)
    return np.ascontiguousarray(smooth[tuple(inner)])


def _beside(near: Neighborhood, weights: _Weights, values_hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average values of flat voxels and of peaks next to each voxel; 1 beyond the box of the weights.

    The mean is that of logarithms. Far from all of them it is the mean of all.
    """
    logarithm = np.log(np.maximum(values_hu.ravel()[weights.at], np.float32(1)))
    usual = float(np.average(logarithm, weights=weights.weight)) if weights.at.size else 0.0
    total = np.zeros(values_hu.shape, dtype=np.float32)
    total.ravel()[weights.at] = weights.weight * (logarithm - np.float32(usual))
    beside = np.ones(values_hu.shape, dtype=np.float32)
    beside[weights.box] = np.exp(_blurred(near, total, weights.box) / weights.whole + np.float32(usual))
    return beside


def _heights(
    near: Neighborhood, shown: _Shown, smooth_hu: NDArray[np.float32], noise_hu: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Find the density next to each voxel without blur, the same where peaks are crowded, and the share of peaks."""
    _, row_mm, column_mm = near.spacing_mm
    at = np.nonzero(shown.peaks)
    steps = _steps_beside(row_mm, column_mm)
    peak_hu = smooth_hu[at].astype(np.float64)
    beside_hu = np.sort([_values_at(smooth_hu, at, step) for step in steps], axis=0)
    variance_mm2 = shown.sigma_mm**2 + (_SMOOTHING_PX2 + _PIXEL_PX2) * row_mm * column_mm
    away_mm = [math.hypot(j * row_mm, i * column_mm) for j, i in steps]
    peaks = peaks_of_balls(variance_mm2, EDGE.blur_across * shown.sigma_mm, near.spacing_mm[0], away_mm)
    found = []
    for some_hu in (beside_hu, beside_hu[: len(steps) // 2]):
        kept = np.maximum(peaks.kept_at(1 - some_hu.mean(axis=0) / peak_hu), EDGE.least_kept)
        values_hu = smooth_hu.copy()
        values_hu[at] = _averaged(peak_hu, kept, noise_hu)
        found.append(np.maximum(_beside(near, shown.weights, values_hu), np.float32(1)))
    box = shown.weights.box
    narrow = np.zeros(smooth_hu.shape, dtype=np.float32)
    narrow[box] = _blurred(near, np.float32(EDGE.weight_of_peak) * shown.peaks, box) / shown.weights.whole
    return found[0], found[1], narrow


def _steps_beside(row_mm: float, column_mm: float) -> list[tuple[int, int]]:
    """Give the steps (rows, columns) to eight voxels around a peak."""
    straight = [max(1, round(EDGE.beside_peak_mm / mm)) for mm in (row_mm, column_mm)]
    slanted = [max(1, round(EDGE.beside_peak_mm / math.sqrt(2) / mm)) for mm in (row_mm, column_mm)]
    return [
        *((sign * straight[0], 0) for sign in (-1, 1)),
        *((0, sign * straight[1]) for sign in (-1, 1)),
        *((one * slanted[0], other * slanted[1]) for one in (-1, 1) for other in (-1, 1)),
    ]


def _values_at(
    values: NDArray[np.float32], at: tuple[NDArray[np.intp], ...], step: tuple[int, int]
) -> NDArray[np.float32]:
    """Values beside places; at the border of the box those of the border."""
    k, j, i = at
    rows, columns = values.shape[1:]
    beside: NDArray[np.float32] = values[k, np.clip(j + step[0], 0, rows - 1), np.clip(i + step[1], 0, columns - 1)]
    return beside


def _averaged(peak_hu: NDArray[np.float64], kept: NDArray[np.float64], noise_hu: float) -> NDArray[np.float64]:
    """Average what each peak tells of the density with what the others tell, each with its weight."""
    if not len(peak_hu):
        return peak_hu
    logarithm = np.log(peak_hu / kept)
    sd = np.hypot(EDGE.density_sd_of_peak + EDGE.density_sd_of_lowered * (1 - kept), noise_hu / peak_hu)
    weight = 1 / (sd**2 + EDGE.density_sd_of_lowered**2 / 9)
    usual = float(np.average(logarithm, weights=weight))
    variance = float(np.average((logarithm - usual) ** 2 - sd**2, weights=weight))
    own = 1 / (1 + sd**2 / max(variance, EDGE.least_density_sd**2))
    averaged_hu: NDArray[np.float64] = np.maximum(np.exp(own * logarithm + (1 - own) * usual), peak_hu)
    return averaged_hu


def _reach_mm(near: Neighborhood, sigma_mm: float) -> float:
    return max(EDGE.reach_sigmas * sigma_mm + near.spacing_mm[1] / 2, EDGE.narrowest_rim_mm)


def _tissue(near: Neighborhood) -> NDArray[np.bool_]:
    tissue: NDArray[np.bool_] = near.basin & ~near.dense & (near.attenuation_hu > EDGE.air_hu)
    for distance_mm in (near.from_air_mm, near.from_others_mm):
        if distance_mm is not None:
            tissue &= distance_mm > EDGE.depth_mm
    return tissue


def _surroundings(near: Neighborhood, tissue: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Average the tissue next to each voxel, and tell how much of the average was seen and not assumed."""
    sigma = [EDGE.tissue_sigma_mm / step_mm for step_mm in near.spacing_mm]
    weight = ndimage.gaussian_filter(tissue.astype(np.float32), sigma, truncate=3)
    total_hu = ndimage.gaussian_filter(np.where(tissue, near.attenuation_hu, np.float32(0)), sigma, truncate=3)
    assumed = np.float32(EDGE.weight_of_assumed)
    whole = weight + assumed
    return (total_hu + assumed * np.float32(EDGE.between_pieces_hu)) / whole, weight / whole


def _above_hu(near: Neighborhood, around: NDArray[np.bool_], background_hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """Attenuation above the surroundings; tissue blurred with air counts as zero calcium, not as negative calcium."""
    above_hu: NDArray[np.float32] = np.where(around, near.attenuation_hu - background_hu, np.float32(0))
    if near.from_air_mm is not None:
        above_hu[(near.from_air_mm <= EDGE.rim_mm) & ~near.mask & (above_hu < -EDGE.below_tissue_hu)] = 0
    return above_hu


def _smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    in_rows = ndimage.correlate1d(values, _BESIDE, axis=2, mode="nearest")
    smooth: NDArray[np.float32] = ndimage.correlate1d(in_rows, _BESIDE, axis=1, mode="nearest")
    return smooth


def _window(near: Neighborhood, half_mm: float) -> list[int]:
    return [2 * round(half_mm / step_mm) + 1 for step_mm in near.spacing_mm]


def _voxel_mm3(near: Neighborhood) -> NDArray[np.float32]:
    sizes: NDArray[np.float32] = (near.slice_mm * near.spacing_mm[1] * near.spacing_mm[2]).astype(np.float32)
    return sizes[:, None, None]


def _compared_mm(near: Neighborhood) -> tuple[float, float, float]:
    step_mm, row_mm, column_mm = near.spacing_mm
    return (min(step_mm, EDGE.longest_slice_step_mm), row_mm, column_mm)


def _distance_mm(things: NDArray[np.bool_], near: Neighborhood) -> NDArray[np.float32]:
    distance_mm: NDArray[np.float32] = edt.edt(
        (~things).view(np.uint8),
        anisotropy=_compared_mm(near),
        black_border=False,
        parallel=threads_for_distances(things.size),
    )
    return distance_mm
