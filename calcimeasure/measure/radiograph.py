"""The numbers of a lesion on a radiograph.

A projection has neither Hounsfield units nor a depth: there is no volume, and no diameter in space. All sizes are
measured in pixels, in units of the column spacing, with rows as far apart as they are; a spacing in millimeters only
scales them. Where the spacing is that of the detector they are upper bounds: what lies nearer to the tube is shown
larger.

The outline says which pixels belong to the lesion, and the image where between two pixels the border lies: where it
crosses what the outline follows there, the mean of the pixels along both of its sides. A proposal follows the local
half-maximum; so does its contour then, below the pixel. Nowhere is it farther from the outline than a pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.geometry import Geometry
from calcimeasure.measure import shape
from calcimeasure.model import FilmAxis, FilmMeasurements, SpacingSource
from calcimeasure.surface import attenuation_on_film, is_linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Axis, Outline, PointPx, Radiograph
    from calcimeasure.settings import Settings

RING = (0.15, 0.45)
LEAST_RING_PX = (2.0, 5.0)
"""The local background is taken in a ring between these distances from the outline, as parts of the radius of a circle
of its area and at least so many columns."""

_ALONG_BORDER_PX = 3.0
"""What the outline follows is averaged over so many pixels along it: noise of single ones must not move it."""

_SMOOTHING_PX = 1.0
"""Before its steepness is measured the image is smoothed by so many pixels: noise looks steep."""

_NEAREST = 0.1
"""A border lies no nearer to a pixel than this part of the way to the next."""

_PIXEL_PX = 0.3
"""Standard deviation of where pixels and the outline's steps put an end of an axis."""

_FOOT_SHARE = 0.4
"""How much of the way from the contour to the foot of the edge an end may be off, as a standard deviation: a rounded
mass is thin at its border, and where it ends is not seen."""

_SPACING_NOTICES = {
    SpacingSource.DETECTOR_PLANE: "detector_plane",
    SpacingSource.MAGNIFICATION_CORRECTED: "magnification_corrected",
    SpacingSource.UNCERTAIN: "uncertain_spacing",
}


def measure_on_film(radiograph: Radiograph, outline: Outline, settings: Settings) -> FilmMeasurements:
    """Measure a lesion on a radiograph.

    Parameters
    ----------
    radiograph
        What the outline was drawn on; with the spacing that a reader gave, if one did.
    outline
        The lesion: a mask of one slice.
    settings
        `large_diameter_mm`.

    Returns
    -------
    FilmMeasurements
        Long axis: the longest distance between two points of the contour; short axis: the longest chord of the contour
        perpendicular to it (RECIST 1.1, as on CT); area: of the outline's pixels; contrast: mean over the outline less
        the mean of the middle half of the values in a ring round it. Millimeters where the radiograph has any.
    """
    plane = _plane(radiograph)
    near = _near(radiograph, outline)
    contour = _contour(near)
    axes = shape.axes_of_contours(contour, plane)
    long_axis, short_axis = (_on_film(axis, plane) for axis in (axes.long_axis, axes.short_axis))
    x, y, _ = shape.centroid_lps_mm(outline, plane)
    edge = _edge(near)
    numbers = FilmMeasurements(
        long_axis=long_axis,
        short_axis=short_axis,
        area_px=shape.area_mm2(outline, plane),
        centroid_px=(y / plane.row_spacing_mm, x),
        truncated=_is_truncated(radiograph, outline),
        pixel_aspect=plane.row_spacing_mm,
        column_spacing_mm=None if radiograph.spacing_mm is None else radiograph.spacing_mm[1],
        spacing_source=radiograph.spacing_source,
        mean_contrast=near.mean_contrast,
        boundary=edge.boundary if edge else None,
        long_axis_u95_px=edge.long_axis_u95_px if edge else None,
        notices=_notices(radiograph, edge),
    )
    return _with_large(numbers, settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """What is near a lesion.

    Parameters
    ----------
    start
        Row and column where it begins on the radiograph.
    values, mask
        (rows, columns): attenuation that adds up, and the lesion.
    level
        Above 0 inside the contour, below outside, within a pixel of the outline.
    steepness
        Of the values across the border, per column: median along it.
    followed
        What the outline follows: median along its border; NaN where nothing stands out.
    background, noise_sd
        Of the ring; NaN where no ring is on the image.
    """

    start: tuple[int, int]
    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    level: NDArray[np.float32]
    steepness: float
    followed: float
    background: float
    noise_sd: float

    @property
    def mean_contrast(self) -> float | None:
        """Mean of the lesion above the background."""
        contrast = float(self.values[self.mask].mean(dtype=np.float64)) - self.background
        return contrast if math.isfinite(contrast) else None


def _near(radiograph: Radiograph, outline: Outline) -> _Near:
    aspect = radiograph.pixel_aspect
    radius_px = math.sqrt(outline.voxel_count * aspect / math.pi)
    ring_px = [max(part * radius_px, least) for part, least in zip(RING, LEAST_RING_PX, strict=True)]
    room = (math.ceil(ring_px[1] / aspect) + 1, math.ceil(ring_px[1]) + 1)
    start = [max(a - more, 0) for a, more in zip(outline.start_kji[1:], room, strict=True)]
    stop = [min(b + more, n) for b, more, n in zip(outline.stop_kji[1:], room, radiograph.pixels.shape, strict=True)]
    values = attenuation_on_film(radiograph, slice(start[0], stop[0]), slice(start[1], stop[1]))
    mask = outline.mask_in((0, *start), (1, *stop))[0]
    distance_px = ndimage.distance_transform_edt(~mask, sampling=(aspect, 1.0))
    ring = (distance_px >= ring_px[0]) & (distance_px <= ring_px[1])
    level, followed = _level(values, mask)
    return _Near(
        start=(start[0], start[1]),
        values=values,
        mask=mask,
        level=level,
        steepness=_steepness(values, mask, aspect),
        followed=followed,
        background=_mean_of_middle_half(values[ring]),
        noise_sd=_noise_sd(values, ring),
    )


def _level(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[NDArray[np.float32], float]:
    """Say where between the pixels on both sides of the border the contour crosses, and what it follows there."""
    inner = mask & ~ndimage.binary_erosion(mask)
    outer = ~mask & ndimage.binary_dilation(mask)
    level = np.where(mask, np.float32(0.5), np.float32(-0.5))
    if not outer.any():
        return level, math.nan
    inside, outside = (_along_border(values, band) for band in (inner, outer))
    height = inside - outside
    on_border = (inner | outer) & (height > 0)
    followed = (inside + outside) / 2
    level[on_border] = (values[on_border] - followed[on_border]) / height[on_border]
    level = np.where(mask, np.clip(level, _NEAREST, 1), np.clip(level, -1, -_NEAREST)).astype(np.float32)
    return level, float(np.median(followed[on_border])) if on_border.any() else math.nan


def _steepness(values: NDArray[np.float32], mask: NDArray[np.bool_], aspect: float) -> float:
    """Measure how steep the values are on the border, per column: the median along it."""
    border = mask & ~ndimage.binary_erosion(mask)
    down, along = np.gradient(ndimage.gaussian_filter(values, _SMOOTHING_PX), aspect, 1.0)
    return float(np.median(np.hypot(down, along)[border]))


def _along_border(values: NDArray[np.float32], band: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Average the values of a band along it."""
    weight = ndimage.gaussian_filter(band.astype(np.float32), _ALONG_BORDER_PX)
    total = ndimage.gaussian_filter(np.where(band, values, np.float32(0)), _ALONG_BORDER_PX)
    averaged: NDArray[np.float32] = total / np.maximum(weight, np.float32(1e-6))
    return averaged


def _mean_of_middle_half(values: NDArray[np.float32]) -> float:
    """Leave out the quarter of the lowest and that of the highest values: a bone or a letter in a part of the ring."""
    if not values.size:
        return math.nan
    middle = np.sort(values)[values.size // 4 : values.size - values.size // 4]
    return float(middle.mean(dtype=np.float64))


def _noise_sd(values: NDArray[np.float32], ring: NDArray[np.bool_]) -> float:
    """Estimate the noise of single pixels from how neighbors in a row bend: what changes slowly adds nothing to it."""
    triples = ring[:, :-2] & ring[:, 1:-1] & ring[:, 2:]
    if not triples.any():
        return 0.0
    bends = (values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:])[triples]
    return 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6)


@dataclass(frozen=True, slots=True)
class _Edge:
    """How high above the background the edge is, and how well an axis ends on it."""

    boundary: float
    long_axis_u95_px: float


def _edge(near: _Near) -> _Edge | None:
    """Judge the edge; None where nothing stands out.

    An end of the axis is moved by noise, by the steps of pixels, and by what is not seen: a rounded mass is thin at its
    border, and its shadow ends anywhere between the contour and the foot of the edge, at both ends alike.
    """
    boundary = near.followed - near.background
    if not (near.steepness > 0 and boundary > 0):
        return None
    noise_px = near.noise_sd / near.steepness
    foot_px = boundary / near.steepness
    deviation_px = math.sqrt(2 * (noise_px**2 + _PIXEL_PX**2) + (2 * _FOOT_SHARE * foot_px) ** 2)
    return _Edge(boundary, 1.96 * deviation_px)


def _contour(near: _Near) -> shape.Contours:
    from skimage.measure import find_contours

    origin = np.array(near.start) - 1
    lines = [line + origin for line in find_contours(np.pad(near.level, 1, constant_values=-0.5), 0.0)]
    return shape.Contours(0, [np.concatenate(lines)], lambda _: lines)


def _plane(radiograph: Radiograph) -> Geometry:
    """Lay the image into a plane on which the distance between columns is the unit of length."""
    return Geometry(
        shape_kji=radiograph.shape_kji,
        row_direction=np.array([1.0, 0.0, 0.0]),
        column_direction=np.array([0.0, 1.0, 0.0]),
        row_spacing_mm=radiograph.pixel_aspect,
        column_spacing_mm=1.0,
        origins_lps_mm=np.zeros((1, 3)),
    )


def _on_film(axis: Axis, plane: Geometry) -> FilmAxis:
    """Give the ends of an axis in the plane as row and column."""

    def place(point: tuple[float, float, float]) -> PointPx:
        return (point[1] / plane.row_spacing_mm, point[0])

    first, second = axis.ends_lps_mm
    return FilmAxis(axis.length_mm, (place(first), place(second)))


def _is_truncated(radiograph: Radiograph, outline: Outline) -> bool:
    """Tell whether a lesion reaches the edge of the image."""
    ends = zip(outline.start_kji[1:], outline.stop_kji[1:], radiograph.pixels.shape, strict=True)
    return any(start == 0 or stop == length for start, stop, length in ends)


def _with_large(numbers: FilmMeasurements, settings: Settings) -> FilmMeasurements:
    if numbers.long_axis_mm is None:
        return numbers
    return replace(numbers, large=numbers.long_axis_mm > settings.large_diameter_mm - shape.SAME_LENGTH_MM)


def _notices(radiograph: Radiograph, edge: _Edge | None) -> tuple[str, ...]:
    spacing = "no_spacing" if radiograph.spacing_mm is None else _SPACING_NOTICES.get(radiograph.spacing_source)
    found = {
        spacing: spacing is not None,
        "logarithm_taken": is_linear(radiograph),
        "no_edge": edge is None,
    }
    return tuple(notice for notice, holds in found.items() if notice is not None and holds)
