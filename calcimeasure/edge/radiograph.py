"""The values of a radiograph on a scale on which the attenuations of things that lie behind each other add up."""

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
    projection = radiograph.series.projection
    return projection is not None and projection.pixel_intensity_relationship == LINEAR


def attenuation_on_radiograph(
    radiograph: Radiograph, rows: slice = slice(None), columns: slice = slice(None)
) -> NDArray[np.float32]:
    """Put a part of a radiograph on a scale on which attenuation adds up.

    Returns
    -------
    ndarray
        (rows, columns) float32, higher is denser: the pixel values as they are; of values that are proportional to the
        beam's intensity the negative logarithm of its part that arrives (Beer and Lambert's law).

    Notes
    -----
    Dense is bright, so that the intensity falls with the value. The loader has inverted values of MONOCHROME1 between
    the lowest and the highest of them: inverted again they are the intensity. For MONOCHROME2 the device has subtracted
    the intensity from the end of its range (PS3.3 C.8.11.3.1.2, Pixel Intensity Relationship Sign -1), which is taken
    for the smallest range of whole bits that holds the highest value.
    """
    pixels = radiograph.pixels[rows, columns]
    if not is_linear(radiograph):
        return pixels
    lowest, highest = float(radiograph.pixels.min()), float(radiograph.pixels.max())
    projection = radiograph.series.projection
    is_turned = projection is not None and projection.photometric_interpretation == "MONOCHROME1"
    none_arrives = lowest + highest if is_turned else _end_of_range(highest)
    open_beam = none_arrives - lowest
    if open_beam <= 0:
        return np.zeros_like(pixels)
    arrives = (np.float32(none_arrives) - pixels) / np.float32(open_beam)
    attenuation: NDArray[np.float32] = -np.log(np.maximum(arrives, np.float32(EDGE.least_share_of_beam)))
    return attenuation


def _end_of_range(highest: float) -> float:
    return float(2 ** max(8, math.ceil(math.log2(max(highest, 1.0) + 1))) - 1)
