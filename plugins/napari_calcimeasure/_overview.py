"""A small projection of a whole stack, on which all its lesions are dots. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_calcimeasure._kinds import kind_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure import Outline
    from calcimeasure.review import Image
    from napari_calcimeasure._display import Display

SIDE_PX = 190
"""Longer side of the projection on the screen."""

MOST_VOXELS = 256
"""At most so many voxels along each axis are looked at: the projection is small."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The brightest of a stack along one direction: from the front on CT, the image itself on a radiograph.

    Parameters
    ----------
    gray
        (rows, columns) gray values, 0 to 255.
    display
        The position of the stack on the screen.
    across
        The axis of the stack as shown along which it is projected.
    """

    gray: NDArray[np.uint8]
    display: Display
    across: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the screen in pixels, true to scale."""
        down, right = self._lengths
        longer = max(down, right)
        return max(round(SIDE_PX * right / longer), 1), max(round(SIDE_PX * down / longer), 1)

    @property
    def _axes(self) -> tuple[int, int]:
        first, second = (axis for axis in range(3) if axis != self.across)
        return first, second

    @property
    def _lengths(self) -> tuple[float, float]:
        shape = np.take(self.display.shape_kji, self.display.order)
        first, second = (float(shape[axis] * self.display.scale[axis]) for axis in self._axes)
        return first, second

    def place(self, outline: Outline) -> tuple[float, float]:
        """Give the place (x, y) of the middle of an outline on the screen, in pixels of the projection."""
        middle_kji = (np.array(outline.start_kji) + np.array(outline.stop_kji) - 1.0) / 2
        shown = self.display.to_shown(middle_kji)
        shape = np.take(self.display.shape_kji, self.display.order)
        down, right = ((shown[axis] + 0.5) / shape[axis] for axis in self._axes)
        width, height = self.size
        return float(right * width), float(down * height)


def projection_of(image: Image, display: Display) -> Projection:
    """Project a stack from the front; a single slice is shown as it is."""
    kind = kind_of(image)
    pixels: NDArray[Any] = kind.pixels_kji(image)
    across = display.slice_axis if display.shape_kji[0] == 1 else 1
    steps = tuple(slice(None, None, max(1, -(-size // MOST_VOXELS))) for size in pixels.shape)
    low, high = kind.limits(image)
    brightest = display.shown(pixels[steps]).max(axis=across).astype(np.float32)
    gray = np.clip((brightest - low) / (high - low), 0, 1) * 255
    return Projection(np.ascontiguousarray(gray, dtype=np.uint8), display, across)
