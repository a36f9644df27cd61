"""What a reader does becomes revisions; nothing that was is lost."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from calcimeasure import review
from calcimeasure.analysis.lesion import assess, tracking_uid
from calcimeasure.errors import ReviewError
from calcimeasure.locate.anatomy import Anatomy
from calcimeasure.locate.body import Body
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Laterality,
    Lesion,
    Midline,
    Morphology,
    MorphologySource,
    Outline,
    Revision,
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
from tests.test_geometry import geometry_of

SETTINGS = Settings()
THEN = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
BY = review.Signature("A. Reader", THEN, "edit 1")
MANUAL, SEMIAUTOMATIC = AlgorithmType.MANUAL, AlgorithmType.SEMIAUTOMATIC
GRID = straight_grid((12, 40, 44), (2.0, 0.7, 0.9))


def box(k: slice, j: slice, i: slice) -> Outline:
    """A cuboid of the volume below."""
    mask = np.zeros((12, 40, 44), dtype=bool)
    mask[k, j, i] = True
    return Outline.from_mask(mask)


LEFT_HALF = box(slice(3, 9), slice(10, 22), slice(8, 16))
RIGHT_HALF = box(slice(3, 9), slice(10, 22), slice(16, 22))
WHOLE = LEFT_HALF.union(RIGHT_HALF)
ELSEWHERE = box(slice(4, 8), slice(28, 34), slice(30, 36))


@pytest.fixture(scope="module")
def volume() -> Volume:
    """Two cuboids of 800 HU in 40 HU, on voxels of 2.0 x 0.7 x 0.9 mm."""
    hu = np.full((12, 40, 44), 40)
    hu[WHOLE.box] = 800
    hu[ELSEWHERE.box] = 800
    return volume_of(hu, GRID)


def first(lesion: Lesion) -> Revision:
    return Revision(lesion, 1, datetime(2024, 1, 1, tzinfo=UTC), "measured")


@pytest.fixture(scope="module")
def proposed(volume: Volume) -> Revision:
    lesion = assess(volume, WHOLE, 1, SETTINGS)
    judged = replace(
        lesion,
        tissue=Tissue.CALCIFIED_MASS,
        tissue_confidence=0.8,
        side=Side(Laterality.UNKNOWN, SideSource.NONE, 0.4, True, Laterality.LEFT, 31.5, "two words disagree"),
        site=Site(BodySite.HIP, SiteSource.GEOMETRY),
    )
    return first(judged)


@pytest.fixture(scope="module")
def other(volume: Volume) -> Revision:
    return first(assess(volume, ELSEWHERE, 2, SETTINGS))


def newest(*revisions: Revision) -> dict[str, Revision]:
    return {one.lesion.tracking_uid: one for one in revisions}


# Decisions


@pytest.mark.parametrize("status", Status)
def test_decision_is_a_revision_that_says_who_and_when(proposed: Revision, status: Status) -> None:
    made = review.decide(proposed, status, BY)
    assert made == Revision(
        replace(proposed.lesion, status=status, reader="A. Reader", reviewed_at=THEN),
        number=2,
        base_number=1,
        made_at=THEN,
        why=str(status),
        reader="A. Reader",
        edit_uid="edit 1",
    )


def test_tissue_is_the_readers_word_and_needs_no_confidence(other: Revision) -> None:
    made = review.set_tissue(other, Tissue.BONE, BY)
    assert (made.lesion.tissue, made.lesion.tissue_confidence) == (Tissue.BONE, None)


def test_what_is_accepted_is_a_mass(proposed: Revision) -> None:
    unsure = first(replace(proposed.lesion, tissue=Tissue.UNKNOWN))
    made = review.decide(unsure, Status.ACCEPTED, BY)
    assert (made.lesion.status, made.lesion.tissue, made.lesion.tissue_confidence) == (
        Status.ACCEPTED,
        Tissue.CALCIFIED_MASS,
        None,
    )
    assert review.decide(unsure, Status.REJECTED, BY).lesion.tissue is Tissue.UNKNOWN
    for tissue in (Tissue.BONE, Tissue.OTHER_CALCIFICATION):
        with pytest.raises(ReviewError, match="T makes it a calcified mass and accepts it, X rejects it"):
            review.decide(first(replace(proposed.lesion, tissue=tissue)), Status.ACCEPTED, BY)


def test_what_is_no_mass_is_no_longer_accepted(proposed: Revision) -> None:
    accepted = review.decide(proposed, Status.ACCEPTED, BY)
    assert review.set_tissue(accepted, Tissue.BONE, BY).lesion.status is Status.PROPOSED
    assert review.set_tissue(accepted, Tissue.CALCIFIED_MASS, BY).lesion.status is Status.ACCEPTED
    rejected = review.decide(proposed, Status.REJECTED, BY)
    assert review.set_tissue(rejected, Tissue.BONE, BY).lesion.status is Status.REJECTED


def test_side_is_the_readers_word_and_settles_a_conflict(proposed: Revision) -> None:
    side = review.set_side(proposed, Laterality.LEFT, BY).lesion.side
    assert side is not None
    assert (side.laterality, side.source, side.conflict, side.hint) == (Laterality.LEFT, SideSource.READER, False, None)
    assert side.distance_to_midline_mm == 31.5


def test_site_is_the_readers_word(proposed: Revision) -> None:
    made = review.set_site(proposed, BodySite.SPINE, BY, "lumbar")
    assert made.lesion.site == Site(BodySite.SPINE, SiteSource.READER, "lumbar")


@pytest.mark.parametrize("name", ["", "  "])
def test_nobody_decides_nothing(name: str) -> None:
    with pytest.raises(ReviewError, match="name of its reader"):
        review.Signature(name)


def test_edits_are_told_apart() -> None:
    assert review.Signature("A").edit_uid != review.Signature("A").edit_uid
    assert review.Signature("A").made_at.tzinfo is UTC


# Outlines


def test_redrawn_outline_is_measured_by_the_same_rulers(volume: Volume, proposed: Revision) -> None:
    made = review.redraw(proposed, LEFT_HALF, MANUAL, volume, SETTINGS, BY)
    fresh = assess(volume, LEFT_HALF, 1, SETTINGS)
    assert made.lesion.measurements == fresh.measurements
    assert made.lesion.measurements != proposed.lesion.measurements
    assert (made.lesion.outline, made.lesion.algorithm_type) == (LEFT_HALF, MANUAL)
    assert made.lesion.settings_hash == fresh.settings_hash
    kept = ("tracking_uid", "number", "tissue", "tissue_confidence", "side", "site", "status")
    assert {name: getattr(made.lesion, name) for name in kept} == {
        name: getattr(proposed.lesion, name) for name in kept
    }
    assert (made.number, made.base_number, made.why) == (2, 1, "outline: manual")


def test_outline_that_a_tool_grew_is_semiautomatic(volume: Volume, proposed: Revision) -> None:
    made = review.redraw(proposed, LEFT_HALF, SEMIAUTOMATIC, volume, SETTINGS, BY)
    assert made.lesion.algorithm_type is SEMIAUTOMATIC


def test_readers_outline_is_never_the_programs(volume: Volume, proposed: Revision) -> None:
    with pytest.raises(ReviewError, match="manual or semiautomatic, found automatic"):
        review.redraw(proposed, LEFT_HALF, AlgorithmType.AUTOMATIC, volume, SETTINGS, BY)


def test_outline_outside_of_the_image_is_refused(volume: Volume, proposed: Revision) -> None:
    outside = replace(LEFT_HALF, start_kji=(7, 10, 8), stop_kji=(13, 22, 16))
    for edit in (
        lambda: review.redraw(proposed, outside, MANUAL, volume, SETTINGS, BY),
        lambda: review.add(outside, MANUAL, {}, volume, SETTINGS, BY),
        lambda: review.split(proposed, [LEFT_HALF, outside], newest(proposed), volume, SETTINGS, BY),
    ):
        with pytest.raises(ReviewError, match="inside the image"):
            edit()


def test_added_lesion_is_proposed_and_has_the_next_number(volume: Volume, proposed: Revision) -> None:
    made = review.add(ELSEWHERE, MANUAL, newest(proposed), volume, SETTINGS, BY)
    assert (made.number, made.base_number, made.withdrawn) == (1, None, False)
    assert made.lesion.tracking_uid == tracking_uid(volume.stack, ELSEWHERE)
    assert (made.lesion.number, made.lesion.status, made.lesion.algorithm_type) == (2, Status.PROPOSED, MANUAL)
    assert (made.lesion.reader, made.lesion.reviewed_at) == ("A. Reader", THEN)


def test_lesion_is_not_added_twice(volume: Volume, proposed: Revision, other: Revision) -> None:
    with pytest.raises(ReviewError, match="is that of lesion 2, which is there"):
        review.add(ELSEWHERE, MANUAL, newest(proposed, other), volume, SETTINGS, BY)


def test_lesion_that_was_taken_back_and_is_drawn_again_is_the_same_lesion(volume: Volume, other: Revision) -> None:
    gone = review.undo([other], 0, BY)
    made = review.add(ELSEWHERE, MANUAL, newest(gone), volume, SETTINGS, BY)
    assert (made.lesion.tracking_uid, made.lesion.number) == (other.lesion.tracking_uid, 2)
    assert (made.number, made.base_number, made.withdrawn) == (3, 2, False)


# Several lesions


def test_split_keeps_the_largest_part_and_makes_lesions_of_the_others(
    volume: Volume, proposed: Revision, other: Revision
) -> None:
    stays, new = review.split(proposed, [RIGHT_HALF, LEFT_HALF], newest(proposed, other), volume, SETTINGS, BY)
    assert (stays.lesion.tracking_uid, stays.lesion.outline) == (proposed.lesion.tracking_uid, LEFT_HALF)
    assert (new.lesion.number, new.lesion.outline) == (3, RIGHT_HALF)
    assert (stays.number, new.number, new.base_number) == (2, 1, None)
    for one in (stays, new):
        assert (one.why, one.edit_uid, one.lesion.algorithm_type) == ("split of lesion 1", "edit 1", MANUAL)
        assert (one.lesion.tissue, one.lesion.site) == (proposed.lesion.tissue, proposed.lesion.site)
        assert one.lesion.measurements == assess(volume, one.lesion.outline, 1, SETTINGS).measurements
    voxels = [one.lesion.measurements.volume_voxels_ml or 0 for one in (stays, new)]
    assert sum(voxels) == pytest.approx(proposed.lesion.measurements.volume_voxels_ml)


@pytest.mark.parametrize(
    ("parts", "said"),
    [([LEFT_HALF], "at least two parts, found 1"), ([LEFT_HALF, RIGHT_HALF, WHOLE], "part 3 overlaps another")],
)
def test_split_that_is_none_is_refused(volume: Volume, proposed: Revision, parts: list[Outline], said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        review.split(proposed, parts, newest(proposed), volume, SETTINGS, BY)


def test_merge_withdraws_the_others(volume: Volume, proposed: Revision, other: Revision) -> None:
    merged, gone = review.merge([proposed, other], volume, SETTINGS, BY)
    assert merged.lesion.outline == WHOLE.union(ELSEWHERE)
    assert merged.lesion.outline.mask().sum() == WHOLE.mask().sum() + ELSEWHERE.mask().sum()
    assert merged.lesion.measurements == assess(volume, merged.lesion.outline, 1, SETTINGS).measurements
    assert (merged.lesion.tracking_uid, merged.lesion.number) == (proposed.lesion.tracking_uid, 1)
    assert (gone.withdrawn, gone.why, gone.lesion.outline) == (True, "merged into lesion 1", ELSEWHERE)
    assert merged.edit_uid == gone.edit_uid == "edit 1"


def test_oldest_lesion_survives_a_merge_and_undo_restores_all(
    volume: Volume, proposed: Revision, other: Revision
) -> None:
    merged, gone = review.merge([other, proposed], volume, SETTINGS, BY)
    assert (merged.lesion.tracking_uid, merged.lesion.number) == (proposed.lesion.tracking_uid, 1)
    assert (gone.lesion.tracking_uid, gone.lesion.number, gone.withdrawn) == (other.lesion.tracking_uid, 2, True)
    back = [review.undo(history, 1, BY) for history in ([proposed, merged], [other, gone])]
    assert [(one.lesion, one.withdrawn) for one in back] == [(proposed.lesion, False), (other.lesion, False)]


def test_what_readers_decided_about_any_piece_holds_for_the_join(
    volume: Volume, proposed: Revision, other: Revision
) -> None:
    read = review.set_site(other, BodySite.ELBOW, BY)
    read = review.set_side(read, Laterality.RIGHT, BY)
    merged, _ = review.merge([proposed, review.decide(read, Status.ACCEPTED, BY)], volume, SETTINGS, BY)
    lesion = merged.lesion
    assert (lesion.number, lesion.status) == (1, Status.ACCEPTED)
    assert laterality_of(merged) is Laterality.RIGHT
    assert lesion.site == Site(BodySite.ELBOW, SiteSource.READER)
    told = review.set_tissue(other, Tissue.OTHER_CALCIFICATION, BY)
    lesion = review.merge([proposed, told], volume, SETTINGS, BY)[0].lesion
    assert (lesion.tissue, lesion.tissue_confidence) == (Tissue.OTHER_CALCIFICATION, None)
    # What is accepted is a mass, whatever a piece was said to be.
    lesion = review.merge([review.decide(proposed, Status.ACCEPTED, BY), told], volume, SETTINGS, BY)[0].lesion
    assert (lesion.status, lesion.tissue) == (Status.ACCEPTED, Tissue.CALCIFIED_MASS)
    # Where readers decided about both, that of the older lesion counts.
    merged, _ = review.merge([read, review.set_site(proposed, BodySite.HIP, BY)], volume, SETTINGS, BY)
    assert merged.lesion.site == Site(BodySite.HIP, SiteSource.READER)


def test_a_join_with_what_was_accepted_is_a_mass(volume: Volume, proposed: Revision, other: Revision) -> None:
    accepted = review.decide(proposed, Status.ACCEPTED, BY)
    unsure = replace(other, lesion=replace(other.lesion, tissue=Tissue.UNKNOWN, tissue_confidence=0.4))
    # Stores of earlier versions have lesions that were accepted while it was not sure that they are masses.
    of_old = replace(unsure, lesion=replace(unsure.lesion, status=Status.ACCEPTED))
    never_sure = replace(proposed, lesion=replace(proposed.lesion, tissue=Tissue.UNKNOWN))
    for pair in ([unsure, accepted], [of_old, never_sure]):
        merged, _ = review.merge(pair, volume, SETTINGS, BY)
        assert (merged.lesion.status, merged.lesion.tissue) == (Status.ACCEPTED, Tissue.CALCIFIED_MASS)


def test_a_rejected_lesion_is_no_piece_of_a_join(volume: Volume, proposed: Revision, other: Revision) -> None:
    rejected = review.decide(other, Status.REJECTED, BY)
    for pair in ([proposed, rejected], [rejected, proposed]):
        with pytest.raises(ReviewError, match="Lesion 2 is rejected"):
            review.merge(pair, volume, SETTINGS, BY)


def test_morphology_is_the_readers_word_and_outlives_every_outline_but_those_of_a_join_or_split(
    volume: Volume, proposed: Revision, other: Revision
) -> None:
    said = review.set_morphology(proposed, Morphology.NET, BY)
    assert said.why == "morphology: net"
    assert look_of(said) == (Morphology.NET, None, MorphologySource.READER)
    assert review.undo([proposed, said], 1, BY).lesion == proposed.lesion
    assert look_of(review.redraw(said, LEFT_HALF, MANUAL, volume, SETTINGS, BY))[0] is Morphology.NET
    parts = review.split(said, [LEFT_HALF, RIGHT_HALF], newest(said, other), volume, SETTINGS, BY)
    for one in (*parts, review.merge([said, other], volume, SETTINGS, BY)[0]):
        assert look_of(one)[2] is MorphologySource.IMAGE


def look_of(revision: Revision) -> tuple[Morphology | None, float | None, MorphologySource | None]:
    numbers = revision.lesion.measurements
    return numbers.morphology, numbers.morphology_confidence, numbers.morphology_source


@pytest.mark.parametrize("count", [1, 2])
def test_merge_needs_two_lesions(volume: Volume, proposed: Revision, count: int) -> None:
    with pytest.raises(ReviewError, match="at least two lesions"):
        review.merge([proposed] * count, volume, SETTINGS, BY)


def test_lesion_that_is_gone_cannot_be_edited(volume: Volume, proposed: Revision, other: Revision) -> None:
    _, gone = review.merge([proposed, other], volume, SETTINGS, BY)
    edits = [
        lambda: review.decide(gone, Status.ACCEPTED, BY),
        lambda: review.redraw(gone, LEFT_HALF, MANUAL, volume, SETTINGS, BY),
        lambda: review.merge([proposed, gone], volume, SETTINGS, BY),
    ]
    for edit in edits:
        with pytest.raises(ReviewError, match=r"no longer there \(merged into lesion 1\)"):
            edit()


def test_a_proposal_is_rejected_and_what_a_reader_drew_is_withdrawn(volume: Volume, proposed: Revision) -> None:
    drawn = review.redraw(proposed, LEFT_HALF, MANUAL, volume, SETTINGS, BY)
    away = review.remove([proposed, drawn], BY)
    assert (away.lesion.status, away.lesion.outline, away.withdrawn) == (Status.REJECTED, LEFT_HALF, False)
    added = review.add(ELSEWHERE, MANUAL, {}, volume, SETTINGS, BY)
    away = review.remove([added], BY)
    assert (away.withdrawn, away.number) == (True, 2)


# Undo


def test_undo_leads_back_to_any_revision_of_anybody(volume: Volume, proposed: Revision) -> None:
    accepted = review.decide(proposed, Status.ACCEPTED, BY)
    drawn = review.redraw(accepted, LEFT_HALF, MANUAL, volume, SETTINGS, replace(BY, reader="B. Reader"))
    history = [proposed, accepted, drawn]
    for number in (1, 2):
        back = review.undo(history, number, replace(BY, reader="C. Reader"))
        assert back.lesion == history[number - 1].lesion
        assert (back.number, back.base_number, back.reader) == (4, 3, "C. Reader")
        assert back.why == f"undone: as in revision {number}"
        assert not back.withdrawn
    # An undo is a revision like any other.
    again = review.undo([*history, review.undo(history, 1, BY)], 3, BY)
    assert (again.lesion, again.number) == (drawn.lesion, 5)


def test_undo_of_the_first_revision_withdraws_the_lesion(other: Revision) -> None:
    back = review.undo([other], 0, BY)
    assert (back.withdrawn, back.why, back.number) == (True, "undone: as before it was there", 2)
    there_again = review.undo([other, back], 1, BY)
    assert (there_again.withdrawn, there_again.lesion, there_again.number) == (False, other.lesion, 3)


@pytest.mark.parametrize("number", [-1, 1, 2])
def test_undo_to_what_never_was_is_refused(proposed: Revision, number: int) -> None:
    with pytest.raises(ReviewError, match="can go back to revision 0 to 0"):
        review.undo([proposed], number, BY)


def test_an_edit_of_several_lesions_is_undone_lesion_by_lesion(
    volume: Volume, proposed: Revision, other: Revision
) -> None:
    merged, gone = review.merge([proposed, other], volume, SETTINGS, BY)
    again = replace(BY, edit_uid="edit 2")
    back = [review.undo(history, 1, again) for history in ([proposed, merged], [other, gone])]
    assert [(one.lesion, one.withdrawn, one.number) for one in back] == [
        (proposed.lesion, False, 3),
        (other.lesion, False, 3),
    ]
    assert {one.edit_uid for one in back} == {"edit 2"}
    stays, new = review.split(proposed, [LEFT_HALF, RIGHT_HALF], newest(proposed), volume, SETTINGS, BY)
    whole, half = review.undo([proposed, stays], 1, BY), review.undo([new], 0, BY)
    assert (whole.lesion, half.withdrawn) == (proposed.lesion, True)


# Side and site of what a reader draws

GEOMETRY = geometry_of(GRID)
SEEN = Anatomy(
    GEOMETRY,
    Midline((1.0, 0.0, 0.0), 0.0, 2.0, 0.9),
    "midline of the body",
    (Body(box(slice(0, 12), slice(0, 40), slice(0, 44)), GEOMETRY),),
)


def sided(lesion: Lesion, laterality: Laterality, source: SideSource = SideSource.BODY_MIDLINE) -> Revision:
    return first(replace(lesion, side=Side(laterality, source), site=Site(BodySite.HIP, SiteSource.GEOMETRY)))


def laterality_of(revision: Revision) -> Laterality:
    assert revision.lesion.side is not None
    return revision.lesion.side.laterality


def test_drawn_lesion_gets_side_and_site_from_what_is_in_the_field(volume: Volume) -> None:
    added = review.add(ELSEWHERE, MANUAL, {}, volume, SETTINGS, BY, SEEN)
    assert laterality_of(added) is Laterality.LEFT
    assert added.lesion.site is not None
    assert review.add(ELSEWHERE, MANUAL, {}, volume, SETTINGS, BY).lesion.side is None


def test_redrawn_lesion_is_judged_again_where_it_lies_now(volume: Volume) -> None:
    before = sided(assess(volume, LEFT_HALF, 1, SETTINGS), Laterality.RIGHT)
    assert laterality_of(review.redraw(before, ELSEWHERE, MANUAL, volume, SETTINGS, BY, SEEN)) is Laterality.LEFT
    assert laterality_of(review.redraw(before, WHOLE, MANUAL, volume, SETTINGS, BY)) is Laterality.RIGHT
    moved = review.redraw(before, ELSEWHERE, MANUAL, volume, SETTINGS, BY)
    assert moved.lesion.side == Side(
        Laterality.UNKNOWN,
        SideSource.NONE,
        hint=Laterality.RIGHT,
        evidence="drawn anew, and its side was not judged again",
    )


def test_word_of_a_reader_outlives_every_outline(volume: Volume) -> None:
    said = sided(assess(volume, LEFT_HALF, 1, SETTINGS), Laterality.RIGHT, SideSource.READER)
    for view in (None, SEEN):
        assert laterality_of(review.redraw(said, ELSEWHERE, MANUAL, volume, SETTINGS, BY, view)) is Laterality.RIGHT


def test_parts_of_what_lay_in_the_middle_have_no_side_of_their_own(volume: Volume) -> None:
    whole = sided(assess(volume, WHOLE, 1, SETTINGS), Laterality.MIDLINE)
    parts = review.split(whole, [LEFT_HALF, RIGHT_HALF], newest(whole), volume, SETTINGS, BY)
    assert [laterality_of(part) for part in parts] == [Laterality.UNKNOWN] * 2
    left = sided(assess(volume, WHOLE, 1, SETTINGS), Laterality.LEFT)
    parts = review.split(left, [LEFT_HALF, RIGHT_HALF], newest(left), volume, SETTINGS, BY)
    assert [laterality_of(part) for part in parts] == [Laterality.LEFT] * 2


def test_lesions_of_both_sides_that_are_merged_have_none(volume: Volume) -> None:
    one = sided(assess(volume, LEFT_HALF, 1, SETTINGS), Laterality.RIGHT)
    other = sided(assess(volume, RIGHT_HALF, 2, SETTINGS), Laterality.LEFT)
    assert laterality_of(review.merge([one, other], volume, SETTINGS, BY)[0]) is Laterality.UNKNOWN
    same = sided(other.lesion, Laterality.RIGHT)
    assert laterality_of(review.merge([one, same], volume, SETTINGS, BY)[0]) is Laterality.RIGHT
