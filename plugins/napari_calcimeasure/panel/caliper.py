"""A caliper: the distance between two clicks, which is looked at and not kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_calcimeasure._kinds import kind_of
from napari_calcimeasure._marks import Line, Marks, Name, plane_axes
from napari_calcimeasure._palette import LETTER_COLOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_calcimeasure.panel.controller import Controller


class Caliper:
    """The caliper on the plane that is shown."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._first: NDArray[np.float64] | None = None
        self._last: NDArray[np.float64] | None = None
        self._is_set = False

    @property
    def words(self) -> str:
        """The distance; empty without a caliper."""
        session = self._review.session
        if session is None or self._first is None or self._last is None:
            return ""
        ends_kji = session.display.to_index_kji(np.array([self._first, self._last]))
        return kind_of(session.calibrated).distance_words(session.calibrated, ends_kji)

    def begin(self) -> None:
        """Ask for both ends."""
        self._review.pointing.ask("Click on one end of the distance", self._set_first)

    def _set_first(self, world: Sequence[float]) -> None:
        self._first = self._last = np.array(world[-3:], dtype=np.float64)
        self._is_set = False
        self._review.pointing.ask("Click on its other end", partial(self._set_last))

    def _set_last(self, world: Sequence[float]) -> None:
        self.follow(world)
        self._is_set = True
        self._review.pointing.hold()
        screen = self._review.screen
        if screen is not None:
            screen.hint("")

    def follow(self, world: Sequence[float] | NDArray[np.float64]) -> None:
        """Let the second end follow the mouse, until it is set."""
        if self._first is not None and not self._is_set:
            self._last = np.array(world[-3:], dtype=np.float64)
            self._draw()

    def leave_slice(self) -> None:
        """Forget a caliper when another slice or plane is shown: it was measured on the one before."""
        screen = self._review.screen
        if screen is None or self._first is None:
            return
        across, *_ = plane_axes(screen.viewer)
        display = screen.session.display
        if abs(float(display.to_shown(display.to_index_kji(self._first))[across]) - screen.step(across)) > 0.5:
            self.forget()
        else:
            self._draw()

    def forget(self) -> None:
        """Take the caliper away."""
        if self._first is not None:
            self._first = self._last = None
            self._is_set = False
            self._review.showing.show_own(Marks())

    def _draw(self) -> None:
        screen = self._review.screen
        if screen is None or self._first is None or self._last is None:
            return
        _, down, right = plane_axes(screen.viewer)
        ends = np.array([self._first, self._last])[:, [down, right]]
        way = ends[1] - ends[0]
        length = float(np.hypot(*way)) or 1.0
        at, away = (float(ends[1, 0]), float(ends[1, 1])), (float(way[0] / length), float(way[1] / length))
        name = Name(at, self.words, LETTER_COLOR, away)
        self._review.showing.show_own(Marks((Line(ends, LETTER_COLOR),), (name,)))
