"""The line that a reader draws from one click to the next: along a known length, or between two parts of a lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Shapes

from napari_calcimeasure._convert import layer_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from calcimeasure.review import PointPx
    from napari_calcimeasure._display import Display

COLOR = "#ffd27f"
DECIMALS = 9
"""Indexes are rounded to this many decimals: napari does not draw a line that is a rounding error off its slice."""


class Ruler:
    """A line on its own layer.

    Parameters
    ----------
    viewer
        The viewer.
    display
        The position of the image on the screen.
    start
        World position of the first end of the line.
    name
        The name of the layer.
    """

    def __init__(self, viewer: ViewerModel, display: Display, start: Sequence[float], name: str) -> None:
        self._viewer, self._display = viewer, display
        self._first = self._last = self._index(start)
        active = viewer.layers.selection.active
        layer = Shapes(
            [self._line()],
            shape_type="line",
            edge_color=COLOR,
            edge_width=max(0.7, max(display.shape_kji[1:]) / 1200),
            name=name,
            **layer_settings(display),
        )
        layer.editable, layer.locked = False, True
        self._layer = viewer.add_layer(layer)
        viewer.layers.selection.active = active

    def follow(self, world: Sequence[float]) -> None:
        """Move the second end of the line."""
        self._last = self._index(world)
        self._layer.data = [self._line()]

    @property
    def ends_px(self) -> tuple[PointPx, PointPx]:
        """Row and column of both ends."""
        return (self._first[1], self._first[2]), (self._last[1], self._last[2])

    @property
    def ends_world(self) -> tuple[Sequence[float], Sequence[float]]:
        """World positions of both ends."""
        first, last = self._display.to_world([self._first, self._last]).tolist()
        return first, last

    def close(self) -> None:
        """Remove the line."""
        if self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)

    def _index(self, world: Sequence[float]) -> tuple[float, float, float]:
        k, row, column = np.round(self._display.to_index_kji(world[-3:]), DECIMALS).tolist()
        return (k, row, column)

    def _line(self) -> NDArray[np.float64]:
        return self._display.to_shown([self._first, self._last])
