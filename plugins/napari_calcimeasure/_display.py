"""The position of an image on the screen: its axes are exchanged and reversed; no voxel is moved. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from calcimeasure import Volume
    from calcimeasure.review import Radiograph

IPL_OF_LPS = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Rows: the directions of the world's axes in LPS."""

OBLIQUE_COSINE = 0.26
"""Cosine from which a second letter names a direction: an obliquity of 15 degrees."""

Voxel = TypeVar("Voxel", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Display:
    """The position of an image on the screen.

    Parameters
    ----------
    order
        For each world axis the most parallel axis of the stack (0 slices, 1 rows, 2 columns).
    turned
        For each world axis whether the index decreases along the world axis.
    shape_kji
        The shape of the stack.
    scale
        Distance between neighboring voxels along each world axis; 1 for a radiograph without millimeters.
    translate
        World position of the first voxel shown.
    directions_lps
        For each world axis the true direction in the patient that is shown along it; None if not known.
    unit
        The unit of scale and translate.
    """

    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]
    shape_kji: tuple[int, int, int]
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]
    directions_lps: tuple[tuple[float, float, float] | None, ...]
    unit: str

    @property
    def slice_axis(self) -> int:
        """The world axis across the acquired slices."""
        return self.order.index(0)

    def shown(self, array: NDArray[Voxel]) -> NDArray[Voxel]:
        """View a (k, j, i) array as it is shown; writing into the view writes into the array."""
        steps = tuple(slice(None, None, -1) if turned else slice(None) for turned in self.turned)
        return array.transpose(self.order)[steps]

    def to_shown(self, index_kji: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) indexes of the stack to those of the array that is shown."""
        index = np.asarray(index_kji, dtype=np.float64)[..., list(self.order)]
        last = np.array(self.shape_kji)[list(self.order)] - 1
        return np.where(self.turned, last - index, index)

    def to_world(self, index_kji: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) indexes of the stack to world positions."""
        world: NDArray[np.float64] = self.to_shown(index_kji) * self.scale + np.array(self.translate)
        return world

    def to_index_kji(self, world: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) world positions to indexes of the stack, the inverse of `to_world`."""
        index = (np.asarray(world, dtype=np.float64) - self.translate) / self.scale
        last = np.array(self.shape_kji)[list(self.order)] - 1
        turned_back: NDArray[np.float64] = np.where(self.turned, last - index, index)
        return turned_back[..., np.argsort(self.order)]

    def letters(self, axis: int) -> tuple[str, str]:
        """Name the directions at the beginning and at the end of a world axis: R, L, A, P, S, I; empty if unknown."""
        direction = self.directions_lps[axis]
        if direction is None:
            return ("", "")
        return _letters([-one for one in direction]), _letters(direction)

    def name_of(self, direction: ArrayLike) -> str:
        """Name a direction of the world by the letters of the patient; empty if one of its axes is not known."""
        if any(one is None for one in self.directions_lps):
            return ""
        known = [one for one in self.directions_lps if one is not None]
        return _letters((np.asarray(direction, dtype=np.float64) @ np.array(known)).tolist())


def display_of_volume(volume: Volume) -> Display:
    """Show a stack with each of its axes along the most parallel world axis."""
    geometry = volume.geometry
    across = geometry.origins_lps_mm[-1] - geometry.origins_lps_mm[0]
    if not np.any(across):
        across = geometry.normal
    # The step from voxel to voxel along each axis of the stack; for tilted slices this is not the normal.
    ways = np.stack([across / np.linalg.norm(across), geometry.column_direction, geometry.row_direction])
    cosines = IPL_OF_LPS @ ways.T
    down, back, left = max(
        permutations(range(3)), key=lambda one: sum(abs(cosines[axis, one[axis]]) for axis in range(3))
    )
    order = (down, back, left)
    turned = [bool(cosines[axis, order[axis]] < 0) for axis in range(3)]
    spacing_kji_mm = geometry.spacing_kji_mm
    scale = [spacing_kji_mm[axis] for axis in order]
    first = [n - 1 if is_turned else 0 for n, is_turned in zip(np.take(geometry.shape_kji, order), turned, strict=True)]
    corner_kji = np.take(first, np.argsort(order))
    directions = [ways[order[axis]] * (-1 if turned[axis] else 1) for axis in range(3)]
    return Display(
        order=order,
        turned=(turned[0], turned[1], turned[2]),
        shape_kji=geometry.shape_kji,
        scale=(scale[0], scale[1], scale[2]),
        translate=triple(IPL_OF_LPS @ geometry.to_lps_mm(corner_kji)),
        directions_lps=tuple(triple(direction) for direction in directions),
        unit="mm",
    )


_ORIENTATION_LPS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "H": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, -1.0),
}
"""Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1; its first letter is the main direction."""


def display_of_radiograph(radiograph: Radiograph) -> Display:
    """Show a radiograph as stored, with an axis reversed if by its header left or head lie on the other side."""
    rows, columns = radiograph.pixels.shape
    along_row, along_column = _directions_said(radiograph)
    turned = (False, along_column is not None and along_column[2] > 0, along_row is not None and along_row[0] < 0)
    spacing = radiograph.spacing_mm
    scale = (1.0, *spacing) if spacing else (1.0, radiograph.pixel_aspect, 1.0)

    def shown(direction: tuple[float, float, float] | None, is_turned: bool) -> tuple[float, float, float] | None:
        if direction is None or not is_turned:
            return direction
        x, y, z = direction
        return (-x, -y, -z)

    return Display(
        order=(0, 1, 2),
        turned=turned,
        shape_kji=(1, rows, columns),
        scale=scale,
        translate=(0.0, 0.0, 0.0),
        directions_lps=(None, shown(along_column, turned[1]), shown(along_row, turned[2])),
        unit="mm" if spacing else "pixel",
    )


def _directions_said(radiograph: Radiograph) -> list[tuple[float, float, float] | None]:
    """Read the directions of rows and columns; None if Patient Orientation is not a pair of different directions."""
    projection = radiograph.stack.projection
    said = [one.strip().upper() for one in projection.patient_orientation] if projection else []
    if any(set(one) - set(_ORIENTATION_LPS) for one in said):
        return [None, None]
    main = [_ORIENTATION_LPS[one[0]] for one in said if one]
    if len(said) != 2 or len(main) != 2 or not np.any(np.cross(main[0], main[1])):
        return [None, None]
    return [*main]


def _letters(direction: Sequence[float]) -> str:
    """Name a direction by the letters of its components, the largest first."""
    named = [(value, pair[value > 0]) for value, pair in zip(direction, ("RL", "AP", "IS"), strict=True)]
    named.sort(key=lambda one: -abs(one[0]))
    return "".join(letter for value, letter in named if abs(value) > OBLIQUE_COSINE)


def triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Convert an array to a point or a direction."""
    first, second, third = values.tolist()
    return (first, second, third)
