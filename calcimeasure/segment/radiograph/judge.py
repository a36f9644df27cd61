"""What is seen of a line, and how sure the network is of the shadow there, to how likely that is a calcified mass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from calcimeasure.model import Evidence

if TYPE_CHECKING:
    from calcimeasure.segment.radiograph.features import Features

# Fitted by logistic regression to the shadows on 150 projections of the five limbs that the network was taught on; on
# four others probabilities are right as often. Of what is seen of a line only how sharp it is told what the network's
# certainty had not. Only a third of the odds is left for what projections of CT do not show: on a film of an ankle the
# heel under the talus is as sure as a mass on them.
BASE_LOG_ODDS = -4.57 - 1.1
SHADOW_WEIGHT, USUAL_LOG_ODDS = 4.18, 2.0
CERTAINTIES = 0.5, 0.99
"""Beyond these it tells no more."""
SHARP_WEIGHT = 1.48

NO_LIMB = Evidence(
    "limb", 0.0, -4.2,
    "the film is not said to show a limb: what tells a mass from bone was learned on limbs, and elsewhere bones, teeth "
    "and organs look alike",
)  # fmt: skip
"""On public films that are not said to show a limb nothing was a mass: even of the surest less than every second is."""


def promise(seen: Features) -> float:
    """Tell how worthwhile it is that the network looks at a line: log odds for a mass, but for a constant.

    Fitted by logistic regression (ridge 1) to lines on 534 projections of five limbs, 329 of them with a mass.
    """
    return (
        8.14 * _within(seen.closed, 0, 0.8)
        + 1.46 * math.log(_within(seen.sharpness / max(seen.contrast, 0.02), 0.02, 0.5))
        + 2.05 * math.log(_within(seen.sharpness, 0.003, 0.1))
        - 2.57 * _within(seen.rim, -1, 0.5)
        - 0.13 * _within(seen.beyond, 0, 1)
        - 2.40 * _within(seen.uneven, 0, 0.5)
        - 1.41 * _within(seen.level, 0, 1)
        + 2.80 * math.log(_within(seen.diameter, 3, 40))
        - 1.81 * math.log(_within(seen.diameter, 40, 160))
        - 8.47 * _within(1 - seen.seen_share, 0, 0.5)
    )


def evidence_of(seen: Features, certainty: float, *, limb: bool) -> tuple[Evidence, ...]:
    """Weigh what speaks for a mass and against it.

    Parameters
    ----------
    seen
        Of the line at which the shadow was found.
    certainty
        Of its outline, 0..1 (`Shadow.certainty`).
    limb
        The film is said to show a limb.
    """
    bounded = _within(certainty, *CERTAINTIES)
    shadow = Evidence(
        "shadow", certainty, SHADOW_WEIGHT * (math.log(bounded / (1 - bounded)) - USUAL_LOG_ODDS),
        f"the network, which was taught shadows of masses, expects its outline to be right by {certainty:.0%}",
    )  # fmt: skip
    sharp = Evidence(
        "sharpness", seen.sharpness, SHARP_WEIGHT * math.log(_within(seen.sharpness, 0.003, 0.1) / 0.02),
        f"attenuation falls by {seen.sharpness:.1%} of the film's range right at its border",
    )  # fmt: skip
    return (shadow, sharp) if limb else (shadow, sharp, NO_LIMB)


def mass_probability(evidence: tuple[Evidence, ...]) -> float:
    """Add evidence up to how likely a shadow is that of a calcified mass."""
    return 1 / (1 + math.exp(-_within(BASE_LOG_ODDS + sum(one.log_odds for one in evidence), -30, 30)))


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
