"""The masses of two stacks of two dates, put together from their links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.codes import SPACING_NOTICES
from calcimeasure.model.follow import LinkSource, LinkState, Sizes
from calcimeasure.run.follow_rows import Mass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.run.follow_stacks import FollowStack
    from calcimeasure.store import LesionLink


def masses_of(prior: FollowStack, current: FollowStack, links: Sequence[LesionLink], reason: str | None) -> list[Mass]:
    """Put the links of two stacks together to masses; lesions without a link are undecided.

    Parameters
    ----------
    prior, current
        The stacks.
    links
        Those that hold between them.
    reason
        Why the program knows no more; None if it does.
    """
    lesions = [{one.tracking_uid: one for one in stack.masses} for stack in (prior, current)]
    groups: list[tuple[set[str], set[str], list[LesionLink]]] = []
    for link in links:
        ends = [
            {end[0]} & set(known) if end else set()
            for end, known in zip((link.prior, link.current), lesions, strict=True)
        ]
        if not (ends[0] or ends[1]):
            continue
        joined = [one for one in groups if (one[0] & ends[0]) or (one[1] & ends[1])]
        groups = [one for one in groups if one not in joined]
        ones, others = ends[0].union(*(one[0] for one in joined)), ends[1].union(*(one[1] for one in joined))
        groups.append((ones, others, [*(each for one in joined for each in one[2]), link]))
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


def masses_on_films(prior: FollowStack, current: FollowStack) -> list[Mass]:
    """Link the masses of two radiographs, as far as nothing else could be meant."""
    from calcimeasure.study.follow.films import are_in_one_scale, linked_films

    films = [[(stack.facts, one) for one in stack.masses] for stack in (prior, current)]
    found = []
    for one, other, state in linked_films(films[0], films[1]):
        known = [end[1] for end in (one, other) if end]
        scaled = one is None or other is None or are_in_one_scale(one, other)
        sizes = [
            Sizes(diameter_mm=end[1].measurements.largest_mm if scaled else None) if end else None
            for end in (one, other)
        ]
        notices = tuple({notice for lesion in known for notice in lesion.notices} & SPACING_NOTICES)
        found.append(
            Mass(
                (prior.facts, current.facts),
                tuple(end[1] for end in (one,) if end),
                tuple(end[1] for end in (other,) if end),
                state,
                LinkSource.PROGRAM,
                1.0 if state is LinkState.MATCHED else 0.0,
                sizes[0],
                sizes[1],
                None,
                "radiograph" if state is LinkState.MATCHED else "motion_uncertain",
                notices,
            )
        )
    return found
