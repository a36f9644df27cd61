"""Positions of mask voxels on the grid of a stack, and the array into which masks are painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.records import ImageGrid, MaskError, MaskFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Stack


def range_in_words(low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    """Write the lower and upper indexes of a box in words, axis by axis."""
    return " x ".join(f"{a:.1f} to {b:.1f}" for a, b in zip(low, high, strict=True))


def grid_of(file: MaskFile) -> ImageGrid:
    """Give the grid of an image file."""
    if file.grid is None:
        raise ValueError("An image file has a grid.")
    return file.grid


def extent_in_mask(
    grid: ImageGrid, geometry: Geometry
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the box of the stack's voxel centers, and the size of a voxel of the stack, in indexes of the mask."""
    slices, rows, columns = geometry.shape_kji
    corners = np.array([(k, j, i) for k in range(slices) for j in (0, rows - 1) for i in (0, columns - 1)])
    to_index = np.linalg.inv(np.array(grid.affine_lps))[:3]
    index = geometry.to_lps_mm(corners) @ to_index[:, :3].T + to_index[:, 3]
    step_mm = geometry.slice_spacing_mm or 0.0
    steps = np.array(
        [
            geometry.normal * step_mm,
            geometry.column_direction * geometry.row_spacing_mm,
            geometry.row_direction * geometry.column_spacing_mm,
        ]
    )
    voxel = np.abs(steps @ to_index[:, :3].T).max(axis=0)
    return index.min(axis=0), index.max(axis=0), voxel


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Position of an array whose elements are voxels of the stack: start_kji + index * sign along each of its axes."""

    start_kji: NDArray[np.intp]
    axes: tuple[int, ...]
    signs: tuple[int, ...]


def find_lattice(
    origin_lps_mm: NDArray[np.float64], steps_lps_mm: NDArray[np.float64], counts: Sequence[int], geometry: Geometry
) -> Lattice | None:
    """Find the voxels of the stack that coincide with the elements of an array; None if an element has no such voxel.

    An array with two axes lies in a slice. Along each axis every element is checked, because slices may be unevenly
    spaced.
    """
    sides_mm = (geometry.row_spacing_mm, geometry.column_spacing_mm, *geometry.slice_steps_mm)
    tolerance_mm = min(LOAD.grid_tolerance_mm, LOAD.grid_tolerance_voxels * min(sides_mm))
    start = np.rint(geometry.to_index_kji(origin_lps_mm)).astype(np.intp)
    axes: list[int | None] = []
    signs: list[int] = []
    for step, count in zip(steps_lps_mm, counts, strict=True):
        steps = _steps_kji(origin_lps_mm + np.arange(count)[:, None] * step, geometry, tolerance_mm)
        if steps is None:
            return None
        axes.append(int(np.argmax(np.abs(steps[0]))) if count > 1 else None)
        signs.append(int(steps[0].sum()) if count > 1 else 1)
    filled = _filled(axes)
    return None if filled is None else Lattice(start, filled, tuple(signs))


def _steps_kji(points_lps_mm: NDArray[np.float64], geometry: Geometry, tolerance_mm: float) -> NDArray[Any] | None:
    """Give the index steps between points if all of them are adjacent voxels along one axis; else None."""
    index = np.rint(geometry.to_index_kji(points_lps_mm))
    if np.max(np.linalg.norm(geometry.to_lps_mm(index) - points_lps_mm, axis=1)) > tolerance_mm:
        return None
    steps = np.diff(index, axis=0)
    if len(steps) and (np.abs(steps[0]).sum() != 1 or np.any(steps != steps[0])):
        return None
    return steps


def _filled(axes: Sequence[int | None]) -> tuple[int, ...] | None:
    """Assign the free axes to axes with only one element, which have no direction; None if two axes are the same."""
    free = [axis for axis in range(3 - len(axes), 3) if axis not in axes]
    filled = tuple(free.pop(0) if axis is None and free else axis for axis in axes)
    if None in filled or len(set(filled)) != len(filled) or (len(filled) == 2 and 0 in filled):
        return None
    return cast("tuple[int, ...]", filled)


def image_lattice(grid: ImageGrid, geometry: Geometry, *, whole: bool) -> Lattice | None:
    """Give the place of an image file on the voxels of a stack; None if it has another grid.

    Parameters
    ----------
    grid, geometry
        The image file, and the stack.
    whole
        Whether the file must have every voxel of the stack and no other; else a crop counts too.
    """
    lattice = find_lattice(grid.origin_lps_mm, grid.steps_lps_mm, grid.shape, geometry)
    if lattice is None or not whole:
        return lattice
    for count, axis, sign in zip(grid.shape, lattice.axes, lattice.signs, strict=True):
        if count != geometry.shape_kji[axis] or lattice.start_kji[axis] != (0 if sign > 0 else count - 1):
            return None
    return lattice


def on_lattice(
    lattice: Lattice, counts: Sequence[int], labels: NDArray[Any]
) -> tuple[NDArray[Any], tuple[slice, ...]] | None:
    """Give the voxels of a stack on which an array lies.

    Parameters
    ----------
    lattice, counts
        The place of the array, and its shape: three axes, or two for an array in one slice.
    labels
        (k, j, i) voxels of the stack.

    Returns
    -------
    part : ndarray
        A view of `labels` with the axes and the directions of the array.
    inside : tuple of slice
        The elements of the array that lie on it. None if no element lies in the stack.
    """
    start = [int(index) for index in lattice.start_kji]
    if len(counts) == 2:
        if not 0 <= start[0] < labels.shape[0]:
            return None
        labels, first = labels[start[0]], 1
    else:
        first = 0
    view = labels.transpose([axis - first for axis in lattice.axes])
    here: list[slice] = []
    inside: list[slice] = []
    for axis, sign, count, side in zip(lattice.axes, lattice.signs, counts, view.shape, strict=True):
        # Element n of the array is voxel begin + sign * n. These are the first and the last n inside the stack.
        begin = start[axis]
        low, high = (-begin, side - 1 - begin) if sign > 0 else (begin - side + 1, begin)
        low, high = max(0, low), min(count - 1, high)
        if low > high:
            return None
        inside.append(slice(low, high + 1))
        ends = sorted((begin + sign * low, begin + sign * high))
        here.append(slice(ends[0], ends[1] + 1))
    return view[tuple(here)][tuple(slice(None, None, sign) for sign in lattice.signs)], tuple(inside)


def difference_in_words(grid: ImageGrid, geometry: Geometry) -> str:
    """Say in numbers how the grid of an image file differs from that of a stack: voxels, directions, position."""
    steps_mm = np.linalg.norm(grid.steps_lps_mm, axis=1)
    # The axes of the file in the order of the stack's: across the slices, along the columns, along the rows.
    axes = np.array([geometry.normal, geometry.column_direction, geometry.row_direction])
    cosines = np.abs(axes @ (grid.steps_lps_mm / steps_mm[:, None]).T)
    order = [int(np.argmax(row)) for row in cosines]
    if len(set(order)) < 3:
        order = [0, 1, 2]
    degrees = float(np.degrees(np.arccos(min(1.0, min(cosines[place, axis] for place, axis in enumerate(order))))))
    found = " x ".join(f"{steps_mm[axis]:.4g}" for axis in order)
    expected = " x ".join(f"{step:.4g}" for step in geometry.spacing_kji_mm)
    index = geometry.to_index_kji(grid.origin_lps_mm)
    x_mm, y_mm, z_mm = grid.origin_lps_mm
    return (
        f"voxels of {found} mm (slice, row, column; the stack: {expected}), axes up to {degrees:.2f} degrees from the "
        f"stack's, the first voxel at x {x_mm:.2f}, y {y_mm:.2f}, z {z_mm:.2f} mm, which is index "
        f"{', '.join(f'{one:.2f}' for one in index)} of the stack, and {' x '.join(map(str, grid.shape))} voxels (the "
        f"stack: {' x '.join(map(str, geometry.shape_kji[::-1]))})"
    )


@dataclass(slots=True)
class Canvas:
    """The labels while they are painted: a voxel that has a label keeps it.

    `covered` are the labels that lost voxels to others, `notices` keys of `calcimeasure.codes.NOTICES`. With `measured`
    nothing is resampled: the labels are outlines to be measured, and what does not lie on voxels of the stack is
    refused.
    """

    geometry: Geometry
    stack: Stack
    labels: NDArray[Any]
    measured: bool
    slice_of_instance: dict[str, int]
    painted: set[int] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    covered: set[int] = field(default_factory=set)
    overlap_count: int = 0
    resampled: bool = False

    @classmethod
    def of(cls, geometry: Geometry, stack: Stack, count: int, *, measured: bool) -> Canvas:
        """Make an empty array with the shape of a stack, for a number of labels."""
        labels = np.zeros(geometry.shape_kji, dtype=np.uint8 if count < 2**8 else np.uint16)
        # If two images lie at one position, there are more instances than slices: the number then tells no slice.
        slices = {one.sop_uid: k for k, one in enumerate(stack.instances)}
        whole = len(stack.instances) == len(slices) == geometry.shape_kji[0]
        return cls(geometry, stack, labels, measured, slices if whole else {})

    def paint_class(self, part: NDArray[Any], mask: NDArray[np.bool_], label: int) -> None:
        """Write one label into the free voxels of a part of the labels (a view)."""
        if mask.any():
            self.painted.add(label)
            lost = int(np.count_nonzero(mask & (part != 0) & (part != label)))
            self.overlap_count += lost
            if lost:
                self.covered.add(label)
            np.copyto(part, label, where=mask & (part == 0))

    def paint(self, part: NDArray[Any], values: NDArray[Any]) -> None:
        """Write values into the free voxels of a part of the labels (a view)."""
        taken = (part != 0) & (values != 0) & (part != values)
        if taken.any():
            self.overlap_count += int(np.count_nonzero(taken))
            self.covered |= {int(value) for value in np.unique(values[taken])}
        used = np.flatnonzero(np.bincount(values.ravel(), minlength=1))
        self.painted |= {int(value) for value in used if value}
        np.copyto(part, values.astype(part.dtype, copy=False), where=(part == 0))

    def resample(self, file: MaskFile, found: str) -> None:
        """Note that a mask was resampled from another grid."""
        self.resampled = True
        self.remarks.append(f"{file.path.name} has another grid than the stack ({found}): taken by nearest neighbor.")

    def refusal(self, file: MaskFile, expected: str, found: str, to_do: str) -> MaskError:
        """Make the error that refuses a mask for this stack."""
        uid = self.stack.series_uid
        message = f"{expected}, found {found} ({file.path}, for series {uid or 'without UID'}). {to_do}"
        return MaskError(message, file.path, uid)

    def all_remarks(self) -> tuple[str, ...]:
        """Give all remarks on the labels, in words."""
        overlap = f"{self.overlap_count} voxels are in two classes: the first one has them."
        return (*self.remarks, *((overlap,) if self.overlap_count else ()))


def index_in_slice(
    per_step: NDArray[np.float64], origin_lps_mm: NDArray[np.float64], k: int, geometry: Geometry
) -> list[NDArray[np.float64]]:
    """Compute the indexes of the pixels of slice k along each axis of another grid.

    Each array is (rows, columns). Its length is 1 along an axis on which the index does not depend, as for most grids,
    which are parallel to the stack.

    Parameters
    ----------
    per_step
        (n, 3) change of each index per millimeter along x, y and z.
    origin_lps_mm
        The position at which all indexes are 0.
    """
    _, rows, columns = geometry.shape_kji
    first = per_step @ (geometry.origins_lps_mm[k] - origin_lps_mm)
    down = per_step @ geometry.column_direction * geometry.row_spacing_mm
    across = per_step @ geometry.row_direction * geometry.column_spacing_mm
    result = []
    for start, each_row, each_column in zip(first, down, across, strict=True):
        row = np.arange(rows if abs(each_row) * rows > LOAD.no_difference else 1)[:, None] * each_row
        column = np.arange(columns if abs(each_column) * columns > LOAD.no_difference else 1) * each_column
        result.append(start + row + column)
    return result


def nearest_index(index: Iterable[NDArray[np.float64]], shape: Sequence[int]) -> tuple[NDArray[np.int16], ...]:
    """Round fractional indexes to the nearest element inside an array."""
    sides = zip(index, shape, strict=True)
    return tuple(np.clip(np.rint(one), 0, count - 1).astype(np.int16) for one, count in sides)


def half_step_mm(canvas: Canvas, k: int) -> float:
    """Half the distance to the neighboring slices; for a single slice half its thickness."""
    if canvas.geometry.shape_kji[0] > 1:
        return float(canvas.geometry.slice_weights_mm[k]) / 2
    return (canvas.stack.slice_thickness_mm or 0.0) / 2
