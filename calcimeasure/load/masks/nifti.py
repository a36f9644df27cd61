"""Masks in NIfTI files: header, names of labels, voxels."""

from __future__ import annotations

import gzip
import math
import re
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from calcimeasure.load.masks.reading import FARTHEST_MM, LARGEST_MASK_VOXELS, LARGEST_SIDE, VOXELS_AT_A_TIME
from calcimeasure.load.masks.records import ImageGrid, MaskClass, MaskFile, MaskKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LARGEST_RESAMPLED_VOXELS: Final = 2**30
"""A mask on another grid is held in memory as a whole. A whole body at 1.5 mm has a tenth of this number of voxels."""

_LARGEST_NIFTI_HEADER_BYTES: Final = 2**24
"""TotalSegmentator's table of names takes 20 kB. A header that states gigabytes is broken or malicious."""

_LARGEST_LABEL: Final = 2**16 - 1
_TEXT_EXTENSIONS: Final = frozenset({0, 6, 30})
"""Codes of NIfTI header extensions that hold text: unspecified (written by TotalSegmentator), comment, Caret."""


def nifti_header(path: Path) -> MaskFile:
    """Read grid and names of labels of a NIfTI file."""
    import nibabel

    _refuse_large_nifti_header(path)
    image: Any = nibabel.load(path)
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    # A header without a table of names has one class with the name of the file.
    classes = _extension_names(image.header.extensions) or (MaskClass(None, stem),)
    return MaskFile(path, MaskKind.NIFTI, classes, grid=ImageGrid(_nifti_shape(image.shape), _affine_lps(image)))


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


def nifti_voxels(file: MaskFile, shape: tuple[int, int, int]) -> Iterator[tuple[slice, int, NDArray[Any]]]:
    """Read the voxels of a file in parts along its last axis.

    Yields
    ------
    slice, int, ndarray
        The indexes along the last axis, the layer (always 0), and the voxels in the order of the file's axes.
    """
    import nibabel

    image: Any = nibabel.load(file.path, keep_file_open=True)
    if _nifti_shape(image.shape) != shape:
        raise ValueError(f"a shape of {image.shape}, it was {shape}")
    rest = (0,) * (len(image.shape) - 3)
    step = max(1, VOXELS_AT_A_TIME // (shape[0] * shape[1]))
    for start in range(0, shape[2], step):
        window = slice(start, min(start + step, shape[2]))
        index = (slice(None), slice(None), window, *rest)[: len(image.shape)]
        yield window, 0, np.asanyarray(image.dataobj[index]).reshape(*shape[:2], -1)
