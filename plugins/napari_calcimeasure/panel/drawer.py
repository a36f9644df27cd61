"""The worklist over the image: it comes and goes by a key, so that the image has the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QFrame, QVBoxLayout

if TYPE_CHECKING:
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QWidget

WIDEST_PX, HIGHEST_PX = 900, 560
EDGE_PX = 12


class Drawer(QFrame):
    """A frame over another widget.

    Parameters
    ----------
    content
        What lies in it.
    home
        The widget that keeps the drawer while it lies over nothing.
    """

    def __init__(self, content: QWidget, home: QWidget) -> None:
        super().__init__(home)
        self.setObjectName("calcimeasure_drawer")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        # A click beside the table is not a click on the image below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(content)
        self._home, self._over = home, home
        self.hide()

    def lie_over(self, widget: QWidget | None) -> None:
        """Lie over a widget from now on; over nothing for None."""
        if self._over is not self._home:
            self._over.removeEventFilter(self)
        self.hide()
        self._over = widget if widget is not None else self._home
        self.setParent(self._over)
        if widget is not None:
            widget.installEventFilter(self)

    def open_drawer(self) -> None:
        """Show the content."""
        self._fit()
        self.show()
        self.raise_()

    def toggle(self) -> None:
        """Show the content, or hide it."""
        if self.isVisible():
            self.hide()
        else:
            self.open_drawer()

    def _fit(self) -> None:
        area = self._over.rect()
        width = min(WIDEST_PX, area.width() - 2 * EDGE_PX)
        self.setGeometry(EDGE_PX, EDGE_PX, max(width, 200), max(min(HIGHEST_PX, area.height() - 2 * EDGE_PX), 100))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Fit into what it lies over."""
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return super().eventFilter(watched, event)
