"""Places on a radiograph that are denser than their surroundings: there masses of all sizes are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.scale import averaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.scale import Pyramid


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places that are denser than their surroundings, each with an approximate radius.

    Parameters
    ----------
    centers
        (n, 2) row and column, in pixels of the radiograph.
    radii
        (n,) in the unit of the steps.
    """

    centers: NDArray[np.float64]
    radii: NDArray[np.float64]


def find_places(pyramid: Pyramid, smallest: float, largest: float) -> Places:
    """Find places that are denser than their surroundings, by the difference of two averages.

    Pixels that do not show the patient are left out of both averages, so that a limb does not count as denser than the
    air next to it.

    Parameters
    ----------
    smallest, largest
        Range of diameters for the search.
    """
    weight = pyramid.field.patient.astype(np.float32)
    weighted = pyramid.copies[pyramid.coarse] * weight
    copy = pyramid.coarse
    centers, radii = [], []
    radius = smallest / 2
    while radius <= largest / 2:
        for finer in range(copy, max(copy, pyramid.fitting(radius / RADIOGRAPH.steps_per_radius))):
            by = tuple(b // a for a, b in zip(pyramid.factors[finer], pyramid.factors[finer + 1], strict=True))
            weighted, weight = averaged(weighted, by), averaged(weight, by)
            copy = finer + 1
        sigma = radius / np.array(pyramid.steps[copy])
        denser = _average(weighted, weight, sigma / 2) - _average(weighted, weight, sigma)
        peaks = _peaks(denser * (weight > 0.5), sigma / 2)
        centers.append((peaks + 0.5) * pyramid.factors[copy] - 0.5)
        radii.append(np.full(len(peaks), radius))
        radius *= RADIOGRAPH.size_step
    if not centers:
        return Places(np.empty((0, 2)), np.empty(0))
    return Places(np.concatenate(centers), np.concatenate(radii))


def _average(
    weighted: NDArray[np.float32], weight: NDArray[np.float32], sigma: NDArray[np.float64]
) -> NDArray[np.float32]:
    total = ndimage.gaussian_filter(weighted, sigma, truncate=RADIOGRAPH.truncate_sigmas)
    found: NDArray[np.float32] = total / np.maximum(
        ndimage.gaussian_filter(weight, sigma, truncate=RADIOGRAPH.truncate_sigmas), 1e-3
    )
    return found


def _peaks(image: NDArray[np.float32], apart: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n, 2) peaks, the highest first, with at least a given distance in rows and columns between them."""
    size = [2 * max(1, round(float(one))) + 1 for one in apart]
    highest = ndimage.maximum_filter(image, size, mode="nearest")
    found = np.argwhere((image == highest) & (image > 1e-6 * max(float(highest.max()), 1e-30)))
    order = np.argsort(-image[tuple(found.T)], kind="stable")
    return found[order[: RADIOGRAPH.most_at_a_size]]
