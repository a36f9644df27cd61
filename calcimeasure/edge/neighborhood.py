"""The neighborhood of a lesion: other dense structures, air, and the voxels of its plateau and its surroundings."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import edt
import numpy as np
from scipy import ndimage

from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.slabs import threads_for_distances
from calcimeasure.model import NOT_IMAGED_HU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.edge.constants import Sampling
    from calcimeasure.model import Outline, Volume
    from calcimeasure.settings import MeasureSettings

_Number = TypeVar("_Number", np.float32, np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Neighborhood:
    """The box of a lesion with a margin for its rim and its surroundings: all voxels, or a sample of them.

    Parameters
    ----------
    start_kji, stride_kji
        First index of the box in the stack, and the step between samples in voxels.
    attenuation_hu, mask, imaged, dense
        (k, j, i): the image, the lesion, the voxels that the scanner reconstructed, the voxels at or above the
        threshold.
    depth_mm
        Distance to the border of the lesion, negative outside.
    others
        Dense voxels that do not belong to the lesion.
    basin
        The lesion, and each voxel that is nearer to the lesion than to any other dense structure.
    from_others_mm, from_air_mm
        Distance to other dense structures, and to air: infinite beyond the width of a rim, None if there are none.
    spacing_mm
        Distance between samples.
    slice_mm
        (k,) size of a voxel across the slices.
    """

    start_kji: tuple[int, int, int]
    stride_kji: tuple[int, int, int]
    attenuation_hu: NDArray[np.float32]
    mask: NDArray[np.bool_]
    imaged: NDArray[np.bool_]
    dense: NDArray[np.bool_]
    depth_mm: NDArray[np.float32]
    others: NDArray[np.bool_]
    basin: NDArray[np.bool_]
    from_others_mm: NDArray[np.float32] | None
    from_air_mm: NDArray[np.float32] | None
    spacing_mm: tuple[float, float, float]
    slice_mm: NDArray[np.float64]

    @property
    def is_coarse(self) -> bool:
        """Tell whether voxels were left out."""
        return max(self.stride_kji) > 1


def neighborhood(
    volume: Volume, outline: Outline, settings: MeasureSettings, sampling: Sampling | None
) -> Neighborhood:
    """Collect the neighborhood of a lesion; without a sampling, at every voxel."""
    geometry = volume.geometry
    start, stop = box_round(volume, outline, EDGE.shell_mm[1] + 1)
    stride = _stride(volume, start, stop, sampling)
    samples = tuple(slice(a, b, step) for a, b, step in zip(start, stop, stride, strict=True))
    attenuation_hu = volume.attenuation_hu[samples].astype(np.float32)
    some = tuple(slice(None, None, step) for step in stride)
    mask = np.ascontiguousarray(outline.mask_in(start, stop)[some])
    step_mm, row_mm, column_mm = geometry.spacing_kji_mm
    in_plane_mm = (stride[1] * row_mm, stride[2] * column_mm)
    compared_mm = (stride[0] * min(step_mm, EDGE.longest_slice_step_mm), *in_plane_mm)
    imaged = attenuation_hu != NOT_IMAGED_HU
    dense = attenuation_hu >= settings.threshold_hu
    depth_mm = signed_depth_mm(mask, compared_mm)
    others = _other_dense(attenuation_hu, mask, dense, depth_mm)
    from_others_mm = _distance_mm(others, compared_mm)
    return Neighborhood(
        start_kji=start,
        stride_kji=stride,
        attenuation_hu=attenuation_hu,
        mask=mask,
        imaged=imaged,
        dense=dense,
        depth_mm=depth_mm,
        others=others,
        basin=imaged & (mask | (True if from_others_mm is None else -depth_mm < from_others_mm)),
        from_others_mm=from_others_mm,
        from_air_mm=_distance_mm(imaged & (attenuation_hu < EDGE.air_hu), compared_mm),
        spacing_mm=(stride[0] * step_mm, *in_plane_mm),
        slice_mm=geometry.voxel_sizes[samples[0]] / geometry.pixel_area_mm2,
    )


def close_to_mask(near: Neighborhood, margin_kji: Sequence[int]) -> Neighborhood:
    """Cut a neighborhood to the box of its lesion with a margin in samples."""
    used = [np.flatnonzero(near.mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    first = [max(int(one[0]) - margin, 0) for one, margin in zip(used, margin_kji, strict=True)]
    box = tuple(slice(a, int(one[-1]) + 1 + margin) for a, one, margin in zip(first, used, margin_kji, strict=True))
    k, j, i = (start + a * step for start, a, step in zip(near.start_kji, first, near.stride_kji, strict=True))
    return replace(
        near,
        start_kji=(k, j, i),
        attenuation_hu=near.attenuation_hu[box],
        mask=near.mask[box],
        imaged=near.imaged[box],
        dense=near.dense[box],
        depth_mm=near.depth_mm[box],
        others=near.others[box],
        basin=near.basin[box],
        from_others_mm=None if near.from_others_mm is None else near.from_others_mm[box],
        from_air_mm=None if near.from_air_mm is None else near.from_air_mm[box],
        slice_mm=near.slice_mm[box[0]],
    )


def box_round(volume: Volume, outline: Outline, margin_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return start and stop of the box of an outline with a margin, limited to the stack."""
    geometry = volume.geometry
    slices, rows, columns = (math.ceil(margin_mm / max(step_mm, 1e-3)) for step_mm in geometry.spacing_kji_mm)
    margin = (max(2, slices) if geometry.shape_kji[0] > 1 else 0, rows, columns)
    k, j, i = (max(0, a - m) for a, m in zip(outline.start_kji, margin, strict=True))
    stop_k, stop_j, stop_i = (
        min(n, b + m) for b, m, n in zip(outline.stop_kji, margin, geometry.shape_kji, strict=True)
    )
    return (k, j, i), (stop_k, stop_j, stop_i)


def _stride(
    volume: Volume, start: tuple[int, ...], stop: tuple[int, ...], sampling: Sampling | None
) -> tuple[int, int, int]:
    if sampling is None or math.prod(b - a for a, b in zip(start, stop, strict=True)) <= sampling.enough_voxels:
        return (1, 1, 1)
    k, j, i = (max(1, int(sampling.grain_mm / max(step_mm, 1e-3))) for step_mm in volume.geometry.spacing_kji_mm)
    return (k, j, i)


def signed_depth_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance to the nearest voxel on the other side of a mask's border, negative outside; the box has no border."""
    # With two labels one transform gives the distances on both sides of the border.
    labels = mask.view(np.uint8) + np.uint8(1)
    depth_mm: NDArray[np.float32] = edt.edt(
        labels, anisotropy=spacing_mm, black_border=False, parallel=threads_for_distances(mask.size)
    )
    return np.negative(depth_mm, out=depth_mm, where=~mask)


def _distance_mm(things: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32] | None:
    """Distance to the nearest voxel of a mask; infinite beyond the width of a rim, None if the mask is empty."""
    if not things.any():
        return None
    box = []
    for axis, step_mm in enumerate(spacing_mm):
        used = np.flatnonzero(things.any(axis=tuple({0, 1, 2} - {axis})))
        reach = math.ceil(EDGE.rim_mm / step_mm) + 1
        box.append(slice(max(int(used[0]) - reach, 0), int(used[-1]) + 1 + reach))
    near = tuple(box)
    distance_mm = np.full(things.shape, np.inf, dtype=np.float32)
    distance_mm[near] = edt.edt(
        (~things[near]).view(np.uint8),
        anisotropy=spacing_mm,
        black_border=False,
        parallel=threads_for_distances(things.size),
    )
    return distance_mm


def _other_dense(
    attenuation_hu: NDArray[np.float32],
    mask: NDArray[np.bool_],
    dense: NDArray[np.bool_],
    depth_mm: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Find dense voxels of other structures: past the blurred rim of the lesion, or above half-maximum behind a cut."""
    beyond = dense & (depth_mm < 1 - EDGE.rim_mm)
    behind = dense & ~mask & ~within_a_voxel(mask)
    if behind.any():
        deep = mask & (depth_mm >= min(EDGE.depth_mm, EDGE.deep_share * float(depth_mm.max())))
        deep_hu = np.median(some_in(attenuation_hu, deep))
        soft_hu = max(float(np.median(some_in(attenuation_hu, ~dense))), EDGE.fat_hu) if not dense.all() else 0.0
        half = attenuation_hu >= (float(deep_hu) + soft_hu) / 2
        behind &= half
        # A voxel that is as dense and touches such a structure belongs to that structure, not to the rim of the lesion.
        behind |= within_a_voxel(behind) & dense & ~mask & half
    return beyond | behind


def stands_alone(near: Neighborhood) -> bool:
    """Tell whether no other dense structure lies near the rim. If one does, every voxel must be used."""
    return not bool(np.any(near.others & (near.depth_mm >= -2 * EDGE.rim_mm)))


def within_a_voxel(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
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


def plateau_and_shell(near: Neighborhood, settings: MeasureSettings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the voxels that show the plateau (none where they are too few), and those that show the surroundings."""
    shell = near.basin & ~near.dense & (near.depth_mm < -EDGE.shell_mm[0]) & (near.depth_mm >= -EDGE.shell_mm[1])
    for distance_mm in (near.from_air_mm, near.from_others_mm):
        if distance_mm is not None:
            shell &= distance_mm > EDGE.rim_mm
    if np.count_nonzero(shell) < EDGE.fewest_shell_voxels:
        shell = _scarce_surroundings(near)
    # Deep voxels that are not dense belong to a cavity: marrow, fluid, necrosis.
    deep = near.mask & near.dense & (near.depth_mm >= EDGE.depth_mm)
    if deep.any() and shell.any():
        deep = _without_cavities(near, deep, shell, settings)
    if np.count_nonzero(deep) < EDGE.fewest_plateau_voxels:
        deep = np.zeros_like(deep)
    return deep, shell


def _without_cavities(
    near: Neighborhood, deep: NDArray[np.bool_], shell: NDArray[np.bool_], settings: MeasureSettings
) -> NDArray[np.bool_]:
    """Remove the blurred rim of cavities from the deep voxels; keep parts that are less dense but calcified."""
    deep_hu, shell_hu = (float(np.median(some_in(near.attenuation_hu, voxels))) for voxels in (deep, shell))
    half_hu = (deep_hu + shell_hu) / 2
    hollow = deep & (near.attenuation_hu < half_hu)
    if not hollow.any():
        return deep
    # A less dense part that is calcified (fluid that contains calcium) is homogeneous and far denser than soft tissue.
    # The blurred rim of a cavity has the same Hounsfield units, but they decrease toward the cavity.
    smooth_hu = ndimage.uniform_filter(near.attenuation_hu, 3)
    cavity = near.mask & (near.depth_mm >= EDGE.depth_mm) & (smooth_hu < settings.threshold_hu)
    from_cavity_mm = _distance_mm(cavity, near.spacing_mm)
    if from_cavity_mm is None:
        return deep
    beyond = deep & (from_cavity_mm > EDGE.rim_mm)
    return beyond if np.count_nonzero(beyond) >= EDGE.fewest_plateau_voxels else deep & ~hollow


def _scarce_surroundings(near: Neighborhood) -> NDArray[np.bool_]:
    """Find surroundings between dense structures or under the skin: the least blurred tissue, or all of the tissue."""
    around = near.basin & ~near.dense & ~near.mask
    for distance_mm in (EDGE.rim_mm / 2, 0.0):
        tissue = around & (near.depth_mm < -distance_mm)
        if near.from_air_mm is not None:
            tissue &= near.from_air_mm > distance_mm
        if np.count_nonzero(tissue) >= EDGE.fewest_shell_voxels:
            return tissue
    return around


def thinned(values: NDArray[_Number]) -> NDArray[_Number]:
    """Take every nth of many values: the median of thousands of values is accurate enough and takes less time."""
    return values[:: max(1, values.size // EDGE.enough_values)]


def some_in(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n,) the values in a mask, thinned."""
    return values.ravel()[thinned(np.flatnonzero(mask))]
