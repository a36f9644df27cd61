"""Readings of a store: each has its own lesions, decisions, remarks and worklist, and none shows those of another."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calcimeasure import find_series, review
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import ConflictError, StoreError
from calcimeasure.export import chain_key
from calcimeasure.load import load_image
from calcimeasure.model import AlgorithmType, Failure, Laterality, Outline, State, Status
from calcimeasure.settings import Settings, change_settings
from calcimeasure.store import CLINICAL_READING, Reading, ReadingKind, Remark, RemarkKind, Store, Todo, open_store
from tests.postgresql import STORES, empty_store, plain_sql
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Report, Revision

SETTINGS = Settings()
OLD = Path(__file__).parents[1] / "stores"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A stack with two lesions."""
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="readings")
    return analyze(find_series(folder).series[0], SETTINGS)


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_store(request.param, tmp_path)


@pytest.fixture
def store(url: str, report: Report) -> Iterator[Store]:
    """A store with one stack, number 1."""
    with open_store(url) as store:
        measure(store, report)
        yield store
        assert store.verify().findings == (), "whatever is stored is in the chain"


def measure(store: Store, report: Report, settings: Settings = SETTINGS, again: bool = False) -> None:
    run_id = store.begin_run([Path("/images")], settings, "1")
    plan = store.plan(report.stack, settings, again)
    assert plan.todo is Todo.MEASURE
    assert store.record(run_id, report, plan, settings)


def begun(store: Store, name: str, *, blank: bool = False) -> Store:
    """Begin a blinded reading in every stack."""
    store.note_reading(Reading(name, ReadingKind.STUDY, f"Dr {name}", is_blinded=True, is_blank=blank))
    of_reading = store.of_reading(name)
    of_reading.begin_stacks()
    return of_reading


def by(name: str) -> review.Signature:
    return review.Signature(name)


def newest(store: Store) -> dict[int, Revision]:
    return {history[-1].lesion.number: history[-1] for history in store.histories(1).values()}


def decide(store: Store, number: int, status: Status, reader: str) -> None:
    store.append(1, [review.decide(newest(store)[number], status, by(reader))], SETTINGS)


def statuses(store: Store) -> list[Status]:
    return [one.status for one in store.lesions_of(1)]


def test_a_new_store_has_the_clinical_reading_alone(store: Store) -> None:
    assert store.every_reading() == [Reading(CLINICAL_READING, ReadingKind.CLINICAL)]
    assert store.of_reading(CLINICAL_READING).lesions_of(1) == store.lesions_of(1)
    with pytest.raises(StoreError, match="expected \\(clinical\\), found 'second'"):
        store.of_reading("second")


def test_a_reading_is_kept_as_it_was_begun(store: Store) -> None:
    begun_at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    for name in ("A", "B"):
        store.note_reading(Reading(name, ReadingKind.STUDY, f"Dr {name}", is_blinded=True, is_blank=name == "B"))
    consensus = Reading("both", ReadingKind.CONSENSUS, None, bases=("A", "B"), begun_at=begun_at)
    store.note_reading(consensus)
    assert [one.name for one in store.every_reading()] == ["clinical", "A", "B", "both"]
    assert store.every_reading()[2:] == [Reading("B", ReadingKind.STUDY, "Dr B", True, True), consensus]
    for name in ("both", "BOTH"):
        with pytest.raises(StoreError, match="the store has 'both'"):
            store.note_reading(replace(consensus, name=name))


def test_a_consensus_that_another_program_began_in_a_stack_stays_as_it_is(store: Store) -> None:
    store.note_reading(Reading("both", ReadingKind.CONSENSUS, bases=(CLINICAL_READING, CLINICAL_READING)))
    both = store.of_reading("both")
    now = datetime.now(UTC)
    for lesion in store.lesions_of(1):
        first = replace(newest(store)[lesion.number], number=1, base_number=None)
        both.begin_stack_with(1, [first], [Remark(lesion.tracking_uid, RemarkKind.NOTE, "reading A", now, "accepted")])
    assert [one.number for one in both.lesions_of(1)] == [1]
    assert len(both.remarks_of(1)) == 1


def test_a_reading_begins_with_the_proposals_and_not_with_what_a_reader_decided(store: Store) -> None:
    proposed = store.lesions_of(1)
    decide(store, 1, Status.ACCEPTED, "Dr A")
    store.append(1, [review.set_side(newest(store)[2], Laterality.LEFT, by("Dr A"))], SETTINGS)
    second = begun(store, "B")
    assert second.lesions_of(1) == proposed
    assert [len(history) for history in second.histories(1).values()] == [1, 1]
    assert second.worklist() == {1: (2, 0)}
    assert second.readers() == second.seen_by() == {}
    assert second.proposals_of(1) == store.proposals_of(1) == proposed


def test_no_reading_shows_or_changes_another(store: Store) -> None:
    first, second = begun(store, "A"), begun(store, "B")
    others = (store, second)
    before = [(one.histories(1), one.worklist(), one.masses(), one.newest_rows()) for one in others]
    decide(first, 1, Status.REJECTED, "Dr A")
    decide(first, 2, Status.ACCEPTED, "Dr A")
    first.note_seen(1, "Dr A")
    uid = first.lesions_of(1)[0].tracking_uid
    first.note_remark(1, Remark(uid, RemarkKind.NOTE, "Dr A", datetime.now(UTC), "small"))
    assert statuses(first) == [Status.REJECTED, Status.ACCEPTED]
    assert [(one.histories(1), one.worklist(), one.masses(), one.newest_rows()) for one in others] == before
    for one in others:
        assert one.readers() == one.seen_by() == one.current_remarks() == {}
        assert one.remarks_of(1) == []
    assert first.readers() == first.seen_by() == {1: ("Dr A",)}
    assert [one.said for one in first.remarks_of(1)] == ["small"]


def test_what_a_second_reading_shows_has_nothing_of_the_first_by_sql(store: Store, url: str) -> None:
    first = begun(store, "A")
    decide(first, 1, Status.ACCEPTED, "Dr A")
    decide(store, 1, Status.REJECTED, "Dr C")
    begun(store, "B")
    ask = plain_sql(url)
    of = "JOIN readings USING (reading_id) WHERE name = 'B'"
    shown = ask(f"SELECT status, made_by, this.reader, revision_number FROM reading_revisions AS this {of}")
    assert sorted(map(tuple, shown)) == [("proposed", None, None, 1)] * 2
    assert ask(f"SELECT count(*) FROM current_reading_lesions {of}") == [(2,)]
    assert ask("SELECT status FROM current_lesions ORDER BY lesion_number") == [("rejected",), ("proposed",)]
    # The view for plain SQL is the clinical reading, as before there were others.
    assert ask("SELECT count(*) FROM lesion_revisions WHERE made_by = 'Dr A'") == [(0,)]


def test_a_blank_reading_begins_without_lesions(store: Store) -> None:
    blank = begun(store, "A", blank=True)
    assert blank.lesions_of(1) == blank.proposals_of(1) == []
    assert blank.begin_stacks() == []
    assert list(blank.outcomes()) == [], "nobody has looked yet"
    blank.note_seen(1, "Dr A")
    assert [outcome.lesions for outcome in blank.outcomes()] == [()]


def test_edits_of_a_reading_conflict_and_are_undone_in_it(store: Store) -> None:
    decide(store, 1, Status.ACCEPTED, "Dr C")
    first = begun(store, "A")
    base = newest(first)[1]
    decide(first, 1, Status.ACCEPTED, "Dr A")
    with pytest.raises(ConflictError, match=r"changed by Dr A .*accepted"):
        first.append(1, [review.decide(base, Status.REJECTED, by("Dr B"))], SETTINGS)
    history = first.histories(1)[base.lesion.tracking_uid]
    first.append(1, [review.undo(history, 1, by("Dr A"))], SETTINGS)
    assert statuses(first) == [Status.PROPOSED] * 2
    assert newest(first)[1].number == 3
    assert statuses(store) == [Status.ACCEPTED, Status.PROPOSED]


def test_two_readings_may_draw_the_same_outline_and_give_it_the_same_number(store: Store, report: Report) -> None:
    image = load_image(report.stack, SETTINGS)
    drawn = Outline.from_mask(report.lesions[0].outline.mask()[:1], report.lesions[0].outline.start_kji)
    for name in ("A", "B"):
        blank = begun(store, name, blank=True)
        added = review.add(drawn, AlgorithmType.MANUAL, {}, image, SETTINGS, by(f"Dr {name}"))
        blank.append(1, [added], SETTINGS)
        assert [(one.number, one.reader) for one in blank.lesions_of(1)] == [(1, f"Dr {name}")]
        assert blank.proposals_of(1) == []
    assert [one.number for one in store.lesions_of(1)] == [1, 2]


def test_measuring_again_changes_no_reading_that_began(store: Store, report: Report) -> None:
    first = begun(store, "A")
    decide(first, 1, Status.ACCEPTED, "Dr A")
    before = first.histories(1)
    other = change_settings(SETTINGS, {"min_volume_mm3": 3})
    # No reader decided in the clinical reading: the stack is measured again without being asked to.
    measure(store, replace(report, lesions=report.lesions[:1], thumbnails=()), other)
    assert len(store.lesions_of(1)) == 1
    assert first.histories(1) == before
    assert first.is_on_present_images(1)
    decide(first, 2, Status.REJECTED, "Dr A")
    assert statuses(first) == [Status.ACCEPTED, Status.REJECTED]


def test_proposals_of_a_run_that_kept_decisions_are_not_shown(store: Store, report: Report) -> None:
    """Such a run cuts its proposals where a reader drew, and takes over what a reader decided."""
    proposed = store.lesions_of(1)
    decide(store, 1, Status.ACCEPTED, "Dr C")
    decided = store.lesions_of(1)
    new = replace(proposed[0], number=3, tracking_uid="2.25.3")
    other = change_settings(SETTINGS, {"min_volume_mm3": 3})
    measure(store, replace(report, lesions=(*decided, new), thumbnails=()), other, again=True)
    assert len(store.lesions_of(1)) == 3
    assert begun(store, "A").lesions_of(1) == proposed


def test_a_reading_knows_that_the_images_are_others_since_it_began(store: Store, report: Report) -> None:
    first = begun(store, "A")
    fewer = replace(report.stack, instances=report.stack.instances[:-1])
    measure(store, replace(report, stack=fewer))
    assert not first.is_on_present_images(1)
    assert store.is_on_present_images(1)
    second = begun(store, "B")
    assert second.is_on_present_images(1)
    assert first.stacks_on_other_images() == {1}
    assert list(first.outcomes()) == []
    assert [len(one.lesions) for one in second.outcomes()] == [2]


@pytest.mark.parametrize("blank", [False, True])
def test_a_stack_that_was_decided_on_older_images_is_begun_on_the_present_ones(
    store: Store, report: Report, blank: bool
) -> None:
    decide(store, 1, Status.ACCEPTED, "Dr C")
    kept = store.lesions_of(1)[0]
    fewer = replace(report.stack, instances=report.stack.instances[:-1])
    found = [replace(report.lesions[1], number=number, tracking_uid=f"2.25.{number}") for number in (3, 4)]
    again = replace(report, stack=fewer, lesions=(kept, *found), thumbnails=())
    measure(store, again, again=True)
    decide(store, 3, Status.REJECTED, "Dr C")
    # Once more, on the same images: cut where the reader decided on them.
    other = change_settings(SETTINGS, {"min_volume_mm3": 3})
    measure(store, replace(again, lesions=(*store.lesions_of(1)[:2],)), other, again=True)
    reading = begun(store, "A", blank=blank)
    assert reading.is_on_present_images(1)
    # What the run took over from the reader is no proposal of the program.
    expected = [(3, Status.PROPOSED, None), (4, Status.PROPOSED, None)]
    assert [(one.number, one.status, one.reader) for one in store.proposals_of(1)] == expected
    assert [(one.number, one.status, one.reader) for one in reading.lesions_of(1)] == ([] if blank else expected)


def test_stacks_that_are_measured_later_are_begun_later(store: Store, report: Report) -> None:
    first = begun(store, "A")
    assert first.begin_stacks() == []
    other = replace(report.stack, series_uid="1.2.3")
    lesions = tuple(replace(one, tracking_uid=f"2.25.9{one.number}") for one in report.lesions)
    measure(store, replace(report, stack=other, lesions=lesions, thumbnails=()))
    assert 2 not in first.worklist()
    assert [one.stack and one.stack.series_uid for one in first.outcomes()] == [report.stack.series_uid]
    assert len(list(store.outcomes())) == 2
    assert first.begun_stacks() == {1}
    assert store.begun_stacks() is None
    assert first.begin_stacks() == [2]
    assert first.worklist() == {1: (2, 0), 2: (2, 0)}


def test_decisions_of_an_old_store_are_the_clinical_reading(tmp_path: Path) -> None:
    file = shutil.copy(OLD / "schema8" / "sqlite" / "private" / "calcimeasure.db", tmp_path)
    ask = plain_sql(f"sqlite:///{file}")
    kept = "SELECT * FROM lesion_revisions ORDER BY revision_id"
    remarks = "SELECT kind, reader, said FROM remarks ORDER BY remark_id"
    before, said = ask(kept), ask(remarks)
    assert said
    since = "SELECT count(*) FROM chain WHERE NOT is_keyed AND entry > (SELECT min(entry) FROM chain WHERE is_keyed)"
    ((without_key,),) = ask(since)
    with open_store(f"sqlite:///{file}") as store:
        store.use_key(chain_key(bytes.fromhex("5a" * 32)))
        assert store.verify().entries_without_key == without_key, "a migration is no work of somebody without the key"
        assert [one.name for one in store.every_reading()] == [CLINICAL_READING]
        clinical = store.of_reading(CLINICAL_READING)
        (stack_id,) = clinical.current_remarks()
        assert clinical.readers()[stack_id]
        second = begun(store, "B")
        assert second.readers() == second.seen_by() == second.current_remarks() == {}
        assert {one.status for one in second.lesions_of(stack_id)} == {Status.PROPOSED}
        assert store.verify().findings == ()
    assert ask(kept) == before
    assert ask(remarks) == said


def test_a_stack_that_was_read_in_any_reading_is_never_gone_or_failed(store: Store, report: Report) -> None:
    first = begun(store, "A")
    decide(first, 1, Status.ACCEPTED, "Dr A")
    run_id = store.begin_run([Path("/images")], SETTINGS, "1")
    # Its series has another stack now, and this one can no longer be measured.
    store.note_found(run_id, [replace(report.stack, stack_number=2)], [], [Path("/images")])
    other = change_settings(SETTINGS, {"min_volume_mm3": 3})
    failure = Failure(State.FAILED, "missing_slice", "A slice is missing.", report.stack)
    assert store.record(run_id, failure, store.plan(report.stack, other), other)
    assert first.worklist() == {1: (2, 1)}
    assert [outcome.state for outcome in first.outcomes()] == [State.MEASURED]
    assert statuses(first) == [Status.ACCEPTED, Status.PROPOSED]


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_a_stack_that_was_looked_through_in_a_reading_stays(store: Store, report: Report, is_withdrawn: bool) -> None:
    blank = begun(store, "A", blank=True)
    blank.note_seen(1, "Dr A")
    blank.note_seen(1, "Dr B")
    blank.note_seen(1, "Dr B", is_withdrawn=True)
    if is_withdrawn:
        blank.note_seen(1, "Dr A", is_withdrawn=True)
    run_id = store.begin_run([Path("/images")], SETTINGS, "1")
    other = change_settings(SETTINGS, {"min_volume_mm3": 3})
    failure = Failure(State.FAILED, "missing_slice", "A slice is missing.", report.stack)
    assert store.record(run_id, failure, store.plan(report.stack, other), other)
    assert [one.state for one in store.outcomes()] == [State.FAILED if is_withdrawn else State.MEASURED]
    store.note_found(run_id, [replace(report.stack, stack_number=2)], [], [Path("/images")])
    assert len(list(store.outcomes())) == (0 if is_withdrawn else 1)
    assert blank.seen_by() == ({} if is_withdrawn else {1: ("Dr A",)})
