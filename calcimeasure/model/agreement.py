"""Readings of the same images beside each other: masses of both, and figures of how far they agree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from calcimeasure.model.numbers import reader_of, table_numbers
from calcimeasure.model.vocabulary import Status, Tissue

if TYPE_CHECKING:
    from calcimeasure.model.lesion import Lesion
    from calcimeasure.model.report import StackFacts

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

    def number(self, name: str) -> float | None:
        """Give a number (`NUMBERS`); None if this kind of image does not have it, or if it could not be measured."""
        value = _READ[name](self.lesion.measurements)
        return value if value is None else float(value)  # type: ignore[arg-type]


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
        if self.first is None or self.second is None:
            return None
        one, other = self.first.number(name), self.second.number(name)
        return None if one is None or other is None else (one, other)


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
    judged
        The lesions that both readings judged, of any tissue and status; the program judged all of its own.
    """

    patient: str
    stack: StackFacts
    is_blank: bool
    pairs: tuple[ReadPair, ...]
    judged: tuple[ReadPair, ...] = ()


class Selection(StrEnum):
    """Which masses a figure is of.

    Where both readers leave an outline as the program proposed it, the program agrees with itself. So a figure over all
    masses says little about readers; those over redrawn masses, and over readings that began blank, say more.
    """

    ALL = "all"
    REDRAWN = "redrawn"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure.

    Parameters
    ----------
    selection
        Which masses it is of.
    images
        CT, or radiograph; empty for both.
    quantity
        What is compared: a column of lesions.csv, outline, detection, tissue, laterality, site, or accepted.
    name
        The statistic.
    value
        None if it is not defined.
    low, high
        The ends of its 95 % interval over patients; None where there are too few.
    unit
        The unit of the three in UCUM; empty for a pure number.
    on_logarithm
        Whether it was computed on the logarithm: a bias and its limits are then ratios, second to first.
    count, patients
        How many masses and patients it rests on.
    """

    selection: Selection
    images: str
    quantity: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    on_logarithm: bool
    count: int
    patients: int


def words_of(pair: ReadPair, quantity: str) -> tuple[str, str] | None:
    """Give the tissue, laterality or site of both in words; None if one reading has none of it.

    The tissue of a mass that a reading rejected is "rejected".
    """
    if pair.both is None:
        return None
    of_one = _judgement_of if quantity == "tissue" else partial(word_of, quantity=quantity)
    one, other = (of_one(lesion) for lesion in pair.both)
    return None if one is None or other is None else (one, other)


def _judgement_of(lesion: Lesion) -> str:
    if lesion.status is Status.REJECTED and (lesion.is_mass or lesion.tissue is Tissue.UNKNOWN):
        return str(Status.REJECTED)
    return str(Tissue.CALCIFIED_MASS if lesion.tissue is None else lesion.tissue)


def word_of(lesion: Lesion, quantity: str) -> str | None:
    """Give the tissue, laterality or site of a lesion in words; None if it has none."""
    if quantity == "laterality":
        return None if lesion.side is None else str(lesion.side.laterality)
    if quantity == "site":
        return None if lesion.site is None else str(lesion.site.body_site)
    return None if lesion.tissue is None else str(lesion.tissue)
