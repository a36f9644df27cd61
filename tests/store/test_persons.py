"""Who is imaged, among all persons in a store: also where another run brings the other person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calcimeasure.export.pseudonym import Pseudonyms
from calcimeasure.model import Failure, Instance, Person, PixelFormat, Stack, StackFacts, State, name_alone
from calcimeasure.settings import Settings
from calcimeasure.store import Store, file_url, open_store
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Study

ANNA = Person("100", "HOSP A", "19500101", "F")
BEN = Person("100", "HOSP B", "19800202", "M")
NAMES = Pseudonyms(bytes(32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(file_url(tmp_path / "store.db")) as store:
        yield store


def stack(name: str, person: Person, study_uid: str = "1.2", day: date | None = date(2024, 1, 10)) -> Stack:
    place = Path("/in")
    image = Instance(
        place / f"{name}.dcm", place, f"1.2.{name}", 1, None, 1, 0, PixelFormat("1.2", 4, 4, 1, 16, 16, False), 0
    )
    names = {"patient_id": person.patient_id, "person_name": name_alone(person.patient_id, study_uid)}
    return Stack(f"1.3.{name}", study_uid, 1, "CT", "1.2.840", (image,), study_date=day, person=person, **names)


def run(store: Store, *found: Stack) -> None:
    """Keep what a run made of some stacks: nothing but that they failed."""
    run_id = store.begin_run([Path("/in")], Settings(), "1.0")
    store.note_found(run_id, found, (), [Path("/in")])
    for one in found:
        failure = Failure(State.FAILED, "no_position", f"{len(one.instances)} images without a place.", one)
        store.record(run_id, failure, store.plan(one, Settings()), Settings())


def studies(store: Store) -> list[Study]:
    return list(linked_studies(store.outcomes()))


def keys(store: Store) -> list[str | None]:
    return [NAMES.patient_key(one.stack) for one in studies(store) if one.stack]


def test_two_persons_of_two_runs_have_a_key_each(store: Store) -> None:
    run(store, stack("a", ANNA, "1.2.1"))
    (alone,) = keys(store)
    run(store, stack("b", BEN, "1.2.2"))
    one, other = keys(store)
    # Neither keeps the key that stands for both: which of the two it was, nobody can tell.
    assert len({one, other, alone}) == 3
    shifts = {NAMES.study_date(study.stack) for study in studies(store) if study.stack}
    assert len(shifts) == 2


def test_one_person_keeps_the_key_of_the_patient_id(store: Store) -> None:
    run(
        store,
        stack("a", ANNA, "1.2.1"),
        stack("b", Person("100"), "1.2.2"),
        stack("c", replace(ANNA, sex=None), "1.2.3"),
    )
    alone = StackFacts.of(stack("d", Person("100"), "1.2.4"))
    assert set(keys(store)) == {NAMES.patient_key(alone)}


def test_rows_of_an_earlier_schema_have_the_patient_id_alone(store: Store) -> None:
    run(store, stack("a", Person(), "1.2.1"))
    known = stack("b", ANNA, "1.2.2")
    run(store, replace(known, person=Person()), stack("c", ANNA, "1.2.3"))
    assert set(keys(store)) == {None, NAMES.patient_key(StackFacts.of(known))}


def test_two_persons_of_one_study_uid_are_two_studies(store: Store) -> None:
    # In the order of the table the stacks of the two take turns.
    run(store, stack("1", ANNA), stack("2", BEN), stack("3", ANNA), stack("4", BEN))
    assert [len(one.outcomes) for one in studies(store)] == [2, 2]


def test_two_dates_of_one_study_uid_are_two_studies(store: Store) -> None:
    later = date(2025, 1, 10)
    run(store, stack("1", ANNA), stack("2", ANNA, day=later), stack("3", ANNA), stack("4", ANNA, day=later))
    assert [(len(one.outcomes), one.stack and one.stack.study_date) for one in studies(store)] == [
        (2, date(2024, 1, 10)),
        (2, later),
    ]


def test_a_stack_without_date_is_of_the_only_date_of_its_study(store: Store) -> None:
    run(store, stack("1", ANNA), stack("2", ANNA, day=None))
    assert [len(one.outcomes) for one in studies(store)] == [2]
    run(store, stack("3", ANNA, day=date(2025, 1, 10)))
    assert [len(one.outcomes) for one in studies(store)] == [1, 1, 1]


def test_nobody_has_a_key_for_each_study(store: Store) -> None:
    nobody = Person("ANONYMOUS")
    run(store, stack("1", nobody, "1.2.1"), stack("2", nobody, "1.2.1"), stack("3", nobody, "1.2.2"))
    assert len(set(keys(store))) == len(studies(store)) == 2
    assert None not in keys(store)


def test_the_registry_names_whom_a_patient_id_names(store: Store) -> None:
    names = Pseudonyms(bytes(32), {"100": "SSC-1", "0": "SSC-2"})
    run(store, stack("1", ANNA, "1.2.1"), stack("2", Person("0"), "1.2.2"))
    named = {one.stack.patient_id: names.patient_key(one.stack) for one in studies(store) if one.stack}
    assert named["100"] == "SSC-1"
    assert (named["0"] or "").startswith("P-")
    run(store, stack("3", BEN, "1.2.3"))
    assert not {names.patient_key(one.stack) for one in studies(store) if one.stack} & {"SSC-1", "SSC-2"}


def test_slices_that_are_joined_now_are_no_stacks_of_their_own_any_more(store: Store) -> None:
    slices = [stack(f"{number}", ANNA) for number in range(3)]
    run(store, *slices)
    whole = replace(
        slices[0],
        instances=tuple(one.instances[0] for one in slices),
        joined_series=tuple((one.study_uid, one.series_uid) for one in slices),
    )
    run(store, whole)
    (study,) = studies(store)
    assert [one.stack and one.stack.image_count for one in study.outcomes] == [3]
