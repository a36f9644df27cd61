"""A veil over a part of the window: it hides what belongs to another stack than the one that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QLabel

if TYPE_CHECKING:
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QWidget

STYLE = "background-color: #202428; color: #ffd27f; font-size: 16pt; padding: 12px;"


class Veil(QLabel):
    """An opaque sheet over a widget, with words; it takes the mouse from what it covers.

    Parameters
    ----------
    covered
        The widget that is covered.
    """

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self.setObjectName("calcimeasure_veil")
        self.setStyleSheet(STYLE)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        # Otherwise Qt passes a press on the veil to the widget below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.hide()
        covered.installEventFilter(self)

    def cover(self, words: str) -> None:
        """Cover the widget."""
        self.setText(words)
        self.setGeometry(self._covered.rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Stay as large as the widget."""
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)
