"""Features to tissue: what speaks for a calcified mass, what for bone, and what is neither."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model import Evidence, Tissue

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.segment.ct.features import Features
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class Judgement:
    """A tissue, how likely it is right, how likely the part is a calcified mass, and why."""

    tissue: Tissue
    confidence: float
    mass_probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature with its weight.

    Parameters
    ----------
    name
        Of the feature.
    weight
        Log odds for a calcified mass for each unit of what `read` gives.
    read
        The feature, limited to where it tells something, 0 where it tells nothing.
    value
        What is shown to a person.
    speaks_for, speaks_against
        Why, with the value in it.
    """

    name: str
    weight: float
    read: Callable[[Features], float]
    value: Callable[[Features], float]
    speaks_for: str
    speaks_against: str


def joined(features: Features) -> bool:
    """Tell whether a part goes on into marrow, another part, or beyond the image."""
    return features.neighbor_share + features.marrow_share + features.cut_share > 0.02


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


BASE_LOG_ODDS = 0.4

# Fitted by logistic regression (ridge 0.2, bone counted twice) to masses painted into thirteen real series (nine limbs,
# a trunk, a head, a spine and a chest) and to the bones of these series; to check it, each series was left out once.
# What a weight says is physics; how much it says was fitted.
SIGNS = (
    Sign(
        "own_share",
        5.5,
        lambda f: _within(f.own_share, 0, 0.8),
        lambda f: f.own_share,
        "{:.0%} of it lies away from other bone and from marrow",
        "only {:.0%} of it lies away from other bone and from marrow",
    ),
    Sign(
        "thickness_mm",
        4.25,
        # More than 16 mm is no more of a sign: the heads of bones are as thick. What lies free may well be thin.
        lambda f: math.log(_within(f.thickness_mm, 4, 16) / 12) * (2.0 if joined(f) else 0.25),
        lambda f: f.thickness_mm,
        "{:.0f} mm thick without a cavity, more than a cortex is",
        "{:.0f} mm thick, as a cortex may be",
    ),
    Sign(
        "core_hu",
        3.45,
        lambda f: math.log(_within(f.core_hu, 200, 900) / 400),
        lambda f: f.core_hu,
        "its inside has {:.0f} HU, more than spongy bone has",
        "its inside has {:.0f} HU, as spongy bone has",
    ),
    Sign(
        "rim",
        -4.2,
        lambda f: _within(f.rim, 0.9, 1.8) - 0.9,
        lambda f: f.rim,
        "its rim has {:.2f} times the attenuation of its inside: no cortex",
        "its rim has {:.2f} times the attenuation of its inside, as a cortex round spongy bone has",
    ),
    Sign(
        "bridge",
        -4.25,
        lambda f: _within(f.bridge, 0.3, 1),
        lambda f: f.bridge,
        "the widest way from it into another dense part is {:.0%} of its thickness",
        "the widest way from it into another dense part is {:.0%} of its thickness, as within a bone",
    ),
    Sign(
        "neighbor_share",
        -3.0,
        lambda f: _within(f.neighbor_share, 0, 0.4),
        lambda f: f.neighbor_share,
        "{:.0%} of its surface goes over into other dense parts",
        "{:.0%} of its surface goes over into other dense parts, as within a bone",
    ),
    Sign(
        "slenderness",
        -1.3,
        lambda f: _within(f.slenderness, 1.4, 6.5) - 1.4,
        lambda f: f.slenderness,
        "it is compact (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
        "it is long or flat for its thickness (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
    ),
    Sign(
        "cut_share",
        -6.2,
        lambda f: _within(f.cut_share, 0, 0.4),
        lambda f: f.cut_share,
        "{:.0%} of its surface is the end of the image",
        "it runs out of the image with {:.0%} of its surface, as bones do",
    ),
    Sign(
        "spread",
        -5.0,
        lambda f: _within(f.spread, 0, 0.4),
        lambda f: f.spread,
        "its inside is even (spread {:.2f} of its median)",
        "its inside is uneven (spread {:.2f} of its median), as trabeculae are",
    ),
)


def judge(features: Features, settings: Settings, *, contrast_agent: bool = False) -> Judgement:
    """Judge one part.

    Parameters
    ----------
    features
        What is seen of it.
    settings
        `mass_probability`, `review_probability`.
    contrast_agent
        The header says that contrast agent was given.
    """
    evidence = tuple(_evidence(sign, features) for sign in SIGNS)
    probability = _logistic(BASE_LOG_ODDS + sum(one.log_odds for one in evidence))
    plain = _plainly(features, contrast_agent)
    if plain is not None:
        tissue, confidence, value, sentence = plain
        plainly = Evidence(tissue.value, value, 0.0, sentence)
        return Judgement(tissue, confidence, probability, (plainly, *evidence))
    if probability >= settings.mass_probability:
        return Judgement(Tissue.CALCIFIED_MASS, probability, probability, evidence)
    if probability >= settings.review_probability:
        return Judgement(Tissue.UNKNOWN, probability, probability, evidence)
    return Judgement(Tissue.BONE, 1 - probability, probability, evidence)


def _evidence(sign: Sign, features: Features) -> Evidence:
    log_odds, value = sign.weight * sign.read(features), sign.value(features)
    sentence = sign.speaks_for if log_odds >= -0.1 else sign.speaks_against
    return Evidence(sign.name, value, log_odds, sentence.format(value))


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-_within(log_odds, -30, 30)))


MOSTLY = 0.5
UNDECIDED = 0.5
HIGHEST_CALCIFICATION_HU = 1500
METAL_SHARE = 0.05
"""Blur takes the rim of metal below its attenuation; dental enamel reaches metal's in single voxels only."""

LARGEST_VESSEL_MM = 10.0
"""Vascular calcification has a caliber below 1 cm."""

LONG = 3.7
"""Slenderness of a tube about 13 times as long as its radius."""

FLUID_HU = (-20.0, 90.0)
EVEN_FLUID_HU = 45.0
"""A fluid is as even as the noise of a CT; fat is below it, and trabeculae make marrow uneven."""

EVEN = 0.05
HIGHEST_CONTRAST_HU = 600.0


def _plainly(features: Features, contrast_agent: bool) -> tuple[Tissue, float, float, str] | None:
    """Tell what is seen at once, whatever its shape."""
    f = features
    if f.outside_share > MOSTLY:
        return Tissue.OUTSIDE, f.outside_share, f.outside_share, f"{f.outside_share:.0%} of it lies outside the body"
    if f.circle_share > MOSTLY and f.core_hu > HIGHEST_CALCIFICATION_HU:
        share = f.circle_share
        return Tissue.ARTIFACT, share, share, f"{share:.0%} of it lies on the circle that bounds the image"
    if f.metal_share > METAL_SHARE:
        return Tissue.METAL, 0.95, f.metal_share, f"{f.metal_share:.0%} of it is as dense as metal"
    if _is_shell_of_fluid(f):
        sentence = f"a closed shell round a fluid of {f.cavity_hu:.0f} HU: a hollow calcification, or a small bone"
        return Tissue.UNKNOWN, UNDECIDED, f.cavity_hu or 0.0, sentence
    tubular = f.slenderness > LONG and not joined(f)
    even = f.spread < EVEN and f.rim < 1.1 and f.core_hu < HIGHEST_CONTRAST_HU and not joined(f)
    if even and f.thickness_mm > 4 and (tubular or contrast_agent):
        return Tissue.CONTRAST, 0.7, f.spread, "as even as a fluid, and a tube or in a scan with contrast agent"
    if tubular and f.thickness_mm < LARGEST_VESSEL_MM:
        return Tissue.OTHER_CALCIFICATION, 0.6, f.slenderness, "long and thin, as in the wall of a vessel"
    return None


def _is_shell_of_fluid(f: Features) -> bool:
    if f.cavity_hu is None or f.cavity_spread_hu is None or f.neighbor_share > 0.02 or f.cut_share > 0.02:
        return False
    return FLUID_HU[0] <= f.cavity_hu <= FLUID_HU[1] and f.cavity_spread_hu < EVEN_FLUID_HU
