"""A dashed line round an outline that is offered and not yet kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Vectors
from skimage.measure import find_contours

from napari_calcimeasure._convert import layer_settings

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from calcimeasure import Outline
    from napari_calcimeasure._display import Display

COLOR = "#ffffff"
NAME = "offered"
DASH = 3
"""Number of steps of the line in a dash, and in a gap; a step is a pixel or a little less."""


class OfferedLine:
    """The line of an offer, on its own layer; it is drawn on the acquired slices.

    Parameters
    ----------
    viewer, display
        The viewer, and the position of the image on the screen.
    outline
        What is offered.
    """

    def __init__(self, viewer: ViewerModel, display: Display, outline: Outline) -> None:
        self._viewer, self._display = viewer, display
        active = viewer.layers.selection.active
        layer = Vectors(
            self._vectors(outline),
            name=NAME,
            edge_color=COLOR,
            edge_width=max(0.3, max(display.shape_kji[1:]) / 2000),
            vector_style="line",
            length=1,
            **layer_settings(display),
        )
        layer.editable = False
        self._layer = viewer.add_layer(layer)
        viewer.layers.selection.active = active

    def close(self) -> None:
        """Remove the line."""
        if self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)

    def _vectors(self, outline: Outline) -> NDArray[np.float64]:
        """(n, 2, 3) start and direction of each step of the dashes, in the array that is shown."""
        starts = self._display.to_shown(dashes_kji(outline))
        return np.stack([starts[:, 0], starts[:, 1] - starts[:, 0]], axis=1)


def dashes_kji(outline: Outline) -> NDArray[np.float64]:
    """Draw a dashed line round an outline on each of its slices.

    Returns
    -------
    ndarray
        (n, 2, 3) indexes of both ends of each step.
    """
    steps = []
    k_first, row_first, column_first = outline.start_kji
    for k, mask in enumerate(outline.mask(), k_first):
        for line in find_contours(np.pad(mask, 1).astype(np.float32), 0.5):
            along = np.column_stack([np.full(len(line), k), line + np.array([row_first - 1, column_first - 1])])
            shown = np.arange(len(line) - 1) // DASH % 2 == 0
            steps.append(np.stack([along[:-1][shown], along[1:][shown]], axis=1))
    return np.concatenate(steps)
