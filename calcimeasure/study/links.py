"""From the outcomes of many stacks to studies with linked masses."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from calcimeasure.model import Links, Study
from calcimeasure.study.pairs import symmetric_pairs
from calcimeasure.study.same_mass import groups_of_one_mass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from calcimeasure.model import LinkKey, Outcome


def linked_studies(outcomes: Iterable[Outcome]) -> Iterator[Study]:
    """Group the stacks by study, and link the masses of each study.

    Parameters
    ----------
    outcomes
        The outcomes of all stacks and files; those of one study must follow each other.

    Yields
    ------
    Study
        The studies, in the order of the outcomes. One study at a time is held in memory. Files that cannot be read
        form a study without stacks.
    """
    for _, members in groupby(outcomes, key=_name_of_study):
        for together in _of_one_person_and_date(members):
            yield Study(together, link(together))


def link(outcomes: Iterable[Outcome]) -> dict[LinkKey, Links]:
    """Link the masses of one study.

    Parameters
    ----------
    outcomes
        The outcomes of all stacks of the study.

    Returns
    -------
    dict
        By `link_key`: the links of each mass that no reader has rejected.
    """
    groups = groups_of_one_mass(outcomes)
    pairs = symmetric_pairs([group[0] for group in groups])
    return {
        member.key: Links(number, member is group[0], pairs.get(number - 1))
        for number, group in enumerate(groups, 1)
        for member in group
    }


def _of_one_person_and_date(outcomes: Iterable[Outcome]) -> Iterable[tuple[Outcome, ...]]:
    """Keep persons and dates apart that share a study UID. A stack without date is of the only date that there is."""
    by_person: dict[str | None, dict[date | None, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for one in outcomes:
        person, day = (one.stack.person, one.stack.study_date) if one.stack else (None, None)
        by_person[person][day].append(one)
    for by_date in by_person.values():
        if len(by_date) == 2 and None in by_date:
            yield tuple(one for some in by_date.values() for one in some)
        else:
            yield from map(tuple, by_date.values())


def _name_of_study(outcome: Outcome) -> tuple[object, ...] | None:
    """Identify a study; without StudyInstanceUID by patient and date. A file that cannot be read has no study: None."""
    stack = outcome.stack
    if stack is None:
        return None
    return (stack.patient_id, stack.study_uid or stack.study_date)
