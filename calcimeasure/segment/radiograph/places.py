"""Where a radiograph is denser than around: the places where masses of all sizes are looked for."""

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
    """Where something of about some size is denser than around.

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

    What does not show the patient takes no part in either average, so that a limb does not stand out from the air
    beside it.

    Parameters
    ----------
    smallest, largest
        Diameters that are looked for.
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
    """(n, 2) highest places first, no two within a distance of rows and columns."""
    size = [2 * max(1, round(float(one))) + 1 for one in apart]
    highest = ndimage.maximum_filter(image, size, mode="nearest")
    found = np.argwhere((image == highest) & (image > 1e-6 * max(float(highest.max()), 1e-30)))
    order = np.argsort(-image[tuple(found.T)], kind="stable")
    return found[order[: RADIOGRAPH.most_at_a_size]]
