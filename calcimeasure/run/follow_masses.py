"""The masses of two stacks of two dates, put together from their links."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from calcimeasure.codes import SPACING_NOTICES
from calcimeasure.model.follow import LinkSource, LinkState, Sizes
from calcimeasure.run.follow_rows import Mass
from calcimeasure.store import current_links, groups_of_links, links_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from calcimeasure.model import Lesion
    from calcimeasure.run.follow_stacks import FollowStack
    from calcimeasure.store import LesionLink


def masses_of(prior: FollowStack, current: FollowStack, links: Sequence[LesionLink], reason: str | None) -> list[Mass]:
    """Put the links of two stacks together to masses; lesions without a link are undecided.

    Parameters
    ----------
    prior, current
        The stacks.
    links
        Rows between them in the store, oldest first. What a reader said of two lesions of which one is no mass any more
        does not hold.
    reason
        Why the program knows no more; None if it does.
    """
    lesions = [{one.tracking_uid: one for one in stack.masses} for stack in (prior, current)]
    there = [
        replace(one, prior=_end_in(one.prior, lesions[0]), current=_end_in(one.current, lesions[1]))
        for one in current_links(links_on(links, *lesions))
    ]
    groups = groups_of_links(one for one in there if one.prior or one.current)
    linked = [set().union(*(one[n] for one in groups)) for n in (0, 1)]
    groups += [({uid}, set(), []) for uid in lesions[0] if uid not in linked[0]]
    groups += [(set(), {uid}, []) for uid in lesions[1] if uid not in linked[1]]
    return [
        Mass.of(
            (prior.facts, current.facts),
            [lesions[0][uid] for uid in sorted(one)],
            [lesions[1][uid] for uid in sorted(other)],
            some,
            reason,
        )
        for one, other, some in groups
    ]


def _end_in(end: tuple[str, int] | None, known: Mapping[str, Lesion]) -> tuple[str, int] | None:
    return end if end is not None and end[0] in known else None


def masses_on_films(prior: FollowStack, current: FollowStack, links: Sequence[LesionLink]) -> list[Mass]:
    """Link the masses of two radiographs: as a reader said, else as far as nothing else could be meant.

    Parameters
    ----------
    prior, current
        The radiographs.
    links
        Every row between them in the store, oldest first.
    """
    from calcimeasure.study.follow.films import linked_films

    said = [one for one in links if one.source is LinkSource.READER]
    by_reader = [one for one in masses_of(prior, current, said, None) if one.source is LinkSource.READER]
    found = [_on_films(one.prior, one.current, one) for one in by_reader]
    taken = {lesion.tracking_uid for one in by_reader for lesion in (*one.prior, *one.current)}
    films = [
        [(stack.facts, one) for one in stack.masses if one.tracking_uid not in taken] for stack in (prior, current)
    ]
    for one, other, state in linked_films(films[0], films[1]):
        ends = [(end[1],) if end else () for end in (one, other)]
        confidence = 1.0 if state is LinkState.MATCHED else 0.0
        mass = Mass((prior.facts, current.facts), ends[0], ends[1], state, LinkSource.PROGRAM, confidence)
        found.append(_on_films(ends[0], ends[1], mass))
    return found


def _on_films(prior: Sequence[Lesion], current: Sequence[Lesion], mass: Mass) -> Mass:
    """Set the diameters of a mass on radiographs beside each other where their millimeters have one origin."""
    from calcimeasure.study.follow.films import are_in_one_scale

    pairs = product(((mass.facts[0], one) for one in prior), ((mass.facts[1], one) for one in current))
    scaled = all(are_in_one_scale(one, other) for one, other in pairs)
    sizes = [Sizes(diameter_mm=_largest_mm(some) if scaled else None) if some else None for some in (prior, current)]
    notices = {notice for lesion in (*prior, *current) for notice in lesion.notices} & SPACING_NOTICES
    reason = "motion_uncertain" if mass.state is LinkState.UNDECIDED else "radiograph"
    told = tuple(dict.fromkeys((*mass.notices, *notices)))
    return replace(mass, before=sizes[0], after=sizes[1], change=None, reason=reason, notices=told)


def _largest_mm(lesions: Sequence[Lesion]) -> float | None:
    """Give the largest diameter; None where one is not known in millimeters."""
    known = [one.measurements.largest_mm for one in lesions]
    return None if None in known else max(one or 0.0 for one in known)
