"""Agreement of numbers: intraclass correlation, Bland-Altman, within-subject variation, repeatability.

Definitions: ICC(2,1), two-way random effects, absolute agreement, a single rating (Shrout and Fleiss, Psychol Bull
1979;86:420, doi 10.1037/0033-2909.86.2.420); limits of agreement (Bland and Altman, Lancet 1986;327:307, doi
10.1016/S0140-6736(86)90837-8); within-subject coefficient of variation, root mean square, and repeatability coefficient
(Raunig et al., Stat Methods Med Res 2015;24:27, doi 10.1177/0962280214537344).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.study.agreement.constants import AGREEMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LIMIT: Final = 1.96
"""Of a standard normal distribution, 95 % lie within this distance from its mean."""

REPEATABILITY: Final = LIMIT * math.sqrt(2.0)
"""Two readings of one mass differ by at most this many within-subject standard deviations in 95 %."""


def icc_2_1(ratings: Array) -> float:
    """Compute ICC(2,1).

    Parameters
    ----------
    ratings
        (subjects, raters), at least two of each.

    Returns
    -------
    float
        At most 1; not a number if nothing varies, or if there are fewer than two subjects.
    """
    return float(icc_of_sums(icc_sums(ratings).sum(axis=0), ratings.shape[1]))


def icc_sums(ratings: Array) -> Array:
    """Give what ICC(2,1) needs of each subject, to be summed.

    Parameters
    ----------
    ratings
        (subjects, raters).

    Returns
    -------
    array
        (subjects, raters + 3): 1, the ratings, the square of their mean, the sum of their squares; ratings are less
        their mean over all, which changes no ICC and keeps the precision of the sums.
    """
    centered = ratings - (ratings.mean() if ratings.size else 0.0)
    parts = (np.ones(len(ratings)), *centered.T, centered.mean(axis=1) ** 2, (centered**2).sum(axis=1))
    return np.column_stack(parts)


def icc_of_sums(sums: Array, raters: int) -> Array:
    """Compute ICC(2,1) from sums over subjects (..., raters + 3)."""
    n, columns, squared_means, squares = sums[..., 0], sums[..., 1:-2], sums[..., -2], sums[..., -1]
    k = float(raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = columns.sum(axis=-1) ** 2 / (n * k)
        of_subjects = k * squared_means - correction
        of_raters = (columns**2).sum(axis=-1) / n - correction
        of_error = np.maximum(squares - correction - of_subjects - of_raters, 0.0)
        between = of_subjects / (n - 1)
        raters_square = of_raters / (k - 1)
        error = of_error / ((n - 1) * (k - 1))
        icc = (between - error) / (between + (k - 1) * error + k * (raters_square - error) / n)
    return np.where(n >= 2, icc, np.nan)


def is_skewed(ones: Array, others: Array) -> bool:
    """Tell whether differences are judged on the logarithm: all values are positive, and their distribution is skewed.

    Parameters
    ----------
    ones, others
        (n,) the values of both readings.
    """
    if len(ones) < 3 or min(ones.min(), others.min()) <= 0:
        return False
    means = (ones + others) / 2
    spread = float(means.std())
    return spread > 0 and float(((means - means.mean()) ** 3).mean()) / spread**3 > AGREEMENT.skewed_above


def difference_sums(ones: Array, others: Array) -> Array:
    """Give what the functions below need of each pair (n, 4): 1, difference, its square, its square over the mean's.

    The last one is not a number where a value is not positive: a share of such a value has no meaning.
    """
    difference, mean = others - ones, (ones + others) / 2
    positive = (ones > 0) & (others > 0)
    relative = np.full(len(ones), np.nan)
    relative[positive] = (difference[positive] / mean[positive]) ** 2
    return np.column_stack((np.ones(len(ones)), difference, difference**2, relative))


def bias_of(sums: Array) -> Array:
    """Compute the mean difference, the second reading less the first, from sums (..., 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 1] / sums[..., 0])


def limit_of(sums: Array, sign: float) -> Array:
    """Compute the lower (-1) or upper (+1) limit of agreement from sums (..., 4); not a number below two pairs."""
    n = sums[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = sums[..., 1] / n
        variance = np.maximum(sums[..., 2] - n * bias**2, 0.0) / (n - 1)
        return np.where(n >= 2, bias + sign * LIMIT * np.sqrt(variance), np.nan)


def within_sd_of(sums: Array) -> Array:
    """Compute the within-subject standard deviation of two readings from sums (..., 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(sums[..., 2] / (2 * sums[..., 0])))


def within_cv_of(sums: Array) -> Array:
    """Compute the within-subject coefficient of variation (root mean square, a share) from sums (..., 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(sums[..., 3] / (2 * sums[..., 0])))
