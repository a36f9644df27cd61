"""What the changes of its masses mean for a patient: three named responses, side by side.

`interval`: the change of the patient's summed volume against its 95 % interval. `percent`: 25 % a year of the summed
volume, from 180 days on; validated for hand scores of films only. `diameters`: the sum of at most five diameters of
10 mm or more, as RECIST 1.1 has it (Eisenhauer et al., Eur J Cancer 2009;45(2):228, doi 10.1016/j.ejca.2008.10.026):
-30 % from the baseline, +20 % and 5 mm from the nadir, whatever dates are compared. A new mass is progression in all
three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model.follow import LinkState, Response
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.verdict import per_year

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class MassChange:
    """What a response needs of a mass between two dates.

    Parameters
    ----------
    state
        What became of the mass.
    prior_ml, current_ml
        Its volume at both dates; None where it is not there or not known.
    change_ml, u95_ml
        Its change and the half-width; None where it is not assessable.
    """

    state: LinkState
    prior_ml: float | None = None
    current_ml: float | None = None
    change_ml: float | None = None
    u95_ml: float | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """The change of the summed volume; u95 is None if any mass is not evaluable."""

    prior_ml: float
    change_ml: float
    u95_ml: float
    new: int
    gone: int
    not_evaluable: int

    @property
    def is_evaluable(self) -> bool:
        """Whether every mass of both dates counts in the sum."""
        return self.not_evaluable == 0


def total(changes: Sequence[MassChange]) -> Total:
    """Sum the changes of all masses that count; removed ones leave the sum."""
    counted = [one for one in changes if one.state is not LinkState.REMOVED]
    known = [one for one in counted if one.change_ml is not None and one.u95_ml is not None]
    return Total(
        prior_ml=math.fsum(one.prior_ml or 0.0 for one in known),
        change_ml=math.fsum(one.change_ml or 0.0 for one in known),
        u95_ml=math.sqrt(math.fsum((one.u95_ml or 0.0) ** 2 for one in known)),
        new=sum(one.state is LinkState.NEW for one in counted),
        gone=sum(one.state is LinkState.GONE for one in counted),
        not_evaluable=len(counted) - len(known),
    )


def by_interval(summed: Total) -> Response:
    """Judge the summed volume against its interval."""
    if summed.new:
        return Response.PROGRESSION
    if not summed.is_evaluable or not summed.prior_ml:
        return Response.NOT_EVALUABLE
    if summed.change_ml - summed.u95_ml > 0:
        return Response.PROGRESSION
    return Response.RESPONSE if summed.change_ml + summed.u95_ml < 0 else Response.STABLE


def by_percent(summed: Total, days: int) -> Response:
    """Judge the summed volume by percent of a year."""
    if summed.new:
        return Response.PROGRESSION
    if not summed.is_evaluable or not summed.prior_ml or days < FOLLOW.percent_days:
        return Response.NOT_EVALUABLE
    yearly = per_year(100 * summed.change_ml / summed.prior_ml, days)
    if yearly is None:
        return Response.NOT_EVALUABLE
    if yearly >= FOLLOW.percent_year:
        return Response.PROGRESSION
    return Response.RESPONSE if yearly <= -FOLLOW.percent_year else Response.STABLE


def targets(baseline_mm: Sequence[float | None]) -> list[int]:
    """Choose the targets: the indexes of the largest masses of the baseline, at most five of 10 mm or more."""
    large = [(mm, n) for n, mm in enumerate(baseline_mm) if mm is not None and mm >= FOLLOW.target_mm]
    return sorted(n for _, n in sorted(large, key=lambda one: (-one[0], one[1]))[: FOLLOW.most_targets])


def by_diameters(sums_mm: Sequence[float | None], *, has_new: bool) -> Response:
    """Judge the sums of diameters of the targets.

    Parameters
    ----------
    sums_mm
        At each date from the baseline on, the last one is judged; None where a target was not imaged or not found.
    has_new
        Whether a mass is new since the baseline.
    """
    if has_new:
        return Response.PROGRESSION
    *before, last = sums_mm
    baseline = before[0] if before else None
    if last is None or not baseline:
        return Response.NOT_EVALUABLE
    nadir = min(one for one in before if one is not None)
    grown_mm = last - nadir
    if grown_mm >= FOLLOW.grown_diameters_mm and (not nadir or 100 * grown_mm / nadir >= FOLLOW.grown_diameters):
        return Response.PROGRESSION
    is_less = 100 * (last - baseline) / baseline <= FOLLOW.shrunk_diameters
    return Response.RESPONSE if is_less else Response.STABLE
