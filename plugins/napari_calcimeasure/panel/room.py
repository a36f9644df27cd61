"""The reading room: the window without the docks and menus of napari, which one action brings back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QLabel, QLineEdit, QMainWindow, QWidget

if TYPE_CHECKING:
    from napari_calcimeasure.panel.controller import Controller

OF_THE_SLIDER = ("slice_label",)
"""Names that napari gives to the numbers beside its slider: they count from 0, where the review says image 1 of n."""


class Room:
    """The parts of the window of napari that a reader does not need."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._hidden: list[QWidget] = []
        self._title: QWidget | None = None
        self.is_folded = False

    def toggle(self) -> None:
        """Fold docks and menus of napari away, or bring them back."""
        if self.is_folded:
            self.unfold()
        else:
            self.fold()

    def fold(self) -> None:
        """Fold docks, menus and status bar of napari away."""
        window, own = self._review.parent.window(), self._own_dock()
        if not isinstance(window, QMainWindow) or self.is_folded:
            return
        docks = [dock for dock in window.findChildren(QDockWidget) if dock is not own]
        parts: list[QWidget | None] = [*docks, window.menuBar(), window.statusBar()]
        self._hidden = [one for one in parts if one is not None and one.isVisibleTo(window)]
        for one in self._hidden:
            one.hide()
        if own is not None:
            self._title = own.titleBarWidget()
            own.setTitleBarWidget(QWidget())  # Qt has no other way to show no title
        self.is_folded = True

    def unfold(self) -> None:
        """Bring docks, menus and status bar of napari back."""
        for one in self._hidden:
            one.show()
        own = self._own_dock()
        if own is not None and self._title is not None:
            own.setTitleBarWidget(self._title)
        self._hidden, self._title, self.is_folded = [], None, False

    def _own_dock(self) -> QDockWidget | None:
        widget: QWidget | None = self._review.parent
        while widget is not None and not isinstance(widget, QDockWidget):
            widget = widget.parentWidget()
        return widget


def hide_numbers_of_sliders(window: QWidget | None) -> None:
    """Hide the numbers beside the sliders of napari."""
    if window is None:
        return
    for kind in (QLabel, QLineEdit):
        for one in window.findChildren(kind, options=Qt.FindChildOption.FindChildrenRecursively):
            if one.objectName() in OF_THE_SLIDER:
                one.hide()
