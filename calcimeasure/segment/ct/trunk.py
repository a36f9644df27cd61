"""The trunk: its lungs, and where the front of its spine lies in each slice.

A limb, a head and a neck have no trunk: what is looked for there is narrower than `CT.least_half_width_mm` on a side of
the bone that might be a spine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spacing = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """The slices of a trunk, from the feet up, on the thinned upright copy.

    Parameters
    ----------
    slices
        (n,) their numbers, without a gap.
    middle_mm, front_mm
        (n,) where the front of the spine lies: from the right border of the copy, and from its front border.
    lung
        (z, y, x) of the whole copy.
    lung_mm2
        (z,) area of lung in each slice of the copy.
    """

    slices: NDArray[np.intp]
    middle_mm: NDArray[np.float64]
    front_mm: NDArray[np.float64]
    lung: NDArray[np.bool_]
    lung_mm2: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """The column of bone that may be the spine, in each slice; `front` is NaN where no vertebra is seen."""

    middle: NDArray[np.float64]
    front: NDArray[np.float64]
    area_mm2: NDArray[np.float64]
    depth_mm: NDArray[np.float64]


def find_trunk(
    attenuation_hu: NDArray[np.int16], body: NDArray[np.bool_], bone: NDArray[np.bool_], spacing_mm: Spacing
) -> Trunk | None:
    """Find the trunk; None if the copy shows no lungs or pelvis with a spine in a wide body.

    Parameters
    ----------
    attenuation_hu, body, bone
        (z, y, x) of the thinned upright copy: the largest body, and bone with its marrow.
    spacing_mm
        Spacing of the copy.
    """
    lung = _lungs(attenuation_hu, body, spacing_mm)
    lung_mm2 = lung.sum(axis=(1, 2)) * spacing_mm[1] * spacing_mm[2]
    middle_y = _mean_index(body, 1)
    dense = ndimage.uniform_filter1d((bone & body).astype(np.float32), odd(CT.spine_window_mm, spacing_mm[0]), axis=0)
    y = np.arange(body.shape[1])
    behind = y[None, :] > middle_y[:, None] - CT.spine_before_middle_mm[0] / spacing_mm[1]
    profile_mm2 = np.einsum("zyx,zy->zx", dense, behind.astype(np.float32)) * spacing_mm[1] * spacing_mm[2]
    seed = _seed(profile_mm2, body, lung_mm2, spacing_mm)
    if seed is None:
        return None
    column = _column(dense, profile_mm2, seed, middle_y, spacing_mm)
    if lung_mm2.max(initial=0) < CT.chest_mm2 and not _is_vertebra(column, body, seed[0], spacing_mm):
        return None
    slices, front = _followed(column, body, seed[0], lung_mm2, spacing_mm)
    if len(slices) * spacing_mm[0] < CT.least_trunk_mm:
        return None
    front = ndimage.median_filter(front, odd(CT.smooth_along_mm, spacing_mm[0]), mode="nearest")
    return Trunk(
        slices,
        (column.middle[slices] + 0.5) * spacing_mm[2],
        (front + 0.5) * spacing_mm[1],
        lung,
        lung_mm2,
    )


def odd(length_mm: float, step_mm: float) -> int:
    """Give the odd number of steps nearest to a length, three or more."""
    return 2 * max(1, round(length_mm / 2 / step_mm)) + 1


def _lungs(attenuation_hu: NDArray[np.int16], body: NDArray[np.bool_], spacing_mm: Spacing) -> NDArray[np.bool_]:
    """Find lungs: large, enclosed by a body, and denser than gas."""
    air = cc3d.connected_components(body & (attenuation_hu < CT.lung_hu), connectivity=6)
    at = np.flatnonzero(air)
    label = air.ravel()[at]
    voxels = np.bincount(label, minlength=1)
    lung = np.zeros(len(voxels), dtype=np.bool_)
    for number in np.flatnonzero(voxels * math.prod(spacing_mm) >= CT.smallest_lung_mm3):
        median_hu = float(np.median(attenuation_hu.ravel()[at[label == number]]))
        lung[number] = number > 0 and CT.lung_median_hu[0] < median_hu < CT.lung_median_hu[1]
    return lung[air]


def _mean_index(body: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    """(z,) mean index of the body along an axis of each slice; 0 where there is none."""
    along = body.sum(axis=3 - axis)
    mean: NDArray[np.float64] = (along * np.arange(along.shape[1])).sum(axis=1) / np.maximum(along.sum(axis=1), 1)
    return mean


def _seed(
    profile_mm2: NDArray[np.float32], body: NDArray[np.bool_], lung_mm2: NDArray[np.float64], spacing_mm: Spacing
) -> tuple[int, float] | None:
    """Find a slice and a column in it that surely is a spine: through the lungs, or else the uppermost of a trunk."""
    x = np.arange(profile_mm2.shape[1])
    off_mm = np.abs(x - _mean_index(body, 2)[:, None]) * spacing_mm[2]
    width = odd(CT.spine_width_mm, spacing_mm[2])
    able = np.where(off_mm <= CT.spine_off_middle_mm, ndimage.uniform_filter1d(profile_mm2, width, axis=1), -1.0)
    if lung_mm2.max(initial=0) >= CT.chest_mm2:
        chosen = int(lung_mm2.argmax())
    else:
        wide_mm = body.any(axis=1).sum(axis=1) * spacing_mm[2]
        trunk = np.flatnonzero((able.max(axis=1) > 0) & (wide_mm >= 2 * CT.least_half_width_mm))
        if not trunk.size:
            return None
        chosen = int(trunk[-1])
    return chosen, float(able[chosen].argmax())


def _column(
    dense: NDArray[np.float32],
    profile_mm2: NDArray[np.float32],
    seed: tuple[int, float],
    middle_y: NDArray[np.float64],
    spacing_mm: Spacing,
) -> _Column:
    """Follow the column of bone up and down from its seed, and find its front in each slice."""
    x, y = np.arange(dense.shape[2]), np.arange(dense.shape[1])
    middle = np.full(len(dense), seed[1])
    lean = CT.spine_lean * spacing_mm[0] / spacing_mm[2]
    first = seed[0]
    for step, last in ((1, len(dense)), (-1, -1)):
        at = middle[first]
        for z in range(first, last, step):
            near = profile_mm2[z] * (np.abs(x - at) * spacing_mm[2] <= CT.spine_half_mm)
            found = float((near * x).sum() / near.sum()) if near.sum() > 0 else at
            at = found if z == first else min(max(found, at - lean), at + lean)
            middle[z] = at
    away_mm = np.abs(x - middle[:, None]) * spacing_mm[2]
    core = (away_mm <= CT.spine_core_mm).astype(np.float32)
    filled = np.einsum("zyx,zx->zy", dense, core) / np.maximum(core.sum(axis=1), 1)[:, None]
    behind = y[None, :] > middle_y[:, None] - CT.spine_before_middle_mm[1] / spacing_mm[1]
    runs = [_thickest(row, able) for row, able in zip(filled, behind, strict=True)]
    return _Column(
        middle,
        np.array([np.nan if run is None else run[0] for run in runs]),
        (profile_mm2 * (away_mm <= CT.spine_half_mm)).sum(axis=1),
        np.array([0.0 if run is None else (run[1] - run[0]) * spacing_mm[1] for run in runs]),
    )


def _thickest(filled: NDArray[np.float32], able: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Find the run with most bone; runs with one row between them are one."""
    bone = ndimage.binary_closing(np.pad((filled >= CT.spine_fill) & able, 1))[1:-1]
    runs, count = ndimage.label(bone)
    if not count:
        return None
    most = int(np.argmax(ndimage.sum(filled, runs, range(1, count + 1)))) + 1
    at = np.flatnonzero(runs == most)
    return int(at[0]), int(at[-1]) + 1


def _followed(
    column: _Column, body: NDArray[np.bool_], first: int, lung_mm2: NDArray[np.float64], spacing_mm: Spacing
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Follow the front of the spine up and down from a slice, as far as the body is a trunk; not above the lungs."""
    chest = np.flatnonzero(lung_mm2 >= CT.chest_mm2)
    top = int(chest[-1]) + 1 if chest.size else len(body)
    able = np.array([_is_trunk(column, body, z, spacing_mm) for z in range(top)])
    near = np.flatnonzero(able)
    if not near.size or np.abs(near - first).min() * spacing_mm[0] > CT.spine_gap_mm:
        return np.empty(0, dtype=np.intp), np.empty(0)
    first = int(near[np.abs(near - first).argmin()])
    seen = {}
    for step, last in ((1, top), (-1, -1)):
        at = first
        for z in range(first, last, step):
            gap_mm = abs(z - at) * spacing_mm[0]
            if gap_mm > CT.spine_gap_mm:
                break
            moved_mm = abs(column.front[z] - column.front[at]) * spacing_mm[1]
            if able[z] and moved_mm <= CT.spine_step_mm + CT.spine_slope * gap_mm:
                seen[z] = column.front[z]
                at = z
    slices = np.arange(min(seen), max(seen) + 1)
    known = np.array(sorted(seen))
    return slices, np.interp(slices, known, [seen[z] for z in known])


def _is_trunk(column: _Column, body: NDArray[np.bool_], z: int, spacing_mm: Spacing) -> bool:
    """Tell whether a slice goes through a spine, in a body as wide and as deep as a trunk."""
    if column.area_mm2[z] < CT.least_spine_mm2 or column.depth_mm[z] < CT.least_spine_depth_mm:
        return False
    y, x = round(column.front[z]), round(column.middle[z])
    left_mm, right_mm = (_reach(row) * spacing_mm[2] for row in (body[z, y, x:], body[z, y, x::-1]))
    forward_mm = _reach(body[z, y::-1, x]) * spacing_mm[1]
    return min(left_mm, right_mm) >= CT.least_half_width_mm and forward_mm >= CT.least_before_spine_mm


def _is_vertebra(column: _Column, body: NDArray[np.bool_], z: int, spacing_mm: Spacing) -> bool:
    """Tell whether a column of bone is as large as a vertebra with its arch, in the middle of the body.

    Without lungs it could be the bone of a thigh.
    """
    near = slice(max(0, z - odd(CT.spine_window_mm, spacing_mm[0]) // 2), z + 1)
    off_mm = abs(column.middle[z] - _mean_index(body[z : z + 1], 2)[0]) * spacing_mm[2]
    return (
        float(np.median(column.area_mm2[near])) >= CT.vertebra_mm2
        and float(np.median(column.depth_mm[near])) >= CT.vertebra_depth_mm
        and off_mm <= CT.spine_at_middle_mm
    )


def _reach(line: NDArray[np.bool_]) -> int:
    """Give the number of blocks from the start of a line to the first that is not in the body."""
    return len(line) if line.all() else int(line.argmin())
