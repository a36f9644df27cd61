"""A number of several patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model.cohort import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantity_of(values: Sequence[float]) -> Quantity | None:
    """Describe numbers; None if there are none.

    Quartiles are those of linear interpolation (type 7 of Hyndman and Fan, Am Stat 1996;50:361), the SD is that of a
    sample (n - 1).

    Examples
    --------
    >>> quantity_of([1, 2, 3, 4]).q1
    1.75
    """
    if not values:
        return None
    numbers = np.asarray(values, dtype=np.float64)
    q1, median, q3 = (float(one) for one in np.quantile(numbers, (0.25, 0.5, 0.75)))
    sd = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None
    return Quantity(median, q1, q3, float(np.mean(numbers)), sd, float(numbers.min()), float(numbers.max()))
