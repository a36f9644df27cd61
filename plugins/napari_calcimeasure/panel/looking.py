"""The view of a stack: window, plane, slab, outlines and rejected lesions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_calcimeasure.panel.controller import Controller


class Looking:
    """The view of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review

    def window(self, name: str) -> None:
        """Set the gray scale."""
        if self._review.screen is not None:
            self._review.screen.window(name)

    def plane(self, name: str) -> None:
        """Show a plane through the selected lesion."""
        session, screen = self._review.session, self._review.screen
        if session is not None and screen is not None:
            screen.plane(name)
            if session.selected is not None:
                screen.go_to(session.selected)

    def toggle_slab(self) -> None:
        """Show the maximum over a slab, or the slice again."""
        screen = self._review.screen
        if screen is not None:
            screen.set_slab(not screen.slab)

    def toggle_outlines(self) -> None:
        """Hide outlines and axes, or show them again."""
        screen = self._review.screen
        if screen is not None:
            screen.show_outlines(not screen.labels.visible)

    def show_rejected(self, shows: bool) -> None:
        """Show or hide rejected lesions."""
        if self._review.session is not None:
            self._review.session.show_rejected(shows)
