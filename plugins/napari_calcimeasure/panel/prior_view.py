"""The slice of an earlier date, with its lesions and a crosshair. It is painted by Qt, without OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QDockWidget, QLabel, QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from napari_calcimeasure._palette import LETTER_COLOR
from napari_calcimeasure.panel.canvas import gray_image, paint_letters
from napari_calcimeasure.panel.glass import DASHES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from napari_calcimeasure._prior import Cross, Place, PriorOutline, PriorPlane

WIDTH_PX = 420
NOTCH = 120
"""Angle of one notch of a wheel, in eighths of a degree: Qt's unit."""

ARM_PX, GAP_PX = 22.0, 5.0
"""A crosshair has four arms, from the gap to their ends: what it points at is seen."""

PICKED_PX = 2.5
SHADE = QColor(0, 0, 0, 190)


class PriorView(QWidget):
    """A slice of the earlier date, as large as the image under review on its canvas."""

    picked = Signal(float, float)
    """Emits the world place (down, right) of a click."""
    scrolled = Signal(int)
    """Emits a number of slices to go on."""
    looked = Signal(object)
    """Emits the world place (down, right) under the mouse; None when the mouse leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("calcimeasure_prior")
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.plane: PriorPlane | None = None
        self.cross: Cross | None = None
        self.words: Mapping[int, str] = {}
        self.picked_number: int | None = None
        self._image: QImage | None = None
        self._center: Place = (0.0, 0.0)
        self._zoom = 1.0
        self._turned = 0.0

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for about half of what a small screen has beside the panel."""
        return QSize(WIDTH_PX, WIDTH_PX)

    def show_plane(self, plane: PriorPlane | None, center: Place = (0.0, 0.0), zoom: float = 1.0) -> None:
        """Show a slice; nothing for None.

        Parameters
        ----------
        plane
            The slice.
        center
            The world place in the middle of the widget.
        zoom
            Pixels of the screen for a unit of the world.
        """
        if plane is not self.plane:
            self._image = None if plane is None else gray_image(plane.gray)
        self.plane, self._center, self._zoom = plane, center, max(zoom, 1e-6)
        self.update()

    def show_cross(self, cross: Cross | None) -> None:
        """Show the place that the mouse points at on the other image; nothing for None."""
        if cross != self.cross:
            self.cross = cross
            self.update()

    def name(self, words: Mapping[int, str], picked: int | None) -> None:
        """Write words beside lesions, and draw one of them thick."""
        self.words, self.picked_number = words, picked
        self.update()

    def place_of(self, down: float, right: float) -> QPointF:
        """Give the place on the widget of a world place."""
        x = self.width() / 2 + (right - self._center[1]) * self._zoom
        return QPointF(x, self.height() / 2 + (down - self._center[0]) * self._zoom)

    def at(self, place: QPointF) -> Place:
        """Give the world place of a place on the widget."""
        down = self._center[0] + (place.y() - self.height() / 2) / self._zoom
        return down, self._center[1] + (place.x() - self.width() / 2) / self._zoom

    # The mouse

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Pick what is clicked on."""
        if event is not None and self.plane is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(*self.at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Point at a place."""
        if event is not None and self.plane is not None:
            self.looked.emit(self.at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Point at nothing."""
        self.looked.emit(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on by slices of the earlier date."""
        if event is None:
            return
        self._turned += event.angleDelta().y() / NOTCH
        whole = int(self._turned)
        if whole:
            self._turned -= whole
            self.scrolled.emit(-whole)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the slice, the outlines with their numbers, the crosshair and the letters."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        if self._image is not None and self.plane is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawImage(self._area(self.plane), self._image)
            for outline in self.plane.outlines:
                self._paint_outline(painter, outline)
            if self.cross is not None:
                self._paint_cross(painter, self.cross)
            self._paint_letters(painter, self.plane)
        painter.end()

    def _area(self, plane: PriorPlane) -> QRectF:
        rows, columns = plane.gray.shape
        (down, right), (high, wide) = plane.origin, plane.spacing
        corner = self.place_of(down - high / 2, right - wide / 2)
        return QRectF(corner.x(), corner.y(), columns * wide * self._zoom, rows * high * self._zoom)

    def _paint_outline(self, painter: QPainter, outline: PriorOutline) -> None:
        pen = QPen(QColor(outline.color), PICKED_PX if outline.number == self.picked_number else 1.0)
        if outline.style in DASHES:
            pen.setDashPattern(DASHES[outline.style])
        painter.setPen(pen)
        for border in outline.borders:
            painter.drawPolyline(QPolygonF([self.place_of(down, right) for down, right in border.tolist()]))
        right_most = max((tuple(one) for border in outline.borders for one in border.tolist()), key=lambda at: at[1])
        self._write(painter, self.words.get(outline.number, str(outline.number)), outline.color, *right_most)

    def _write(self, painter: QPainter, words: str, color: str, down: float, right: float) -> None:
        """Write words beside a place, in a dark box inside the widget."""
        size, place = painter.fontMetrics().size(0, words), self.place_of(down, right)
        left = min(max(place.x() + 6, 0.0), max(self.width() - size.width() - 8.0, 0.0))
        top = min(max(place.y() - size.height() / 2, 0.0), max(self.height() - size.height() - 4.0, 0.0))
        box = QRectF(left, top, size.width() + 8.0, size.height() + 4.0)
        painter.fillRect(box, SHADE)
        painter.setPen(QColor(color))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_cross(self, painter: QPainter, cross: Cross) -> None:
        pen = QPen(QColor(LETTER_COLOR), 1.5)
        if cross.is_off:
            pen.setDashPattern([2.0, 2.0])
        painter.setPen(pen)
        middle = self.place_of(*cross.at)
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(middle + QPointF(x, y) * GAP_PX, middle + QPointF(x, y) * ARM_PX)
        if cross.is_off:
            painter.drawText(middle + QPointF(GAP_PX, -GAP_PX), f"{abs(cross.off):.0f} mm off this slice")

    def _paint_letters(self, painter: QPainter, plane: PriorPlane) -> None:
        whole = paint_letters(painter, self, plane.letters)
        slice_words = f"slice {plane.step + 1} of {plane.steps}" if plane.steps > 1 else ""
        painter.drawText(whole, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, slice_words)


class PriorDock(QDockWidget):
    """The earlier date beside the image: which date it is, its slice, and what is linked."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__("Prior", window)
        self.setObjectName("calcimeasure_prior_dock")
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.setTitleBarWidget(QWidget())  # Qt has no other way to show no title
        self.view = PriorView()
        self._date, self._linked, self._links = (QLabel() for _ in range(3))
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(2, 2, 2, 2)
        for widget in (self._date, self._linked, self.view, self._links):
            layout.addWidget(widget, 1 if widget is self.view else 0)
        for label in (self._date, self._linked, self._links):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._date.setStyleSheet("font-weight: bold;")
        self.setWidget(whole)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self)

    def tell_date(self, words: str) -> None:
        """Say which date is shown."""
        self._date.setText(words)

    def tell_linked(self, words: str) -> None:
        """Say what links both images, or why nothing does."""
        if words != self._linked.text():
            self._linked.setText(words)

    def tell_links(self, words: str) -> None:
        """Say which lesions are linked, and which wait for a link."""
        self._links.setText(words)
        self._links.setVisible(bool(words))

    @property
    def words(self) -> str:
        """Everything that it says."""
        return "\n".join(label.text() for label in (self._date, self._linked, self._links))

    def take_away(self) -> None:
        """Leave the window."""
        self.hide()
        self.setParent(None)
        self.deleteLater()
