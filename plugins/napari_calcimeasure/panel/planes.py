"""The two other planes beside the image: linked with it by a crosshair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.notifications import show_info
from qtpy.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from napari_calcimeasure._marks import Line, Marks, plane_axes
from napari_calcimeasure._palette import LETTER_COLOR, color_of
from napari_calcimeasure._planes import Cuts, go_to, other_axes, paint, plane_across
from napari_calcimeasure.panel.canvas import gray_image, paint_letters
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from qtpy.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from napari_calcimeasure._planes import Plane
    from napari_calcimeasure.panel.controller import Controller

DRAW_MS = 20
WIDTH_PX = 300
NOTCH = 120
"""Angle of one notch of a wheel, in eighths of a degree: Qt's unit."""


class Planes:
    """The planes beside the image of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._dock: QDockWidget | None = None
        self._views: tuple[PlaneView, ...] = ()
        self._cuts = Cuts()
        self._cut_of: object = None
        self._soon = timer(review.parent, DRAW_MS, self.draw, once=True)

    @property
    def is_on(self) -> bool:
        """Whether the planes are shown."""
        return self._dock is not None

    def toggle(self) -> None:
        """Show the planes, or hide them."""
        if self.is_on:
            self.end()
        else:
            self._begin()
            if self._review.state.is_radiograph:
                show_info("A radiograph has one plane: the two others are shown beside the next CT.")
        self._review.showing.draw_soon()

    def _begin(self) -> None:
        window = self._review.parent.window()
        if not isinstance(window, QMainWindow):
            return
        self._views = tuple(PlaneView(self._draw_or_go, self._scroll) for _ in range(2))
        both = QWidget()
        layout = QVBoxLayout(both)
        layout.setContentsMargins(2, 2, 2, 2)
        for view in self._views:
            layout.addWidget(view, 1)
        self._dock = QDockWidget("Planes", window)
        self._dock.setObjectName("calcimeasure_planes")
        self._dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self._dock.setTitleBarWidget(QWidget())  # Qt has no other way to show no title
        self._dock.setWidget(both)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self._dock.show()
        self.draw()

    def end(self) -> None:
        """Take the planes away."""
        self._soon.stop()
        if self._dock is not None:
            self._dock.hide()
            self._dock.setParent(None)
            self._dock.deleteLater()
        self._dock, self._views = None, ()
        self._cuts.forget()
        self._cut_of = None

    def forget_outlines(self) -> None:
        """Cut the outlines anew: they may have changed."""
        self._cuts.forget("outlines")

    def draw_soon(self) -> None:
        """Draw the planes when the events that come now are over."""
        if self.is_on and not self._soon.isActive():
            self._soon.start()

    def draw(self) -> None:
        """Draw the planes through the point that is looked at."""
        screen, session = self._review.screen, self._review.session
        if not self.is_on or screen is None:
            return
        is_flat = session is not None and session.is_radiograph
        if self._dock is not None and self._dock.isHidden() != is_flat:
            self._dock.setHidden(is_flat)  # a radiograph has the whole window
        if session is not self._cut_of:
            self._cuts.forget()
            self._cut_of = session
        if session is None or session.display.shape_kji[0] == 1 or self._review.arriving.is_loading:
            for view in self._views:
                view.show_plane(0, None, {})
            return
        colors = {number: color_of(session.lesion(number)) for number in {*session.lesions, *session.drafts}}
        for view, axis in zip(self._views, other_axes(screen), strict=True):
            view.show_plane(axis, plane_across(screen, axis, self._cuts), colors)

    def crosshair(self) -> Marks:
        """Draw the point that is looked at on the image, as far as the planes are shown."""
        screen = self._review.screen
        if not self.is_on or screen is None or screen.session.display.shape_kji[0] == 1:
            return Marks()
        _, down, right = plane_axes(screen.viewer)
        display = screen.session.display
        y, x = (screen.whole_step(axis) * display.scale[axis] + display.translate[axis] for axis in (down, right))
        shape = screen.labels.data.shape
        first, last = (
            [display.translate[axis] + end * (shape[axis] - 1) * display.scale[axis] for axis in (down, right)]
            for end in (0, 1)
        )
        lines = (np.array([(y, first[1]), (y, last[1])]), np.array([(first[0], x), (last[0], x)]))
        return Marks(tuple(Line(line, LETTER_COLOR) for line in lines))

    def look_at(self, world: NDArray[np.float64]) -> None:
        """Look at a place of the image on the canvas: the planes follow."""
        screen = self._review.screen
        if self.is_on and screen is not None:
            across, down, right = plane_axes(screen.viewer)
            shown = screen.session.display.to_shown(screen.session.display.to_index_kji(world))
            first, second = sorted((down, right))
            go_to(screen, across, float(shown[first]), float(shown[second]))

    def _draw_or_go(self, axis: int, before: tuple[float, float] | None, place: tuple[float, float]) -> None:
        """Paint with the brush that is in hand; without one, go to the place."""
        screen, session = self._review.screen, self._review.session
        if screen is None or session is None:
            return
        if screen.labels.mode in ("paint", "erase") and screen.labels.editable:
            if before is None:
                session.press += 1  # undone at once: what one press draws
            paint(screen, axis, before or place, place)
            self.forget_outlines()
            self.draw()
        else:
            go_to(screen, axis, *place)

    def _scroll(self, axis: int, steps: int) -> None:
        screen = self._review.screen
        if screen is not None:
            last = screen.labels.data.shape[axis] - 1
            step = min(max(screen.whole_step(axis) + steps, 0), last)
            screen.viewer.dims.set_current_step(screen.viewer.dims.ndim - 3 + axis, step)


class PlaneView(QWidget):
    """One plane.

    Parameters
    ----------
    draw
        Takes the axis across the plane, the (row, column) where the mouse was before with the left button down (None
        when the button goes down), and the (row, column) where it is.
    scroll
        Takes the axis and a number of slices to go on.
    """

    def __init__(
        self,
        draw: Callable[[int, tuple[float, float] | None, tuple[float, float]], object],
        scroll: Callable[[int, int], object],
    ) -> None:
        super().__init__()
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._draw, self._scroll = draw, scroll
        self._from: tuple[float, float] | None = None
        self.axis = 0
        self.plane: Plane | None = None
        self._image: QImage | None = None
        self._gray: NDArray[np.uint8] | None = None
        self._colors: Mapping[int, str] = {}

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for a third of a small screen."""
        return QSize(WIDTH_PX, WIDTH_PX)

    def show_plane(self, axis: int, plane: Plane | None, colors: Mapping[int, str]) -> None:
        """Show a plane across an axis; nothing for None."""
        self.axis, self.plane, self._colors = axis, plane, colors
        if plane is None or self._gray is not plane.gray:
            self._image = None if plane is None else gray_image(plane.gray)
        self._gray = None if plane is None else plane.gray
        self.update()

    def _area(self, plane: Plane) -> QRectF:
        """Give the part of the widget that the plane fills, true to scale."""
        rows, columns = plane.gray.shape
        height, width = rows * plane.spacing[0], columns * plane.spacing[1]
        zoom = min(self.height() / height, self.width() / width)
        size = (width * zoom, height * zoom)
        return QRectF((self.width() - size[0]) / 2, (self.height() - size[1]) / 2, *size)

    def place_of(self, row: float, column: float) -> QPointF:
        """Give the place of an index on the widget."""
        if self.plane is None:
            return QPointF()
        area, (rows, columns) = self._area(self.plane), self.plane.gray.shape
        x = area.x() + (column + 0.5) * area.width() / columns
        return QPointF(x, area.y() + (row + 0.5) * area.height() / rows)

    def at(self, place: QPointF | QPoint) -> tuple[float, float]:
        """Give the index (row, column) of a place on the widget."""
        if self.plane is None:
            return 0.0, 0.0
        area, (rows, columns) = self._area(self.plane), self.plane.gray.shape
        row = (place.y() - area.y()) / area.height() * rows - 0.5
        return row, (place.x() - area.x()) / area.width() * columns - 0.5

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin at the place of the mouse."""
        if event is not None and self.plane is not None and event.button() == Qt.MouseButton.LeftButton:
            self._from = self.at(event.position())
            self._draw(self.axis, None, self._from)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the mouse while the left button is down."""
        if event is not None and self.plane is not None and self._from is not None:
            before, self._from = self._from, self.at(event.position())
            self._draw(self.axis, before, self._from)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End what the press began."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._from = None

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on by slices of this plane."""
        if event is not None:
            self._scroll(self.axis, -round(event.angleDelta().y() / NOTCH))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the plane, its outlines, the crosshair and the letters."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        if self._image is not None and self.plane is not None:
            self._paint(painter, self.plane, self._image)
        painter.end()

    def _paint(self, painter: QPainter, plane: Plane, image: QImage) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area(plane)
        painter.drawImage(area, image)
        corner, end = self.place_of(0, 0), self.place_of(1, 1)
        for number, border in plane.outlines:
            places = border[:, ::-1] * (end.x() - corner.x(), end.y() - corner.y()) + (corner.x(), corner.y())
            painter.setPen(QPen(QColor(self._colors.get(number, "#ffffff")), 1.0))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in places.tolist()]))
        cross = self.place_of(*plane.cross)
        painter.setPen(QPen(QColor(LETTER_COLOR), 1.0))
        painter.drawLine(QPointF(area.left(), cross.y()), QPointF(area.right(), cross.y()))
        painter.drawLine(QPointF(cross.x(), area.top()), QPointF(cross.x(), area.bottom()))
        paint_letters(painter, self, plane.letters)
