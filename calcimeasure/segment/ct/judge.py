"""From features to tissue: evidence for a calcified mass, for bone, and for other tissues."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.model import Evidence, Tissue
from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from calcimeasure.segment.ct.constants import Sign
    from calcimeasure.segment.ct.features import Features
    from calcimeasure.segment.ct.solids import WholeFeatures
    from calcimeasure.settings import MeasureSettings


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judged tissue, the probability that it is right, the probability of a calcified mass, and the evidence."""

    tissue: Tissue
    confidence: float
    mass_probability: float
    evidence: tuple[Evidence, ...]


def joined(features: Features | WholeFeatures) -> bool:
    """Tell whether a part continues into marrow, into another part, or beyond the image."""
    return features.neighbor_share + features.marrow_share + features.cut_share > CT.least_contact


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def read(sign: Sign, features: Features | WholeFeatures) -> float:
    """Return the value of a sign for a part, in units of the sign; 0 if it is no evidence."""
    value = _within(getattr(features, sign.name), *sign.limits)
    told = math.log(value / sign.origin) if sign.is_logarithmic else value - sign.origin
    return told * (sign.if_joined if joined(features) else sign.if_free)


def is_undecided(features: Features, *, contrast_agent: bool = False) -> bool:
    """Tell whether the signs of a part leave open what it is, so that the network has to look at it."""
    return _by_signs(features, _PARTS) >= CT.decided_log_odds and _plainly(features, contrast_agent) is None


def is_undecided_whole(features: WholeFeatures) -> bool:
    """Tell whether the signs of a solid of several pieces leave open what it is."""
    return _by_signs(features, _WHOLES) >= CT.decided_log_odds and features.volume_mm3 >= CT.smallest_whole_mm3


def is_bone(tissue: Tissue, said: float | None) -> bool:
    """Tell whether the network (log odds; None if it did not look), too, takes for bone what the signs take for it."""
    return tissue is Tissue.BONE and said is not None and said < CT.bone_log_odds


def judge(
    features: Features, settings: MeasureSettings, *, contrast_agent: bool = False, looked: float | None = None
) -> Judgement:
    """Judge one part.

    Parameters
    ----------
    features
        The features of the part.
    settings
        `mass_probability`, `review_probability`.
    contrast_agent
        Whether the header says that contrast agent was given.
    looked
        What the network said of it, log odds; None if it was not looked at.
    """
    evidence, seen_log_odds, probability = _weighed(features, looked, _PARTS)
    plain = _plainly(features, contrast_agent)
    if plain is not None:
        tissue, confidence, value, sentence = plain
        plainly = Evidence(tissue.value, value, 0.0, sentence)
        return Judgement(tissue, confidence, probability, (plainly, *evidence))
    if probability >= settings.mass_probability:
        return Judgement(Tissue.CALCIFIED_MASS, probability, probability, evidence)
    if _logistic(seen_log_odds) >= settings.review_probability:  # what is missing makes no mass a bone
        return Judgement(Tissue.UNKNOWN, probability, probability, evidence)
    return Judgement(Tissue.BONE, 1 - probability, probability, evidence)


def judge_whole(features: WholeFeatures, settings: MeasureSettings, *, looked: float | None = None) -> Judgement:
    """Judge a solid of several pieces: a calcified mass, or something else that its pieces are judged for.

    Parameters
    ----------
    features
        The features of the solid.
    settings
        `mass_probability`.
    looked
        What the network said of it, log odds; None if it was not looked at: then it is no mass.
    """
    evidence, _, probability = _weighed(features, looked, _WHOLES)
    needed = max(settings.mass_probability, CT.sure_whole if joined(features) else CT.sure_free_whole)
    is_mass = looked is not None and probability >= needed and features.volume_mm3 >= CT.smallest_whole_mm3
    tissue = Tissue.CALCIFIED_MASS if is_mass else Tissue.UNKNOWN
    return Judgement(tissue, probability, probability, evidence)


@dataclass(frozen=True, slots=True)
class _Weights:
    """What parts, or solids of several pieces, are judged with; see `CT`.

    Parameters
    ----------
    signs
        The signs.
    base_log_odds, looked_base_log_odds
        Where no sign speaks: without the network, and with it.
    network_weight
        Of what the network says.
    half_missing
        Share of the surface that is the end of the image where at least half is missing.
    """

    signs: tuple[Sign, ...]
    base_log_odds: float
    looked_base_log_odds: float
    network_weight: float
    half_missing: float


_PARTS: Final = _Weights(CT.signs, CT.base_log_odds, CT.looked_base_log_odds, CT.network_weight, CT.cut_at_middle)
_WHOLES: Final = _Weights(
    CT.whole_signs, CT.whole_base_log_odds, CT.looked_whole_base_log_odds, CT.whole_network_weight, CT.whole_cut
)


def _by_signs(features: Features | WholeFeatures, weights: _Weights) -> float:
    return weights.base_log_odds + math.fsum(sign.weight * read(sign, features) for sign in weights.signs)


def _weighed(
    features: Features | WholeFeatures, looked: float | None, weights: _Weights
) -> tuple[tuple[Evidence, ...], float, float]:
    """Return the evidence, the log odds of what is seen, and the probability of a mass with what is missing."""
    if looked is None:
        base = weights.base_log_odds
        seen = tuple(_evidence(sign, features, sign.weight) for sign in weights.signs)
    else:
        base, seen = weights.looked_base_log_odds, _looked_at(features, looked, weights)
    seen_log_odds = base + sum(one.log_odds for one in seen)
    evidence = (*seen, *_missing(features.cut_share, weights.half_missing, seen_log_odds))
    return evidence, seen_log_odds, _logistic(base + sum(one.log_odds for one in evidence))


def _looked_at(features: Features | WholeFeatures, looked: float, weights: _Weights) -> tuple[Evidence, ...]:
    """Give what the network said as evidence, before the signs with the weights that they have beside it."""
    likely = _logistic(looked)
    sentence = f"the network takes it for a calcified mass with {likely:.0%}, by how it and its surroundings look"
    network = Evidence("surroundings", likely, weights.network_weight * looked, sentence)
    return (network, *(_evidence(sign, features, sign.looked_weight) for sign in weights.signs if sign.looked_weight))


def _evidence(sign: Sign, features: Features | WholeFeatures, weight: float) -> Evidence:
    log_odds, value = weight * read(sign, features), getattr(features, sign.name)
    sentence = sign.speaks_for if log_odds >= CT.says_nothing else sign.speaks_against
    return Evidence(sign.name, value, log_odds, sentence.format(value))


def _missing(cut_share: float, half_missing: float, seen_log_odds: float) -> tuple[Evidence, ...]:
    """Give what lies beyond the end of the image as evidence: it is bone or mass with even odds.

    Parameters
    ----------
    cut_share
        Share of the surface that is the end of the image.
    half_missing
        The share at which at least half of the part is missing.
    seen_log_odds
        The logarithm of the odds by what is seen.
    """
    missing = min(cut_share / half_missing, 1.0)
    if missing <= 0:
        return ()
    held = _logistic(seen_log_odds) * (1 - missing / 2)
    sentence = f"{missing / 2:.0%} of it or more may lie beyond the end of the image, where it may be bone"
    return (Evidence("missing", missing / 2, math.log(held / (1 - held)) - seen_log_odds, sentence),)


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-_within(log_odds, -30, 30)))


def _plainly(features: Features, contrast_agent: bool) -> tuple[Tissue, float, float, str] | None:
    """Give a tissue that a few features prove, without weighting the signs; None if there is no such proof."""
    f = features
    if f.outside_share > CT.mostly:
        return Tissue.OUTSIDE, f.outside_share, f.outside_share, f"{f.outside_share:.0%} of it lies outside the body"
    if f.circle_share > CT.mostly and f.core_hu > CT.highest_calcification_hu:
        share = f.circle_share
        return Tissue.ARTIFACT, share, share, f"{share:.0%} of it lies on the circle that bounds the image"
    if f.metal_share > CT.metal_share:
        return Tissue.METAL, CT.metal_confidence, f.metal_share, f"{f.metal_share:.0%} of it is as dense as metal"
    if _is_shell_of_fluid(f):
        sentence = f"a closed shell round a fluid of {f.cavity_hu:.0f} HU: a hollow calcification, or a small bone"
        return Tissue.UNKNOWN, CT.undecided, f.cavity_hu or 0.0, sentence
    return _vessel_or_contrast(f, contrast_agent)


def _vessel_or_contrast(f: Features, contrast_agent: bool) -> tuple[Tissue, float, float, str] | None:
    """Tell contrast agent and walls of vessels, by their evenness and their shape."""
    tubular = f.slenderness > CT.long and not joined(f)
    if _is_even_as_fluid(f) and f.thickness_mm > CT.thinnest_even_mm and (tubular or contrast_agent):
        return (
            Tissue.CONTRAST,
            CT.contrast_confidence,
            f.spread,
            "as even as a fluid, and a tube or in a scan with contrast agent",
        )
    if tubular and f.thickness_mm < CT.largest_vessel_mm:
        return (
            Tissue.OTHER_CALCIFICATION,
            CT.vessel_confidence,
            f.slenderness,
            "long and thin, as in the wall of a vessel",
        )
    return None


def _is_even_as_fluid(f: Features) -> bool:
    return f.spread < CT.even and f.rim < CT.even_rim and f.core_hu < CT.highest_contrast_hu and not joined(f)


def _is_shell_of_fluid(f: Features) -> bool:
    if f.cavity_hu is None or f.cavity_spread_hu is None or max(f.neighbor_share, f.cut_share) > CT.least_contact:
        return False
    return CT.fluid_hu[0] <= f.cavity_hu <= CT.fluid_hu[1] and f.cavity_spread_hu < CT.even_fluid_hu
