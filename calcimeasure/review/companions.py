"""The lesions of a study that belong to a lesion: the same mass in other series, the partner of a symmetric pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.model import Outcome, State, link_key
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.model import Lesion, Links, StackFacts
    from calcimeasure.store import Store


@dataclass(frozen=True, slots=True)
class Companions:
    """The lesions that belong to a lesion, each in words: "lesion 2 of series 3".

    Parameters
    ----------
    same_mass
        The same mass in other series or views.
    pair
        The other mass of a symmetric pair, in the series in which it is measured best.
    """

    same_mass: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()


def companions_of(store: Store, stack_id: int) -> Mapping[int, Companions]:
    """Find the companions of the masses of a stack, by the number of the lesion; a mass without any is left out."""
    stacks = store.measured_stacks()
    own = stacks[stack_id]
    together = [(number, facts) for number, facts in stacks.items() if facts.study_uid == own.study_uid]
    outcomes = [
        Outcome(State.MEASURED, facts.path, facts, lesions=_current(store, number)) for number, facts in together
    ]
    for study in linked_studies(outcomes):
        if any(one.stack == own for one in study.outcomes):
            return _of_stack(own, study.outcomes, study.links)
    return {}


def _current(store: Store, stack_id: int) -> tuple[Lesion, ...]:
    newest = (history[-1] for history in store.histories(stack_id).values())
    return tuple(one.lesion for one in newest if not one.withdrawn)


def _of_stack(
    own: StackFacts, outcomes: tuple[Outcome, ...], links: Mapping[tuple[str, str, int, str], Links]
) -> Mapping[int, Companions]:
    linked = [
        (one.stack, lesion, links[link_key(one.stack, lesion)])
        for one in outcomes
        if one.stack is not None
        for lesion in one.masses
        if link_key(one.stack, lesion) in links
    ]
    found = {}
    for stack, lesion, link in linked:
        if stack != own:
            continue
        others = [(there, one, other) for there, one, other in linked if one is not lesion]
        same = [(there, one) for there, one, other in others if other.study_lesion_number == link.study_lesion_number]
        pair = [
            (there, one)
            for there, one, other in others
            if link.pair_number is not None
            and other.pair_number == link.pair_number
            and other.study_lesion_number != link.study_lesion_number
            and other.primary
        ]
        if same or pair:
            found[lesion.number] = Companions(_in_words(own, same), _in_words(own, pair))
    return found


def _in_words(own: StackFacts, lesions: list[tuple[StackFacts, Lesion]]) -> tuple[str, ...]:
    return tuple(
        f"lesion {lesion.number}"
        if stack == own
        else f"lesion {lesion.number} of {stack.modality} series {stack.series_number or '?'}"
        for stack, lesion in lesions
    )
