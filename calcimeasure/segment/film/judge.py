"""Features of a line to tissue: what speaks for a calcified mass within it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.segment.film.features import Features


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature with its weight: log odds for a calcified mass for each unit of what `read` gives.

    `value` is what is shown to a person, in `sentence`.
    """

    name: str
    weight: float
    read: Callable[[Features], float]
    value: Callable[[Features], float]
    sentence: str


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


BASE_LOG_ODDS = -9.02

NO_LIMB_LOG_ODDS = -2.3
"""A tenth of the odds. Of 24 places on public films that are not said to show a limb, likely by the signs alone, none
was a mass: at most one in eight is."""

# Fitted by logistic regression (ridge 1) to lines on 534 projections of five limbs, 329 of them with a mass; to check
# it, each limb was left out once. Hundreds of lines on a film compete, and the likeliest of many is less often a mass
# than one alone: odds are those that were right of what was proposed on the limbs left out.
SIGNS = (
    Sign("closed", 8.14, lambda f: _within(f.closed, 0, 0.8), lambda f: f.closed,
         "where it falls least attenuation falls by {:.0%} of what is usual on the line"),
    Sign("steep", 1.46, lambda f: math.log(_within(f.sharpness / max(f.contrast, 0.02), 0.02, 0.5) / 0.1),
         lambda f: f.sharpness / max(f.contrast, 0.02), "{:.0%} of its contrast falls off right at the line"),
    Sign("sharpness", 2.05, lambda f: math.log(_within(f.sharpness, 0.003, 0.1) / 0.02), lambda f: f.sharpness,
         "attenuation falls by {:.1%} of the film's range right at the line"),
    Sign("rim", -2.57, lambda f: _within(f.rim, -1, 0.5), lambda f: f.rim,
         "its rim is denser than its middle by {:.0%} of its contrast (less than none: as in a rounded body)"),
    Sign("beyond", -0.13, lambda f: _within(f.beyond, 0, 1), lambda f: f.beyond,
         "in one direction {:.0%} of its contrast go on beyond the line, as a bone does"),
    Sign("uneven", -2.40, lambda f: _within(f.uneven, 0, 0.5), lambda f: f.uneven,
         "its inside varies by {:.0%} of its contrast"),
    Sign("level", -1.41, lambda f: _within(f.level, 0, 1), lambda f: f.level,
         "its surroundings lie at {:.0%} of the film's range: the higher, the more bone is around"),
    Sign("small", 2.80, lambda f: math.log(_within(f.diameter, 3, 40) / 20), lambda f: f.diameter,
         "it is {:.0f} wide (mm, or 250ths of the film): what is small is often part of a bone"),
    Sign("large", -1.81, lambda f: math.log(_within(f.diameter, 40, 160) / 40), lambda f: f.diameter,
         "it is {:.0f} wide (mm, or 250ths of the film): what is large is often a limb"),
    Sign("unseen", -8.47, lambda f: _within(1 - f.seen_share, 0, 0.5), lambda f: 1 - f.seen_share,
         "{:.0%} of the line lie at the skin or at the end of the film"),
)  # fmt: skip


NO_LIMB = Evidence(
    "limb", 0.0, NO_LIMB_LOG_ODDS,
    "the film is not said to show a limb: what tells a mass from bone was learned on limbs, and elsewhere bones, teeth "
    "and organs look alike",
)  # fmt: skip


def evidence_of(features: Features, *, limb: bool) -> tuple[Evidence, ...]:
    """Weigh what is seen of a line on a film that is said to show a limb, or is not."""
    evidence = tuple(
        Evidence(sign.name, sign.value(features), sign.weight * sign.read(features),
                 sign.sentence.format(sign.value(features)))
        for sign in SIGNS
    )  # fmt: skip
    return evidence if limb else (*evidence, NO_LIMB)


def mass_probability(evidence: tuple[Evidence, ...]) -> float:
    """Add evidence up to how likely a line encloses a calcified mass."""
    return 1 / (1 + math.exp(-_within(BASE_LOG_ODDS + sum(one.log_odds for one in evidence), -30, 30)))
