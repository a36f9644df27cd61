"""A blinded second reading on the real window: nothing in it shows what the first one decided."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QTableView, QWidget

from calcimeasure.model import Status
from calcimeasure.review import Desk, ReadingWish
from tests.gui.small import TWO_MASSES, small_folder
from tests.gui.window import Reader
from tests.review.test_desk import quiet
from tests.review.test_readings import desk_of, session_of


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Dr First has read, in the clinical reading and in one of the study."""
    folder = small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES])
    for name in ("clinical", "one"):
        desk = desk_of(folder, name, "Dr First")
        session = session_of(desk)
        session.reader = "Dr First"
        session.decide(1, Status.REJECTED)
        session.decide(2, Status.ACCEPTED)
        session.note(2, "seen by the first reader")
        desk.close()
    return folder


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], read_once: Path, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    reader.folder = Path(shutil.copytree(read_once, tmp_path / "out"))
    yield reader
    reader.forget()


def begin(reader: Reader, wish: ReadingWish) -> None:
    reader.panel.open_desk(Desk(reader.folder, quiet, wish=wish), wish.reader)
    reader.wait(lambda: reader.panel.controller.session is not None)


def words(reader: Reader) -> str:
    """Whatever text the window shows: labels, and the cells of every table."""
    widgets = reader.panel.window().findChildren(QWidget)
    said = [one.text() for one in widgets if isinstance(one, QLabel)]
    for table in (one for one in widgets if isinstance(one, QTableView)):
        model = table.model()
        cells = [model.index(row, column) for row in range(model.rowCount()) for column in range(model.columnCount())]
        said += [str(cell.data(role)) for cell in cells for role in (Qt.DisplayRole, Qt.ToolTipRole)]
    return "\n".join(said)


def test_a_blinded_second_reading_never_shows_the_first(reader: Reader) -> None:
    begin(reader, ReadingWish("two", "Dr Second"))
    session = reader.session
    assert {number: one.lesion.status for number, one in session.lesions.items()} == {
        1: Status.PROPOSED,
        2: Status.PROPOSED,
    }
    assert set(session.labels.ravel()) == {0, 1, 2}, "the lesion that the first reader rejected is drawn"
    for number in (1, 2):
        reader.panel.controller.deciding.go_to(number)
        reader.pause(0.2)
        shown = words(reader)
        assert "First" not in shown
        assert "first reader" not in shown
        assert "by Dr" not in shown
    assert "Dr Second, reading two (blinded)" in words(reader)
    reader.panel.controller.close_review()
    begin(reader, ReadingWish(reader="Dr Third"))
    reader.panel.controller.deciding.go_to(2)
    reader.pause(0.2)
    shown = words(reader)
    assert "by Dr First" in shown, "the words of the window are found where there are some"
    assert "seen by the first reader" in shown
    assert "Reader: Dr Third\n" in f"{shown}\n", "the clinical reading is named as before"


def test_decisions_go_into_the_reading_and_its_reader_stays(reader: Reader) -> None:
    begin(reader, ReadingWish("two", "Dr Second"))
    reader.panel.controller.deciding.go_to(1)
    reader.key(Qt.Key.Key_A)
    reader.wait(lambda: reader.session.lesions[1].lesion.status is Status.ACCEPTED)
    reader.panel.controller.change_reader()  # asks nobody: the reading is of one reader
    assert reader.session.reader == "Dr Second"
    reader.close()
    two, clinical = desk_of(reader.folder, "two"), desk_of(reader.folder, "clinical")
    (stack_id,) = (task.stack_id for task in two.tasks)
    kept = [[(one.status, one.reader) for one in desk.store.lesions_of(stack_id)] for desk in (two, clinical)]
    assert kept == [
        [(Status.ACCEPTED, "Dr Second"), (Status.PROPOSED, None)],
        [(Status.REJECTED, "Dr First"), (Status.ACCEPTED, "Dr First")],
    ]
    for desk in (two, clinical):
        desk.close()
