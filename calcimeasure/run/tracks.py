"""Which masses of several dates are one, and which dates were compared, as the last `follow` left it in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING

from calcimeasure.export.pseudonym import Identified
from calcimeasure.model.follow import TimePoint
from calcimeasure.run.follow_masses import masses_of, masses_on_films
from calcimeasure.run.follow_once import each_once
from calcimeasure.run.follow_rows import noted_track
from calcimeasure.run.follow_stacks import patients_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from calcimeasure.run.follow_rows import Mass
    from calcimeasure.run.follow_stacks import FollowDate, FollowStack
    from calcimeasure.store import LesionLink, StackPair, Store

    Links = Mapping[StackPair, list[LesionLink]]


@dataclass(frozen=True, slots=True)
class Tracks:
    """What is known of several dates.

    Parameters
    ----------
    points
        The date of each study among the compared dates of its patient, by Patient (`StackFacts.person`) and date.
    uids
        The track of each lesion that was compared, by Tracking UID.
    """

    points: Mapping[tuple[str, date], TimePoint] = field(default_factory=dict)
    uids: Mapping[str, str] = field(default_factory=dict)

    def point_of(self, person: str | None, day: date | None) -> TimePoint | None:
        """Give the time point of a date of a person; None if it was not compared with another date."""
        return None if person is None or day is None else self.points.get((person, day))


def tracks_of(store: Store) -> Tracks:
    """Read which dates of each patient were compared, and which lesions are one mass.

    A link holds here until another one takes its place, also where a reader has decided about its lesions since.

    Parameters
    ----------
    store
        The store of a folder; without links nothing of it is read.
    """
    links = store.every_link()
    points: dict[tuple[str, date], TimePoint] = {}
    uids: dict[str, str] = {}
    if not links:
        return Tracks()
    for by_date in patients_of(store, Identified(), None):
        compared = [pair for pair in combinations(by_date, 2) if _is_compared(by_date, pair, links)]
        # As in changes.csv: by the later date, and of these by the earlier one.
        for prior, current in sorted(compared, key=lambda pair: (pair[1], pair[0])):
            for mass in _masses(by_date[prior], by_date[current], links):
                noted_track(mass, uids)
        days = sorted({day for pair in compared for day in pair})
        for order, day in enumerate(days, 1):
            person = by_date[day].stacks[0].facts.person
            if person is not None:
                points[person, day] = TimePoint(order, (day - days[0]).days)
    return Tracks(points, uids)


def _pairs(by_date: Mapping[date, FollowDate], pair: tuple[date, date]) -> Iterator[tuple[FollowStack, FollowStack]]:
    return product(by_date[pair[0]].stacks, by_date[pair[1]].stacks)


def _is_compared(by_date: Mapping[date, FollowDate], pair: tuple[date, date], links: Links) -> bool:
    return any((one.stack_id, other.stack_id) in links for one, other in _pairs(by_date, pair))


def _masses(prior: FollowDate, current: FollowDate, links: Links) -> list[Mass]:
    """Give each mass of two dates once, by the links that hold."""
    masses: list[Mass] = []
    for one, other in product(prior.stacks, current.stacks):
        if "CT" not in (one.facts.modality, other.facts.modality):
            masses += masses_on_films(one, other, links.get((one.stack_id, other.stack_id), []))
        elif one.facts.modality == other.facts.modality:
            masses += masses_of(one, other, links.get((one.stack_id, other.stack_id), []), None)
    return each_once(masses, prior, current)
