"""Which outlines are kept when a stack is measured again, and what a reader decided about pieces of a mass."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from calcimeasure import review
from calcimeasure.analysis import pipeline
from calcimeasure.analysis.lesion import assess, tracking_uid
from calcimeasure.analysis.retain import MAY_BE_ONE_MASS, retain
from calcimeasure.codes import NOTICES
from calcimeasure.model import (
    AlgorithmType,
    Content,
    Lesion,
    Outline,
    Proposal,
    Revision,
    Status,
    Tissue,
    Volume,
)
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid
from tests.review.test_edits import BY, ELSEWHERE, LEFT_HALF, RIGHT_HALF, WHOLE, box, newest

NUMBERS = SimpleNamespace(morphology=None, morphology_source=None)
"""Measurements: nothing here looks at others."""

MANUAL = AlgorithmType.MANUAL


def lesion(outline: Outline, name: str = "new", **facts: object) -> Lesion:
    return Lesion(name, 0, outline, NUMBERS, **facts)  # type: ignore[arg-type]


def earlier(outline: Outline, number: int, **facts: object) -> Lesion:
    return replace(lesion(outline, f"old {number}", **facts), number=number)


def decided(outline: Outline, number: int, **facts: object) -> Lesion:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return earlier(outline, number, reader="A", reviewed_at=at, **{"status": Status.ACCEPTED, **facts})


def rejected(outline: Outline, number: int, **facts: object) -> Lesion:
    return decided(outline, number, status=Status.REJECTED, **facts)


def noted(one: Lesion) -> Lesion:
    return replace(one, notices=(MAY_BE_ONE_MASS,))


def names(lesions: Sequence[Lesion]) -> list[tuple[str, int]]:
    return [(one.tracking_uid, one.number) for one in lesions]


def retained(
    found: Sequence[Lesion], before: Sequence[Lesion], smallest: int = 1
) -> tuple[list[Lesion], list[Lesion], list[Lesion]]:
    result = retain(found, before, smallest)
    return list(result.stay), list(result.cut), list(result.keep)


def test_what_is_found_again_is_the_same_lesion() -> None:
    stay, cut, keep = retained([lesion(WHOLE), lesion(ELSEWHERE, "new 2")], [earlier(LEFT_HALF, 3)])
    assert names(stay) == [("old 3", 3), ("new 2", 0)]
    assert stay[0].outline == WHOLE
    assert (cut, keep) == ([], [])


def test_what_is_no_longer_found_and_nobody_decided_is_not_kept() -> None:
    assert retained([], [earlier(LEFT_HALF, 1)]) == ([], [], [])


def test_what_a_reader_decided_is_kept_though_it_is_no_longer_found() -> None:
    old = decided(LEFT_HALF, 1)
    assert retained([lesion(ELSEWHERE)], [old]) == ([lesion(ELSEWHERE)], [], [old])


def test_largest_overlap_inherits_and_the_rest_is_new() -> None:
    stay, cut, keep = retained([lesion(RIGHT_HALF, "small"), lesion(LEFT_HALF, "large")], [decided(WHOLE, 5)])
    assert names(stay) == [("small", 0), ("old 5", 5)]
    assert (cut, keep) == ([], [])


def test_outline_that_a_reader_drew_stays_and_nothing_is_proposed_in_its_place() -> None:
    drawn = decided(LEFT_HALF, 1, algorithm_type=AlgorithmType.MANUAL)
    stay, cut, keep = retained([lesion(WHOLE), lesion(ELSEWHERE, "new 2")], [drawn])
    assert names(stay) == [("new 2", 0)]
    assert (cut, keep) == ([], [drawn])


def test_two_that_a_reader_decided_are_never_made_one() -> None:
    both = [decided(LEFT_HALF, 1), replace(decided(RIGHT_HALF, 2), status=Status.REJECTED)]
    assert retained([lesion(WHOLE)], both) == ([], [], both)


BOXES = st.tuples(*(st.tuples(st.integers(0, 5), st.integers(1, 4)) for _ in range(3))).map(
    lambda ends: Outline.from_mask(
        np.ones([size for _, size in ends], dtype=bool),
        (ends[0][0], ends[1][0], ends[2][0]),
    )
)


@given(
    st.lists(BOXES, max_size=5),
    st.lists(st.tuples(BOXES, st.booleans(), st.sampled_from(AlgorithmType)), max_size=5),
)
@hypothesis_settings(deadline=None)
def test_nothing_that_a_reader_decided_is_lost_or_doubled(
    found: list[Outline], before: list[tuple[Outline, bool, AlgorithmType]]
) -> None:
    old = [
        (decided if by_reader or kind is not AlgorithmType.AUTOMATIC else earlier)(outline, number, algorithm_type=kind)
        for number, (outline, by_reader, kind) in enumerate(before, 1)
    ]
    stay, cut, keep = retained([lesion(outline, f"new {n}") for n, outline in enumerate(found)], old)
    uids = [one.tracking_uid for one in (*stay, *cut, *keep)]
    assert len(set(uids)) == len(uids)
    by_uid = {one.tracking_uid: one for one in (*stay, *cut, *keep)}
    for one in old:
        if one.reader is not None:
            assert by_uid[one.tracking_uid].status is one.status
            assert by_uid[one.tracking_uid].number == one.number
        if one.algorithm_type is not AlgorithmType.AUTOMATIC:
            assert by_uid[one.tracking_uid].outline == one.outline


# Pieces of a mass

# Three cuboids in a row with gaps, and a larger one beside them: a run takes all four for one mass.
FIRST = box(slice(3, 7), slice(10, 16), slice(4, 10))
SECOND = box(slice(3, 7), slice(10, 16), slice(12, 18))
THIRD = box(slice(3, 7), slice(10, 16), slice(20, 24))
LARGE = box(slice(3, 9), slice(20, 32), slice(4, 24))
SPECK = box(slice(3, 4), slice(10, 12), slice(26, 28))
ALL = FIRST.union(SECOND, THIRD, LARGE)


def test_where_a_reader_accepted_a_piece_all_pieces_stay_and_no_whole_is_proposed() -> None:
    before = [earlier(LARGE, 1), decided(FIRST, 2), earlier(SECOND, 3), earlier(THIRD, 4)]
    assert retained([lesion(ALL)], before) == ([], [], [noted(one) for one in before])


def test_what_no_row_had_is_proposed_beside_the_piece_that_a_reader_accepted() -> None:
    stay, cut, keep = retained([lesion(ALL, tissue=Tissue.CALCIFIED_MASS)], [decided(FIRST, 2), earlier(SECOND, 3)])
    assert stay == []
    assert keep == [noted(decided(FIRST, 2)), noted(earlier(SECOND, 3))]
    (rest,) = cut
    assert rest.outline == THIRD.union(LARGE)
    assert (rest.number, rest.status, rest.reader, rest.notices) == (0, Status.PROPOSED, None, (MAY_BE_ONE_MASS,))
    assert rest.tissue is Tissue.CALCIFIED_MASS


def test_word_of_a_reader_on_a_piece_that_is_not_accepted_counts_too() -> None:
    before = [decided(FIRST, 1, status=Status.PROPOSED), earlier(SECOND, 2)]
    assert retained([lesion(FIRST.union(SECOND))], before) == ([], [], [noted(one) for one in before])


def test_specks_around_a_decided_mass_are_no_other_piece() -> None:
    found = lesion(LARGE.union(SPECK))
    stay, cut, keep = retained([found], [decided(LARGE, 7)])
    assert names(stay) == [("old 7", 7)]
    assert (stay[0].outline, stay[0].status, stay[0].notices) == (found.outline, Status.ACCEPTED, ())
    assert (cut, keep) == ([], [])


def test_a_rejected_piece_is_never_taken_into_a_whole() -> None:
    before = [earlier(LARGE, 1), rejected(FIRST, 2), earlier(SECOND, 3)]
    stay, cut, keep = retained([lesion(ALL)], before)
    assert (stay, keep) == ([], [before[1]])
    (one,) = cut
    assert one.outline == SECOND.union(THIRD, LARGE)
    assert names([one]) == [("old 1", 1)]
    assert (one.status, one.reader, one.notices) == (Status.PROPOSED, None, ())


def test_a_rejected_piece_is_cut_out_of_what_grew_into_it() -> None:
    grown = FIRST.union(box(slice(3, 7), slice(10, 16), slice(10, 24)))
    stay, cut, keep = retained([lesion(grown)], [rejected(FIRST, 1)])
    assert (stay, keep) == ([], [rejected(FIRST, 1)])
    assert [one.outline for one in cut] == [box(slice(3, 7), slice(10, 16), slice(10, 24))]
    assert names(cut) == [("new", 0)]


def test_what_was_rejected_stays_rejected_when_it_is_found_again() -> None:
    rim = FIRST.union(box(slice(2, 3), slice(10, 16), slice(4, 10)))
    stay, cut, keep = retained([lesion(rim)], [rejected(FIRST, 1)])
    assert [(one.tracking_uid, one.status) for one in stay] == [("old 1", Status.REJECTED)]
    assert (cut, keep) == ([], [])


def test_rejected_pieces_that_are_most_of_a_whole_leave_nothing() -> None:
    before = [rejected(FIRST, 1), rejected(SECOND, 2)]
    assert retained([lesion(FIRST.union(SECOND, SPECK))], before, SPECK.voxel_count + 1) == ([], [], before)
    _, cut, _ = retained([lesion(FIRST.union(SECOND, SPECK))], before, SPECK.voxel_count)
    assert [one.outline for one in cut] == [SPECK]


def test_an_accepted_and_a_rejected_piece_stay_what_they_are() -> None:
    before = [decided(FIRST, 1), rejected(SECOND, 2), earlier(LARGE, 3)]
    stay, cut, keep = retained([lesion(ALL)], before)
    assert stay == []
    assert keep == [noted(before[0]), before[1], noted(before[2])]
    assert [(one.outline, one.notices) for one in cut] == [(THIRD, (MAY_BE_ONE_MASS,))]


def test_what_a_reader_divided_stays_divided_and_nothing_is_said() -> None:
    before = [decided(FIRST, 1, algorithm_type=MANUAL), decided(SECOND, 2, algorithm_type=MANUAL)]
    assert retained([lesion(FIRST.union(SECOND))], before) == ([], [], before)


def test_what_a_reader_joined_stays_joined_and_the_other_pieces_stay_beside_it() -> None:
    before = [decided(FIRST.union(SECOND), 1, algorithm_type=MANUAL), earlier(LARGE, 3)]
    assert retained([lesion(ALL)], before) == ([], [], [noted(one) for one in before])


def test_what_a_reader_erased_is_not_proposed_again() -> None:
    drawn = decided(LARGE.union(FIRST), 1, algorithm_type=MANUAL)
    assert retained([lesion(LARGE.union(FIRST, SPECK))], [drawn]) == ([], [], [drawn])


def test_a_join_of_the_program_has_the_name_of_its_oldest_piece() -> None:
    before = [earlier(SECOND, 3), earlier(LARGE, 9), earlier(FIRST, 2)]
    stay, cut, keep = retained([lesion(ALL)], before)
    assert names(stay) == [("old 2", 2)]
    assert (cut, keep) == ([], [])


def test_a_lesion_that_only_touches_a_decided_one_does_not_get_its_decision() -> None:
    beside = box(slice(3, 7), slice(10, 16), slice(8, 40))
    stay, cut, keep = retained([lesion(beside)], [decided(FIRST, 1)])
    assert (stay, keep) == ([], [decided(FIRST, 1)])
    assert [(one.outline, one.status) for one in cut] == [
        (box(slice(3, 7), slice(10, 16), slice(10, 40)), Status.PROPOSED)
    ]


def test_notice_goes_when_the_pieces_are_no_longer_taken_for_one() -> None:
    old = noted(decided(FIRST, 1))
    stay, _, _ = retained([lesion(FIRST)], [old])
    assert stay[0].notices == ()
    assert retained([], [old]) == ([], [], [decided(FIRST, 1)])
    assert MAY_BE_ONE_MASS in NOTICES


@given(
    st.lists(BOXES, max_size=5),
    st.lists(st.tuples(BOXES, st.sampled_from([None, *Status]), st.sampled_from(AlgorithmType)), max_size=5),
)
@hypothesis_settings(deadline=None)
def test_no_proposal_overlaps_what_a_reader_decided(
    found: list[Outline], before: list[tuple[Outline, Status | None, AlgorithmType]]
) -> None:
    old = [
        earlier(outline, number) if status is None else decided(outline, number, status=status, algorithm_type=kind)
        for number, (outline, status, kind) in enumerate(before, 1)
    ]
    stay, cut, keep = retained([lesion(outline, f"new {n}") for n, outline in enumerate(found)], old)
    for one in cut:
        assert not any(
            one.outline.overlap(other.outline) for other in keep if other.reader is not None and one.reader is None
        )
    by_number = {one.number: one for one in (*stay, *cut, *keep)}
    for one in old:
        if one.reader is not None:
            assert (by_number[one.number].status, by_number[one.number].reader) == (one.status, "A")
        if one.status is Status.REJECTED:
            others = [other for other in (*stay, *cut) if other.status is not Status.REJECTED and other.reader is None]
            for other in others:
                if other.outline not in found:
                    assert not other.outline.overlap(one.outline)


# In the pipeline


@pytest.fixture
def volume(monkeypatch: pytest.MonkeyPatch) -> Volume:
    hu = np.full((12, 40, 44), 40)
    hu[WHOLE.box] = 800
    hu[ELSEWHERE.box] = 800
    made = volume_of(hu, straight_grid(hu.shape, (2.0, 0.7, 0.9)))
    monkeypatch.setattr(pipeline, "load_image", lambda *_: made)
    monkeypatch.setattr(pipeline, "content_of", lambda *_: Content("of no file"))
    return made


def test_stack_that_is_measured_again_keeps_names_numbers_and_drawn_outlines(volume: Volume) -> None:
    whole, elsewhere = pipeline.analyze(volume.stack).lesions
    drawn = replace(whole, outline=LEFT_HALF, algorithm_type=AlgorithmType.MANUAL, reader="A", status=Status.ACCEPTED)
    settings = Settings(threshold_hu=300)
    again = pipeline.analyze(volume.stack, settings, [drawn, elsewhere], next_number=3)
    assert [(one.tracking_uid, one.number) for one in again.lesions] == [
        (whole.tracking_uid, 1),
        (elsewhere.tracking_uid, 2),
    ]
    first, second = again.lesions
    assert (first.outline, first.algorithm_type, first.status) == (LEFT_HALF, AlgorithmType.MANUAL, Status.ACCEPTED)
    assert first.settings_hash == second.settings_hash == again.settings_hash
    assert first.measurements.volume_voxels_ml == pytest.approx(576 * 2.0 * 0.7 * 0.9 / 1000)


def test_new_lesions_get_numbers_that_were_never_used(volume: Volume) -> None:
    numbers = [one.number for one in pipeline.analyze(volume.stack, next_number=7).lesions]
    assert numbers == [7, 8]


# A whole of two cuboids, 3 mm apart.
NEAR = box(slice(3, 9), slice(10, 22), slice(25, 30))


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Volume:
    """A stack of which every run takes two cuboids for one mass."""
    hu = np.full((12, 40, 44), 40)
    hu[WHOLE.box] = hu[NEAR.box] = hu[ELSEWHERE.box] = 800
    made = volume_of(hu, straight_grid(hu.shape, (2.0, 0.7, 0.9)))
    monkeypatch.setattr(pipeline, "load_image", lambda *_: made)
    monkeypatch.setattr(pipeline, "content_of", lambda *_: Content("of no file"))
    survey = pipeline.survey(made, Settings())
    parts = tuple(Proposal(one, Tissue.CALCIFIED_MASS, 0.9) for one in (WHOLE.union(NEAR), ELSEWHERE))
    seen = replace(survey, proposals=replace(survey.proposals, parts=parts))
    monkeypatch.setattr(pipeline, "survey", lambda *_: seen)
    return made


def first(one: Lesion) -> Revision:
    return Revision(one, 1, datetime(2024, 1, 1, tzinfo=UTC), "measured")


def test_pieces_that_a_reader_decided_stay_when_the_stack_is_measured_again(whole: Volume) -> None:
    one, other = (
        replace(assess(whole, outline, number, Settings()), tissue=Tissue.UNKNOWN)
        for number, outline in ((1, WHOLE), (2, NEAR))
    )
    accepted = review.decide(first(one), Status.ACCEPTED, BY).lesion
    again = pipeline.analyze(whole.stack, Settings(), [accepted, other], next_number=3)
    by_number = {lesion.number: lesion for lesion in again.lesions}
    assert {number: lesion.outline for number, lesion in by_number.items()} == {1: WHOLE, 2: NEAR, 3: ELSEWHERE}
    assert [MAY_BE_ONE_MASS in by_number[number].notices for number in (1, 2, 3)] == [True, True, False]
    assert (by_number[1].status, by_number[2].status) == (Status.ACCEPTED, Status.PROPOSED)
    assert by_number[1].measurements == accepted.measurements


def test_a_whole_without_its_rejected_piece_is_measured_as_it_is_outlined(whole: Volume) -> None:
    gone = replace(assess(whole, NEAR, 2, Settings()), status=Status.REJECTED, reader="A")
    again = pipeline.analyze(whole.stack, Settings(), [gone], next_number=3)
    by_number = {lesion.number: lesion for lesion in again.lesions}
    assert (by_number[2].status, by_number[2].outline) == (Status.REJECTED, NEAR)
    rest = by_number[3]
    assert rest.outline == WHOLE
    assert rest.tracking_uid == tracking_uid(whole.stack, WHOLE)
    assert (rest.tissue, rest.tissue_confidence, rest.status) == (Tissue.CALCIFIED_MASS, 0.9, Status.PROPOSED)
    assert rest.measurements.parts == 1
    assert rest.measurements.volume_voxels_ml == pytest.approx(WHOLE.voxel_count * 2.0 * 0.7 * 0.9 / 1000)


@pytest.mark.parametrize("divides", [False, True])
def test_what_a_reader_joined_or_divided_stays_when_the_stack_is_measured_again(whole: Volume, divides: bool) -> None:
    if divides:
        found = first(pipeline.analyze(whole.stack, Settings()).lesions[0])
        made = review.split(found, [WHOLE, NEAR], newest(found), whole, Settings(), BY)
    else:
        both = [first(assess(whole, outline, number, Settings())) for number, outline in ((2, WHOLE), (1, NEAR))]
        made = review.merge(both, whole, Settings(), BY)
    now = [revision.lesion for revision in made if not revision.withdrawn]
    again = pipeline.analyze(whole.stack, Settings(threshold_hu=150), now, next_number=7).lesions
    kept = {one.tracking_uid: one for one in again if one.number < 7}
    assert {uid: (one.number, one.outline, one.reader) for uid, one in kept.items()} == {
        one.tracking_uid: (one.number, one.outline, "A. Reader") for one in now
    }
    assert [one.outline.overlap(ELSEWHERE) > 0 for one in again if one.number >= 7] == [True]
    assert not any(MAY_BE_ONE_MASS in one.notices for one in again)
