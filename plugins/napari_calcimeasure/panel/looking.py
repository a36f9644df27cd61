"""The view of a stack: window, plane, slab, outlines and rejected lesions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_calcimeasure._kinds import kind_of

if TYPE_CHECKING:
    from napari_calcimeasure.panel.controller import Controller

LEAST_WIDTH = 1e-3
"""Smallest width of the gray scale, as a part of the range of values of the image."""


class Looking:
    """The view of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._window: str = review.options.window
        self._limits: tuple[float, float] | None = None
        self._plane: str | None = None

    # What stays from stack to stack

    def note(self) -> None:
        """Note the gray scale of a CT, for the next CT: the stack is about to leave the screen."""
        screen = self._review.screen
        if screen is not None and kind_of(screen.session.image).keeps_limits:
            low, high = screen.image.contrast_limits
            self._limits = (float(low), float(high))

    def begin(self) -> None:
        """Show a stack that just came as the one before was looked at."""
        screen = self._review.screen
        if screen is None:
            return
        screen.window(self._window)
        if self._limits is not None and kind_of(screen.session.image).keeps_limits:
            screen.image.contrast_limits = self._limits
        if self._plane is not None:
            screen.plane(self._plane)

    def forget(self) -> None:
        """Begin the next folder as the settings say."""
        self._window, self._limits, self._plane = self._review.options.window, None, None

    def window(self, name: str) -> None:
        """Set the gray scale."""
        if self._review.screen is not None:
            self._window, self._limits = name, None
            self._review.screen.window(name)

    def plane(self, name: str) -> None:
        """Show a plane through the selected lesion."""
        session, screen = self._review.session, self._review.screen
        if session is not None and screen is not None:
            self._plane = name
            screen.plane(name)
            if session.selected is not None:
                screen.go_to(session.selected)

    # By the mouse

    def scroll(self, steps: int) -> None:
        """Go on by slices of the plane that is shown."""
        screen = self._review.screen
        if screen is not None:
            screen.scroll(steps)

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Zoom about a place on the canvas, which stays where it is."""
        screen = self._review.screen
        if screen is None:
            return
        camera, (height, width) = screen.viewer.scene.camera, screen.viewer.canvas.size
        _, down, right = camera.center
        moved = (1 - 1 / factor) / camera.zoom
        camera.center = (0.0, down + (y - height / 2) * moved, right + (x - width / 2) * moved)
        camera.zoom *= factor

    def move(self, right_px: float, down_px: float) -> None:
        """Move the image on the canvas."""
        screen = self._review.screen
        if screen is not None:
            camera = screen.viewer.scene.camera
            _, down, right = camera.center
            camera.center = (0.0, down - down_px / camera.zoom, right - right_px / camera.zoom)

    def fit(self) -> None:
        """Show the whole image."""
        if self._review.screen is not None:
            self._review.viewer.reset_view()

    def shift_window(self, wider: float, darker: float) -> None:
        """Change width and level of the gray scale, both in parts of the width."""
        screen = self._review.screen
        if screen is None:
            return
        low, high = screen.image.contrast_limits
        least, most = screen.image.contrast_limits_range
        width = (high - low) * (1 + wider)
        width = min(max(width, LEAST_WIDTH * (most - least)), most - least)
        level = min(max((low + high) / 2 + darker * (high - low), least), most)
        # Outside of its range napari would cut the gray scale, and the level would stick.
        low, high = max(level - width / 2, least), min(level + width / 2, most)
        screen.image.contrast_limits = (low, max(high, low + LEAST_WIDTH * (most - least)))

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
