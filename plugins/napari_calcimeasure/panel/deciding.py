"""Decisions of a reader about lesions, one after another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import Status, Tissue, doubt_about_accepting, doubt_about_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure import Lesion
    from calcimeasure.review import BodySite, Laterality, Morphology, Session
    from napari_calcimeasure.panel.controller import Controller

NO_MASS = (Tissue.BONE, Tissue.OTHER_CALCIFICATION)
"""Tissues that a reader can say, and that no table of masses has."""


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
        self._asked: tuple[object, str] | None = None
        self._action = ""

    # Going from lesion to lesion

    def go_to(self, number: int) -> None:
        """Select and show a lesion."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        self.forget_doubt()
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
        if status is not Status.ACCEPTED:
            if self._do(lambda session, number: session.decide(number, status)) and status is Status.REJECTED:
                self._review.flow.go_on()
            return
        lesion = self._lesion()
        was_unsure = lesion is not None and lesion.tissue is Tissue.UNKNOWN
        is_refused = lesion is not None and lesion.tissue in NO_MASS  # at once, whatever is unknown about it
        doubt = None if is_refused else doubt_about_accepting
        if self._do(lambda session, number: session.decide(number, status), doubt):
            if was_unsure:
                show_info("Accepted: it was not sure that it is a mass, now it is a calcified mass.")
            self._review.flow.go_on()

    def set_side(self, side: Laterality) -> None:
        """Set the side of the lesion."""
        self._do(
            lambda session, number: session.set_side(number, side),
            lambda lesion: None if lesion is None else doubt_about_side(lesion, side),
        )

    def set_tissue(self, tissue: Tissue) -> None:
        """Set the tissue of the lesion."""
        if self._do(lambda session, number: session.set_tissue(number, tissue)) and tissue in NO_MASS:
            show_info(f"Kept as {str(tissue).replace('_', ' ')}: no table of masses has it. T makes it a mass again.")

    def set_site(self, site: BodySite) -> None:
        """Set the body site of the lesion."""
        self._do(lambda session, number: session.set_site(number, site))

    def set_morphology(self, morphology: Morphology) -> None:
        """Set what the mass looks like."""
        self._do(lambda session, number: session.set_morphology(number, morphology))

    def accept_shown(self) -> None:
        """Accept every mass that was shown in this session."""
        session = self._review.session
        if session is None:
            return
        there = {number: session.lesions[number].lesion for number in session.open_and_shown}
        doubts = [number for number, one in there.items() if one.is_mass and doubt_about_accepting(one) is not None]
        if doubts and self._asks("accept shown", f"Lesions with unknown side or site: {_listed(doubts)}."):
            return
        unsure = [number for number, one in there.items() if not one.is_mass]
        left = f" It is not sure that they are masses: {_listed(unsure)} (A or X)." if unsure else ""
        self._review.guarded(lambda: show_info(f"Accepted: {session.accept_shown()}.{left}"))

    def take_over(self) -> None:
        """Accept the lesion, or the piece of bone that was clicked on, as a calcified mass."""
        if self._review.bones.has_choice:
            self._review.bones.take_over()
        elif self._do(lambda session, number: session.take_over(number), doubt_about_accepting):
            self._review.flow.go_on()

    def delete(self) -> None:
        """Remove the lesion."""
        self._do(lambda session, number: session.delete(number))

    def _lesion(self) -> Lesion | None:
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        return None if session is None or number is None else session.lesion(number)

    def _do(
        self, act: Callable[[Session, int], object], doubt_about: Callable[[Lesion | None], str | None] | None = None
    ) -> bool:
        """Do something with the lesion; what is doubtful is done at the second request. False if it was not done."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if session is None or number is None:
            return False
        doubt = None if doubt_about is None else doubt_about(session.lesion(number))
        if doubt is not None and self._asks(number, f"Lesion {number}: {doubt}."):
            return False
        return self._review.guarded(partial(act, session, number))

    # Doubts: one line, and the same action again does it

    def tell_unknown(self, number: int) -> None:
        """Show what is unknown about a lesion that was accepted as it was made."""
        session = self._review.session
        doubt = None if session is None else doubt_about_accepting(session.lesion(number))
        if doubt is not None:
            self._review.widgets.doubt.tell(f"Lesion {number} is accepted, {doubt}.")

    def begin_action(self, name: str) -> None:
        """Note which action is performed: a doubt lasts until another action."""
        if name != self._action:
            self.forget_doubt()
        self._action = name

    def forget_doubt(self) -> None:
        """Forget what was asked."""
        self._asked, self._action = None, ""
        self._review.widgets.doubt.tell("")

    def _asks(self, about: object, doubt: str) -> bool:
        """Show a doubt; False if it is shown already, and the same action was asked for again."""
        if self._asked == (about, doubt):
            self._asked = None
            self._review.widgets.doubt.tell("")
            return False
        self._asked = (about, doubt)
        self._review.widgets.doubt.tell(f"{doubt} The same key again keeps it.")
        return True

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
            review.painting.take_tool("paint")
            show_info(f"Draw lesion {session.next_number} with the brush (2) or the polygon (3).")

    def undo(self) -> None:
        """Undo the last stroke or decision, show it, and say what it was."""
        self._step(forward=False)

    def redo(self) -> None:
        """Redo the step that was undone last, show it, and say what it was."""
        self._step(forward=True)

    def _step(self, forward: bool) -> None:
        session = self._review.session
        if session is None:
            return
        word = "redo" if forward else "undo"
        told = session.step_told(forward)
        if told is None:
            show_info(f"Nothing to {word}.")
        elif self._review.guarded(session.redo if forward else session.undo):
            self._show_again()
            self._go_to_change(session, told.numbers, told.slices_k)
            lesions = f"lesion{'s' if len(told.numbers) > 1 else ''} {_listed(told.numbers)}"
            show_info(f"{'Done again' if forward else 'Undone'}: {lesions}, {told.words}.")

    def _go_to_change(self, session: Session, numbers: Sequence[int], slices_k: Sequence[int]) -> None:
        """Show what a step changed, unless it is in view."""
        screen = self._review.screen
        if screen is None:
            return
        there = [number for number in numbers if number in {*session.lesions, *session.drafts}]
        if there and session.selected not in there:
            self.go_to(there[0])
        if slices_k and screen.slice_k not in slices_k:
            screen.go_to_slice(slices_k[len(slices_k) // 2])

    def _show_again(self) -> None:
        if self._review.session is not None and self._review.screen is not None:
            self._review.screen.name_lesions()
            self._review.show_lesions()
            self._review.showing.draw_soon()
        self._review.painting.measure_next()


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
