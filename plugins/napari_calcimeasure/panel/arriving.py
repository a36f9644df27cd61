"""The time between the request for a stack and its first frame on the screen, in which nothing is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_calcimeasure.panel.canvas import canvas_in
from napari_calcimeasure.panel.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtOpenGLWidgets import QOpenGLWidget
    from qtpy.QtWidgets import QWidget

    from napari_calcimeasure.panel.controller import Controller


class Arriving:
    """The stack that is on its way to the screen.

    Until its first frame is on the screen, a reader sees another stack, or none: a decision would be about a lesion
    that nobody has looked at.

    Attributes
    ----------
    is_coming
        Whether a stack was asked for whose first frame is not on the screen.
    """

    def __init__(self, review: Controller, tables: Sequence[QWidget]) -> None:
        self._review, self._tables = review, tuple(tables)
        self.is_coming = False
        self._is_shown = False
        self._canvas: QOpenGLWidget | None = None
        self._veils: list[Veil] = []

    def begin(self, words: str) -> None:
        """Cover image and tables, because a stack was asked for that has to be loaded first."""
        self.is_coming, self._is_shown = True, False
        self._review.widgets.header.tell(None)
        self._review.planes.draw()
        canvas = self._find_canvas()
        for number, widget in enumerate([*([] if canvas is None else [canvas]), *self._tables]):
            if number == len(self._veils):
                self._veils.append(Veil(widget))
            self._veils[number].cover(words if number == 0 else "")

    @property
    def is_loading(self) -> bool:
        """Whether a stack was asked for that is not in the viewer."""
        return self.is_coming and not self._is_shown

    def await_frame(self) -> None:
        """Wait for the first frame of the stack that was just given to the viewer."""
        canvas = self._find_canvas()
        if canvas is None:
            self.end()
            return
        self.is_coming = self._is_shown = True
        canvas.update()  # a frame comes even if the new stack looks like the old one

    def end(self) -> None:
        """Take the veils away: the stack is on the screen, or will not come."""
        was_loading = self.is_loading
        self.is_coming = self._is_shown = False
        session = self._review.session
        if was_loading and session is not None:  # the stack before stays
            self._review.widgets.header.tell(session.image)
            self._review.planes.draw()
        self._lift()

    def _lift(self) -> None:
        for veil in self._veils:
            veil.hide()

    def _find_canvas(self) -> QOpenGLWidget | None:
        """Find the canvas of the viewer, and listen to its frames.

        napari has no event for a frame on the screen: Qt says when a frame of the canvas is on the screen.
        """
        if self._canvas is None:
            self._canvas = canvas_in(self._review.parent.window())
            if self._canvas is not None:
                self._canvas.frameSwapped.connect(self._on_frame)
        return self._canvas

    def _on_frame(self) -> None:
        """Note that a frame is on the screen: first the one below the veil, then the one without the veil."""
        screen = self._review.screen
        if not self._is_shown or screen is None or not all(layer.loaded for layer in screen.layers):
            return
        if any(veil.isVisible() for veil in self._veils):
            self._lift()
        else:
            self.end()
