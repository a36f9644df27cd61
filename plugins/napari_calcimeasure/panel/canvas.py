"""The canvas of napari as a widget of Qt: napari gives plugins no way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QRectF, Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QMainWindow

from napari_calcimeasure._palette import LETTER_COLOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qtpy.QtGui import QPainter
    from qtpy.QtWidgets import QWidget


def canvas_in(window: QWidget | None) -> QOpenGLWidget | None:
    """Find the canvas of a window of napari: it is a child of the central widget; None if there is none."""
    center = window.centralWidget() if isinstance(window, QMainWindow) else None
    return None if center is None else center.findChild(QOpenGLWidget)


def take_away(widget: QWidget, canvas: QWidget) -> None:
    """Take a widget away that lies over the canvas and filters its events."""
    canvas.removeEventFilter(widget)
    widget.hide()
    widget.setParent(None)
    widget.deleteLater()


def gray_image(gray: NDArray[np.uint8]) -> QImage:
    """Make an image of Qt from (rows, columns) gray values."""
    rows, columns = gray.shape
    return QImage(gray.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()


def on_the_screen(canvas: QWidget | None, x: float, y: float) -> QPoint | None:
    """Give the place on the screen of a place on the canvas; None if the place is not on the canvas."""
    at = QPoint(round(x), round(y))
    return None if canvas is None or not canvas.rect().contains(at) else canvas.mapToGlobal(at)


def paint_letters(painter: QPainter, view: QWidget, letters: tuple[str, str, str, str]) -> QRectF:
    """Write the directions at the upper, lower, left and right edge of a view; gives the room that words have in it."""
    painter.setPen(QColor(LETTER_COLOR))
    whole = QRectF(view.rect()).adjusted(4, 2, -4, -2)
    center, middle = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
    sides = (
        center | Qt.AlignmentFlag.AlignTop,
        center | Qt.AlignmentFlag.AlignBottom,
        middle | Qt.AlignmentFlag.AlignLeft,
        middle | Qt.AlignmentFlag.AlignRight,
    )
    for side, letter in zip(sides, letters, strict=True):
        painter.drawText(whole, side, letter)
    return whole
