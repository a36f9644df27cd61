"""The difference of both dates over the image, around the selected lesion. Nothing is measured on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.notifications import show_info
from qtpy.QtCore import QPointF, QRectF
from qtpy.QtGui import QImage, QPainter

from napari_calcimeasure._marks import Line, Marks, Name
from napari_calcimeasure._palette import LETTER_COLOR, LineStyle
from napari_calcimeasure._prior import DIFFERENCE_FULL_HU
from napari_calcimeasure.panel.canvas import canvas_in
from napari_calcimeasure.panel.glass import Glass

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent
    from qtpy.QtWidgets import QWidget

    from napari_calcimeasure._prior import Difference
    from napari_calcimeasure.panel.controller import Controller
    from napari_calcimeasure.panel.glass import ToCanvas

SAID = (
    "Current minus prior, resampled for display only\n"
    f"orange: denser now, blue: denser before; full color at {DIFFERENCE_FULL_HU:.0f} HU"
)
NO_PRIOR = "Show the earlier date first (7): it is subtracted by the motion that leads to it."
NO_MOTION = (
    "No difference here: it is shown around the selected lesion, on its slices, where a motion leads to the prior."
)


class PriorDifference:
    """The difference over the image of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._pane: DifferencePane | None = None

    @property
    def pane(self) -> DifferencePane | None:
        """What is drawn over the image; None while the difference is not shown."""
        return self._pane

    def toggle(self) -> None:
        """Show the difference, or hide it."""
        if self._pane is not None:
            self.end()
            return
        screen, side = self._review.screen, self._review.prior.side
        canvas = canvas_in(self._review.parent.window())
        if side is None or screen is None or canvas is None:
            show_info(NO_PRIOR)
            return
        self._pane = DifferencePane(canvas, self._to_canvas)
        self.draw()
        if self._pane.difference is None:
            show_info(side.opened.motions.words or NO_MOTION)

    def end(self) -> None:
        """Hide the difference."""
        if self._pane is not None:
            self._pane.close_glass()
        self._pane = None

    def draw(self) -> None:
        """Draw the difference on the slice that is shown."""
        screen, side = self._review.screen, self._review.prior.side
        if self._pane is None:
            return
        if screen is None or side is None:
            self._pane.show_difference(None)
            return
        is_flat = screen.viewer.dims.ndisplay == 2 and not screen.slab
        self._pane.show_difference(side.difference(screen) if is_flat else None)

    def _to_canvas(self, down: float, right: float) -> tuple[float, float]:
        screen = self._review.screen
        return (right, down) if screen is None else screen.in_plane(down, right)


class DifferencePane(Glass):
    """A pane over the canvas with the difference.

    Parameters
    ----------
    canvas, to_canvas
        As in `Glass`.
    """

    def __init__(self, canvas: QWidget, to_canvas: ToCanvas) -> None:
        super().__init__(canvas, to_canvas)
        self.setObjectName("calcimeasure_difference")
        self._place = to_canvas
        self.difference: Difference | None = None
        self._image: QImage | None = None

    def show_difference(self, difference: Difference | None) -> None:
        """Show another difference; nothing for None."""
        self.difference, self._image = difference, None
        if difference is None:
            self.show_marks(Marks())
            return
        rows, columns = difference.rgba.shape[:2]
        pixels = np.ascontiguousarray(difference.rgba)
        self._image = QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
        (top, left), (bottom, right) = difference.first, difference.last
        frame = np.array([(top, left), (top, right), (bottom, right), (bottom, left), (top, left)])
        line = Line(frame, LETTER_COLOR, LineStyle.DOTTED)
        self.show_marks(Marks((line,), (Name((bottom, left), SAID, LETTER_COLOR, (1.0, 0.0)),)))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the difference, its frame, and what it is."""
        if self._image is not None and self.difference is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            first, last = (QPointF(*self._place(*corner)) for corner in (self.difference.first, self.difference.last))
            painter.drawImage(QRectF(first, last), self._image)
            painter.end()
        super().paintEvent(event)
