"""The earlier date beside the image: its slice at the place that is looked at, and the crosshair in both. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from calcimeasure.review import difference_hu, index_in_current, index_in_prior, place_lps_mm
from napari_calcimeasure._convert import display_of, pixels_kji
from napari_calcimeasure._kinds import kind_of
from napari_calcimeasure._marks import borders, plane_axes
from napari_calcimeasure._palette import color_of, style_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure import Lesion
    from calcimeasure.review import Image, OpenedPrior
    from calcimeasure.store import LesionLink
    from napari_calcimeasure._display import Display
    from napari_calcimeasure._palette import LineStyle
    from napari_calcimeasure._screen import Screen

MORE_RGB, LESS_RGB = (255, 160, 40), (60, 150, 255)
"""Denser, and less dense at the later date: readers who confuse colors tell orange from blue."""

DIFFERENCE_FULL_HU, DIFFERENCE_OPACITY = 400.0, 0.8
"""The difference from which on a color is as opaque as it gets: bone and calcium differ from muscle by more."""

DIFFERENCE_MARGIN_MM = 10.0
"""So far around a lesion the difference is shown."""

Place = tuple[float, float]
"""World coordinates in the plane that is shown: down, right."""


@dataclass(frozen=True, slots=True, eq=False)
class PriorOutline:
    """The outline of a prior lesion on the slice that is shown.

    Parameters
    ----------
    number, color, style
        The lesion, and its line.
    borders
        World coordinates, (n, 2), of each of its parts.
    """

    number: int
    color: str
    style: LineStyle
    borders: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PriorPlane:
    """A slice of the earlier date as it is shown.

    Parameters
    ----------
    gray
        (rows, columns) gray values, 0 to 255.
    origin, spacing
        World place of the middle of the first pixel, and the distance of rows and of columns.
    step, steps
        Which slice of how many, from 0.
    letters
        The directions at the upper, lower, left and right edge.
    outlines
        The lesions on it.
    """

    gray: NDArray[np.uint8]
    origin: Place
    spacing: Place
    step: int
    steps: int
    letters: tuple[str, str, str, str]
    outlines: tuple[PriorOutline, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cross:
    """A place of one date at the other one.

    Parameters
    ----------
    at
        Where it is drawn: down, right.
    off
        Its distance from the slice that is shown, along the direction of view, in the unit of the world.
    is_off
        Whether another slice is nearer to it.
    """

    at: Place
    off: float
    is_off: bool


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """The difference of both dates around a lesion, as it is drawn over the image.

    Parameters
    ----------
    rgba
        (rows, columns, 4): orange where the later date is denser, blue where it is less dense.
    first, last
        World places of the outer corners.
    """

    rgba: NDArray[np.uint8]
    first: Place
    last: Place


class PriorSide:
    """An earlier date with its position on the screen.

    Parameters
    ----------
    opened
        The earlier date.
    """

    def __init__(self, opened: OpenedPrior) -> None:
        self.opened = opened
        self.display: Display = display_of(opened.image)
        self._masks: dict[int, NDArray[Any]] = {}

    def link(self, links: tuple[LesionLink, ...]) -> None:
        """Follow what is linked now."""
        self.opened = replace(self.opened, links=links)

    def images(self, current: Image) -> tuple[Image, Image]:
        """Give both images, the prior one first."""
        return self.opened.image, current

    # Places

    def across(self, screen: Screen, world: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Map a world place of the image under review to the earlier date; None where no motion holds."""
        session = screen.session
        index = session.display.to_index_kji(world)
        motion = self.opened.motions.at(_lps(session.image, index), self._partners(screen))
        if motion is None:
            return None
        return self.display.to_world(index_in_prior(self.images(session.image), motion, index))

    def back(self, screen: Screen, world: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Map a world place of the earlier date to the image under review; None where no motion holds."""
        session = screen.session
        here = _lps(session.image, session.display.to_index_kji(middle_of_view(screen)))
        motion = self.opened.motions.at(here, self._partners(screen))
        if motion is None:
            return None
        index = self.display.to_index_kji(world)
        there = index_in_current(self.images(session.image), motion, index)
        if self.opened.motions.at(_lps(session.image, there), self._partners(screen)) is not motion:
            return None  # the motion of a neighborhood does not reach so far
        return session.display.to_world(there)

    def _partners(self, screen: Screen) -> tuple[str, ...]:
        session = screen.session
        lesion = None if session.selected is None else session.lesion(session.selected)
        return () if lesion is None else self.opened.partners(lesion.tracking_uid)

    def partner_of(self, screen: Screen) -> int | None:
        """Give the prior lesion that the selected one is linked with; None for none."""
        uids = self._partners(screen)
        return next((n for n, one in self.opened.lesions.items() if one.tracking_uid in uids), None)

    def linked_words(self, screen: Screen, *, is_linked: bool) -> str:
        """Say by which motion both images follow each other; else why they do not, and what to do."""
        motions = self.opened.motions
        if not is_linked:
            return motions.words or "Not linked here: no motion of a lesion reaches this place."
        here = screen.session.display.to_index_kji(middle_of_view(screen))
        motion = motions.at(_lps(screen.session.image, here), self._partners(screen))
        if motion is None:
            return ""
        quality = f"bone on bone {100 * motion.bone_share:.0f} %, tissue {motion.similarity:.2f}"
        return f"Linked by the motion of {'a lesion' if motion.is_local else 'the whole body'} ({quality})."

    def is_to_scale(self, screen: Screen) -> bool:
        """Tell whether both images have one unit, so that they can be shown equally large."""
        return self.display.unit == screen.session.display.unit

    def cross(self, world: NDArray[np.float64], axes: tuple[int, int, int], step: int) -> Cross:
        """Draw a world place of the earlier date on one of its slices."""
        across = axes[0]
        shown = step * self.display.scale[across] + self.display.translate[across]
        return cross_at(world, axes, shown, self.display.scale[across])

    # The difference

    def difference(self, screen: Screen) -> Difference | None:
        """Subtract the earlier date around the selected lesion, on the slice that is shown.

        Returns
        -------
        Difference or None
            None without a selected lesion on this slice, or where no motion holds.
        """
        session = screen.session
        outline = None if session.selected is None else session.outline(session.selected)
        if outline is None:
            return None
        display, axes = session.display, plane_axes(screen.viewer)
        ends = display.to_shown(np.array([outline.start_kji, np.array(outline.stop_kji) - 1]))
        motion = self.opened.motions.at(
            _lps(session.image, display.to_index_kji(_world(display, ends.mean(axis=0)))),
            self._partners(screen),
        )
        margin = DIFFERENCE_MARGIN_MM / np.array(display.scale)
        shape = np.array(screen.labels.data.shape)
        low = np.clip(np.floor(ends.min(axis=0) - margin), 0, shape - 1).astype(np.intp)
        high = np.clip(np.ceil(ends.max(axis=0) + margin), 0, shape - 1).astype(np.intp)
        across, down, right = axes
        step = screen.whole_step(across)
        if motion is None or not low[across] <= step <= high[across]:
            return None
        rows, columns = np.arange(low[down], high[down] + 1), np.arange(low[right], high[right] + 1)
        shown = np.zeros((len(rows), len(columns), 3))
        shown[..., across], shown[..., down], shown[..., right] = step, rows[:, None], columns[None, :]
        index = np.rint(display.to_index_kji(_world(display, shown))).astype(np.intp)
        scale, translate = np.array(display.scale), np.array(display.translate)
        first, last = ((low - 0.5) * scale + translate, (high + 0.5) * scale + translate)
        return Difference(
            colored_difference(difference_hu(self.images(session.image), motion, index)),
            (float(first[down]), float(first[right])),
            (float(last[down]), float(last[right])),
        )

    # The slice

    def extent(self, axis: int) -> float:
        """Give the length of the image along an axis."""
        return self._shape[axis] * self.display.scale[axis]

    def step_at(self, world: NDArray[np.float64], axis: int) -> int:
        """Give the slice, across an axis, that is nearest to a world place."""
        step = (world[axis] - self.display.translate[axis]) / self.display.scale[axis]
        return self.kept(round(float(step)), axis)

    def kept(self, step: int, axis: int) -> int:
        """Give the nearest slice that there is."""
        return min(max(step, 0), self._shape[axis] - 1)

    @property
    def _shape(self) -> tuple[int, ...]:
        return tuple(self.display.shape_kji[axis] for axis in self.display.order)

    def world_of(self, step: int, axis: int, place: Place, axes: tuple[int, int]) -> NDArray[np.float64]:
        """Give the world place of a place on a slice."""
        world = np.zeros(3)
        world[axis] = step * self.display.scale[axis] + self.display.translate[axis]
        world[list(axes)] = place
        return world

    def middle(self) -> NDArray[np.float64]:
        """Give the world place of the middle of the image."""
        return self.display.to_world((np.array(self.display.shape_kji) - 1) / 2)

    def middle_of(self, number: int) -> NDArray[np.float64] | None:
        """Give the world place of the middle of a lesion."""
        lesion = self.opened.lesions.get(number)
        if lesion is None:
            return None
        start, stop = np.array(lesion.outline.start_kji), np.array(lesion.outline.stop_kji)
        return self.display.to_world((start + stop - 1) / 2)

    def plane(self, screen: Screen, step: int) -> PriorPlane:
        """Cut the slice out, in the plane and with the gray scale of the image under review."""
        across, down, right = self.axes(screen)
        pixels = np.moveaxis(self.display.shown(pixels_kji(self.opened.image)), (across, down, right), (0, 1, 2))[step]
        limits = self._limits(screen)
        gray = np.clip((pixels.astype(np.float32) - limits[0]) / max(limits[1] - limits[0], 1e-6), 0, 1) * 255
        scale, translate = self.display.scale, self.display.translate
        return PriorPlane(
            gray=np.ascontiguousarray(gray, dtype=np.uint8),
            origin=(translate[down], translate[right]),
            spacing=(scale[down], scale[right]),
            step=step,
            steps=self._shape[across],
            letters=(*self.display.letters(down), *self.display.letters(right)),
            outlines=tuple(
                outline
                for number, lesion in self.opened.lesions.items()
                if (outline := self._outline(number, lesion, (across, down, right), step)) is not None
            ),
        )

    def axes(self, screen: Screen) -> tuple[int, int, int]:
        """Give the world axes across, down and right; a radiograph has only one plane."""
        return (0, 1, 2) if self.display.shape_kji[0] == 1 else plane_axes(screen.viewer)

    def _limits(self, screen: Screen) -> tuple[float, float]:
        kind = kind_of(self.opened.image)
        if kind.keeps_limits:
            low, high = screen.image.contrast_limits
            return float(low), float(high)
        return kind.limits(self.opened.image)

    def _outline(self, number: int, lesion: Lesion, axes: tuple[int, int, int], step: int) -> PriorOutline | None:
        across, down, right = axes
        first = self.display.to_shown(lesion.outline.start_kji)
        last = self.display.to_shown(np.array(lesion.outline.stop_kji) - 1)
        start = np.minimum(first, last).astype(int)
        if not start[across] <= step <= max(first[across], last[across]):
            return None
        if number not in self._masks:
            self._masks[number] = _turned(lesion, self.display)
        mask = np.moveaxis(self._masks[number], axes, (0, 1, 2))[step - start[across]]
        scale = np.array([self.display.scale[down], self.display.scale[right]])
        origin = np.array([self.display.translate[down], self.display.translate[right]])
        lines = tuple((border + start[[down, right]]) * scale + origin for _, border in borders(mask.astype(np.uint16)))
        return PriorOutline(number, color_of(lesion), style_of(lesion), lines) if lines else None

    def number_at(self, screen: Screen, step: int, place: Place) -> int | None:
        """Give the lesion at a place of a slice, the smallest one first; None for none."""
        across, down, right = self.axes(screen)
        index = np.rint(self.display.to_index_kji(self.world_of(step, across, place, (down, right)))).astype(int)
        hit = [
            (lesion.outline.voxel_count, number)
            for number, lesion in self.opened.lesions.items()
            if lesion.outline.mask_in(index.tolist(), (index + 1).tolist()).any()
        ]
        return min(hit)[1] if hit else None


def colored_difference(hu: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Color (rows, columns) differences: orange for more, blue for less, both the more opaque the larger they are."""
    rgba = np.zeros((*hu.shape, 4), dtype=np.uint8)
    share = np.clip(np.nan_to_num(np.abs(hu)) / DIFFERENCE_FULL_HU, 0, 1)
    rgba[..., :3] = np.where((hu > 0)[..., None], MORE_RGB, LESS_RGB)
    rgba[..., 3] = np.rint(share * DIFFERENCE_OPACITY * 255)
    return rgba


def look_at(screen: Screen, world: NDArray[np.float64]) -> None:
    """Look at a world place of the image under review: its slice, in the middle of the canvas."""
    dims = screen.viewer.dims
    own = range(dims.ndim - 3, dims.ndim)
    ranges = [dims.range[axis] for axis in own]
    steps = [round((at - one.start) / one.step) for at, one in zip(world.tolist(), ranges, strict=True)]
    dims.set_current_step(own, steps)
    _, down, right = plane_axes(screen.viewer)
    screen.viewer.scene.camera.center = (0.0, float(world[down]), float(world[right]))


def middle_of_view(screen: Screen) -> NDArray[np.float64]:
    """Give the world place in the middle of the canvas, on the slice that is shown."""
    height, width = screen.viewer.canvas.size
    return screen.world_at(width / 2, height / 2)


def cross_at(world: NDArray[np.float64], axes: tuple[int, int, int], shown: float, spacing: float) -> Cross:
    """Draw a world place on a slice.

    Parameters
    ----------
    world
        The place.
    axes
        The axes across, down and right.
    shown
        World coordinate of the slice across.
    spacing
        Distance of slices.
    """
    across, down, right = axes
    off = float(world[across] - shown)
    return Cross((float(world[down]), float(world[right])), off, abs(off) > spacing / 2 + 1e-6)


def _turned(lesion: Lesion, display: Display) -> NDArray[Any]:
    """View the mask of a lesion with the axes of the screen."""
    steps = tuple(slice(None, None, -1) if turned else slice(None) for turned in display.turned)
    return lesion.outline.mask().transpose(display.order)[steps]


def _world(display: Display, shown: NDArray[np.float64]) -> NDArray[np.float64]:
    world: NDArray[np.float64] = shown * np.array(display.scale) + np.array(display.translate)
    return world


def _lps(image: Image, index_kji: NDArray[np.float64]) -> NDArray[np.float64]:
    place = place_lps_mm(image, index_kji)
    return np.full(3, np.inf) if place is None else place
