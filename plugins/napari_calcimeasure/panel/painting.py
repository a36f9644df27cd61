"""Painting on the layer of lesions: changes are found when the reader pauses, and measured in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from napari.layers import Labels

    from calcimeasure.review import Revision
    from napari_calcimeasure.panel.controller import Controller

PAUSE_MS = 60
"""While the button is down, numbers are updated after a pause of this length without painting."""


class Painting:
    """Strokes on the layer of lesions."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._pause = timer(review.parent, PAUSE_MS, self._look_what_was_painted, once=True)

    @property
    def is_going_on(self) -> bool:
        """Whether something was painted that the session does not know yet."""
        return self._pause.isActive()

    def take_tool(self, tool: str) -> None:
        """Take a tool of napari in hand; what was begun with another one is forgotten.

        Parameters
        ----------
        tool
            The mode of the layer of lesions, as napari names it.
        """
        screen = self._review.screen
        if screen is None or self._review.session is None:
            return
        self._review.pointing.stop()
        if not screen.labels.visible:
            screen.show_outlines(True)  # nothing can be drawn on a hidden layer
        screen.labels.mode = tool
        self._review.viewer.layers.selection.active = screen.labels

    def listen(self, labels: Labels) -> None:
        """Connect to painting on a layer."""
        labels.events.paint.connect(self._on_stroke)
        for event in (labels.events.labels_update, labels.events.set_data):
            event.connect(self._on_painted)

    def stop(self) -> None:
        """Stop, when the stack is closed."""
        self._pause.stop()

    def _on_stroke(self) -> None:
        # The event comes before a polygon or a fill is written; both are written when control returns to Qt.
        self._pause.start(0)

    def _on_painted(self) -> None:
        # The event also comes with every slice that is shown; then no tool is active.
        screen = self._review.screen
        if screen is not None and screen.labels.mode != "pan_zoom":
            self._pause.start(PAUSE_MS)

    def _look_what_was_painted(self) -> None:
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None or not screen.is_whole:
            return
        screen.guard_data()
        with session.changed.blocked():
            is_painted = session.compare()
        if is_painted:
            self.measure_next()  # called first, so that measuring runs while the window is drawn
            self._review.follow("numbers")
            screen.name_lesions()
        self.measure_next()

    def measure_next(self) -> None:
        """Measure drafts, one after another."""
        session = self._review.session
        if session is None:
            return

        def start() -> None:
            job = session.next_job()
            if job is None:
                return

            def take(measured: Revision) -> None:
                session.take(job, measured)
                self.measure_next()

            self._review.background.run(job.work, take, quick=True)

        self._review.guarded(start)
        if session.needs_anatomy:
            self._review.bones.survey()
