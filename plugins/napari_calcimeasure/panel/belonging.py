"""What belongs to the lesions of the stack in the viewer: the same mass in other series, and the partner of a pair."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from calcimeasure.review import companions_of
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.review import Companions
    from napari_calcimeasure.panel.controller import Controller

FIND_MS = 300
"""Delay after a change: decisions that follow each other at once are one question to the store."""


class Belonging:
    """The companions of the lesions, by the number of the lesion.

    Attributes
    ----------
    found
        What was found last.
    """

    def __init__(self, review: Controller) -> None:
        self._review = review
        self.found: Mapping[int, Companions] = {}
        self._soon = timer(review.parent, FIND_MS, self._find, once=True)

    def find_soon(self) -> None:
        """Find the companions: the stack came, or a decision may have taken a partner away."""
        self._soon.start()

    def forget(self) -> None:
        """Forget everything, when the stack is closed."""
        self._soon.stop()
        self.found = {}

    def _find(self) -> None:
        session = self._review.session
        if session is None:
            return

        def take(found: Mapping[int, Companions]) -> None:
            if session is self._review.session and found != self.found:
                self.found = found
                self._review.show_lesions()

        self._review.background.run(partial(companions_of, session.store, session.stack_id), take)
