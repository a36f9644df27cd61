"""One outline in one stack to all of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.measure import shape
from calcimeasure.measure.attenuation import attenuation
from calcimeasure.model import NOT_IMAGED_HU, Measurements

if TYPE_CHECKING:
    from calcimeasure.model import Outline, Volume
    from calcimeasure.settings import Settings


def measure(volume: Volume, outline: Outline, settings: Settings) -> Measurements:
    """Measure a lesion.

    Parameters
    ----------
    volume
        The stack that the outline was drawn on.
    outline
        The lesion.
    settings
        `large_diameter_mm`.

    Returns
    -------
    Measurements
        For one slice alone the area instead of everything that needs a thickness; for slices that leave gaps no
        volumes, no surface and no 3-D diameter.
    """
    geometry = volume.geometry
    axes = shape.in_plane_axes(outline, geometry)
    inside = attenuation(volume.attenuation_hu[outline.box][outline.mask()])
    single = geometry.shape_kji[0] == 1
    contiguous = not single and "non_contiguous" not in volume.notices
    border_lps_mm = None if single else shape.border_points_lps_mm(outline, geometry)
    diameter = shape.max_3d_diameter(border_lps_mm) if contiguous and border_lps_mm is not None else None
    mesh = shape.mesh(outline, geometry) if contiguous else None
    largest_mm = (diameter or axes.long_axis).length_mm
    return Measurements(
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
        volume_mesh_ml=mesh.volume_ml if mesh else None,
        volume_voxels_ml=shape.voxel_volume_ml(outline, geometry) if contiguous else None,
        surface_area_mm2=mesh.area_mm2 if mesh else None,
        sphericity=mesh.sphericity if mesh else None,
        area_mm2=shape.area_mm2(outline, geometry) if single else None,
        large=largest_mm > settings.large_diameter_mm - shape.SAME_LENGTH_MM,
    )


def is_truncated(volume: Volume, outline: Outline) -> bool:
    """Tell whether a lesion reaches the edge of what was imaged.

    The edge is the first and last slice, row and column of the stack, and what Pixel Padding Value marks as not imaged
    (the corners outside the scanner's circular field of view). Across the slices the edge of a lone slice is no edge:
    its measurements speak of the slice.
    """
    shape_kji = volume.geometry.shape_kji
    axes = (0, 1, 2) if shape_kji[0] > 1 else (1, 2)
    if any(outline.start_kji[axis] == 0 or outline.stop_kji[axis] == shape_kji[axis] for axis in axes):
        return True
    in_plane = tuple(slice(outline.start_kji[axis] - 1, outline.stop_kji[axis] + 1) for axis in (1, 2))
    not_imaged = volume.attenuation_hu[(outline.box[0], *in_plane)] == NOT_IMAGED_HU
    if not not_imaged.any():
        return False
    # A voxel of the lesion beside one that was not imaged, in its row or its column.
    mask = outline.mask()
    beside = not_imaged[:, :-2, 1:-1] | not_imaged[:, 2:, 1:-1] | not_imaged[:, 1:-1, :-2] | not_imaged[:, 1:-1, 2:]
    return bool(np.any(mask & beside))
