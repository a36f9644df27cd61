"""Two stacks of one patient at two dates: motions, links, and the change of each mass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge import find_edge
from calcimeasure.measure import measure
from calcimeasure.model import Laterality
from calcimeasure.model.follow import Change, ChangeSource, LinkState, Motion, Sizes
from calcimeasure.study.follow.bone import bone_factor
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.look import look_at
from calcimeasure.study.follow.matching import match, placed
from calcimeasure.study.follow.motion import Fit, Registration
from calcimeasure.study.follow.paired import Dated, paired_change
from calcimeasure.study.follow.verdict import paired_u95_ml, volumes_u95_ml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Lesion, Measurements, Volume
    from calcimeasure.settings import MeasureSettings
    from calcimeasure.study.follow.look import Look
    from calcimeasure.study.follow.matching import Match, Placed
    from calcimeasure.study.follow.paired import Paired


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """A stack with what lies in it.

    Parameters
    ----------
    volume
        The stack.
    masses
        The masses to follow.
    others
        Further lesions, which registration does not look at.
    shows_midline
        Whether left and right are told by the body itself, so that the other limb cannot be taken for this one.
    """

    volume: Volume
    masses: tuple[Lesion, ...]
    others: tuple[Lesion, ...] = ()
    shows_midline: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A mass at two dates.

    Parameters
    ----------
    prior, current
        Its lesions.
    state, confidence
        What became of it, and how sure that is.
    before, after
        Its sizes; None where it is not.
    change
        What changed; None where nothing was compared.
    motion
        Its motion; None where none carries.
    paired
        Both images laid on each other; None where they were not subtracted.
    """

    prior: tuple[Lesion, ...]
    current: tuple[Lesion, ...]
    state: LinkState
    confidence: float
    before: Sizes | None = None
    after: Sizes | None = None
    change: Change | None = None
    motion: Motion | None = None
    paired: Paired | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What was found between two stacks.

    Parameters
    ----------
    whole
        The best motion of the whole body.
    local
        The motion of the neighborhood of each prior lesion, by Tracking UID, where the whole does not carry.
    masses
        Every mass of both dates.
    """

    whole: Motion | None
    local: dict[str, Motion]
    masses: tuple[Followed, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Motions that were found between the same images before: of the whole, and by Tracking UID of prior lesions."""

    whole: Motion | None = None
    local: Mapping[str, Motion] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Motions:
    """The best motion of the whole body, the same if it carries, and that of each prior lesion."""

    whole: Fit | None
    carrying: Fit | None
    own: list[Fit | None]


def compare(prior: Day, current: Day, settings: MeasureSettings, kept: Kept | None = None) -> Compared:
    """Compare two stacks.

    Parameters
    ----------
    prior, current
        The stacks of two dates, of at least two slices each.
    settings
        The settings that both are measured with.
    kept
        Motions between the same images; nothing is registered again where they tell the motion of each prior lesion.

    Returns
    -------
    Compared
        Each mass once. Nothing is said of a mass whose motion is not certain, or that may lie in the other limb.
    """
    looks = tuple(look_at(day.volume, [one.outline for one in (*day.masses, *day.others)]) for day in (prior, current))
    places = tuple(
        [placed(one.outline, day.volume.geometry, _side_of(one)) for one in day.masses] for day in (prior, current)
    )
    motions = _motions_of(kept, prior) if kept else None
    if motions is None:
        motions = _registered(looks, places, may_be_mirrored=not (prior.shows_midline and current.shows_midline))
    found = match((looks[0], looks[1]), places[0], places[1], motions.own, motions.carrying)
    local = {
        mass.tracking_uid: _motion(fit, is_local=True)
        for mass, fit in zip(prior.masses, motions.own, strict=True)
        if fit is not None and fit is not motions.whole
    }
    masses = tuple(_followed(one, (prior, current), (looks[0], looks[1]), settings) for one in found)
    whole = None if motions.whole is None else _motion(motions.whole, is_local=False)
    # A motion that may be that of the other limb does not carry, whatever bone says.
    if whole is not None and motions.carrying is None:
        whole = replace(whole, carries=False)
    return Compared(whole, local, masses)


def _registered(looks: tuple[Look, ...], places: tuple[Sequence[Placed], ...], *, may_be_mirrored: bool) -> _Motions:
    """Find the motions between two stacks."""
    registration = Registration(looks[0], looks[1], (_middles(places[0]), _middles(places[1])))
    fits = registration.whole()
    whole = fits[0] if fits else None
    carrying = whole if whole is not None and whole.carries else None
    own: list[Fit | None] = [carrying or registration.near(one.middle_lps_mm, fits) for one in places[0]]
    if may_be_mirrored and _may_be_the_other_limb(registration, carrying, own):
        return _Motions(whole, None, [None] * len(own))
    return _Motions(whole, carrying, own)


def _motions_of(kept: Kept, prior: Day) -> _Motions | None:
    """Give the kept motions if they tell that of each prior lesion."""
    whole = None if kept.whole is None else Fit.of(kept.whole)
    if whole is not None and whole.carries:
        return _Motions(whole, whole, [whole] * len(prior.masses))
    local = [kept.local[mass.tracking_uid] for mass in prior.masses if mass.tracking_uid in kept.local]
    if not local or len(local) < len(prior.masses):
        return None
    return _Motions(whole, None, [Fit.of(one) for one in local])


def _side_of(lesion: Lesion) -> Laterality:
    return lesion.side.laterality if lesion.side else Laterality.UNKNOWN


def _middles(places: Sequence[Placed]) -> NDArray[np.float64]:
    return np.array([one.middle_lps_mm for one in places]).reshape(-1, 3)


def _may_be_the_other_limb(registration: Registration, whole: Fit | None, own: Sequence[Fit | None]) -> bool:
    """Tell whether the mirror image of the prior body is about as alike to the current one as the body itself."""
    if whole is not None and whole.similarity >= FOLLOW.surely_similar:
        return False
    carrying = [fit.similarity for fit in own if fit is not None and fit.carries]
    if not carrying:
        return False
    return registration.mirrored_similarity() > min(carrying) - FOLLOW.mirror_margin


def _motion(fit: Fit, *, is_local: bool) -> Motion:
    rows = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in fit.matrix)
    return Motion(rows, fit.bone_share, fit.similarity, is_local, fit.carries)


def _followed(one: Match, days: tuple[Day, Day], looks: tuple[Look, Look], settings: MeasureSettings) -> Followed:
    ones, others = ([day.masses[n] for n in some] for day, some in zip(days, (one.prior, one.current), strict=True))
    before, after = (
        dated(day.volume, lesions, settings) if lesions else None
        for day, lesions in zip(days, (ones, others), strict=True)
    )
    change, paired = None, None
    if before is not None and after is not None and one.state.is_linked and one.fit is not None:
        notices = _notices(days[0].volume, days[1].volume)
        bone = None
        if "kvp_differs" in notices and one.body is not None:
            bone = bone_factor(looks, one.body.matrix, np.array(before[1].centroid_lps_mm))
        paired = paired_change(before[0], after[0], one.fit.matrix, bone)
        change = _change(before, after, paired, notices)
    return Followed(
        prior=tuple(ones),
        current=tuple(others),
        state=one.state,
        confidence=one.confidence,
        before=before and _sized(before[1]),
        after=after and _sized(after[1]),
        change=change,
        motion=None if one.fit is None else _motion(one.fit, is_local=True),
        paired=paired,
    )


def dated(volume: Volume, lesions: Sequence[Lesion], settings: MeasureSettings) -> tuple[Dated, Measurements]:
    """Measure lesions of a stack as one mass.

    Parameters
    ----------
    volume, lesions
        The stack, and at least one lesion in it.
    settings
        The settings that it is measured with.

    Returns
    -------
    tuple
        The mass with its edge, and its measurements.
    """
    first, *rest = (one.outline for one in lesions)
    outline = first.union(*rest) if rest else first
    numbers = measure(volume, outline, settings)
    edge = find_edge(volume, outline, settings)
    return Dated(volume, outline, edge, numbers.known_volume_ml or 0.0), numbers


def _sized(numbers: Measurements) -> Sizes:
    return Sizes(
        volume_ml=numbers.known_volume_ml,
        volume_u95_ml=numbers.volume_u95_ml,
        diameter_mm=numbers.largest_mm,
        mean_hu=numbers.mean_hu,
        truncated=numbers.truncated,
    )


def _notices(prior: Volume, current: Volume) -> tuple[str, ...]:
    """Tell what differs between the images."""
    ones, others = prior.stack, current.stack
    told = {
        "kvp_differs": ones.kvp != others.kvp,
        "kernel_differs": ones.convolution_kernel != others.convolution_kernel,
        "contrast_differs": ones.contrast_agent != others.contrast_agent,
        "position_differs": ones.patient_position != others.patient_position,
    }
    return tuple(name for name, differs in told.items() if differs)


def _change(
    before: tuple[Dated, Measurements],
    after: tuple[Dated, Measurements],
    paired: Paired | None,
    notices: tuple[str, ...],
) -> Change:
    """Take the paired change; where the images give none, the difference of both volumes."""
    (prior, numbers), (current, now) = before, after
    difference_ml = current.volume_ml - prior.volume_ml
    has_level = bool(numbers.fluid_level or now.fluid_level)
    paired_ml = None if paired is None else paired.change_ml
    if paired is None or (has_level and "position_differs" in notices):
        u95_ml = volumes_u95_ml(numbers.volume_u95_ml or prior.volume_ml, now.volume_u95_ml or current.volume_ml)
        if not (prior.edge.follows_outline and current.edge.follows_outline):
            # Such an outline holds bone at one date and not at the other: its volumes carry no difference.
            u95_ml = max(u95_ml, prior.volume_ml, current.volume_ml)
        return Change(difference_ml, u95_ml, ChangeSource.VOLUMES, paired_ml, notices=notices)
    kvp = FOLLOW.repeat_kvp if paired.bone is None else FOLLOW.repeat_kvp_bone
    factors = [
        factor for name, factor in (("kvp_differs", kvp), ("kernel_differs", FOLLOW.repeat_kernel)) if name in notices
    ]
    is_thin = paired.deep_voxels == 0
    is_ruled = not (prior.edge.follows_outline and current.edge.follows_outline)
    widths = (*factors, FOLLOW.repeat_ruled) if is_ruled else tuple(factors)
    u95_ml = paired_u95_ml(prior.volume_ml, paired.area_mm2, is_thin=is_thin, factors=widths)
    bone_ml = paired.bone_ml * paired.bone.spread / paired.bone.ratio if paired.bone else 0.0
    u95_ml = math.hypot(
        u95_ml, FOLLOW.width_95 * math.hypot(bone_ml, _tissue_ml(paired, "contrast_differs" in notices))
    )
    apart_ml = abs(paired.change_ml - difference_ml)
    if apart_ml > max(u95_ml, FOLLOW.conflict_share * prior.volume_ml):
        notices = (*notices, "volumes_disagree")
    # Density can be compared at one kVp and kernel only.
    is_comparable = not factors and paired.density_ratio is not None
    share = FOLLOW.repeat_thin_share if is_thin else FOLLOW.repeat_share
    return Change(
        change_ml=paired.change_ml,
        u95_ml=u95_ml,
        source=ChangeSource.PAIRED,
        paired_ml=paired.change_ml,
        density_percent=100 * ((paired.density_ratio or 1.0) - 1) if is_comparable else None,
        density_u95_percent=100 * FOLLOW.width_95 * share if is_comparable else None,
        notices=notices,
    )


def _tissue_ml(paired: Paired, contrast_differs: bool) -> float:
    """Give the standard deviation that the tissue next to a mass adds: it is neither even, nor always the same."""
    weight = abs(1 / (paired.density_ratio or 1.0) - 1)
    hu = math.hypot(FOLLOW.repeat_tissue_hu * weight, FOLLOW.repeat_contrast_hu if contrast_differs else 0.0)
    return hu * paired.tissue_ml / paired.height_hu
