"""Shafts: where the cortex of a hollow bone ends, and what is dense beyond it.

A mass that lies on a shaft broadly has no neck toward the cortex: `split` makes one part of both, and the part is
neither as even as a mass nor as hollow as a bone. A shaft is a tube, though. Its cortex is about as thick beneath the
mass as beside it, so that what lies farther from the marrow than that is not the bone's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy import ndimage

from calcimeasure.model import Tissue
from calcimeasure.segment.ct.boxes import box_around
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.split import Parts, beside, divided_by
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.segment.ct.boxes import Box
    from calcimeasure.segment.ct.features import Features

Spacing = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Marrow:
    """Marrow cavities of shafts.

    Parameters
    ----------
    inside
        (k, j, i) whether a block belongs to one.
    beside
        (k, j, i) whether a block lies beside one, not beyond its ends.
    """

    inside: NDArray[np.bool_]
    beside: NDArray[np.bool_]


def is_shaft(features: Features, tissue: Tissue) -> bool:
    """Tell whether a part is a cortex so dense, thick and hollow that it belongs to a bone for certain."""
    return (
        tissue is Tissue.BONE
        and features.core_hu >= CT.shaft_hu
        and features.marrow_share >= CT.shaft_marrow
        and features.volume_mm3 >= CT.shaft_mm3
    )


def shafts_among(features: Sequence[Features], tissues: Sequence[Tissue]) -> NDArray[np.bool_]:
    """(label,) whether a part is the cortex of a shaft, from label 0 on; the first feature is for label 1."""
    return np.array([False, *map(is_shaft, features, tissues)])


def parted_from_shafts(
    attenuation_hu: NDArray[np.int16],
    parts: Parts,
    shafts: NDArray[np.bool_],
    able: NDArray[np.bool_],
    spacing_mm: Spacing,
) -> Parts:
    """Give what lies on a shaft labels of its own.

    Parameters
    ----------
    attenuation_hu
        (k, j, i) of the blocks.
    parts
        As `split` divided them.
    shafts
        (label,) whether a part, from label 0 on, is the cortex of a shaft (`is_shaft`).
    able
        (label,) whether a part may hold cortex and something that lies on it.
    spacing_mm
        Spacing of the blocks.

    Returns
    -------
    Parts
        `parts` itself where nothing lies on a shaft.
    """
    if not shafts.any():
        return parts
    k, j, i = (math.ceil(CT.beyond_cortex_mm / mm) for mm in spacing_mm)
    box = box_around(shafts[parts.labels], (k, j, i))
    labels, depth_mm = parts.labels[box], parts.depth_mm[box]
    marrow = _marrow_of(attenuation_hu[box], parts.marrow[box], shafts[labels], spacing_mm)
    if marrow is None:
        return parts
    from_marrow_mm = edt.edt(~marrow.inside, anisotropy=spacing_mm, black_border=False, parallel=thread_count())
    near = _surface(labels > 0, parts.marrow[box]) & (from_marrow_mm < CT.thickest_cortex_mm)
    if not near.any():
        return parts
    thickness_mm = _cortex_mm(near, from_marrow_mm, spacing_mm)
    cortex = (labels > 0) & (from_marrow_mm <= thickness_mm)
    # A part that holds hardly any cortex was divided from it at a neck, which is the better border.
    voxels = np.bincount(labels.ravel(), minlength=len(shafts))
    touching = np.bincount(labels[cortex], minlength=len(shafts)) >= CT.held_cortex * np.maximum(voxels, 1)
    touching &= able
    beyond = touching[labels] & ~cortex & marrow.beside
    to_cortex_mm: NDArray[np.float32] = edt.edt(
        ~cortex, anisotropy=spacing_mm, black_border=False, parallel=thread_count()
    )
    own_mm = np.minimum(depth_mm, to_cortex_mm)
    beyond = _no_roughness(beyond, own_mm, to_cortex_mm, spacing_mm)
    if not beyond.any():
        return parts
    return _relabeled(parts, box, beyond, cortex & touching[labels], own_mm, shafts, spacing_mm)


def sides_of_shafts(
    attenuation_hu: NDArray[np.int16], parts: Parts, shafts: NDArray[np.bool_], spacing_mm: Spacing
) -> NDArray[np.bool_]:
    """Find the cortex of shafts between the ends of their marrow: no other bone lies on it.

    Parameters
    ----------
    attenuation_hu, parts, shafts, spacing_mm
        As for `parted_from_shafts`.

    Returns
    -------
    ndarray
        (k, j, i) of the blocks.
    """
    found = np.zeros(parts.labels.shape, dtype=np.bool_)
    if shafts.any():
        cortex = shafts[parts.labels]
        box = box_around(cortex, (1, 1, 1))
        marrow = _marrow_of(attenuation_hu[box], parts.marrow[box], cortex[box], spacing_mm)
        if marrow is not None:
            found[box] = cortex[box] & marrow.beside
    return found


def shares_on_sides(labels: NDArray[np.int32], sides: NDArray[np.bool_], spacing_mm: Spacing) -> NDArray[np.float64]:
    """(label,) share of the surface of each part, from label 0 on, that lies on the sides of shafts of other labels."""
    count = int(labels.max(initial=0)) + 1
    on_mm2, all_mm2 = np.zeros((2, count))
    for axis in range(3):
        area_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        low, high = beside(axis)
        differ = np.flatnonzero(labels[low] != labels[high])
        ends = [(labels[end].ravel()[differ], sides[end].ravel()[differ]) for end in (low, high)]
        for (own, _), (_, on) in (ends, ends[::-1]):
            all_mm2 += area_mm2 * np.bincount(own, minlength=count)
            on_mm2 += area_mm2 * np.bincount(own[on], minlength=count)
    on_mm2[0] = 0
    found: NDArray[np.float64] = on_mm2 / np.maximum(all_mm2, 1e-6)
    return found


def _marrow_of(
    attenuation_hu: NDArray[np.int16], enclosed: NDArray[np.bool_], cortex: NDArray[np.bool_], spacing_mm: Spacing
) -> _Marrow | None:
    """Find the cavities that shafts enclose; None if there is none."""
    pockets = cc3d.connected_components(enclosed & (attenuation_hu > CT.tissue_hu), connectivity=6)
    count = int(pockets.max()) + 1
    walls, shaft_walls = np.zeros(count), np.zeros(count)
    for axis in range(3):
        area_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        low, high = beside(axis)
        for a, b in ((low, high), (high, low)):
            differ = (pockets[a] != pockets[b]) & (pockets[a] > 0)
            walls += area_mm2 * np.bincount(pockets[a][differ], minlength=count)
            shaft_walls += area_mm2 * np.bincount(pockets[a][differ & cortex[b]], minlength=count)
    voxels = np.bincount(pockets.ravel(), minlength=count)
    able = (voxels * math.prod(spacing_mm) >= CT.shaft_mm3) & (shaft_walls >= CT.walled_by_shaft * walls)
    able[0] = False
    inside = np.zeros(enclosed.shape, dtype=np.bool_)
    along = np.zeros(enclosed.shape, dtype=np.bool_)
    for pocket in np.flatnonzero(able):
        places = np.argwhere(pockets == pocket)
        if _is_long(places, spacing_mm):
            inside |= pockets == pocket
            along |= _beside(places, enclosed.shape, spacing_mm)
    return _Marrow(inside, along) if inside.any() else None


def _axes(places: NDArray[np.intp], spacing_mm: Spacing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances of places along their principal axes, in mm2, and these axes as columns, the longest last."""
    found: tuple[NDArray[np.float64], NDArray[np.float64]] = np.linalg.eigh(np.cov((places * spacing_mm).T))
    return found


def _is_long(places: NDArray[np.intp], spacing_mm: Spacing) -> bool:
    variances_mm2, _ = _axes(places, spacing_mm)
    return bool(variances_mm2[2] >= CT.long_cavity**2 * variances_mm2[1])


def _beside(places: NDArray[np.intp], shape: tuple[int, ...], spacing_mm: Spacing) -> NDArray[np.bool_]:
    """Find the blocks between the ends of a cavity: at an end the spongy bone of a joint follows."""
    _, axes = _axes(places, spacing_mm)
    axis = axes[:, 2] * spacing_mm
    along_mm = places @ axis
    low, high = np.percentile(along_mm, CT.cavity_ends)
    ends = (places == 0) | (places == np.array(shape) - 1)
    # Where the image ends the cavity goes on.
    if ends.any():
        at_end_mm = along_mm[ends.any(axis=1)]
        low = -np.inf if at_end_mm.min() <= low else low
        high = np.inf if at_end_mm.max() >= high else high
    k, j, i = (np.arange(n) * mm for n, mm in zip(shape, axis, strict=True))
    all_mm = k[:, None, None] + j[:, None] + i
    found: NDArray[np.bool_] = (all_mm >= low + CT.end_of_cavity_mm) & (all_mm <= high - CT.end_of_cavity_mm)
    return found


def _surface(dense: NDArray[np.bool_], enclosed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find dense blocks beside what is neither dense nor enclosed."""
    outer = ~dense & ~enclosed
    surface = np.zeros_like(dense)
    for axis in range(3):
        low, high = beside(axis)
        surface[low] |= dense[low] & outer[high]
        surface[high] |= dense[high] & outer[low]
    return surface


def _cortex_mm(
    surface: NDArray[np.bool_], from_marrow_mm: NDArray[np.float32], spacing_mm: Spacing
) -> NDArray[np.float32]:
    """Thickness of the cortex near each block: a percentile of the distances of its outer surface from the marrow."""
    at = np.argwhere(surface)
    level = (from_marrow_mm[tuple(at.T)] / CT.cortex_step_mm).astype(np.intp)
    levels = int(level.max()) + 1
    steps = [max(1, round(CT.even_cortex_mm / mm)) for mm in spacing_mm]
    shape = [-(-n // step) for n, step in zip(surface.shape, steps, strict=True)]
    flat = np.ravel_multi_index((*(at // steps).T, level), (*shape, levels))
    counts = np.bincount(flat, minlength=math.prod(shape) * levels).reshape(*shape, levels)
    around = np.cumsum(ndimage.convolve(counts, np.ones((3, 3, 3, 1), dtype=np.intp), mode="constant"), axis=-1)
    # Where no surface is near, that of all shafts counts.
    around = np.where(around[..., -1:] > 0, around, np.cumsum(np.bincount(level, minlength=levels)))
    reached = around >= CT.cortex_percentile / 100 * around[..., -1:]
    thickness_mm = ((reached.argmax(axis=-1) + 1) * CT.cortex_step_mm).astype(np.float32)
    index = np.ix_(*(np.arange(n) // step for n, step in zip(surface.shape, steps, strict=True)))
    found: NDArray[np.float32] = thickness_mm[index]
    return found


def _no_roughness(
    beyond: NDArray[np.bool_], own_mm: NDArray[np.float32], to_cortex_mm: NDArray[np.float32], spacing_mm: Spacing
) -> NDArray[np.bool_]:
    """Leave out ridges for muscles and other roughness of a cortex: pieces that are thin and lie close to it."""
    pieces = cc3d.connected_components(beyond, connectivity=6)
    voxels = np.bincount(pieces.ravel())
    deepest_mm, farthest_mm = np.zeros((2, len(voxels)), dtype=np.float32)
    np.maximum.at(deepest_mm, pieces.ravel(), own_mm.ravel())
    np.maximum.at(farthest_mm, pieces.ravel(), to_cortex_mm.ravel())
    rises = (deepest_mm >= CT.least_on_shaft_mm / 2) | (farthest_mm >= CT.clear_of_shaft_mm)
    rises &= voxels * math.prod(spacing_mm) >= CT.least_on_shaft_mm3
    rises[0] = False
    found: NDArray[np.bool_] = rises[pieces]
    return found


def _relabeled(
    parts: Parts, box: Box, beyond: NDArray[np.bool_], cortex: NDArray[np.bool_], own_mm: NDArray[np.float32],
    shafts: NDArray[np.bool_], spacing_mm: Spacing,
) -> Parts:  # fmt: skip
    """Divide what lies beyond the cortex by its own depths, and give the cortex beneath it to its shaft."""
    labels, depth_mm = parts.labels.copy(), parts.depth_mm.copy()
    here = labels[box]
    added = divided_by(np.where(beyond, own_mm, np.float32(0)), beyond, spacing_mm)
    here[beyond] = added[beyond] + len(shafts)
    shaft = np.append(shafts, np.zeros(int(added.max()) + 1, dtype=np.bool_))[here]
    owner = _beneath(here, cortex & (here > 0) & ~shaft, shaft)
    here[owner > 0] = owner[owner > 0]
    depth_mm[box][beyond] = own_mm[beyond]
    numbers = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    return Parts(numbers.reshape(labels.shape), depth_mm, parts.marrow)


def _beneath(labels: NDArray[np.int32], patches: NDArray[np.bool_], shaft: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(k, j, i) of the cortex that parts of other labels hold: the label of the shaft that most of a patch touches."""
    patch = cc3d.connected_components(patches, connectivity=26).astype(np.int64)
    count = int(labels.max()) + 1
    keys = []
    for axis in range(3):
        low, high = beside(axis)
        for a, b in ((low, high), (high, low)):
            meet = (patch[a] > 0) & shaft[b]
            keys.append(patch[a][meet] * count + labels[b][meet])
    pairs, faces = np.unique(np.concatenate(keys), return_counts=True)
    owner = np.zeros(int(patch.max()) + 1, dtype=np.int32)
    order = np.argsort(faces, kind="stable")
    owner[pairs[order] // count] = pairs[order] % count
    found: NDArray[np.int32] = owner[patch]
    return found
