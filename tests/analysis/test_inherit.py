"""What a lesion keeps when its stack is measured again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from calcimeasure.analysis import pipeline
from calcimeasure.analysis.inherit import divide, inherit
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Content,
    Laterality,
    Lesion,
    Outline,
    Side,
    SideSource,
    Site,
    SiteSource,
    Status,
    Tissue,
    Volume,
)
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid
from tests.review.test_edits import ELSEWHERE, LEFT_HALF, RIGHT_HALF, WHOLE

NUMBERS = object()
"""Measurements: nothing here looks at them."""


def lesion(outline: Outline, name: str = "new", **facts: object) -> Lesion:
    return Lesion(name, 0, outline, NUMBERS, **facts)  # type: ignore[arg-type]


def earlier(outline: Outline, number: int, **facts: object) -> Lesion:
    return replace(lesion(outline, f"old {number}", **facts), number=number)


def decided(outline: Outline, number: int, **facts: object) -> Lesion:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return earlier(outline, number, reader="A", reviewed_at=at, status=Status.ACCEPTED, **facts)


def names(lesions: Sequence[Lesion]) -> list[tuple[str, int]]:
    return [(one.tracking_uid, one.number) for one in lesions]


def test_what_a_reader_decided_is_inherited_and_what_the_program_said_is_not() -> None:
    side = Side(Laterality.LEFT, SideSource.READER)
    site = Site(BodySite.ELBOW, SiteSource.READER)
    old = decided(LEFT_HALF, 4, tissue=Tissue.BONE, side=side, site=site)
    heir = inherit(lesion(WHOLE, tissue=Tissue.UNKNOWN, tissue_confidence=0.5), old)
    assert names([heir]) == [("old 4", 4)]
    assert (heir.status, heir.reader, heir.reviewed_at) == (Status.ACCEPTED, "A", old.reviewed_at)
    assert (heir.tissue, heir.tissue_confidence) == (Tissue.BONE, None)
    assert (heir.side, heir.site, heir.outline) == (side, site, WHOLE)

    said = replace(
        old,
        tissue_confidence=0.9,
        side=Side(Laterality.LEFT, SideSource.DICOM_TAG, 0.9),
        site=Site(BodySite.ELBOW, SiteSource.GEOMETRY),
    )
    heir = inherit(lesion(WHOLE, tissue=Tissue.UNKNOWN, tissue_confidence=0.5), said)
    assert (heir.tissue, heir.tissue_confidence, heir.side, heir.site) == (Tissue.UNKNOWN, 0.5, None, None)


def test_what_is_found_again_is_the_same_lesion() -> None:
    stay, keep = divide([lesion(WHOLE), lesion(ELSEWHERE, "new 2")], [earlier(LEFT_HALF, 3)])
    assert names(stay) == [("old 3", 3), ("new 2", 0)]
    assert stay[0].outline == WHOLE
    assert keep == []


def test_what_is_no_longer_found_and_nobody_decided_is_not_kept() -> None:
    assert divide([], [earlier(LEFT_HALF, 1)]) == ([], [])


def test_what_a_reader_decided_is_kept_though_it_is_no_longer_found() -> None:
    old = decided(LEFT_HALF, 1)
    assert divide([lesion(ELSEWHERE)], [old]) == ([lesion(ELSEWHERE)], [old])


def test_largest_overlap_inherits_and_the_rest_is_new() -> None:
    stay, keep = divide([lesion(RIGHT_HALF, "small"), lesion(LEFT_HALF, "large")], [decided(WHOLE, 5)])
    assert names(stay) == [("small", 0), ("old 5", 5)]
    assert keep == []


def test_outline_that_a_reader_drew_stays_and_nothing_is_proposed_in_its_place() -> None:
    drawn = decided(LEFT_HALF, 1, algorithm_type=AlgorithmType.MANUAL)
    stay, keep = divide([lesion(WHOLE), lesion(ELSEWHERE, "new 2")], [drawn])
    assert names(stay) == [("new 2", 0)]
    assert keep == [drawn]


def test_two_that_a_reader_decided_are_never_made_one() -> None:
    both = [decided(LEFT_HALF, 1), replace(decided(RIGHT_HALF, 2), status=Status.REJECTED)]
    assert divide([lesion(WHOLE)], both) == ([], both)


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
    stay, keep = divide([lesion(outline, f"new {n}") for n, outline in enumerate(found)], old)
    uids = [one.tracking_uid for one in (*stay, *keep)]
    assert len(set(uids)) == len(uids)
    by_uid = {one.tracking_uid: one for one in (*stay, *keep)}
    for one in old:
        if one.reader is not None:
            assert by_uid[one.tracking_uid].status is one.status
            assert by_uid[one.tracking_uid].number == one.number
        if one.algorithm_type is not AlgorithmType.AUTOMATIC:
            assert by_uid[one.tracking_uid].outline == one.outline


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
