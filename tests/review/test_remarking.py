"""Notes and marks for a second reader are rows that stay, and the worklist knows the marks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calcimeasure.analysis.indexed_png import facts_of
from calcimeasure.errors import ReviewError
from calcimeasure.model import Tissue
from calcimeasure.review import Status
from calcimeasure.review.picture import lesion_picture
from calcimeasure.review.worklist import tasks_of
from calcimeasure.store import Store
from tests.review.desks import FIRST, SECOND, ask, begin, box, store_with, two_cuboids

REMARKS = "SELECT kind, reader, said, is_withdrawn FROM remarks ORDER BY remark_id"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    with store_with(tmp_path / "a.db", two_cuboids(), [box(FIRST), box(SECOND)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


def test_a_mark_is_taken_back_by_its_reader_alone(opened: tuple[Store, int], tmp_path: Path) -> None:
    first, second = (begin(*opened, two_cuboids(), reader) for reader in ("A. Reader", "B. Reader"))
    assert first.toggle_unsure(1)
    second = begin(*opened, two_cuboids(), "B. Reader")
    assert (first.is_open(1), second.is_open(1)) == (False, True)
    (task,) = tasks_of(opened[0])
    assert len(task.unsure) == 1
    assert second.toggle_unsure(1)
    assert not first.toggle_unsure(1)
    uid = second.lesions[1].lesion.tracking_uid
    again = begin(*opened, two_cuboids(), "C. Reader")
    assert again.remarks.unsure_readers(uid) == ("B. Reader",)
    again.decide(1, Status.ACCEPTED)
    assert tasks_of(opened[0])[0].unsure == ()  # decided
    assert ask(tmp_path / "a.db", REMARKS) == [
        ("unsure", "A. Reader", "", 0),
        ("unsure", "B. Reader", "", 0),
        ("unsure", "A. Reader", "", 1),
    ]


def test_notes_are_kept_in_their_order_and_need_words(opened: tuple[Store, int]) -> None:
    session = begin(*opened, two_cuboids())
    session.note(2, " first ")
    session.note(2, "second")
    with pytest.raises(ReviewError, match="needs words"):
        session.note(2, "  ")
    with pytest.raises(ReviewError, match="found none with number 9"):
        session.note(9, "nobody")
    uid = session.lesions[2].lesion.tracking_uid
    assert [one.said for one in begin(*opened, two_cuboids()).remarks.notes(uid)] == ["first", "second"]


def test_a_drawing_is_kept_before_it_is_marked(opened: tuple[Store, int]) -> None:
    session = begin(*opened, two_cuboids())
    session.labels[10, 30:33, 5:9] = 3
    assert session.toggle_unsure(3)
    assert 3 in session.lesions
    assert not session.drafts


def test_a_row_of_the_worklist_has_the_largest_mass_its_sites_and_what_is_open(opened: tuple[Store, int]) -> None:
    session = begin(*opened, two_cuboids())
    (task,) = tasks_of(opened[0])
    lengths = [one.lesion.measurements.long_axis.length_mm for one in session.lesions.values()]
    assert task.largest_mm == pytest.approx(max(lengths))
    assert (task.open_count, task.sites) == (2, ())
    session.decide(1, Status.REJECTED)
    (after,) = tasks_of(opened[0])
    assert after.largest_mm == pytest.approx(min(lengths))
    assert after.open_count == 1
    counted = task.with_lesions(one.lesion for one in session.lesions.values())
    assert (counted.largest_mm, counted.open_count, counted.sites) == (after.largest_mm, 1, after.sites)


def test_rows_change_when_anybody_does_anything(opened: tuple[Store, int]) -> None:
    store, _ = opened
    seen = [store.newest_rows()]
    session = begin(*opened, two_cuboids())
    for act in (lambda: session.decide(1, Status.ACCEPTED), lambda: session.toggle_unsure(2), session.note_seen):
        act()
        seen.append(store.newest_rows())
    assert len(set(seen)) == 4


def test_a_split_that_was_measured_too_late_is_made_again(opened: tuple[Store, int]) -> None:
    session = begin(*opened, two_cuboids())
    edit = session.merging(1, 2)
    measured = edit.work()
    session.decide(1, Status.ACCEPTED)  # while it was measured
    session.take_edit(edit, measured)
    assert list(session.lesions) == [1]
    assert session.lesions[1].lesion.status is Status.ACCEPTED  # what was decided holds for the whole
    session.undo()
    assert sorted(session.lesions) == [1, 2]


def test_a_picture_has_pixels_and_says_nothing_but_scale_and_directions(opened: tuple[Store, int]) -> None:
    png = lesion_picture(begin(*opened, two_cuboids()), 1)
    chunks, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    assert {name for name, _ in chunks} <= {b"IHDR", b"PLTE", b"tEXt", b"IDAT", b"IEND"}
    assert {*facts_of(png)} <= {"mm", "letters"}
    assert sum(name == b"tEXt" for name, _ in chunks) <= 1
    with pytest.raises(ReviewError, match="not measured"):
        lesion_picture(begin(*opened, two_cuboids()), 7)
