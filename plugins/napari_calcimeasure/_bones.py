"""Components judged to be bone: found again on demand, and made a mass if a reader says so.

The store does not contain bone, because most dense voxels of a body are bone. The same judgement finds the bone again,
in the background. Bone is drawn on its own layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from calcimeasure.review import Tissue
from napari_calcimeasure._convert import layer_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel

    from calcimeasure import Proposals
    from napari_calcimeasure._session import ShownSession

BONE_COLOR, CHOSEN_COLOR = "#6fb1ff", "#ffffff"


class Bones:
    """The layer of pieces of bone.

    Parameters
    ----------
    viewer, session
        The viewer, and the session of the stack.
    proposals
        The dense components of the stack.
    """

    def __init__(self, viewer: ViewerModel, session: ShownSession, proposals: Proposals) -> None:
        self._viewer, self._session = viewer, session
        self._parts = [part for part in proposals.parts if part.tissue is Tissue.BONE]
        self._layer: Labels | None = None
        self.count = len(self._parts)
        self.chosen: int | None = None

    def show(self, shows: bool) -> None:
        """Show or hide bone."""
        self.chosen = None
        if shows:
            self._draw()
        else:
            self.close()

    def _draw(self) -> None:
        session, viewer = self._session, self._viewer
        labels = np.zeros(session.display.shape_kji, dtype=np.uint16)
        for number, part in enumerate(self._parts, start=1):
            labels[part.outline.box][part.outline.mask()] = number
        active = viewer.layers.selection.active
        self.close()
        layer = Labels(session.display.shown(labels), name="bone", opacity=0.7, **layer_settings(session.display))
        layer.editable, layer.locked = False, True
        layer.contour = 1
        self._layer = viewer.add_layer(layer)
        self._color()
        viewer.layers.move(viewer.layers.index(layer), 1)
        viewer.layers.selection.active = active

    def _color(self) -> None:
        if self._layer is not None:
            colors: dict[int | None, str] = {None: BONE_COLOR, 0: "transparent"}
            if self.chosen is not None:
                colors[self.chosen] = CHOSEN_COLOR
            self._layer.colormap = DirectLabelColormap(color_dict=colors)

    def choose(self, world: Sequence[float]) -> bool:
        """Select the piece of bone at a world position; False if there is none."""
        value = None if self._layer is None else self._layer.get_value(world, world=True)
        self.chosen = int(value) if value else None
        self._color()
        return self.chosen is not None

    def leave(self) -> None:
        """Select no piece of bone."""
        if self.chosen is not None:
            self.chosen = None
            self._color()

    def take_over(self) -> int | None:
        """Make a mass of the selected piece of bone; return its number."""
        if self.chosen is None:
            return None
        part = self._parts[self.chosen - 1]
        self.chosen = None
        self._color()
        return self._session.add(part)

    def close(self) -> None:
        """Remove the layer."""
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
