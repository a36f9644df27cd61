"""A reading on the desk: begun blinded, continued by its reader alone, and without a trace in what others see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calcimeasure.errors import ReviewError, StoreError
from calcimeasure.model import Status
from calcimeasure.review import Answer, Desk, Journal, LeftBehind, Place, ReadingWish, Session, TaskState, open_stack
from calcimeasure.store import Reading, ReadingKind, Store
from tests.gui.small import TWO_MASSES, small_folder
from tests.review.test_desk import quiet


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES])


@pytest.fixture
def folder(measured: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured, tmp_path / "out"))


def desk_of(folder: Path, name: str, reader: str | None = None, *, blank: bool = False) -> Desk:
    return Desk(folder, quiet, wish=ReadingWish(name, reader, blank))


def session_of(desk: Desk) -> Session:
    (stack_id,) = (task.stack_id for task in desk.tasks)
    stack = open_stack(desk.store, desk.settings, stack_id)
    reader = desk.reading.reader or "Dr C"
    return Session(desk.store, desk.settings, stack, reader, lambda: reader, lambda _: Answer.MINE)


def states(desk: Desk) -> list[tuple[TaskState, int, int, tuple[str, ...]]]:
    return [(task.state, task.asked, task.decided, task.readers) for task in desk.tasks]


OPEN = [(TaskState.TO_REVIEW, 2, 0, ())]


def test_a_second_reading_begins_where_the_first_one_did(folder: Path) -> None:
    clinical = desk_of(folder, "clinical", "Dr C")
    session = session_of(clinical)
    session.decide(1, Status.REJECTED)
    session.decide(2, Status.ACCEPTED)
    session.note_seen()
    clinical.close()
    tables = (folder / "lesions.csv", folder / "studies.csv")
    before = [path.read_bytes() if path.is_file() else b"" for path in tables]
    first = desk_of(folder, "A", "Dr A")
    assert (first.reading.kind, first.reading.is_blinded, first.reading.reader) == (ReadingKind.STUDY, True, "Dr A")
    assert states(first) == OPEN
    session = session_of(first)
    session.decide(1, Status.ACCEPTED)
    session.toggle_unsure(2)
    first.write_tables()
    first.close()
    second = desk_of(folder, "B", "Dr B")
    assert states(second) == OPEN
    opened = session_of(second)
    assert [one.lesion.status for one in opened.lesions.values()] == [Status.PROPOSED] * 2
    assert opened.remarks.unsure_readers(opened.lesions[2].lesion.tracking_uid) == ()
    second.close()
    assert [path.read_bytes() if path.is_file() else b"" for path in tables] == before


def test_a_reading_is_continued_by_its_reader_alone(folder: Path) -> None:
    first = desk_of(folder, "A", "Dr A")
    session_of(first).decide(1, Status.ACCEPTED)
    first.close()
    again = desk_of(folder, "A")
    assert again.reading.reader == "Dr A"
    assert states(again) == [(TaskState.IN_REVIEW, 2, 1, ("Dr A",))]
    again.close()
    with pytest.raises(ReviewError, match="is of 'Dr A', found --reader 'Dr B'"):
        desk_of(folder, "A", "Dr B")
    with pytest.raises(ReviewError, match="began with the proposals"):
        desk_of(folder, "A", "Dr A", blank=True)


@pytest.mark.parametrize("name", ["program", "Program", "", "../A", "a/b", " A", "A" * 41])
def test_a_reading_with_a_name_that_is_no_folder_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ReviewError, match="A name for a reading expected"):
        desk_of(folder, name, "Dr A")


@pytest.mark.parametrize(("name", "known"), [("a", "A"), ("Clinical", "clinical")])
def test_names_that_differ_by_capital_letters_alone_would_be_one_folder(folder: Path, name: str, known: str) -> None:
    desk_of(folder, "A", "Dr A").close()
    with pytest.raises(ReviewError, match=f"that of the reading '{known}', found '{name}'"):
        desk_of(folder, name, "Dr A")


def test_a_reading_that_another_program_began_just_now_is_continued(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_of(folder, "A", "Dr A").close()
    every = Store.every_reading
    late = [2]

    def every_reading(store: Store) -> list[Reading]:
        late[0] -= 1
        return [one for one in every(store) if late[0] < 0 or one.name != "A"]

    monkeypatch.setattr(Store, "every_reading", every_reading)
    desk = desk_of(folder, "A", "Dr A")
    assert (desk.reading.reader, states(desk)) == ("Dr A", OPEN)
    desk.close()
    late[0] = 2
    with pytest.raises(ReviewError, match="is of 'Dr A', found --reader 'Dr B'"):
        desk_of(folder, "A", "Dr B")


def test_blanks_round_the_name_of_a_reader_are_no_part_of_it(folder: Path) -> None:
    for reader in (" Dr A ", "Dr A"):
        desk = desk_of(folder, "A", reader)
        assert desk.reading.reader == "Dr A"
        desk.close()


def test_a_new_reading_needs_its_reader(folder: Path) -> None:
    with pytest.raises(ReviewError, match="say who reads"):
        desk_of(folder, "A", " ")
    desk = desk_of(folder, "clinical")
    with pytest.raises(StoreError, match="found 'A'"):
        desk.store.of_reading("A")
    desk.close()


def test_a_blank_reading_has_every_stack_and_no_lesion(folder: Path) -> None:
    desk = desk_of(folder, "A", "Dr A", blank=True)
    # Nobody looked yet: it waits for its reader, unlike a stack in which the program found nothing.
    assert states(desk) == [(TaskState.TO_REVIEW, 0, 0, ())]
    assert [task.waits for task in desk.tasks] == [True]
    session = session_of(desk)
    assert session.lesions == {}
    session.note_seen()
    assert states(desk) == [(TaskState.SEEN, 0, 0, ())]
    assert [task.waits for task in desk.tasks] == [False]
    desk.close()


def test_what_one_reading_has_not_saved_is_not_offered_to_another(folder: Path) -> None:
    first, second = desk_of(folder, "A", "Dr A"), desk_of(folder, "B", "Dr B")
    clinical = desk_of(folder, "clinical")
    journal = Journal(first.private)
    journal.write(Place(1, 2))
    journal.leave()
    assert [LeftBehind.newest(desk.private) is not None for desk in (first, second, clinical)] == [True, False, False]
    for desk in (first, second, clinical):
        desk.close()


def test_images_that_changed_since_a_reading_began_are_not_shown_in_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(folder, "A", "Dr A")
    monkeypatch.setattr("calcimeasure.store.Store.is_on_present_images", lambda *_: False)
    with pytest.raises(ReviewError, match="begin another reading"):
        session_of(desk)
    desk.close()
