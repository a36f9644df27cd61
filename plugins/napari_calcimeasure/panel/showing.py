"""The marks over the image: they follow the camera, the plane, the lesions and the brush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_calcimeasure._kinds import kind_of
from napari_calcimeasure._marks import Marks, marks_of
from napari_calcimeasure._palette import color_of, style_of
from napari_calcimeasure.panel.canvas import canvas_in
from napari_calcimeasure.panel.glass import Glass
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from calcimeasure import Lesion
    from napari_calcimeasure._palette import LineStyle
    from napari_calcimeasure._screen import Screen
    from napari_calcimeasure.panel.controller import Controller

DRAW_MS = 15
"""While many events come, the marks are drawn once in this time."""


class Showing:
    """What is drawn over the image of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._glass: Glass | None = None
        self._soon = timer(review.parent, DRAW_MS, self.draw, once=True)
        self._listened: list[Any] = []
        self._painted: list[Any] = []
        self._mouse: tuple[float, float] | None = None

    def begin(self, screen: Screen) -> None:
        """Draw over the layers of a screen that was just made."""
        self.end()
        canvas = canvas_in(self._review.parent.window())
        if canvas is None:
            return
        self._glass = Glass(canvas, screen.in_plane)
        dims, camera = screen.viewer.dims, screen.viewer.scene.camera
        events = (
            *(
                dims.events.current_step,
                dims.events.order,
                dims.events.ndisplay,
                camera.events.zoom,
                camera.events.center,
            ),
            *(screen.labels.events.labels_update, screen.labels.events.set_data, screen.labels.events.visible),
            *(screen.labels.events.paint, screen.labels.events.features),
        )
        for event in events:
            event.connect(self.draw_soon)
            self._listened.append(event)
        for event in (screen.labels.events.labels_update, screen.labels.events.paint):
            event.connect(self._forget_outlines)  # what a tool paints is shown at once in the other planes, too
            self._painted.append(event)
        self.draw_soon()

    def end(self) -> None:
        """Draw nothing."""
        self._soon.stop()
        for event in self._listened:
            event.disconnect(self.draw_soon)
        for event in self._painted:
            event.disconnect(self._forget_outlines)
        self._listened, self._painted = [], []
        if self._glass is not None:
            self._glass.close_glass()
        self._glass = None

    def _forget_outlines(self, _: object = None) -> None:
        self._review.planes.forget_outlines()

    def draw_soon(self, _: object = None) -> None:
        """Draw the marks when the events that come now are over."""
        if not self._soon.isActive():
            self._soon.start()

    def draw(self) -> None:
        """Draw the marks of the present view."""
        screen = self._review.screen
        if self._glass is None or screen is None:
            return
        self._review.caliper.leave_slice()
        is_shown = self._review.session is not None and screen.is_whole
        marks = marks_of(screen, _look) if is_shown else Marks()
        offered = self._review.offering.lines() if is_shown else ()
        self._glass.show_marks(Marks((*marks.lines, *offered), marks.names))
        self._glass.show_crosshair(self._review.planes.crosshair() if is_shown else Marks())
        self._say()  # another slice, or another stack, may lie under a mouse that did not move
        self._review.planes.draw_soon()

    def show_own(self, marks: Marks) -> None:
        """Draw marks of the reader: a caliper, a crosshair."""
        if self._glass is not None:
            self._glass.show_own(marks)

    def look_at(self, x: float, y: float) -> None:
        """Say what lies at a place on the canvas, under the mouse: its value, and its position in the patient."""
        self._mouse = (x, y)
        self._say()

    def look_away(self) -> None:
        """Say nothing: the mouse left the canvas."""
        self._mouse = None
        self._say()

    def _say(self) -> None:
        screen, session = self._review.screen, self._review.session
        if self._glass is None:
            return
        if self._mouse is None or screen is None or session is None:
            self._glass.say("")
            return
        image = session.calibrated
        world = screen.world_at(*self._mouse)
        self._glass.say(kind_of(image).value_words(image, session.display.to_index_kji(world)))


def _look(lesion: Lesion | None) -> tuple[str, LineStyle]:
    return color_of(lesion), style_of(lesion)
