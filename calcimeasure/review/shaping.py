"""Outlines that a tool makes of an outline: snapped to the edge, larger, smaller, smoother, with missing slices filled.

Pure functions. All distances are those of the patient, on the grid of the image; on a radiograph without millimeters
they are pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage
from scipy.interpolate import CubicSpline

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from calcimeasure.model import Image
    from calcimeasure.settings import Settings

    Shaping = Callable[[Outline, Image, Settings], Outline]

SMOOTHING_STEPS: Final = 1.2
"""Sigma of smoothing, in steps: notches and spurs of a pixel or two go, lobes of four pixels stay."""

_Spacing = tuple[float, float, float]


def spacing_of(image: Image) -> _Spacing:
    """Give the distance of slices, rows and columns: in mm, or in pixels of a radiograph (1 between its slices)."""
    if image.geometry is not None:
        return image.geometry.spacing_kji_mm
    radiograph = kind_of(image).radiograph(image)
    return (1.0, 1.0 if radiograph is None else radiograph.pixel_aspect, 1.0)


def step_of(image: Image) -> float:
    """Give one step of growing and shrinking, in the unit of `spacing_of`: the larger side of a pixel."""
    return max(spacing_of(image)[1:])


def snapped(outline: Outline, image: Image, settings: Settings) -> Outline:
    """Draw an outline again along the edge of what it holds: at half of the maximum on CT.

    Raises
    ------
    ReviewError
        Nothing in the outline stands out from its surroundings.
    """
    return kind_of(image).snap(image, outline, settings)


def grown_by_a_step(outline: Outline, image: Image, _settings: Settings | None = None) -> Outline:
    """Grow an outline by one step (`step_of`) in all directions, within the image."""
    step, spacing = step_of(image), spacing_of(image)
    mask, start = _with_room(outline, image, [int(step / mm + 1e-6) for mm in spacing])
    near = edt.edt(~mask, anisotropy=spacing, black_border=False) <= step * (1 + 1e-6)
    return Outline.from_mask(near | mask, start)


def shrunk_by_a_step(outline: Outline, image: Image, _settings: Settings | None = None) -> Outline:
    """Shrink an outline by one step (`step_of`) from all directions; the border of the image is no surface.

    Raises
    ------
    ReviewError
        Nothing would be left.
    """
    step, spacing = step_of(image), spacing_of(image)
    mask, start = _with_room(outline, image, [1, 1, 1])
    kept = edt.edt(mask, anisotropy=spacing, black_border=False) > step * (1 + 1e-6)
    if not kept.any():
        raise ReviewError(
            "An outline of more than two steps across expected, found that nothing would be left of it. Delete takes "
            "the lesion away."
        )
    return Outline.from_mask(kept, start)


def smoothed(outline: Outline, image: Image, _settings: Settings | None = None) -> Outline:
    """Smooth an outline, with as many voxels as before: what a spur loses, a notch gets."""
    sigma = [SMOOTHING_STEPS * step_of(image) / mm for mm in spacing_of(image)]
    if image.shape_kji[0] == 1:
        sigma[0] = 0.0
    mask, start = _with_room(outline, image, [round(3 * one) + 1 for one in sigma])
    soft = ndimage.gaussian_filter(mask.astype(np.float32), sigma, truncate=3)
    # Of equal values the first are taken: the count stays exact.
    most = np.argsort(-soft.ravel(), kind="stable")[: outline.voxel_count]
    kept = np.zeros(mask.size, dtype=np.bool_)
    kept[most] = True
    return Outline.from_mask(kept.reshape(mask.shape), start)


def interpolated(outline: Outline, image: Image, _settings: Settings | None = None) -> Outline:
    """Fill the slices between drawn ones by their shapes.

    The signed distance to the border is interpolated between the drawn slices, at the place of each slice along the
    normal (Raya and Udupa 1990, doi:10.1109/42.52980), by a cubic spline over all drawn slices: a straight line would
    cut off what bulges between them, and all of a pole. The spline stays within half of the gap from the straight line.
    Drawn slices do not change.

    Raises
    ------
    ReviewError
        There is no slice without a voxel between two drawn ones.
    """
    mask = outline.mask()
    is_drawn = mask.any(axis=(1, 2))
    drawn = np.flatnonzero(is_drawn)
    if len(drawn) == len(mask):
        raise ReviewError(
            f"Slices to fill between drawn ones expected, found none: the lesion is drawn on each of its {len(mask)} "
            "slices. Draw it on every fourth slice, for example."
        )
    places_mm = _places_mm(outline, image)
    spacing = spacing_of(image)[1:]
    signed = np.stack([_signed(mask[k], spacing) for k in drawn])
    curve = CubicSpline(places_mm[drawn], signed, axis=0)
    for k in np.flatnonzero(~is_drawn).tolist():
        above = int(np.searchsorted(drawn, k))
        low_mm, high_mm = places_mm[drawn[above - 1]], places_mm[drawn[above]]
        share, half_mm = (places_mm[k] - low_mm) / (high_mm - low_mm), (high_mm - low_mm) / 2
        straight = (1 - share) * signed[above - 1] + share * signed[above]
        mask[k] = np.clip(curve(places_mm[k]), straight - half_mm, straight + half_mm) > 0
    return Outline.from_mask(mask, outline.start_kji)


def _places_mm(outline: Outline, image: Image) -> NDArray[np.float64]:
    """(k,) where the slices of an outline lie along the normal, in mm."""
    if image.geometry is None:
        return np.zeros(1)
    return image.geometry.positions_along_normal_mm[outline.box[0]]


def _signed(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float32]:
    """Distance to the border of a shape, halfway between pixels; negative outside."""
    roomy = np.pad(mask, 1)
    inside: NDArray[np.float32] = edt.edt(roomy, anisotropy=spacing, black_border=False)
    outside: NDArray[np.float32] = edt.edt(~roomy, anisotropy=spacing, black_border=False)
    half = np.float32(min(spacing) / 2)
    return np.where(roomy, inside - half, half - outside)[1:-1, 1:-1]


def _with_room(outline: Outline, image: Image, room_kji: list[int]) -> tuple[NDArray[np.bool_], tuple[int, int, int]]:
    """Give the mask of an outline with a margin, within the image, and its first index."""
    low = [max(0, a - room) for a, room in zip(outline.start_kji, room_kji, strict=True)]
    high = [min(n, b + room) for b, room, n in zip(outline.stop_kji, room_kji, image.shape_kji, strict=True)]
    return outline.mask_in(low, high), (low[0], low[1], low[2])
