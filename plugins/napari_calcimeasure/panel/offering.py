"""Outlines that a tool offers: a dashed line shows each, Enter keeps it, Esc leaves it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import Pointed, dense_only, pointing_at, reshaping, splitting_between
from napari_calcimeasure._marks import Line, outline_in_plane
from napari_calcimeasure._palette import NEW_COLOR, LineStyle
from napari_calcimeasure.panel.deciding import lesion_in_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure import Outline
    from calcimeasure.review import Edit, Revision, Shape
    from napari_calcimeasure.panel.controller import Controller

KEEP = "Enter keeps it"


class Offering:
    """The outline that is offered for a lesion, or for a new one."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._outline: Outline | None = None
        self._pointed: Pointed | None = None
        self._label: int | None = None

    @property
    def is_offered(self) -> bool:
        """Whether an outline waits to be kept."""
        return self._outline is not None

    # By clicks

    def point(self, label: int | None, place_kji: Sequence[float]) -> None:
        """Offer what lies at a place, for a lesion or a new one; further clicks add and take away."""
        self.drop()
        self._label = label
        self._change(place_kji, takes_away=False)

    def _point_again(self, world: Sequence[float]) -> None:
        session = self._review.session
        if session is not None:
            self._change(session.display.to_index_kji(world[-3:]).tolist(), takes_away=self._review.pointing.with_shift)

    def _change(self, place_kji: Sequence[float], *, takes_away: bool) -> None:
        review = self._review
        session, screen = review.session, review.screen
        if session is None or screen is None:
            return

        def take(pointed: Pointed) -> None:
            if session is review.session:
                self._pointed = pointed
                self._offer(pointed.outline)
                review.pointing.ask(f"{KEEP}, a click adds, Shift and a click take away", self._point_again)

        def start() -> None:
            work = pointing_at(session, self._pointed, place_kji, takes_away=takes_away)
            screen.hint("Growing…")
            review.background.run(work, take, quick=True, failed=self._fail)

        review.guarded(start)

    # By a tool

    def shape(self, shape: Shape) -> None:
        """Offer another outline of what is offered, else of the lesion in hand."""
        review = self._review
        session, screen = review.session, review.screen
        label = None if session is None else lesion_in_hand(session)
        if session is None or screen is None:
            return
        session.compare()
        outline = self._outline if self._outline is not None else None if label is None else session.outline(label)
        if outline is None:
            show_info("A lesion with an outline expected: choose one, or draw one.")
            return
        if not self.is_offered:
            self._label = label

        def take(shaped: Outline) -> None:
            if session is review.session:
                self._offer(shaped)
                screen.hint(f"{shape.value.capitalize()}: {KEEP}  (Esc: leave it)")

        screen.hint("Shaping…")
        review.background.run(reshaping(session, outline, shape), take, quick=True, failed=self._fail)

    def _fail(self, error: BaseException) -> None:
        if self._review.screen is not None:
            self._review.screen.hint("")
        self._review.tell(error)

    # What is offered

    def _offer(self, outline: Outline) -> None:
        self._outline = outline
        self._review.showing.draw_soon()

    def lines(self) -> tuple[Line, ...]:
        """Draw what is offered on the plane that is shown: over the image, and on no layer that could be moved."""
        screen = self._review.screen
        if screen is None or self._outline is None:
            return ()
        borders = outline_in_plane(screen, self._outline)
        return tuple(Line(border, NEW_COLOR, LineStyle.DASHED) for border in borders)

    def keep(self) -> None:
        """Keep what is offered, as one stroke that can be undone."""
        review, outline, label = self._review, self._outline, self._label
        if review.session is None:
            return
        if outline is None:
            show_info("Nothing is offered: G outlines what is clicked on.")
            return
        review.pointing.stop()
        review.outlining.take(outline, label)

    def drop(self) -> None:
        """Leave what is offered."""
        self._outline = self._pointed = self._label = None
        self._review.showing.draw_soon()

    # The brush

    def toggle_dense(self) -> None:
        """Let the brush paint only what is dense, or everything again."""
        session = self._review.session
        if session is None:
            return

        def toggle() -> None:
            session.able = None if session.able is not None else dense_only(session)

        if self._review.guarded(toggle):
            is_on = session.able is not None
            threshold = f"{session.settings.threshold_hu:g} HU"
            show_info(f"The brush paints only what is at or above {threshold}." if is_on else "The brush paints all.")

    # Dividing between two points

    def divide_between(self) -> None:
        """Divide the lesion between two clicks, at its thinnest place."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if number is not None:
            self._review.pointing.ask(f"Click into one part of lesion {number}", partial(self._first_point, number))

    def _first_point(self, number: int, world: Sequence[float]) -> None:
        self._review.pointing.ask("Click into the other part", partial(self._second_point, number, world))

    def _second_point(self, number: int, first: Sequence[float], second: Sequence[float]) -> None:
        review = self._review
        session = review.session
        review.pointing.stop()
        if session is not None:
            one, other = (session.display.to_index_kji(world[-3:]).tolist() for world in (first, second))
            self.measure(lambda: splitting_between(session, number, one, other), "Dividing…")

    def measure(self, begin: Callable[[], Edit], hint: str) -> None:
        """Measure an edit of several lesions in the background, and keep it.

        Parameters
        ----------
        begin
            Begins the edit; it may raise a ReviewError.
        hint
            What is said meanwhile.
        """
        review = self._review
        session, screen = review.session, review.screen
        begun: list[Edit] = []
        if session is None or screen is None or not review.guarded(lambda: begun.append(begin())):
            return
        (edit,) = begun

        def take(revisions: Sequence[Revision]) -> None:
            if session is review.session:
                screen.hint("")
            review.guarded(lambda: session.take_edit(edit, revisions))

        screen.hint(hint)
        review.background.run(edit.work, take, quick=True, failed=self._fail)
