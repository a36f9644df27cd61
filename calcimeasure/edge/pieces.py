"""A mass of several pieces: lobules parted by septa, or grains. Its pieces, their densities, and its calcified volume.

Pieces differ in their density, what lies between them differs from what lies around the mass, and a small piece has no
voxel that blur does not reach. Each voxel is therefore compared with the tissue and with the pieces next to it:

- *surroundings*: the mean of the tissue next to the voxel that blur does not reach. Where none is seen (narrow septa,
  between grains) soft tissue is assumed;
- *pieces*: the mass is divided at the valleys of attenuation (`divide`);
- *height* of a piece: its density above its surroundings. A wide piece shows it in its middle. Blur lowers the peak of
  a smaller piece; by how much follows from the sum over the piece divided by its peak, as in a ball (`peak`). What a
  small piece shows is averaged with what the others show, each with its weight;
- where pieces are blurred into each other, the height is their average with the share of each as weight.

The calcified volume is the sum of (attenuation - surroundings) / height over the mass and its rim. Blur does not change
it. A piece may have parts of several densities that no valley parts: the sum is computed with one height in each piece,
and with the height next to each voxel. The volume lies between both, and their difference belongs to its half-width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage

from calcimeasure.edge.blur import blur_sigma_mm
from calcimeasure.edge.connected import count_pieces
from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.divide import divided
from calcimeasure.edge.peak import peaks_of_balls
from calcimeasure.edge.slabs import threads_for_distances

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
    """A mass of several pieces and its surroundings. All arrays of voxels are (k, j, i) in the box of a neighborhood.

    Parameters
    ----------
    labels
        Number of the piece of each voxel of the mass and its rim, from 1; 0 elsewhere.
    core, rim
        Voxels of at least half of the peak of their piece, and the voxels that are summed: cores and what is blurred.
    plateau
        Voxels that show the density of their piece.
    above_hu, background_hu, smooth_hu
        Attenuation above the surroundings, the surroundings, and the first with less noise.
    seen
        1 where the surroundings are seen, 0 where soft tissue is assumed.
    sigma_mm
        Standard deviation of the blur in the slice plane.
    peak_hu, height_hu, mm3
        (piece,) for each number: peak and density above the surroundings, and about its volume (of number 0: none).
    kept
        (piece,) the part of its density that blur left of its peak, if it is a ball.
    is_wide
        (piece,) whether its middle shows its density.
    """

    labels: NDArray[np.int32]
    core: NDArray[np.bool_]
    rim: NDArray[np.bool_]
    plateau: NDArray[np.bool_]
    above_hu: NDArray[np.float32]
    background_hu: NDArray[np.float32]
    smooth_hu: NDArray[np.float32]
    seen: NDArray[np.float32]
    sigma_mm: float
    peak_hu: NDArray[np.float32]
    height_hu: NDArray[np.float32]
    mm3: NDArray[np.float64]
    kept: NDArray[np.float64]
    is_wide: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Calcified:
    """The calcified volume of a mass of several pieces, and its standard deviation without that of noise."""

    mm3: float
    sd_mm3: float


def has_several_pieces(outline: Outline) -> bool:
    """Tell whether a mask is of several pieces (26 neighbors)."""
    return count_pieces(outline.mask()) > 1


def is_porous(near: Neighborhood, noise_hu: float) -> bool:
    """Tell whether narrow valleys run through a mass that is one piece: septa or gaps that blur has closed."""
    smooth_hu = _smoothed(near.attenuation_hu)
    around = ~near.dense & (near.depth_mm < -EDGE.shell_mm[0]) & (near.attenuation_hu > EDGE.air_hu)
    usual_hu = float(np.median(near.attenuation_hu[around])) if around.any() else EDGE.between_pieces_hu
    size = _window(near, EDGE.valley_mm)
    close_by = near.depth_mm > -EDGE.rim_mm
    closed_hu = ndimage.grey_closing(np.where(close_by, smooth_hu, np.float32(EDGE.air_hu)), size=size)
    deep_hu = np.maximum(EDGE.valley_depth * (closed_hu - usual_hu), 3 * max(noise_hu, EDGE.least_noise_hu))
    valleys = near.mask & (closed_hu - smooth_hu > deep_hu)
    return bool(np.count_nonzero(valleys) > EDGE.porous_share * np.count_nonzero(near.mask))


def find_pieces(near: Neighborhood, noise_hu: float) -> Pieces | None:
    """Divide a mass and find the density and the surroundings of its pieces; None if nothing stands out.

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
    high_hu = float(np.percentile(smooth_hu[near.mask], EDGE.high_percentile_of_pieces))
    lowest_hu = max(EDGE.lowest_piece_noise * noise_hu, EDGE.lowest_piece * high_hu)
    bright = around & (smooth_hu >= lowest_hu)
    if not bright.any():
        return None
    region = around & (_distance_mm(bright, near) <= EDGE.rim_mm)
    labels, count = divided(smooth_hu, region, lowest_hu, (EDGE.dip_noise * noise_hu, EDGE.dip))
    core = _core(labels, _peaks_hu(labels, smooth_hu, count), smooth_hu)
    usual_hu = float(np.median(near.attenuation_hu[far])) if far.any() else EDGE.between_pieces_hu
    from_core_mm = _distance_mm(core, near)
    sigma_mm = _blur_mm(near, smooth_hu, labels, core, count)
    reach_mm = max(EDGE.reach_sigmas * sigma_mm + near.spacing_mm[1] / 2, EDGE.narrowest_rim_mm)
    pure = tissue & (from_core_mm > reach_mm) & (from_core_mm <= EDGE.shell_mm[1])
    pure &= near.attenuation_hu < max(usual_hu, EDGE.between_pieces_hu) + EDGE.below_tissue_hu
    background_hu, seen = _surroundings(near, pure)
    above_hu = _above_hu(near, around, background_hu)
    smooth_hu = _smoothed(above_hu)
    peak_hu = _peaks_hu(labels, smooth_hu, count)
    core = _core(labels, peak_hu, smooth_hu)
    rim = around & (from_core_mm <= reach_mm)
    heights = _heights(near, (labels, core, rim), above_hu, peak_hu, (noise_hu, sigma_mm))
    return Pieces(
        labels=labels,
        core=core,
        rim=rim,
        plateau=heights.plateau,
        above_hu=above_hu,
        background_hu=background_hu,
        smooth_hu=smooth_hu,
        seen=seen,
        sigma_mm=sigma_mm,
        peak_hu=peak_hu,
        height_hu=heights.height_hu,
        mm3=heights.mm3,
        kept=heights.kept,
        is_wide=heights.is_wide,
    )


def calcified(near: Neighborhood, pieces: Pieces) -> Calcified:
    """Sum the calcium of a mass of several pieces.

    The standard deviation has four parts: the difference between one height in each piece and the height next to each
    voxel; the surroundings, which may differ from what is seen next to them, and most where none is seen; the density
    of pieces that are too narrow to show it; and what blur took off the peaks of grains, which are no balls.
    """
    voxel_mm3 = _voxel_mm3(near)
    heights_hu = pieces.height_hu[pieces.labels]
    own_hu = np.where(pieces.core, heights_hu, np.float32(0))
    peaks_hu = ndimage.maximum_filter(
        np.where(pieces.core, pieces.smooth_hu, np.float32(0)), size=_window(near, EDGE.beside_mm)
    )
    raised = (pieces.height_hu / pieces.peak_hu)[pieces.labels]
    beside_hu = np.where(pieces.is_wide[pieces.labels], own_hu, np.clip(peaks_hu * raised, own_hu / 2, own_hu))
    step_mm, row_mm, column_mm = near.spacing_mm
    blur = (EDGE.blur_across * pieces.sigma_mm / step_mm, pieces.sigma_mm / row_mm, pieces.sigma_mm / column_mm)
    share = ndimage.gaussian_filter(pieces.core.astype(np.float32), blur)
    sums_mm3, per_hu = [], np.zeros(share.shape, dtype=np.float32)
    for one_hu in (own_hu, beside_hu):
        mixed_hu = ndimage.gaussian_filter(one_hu, blur) / np.maximum(share, np.float32(1e-4))
        mixed_hu = np.where(share > 1e-4, mixed_hu, heights_hu)
        one_per_hu = np.where(pieces.rim, voxel_mm3 / np.maximum(mixed_hu, np.float32(1)), 0)
        sums_mm3.append(float(np.sum(pieces.above_hu * one_per_hu, dtype=np.float64)))
        per_hu += one_per_hu / 2
    total_mm3 = max(float(pieces.mm3.sum()), 1e-9)
    narrow = float(pieces.mm3 @ ~pieces.is_wide) / total_mm3
    lowered = 1 - float(pieces.mm3 @ np.where(pieces.is_wide, 1, pieces.kept)) / total_mm3
    # Thick slices show the peak beside a voxel in its own slice only, which is too low for it.
    weight = (1 + EDGE.mixture_of_narrow * narrow) * min(1.0, EDGE.beside_mm / step_mm)
    mm3 = sums_mm3[0] + weight * (sums_mm3[1] - sums_mm3[0])
    unlike_hu = EDGE.share_of_unlike * float(np.std(pieces.background_hu[pieces.rim]))
    unknown_hu = EDGE.seen_sd_hu + unlike_hu + EDGE.unseen_sd_hu * (1 - pieces.seen)
    sd_mm3 = math.hypot(
        EDGE.share_of_densities * (sums_mm3[1] - sums_mm3[0]),
        float(np.sum(per_hu * unknown_hu, dtype=np.float64)),
        EDGE.narrow_sd * narrow * mm3,
        EDGE.lowered_sd * lowered * mm3,
    )
    return Calcified(mm3, sd_mm3)


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
        ~things, anisotropy=_compared_mm(near), black_border=False, parallel=threads_for_distances(things.size)
    )
    return distance_mm


def _peaks_hu(labels: NDArray[np.int32], smooth_hu: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(piece,) peak of each piece, at least 1; of number 0: 1."""
    peaks_hu: NDArray[np.float32] = np.full(count + 1, 1, dtype=np.float32)
    np.maximum(peaks_hu, ndimage.maximum(smooth_hu, labels, np.arange(count + 1)), out=peaks_hu)
    peaks_hu[0] = 1
    return peaks_hu


def _core(labels: NDArray[np.int32], peak_hu: NDArray[np.float32], smooth_hu: NDArray[np.float32]) -> NDArray[np.bool_]:
    core: NDArray[np.bool_] = (labels > 0) & (smooth_hu > (peak_hu / 2)[labels])
    return core


def _blur_mm(
    near: Neighborhood,
    smooth_hu: NDArray[np.float32],
    labels: NDArray[np.int32],
    core: NDArray[np.bool_],
    count: int,
) -> float:
    """Estimate the blur from the edges of the pieces: the steepest of them, as neighbors make others look flat."""
    level = smooth_hu / _peaks_hu(labels, smooth_hu, count)[labels] - np.float32(0.5)
    row_mm, column_mm = near.spacing_mm[1:]
    seen_mm = blur_sigma_mm(level, core, (row_mm, column_mm), EDGE.steep_percentile_of_pieces)
    narrower_mm = math.sqrt(max(seen_mm**2 - _SMOOTHING_PX2 * row_mm * column_mm, 0.0))
    return min(max(narrower_mm, EDGE.blur_of_pieces_mm[0]), EDGE.blur_of_pieces_mm[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Heights:
    height_hu: NDArray[np.float32]
    mm3: NDArray[np.float64]
    kept: NDArray[np.float64]
    is_wide: NDArray[np.bool_]
    plateau: NDArray[np.bool_]


def _heights(
    near: Neighborhood,
    places: tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]],
    above_hu: NDArray[np.float32],
    peak_hu: NDArray[np.float32],
    noise_and_blur: tuple[float, float],
) -> _Heights:
    """Find the density of each piece, from its middle or from its peak."""
    labels, core, rim = places
    noise_hu, sigma_mm = noise_and_blur
    count = len(peak_hu)
    depth_mm = edt.edt(
        (labels * core).astype(np.uint32),
        anisotropy=_compared_mm(near),
        black_border=False,
        parallel=threads_for_distances(core.size),
    )
    plateau = core & (depth_mm >= EDGE.depth_mm)
    voxels = np.bincount(labels[plateau], minlength=count)
    middle_hu = np.bincount(labels[plateau], above_hu[plateau], minlength=count) / np.maximum(voxels, 1)
    is_wide = voxels >= EDGE.fewest_voxels_of_a_wide_piece
    is_wide[0] = False
    sums = np.bincount(labels[rim], (above_hu * _voxel_mm3(near))[rim], minlength=count)
    sums = np.maximum(sums, 0.0)
    sums[0] = 0.0
    variance_mm2 = sigma_mm**2 + (_SMOOTHING_PX2 + _PIXEL_PX2) * near.spacing_mm[1] * near.spacing_mm[2]
    peaks = peaks_of_balls(variance_mm2, EDGE.blur_across * sigma_mm, near.spacing_mm[0])
    kept, slope = peaks.of(sums / peak_hu)
    shown_hu = np.maximum(np.where(is_wide, middle_hu, peak_hu / kept), 1.0)
    of_wide = EDGE.density_sd_of_wide + noise_hu / (np.sqrt(np.maximum(voxels, 1)) * shown_hu)
    of_narrow = np.hypot(
        EDGE.density_sd_of_slope * np.abs(slope) + EDGE.density_sd_of_lowered * (1 - kept), noise_hu / peak_hu
    )
    sd = np.where(is_wide, of_wide, of_narrow)
    usual_hu, spread = _usual(shown_hu, sd, sums / shown_hu)
    weight = spread**2 / (spread**2 + sd**2)
    averaged_hu = np.exp(weight * np.log(shown_hu) + (1 - weight) * math.log(usual_hu))
    height_hu = np.where(is_wide, shown_hu, np.maximum(averaged_hu, peak_hu))
    height_hu[0] = usual_hu
    return _Heights(height_hu.astype(np.float32), sums / height_hu, kept, is_wide, plateau)


def _usual(shown_hu: NDArray[np.float64], sd: NDArray[np.float64], mm3: NDArray[np.float64]) -> tuple[float, float]:
    """Average the densities of all pieces, and the standard deviation of their logarithms without their errors."""
    weight = mm3 / (sd**2 + EDGE.density_sd_of_lowered**2 / 9)
    total = max(float(weight.sum()), 1e-9)
    logarithm = np.log(shown_hu)
    mean = float(weight @ logarithm) / total
    variance = float(weight @ ((logarithm - mean) ** 2 - sd**2)) / total
    return math.exp(mean), max(math.sqrt(max(variance, 0.0)), EDGE.least_density_sd)
