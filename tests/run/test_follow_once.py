"""A mass that several series of a date show is followed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from calcimeasure.export import Identified
from calcimeasure.model.follow import Change, ChangeSource, LinkSource, LinkState, Sizes
from calcimeasure.run.events import Event, EventKind
from calcimeasure.run.follow_once import each_once
from calcimeasure.run.follow_rows import Dates, Mass, rows_of
from calcimeasure.run.follow_stacks import FollowDate, FollowStack, date_of
from tests.study import test_links as study
from tests.study import test_projections as projections

if TYPE_CHECKING:
    from calcimeasure.model import Outcome

SHOULDER, HIP = study.Mass((150, 0, 200), 40), study.Mass((-90, 10, -300), 55)
DAY, LATER = date(2024, 1, 1), date(2025, 1, 1)


def held(number: int, outcome: Outcome, day: date = DAY) -> FollowStack:
    """A stack of a date; its lesions get names of their own."""
    assert outcome.stack is not None
    lesions = tuple(replace(one, tracking_uid=f"2.25.{number}{one.number}") for one in outcome.lesions)
    facts = replace(outcome.stack, study_date=day)
    return FollowStack(number, facts, lesions, (), {one.tracking_uid: 1 for one in lesions})


def knee(name: str) -> Outcome:
    """A CT of a knee with one mass of 40 mm, as `projections.slices` has it."""
    ct = projections.slices(40.0)
    assert ct.stack is not None
    return replace(ct, stack=replace(ct.stack, series_uid=f"1.2.{name}"))


def matched(prior: FollowStack, current: FollowStack, change_ml: float | None, n: int = 0) -> Mass:
    change = None if change_ml is None else Change(change_ml, 0.1, ChangeSource.PAIRED)
    sizes = Sizes(5.0, 0.1, 20.0), Sizes(5.0 + (change_ml or 0.0), 0.1, 20.0)
    ends = (prior.masses[n],), (current.masses[n],)
    facts = prior.facts, current.facts
    return Mass(facts, *ends, LinkState.MATCHED, LinkSource.PROGRAM, 1.0, *sizes, change)


def two_dates() -> tuple[FollowDate, FollowDate]:
    """The earlier date has thin and thick slices of one mass, the later one thin slices."""
    thin, thick = study.stack("a", SHOULDER, slice_spacing_mm=1.0), study.stack("b", SHOULDER, slice_spacing_mm=5.0)
    later = held(3, study.stack("c", SHOULDER), LATER)
    prior = FollowDate((held(1, thin), held(2, thick)), dict.fromkeys(("2.25.11", "2.25.21"), ("2.25.11", "2.25.21")))
    return prior, date_of([later])


def test_of_a_frame_the_thinnest_slices_are_compared_and_stacks_with_masses_of_their_own() -> None:
    thin = held(1, study.stack("a", SHOULDER, slice_spacing_mm=1.0))
    thick = held(2, study.stack("b", SHOULDER, slice_spacing_mm=5.0))
    below = held(3, study.stack("c", HIP, slice_spacing_mm=5.0))
    found = date_of([thick, below, thin])
    assert [one.stack_id for one in found.stacks] == [1, 3]
    assert found.same["2.25.21"] == ("2.25.11", "2.25.21")
    assert found.is_primary(thin.masses[0])
    assert not found.is_primary(thick.masses[0])


def test_a_ct_and_a_radiograph_that_show_one_mass_count_it_once() -> None:
    film = projections.film("film", projections.LATERAL, projections.mass(84, 126))
    dates = [date_of([held(1 + n, knee(f"ct{n}"), day), held(3 + n, film, day)]) for n, day in enumerate((DAY, LATER))]
    assert dates[0].same["2.25.31"] == ("2.25.11", "2.25.31")
    prior, current = ([*one.stacks] for one in dates)
    by_both = [matched(prior[1], current[1], None), matched(prior[0], current[0], 1.0)]
    (mass,) = each_once(by_both, *dates)
    assert mass.change is not None
    assert mass.uids == {"2.25.11", "2.25.31", "2.25.21", "2.25.41"}
    (row,), (response,) = rows_of([Dates(prior[0].facts, current[0].facts, (mass,))], "baseline", [], Identified())
    assert (row.stack.modality, row.change_ml) == ("CT", 1.0)
    assert (response.masses, response.not_evaluable, response.targets) == (1, 0, 1)
    # Where nothing is said of it, it is undecided once, too.
    (unknown,) = each_once([], dates[0], FollowDate((replace(current[0], masses=()),), {}))
    assert unknown.state is LinkState.UNDECIDED


def test_a_mass_in_two_series_is_the_track_of_its_primary_lesion_at_all_dates() -> None:
    prior, current = two_dates()
    thin, thick = prior.stacks
    both = [matched(thick, current.stacks[0], 3.0), matched(thin, current.stacks[0], 1.0)]
    (by_thin,), (by_thick,) = each_once(both, prior, current), each_once(both[:1], prior, current)
    assert by_thin.change == Change(1.0, 0.1, ChangeSource.PAIRED)
    dates = [Dates(thin.facts, current.stacks[0].facts, (one,)) for one in (by_thin, by_thick)]
    rows, _ = rows_of(dates, "baseline", [], Identified())
    assert {row.track_uid for row in rows} == {"2.25.11"}


def test_an_event_that_names_the_lesion_of_another_series_removes_the_mass() -> None:
    prior, current = two_dates()
    (mass,) = each_once([matched(prior.stacks[0], current.stacks[0], 1.0)], prior, current)
    event = Event("P", date(2024, 6, 1), EventKind.SURGERY, tracking_uid="2.25.21")
    (row,), _ = rows_of([Dates(*mass.facts, (mass,))], "baseline", [event], Identified())
    assert row.state is LinkState.REMOVED


def test_what_a_reader_linked_on_thick_slices_counts_before_the_program() -> None:
    prior, current = two_dates()
    by_reader = replace(matched(prior.stacks[1], current.stacks[0], None), source=LinkSource.READER)
    found = each_once([matched(prior.stacks[0], current.stacks[0], 1.0), by_reader], prior, current)
    assert [one.source for one in found] == [LinkSource.READER]
