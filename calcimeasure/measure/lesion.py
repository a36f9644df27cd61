"""From one outline in one stack to all of its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge import find_edge, side_by_side
from calcimeasure.measure import shape, uncertainty
from calcimeasure.measure.attenuation import attenuation
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.contour import contours_of, sharpened, surface_points_lps_mm
from calcimeasure.measure.whole import with_whole
from calcimeasure.model import NOT_IMAGED_HU, Measurements
from calcimeasure.model.thickness import imaged_thickness_mm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry
    from calcimeasure.measure.attenuation import Attenuation
    from calcimeasure.model import Outline, Volume
    from calcimeasure.settings import MeasureSettings


def measure(volume: Volume, outline: Outline, settings: MeasureSettings) -> Measurements:
    """Measure a lesion.

    Parameters
    ----------
    volume
        The stack that the outline was drawn on.
    outline
        The lesion.
    settings
        `large_diameter_mm`, `threshold_hu`, `non_contiguous_factor`.

    Returns
    -------
    Measurements
        Axes, diameter and extents are measured on the subvoxel edge (`calcimeasure.edge`, `contour`); mesh, voxels and
        Hounsfield units on the outline. Axes, diameter and extents are those of the whole mass, across the gaps between
        its pieces (`whole`). For a single slice the area replaces everything that needs a thickness. Slices
        with gaps have no volumes, no surface and no 3-D diameter. If the lesion is not denser than its surroundings,
        the border of the outline is measured, without half-widths (notice no_edge).
    """
    geometry = volume.geometry
    single = geometry.shape_kji[0] == 1
    contiguous = not single and _is_contiguous(volume, outline, settings)
    edge, inside, mesh = _edge_and_voxels(volume, outline, settings, contiguous)
    axes, border_lps_mm = _axes_and_border(edge, outline, geometry)
    diameter = shape.max_3d_diameter(border_lps_mm) if contiguous and border_lps_mm is not None else None
    numbers = Measurements(
        long_axis=axes.long_axis,
        short_axis=axes.short_axis,
        long_axis_slice=axes.slice_index,
        centroid_lps_mm=shape.centroid_lps_mm(outline, geometry),
        truncated=is_truncated(volume, outline),
        mean_hu=inside.mean_hu,
        median_hu=inside.median_hu,
        sd_hu=inside.sd_hu,
        max_hu=inside.max_hu,
        max_3d_diameter=diameter,
        extents_lps_mm=None if border_lps_mm is None else shape.extents_lps_mm(border_lps_mm),
        area_mm2=shape.area_mm2(outline, geometry) if single else None,
        large=(diameter or axes.long_axis).length_mm > settings.large_diameter_mm - MEASURE.same_length_mm,
        notices=_notices(edge, contiguous or single),
    )
    if mesh is not None:
        numbers = _with_mesh(numbers, mesh, outline, geometry)
    if edge.inside.any():
        numbers = _with_edge(numbers, edge, geometry, contiguous)
    return with_whole(numbers, volume, outline, edge, border_lps_mm)


def _edge_and_voxels(
    volume: Volume, outline: Outline, settings: MeasureSettings, contiguous: bool
) -> tuple[Edge, Attenuation, shape.Mesh | None]:
    """Find the edge of a lesion, the attenuation of its voxels, and its mesh if the slices have no gaps."""
    geometry = volume.geometry

    def of_voxels() -> tuple[Attenuation, shape.Mesh | None]:
        inside = attenuation(volume.attenuation_hu[outline.box][outline.mask()])
        return inside, shape.mesh(outline, geometry) if contiguous else None

    edge, (inside, mesh) = side_by_side(lambda: find_edge(volume, outline, settings), of_voxels, outline.shape_kji)
    return sharpened(edge, geometry) if edge.inside.any() else edge, inside, mesh


def _axes_and_border(
    edge: Edge, outline: Outline, geometry: Geometry
) -> tuple[shape.InPlaneAxes, NDArray[np.float64] | None]:
    """Measure the axes on the edge, or without one on the outline; with points of the surface, none for one slice."""
    single = geometry.shape_kji[0] == 1
    if edge.inside.any():
        contours = contours_of(edge)
        axes = shape.axes_of_contours(contours, geometry)
        return axes, None if single else surface_points_lps_mm(edge, contours.corners, geometry)
    axes = shape.in_plane_axes(outline, geometry)
    return axes, None if single else shape.border_points_lps_mm(outline, geometry)


def _with_mesh(numbers: Measurements, mesh: shape.Mesh, outline: Outline, geometry: Geometry) -> Measurements:
    """Add the volumes and the surface of the outline."""
    return replace(
        numbers,
        volume_mesh_ml=mesh.volume_ml,
        volume_voxels_ml=shape.voxel_volume_ml(outline, geometry),
        surface_area_mm2=mesh.area_mm2,
        sphericity=mesh.sphericity,
    )


def _with_edge(numbers: Measurements, edge: Edge, geometry: Geometry, contiguous: bool) -> Measurements:
    """Add the numbers that need an edge: the calcified volume, the attenuation at the edge, and the half-widths."""
    long_mm, short_mm = numbers.long_axis.length_mm, numbers.short_axis.length_mm
    numbers = replace(
        numbers,
        boundary_hu=edge.boundary_hu,
        long_axis_u95_mm=uncertainty.long_axis_u95_mm(edge, geometry, long_mm, short_mm),
    )
    if not contiguous or numbers.max_3d_diameter is None:
        return numbers
    return replace(
        numbers,
        volume_ml=edge.calcified_mm3 / 1000,
        volume_u95_ml=uncertainty.volume_u95_mm3(edge, geometry) / 1000,
        max_3d_diameter_u95_mm=uncertainty.max_3d_diameter_u95_mm(edge, geometry, numbers.max_3d_diameter, short_mm),
    )


def _notices(edge: Edge, contiguous: bool) -> tuple[str, ...]:
    found = {
        "no_edge": not edge.inside.any(),
        "outline_rules": edge.inside.any() and not edge.follows_outline,
        "plateau_from_sum": edge.inside.any() and not edge.plateau_voxels,
        "non_contiguous": not contiguous,
    }
    return tuple(notice for notice, holds in found.items() if holds)


def _is_contiguous(volume: Volume, outline: Outline, settings: MeasureSettings) -> bool:
    """Tell whether there are no gaps between the slices that show a lesion, and between them and the next slices."""
    thickness_mm = imaged_thickness_mm(volume.stack.slice_thickness_mm, volume.geometry.slice_steps_mm)
    if thickness_mm is None:
        return True
    first, last = max(outline.start_kji[0] - 1, 0), outline.stop_kji[0]
    steps_mm = volume.geometry.slice_steps_mm[first:last]
    return bool(steps_mm.max() <= settings.non_contiguous_factor * thickness_mm)


def is_truncated(volume: Volume, outline: Outline) -> bool:
    """Tell whether a lesion reaches the edge of what was imaged.

    The edge of what was imaged is the first and last slice, row and column of the stack, and any voxel that Pixel
    Padding Value marks as not imaged (the corners outside the circular field of view of the scanner). In a single slice
    only rows and columns count, because its measurements describe this slice only.
    """
    shape_kji = volume.geometry.shape_kji
    axes = (0, 1, 2) if shape_kji[0] > 1 else (1, 2)
    if any(outline.start_kji[axis] == 0 or outline.stop_kji[axis] == shape_kji[axis] for axis in axes):
        return True
    in_plane = tuple(slice(outline.start_kji[axis] - 1, outline.stop_kji[axis] + 1) for axis in (1, 2))
    not_imaged = volume.attenuation_hu[(outline.box[0], *in_plane)] == NOT_IMAGED_HU
    if not not_imaged.any():
        return False
    # Voxels of the lesion next to a voxel that was not imaged, in the same row or column.
    mask = outline.mask()
    beside = not_imaged[:, :-2, 1:-1] | not_imaged[:, 2:, 1:-1] | not_imaged[:, 1:-1, :-2] | not_imaged[:, 1:-1, 2:]
    return bool(np.any(mask & beside))
