"""What happens between two stacks: nothing is decided unseen, and nothing of one patient reaches the next."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QListView, QPushButton, QRadioButton
from superqt import QLargeIntSpinBox

from calcimeasure import CalcimeasureError
from calcimeasure.review import Survey
from napari_calcimeasure.panel import bones
from napari_calcimeasure.panel.planes import PlaneView
from napari_calcimeasure.panel.veil import Veil
from tests.gui.small import TWO_MASSES, small_folder
from tests.gui.window import ALT, CTRL, NO_KEY, Reader

DECIDED = "SELECT stack_id, lesion_number, status FROM current_lesions WHERE status != 'proposed'"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES] * 3)


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    yield reader
    reader.forget()


def veils(reader: Reader) -> list[str]:
    return [one.text() for one in reader.panel.window().findChildren(Veil) if one.isVisible()]


def test_no_key_and_no_button_decides_about_a_stack_that_was_not_drawn(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    key = Qt.Key
    reader.press(key.Key_PageDown, key.Key_PageDown, key.Key_X, key.Key_A, key.Key_Delete, key.Key_L, key.Key_T)
    assert sorted(veils(reader)) == ["", "", "Loading\nSMALL-3\n2024-01-13\nCT 1 Phantom"]
    assert reader.panel.header.words == ""
    reader.press_button("Reject  X")
    assert "not on the screen yet" in capsys.readouterr().out
    reader.wait(lambda: reader.panel.controller.session is not None)
    assert reader.session.stack_id == 3
    assert not veils(reader)
    assert reader.ask(DECIDED) == []
    reader.key(key.Key_X)
    assert reader.ask(DECIDED) == [(3, 1, "rejected")]

    # Loaded ahead, the next stack is in the viewer at once, but its first frame comes later.
    reader.pause(0.6)
    reader.key(key.Key_PageUp)
    reader.wait(lambda: reader.session.stack_id == 2)
    stacks = reader.panel.controller.stacks
    reader.wait(lambda: stacks._prefetched is not None and stacks._prefetched.stack_id == 3)
    reader.press(key.Key_PageDown, key.Key_A)
    assert reader.session.stack_id == 3
    assert reader.ask(DECIDED) == [(3, 1, "rejected")]
    reader.wait(lambda: True)
    reader.key(key.Key_Up)
    reader.key(key.Key_A)
    assert reader.ask(DECIDED) == [(3, 1, "accepted")]


def corner(reader: Reader, down: int, right: int) -> None:
    """Click beside the large mass on the slice that is shown."""
    k = round(float(reader.session.display.to_index_kji(reader.viewer.dims.point)[0]))
    reader.click(reader.place((k, 24 + down, 10 + right)))


def placed(reader: Reader) -> list[object]:
    return [
        [np.asarray(getattr(layer, name)).tolist() for name in ("affine", "rotate", "shear", "scale", "translate")]
        for layer in reader.viewer.layers
    ]


def test_nothing_moves_the_outlines_against_the_image(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    before = placed(reader)
    labels = reader.viewer.layers["lesions"]
    middle = reader.place((5, 15, 15))
    for key, modifier in ((Qt.Key.Key_7, NO_KEY), (Qt.Key.Key_T, CTRL | ALT), (Qt.Key.Key_G, CTRL)):
        capsys.readouterr()
        reader.key(key, modifier)
        reader.drag([middle, middle + QPoint(30, 20), middle + QPoint(60, 40)])
        assert placed(reader) == before
        assert labels.mode == "pan_zoom"
        assert not reader.viewer.canvas.grid.enabled
        said = capsys.readouterr().out
        if key == Qt.Key.Key_7:  # napari moves layers with it; here it is the key of the earlier date
            reader.key(key)
        else:
            assert "stay where they are" in said
    reader.key(Qt.Key.Key_Y, CTRL)
    assert reader.viewer.dims.ndisplay == 2
    assert "read in planes" in capsys.readouterr().out
    flat = next(one for one in reader.panel.window().findChildren(QPushButton) if "2D/3D" in one.toolTip())
    QTest.mouseClick(flat, Qt.MouseButton.LeftButton)
    assert reader.viewer.dims.ndisplay == 2
    buttons = [one for one in reader.panel.window().findChildren(QRadioButton) if "ransform" in one.toolTip()]
    for button in buttons:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        reader.drag([middle, middle + QPoint(30, 20)])
    assert buttons
    labels.affine = np.diag([1.0, 2.0, 1.0, 1.0])  # by a script, or a menu of the list of layers
    labels.translate = (3.0, 0.0, 0.0)
    assert placed(reader) == before
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    assert placed(reader) == before


def test_layers_of_a_review_are_not_deleted_renamed_or_reordered(reader: Reader) -> None:
    layers, names = list(reader.viewer.layers), [one.name for one in reader.viewer.layers]
    view = next(one for one in reader.panel.window().findChildren(QListView) if one.toolTip() == "Layer list")
    for row in range(2):
        QTest.mouseClick(
            view.viewport(),
            Qt.MouseButton.LeftButton,
            NO_KEY if row == 0 else CTRL,
            view.visualRect(view.model().index(row, 0)).center(),
        )
    QTest.keyClick(view, Qt.Key.Key_Delete)
    reader.pause()
    trash = next(one for one in reader.panel.window().findChildren(QPushButton) if "Delete selected" in one.toolTip())
    QTest.mouseClick(trash, Qt.MouseButton.LeftButton)
    reader.key(Qt.Key.Key_Delete, CTRL)
    reader.pause()
    assert list(reader.viewer.layers) == layers
    assert reader.panel.controller.session is not None
    view.model().setData(view.model().index(1, 0), "another name")
    lesions = next(view.model().index(row, 0) for row in range(2) if view.model().index(row, 0).data() == "lesions")
    moved = view.model().mimeData([lesions])
    view.model().dropMimeData(moved, Qt.DropAction.MoveAction, 2, 0, QModelIndex())
    for layer in layers:
        layer.locked = False
    reader.pause()
    assert (list(reader.viewer.layers), [one.name for one in reader.viewer.layers]) == (layers, names)
    assert all(layer.locked for layer in layers)
    reader.viewer.layers.selection.active = reader.viewer.layers["lesions"]
    reader.key(Qt.Key.Key_A)
    assert reader.ask(DECIDED) == [(1, 1, "accepted")]


def drop(reader: Reader, path: Path) -> None:
    """Drag a file from the desktop, and drop it on the image."""
    what, middle = QMimeData(), reader.canvas.rect().center()
    what.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, what, Qt.MouseButton.LeftButton, NO_KEY)
    QApplication.sendEvent(reader.canvas, QDragEnterEvent(middle, *how))
    QApplication.sendEvent(reader.canvas, QDropEvent(QPointF(middle), *how))
    reader.pause()


def test_what_is_dropped_on_the_image_goes_with_its_stack(
    reader: Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = list(reader.viewer.layers)
    for locked in (False, True):
        np.save(tmp_path / "dropped.npy", np.ones((4, 20, 20), np.float32))
        drop(reader, tmp_path / "dropped.npy")
        reader.wait(lambda: "dropped" in reader.viewer.layers)
        reader.viewer.layers["dropped"].locked = locked
        reader.viewer.layers.selection.active = reader.viewer.layers["lesions"]  # the keys of the review are of it
        before = reader.session.stack_id
        reader.key(Qt.Key.Key_PageUp if locked else Qt.Key.Key_PageDown)
        reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id != before)  # noqa: B023
        assert list(reader.viewer.layers) == layers
        assert "Removed with the stack over which it was opened: 'dropped'" in capsys.readouterr().out
        assert reader.viewer.layers.selection.active is reader.viewer.layers["lesions"]
    reader.key(Qt.Key.Key_A)
    assert reader.ask(DECIDED) == [(1, 1, "accepted")]


def test_every_stack_begins_with_no_tool_no_points_and_its_own_label(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, controller = reader.viewer.layers["lesions"], reader.panel.controller
    begins = (labels.brush_size, labels.selected_label, labels.mode, reader.viewer.cursor.style, labels.opacity)
    reader.key(Qt.Key.Key_3)
    corner(reader, 0, 0)
    corner(reader, 0, 8)
    corner(reader, 6, 8)
    reader.key(Qt.Key.Key_Escape)  # takes the polygon back
    reader.key(Qt.Key.Key_Return)
    assert not reader.session.drafts
    for key in (Qt.Key.Key_BracketRight, Qt.Key.Key_BracketRight, Qt.Key.Key_Equal, Qt.Key.Key_Equal):
        reader.key(key)
    assert labels.selected_label == reader.session.selected == 2
    assert "There is no lesion 3" in capsys.readouterr().out
    reader.key(Qt.Key.Key_3)
    corner(reader, 0, 0)
    corner(reader, 0, 8)
    labels.opacity = 0.1
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: controller.session is not None and reader.session.stack_id == 2)
    now = (labels.brush_size, labels.selected_label, labels.mode, reader.viewer.cursor.style, labels.opacity)
    assert now == begins
    reader.key(Qt.Key.Key_3)
    corner(reader, 6, 8)
    reader.key(Qt.Key.Key_Return)  # with a corner of the patient before, this would draw
    reader.settle()
    assert not reader.session.drafts
    assert reader.ask("SELECT count(*) FROM lesion_revisions WHERE made_by IS NOT NULL") == [(0,)]


def test_the_next_stack_does_not_wait_for_the_survey_of_the_one_before(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, begun = Event(), Event()

    def survey_slowly(*_: object) -> Survey:
        begun.set()
        ends.wait(60)
        raise CalcimeasureError("too late")

    monkeypatch.setattr(bones, "survey", survey_slowly)
    stacks = reader.panel.controller.stacks
    reader.wait(lambda: stacks._prefetched is not None)
    reader.key(Qt.Key.Key_F10)
    reader.wait(begun.is_set)
    stacks._prefetched = None
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    assert not ends.is_set()
    ends.set()


def test_a_tool_stays_in_hand_however_long_its_key_was_down(reader: Reader) -> None:
    labels = reader.viewer.layers["lesions"]
    for key, mode in (
        (Qt.Key.Key_1, "erase"),
        (Qt.Key.Key_2, "paint"),
        (Qt.Key.Key_3, "polygon"),
        (Qt.Key.Key_4, "fill"),
        (Qt.Key.Key_5, "pick"),
        (Qt.Key.Key_6, "pan_zoom"),
    ):
        QTest.keyPress(reader.canvas, key)
        reader.pause(0.4)  # napari takes the tool before back when a key was down as long as this
        QTest.keyRelease(reader.canvas, key)
        reader.pause(0.1)
        assert labels.mode == mode


def test_a_new_lesion_is_drawn_also_where_the_outlines_were_hidden(reader: Reader) -> None:
    reader.key(Qt.Key.Key_H)
    reader.key(Qt.Key.Key_N)
    labels, number = reader.viewer.layers["lesions"], reader.session.next_number
    assert (labels.mode, labels.visible, labels.selected_label) == ("paint", True, number)
    reader.drag([reader.place((5, 34, 4 + right)) for right in (0, 2, 4)])
    reader.settle()
    assert number in reader.session.drafts


def test_the_spinner_of_napari_chooses_no_label_without_a_lesion(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = reader.viewer.layers["lesions"]
    # The other spinner, of the width of contours, ends at a small number.
    spinners = [one for one in reader.panel.window().findChildren(QLargeIntSpinBox) if one.isVisible()]
    spinner = max(spinners, key=lambda one: one.maximum())
    for _ in range(2):
        spinner.stepBy(1)
        reader.pause()
    assert labels.selected_label == reader.session.selected == 2
    assert "There is no lesion 3" in capsys.readouterr().out
    reader.key(Qt.Key.Key_A)
    assert reader.ask(DECIDED) == [(1, 2, "accepted")]


def test_the_row_of_the_stack_that_is_shown_takes_back_what_was_asked_for(reader: Reader) -> None:
    session, stacks = reader.session, reader.panel.controller.stacks
    reader.key(Qt.Key.Key_A)
    reader.key(Qt.Key.Key_F12)
    reader.wait(lambda: stacks._prefetched is not None)
    stacks._prefetched = None  # the next one has to be loaded
    reader.press(Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_P)
    planes = reader.panel.window().findChildren(PlaneView)
    assert [one.plane for one in planes] == [None, None]  # what is beside the veil shows nothing of the stack before
    table = reader.panel.worklist.table
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, NO_KEY, table.visualItemRect(table.item(0, 0)).center()
    )
    reader.wait(lambda: not veils(reader))
    reader.pause(0.5)
    assert all(one.plane is not None for one in planes)
    assert "SMALL-1" in reader.panel.header.words
    assert reader.session is session  # it was not loaded anew: what was done can be undone
    reader.key(Qt.Key.Key_Z, CTRL)
    assert reader.ask(DECIDED) == []


def test_the_panel_is_closed_and_opened_again_with_the_brush_in_hand(reader: Reader) -> None:
    # napari deletes the round cursor with the layer: the next frame ended the program with a segmentation fault.
    for _ in range(3):
        reader.key(Qt.Key.Key_2)
        reader.pause()
        assert reader.viewer.layers["lesions"].mode == "paint"
        reader.viewer.window.remove_dock_widget(reader.panel)
        reader.pause()
        _, reader.panel = reader.viewer.window.add_plugin_dock_widget("calcimeasure", "Review")
        reader.open(reader.folder)
        reader.pause()
    reader.key(Qt.Key.Key_A)
    assert reader.ask(DECIDED) == [(1, 1, "accepted")]
