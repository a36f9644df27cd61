"""Each mass of two dates once, where several series of a date show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.model.follow import LinkSource, LinkState
from calcimeasure.run.follow_rows import Mass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion
    from calcimeasure.run.follow_stacks import FollowDate, FollowStack

_ORDER = (
    *(LinkState.MATCHED, LinkState.MERGED, LinkState.SPLIT, LinkState.REGROUPED),
    *(LinkState.NOT_FOUND, LinkState.NOT_FOUND_BEFORE, LinkState.GONE, LinkState.NEW),
    *(LinkState.NOT_IMAGED, LinkState.NOT_IMAGED_BEFORE, LinkState.UNDECIDED, LinkState.REMOVED),
)


def each_once(masses: Sequence[Mass], prior: FollowDate, current: FollowDate) -> list[Mass]:
    """Keep each mass once: by the pair of stacks that says most about it.

    Parameters
    ----------
    masses
        As each pair of stacks of the two dates has them.
    prior, current
        The dates, with the lesions of each that are one mass.

    Returns
    -------
    list of Mass
        What a reader linked comes first, then what is linked, by CT before radiographs, and by lesions that are
        primary. A mass that nothing was said of is undecided.
    """

    def best_first(mass: Mass) -> tuple[object, ...]:
        ends = ((prior, mass.prior), (current, mass.current))
        again = sum(not date.is_primary(lesion) for date, lesions in ends for lesion in lesions)
        return (
            mass.source is not LinkSource.READER,
            _ORDER.index(LinkState.MATCHED if mass.state.is_linked else mass.state),
            mass.facts[0].modality != "CT",
            _ORDER.index(mass.state),
            again,
        )

    kept: list[Mass] = []
    taken: set[str] = set()
    for mass in sorted(masses, key=best_first):
        ends = ((prior, mass.prior), (current, mass.current))
        uids = {uid for date, lesions in ends for lesion in lesions for uid in date.same_as(lesion)}
        if not uids & taken:
            kept.append(replace(mass, uids=frozenset(uids)))
            taken |= uids
    for date, other in ((prior, current), (current, prior)):
        for stack in date.stacks:
            for lesion in stack.masses:
                if lesion.tracking_uid not in taken:
                    uids = set(date.same_as(lesion))
                    alone = _alone(stack, lesion, other, is_prior=date is prior)
                    kept.append(replace(alone, uids=frozenset(uids)))
                    taken |= uids
    return kept


def _alone(stack: FollowStack, lesion: Lesion, other: FollowDate, *, is_prior: bool) -> Mass:
    """Make a mass of a lesion that nothing was said of."""
    facts = (stack.facts, other.stacks[0].facts) if is_prior else (other.stacks[0].facts, stack.facts)
    return Mass.of(facts, [lesion] if is_prior else [], [] if is_prior else [lesion], [], None)
