"""The questions of the panel to the reader, each in its own window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

LARGEST_MM = 10_000.0
"""Upper limit for a length or distance of a radiograph."""


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

    def ask_about_conflict(self, question: str) -> bool:
        """Ask which change is valid if another person changed a lesion; True for yes."""
        return self._is_yes("Changed by somebody else", question)

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
