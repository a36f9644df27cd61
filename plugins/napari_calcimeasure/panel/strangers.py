"""Layers that somebody opens while a stack is reviewed: they go with the stack over which they were opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from napari_calcimeasure._convert import image_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer

    from napari_calcimeasure.panel.controller import Controller


class Strangers:
    """The layers of the viewer that are not of the review: dropped on the window, or opened by the menus of napari."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._before: tuple[Layer, ...] = ()

    def begin(self) -> None:
        """Note the layers that are there before the review begins: they are not touched."""
        self._before = tuple(self._review.viewer.layers)

    def remove(self) -> None:
        """Remove what was opened over the stack that leaves the screen: it would lie over the next patient."""
        strangers = list(self._strangers())
        for layer in strangers:
            layer.locked = False  # napari does not delete locked layers
            self._review.viewer.layers.remove(layer)
        if strangers:
            names = ", ".join(repr(layer.name) for layer in strangers)
            show_info(f"Removed with the stack over which it was opened: {names}. Nothing stays over the next patient.")

    def _strangers(self) -> Iterable[Layer]:
        review, desk = self._review, self._review.desk
        own = () if review.screen is None else review.screen.layers
        for layer in review.viewer.layers:
            # An image that was opened by hand is reviewed on its own layer.
            is_reviewed = desk is not None and desk.is_unsaved and image_of(layer) is not None
            if layer not in own and layer not in self._before and not is_reviewed:
                yield layer
