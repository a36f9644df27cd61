"""The trunk: its lungs, and where the front of its spine lies in each slice.

A limb, a head and a neck have no trunk: they are narrower than `CAVITY.least_half_width_mm` on a side of the bone that
might be a spine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from calcimeasure.segment.ct.cavity_constants import CAVITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spacing = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Neck:
    """The slices of the neck that show a windpipe in front of the spine.

    Parameters
    ----------
    first
        Number of the first slice.
    airway_mm
        (n, 2) middle of the windpipe: from the front and from the right border of the copy; NaN where none is seen.
    front_mm
        (n,) front of the spine, from the front border.
    skin_mm
        (n, x) front of the body, from the front border.
    column_mm
        Distance of the columns x.
    """

    first: int
    airway_mm: NDArray[np.float64]
    front_mm: NDArray[np.float64]
    skin_mm: NDArray[np.float64]
    column_mm: float


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
    neck
        What lies above the lungs; None where the image does not show it.
    """

    slices: NDArray[np.intp]
    middle_mm: NDArray[np.float64]
    front_mm: NDArray[np.float64]
    lung: NDArray[np.bool_]
    lung_mm2: NDArray[np.float64]
    neck: Neck | None


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
    if body.any(axis=1).sum(axis=1).max(initial=0) * spacing_mm[2] < 2 * CAVITY.least_half_width_mm:
        return None
    lung = _lungs(attenuation_hu, body, spacing_mm)
    lung_mm2 = lung.sum(axis=(1, 2)) * spacing_mm[1] * spacing_mm[2]
    middle_y = _mean_index(body, 1)
    dense = ndimage.uniform_filter1d(
        (bone & body).astype(np.float32), odd(CAVITY.spine_window_mm, spacing_mm[0]), axis=0
    )
    y = np.arange(body.shape[1])
    behind = y[None, :] > middle_y[:, None] - CAVITY.spine_before_middle_mm[0] / spacing_mm[1]
    profile_mm2 = np.einsum("zyx,zy->zx", dense, behind.astype(np.float32)) * spacing_mm[1] * spacing_mm[2]
    seed = _seed(profile_mm2, body, lung_mm2, spacing_mm)
    if seed is None:
        return None
    column = _column(dense, profile_mm2, seed, middle_y, spacing_mm)
    if lung_mm2.max(initial=0) < CAVITY.chest_mm2 and not _is_vertebra(column, body, seed[0], spacing_mm):
        return None
    slices, front = _followed(column, body, seed[0], lung_mm2, spacing_mm)
    if len(slices) * spacing_mm[0] < CAVITY.least_trunk_mm:
        return None
    front = ndimage.median_filter(front, odd(CAVITY.smooth_along_mm, spacing_mm[0]), mode="nearest")
    return Trunk(
        slices,
        (column.middle[slices] + 0.5) * spacing_mm[2],
        (front + 0.5) * spacing_mm[1],
        lung,
        lung_mm2,
        _neck(attenuation_hu, body, column, (int(slices[-1]) + 1, float(front[-1])), spacing_mm),
    )


def odd(length_mm: float, step_mm: float) -> int:
    """Give the odd number of steps nearest to a length, three or more."""
    return 2 * max(1, round(length_mm / 2 / step_mm)) + 1


def _lungs(attenuation_hu: NDArray[np.int16], body: NDArray[np.bool_], spacing_mm: Spacing) -> NDArray[np.bool_]:
    """Find lungs: large, enclosed by a body, and denser than gas."""
    air = cc3d.connected_components(body & (attenuation_hu < CAVITY.lung_hu), connectivity=6)
    at = np.flatnonzero(air)
    label = air.ravel()[at]
    voxels = np.bincount(label, minlength=1)
    lung = np.zeros(len(voxels), dtype=np.bool_)
    for number in np.flatnonzero(voxels * math.prod(spacing_mm) >= CAVITY.smallest_lung_mm3):
        median_hu = float(np.median(attenuation_hu.ravel()[at[label == number]]))
        lung[number] = number > 0 and CAVITY.lung_median_hu[0] < median_hu < CAVITY.lung_median_hu[1]
    found: NDArray[np.bool_] = lung[air]
    return found


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
    width = odd(CAVITY.spine_width_mm, spacing_mm[2])
    able = np.where(off_mm <= CAVITY.spine_off_middle_mm, ndimage.uniform_filter1d(profile_mm2, width, axis=1), -1.0)
    if lung_mm2.max(initial=0) >= CAVITY.chest_mm2:
        chosen = int(lung_mm2.argmax())
    else:
        wide_mm = body.any(axis=1).sum(axis=1) * spacing_mm[2]
        trunk = np.flatnonzero((able.max(axis=1) > 0) & (wide_mm >= 2 * CAVITY.least_half_width_mm))
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
    lean = CAVITY.spine_lean * spacing_mm[0] / spacing_mm[2]
    first = seed[0]
    for step, last in ((1, len(dense)), (-1, -1)):
        at = middle[first]
        for z in range(first, last, step):
            near = profile_mm2[z] * (np.abs(x - at) * spacing_mm[2] <= CAVITY.spine_half_mm)
            found = float((near * x).sum() / near.sum()) if near.sum() > 0 else at
            at = found if z == first else min(max(found, at - lean), at + lean)
            middle[z] = at
    away_mm = np.abs(x - middle[:, None]) * spacing_mm[2]
    core = (away_mm <= CAVITY.spine_core_mm).astype(np.float32)
    filled = np.einsum("zyx,zx->zy", dense, core) / np.maximum(core.sum(axis=1), 1)[:, None]
    behind = y[None, :] > middle_y[:, None] - CAVITY.spine_before_middle_mm[1] / spacing_mm[1]
    runs = [_thickest(row, able) for row, able in zip(filled, behind, strict=True)]
    return _Column(
        middle,
        np.array([np.nan if run is None else run[0] for run in runs]),
        (profile_mm2 * (away_mm <= CAVITY.spine_half_mm)).sum(axis=1),
        np.array([0.0 if run is None else (run[1] - run[0]) * spacing_mm[1] for run in runs]),
    )


def _thickest(filled: NDArray[np.float32], able: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Find the run with most bone; runs with one row between them are one."""
    bone = ndimage.binary_closing(np.pad((filled >= CAVITY.spine_fill) & able, 1))[1:-1]
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
    chest = np.flatnonzero(lung_mm2 >= CAVITY.chest_mm2)
    top = int(chest[-1]) + 1 if chest.size else len(body)
    able = np.array([_is_trunk(column, body, z, spacing_mm) for z in range(top)])
    near = np.flatnonzero(able)
    if not near.size or np.abs(near - first).min() * spacing_mm[0] > CAVITY.spine_gap_mm:
        return np.empty(0, dtype=np.intp), np.empty(0)
    first = int(near[np.abs(near - first).argmin()])
    seen = {}
    for step, last in ((1, top), (-1, -1)):
        at = first
        for z in range(first, last, step):
            gap_mm = abs(z - at) * spacing_mm[0]
            if gap_mm > CAVITY.spine_gap_mm:
                break
            moved_mm = abs(column.front[z] - column.front[at]) * spacing_mm[1]
            if able[z] and moved_mm <= CAVITY.spine_step_mm + CAVITY.spine_slope * gap_mm:
                seen[z] = column.front[z]
                at = z
    slices = np.arange(min(seen), max(seen) + 1)
    known = np.array(sorted(seen))
    return slices, np.interp(slices, known, [seen[z] for z in known])


def _neck(
    attenuation_hu: NDArray[np.int16],
    body: NDArray[np.bool_],
    column: _Column,
    below: tuple[int, float],
    spacing_mm: Spacing,
) -> Neck | None:
    """Follow spine and windpipe above the trunk, from its upper end with the front of the spine there."""
    first, last_front = below
    airway_mm, front_mm = [], []
    for z in range(first, min(len(body), first + int(CAVITY.neck_mm / spacing_mm[0]))):
        if abs(column.front[z] - last_front) * spacing_mm[1] <= CAVITY.spine_step_mm:
            last_front = column.front[z]
        airway_mm.append(_airway_mm(attenuation_hu[z], body[z], (last_front, column.middle[z]), spacing_mm))
        front_mm.append((last_front + 0.5) * spacing_mm[1])
    if not np.isfinite(airway_mm).any():
        return None
    skin_mm = body[first : first + len(front_mm)].argmax(axis=1) * spacing_mm[1]
    return Neck(first, np.array(airway_mm), np.array(front_mm), skin_mm, spacing_mm[2])


def _airway_mm(
    attenuation_hu: NDArray[np.int16], body: NDArray[np.bool_], spine: tuple[float, float], spacing_mm: Spacing
) -> tuple[float, float]:
    """Middle of the windpipe in a slice, in front of the spine; NaN where it is not seen."""
    _, row_mm, column_mm = spacing_mm
    y, x = spine
    rows = slice(max(0, round(y - CAVITY.airway_before_mm / row_mm)), max(0, round(y)))
    columns = slice(
        max(0, round(x - CAVITY.airway_beside_mm / column_mm)), round(x + CAVITY.airway_beside_mm / column_mm) + 1
    )
    at = np.argwhere((attenuation_hu[rows, columns] < CAVITY.airway_hu) & body[rows, columns])
    if not CAVITY.airway_mm2[0] <= len(at) * row_mm * column_mm <= CAVITY.airway_mm2[1]:
        return (np.nan, np.nan)
    middle = at.mean(axis=0)
    return ((middle[0] + rows.start + 0.5) * row_mm, (middle[1] + columns.start + 0.5) * column_mm)


def _is_trunk(column: _Column, body: NDArray[np.bool_], z: int, spacing_mm: Spacing) -> bool:
    """Tell whether a slice goes through a spine, in a body as wide and as deep as a trunk."""
    if column.area_mm2[z] < CAVITY.least_spine_mm2 or column.depth_mm[z] < CAVITY.least_spine_depth_mm:
        return False
    y, x = round(column.front[z]), round(column.middle[z])
    left_mm, right_mm = (_reach(row) * spacing_mm[2] for row in (body[z, y, x:], body[z, y, x::-1]))
    forward_mm = _reach(body[z, y::-1, x]) * spacing_mm[1]
    return min(left_mm, right_mm) >= CAVITY.least_half_width_mm and forward_mm >= CAVITY.least_before_spine_mm


def _is_vertebra(column: _Column, body: NDArray[np.bool_], z: int, spacing_mm: Spacing) -> bool:
    """Tell whether a column of bone is as large as a vertebra with its arch, in the middle of the body.

    Without lungs it could be the bone of a thigh.
    """
    near = slice(max(0, z - odd(CAVITY.spine_window_mm, spacing_mm[0]) // 2), z + 1)
    off_mm = abs(column.middle[z] - _mean_index(body[z : z + 1], 2)[0]) * spacing_mm[2]
    return (
        float(np.median(column.area_mm2[near])) >= CAVITY.vertebra_mm2
        and float(np.median(column.depth_mm[near])) >= CAVITY.vertebra_depth_mm
        and off_mm <= CAVITY.spine_at_middle_mm
    )


def _reach(line: NDArray[np.bool_]) -> int:
    """Give the number of blocks from the start of a line to the first that is not in the body."""
    return len(line) if line.all() else int(line.argmin())
