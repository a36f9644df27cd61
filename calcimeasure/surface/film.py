"""The values of a radiograph on a scale on which attenuation adds up: that of a mass to that of what lies behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph

LINEAR = "LIN"
"""Pixel Intensity Relationship (0028,1040) of values that are proportional to the beam's intensity (PS3.3 C.8.11.3)."""


def is_linear(radiograph: Radiograph) -> bool:
    """Tell whether pixel values are proportional to the beam's intensity."""
    projection = radiograph.series.projection
    return projection is not None and projection.pixel_intensity_relationship == LINEAR


def attenuation_on_film(
    radiograph: Radiograph, rows: slice = slice(None), columns: slice = slice(None)
) -> NDArray[np.float32]:
    """Put a part of a radiograph on a scale on which attenuation adds up.

    Returns
    -------
    ndarray
        (rows, columns) float32, higher is denser: the pixel values as they are; of values that are proportional to the
        beam's intensity I the negative logarithm of I, against its highest value (Beer and Lambert's law).
    """
    pixels = radiograph.pixels[rows, columns]
    if not is_linear(radiograph):
        return pixels
    # Dense was made bright by turning the values round between their ends: turned back they are the intensity.
    lowest, highest = float(radiograph.pixels.min()), float(radiograph.pixels.max())
    intensity = np.maximum(np.float32(lowest + highest) - pixels, np.float32(max(highest * 1e-6, 1e-6)))
    attenuation: NDArray[np.float32] = -np.log(intensity / np.float32(max(highest, 1e-6)))
    return attenuation
