"""Half-widths of 95 % intervals: how far a size of this very scan may be from the truth.

They come from the spacing of the image, its noise and its blur, all of them estimated from the image around the lesion.
They speak of this scan: a change between two dates also has to exceed what repositioning and readers add.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Axis

# How much of each influence reaches a size, as standard deviations: one set for every lesion, checked on ellipsoids and
# lobulated masses of 8 to 150 mm in slices of 0.8 to 5 mm (tests/bench/accuracy), where the intervals hold the truth in
# 93 to 97.5 of 100 cases.
_LONG_AXIS = {"noise": 1.2, "shrinkage": 2.3, "pixel": 0.03}
_DIAMETER = {"noise": 0.5, "shrinkage": 1.55, "pixel": 0.15, "slices": 0.65}
_VOLUME = {"plateau": 2.4, "background": 1.0, "noise": 0.5, "slices": 0.22, "no_plateau": 0.27, "few_slices": 0.22}

_WIDTH_95 = 1.96


def long_axis_u95_mm(edge: Edge, geometry: Geometry, long_mm: float, short_mm: float) -> float:
    """Half-width of the 95 % interval of the long axis.

    Noise moves the edge, blur shrinks what is pointed (half of that is undone by `contour.sharpened`), and pixels
    sample it.
    """
    return _half_width(
        _LONG_AXIS["noise"] * edge_noise_mm(edge),
        _LONG_AXIS["shrinkage"] * tip_shrinkage_mm(edge, long_mm, short_mm),
        _LONG_AXIS["pixel"] * math.sqrt(geometry.pixel_area_mm2),
    )


def max_3d_diameter_u95_mm(edge: Edge, geometry: Geometry, diameter: Axis, short_mm: float) -> float:
    """Half-width of the 95 % interval of the diameter in space.

    The slices show a rounded body at their own places only: its tips follow from the sections, the worse the fewer of
    them there are (a chord across a circle misses spacing^2 / length of it).
    """
    spacing_mm = geometry.slice_spacing_mm or 0.0
    return _half_width(
        _DIAMETER["noise"] * edge_noise_mm(edge),
        _DIAMETER["shrinkage"] * tip_shrinkage_mm(edge, diameter.length_mm, short_mm),
        _DIAMETER["pixel"] * math.sqrt(geometry.pixel_area_mm2),
        _DIAMETER["slices"] * min(spacing_mm**2 / diameter.length_mm, spacing_mm),
    )


def volume_u95_mm3(edge: Edge, geometry: Geometry) -> float:
    """Half-width of the 95 % interval of the calcified volume.

    The error of the plateau scales all of it, that of the surroundings the rim; slices sample it across, the worse the
    fewer of them show it; where plateau or surroundings are not even they may differ in the rim from where they are
    seen (`Edge.uneven_mm3`). Without a plateau blur, in the slice and across, decides how well it could be solved for.
    """
    volume_mm3 = edge.calcified_mm3
    relative_noise = edge.noise_sd_hu / (edge.plateau_hu - edge.background_hu)
    summed_mm3 = edge.rim_mm3 + volume_mm3
    voxel_mm3 = float(np.median(geometry.voxel_volumes_mm3))
    if edge.plateau_voxels:
        plateau = _VOLUME["plateau"] * relative_noise / math.sqrt(edge.plateau_voxels)
    else:
        width_mm = math.cbrt(max(volume_mm3, voxel_mm3))
        across = ((geometry.slice_spacing_mm or 0.0) / width_mm) ** 2
        plateau = math.hypot(_VOLUME["no_plateau"] * edge.blur_sigma_mm / width_mm, _VOLUME["few_slices"] * across)
    used = np.flatnonzero(edge.inside.any(axis=(1, 2)))
    slices = max(int(np.ptp(used)) + 1, 1)
    return _half_width(
        plateau * volume_mm3,
        _VOLUME["background"] * relative_noise / math.sqrt(max(edge.shell_voxels, 1)) * edge.rim_mm3,
        _VOLUME["noise"] * relative_noise * math.sqrt(max(summed_mm3, 0.0) * voxel_mm3),
        _VOLUME["slices"] / slices**2 * volume_mm3,
        edge.uneven_mm3,
    )


def edge_noise_mm(edge: Edge) -> float:
    """Say how far noise moves a point of the edge: its standard deviation divided by the steepness of the edge."""
    height_hu = edge.plateau_hu - edge.background_hu
    return edge.noise_sd_hu / height_hu * edge.blur_sigma_mm * math.sqrt(2 * math.pi)


def tip_shrinkage_mm(edge: Edge, long_mm: float, short_mm: float) -> float:
    """Say how far blur moves the tip of an ellipse inward: half the variance times the curvature a / b^2 there."""
    curvature = 2 * long_mm / max(short_mm, edge.blur_sigma_mm) ** 2
    return min(edge.blur_sigma_mm**2 / 2 * curvature, edge.blur_sigma_mm)


def _half_width(*deviations: float) -> float:
    return _WIDTH_95 * math.sqrt(sum(part**2 for part in deviations))
