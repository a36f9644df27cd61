"""Images that were opened by hand: their review is not lost when nobody saved it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QInputDialog, QPushButton

from calcimeasure.review import unsaved_folders
from tests.gui.small import small_folder
from tests.gui.window import Reader

Opened = Callable[[], Reader]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    small_folder(folder, [()])
    return folder / "images" / "1"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))


def begin(make_napari_viewer: Callable[..., object], images: Path) -> Reader:
    """Open images in plain napari, measure them, and draw a lesion."""
    reader = Reader(make_napari_viewer(show=True))
    reader.viewer.open(str(images), plugin="calcimeasure")
    reader.panel.controller.reader = "A. Reader"
    reader.press_button("Measure what is open")
    reader.wait(lambda: reader.panel.controller.session is not None)
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((reader.panel.controller.screen.slice_k, 3, 8 + right)) for right in (0, 2, 4)])
    reader.settle()
    reader.key(Qt.Key.Key_Up)
    return reader


def close_dock(reader: Reader) -> None:
    dock = reader.panel.parent()
    button = next(one for one in dock.findChildren(QPushButton) if one.objectName() == "QTitleBarCloseButton")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    reader.pause()


def test_an_unsaved_review_is_asked_about_kept_and_offered_at_the_next_start(
    make_napari_viewer: Callable[..., object], images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = begin(make_napari_viewer, images)
    assert len(unsaved_folders()) == 1
    drawn = sorted(reader.session.lesions)
    asked = reader.answer("Keep for the next start")
    window = reader.panel.window()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # the fixture closes it once more
    window.close()
    reader.pause()
    assert [one.buttons for one in asked] == [["Save in a folder…", "Keep for the next start", "Discard"]]
    (kept,) = unsaved_folders()
    assert kept.stat().st_mode & 0o077 == 0

    capsys.readouterr()
    said: list[str] = []
    again = Reader(make_napari_viewer(show=True))
    again.wait(lambda: said.append(capsys.readouterr().out) or "A review was not saved" in "".join(said))
    again.press_button("Recover review…")
    again.wait(lambda: again.panel.controller.session is not None)
    assert sorted(again.session.lesions) == drawn
    assert unsaved_folders() == (kept,)
    again.panel.controller.by_hand.recover()  # another panel would not offer what is open here
    assert "there is none to recover" in capsys.readouterr().out
    asked = again.answer("Discard")
    close_dock(again)
    assert len(asked) == 1
    assert unsaved_folders() == ()
    reader.forget()
    again.forget()


def test_opening_results_and_the_close_button_of_the_dock_ask_too(
    make_napari_viewer: Callable[..., object], images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = begin(make_napari_viewer, images)
    chosen = [images.parent.parent / "out", tmp_path / "mine"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(chosen.pop(0)))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("A. Reader", True))
    asked = reader.answer("Save in a folder…")
    reader.press_button("Open results…")
    reader.wait(lambda: reader.panel.controller.session is not None)
    assert len(asked) == 1
    assert (tmp_path / "mine" / "lesions.csv").is_file()
    assert unsaved_folders() == ()
    reader.forget()


def test_a_review_in_which_nobody_did_anything_leaves_nothing(
    make_napari_viewer: Callable[..., object], images: Path
) -> None:
    reader = Reader(make_napari_viewer(show=True))
    reader.viewer.open(str(images), plugin="calcimeasure")
    reader.press_button("Measure what is open")
    reader.wait(lambda: reader.panel.controller.session is not None)
    reader.close()
    assert unsaved_folders() == ()
    reader.forget()
