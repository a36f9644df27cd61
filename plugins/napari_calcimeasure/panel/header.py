"""The header of the window: whose image is shown, and who reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel, QMainWindow, QSizePolicy, QToolBar

from napari_calcimeasure._rows import header_words
from napari_calcimeasure.actions import BY_NAME
from napari_calcimeasure.panel.tools import button_of

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from calcimeasure.review import Image
    from napari_calcimeasure.panel.lines import ReaderLine

STYLE = "QLabel { padding: 2px 8px; } QLabel#calcimeasure_who { font-weight: bold; font-size: 11pt; }"
BUTTONS = ("worklist", "previous stack", "next stack", "keys", "napari")
"""The actions with a button in the header, by name."""


class Header(QToolBar):
    """A bar along the upper edge of the window.

    Parameters
    ----------
    reader
        The line with the name of the reader.
    """

    pressed = Signal(str)
    """Emits the name of the action whose button was pressed."""

    def __init__(self, reader: ReaderLine) -> None:
        super().__init__("Review")
        self.setObjectName("calcimeasure_header")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setStyleSheet(STYLE)
        self._who, self._progress = QLabel(), QLabel()
        self._who.setObjectName("calcimeasure_who")
        self._who.setTextFormat(Qt.TextFormat.PlainText)
        self._who.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (self._who, self._progress, reader):
            self.addWidget(widget)
        for name in BUTTONS:
            button = button_of(BY_NAME[name])
            button.clicked.connect(lambda _=False, name=name: self.pressed.emit(name))
            self.addWidget(button)

    @property
    def words(self) -> str:
        """Whose image is shown, in words."""
        return str(self._who.text())

    def tell(self, image: Image | None) -> None:
        """Say whose image is shown; nothing for None."""
        self._who.setText("" if image is None else header_words(image))

    def tell_progress(self, progress: str) -> None:
        """Say how many stacks are done."""
        self._progress.setText(progress)

    def stand_in(self, window: QWidget | None) -> None:
        """Stand along the upper edge of a window."""
        if isinstance(window, QMainWindow) and self.parent() is not window:
            window.addToolBar(Qt.ToolBarArea.TopToolBarArea, self)
            self.show()

    def leave(self, home: QWidget) -> None:
        """Leave the window, and be kept by another widget."""
        window = self.parent()
        if isinstance(window, QMainWindow):
            window.removeToolBar(self)
        self.setParent(home)
        self.hide()
