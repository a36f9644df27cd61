"""Solids: dense pieces near each other with the gaps between them closed, and their features.

A mass of pseudotumoral calcinosis is lobulated, parted by septa, granular or a net. Piece by piece it looks like spongy
bone, or its pieces are too small to be judged. The gaps between pieces are therefore closed first: what is left is a
solid, without its septa. A solid is divided at its necks like any dense part (`split`) and then judged: spongy bone has
a cortex around it, is hardly denser than the threshold, and continues into other bone.

The solids lie on a grid of `CT.solid_step_mm`; their features come from the blocks of the coarse copy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from calcimeasure.segment.ct.boxes import boxes_apart, pooled
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.features import percentiles_of
from calcimeasure.segment.ct.near import beyond, within
from calcimeasure.segment.ct.shaft import shafts_among
from calcimeasure.segment.ct.split import beside, divided, faces_between, find_marrow
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Tissue
    from calcimeasure.segment.ct.boxes import Box
    from calcimeasure.segment.ct.features import Features
    from calcimeasure.segment.ct.split import Parts
    from calcimeasure.segment.ct.views import Around, Labeled
    from calcimeasure.settings import MeasureSettings

Spacing = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class WholeFeatures:
    """Features of one solid. Attenuation is that of its dense blocks.

    Parameters
    ----------
    volume_mm3
        Volume of the solid, with its closed gaps.
    thickness_mm, slenderness
        Diameter of the largest ball inside the solid, and the logarithm of the volume divided by the third power of the
        radius of that ball.
    fill
        Share of the solid that is dense.
    core_hu, high_hu
        Median and 84th percentile of the deep dense blocks.
    rim
        Upper quartile of the dense blocks at the surface, divided by that of the deep ones.
    neighbor_share, marrow_share, cut_share
        Shares of its surface that face bone or another solid, the marrow of a bone, and the end of the image.
    shaft_share
        By how much more of its surface lies on the sides of shafts than on other bone: shares of its surface.
    piece_rim
        Mean of the rims of its parts: the upper quartile of attenuation at the surface of a part, divided by its core.
    """

    volume_mm3: float
    thickness_mm: float
    slenderness: float
    fill: float
    core_hu: float
    high_hu: float
    rim: float
    neighbor_share: float
    marrow_share: float
    cut_share: float
    shaft_share: float
    piece_rim: float


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The blocks of the coarse copy within the box of all that is dense.

    Parameters
    ----------
    attenuation_hu
        (k, j, i) of the box.
    able
        Blocks that a mass may consist of: in the body, and not in a mask of bones.
    loose
        Dense blocks of pieces that are too small to be parts.
    parts, features, tissues
        The parts as judged one by one; the first feature and tissue are for label 1.
    sides
        (k, j, i) the sides of shafts.
    surely_bone
        Whether the network, too, takes a part for bone.
    labeled
        The parts, and where the box lies in the stack.
    stack
        The whole stack, as the network looks at it.
    """

    attenuation_hu: NDArray[np.int16]
    able: NDArray[np.bool_]
    loose: NDArray[np.bool_]
    parts: Parts
    features: list[Features]
    tissues: list[Tissue]
    sides: NDArray[np.bool_]
    surely_bone: list[bool]
    labeled: Labeled
    stack: Around

    @property
    def spacing_mm(self) -> Spacing:
        """Spacing of the blocks."""
        return self.labeled.spacing_mm


@dataclass(frozen=True, slots=True, eq=False)
class Solids:
    """Solids on the grid of `CT.solid_step_mm`.

    Parameters
    ----------
    labels, depth_mm
        (k, j, i) label of each solid, and the distance to its surface.
    bone, sides, marrow, air
        Blocks of bones with a thick cortex with their marrow, the sides of shafts and their marrow alone, and blocks
        that hold air.
    dense
        (k, j, i) of the coarse copy: dense blocks that a mass of several pieces may consist of.
    factor_kji
        Number of blocks of the coarse copy in a block of this grid.
    """

    labels: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    bone: NDArray[np.bool_]
    sides: NDArray[np.bool_]
    marrow: NDArray[np.bool_]
    air: NDArray[np.bool_]
    dense: NDArray[np.bool_]
    factor_kji: tuple[int, int, int]
    spacing_mm: Spacing


def solids_of(scene: Scene, settings: MeasureSettings) -> Solids:
    """Close the gaps between dense pieces, and divide what results at its necks."""
    factor = _factor(scene.spacing_mm)
    spacing_mm = (factor[0] * scene.spacing_mm[0], factor[1] * scene.spacing_mm[1], factor[2] * scene.spacing_mm[2])
    shafts = shafts_among(scene.features, scene.tissues)
    bony = shafts | np.array([False, *scene.surely_bone])
    reach_mm = reach_of(settings)
    some = pooled((scene.parts.labels > 0) | scene.loose, factor)
    boxes = boxes_apart(some, spacing_mm, reach_mm + max(spacing_mm))
    dense = np.zeros(scene.parts.labels.shape, dtype=np.bool_)
    air, cortex, bone, full, solid = (np.zeros(some.shape, dtype=np.bool_) for _ in range(5))
    for box in boxes:
        fine = _finer(box, factor)
        labels = scene.parts.labels[fine]
        dense[fine] = (((labels > 0) & ~bony[labels]) | scene.loose[fine]) & scene.able[fine]
        air[box] = pooled(scene.attenuation_hu[fine] < CT.tissue_hu, factor)
        cortex[box] = pooled(shafts[labels], factor)
        bone[box] = pooled(bony[labels], factor)
        full[box] = pooled(dense[fine], factor)
    marrow = find_marrow(cortex, spacing_mm) if shafts.any() else cortex
    bone |= marrow
    full &= ~bone
    for box in boxes:
        grown = within(full[box], spacing_mm, reach_mm) & ~air[box]
        solid[box] = beyond(grown | bone[box], spacing_mm, reach_mm) | full[box]
    solid |= find_marrow(solid | bone, spacing_mm)
    solid &= ~bone
    labels, depth_mm = divided(solid, spacing_mm)
    return Solids(labels, depth_mm, bone, pooled(scene.sides, factor), marrow & ~cortex, air, dense, factor, spacing_mm)


def reach_of(settings: MeasureSettings) -> float:
    """Half of the distance over which pieces are joined, in mm, and half of a step."""
    return (settings.joining_distance_mm + CT.solid_step_mm) / 2


def _finer(box: Box, factor: tuple[int, int, int]) -> Box:
    k, j, i = (slice(part.start * n, part.stop * n) for part, n in zip(box, factor, strict=True))
    return k, j, i


def _factor(spacing_mm: Spacing) -> tuple[int, int, int]:
    k, j, i = (max(1, round(CT.solid_step_mm / mm)) for mm in spacing_mm)
    return k, j, i


def more_than_noise(attenuation_hu: NDArray[np.int16], loose: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find small dense pieces whose densest block is denser than noise makes any block of soft tissue.

    Parameters
    ----------
    attenuation_hu, loose
        (k, j, i) of the coarse copy, and the blocks of small pieces.

    Returns
    -------
    ndarray
        The blocks of the pieces that are more than noise.
    """
    if not loose.any():
        return loose
    some = attenuation_hu[:: CT.noise_step, :: CT.noise_step].astype(np.int32)
    bends = some[:, :, 2:] - 2 * some[:, :, 1:-1] + some[:, :, :-2]
    soft = (some[:, :, 1:-1] > CT.tissue_hu) & (some[:, :, 1:-1] < CT.soft_hu)
    noise_hu = 1.4826 * float(np.median(np.abs(bends[soft]))) / math.sqrt(6) if soft.any() else 0.0
    labels = cc3d.connected_components(loose, connectivity=26)
    at = np.flatnonzero(labels)
    highest = np.zeros(int(labels.max()) + 1, dtype=np.int16)
    np.maximum.at(highest, labels.ravel()[at], attenuation_hu.ravel()[at])
    sure = highest >= CT.soft_tissue_hu + CT.surely_not_noise * noise_hu
    sure[0] = False
    found: NDArray[np.bool_] = sure[labels]
    return found


def distance_mm(mask: NDArray[np.bool_], spacing_mm: Spacing) -> NDArray[np.float32]:
    """Distance to the nearest block of a mask; a large value if the mask is empty."""
    if not mask.any():
        return np.full(mask.shape, CT.far_mm, dtype=np.float32)
    distance_mm: NDArray[np.float32] = edt.edt(
        ~mask, anisotropy=spacing_mm, black_border=False, parallel=thread_count()
    )
    return distance_mm


def on_solids(at: NDArray[np.intp], shape: tuple[int, ...], solids: Solids) -> NDArray[np.intp]:
    """Flat index on the coarser grid of flat indexes on the coarse copy."""
    index = np.unravel_index(at, shape)
    flat: NDArray[np.intp] = np.ravel_multi_index(
        tuple(one // step for one, step in zip(index, solids.factor_kji, strict=True)), solids.labels.shape
    )
    return flat


def merged(solids: Solids, able: NDArray[np.bool_]) -> Solids:
    """Join solids that touch each other.

    Parameters
    ----------
    solids
        The solids.
    able
        (label,) whether a solid is joined with others, from label 0 on.

    Returns
    -------
    Solids
        `solids` itself if nothing was joined.
    """
    if np.count_nonzero(able) < 2:
        return solids
    together = DisjointSet(range(len(able)))
    flat = solids.labels.ravel()
    for here, there in faces_between(solids.labels):
        a, b = flat[here], flat[there]
        meet = able[a] & able[b]
        for key in np.unique(a[meet].astype(np.int64) * len(able) + b[meet]).tolist():
            together.merge(key // len(able), key % len(able))
    if together.n_subsets == len(able):
        return solids
    number = np.array([together[label] for label in range(len(able))], dtype=np.int32)
    number = np.unique(number, return_inverse=True)[1].astype(np.int32)
    return replace(solids, labels=number[solids.labels])


def are_lumpy(features: list[WholeFeatures]) -> NDArray[np.bool_]:
    """(label,) whether a solid has neither the cortex, nor the low density, nor the open end of a bone."""
    return np.array([False, *map(_is_lumpy, features)])


def _is_lumpy(features: WholeFeatures) -> bool:
    return (
        max(features.rim, features.piece_rim) <= CT.lumpy_rim
        and CT.lumpy_hu[0] <= features.high_hu <= CT.lumpy_hu[1]
        and features.cut_share <= CT.lumpy_cut
    )


def whole_features(scene: Scene, solids: Solids) -> list[WholeFeatures]:
    """Compute the features of each solid; the first entry is for label 1."""
    count = int(solids.labels.max(initial=0)) + 1
    if count == 1:
        return []
    block_mm3 = math.prod(solids.spacing_mm)
    filled = np.flatnonzero(solids.labels)
    label = solids.labels.ravel()[filled]
    voxels = np.bincount(label, minlength=count)
    radius_mm = np.zeros(count, dtype=np.float32)
    np.maximum.at(radius_mm, label, solids.depth_mm.ravel()[filled])
    at = np.flatnonzero(solids.dense)
    coarser = on_solids(at, solids.dense.shape, solids)
    label, depth_mm = solids.labels.ravel()[coarser], solids.depth_mm.ravel()[coarser]
    hu = scene.attenuation_hu.ravel()[at].astype(np.float32)
    dense = np.bincount(label, minlength=count)
    deep = depth_mm >= np.minimum(CT.core_share * radius_mm, CT.deep_mm)[label]
    median, dense_hu, high = percentiles_of(label[deep], hu[deep], count, CT.whole_percentiles)
    clear = ~_within_a_block(solids.bone).ravel()[coarser]
    deep &= clear
    shallow = clear & (depth_mm <= CT.solid_rim * min(solids.spacing_mm))
    rim = percentiles_of(label[shallow], hu[shallow], count, (CT.rim_percentile,))[0]
    rims = np.array([1.0, *map(_rim_of_piece, scene.features)])
    piece_rim = np.bincount(label, weights=rims[scene.parts.labels.ravel()[at]], minlength=count)
    faces = _faces(solids)
    faces /= np.maximum(faces.sum(axis=0), 1e-6)
    level_hu = np.maximum(dense_hu, CT.least_level_hu)
    return [
        WholeFeatures(
            volume_mm3=float(voxels[n] * block_mm3),
            thickness_mm=2 * float(radius_mm[n]),
            slenderness=math.log(max(voxels[n], 1) * block_mm3 / max(float(radius_mm[n]), CT.least_radius_mm) ** 3),
            fill=float(dense[n] / (voxels[n] * math.prod(solids.factor_kji))),
            core_hu=float(median[n]),
            high_hu=float(high[n]),
            rim=float(rim[n] / level_hu[n]),
            neighbor_share=float(faces[1, n] + faces[4, n]),
            marrow_share=float(faces[2, n]),
            cut_share=float(faces[3, n]),
            shaft_share=float(max(faces[4, n] - faces[1, n] - faces[2, n], 0.0)),
            piece_rim=float(piece_rim[n] / max(dense[n], 1)),
        )
        for n in range(1, count)
    ]


def _rim_of_piece(features: Features) -> float:
    """Give the rim of a part, between limits; 1 for a part that is too thin to have one."""
    if features.thickness_mm < CT.thinnest_piece_mm:
        return 1.0
    return min(max(features.rim, CT.piece_rims[0]), CT.piece_rims[1])


def _within_a_block(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow a mask by a block along each axis."""
    grown = mask.copy()
    for axis in range(3):
        low, high = beside(axis)
        grown[low] |= mask[high]
        grown[high] |= mask[low]
    return grown


def _faces(solids: Solids) -> NDArray[np.float64]:
    """(5, labels) areas that face soft tissue, bone and other solids, marrow, the end of the image, sides of shafts."""
    labels = solids.labels
    count = int(labels.max()) + 1
    faces = np.zeros((5, count))
    filling = np.where(solids.sides, np.uint8(4), solids.bone.view(np.uint8) + solids.marrow.view(np.uint8))
    for axis in range(3):
        area_mm2 = math.prod(solids.spacing_mm) / solids.spacing_mm[axis]
        low, high = beside(axis)
        differ = np.flatnonzero(labels[low] != labels[high])
        sides = [(labels[side].ravel()[differ], filling[side].ravel()[differ]) for side in (low, high)]
        for (a, _), (b, kind) in (sides, sides[::-1]):
            own = a > 0
            kinds = np.where(b > 0, np.uint8(1), kind)[own].astype(np.intp)
            faces += area_mm2 * np.bincount(kinds * count + a[own], minlength=5 * count).reshape(5, count)
        for end in (0, -1):
            # The box has a margin of one block of the coarse copy, except at the end of the image.
            cut = pooled(np.expand_dims(solids.dense.take(end, axis), axis), solids.factor_kji)
            faces[3] += area_mm2 * np.bincount(np.expand_dims(labels.take(end, axis), axis)[cut], minlength=count)
    faces[:, 0] = 0
    return faces


def share_dense(solids: Solids) -> NDArray[np.float32]:
    """(k, j, i) share of each block of the solids' grid that is dense."""
    share = solids.dense.astype(np.float32)
    for axis, step in enumerate(solids.factor_kji):
        if step > 1:
            share = np.add.reduceat(share, np.arange(0, share.shape[axis], step), axis=axis)
    return share / np.float32(math.prod(solids.factor_kji))
