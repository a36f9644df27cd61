"""Every decision is in the store at once; what is drawn is kept, and nothing that somebody else did is written over."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calcimeasure import review
from calcimeasure.analysis.kinds import LARGE_MM
from calcimeasure.errors import ConflictError, ReviewError, StoreError
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Laterality,
    Morphology,
    Outline,
    PointLps,
    Proposal,
    Status,
    Tissue,
    Volume,
)
from calcimeasure.review import Answer, Conflict, CuttingPlane, Session
from calcimeasure.store import Store
from tests.conftest import PROJECT
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid
from tests.review.desks import FIRST, SECOND, SETTINGS, ask, begin, box, measure_drafts, store_with, two_cuboids

ACROSS_COLUMNS, ACROSS_SLICES = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
STATE = "SELECT lesion_number, status, tissue, laterality, site, reader FROM current_lesions ORDER BY lesion_number"


@pytest.fixture(scope="module")
def volume() -> Volume:
    return two_cuboids()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calcimeasure.db"


@pytest.fixture
def opened(file: Path, volume: Volume) -> Iterator[tuple[Store, int]]:
    with store_with(file, volume, [box(FIRST), box(SECOND)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


@pytest.fixture
def session(opened: tuple[Store, int], volume: Volume) -> Session:
    return begin(*opened, volume)


def paint(session: Session, where: tuple[slice, ...], label: int) -> None:
    """One stroke, and the look at it."""
    session.press += 1
    session.labels[where] = label
    session.compare()


def stored_outline(session: Session, number: int) -> Outline:
    fresh = session.store.histories(session.stack_id).values()
    return next(one[-1].lesion.outline for one in fresh if one[-1].lesion.number == number and not one[-1].withdrawn)


# Deciding


def test_decisions_are_in_the_store_at_once(session: Session, file: Path) -> None:
    session.decide(1, Status.ACCEPTED)
    assert ask(file, STATE)[0] == (1, "accepted", "calcified_mass", None, None, "A. Reader")
    session.set_side(1, Laterality.LEFT)
    session.set_site(1, BodySite.HIP)
    session.set_tissue(2, Tissue.OTHER_CALCIFICATION)
    session.decide(2, Status.REJECTED)
    assert ask(file, STATE) == [
        (1, "accepted", "calcified_mass", "left", "hip", "A. Reader"),
        (2, "rejected", "other_calcification", None, None, "A. Reader"),
    ]


def test_only_masses_that_were_shown_are_accepted_together(session: Session, file: Path) -> None:
    assert session.accept_shown() == 0
    session.select(2)
    assert session.accept_shown() == 1
    assert [row[1] for row in ask(file, STATE)] == ["proposed", "accepted"]


def test_what_is_not_surely_a_mass_is_not_accepted_with_the_others(file: Path, volume: Volume) -> None:
    with store_with(file, volume, [box(FIRST)], Tissue.UNKNOWN) as opened:
        session = begin(*opened, volume)
        session.select(1)
        assert session.accept_shown() == 0
        session.take_over(1)
        assert ask(file, STATE) == [(1, "accepted", "calcified_mass", None, None, "A. Reader")]
        assert session.undo()
        assert ask(file, STATE) == [(1, "proposed", "unknown", None, None, None)]


def test_decisions_are_undone_and_done_again_one_by_one(session: Session, file: Path) -> None:
    session.decide(1, Status.ACCEPTED)
    session.set_side(1, Laterality.RIGHT)
    assert session.undo()
    assert ask(file, STATE)[0] == (1, "accepted", "calcified_mass", None, None, "A. Reader")
    assert session.undo()
    assert ask(file, STATE)[0] == (1, "proposed", "calcified_mass", None, None, None)
    assert not session.undo()
    assert session.redo()
    assert session.redo()
    assert ask(file, STATE)[0] == (1, "accepted", "calcified_mass", "right", None, "A. Reader")
    assert ask(file, "SELECT count(*) FROM lesion_revisions WHERE lesion_number = 1") == [(7,)]  # nothing is removed


def test_nobody_signs_and_nothing_is_kept(opened: tuple[Store, int], volume: Volume, file: Path) -> None:
    session = begin(*opened, volume, reader="")

    def nobody() -> str:
        raise ReviewError("Nobody signs.")

    session._ask_name = nobody
    with pytest.raises(ReviewError, match="Nobody signs"):
        session.decide(1, Status.ACCEPTED)
    paint(session, (slice(5, 6), slice(22, 24), slice(10, 12)), 1)
    measure_drafts(session)  # numbers are shown all the same
    with pytest.raises(ReviewError, match="Nobody signs"):
        session.save_all()
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == [(2,)]
    assert session.drafts.keys() == {1}

    session._ask_name = lambda: "B. Reader"
    session.save_all()
    assert ask(file, "SELECT made_by FROM lesion_revisions WHERE made_by IS NOT NULL") == [("B. Reader",)]


# Painting


def test_what_is_painted_is_the_outline_and_is_kept_when_the_lesion_is_left(session: Session, file: Path) -> None:
    session.select(1)
    added = (slice(5, 6), slice(22, 25), slice(10, 12))
    paint(session, added, 1)
    assert session.outline(1) == box(FIRST).union(box(added))
    measure_drafts(session)
    seen = session.lesion(1)
    assert seen is not None
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == [(2,)]

    session.select(2)
    assert stored_outline(session, 1) == box(FIRST).union(box(added))
    (kept,) = ask(file, "SELECT algorithm_type, long_axis_mm, mean_hu FROM current_lesions WHERE lesion_number = 1")
    assert kept == (
        "manual",
        pytest.approx(seen.measurements.long_axis.length_mm),
        pytest.approx(seen.measurements.mean_hu),
    )


def test_numbers_while_drawing_are_those_of_the_ruler(session: Session, volume: Volume) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    measure_drafts(session)
    outline = session.outline(1)
    assert outline is not None
    current = session.lesions[1]
    by = review.Signature("A. Reader")
    expected = review.redraw(current, outline, AlgorithmType.MANUAL, volume, SETTINGS, by).lesion.measurements
    seen = session.lesion(1)
    assert seen is not None
    assert seen.measurements == expected


def test_a_decision_is_about_what_is_seen(session: Session, file: Path) -> None:
    removed = (slice(3, 4), slice(10, 22), slice(8, 22))
    paint(session, removed, 0)
    session.decide(1, Status.ACCEPTED)
    rows = ask(file, "SELECT revision_number, status FROM lesion_revisions WHERE lesion_number = 1")
    assert rows == [(1, "proposed"), (2, "proposed"), (3, "accepted")]
    assert stored_outline(session, 1) == box((slice(4, 9), *FIRST[1:]))


def test_strokes_are_undone_over_slices_and_lesions_and_after_they_were_kept(session: Session) -> None:
    before = session.labels.copy()
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    paint(session, (slice(7, 8), slice(23, 25), slice(10, 12)), 1)
    paint(session, (slice(5, 6), slice(34, 36), slice(30, 32)), 2)
    painted = session.labels.copy()
    session.save_all()
    for _ in range(3):
        assert session.undo()
    assert np.array_equal(session.labels, before)
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST)
    assert stored_outline(session, 2) == box(SECOND)
    for _ in range(3):
        assert session.redo()
    assert np.array_equal(session.labels, painted)
    session.save_all()
    assert stored_outline(session, 2) == box(SECOND).union(box((slice(5, 6), slice(34, 36), slice(30, 32))))


def test_a_decision_between_strokes_is_undone_in_its_turn(session: Session, file: Path) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    session.decide(1, Status.ACCEPTED)
    paint(session, (slice(7, 8), slice(22, 25), slice(10, 12)), 1)
    session.save_all()
    assert session.undo()  # the second stroke
    assert session.undo()  # the decision
    assert ask(file, STATE)[0][1] == "proposed"
    assert stored_outline(session, 1) == box(FIRST).union(box((slice(5, 6), slice(22, 25), slice(10, 12))))
    assert session.undo()  # the first stroke
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST)


def test_what_is_painted_while_the_button_is_down_is_one_step(session: Session) -> None:
    before = session.labels.copy()
    session.press += 1
    for column in range(10, 16):
        session.labels[5, 22:24, column] = 1
        session.compare()
    session.labels[5, 23, 10] = 0  # back and forth
    session.compare()
    assert session.undo()
    assert np.array_equal(session.labels, before)
    assert not session.undo()


def test_undone_strokes_leave_no_revision(session: Session, file: Path) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    session.undo()
    session.save_all()
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == [(2,)]


def test_a_new_lesion_is_proposed_and_has_its_own_number(session: Session, file: Path) -> None:
    paint(session, (slice(5, 7), slice(2, 6), slice(2, 6)), session.next_number)
    assert session.next_number == 4
    session.save_all()
    assert ask(file, "SELECT lesion_number, status, algorithm_type FROM current_lesions WHERE lesion_number > 2") == [
        (3, "proposed", "manual")
    ]


def test_any_label_makes_a_lesion_and_gets_the_next_number(session: Session) -> None:
    first, second = (slice(5, 7), slice(2, 6), slice(2, 6)), (slice(5, 7), slice(2, 6), slice(30, 33))
    paint(session, first, 57)
    paint(session, second, 4)
    session.save_all()
    assert {number: one.lesion.outline for number, one in session.lesions.items() if number > 2} == {
        3: box(second),
        4: box(first),
    }
    assert set(np.unique(session.labels[first])) == {4}
    assert set(np.unique(session.labels[second])) == {3}


def test_a_new_lesion_that_was_kept_is_taken_back_by_undo_and_comes_again_by_redo(session: Session, file: Path) -> None:
    where = (slice(5, 7), slice(2, 6), slice(2, 6))
    paint(session, where, 3)
    session.save_all()
    session.undo()
    session.save_all()
    assert ask(file, "SELECT count(*) FROM current_lesions") == [(2,)]
    session.redo()
    session.save_all()
    assert ask(file, "SELECT lesion_number FROM current_lesions") == [(1,), (2,), (3,)]
    assert stored_outline(session, 3) == box(where)


def test_painting_into_another_lesion_takes_its_voxels(session: Session) -> None:
    taken = (slice(5, 6), slice(28, 30), slice(30, 36))
    paint(session, taken, 1)
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST).union(box(taken))
    rest = np.zeros(session.labels.shape, dtype=bool)
    rest[SECOND] = True
    rest[taken] = False
    assert stored_outline(session, 2) == Outline.from_mask(rest)


def test_two_pieces_are_one_lesion(session: Session) -> None:
    apart = (slice(5, 6), slice(35, 38), slice(2, 5))
    paint(session, apart, 1)
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST).union(box(apart))


def test_a_stroke_in_space_is_one_edit(session: Session) -> None:
    ball = (
        np.linalg.norm((np.indices(session.labels.shape).T - [6, 15, 24]).T * [[[[2]]], [[[0.7]]], [[[0.9]]]], axis=0)
        < 5
    )
    session.press += 1
    session.labels[ball & (session.labels == 0)] = 1
    session.compare()
    session.save_all()
    grown = ball.copy()
    grown[FIRST] = True
    grown[SECOND] &= False
    assert stored_outline(session, 1) == Outline.from_mask(grown)


def test_a_proposal_that_is_erased_is_rejected_with_the_outline_that_it_had(session: Session, file: Path) -> None:
    session.select(2)
    paint(session, SECOND, 0)
    assert session.outline(2) is None
    session.select(1)
    assert ask(file, STATE)[1][:2] == (2, "rejected")
    assert stored_outline(session, 2) == box(SECOND)


def test_what_a_reader_drew_and_erases_is_withdrawn(session: Session, file: Path) -> None:
    where = (slice(5, 7), slice(2, 6), slice(2, 6))
    paint(session, where, 3)
    session.save_all()
    paint(session, where, 0)
    session.save_all()
    assert ask(file, "SELECT count(*) FROM current_lesions") == [(2,)]
    assert ask(file, "SELECT is_withdrawn FROM lesion_revisions WHERE lesion_number = 3") == [(0,), (1,)]


def test_delete_rejects_what_was_proposed_and_withdraws_what_was_drawn(session: Session, file: Path) -> None:
    where = (slice(5, 7), slice(2, 6), slice(2, 6))
    paint(session, where, 3)
    session.save_all()
    session.delete(3)
    session.delete(1)
    assert not session.labels[where].any()
    assert not session.labels[FIRST].any()
    assert [row[:2] for row in ask(file, STATE)] == [(1, "rejected"), (2, "proposed")]
    assert session.undo()
    assert session.undo()
    assert [row[:2] for row in ask(file, STATE)] == [(1, "proposed"), (2, "proposed"), (3, "proposed")]
    assert (session.labels[where] == 3).all()
    assert (session.labels[FIRST] == 1).all()


def test_rejected_lesions_leave_their_place_free(session: Session) -> None:
    session.decide(1, Status.REJECTED)
    assert not session.labels[FIRST].any()
    session.select(1)
    assert (session.labels[FIRST] == 1).all()
    session.select(2)
    assert not session.labels[FIRST].any()
    session.show_rejected(True)
    assert (session.labels[FIRST] == 1).all()
    assert not session.drafts


def test_voxels_that_two_lesions_share_stay_in_both(file: Path, volume: Volume) -> None:
    inner = (slice(4, 6), slice(12, 15), slice(10, 14))
    with store_with(file, volume, [box(FIRST), box(inner)], Tissue.CALCIFIED_MASS) as opened:
        session = begin(*opened, volume)
        assert (session.labels[inner] == 2).all()
        paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
        session.save_all()
        assert stored_outline(session, 1) == box(FIRST).union(box((slice(5, 6), slice(22, 25), slice(10, 12))))
        assert stored_outline(session, 2) == box(inner)
        session.decide(2, Status.REJECTED)
        assert (session.labels[inner] == 1).all()


def test_large_masses_show_axes_and_volume_before_the_rest(tmp_path: Path) -> None:
    shape = (30, 90, 40)
    hu = np.full(shape, 40)
    where = (slice(5, 25), slice(5, 85), slice(5, 35))
    hu[where] = 800
    volume = volume_of(hu, straight_grid(shape, (2.0, 0.7, 0.9)))
    mask = hu > 400
    with store_with(tmp_path / "a.db", volume, [Outline.from_mask(mask)], Tissue.CALCIFIED_MASS) as opened:
        session = begin(*opened, volume)
        session.press += 1
        session.labels[10, 85:87, 10:20] = 1
        session.compare()
        preview = session.drafts[1].preview
        assert preview is not None
        assert LARGE_MM < 82 * 0.7
        assert preview.volume_voxels_ml == pytest.approx((20 * 80 * 30 + 20) * 2.0 * 0.7 * 0.9 / 1000)
        assert session.drafts[1].measured is None
        measure_drafts(session)
        assert session.drafts[1].measured is not None


def test_a_draft_that_was_painted_on_while_it_was_measured_is_measured_again(session: Session) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    job = session.next_job()
    assert job is not None
    assert session.next_job() is None
    measured = job.work()
    paint(session, (slice(5, 6), slice(25, 27), slice(10, 12)), 1)
    session.take(job, measured)
    assert session.drafts[1].measured is None
    assert session.next_job() is not None


def test_drafts_are_kept_after_a_while(session: Session, file: Path) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    session.save_measured(older_than_s=0.0)
    assert 1 in session.drafts  # not measured yet
    session.save_all(older_than_s=1000.0)
    assert 1 in session.drafts
    measure_drafts(session)
    session.save_measured(older_than_s=0.0)
    assert not session.drafts
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == [(3,)]


# Proposals that were judged to be something else


def test_bone_is_taken_over_as_a_mass(file: Path, volume: Volume) -> None:
    with store_with(file, volume, [box(FIRST)], Tissue.CALCIFIED_MASS) as opened:
        session = begin(*opened, volume)
        number = session.add(Proposal(box(SECOND), Tissue.BONE, 0.9))
        assert number == 2
        rows = ask(file, "SELECT lesion_number, status, tissue, algorithm_type FROM current_lesions")
        assert rows == [
            (1, "proposed", "calcified_mass", "automatic"),
            (2, "accepted", "calcified_mass", "semiautomatic"),
        ]
        assert (session.labels[session.lesions[2].lesion.outline.box] == 2).any()
        assert session.undo()
        assert ask(file, "SELECT lesion_number FROM current_lesions") == [(1,)]
        assert not (session.labels == 2).any()


# Others


NEWEST = "SELECT lesion_number, is_withdrawn, status, why FROM lesion_revisions ORDER BY revision_id DESC LIMIT {}"


def plane(session: Session, place_kji: tuple[float, float, float], normal_lps: PointLps) -> CuttingPlane:
    assert isinstance(session.image, Volume)
    x, y, z = session.image.geometry.to_lps_mm(place_kji).tolist()
    return CuttingPlane((x, y, z), normal_lps)


def test_a_plane_divides_a_lesion(session: Session, file: Path) -> None:
    number = session.next_number
    # Columns 8 to 21: through all slices, beside column 17.
    session.split(1, plane(session, (5, 0, 17.4), ACROSS_COLUMNS))
    assert session.outline(1) == box((FIRST[0], FIRST[1], slice(8, 18)))
    assert session.outline(number) == box((FIRST[0], FIRST[1], slice(18, 22)))
    assert ask(file, NEWEST.format(2)) == [
        (number, 0, "proposed", "split of lesion 1"),
        (1, 0, "proposed", "split of lesion 1"),
    ]
    assert np.array_equal(
        session.labels == number, box((FIRST[0], FIRST[1], slice(18, 22))).mask_in((0, 0, 0), session.labels.shape)
    )
    assert session.shown >= {1, number}
    session.select(number)
    session.undo()
    assert session.selected is None
    assert session.outline(1) == box(FIRST)
    assert number not in session.lesions
    assert ask(file, NEWEST.format(2)) == [
        (number, 1, "proposed", "undone: as before it was there"),
        (1, 0, "proposed", "undone: as in revision 1"),
    ]
    assert not (session.labels == number).any()
    session.redo()
    assert session.outline(number) == box((FIRST[0], FIRST[1], slice(18, 22)))
    session.undo()

    # Between two slices: the smaller part is the upper one.
    session.split(1, plane(session, (6.5, 0, 9), ACROSS_SLICES))
    assert session.outline(1) == box((slice(3, 7), FIRST[1], FIRST[2]))
    assert session.outline(number + 1) == box((slice(7, 9), FIRST[1], FIRST[2]))


def test_a_plane_beside_a_lesion_divides_nothing(session: Session, file: Path) -> None:
    before = ask(file, "SELECT count(*) FROM lesion_revisions")
    with pytest.raises(ReviewError, match="two parts of lesion 1 expected: all of it lies on one side"):
        session.split(1, plane(session, (5, 0, 5), ACROSS_COLUMNS))
    with pytest.raises(ReviewError, match="none with number 9"):
        session.split(9, plane(session, (5, 0, 5), ACROSS_COLUMNS))
    with pytest.raises(ReviewError, match="at least two"):
        session.merge(1, 1)
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == before
    assert not session.undo()


def test_what_was_drawn_is_divided_and_joined_with_the_rest(session: Session, file: Path) -> None:
    session.labels[5, 10:22, 22:24] = 1
    session.split(1, plane(session, (5, 0, 21.5), ACROSS_COLUMNS))
    assert session.outline(3) == box((slice(5, 6), slice(10, 22), slice(22, 24)))
    session.decide(1, Status.ACCEPTED)
    session.labels[6, 10:22, 22:24] = 3
    session.merge(1, 3)
    assert ask(file, NEWEST.format(2)) == [
        (3, 1, "proposed", "merged into lesion 1"),
        (1, 0, "accepted", "merged with lesion 3"),
    ]
    assert session.outline(1).voxel_count == box(FIRST).voxel_count + 48
    assert set(session.lesions) == {1, 2}
    assert not (session.labels == 3).any()
    session.undo()
    assert set(session.lesions) == {1, 2, 3}
    assert session.outline(3).voxel_count == 48
    assert (session.labels == 3).sum() == 48
    session.redo()
    assert set(session.lesions) == {1, 2}


def test_lesions_are_joined_in_one_step_and_the_oldest_is_left_and_undo_restores_them(session: Session) -> None:
    session.split(1, plane(session, (5, 0, 17.4), ACROSS_COLUMNS))
    uids = {number: one.lesion.tracking_uid for number, one in session.lesions.items()}
    before = {number: one.lesion for number, one in session.lesions.items()}
    session.select(3)
    session.merge(3, 2, 1)
    assert session.selected == 1
    assert {number: one.lesion.tracking_uid for number, one in session.lesions.items()} == {1: uids[1]}
    assert session.outline(1) == box(FIRST).union(box(SECOND))
    assert {*np.unique(session.labels).tolist()} == {0, 1}
    session.undo()
    assert {number: one.lesion for number, one in session.lesions.items()} == before
    session.redo()
    assert set(session.lesions) == {1}
    with pytest.raises(ReviewError, match="none with number 2"):
        session.merge(1, 2)


def test_a_reader_says_what_a_mass_looks_like_and_undoes_it(session: Session, file: Path) -> None:
    session.set_morphology(1, Morphology.LOCULATED)
    looks = "SELECT morphology, morphology_confidence, morphology_source FROM current_lesions WHERE lesion_number = 1"
    assert ask(file, looks) == [("loculated", None, "reader")]
    assert ask(file, NEWEST.format(1)) == [(1, 0, "proposed", "morphology: loculated")]
    session.undo()
    ((word, confidence, source),) = ask(file, looks)
    assert (word, source) == ("solid", "image")
    assert confidence is not None


def test_a_lesion_that_somebody_drew_anew_is_not_divided_by_an_old_plane(
    opened: tuple[Store, int], volume: Volume, file: Path
) -> None:
    mine, theirs = begin(*opened, volume), begin(*opened, volume, reader="B. Reader")
    theirs.labels[5, 10:22, 22:24] = 1
    theirs.save_all()
    with pytest.raises(ReviewError, match="drawn anew by somebody else"):
        mine.split(1, plane(mine, (5, 0, 17.4), ACROSS_COLUMNS))
    assert ask(file, NEWEST.format(1)) == [(1, 0, "proposed", "outline: manual")]
    assert mine.outline(1) == theirs.outline(1)


def test_a_lesion_that_somebody_changed_asks_and_mine_goes_on_top(
    opened: tuple[Store, int], volume: Volume, session: Session, file: Path
) -> None:
    other = begin(*opened, volume, "B. Other")
    other.set_side(1, Laterality.RIGHT)
    session.decide(1, Status.ACCEPTED)
    assert ask(file, STATE)[0] == (1, "accepted", "calcified_mass", "right", None, "A. Reader")


def test_a_lesion_that_somebody_changed_asks_and_theirs_stays(
    opened: tuple[Store, int], volume: Volume, file: Path
) -> None:
    session = begin(*opened, volume, answer=False)
    other = begin(*opened, volume, "B. Other")
    paint(other, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)
    other.save_all()
    paint(session, (slice(7, 8), slice(22, 25), slice(10, 12)), 1)
    session.save_all()
    assert not session.drafts
    assert (session.labels[5, 22:25, 10:12] == 1).all()
    assert not session.labels[7, 22:25, 10:12].any()
    assert ask(file, "SELECT made_by FROM lesion_revisions WHERE revision_number = 2") == [("B. Other",)]


def test_a_conflict_that_is_left_open_keeps_the_draft_and_is_asked_about_when_it_is_left(
    opened: tuple[Store, int], volume: Volume, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = begin(*opened, volume), begin(*opened, volume, "B. Other")
    other.decide(1, Status.ACCEPTED)
    asked: list[Conflict] = []

    def later(conflict: Conflict) -> Answer:
        asked.append(conflict)
        return Answer.LATER

    monkeypatch.setattr(session, "_ask", later)
    paint(session, (slice(7, 8), slice(22, 25), slice(10, 12)), 1)
    with pytest.raises(ReviewError, match="Lesion 1: somebody else"):
        session.save_all()
    assert list(session.drafts) == [1]
    session.save_all(1e-9)  # what is kept now and then asks nothing
    assert [one.numbers for one in asked] == [(1,)]
    assert "B. Other" in asked[0].theirs
    with pytest.raises(ReviewError, match="Lesion 1: somebody else"):
        session.select(2)
    assert len(asked) == 2
    assert ask(file, "SELECT made_by FROM lesion_revisions WHERE revision_number = 2") == [("B. Other",)]
    monkeypatch.setattr(session, "_ask", lambda _: Answer.MINE)
    session.save_all()
    assert ask(file, "SELECT made_by FROM lesion_revisions WHERE revision_number = 3") == [("A. Reader",)]


def test_my_outline_goes_on_top_of_theirs_when_i_say_so(opened: tuple[Store, int], volume: Volume, file: Path) -> None:
    session, other = begin(*opened, volume), begin(*opened, volume, "B. Other")
    other.decide(1, Status.ACCEPTED)
    added = (slice(7, 8), slice(22, 25), slice(10, 12))
    paint(session, added, 1)
    measure_drafts(session)
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST).union(box(added))
    assert ask(file, STATE)[0][1] == "accepted"


def test_a_store_that_cannot_be_written_keeps_the_draft(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(session, (slice(5, 6), slice(22, 25), slice(10, 12)), 1)

    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(session.store, "append", full)
        with pytest.raises(StoreError):
            session.save_all()
        with pytest.raises(StoreError):
            session.decide(2, Status.ACCEPTED)
    assert session.lesions[2].lesion.status is Status.PROPOSED
    session.save_all()
    assert stored_outline(session, 1) == box(FIRST).union(box((slice(5, 6), slice(22, 25), slice(10, 12))))


def test_a_second_conflict_is_not_hidden(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def always(*_: object) -> None:
        raise ConflictError("Changed again.")

    monkeypatch.setattr(session.store, "append", always)
    with pytest.raises(ConflictError):
        session.decide(1, Status.ACCEPTED)


KILLED = """
import os, signal, sys
from pathlib import Path
from calcimeasure.model import Status
from calcimeasure.store import file_url, open_store
from tests.review.desks import begin, two_cuboids
volume = two_cuboids()
with open_store(file_url(Path(sys.argv[1]))) as store:
    session = begin(store, int(sys.argv[2]), volume)
    session.decide(1, Status.ACCEPTED)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_decision_survives_the_end_of_the_program(opened: tuple[Store, int], file: Path) -> None:
    arguments = [sys.executable, "-c", KILLED, str(file), str(opened[1])]
    done = subprocess.run(arguments, cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert ask(file, STATE)[0][1] == "accepted"


def test_side_and_site_of_what_was_drawn_are_judged_when_the_field_is_known(session: Session, volume: Volume) -> None:
    from calcimeasure.locate.anatomy import anatomy_of

    assert not session.needs_anatomy
    paint(session, (slice(5, 7), slice(2, 6), slice(2, 6)), 3)
    assert session.needs_anatomy
    session.save_all()
    assert session.lesions[3].lesion.side is None
    sided = replace(volume, stack=replace(volume.stack, image_laterality="L", body_part="HIP"))
    session.take_anatomy(anatomy_of(sided, (), ()))
    side, site = session.lesions[3].lesion.side, session.lesions[3].lesion.site
    assert side is not None
    assert site is not None
    assert site.body_site is BodySite.HIP
    assert not session.needs_anatomy


def test_what_is_undone_next_is_told(session: Session) -> None:
    assert session.step_told(forward=False) is None
    session.decide(2, Status.ACCEPTED)
    told = session.step_told(forward=False)
    assert told is not None
    assert (told.numbers, told.words, told.slices_k) == ((2,), "accepted", ())
    paint(session, (slice(5, 7), slice(2, 6), slice(2, 6)), session.next_number)
    told = session.step_told(forward=False)
    assert told is not None
    assert (told.numbers, told.slices_k) == ((session.next_number - 1,), (5, 6))
    session.select(3)
    session.undo()
    assert session.selected is None  # it is gone with what was drawn
    redone = session.step_told(forward=True)
    assert redone is not None
    assert redone.numbers == (3,)
