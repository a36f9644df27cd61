"""A study: its stacks, and which of their masses belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model.vocabulary import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.model.lesion import Lesion
    from calcimeasure.model.report import Outcome, StackFacts

LinkKey = tuple[str, str, int, str]
"""Identifies a lesion in its study; made by `link_key`."""


@dataclass(frozen=True, slots=True)
class Links:
    """How a lesion is linked with other lesions of its study.

    Parameters
    ----------
    study_lesion_number
        Lesions with the same number are the same mass.
    primary
        True for exactly one lesion of each number. CT is preferred to a radiograph, thinner slices to thicker ones,
        and of several radiographs the one on which the mass is longest.
    pair_number
        Both masses of a symmetric pair have the same number; None for a mass without a pair.
    """

    study_lesion_number: int
    primary: bool
    pair_number: int | None = None


def link_key(stack: StackFacts, lesion: Lesion) -> LinkKey:
    """Give the key that identifies a lesion in its study."""
    return (stack.series_uid, stack.path, stack.stack_number, lesion.tracking_uid)


@dataclass(frozen=True, slots=True)
class Study:
    """The results of the stacks of a study, and which of their masses belong together.

    Parameters
    ----------
    outcomes
        The outcome of each stack. Files that cannot be read belong to no study: together they form a `Study` without
        stacks.
    links
        By `link_key`: the links of each mass that no reader has rejected.
    """

    outcomes: tuple[Outcome, ...]
    links: Mapping[LinkKey, Links]

    @property
    def stack(self) -> StackFacts | None:
        """The first stack; all stacks share patient, date and study. None for files that cannot be read."""
        return next((one.stack for one in self.outcomes if one.stack is not None), None)

    @property
    def measured(self) -> list[Outcome]:
        """The stacks that were measured."""
        return [one for one in self.outcomes if one.state is State.MEASURED]

    @property
    def lesions(self) -> list[Lesion]:
        """Every lesion of every stack, of any tissue and status."""
        return [lesion for one in self.outcomes for lesion in one.lesions]

    @property
    def masses(self) -> list[Lesion]:
        """The masses, each once, as its primary lesion."""
        return [
            lesion
            for one in self.outcomes
            for lesion in one.masses
            if one.stack and self.links[link_key(one.stack, lesion)].primary
        ]

    def links_of(self, stack: StackFacts, lesion: Lesion) -> Links | None:
        """Give the links of a lesion; None if it is not a mass, or if a reader has rejected it."""
        return self.links.get(link_key(stack, lesion))
