"""The reading room: the window without the docks and menus of napari, which one action brings back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QDockWidget, QLabel, QLineEdit, QMainWindow, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_calcimeasure.panel.controller import Controller

OF_THE_SLIDER = ("slice_label",)
"""Names that napari gives to the numbers beside its slider: they count from 0, where the review says image 1 of n."""

OF_THE_REVIEW = "calcimeasure_"
"""How the names of docks begin that the review shows beside the image: planes, the earlier date."""


class Room:
    """The parts of the window of napari that a reader does not need."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._hidden: list[QWidget] = []
        self._numbers: list[QWidget] = []
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
        every = window.findChildren(QDockWidget)
        docks = [dock for dock in every if dock is not own and not dock.objectName().startswith(OF_THE_REVIEW)]
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
        _show(self._hidden)
        own = self._own_dock()
        if own is not None and self._title is not None:
            own.setTitleBarWidget(self._title)
        self._hidden, self._title, self.is_folded = [], None, False

    def hide_numbers_of_sliders(self) -> None:
        """Hide the numbers beside the sliders of napari."""
        window = self._review.parent.window()
        kinds = (QLabel, QLineEdit)
        every: list[QWidget] = [] if window is None else [one for kind in kinds for one in window.findChildren(kind)]
        self._numbers = [one for one in every if one.objectName() in OF_THE_SLIDER]
        for one in self._numbers:
            one.hide()

    def end(self) -> None:
        """Leave the window to napari, as it was: the panel, and with it the key that brings all back, goes."""
        _show(self._numbers)
        self._numbers = []
        self.unfold()

    def _own_dock(self) -> QDockWidget | None:
        widget: QWidget | None = self._review.parent
        while widget is not None and not isinstance(widget, QDockWidget):
            widget = widget.parentWidget()
        return widget


def _show(widgets: Iterable[QWidget]) -> None:
    for one in widgets:
        with suppress(RuntimeError):  # Qt may have deleted it with the window
            one.show()
