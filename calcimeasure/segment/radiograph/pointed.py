"""The outline of the mass at a place that a reader points at: the best supported of several."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.levels import level_sets
from calcimeasure.segment.radiograph.patches import border_of, expected_dice, on_patch, patch_around
from calcimeasure.segment.radiograph.shadows import shadows_at

if TYPE_CHECKING:
    from calcimeasure.segment.radiograph.scale import Pyramid
    from calcimeasure.segment.radiograph.shadows import Shadow


def pointed_at(pyramid: Pyramid, point: tuple[float, float], smallest: float, largest: float) -> Shadow | None:
    """Find the outline of the mass at a place (in pixels of the radiograph), of any length between two limits.

    A shadow of which the network is nearly certain is taken. Otherwise the shadows of the network for all sizes, and
    what stands out at the place without the network, are compared by their borders (`expected_dice`).
    """
    shadows = shadows_at(pyramid, point, smallest, largest)
    surest = max(shadows, key=lambda one: one.certainty * one.closeness(pyramid, point), default=None)
    if surest is not None and _is_sure(pyramid, surest, point):
        return surest
    span = _span(pyramid)
    judged = [(_judged(pyramid, one, point, span), one) for one in shadows]
    for n in range(math.ceil(math.log(largest / smallest) / math.log(RADIOGRAPH.level_step)) + 1):
        side = smallest * RADIOGRAPH.level_fills * RADIOGRAPH.level_step**n
        patch = patch_around(pyramid, point, side)
        found = [(expected_dice(patch, mask, span, level=level), mask) for level, mask in level_sets(patch)]
        if found:
            score, mask = max(found, key=lambda one: one[0])
            judged.append((score, patch.shadow(mask)))
    return max(judged, key=lambda one: one[0], default=(0.0, None))[1]


def _is_sure(pyramid: Pyramid, shadow: Shadow, point: tuple[float, float]) -> bool:
    """Tell whether the network is nearly certain of a shadow at a place, and it does not follow the skin."""
    if shadow.certainty < RADIOGRAPH.sure or shadow.pixels_away(pyramid, point) >= 1:
        return False
    patch = patch_around(pyramid, shadow.middle(pyramid), shadow.length / RADIOGRAPH.fills)
    border = border_of(patch, on_patch(pyramid, patch, shadow))
    return border is not None and border.at_skin <= RADIOGRAPH.most_skin


def _judged(pyramid: Pyramid, shadow: Shadow, point: tuple[float, float], span: float) -> float:
    patch = patch_around(pyramid, shadow.middle(pyramid), shadow.length / RADIOGRAPH.fills)
    mask = on_patch(pyramid, patch, shadow)
    if np.count_nonzero(mask) < RADIOGRAPH.fewest_of_level:
        return -math.inf
    away = min(shadow.pixels_away(pyramid, point), RADIOGRAPH.most_away)
    return expected_dice(patch, mask, span, certainty=shadow.certainty, away=away)


def _span(pyramid: Pyramid) -> float:
    """Range of the patient's attenuation on a radiograph."""
    every = RADIOGRAPH.span_every
    patient = pyramid.field.patient[::every, ::every]
    image = pyramid.copies[pyramid.coarse][::every, ::every]
    low, high = np.quantile(image[patient] if patient.any() else image, RADIOGRAPH.patient_quantiles)
    return max(float(high - low), 1e-12)
