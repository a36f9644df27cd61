"""Images that share a grid, collected one by one from headers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from calcimeasure.load.planes import Planes

if TYPE_CHECKING:
    from datetime import datetime

    from calcimeasure.load.header import GridKey
    from calcimeasure.load.reading import ReadImage
    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings


SeriesKey = tuple[str, ...]
"""Made by `calcimeasure.load.header.series_key`."""


@dataclass(slots=True)
class Grid:
    """Images that share a grid, and the facts of the series from the first of them.

    Parameters
    ----------
    key, plane_number
        What the images share; equal planes of a series have one number.
    images
        The images, copies of one image among them.
    first, facts
        The image with the lowest instance number, and what its header says.
    notices
        What there is to say of the images.
    begun, ended
        When the first and the last of the images were taken; None if no header says it.
    """

    key: GridKey
    plane_number: int
    images: list[Instance]
    first: Instance
    facts: Stack
    notices: set[str]
    begun: datetime | None = None
    ended: datetime | None = None

    def add(self, other: Grid) -> None:
        """Take the images of another grid into this one."""
        self.images += other.images
        self.notices |= other.notices
        self.begun, self.ended = _earliest(self.begun, other.begun), _latest(self.ended, other.ended)
        if acquisition_order(other.first) < acquisition_order(self.first):
            self.first, self.facts = other.first, other.facts


@dataclass(slots=True)
class SeriesGrids:
    """The grids of one series, while they are collected."""

    planes: Planes
    grids: dict[tuple[GridKey, int], Grid] = field(default_factory=dict)

    def add(self, read: ReadImage) -> None:
        """Add an image to the grid that it lies on, or begin a new grid."""
        key, plane_number = read.grid_key, self.planes.number_of(read.plane)
        image, taken = read.image, read.taken
        grid = self.grids.get((key, plane_number))
        if grid is None:
            self.grids[key, plane_number] = Grid(
                key, plane_number, [image], image, read.facts(), set(read.notices), begun=taken, ended=taken
            )
            return
        grid.images.append(image)
        grid.notices.update(read.notices)
        grid.begun, grid.ended = _earliest(grid.begun, taken), _latest(grid.ended, taken)
        if acquisition_order(image) < acquisition_order(grid.first):
            grid.first, grid.facts = image, read.facts()


def series_grids(settings: Settings) -> SeriesGrids:
    """Begin to collect the grids of a series."""
    return SeriesGrids(Planes(settings))


def merged(grids: list[Grid]) -> Grid:
    """Make one grid of several."""
    first, *others = sorted(grids, key=lambda grid: acquisition_order(grid.first))
    whole = replace(first, images=list(first.images), notices=set(first.notices))
    for other in others:
        whole.add(other)
    return whole


def acquisition_order(image: Instance) -> tuple[float, str, ByPath]:
    """Give what images are ordered by before their positions are known: instance number, then UID, then path."""
    number = math.inf if image.instance_number is None else image.instance_number
    return (number, image.sop_uid, ByPath(image))


class ByPath:
    """Orders images by their relative paths, which are made only where number and UID do not tell two images apart.

    To make them takes as long as all else that is done here with an image.

    Parameters
    ----------
    image
        An image.
    """

    __slots__ = ("_image",)

    def __init__(self, image: Instance) -> None:
        self._image = image

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByPath) and self._path() == other._path()

    def __lt__(self, other: ByPath) -> bool:
        return self._path() < other._path()

    def __hash__(self) -> int:
        return hash(self._path())

    def _path(self) -> str:
        return str(self._image.relative_path)


def distinct(images: list[Instance]) -> list[Instance]:
    """Give each image once, with the other files that say to be it: their pixels tell whether they are copies."""
    same: dict[tuple[object, ...], list[Instance]] = {}
    for one in reversed(images):
        same.setdefault(_identity(one), []).append(one)
    return [replace(first, copies=tuple(others)) if others else first for *others, first in same.values()]


def _identity(image: Instance) -> tuple[object, ...]:
    """Name what copies of one image have in common. Images that share only their UID are two images."""
    return (
        image.sop_uid or (image.path, image.member),
        image.frame_index,
        image.instance_number,
        image.split_keys,
        image.position_lps_mm,
        image.rescale_slope,
        image.rescale_intercept,
    )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((time for time in (one, other) if time is not None), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((time for time in (one, other) if time is not None), default=None)
