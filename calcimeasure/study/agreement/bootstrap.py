"""Intervals by the bootstrap over patients: whole patients are drawn with replacement, with all of their lesions.

Percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), of 95 %.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.study.agreement.constants import AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Interval = tuple[float, float]


def interval(sums: Array, patients: Sequence[str], statistic: Callable[[Array], Array]) -> Interval | None:
    """Compute the 95 % interval of a statistic.

    Parameters
    ----------
    sums
        (n, m) what each lesion adds to the sums that the statistic is computed from.
    patients
        (n,) the patient of each lesion.
    statistic
        Takes sums (..., m), gives the statistic (...); not a number where it is undefined.

    Returns
    -------
    tuple or None
        The ends; None if there are too few patients, or if the statistic is undefined in too many samples.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(patients))}
    if len(names) < AGREEMENT.least_patients:
        return None
    of_patients = np.zeros((len(names), sums.shape[1]))
    np.add.at(of_patients, [names[one] for one in patients], sums)
    found = statistic(_weights(len(names)) @ of_patients)
    defined = found[np.isfinite(found)]
    if len(defined) < (1 - AGREEMENT.most_undefined) * len(found):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


@lru_cache(maxsize=8)
def _weights(count: int) -> Array:
    """Say how often each of some patients is in each sample (samples, patients); the same for every statistic."""
    random = np.random.default_rng(AGREEMENT.seed)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=AGREEMENT.resamples).astype(np.float64)
    drawn.setflags(write=False)
    return drawn
