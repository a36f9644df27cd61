"""The two other planes through the point that a reader looks at: what is shown beside the image. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_calcimeasure._marks import borders, plane_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_calcimeasure._screen import Screen


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One plane of a stack, as it is shown.

    Parameters
    ----------
    gray
        (rows, columns) gray values, 0 to 255.
    spacing
        Distance between rows and between columns.
    cross
        The place (row, column) of the point.
    letters
        The directions at the upper, lower, left and right edge.
    outlines
        Number of each lesion, and (n, 2) indexes of its border.
    """

    gray: NDArray[np.uint8]
    spacing: tuple[float, float]
    cross: tuple[float, float]
    letters: tuple[str, str, str, str]
    outlines: tuple[tuple[int, NDArray[np.float64]], ...]


def other_axes(screen: Screen) -> tuple[int, int]:
    """Give the axes across the two planes that the canvas does not show."""
    across, *_ = plane_axes(screen.viewer)
    first, second = (axis for axis in range(3) if axis != across)
    return first, second


def plane_across(screen: Screen, axis: int) -> Plane:
    """Cut a stack across an axis of the world, through the point that is looked at."""
    display = screen.session.display
    down, right = (one for one in range(3) if one != axis)
    place = screen.whole_step(axis)
    pixels = screen.image.data.take(place, axis=axis).astype(np.float32)
    low, high = screen.image.contrast_limits
    gray = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1) * 255
    labels = screen.labels.data.take(place, axis=axis)
    return Plane(
        gray=np.ascontiguousarray(gray, dtype=np.uint8),
        spacing=(display.scale[down], display.scale[right]),
        cross=(screen.step(down), screen.step(right)),
        letters=(*display.letters(down), *display.letters(right)),
        outlines=tuple(borders(labels)),
    )


def go_to(screen: Screen, axis: int, row: float, column: float) -> None:
    """Look at a place of the plane across an axis: the other planes follow."""
    down, right = (one for one in range(3) if one != axis)
    shape = screen.labels.data.shape
    steps = [round(min(max(at, 0), shape[one] - 1)) for one, at in ((down, row), (right, column))]
    ndim = screen.viewer.dims.ndim
    screen.viewer.dims.set_current_step([ndim - 3 + down, ndim - 3 + right], steps)
