"""Whose images are, and of which study date: what headers of several images say together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from calcimeasure.load.constants import LOAD
from calcimeasure.model import names_among, settled

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import date

    from calcimeasure.load.grids import Grid, SeriesKey
    from calcimeasure.model import Person, Stack, Who


def with_persons(grids: list[Grid]) -> list[Grid]:
    """Give grids of one person in a series the same person: some images may lack what others say."""
    persons = settled(grid.key.person for grid in grids)
    return [replace(grid, key=grid.key._replace(person=persons[grid.key.person])) for grid in grids]


def with_dates_of_studies(series: Mapping[SeriesKey, list[Grid]]) -> dict[SeriesKey, list[Grid]]:
    """Give images of one study one study date if it ran past midnight: the date on which it began."""
    studies: dict[Hashable, dict[date, list[Grid]]] = defaultdict(lambda: defaultdict(list))
    for grids in series.values():
        for grid in grids:
            if grid.key.study_date is not None:
                studies[_study(grid)][grid.key.study_date].append(grid)
    moved = {
        name: day for name, days in studies.items() if len(days) > 1 for day in [_dates_past_midnight(days)] if day
    }
    return {key: [_on_its_date(grid, moved.get(_study(grid), {})) for grid in grids] for key, grids in series.items()}


def _study(grid: Grid) -> Hashable:
    return (grid.facts.study_uid, grid.key.person.patient_id)


def _dates_past_midnight(days: Mapping[date, list[Grid]]) -> dict[date, date]:
    """Give each date that is the day after another, on which the same study went on, the date of that other one."""
    found: dict[date, date] = {}
    for day in sorted(days):
        before = day - timedelta(days=1) if day.toordinal() > 1 else day
        if before in days and before not in found and day != before and _go_on(days[before], days[day]):
            found[day] = before
    return found


def _go_on(evening: list[Grid], morning: list[Grid]) -> bool:
    """Tell whether images of one day follow those of the day before within hours."""
    ended = max((grid.ended for grid in evening if grid.ended is not None), default=None)
    begun = min((grid.begun for grid in morning if grid.begun is not None), default=None)
    return None not in (ended, begun) and begun - ended <= timedelta(hours=LOAD.past_midnight_h)  # type: ignore[operator]


def _on_its_date(grid: Grid, dates: Mapping[date, date]) -> Grid:
    day = dates.get(grid.key.study_date) if grid.key.study_date is not None else None
    if day is None:
        return grid
    return replace(grid, key=grid.key._replace(study_date=day), notices={*grid.notices, "past_midnight"})


def with_conflicts_told(stacks: list[Stack]) -> list[Stack]:
    """Name persons, and say where one Patient ID or study stands for several persons, or a study for several dates."""
    names = names_among((stack.person, stack.study_uid) for stack in stacks)
    persons, dates = _persons_and_dates(stacks, names)
    told = []
    for stack in stacks:
        who = names[stack.person, stack.study_uid]
        found = {
            "patient_conflict": who.conflict or len(persons[stack.study_uid]) > 1,
            "several_study_dates": len(dates[stack.study_uid, who.text]) > 1,
        }
        notices = tuple(notice for notice, holds in found.items() if holds)
        told.append(replace(stack, person_name=who.text, notices=(*stack.notices, *notices)))
    return told


def _persons_and_dates(
    stacks: list[Stack], names: Mapping[tuple[Person, str], Who]
) -> tuple[dict[Hashable, set[str]], dict[Hashable, set[date]]]:
    """Collect the persons of each study, and the dates of each study and person."""
    persons: dict[Hashable, set[str]] = defaultdict(set)
    dates: dict[Hashable, set[date]] = defaultdict(set)
    for stack in stacks:
        name = names[stack.person, stack.study_uid].text
        if name is not None and stack.study_uid:
            persons[stack.study_uid].add(name)
        if stack.study_date is not None and stack.study_uid:
            dates[stack.study_uid, name].add(stack.study_date)
    return persons, dates
