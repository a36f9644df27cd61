"""A pane of glass over the canvas: lines of one screen pixel and words, which take no mouse from the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_calcimeasure._marks import Marks
from napari_calcimeasure._palette import LineStyle
from napari_calcimeasure.panel.canvas import take_away

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QObject
    from qtpy.QtGui import QPaintEvent

    from napari_calcimeasure._marks import Line, Name

    ToCanvas = Callable[[float, float], tuple[float, float]]

DASHES = {LineStyle.DASHED: [6.0, 4.0], LineStyle.DOTTED: [1.5, 3.5]}
"""Lengths of lines and gaps in screen pixels."""

SHADE = QColor(0, 0, 0, 190)
FONT_PX = 13
AWAY_PX = 10.0
"""Distance of words from the end of the line that they name."""

PAD_PX = 4.0
CORNER_PX = 8.0


class Glass(QWidget):
    """A transparent widget over the canvas.

    Parameters
    ----------
    canvas
        The canvas.
    to_canvas
        Maps world coordinates (down, right) in the plane that is shown to a place (x, y) on the canvas.
    """

    def __init__(self, canvas: QWidget, to_canvas: ToCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("calcimeasure_glass")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._canvas, self._to_canvas = canvas, to_canvas
        self._font = QFont(self.font())
        self._font.setPixelSize(FONT_PX)
        self._marks = Marks()
        self._own = self._cross = Marks()
        self._polygons: dict[int, tuple[Line, QPolygonF]] = {}
        self._said = ""
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        self.show()

    def show_marks(self, marks: Marks) -> None:
        """Show other marks of the lesions."""
        self._marks = marks
        self._forget_polygons()
        self.update()

    def show_own(self, marks: Marks) -> None:
        """Show other marks of the reader: a caliper, a crosshair."""
        self._own = marks
        self.update()

    def show_crosshair(self, marks: Marks) -> None:
        """Show another crosshair."""
        self._cross = marks
        self.update()

    def say(self, words: str) -> None:
        """Say what lies under the mouse, in the lower left corner."""
        if words != self._said:
            lines = 1 + max(words.count("\n"), self._said.count("\n"))
            self._said = words
            # The mouse moves all the time: the lines over the image are not drawn again for these words.
            height = round(lines * QFontMetrics(self._font).lineSpacing() + 2 * PAD_PX + CORNER_PX) + 1
            self.update(0, self.height() - height, self.width(), height)

    @property
    def marks(self) -> Marks:
        """The marks that are shown."""
        return self._marks

    @property
    def said(self) -> str:
        """What is said about the place under the mouse."""
        return self._said

    def close_glass(self) -> None:
        """Take the glass away."""
        take_away(self, self._canvas)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Stay as large as the canvas, and below what else lies over it."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._canvas.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        every = (self._cross, self._marks, self._own)
        painter.save()
        (x, y), (one_right, _) = self._to_canvas(0.0, 0.0), self._to_canvas(0.0, 1.0)
        painter.translate(x, y)
        painter.scale(one_right - x, one_right - x)
        for line in (line for marks in every for line in marks.lines):
            self._draw_line(painter, line)
        painter.restore()
        for name in (name for marks in every for name in marks.names):
            self._draw_name(painter, name)
        if self._said:
            self._draw_box(painter, self._said, QColor("white"), QPointF(CORNER_PX, self.height() - CORNER_PX), (0, 1))
        painter.end()

    def _draw_line(self, painter: QPainter, line: Line) -> None:
        """Draw a line in world coordinates; the pen is one pixel of the screen wide at any zoom."""
        pen = QPen(QColor(line.color), 1.0)
        pen.setCosmetic(True)
        if line.style in DASHES:
            pen.setDashPattern(DASHES[line.style])
        painter.setPen(pen)
        painter.drawPolyline(self._polygon(line))

    def _polygon(self, line: Line) -> QPolygonF:
        """Convert the points of a line once: it is drawn again whenever the mouse moves."""
        known = self._polygons.get(id(line))
        if known is None or known[0] is not line:
            known = (line, QPolygonF([QPointF(right, down) for down, right in line.points.tolist()]))
            self._polygons[id(line)] = known
        return known[1]

    def _forget_polygons(self) -> None:
        shown = {id(line) for marks in (self._cross, self._marks, self._own) for line in marks.lines}
        self._polygons = {key: known for key, known in self._polygons.items() if key in shown}

    def _draw_name(self, painter: QPainter, name: Name) -> None:
        x, y = self._to_canvas(*name.at)
        down, right = name.away
        place = QPointF(x + AWAY_PX * right, y + AWAY_PX * down)
        # The box stands on the far side of the place: its corner that is nearest to the line lies there.
        self._draw_box(painter, name.words, QColor(name.color), place, (0.0 if right >= 0 else 1.0, 0.5 - 0.5 * down))

    def _draw_box(
        self, painter: QPainter, words: str, color: QColor, place: QPointF, anchor: tuple[float, float]
    ) -> None:
        """Write words in a dark box inside the canvas; the anchor says which part of it, 0 to 1, lies at the place."""
        size = painter.fontMetrics().size(0, words)
        width, height = size.width() + 2 * PAD_PX, size.height() + 2 * PAD_PX
        left = min(max(place.x() - anchor[0] * width, 0.0), max(self.width() - width, 0.0))
        top = min(max(place.y() - anchor[1] * height, 0.0), max(self.height() - height, 0.0))
        box = QRectF(left, top, width, height)
        painter.fillRect(box, SHADE)
        painter.setPen(color)
        painter.drawText(box.adjusted(PAD_PX, PAD_PX, PAD_PX, PAD_PX), 0, words)
