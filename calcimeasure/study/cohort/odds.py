"""A table of two by two: odds ratio with exact interval, Fisher's test; and several tests at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

from calcimeasure.study.cohort.proportion import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

Table = tuple[int, int, int, int]
"""Exposed with and without the outcome, not exposed with and without it."""


@dataclass(frozen=True, slots=True)
class Tested:
    """Odds ratio and test of a table; `ratio` and `high` are None where they are not finite."""

    ratio: float | None
    low: float
    high: float | None
    p: float


def fisher(table: Table) -> Tested | None:
    """Test whether exposure and outcome of a table are independent.

    The odds ratio is the conditional maximum likelihood estimate, its 95 % interval the exact one that belongs to it
    (Cornfield 1956), the p value that of Fisher's exact test, two-sided: the sum of all tables that are no more
    likely.

    Parameters
    ----------
    table
        Four counts.

    Returns
    -------
    Tested or None
        None where a row or column of the table is empty: then there is nothing to compare.

    Examples
    --------
    >>> round(fisher((3, 1, 1, 3)).ratio, 4)
    6.4083
    """
    exposed_with, exposed_without, other_with, other_without = table
    sums = (exposed_with + exposed_without, other_with + other_without)
    sums_down = (exposed_with + other_with, exposed_without + other_without)
    if not all((*sums, *sums_down)):
        return None
    counts = [[exposed_with, exposed_without], [other_with, other_without]]
    found = odds_ratio(counts, kind="conditional")
    interval = found.confidence_interval(CONFIDENCE)
    return Tested(
        _finite(float(found.statistic)),
        float(interval.low),
        _finite(float(interval.high)),
        float(fisher_exact(counts).pvalue),
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values of several tests (Holm, Scand J Stat 1979;6:65).

    Parameters
    ----------
    p_values
        Of all tests.

    Returns
    -------
    list of float
        The adjusted ones, in the same order.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
