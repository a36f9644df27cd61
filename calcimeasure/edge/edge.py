"""The edge of a lesion, voxel by voxel, and the sum over the lesion and its rim."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge.blur import blur_sigma_mm
from calcimeasure.edge.connected import label_pieces, piece_sizes
from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.contrast import contrast, fine_noise_sd_hu, noise_sd_hu, uneven_mm3
from calcimeasure.edge.neighborhood import (
    box_round,
    neighborhood,
    plateau_and_shell,
    signed_depth_mm,
    stands_alone,
    within_a_voxel,
)
from calcimeasure.edge.pieces import calcified, find_pieces, has_several_pieces, is_porous
from calcimeasure.edge.slabs import in_slabs, voxels_in_slices
from calcimeasure.model import NOT_IMAGED_HU, Outline

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from calcimeasure.edge.constants import Sampling
    from calcimeasure.edge.contrast import Contrast
    from calcimeasure.edge.neighborhood import Neighborhood
    from calcimeasure.edge.pieces import Pieces
    from calcimeasure.model import Volume
    from calcimeasure.settings import MeasureSettings


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A lesion and its surroundings, on a relative scale from plateau to surroundings.

    Parameters
    ----------
    start_kji
        First index of the box in the stack.
    level
        (k, j, i) float32: 0 on the edge, 0.5 on the plateau, -0.5 in the surroundings, outside the basin and beyond the
        rim. Where a reader's outline is more than a voxel away from the half-maximum, the level follows the outline.
    inside
        Voxels of the box with level above 0 that belong to the lesion.
    plateau_hu, background_hu
        Averages of plateau and surroundings.
    boundary_hu
        Attenuation on the edge: median along the edge.
    noise_sd_hu
        Standard deviation of single voxels.
    blur_sigma_mm
        Standard deviation of the blur in the slice plane, described as a Gaussian.
    calcified_mm3
        Sum over the lesion and its rim of (attenuation - surroundings) / (plateau - surroundings) times the voxel
        volume (for a single slice: mm2).
    plateau_voxels, shell_voxels, rim_mm3
        Number of voxels that show the plateau and the surroundings, and the volume of the rim that was summed.
    follows_outline
        False if a reader's outline is more than a voxel away from the half-maximum.
    uneven_mm3
        Standard deviation of `calcified_mm3` caused by plateau and surroundings that are not uniform, or not seen.
    of_pieces
        Whether the lesion was measured as several pieces (`calcimeasure.edge.pieces`).
    """

    start_kji: tuple[int, int, int]
    level: NDArray[np.float32]
    inside: NDArray[np.bool_]
    plateau_hu: float
    background_hu: float
    boundary_hu: float
    noise_sd_hu: float
    blur_sigma_mm: float
    calcified_mm3: float
    plateau_voxels: int
    shell_voxels: int
    rim_mm3: float
    follows_outline: bool
    uneven_mm3: float
    of_pieces: bool = False


def find_edge(volume: Volume, outline: Outline, settings: MeasureSettings) -> Edge:
    """Find the edge of a lesion.

    Parameters
    ----------
    volume
        The stack.
    outline
        The lesion, as proposed or as a reader drew it.
    settings
        `threshold_hu`, from which other structures count as dense.

    Returns
    -------
    Edge
        The edge, in a box that contains the lesion and its rim.
    """
    shown = _shown(volume, outline, settings, EDGE.fine_sampling)
    if shown.pieces is not None:
        return _edge_of_pieces((volume, outline), shown.near, shown.pieces, shown.noise_hu, outline_rules=True)
    drawn = _drawn(volume, outline, shown)
    near, plateau, shell = shown.near, shown.plateau, shown.shell
    found, close, summed, level, inside = drawn.found, drawn.close, drawn.summed, drawn.level, drawn.inside
    step_mm, row_mm, column_mm = volume.geometry.spacing_kji_mm
    pixel_mm = (row_mm, column_mm)
    sigma_mm = blur_sigma_mm(level, inside, pixel_mm)
    rim_mm, in_slices = EDGE.rim_mm, summed.in_slices
    if found.height_hu is not None and inside.any():
        rim_mm = min(max(EDGE.narrow_rim_sigmas * sigma_mm + max(pixel_mm) / 2, EDGE.narrowest_rim_mm), EDGE.rim_mm)
        compared_mm = (min(step_mm, EDGE.longest_slice_step_mm), *pixel_mm)
        in_slices = _narrowly_summed(close, level, signed_depth_mm(inside, compared_mm), rim_mm)
    strayed = np.zeros_like(inside)
    if inside.any():
        strayed = _strayed(close.mask, inside) | _cut_off(close, summed)
    follows_outline = not strayed.any()
    if not follows_outline:
        ruled = within_a_voxel(within_a_voxel(strayed))
        level[ruled] = np.where(close.mask[ruled], np.float32(0.5), np.float32(-0.5))
        inside = np.where(ruled, close.mask, inside)
    sampled = math.prod(near.stride_kji)
    return Edge(
        start_kji=close.start_kji,
        level=level,
        inside=inside,
        plateau_hu=found.mean_background_hu + found.mean_height_hu,
        background_hu=found.mean_background_hu,
        boundary_hu=_boundary_hu(close, found, inside),
        noise_sd_hu=noise_sd_hu(near, plateau, shell),
        blur_sigma_mm=sigma_mm,
        calcified_mm3=float(in_slices @ close.voxel_sizes),
        plateau_voxels=int(np.count_nonzero(plateau)) * sampled,
        shell_voxels=int(np.count_nonzero(shell)) * sampled,
        rim_mm3=float(voxels_in_slices(close.rim & (close.depth_mm >= -rim_mm) & ~close.mask) @ close.voxel_sizes),
        follows_outline=follows_outline,
        uneven_mm3=uneven_mm3(near, plateau, shell, found, rim_mm),
    )


def half_maximum_outline(volume: Volume, outline: Outline, settings: MeasureSettings) -> Outline:
    """Draw a proposed outline again along its half-maximum, with cavities filled.

    Returns
    -------
    Outline
        The voxels above the half-maximum that are connected with the proposal; the proposal itself if there are none.
        Of a proposal of several pieces no piece is lost: a piece that is fainter than the half-maximum of the whole is
        drawn along its own.
    """
    shown = _shown(volume, outline, settings, EDGE.coarse_sampling)
    if shown.pieces is None:
        drawn = _drawn(volume, outline, shown)
        start_kji, background_hu, inside = drawn.close.start_kji, drawn.found.mean_background_hu, _filled(drawn.inside)
    else:
        # What lies between the pieces of a mass is no calcium: it belongs to its envelope.
        edge = _edge_of_pieces((volume, outline), shown.near, shown.pieces, shown.noise_hu, outline_rules=False)
        start_kji, background_hu, inside = edge.start_kji, edge.background_hu, edge.inside
    if not inside.any():
        return outline
    return Outline.from_mask(inside | _faint_pieces(volume, outline, start_kji, background_hu, inside), start_kji)


def _faint_pieces(
    volume: Volume,
    outline: Outline,
    start_kji: tuple[int, int, int],
    background_hu: float,
    inside: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Draw the pieces of a proposal that have no voxel above the half-maximum of the whole, each along its own."""
    stop = [a + n for a, n in zip(start_kji, inside.shape, strict=True)]
    proposed = outline.mask_in(start_kji, stop)
    if len(piece_sizes(outline)) == 1 and (proposed & inside).any():
        return np.zeros_like(inside)
    pieces = label_pieces(proposed, connectivity=26)
    kept = np.zeros(int(pieces.max()) + 1, dtype=np.bool_)
    kept[pieces[inside]] = True
    kept[0] = True
    if kept.all():
        return np.zeros_like(inside)
    at = np.flatnonzero(~kept[pieces])
    attenuation_hu = volume.attenuation_hu[tuple(slice(a, b) for a, b in zip(start_kji, stop, strict=True))]
    piece, hu = pieces.ravel()[at], attenuation_hu.ravel()[at]
    highest_hu = np.full(kept.shape, np.iinfo(np.int16).min, dtype=np.float64)
    np.maximum.at(highest_hu, piece, hu)
    faint = np.zeros_like(inside)
    faint.ravel()[at[hu >= (highest_hu[piece] + background_hu) / 2]] = True
    return faint


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What the neighborhood of a lesion shows: where plateau and surroundings, noise, and its pieces if it has several.

    If it is of several pieces, the neighborhood has every voxel.
    """

    near: Neighborhood
    plateau: NDArray[np.bool_]
    shell: NDArray[np.bool_]
    noise_hu: float
    pieces: Pieces | None


def _shown(volume: Volume, outline: Outline, settings: MeasureSettings, sampling: Sampling) -> _Shown:
    near = neighborhood(volume, outline, settings, sampling)
    plateau, shell = plateau_and_shell(near, settings)
    if near.is_coarse and not (plateau.any() and stands_alone(near)):
        near = neighborhood(volume, outline, settings, sampling=None)
        plateau, shell = plateau_and_shell(near, settings)
    noise_hu = fine_noise_sd_hu(near)
    if _is_of_pieces(volume, outline, near, noise_hu):
        every = near if not near.is_coarse else neighborhood(volume, outline, settings, sampling=None)
        every_noise_hu = fine_noise_sd_hu(every) if near.is_coarse else noise_hu
        pieces = find_pieces(every, every_noise_hu)
        if pieces is not None:
            return _Shown(every, plateau, shell, every_noise_hu, pieces)
    return _Shown(near, plateau, shell, noise_hu, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """The level of each voxel of a lesion that is no mass of several pieces, and the voxels above 0."""

    found: Contrast
    close: _CloseUp
    summed: _Summed
    level: NDArray[np.float32]
    inside: NDArray[np.bool_]


def _drawn(volume: Volume, outline: Outline, shown: _Shown) -> _Drawn:
    found = contrast(shown.near, shown.plateau, shown.shell)
    close = _close_up(volume, outline, shown.near, shown.plateau)
    summed = _summed(close, found)
    level = summed.level
    if found.mean_height_hu < max(EDGE.lowest_contrast_hu, EDGE.lowest_contrast_noise * shown.noise_hu):
        level[:] = -0.5
    return _Drawn(found, close, summed, *keep_connected(level, close.mask))


def _is_of_pieces(volume: Volume, outline: Outline, near: Neighborhood, noise_hu: float) -> bool:
    """Tell whether a lesion is of several pieces, or porous."""
    if volume.geometry.shape_kji[0] == 1:
        return False
    return has_several_pieces(outline) or is_porous(near, noise_hu)


def _edge_of_pieces(
    lesion: tuple[Volume, Outline], near: Neighborhood, pieces: Pieces, noise_hu: float, outline_rules: bool
) -> Edge:
    """Find the edge at half of the density that the calcium next to it shows, and the sum over all pieces.

    Half of what is shown and not half of the density: a grain whose peak blur has lowered to less than half of its
    density has an edge, too.
    """
    volume, outline = lesion
    found = calcified(near, pieces)
    background_hu = float(np.mean(pieces.background_hu[pieces.rim], dtype=np.float64))
    height_hu = _mean_height_hu(pieces)
    close = _close_up(volume, outline, near, pieces.flat)
    first = [a - b for a, b in zip(close.start_kji, near.start_kji, strict=True)]
    box = tuple(slice(a, a + n) for a, n in zip(first, close.mask.shape, strict=True))
    rim = pieces.rim[box]
    level = np.where(rim, pieces.above_hu[box] / pieces.shown_hu[box], np.float32(0)) - np.float32(0.5)
    if height_hu < max(EDGE.lowest_contrast_hu, EDGE.lowest_contrast_noise * noise_hu):
        level[:] = -0.5
    level, inside = keep_connected(level, close.mask)
    ruled = np.zeros_like(inside)
    if outline_rules and inside.any():
        strayed = _strayed(close.mask, inside)
        ruled = within_a_voxel(within_a_voxel(strayed)) if strayed.any() else ruled
        level[ruled] = np.where(close.mask[ruled], np.float32(0.5), np.float32(-0.5))
        inside = np.where(ruled, close.mask, inside)
    border = within_a_voxel(inside) & ~inside & rim
    half_hu = (pieces.background_hu[box] + pieces.shown_hu[box] / 2)[border]
    return Edge(
        start_kji=close.start_kji,
        level=level,
        inside=inside,
        plateau_hu=background_hu + height_hu,
        background_hu=background_hu,
        boundary_hu=float(np.median(half_hu)) if half_hu.size else background_hu + height_hu / 2,
        noise_sd_hu=noise_hu,
        blur_sigma_mm=pieces.sigma_mm,
        calcified_mm3=found.mm3,
        plateau_voxels=int(np.count_nonzero(pieces.flat)),
        shell_voxels=int(np.count_nonzero(pieces.seen > 0.5)),
        rim_mm3=float(voxels_in_slices(rim & ~close.mask) @ close.voxel_sizes),
        follows_outline=not ruled.any(),
        uneven_mm3=found.sd_mm3,
        of_pieces=True,
    )


def _mean_height_hu(pieces: Pieces) -> float:
    """Average the density of the calcium above its surroundings."""
    above_hu = pieces.above_hu[pieces.rim]
    per_height = float(np.sum(above_hu / pieces.height_hu[pieces.rim], dtype=np.float64))
    return float(np.sum(above_hu, dtype=np.float64)) / per_height if per_height > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _CloseUp:
    """The box of a lesion with a margin for its rim, voxel by voxel.

    Parameters
    ----------
    rim
        The voxels that are summed: the lesion and its rim, inside its basin.
    foreign
        The voxels that belong to another dense structure; None if none is near.
    beside_air
        The voxels that may be blurred with air; None if no air is near.
    """

    start_kji: tuple[int, int, int]
    attenuation_hu: NDArray[np.int16]
    mask: NDArray[np.bool_]
    rim: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    plateau: NDArray[np.bool_]
    foreign: NDArray[np.bool_] | None
    beside_air: NDArray[np.bool_] | None
    voxel_sizes: NDArray[np.float64]


def _close_up(volume: Volume, outline: Outline, near: Neighborhood, plateau: NDArray[np.bool_]) -> _CloseUp:
    start, stop = box_round(volume, outline, EDGE.rim_mm)
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    attenuation_hu = volume.attenuation_hu[box]
    mask = outline.mask_in(start, stop)

    def seen(sampled: NDArray[Any]) -> NDArray[Any]:
        """Give each voxel the value of its nearest sample."""
        for axis in (2, 1, 0):
            step = near.stride_kji[axis]
            nearest = (np.arange(start[axis], stop[axis]) - near.start_kji[axis] + step // 2) // step
            sampled = sampled.take(np.minimum(nearest, sampled.shape[axis] - 1), axis=axis)
        return sampled

    depth_mm = seen(near.depth_mm)
    rim = seen(near.basin) & (depth_mm >= -EDGE.rim_mm)
    if near.is_coarse:
        rim = (rim | mask) & (attenuation_hu != NOT_IMAGED_HU)
    return _CloseUp(
        start_kji=start,
        attenuation_hu=attenuation_hu,
        mask=mask,
        rim=rim,
        depth_mm=depth_mm,
        plateau=seen(plateau),
        foreign=seen(~near.basin & near.imaged) if near.others.any() else None,
        beside_air=None if near.from_air_mm is None else seen(near.from_air_mm <= EDGE.rim_mm) & ~mask,
        voxel_sizes=volume.geometry.voxel_sizes[box[0]],
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Summed:
    """The value of each voxel between surroundings and plateau, and the sum of these values in each slice.

    `foreign_dense` marks voxels above the half-maximum that belong to another dense structure.
    """

    level: NDArray[np.float32]
    in_slices: NDArray[np.float64]
    foreign_dense: NDArray[np.bool_] | None


def _summed(close: _CloseUp, found: Contrast) -> _Summed:
    shape = close.mask.shape
    level, in_slices = np.empty(shape, dtype=np.float32), np.empty(shape[0])
    foreign_dense = None if close.foreign is None else np.empty(shape, dtype=np.bool_)
    rows, columns = (range(close.start_kji[axis], close.start_kji[axis] + shape[axis]) for axis in (1, 2))
    background_hu = None if found.background_hu is None else found.background_hu.over(rows, columns)
    height_hu = None if found.height_hu is None else found.height_hu.over(rows, columns)

    def sum_up(slab: slice) -> None:
        slices = range(close.start_kji[0] + slab.start, close.start_kji[0] + slab.stop)
        local_hu = np.float32(found.mean_background_hu) if background_hu is None else background_hu.in_slices(slices)
        ratio = np.subtract(close.attenuation_hu[slab], local_hu, out=level[slab])
        if close.beside_air is not None:
            # Tissue blurred with air looks less dense; this must not count as negative calcium.
            ratio[close.beside_air[slab] & (ratio < -EDGE.below_tissue_hu)] = 0
        ratio /= np.float32(found.mean_height_hu) if height_hu is None else height_hu.in_slices(slices)
        if foreign_dense is not None and close.foreign is not None:
            np.logical_and(close.foreign[slab], ratio > np.float32(0.5), out=foreign_dense[slab])
        ratio *= close.rim[slab]
        in_slices[slab] = ratio.sum(axis=2).sum(axis=1, dtype=np.float64)
        ratio -= np.float32(0.5)

    in_slabs(sum_up, shape)
    return _Summed(level, in_slices, foreign_dense)


def _narrowly_summed(
    close: _CloseUp, level: NDArray[np.float32], depth_mm: NDArray[np.float32], rim_mm: float
) -> NDArray[np.float64]:
    """Sum each slice if plateau or surroundings are not uniform.

    Only blurred voxels are compared with plateau and surroundings. A deeper voxel counts as fully calcified, whatever
    its attenuation, unless it lies in a cavity. A voxel farther outside counts as not calcified. Depth is measured from
    the edge and not from the outline, so that the errors on both sides of the edge cancel.
    """
    between = (depth_mm > rim_mm) & (depth_mm < EDGE.depth_mm) & (level > EDGE.mostly_calcified)
    ratio = np.where(close.plateau | between, np.float32(1), level + np.float32(0.5))
    ratio *= depth_mm >= -rim_mm
    sums: NDArray[np.float64] = ratio.sum(axis=2).sum(axis=1, dtype=np.float64)
    return sums


def keep_connected(
    level: NDArray[np.float32], seed: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Keep the voxels above level 0 that are connected with a seed (26 neighbors); set the others to -0.5.

    Returns
    -------
    level, inside
        The level, changed in place, and the mask of voxels above 0.
    """
    above = level > 0
    beyond = above & ~seed
    # In most cases all voxels touch the seed; this test takes less time than labeling components.
    if not beyond.any() or not (beyond & ~within_a_voxel(above & seed)).any():
        return level, above
    labels = label_pieces(above, connectivity=26)
    own = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    own[labels[seed]] = True
    own[0] = False
    inside = own[labels]
    level[above & ~inside] = -0.5
    return level, inside


def _strayed(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find voxels where outline and half-maximum are more than a voxel apart; both include an enclosed cavity."""
    beyond = inside & ~within_a_voxel(mask)
    short = mask & ~within_a_voxel(inside)
    if short.any():
        short = mask & ~within_a_voxel(_filled(inside))
    return beyond | short


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill enclosed cavities (6 neighbors)."""
    around = label_pieces(~np.pad(mask, 1), connectivity=6)
    filled: NDArray[np.bool_] = (around != around[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return filled


def _cut_off(close: _CloseUp, summed: _Summed) -> NDArray[np.bool_]:
    """Find dense voxels next to the outline that belong to another dense structure: there a reader's cut is the border.

    An outline that is too small by a voxel has a few such voxels too, at its pointed ends. A small share of the border
    is therefore not taken as a cut.
    """
    none = np.zeros_like(close.mask)
    if summed.foreign_dense is None:
        return none
    beside = within_a_voxel(close.mask) & ~close.mask & (close.attenuation_hu != NOT_IMAGED_HU)
    cut = beside & summed.foreign_dense
    return cut if np.count_nonzero(cut) > EDGE.smallest_cut * np.count_nonzero(beside) else none


def _boundary_hu(close: _CloseUp, found: Contrast, inside: NDArray[np.bool_]) -> float:
    if found.background_hu is None or found.height_hu is None or not inside.any():
        return found.mean_background_hu + found.mean_height_hu / 2
    border = np.argwhere(within_a_voxel(inside) & ~inside)
    some = border[:: max(1, len(border) // EDGE.enough_border_points)] + close.start_kji
    return float(np.median(found.background_hu.at(some) + found.height_hu.at(some) / 2))
