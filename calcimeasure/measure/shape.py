"""Sizes of an outline in millimeters, on the acquired grid.

An outline is a set of voxels. Its border lies half way between the centers of a voxel inside and its neighbor outside.
In the slice plane this border is the contour; in space it is the mesh of marching cubes at 0.5 (IBSI 0.0.11, section
3.1). All lengths are measured between points of that border, so a row of n voxels is n voxels long.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import ConvexHull
from skimage.measure import find_contours, marching_cubes

from calcimeasure.edge import voxels_in_slices
from calcimeasure.measure.caliper import (
    caliper_limits_mm,
    farthest_in_space,
    farthest_pair,
    longest_perpendicular_chord,
    outermost,
)
from calcimeasure.measure.constants import MEASURE
from calcimeasure.model import Axis

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline


@dataclass(frozen=True, slots=True)
class InPlaneAxes:
    """Long axis, short axis, and the slice that holds them (index in the stack)."""

    long_axis: Axis
    short_axis: Axis
    slice_index: int


@dataclass(frozen=True, slots=True)
class Mesh:
    """Numbers of the mesh, the border as a surface of triangles."""

    volume_ml: float
    area_mm2: float
    sphericity: float


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """The contour of a lesion in each slice of a part of the stack.

    Parameters
    ----------
    first_slice
        Index in the stack of the first slice.
    corners
        (n, 2) row and column in the stack, for each slice: points that include all outermost points of the contour.
    lines
        Draws the contour lines of one slice: (m, 2) row and column in the stack, closed.
    """

    first_slice: int
    corners: list[NDArray[np.float64]]
    lines: Callable[[int], list[NDArray[np.float64]]]


def in_plane_axes(outline: Outline, geometry: Geometry) -> InPlaneAxes:
    """Measure the long and the short axis of the outline's voxels in the acquisition plane; see `axes_of_contours`."""
    return axes_of_contours(_contours_of_mask(outline), geometry)


def axes_of_contours(contours: Contours, geometry: Geometry) -> InPlaneAxes:
    """Measure the long and the short axis in the acquisition plane.

    Parameters
    ----------
    contours
        The contour of the lesion in each slice.
    geometry
        The geometry of the stack.

    Returns
    -------
    InPlaneAxes
        Long axis: the longest distance between two points of the contour in one slice, over all slices (the first slice
        if several are equal). Short axis: the longest chord of the contour in that slice perpendicular to the long
        axis. A chord runs from the first entry of a line into the outline to its last exit. Separate parts of the
        outline in that slice are measured together (RECIST 1.1, doi 10.1016/j.ejca.2008.10.026; SCT 103339001 and
        103340004).
    """
    spacing_mm = np.array([geometry.row_spacing_mm, geometry.column_spacing_mm])
    borders_mm = [corners * spacing_mm for corners in contours.corners]
    best_slice, best_ends = _longest_caliper(borders_mm)
    lines_mm = [line * spacing_mm for line in contours.lines(best_slice)]
    short_ends = longest_perpendicular_chord(lines_mm, best_ends)

    def axis(ends_mm: NDArray[np.float64]) -> Axis:
        k = np.full((2, 1), best_slice + contours.first_slice)
        ends_lps_mm = geometry.to_lps_mm(np.hstack([k, ends_mm / spacing_mm]))
        return _axis(ends_lps_mm, float(np.linalg.norm(ends_mm[1] - ends_mm[0])))

    return InPlaneAxes(axis(best_ends), axis(short_ends), best_slice + contours.first_slice)


def _longest_caliper(borders_mm: list[NDArray[np.float64]]) -> tuple[int, NDArray[np.float64]]:
    """Find the slice with the two points of a border that lie farthest apart, and these points, (2, 2)."""
    # Most slices need not be measured: their limit is below the longest caliper so far.
    limits_mm = caliper_limits_mm(borders_mm)
    best_mm, best_slice, best_ends = -1.0, 0, np.zeros((2, 2))
    for k in sorted(range(len(borders_mm)), key=lambda index: (-limits_mm[index], index)):
        if limits_mm[k] < best_mm - MEASURE.same_length_mm:
            break
        length_mm, ends = farthest_pair(outermost(borders_mm[k]))
        if length_mm > best_mm + MEASURE.same_length_mm or (
            length_mm > best_mm - MEASURE.same_length_mm and k < best_slice
        ):
            best_mm, best_slice, best_ends = length_mm, k, ends
    return best_slice, best_ends


def _contours_of_mask(outline: Outline) -> Contours:
    mask = outline.mask()
    origin = np.array(outline.start_kji[1:])

    def lines(k: int) -> list[NDArray[np.float64]]:
        return [line - 1 + origin for line in find_contours(np.pad(mask[k], 1).astype(np.float32), 0.5)]

    corners = [part + origin if part.size else part for part in _corners_of_slices(outline)]
    return Contours(outline.start_kji[0], corners, lines)


def max_3d_diameter(border_lps_mm: NDArray[np.float64]) -> Axis:
    """Measure the largest distance between two points of the border (IBSI L0JK).

    Parameters
    ----------
    border_lps_mm
        (n, 3) points from `border_points_lps_mm`.
    """
    length_mm, ends = farthest_in_space(border_lps_mm)
    return _axis(ends, length_mm)


def extents_lps_mm(border_lps_mm: NDArray[np.float64]) -> tuple[float, float, float]:
    """Measure the extent of the border along the patient's axes: right-left, anterior-posterior, superior-inferior."""
    x, y, z = np.ptp(border_lps_mm, axis=0)
    return float(x), float(y), float(z)


def border_points_lps_mm(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    """Collect points of the border that include all of its outermost points.

    Returns
    -------
    ndarray
        (n, 3) LPS mm: in each slice the corners of the convex hull of the contour; between the slices all points half
        way between a voxel inside and a voxel outside. All of the latter are needed, because the slices of a stack need
        not lie on one straight line.
    """
    in_slices = [
        np.column_stack([np.full(len(corners), k), corners]) for k, corners in enumerate(_corners_of_slices(outline))
    ]
    filled = np.pad(outline.mask(), ((1, 1), (0, 0), (0, 0)))
    between_slices = np.argwhere(filled[1:] != filled[:-1]) - (0.5, 0.0, 0.0)
    return geometry.to_lps_mm(np.concatenate([*in_slices, between_slices]) + outline.start_kji)


def mesh(outline: Outline, geometry: Geometry) -> Mesh:
    """Measure the border as a surface.

    Returns
    -------
    Mesh
        Volume inside the mesh (IBSI RNU0), its area (C0JK), and the area of a ball of that volume divided by this area
        (sphericity, QCFX). The mesh is that of marching cubes at 0.5 (Lewiner et al., J Graph Tools 2003;8(2):1). The
        geometry gives the positions of its corners, also on a sheared or unevenly spaced stack.

    Notes
    -----
    Eight neighboring voxels of a mask form one of 256 kinds of cubes, each with its triangles. The triangles of each
    kind are computed once. Between each two slices, the cubes of each kind are counted and their positions along the
    rows are summed. The result is equal to a mesh made cube by cube, in a tenth of the time.
    """
    mask = outline.mask()
    kinds, layers, columns = _border_cubes(mask)
    layer_count = mask.shape[0] + 1
    group = layers * 256 + kinds
    counts = np.bincount(group, minlength=layer_count * 256).reshape(layer_count, 256)
    column_sums = np.bincount(group, weights=columns, minlength=layer_count * 256).reshape(layer_count, 256)
    triangles = _cube_triangles()
    edges_mm = _cube_edges_mm(outline, geometry)

    # By the divergence theorem, the flow of the vector field (0, 0, i) out of a body is its volume. The faces between
    # layers and between rows of cubes have no flow.
    flow = column_sums @ triangles.flow_per_column + counts @ triangles.flow_inside
    volume_mm3 = abs(float(flow @ np.linalg.det(edges_mm)))
    # Area vectors follow an affine map by its cofactor matrix.
    cofactors = np.stack([np.cross(edges_mm[:, a], edges_mm[:, b]) for a, b in ((1, 2), (2, 0), (0, 1))], axis=1)
    areas_mm2 = np.linalg.norm(triangles.area_vectors @ cofactors, axis=2)
    area_mm2 = float((counts[:, triangles.kinds] * areas_mm2).sum())
    sphericity = math.cbrt(36 * math.pi * volume_mm3**2) / area_mm2
    return Mesh(volume_mm3 / 1000, area_mm2, sphericity)


def voxel_volume_ml(outline: Outline, geometry: Geometry) -> float:
    """Sum the volumes of the voxels (IBSI YEKZ); each slice extends half the distance to its neighbors."""
    return float(_voxels_per_slice(outline) @ geometry.voxel_volumes_mm3[outline.box[0]]) / 1000


def area_mm2(outline: Outline, geometry: Geometry) -> float:
    """Sum the areas of the pixels of a single slice."""
    return float(_voxels_per_slice(outline).sum() * geometry.pixel_area_mm2)


def centroid_lps_mm(outline: Outline, geometry: Geometry) -> tuple[float, float, float]:
    """Average the voxel centers, each weighed by its volume and not by its attenuation (IBSI 2.1, geometric center)."""
    mask = outline.mask()
    counts = _voxels_per_slice(outline)
    rows = mask.sum(axis=2) @ np.arange(mask.shape[1])
    columns = mask.sum(axis=1) @ np.arange(mask.shape[2])
    used = counts > 0
    index = np.column_stack([np.arange(mask.shape[0]), rows / np.maximum(counts, 1), columns / np.maximum(counts, 1)])
    weights = counts * (geometry.slice_weights_mm[outline.box[0]] if geometry.shape_kji[0] > 1 else 1.0)
    slice_centers_lps_mm = geometry.to_lps_mm(index + outline.start_kji)
    x, y, z = np.average(slice_centers_lps_mm[used], axis=0, weights=weights[used])
    return float(x), float(y), float(z)


def _voxels_per_slice(outline: Outline) -> NDArray[np.intp]:
    return voxels_in_slices(outline.mask())


def _ends_of_lines(mask: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    """(n, 3) indexes half a voxel before the first and after the last voxel of each line along an axis."""
    lines = np.nonzero(mask.any(axis=axis))
    first = mask.argmax(axis=axis)[lines] - 0.5
    last = mask.shape[axis] - 0.5 - np.flip(mask, axis).argmax(axis=axis)[lines]
    others = [index for index in range(3) if index != axis]
    ends = np.empty((2 * len(first), 3))
    ends[:, axis] = np.concatenate([first, last])
    for other, index in zip(others, lines, strict=True):
        ends[:, other] = np.concatenate([index, index])
    return ends


@functools.lru_cache(maxsize=1)
def _corners_of_slices(outline: Outline) -> list[NDArray[np.float64]]:
    """(n, 2) row and column of the corners of the convex hull in each slice; used for the axes and for the diameter."""
    mask = outline.mask()
    ends = np.concatenate([_ends_of_lines(mask, 1), _ends_of_lines(mask, 2)])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    stops = np.searchsorted(ends[:, 0], np.arange(1, mask.shape[0]))
    borders = [part[:, 1:] for part in np.split(ends, stops)]
    return [points[ConvexHull(points).vertices] if points.size else points for points in borders]


@dataclass(frozen=True, slots=True)
class _CubeTriangles:
    """The triangles of all 256 cubes, in units of the cube's edges (slice, row, column)."""

    kinds: NDArray[np.intp]
    area_vectors: NDArray[np.float64]
    flow_per_column: NDArray[Any]
    flow_inside: NDArray[Any]


@functools.cache
def _cube_triangles() -> _CubeTriangles:
    # Imported here: importing scikit-image takes longer than measuring a small stack.
    corners = np.arange(256)[:, None] >> np.arange(8) & 1
    kinds, triangles = [], []
    for kind in range(1, 255):
        points, faces, _, _ = marching_cubes(corners[kind].reshape(2, 2, 2).astype(np.float32), 0.5)
        kinds.append(np.full(len(faces), kind))
        triangles.append(points[faces].astype(np.float64))
    kind_of = np.concatenate(kinds)
    first, second, third = np.concatenate(triangles).transpose(1, 0, 2)
    area_vectors = np.cross(second - first, third - first) / 2
    along = area_vectors[:, 2]
    return _CubeTriangles(
        kinds=kind_of,
        area_vectors=area_vectors,
        flow_per_column=np.bincount(kind_of, weights=along, minlength=256),
        flow_inside=np.bincount(kind_of, weights=along * (first + second + third)[:, 2] / 3, minlength=256),
    )


def _border_cubes(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return kind, layer and column of each cube that is partly inside; layer 0 ends at the first slice."""
    voxels = np.pad(mask, 1).view(np.uint8)
    # A bit for each corner: two beside each other along a row, then two rows, then two slices.
    edges = voxels[:, :, :-1] | voxels[:, :, 1:] << 1
    faces = edges[:, :-1] | edges[:, 1:] << 2
    cubes = faces[:-1] | faces[1:] << 4
    on_border = np.flatnonzero((cubes != 0) & (cubes != 255))
    layers, in_layer = np.divmod(on_border, cubes.shape[1] * cubes.shape[2])
    return cubes.ravel()[on_border].astype(np.intp), layers, in_layer % cubes.shape[2]


def _cube_edges_mm(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    """(layers, 3, 3) the edges of a cube in each layer: across the slices, along a column, along a row."""
    slices = np.arange(outline.start_kji[0] - 1, outline.stop_kji[0] + 1)
    origins_lps_mm = geometry.to_lps_mm(np.column_stack([slices, 0 * slices, 0 * slices]))
    edges_mm = np.empty((len(slices) - 1, 3, 3))
    edges_mm[:, 0] = np.diff(origins_lps_mm, axis=0)
    edges_mm[:, 1] = geometry.column_direction * geometry.row_spacing_mm
    edges_mm[:, 2] = geometry.row_direction * geometry.column_spacing_mm
    return edges_mm


def _axis(ends_lps_mm: NDArray[np.float64], length_mm: float) -> Axis:
    first, second = sorted((float(x), float(y), float(z)) for x, y, z in ends_lps_mm)
    return Axis(length_mm, (first, second))
