"""Features of a part: the numbers by which its tissue is judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np

from calcimeasure.segment.ct.boxes import boxes_apart
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.near import beyond, within
from calcimeasure.segment.ct.split import Parts, beside, passes

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one part. Means are over voxels away from neighbors and marrow ("own" voxels), if there are enough.

    Parameters
    ----------
    volume_mm3
        Volume of the counted voxels.
    thickness_mm
        Diameter of the largest ball inside the part.
    slenderness
        Logarithm of the volume divided by the third power of the radius of that ball: 1.4 for a ball, more for a sheet
        or a long piece.
    core_hu, spread
        Median of the deep voxels, and half the range from the 16th to the 84th percentile divided by the median.
    rim
        Upper quartile of attenuation in the rim, divided by the core.
    bridge
        Width of the widest connection to another part, divided by the thickness of the part.
    own_share
        Share of its voxels that lie away from neighbors and marrow.
    marrow_share, neighbor_share, cut_share
        Shares of its surface that face marrow, another part, and the end of the image.
    shaft_share
        By how much more of its surface lies on sides of shafts than on other bone and marrow: shares of its surface.
    metal_share, outside_share, circle_share
        Shares of its voxels that are as dense as metal, outside the body, and next to the reconstructed circle.
    cavity_hu, cavity_spread_hu
        Median of the enclosed cavity, and half the range from the 16th to the 84th percentile; None if there is no
        cavity that is wide enough to be resolved and closed at one end at least.
    """

    volume_mm3: float
    thickness_mm: float
    slenderness: float
    core_hu: float
    spread: float
    rim: float
    bridge: float
    own_share: float
    marrow_share: float
    neighbor_share: float
    cut_share: float
    shaft_share: float = 0.0
    metal_share: float = 0.0
    outside_share: float = 0.0
    circle_share: float = 0.0
    cavity_hu: float | None = None
    cavity_spread_hu: float | None = None


def features_of(
    attenuation_hu: NDArray[np.int16], parts: Parts, spacing_mm: tuple[float, float, float]
) -> list[Features]:
    """Compute the features of each part; the first entry is for label 1."""
    found: dict[int, Features] = {}
    for box in boxes_apart(parts.labels > 0, spacing_mm, CT.own_mm):
        here = Parts(parts.labels[box], parts.depth_mm[box], parts.marrow[box])
        found |= _features_in(attenuation_hu[box], here, spacing_mm)
    return [found[n] for n in sorted(found)]


def _features_in(
    attenuation_hu: NDArray[np.int16], parts: Parts, spacing_mm: tuple[float, float, float]
) -> dict[int, Features]:
    """Compute the features of each part in a box, by its label."""
    labels, marrow = parts.labels, parts.marrow
    count = int(labels.max(initial=0)) + 1
    block_mm3 = math.prod(spacing_mm)
    solid = (labels > 0) | marrow
    beneath, inner = (beyond(solid, spacing_mm, depth_mm).ravel() for depth_mm in CT.cortex_depth_mm)
    at = np.flatnonzero(labels)
    label = labels.ravel()[at]
    hu = attenuation_hu.ravel()[at].astype(np.float32)
    depth_mm = parts.depth_mm.ravel()[at]
    radius_mm = np.zeros(count, dtype=np.float32)
    np.maximum.at(radius_mm, label, depth_mm)
    voxels = np.bincount(label, minlength=count)
    own = _away(labels, marrow, spacing_mm).ravel()[at]
    own_count = np.bincount(label[own], minlength=count)
    usable = own | (own_count < CT.fewest_own)[label]
    core = usable & (depth_mm >= np.minimum(CT.core_share * radius_mm, CT.deep_mm)[label])
    # If no deep voxel is away from neighbors, all voxels of that depth are used.
    none = np.bincount(label[core], minlength=count) == 0
    core |= none[label] & (depth_mm >= CT.core_share * radius_mm[label])
    percentiles = percentiles_of(label[core], hu[core], count, CT.spread_percentiles)
    in_rim = usable & (beneath & ~inner)[at]
    rim = percentiles_of(label[in_rim], hu[in_rim], count, (CT.rim_percentile,))[0]
    faces_mm2 = _faces_mm2(labels, marrow, spacing_mm)
    whole_mm2 = np.maximum(faces_mm2.sum(axis=0), 1e-6)
    bridge = np.zeros(count)
    ones, others, heights = passes(labels, parts.depth_mm)
    for side in (ones, others):
        np.maximum.at(bridge, side, heights / radius_mm[side])
    metal = np.bincount(label[hu >= CT.metal_hu], minlength=count)
    cavities = _cavities(attenuation_hu, labels, marrow, spacing_mm)
    found = {}
    for n in np.flatnonzero(voxels).tolist():
        cavity_hu, cavity_spread_hu = cavities.get(n, (None, None))
        low, median, high = (float(p[n]) for p in percentiles)
        level_hu = max(median, CT.least_level_hu)
        found[n] = Features(
            volume_mm3=float(voxels[n] * block_mm3),
            thickness_mm=2 * float(radius_mm[n]),
            slenderness=math.log(voxels[n] * block_mm3 / max(float(radius_mm[n]), CT.least_radius_mm) ** 3),
            core_hu=median,
            spread=(high - low) / 2 / level_hu,
            rim=float(rim[n]) / level_hu,
            bridge=float(bridge[n]),
            own_share=float(own_count[n] / voxels[n]),
            marrow_share=float(faces_mm2[0, n] / whole_mm2[n]),
            neighbor_share=float(faces_mm2[2, n] / whole_mm2[n]),
            cut_share=float(faces_mm2[3, n] / whole_mm2[n]),
            metal_share=float(metal[n] / voxels[n]),
            cavity_hu=cavity_hu,
            cavity_spread_hu=cavity_spread_hu,
        )
    return found


def _away(
    labels: NDArray[np.int32], marrow: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Find voxels that lie at least `CT.own_mm` from marrow and from the next part."""
    border = marrow.copy()
    for axis in range(3):
        low, high = beside(axis)
        a, b = labels[low], labels[high]
        meet = (a != b) & (a > 0) & (b > 0)
        border[low] |= meet
        border[high] |= meet
    return ~within(border, spacing_mm, CT.own_mm)


def _cavities(
    attenuation_hu: NDArray[np.int16],
    labels: NDArray[np.int32],
    marrow: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
) -> dict[int, tuple[float, float]]:
    """Compute median and spread of the largest cavity inside each part.

    The canal of a bone that leaves the image at both ends is no cavity: nothing closes it.
    """
    deep = marrow.copy()
    for axis, mm in enumerate(spacing_mm):
        low, high = beside(axis, max(1, math.ceil(CT.cavity_depth_mm / mm)))
        deep[low] &= marrow[high]
        deep[high] &= marrow[low]
    if not deep.any():
        return {}
    pockets = cc3d.connected_components(marrow, connectivity=6)
    count = int(pockets.max()) + 1
    inside = pockets[deep]
    low, median, high = percentiles_of(inside, attenuation_hu[deep].astype(np.float32), count, CT.spread_percentiles)
    size = np.bincount(inside, minlength=count)
    size[_running_through(pockets)] = 0
    found: dict[int, tuple[float, float]] = {}
    largest: dict[int, int] = {}
    for axis in range(3):
        one, other = beside(axis)
        for a, b in ((one, other), (other, one)):
            wall = (labels[a] > 0) & (pockets[b] > 0)
            for pair in np.unique(labels[a][wall].astype(np.int64) * count + pockets[b][wall]):
                n, pocket = int(pair // count), int(pair % count)
                if size[pocket] > largest.get(n, 0):
                    largest[n] = int(size[pocket])
                    found[n] = (float(median[pocket]), float(high[pocket] - low[pocket]) / 2)
    return found


def _running_through(pockets: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """List the pockets that reach two opposite ends of the image."""
    both = [np.intersect1d(pockets.take(0, axis), pockets.take(-1, axis)) for axis in range(3)]
    return np.concatenate(both)


def percentiles_of(
    label: NDArray[np.int32], values: NDArray[np.float32], count: int, wanted: tuple[int, ...]
) -> NDArray[np.float32]:
    """(percentiles, labels) percentiles of values; zero for labels without values."""
    order = np.lexsort((values, label))
    label, values = label[order], values[order]
    begin = np.searchsorted(label, np.arange(count))
    length = np.searchsorted(label, np.arange(count), side="right") - begin
    found = np.zeros((len(wanted), count), dtype=np.float32)
    some = length > 0
    for row, percent in zip(found, wanted, strict=True):
        row[some] = values[(begin + (length - 1) * percent // 100)[some]]
    return found


def _faces_mm2(
    labels: NDArray[np.int32], marrow: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """(4, labels) area of faces to marrow, to voxels that are not dense, to other parts, and to the image's end."""
    count = int(labels.max()) + 1
    faces = np.zeros((4, count))
    for axis in range(3):
        area_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        low, high = beside(axis)
        one, other = labels[low], labels[high]
        differ = one != other
        for a, b, enclosed in (
            (one[differ], other[differ], marrow[high][differ]),
            (other[differ], one[differ], marrow[low][differ]),
        ):
            inside = a > 0
            kind = np.where(b[inside] > 0, 2, np.where(enclosed[inside], 0, 1))
            faces += area_mm2 * np.bincount(kind * count + a[inside], minlength=4 * count).reshape(4, count)
        ends = np.concatenate([labels.take(0, axis).ravel(), labels.take(-1, axis).ravel()])
        faces[3] += area_mm2 * np.bincount(ends, minlength=count)
    faces[:, 0] = 0
    return faces
