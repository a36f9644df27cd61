"""What a folder holds, counted while its outcomes pass by."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.codes import NOTICES, ROUTINE_NOTICES
from calcimeasure.load import find_series
from calcimeasure.model import Outcome, State, Status, Tissue
from calcimeasure.run.summary import NoticeCount, Summary, Tally
from tests.tables import write_ct


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A stack with two masses."""
    (stack,) = find_series(write_ct(tmp_path_factory.mktemp("summary") / "in", seed="summary")[0].parent).series
    return Outcome.of(analyze(stack))


def summary_of(*outcomes: Outcome) -> Summary:
    tally = Tally()
    assert tuple(tally.counting(outcomes)) == outcomes
    return tally.summary()


def at(outcome: Outcome, path: str) -> Outcome:
    """The same outcome of a stack that lies elsewhere."""
    assert outcome.stack is not None
    return replace(outcome, path=path, stack=replace(outcome.stack, path=path))


def test_folder_with_nothing() -> None:
    assert summary_of() == Summary(0, 0, 0, 0, [], [], [])


def test_masses_are_counted_and_listed_largest_first(measured: Outcome) -> None:
    first, second = measured.lesions
    large = replace(second, measurements=replace(second.measurements, large=True))
    unsure = replace(first, tissue=Tissue.UNKNOWN)
    rejected = replace(first, status=Status.REJECTED)
    found = summary_of(
        replace(measured, lesions=(second, first)),
        replace(measured, lesions=(large, unsure, rejected)),
    )
    assert (found.measured, found.masses, found.large, found.unsure) == (2, 3, 1, 1)
    assert [(one.position, one.lesion) for one in found.listed] == [(1, first), (1, second), (2, large)]


def test_what_was_not_measured_is_counted_by_state_and_reason_in_order(measured: Outcome) -> None:
    skipped = replace(measured, state=State.SKIPPED, reason="modality", lesions=())
    failed = Outcome(State.FAILED, "broken.dcm", reason="unreadable_file")
    found = summary_of(skipped, failed, measured, skipped)
    assert found.not_measured == [("failed, unreadable_file", 1), ("skipped, modality", 2)]
    assert found.measured == 1


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/1.dcm", "b/1.dcm"], ["a", "b"]),
        (["a/1.dcm", "a/2.dcm", "b/1.dcm"], ["a/1.dcm", "a/2.dcm", "b"]),
        (["1.dcm"], ["in"]),
        (["1.dcm", "2.dcm"], ["1.dcm", "2.dcm"]),
    ],
)
def test_stack_has_the_name_of_its_folder_where_it_lies_there_alone(
    measured: Outcome, paths: list[str], names: list[str]
) -> None:
    listed = summary_of(*(at(measured, path) for path in paths)).listed
    assert [one.stack for one in listed] == [name for name in names for _ in measured.masses]


def test_only_the_first_masses_are_listed(measured: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.run.summary.LISTED_LESIONS", 3)
    found = summary_of(measured, measured, measured)
    assert (found.masses, len(found.listed)) == (6, 3)


def test_outcomes_are_passed_on_one_by_one(measured: Outcome) -> None:
    taken: list[int] = []

    def outcomes() -> Iterator[Outcome]:
        for number in range(3):
            taken.append(number)
            yield measured

    next(Tally().counting(outcomes()))
    assert taken == [0]


def test_notices_for_a_person_to_look_at_are_counted_also_of_stacks_with_nothing_found(measured: Outcome) -> None:
    empty = replace(at(measured, "b/1.dcm"), lesions=(), notices=("no_air", "specks_dropped"))
    failed = replace(
        at(measured, "c/1.dcm"), state=State.FAILED, reason="missing_slice", notices=("duplicate_dropped",)
    )
    skipped = replace(failed, state=State.SKIPPED, reason="localizer")
    found = summary_of(replace(measured, notices=()), skipped, empty, replace(empty, path="d/1.dcm"), failed)
    assert found.notices == [NoticeCount("duplicate_dropped", 1, "c/1.dcm"), NoticeCount("no_air", 2, "b/1.dcm")]


def test_every_notice_is_looked_at_but_those_of_what_is_usual() -> None:
    assert set(NOTICES) > ROUTINE_NOTICES
    assert ROUTINE_NOTICES.isdisjoint({"no_air", "single_slice", "duplicate_dropped", "bone_mask_missing"})
