"""Comparison and assignment of lesions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import link_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Lesion, LinkKey, StackFacts


@dataclass(frozen=True, slots=True)
class Seen:
    """A lesion in its stack.

    Parameters
    ----------
    stack, lesion
        The stack, and the lesion that was found in it.
    single
        Whether no other lesion of the stack could be the mass at the side and site of the lesion.
    """

    stack: StackFacts
    lesion: Lesion
    single: bool

    @property
    def place_lps_mm(self) -> NDArray[np.float64] | None:
        """(3,) centroid in the patient; None on a radiograph."""
        place = self.lesion.measurements.place_lps_mm
        return None if place is None else np.array(place)

    @property
    def diameter_mm(self) -> float:
        """Largest diameter; 0 where no millimeters are known."""
        return self.lesion.measurements.largest_mm or 0.0

    @property
    def key(self) -> LinkKey:
        """The key that identifies the lesion in its study."""
        return link_key(self.stack, self.lesion)

    def times_as_large(self, other: Seen) -> float:
        """Divide the larger of both volumes by the smaller; 1 where a volume is not known."""
        volumes_ml = (self.lesion.measurements.known_volume_ml, other.lesion.measurements.known_volume_ml)
        if not volumes_ml[0] or not volumes_ml[1]:
            return 1.0
        return max(volumes_ml[0], volumes_ml[1]) / min(volumes_ml[0], volumes_ml[1])


def match(ones: Sequence[Seen], others: Sequence[Seen], unlikeness: Callable[[Seen, Seen], float]) -> dict[int, int]:
    """Assign lesions to each other, each at most once, so that the sum of unlikeness is least.

    Parameters
    ----------
    ones, others
        The two sets.
    unlikeness
        Takes a lesion of each set and gives their unlikeness; infinite if they cannot belong together.

    Returns
    -------
    dict
        Maps an index in `ones` to an index in `others`.
    """
    if not ones or not others:
        return {}
    costs = np.array([[unlikeness(one, other) for other in others] for one in ones])
    possible = np.isfinite(costs)
    if not possible.any():
        return {}
    # Imported here: tables of studies in which nothing has to be assigned are written without the time to load SciPy.
    from scipy.optimize import linear_sum_assignment

    # An impossible assignment costs more than all possible ones together.
    impossible = float(costs[possible].sum()) + 1.0
    rows, columns = linear_sum_assignment(np.where(possible, costs, impossible))
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if possible[i, j]}
