"""From lesion to lesion without a search: what is undecided next, marks for a second reader, and notes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from calcimeasure.review import lesion_picture
from napari_calcimeasure._rows import lesion_order
from napari_calcimeasure.panel.deciding import lesion_in_hand

if TYPE_CHECKING:
    from napari_calcimeasure.panel.controller import Controller


class Flow:
    """The way of a reader through lesions and stacks."""

    def __init__(self, review: Controller) -> None:
        self._review = review

    # What is undecided

    def go_on(self) -> None:
        """Go to the next undecided lesion of this stack, after a decision; stay where there is none."""
        session = self._review.session
        if session is None:
            return
        beside = self._beside(1)
        if beside is None:
            beside = next((number for number in lesion_order(session) if session.is_open(number)), None)
        if beside is not None:
            self._review.deciding.go_to(beside)

    def go_to_open(self, step: int) -> None:
        """Go to the next or previous undecided lesion: of this stack, else of the next stack that has one."""
        review = self._review
        session = review.session
        if session is None:
            return
        beside = self._beside(step)
        if beside is not None:
            review.deciding.go_to(beside)
            return
        if not review.guarded(session.save_all):  # what was drawn counts
            return
        stack_id = review.stacks.open_beside(step)
        if stack_id is not None:
            review.stacks.go_to(stack_id, at_last=step < 0)
            return
        left = [number for number in lesion_order(session) if session.is_open(number)]
        if left:
            review.deciding.go_to(left[0 if step > 0 else -1])
        else:
            show_info("Nothing is left to decide in any stack." + self._unsure_words())

    def _beside(self, step: int) -> int | None:
        """Find the next or previous undecided lesion of the table, from the lesion that is shown."""
        session = self._review.session
        if session is None:
            return None
        order = lesion_order(session)[::step]
        here = order.index(session.selected) + 1 if session.selected in order else 0
        return next((number for number in order[here:] if session.is_open(number)), None)

    def _unsure_words(self) -> str:
        count = self._review.stacks.unsure_count
        return f" A second reader is wanted for {count} lesion{'s' if count > 1 else ''}." if count else ""

    def go_home(self) -> None:
        """Show the slice of the long axis of the lesion in hand."""
        session, screen = self._review.session, self._review.screen
        number = None if session is None else lesion_in_hand(session)
        if screen is not None and number is not None:
            screen.go_to(number)

    # Remarks

    def toggle_unsure(self) -> None:
        """Mark the lesion for a second reader, or take this back."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if session is None or number is None:
            return
        marked: list[bool] = []
        if self._review.guarded(lambda: marked.append(session.toggle_unsure(number))):
            words = "a second reader is wanted" if marked[0] else "no second reader is wanted any more"
            show_info(f"Lesion {number}: {words}.")

    def copy_picture(self) -> None:
        """Copy a picture of the lesion: image, outline and axes, without a word of the patient."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        clipboard = QApplication.clipboard()
        if session is None or number is None or clipboard is None:
            return

        def copy() -> None:
            clipboard.setImage(QImage.fromData(lesion_picture(session, number), "PNG"))
            show_info(f"The picture of lesion {number} is copied: no name, no date, no number of the patient is in it.")

        self._review.guarded(copy)

    def note(self) -> None:
        """Ask for a note about the lesion, and keep it."""
        session = self._review.session
        number = None if session is None else lesion_in_hand(session)
        if session is None or number is None:
            return
        said = self._review.questions.ask_note(number)
        if said:
            self._review.guarded(partial(session.note, number, said))
