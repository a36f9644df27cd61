"""The change of scores from the first date, judged by the limits of the user's table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from calcimeasure.model.score import NotJudged, ScoreChange, ScoreVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.model.score import ChangeLimits, Score

_DAYS_OF_A_YEAR = 365.25


def changes_of(scores: Iterable[Score], limits: ChangeLimits | None) -> list[ScoreChange]:
    """Compare each score of a patient and reader with the first one.

    Parameters
    ----------
    scores
        Of all patients and readers.
    limits
        From which change on it counts; None if no change is judged.
    """
    by_reader: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for one in scores:
        by_reader[one.patient_key, one.reader].append(one)
    found = []
    for some in by_reader.values():
        first, *later = sorted(some, key=lambda one: one.days)
        found += [_change(first, one, limits) for one in later]
    return found


def _change(first: Score, current: Score, limits: ChangeLimits | None) -> ScoreChange:
    percent = _percent(first, current, limits)
    reason = _why_not(first, current, limits)
    verdict = ScoreVerdict.NOT_EVALUABLE
    if reason is None and limits is not None:
        verdict = _verdict(first, current, percent, limits)
    return ScoreChange(
        current.patient_key,
        current.reader,
        current.table,
        current.days,
        first.score,
        current.score,
        percent,
        verdict,
        reason,
    )


def _percent(first: Score, current: Score, limits: ChangeLimits | None) -> float | None:
    if not first.score or current.score is None or not current.days:
        return None
    percent = 100.0 * (current.score - first.score) / first.score
    return percent * _DAYS_OF_A_YEAR / current.days if limits is not None and limits.per_year else percent


def _why_not(first: Score, current: Score, limits: ChangeLimits | None) -> NotJudged | None:
    if limits is None:
        return NotJudged.NO_LIMITS
    if first.score is None or current.score is None:
        return NotJudged.REGIONS_MISSING
    if current.days < limits.minimum_days:
        return NotJudged.TOO_SHORT
    if not first.score and current.score and limits.from_zero is None:
        return NotJudged.FROM_ZERO
    return None


def _verdict(first: Score, current: Score, percent: float | None, limits: ChangeLimits) -> ScoreVerdict:
    if not first.score:
        now = current.score or 0.0
        has_begun = now > 0 and now >= (limits.from_zero or 0.0)
        return ScoreVerdict.PROGRESSION if has_begun else ScoreVerdict.STABLE
    if percent is None:
        return ScoreVerdict.STABLE
    if percent > limits.progression_percent:
        return ScoreVerdict.PROGRESSION
    return ScoreVerdict.IMPROVEMENT if percent < limits.improvement_percent else ScoreVerdict.STABLE
