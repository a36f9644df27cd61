"""Protection of the layers of a review: they stay where they are, as they are called, and in their order. No Qt.

napari lets a reader move, turn, rename, reorder and remove every layer, by keys, buttons, menus and the list of layers.
An outline that was moved against its image would be measured in the wrong place, and the shift would stay for the next
patient. So whatever is changed is put back at once, however it was changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import show_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer

_PLACE = ("scale", "translate", "affine", "rotate", "shear")

NOT_MOVED = "The layers of a review stay where they are: an outline that is moved no longer lies on what it measures."
NOT_CHANGED = "The layers of a review keep their names, their order and their lock: the review needs each of them."
NOT_3D = "A review is read in planes: F6, F7 and F8 show them, F9 shows a slab."


class Guard:
    """Puts layers back that were moved, renamed, reordered or unlocked.

    Parameters
    ----------
    viewer
        The viewer.
    layers
        The layers, from the lowest to the highest.
    where
        The settings of napari for the position of every layer.
    """

    def __init__(self, viewer: ViewerModel, layers: Sequence[Layer], where: Mapping[str, Any]) -> None:
        self._viewer, self._layers, self._where = viewer, tuple(layers), dict(where)
        self._names = {layer: layer.name for layer in layers}
        self._was_locked = {layer: layer.locked for layer in layers}
        self._is_off = False
        for layer in self._layers:
            layer.locked = True  # napari does not delete locked layers
        self._connections = [
            *((getattr(layer.events, name), self._put_back) for layer in layers for name in _PLACE),
            *((layer.events.mode, self._leave_moving) for layer in layers),
            *((getattr(layer.events, name), self._keep) for layer in layers for name in ("name", "locked")),
            (viewer.layers.events.reordered, self._keep),
            (viewer.dims.events.ndisplay, self._stay_flat),
            (viewer.canvas.grid.events.enabled, self._leave_grid),
        ]
        for event, callback in self._connections:
            event.connect(callback)
        self.begin(where)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Let the review itself change the layers during the context."""
        before, self._is_off = self._is_off, True
        try:
            yield
        finally:
            self._is_off = before

    def expect(self, where: Mapping[str, Any]) -> None:
        """Take another position and other names as those to which layers are put back."""
        self._where = dict(where)
        self._names = {layer: layer.name for layer in self._layers}

    def begin(self, where: Mapping[str, Any]) -> None:
        """Begin a stack: its layers lie at their position, neither moved nor turned, in one plane and no grid."""
        self.expect(where)
        with self.off():
            for layer in self._layers:
                _put(layer, self._where)
            self._viewer.dims.ndisplay = 2
            self._viewer.canvas.grid.enabled = False

    def close(self) -> None:
        """Let go of the layers."""
        for event, callback in self._connections:
            event.disconnect(callback)
        for layer, was_locked in self._was_locked.items():
            layer.locked = was_locked

    def _put_back(self, _: object = None) -> None:
        if self._is_off:
            return
        with self.off():
            moved = [layer for layer in self._layers if _put(layer, self._where)]
        if moved:
            show_info(NOT_MOVED)

    def _leave_moving(self, _: object = None) -> None:
        """Leave the mode of napari in which a drag moves a layer (key 7, or the button)."""
        moving = [layer for layer in self._layers if layer.mode == "transform"]
        for layer in moving:
            layer.mode = "pan_zoom"
        if moving:
            show_info(NOT_MOVED)

    def _keep(self, _: object = None) -> None:
        """Restore names, lock and order."""
        if self._is_off:
            return
        layers = self._viewer.layers
        with self.off():
            changed = [layer for layer in self._layers if layer.name != self._names[layer] or not layer.locked]
            for layer in changed:
                layer.name, layer.locked = self._names[layer], True
            there = [layer for layer in self._layers if layer in layers]
            places = sorted(layers.index(layer) for layer in there)
            is_sorted = [layers[place] for place in places] == there
            if not is_sorted:
                for place, layer in zip(places, there, strict=True):
                    layers.move(layers.index(layer), place)
        if changed or not is_sorted:
            show_info(NOT_CHANGED)

    def _stay_flat(self, _: object = None) -> None:
        """Leave three dimensions: the outlines are not drawn there, and 300 slices take 13 s with software OpenGL."""
        if self._viewer.dims.ndisplay == 3:
            self._viewer.dims.ndisplay = 2
            show_info(NOT_3D)

    def _leave_grid(self, _: object = None) -> None:
        """Leave the grid of napari, which shows image and outlines side by side."""
        if self._viewer.canvas.grid.enabled and not self._is_off:
            self._viewer.canvas.grid.enabled = False
            show_info(NOT_MOVED)


def _put(layer: Layer, where: Mapping[str, Any]) -> bool:
    """Put a layer to a position, without affine, rotation and shear; False if it was there."""
    own = layer.ndim
    goal = {
        "affine": np.eye(own + 1),
        "rotate": np.eye(own),
        "shear": np.zeros(own * (own - 1) // 2),
        "scale": np.asarray(where["scale"]),
        "translate": np.asarray(where["translate"]),
    }
    changed = [name for name, value in goal.items() if not np.allclose(np.asarray(getattr(layer, name)), value)]
    for name in changed:
        setattr(layer, name, goal[name])
    return bool(changed)
