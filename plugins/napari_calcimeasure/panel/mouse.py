"""The mouse as readers of radiology know it; with it a tool stays in hand, because only the left button draws.

Wheel: slices. Ctrl and wheel: zoom about the mouse. Right button: window (to the sides) and level (up and down). Middle
button: move the image. Double click: the whole image. napari's own mouse is a setting of the plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QPointF
    from qtpy.QtGui import QMouseEvent, QWheelEvent
    from qtpy.QtWidgets import QWidget

    from napari_calcimeasure.panel.controller import Controller

NOTCH = 120
"""Angle of one notch of a wheel, in eighths of a degree: Qt's unit."""

ZOOM_A_NOTCH = 1.2
DRAG_PX = 400.0
"""A drag over this many pixels changes the window by its own width, and the level by the width."""


class Mouse(QObject):
    """The mouse on the canvas."""

    def __init__(self, review: Controller) -> None:
        super().__init__(review.parent)
        self._review = review
        self._canvas: QWidget | None = None
        self._turned = 0.0
        self._from: QPointF | None = None
        self._acts: dict[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.Wheel: self._on_wheel,
            QEvent.Type.MouseButtonPress: self._on_press,
            QEvent.Type.MouseMove: self._on_move,
            QEvent.Type.MouseButtonRelease: self._on_release,
            QEvent.Type.MouseButtonDblClick: self._on_double_click,
        }

    def begin(self, canvas: QWidget | None) -> None:
        """Take the mouse on a canvas."""
        self.end()
        self._canvas = canvas
        if canvas is not None:
            canvas.installEventFilter(self)

    def end(self) -> None:
        """Let napari have its mouse again."""
        if self._canvas is not None:
            self._canvas.removeEventFilter(self)
        self._canvas = self._from = None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Act on the mouse; True if napari is not to see the event."""
        if event is None or watched is not self._canvas or self._review.screen is None:
            return False
        if event.type() == QEvent.Type.Leave:
            self._review.showing.look_away()
        act = self._acts.get(event.type())
        return act is not None and act(event)

    @property
    def _is_naparis(self) -> bool:
        return bool(self._review.options.mouse == "napari")

    def _on_wheel(self, event: QWheelEvent) -> bool:
        if self._is_naparis:
            return False
        notches = event.angleDelta().y() / NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._review.looking.zoom(ZOOM_A_NOTCH**notches, event.position().x(), event.position().y())
            return True
        self._turned += notches
        whole = int(self._turned)
        if whole:
            self._turned -= whole
            self._review.looking.scroll(-whole)
        return True

    def _on_press(self, event: QMouseEvent) -> bool:
        if self._is_naparis or event.button() not in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
            return False
        self._from = event.position()
        return True

    def _on_move(self, event: QMouseEvent) -> bool:
        place = event.position()
        screen = self._review.screen
        if screen is not None:
            self._review.showing.look_at(place.x(), place.y())
            self._review.caliper.follow(screen.world_at(place.x(), place.y()))
        if self._from is None:
            return False
        right, down = place.x() - self._from.x(), place.y() - self._from.y()
        self._from = place
        if event.buttons() & Qt.MouseButton.RightButton:
            self._review.looking.shift_window(right / DRAG_PX, down / DRAG_PX)
        else:
            self._review.looking.move(right, down)
        return True

    def _on_release(self, event: QMouseEvent) -> bool:
        if self._from is None or event.button() == Qt.MouseButton.LeftButton:
            return False
        self._from = None
        return True

    def _on_double_click(self, event: QMouseEvent) -> bool:
        screen = self._review.screen
        if self._is_naparis or screen is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        if screen.labels.mode == "polygon":
            return False  # it ends the polygon
        self._review.looking.fit()
        return True
