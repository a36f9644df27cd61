"""The interval of a share."""

from __future__ import annotations

from scipy.stats import binomtest

CONFIDENCE = 0.95


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """Give the 95 % interval of a share by Wilson's score (J Am Stat Assoc 1927;22:209), without continuity correction.

    Parameters
    ----------
    count, total
        Some of how many.

    Returns
    -------
    tuple or None
        Both ends, 0..1; None if there is nobody.

    Examples
    --------
    >>> [round(100 * end, 1) for end in wilson(19, 629)]
    [1.9, 4.7]
    """
    if not total:
        return None
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
