"""The edge of a lesion below the voxel: the local half-maximum.

Every CT blurs, so that one threshold for all makes dense masses too large and faint ones too small. The edge is where
the attenuation has fallen half way from the lesion's own plateau to its own surroundings (full width at half maximum).

How each thing is taken:

- *surroundings*: mean of the tissue 3.5 to 7 mm away from the lesion, outliers left out, away from other dense things
  and from air; air counts as no calcium and not as less than none (a mass beside air has skin on it), and only where
  there is nothing else it is the surroundings;
- *plateau*: mean of the lesion's voxels that are so deep (2.5 mm in the slice, and one slice above and below) that blur
  does not reach them; where the lesion is not homogeneous both are taken in its neighborhood of some 6 mm;
- *a lesion without such depth*: its plateau follows from what blur does not change, the sum of attenuation above the
  surroundings: divided by the volume inside the half-maximum (with the known shrinkage of a curved edge under blur) it
  is the attenuation that the lesion has where nothing is lost;
- *basin*: what lies nearer to the lesion than to any other dense thing. Beyond a cut that a reader drew, bone, or a
  neighbor, nothing counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import NOT_IMAGED_HU, Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from calcimeasure.settings import Settings

RIM_MM = 3.0
"""How far the blurred rim of a lesion reaches: three times the widest usual blur (sigma 0.9 mm) and a pixel."""

SHELL_MM = (3.5, 7.0)
"""Where the surroundings are taken."""

DEPTH_MM = 2.5
"""How deep a voxel must lie to show the plateau."""

FEWEST_PLATEAU_VOXELS = 30
"""Fewer deep voxels than this show the plateau less well than the sum of attenuation does."""

FEWEST_SHELL_VOXELS = 50

_BELOW_TISSUE_HU = 60.0
"""Beside air, what is further below the surroundings than this is mixed with air and not noise."""

LOWEST_CONTRAST_HU = 30.0
"""A plateau that stands out from its surroundings by less than this or than three times the noise has no edge."""

AIR_HU = -300.0
"""Air, lung and what is blurred with them are below it; fat is at -100 HU."""

NEIGHBORHOOD_MM = 6.0
"""Size of the cells in which an inhomogeneous plateau and its surroundings are averaged."""

UNEVEN_CELLS = 6.0
UNEVEN_SHARE = 0.03
"""Cells are not even when a mean differs by more standard errors than this and by more of the contrast than this."""

SMALLEST_CUT = 0.02
"""A cut is at least this share of an outline's border."""

_NEAR_EDGE = 0.25
_ENOUGH_VALUES = 10_000
_LARGE_BOX_VOXELS = 2_000_000

_LONGEST_SLICE_STEP_MM = 1.5
_DEEPEST_SLICE_STEP_MM = 2.0
"""A slice counts as at most this far from its neighbor when distances are compared: thick slices are blurred across,
and their neighbors belong to the rim; a voxel is deep only where its neighbors above and below are inside too."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """The surroundings of a lesion, measured against its plateau.

    Parameters
    ----------
    start_kji
        Where the box begins in the stack.
    level
        (k, j, i) float32: 0 on the edge, 0.5 on the plateau, -0.5 in the surroundings; below 0 outside the basin, and
        as the reader's outline says where that leaves the half-maximum by more than a voxel.
    inside
        Voxels of the box with level above 0 that belong to the lesion.
    plateau_hu, background_hu
        Averages over the lesion.
    boundary_hu
        Attenuation on the edge, median over it.
    noise_sd_hu
        Standard deviation of single voxels.
    blur_sigma_mm
        Of the edge in the slice plane, as if it were Gaussian.
    calcified_mm3
        Sum over the lesion and its rim of (attenuation - surroundings) / (plateau - surroundings) voxel volumes (a lone
        slice: mm2).
    plateau_voxels, shell_voxels, rim_mm3
        How much of the image the plateau and the surroundings rest on, and how much of the rim was summed.
    follows_outline
        False where a reader's outline leaves the half-maximum by more than a voxel.
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


def find_edge(volume: Volume, outline: Outline, settings: Settings) -> Edge:
    """Find the edge of a lesion.

    Parameters
    ----------
    volume
        The stack.
    outline
        The lesion, as proposed or as a reader drew it.
    settings
        `threshold_hu`: what else is dense.

    Returns
    -------
    Edge
        In a box that holds the lesion, its rim and its surroundings.
    """
    return _find_edge(volume, outline, settings, outline_rules=True)


def half_maximum_outline(volume: Volume, outline: Outline, settings: Settings) -> Outline:
    """Draw a proposed outline anew along its half-maximum, cavities filled.

    Returns
    -------
    Outline
        The voxels above half-way between surroundings and plateau that hang together with the proposal; the proposal
        itself where there are none.
    """
    edge = _find_edge(volume, outline, settings, outline_rules=False)
    if not edge.inside.any():
        return outline
    return Outline.from_mask(_filled(edge.inside), edge.start_kji)


def _find_edge(volume: Volume, outline: Outline, settings: Settings, outline_rules: bool) -> Edge:
    near = _neighborhood(volume, outline, settings)
    plateau, shell = _plateau_and_shell(near)
    contrast = _contrast(near, plateau, shell)
    ratio = _above(near, contrast.background_hu) / contrast.height_hu
    rim = near.basin & (near.outside_mm <= RIM_MM)
    per_slice = np.sum(ratio, axis=(1, 2), where=rim, dtype=np.float64)
    noise_sd_hu = _noise_sd_hu(near, plateau, shell)
    if contrast.mean_height_hu < max(LOWEST_CONTRAST_HU, 3 * _fine_noise_sd_hu(near)):
        ratio[:] = 0
    level, inside = _level(near, ratio - np.float32(0.5))
    blur_sigma_mm = _blur_sigma_mm(level, inside, near.pixel_mm)
    strayed = np.zeros_like(inside)
    if outline_rules and inside.any():
        strayed = _strayed(near, inside) | _cut_off(near, ratio)
    if strayed.any():
        ruled = _within_a_voxel(_within_a_voxel(strayed))
        level[ruled] = np.where(near.mask[ruled], np.float32(0.5), np.float32(-0.5))
        inside = np.where(ruled, near.mask, inside)
    return Edge(
        start_kji=near.start_kji,
        level=level,
        inside=inside,
        plateau_hu=contrast.mean_background_hu + contrast.mean_height_hu,
        background_hu=contrast.mean_background_hu,
        boundary_hu=_boundary_hu(contrast, inside),
        noise_sd_hu=noise_sd_hu,
        blur_sigma_mm=blur_sigma_mm,
        calcified_mm3=float(per_slice @ near.voxel_sizes),
        plateau_voxels=int(np.count_nonzero(plateau)),
        shell_voxels=int(np.count_nonzero(shell)),
        rim_mm3=float(np.count_nonzero(rim & ~near.mask, axis=(1, 2)) @ near.voxel_sizes),
        follows_outline=not strayed.any(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Neighborhood:
    """A lesion's box, with room for its rim and its surroundings."""

    start_kji: tuple[int, int, int]
    attenuation_hu: NDArray[np.float32]
    mask: NDArray[np.bool_]
    imaged: NDArray[np.bool_]
    dense: NDArray[np.bool_]
    outside_mm: NDArray[np.float32]
    inside_mm: NDArray[np.float32]
    basin: NDArray[np.bool_]
    from_others_mm: NDArray[np.float32] | None
    from_air_mm: NDArray[np.float32] | None
    pixel_mm: tuple[float, float]
    voxel_sizes: NDArray[np.float64]


def _neighborhood(volume: Volume, outline: Outline, settings: Settings) -> _Neighborhood:
    geometry = volume.geometry
    pixel_mm = (geometry.row_spacing_mm, geometry.column_spacing_mm)
    step_mm = geometry.slice_spacing_mm or 1.0
    far = SHELL_MM[1] + 1
    margin = (max(2, math.ceil(far / max(step_mm, 1e-3))) if geometry.shape_kji[0] > 1 else 0,
              math.ceil(far / pixel_mm[0]), math.ceil(far / pixel_mm[1]))  # fmt: skip
    start = [max(0, a - m) for a, m in zip(outline.start_kji, margin, strict=True)]
    stop = [min(n, b + m) for b, m, n in zip(outline.stop_kji, margin, geometry.shape_kji, strict=True)]
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    stored_hu = volume.attenuation_hu[box]
    own = tuple(slice(a - s, b - s) for a, b, s in zip(outline.start_kji, outline.stop_kji, start, strict=True))
    mask = np.zeros(stored_hu.shape, dtype=np.bool_)
    mask[own] = outline.mask()
    imaged = stored_hu != NOT_IMAGED_HU
    dense = stored_hu >= settings.threshold_hu
    outside_mm = _distance_mm(~mask, (min(step_mm, _LONGEST_SLICE_STEP_MM), *pixel_mm))
    inside_mm = np.zeros(stored_hu.shape, dtype=np.float32)
    # With a voxel of room where the image has one: its end is no border of the lesion.
    roomy = tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in own)
    inside_mm[roomy] = _distance_mm(mask[roomy], (min(step_mm, _DEEPEST_SLICE_STEP_MM), *pixel_mm))
    attenuation_hu = stored_hu.astype(np.float32)
    others = _other_dense(attenuation_hu, mask, dense, outside_mm, inside_mm)
    from_others_mm = _distance_mm(~others, (min(step_mm, _LONGEST_SLICE_STEP_MM), *pixel_mm)) if others.any() else None
    basin = imaged & (mask | (True if from_others_mm is None else outside_mm < from_others_mm))
    air = imaged & (attenuation_hu < AIR_HU)
    from_air_mm = _distance_mm(~air, (min(step_mm, _LONGEST_SLICE_STEP_MM), *pixel_mm)) if air.any() else None
    sizes = geometry.voxel_sizes[box[0]]
    return _Neighborhood(
        (start[0], start[1], start[2]),
        attenuation_hu,
        mask,
        imaged,
        dense,
        outside_mm,
        inside_mm,
        basin,
        from_others_mm,
        from_air_mm,
        pixel_mm,
        sizes,
    )


def _distance_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance of each voxel of a mask to the nearest one outside it; the border of the box is none.

    In a large box every second row and column is looked at: right to a pixel, in a quarter of the time.
    """
    import edt

    if mask.size <= _LARGE_BOX_VOXELS:
        exact_mm: NDArray[np.float32] = edt.edt(mask, anisotropy=spacing_mm, black_border=False, parallel=1)
        return exact_mm
    coarse = np.ascontiguousarray(mask[:, ::2, ::2])
    coarse_spacing_mm = (spacing_mm[0], 2 * spacing_mm[1], 2 * spacing_mm[2])
    coarse_mm = edt.edt(coarse, anisotropy=coarse_spacing_mm, black_border=False, parallel=2)
    distance_mm: NDArray[np.float32] = coarse_mm.repeat(2, axis=1).repeat(2, axis=2)[
        :, : mask.shape[1], : mask.shape[2]
    ]
    return np.where(mask, np.maximum(distance_mm, np.float32(min(spacing_mm))), np.float32(0))


def _other_dense(
    attenuation_hu: NDArray[np.float32],
    mask: NDArray[np.bool_],
    dense: NDArray[np.bool_],
    outside_mm: NDArray[np.float32],
    inside_mm: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Find what is dense and not the lesion: beyond its own blurred rim, or above its half-maximum behind a cut."""
    beyond = dense & (outside_mm > RIM_MM - 1)
    behind = dense & ~mask & ~_within_a_voxel(mask)
    if behind.any():
        deep = mask & (inside_mm >= min(DEPTH_MM, 0.6 * float(inside_mm.max())))
        deep_hu = np.median(_thinned(attenuation_hu[deep]))
        soft_hu = max(float(np.median(_thinned(attenuation_hu[~dense]))), -100.0) if not dense.all() else 0.0
        behind &= attenuation_hu >= (float(deep_hu) + soft_hu) / 2
    return beyond | behind


def _within_a_voxel(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow a mask by one voxel in each direction, diagonals included."""
    grown = mask
    for axis in range(mask.ndim):
        near = grown.copy()
        low, high = [slice(None)] * mask.ndim, [slice(None)] * mask.ndim
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        near[tuple(low)] |= grown[tuple(high)]
        near[tuple(high)] |= grown[tuple(low)]
        grown = near
    return grown


def _plateau_and_shell(near: _Neighborhood) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Voxels that show the plateau (too few of them: none), and those that show the surroundings."""
    shell = near.basin & ~near.dense & (near.outside_mm > SHELL_MM[0]) & (near.outside_mm <= SHELL_MM[1])
    if near.from_air_mm is not None:
        shell &= near.from_air_mm > RIM_MM
    if near.from_others_mm is not None:
        shell &= near.from_others_mm > RIM_MM
    if np.count_nonzero(shell) < FEWEST_SHELL_VOXELS:
        shell = _scarce_surroundings(near)
    # What is deep and not dense is a cavity: marrow, fluid, necrosis.
    deep = near.mask & near.dense & (near.inside_mm >= DEPTH_MM)
    if deep.any() and shell.any():
        medians_hu = [float(np.median(_thinned(near.attenuation_hu[voxels]))) for voxels in (deep, shell)]
        half_hu = sum(medians_hu) / 2
        hollow = deep & (near.attenuation_hu < half_hu)
        deep &= ~hollow
        if hollow.any():
            # The blurred rim of a cavity is no plateau either, as long as there is some beyond it.
            beyond = deep & ~_within_a_voxel(_within_a_voxel(_within_a_voxel(hollow)))
            deep = beyond if np.count_nonzero(beyond) >= FEWEST_PLATEAU_VOXELS else deep
    if np.count_nonzero(deep) < FEWEST_PLATEAU_VOXELS:
        deep = np.zeros_like(deep)
    return deep, shell


def _scarce_surroundings(near: _Neighborhood) -> NDArray[np.bool_]:
    """Wedged between dense things or under the skin: the tissue that is least blurred with either, or what there is."""
    around = near.basin & ~near.dense & (near.outside_mm > 0)
    for distance_mm in (RIM_MM / 2, 0.0):
        tissue = around & (near.outside_mm > distance_mm)
        if near.from_air_mm is not None:
            tissue &= near.from_air_mm > distance_mm
        if np.count_nonzero(tissue) >= FEWEST_SHELL_VOXELS:
            return tissue
    return around


@dataclass(frozen=True, slots=True, eq=False)
class _Contrast:
    """Surroundings, and how high the plateau stands above them: everywhere, or one number for all of the box."""

    background_hu: NDArray[np.float32] | np.float32
    height_hu: NDArray[np.float32] | np.float32
    mean_background_hu: float
    mean_height_hu: float


def _contrast(near: _Neighborhood, plateau: NDArray[np.bool_], shell: NDArray[np.bool_]) -> _Contrast:
    background_hu = _trimmed_mean(near.attenuation_hu[shell]) if shell.any() else 0.0
    if plateau.any():
        plateau_hu = float(near.attenuation_hu[plateau].mean(dtype=np.float64))
    else:
        plateau_hu = _plateau_from_sum(near, background_hu)
    height_hu = max(plateau_hu - background_hu, 1.0)
    local_background_hu = _local_mean(near, shell, background_hu, height_hu)
    local_plateau_hu = _local_mean(near, plateau, plateau_hu, height_hu)
    return _Contrast(
        background_hu=np.asarray(local_background_hu, dtype=np.float32),
        height_hu=np.maximum(local_plateau_hu - local_background_hu, np.float32(0.1 * height_hu)),
        mean_background_hu=background_hu,
        mean_height_hu=height_hu,
    )


def _local_mean(
    near: _Neighborhood, voxels: NDArray[np.bool_], mean_hu: float, height_hu: float
) -> NDArray[np.float32] | np.float32:
    """Average voxels in their neighborhood where they are not even, all of them where they are.

    Cells of `NEIGHBORHOOD_MM` are averaged and smoothed over their neighbors; a cell without any takes the mean of all.
    """
    if not voxels.any():
        return np.float32(mean_hu)
    from scipy import ndimage

    slice_mm = float(np.median(near.voxel_sizes)) / (near.pixel_mm[0] * near.pixel_mm[1])
    cells = [max(1, round(NEIGHBORHOOD_MM / step_mm)) for step_mm in (slice_mm, *near.pixel_mm)]
    shape = tuple(-(-length // cell) for length, cell in zip(voxels.shape, cells, strict=True))
    index = np.ravel_multi_index([i // cell for i, cell in zip(np.nonzero(voxels), cells, strict=True)], shape)
    values = near.attenuation_hu[voxels].astype(np.float64)
    count = np.bincount(index, minlength=math.prod(shape)).reshape(shape).astype(np.float64)
    total = np.bincount(index, weights=values, minlength=math.prod(shape)).reshape(shape)
    filled = count >= FEWEST_PLATEAU_VOXELS
    if not filled.any():
        return np.float32(mean_hu)
    means_hu = total[filled] / count[filled]
    spread_hu = float(np.std(values - (total / np.maximum(count, 1)).ravel()[index]))
    limit_hu = np.maximum(UNEVEN_CELLS * spread_hu / np.sqrt(count[filled]), UNEVEN_SHARE * height_hu)
    if np.all(np.abs(means_hu - mean_hu) <= limit_hu):
        return np.float32(mean_hu)
    few = FEWEST_PLATEAU_VOXELS / 10
    smooth = (ndimage.gaussian_filter(total, 0.7) + few * mean_hu) / (ndimage.gaussian_filter(count, 0.7) + few)
    places = [(np.arange(length) + 0.5) / cell - 0.5 for length, cell in zip(voxels.shape, cells, strict=True)]
    local: NDArray[np.float32] = ndimage.map_coordinates(
        smooth.astype(np.float32), np.meshgrid(*places, indexing="ij"), order=1, mode="nearest"
    )
    return local


def _above(near: _Neighborhood, background_hu: NDArray[np.float32] | np.float32) -> NDArray[np.float32]:
    """Attenuation above the surroundings; what air takes off the tissue beside it is no negative calcium."""
    above_hu: NDArray[np.float32] = near.attenuation_hu - background_hu
    if near.from_air_mm is not None:
        above_hu[(near.from_air_mm <= RIM_MM) & ~near.mask & (above_hu < -_BELOW_TISSUE_HU)] = 0
    above_hu[~near.imaged] = 0
    return above_hu


def _thinned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take every nth of many values: a median of thousands is as good as one of millions, and sorting costs most."""
    return values[:: max(1, values.size // _ENOUGH_VALUES)]


def _trimmed_mean(values: NDArray[np.float32]) -> float:
    """Average what lies within three standard deviations (from the median deviation) of the median."""
    some = _thinned(values)
    median = float(np.median(some))
    spread = 1.4826 * float(np.median(np.abs(some - median)))
    kept = values[np.abs(values - median) <= 3 * max(spread, 1.0)]
    return float(kept.mean(dtype=np.float64))


def _plateau_from_sum(near: _Neighborhood, background_hu: float) -> float:
    """Solve for the plateau at which the summed attenuation fills the volume inside the half-maximum.

    Blur keeps the sum S = (plateau - background) V. The half-maximum of a blurred body encloses V - sigma^2 M, with M
    the integral of its mean curvature, which for a convex body is 2 pi times its mean breadth (Steiner's formula).
    """
    rim = near.basin & (near.outside_mm <= RIM_MM)
    above_hu = np.where(rim, _above(near, np.float32(background_hu)), 0)
    total = float(above_hu.sum(axis=(1, 2), dtype=np.float64) @ near.voxel_sizes)
    height_hu = float(np.percentile(above_hu[near.mask], 90))
    for _ in range(20):
        inside = above_hu >= height_hu / 2
        if height_hu < 1 or not inside.any():
            break
        level = above_hu / np.float32(height_hu) - np.float32(0.5)
        sigma_mm = _blur_sigma_mm(level, inside, near.pixel_mm)
        enclosed = float(np.count_nonzero(inside, axis=(1, 2)) @ near.voxel_sizes)
        breadth_mm = _mean_breadth_mm(inside, near)
        better_hu = total / (enclosed + 2 * math.pi * sigma_mm**2 * breadth_mm)
        if abs(better_hu - height_hu) < 0.001 * height_hu:
            break
        height_hu = (height_hu + better_hu) / 2
    return background_hu + height_hu


def _mean_breadth_mm(inside: NDArray[np.bool_], near: _Neighborhood) -> float:
    used = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    slice_mm = near.voxel_sizes / (near.pixel_mm[0] * near.pixel_mm[1])
    across_mm = float(slice_mm[used[0][0] : used[0][-1] + 1].sum())
    along_mm = [(np.ptp(used[axis]) + 1) * near.pixel_mm[axis - 1] for axis in (1, 2)]
    return (across_mm + sum(along_mm)) / 3


def _level(near: _Neighborhood, level: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Keep of what is above the half-maximum what hangs together with the lesion."""
    level[~near.basin] = -0.5
    return keep_connected(level, near.mask)


def keep_connected(
    level: NDArray[np.float32], seed: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Keep of what is above level 0 what hangs together with a seed (26 neighbors); the rest is set to -0.5.

    Returns
    -------
    level, inside
        The level, changed in place, and where it is above 0.
    """
    import cc3d

    above = level > 0
    labels = cc3d.connected_components(above, connectivity=26, binary_image=True)
    own = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    own[labels[seed]] = True
    own[0] = False
    inside = own[labels]
    level[above & ~inside] = -0.5
    return level, inside


def _strayed(near: _Neighborhood, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find where outline and half-maximum are more than a voxel apart; an enclosed cavity belongs to both."""
    beyond = inside & ~_within_a_voxel(near.mask)
    short = near.mask & ~_within_a_voxel(inside)
    return beyond | (near.mask & ~_within_a_voxel(_filled(inside)) if short.any() else short)


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what is enclosed in space (6 neighbors)."""
    import cc3d

    around = cc3d.connected_components(~np.pad(mask, 1), connectivity=6, binary_image=True)
    filled: NDArray[np.bool_] = (around != around[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return filled


def _cut_off(near: _Neighborhood, ratio: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find voxels of the lesion beside its outline that a cut gives to somebody else: the cut is the border there.

    A share of the outline's border that an outline too small by a voxel has too, at pointed places, is none.
    """
    none = np.zeros_like(near.mask)
    if near.from_others_mm is None:
        return none
    beside = _within_a_voxel(near.mask) & ~near.mask & near.imaged
    cut = beside & ~near.basin & (ratio > np.float32(0.5))
    return cut if np.count_nonzero(cut) > SMALLEST_CUT * np.count_nonzero(beside) else none


def _boundary_hu(contrast: _Contrast, inside: NDArray[np.bool_]) -> float:
    local_hu = np.asarray(contrast.background_hu + contrast.height_hu / 2)
    if not local_hu.ndim or not inside.any():
        return contrast.mean_background_hu + contrast.mean_height_hu / 2
    return float(np.median(local_hu[_within_a_voxel(inside) & ~inside]))


def _noise_sd_hu(near: _Neighborhood, plateau: NDArray[np.bool_], shell: NDArray[np.bool_]) -> float:
    """Estimate the noise of single voxels: the smaller median deviation of plateau and surroundings.

    Neither can be quieter than the noise, and both may hold more than noise.
    """
    spreads = []
    for voxels in (plateau, shell):
        if voxels.any():
            values = _thinned(near.attenuation_hu[voxels])
            spreads.append(1.4826 * float(np.median(np.abs(values - np.median(values)))))
    return min(spreads, default=0.0)


def _fine_noise_sd_hu(near: _Neighborhood) -> float:
    """Estimate the noise from how neighbors in a row differ: tissue that changes slowly adds nothing to it."""
    if near.attenuation_hu.shape[2] < 3:
        return 0.0
    usable = near.imaged & ~near.dense
    triples = usable[:, :, :-2] & usable[:, :, 1:-1] & usable[:, :, 2:]
    row = near.attenuation_hu
    bends = _thinned((row[:, :, :-2] - 2 * row[:, :, 1:-1] + row[:, :, 2:])[triples])
    return 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6) if bends.size else 0.0


def _blur_sigma_mm(level: NDArray[np.floating], inside: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> float:
    """Estimate the blur in the slice plane from how steep the edge is there.

    Over two pixels across a straight edge blurred by a Gaussian the level changes by erf(pixel / (sqrt(2) sigma)).
    Where the surface is inclined to the slice it looks flatter: the steeper quarter of the edge counts.
    """
    from scipy.special import erfinv

    on_edge = inside[:, 1:-1, 1:-1] & (level[:, 1:-1, 1:-1] < _NEAR_EDGE)
    if not on_edge.any():
        return max(pixel_mm)
    down = (level[:, 2:, 1:-1] - level[:, :-2, 1:-1])[on_edge]
    along = (level[:, 1:-1, 2:] - level[:, 1:-1, :-2])[on_edge]
    change = float(np.percentile(np.hypot(down, along), 75))
    return math.sqrt(pixel_mm[0] * pixel_mm[1]) / (math.sqrt(2) * float(erfinv(min(max(change, 0.05), 0.995))))
