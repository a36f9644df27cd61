"""Lesions of two readings in one stack, matched by overlap, one to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.model.numbers import reader_of, table_numbers
from calcimeasure.study.agreement.constants import AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, Outline, StackFacts

_NAMES: Final = (
    "long_axis_mm",
    "short_axis_mm",
    "max_3d_diameter_mm",
    "volume_ml",
    "area_mm2",
    "mean_hu",
    "long_axis_px",
    "area_px",
)

NUMBERS: Final = tuple(one for name in _NAMES for one in table_numbers() if one.name == name)
"""The numbers of a lesion that readings are compared in."""

_READ: Final = {one.name: reader_of(one) for one in NUMBERS}


@dataclass(frozen=True, slots=True)
class ReadLesion:
    """A mass as one reading has it.

    Parameters
    ----------
    lesion
        Its state at the end of the reading.
    is_redrawn
        Whether its outline is another one than the program proposed.
    is_unchanged
        Whether it was accepted as proposed: outline, tissue, side and site.
    """

    lesion: Lesion
    is_redrawn: bool = False
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ReadPair:
    """A mass that both readings have, or one of them; Dice of both outlines (0 to 1)."""

    first: ReadLesion | None
    second: ReadLesion | None
    dice: float | None = None

    @property
    def both(self) -> tuple[Lesion, Lesion] | None:
        """The lesions of both readings; None if one has none."""
        return None if self.first is None or self.second is None else (self.first.lesion, self.second.lesion)

    @property
    def is_redrawn(self) -> bool:
        """Whether at least one reading drew another outline than the program proposed."""
        return any(one is not None and one.is_redrawn for one in (self.first, self.second))

    def values(self, name: str) -> tuple[float, float] | None:
        """Give a number (`NUMBERS`) of both; None if one does not have it."""
        if self.both is None:
            return None
        one, other = (_READ[name](lesion.measurements) for lesion in self.both)
        return None if one is None or other is None else (float(one), float(other))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PairedStack:
    """A stack that both readings have read to the end.

    Parameters
    ----------
    patient
        Whose it is.
    stack
        The stack in the first folder.
    is_blank
        Whether each reading of a person began without proposals.
    pairs
        The masses of both readings.
    """

    patient: str
    stack: StackFacts
    is_blank: bool
    pairs: tuple[ReadPair, ...]


def dice(one: Outline, other: Outline) -> float:
    """Compute Dice's coefficient of two outlines of one stack (2 x common voxels / voxels of both; 0 to 1)."""
    return 2.0 * one.overlap(other) / (one.voxel_count + other.voxel_count)


def paired(ones: Sequence[ReadLesion], others: Sequence[ReadLesion]) -> tuple[ReadPair, ...]:
    """Match the masses of two readings of one stack, so that the sum of Dice is largest, each mass at most once.

    Parameters
    ----------
    ones, others
        The masses of the first and of the second reading.

    Returns
    -------
    tuple
        Matched masses in the order of the first reading, then those of the second that the first does not have.
    """
    overlaps = np.array([[dice(a.lesion.outline, b.lesion.outline) for b in others] for a in ones]).reshape(
        len(ones), len(others)
    )
    overlaps[overlaps < AGREEMENT.least_dice] = 0.0
    partners: dict[int, int] = {}
    if overlaps.size:
        # Imported here: the commands that compare no readings begin without the time to load SciPy.
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(-overlaps)
        partners = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if overlaps[i, j] > 0}
    found = [
        ReadPair(one, others[partners[i]], float(overlaps[i, partners[i]])) if i in partners else ReadPair(one, None)
        for i, one in enumerate(ones)
    ]
    alone = sorted({*range(len(others))} - {*partners.values()})
    return (*found, *(ReadPair(None, others[j]) for j in alone))


def words_of(pair: ReadPair, quantity: str) -> tuple[str, str] | None:
    """Give the tissue, laterality or site of both in words; None if one reading has none of it."""
    if pair.both is None:
        return None
    one, other = (word_of(lesion, quantity) for lesion in pair.both)
    return None if one is None or other is None else (one, other)


def word_of(lesion: Lesion, quantity: str) -> str | None:
    """Give the tissue, laterality or site of a lesion in words; None if it has none."""
    if quantity == "laterality":
        return None if lesion.side is None else str(lesion.side.laterality)
    if quantity == "site":
        return None if lesion.site is None else str(lesion.site.body_site)
    return None if lesion.tissue is None else str(lesion.tissue)
