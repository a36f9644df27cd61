"""What the review tells the reader is shown whole: napari shows the first line alone, and for a fixed time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import notification_manager
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDialog

if TYPE_CHECKING:
    from napari_calcimeasure.panel.controller import Controller

ONE_LINE = 40
"""Letters that fit into the line that napari shows."""

AFTER_MS = 300
"""napari moves a message into the window for 220 ms; before that its place is not known."""

LETTER_MS, LEAST_MS = 70, 4000
"""How long a message is shown: so long for each letter, which is slow reading, and at least as long as napari does."""


class Notices:
    """The messages of napari in the window of the review."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._is_on = False

    def begin(self) -> None:
        """Show messages whole from now on."""
        self.end()
        notification_manager.notification_ready.connect(self._on_message)
        self._is_on = True

    def end(self) -> None:
        """Leave messages as napari shows them."""
        if self._is_on:
            notification_manager.notification_ready.disconnect(self._on_message)
        self._is_on = False

    def _on_message(self, _: object = None) -> None:
        QTimer.singleShot(AFTER_MS, self._open)

    def _open(self) -> None:
        with suppress(RuntimeError):  # Qt may have deleted the window in the meantime
            window = self._review.parent.window()
            # The class has no public name in napari.
            shown: list[Any] = [] if window is None else window.findChildren(QDialog)
            for one in shown:
                if type(one).__name__ == "NapariQtNotification" and one.isVisible() and not one.property("expanded"):
                    _show_whole(one)


def _show_whole(message: Any) -> None:  # noqa: ANN401 - as above
    words = message.message.text()
    if len(words) > ONE_LINE:
        message.expand()
    message.timer.setInterval(max(LEAST_MS, LETTER_MS * len(words)))
