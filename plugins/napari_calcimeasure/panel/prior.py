"""The earlier date beside the image: both follow each other by the motion that `calcimeasure follow` found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QMainWindow

from calcimeasure import CalcimeasureError
from calcimeasure.review import open_prior
from napari_calcimeasure._marks import Line, Marks, Name
from napari_calcimeasure._palette import LETTER_COLOR
from napari_calcimeasure._prior import PriorSide, cross_at, look_at, middle_of_view
from napari_calcimeasure.panel.canvas import canvas_in
from napari_calcimeasure.panel.glass import Glass
from napari_calcimeasure.panel.prior_view import ARM_PX, GAP_PX, WIDTH_PX, PriorDock
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qtpy.QtCore import QPointF
    from qtpy.QtWidgets import QWidget

    from calcimeasure.review import OpenedPrior
    from napari_calcimeasure._prior import Cross, Place, PriorPlane
    from napari_calcimeasure._screen import Screen
    from napari_calcimeasure._session import ShownSession
    from napari_calcimeasure.panel.controller import Controller

DRAW_MS = 15
"""While many events come, the earlier date is drawn once in this time."""

MARGIN = 0.95
"""Part of the widget that an image fills that is shown as a whole."""

NO_DATE = "No earlier date: this folder has no other date of this patient and this kind of image."


class Prior:
    """The earlier date of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._dock: PriorDock | None = None
        self._glass: Glass | None = None
        self._mouse: _Mouse | None = None
        self.side: PriorSide | None = None
        self.wanted: int | None = None
        self._asked = 0
        self._place = 0
        self._seen: NDArray[np.float64] | None = None
        self._step: int | None = None
        self._drawn: tuple[tuple[object, ...], PriorPlane] | None = None
        self._listened: list[Any] = []
        self._heard: ShownSession | None = None
        self._soon = timer(review.parent, DRAW_MS, self.draw, once=True)

    @property
    def is_on(self) -> bool:
        """Whether an earlier date is shown beside the image, or would be if there were one."""
        return self._dock is not None

    @property
    def dock(self) -> PriorDock | None:
        """What is shown beside the image."""
        return self._dock

    @property
    def glass(self) -> Glass | None:
        """What is drawn over the image."""
        return self._glass

    # Beginning and ending

    def toggle(self) -> None:
        """Show the date before beside the image, or hide it."""
        if self.is_on:
            self.close()
        else:
            self._open()

    def go_earlier(self) -> None:
        """Show the date before the one that is shown; after the first one the nearest again."""
        if not self.is_on:
            self._open()
        elif self.side is not None:
            self._load(self._place + 1)

    def _open(self) -> None:
        window = self._review.parent.window()
        canvas = canvas_in(window)
        if not isinstance(window, QMainWindow) or canvas is None:
            return
        self._dock = PriorDock(window)
        self._dock.view.scrolled.connect(self._scroll)
        self._dock.view.looked.connect(self._look_from_prior)
        self._dock.view.picked.connect(self._pick)
        self._dock.show()
        window.resizeDocks([self._dock], [WIDTH_PX], Qt.Orientation.Horizontal)
        self._glass = Glass(canvas, self._to_canvas)
        self._glass.setObjectName("calcimeasure_prior_glass")
        self._mouse = _Mouse(canvas, self._look_from_image)
        self.begin()

    def begin(self) -> None:
        """Show the date before the stack that just came."""
        screen = self._review.screen
        if not self.is_on or screen is None or self._review.session is None:
            return
        self._listen(screen)
        if self._heard is not self._review.session:
            self._heard = self._review.session
            self._heard.changed.connect(self._on_changed)
        wanted, self.wanted = self.wanted, None
        self._load(0, wanted)

    def end(self) -> None:
        """Show nothing, when the stack is closed: the next one may be of another patient."""
        self._soon.stop()
        self._asked += 1  # what is being loaded is of this stack
        for event in self._listened:
            event.disconnect(self._on_view)
        self._listened = []
        self.side, self._drawn, self._step, self._heard = None, None, None, None
        self._show_cross(None)
        self._review.prior_links.end()
        self._review.prior_difference.end()
        if self._dock is not None:
            self._dock.view.show_plane(None)
            self._dock.view.show_cross(None)
            self._dock.tell_date("")
            self._dock.tell_linked("")
            self._dock.tell_links("")

    def close(self) -> None:
        """Take the earlier date away."""
        self.end()
        if self._mouse is not None:
            self._mouse.end()
        if self._glass is not None:
            self._glass.close_glass()
        if self._dock is not None:
            self._dock.take_away()
        self._dock = self._glass = self._mouse = None

    def _listen(self, screen: Screen) -> None:
        viewer = screen.viewer
        dims, camera = viewer.dims.events, viewer.scene.camera.events
        for event in (dims.current_step, dims.order, camera.zoom, camera.center, screen.image.events.contrast_limits):
            event.connect(self._on_view)
            self._listened.append(event)

    def _load(self, place: int, wanted: int | None = None) -> None:
        review, session = self._review, self._review.session
        desk = review.desk
        if session is None or desk is None or self._dock is None:
            return
        self.side, self._drawn = None, None
        review.prior_links.end()
        review.prior_difference.draw()
        self._dock.tell_links("")
        self._dock.view.show_plane(None)
        self._dock.tell_date("Loading the earlier date…")
        self._dock.tell_linked("")

        self._asked += 1
        asked = self._asked

        def take(opened: OpenedPrior | None) -> None:
            if asked == self._asked and session is review.session and self._dock is not None:
                self._take(opened)

        def failed(error: BaseException) -> None:
            if not isinstance(error, CalcimeasureError):
                raise error
            if asked == self._asked and session is review.session and self._dock is not None:
                self._dock.tell_date("The earlier date cannot be shown.")
                self._dock.tell_linked(str(error))

        load = partial(open_prior, desk, (session.stack_id, session.image), place, wanted)
        review.background.run(load, take, failed=failed)

    def _take(self, opened: OpenedPrior | None) -> None:
        assert self._dock is not None  # noqa: S101 - the caller looked
        if opened is None:
            self._dock.tell_date(NO_DATE)
            return
        self.side, self._place, self._step, self._seen = PriorSide(opened), opened.place, None, None
        self._dock.tell_date(opened.words)
        self._review.prior_links.begin(opened)
        self.draw()

    # Following the image

    def _on_view(self, _: object = None) -> None:
        """Follow the image: what was scrolled to beside it is left."""
        self._step = self._seen = None
        self._show_cross(None)
        if not self._soon.isActive():
            self._soon.start()

    def _on_changed(self, what: str) -> None:
        if what == "selected":
            self._on_view()
            self._review.prior_links.tell()
        elif what == "lesions":
            self._review.prior_links.read()

    def _pick(self, down: float, right: float) -> None:
        screen, side = self._review.screen, self.side
        if screen is not None and side is not None and self._drawn is not None:
            self._review.prior_links.pick(side.number_at(screen, self._drawn[1].step, (down, right)))

    def show_lesion(self, number: int) -> None:
        """Show a lesion of the earlier date; the image under review goes along where a motion holds."""
        screen, side = self._review.screen, self.side
        middle = None if side is None else side.middle_of(number)
        if screen is None or side is None or middle is None:
            return
        here = side.back(screen, middle)
        if here is not None:
            look_at(screen, here)
        self.draw()
        self._seen = middle
        self.draw()

    def draw(self) -> None:
        """Draw the slice of the earlier date at the place that is looked at."""
        screen, dock, side = self._review.screen, self._dock, self.side
        if screen is None or dock is None or side is None or screen.viewer.dims.ndisplay != 2:
            return
        there = side.across(screen, middle_of_view(screen))
        across, down, right = side.axes(screen)
        seen, zoom = (there, float(screen.viewer.scene.camera.zoom)) if there is not None else self._unlinked(screen)
        seen = seen if self._seen is None else self._seen
        step = side.step_at(seen, across) if self._step is None else side.kept(self._step, across)
        key = (side.axes(screen), step, tuple(screen.image.contrast_limits))
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, side.plane(screen, step))
        dock.view.show_plane(self._drawn[1], (float(seen[down]), float(seen[right])), zoom)
        dock.view.show_cross(None)
        dock.tell_linked(side.linked_words(screen, is_linked=there is not None))
        self._review.prior_difference.draw()

    def _unlinked(self, screen: Screen) -> tuple[NDArray[np.float64], float]:
        """Look at the lesion that the selected one is linked with; without one at the whole image."""
        assert self.side is not None and self._dock is not None  # noqa: S101, PT018 - the caller looked
        partner = self.side.partner_of(screen)
        middle = None if partner is None else self.side.middle_of(partner)
        if middle is not None and self.side.is_to_scale(screen):
            return middle, float(screen.viewer.scene.camera.zoom)
        _, down, right = self.side.axes(screen)
        height, width = self.side.extent(down), self.side.extent(right)
        zoom = MARGIN * min(self._dock.view.height() / height, self._dock.view.width() / width)
        whole = self.side.middle()
        return whole, zoom

    def _scroll(self, steps: int) -> None:
        """Go on by slices of the earlier date alone, until the image moves again."""
        screen, side = self._review.screen, self.side
        if screen is not None and side is not None and self._drawn is not None:
            self._step = side.kept(self._drawn[1].step + steps, side.axes(screen)[0])
            self.draw()

    # The crosshair

    def _look_from_image(self, place: QPointF | None) -> None:
        """Show on the earlier date what the mouse points at on the image."""
        screen, side, dock = self._review.screen, self.side, self._dock
        if screen is None or side is None or dock is None or self._drawn is None:
            return
        if place is None or screen.viewer.dims.ndisplay != 2:
            self._show_cross(None)
            dock.view.show_cross(None)
            return
        world = screen.world_at(place.x(), place.y())
        there = side.across(screen, world)
        axes = side.axes(screen)
        dock.view.show_cross(None if there is None else side.cross(there, axes, self._drawn[1].step))
        self._show_cross(None if there is None else cross_at(world, axes, float(world[axes[0]]), 1.0))

    def _look_from_prior(self, place: Place | None) -> None:
        """Show on the image what the mouse points at on the earlier date."""
        screen, side, dock = self._review.screen, self.side, self._dock
        if screen is None or side is None or dock is None or self._drawn is None:
            return
        if place is None:
            self._show_cross(None)
            dock.view.show_cross(None)
            return
        axes = side.axes(screen)
        world = side.world_of(self._drawn[1].step, axes[0], place, axes[1:])
        here = side.back(screen, world)
        dock.view.show_cross(None if here is None else side.cross(world, axes, self._drawn[1].step))
        if here is None:
            self._show_cross(None)
            return
        display = screen.session.display
        shown = screen.whole_step(axes[0]) * display.scale[axes[0]] + display.translate[axes[0]]
        self._show_cross(cross_at(here, axes, shown, display.scale[axes[0]]))

    def _show_cross(self, cross: Cross | None) -> None:
        """Draw the crosshair on the image."""
        screen = self._review.screen
        if self._glass is None:
            return
        if cross is None or screen is None:
            self._glass.show_marks(Marks())
            return
        zoom = float(screen.viewer.scene.camera.zoom)
        arms = [
            np.array([GAP_PX, ARM_PX])[:, None] * np.array(way) / zoom for way in ((0, 1), (0, -1), (1, 0), (-1, 0))
        ]
        lines = tuple(Line(arm + np.array(cross.at), LETTER_COLOR) for arm in arms)
        names = (Name(cross.at, f"{abs(cross.off):.0f} mm off this slice", LETTER_COLOR),) if cross.is_off else ()
        self._glass.show_marks(Marks(lines, names))

    def _to_canvas(self, down: float, right: float) -> tuple[float, float]:
        screen = self._review.screen
        return (right, down) if screen is None else screen.in_plane(down, right)


class _Mouse(QObject):
    """Watches the mouse over the canvas, and takes nothing from it.

    Parameters
    ----------
    canvas
        The canvas.
    look
        Takes the place of the mouse; None when it leaves.
    """

    def __init__(self, canvas: QWidget, look: Callable[[QPointF | None], object]) -> None:
        super().__init__(canvas)
        self._canvas, self._look = canvas, look
        canvas.installEventFilter(self)

    def end(self) -> None:
        """Watch no more."""
        self._canvas.removeEventFilter(self)
        self.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: ARG002, N802 - Qt's name
        """Tell where the mouse is."""
        if event is not None and event.type() == QEvent.Type.MouseMove:
            self._look(event.position())  # type: ignore[attr-defined]
        elif event is not None and event.type() == QEvent.Type.Leave:
            self._look(None)
        return False
