"""Agreement of words and of detection.

Definitions: kappa, unweighted (Cohen, Educ Psychol Meas 1960;20:37, doi 10.1177/001316446002000104); positive agreement
(Cicchetti and Feinstein, J Clin Epidemiol 1990;43:551, doi 10.1016/0895-4356(90)90159-M). Detection has no kappa: the
places where both readings saw nothing cannot be counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def kappa(ones: Sequence[str], others: Sequence[str]) -> float:
    """Compute Cohen's kappa; not a number if both readings have one and the same word throughout, or none."""
    sums = word_sums(ones, others)
    return float(kappa_of(sums.sum(axis=0))) if len(sums) else float("nan")


def word_sums(ones: Sequence[str], others: Sequence[str]) -> Array:
    """Give the place of each pair in the square table of words: (n, words * words), 1 in one column of each row."""
    words = {word: number for number, word in enumerate(sorted({*ones, *others}))}
    count = len(words)
    rows = np.zeros((len(ones), count * count))
    places = [words[one] * count + words[other] for one, other in zip(ones, others, strict=True)]
    rows[np.arange(len(ones)), places] = 1.0
    return rows


def kappa_of(sums: Array) -> Array:
    """Compute kappa from square tables (..., words * words)."""
    count = round(sums.shape[-1] ** 0.5)
    table = sums.reshape(*sums.shape[:-1], count, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = table / table.sum(axis=(-2, -1), keepdims=True)
        same = np.trace(table, axis1=-2, axis2=-1)
        expected = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1)
        # Rounding must not make a kappa of what leaves no room for chance.
        return np.where(1 - expected > 1e-12, (same - expected) / (1 - expected), np.nan)


def same_of(sums: Array) -> Array:
    """Compute the share of pairs with the same word from square tables (..., words * words)."""
    count = round(sums.shape[-1] ** 0.5)
    table = sums.reshape(*sums.shape[:-1], count, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.trace(table, axis1=-2, axis2=-1) / table.sum(axis=(-2, -1)))


def positive_agreement_of(sums: Array) -> Array:
    """Compute the positive agreement from counts (..., 3): found by both, by the first alone, by the second alone."""
    both, first, second = sums[..., 0], sums[..., 1], sums[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2 * both / (2 * both + first + second))


def mean_of(sums: Array) -> Array:
    """Compute a mean from sums (..., 2): 1, value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 1] / sums[..., 0])
