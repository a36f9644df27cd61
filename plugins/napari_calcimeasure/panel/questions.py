"""The questions of the panel to the reader, each in its own window."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qtpy.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox

from calcimeasure.review import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtCore import QPoint
    from qtpy.QtWidgets import QWidget

    from calcimeasure.review import Conflict

CONFLICT_BUTTONS = {
    Answer.MINE: "Put mine on top",
    Answer.THEIRS: "Keep theirs",
    Answer.LATER: "Leave it open",
}


class Unsaved(Enum):
    """What becomes of a review that nobody saved."""

    SAVE = "Save in a folder…"
    KEEP = "Keep for the next start"
    DISCARD = "Discard"


AWAY_PX = 24
"""Distance of a dialog from the lesion that it is about."""

LARGEST_MM = 10_000.0
"""Upper limit for a length or distance of a radiograph."""

ChoiceT = TypeVar("ChoiceT")


class Questions:
    """Asks, and gives the answer.

    Parameters
    ----------
    parent
        The widget over which a question opens.
    """

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def ask_name(self, suggested: str = "") -> str:
        """Ask for the name of the reader, with a suggestion; empty if no name is given."""
        words = "Your name: it signs what you decide and draw."
        name, said = QInputDialog.getText(self._parent, "Who reads?", words, QLineEdit.EchoMode.Normal, suggested)
        return name.strip() if said and name else ""

    def ask_note(self, number: int) -> str:
        """Ask for a note about a lesion; empty if the reader cancels."""
        title, words = f"Note about lesion {number}", "It is kept with your name, and never leaves this folder."
        said, is_said = QInputDialog.getText(self._parent, title, words)
        return said.strip() if is_said and said else ""

    def ask_about_conflict(self, conflict: Conflict, beside: QPoint | None) -> Answer:
        """Ask which change is valid if another person changed a lesion first.

        Parameters
        ----------
        conflict
            What the other person did.
        beside
            The place of the lesion on the screen; None if it is not in view.
        """
        words = "Mine on top: both stay in the history. Theirs: yours is dropped. Open: nothing is kept yet."
        title = "Changed by somebody else"
        return self._choose(title, f"{conflict.theirs}\n\n{words}", CONFLICT_BUTTONS, Answer.LATER, beside)

    def ask_about_unsaved(self) -> Unsaved:
        """Ask what becomes of a review that nobody saved, when it is closed."""
        words = "This review is not saved: what you decided and drew is in no folder of yours."
        return self._choose("Not saved", words, {one: one.value for one in Unsaved}, Unsaved.KEEP)

    def ask_which(self, title: str, names: Sequence[str]) -> str | None:
        """Ask for one of several names; None if the reader cancels."""
        chosen, said = QInputDialog.getItem(self._parent, title, title, list(names), 0, False)
        return chosen if said else None

    def _choose(
        self,
        title: str,
        question: str,
        buttons: Mapping[ChoiceT, str],
        otherwise: ChoiceT,
        beside: QPoint | None = None,
    ) -> ChoiceT:
        """Ask a question with named buttons; `otherwise` if the reader closes the question."""
        box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=self._parent)
        made = {choice: box.addButton(name, QMessageBox.ButtonRole.ActionRole) for choice, name in buttons.items()}
        box.setEscapeButton(made[otherwise])
        box.setDefaultButton(made[otherwise])
        if beside is not None:
            box.move(beside.x() + AWAY_PX, beside.y() + AWAY_PX)
        box.exec()
        pressed = box.clickedButton()
        box.deleteLater()
        return next((choice for choice, button in made.items() if button is pressed), otherwise)

    def ask_to_lose(self) -> bool:
        """Ask whether to close the window although the last drawing cannot be saved."""
        return self._is_yes("Not kept", "What was drawn last could not be kept. Close, and lose it?")

    def _is_yes(self, title: str, question: str) -> bool:
        return QMessageBox.question(self._parent, title, question) == QMessageBox.StandardButton.Yes

    def ask_mm(self, title: str, question: str) -> float | None:
        """Ask for a length in millimeters; None if the reader cancels."""
        found, said = QInputDialog.getDouble(self._parent, title, question, 0.0, 0.0, LARGEST_MM, 2)
        return float(found) if said else None

    def ask_folder(self, title: str) -> Path | None:
        """Ask for a folder; None if the reader cancels."""
        chosen = QFileDialog.getExistingDirectory(self._parent, title)
        return Path(chosen) if chosen else None
