"""Masks in NRRD and MetaImage files, which SimpleITK reads: grid, names of labels, voxels.

NRRD is the format of 3D Slicer's segmentations (`.seg.nrrd`: layers and segments in fields Segment0_Name, ...) and of
MITK's (labels as JSON in the field org.mitk.multilabel.segmentation.labelgroups).
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from calcimeasure.load.masks.reading import FARTHEST_MM, LARGEST_MASK_VOXELS, LARGEST_SIDE, VOXELS_AT_A_TIME
from calcimeasure.load.masks.records import ImageGrid, MaskClass, MaskFile, MaskKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_LARGEST_HEADER_BYTES: Final = 2**22
"""A header of thousand labels takes a hundredth of this number."""

_LARGEST_IMAGE_BYTES: Final = 2**33
"""SimpleITK reads a file as a whole. A body of 2000 slices of 512 x 512 takes a sixteenth of this number."""

_MOST_UNPACKED: Final = 1100
"""Unpacked bytes for each byte of a file: deflate has at most 1032."""

_MOST_LAYERS: Final = 1000
_SPACES: Final = frozenset(
    {
        *("right-anterior-superior", "left-anterior-superior", "left-posterior-superior"),
        *("ras", "las", "lps"),
    }
)
"""The spaces of NRRD that tell left from right; SimpleITK changes the first two into the third."""

_MITK_LABELS: Final = "org.mitk.multilabel.segmentation.labelgroups"
_ANATOMICAL_STRUCTURE: Final = "^123037004^"
"""In the terminology entry of a segment of 3D Slicer: its category is SCT 123037004, Anatomical Structure."""


def itk_header(path: Path) -> MaskFile:
    """Read grid and names of labels of a NRRD or MetaImage file."""
    kind = MaskKind.NRRD if path.name.lower().endswith(".nrrd") else MaskKind.META_IMAGE
    (_refuse_unclear_nrrd if kind is MaskKind.NRRD else _refuse_unclear_meta_image)(_text_header(path))
    reader = _reader(path)
    reader.ReadImageInformation()
    layers = int(reader.GetNumberOfComponents())
    shape = _shape(reader)
    if not 0 < layers <= _MOST_LAYERS:
        raise ValueError(f"{layers} values at each voxel")
    _refuse_too_large(path, shape, layers, reader.GetPixelID())
    texts = {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()}
    stem = re.sub(r"(\.seg)?\.(nrrd|mha)$", "", path.name, flags=re.IGNORECASE)
    unnamed = tuple(MaskClass(None, stem if layers == 1 else f"{stem} {layer + 1}", layer) for layer in range(layers))
    classes = _slicer_classes(texts, layers) or _mitk_classes(texts) or unnamed
    if any(not 0 <= one.layer < layers for one in classes):
        raise ValueError(f"{layers} layers, labels of layer {max(one.layer for one in classes) + 1}")
    if len({(one.layer, one.number) for one in classes}) < len(classes):
        raise ValueError("two names of one label")
    return MaskFile(path, kind, classes, grid=ImageGrid(shape, _affine_lps(reader)))


def itk_voxels(file: MaskFile, shape: tuple[int, int, int]) -> Iterator[tuple[slice, int, NDArray[Any]]]:
    """Read the voxels of a file, layer by layer.

    Yields
    ------
    slice, int, ndarray
        The indexes along the last axis, the layer, and the voxels in the order of the file's axes.
    """
    import SimpleITK as sitk

    image = _reader(file.path).Execute()
    if image.GetSize() != shape:
        raise ValueError(f"a shape of {image.GetSize()}, it was {shape}")
    layers = image.GetNumberOfComponentsPerPixel()
    voxels = sitk.GetArrayViewFromImage(image)
    if layers == 1:
        voxels = voxels[..., None]
    step = max(1, VOXELS_AT_A_TIME // (shape[0] * shape[1]))
    for layer in range(layers):
        for start in range(0, shape[2], step):
            window = slice(start, min(start + step, shape[2]))
            yield window, layer, voxels[window, ..., layer].transpose(2, 1, 0)


def _reader(path: Path) -> Any:  # noqa: ANN401 - SimpleITK has no types
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    # Not chosen by the name or by what other formats say of the file.
    reader.SetImageIO("NrrdImageIO" if path.name.lower().endswith(".nrrd") else "MetaImageIO")
    return reader


def _text_header(path: Path) -> str:
    """Give the lines of a header: they end with an empty line (NRRD), or with ElementDataFile (MetaImage)."""
    lines: list[bytes] = []
    with path.open("rb") as file:
        while line := file.readline(_LARGEST_HEADER_BYTES):
            lines.append(line.strip())
            if not lines[-1] or lines[-1].startswith(b"ElementDataFile"):
                return b"\n".join(lines).decode(errors="replace")
            if file.tell() > _LARGEST_HEADER_BYTES:
                break
    raise ValueError(f"a header without end in {min(path.stat().st_size, _LARGEST_HEADER_BYTES)} bytes")


def _refuse_unclear_nrrd(header: str) -> None:
    """Refuse what SimpleITK would fill in (a position), read as it is (a space) or fetch elsewhere (voxels)."""
    fields = dict(re.findall(r"^([^:#\n]+):\s+(.*)$", header, flags=re.MULTILINE))
    space = fields.get("space", "nothing")
    if space.lower() not in _SPACES:
        raise ValueError(f"a space of {space[:40]}, so that nothing tells left from right")
    if missing := {"space directions", "space origin"} - set(fields):
        raise ValueError(f"no {' and no '.join(sorted(missing))}, so that nothing tells where it lies")
    if {"data file", "datafile"} & set(fields):
        raise ValueError("voxels in another file. Save both as one file")


def _refuse_unclear_meta_image(header: str) -> None:
    fields = dict(re.findall(r"^(\w+)\s*=\s*(.*)$", header, flags=re.MULTILINE))
    if fields.get("ElementDataFile", "").strip() != "LOCAL":
        raise ValueError("voxels in another file. Save both as one file (.mha)")
    if not {"Offset", "Position", "Origin"} & set(fields) or not {
        "TransformMatrix",
        "Orientation",
        "Rotation",
    } & set(fields):
        raise ValueError("no Offset or no TransformMatrix, so that nothing tells where it lies")


def _shape(reader: Any) -> tuple[int, int, int]:  # noqa: ANN401 - SimpleITK has no types
    size = tuple(int(side) for side in reader.GetSize())
    if len(size) != 3 or not all(0 < side <= LARGEST_SIDE for side in size):
        raise ValueError(f"a shape of {' x '.join(map(str, size))}, three axes expected")
    if math.prod(size) > LARGEST_MASK_VOXELS:
        raise ValueError(f"{math.prod(size)} voxels, at most {LARGEST_MASK_VOXELS} are read")
    return size[0], size[1], size[2]


def _refuse_too_large(path: Path, shape: tuple[int, int, int], layers: int, pixel_id: int) -> None:
    """Refuse a file that states more voxels than it can hold, and one that needs too much memory."""
    import SimpleITK as sitk

    name = sitk.GetPixelIDValueAsString(pixel_id)
    if "integer" not in name and "float" not in name:
        raise ValueError(f"values of type {name}")
    bits = int((re.search(r"(\d+)-bit", name) or ["", "8"])[1])
    count = math.prod(shape) * layers * bits // 8
    most = min(_LARGEST_IMAGE_BYTES, _MOST_UNPACKED * path.stat().st_size)
    if count > most:
        raise ValueError(f"a file of {path.stat().st_size} bytes that states {count}, at most {most} are read")


def _affine_lps(reader: Any) -> tuple[tuple[float, ...], ...]:  # noqa: ANN401 - SimpleITK has no types
    affine = np.eye(4)
    affine[:3, :3] = np.array(reader.GetDirection()).reshape(3, 3) * np.array(reader.GetSpacing())
    affine[:3, 3] = reader.GetOrigin()
    if not np.all(np.abs(affine) < FARTHEST_MM) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise ValueError(f"directions that place no voxels: {affine.tolist()}")
    return tuple(tuple(float(value) for value in row) for row in affine)


def _slicer_classes(texts: Mapping[str, str], layers: int) -> tuple[MaskClass, ...]:
    """Read the segments of 3D Slicer. Files of version 4.10 and older say no layers: each segment has its own."""
    found = sorted({int(match[1]) for key in texts if (match := re.fullmatch(r"Segment(\d+)_ID", key))})
    if not found:
        found = sorted({int(match[1]) for key in texts if (match := re.fullmatch(r"Segment(\d+)_Name", key))})
    return tuple(
        MaskClass(
            int(texts.get(f"Segment{one}_LabelValue", 1)),
            (texts.get(f"Segment{one}_Name") or texts.get(f"Segment{one}_ID") or "").strip(),
            int(texts.get(f"Segment{one}_Layer", place if layers > 1 else 0)),
            is_anatomy=True if _ANATOMICAL_STRUCTURE in texts.get(f"Segment{one}_Tags", "") else None,
        )
        for place, one in enumerate(found)
    )


def _mitk_classes(texts: Mapping[str, str]) -> tuple[MaskClass, ...]:
    """Read the labels of MITK: a group for each layer."""
    text = next((value for key, value in texts.items() if _MITK_LABELS in key), None)
    if text is None:
        return ()
    return tuple(
        MaskClass(int(label["value"]), str(label.get("name") or f"label {label['value']}"), layer)
        for layer, group in enumerate(json.loads(text))
        for label in group.get("labels") or ()
        if int(label["value"]) != 0
    )
