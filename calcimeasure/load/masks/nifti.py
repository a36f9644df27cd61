"""Masks in NIfTI files: header, names of labels, voxels."""

from __future__ import annotations

import gzip
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.grid import (
    Canvas,
    extent_in_mask,
    grid_of,
    index_in_slice,
    nearest_index,
    nifti_axes,
    range_in_words,
)
from calcimeasure.load.masks.reading import FARTHEST_MM, LARGEST_MASK_VOXELS, LARGEST_SIDE, refusing_broken
from calcimeasure.load.masks.records import MaskClass, MaskFile, MaskKind, NiftiGrid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.load.masks.plan import LabelPlan

LARGEST_RESAMPLED_VOXELS: Final = 2**30
"""A mask on another grid is held in memory as a whole. A whole body at 1.5 mm has a tenth of this number of voxels."""

_LARGEST_NIFTI_HEADER_BYTES: Final = 2**24
"""TotalSegmentator's table of names takes 20 kB. A header that states gigabytes is broken or malicious."""

_LARGEST_LABEL: Final = 2**16 - 1
_TEXT_EXTENSIONS: Final = frozenset({0, 6, 30})
"""Codes of NIfTI header extensions that hold text: unspecified (written by TotalSegmentator), comment, Caret."""

_VOXELS_AT_A_TIME: Final = 2**23


def nifti_header(path: Path) -> MaskFile:
    """Read grid and names of labels of a NIfTI file."""
    import nibabel

    _refuse_large_nifti_header(path)
    image: Any = nibabel.load(path)
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    # A header without a table of names has one class with the name of the file.
    classes = _extension_names(image.header.extensions) or (MaskClass(None, stem),)
    return MaskFile(path, MaskKind.NIFTI, classes, grid=NiftiGrid(_nifti_shape(image.shape), _affine_lps(image)))


def _refuse_large_nifti_header(path: Path) -> None:
    """Refuse a header that is too large: nibabel would read everything before the stated begin of the voxels."""
    with gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as file:
        start = file.read(348)
    if len(start) < 348:
        raise ValueError(f"a file of {len(start)} bytes")
    for order in ("<", ">"):
        size = int(np.frombuffer(start, order + "i4", 1)[0])
        if size in (348, 540):
            # vox_offset of NIfTI-1 and of NIfTI-2
            kind, place = ("f4", 108) if size == 348 else ("i8", 168)
            header_bytes = float(np.frombuffer(start, order + kind, 1, place)[0])
            if not 0 <= header_bytes <= _LARGEST_NIFTI_HEADER_BYTES:
                raise ValueError(f"a header of {header_bytes:g} bytes")
            return
    raise ValueError("no NIfTI header")


def _nifti_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    sides = (*shape, 1, 1, 1)[:3]
    if any(side != 1 for side in shape[3:]) or not all(0 < side <= LARGEST_SIDE for side in sides):
        raise ValueError(f"a shape of {' x '.join(map(str, shape))}, three axes expected")
    if math.prod(sides) > LARGEST_MASK_VOXELS:
        raise ValueError(f"{math.prod(sides)} voxels, at most {LARGEST_MASK_VOXELS} are read")
    return cast("tuple[int, int, int]", tuple(int(side) for side in sides))


def _affine_lps(image: Any) -> tuple[tuple[float, ...], ...]:  # noqa: ANN401 - nibabel has no types
    header = image.header
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    if sform is None and qform is None:
        # nibabel would invent a position from the shape alone, and flip x.
        raise ValueError("neither sform_code nor qform_code, so that nothing tells where it lies")
    if sform is not None and qform is not None and np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0:
        raise ValueError("sform and qform that mirror each other, so that nothing tells left from right")
    affine = np.asarray(image.affine, dtype=np.float64)
    if not np.all(np.abs(affine) < FARTHEST_MM) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise ValueError(f"an affine that places no voxels: {affine.tolist()}")
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    return tuple(tuple(float(value) for value in row) for row in lps)


def _extension_names(extensions: Iterable[Any]) -> tuple[MaskClass, ...]:
    """Read the table of labels that TotalSegmentator takes from Caret: <Label Key="1" ...>name</Label>."""
    from xml.etree import ElementTree as ET

    text = next((text for text in map(_text_of, extensions) if b"<LabelTable" in text), None)
    if text is None:
        return ()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("an XML extension that defines entities")
    # Entities, which make XML dangerous, were refused above.
    labels = ET.fromstring(text).iter("Label")  # noqa: S314
    named = [(int(label.get("Key", "")), (label.text or "").strip()) for label in labels]
    classes = {number: MaskClass(number, name) for number, name in named if number != 0}
    if any(not 0 < number <= _LARGEST_LABEL for number in classes):
        raise ValueError(f"a table of labels beyond 0 to {_LARGEST_LABEL}")
    if len(classes) != sum(number != 0 for number, _ in named):
        raise ValueError("a table of labels that names one value twice")
    return tuple(classes.values())


def _text_of(extension: Any) -> bytes:  # noqa: ANN401 - nibabel has no types
    """Give the content of a text extension; empty for any other extension."""
    if extension.get_code() not in _TEXT_EXTENSIONS:
        return b""
    content = extension.get_content()
    text = content if isinstance(content, bytes) else str(content).encode()
    return text.strip(b" \0\r\n\t")


def paint_niftis(files: Sequence[MaskFile], plan: LabelPlan, canvas: Canvas) -> None:
    """Paint NIfTI files of any grids into the labels of a stack."""
    by_grid: dict[NiftiGrid, list[MaskFile]] = defaultdict(list)
    for file in files:
        if file.kind is MaskKind.NIFTI:
            by_grid[grid_of(file)].append(file)
    for grid, same_grid in by_grid.items():
        axes_signs = nifti_axes(grid, canvas.geometry)
        if axes_signs is not None:
            flips = tuple(slice(None, None, sign) for sign in axes_signs[1])
            target = canvas.labels.transpose(axes_signs[0])[flips]
            for file in same_grid:
                _paint_nifti(file, plan.labels_of(file), target, canvas)
            continue
        # All bones are first joined on their common grid, so that 60 bones are resampled only once.
        low, high, _ = extent_in_mask(grid, canvas.geometry)
        canvas.resample(
            same_grid[0], f"{' x '.join(map(str, grid.shape))} voxels, the stack at {range_in_words(low, high)}"
        )
        own = np.zeros(grid.shape, dtype=canvas.labels.dtype, order="F")
        painted = set(canvas.painted)
        for file in same_grid:
            _paint_nifti(file, plan.labels_of(file), own, canvas)
        canvas.painted = painted
        _paint_nearest(own, grid, canvas)


def _paint_nifti(file: MaskFile, labels: dict[MaskClass, int], target: NDArray[Any], canvas: Canvas) -> None:
    """Paint a file on an array with the same axes, in parts along the last axis."""
    import nibabel

    with refusing_broken(file.path, "Voxels that can be read"):
        image: Any = nibabel.load(file.path, keep_file_open=True)
        grid = grid_of(file)
        if _nifti_shape(image.shape) != grid.shape:
            raise ValueError(f"a shape of {image.shape}, it was {grid.shape}")
        rest = (0,) * (len(image.shape) - 3)
        step = max(1, _VOXELS_AT_A_TIME // (grid.shape[0] * grid.shape[1]))
        values_seen: set[float] = set()
        for start in range(0, grid.shape[2], step):
            window = slice(start, min(start + step, grid.shape[2]))
            index = (slice(None), slice(None), window, *rest)[: len(image.shape)]
            voxels = np.asanyarray(image.dataobj[index]).reshape(*grid.shape[:2], -1)
            if not voxels.any():
                continue
            if not np.all(np.isfinite(voxels)):
                raise ValueError("voxels that are no numbers")
            only, label = next(iter(labels.items()))
            if only.number is None:
                _refuse_several_values(voxels, values_seen)
                canvas.paint_class(target[..., window], voxels >= LOAD.half, label)
            else:
                canvas.paint(target[..., window], _nifti_labels(voxels, labels))


def _nifti_labels(voxels: NDArray[Any], labels: dict[MaskClass, int]) -> NDArray[Any]:
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


def _paint_nearest(own: NDArray[Any], grid: NiftiGrid, canvas: Canvas) -> None:
    """Take each voxel of the stack from the nearest one of another grid."""
    per_step = np.linalg.inv(np.array(grid.affine_lps))[:3, :3]
    for k, slice_labels in enumerate(canvas.labels):
        index = index_in_slice(per_step, grid.origin_lps_mm, k, canvas.geometry)
        canvas.paint(slice_labels, np.broadcast_to(own[nearest_index(index, grid.shape)], slice_labels.shape))
