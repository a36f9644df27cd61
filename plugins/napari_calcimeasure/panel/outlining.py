"""Outlines that a click makes: grown, divided by a line, joined with another one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import Status
from napari_calcimeasure._convert import cut_through
from napari_calcimeasure.panel.deciding import lesion_in_hand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure import Outline
    from napari_calcimeasure.panel.controller import Controller


class Outlining:
    """Outlines of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review

    # Growing

    def grow(self) -> None:
        """Outline the mass that is clicked on next, or the mass that was roughly painted just before."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        self._review.pointing.stop()
        label = int(screen.labels.selected_label)
        if session.is_rough(label):
            self._grow(label)
            return
        selected = session.lesions.get(session.selected or 0)
        if selected is not None and selected.lesion.status is Status.REJECTED:
            self._review.guarded(partial(session.select, None))  # a rejected lesion that is not selected is not drawn
        self._review.pointing.ask("Click into the mass", self._grow_at)

    def _grow_at(self, world: Sequence[float]) -> None:
        """Grow the lesion at a world position again, or a new lesion."""
        session = self._review.session
        self._review.pointing.stop()
        if session is None:
            return
        place = session.display.to_index_kji(world[-3:])
        k, row, column = (round(float(one)) for one in place)
        is_inside = all(0 <= at < n for at, n in zip((k, row, column), session.labels.shape, strict=True))
        there = int(session.labels[k, row, column]) if is_inside else 0
        if session.is_radiograph:
            self._grow(there or None, (0, row, column))
        else:
            self._review.offering.point(there or None, (k, row, column))

    def _grow(self, label: int | None, place_kji: Sequence[float] | None = None) -> None:
        review = self._review
        session, screen = review.session, review.screen
        if session is None or screen is None:
            return

        def take(outline: Outline) -> None:
            if session is not review.session:
                return
            screen.hint("")
            self.take(outline, label)

        def start() -> None:
            work = session.growing(label, place_kji)
            screen.hint("Growing…")
            review.background.run(work, take, quick=True)

        review.guarded(start)

    def take(self, outline: Outline, label: int | None) -> None:
        """Keep an outline for a lesion, or for a new one, as one stroke that can be undone; it is measured next."""
        review = self._review
        session, screen = review.session, review.screen
        kept: list[int] = []
        if session is None or screen is None:
            return
        if review.guarded(lambda: kept.append(session.take_grown(outline, label))):
            screen.labels.selected_label = kept[0]
            screen.name_lesions()
            review.painting.measure_next()

    # Dividing and merging

    def divide(self) -> None:
        """Divide the lesion by a line from the next click to the one after it."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if number is not None:
            self._review.pointing.ask_for_line(
                f"Click on one end of a line that divides lesion {number}", "cut", partial(self._cut, number)
            )

    def _cut(self, number: int, world: Sequence[float]) -> None:
        review, dims = self._review, self._review.viewer.dims
        session, line = review.session, review.pointing.end_line(world)
        if session is None or line is None:
            return
        across = next(axis for axis in range(3) if axis + dims.ndim - 3 not in dims.displayed)
        cut = cut_through(session.image, session.display, line.ends_world, across)
        review.pointing.stop()
        review.offering.measure(lambda: session.splitting(number, cut), "Dividing…")

    def join(self) -> None:
        """Merge the lesion that is clicked on next into the selected lesion."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if number is not None:
            self._review.pointing.ask(f"Click on what belongs to lesion {number}", partial(self._join_with, number))

    def _join_with(self, number: int, world: Sequence[float]) -> None:
        review = self._review
        session, screen = review.session, review.screen
        review.pointing.stop()
        if session is None or screen is None:
            return
        other = screen.labels.get_value(world, world=True)
        if not other or int(other) == number:
            show_info(f"A click on another lesion than {number} expected: both stay as they are.")
            return
        review.offering.measure(lambda: session.merging(number, int(other)), "Joining…")
