"""The projection of the whole stack in a corner of the canvas: a click on the dot of a lesion goes there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_calcimeasure._overview import projection_of
from napari_calcimeasure._palette import color_of
from napari_calcimeasure.panel.canvas import canvas_in, gray_image, take_away

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qtpy.QtCore import QObject
    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from napari_calcimeasure._overview import Projection
    from napari_calcimeasure.panel.controller import Controller

EDGE_PX = 10
DOT_PX, NEAR_PX = 4.0, 12.0
"""Radius of a dot, and distance from which a click means it."""


class Overview:
    """The projection of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._picture: Picture | None = None
        self._projection: Projection | None = None
        self.is_on = True

    def begin(self) -> None:
        """Project the stack that just came, in the background."""
        self._hide()
        session = self._review.session
        if session is None or not self.is_on:
            return
        image, display = session.image, session.display

        def take(projection: Projection) -> None:
            if session is self._review.session and self.is_on:
                self._projection = projection
                self.draw()

        self._review.background.run(partial(projection_of, image, display), take)

    def toggle(self) -> None:
        """Show the projection, or hide it."""
        self.is_on = not self.is_on
        self.begin()

    def end(self) -> None:
        """Show no projection, when the stack is closed."""
        self._hide()

    def _hide(self) -> None:
        self._projection = None
        if self._picture is not None:
            self._picture.close_picture()
        self._picture = None

    def draw(self) -> None:
        """Draw the dots of the present lesions."""
        session, projection = self._review.session, self._projection
        canvas = canvas_in(self._review.parent.window())
        if session is None or projection is None or canvas is None:
            return
        if self._picture is None:
            self._picture = Picture(canvas, projection, self._review.deciding.go_to)
        places = {number: session.outline(number) for number in sorted({*session.lesions, *session.drafts})}
        self._picture.show_dots(
            {
                number: (*projection.place(outline), color_of(session.lesion(number)))
                for number, outline in places.items()
                if outline is not None and session.is_visible(number)
            },
            session.selected,
        )


class Picture(QWidget):
    """A projection with dots.

    Parameters
    ----------
    canvas
        The canvas in whose corner it lies.
    projection
        The projection.
    go_to
        Takes the number of the lesion that was clicked on.
    """

    def __init__(self, canvas: QWidget, projection: Projection, go_to: Callable[[int], object]) -> None:
        super().__init__(canvas)
        self.setObjectName("calcimeasure_overview")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._canvas, self._go_to = canvas, go_to
        self._image = gray_image(projection.gray)
        self.dots: Mapping[int, tuple[float, float, str]] = {}
        self._selected: int | None = None
        self.resize(*projection.size)
        self._fit()
        canvas.installEventFilter(self)
        self.show()
        self.lower()  # below the worklist, and below the veil over a stack that is still coming

    def show_dots(self, dots: Mapping[int, tuple[float, float, str]], selected: int | None) -> None:
        """Show a dot (x, y, color) for each lesion; the selected one has a ring."""
        self.dots, self._selected = dots, selected
        self.update()

    def close_picture(self) -> None:
        """Take the picture away."""
        take_away(self, self._canvas)

    def _fit(self) -> None:
        self.move(self._canvas.width() - self.width() - EDGE_PX, EDGE_PX)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Stay in the corner of the canvas."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go to the lesion whose dot is next to the mouse."""
        if event is None:
            return
        place = event.position()
        away = {n: (x - place.x()) ** 2 + (y - place.y()) ** 2 for n, (x, y, _) in self.dots.items()}
        near = min(away, key=lambda number: away[number], default=None)
        if near is not None and away[near] <= NEAR_PX**2:
            self._go_to(near)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the projection and its dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self._image)
        painter.setPen(QColor("#606060"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        for number, (x, y, color) in self.dots.items():
            painter.setPen(QPen(QColor("black"), 1.0))
            painter.setBrush(QColor(color))
            painter.drawEllipse(QPointF(x, y), DOT_PX, DOT_PX)
            if number == self._selected:
                painter.setPen(QPen(QColor("white"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x, y), 2 * DOT_PX, 2 * DOT_PX)
        painter.end()
