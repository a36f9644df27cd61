"""The numbers of a lesion on a radiograph.

A projection has neither Hounsfield units nor a depth, so there is no volume and no diameter in space. All sizes are
measured in pixels: in units of the column spacing, with the ratio of row to column spacing taken into account. A
spacing in millimeters only scales them. If the spacing is that at the detector, the sizes are upper bounds, because
objects nearer to the tube are magnified.

The outline tells which pixels belong to the lesion. The image tells where the border lies between two pixels: at the
point where the image crosses the local level of the outline, which is the mean of the pixels along both sides of the
outline. A proposal follows the local half-maximum, so its contour follows the half-maximum with subpixel accuracy. The
contour is nowhere more than one pixel away from the outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

from calcimeasure.edge import attenuation_on_radiograph, is_linear, joining_distance
from calcimeasure.geometry import Geometry
from calcimeasure.measure import shape
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.radiograph_whole import Shown, with_whole
from calcimeasure.model import RadiographAxis, RadiographMeasurements, SpacingSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Axis, Outline, PointPx, Radiograph
    from calcimeasure.settings import MeasureSettings


_SPACING_NOTICES = {
    SpacingSource.DETECTOR_PLANE: "detector_plane",
    SpacingSource.MAGNIFICATION_CORRECTED: "magnification_corrected",
    SpacingSource.UNCERTAIN: "uncertain_spacing",
}


def measure_on_radiograph(
    radiograph: Radiograph, outline: Outline, settings: MeasureSettings
) -> RadiographMeasurements:
    """Measure a lesion on a radiograph.

    Parameters
    ----------
    radiograph
        The radiograph on which the outline was drawn, with the spacing that a reader measured, if any.
    outline
        The lesion: a mask of one slice.
    settings
        `large_diameter_mm`.

    Returns
    -------
    RadiographMeasurements
        Long axis: the longest distance between two points of the contour. Short axis: the longest chord of the contour
        perpendicular to the long axis (RECIST 1.1, as on CT). Area: that of the outline's pixels. Contrast: the mean
        over the outline of the difference between each pixel and its background, which is interpolated from the ring
        around the outline. Axes, envelope and look are those of the whole mass, across the gaps between its pieces
        (`radiograph_whole`). Millimeters are given if the spacing of the radiograph is known.
    """
    plane = _plane(radiograph)
    near = _near(radiograph, outline)
    contour = _contour(near)
    has_edge = near.edge_share >= MEASURE.least_edge_share
    numbers = _of_axes(radiograph, outline, shape.axes_of_contours(contour, plane), plane)
    numbers = replace(
        numbers,
        mean_contrast=near.mean_contrast if math.isfinite(near.mean_contrast) else None,
        boundary=near.boundary if has_edge and math.isfinite(near.boundary) else None,
        long_axis_u95_px=_long_axis_u95_px(near, numbers.long_axis.length_px) if has_edge else None,
        notices=_notices(radiograph, has_edge),
    )
    return _with_large(with_whole(numbers, _shown(radiograph, near, numbers.centroid_px)), settings)


def _shown(radiograph: Radiograph, near: _Near, middle_px: PointPx) -> Shown:
    steps, scale = (radiograph.pixel_aspect, 1.0), 1.0
    if radiograph.spacing_mm is not None:
        steps, scale = radiograph.spacing_mm, radiograph.spacing_mm[1]
    joining = joining_distance(radiograph.pixels, steps, middle_px, in_mm=radiograph.spacing_mm is not None)
    edge_sd_px = math.hypot(near.noise_sd / max(near.steepness, 1e-9), MEASURE.pixel_sd_px)
    return Shown(near.mask, near.contrast, radiograph.pixel_aspect, joining / scale, edge_sd_px)


def preview_on_radiograph(radiograph: Radiograph, outline: Outline) -> RadiographMeasurements:
    """Measure an outline while a reader draws it: axes and area of its pixels, without the edge."""
    plane = _plane(radiograph)
    return _of_axes(radiograph, outline, shape.in_plane_axes(outline, plane), plane)


def _of_axes(
    radiograph: Radiograph, outline: Outline, axes: shape.InPlaneAxes, plane: Geometry
) -> RadiographMeasurements:
    x, y, _ = shape.centroid_lps_mm(outline, plane)
    return RadiographMeasurements(
        long_axis=_on_radiograph(axes.long_axis, plane),
        short_axis=_on_radiograph(axes.short_axis, plane),
        area_px=shape.area_mm2(outline, plane),
        centroid_px=(y / plane.row_spacing_mm, x),
        truncated=_is_truncated(radiograph, outline),
        pixel_aspect=plane.row_spacing_mm,
        column_spacing_mm=None if radiograph.spacing_mm is None else radiograph.spacing_mm[1],
        spacing_source=radiograph.spacing_source,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """The neighborhood of a lesion on a radiograph.

    Parameters
    ----------
    start
        Row and column of its first pixel on the radiograph.
    mask, contrast
        (rows, columns) the outline, and the difference of the image from its local background.
    level
        Above 0 inside the contour, below 0 outside; the contour is within a pixel of the outline.
    edge_share
        Share of the border on which the image decreases outward.
    steepness
        Gradient of the image on the border, per column spacing: median along the border.
    mean_contrast, boundary
        Difference from the local background: mean over the lesion, and median along the edge that the outline follows.
    noise_sd
        Standard deviation of single pixels.
    """

    start: tuple[int, int]
    mask: NDArray[np.bool_]
    contrast: NDArray[np.float32]
    level: NDArray[np.float32]
    edge_share: float
    steepness: float
    mean_contrast: float
    boundary: float
    noise_sd: float


def _near(radiograph: Radiograph, outline: Outline) -> _Near:
    aspect = radiograph.pixel_aspect
    radius_px = math.sqrt(outline.voxel_count * aspect / math.pi)
    ring_px = [
        max(part * radius_px, least) for part, least in zip(MEASURE.ring_shares, MEASURE.least_ring_px, strict=True)
    ]
    room = (math.ceil(ring_px[1] / aspect) + 1, math.ceil(ring_px[1]) + 1)
    start = [max(a - more, 0) for a, more in zip(outline.start_kji[1:], room, strict=True)]
    stop = [min(b + more, n) for b, more, n in zip(outline.stop_kji[1:], room, radiograph.pixels.shape, strict=True)]
    values = attenuation_on_radiograph(radiograph, slice(start[0], stop[0]), slice(start[1], stop[1]))
    mask = outline.mask_in((0, *start), (1, *stop))[0]
    distance_px = ndimage.distance_transform_edt(~mask, sampling=(aspect, 1.0))
    ring = (distance_px >= ring_px[0]) & (distance_px <= ring_px[1])
    background = _background(values, ring, MEASURE.background_reach * radius_px, aspect)
    inner, outer = mask & ~ndimage.binary_erosion(mask), ~mask & ndimage.binary_dilation(mask)
    border = inner | outer
    inside, outside = (_along_border(values, band) for band in (inner, outer))
    return _Near(
        start=(start[0], start[1]),
        mask=mask,
        contrast=values - background,
        level=_level(values, mask, border, inside, outside),
        edge_share=float((inside > outside)[border].mean()) if outer.any() else 0.0,
        steepness=_steepness(values, inner, aspect),
        mean_contrast=float((values - background)[mask].mean(dtype=np.float64)),
        boundary=float(np.median(((inside + outside) / 2 - background)[border])),
        noise_sd=_noise_sd(values, ring),
    )


def _level(
    values: NDArray[np.float32],
    mask: NDArray[np.bool_],
    border: NDArray[np.bool_],
    inside: NDArray[np.float32],
    outside: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Compute where the contour passes between the pixels on both sides of the border; half way if there is no edge."""
    level = np.where(mask, np.float32(0.5), np.float32(-0.5))
    falls = border & (inside > outside)
    height = inside[falls] - outside[falls]
    level[falls] = (values[falls] - (inside[falls] + outside[falls]) / 2) / height
    clipped: NDArray[np.float32] = np.where(
        mask, np.clip(level, MEASURE.nearest_px, 1), np.clip(level, -1, -MEASURE.nearest_px)
    )
    return clipped


def _background(
    values: NDArray[np.float32], ring: NDArray[np.bool_], reach_px: float, aspect: float
) -> NDArray[np.float32]:
    """(rows, columns) background at each pixel: the nearest parts of the ring count most; NaN without a ring."""
    reaches = (reach_px / aspect, reach_px)
    steps = [max(1, int(reach / MEASURE.samples_of_reach)) for reach in reaches]
    some = tuple(slice(step // 2, None, step) for step in steps)
    seen, sampled = ring[some], values[some]
    if not seen.any():
        return np.full(values.shape, np.nan, dtype=np.float32)
    low, high = np.quantile(sampled[seen], (MEASURE.ring_outliers, 1 - MEASURE.ring_outliers))
    sigma = [reach / step for reach, step in zip(reaches, steps, strict=True)]
    weight = ndimage.gaussian_filter(seen.astype(np.float64), sigma, truncate=MEASURE.ring_truncate_sigmas)
    total = ndimage.gaussian_filter(
        np.where(seen, np.clip(sampled, low, high), 0.0).astype(np.float64),
        sigma,
        truncate=MEASURE.ring_truncate_sigmas,
    )
    found = total / np.maximum(weight, 1e-12)
    rows, columns = (
        np.minimum(np.arange(n) // step, m - 1) for n, step, m in zip(values.shape, steps, found.shape, strict=True)
    )
    spread: NDArray[np.float32] = found[np.ix_(rows, columns)].astype(np.float32)
    return spread


def _steepness(values: NDArray[np.float32], border: NDArray[np.bool_], aspect: float) -> float:
    """Measure the gradient of the values on the border, per column spacing: the median along the border."""
    down, along = np.gradient(ndimage.gaussian_filter(values, MEASURE.steepness_smoothing_px), aspect, 1.0)
    return float(np.median(np.hypot(down, along)[border]))


def _along_border(values: NDArray[np.float32], band: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Average values along a band, over neighboring pixels of the band."""
    weight = ndimage.gaussian_filter(band.astype(np.float32), MEASURE.along_border_px)
    total = ndimage.gaussian_filter(np.where(band, values, np.float32(0)), MEASURE.along_border_px)
    averaged: NDArray[np.float32] = total / np.maximum(weight, np.float32(1e-6))
    return averaged


def _noise_sd(values: NDArray[np.float32], ring: NDArray[np.bool_]) -> float:
    """Estimate the noise of single pixels from second differences in a row, to which slow changes add nothing."""
    triples = ring[:, :-2] & ring[:, 1:-1] & ring[:, 2:]
    if not triples.any():
        return 0.0
    bends = (values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:])[triples]
    return 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6)


def _long_axis_u95_px(near: _Near, long_axis_px: float) -> float:
    """Half-width of the 95 % interval of the long axis.

    Noise and the sampling by pixels move an end of the axis. A rounded mass is thin at both ends, so its shadow ends
    between the contour and the foot of the edge. Structures behind a mass distort its outline, by a share of the axis
    that was found on projections of limbs with masses of known shape.
    """
    steepness = max(near.steepness, 1e-9)
    ends_px = 2 * ((near.noise_sd / steepness) ** 2 + MEASURE.pixel_sd_px**2)
    foot_px = min(max(near.boundary, 0.0) / steepness, long_axis_px * MEASURE.longest_foot)
    return MEASURE.width_95 * math.sqrt(
        ends_px + (2 * MEASURE.foot_sd_share * foot_px) ** 2 + (MEASURE.behind_sd_share * long_axis_px) ** 2
    )


def _contour(near: _Near) -> shape.Contours:
    origin = np.array(near.start) - 1
    lines = [line + origin for line in find_contours(np.pad(near.level, 1, constant_values=-0.5), 0.0)]
    return shape.Contours(0, [np.concatenate(lines)], lambda _: lines)


def _plane(radiograph: Radiograph) -> Geometry:
    """Make a geometry for the image in which the distance between columns is the unit of length."""
    return Geometry(
        shape_kji=radiograph.shape_kji,
        row_direction=np.array([1.0, 0.0, 0.0]),
        column_direction=np.array([0.0, 1.0, 0.0]),
        row_spacing_mm=radiograph.pixel_aspect,
        column_spacing_mm=1.0,
        origins_lps_mm=np.zeros((1, 3)),
    )


def _on_radiograph(axis: Axis, plane: Geometry) -> RadiographAxis:
    """Convert the ends of an axis from the plane to row and column."""

    def place(point: tuple[float, float, float]) -> PointPx:
        return (point[1] / plane.row_spacing_mm, point[0])

    first, second = axis.ends_lps_mm
    return RadiographAxis(axis.length_mm, (place(first), place(second)))


def _is_truncated(radiograph: Radiograph, outline: Outline) -> bool:
    """Tell whether a lesion reaches the edge of the image."""
    ends = zip(outline.start_kji[1:], outline.stop_kji[1:], radiograph.pixels.shape, strict=True)
    return any(start == 0 or stop == length for start, stop, length in ends)


def _with_large(numbers: RadiographMeasurements, settings: MeasureSettings) -> RadiographMeasurements:
    if numbers.long_axis_mm is None:
        return numbers
    return replace(numbers, large=numbers.long_axis_mm > settings.large_diameter_mm - MEASURE.same_length_mm)


def _notices(radiograph: Radiograph, has_edge: bool) -> tuple[str, ...]:
    return (*notices_of_radiograph(radiograph), *(() if has_edge else ("no_edge",)))


def notices_of_radiograph(radiograph: Radiograph) -> tuple[str, ...]:
    """Give the notices that every lesion on a radiograph has: on its spacing, and on its pixel values.

    Returns
    -------
    tuple of str
        Keys of `calcimeasure.codes.NOTICES`.
    """
    spacing = "no_spacing" if radiograph.spacing_mm is None else _SPACING_NOTICES.get(radiograph.spacing_source)
    return (*((spacing,) if spacing else ()), *(("logarithm_taken",) if is_linear(radiograph) else ()))
