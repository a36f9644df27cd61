"""The values of a radiograph on a scale on which the attenuations of structures behind each other are added."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge.constants import EDGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph

LINEAR = "LIN"
"""Pixel Intensity Relationship (0028,1040) of values that are proportional to the beam's intensity (PS3.3 C.8.11.3)."""


def is_linear(radiograph: Radiograph) -> bool:
    """Tell whether pixel values are proportional to the beam's intensity."""
    projection = radiograph.stack.projection
    return projection is not None and projection.pixel_intensity_relationship == LINEAR


def attenuation_on_radiograph(
    radiograph: Radiograph, rows: slice = slice(None), columns: slice = slice(None)
) -> NDArray[np.float32]:
    """Convert a part of a radiograph to a scale on which attenuation is additive.

    Returns
    -------
    ndarray
        (rows, columns) float32, higher is denser. If pixel values are proportional to the intensity of the beam: the
        negative logarithm of the transmitted part (Beer and Lambert's law). Otherwise: the pixel values unchanged.

    Notes
    -----
    Dense tissue is bright, so the intensity decreases with the value. The loader has inverted values of MONOCHROME1
    between their lowest and highest value; inverting them again gives the intensity. For MONOCHROME2 the device has
    subtracted the intensity from the end of its range (PS3.3 C.8.11.3.1.2, Pixel Intensity Relationship Sign -1). This
    range is assumed to be the smallest number of bits that can hold the highest value.
    """
    pixels = radiograph.pixels[rows, columns]
    if not is_linear(radiograph):
        return pixels
    lowest, highest = float(radiograph.pixels.min()), float(radiograph.pixels.max())
    none_arrives = lowest + highest if radiograph.is_inverted else _end_of_range(highest)
    open_beam = none_arrives - lowest
    if open_beam <= 0:
        return np.zeros_like(pixels)
    arrives = (np.float32(none_arrives) - pixels) / np.float32(open_beam)
    attenuation: NDArray[np.float32] = -np.log(np.maximum(arrives, np.float32(EDGE.least_share_of_beam)))
    return attenuation


def _end_of_range(highest: float) -> float:
    return float(2 ** max(8, math.ceil(math.log2(max(highest, 1.0) + 1))) - 1)
