"""By how much blur lowers the peak of a small piece of calcium, from how fast the attenuation falls beside the peak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chndtr, erf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RADII_MM = np.geomspace(0.25, 12.0, 40)
_LAYERS = 80
"""Layers of a ball across the slices."""
_PLACES = 5
"""Places of the middle of a ball between the middle of a slice and its border."""


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Balls of all sizes as a scanner shows them.

    Parameters
    ----------
    fall
        By how much the attenuation beside the peak is lower than the peak, as a part of the peak; ascending, so that
        the smallest balls are last.
    kept
        Peak divided by the true density, both above the surroundings.
    """

    fall: NDArray[np.float64]
    kept: NDArray[np.float64]

    def kept_at(self, fall: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (n,) part of the density that blur left of peaks beside which the attenuation falls by a part."""
        return np.interp(fall, self.fall, self.kept)


def peaks_of_balls(variance_mm2: float, across_sigma_mm: float, slice_mm: float, beside_mm: Sequence[float]) -> Peaks:
    """Compute the peak of balls, averaged over the places that a ball can have between the middles of the slices.

    In the plane of the slices the blur is a Gaussian: on the axis of a disc of radius r it keeps
    1 - exp(-r^2 / (2 variance)), and at a distance from the axis the share of a noncentral chi-squared distribution of
    two degrees of freedom. Across the slices it is a box of the slice and a Gaussian.

    Parameters
    ----------
    variance_mm2
        Of the blur in the slice plane.
    across_sigma_mm
        Standard deviation of the Gaussian across the slices.
    slice_mm
        Thickness and distance of the slices.
    beside_mm
        Distances from the peak, in the slice plane, at which the attenuation beside it is averaged.
    """
    layers = (np.arange(_LAYERS) + 0.5) / _LAYERS * 2 - 1
    places_mm = (np.arange(_PLACES) + 0.5) / (2 * _PLACES) * slice_mm
    heights_mm = _RADII_MM[:, None] * layers
    squares = (_RADII_MM[:, None] ** 2 - heights_mm**2) / variance_mm2
    on_axis = 1 - np.exp(-squares / 2)
    beside = np.mean([chndtr(squares, 2, away_mm**2 / variance_mm2) for away_mm in beside_mm], axis=0)
    away_mm = places_mm[:, None, None] - heights_mm
    upper, lower = (erf((away_mm + half) / (math.sqrt(2) * across_sigma_mm)) for half in (slice_mm / 2, -slice_mm / 2))
    weights = (upper - lower) / (2 * slice_mm) * (2 * _RADII_MM[:, None] / _LAYERS)
    peak = np.sum(weights * on_axis, axis=2)
    kept = np.minimum(1 / np.mean(1 / peak, axis=0), 1.0)
    fall = 1 - np.mean(np.sum(weights * beside, axis=2) / peak, axis=0)
    # The larger a ball is, the less falls beside its peak.
    return Peaks(np.maximum.accumulate(fall[::-1]), kept[::-1])
