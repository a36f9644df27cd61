"""Features of a closed line on a radiograph: its sharpness and completeness, and the density inside and outside."""

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
        Decrease of attenuation across the line, within half a millimeter on either side: the median of the rays.
    closed
        The same decrease on the weakest sixth of the rays, divided by the median.
    contrast
        Attenuation in the middle of the inside, minus the median just outside the line.
    rim
        Attenuation just inside the line minus that in the middle, divided by contrast: a cortex is denser than its
        inside.
    beyond
        Attenuation outside the line on the densest rays, above the level and divided by contrast: a bone continues
        beyond the line somewhere.
    uneven
        Standard deviation of attenuation within the inner rings, divided by contrast.
    level
        Median attenuation just outside the line: the density of the surroundings.
    seen_share
        Share of the rays that end within the patient.
    diameter
        Diameter of a disc of the same area, in mm; if millimeters are not known, in 250ths of the longer side.
    skin_share
        Share of the rays on which the open beam begins just outside the line.
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
        (n,) distance over which the decrease across a line is measured.
    margin
        Distance outside a line within which the image must still show the patient.
    unit
        One mm, or a 250th of the longer side, in the unit of the steps.
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
