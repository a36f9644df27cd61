"""A change as a picture: the earlier date, the later one laid on it, and what they differ by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PIXEL_MM = 0.25
WINDOW_HU = (-150.0, 850.0)
MOST = 0.5
"""Of the plateau: a difference that has the full color."""

_PRIOR_RGB, _CURRENT_RGB = (255, 210, 0), (0, 220, 255)
_CAME_RGB, _WENT_RGB = (230, 30, 30), (40, 90, 255)
_BETWEEN_PX = 6


def draw_change(
    images_hu: Sequence[NDArray[np.float32]],
    masks: Sequence[NDArray[np.bool_]],
    difference: NDArray[np.float32],
    spacing_kji_mm: Sequence[float],
) -> bytes:
    """Draw both dates and their difference side by side.

    Parameters
    ----------
    images_hu, masks
        (k, j, i) of the prior and of the current date, in one box: attenuation, and what lies in the outline.
    difference
        (k, j, i) in parts of the plateau.
    spacing_kji_mm
        Of the box.

    Returns
    -------
    bytes
        A PNG of the slice with the largest differences, or of the largest outline where there are none: the prior date
        with its outline in yellow, the current date with its outline in cyan, and calcium that came in red and that
        went in blue over the mean of both. Rows and columns are those of the stack.
    """
    found = np.abs(difference).sum(axis=(1, 2))
    areas = np.sum(np.logical_or(*masks), axis=(1, 2))
    k = int(found.argmax() if found.any() else areas.argmax())
    factors = [mm / PIXEL_MM for mm in spacing_kji_mm[1:]]

    def large(values: NDArray[np.float32] | NDArray[np.bool_], order: int) -> NDArray[np.float32]:
        zoomed: NDArray[np.float32] = ndimage.zoom(values.astype(np.float32), factors, order=order, mode="nearest")
        return zoomed

    grays = [_gray(large(image[k], 1)) for image in images_hu]
    borders = [_border(large(mask[k], 0) > 0.5) for mask in masks]
    views = [np.repeat(gray[..., None], 3, axis=2) for gray in grays]
    for view, border, rgb in zip(views, borders, (_PRIOR_RGB, _CURRENT_RGB), strict=True):
        view[border] = rgb
    views.append(_colored(np.mean(grays, axis=0, dtype=np.float32), large(difference[k], 1)))
    views[2][borders[0]] = _PRIOR_RGB
    room = ((_BETWEEN_PX // 2,) * 2, (_BETWEEN_PX // 2,) * 2, (0, 0))
    row = np.concatenate([np.pad(view, room, constant_values=255) for view in views], axis=1)
    return bytes(imagecodecs.png_encode(row))


def _gray(hu: NDArray[np.float32]) -> NDArray[np.uint8]:
    low, high = WINDOW_HU
    return np.asarray(np.clip((hu - low) / (high - low) * 255, 0, 255), dtype=np.uint8)


def _border(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(inside & ~ndimage.binary_erosion(inside))


def _colored(gray: NDArray[np.float32], difference: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blend the colors of what came and of what went into gray."""
    share = np.clip(np.abs(difference) / MOST, 0, 1)[..., None]
    rgb = np.where((difference > 0)[..., None], _CAME_RGB, _WENT_RGB)
    return np.asarray(gray[..., None] * (1 - share) + rgb * share, dtype=np.uint8)
