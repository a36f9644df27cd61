"""By how much blur lowers the peak of a small ball."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RADII_MM = np.geomspace(0.25, 12.0, 48)
_LAYERS = 120
"""Layers of a ball across the slices."""
_PLACES = 5
"""Places of the middle of a ball between the middle of a slice and its border."""


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Balls of all sizes as a scanner shows them.

    Parameters
    ----------
    seen_mm3
        Sum over the ball divided by its peak: the volume of the ball if it is large, that of the blur if it is small.
    kept
        Peak divided by the true density, both above the surroundings.
    """

    seen_mm3: NDArray[np.float64]
    kept: NDArray[np.float64]

    def of(self, seen_mm3: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (n,) what is kept of the peak of pieces, and the change of its logarithm with that of `seen_mm3`."""
        known, place = np.log(self.seen_mm3), np.log(np.maximum(seen_mm3, self.seen_mm3[0]))
        kept = np.interp(place, known, self.kept)
        slope = np.interp(place, known, np.gradient(np.log(self.kept), known))
        return kept, slope


def peaks_of_balls(variance_mm2: float, across_sigma_mm: float, slice_mm: float) -> Peaks:
    """Compute the peak of balls, averaged over the places that a ball can have between the middles of the slices.

    In the plane of the slices the blur is a Gaussian: on the axis of a disc of radius r it keeps
    1 - exp(-r^2 / (2 variance)). Across the slices it is a box of the slice and a Gaussian.

    Parameters
    ----------
    variance_mm2
        Of the blur in the slice plane.
    across_sigma_mm
        Standard deviation of the Gaussian across the slices.
    slice_mm
        Thickness and distance of the slices.
    """
    layers = (np.arange(_LAYERS) + 0.5) / _LAYERS * 2 - 1
    places_mm = (np.arange(_PLACES) + 0.5) / (2 * _PLACES) * slice_mm
    heights_mm = _RADII_MM[:, None] * layers
    discs = 1 - np.exp(-(_RADII_MM[:, None] ** 2 - heights_mm**2) / (2 * variance_mm2))
    away_mm = places_mm[:, None, None] - heights_mm
    upper, lower = (erf((away_mm + half) / (math.sqrt(2) * across_sigma_mm)) for half in (slice_mm / 2, -slice_mm / 2))
    weights = (upper - lower) / (2 * slice_mm) * (2 * _RADII_MM[:, None] / _LAYERS)
    kept = 1 / np.mean(1 / np.sum(weights * discs, axis=2), axis=0)
    return Peaks(4 / 3 * math.pi * _RADII_MM**3 / kept, np.minimum(kept, 1.0))
