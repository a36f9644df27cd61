"""What a click on the image means: a lesion, a piece of bone, or what an action asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from napari_calcimeasure._ruler import Ruler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari.layers import Labels

    from napari_calcimeasure.panel.controller import Controller


class MouseEvent(Protocol):
    """napari's event of the mouse on the image."""

    @property
    def type(self) -> str:
        """What the mouse does: "mouse_press", "mouse_move" or "mouse_release"."""

    @property
    def position(self) -> Sequence[float]:
        """World position of the mouse."""


class Pointing:
    """Clicks on the image, and the line from one click to the next.

    Attributes
    ----------
    line
        The line that is being drawn.
    """

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._next: Callable[[Sequence[float]], None] | None = None
        self.line: Ruler | None = None

    def listen(self, labels: Labels) -> None:
        """Follow clicks on a layer, and what is chosen on it."""
        labels.events.selected_label.connect(self._on_label_chosen)
        labels.mouse_drag_callbacks.append(self._on_clicked)
        labels.mouse_move_callbacks.append(self._on_moved)

    # What an action asks for

    def ask(self, hint: str, act: Callable[[Sequence[float]], None]) -> None:
        """Let the next click mean something else.

        Parameters
        ----------
        hint
            Tells the reader what to click on.
        act
            Gets the world position of the click.
        """
        screen = self._review.screen
        if screen is not None:
            self._next = act
            self._review.viewer.layers.selection.active = screen.labels
            screen.labels.mode = "pan_zoom"
            screen.hint(f"{hint}  (Esc: leave it)")

    def ask_for_line(self, hint: str, name: str, act: Callable[[Sequence[float]], None]) -> None:
        """Ask for two clicks, with a line between them that follows the mouse.

        Parameters
        ----------
        hint
            Tells the reader where the line begins.
        name
            Of the layer of the line.
        act
            Gets the world position of the second click.
        """
        self.ask(hint, partial(self._begin_line, name, act))

    def _begin_line(self, name: str, act: Callable[[Sequence[float]], None], world: Sequence[float]) -> None:
        if self._review.session is not None:
            self.line = Ruler(self._review.viewer, self._review.session.display, world, name)
            self.ask("Click on its other end", act)

    def end_line(self, world: Sequence[float]) -> Ruler | None:
        """Let the line end where the second click was; it stays in the viewer until `stop`."""
        if self.line is not None:
            self.line.follow(world)
        return self.line

    def hold(self) -> None:
        """Let clicks mean what they always mean, while the line stays."""
        self._next = None

    def stop(self) -> None:
        """Take back what the next click was to mean."""
        self._next = None
        if self.line is not None:
            self.line.close()
        self.line = None
        if self._review.screen is not None:
            self._review.screen.hint("")

    # What the mouse does

    def _on_label_chosen(self) -> None:
        """Follow napari's picker, and its box for the label."""
        session, screen = self._review.session, self._review.screen
        if session is not None and screen is not None:
            label = int(screen.labels.selected_label)
            if label != session.selected and label in {*session.lesions, *session.drafts}:
                self._review.guarded(partial(session.select, label))

    def _on_clicked(self, _: object, event: MouseEvent) -> Iterator[None]:
        """Count presses of the button; select the lesion that is clicked on, while no tool is in hand."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        session.press += 1
        if screen.labels.mode != "pan_zoom":
            return
        dragged = False
        yield
        while event.type == "mouse_move":
            dragged = True
            yield
        if not dragged:
            self._click(event.position)

    def _click(self, world: Sequence[float]) -> None:
        session, screen = self._review.session, self._review.screen
        if self._next is not None:
            self._next(world)
            return
        if session is None or screen is None:
            return
        value = screen.labels.get_value(world, world=True)
        if value:
            self._review.guarded(partial(session.select, int(value)))
            screen.labels.selected_label = int(value)
        else:
            self._review.bones.choose(world)

    def _on_moved(self, _: object, event: MouseEvent) -> None:
        if self.line is not None and self._next is not None:
            self.line.follow(event.position)
