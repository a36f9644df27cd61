"""A reader goes from undecided lesion to undecided lesion, by keys on the real window."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QInputDialog

from calcimeasure.review import Desk, Status
from calcimeasure.review.edits import Signature, decide
from tests.gui.small import MASS, TWO_MASSES, small_folder
from tests.gui.window import CTRL, NO_KEY, SHIFT, Reader

STATES = "SELECT stack_id, lesion_number, status FROM current_lesions ORDER BY stack_id, lesion_number"
REMARKS = "SELECT stack_id, kind, reader, said, is_withdrawn FROM remarks ORDER BY remark_id"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES, (MASS,), TWO_MASSES])


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    reader.wait(lambda: True)
    yield reader
    reader.forget()


def where(reader: Reader) -> tuple[int | None, int | None]:
    return reader.panel.controller.stacks.shown, reader.session.selected


def press_and_arrive(reader: Reader, key: Qt.Key, stack: int, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    reader.key(key, modifier)
    reader.wait(lambda: reader.panel.controller.stacks.shown == stack)


def test_n_lesions_of_m_studies_need_n_keys_and_a_key_for_each_way_to_the_next(reader: Reader) -> None:
    seen = [where(reader)]
    for key, stack in (
        *((Qt.Key.Key_A, 1), (Qt.Key.Key_X, 1), (Qt.Key.Key_Space, 2), (Qt.Key.Key_A, 2)),
        *((Qt.Key.Key_Space, 3), (Qt.Key.Key_A, 3), (Qt.Key.Key_A, 3)),
    ):
        press_and_arrive(reader, key, stack)
        seen.append(where(reader))
    assert seen == [(1, 1), (1, 2), (1, 2), (2, 1), (2, 1), (3, 1), (3, 2), (3, 2)]
    states = [status for _, _, status in reader.ask(STATES)]
    assert states == ["accepted", "rejected", "accepted", "accepted", "accepted"]
    reader.key(Qt.Key.Key_Space)
    assert where(reader) == (3, 2)
    reader.close()


def test_space_goes_round_and_shift_goes_back_and_begins_a_stack_at_its_end(reader: Reader) -> None:
    reader.key(Qt.Key.Key_Space)
    assert where(reader) == (1, 2)
    press_and_arrive(reader, Qt.Key.Key_Space, 2)
    press_and_arrive(reader, Qt.Key.Key_Space, 1, SHIFT)
    assert where(reader) == (1, 2)
    reader.key(Qt.Key.Key_Space, SHIFT)
    assert where(reader) == (1, 1)
    press_and_arrive(reader, Qt.Key.Key_Space, 3, SHIFT)
    assert where(reader) == (3, 2)
    press_and_arrive(reader, Qt.Key.Key_Space, 1)
    # A picture of the lesion: gray, outline and axes, and nothing that was written.
    reader.key(Qt.Key.Key_C, CTRL)
    copied = QApplication.clipboard().image()
    assert (copied.width(), copied.height()) == (512, 512)
    assert not any("SMALL" in copied.text(key) for key in copied.textKeys())
    # The slice of the long axis, from wherever the reader has gone.
    there = reader.panel.controller.screen.slice_k
    reader.viewer.dims.set_current_step(0, 0)
    reader.pause()
    assert reader.panel.controller.screen.slice_k != there
    reader.key(Qt.Key.Key_Home)
    assert reader.panel.controller.screen.slice_k == there
    reader.close()


def test_a_lesion_left_to_a_second_reader_is_passed_over_and_found_by_the_filter(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("compare with 2019", True))
    reader.key(Qt.Key.Key_W)
    QTest.keyClicks(reader.canvas, ";")
    reader.pause()
    assert reader.ask(REMARKS) == [(1, "unsure", "A. Reader", "", 0), (1, "note", "A. Reader", "compare with 2019", 0)]
    assert "wants a second reader" in reader.panel.evidence.text()
    assert "compare with 2019" in reader.panel.evidence.text()
    assert "unsure, note" in reader.panel.lesions.table.item(0, 8).text()
    reader.key(Qt.Key.Key_Space)
    assert where(reader) == (1, 2)
    reader.key(Qt.Key.Key_A)
    assert where(reader) == (1, 2)  # nothing else to decide here for this reader
    press_and_arrive(reader, Qt.Key.Key_Space, 2)
    worklist = reader.panel.worklist
    worklist.filter.setCurrentText("Unsure")
    assert [worklist.table.item(row, 0).text() for row in range(worklist.table.rowCount())] == ["SMALL-1", "SMALL-2"]
    reader.close()
    assert "compare" not in (reader.folder / "lesions.csv").read_text(encoding="utf-8")
    # The mark is for others: the second reader comes to it.
    reader_two = Desk(reader.folder, lambda _: None)
    (task, *_) = reader_two.tasks
    assert len(task.unsure) == 1
    reader_two.close()


def test_the_worklist_shows_what_another_reader_decides_and_is_sorted_by_a_click(reader: Reader) -> None:
    table = reader.panel.worklist.table
    column = [table.horizontalHeaderItem(n).text() for n in range(table.columnCount())].index("Open")
    assert [table.item(row, column).text() for row in range(3)] == ["2 of 2", "1 of 1", "2 of 2"]
    desk = Desk(reader.folder, lambda _: None)
    (history,) = desk.store.histories(2).values()
    desk.store.append(2, [decide(history[-1], Status.ACCEPTED, Signature("B. Reader"))], desk.settings)
    desk.close()
    reader.panel.controller.stacks._follow_others()
    reader.wait(lambda: table.rowCount() == 2)  # the stack is done, and the list shows open ones
    reader.panel.worklist.filter.setCurrentText("All")
    assert [table.item(row, column).text() for row in range(3)] == ["2 of 2", "0 of 1", "2 of 2"]
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(column) + 5
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, NO_KEY, QPoint(x, 5))
    QApplication.processEvents()
    assert [table.item(row, column).text() for row in range(3)] == ["2 of 2", "2 of 2", "0 of 1"]
    reader.close()
