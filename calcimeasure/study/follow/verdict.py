"""Whether a change is beyond the error of measuring between two dates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model.follow import ChangeSource, Verdict
from calcimeasure.study.follow.constants import FOLLOW

if TYPE_CHECKING:
    from calcimeasure.model.follow import Change

DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Judged:
    """A change with its verdict.

    Parameters
    ----------
    verdict
        What it is.
    reason
        A key of `calcimeasure.codes.CHANGE_REASONS`; None unless the verdict is not_assessable.
    """

    verdict: Verdict
    reason: str | None = None


def judge(change: Change | None, prior_ml: float | None, reason: str | None = None) -> Judged:
    """Judge a change.

    Parameters
    ----------
    change
        The change; None where nothing could be compared.
    prior_ml
        Volume of the mass at the prior date.
    reason
        Why nothing can be said, whatever the change.

    Returns
    -------
    Judged
        Grown or shrunk: the whole interval lies on one side of 0, and the estimate beyond the repeatability limit.
        Stable: the whole interval lies within the share `FOLLOW.stable_share` of the prior volume. Else not assessable.
    """
    if reason is not None or change is None or not prior_ml:
        return Judged(Verdict.NOT_ASSESSABLE, reason or "not_compared")
    low, high = change.change_ml - change.u95_ml, change.change_ml + change.u95_ml
    limit_ml = FOLLOW.width_95 * FOLLOW.repeat_share * prior_ml
    if (low > 0 or high < 0) and abs(change.change_ml) > limit_ml:
        return Judged(Verdict.GROWN if low > 0 else Verdict.SHRUNK)
    if max(abs(low), abs(high)) <= FOLLOW.stable_share * prior_ml:
        return Judged(Verdict.STABLE)
    return Judged(Verdict.NOT_ASSESSABLE, "too_uncertain")


def paired_u95_ml(prior_ml: float, area_mm2: float, *, is_thin: bool, factors: tuple[float, ...] = ()) -> float:
    """Half-width of the 95 % interval of a paired change between two dates.

    Parameters
    ----------
    prior_ml, area_mm2
        Volume of the mass, and surface of both outlines together.
    is_thin
        Whether the calcium is too thin to show its density.
    factors
        By which it is wider, because kVp or kernel differ.
    """
    share = FOLLOW.repeat_thin_share if is_thin else FOLLOW.repeat_share
    layer_ml = FOLLOW.repeat_layer_mm * area_mm2 / 1000
    return FOLLOW.width_95 * math.hypot(share * prior_ml, layer_ml) * math.prod(factors)


def volumes_u95_ml(prior_u95_ml: float, current_u95_ml: float) -> float:
    """Half-width of the 95 % interval of the difference of two volumes that were measured one by one."""
    return FOLLOW.repeat_fault * math.hypot(prior_u95_ml, current_u95_ml)


def percent(change_ml: float, prior_ml: float | None) -> float | None:
    """Give a change in percent of the prior volume."""
    return 100 * change_ml / prior_ml if prior_ml else None


def per_year(change: float, days: int) -> float | None:
    """Scale a change to a year; None over less than `FOLLOW.shortest_year_days`."""
    return change * DAYS_OF_A_YEAR / days if days >= FOLLOW.shortest_year_days else None


def doubling_days(change: Change, prior_ml: float | None, days: int) -> float | None:
    """Give the days in which the volume doubles (negative: halves); None unless the change is beyond its error."""
    if not prior_ml or days <= 0 or abs(change.change_ml) <= change.u95_ml or prior_ml + change.change_ml <= 0:
        return None
    return days * math.log(2) / math.log1p(change.change_ml / prior_ml)


def is_paired(change: Change | None) -> bool:
    """Tell whether a change was measured on both images laid on each other."""
    return change is not None and change.source is ChangeSource.PAIRED
