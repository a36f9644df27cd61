"""Features of a closed line on a radiograph: how sharp and how closed it is, and what lies inside and beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.rays import bands, recentered, sampled, shown_at, true_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.rays import Edges
    from calcimeasure.segment.radiograph.scale import Pyramid


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one line. Attenuation is divided by the range of the patient's attenuation on this radiograph.

    Parameters
    ----------
    sharpness
        What attenuation falls by within half a millimeter on either side of the line, the median ray.
    closed
        The same on the weakest sixth of the rays, as part of the median.
    contrast
        The middle of the inside minus the median just beyond the line.
    rim
        Just inside the line minus the middle, as part of contrast: a cortex is denser than what it encloses.
    beyond
        How dense it is beyond the line where it is densest, as part of contrast: a bone goes on somewhere.
    uneven
        Standard deviation of attenuation within the inner rings, as part of contrast.
    level
        Just beyond the line, the median: how dense what surrounds it is.
    seen_share
        Rays that end within the patient.
    diameter
        Of a disc of the same area, in mm, or in 250ths of the longer side where there are no mm.
    skin_share
        Rays on which the open beam begins right beyond the line.
    """

    sharpness: float
    closed: float
    contrast: float
    rim: float
    beyond: float
    uneven: float
    level: float
    seen_share: float
    diameter: float
    skin_share: float


def features_of(
    pyramid: Pyramid, edges: Edges, width: NDArray[np.float64], margin: float, unit: float
) -> list[Features]:
    """Compute the features of lines.

    Parameters
    ----------
    width
        (n,) over which the fall at a line is taken.
    margin
        Beyond a line that still has to show the patient.
    unit
        A mm, or a 250th of the longer side, in the unit of the steps.
    """
    if not len(edges.radii):
        return []
    image = pyramid.copies[pyramid.coarse]
    darkest, brightest = np.quantile(image[pyramid.field.patient], RADIOGRAPH.patient_quantiles)
    span = max(float(brightest - darkest), 1e-12)
    sizes = np.median(edges.radii, axis=1)
    just_inside, just_outside = (one / span for one in bands(pyramid, edges, width))
    falls = just_inside - just_outside
    usual = np.maximum(np.median(falls, axis=1), 1e-9)
    seen = shown_at(pyramid, edges.centers, edges.radii[..., None] + margin)[..., 0]
    step = sizes / RADIOGRAPH.samples_per_radius
    inside, beyond_line = (edges.radii[..., None] * one for one in (RADIOGRAPH.inner_radii, RADIOGRAPH.outer_radii))
    inner = sampled(pyramid, edges.centers, inside, step).astype(np.float64) / span
    outer = sampled(pyramid, edges.centers, beyond_line, step).astype(np.float64) / span
    outer = np.where(shown_at(pyramid, edges.centers, beyond_line), outer, np.nan)
    level = np.median(just_outside, axis=1)
    middle = np.median(inner[..., :3], axis=(1, 2))
    contrast = np.maximum(middle - level, RADIOGRAPH.least_middle)
    # A ray that leaves the patient shows nothing beyond the line.
    outer = np.where(np.all(np.isnan(outer), axis=2, keepdims=True), level[:, None, None], outer)
    beyond = (np.quantile(np.nanmean(outer, axis=2), RADIOGRAPH.beyond_quantile, axis=1) - level) / contrast
    rim = (np.median(just_inside, axis=1) - middle) / contrast
    rings = inner - np.median(inner, axis=1, keepdims=True)
    uneven = rings.std(axis=(1, 2)) / contrast
    _, radii = recentered(pyramid, edges)
    coarse_step = max(pyramid.steps[pyramid.coarse])
    at_skin = edges.radii[..., None] + max(RADIOGRAPH.at_skin_mm * unit, RADIOGRAPH.at_skin_steps * coarse_step)
    skin_share = true_at(pyramid, pyramid.field.air, edges.centers, at_skin)[..., 0].mean(axis=1)
    return [
        Features(
            sharpness=float(usual[n]),
            closed=float(np.quantile(falls[n], RADIOGRAPH.closed_quantile) / usual[n]),
            contrast=float(middle[n] - level[n]),
            rim=float(rim[n]),
            beyond=float(beyond[n]),
            uneven=float(uneven[n]),
            level=float(level[n] - darkest / span),
            seen_share=float(seen[n].mean()),
            diameter=2 * float(radii[n]) / unit,
            skin_share=float(skin_share[n]),
        )
        for n in range(len(sizes))
    ]
