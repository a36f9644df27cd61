"""Half-widths of 95 % intervals: the possible difference between a measured size and the true size in this scan.

The half-widths are computed from the spacing, the noise and the blur of the image. Noise and blur are estimated in the
image around the lesion. The half-widths are valid for this scan only: between two dates, differences in positioning and
between readers are added.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.measure.constants import MEASURE

if TYPE_CHECKING:
    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Axis


def long_axis_u95_mm(edge: Edge, geometry: Geometry, long_mm: float, short_mm: float) -> float:
    """Half-width of the 95 % interval of the long axis.

    Noise moves the edge, blur shortens pointed ends (`contour.sharpened` corrects half of this), and pixels sample the
    edge. The ends of a mass of several pieces are ends of pieces (`_ends_of_pieces_mm`).
    """
    return _half_width(
        *_ends_of_pieces_mm(edge, geometry, MEASURE.long_axis_pieces),
        MEASURE.long_axis_noise * edge_noise_mm(edge),
        MEASURE.long_axis_shrinkage * tip_shrinkage_mm(edge, long_mm, short_mm),
        MEASURE.long_axis_pixel * math.sqrt(geometry.pixel_area_mm2),
    )


def max_3d_diameter_u95_mm(edge: Edge, geometry: Geometry, diameter: Axis, short_mm: float) -> float:
    """Half-width of the 95 % interval of the diameter in space.

    Slices show sections of a rounded body. The fewer sections there are, the less is known of its tips (a chord of a
    circle next to the diameter is shorter by up to spacing^2 / length). The ends of a mass of several pieces are ends
    of pieces (`_ends_of_pieces_mm`).
    """
    spacing_mm = geometry.slice_spacing_mm or 0.0
    return _half_width(
        *_ends_of_pieces_mm(edge, geometry, MEASURE.diameter_pieces),
        MEASURE.diameter_noise * edge_noise_mm(edge),
        MEASURE.diameter_shrinkage * tip_shrinkage_mm(edge, diameter.length_mm, short_mm),
        MEASURE.diameter_pixel * math.sqrt(geometry.pixel_area_mm2),
        MEASURE.diameter_slices * min(spacing_mm**2 / diameter.length_mm, spacing_mm),
    )


def volume_u95_mm3(edge: Edge, geometry: Geometry) -> float:
    """Half-width of the 95 % interval of the calcified volume.

    An error of the plateau scales the whole volume; an error of the surroundings scales the volume of the rim. Few
    slices sample the lesion less well than many. If plateau or surroundings are not uniform, their values at the rim
    may differ from those at the place where they were measured (`Edge.uneven_mm3`). If the plateau was computed from
    the sum, its error depends on the blur in the slice and across the slices.
    """
    volume_mm3 = edge.calcified_mm3
    relative_noise = edge.noise_sd_hu / (edge.plateau_hu - edge.background_hu)
    summed_mm3 = edge.rim_mm3 + volume_mm3
    voxel_mm3 = float(np.median(geometry.voxel_volumes_mm3))
    if edge.plateau_voxels:
        plateau = MEASURE.volume_plateau * relative_noise / math.sqrt(edge.plateau_voxels)
    else:
        width_mm = math.cbrt(max(volume_mm3, voxel_mm3))
        across = ((geometry.slice_spacing_mm or 0.0) / width_mm) ** 2
        plateau = math.hypot(
            MEASURE.volume_no_plateau * edge.blur_sigma_mm / width_mm, MEASURE.volume_few_slices * across
        )
    used = np.flatnonzero(edge.inside.any(axis=(1, 2)))
    slices = max(int(np.ptp(used)) + 1, 1)
    return _half_width(
        plateau * volume_mm3,
        MEASURE.volume_background * relative_noise / math.sqrt(max(edge.shell_voxels, 1)) * edge.rim_mm3,
        MEASURE.volume_noise * relative_noise * math.sqrt(max(summed_mm3, 0.0) * voxel_mm3),
        MEASURE.volume_slices / slices**2 * volume_mm3,
        edge.uneven_mm3,
    )


def envelope_u95_mm3(edge: Edge, geometry: Geometry, area_mm2: float, added_mm3: float) -> float:
    """Half-width of the 95 % interval of the volume of the envelope, against the envelope of the true calcium.

    An error of the surface of the outermost pieces moves the surface of the envelope. The wider the gaps are, the more
    the envelope rests on single pieces, and the more it changes if one of them is not seen.

    Parameters
    ----------
    edge, geometry
        The edge of the mass, and the geometry of the stack.
    area_mm2, added_mm3
        Area of the surface of the envelope, and the part of its volume that is not calcified.
    """
    position_mm = math.hypot(
        MEASURE.envelope_edge * edge_noise_mm(edge),
        MEASURE.envelope_pixel * math.sqrt(geometry.pixel_area_mm2),
        MEASURE.envelope_slices * (geometry.slice_spacing_mm or 0.0),
    )
    return _half_width(position_mm * area_mm2, MEASURE.envelope_gaps * added_mm3)


def edge_noise_mm(edge: Edge) -> float:
    """Compute how far noise moves a point of the edge: its standard deviation divided by the gradient at the edge."""
    height_hu = edge.plateau_hu - edge.background_hu
    return edge.noise_sd_hu / height_hu * edge.blur_sigma_mm * math.sqrt(2 * math.pi)


def tip_shrinkage_mm(edge: Edge, long_mm: float, short_mm: float) -> float:
    """Compute how far blur moves the tip of an ellipse inward: half the variance times the curvature a / b^2."""
    curvature = 2 * long_mm / max(short_mm, edge.blur_sigma_mm) ** 2
    return min(edge.blur_sigma_mm**2 / 2 * curvature, edge.blur_sigma_mm)


def _ends_of_pieces_mm(edge: Edge, geometry: Geometry, share_of_blur: float) -> tuple[float, ...]:
    """Give the standard deviations by which the true ends of a mass of several pieces differ from those measured."""
    if not edge.of_pieces:
        return ()
    return share_of_blur * edge.blur_sigma_mm, MEASURE.slices_of_pieces * (geometry.slice_spacing_mm or 0.0)


def _half_width(*deviations: float) -> float:
    return MEASURE.width_95 * math.sqrt(sum(part**2 for part in deviations))
