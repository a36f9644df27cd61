"""A folder of results on the desk: its worklist, its tables, and a review that was begun by hand."""

import csv
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from calcimeasure import find_series, load_image, sample_folder
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.model import Status, Tissue
from calcimeasure.review import Answer, Desk, OpenedStack, Session, TaskState, open_stack
from calcimeasure.review.worklist import tasks_of
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid
from tests.review.desks import FIRST, SECOND, ask, begin, box, store_with, two_cuboids


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The review of a sample that was opened by hand, and kept."""
    folder = tmp_path_factory.mktemp("by-hand")
    images = folder / "images"
    shutil.copytree(sample_folder() / "hand", images)
    desk = Desk(None, quiet)
    stack_id = desk.measure(find_series(images).series[0])
    assert stack_id == desk.measure(find_series(images).series[0])  # it is known by now
    session = review(desk, stack_id)
    session.decide(1, Status.ACCEPTED)
    temporary = desk.folder
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
    desk.save_as(folder / "out")
    assert not temporary.exists()
    session.store = desk.store
    session.decide(2, Status.REJECTED)
    desk.write_tables()
    desk.close()
    return folder / "out"


def review(desk: Desk, stack_id: int) -> Session:
    stack = open_stack(desk.store, desk.settings, stack_id)
    return Session(desk.store, desk.settings, stack, "A. Reader", lambda: "", lambda _: Answer.MINE)


def test_a_review_that_was_begun_by_hand_is_kept_whole(saved: Path) -> None:
    database = saved / "private" / "calcimeasure.db"
    assert ask(database, "SELECT lesion_number, status, reader FROM current_lesions") == [
        (1, "accepted", "A. Reader"),
        (2, "rejected", "A. Reader"),
    ]
    with (saved / "lesions.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["lesion_number"], row["status"]) for row in csv.DictReader(file)] == [("1", "accepted")]


def test_what_is_open_for_review_is_not_written_over(saved: Path) -> None:
    desk = Desk(None, quiet)
    with pytest.raises(OutputError, match="holds results already"):
        desk.save_as(saved)
    desk.close()
    assert not desk.folder.exists()


def test_worklist_says_how_far_the_review_is(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(saved, folder)
    desk = Desk(folder, quiet)
    (task,) = desk.tasks
    assert (task.state, task.asked, task.decided, task.readers) == (TaskState.DONE, 2, 2, ("A. Reader",))
    session = review(desk, task.stack_id)
    session.undo()
    session.decide(2, Status.PROPOSED)
    assert tasks_of(desk.store)[0].state is TaskState.IN_REVIEW
    assert task.with_lesions(one.lesion for one in session.lesions.values()) == tasks_of(desk.store)[0]
    session.decide(1, Status.PROPOSED)
    assert tasks_of(desk.store)[0].state is TaskState.IN_REVIEW  # somebody was there
    assert task.with_lesions(one.lesion for one in session.lesions.values()) == tasks_of(desk.store)[0]
    desk.close()


def test_only_what_may_be_a_mass_is_asked_about(tmp_path: Path) -> None:
    volume, outlines = two_cuboids(), [box(FIRST), box(SECOND)]
    with store_with(tmp_path / "a.db", volume, outlines, Tissue.UNKNOWN) as (store, stack_id):
        session = begin(store, stack_id, volume)
        (before,) = tasks_of(store)
        assert (before.asked, before.decided, before.readers) == (2, 0, ())
        session.set_tissue(2, Tissue.BONE)
        task = before.with_lesions(one.lesion for one in session.lesions.values())
        assert (task.state, task.asked, task.decided, task.readers) == (TaskState.IN_REVIEW, 1, 0, ("A. Reader",))
        assert task == tasks_of(store)[0]


def test_revisions_that_somebody_made_since_are_read_again(tmp_path: Path) -> None:
    volume = two_cuboids()
    with store_with(tmp_path / "a.db", volume, [box(FIRST)], Tissue.CALCIFIED_MASS) as (store, stack_id):
        opened = OpenedStack(stack_id, volume, store.histories(stack_id))
        begin(store, stack_id, volume, "B. Other").decide(1, Status.ACCEPTED)
        again = opened.with_histories_of(store)
        assert again.image is volume
        assert [len(history) for history in opened.histories.values()] == [1]
        assert [len(history) for history in again.histories.values()] == [2]


def test_an_image_that_was_opened_by_hand_is_measured_and_opened() -> None:
    image = load_image(find_series(sample_folder() / "hand_radiograph").series[0])
    desk = Desk(None, quiet)
    opened = desk.open_image(image)
    assert opened.image is image
    assert opened.histories == desk.store.histories(opened.stack_id)
    assert opened.histories
    desk.close()


def test_a_stack_in_which_nothing_was_found_is_seen_when_a_reader_says_so(tmp_path: Path) -> None:
    empty = np.full((4, 30, 30), 40)
    volume = volume_of(empty, straight_grid(empty.shape, (2.0, 0.7, 0.9)))
    with store_with(tmp_path / "a.db", volume, [], Tissue.CALCIFIED_MASS) as (store, stack_id):
        session = begin(store, stack_id, volume)
        assert tasks_of(store)[0].state is TaskState.NOTHING
        session.note_seen()
        (task,) = tasks_of(store)
        assert (task.state, task.seen_by, task.readers) == (TaskState.SEEN, ("A. Reader",), ())
        session.note_seen(is_withdrawn=True)
        assert tasks_of(store)[0].state is TaskState.NOTHING
        session.note_seen()
        session.labels[1, 10:20, 10:20] = 1
        session.save_all()  # and then there is something
        (task,) = tasks_of(store)
        assert (task.state, task.asked, task.decided, task.readers) == (TaskState.IN_REVIEW, 1, 0, ("A. Reader",))
    assert ask(tmp_path / "a.db", "SELECT reader, is_withdrawn FROM looks ORDER BY look_id") == [
        ("A. Reader", 0),
        ("A. Reader", 1),
        ("A. Reader", 0),
    ]


def test_images_that_have_changed_or_gone_are_not_reviewed(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(saved, folder)
    images = saved.parent / "images"
    desk = Desk(folder, quiet)
    (task,) = desk.tasks
    one = next(images.glob("*.dcm"))
    one.rename(tmp_path / one.name)
    try:
        with pytest.raises(InputPathError, match="no longer"):
            open_stack(desk.store, desk.settings, task.stack_id)
    finally:
        (tmp_path / one.name).rename(one)
    assert open_stack(desk.store, desk.settings, task.stack_id).stack_id == task.stack_id
    desk.close()


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputPathError, match="was not written by measure"):
        Desk(tmp_path, quiet)
