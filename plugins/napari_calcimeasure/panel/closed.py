"""What napari offers and a review closes, because it would hide the outlines."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtWidgets import QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget


def close_3d(window: QWidget | None) -> Callable[[], None]:
    """Close the button of napari for three dimensions.

    napari tells of the change only after it has drawn three dimensions, which takes seconds for a large stack. It has
    no way to refuse the change, therefore its button is found by the name that its style sheet uses.

    Returns
    -------
    callable
        Opens the button again.
    """
    every = [] if window is None else window.findChildren(QPushButton)
    closed = [ref(one) for one in every if one.property("mode") == "ndisplay_button"]

    def enable(enables: bool) -> None:
        for button in [one() for one in closed]:
            if button is not None:
                with suppress(RuntimeError):  # Qt may have deleted it with the window
                    button.setEnabled(enables)

    enable(False)
    return lambda: enable(True)
