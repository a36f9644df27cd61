"""What is drawn over the image in lines of one screen pixel: outlines, names of axes, crosshair, caliper. No Qt.

napari draws outlines in whole voxels: they would hide the edge that a reader judges. Here an outline is a line along
the border of its voxels, in world coordinates of the plane that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

from napari_calcimeasure._palette import LONG_AXIS_COLOR, SHORT_AXIS_COLOR, LineStyle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from calcimeasure import Lesion, Outline
    from napari_calcimeasure._screen import Screen


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line over the image.

    Parameters
    ----------
    points
        (n, 2) world coordinates in the plane that is shown: down, right.
    color
        The color, "#rrggbb".
    style
        How the line is drawn.
    """

    points: NDArray[np.float64]
    color: str
    style: LineStyle = LineStyle.SOLID


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """Words in a dark box beside a place on the image.

    Parameters
    ----------
    at
        World coordinates in the plane that is shown: down, right.
    words, color
        What is written, and its color.
    away
        The direction (down, right) from the place in which the words stand.
    """

    at: tuple[float, float]
    words: str
    color: str
    away: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Everything that is drawn over the image."""

    lines: tuple[Line, ...] = ()
    names: tuple[Name, ...] = ()


def marks_of(screen: Screen, style: Callable[[Lesion | None], tuple[str, LineStyle]]) -> Marks:
    """Draw the outlines on the plane that is shown, and the names of the axes of the selected lesion.

    Parameters
    ----------
    screen
        The screen.
    style
        Gives color and line of a lesion; None for one that is not measured yet.
    """
    if not screen.labels.visible or screen.viewer.dims.ndisplay != 2:
        return Marks()
    session = screen.session
    lines = []
    for number, points in outlines_in_plane(screen):
        color, line = style(session.lesion(number))
        lines.append(Line(points, color, line))
    axes = tuple(axes_in_plane(screen))
    return Marks((*lines, *(line for line, _ in axes)), tuple(name for _, name in axes))


def outlines_in_plane(screen: Screen) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Give the borders of all lesions on the plane that is shown, as far as they are in view."""
    viewer, display = screen.viewer, screen.session.display
    across, down, right = plane_axes(viewer)
    place = screen.whole_step(across)
    plane = np.moveaxis(screen.labels.data, (across, down, right), (0, 1, 2))[place]
    start, stop = _in_view(screen, down, right)
    part = plane[start[0] : stop[0], start[1] : stop[1]]
    scale = np.array([display.scale[down], display.scale[right]])
    origin = np.array([display.translate[down], display.translate[right]])
    for number, border in borders(part):
        yield number, (border + start) * scale + origin


def outline_in_plane(screen: Screen, outline: Outline) -> Iterator[NDArray[np.float64]]:
    """Give the borders of an outline that is on no layer, on the plane that is shown; none beside the outline."""
    display = screen.session.display
    axes = plane_axes(screen.viewer)
    shown = np.moveaxis(display.shown(outline.mask()), axes, (0, 1, 2))
    ends = display.to_shown(np.array([outline.start_kji, np.array(outline.stop_kji) - 1]))
    across, *flat = ends.min(axis=0).astype(int)[list(axes)].tolist()
    place = screen.whole_step(axes[0]) - across
    if 0 <= place < len(shown):
        scale, origin = (np.array(of_axes)[list(axes[1:])] for of_axes in (display.scale, display.translate))
        for _, border in borders(shown[place].astype(np.uint16)):
            yield (border + flat) * scale + origin


def borders(labels: NDArray[np.uint16]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Give (n, 2) indexes along the border of each label of a plane; one of several parts has several borders."""
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if box is None:
            continue
        mask = np.pad(labels[box] == number, 1)
        corner = np.array([box[0].start - 1, box[1].start - 1])
        for contour in find_contours(mask.astype(np.float32), 0.5):
            yield number, contour + corner


def plane_axes(viewer: ViewerModel) -> tuple[int, int, int]:
    """Give the axis of the stack as shown that is looked along, and those that point down and right on the screen."""
    across, down, right = (axis - viewer.dims.ndim + 3 for axis in viewer.dims.order[-3:])
    return across, down, right


def _in_view(screen: Screen, down: int, right: int) -> tuple[Sequence[int], Sequence[int]]:
    """Give the first and last index, down and right, of what is in view, with a margin of one."""
    viewer, display = screen.viewer, screen.session.display
    center = np.array(viewer.scene.camera.center[1:])
    half = np.array(viewer.canvas.size) / 2 / viewer.scene.camera.zoom
    scale = np.array([display.scale[down], display.scale[right]])
    origin = np.array([display.translate[down], display.translate[right]])
    ends = np.sort((np.array([center - half, center + half]) - origin) / scale, axis=0)
    shape = np.array([screen.labels.data.shape[axis] for axis in (down, right)])
    start = np.clip(np.floor(ends[0]) - 1, 0, shape).astype(int)
    stop = np.clip(np.ceil(ends[1]) + 2, 0, shape).astype(int)
    return start.tolist(), stop.tolist()


def axes_in_plane(screen: Screen) -> Iterator[tuple[Line, Name]]:
    """Draw the axes of the selected lesion with their lengths at their ends, where their slice is shown."""
    ends = screen.axis_ends
    if ends is None:
        return
    across, down, right = plane_axes(screen.viewer)
    for (first, last), words, color in zip(*ends, (LONG_AXIS_COLOR, SHORT_AXIS_COLOR), strict=True):
        if abs(first[across] - screen.step(across)) > 0.5:
            continue
        world = np.array([first, last]) * screen.session.display.scale + screen.session.display.translate
        flat = world[:, [down, right]]
        tail, head = flat if flat[0, 1] <= flat[1, 1] else flat[::-1]
        away = head - tail
        length = float(np.hypot(*away)) or 1.0
        name = Name((float(head[0]), float(head[1])), words, color, (away[0] / length, away[1] / length))
        yield Line(flat, color), name
