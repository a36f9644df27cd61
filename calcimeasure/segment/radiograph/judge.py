"""From the features of a line and the certainty of the network to the probability of a calcified mass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from calcimeasure.model import Evidence
from calcimeasure.segment.radiograph.constants import RADIOGRAPH

if TYPE_CHECKING:
    from calcimeasure.segment.radiograph.features import Features

NO_LIMB: Final = Evidence(
    "limb", 0.0, RADIOGRAPH.no_limb_log_odds,
    "the film is not said to show a limb: what tells a mass from bone was learned on limbs, and elsewhere bones, teeth "
    "and organs look alike",
)  # fmt: skip
"""The evidence against a mass on a radiograph whose header does not name a limb."""


def promise(seen: Features) -> float:
    """Compute how likely a line is a mass, to choose lines for the network: log odds for a mass, up to a constant."""
    quantities = {
        "closed": seen.closed,
        "sharpness of contrast": seen.sharpness / max(seen.contrast, RADIOGRAPH.least_contrast),
        "sharpness": seen.sharpness,
        "rim": seen.rim,
        "beyond": seen.beyond,
        "uneven": seen.uneven,
        "level": seen.level,
        "diameter": seen.diameter,
        "not seen": 1 - seen.seen_share,
    }
    total = 0.0
    for one in RADIOGRAPH.promise_weights:
        value = _within(quantities[one.quantity], *one.limits)
        total += one.weight * (math.log(value) if one.is_logarithmic else value)
    return total


def evidence_of(seen: Features, certainty: float, again: float, *, limb: bool) -> tuple[Evidence, ...]:
    """Collect the evidence for and against a mass.

    Parameters
    ----------
    seen
        The features of the line at which the shadow was found.
    certainty
        The certainty of its outline, 0..1 (`Shadow.certainty`).
    again
        The same by the network that was taught on real films (`seen_again`). It can only speak against a mass: both
        networks together are as sure as the one that is less sure.
    limb
        Whether the header says that the radiograph shows a limb.
    """
    shadow = Evidence(
        "shadow",
        certainty,
        _log_odds_of(certainty),
        f"the network, which was taught shadows of masses, expects its outline to be right by {certainty:.0%}",
    )
    real = Evidence(
        "real films",
        again,
        min(0.0, _log_odds_of(again) - _log_odds_of(certainty)),
        f"the network that was taught calcinosis on real films expects its outline to be right by {again:.0%}",
    )
    sharpness = _within(seen.sharpness, *RADIOGRAPH.sharpnesses)
    sharp = Evidence(
        "sharpness",
        seen.sharpness,
        RADIOGRAPH.sharp_weight * math.log(sharpness / RADIOGRAPH.usual_sharpness),
        f"attenuation falls by {seen.sharpness:.1%} of the film's range right at its border",
    )
    return (shadow, real, sharp) if limb else (shadow, real, sharp, NO_LIMB)


def _log_odds_of(certainty: float) -> float:
    bounded = _within(certainty, *RADIOGRAPH.certainties)
    return RADIOGRAPH.shadow_weight * (math.log(bounded / (1 - bounded)) - RADIOGRAPH.usual_log_odds)


def mass_probability(evidence: tuple[Evidence, ...]) -> float:
    """Return the probability of a calcified mass from all evidence."""
    return 1 / (1 + math.exp(-_within(RADIOGRAPH.base_log_odds + sum(one.log_odds for one in evidence), -30, 30)))


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
