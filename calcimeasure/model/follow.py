"""Two dates of a patient: how the body moved, which lesions are one mass, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Matrix = tuple[tuple[float, float, float, float], ...]
"""Four rows of a motion: LPS mm of the prior stack to those of the current stack."""


class LinkState(StrEnum):
    """What became of a mass between two dates; `undecided` waits for a reader."""

    MATCHED = "matched"
    MERGED = "merged"
    SPLIT = "split"
    REGROUPED = "regrouped"
    GONE = "gone"
    NEW = "new"
    NOT_FOUND = "not_found"
    NOT_FOUND_BEFORE = "not_found_before"
    NOT_IMAGED = "not_imaged"
    NOT_IMAGED_BEFORE = "not_imaged_before"
    REMOVED = "removed"
    UNDECIDED = "undecided"

    @classmethod
    def of_linked(cls, prior: int, current: int) -> Self:
        """Give the state of so many lesions of both dates that are one mass."""
        several = {(False, False): cls.MATCHED, (True, False): cls.MERGED, (False, True): cls.SPLIT}
        return several.get((prior > 1, current > 1), cls.REGROUPED)

    @property
    def is_linked(self) -> bool:
        """Whether lesions of both dates belong together."""
        return self in (LinkState.MATCHED, LinkState.MERGED, LinkState.SPLIT, LinkState.REGROUPED)


class LinkSource(StrEnum):
    """Who linked lesions."""

    PROGRAM = "program"
    READER = "reader"


class ChangeSource(StrEnum):
    """Where a change comes from: both images laid on each other, or the two volumes."""

    PAIRED = "paired"
    VOLUMES = "volumes"


class Verdict(StrEnum):
    """What a change is."""

    GROWN = "grown"
    SHRUNK = "shrunk"
    STABLE = "stable"
    NOT_ASSESSABLE = "not_assessable"


class Response(StrEnum):
    """A response of a patient."""

    RESPONSE = "response"
    STABLE = "stable"
    PROGRESSION = "progression"
    NOT_EVALUABLE = "not_evaluable"


@dataclass(frozen=True, slots=True)
class Motion:
    """How a body, or the neighborhood of a lesion, moved between two stacks.

    Parameters
    ----------
    matrix
        Rows of the motion, prior to current.
    bone_share
        Share of the surface of bone in both fields that comes to lie on bone.
    similarity
        Correlation of the tissue near the lesions.
    is_local
        Whether it holds for the neighborhood of one lesion alone.
    carries
        Whether bone and tissue say that it is right.
    """

    matrix: Matrix
    bone_share: float
    similarity: float
    is_local: bool
    carries: bool


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A date of a patient among those that were compared.

    Parameters
    ----------
    order
        From 1, the first date.
    days
        From the first date on.
    """

    order: int
    days: int

    @property
    def words(self) -> str:
        """Name it without a date: ``baseline``, ``day 182``."""
        return "baseline" if self.order == 1 else f"day {self.days}"


@dataclass(frozen=True, slots=True)
class Sizes:
    """A mass at one date, measured by one algorithm; its lesions together. None: not there, or not known."""

    volume_ml: float | None = None
    volume_u95_ml: float | None = None
    diameter_mm: float | None = None
    mean_hu: float | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """How much calcium came or went, at the density of each date.

    Parameters
    ----------
    change_ml, u95_ml
        The change of the volume, and the half-width of its 95 % interval between two dates.
    source
        Where it comes from.
    paired_ml
        The paired change, also where it was not taken.
    density_percent, density_u95_percent
        Change of the density of the calcium with its half-width; None where it is not known.
    notices
        Keys of `calcimeasure.codes.CHANGE_NOTICES`.
    """

    change_ml: float
    u95_ml: float
    source: ChangeSource
    paired_ml: float | None = None
    density_percent: float | None = None
    density_u95_percent: float | None = None
    notices: tuple[str, ...] = ()
