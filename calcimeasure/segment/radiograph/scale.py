"""An image pyramid of a radiograph, on a scale on which attenuation is additive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge import attenuation_on_radiograph
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.field import Field, field_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A radiograph on a scale on which attenuation is additive, with coarser copies.

    Parameters
    ----------
    copies
        (rows, columns) float32, finest first; each copy averages blocks of the copy before. The attenuations of
        structures behind each other are added. The scale has no unit, so two radiographs cannot be compared.
    steps
        Distance between rows and between columns of each copy: in mm if `in_mm`, else in units of the width of a pixel.
    factors
        Number of pixels of the radiograph in a pixel of each copy, down and across.
    coarse
        Index of the copy on which places are searched.
    field
        The content of this coarse copy: patient and open beam.
    """

    copies: tuple[NDArray[np.float32], ...]
    steps: tuple[tuple[float, float], ...]
    factors: tuple[tuple[int, int], ...]
    coarse: int
    in_mm: bool
    field: Field

    def fitting(self, step: float) -> int:
        """Index of the coarsest copy whose pixels are no larger than a step."""
        fitting = [n for n, steps in enumerate(self.steps) if max(steps) <= step]
        return fitting[-1] if fitting else 0


def pyramid_of(radiograph: Radiograph) -> Pyramid:
    """Convert a radiograph to a scale on which attenuation is additive, and make its coarser copies."""
    image = attenuation_on_radiograph(radiograph)
    steps = radiograph.spacing_mm or (radiograph.pixel_aspect, 1.0)
    copies, all_steps, factors = [image], [steps], [(1, 1)]
    wanted = max(n * step for n, step in zip(image.shape, steps, strict=True)) / RADIOGRAPH.coarse_pixels
    while min(copies[-1].shape) >= RADIOGRAPH.fewest_pixels_halved:
        row, column = all_steps[-1]
        most = RADIOGRAPH.most_oblong
        # Of pixels that are not square the shorter side is doubled first.
        by = (2 if row < most * column else 1, 2 if column < most * row else 1)
        copies.append(averaged(copies[-1], by))
        all_steps.append((row * by[0], column * by[1]))
        factors.append((factors[-1][0] * by[0], factors[-1][1] * by[1]))
    coarse = sum(max(one) <= wanted * math.sqrt(2) for one in all_steps[1:])
    in_mm = radiograph.spacing_mm is not None
    return Pyramid(tuple(copies), tuple(all_steps), tuple(factors), coarse, in_mm, field_of(copies[coarse]))


def averaged(image: NDArray[np.float32], by: tuple[int, ...]) -> NDArray[np.float32]:
    """Average blocks; an incomplete block at the far end is left out."""
    rows, columns = (n // b for n, b in zip(image.shape, by, strict=True))
    inner = image[: rows * by[0], : columns * by[1]]
    total = inner[:: by[0]].copy()
    for n in range(1, by[0]):
        total += inner[n :: by[0]]
    found = total[:, :: by[1]].copy()
    for n in range(1, by[1]):
        found += total[:, n :: by[1]]
    averages: NDArray[np.float32] = found / np.float32(by[0] * by[1])
    return averages
