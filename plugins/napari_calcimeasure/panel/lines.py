"""Lines of the panel: who reads, and what speaks against the decision that was asked for."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

NOBODY = "nobody yet"
DOUBT_STYLE = "background-color: #ff9030; color: #000000; font-weight: bold; padding: 4px;"


class ReaderLine(QLabel):
    """The person whose name signs decisions and drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._reader = self._reading = ""
        self.tell("")

    def tell(self, reader: str) -> None:
        """Show the name; empty if nobody has said it."""
        self._reader = reader
        self._show()

    def tell_reading(self, reading: str) -> None:
        """Show which reading it is, in words; empty for the clinical one."""
        self._reading = reading
        self._show()

    def _show(self) -> None:
        shown = f"Reader: {self._reader or NOBODY}"
        self.setText(f"{shown}, {self._reading}" if self._reading else shown)


class DoubtLine(QLabel):
    """One orange line; hidden while there is no doubt."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setStyleSheet(DOUBT_STYLE)
        self.hide()

    def tell(self, doubt: str) -> None:
        """Show a doubt; an empty text hides the line."""
        self.setText(doubt)
        self.setVisible(bool(doubt))
