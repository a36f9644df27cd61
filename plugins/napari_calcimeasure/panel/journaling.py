"""The journal of the review: written every second, and restored when the next review of the folder begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import Journal, LeftBehind, Place, restore, unsaved_of
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from calcimeasure.review import Desk
    from napari_calcimeasure.panel.controller import Controller

TICK_MS = 1000
"""What is drawn is in the journal after this time at the latest, also while a stroke is being drawn."""


class Journaling:
    """Where the reader is, and what is not saved, in a file."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._journal: Journal | None = None
        self._left: LeftBehind | None = None
        self._tick = timer(review.parent, TICK_MS, self.write)

    def begin(self, desk: Desk) -> None:
        """Begin a journal for a folder, and look for one that was left behind there."""
        if desk.is_unsaved:
            return
        private = desk.private
        self._left = LeftBehind.newest(private)

        def begin() -> None:
            self._journal = Journal(private)

        self._review.guarded(begin)
        self._tick.start()

    @property
    def begins_at(self) -> int | None:
        """The stack at which the reader was when the program ended; None after an orderly end."""
        return None if self._left is None else self._left.place.stack_id

    def restore(self) -> None:
        """Go where the reader was, restore what was drawn there, and say so; nothing in any other stack."""
        left, review = self._left, self._review
        session, screen = review.session, review.screen
        if left is None or session is None or screen is None or left.place.stack_id != session.stack_id:
            return
        self._left = None
        restored = restore(session, left.place.unsaved)
        selected = left.place.selected
        goal = restored[-1] if restored else selected
        if goal is not None and goal in {*session.lesions, *session.drafts}:
            review.deciding.go_to(goal)
        screen.name_lesions()
        review.painting.measure_next()
        self.write()
        left.remove()
        numbers = ", ".join(map(str, restored))
        drawn = f" What was drawn and not yet kept is back: lesion {numbers}." if restored else ""
        show_info(f"The program ended without closing this review: it goes on where you were.{drawn}")

    def write(self) -> None:
        """Write where the reader is, with what is painted up to now."""
        session, journal, screen = self._review.session, self._journal, self._review.screen
        if session is None or journal is None or screen is None or not screen.is_whole:
            return
        if self._review.painting.is_going_on:
            session.compare()  # a stroke without a pause
        place = Place(session.stack_id, session.selected, unsaved_of(session))
        self._review.guarded(lambda: journal.write(place), quietly=True)

    def end(self, *, is_saved: bool) -> None:
        """Write no more into the journal of this folder; remove it if everything is saved.

        The next review may be of another folder: nothing of it may reach this journal.
        """
        self._tick.stop()
        if self._journal is not None:
            (self._journal.close if is_saved else self._journal.leave)()
        self._journal = self._left = None
