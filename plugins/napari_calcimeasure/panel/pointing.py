"""The meaning of a click on the image: it selects a lesion or a piece of bone, or gives an action a point."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from napari.utils.notifications import show_info

from napari_calcimeasure._ruler import Ruler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari.layers import Labels

    from napari_calcimeasure.panel.controller import Controller


class MouseEvent(Protocol):
    """The event of napari for the mouse on the image."""

    @property
    def type(self) -> str:
        """The kind of event: "mouse_press", "mouse_move" or "mouse_release"."""

    @property
    def position(self) -> Sequence[float]:
        """World position of the mouse."""

    @property
    def modifiers(self) -> Sequence[str]:
        """The keys that are held: "Shift", "Control", "Alt"."""


class Pointing:
    """Clicks on the image, and the line from one click to the next.

    Attributes
    ----------
    line
        The line that is being drawn.
    with_shift
        Whether Shift was held at the last click.
    """

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._next: Callable[[Sequence[float]], None] | None = None
        self.with_shift = False
        self.line: Ruler | None = None

    def listen(self, labels: Labels) -> None:
        """Connect to clicks on a layer, and to the selection of labels on the layer."""
        labels.events.selected_label.connect(self._on_label_chosen)
        labels.mouse_drag_callbacks.append(self._on_clicked)
        labels.mouse_move_callbacks.append(self._on_moved)

    # Clicks for an action

    def ask(self, hint: str, act: Callable[[Sequence[float]], None]) -> None:
        """Give the next click another meaning.

        Parameters
        ----------
        hint
            Tells the reader what to click on.
        act
            Function that is called with the world position of the click.
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
            The name of the layer of the line.
        act
            Function that is called with the world position of the second click.
        """
        self.ask(hint, partial(self._begin_line, name, act))

    def _begin_line(self, name: str, act: Callable[[Sequence[float]], None], world: Sequence[float]) -> None:
        if self._review.session is not None:
            self.line = Ruler(self._review.viewer, self._review.session.display, world, name)
            self.ask("Click on its other end", act)

    def end_line(self, world: Sequence[float]) -> Ruler | None:
        """End the line at the position of the second click; the line stays in the viewer until `stop`."""
        if self.line is not None:
            self.line.follow(world)
        return self.line

    def hold(self) -> None:
        """Restore the usual meaning of clicks, while the line stays."""
        self._next = None

    def stop(self) -> None:
        """Cancel the special meaning of the next click, and leave what is offered."""
        self._next = None
        self._review.offering.drop()
        self._review.caliper.forget()
        if self.line is not None:
            self.line.close()
        self.line = None
        if self._review.screen is not None:
            self._review.screen.hint("")
            self._review.screen.forget_points()

    # Events of the mouse

    def _on_label_chosen(self) -> None:
        """Select the lesion whose label was chosen with the picker of napari; leave a label of no lesion."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        screen.forget_points()  # corners of a polygon belong to the lesion before
        label, there = int(screen.labels.selected_label), {*session.lesions, *session.drafts}
        if label in there:
            if label != session.selected:
                self._review.guarded(partial(session.select, label))
        elif session.selected is not None or label != session.next_number:
            screen.labels.selected_label = session.selected if session.selected in there else session.next_number
            show_info(f"There is no lesion {label}: N begins lesion {session.next_number}, a click chooses another.")

    def _on_clicked(self, _: object, event: MouseEvent) -> Iterator[None]:
        """Count presses of the button; if no tool is active, select the lesion that is clicked on."""
        session, screen = self._review.session, self._review.screen
        if session is None or screen is None:
            return
        session.press += 1
        if screen.labels.mode != "pan_zoom":
            return
        dragged, self.with_shift = False, "Shift" in event.modifiers
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
        self._review.planes.look_at(np.array(world[-3:]))
        if value:
            self._review.guarded(partial(session.select, int(value)))
            screen.labels.selected_label = int(value)
        else:
            self._review.bones.choose(world)

    def _on_moved(self, _: object, event: MouseEvent) -> None:
        if self.line is not None and self._next is not None:
            self.line.follow(event.position)
