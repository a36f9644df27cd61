"""The two other planes through the point that a reader looks at: what is shown beside the image. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_calcimeasure._marks import borders, plane_axes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_calcimeasure._screen import Screen


Cut = TypeVar("Cut")
Voxel = TypeVar("Voxel", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One plane of a stack, as it is shown.

    Parameters
    ----------
    gray
        (rows, columns) gray values, 0 to 255.
    spacing
        Distance between rows and between columns.
    cross
        The place (row, column) of the point.
    letters
        The directions at the upper, lower, left and right edge.
    outlines
        Number of each lesion, and (n, 2) indexes of its border.
    """

    gray: NDArray[np.uint8]
    spacing: tuple[float, float]
    cross: tuple[float, float]
    letters: tuple[str, str, str, str]
    outlines: tuple[tuple[int, NDArray[np.float64]], ...]


def other_axes(screen: Screen) -> tuple[int, int]:
    """Give the axes across the two planes that the canvas does not show."""
    across, *_ = plane_axes(screen.viewer)
    first, second = (axis for axis in range(3) if axis != across)
    return first, second


class Cuts:
    """Parts of planes that were cut last, by the axis across them.

    While a reader goes from slice to slice, both planes stay where they are: only the crosshair moves.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], tuple[object, Any]] = {}

    def cut(self, what: str, axis: int, at: object, make: Callable[[], Cut]) -> Cut:
        """Make what is named for the plane across an axis; it is not made twice for the same place and view."""
        kept = self._kept.get((what, axis))
        if kept is None or kept[0] != at:
            kept = self._kept[what, axis] = (at, make())
        made: Cut = kept[1]
        return made

    def forget(self, what: str | None = None) -> None:
        """Forget the parts that are named, because they changed; for None, everything."""
        self._kept = {} if what is None else {key: kept for key, kept in self._kept.items() if key[0] != what}


def plane_across(screen: Screen, axis: int, cuts: Cuts) -> Plane:
    """Cut a stack across an axis of the world, through the point that is looked at.

    Parameters
    ----------
    screen, axis
        The screen, and the axis.
    cuts
        The planes of this stack that were cut before.
    """
    display = screen.session.display
    down, right = (one for one in range(3) if one != axis)
    place = screen.whole_step(axis)
    limits = tuple(screen.image.contrast_limits)
    return Plane(
        gray=cuts.cut("gray", axis, (place, limits), lambda: _gray(cut_across(screen.image.data, axis, place), limits)),
        spacing=(display.scale[down], display.scale[right]),
        cross=(screen.step(down), screen.step(right)),
        letters=(*display.letters(down), *display.letters(right)),
        outlines=cuts.cut("outlines", axis, place, lambda: tuple(borders(cut_across(screen.labels.data, axis, place)))),
    )


def cut_across(data: NDArray[Voxel], axis: int, place: int) -> NDArray[Voxel]:
    """Cut an array across an axis. `take` of NumPy would copy the whole stack, whose axes are reversed, each time."""
    return np.ascontiguousarray(data[(slice(None),) * axis + (place,)])


def _gray(pixels: NDArray[Any], limits: tuple[float, ...]) -> NDArray[np.uint8]:
    low, high = limits
    gray: NDArray[np.float32] = np.clip((pixels.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1) * 255
    return gray.astype(np.uint8)


def paint(screen: Screen, axis: int, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Paint or erase with the brush along a line of the plane across an axis.

    The brush is a disk of the diameter that it has on the canvas. As on the canvas, it paints over no other lesion and
    erases nothing of one.

    Parameters
    ----------
    axis
        The axis of the stack, as it is shown, across the plane.
    begin, end
        (row, column) indexes of both ends of the line.
    """
    display, labels = screen.session.display, screen.labels
    down, right = (one for one in range(3) if one != axis)
    _, *on_canvas = plane_axes(screen.viewer)
    radius = labels.brush_size / 2 * min(display.scale[one] for one in on_canvas)
    scale = np.array([display.scale[down], display.scale[right]])
    rows, columns = np.ogrid[: labels.data.shape[down], : labels.data.shape[right]]
    first, last = np.array(begin) * scale, np.array(end) * scale
    away_y, away_x = rows * scale[0] - first[0], columns * scale[1] - first[1]
    line = last - first
    along = np.clip((away_y * line[0] + away_x * line[1]) / max(float(line @ line), 1e-12), 0, 1)
    is_under = (away_y - along * line[0]) ** 2 + (away_x - along * line[1]) ** 2 <= radius**2
    erases = labels.mode == "erase"
    was = labels.selected_label if erases else 0
    if labels.preserve_labels:
        is_under &= cut_across(labels.data, axis, screen.whole_step(axis)) == was
    at: list[NDArray[np.intp]] = list(np.nonzero(is_under))
    at.insert(axis, np.full_like(at[0], screen.whole_step(axis)))
    labels.data_setitem(tuple(at), 0 if erases else labels.selected_label)


def go_to(screen: Screen, axis: int, row: float, column: float) -> None:
    """Look at a place of the plane across an axis: the other planes follow."""
    down, right = (one for one in range(3) if one != axis)
    shape = screen.labels.data.shape
    steps = [round(min(max(at, 0), shape[one] - 1)) for one, at in ((down, row), (right, column))]
    ndim = screen.viewer.dims.ndim
    screen.viewer.dims.set_current_step([ndim - 3 + down, ndim - 3 + right], steps)
