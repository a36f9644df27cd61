"""The summary of a folder of results, which a person sees after a run: numbers, and the first lesions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from calcimeasure.codes import ROUTINE_NOTICES
from calcimeasure.model import State, Tissue, largest_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from calcimeasure.model import Lesion, Outcome, StackFacts

LISTED_LESIONS = 60
"""Largest number of lesions in a summary. A screen shows no more, and lesions.csv has all lesions."""


@dataclass(frozen=True, slots=True)
class NoticeCount:
    """A notice that a person has to look at.

    Parameters
    ----------
    code
        A key of `calcimeasure.codes.NOTICES`.
    stack_count
        Number of stacks that have it.
    first
        The path of the first of them.
    """

    code: str
    stack_count: int
    first: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A mass in the list of a summary.

    Parameters
    ----------
    position
        Number of its stack among the measured ones of the folder, from 1: `explain --stack` takes it.
    stack
        Name of its stack.
    lesion
        The mass.
    """

    position: int
    stack: str
    lesion: Lesion


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a folder of results.

    Parameters
    ----------
    measured
        Number of stacks that are measured.
    masses, large
        Number of calcified masses that no reader has rejected, and of the large ones among them.
    unsure
        Number of lesions of unknown tissue.
    not_measured
        State and reason, such as "failed, missing_slice", and the number of stacks and files with them; in order.
    listed
        The first masses.
    notices
        The notices of the stacks that a person has to look at, in order.
    """

    measured: int
    masses: int
    large: int
    unsure: int
    not_measured: Sequence[tuple[str, int]]
    listed: Sequence[Listed]
    notices: Sequence[NoticeCount]


class Tally:
    """Counts outcomes while they are written into tables: a store may hold more of them than memory."""

    def __init__(self) -> None:
        self._measured = self._masses = self._large = self._unsure = 0
        self._not_measured: Counter[str] = Counter()
        self._stacks_in: Counter[tuple[str, str]] = Counter()
        self._listed: list[tuple[int, StackFacts, Lesion]] = []
        self._noticed: Counter[str] = Counter()
        self._first_with: dict[str, str] = {}

    def counting(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Pass outcomes on, and count them."""
        for outcome in outcomes:
            if outcome.state is State.MEASURED:
                self._measured += 1
            else:
                self._not_measured[f"{outcome.state}, {outcome.reason}"] += 1
            self._count_notices(outcome)
            if outcome.stack is not None:
                self._stacks_in[_folder(outcome.stack)] += 1
                self._count_lesions(outcome, outcome.stack)
            yield outcome

    def summary(self) -> Summary:
        """Give the counts as a summary."""
        return Summary(
            measured=self._measured,
            masses=self._masses,
            large=self._large,
            unsure=self._unsure,
            not_measured=sorted(self._not_measured.items()),
            listed=[Listed(at, self._name(stack), lesion) for at, stack, lesion in self._listed],
            notices=[NoticeCount(code, count, self._first_with[code]) for code, count in sorted(self._noticed.items())],
        )

    def _count_notices(self, outcome: Outcome) -> None:
        """Count the notices of a stack that is measured or should be: what is skipped has no number to look at."""
        if outcome.state is State.SKIPPED:
            return
        for code in set(outcome.notices or ()) - ROUTINE_NOTICES:
            self._noticed[code] += 1
            self._first_with.setdefault(code, outcome.path)

    def _count_lesions(self, outcome: Outcome, stack: StackFacts) -> None:
        self._unsure += sum(one.tissue is Tissue.UNKNOWN for one in outcome.lesions)
        masses = sorted(outcome.masses, key=largest_first)
        self._masses += len(masses)
        self._large += sum(bool(lesion.measurements.large) for lesion in masses)
        rest = LISTED_LESIONS - len(self._listed)
        self._listed += [(self._measured, stack, lesion) for lesion in masses[:rest]]

    def _name(self, stack: StackFacts) -> str:
        """Name a stack by its folder or, if the folder has several stacks (as many exports do), by its first file."""
        root, folder = _folder(stack)
        if self._stacks_in[root, folder] > 1:
            return stack.path
        return folder if folder != "." else Path(root).resolve().name


def _folder(stack: StackFacts) -> tuple[str, str]:
    return stack.root, str(PurePosixPath(stack.path).parent)
