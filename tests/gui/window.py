"""A reader's hands: mouse and keys on the real window."""

from __future__ import annotations

import csv
import time
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from calcimeasure.review import Desk
from tests.plugin.desks import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import napari

    from napari_calcimeasure._session import ShownSession
    from napari_calcimeasure.panel import ReviewPanel

PATIENCE_S = 90.0
PRESSED_S = 0.03
LAST_MOVE_S = 0.02
"""napari hears of a move of the mouse up to 5 ms later."""
NO_KEY = Qt.KeyboardModifier.NoModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Asked(NamedTuple):
    """A question: its words, its buttons, and where on the screen it stood."""

    words: str
    buttons: list[str]
    at: QPoint


class Reader:
    """Somebody who reviews a folder.

    Parameters
    ----------
    viewer
        A window that is shown.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        viewer.window.resize(1500, 950)
        _, self.panel = viewer.window.add_plugin_dock_widget("calcimeasure", "Review")
        self.panel: ReviewPanel
        backends = (one for one in self.panel.window().findChildren(QWidget) if "CanvasBackend" in type(one).__name__)
        self.canvas = next(backends)

    def open(self, folder: Path, name: str = "A. Reader") -> None:
        self.folder = folder
        self.panel.open_desk(Desk(folder, lambda _: None), name)
        self.wait(lambda: self.panel.controller.session is not None)

    @property
    def session(self) -> ShownSession:
        assert self.panel.controller.session is not None
        return self.panel.controller.session

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, and until the stack that was asked for is on the screen."""
        end = time.monotonic() + PATIENCE_S
        while not holds() or self.panel.controller.arriving.is_coming:
            assert time.monotonic() < end, f"waited in vain, for a frame: {self.panel.controller.arriving.is_coming}"
            QApplication.processEvents()
            time.sleep(0.005)

    def press(self, *keys: Qt.Key) -> None:
        """Press keys faster than the window draws."""
        for key in keys:
            QTest.keyClick(self.canvas, key)

    def answer(self, text: str) -> list[Asked]:
        """Press a button of the next question, as soon as it opens; what was asked is in the list."""
        asked: list[Asked] = []
        end = time.monotonic() + PATIENCE_S

        def press() -> None:
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox):
                asked.append(Asked(box.text(), [one.text() for one in box.buttons()], box.pos()))
                button = next(one for one in box.buttons() if one.text() == text)
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            elif time.monotonic() < end:
                QTimer.singleShot(10, press)

        QTimer.singleShot(0, press)
        return asked

    def press_button(self, text: str) -> None:
        button = next(one for one in self.panel.window().findChildren(QPushButton) if one.text() == text)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def pause(self, seconds: float = 0.0) -> None:
        end = time.monotonic() + seconds
        QApplication.processEvents()
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.keyClick(self.canvas, key, modifier)
        self.pause()

    def place(self, index_kji: Sequence[float]) -> QPoint:
        """Where a voxel is on the canvas, in the plane that is shown."""
        camera = self.viewer.scene.camera
        world = self.session.display.to_world(index_kji)[list(self.viewer.dims.displayed)]
        from_center = (world - camera.center[1:]) * camera.zoom
        height, width = self.viewer.canvas.size
        return QPoint(round(width / 2 + from_center[1]), round(height / 2 + from_center[0]))

    def move(self, place: QPoint, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
        """Move the mouse; QTest moves it with no button down."""
        at = QPointF(place)
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, QPointF(self.canvas.mapToGlobal(place)), Qt.MouseButton.NoButton, button, NO_KEY
        )
        QApplication.sendEvent(self.canvas, event)
        self.pause(PRESSED_S)

    def drag(self, places: Sequence[QPoint]) -> None:
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, NO_KEY, places[0])
        for place in places[1:]:
            QTest.mouseMove(self.canvas, place)
            self.pause(PRESSED_S)
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, NO_KEY, places[-1])
        self.pause()

    def click(self, place: QPoint) -> None:
        QTest.mouseMove(self.canvas, place)
        self.pause(PRESSED_S)
        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, NO_KEY, place)
        self.pause(PRESSED_S)

    def click_row(self, number: int) -> None:
        table = self.panel.lesions.table
        rows = [row for row in range(table.rowCount()) if table.item(row, 0).text() == str(number)]
        middle = table.visualItemRect(table.item(rows[0], 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, NO_KEY, middle)
        self.pause()

    def settle(self) -> None:
        """Wait until what was drawn is measured."""
        self.pause(0.1)
        self.wait(lambda: all(one.measured is not None or one.outline is None for one in self.session.drafts.values()))

    def let_go_of_the_mouse(self) -> None:
        """Wait until napari has heard of the last move: a canvas that is closed meanwhile warns of that."""
        for _ in range(3):  # what is drawn in between may take longer than the pause
            self.pause(LAST_MOVE_S)

    def close(self) -> None:
        self.let_go_of_the_mouse()
        self.viewer.close()
        self.pause()

    def forget(self) -> None:
        """Let go of the window: napari's tests count those that are held."""
        self.let_go_of_the_mouse()
        self.panel.close_review()
        self.__dict__.clear()

    def ask(self, question: str) -> list[tuple[object, ...]]:
        return ask(self.folder / "private" / "calcimeasure.db", question)

    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "lesions.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
