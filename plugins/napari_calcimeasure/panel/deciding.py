"""Decisions of a reader about lesions, one after another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.review import BodySite, Laterality, Morphology, Session, Status, Tissue
    from napari_calcimeasure.panel.controller import Controller


def lesion_in_hand(session: Session) -> int | None:
    """Find the lesion for an action: the selected one, else the one that was drawn last."""
    if session.selected is not None:
        return session.selected
    drawn = [label for label in session.drafts if label not in session.lesions]
    return drawn[-1] if drawn else None


class Deciding:
    """Decisions about the lesions of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review

    # Going from lesion to lesion

    def go_to(self, number: int) -> None:
        """Select and show a lesion."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        self._review.guarded(partial(session.select, number))
        screen.labels.selected_label = number
        screen.go_to(number)

    def go_beside(self, step: int) -> None:
        """Go to the next or previous lesion of the table."""
        if self._review.session is not None:
            beside = self._review.widgets.lesions.beside(self._review.session.selected, step)
            if beside is not None:
                self.go_to(beside)

    # Deciding

    def decide(self, status: Status) -> None:
        """Accept or reject the lesion, or revoke the decision."""
        self._do(lambda session, number: session.decide(number, status))

    def set_side(self, side: Laterality) -> None:
        """Set the side of the lesion."""
        self._do(lambda session, number: session.set_side(number, side))

    def set_tissue(self, tissue: Tissue) -> None:
        """Set the tissue of the lesion."""
        self._do(lambda session, number: session.set_tissue(number, tissue))

    def set_site(self, site: BodySite) -> None:
        """Set the body site of the lesion."""
        self._do(lambda session, number: session.set_site(number, site))

    def set_morphology(self, morphology: Morphology) -> None:
        """Set what the mass looks like."""
        self._do(lambda session, number: session.set_morphology(number, morphology))

    def accept_shown(self) -> None:
        """Accept every mass that was shown in this session."""
        session = self._review.session
        if session is not None:
            self._review.guarded(lambda: show_info(f"Accepted: {session.accept_shown()}"))

    def take_over(self) -> None:
        """Accept the lesion, or the piece of bone that was clicked on, as a calcified mass."""
        if self._review.bones.has_choice:
            self._review.bones.take_over()
        else:
            self._do(lambda session, number: session.take_over(number))

    def delete(self) -> None:
        """Remove the lesion."""
        self._do(lambda session, number: session.delete(number))

    def _do(self, act: Callable[[Session, int], object]) -> None:
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if session is not None and number is not None:
            self._review.guarded(partial(act, session, number))

    # Drawing a lesion, and undoing strokes and decisions

    def draw_new(self) -> None:
        """Begin a new lesion with the brush."""
        review = self._review
        session, screen = review.session, review.screen
        if session is None or screen is None:
            return
        review.pointing.stop()
        if review.guarded(partial(session.select, None)):
            screen.labels.selected_label = session.next_number
            review.viewer.layers.selection.active = screen.labels
            screen.labels.mode = "paint"
            show_info(f"Draw lesion {session.next_number} with the brush (2) or the polygon (3).")

    def undo(self) -> None:
        """Undo the last stroke or decision."""
        if self._review.session is not None and self._review.guarded(self._review.session.undo):
            self._show_again()

    def redo(self) -> None:
        """Redo the step that was undone last."""
        if self._review.session is not None and self._review.guarded(self._review.session.redo):
            self._show_again()

    def _show_again(self) -> None:
        if self._review.session is not None and self._review.screen is not None:
            self._review.screen.color()
            self._review.show_lesions()
        self._review.painting.measure_next()
