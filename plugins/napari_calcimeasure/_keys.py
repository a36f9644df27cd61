"""Binding of the keys of the actions. The keys are valid only while a layer of the review, or no layer, is active."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from napari_calcimeasure._guard import NOT_3D
from napari_calcimeasure.actions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from napari.components import ViewerModel
    from napari.layers import Layer

OF_THE_WINDOW = ("?",)
"""Keys without a name in napari; the window of the panel binds them."""


CLOSED = {"Control-Y": NOT_3D}
"""Keys of napari that do nothing in a review, with what the reader is told."""


def calls_by_key(perform: Callable[[str], object]) -> dict[str, Callable[[], object]]:
    """Give the function for each key that napari can bind, and for the keys that are closed.

    Parameters
    ----------
    perform
        Function that is called with the name of an action.
    """
    return {
        key: partial(perform, action.name)
        for action in ACTIONS
        if action.is_bound
        for key in action.keys
        if key not in OF_THE_WINDOW
    } | {key: partial(show_info, words) for key, words in CLOSED.items()}


def bind_layers(layers: Iterable[Layer], calls: Mapping[str, Callable[[], object]]) -> None:
    """Bind keys on the layers of the review, where they replace the keys of napari, as long as the layers exist."""
    for key, call in calls.items():

        def on_layer(_: object, call: Callable[[], object] = call) -> None:
            call()

        for layer in layers:
            layer.bind_key(key, on_layer, overwrite=True)


def bind_viewer(
    viewer: ViewerModel, layers: Callable[[], Iterable[Layer]], calls: Mapping[str, Callable[[], object]]
) -> Callable[[], None]:
    """Bind keys on the viewer; they are valid while only layers of the review, or none, are active.

    Returns
    -------
    callable
        Removes the keys from the viewer.
    """
    for key, call in calls.items():

        def on_viewer(viewer: ViewerModel, call: Callable[[], object] = call) -> None:
            if viewer.layers.selection.active in (None, *layers()):
                call()

        viewer.bind_key(key, on_viewer, overwrite=True)

    def unbind() -> None:
        for key in calls:
            viewer.bind_key(key, None)

    return unbind
