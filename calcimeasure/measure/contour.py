"""Contours of a lesion with subvoxel accuracy in the acquired slices, and caps beyond the outermost contours.

In a slice the contour passes between two pixels at the point where the level, interpolated between them, is zero. These
are the points that marching squares gives for the attenuation. Blur shifts a curved edge inward, by half the variance
of the blur times the curvature of the edge. Subtracting half the variance times the Laplacian from the level corrects
the shift to first order (one step backward in the heat equation). Straight edges do not move.

Across slices interpolation would be wrong. If a mass ends between two thick slices, one slice shows it and the next
does not; interpolation would always put the end half way. Instead the cross-sections tell where the mass ends. The area
of the cross-sections of a rounded body is a quadratic function of the distance from its tip, so the last three
cross-sections give the tip (exactly for an ellipsoid).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from skimage.measure import find_contours

from calcimeasure.edge import in_slabs, keep_connected
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.shape import Contours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry

_SMOOTHED_SDS = 4
"""So many standard deviations a Gaussian filter of SciPy reaches."""


def contours_of(edge: Edge) -> Contours:
    """Draw the contour of a lesion in each slice of the edge's box.

    Parameters
    ----------
    edge
        An edge from `sharpened`.
    """
    points = np.concatenate([_crossings(edge, 1), _crossings(edge, 2)])
    points = points[np.argsort(points[:, 0], kind="stable")]
    stops = np.searchsorted(points[:, 0], np.arange(1, edge.inside.shape[0]))
    in_slices = [part[:, 1:] + edge.start_kji[1:] for part in np.split(points, stops)]
    origin = np.array(edge.start_kji[1:]) - 1

    def lines(k: int) -> list[NDArray[np.float64]]:
        return [line + origin for line in find_contours(np.pad(edge.level[k], 1, constant_values=-0.5), 0.0)]

    return Contours(edge.start_kji[0], in_slices, lines)


def sharpened(edge: Edge, geometry: Geometry) -> Edge:
    """Undo the shrinkage of curved edges under the blur of the slice plane.

    The level is smoothed by 0.7 pixels before the Laplacian is computed; otherwise the correction would add more noise
    than it removes error. The variance includes this smoothing.
    """
    if not edge.follows_outline:
        return edge
    row_mm, column_mm = geometry.row_spacing_mm, geometry.column_spacing_mm
    variance_mm2 = edge.blur_sigma_mm**2 + MEASURE.contour_smoothing_px**2 * row_mm * column_mm
    level = edge.level.copy()

    def sharpen(slab: slice) -> None:
        part = _summed_part(edge.level[slab])
        if part is None:
            return
        smooth = ndimage.gaussian_filter(
            edge.level[slab][part], (0, MEASURE.contour_smoothing_px, MEASURE.contour_smoothing_px)
        )
        center = smooth[:, 1:-1, 1:-1]
        laplacian = (smooth[:, 2:, 1:-1] + smooth[:, :-2, 1:-1] - 2 * center) / np.float32(row_mm**2)
        laplacian += (smooth[:, 1:-1, 2:] + smooth[:, 1:-1, :-2] - 2 * center) / np.float32(column_mm**2)
        center -= np.float32(variance_mm2 / 2) * laplacian
        level[slab][part] = smooth

    in_slabs(sharpen, level.shape)
    level, inside = keep_connected(level, edge.inside)
    return replace(edge, level=level, inside=inside)


def _summed_part(level: NDArray[np.float32]) -> tuple[slice, slice, slice] | None:
    """Find the part of some slices outside of which the level is -0.5, with a margin in which smoothing ends.

    None if the level is -0.5 everywhere: smoothing leaves such a part as it is.
    """
    margin = math.ceil(_SMOOTHED_SDS * MEASURE.contour_smoothing_px) + 2
    seen = (level != np.float32(-0.5)).any(axis=0)
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    j, i = (slice(max(int(used[0]) - margin, 0), int(used[-1]) + 1 + margin) for used in (rows, columns))
    return (slice(None), j, i)


def surface_points_lps_mm(edge: Edge, corners: list[NDArray[np.float64]], geometry: Geometry) -> NDArray[np.float64]:
    """Collect points of the surface that include all of its outermost points.

    Parameters
    ----------
    edge
        The edge of the lesion.
    corners
        The corners that `contours_of` gives for this edge.
    geometry
        The geometry of the stack.

    Returns
    -------
    ndarray
        (n, 3) LPS mm: the corners in each slice, and caps where a part of the lesion is not seen in the next slice. A
        part that is cut off by the end of the stack ends half a slice beyond the last one.
    """
    index = [np.column_stack([np.full(len(part), k), part]) for k, part in enumerate(corners, edge.start_kji[0])]
    return geometry.to_lps_mm(np.concatenate([*index, *_caps(edge, geometry)]))


def _crossings(edge: Edge, axis: int) -> NDArray[np.float64]:
    """(n, 3) indexes in the box at which the edge crosses between two neighbors along an axis."""
    inside, level, padded = edge.inside, edge.level, 0
    if inside.take((0, -1), axis).any():
        # At the border of the image the lesion ends half a pixel beyond the last pixel.
        pad = [(1, 1) if one == axis else (0, 0) for one in range(3)]
        inside, level, padded = np.pad(inside, pad), np.pad(level, pad, constant_values=-0.5), 1
    before, after = [slice(None)] * 3, [slice(None)] * 3
    before[axis], after[axis] = slice(None, -1), slice(1, None)
    crossed = inside[tuple(before)] != inside[tuple(after)]
    place = np.unravel_index(np.flatnonzero(crossed), crossed.shape)
    first, second = level[tuple(before)][place], level[tuple(after)][place]
    index = np.column_stack(place).astype(np.float64)
    index[:, axis] += first / (first - second) - padded
    return index


@dataclass(frozen=True, slots=True, eq=False)
class _Sections:
    """The connected parts of a lesion in each slice, and which of them overlap from slice to slice.

    The sections of all slices are numbered from 1, slice by slice. `lines` keeps the contour lines that were drawn: the
    caps at both ends of a piece ask for the same ones.
    """

    edge: Edge
    geometry: Geometry
    labels: NDArray[np.int32]
    boxes: list[tuple[slice, slice, slice]]
    overlaps: list[list[int]]
    lines: dict[int, list[NDArray[np.float64]]] = field(default_factory=dict)

    def slice_of(self, section: int) -> int:
        """Index in the box of the slice of a section."""
        return int(self.boxes[section - 1][0].start)

    def beside(self, section: int, step: int) -> list[int]:
        """List the sections that a section overlaps in the next slice (step 1) or in the previous one (step -1)."""
        return [other for other in self.overlaps[section] if self.slice_of(other) == self.slice_of(section) + step]


_IN_SLICES = np.zeros((3, 3, 3), dtype=np.bool_)
_IN_SLICES[1] = True


def _sections(edge: Edge, geometry: Geometry) -> _Sections:
    labels = np.empty(edge.inside.shape, dtype=np.int32)
    ndimage.label(edge.inside, structure=_IN_SLICES, output=labels)
    boxes = ndimage.find_objects(labels)
    overlaps: list[list[int]] = [[] for _ in range(len(boxes) + 1)]
    for k in range(1, len(labels)):
        for lower, upper in _touching(labels[k - 1], labels[k], edge.inside[k - 1] & edge.inside[k]):
            overlaps[lower].append(upper)
            overlaps[upper].append(lower)
    return _Sections(edge, geometry, labels, boxes, overlaps)


def _touching(lower: NDArray[np.int32], upper: NDArray[np.int32], both: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List pairs of a label of one slice and a label of the next slice that overlap in the pixels of both."""
    places = np.flatnonzero(both)
    if not places.size:
        return []
    lowers, uppers = lower.ravel()[places], upper.ravel()[places]
    least, first = int(lowers.min()), int(uppers.min())
    count = int(uppers.max()) - first + 1
    if count == 1 and least == lowers.max():
        return [(least, first)]
    pairs = np.flatnonzero(np.bincount((lowers - least) * np.int64(count) + (uppers - first)))
    return [(least + pair // count, first + pair % count) for pair in pairs.tolist()]


def _caps(edge: Edge, geometry: Geometry) -> list[NDArray[np.float64]]:
    sections = _sections(edge, geometry)
    return [
        _cap(sections, section, step)
        for section in range(1, len(sections.boxes) + 1)
        for step in (-1, 1)
        if not sections.beside(section, step)
    ]


def _cap(sections: _Sections, section: int, step: int) -> NDArray[np.float64]:
    """Draw the cap of a section toward one side: indexes in the stack."""
    k = sections.slice_of(section) + sections.edge.start_kji[0]
    contour, center = _corners(sections, section), _middle(sections, section)
    positions_mm = sections.geometry.positions_along_normal_mm
    if len(positions_mm) == 1:
        return np.column_stack([np.full(len(contour), k), contour])
    if not 0 <= k + step < len(positions_mm):
        return np.column_stack([np.full(len(contour), k + 0.5 * step), contour])
    room_mm = abs(float(positions_mm[k + step] - positions_mm[k]))
    chain = _inward(sections, section, -step)
    depths_mm = np.abs([positions_mm[k - step * n] - positions_mm[k] for n in range(len(chain))])
    height_mm = _tip_height_mm(depths_mm, _sizes(sections, chain, step), room_mm)
    drift = np.zeros(2)
    if len(chain) > 1 and _is_simple(sections, chain, step):
        drift = (center - _middle(sections, chain[1])) / depths_mm[1]
    layers = []
    for part in np.linspace(0, 1, MEASURE.cap_layers + 1)[1:]:
        drawn = center + drift * height_mm * part + (contour - center) * np.sqrt(1 - part)
        layers.append(np.column_stack([np.full(len(drawn), k + step * height_mm * part / room_mm), drawn]))
    return np.concatenate(layers)


def _inward(sections: _Sections, section: int, step: int) -> list[int]:
    """List a section and the next one or two sections inward, each the largest one that overlaps the section before."""
    chain = [section]
    while len(chain) < 3 and (beside := sections.beside(chain[-1], step)):
        chain.append(max(beside, key=lambda one: (np.count_nonzero(_mask(sections, one)), -one)))
    return chain


def _is_simple(sections: _Sections, chain: list[int], step: int) -> bool:
    """Tell whether sections belong to only one tip: no other section toward the tip overlaps the inner sections."""
    return all(len(sections.beside(inner, step)) == 1 for inner in chain[1:])


def _sizes(sections: _Sections, chain: list[int], step: int) -> list[float]:
    """Give sizes of sections that are proportional to their areas.

    If a section belongs to more than this tip (its neighbor overlaps other sections too), the largest circle inside the
    section near the tip is used instead of the area. The square of its radius is also a quadratic function of the
    distance from the tip.
    """
    if _is_simple(sections, chain, step):
        return [_area(_contour_lines(sections, one)) for one in chain]
    sampling = (sections.geometry.row_spacing_mm, sections.geometry.column_spacing_mm)
    sizes, place, reach = [], np.zeros(2), np.inf
    for one in chain:
        box = sections.boxes[one - 1]
        depth_mm = ndimage.distance_transform_edt(np.pad(_mask(sections, one), 1), sampling=sampling)
        corner = np.array([box[1].start - 1, box[2].start - 1])
        index = np.indices(depth_mm.shape).reshape(2, -1).T + corner
        near = np.linalg.norm((index - place) * sampling, axis=1) <= reach
        if not near.any():
            break
        best = int(np.argmax(np.where(near, depth_mm.ravel(), -1)))
        radius_mm = float(depth_mm.ravel()[best])
        sizes.append(radius_mm**2)
        place, reach = index[best], radius_mm + max(sampling)
    return sizes


def _tip_height_mm(depths_mm: NDArray[np.float64], sizes: list[float], room_mm: float) -> float:
    """Compute how far the tip lies beyond the last section; at most in the next slice.

    The sizes of three sections are fitted by a parabola, those of two sections by a line. The tip is the zero beyond
    the last section. For a single section, or for sizes that do not decrease toward the tip, the tip is half way.
    """
    half_mm = room_mm / 2
    if len(sizes) < 2 or sizes[1] <= sizes[0]:
        return half_mm
    slope = (sizes[1] - sizes[0]) / depths_mm[1]
    if len(sizes) > 2:
        bend = ((sizes[2] - sizes[1]) / (depths_mm[2] - depths_mm[1]) - slope) / depths_mm[2]
        if bend < 0:
            # size(depth) = size0 + (slope - bend * depth1) depth + bend depth^2, zero at a negative depth
            linear = slope - bend * depths_mm[1]
            root = (-linear + np.sqrt(linear**2 - 4 * bend * sizes[0])) / (2 * bend)
            return float(min(-root, room_mm)) if root < 0 else half_mm
    return float(min(sizes[0] / slope, room_mm))


def _mask(sections: _Sections, section: int) -> NDArray[np.bool_]:
    box = sections.boxes[section - 1]
    mask: NDArray[np.bool_] = sections.labels[box][0] == section
    return mask


def _contour_lines(sections: _Sections, section: int) -> list[NDArray[np.float64]]:
    """Draw the contour lines of a section: (n, 2) row and column in the stack."""
    if section not in sections.lines:
        sections.lines[section] = _drawn_lines(sections, section)
    return sections.lines[section]


def _drawn_lines(sections: _Sections, section: int) -> list[NDArray[np.float64]]:
    box = sections.boxes[section - 1]
    level = np.full([part.stop - part.start + 2 for part in box[1:]], -0.5, dtype=np.float32)
    rows, columns = (slice(max(part.start - 1, 0), part.stop + 1) for part in box[1:])
    place = (box[0].start, rows, columns)
    another = sections.edge.inside[place] & (sections.labels[place] != section)
    seen = np.where(another, -0.5, sections.edge.level[place])
    offset = (rows.start - box[1].start + 1, columns.start - box[2].start + 1)
    level[offset[0] : offset[0] + seen.shape[0], offset[1] : offset[1] + seen.shape[1]] = seen
    origin = np.array([box[1].start - 1, box[2].start - 1]) + sections.edge.start_kji[1:]
    return [line + origin for line in find_contours(level, 0.0)]


def _area(lines: list[NDArray[np.float64]]) -> float:
    """Area inside contour lines, in pixels; lines around holes run in the opposite direction and are subtracted."""
    twice = sum(float(np.sum(line[:-1, 0] * line[1:, 1] - line[1:, 0] * line[:-1, 1])) for line in lines)
    return abs(twice) / 2


def _corners(sections: _Sections, section: int) -> NDArray[np.float64]:
    """Give the corners of the contour of a section."""
    points = np.concatenate(_contour_lines(sections, section))
    corners: NDArray[np.float64] = points[ConvexHull(points).vertices]
    return corners


def _middle(sections: _Sections, section: int) -> NDArray[np.float64]:
    """Give the mean position of the pixels of a section."""
    box, mask = sections.boxes[section - 1], _mask(sections, section)
    along = [mask.sum(axis=1 - axis) @ np.arange(mask.shape[axis]) for axis in (0, 1)]
    middle: NDArray[np.float64] = np.array(along) / np.count_nonzero(mask)
    middle += np.array([box[1].start, box[2].start]) + sections.edge.start_kji[1:]
    return middle
