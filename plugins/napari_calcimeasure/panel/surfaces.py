"""The lesions of a stack in three dimensions, in a window beside the review: the mouse turns them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from napari_calcimeasure._palette import LETTER_COLOR, color_of
from napari_calcimeasure._surfaces import SIDE, SIDE_WHILE_TURNING, colored, seen, solid_of, turned
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qtpy.QtGui import QCloseEvent, QMouseEvent, QPaintEvent

    from napari_calcimeasure._display import Display
    from napari_calcimeasure._surfaces import Solid, View
    from napari_calcimeasure.panel.controller import Controller

MAKE_AGAIN_MS = 400
"""What is painted is shown after a pause of this length."""

SIDE_PX = 560
BONE_RGB = (205, 198, 180)
DEGREES_PER_PX = 0.5
CLICK_PX = 3.0
"""A press that moves less is a click."""


class Surfaces:
    """The window with the surfaces of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._window: SurfaceWindow | None = None
        self._again = timer(review.parent, MAKE_AGAIN_MS, self._make, once=True)

    @property
    def is_on(self) -> bool:
        """Whether the window is open."""
        return self._window is not None

    def toggle(self) -> None:
        """Open the window, or close it."""
        if self._window is not None:
            self._window.close()
            return
        self._window = SurfaceWindow(self._review.parent)
        self._window.closed.connect(self._forget)
        self._window.picture.picked.connect(self._review.deciding.go_to)
        self._window.show()
        self._make()

    def begin(self) -> None:
        """Show the stack that just came; nothing of a radiograph, which has no third dimension."""
        if self._window is not None:
            self._window.picture.show_nothing()
            self._make()

    def end(self) -> None:
        """Show nothing, when the stack is closed."""
        self._again.stop()
        if self._window is not None:
            self._window.picture.show_nothing()

    def close(self) -> None:
        """Close the window, when the review is closed."""
        self._again.stop()
        if self._window is not None:
            self._window.close()

    def draw_soon(self) -> None:
        """Show what was drawn, when the reader pauses."""
        if self._window is not None:
            self._window.picture.color(self._colors())
            self._again.start()

    def _forget(self) -> None:
        self._again.stop()
        self._window = None

    def _colors(self) -> dict[int, str]:
        session = self._review.session
        if session is None:
            return {}
        return {number: color_of(session.lesion(number)) for number in {*session.lesions, *session.drafts}}

    def _make(self) -> None:
        """Copy the stack in the background, and show it."""
        session = self._review.session
        if self._window is None or session is None or session.display.shape_kji[0] == 1:
            return
        copy = partial(solid_of, session.image, session.display, session.labels)

        def take(solids: tuple[Solid, Solid]) -> None:
            if self._window is not None and session is self._review.session:
                self._window.picture.show_solids(*solids, session.display)
                self._window.picture.color(self._colors())

        self._review.background.run(lambda: (copy(SIDE), copy(SIDE_WHILE_TURNING)), take)


class SurfaceWindow(QDialog):
    """A window that stays open beside the review; the keys of the review work in the window of the review.

    Parameters
    ----------
    parent
        The panel.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Surfaces")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.picture = SurfacePicture()
        layout.addWidget(self.picture, 1)
        layout.addWidget(QLabel("Drag: turn. Double click: from the front. Click on a lesion: go there."))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Say that the window is closed."""
        self.closed.emit()
        super().closeEvent(event)

    def reject(self) -> None:
        """Close the window by Esc as by its button."""
        self.close()


class SurfacePicture(QWidget):
    """The surfaces, seen from the direction that the mouse chooses."""

    picked = Signal(int)
    """Emits the number of the lesion that was clicked on."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 240)
        self.azimuth = self.elevation = 0.0
        self._solids: tuple[Solid, Solid] | None = None
        self._display: Display | None = None
        self._colors: Mapping[int, str] = {}
        self.view: View | None = None
        self._image: QImage | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._turns = False

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for a square."""
        return QSize(SIDE_PX, SIDE_PX)

    def show_solids(self, fine: Solid, coarse: Solid, display: Display) -> None:
        """Show copies of a stack: the coarse one while it is turned."""
        self._solids, self._display = (fine, coarse), display
        self._look()

    def show_nothing(self) -> None:
        """Show nothing."""
        self._solids = self._display = self.view = self._image = None
        self.update()

    def color(self, colors: Mapping[int, str]) -> None:
        """Color the lesions."""
        self._colors = colors
        self._paint_image()

    @property
    def seen_from(self) -> str:
        """The letters of the direction from which the lesions are seen."""
        depth = turned(self.azimuth, self.elevation)[:, 0]
        return "" if self._display is None else self._display.name_of(-depth)

    def _look(self) -> None:
        if self._solids is not None:
            self.view = seen(self._solids[1 if self._turns else 0], turned(self.azimuth, self.elevation))
            self._paint_image()

    def _paint_image(self) -> None:
        if self.view is None:
            return
        pixels = np.ascontiguousarray(colored(self.view, self._colors, BONE_RGB))
        rows, columns = pixels.shape[:2]
        self._image = QImage(pixels.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
        self.update()

    def _area(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin to turn, or to click."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Turn."""
        if event is None or self._pressed is None:
            return
        place = event.position()
        self._turns = self._turns or (place - self._pressed).manhattanLength() > CLICK_PX
        if self._turns:
            moved = place - self._last
            self._last = place
            self.azimuth = (self.azimuth + DEGREES_PER_PX * moved.x()) % 360
            self.elevation = min(max(self.elevation + DEGREES_PER_PX * moved.y(), -90.0), 90.0)
            self._look()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End turning, or go to the lesion that was clicked on."""
        if event is None or self._pressed is None:
            return
        self._pressed = None
        if self._turns:
            self._turns = False
            self._look()
        elif self.view is not None:
            number = self._label_at(event.position(), self.view)
            if number:
                self.picked.emit(number)

    def _label_at(self, place: QPointF, view: View) -> int:
        area, side = self._area(), len(view.labels)
        row = int((place.y() - area.y()) / area.height() * side)
        column = int((place.x() - area.x()) / area.width() * side)
        return int(view.labels[row, column]) if 0 <= row < side and 0 <= column < side else 0

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Look from the front again."""
        self.azimuth = self.elevation = 0.0
        self._look()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the surfaces, and say from where they are seen."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        painter.setPen(QColor(LETTER_COLOR))
        if self._image is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No CT is shown.")
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._area(), self._image)
            painter.drawText(self.rect().adjusted(8, 6, -8, -6), 0, f"from {self.seen_from}" if self.seen_from else "")
        painter.end()
