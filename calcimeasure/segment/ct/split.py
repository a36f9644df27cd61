"""Division of dense voxels into parts, at thin places between two thick places."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cc3d
import edt
import numpy as np
from scipy import ndimage
from scipy.cluster.hierarchy import DisjointSet

from calcimeasure.segment.ct.boxes import boxes_apart
from calcimeasure.segment.ct.constants import CT
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


_AT_ONCE: Final = 1_000_000
"""Voxels in which holes are looked for at once: of more the labels would not stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Dense voxels, divided into parts.

    Parameters
    ----------
    labels
        (k, j, i) int32, 0 in voxels that are not dense.
    depth_mm
        Distance to the nearest voxel that is not dense; the edge of the image does not count as a surface.
    marrow
        Voxels that are not dense and are enclosed by dense voxels in a plane.
    """

    labels: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    marrow: NDArray[np.bool_]


def split(dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> Parts:
    """Divide dense voxels into thick places and the voxels that belong to each.

    Steepest ascent of depth leads from every voxel to a maximum; the voxel belongs to this maximum. Two maxima are
    joined unless there is a neck between them (`CT.neck`). Marrow does not count as dense: in a hollow bone only the
    cortex has depth, and a mass on the bone has its own maximum.

    Parameters
    ----------
    dense
        (k, j, i), true in dense voxels.
    spacing_mm
        Spacing of the voxels.
    """
    labels, depth_mm = divided(dense, spacing_mm)
    return Parts(labels, depth_mm, find_marrow(dense, spacing_mm))


def divided(
    dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Divide dense voxels as `split` does; return the label of each voxel and its depth."""
    labels, depth_mm = np.zeros(dense.shape, dtype=np.int32), np.zeros(dense.shape, dtype=np.float32)
    # In an image that is dense everywhere there is no surface, and depth would be infinite.
    deepest_mm = np.float32(max(n * mm for n, mm in zip(dense.shape, spacing_mm, strict=True)))
    count = 0
    for box in boxes_apart(dense, spacing_mm, CT.depth_truncate_sigmas * CT.depth_smoothing_mm):
        here = dense[box]
        deep_mm = edt.edt(here, anisotropy=spacing_mm, black_border=False, parallel=thread_count())
        depth_mm[box] = np.minimum(deep_mm, deepest_mm)
        found = divided_by(depth_mm[box], here, spacing_mm)
        labels[box] = np.where(found > 0, found + np.int32(count), np.int32(0))
        count += int(found.max(initial=0))
    return labels, depth_mm


def divided_by(
    depth_mm: NDArray[np.float32], dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.int32]:
    """Divide dense voxels by their depths as `split` does; return the label of each voxel."""
    sigma = [CT.depth_smoothing_mm / mm for mm in spacing_mm]
    smooth_mm = ndimage.gaussian_filter(depth_mm, sigma, truncate=CT.depth_truncate_sigmas)
    return _joined(_climb(smooth_mm, dense, spacing_mm), smooth_mm)


def find_marrow(dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Find areas that dense voxels enclose in a plane of the grid, up to `CT.largest_hole_mm2`.

    All three planes are searched: a bone shaft that leaves the image is open at its ends, but closed in cross-section.
    """
    marrow = np.zeros_like(dense)
    boxes = boxes_apart(dense, spacing_mm, 0.0)
    for axis in range(3):
        across_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        voxels = np.zeros(dense.shape[axis], dtype=np.intp)
        for box in boxes:
            voxels[box[axis]] += np.count_nonzero(np.moveaxis(dense[box], axis, 0), axis=(1, 2))
        for box in boxes:
            found, planes = np.moveaxis(marrow[box], axis, 0), np.moveaxis(dense[box], axis, 0)
            enough = voxels[box[axis]] >= CT.fewest_around_hole
            step = max(1, _AT_ONCE // planes[0].size)
            for first in range(0, len(planes), step):
                some = slice(first, first + step)
                if enough[some].any():
                    found[some] |= _holes(planes[some] & enough[some, None, None], across_mm2)
    return marrow


def _holes(planes: NDArray[np.bool_], voxel_mm2: float) -> NDArray[np.bool_]:
    """Find what dense voxels enclose in each plane, up to `CT.largest_hole_mm2`."""
    count, rows, columns = planes.shape
    free = np.ones((count, rows + 2, columns + 2), dtype=np.bool_)
    np.logical_not(planes, out=free[:, 1:-1, 1:-1])
    # The planes are laid out one below the other in one image: their margins connect all that is not enclosed.
    labels = cc3d.connected_components(free.reshape(-1, columns + 2), connectivity=4)
    small = np.bincount(labels.ravel()) * voxel_mm2 <= CT.largest_hole_mm2
    small[0] = small[labels[0, 0]] = False
    if not small.any():
        return np.zeros_like(planes)
    found: NDArray[np.bool_] = small[labels].reshape(free.shape)[:, 1:-1, 1:-1]
    return found


def _climb(
    height: NDArray[np.float32], dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.int32]:
    """Label each dense voxel with the maximum to which steepest ascent over 26 neighbors leads."""
    padded = np.pad(np.where(dense, height, np.float32(-1)), 1, constant_values=-1)
    at = np.flatnonzero(padded >= 0)
    flat = padded.ravel()
    own = flat[at]
    steepest, target = np.zeros(at.size, dtype=np.float32), at.copy()
    row, plane = padded.shape[2], padded.shape[1] * padded.shape[2]
    for step in itertools.product((-1, 0, 1), repeat=3):
        if not any(step):
            continue
        offset = step[0] * plane + step[1] * row + step[2]
        distance_mm = math.hypot(*(n * mm for n, mm in zip(step, spacing_mm, strict=True)))
        slope = (flat[at + offset] - own) / np.float32(distance_mm)
        better = slope > steepest
        np.copyto(steepest, slope, where=better)
        np.copyto(target, at + offset, where=better)
    number = np.zeros(flat.size, dtype=np.int32)
    number[at] = np.arange(at.size, dtype=np.int32)
    above = number[target]
    while True:
        further = above[above]
        if np.array_equal(further, above):
            break
        above = further
    labels = np.zeros(flat.size, dtype=np.int32)
    labels[at] = np.cumsum(above == np.arange(at.size), dtype=np.int32)[above]
    return np.ascontiguousarray(labels.reshape(padded.shape)[1:-1, 1:-1, 1:-1])


def _joined(labels: NDArray[np.int32], height: NDArray[np.float32]) -> NDArray[np.int32]:
    """Join maxima, highest pass first, if the pass is at least `CT.neck` times the higher maximum."""
    count = int(labels.max(initial=0))
    summit = np.zeros(count + 1, dtype=np.float32)
    at = np.flatnonzero(labels)
    np.maximum.at(summit, labels.ravel()[at], height.ravel()[at])
    sets = DisjointSet(range(count + 1))
    highest = list(range(count + 1))  # of the set with this root: the label with the highest summit
    ones, others, heights = passes(labels, height)
    # Joining only raises maxima, so a pass that is a neck remains a neck.
    able = heights >= CT.neck * np.maximum(summit[ones], summit[others])
    for one, other, height_mm in zip(ones[able].tolist(), others[able].tolist(), heights[able], strict=True):
        a, b = highest[sets[one]], highest[sets[other]]
        if a != b and height_mm >= CT.neck * max(summit[a], summit[b]):
            sets.merge(a, b)
            highest[sets[a]] = b if summit[a] < summit[b] else a
    summits = np.array([highest[sets[label]] for label in range(count + 1)])
    return np.unique(summits, return_inverse=True)[1].astype(np.int32)[labels]


def passes(
    labels: NDArray[np.int32], height: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Find pairs of labels that share a face.

    Returns
    -------
    ones, others, heights
        The lower and the higher label of each pair, and the highest pass between them; highest pass first.
    """
    keys, heights = [], []
    count = int(labels.max(initial=0)) + 1
    flat, flat_height = labels.ravel(), height.ravel()
    for here, there in faces_between(labels):
        a, b = flat[here].astype(np.int64), flat[there].astype(np.int64)
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        heights.append(np.minimum(flat_height[here], flat_height[there]))
    key, over = np.concatenate(keys), np.concatenate(heights)
    order = np.argsort(-over, kind="stable")
    pairs, first = np.unique(key[order], return_index=True)
    highest = over[order][first]
    falling = np.argsort(-highest, kind="stable")
    return pairs[falling] // count, pairs[falling] % count, highest[falling]


def faces_between(labels: NDArray[np.int32]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield for each axis the flat indexes of the voxels on both sides of each face that two labels share."""
    at, flat = np.flatnonzero(labels), labels.ravel()
    own, places = flat[at], np.unravel_index(at, labels.shape)
    for axis in range(3):
        step = math.prod(labels.shape[axis + 1 :])
        ahead = np.flatnonzero(places[axis] < labels.shape[axis] - 1)
        other = flat[at[ahead] + step]
        here = at[ahead[(other != own[ahead]) & (other > 0)]]
        yield here, here + step


def beside(axis: int, away: int = 1) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return two indexes of an array that pair each voxel with the voxel `away` steps farther along an axis."""
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -away), slice(away, None)
    return tuple(low), tuple(high)
