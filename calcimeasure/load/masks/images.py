"""Masks in image files (NIfTI, NRRD, MetaImage) on the voxels of a stack."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.grid import (
    Canvas,
    extent_in_mask,
    grid_of,
    image_lattice,
    index_in_slice,
    nearest_index,
    on_lattice,
    range_in_words,
)
from calcimeasure.load.masks.itk_image import itk_voxels
from calcimeasure.load.masks.nifti import nifti_voxels
from calcimeasure.load.masks.reading import refusing_broken
from calcimeasure.load.masks.records import ImageGrid, MaskClass, MaskFile, MaskKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from calcimeasure.load.masks.plan import LabelPlan


def paint_images(files: Sequence[MaskFile], plan: LabelPlan, canvas: Canvas) -> None:
    """Paint image files of any grids into the labels of a stack; only NIfTI may have another grid than the stack."""
    by_grid: dict[ImageGrid, list[MaskFile]] = defaultdict(list)
    for file in files:
        by_grid[grid_of(file)].append(file)
    for grid, same_grid in by_grid.items():
        if image_lattice(grid, canvas.geometry, whole=True) is not None:
            for file in same_grid:
                paint_image(file, plan.labels_of(file), canvas)
            continue
        # All bones are first joined on their common grid, so that 60 bones are resampled only once.
        low, high, _ = extent_in_mask(grid, canvas.geometry)
        canvas.resample(
            same_grid[0], f"{' x '.join(map(str, grid.shape))} voxels, the stack at {range_in_words(low, high)}"
        )
        own = np.zeros(grid.shape, dtype=canvas.labels.dtype, order="F")
        painted = set(canvas.painted)
        for file in same_grid:
            _paint(file, plan.labels_of(file), own, (slice(None),) * 3, canvas)
        canvas.painted = painted
        _paint_nearest(own, grid, canvas)


def paint_image(file: MaskFile, labels: dict[MaskClass, int], canvas: Canvas) -> None:
    """Paint a file whose voxels are voxels of the stack, as a whole or as a crop.

    Raises
    ------
    MaskError
        The file is broken, or has labels outside of the stack.
    """
    grid = grid_of(file)
    lattice = image_lattice(grid, canvas.geometry, whole=False)
    there = None if lattice is None else on_lattice(lattice, grid.shape, canvas.labels)
    part, inside = there or (None, None)
    outside = _paint(file, labels, part, inside, canvas)
    if outside:
        raise canvas.refusal(
            file,
            "Outlines inside of the stack expected",
            f"{outside} voxels outside of it",
            "Draw the outlines on this series.",
        )


def classes_by_value(file: MaskFile) -> MaskFile:
    """Name the labels of a file that names none by their values; fractions from 0 to 1 are one label."""
    classes: list[MaskClass] = []
    for one in file.classes:
        values = _values_of(file, one.layer) if one.number is None else []
        several = [replace(one, number=value, text=f"{one.text} {value}") for value in values]
        classes += several if len(several) > 1 else [one]
    return replace(file, classes=tuple(classes))


def _values_of(file: MaskFile, layer: int) -> list[int]:
    with refusing_broken(file.path, "Voxels that can be read"):
        values: set[float] = set()
        for _, _, voxels in _voxels(file, {layer}):
            found = np.unique(voxels)
            if not np.all(np.isfinite(found)):
                raise ValueError("voxels that are no numbers")
            values |= set(found.tolist())
        if all(0 <= value <= 1 for value in values):
            return []
        if any(value != round(value) or value < 0 for value in values):
            raise ValueError("labels that are no whole numbers from 0 on")
    return sorted({int(value) for value in values} - {0})


def _voxels(file: MaskFile, layers: set[int]) -> Iterator[tuple[slice, int, NDArray[Any]]]:
    """Read the voxels of a file in parts along its last axis; parts of zeros are left out."""
    read = nifti_voxels if file.kind is MaskKind.NIFTI else itk_voxels
    for window, layer, voxels in read(file, grid_of(file).shape):
        if layer in layers and voxels.any():
            yield window, layer, voxels


def _paint(
    file: MaskFile,
    labels: dict[MaskClass, int],
    part: NDArray[Any] | None,
    inside: tuple[slice, ...] | None,
    canvas: Canvas,
) -> int:
    """Paint a file on an array with the same axes.

    Parameters
    ----------
    part, inside
        The array, and the voxels of the file that lie on it; None if none does.

    Returns
    -------
    int
        The number of labeled voxels beside the array.
    """
    outside = 0
    seen: dict[int, set[float]] = defaultdict(set)
    with refusing_broken(file.path, "Voxels that can be read"):
        for window, layer, voxels in _voxels(file, {one.layer for one in labels}):
            if not np.all(np.isfinite(voxels)):
                raise ValueError("voxels that are no numbers")
            of_layer = {one: label for one, label in labels.items() if one.layer == layer}
            only, label = next(iter(of_layer.items()))
            if only.number is None:
                _refuse_several_values(voxels, seen[layer])
                values = np.where(voxels >= LOAD.half, label, 0).astype(np.uint16)
            else:
                values = _labels_of(voxels, of_layer)
            if part is None or inside is None:
                outside += int(np.count_nonzero(values))
                continue
            here = values[inside[0], inside[1], _overlap(inside[2], window)]
            outside += int(np.count_nonzero(values)) - int(np.count_nonzero(here))
            if here.size:
                canvas.paint(part[..., _overlap(window, inside[2])], here)
    return outside


def _overlap(one: slice, other: slice) -> slice:
    """Give the common indexes of two ranges, counted from the start of the second."""
    first, begin = one.start or 0, other.start or 0
    stops = [stop for stop in (one.stop, other.stop) if stop is not None]
    low = max(first, begin)
    return slice(low - begin, max(low, min(stops)) - begin if stops else None)


def _labels_of(voxels: NDArray[Any], labels: dict[MaskClass, int]) -> NDArray[Any]:
    """Convert the values of a file into labels."""
    dtype = np.uint8 if max(labels.values()) < 2**8 else np.uint16
    if voxels.dtype.kind not in "ui":
        if np.any(np.rint(voxels) != voxels) or np.abs(voxels).max() > 2**31:
            raise ValueError("labels that are no whole numbers")
        voxels = voxels.astype(np.int64)
    numbers = {cast("int", one.number): label for one, label in labels.items()}
    # Values without a name are ignored. A look-up table converts all values at once.
    inside = (voxels >= 0) & (voxels <= max(numbers))
    table = np.zeros(max(numbers, default=0) + 1, dtype=dtype)
    for number, label in numbers.items():
        table[number] = label
    result: NDArray[Any] = table[np.where(inside, voxels, 0)]
    return result


def _refuse_several_values(voxels: NDArray[Any], values_seen: set[float]) -> None:
    """Refuse several labels without names where one class is expected; values between 0 and 1 (probabilities) pass."""
    largest = voxels.max()
    if voxels.dtype.kind == "f" and voxels.min() >= 0 and largest <= 1:
        return
    if largest != 0:
        values_seen.add(float(largest))
    others = (voxels != 0) & (voxels != largest)
    if np.any(others):
        values_seen.add(float(voxels[others][0]))
    if len(values_seen) > 1 or min(values_seen, default=0) < 0:
        found = ", ".join(f"{value:g}" for value in sorted(values_seen))
        raise ValueError(f"the values {found} in a mask of one class, without a table of their names")


def _paint_nearest(own: NDArray[Any], grid: ImageGrid, canvas: Canvas) -> None:
    """Take each voxel of the stack from the nearest one of another grid."""
    per_step = np.linalg.inv(np.array(grid.affine_lps))[:3, :3]
    for k, slice_labels in enumerate(canvas.labels):
        index = index_in_slice(per_step, grid.origin_lps_mm, k, canvas.geometry)
        canvas.paint(slice_labels, np.broadcast_to(own[nearest_index(index, grid.shape)], slice_labels.shape))
