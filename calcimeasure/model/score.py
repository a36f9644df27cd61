"""Scores of films by a table that the user gives: regions with weights, grades of coverage and of density."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from calcimeasure.model.vocabulary import Laterality


class Combine(StrEnum):
    """How the points of coverage and density of a region become one number."""

    PRODUCT = "product"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a film, and the weight of its points."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class CoverageGrade:
    """The points of a region that calcinosis covers by so many percent of its area, or more."""

    from_percent: float
    points: float


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """From which change of a score on it counts.

    Parameters
    ----------
    progression_percent, improvement_percent
        In percent of the first score: above the one it is progression, below the other one improvement.
    per_year
        Whether the change is taken as that of a year.
    minimum_days
        A change over fewer days is not judged.
    from_zero
        The score from which on a change from 0 is progression; None: it is not judged.
    """

    progression_percent: float
    improvement_percent: float
    per_year: bool = True
    minimum_days: int = 0
    from_zero: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The rules of a score, as the user gives them.

    Parameters
    ----------
    coverage
        The grades, the lowest one first.
    density
        Points by the word of a grade.
    both_hands
        Whether every region is rated on the right and on the left.
    changes
        None if changes are not judged.
    """

    name: str
    regions: tuple[Region, ...]
    coverage: tuple[CoverageGrade, ...]
    density: Mapping[str, float]
    combine: Combine = Combine.PRODUCT
    both_hands: bool = True
    changes: ChangeLimits | None = None


@dataclass(frozen=True, slots=True)
class RegionReading:
    """What a reader saw in a region: None where it could not be rated."""

    region: str
    laterality: Laterality
    coverage_percent: float | None
    density: str | None


@dataclass(frozen=True, slots=True)
class FilmReading:
    """The regions that a reader rated on the films of a patient and date."""

    patient_key: str
    day: date
    reader: str
    regions: tuple[RegionReading, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a reading.

    Parameters
    ----------
    days
        Since the first reading of the patient by this reader.
    missing
        Regions that were not rated.
    score
        None if a region is missing: nothing is imputed.
    lower, upper
        As if the missing regions had the fewest and the most points of the table.
    """

    patient_key: str
    reader: str
    days: int
    table: str
    rated: int
    missing: int
    score: float | None
    lower: float
    upper: float


class ScoreVerdict(StrEnum):
    """What the change of a score is by the limits of the table."""

    PROGRESSION = "progression"
    STABLE = "stable"
    IMPROVEMENT = "improvement"
    NOT_EVALUABLE = "not_evaluable"


class NotJudged(StrEnum):
    """Why the change of a score is not judged."""

    REGIONS_MISSING = "regions_missing"
    TOO_SHORT = "too_short"
    FROM_ZERO = "from_zero"
    NO_LIMITS = "no_limits"


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The change from the first score of a patient by a reader to a later one.

    Parameters
    ----------
    percent
        Of the first score, a year where the table says so; None where it is not known.
    """

    patient_key: str
    reader: str
    table: str
    days: int
    first: float | None
    current: float | None
    percent: float | None
    verdict: ScoreVerdict
    reason: NotJudged | None = None


@dataclass(frozen=True, slots=True)
class ScoreAgreement:
    """A figure of how far two readers agree.

    Parameters
    ----------
    quantity
        score, or the grades of coverage or density.
    statistic
        As in agreement.csv; in points of the score where it has a unit.
    value
        None if it is not defined.
    low, high
        Ends of its 95 % interval by a bootstrap over patients; None where there are too few.
    count, patients
        How many films (of grades: regions) and patients it rests on.
    """

    first: str
    second: str
    quantity: str
    statistic: str
    value: float | None
    low: float | None
    high: float | None
    count: int
    patients: int
