"""Outlines made by other programs (DICOM SEG, RTSTRUCT, NIfTI) to labels on a stack's own voxels.

Bones outlined by TotalSegmentator above all: one NIfTI per bone, one of all bones with their names in the header, a
DICOM SEG, an RTSTRUCT. What belongs to a stack is told by UIDs and by where its voxels lie, never by names of files
or folders, and nothing is ever flipped to fit.
"""

from __future__ import annotations

import gzip
import math
import os
import re
import warnings
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.filereader import dcmread, read_partial
from pydicom.sequence import Sequence as DicomSequence

from calcimeasure.errors import InputPathError, UsageError
from calcimeasure.load.source import DEFLATED, inflate, read_meta
from calcimeasure.model import Laterality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Series

_GRID_TOLERANCE_MM: Final = 0.1
_GRID_TOLERANCE_VOXELS: Final = 0.25
"""A voxel that lies nearer than both to one of the stack is that voxel: headers round positions to 0.01 mm, spacings
to 1e-6 of 500 pixels, and NIfTI keeps seven digits."""

_PLANE_TOLERANCE_MM: Final = 0.5
"""Points of a contour lie this near to one plane along the slices: writers round each number to 0.1 mm."""

_SAME_PLANE_MM: Final = 0.02
"""Contours nearer than this lie in one plane: they are holes of each other, not neighbors."""

_PARALLEL_TOLERANCE: Final = 0.001
"""Sine of the angle between planes that are parallel: half a pixel at the far edge of a 500 mm field."""

_COARSER: Final = 1.5
"""From this ratio of spacings on planes are those of a coarser grid."""

_OVERHANG_VOXELS: Final = 1.0
"""A resampled mask may end this many of its own voxels before the stack does: rounding its size takes up to one."""

_MARGIN_VOXELS: Final = 2.0
"""A resampled mask may go beyond the stack by this many voxels (the larger of both): one that goes further was made
for another stack, and nothing in a NIfTI tells for which."""

_FARTHEST_MM: Final = 1e6
"""Positions beyond it are no patient's."""

_ON_EDGE_PIXELS: Final = 0.01
"""A pixel center this near to a contour lies on it: numbers rounded to 0.001 mm."""

_NO_DIFFERENCE: Final = 1e-6
"""Of an index, over the whole of a slice."""

_HALF: Final = 0.5
"""From this part of a voxel on it belongs to a fractional segment."""

_LARGEST_SIDE: Final = 2**15 - 1
_LARGEST_MASK_VOXELS: Final = 2**32
"""The largest CT seen has a tenth of that."""

_LARGEST_RESAMPLED_VOXELS: Final = 2**30
"""A mask on another grid is held whole: at 1.5 mm the whole body takes a tenth of that."""

_LARGEST_NIFTI_HEADER_BYTES: Final = 2**24
"""TotalSegmentator's table of names takes 20 kB; a header that claims to be gigabytes is broken, or a bomb."""

_LARGEST_LABEL: Final = 2**16 - 1
_TEXT_EXTENSIONS: Final = frozenset({0, 6, 30})
"""Unspecified (as TotalSegmentator writes it), comment, Caret; others hold other things."""

_LARGEST_STRUCTURE_SET_BYTES: Final = 2**31
_VOXELS_AT_A_TIME: Final = 2**23

_SEGMENTATION: Final = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""Segmentation Storage and Label Map Segmentation Storage."""

_STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
_FUNCTIONAL_GROUPS: Final = 0x52009229
_ROI_CONTOURS: Final = 0x30060039
_NO_HEADER: Final = 0x00080060

_NIFTI_NAMES: Final = (".nii", ".nii.gz")
_CLOSED: Final = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"})

_PAIRED_BONES: Final = (
    *("clavicula", "scapula", "humerus", "ulna", "radius", "carpal", "metacarpal", "phalanges_hand"),
    *("hip", "femur", "patella", "tibia", "fibula", "tarsal", "metatarsal", "phalanges_feet"),
)
_VERTEBRAE: Final = (
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"L{number}" for number in range(1, 6)),
    "S1",
)
_MIDLINE_BONES: Final = ("skull", "sternum", "sacrum", "vertebrae", *(f"vertebrae_{one}" for one in _VERTEBRAE))
_RIBS: Final = tuple(f"rib_{number}" for number in range(1, 13))

_BONES: Final[Mapping[str, str]] = {name.casefold(): name for name in (*_MIDLINE_BONES, *_PAIRED_BONES, *_RIBS)}
"""Bones of TotalSegmentator's tasks total and appendicular_bones (its map_to_binary.py, version 2), without side."""

_OTHER_WORDS: Final[Mapping[str, str]] = {"vertebra": "vertebrae", "clavicle": "clavicula"}
_SIDES: Final[Mapping[str, Laterality]] = {"left": Laterality.LEFT, "right": Laterality.RIGHT}


class MaskError(UsageError):
    """A mask file is broken, or is meant for a stack that it does not fit.

    Parameters
    ----------
    message
        Expected, found, where, what to do: for a person.
    path
        The file.
    series_uid
        The series that it does not fit; None where the file itself is at fault.
    """

    def __init__(self, message: str, path: Path | None = None, series_uid: str | None = None) -> None:
        # All go to the base, so that the error survives pickling on its way out of a worker.
        super().__init__(message, path, series_uid)
        self.message = message
        self.path = path
        self.series_uid = series_uid

    def __str__(self) -> str:
        return self.message


class MaskKind(StrEnum):
    """What a mask file is."""

    SEG = "SEG"
    RTSTRUCT = "RTSTRUCT"
    NIFTI = "NIfTI"


@dataclass(frozen=True, slots=True)
class MaskClass:
    """Something outlined in a file: a segment, an ROI, a label.

    Parameters
    ----------
    number
        Segment Number (0062,0004), ROI Number (3006,0022) or the value of its voxels; None where every voxel that is
        not zero belongs to it.
    text
        What the file calls it.
    """

    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NiftiGrid:
    """Where the voxels of a NIfTI lie.

    Parameters
    ----------
    shape
        Along the file's own three axes.
    affine_lps
        Rows of the 4 x 4 matrix from index to LPS mm: the header's sform, where there is none its qform, with x and y
        turned from RAS+ (NIfTI-1, methods 3 and 2).
    """

    shape: tuple[int, int, int]
    affine_lps: tuple[tuple[float, ...], ...]

    @property
    def origin_lps_mm(self) -> NDArray[np.float64]:
        """(3,) center of the first voxel."""
        return np.array(self.affine_lps)[:3, 3]

    @property
    def steps_lps_mm(self) -> NDArray[np.float64]:
        """(3, 3) one row for the step along each of the file's axes."""
        return np.array(self.affine_lps)[:3, :3].T


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A file of outlines, from its header; of an RTSTRUCT what lies in one frame of reference.

    Parameters
    ----------
    path
        The file.
    kind
        What it is.
    classes
        What is outlined in it, in the file's order.
    frame_of_reference_uid
        (0020,0052); None where it tells none, as every NIfTI.
    series_uids, instance_uids
        What it was drawn on, as it says; empty where it does not.
    grid
        Of a NIfTI.
    """

    path: Path
    kind: MaskKind
    classes: tuple[MaskClass, ...]
    frame_of_reference_uid: str | None = None
    series_uids: frozenset[str] = frozenset()
    instance_uids: frozenset[str] = field(default=frozenset(), repr=False)
    grid: NiftiGrid | None = None


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """What lies under a path, from headers; asked again for each series without opening a file.

    Parameters
    ----------
    path
        The file or folder.
    files
        By path.
    other_file_count
        Files that are no masks.
    """

    path: Path
    files: tuple[MaskFile, ...]
    other_file_count: int = 0


@dataclass(frozen=True, slots=True)
class NamedMask:
    """A label of `BoneMasks`.

    Parameters
    ----------
    label
        Value of its voxels, from 1.
    name
        Of a bone TotalSegmentator's: humerus_left, vertebrae_L3, rib_left_4, sacrum, ...; else as in the file.
    laterality
        Where the name tells it; None where it does not.
    paths
        The files it comes from.
    """

    label: int
    name: str
    laterality: Laterality | None
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A mask file that was not taken for a stack, and why."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class BoneMasks:
    """What was outlined on one stack.

    Parameters
    ----------
    labels
        (k, j, i) uint8, uint16 from 256 classes on; 0 where nothing is outlined. Kept read-only.
    classes
        The labels that have voxels, ascending.
    resampled
        Whether some were outlined on another grid and taken by nearest neighbor: good enough to judge tissue with,
        not to measure.
    remarks
        What was corrected or has to be known, in sentences.
    passed_over
        Files that hold nothing for this stack.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    classes: tuple[NamedMask, ...] = ()
    resampled: bool = False
    remarks: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False

    def __reduce__(self) -> tuple[type[BoneMasks], tuple[object, ...]]:
        # A pickle does not keep that an array is read-only: made anew from its fields, it is.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @property
    def names(self) -> dict[int, str]:
        """Label to name."""
        return {one.label: one.name for one in self.classes}

    @property
    def sides(self) -> dict[int, Laterality]:
        """Label to side, where the name tells it."""
        return {one.label: one.laterality for one in self.classes if one.laterality is not None}


def bone_name(text: str) -> tuple[str, Laterality | None] | None:
    """Find the bone that a class is named after.

    Parameters
    ----------
    text
        Its words in any order and case, apart by blanks, dashes or underscores. The side is a word, never a letter.

    Returns
    -------
    tuple or None
        TotalSegmentator's name, and the side where it has one; None where it is no bone (or no one bone).

    Examples
    --------
    >>> bone_name("Left femur")
    ('femur_left', <Laterality.LEFT: 'left'>)
    >>> bone_name("vertebrae_l3")
    ('vertebrae_L3', None)
    >>> bone_name("liver") is None
    True
    """
    words, side = _words_and_side(text)
    bone = _BONES.get("_".join(_OTHER_WORDS.get(word, word) for word in words))
    if bone is None or (bone in _RIBS and side is None) or (bone in _MIDLINE_BONES and side is not None):
        return None
    if side is None:
        return bone, None
    # rib_left_4, but femur_left
    kind, number = bone.split("_") if bone in _RIBS else (bone, "")
    return "_".join(part for part in (kind, side.value, number) if part), side


def _words_and_side(text: str) -> tuple[list[str], Laterality | None]:
    words = [word for word in re.split(r"[\W_]+", text.casefold()) if word]
    sides = [word for word in words if word in _SIDES]
    if len(sides) != 1:
        return words, None
    return [word for word in words if word not in _SIDES], _SIDES[sides[0]]


# Finding


def find_masks(path: str | os.PathLike[str]) -> MaskFiles:
    """Find the mask files under a path, reading headers only.

    Parameters
    ----------
    path
        A DICOM SEG (PS3.3 C.8.20), RTSTRUCT (C.8.8.5) or NIfTI (.nii, .nii.gz), or a folder that is searched with
        all that lies in it. A NIfTI has the names of its labels in an XML extension of its header, as
        TotalSegmentator --ml writes it, or holds one class named as the file.

    Raises
    ------
    InputPathError
        The path does not exist or cannot be read.
    MaskError
        A file says that it is a mask and is broken, or nothing under the path is a mask.
    """
    path = Path(path)
    if not (path.is_dir() or path.is_file()):
        raise InputPathError(f"The mask file or folder {path} does not exist, or is neither of both.")
    files: list[MaskFile] = []
    other_file_count = 0
    for one in sorted(_walk(path)) if path.is_dir() else [path]:
        found = _read_header(one)
        files += found
        other_file_count += not found
    if not files:
        raise MaskError(
            f"A DICOM SEG, an RTSTRUCT or a NIfTI (.nii, .nii.gz) expected, found none among {other_file_count} "
            f"files ({path}). Name the file or folder that holds the masks.",
            path,
        )
    return MaskFiles(path, tuple(files), other_file_count)


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise InputPathError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    for parent, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            file = Path(parent, name)
            # What macOS leaves beside each file on other drives ends like it, and is none.
            if file.is_file() and not name.startswith("._"):
                yield file


def _read_header(path: Path) -> list[MaskFile]:
    """Read what a file holds; nothing where it is no mask."""
    if path.name.lower().endswith(_NIFTI_NAMES):
        with _broken(path, "A NIfTI that can be read"):
            return [_nifti_header(path)]
    kind = _dicom_kind(path)
    if kind is None:
        return []
    with _broken(path, f"A DICOM {kind} that can be read"), path.open("rb") as file:
        _refuse_bomb(file, path)
        stop = _FUNCTIONAL_GROUPS if kind is MaskKind.SEG else _ROI_CONTOURS
        file.seek(0)
        dataset = read_partial(file, stop_when=lambda tag, *_: tag >= stop, force=True)
        return [_seg_header(path, dataset)] if kind is MaskKind.SEG else _structure_set_header(path, dataset)


@contextmanager
def _broken(path: Path, expected: str) -> Iterator[None]:
    """Tell of whatever goes wrong in a parser as an error that names the file."""
    try:
        with warnings.catch_warnings():
            # pydicom and nibabel warn of wording; every value that is used is checked where it is used.
            warnings.simplefilter("ignore")
            yield
    except UsageError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"[:300]
        raise MaskError(f"{expected} expected, found {found} ({path}). Write the file again.", path) from error


def _dicom_kind(path: Path) -> MaskKind | None:
    """Tell from its first bytes what a file is; None where it is no DICOM, or no mask."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta = read_meta(file)
            sop_class = meta.get("MediaStorageSOPClassUID")
            if sop_class is None:
                file.seek(0)
                header = read_partial(file, stop_when=lambda tag, *_: tag >= _NO_HEADER, force=True)
                sop_class = header.get("SOPClassUID")
    except Exception:  # noqa: BLE001 - whatever lies beside the masks need not be readable
        return None
    # Of a broken file it may be several values.
    if str(sop_class) in _SEGMENTATION:
        return MaskKind.SEG
    return MaskKind.RTSTRUCT if str(sop_class) == _STRUCTURE_SET else None


def _is_deflated(path: Path) -> bool:
    with path.open("rb") as file:
        return str(read_meta(file).get("TransferSyntaxUID")) == DEFLATED


def _refuse_bomb(file: BinaryIO, path: Path) -> None:
    """Unpack a deflated file with the limits of `load.source` first: pydicom knows none."""
    if read_meta(file).get("TransferSyntaxUID") == DEFLATED:
        inflate(file)
    elif path.stat().st_size > _LARGEST_MASK_VOXELS:
        raise ValueError(f"a file of {path.stat().st_size} bytes, at most {_LARGEST_MASK_VOXELS} are read")


def _seg_header(path: Path, dataset: Dataset) -> MaskFile:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not (0 < rows <= _LARGEST_SIDE and 0 < columns <= _LARGEST_SIDE):
        raise ValueError(f"{rows} x {columns} pixels")
    references = _items(dataset, "ReferencedSeriesSequence")
    return MaskFile(
        path,
        MaskKind.SEG,
        tuple(
            MaskClass(int(segment.SegmentNumber), str(segment.get("SegmentLabel") or ""))
            for segment in _items(dataset, "SegmentSequence")
            # A label map may name its background.
            if int(segment.SegmentNumber) != 0
        ),
        str(dataset.get("FrameOfReferenceUID") or "") or None,
        frozenset(str(one.SeriesInstanceUID) for one in references if one.get("SeriesInstanceUID")),
        frozenset(
            str(image.ReferencedSOPInstanceUID)
            for one in references
            for image in _items(one, "ReferencedInstanceSequence")
            if image.get("ReferencedSOPInstanceUID")
        ),
    )


def _structure_set_header(path: Path, dataset: Dataset) -> list[MaskFile]:
    """Read the regions of interest, those of each frame of reference apart (PS3.3 C.8.8.5, Structure Set)."""
    classes: dict[str, list[MaskClass]] = defaultdict(list)
    for roi in _items(dataset, "StructureSetROISequence"):
        uid = str(roi.get("ReferencedFrameOfReferenceUID") or "")
        classes[uid].append(MaskClass(int(roi.ROINumber), str(roi.get("ROIName") or "")))
    series_uids: dict[str, set[str]] = defaultdict(set)
    instance_uids: dict[str, set[str]] = defaultdict(set)
    for frame in _items(dataset, "ReferencedFrameOfReferenceSequence"):
        uid = str(frame.get("FrameOfReferenceUID") or "")
        for study in _items(frame, "RTReferencedStudySequence"):
            for series in _items(study, "RTReferencedSeriesSequence"):
                series_uids[uid].add(str(series.get("SeriesInstanceUID") or ""))
                images = _items(series, "ContourImageSequence")
                instance_uids[uid] |= {str(image.get("ReferencedSOPInstanceUID") or "") for image in images}
    return [
        MaskFile(
            path,
            MaskKind.RTSTRUCT,
            tuple(rois),
            uid or None,
            frozenset(series_uids[uid] - {""}),
            frozenset(instance_uids[uid] - {""}),
        )
        for uid, rois in (classes or {"": []}).items()
    ]


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    sequence = dataset.get(keyword)
    return list(sequence) if isinstance(sequence, DicomSequence) else []


def _nifti_header(path: Path) -> MaskFile:
    import nibabel

    _refuse_large_nifti_header(path)
    image: Any = nibabel.load(path)
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    # A header without a table has one class, named as the file.
    classes = _extension_names(image.header.extensions) or (MaskClass(None, stem),)
    return MaskFile(path, MaskKind.NIFTI, classes, grid=NiftiGrid(_nifti_shape(image.shape), _affine_lps(image)))


def _refuse_large_nifti_header(path: Path) -> None:
    """Read by hand where the voxels begin: nibabel reads all that is said to stand before them."""
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
    if any(side != 1 for side in shape[3:]) or not all(0 < side <= _LARGEST_SIDE for side in sides):
        raise ValueError(f"a shape of {' x '.join(map(str, shape))}, three axes expected")
    if math.prod(sides) > _LARGEST_MASK_VOXELS:
        raise ValueError(f"{math.prod(sides)} voxels, at most {_LARGEST_MASK_VOXELS} are read")
    return cast("tuple[int, int, int]", tuple(int(side) for side in sides))


def _affine_lps(image: Any) -> tuple[tuple[float, ...], ...]:  # noqa: ANN401 - nibabel has no types
    header = image.header
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    if sform is None and qform is None:
        # nibabel would place it by its size alone, and flip x.
        raise ValueError("neither sform_code nor qform_code, so that nothing tells where it lies")
    if sform is not None and qform is not None and np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0:
        raise ValueError("sform and qform that mirror each other, so that nothing tells left from right")
    affine = np.asarray(image.affine, dtype=np.float64)
    if not np.all(np.abs(affine) < _FARTHEST_MM) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise ValueError(f"an affine that places no voxels: {affine.tolist()}")
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    return tuple(tuple(float(value) for value in row) for row in lps)


def _extension_names(extensions: Iterable[Any]) -> tuple[MaskClass, ...]:
    """Read the table of labels that TotalSegmentator takes from Caret: <Label Key="1" ...>name</Label>."""
    from xml.etree import ElementTree as ET

    for extension in extensions:
        if extension.get_code() not in _TEXT_EXTENSIONS:
            continue
        content = extension.get_content()
        text = content if isinstance(content, bytes) else str(content).encode()
        text = text.strip(b" \0\r\n\t")
        if b"<LabelTable" not in text:
            continue
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise ValueError("an XML extension that defines entities")
        # Entities, which make XML dangerous, were refused above.
        labels = ET.fromstring(text).iter("Label")  # noqa: S314
        named = ((int(label.get("Key", "")), (label.text or "").strip()) for label in labels)
        classes = tuple(MaskClass(number, name) for number, name in named if number != 0)
        if any(not 0 < one.number <= _LARGEST_LABEL for one in classes if one.number is not None):
            raise ValueError(f"a table of labels beyond 0 to {_LARGEST_LABEL}")
        if len({one.number for one in classes}) != len(classes):
            raise ValueError("a table of labels that names one value twice")
        return classes
    return ()


# Matching


class _Fit(StrEnum):
    """How well a file belongs to a stack, best first."""

    OWN = "own"
    LIKELY = "likely"


def read_masks(masks: MaskFiles, series: Series, geometry: Geometry, *, bones_only: bool = True) -> BoneMasks:
    """Read what was outlined on a stack.

    A SEG or RTSTRUCT belongs to the stack whose images it references, in the same frame of reference; where none
    does, to every stack in its frame of reference. A NIfTI belongs to the stack whose grid it has, in whatever order
    and direction of axes; where there is none, to one that it covers and does not go beyond.

    Parameters
    ----------
    masks
        From `find_masks`.
    series, geometry
        The stack.
    bones_only
        False takes every class whatever its name, each with a label of its own, and no resampled ones: for outlines
        that are measured.

    Returns
    -------
    BoneMasks
        Without classes where nothing belongs to the stack; `passed_over` tells why.

    Raises
    ------
    MaskError
        A file that belongs to the stack is broken or does not fit it; two NIfTI of one bone fit it.
    """
    belonging, passed_over = _belonging(masks, series, geometry, bones_only=bones_only)
    plan = _plan([file for file, _ in belonging], bones_only=bones_only)
    canvas = _Canvas.of(geometry, series, len(plan.names), measured=not bones_only)
    for file, fit in belonging:
        if file.kind is not MaskKind.NIFTI:
            try:
                if file.kind is MaskKind.SEG:
                    _paint_seg(file, plan.labels_of(file), canvas, drawn_on_it=fit is _Fit.OWN)
                else:
                    _paint_structure_set(file, plan.labels_of(file), canvas)
            except MaskError as error:
                # What was not made for the stack need not fit it; a broken file is never passed over.
                if fit is _Fit.OWN or error.series_uid is None:
                    raise
                passed_over.append(PassedOver(file.path, error.message))
                continue
            if fit is _Fit.LIKELY:
                canvas.remarks.append(
                    f"{file.path.name} lies in the same frame of reference, and references none of the images."
                )
    _paint_niftis([file for file, _ in belonging if file.kind is MaskKind.NIFTI], plan, canvas)
    return BoneMasks(
        canvas.labels,
        tuple(one for one in plan.names if one.label in canvas.painted),
        canvas.resampled,
        canvas.all_remarks(),
        tuple(sorted(passed_over, key=lambda one: (str(one.path), one.message))),
    )


def _belonging(
    masks: MaskFiles, series: Series, geometry: Geometry, *, bones_only: bool
) -> tuple[list[tuple[MaskFile, _Fit]], list[PassedOver]]:
    """Sort files into those that belong to a stack and others; what only likely does gives way to its own ones."""
    found: list[tuple[MaskFile, _Fit]] = []
    passed_over: list[PassedOver] = []
    for file in masks.files:
        is_nifti = file.kind is MaskKind.NIFTI
        fit = _nifti_fit(file, geometry, measured=not bones_only) if is_nifti else _dicom_fit(file, series)
        if not isinstance(fit, _Fit):
            passed_over.append(PassedOver(file.path, fit))
        elif bones_only and not any(bone_name(one.text) for one in file.classes):
            passed_over.append(PassedOver(file.path, _no_bones(file)))
        elif file.classes:
            found.append((file, fit))
    if any(fit is _Fit.OWN for _, fit in found):
        others = [file for file, fit in found if fit is not _Fit.OWN]
        own_ones = "Masks of the stack itself expected, found others too: these were made elsewhere."
        passed_over += [PassedOver(one.path, own_ones) for one in others]
        found = [(file, fit) for file, fit in found if fit is _Fit.OWN]
    return found, passed_over


def _dicom_fit(file: MaskFile, series: Series) -> _Fit | str:
    same_frame = (
        file.frame_of_reference_uid is not None and file.frame_of_reference_uid == series.frame_of_reference_uid
    )
    instance_uids = {one.sop_uid for one in series.instances} - {""}
    references = (
        bool(file.instance_uids & instance_uids) if file.instance_uids else series.series_uid in file.series_uids
    )
    other_frame = not same_frame and None not in (file.frame_of_reference_uid, series.frame_of_reference_uid)
    # rt_utils, with which TotalSegmentator writes RTSTRUCT, makes up the frame of reference; the images that the
    # contours were drawn on are named right. A SEG has no such excuse.
    if references and other_frame and file.kind is MaskKind.SEG:
        raise MaskError(
            f"Frame of reference {series.frame_of_reference_uid} expected, found {file.frame_of_reference_uid} in a "
            f"SEG that references images of the series (Frame of Reference UID (0020,0052), {file.path}). Make the "
            "SEG again from this series.",
            file.path,
            series.series_uid,
        )
    if references:
        return _Fit.OWN
    if same_frame:
        return _Fit.LIKELY
    return (
        f"Frame of reference {series.frame_of_reference_uid or 'none'} or images of the series expected, found "
        f"frame of reference {file.frame_of_reference_uid or 'none'}, images of "
        f"{', '.join(sorted(file.series_uids)) or 'no series'}."
    )


def _nifti_fit(file: MaskFile, geometry: Geometry, *, measured: bool) -> _Fit | str:
    grid = _grid(file)
    if _nifti_axes(grid, geometry) is not None:
        return _Fit.OWN
    low, high, voxel = _extent_in_mask(grid, geometry)
    margin = _MARGIN_VOXELS * np.maximum(1.0, voxel)
    last = np.array(grid.shape) - 1
    if measured:
        return (
            f"The stack's own grid expected, found {' x '.join(map(str, grid.shape))} voxels, the stack at "
            f"{_range(low, high)} of them (sform or qform). What is measured is never resampled."
        )
    if math.prod(grid.shape) > _LARGEST_RESAMPLED_VOXELS:
        return (
            f"At most {_LARGEST_RESAMPLED_VOXELS} voxels expected on another grid than the stack's, found "
            f"{math.prod(grid.shape)}. Resample the mask to the series."
        )
    covers = np.all(low >= -0.5 - _OVERHANG_VOXELS) and np.all(high <= last + 0.5 + _OVERHANG_VOXELS)
    if covers and np.all(low <= margin) and np.all(high >= last - margin):
        return _Fit.LIKELY
    return (
        f"The grid of the stack expected ({' x '.join(map(str, geometry.shape_kji))} slices, rows, columns), found "
        f"{' x '.join(map(str, grid.shape))} voxels that "
        f"{'go beyond the stack: they were made for another' if covers else 'do not cover the stack'}; it lies at "
        f"{_range(low, high)} of the mask's indexes (sform or qform). Resample the mask to the series."
    )


def _range(low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    return " x ".join(f"{a:.1f} to {b:.1f}" for a, b in zip(low, high, strict=True))


def _grid(file: MaskFile) -> NiftiGrid:
    if file.grid is None:
        raise ValueError("A NIfTI has a grid.")
    return file.grid


def _extent_in_mask(
    grid: NiftiGrid, geometry: Geometry
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Box of the stack's voxel centers in the mask's indexes, and the size of a voxel of the stack there."""
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
class _Lattice:
    """Where an array lies whose elements are voxels of the stack: start_kji + index * sign along each of its axes."""

    start_kji: NDArray[np.intp]
    axes: tuple[int, ...]
    signs: tuple[int, ...]


def _lattice(
    origin_lps_mm: NDArray[np.float64], steps_lps_mm: NDArray[np.float64], counts: Sequence[int], geometry: Geometry
) -> _Lattice | None:
    """Find the voxels of the stack that the elements of an array are; None where one lies beside them.

    An array of two axes lies in the slices. Along each axis every element is looked at: slices may be unevenly
    spaced.
    """
    sides_mm = (geometry.row_spacing_mm, geometry.column_spacing_mm, *geometry.slice_steps_mm)
    tolerance_mm = min(_GRID_TOLERANCE_MM, _GRID_TOLERANCE_VOXELS * min(sides_mm))
    start = np.rint(geometry.to_index_kji(origin_lps_mm)).astype(np.intp)
    axes: list[int | None] = []
    signs: list[int] = []
    for step, count in zip(steps_lps_mm, counts, strict=True):
        points = origin_lps_mm + np.arange(count)[:, None] * step
        index = np.rint(geometry.to_index_kji(points))
        if np.max(np.linalg.norm(geometry.to_lps_mm(index) - points, axis=1)) > tolerance_mm:
            return None
        steps = np.diff(index, axis=0)
        if count > 1 and (np.abs(steps[0]).sum() != 1 or np.any(steps != steps[0])):
            return None
        axes.append(int(np.argmax(np.abs(steps[0]))) if count > 1 else None)
        signs.append(int(steps[0].sum()) if count > 1 else 1)
    free = [axis for axis in range(3 - len(axes), 3) if axis not in axes]
    filled = tuple(free.pop(0) if axis is None and free else axis for axis in axes)
    if None in filled or len(set(filled)) != len(filled) or (len(filled) == 2 and 0 in filled):
        return None
    return _Lattice(start, cast("tuple[int, ...]", filled), tuple(signs))


def _nifti_axes(grid: NiftiGrid, geometry: Geometry) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Which axis of the stack each axis of a NIfTI is, and its direction; None where it is another grid."""
    lattice = _lattice(grid.origin_lps_mm, grid.steps_lps_mm, grid.shape, geometry)
    if lattice is None:
        return None
    for count, axis, sign in zip(grid.shape, lattice.axes, lattice.signs, strict=True):
        if count != geometry.shape_kji[axis] or lattice.start_kji[axis] != (0 if sign > 0 else count - 1):
            return None
    return lattice.axes, lattice.signs


# Planning: which classes get which labels


@dataclass(frozen=True, slots=True)
class _Plan:
    """The labels to be painted, and which class of which file gets which."""

    names: tuple[NamedMask, ...]
    labels: dict[tuple[MaskFile, MaskClass], int] = field(repr=False)

    def labels_of(self, file: MaskFile) -> dict[MaskClass, int]:
        return {one: self.labels[file, one] for one in file.classes if (file, one) in self.labels}


def _plan(files: Sequence[MaskFile], *, bones_only: bool) -> _Plan:
    """Give each bone a label, wherever it comes from; other classes each one of their own."""
    names: list[NamedMask] = []
    labels: dict[tuple[MaskFile, MaskClass], int] = {}
    by_name: dict[str, int] = {}
    for file in files:
        for one in file.classes:
            bone = bone_name(one.text) if bones_only else (one.text, _words_and_side(one.text)[1])
            if bone is None:
                continue
            name, side = bone
            label = by_name.get(name) if bones_only else None
            if label is None:
                label = len(names) + 1
                names.append(NamedMask(label, name, side, (file.path,)))
                by_name[name] = label
            elif file.path not in names[label - 1].paths:
                known = names[label - 1]
                names[label - 1] = replace(known, paths=(*known.paths, file.path))
            labels[file, one] = label
    niftis = {file.path for file in files if file.kind is MaskKind.NIFTI}
    if bones_only:
        _refuse_two_niftis(names, niftis)
    return _Plan(tuple(names), labels)


def _no_bones(file: MaskFile) -> str:
    found = [one.text for one in file.classes]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return (
        f"Names of bones expected (femur_left, vertebrae_L3, ...), found {', '.join(found[:5]) or 'none'}{more}. "
        "Name the classes as TotalSegmentator does."
    )


def _refuse_two_niftis(names: Iterable[NamedMask], niftis: Collection[Path]) -> None:
    """Refuse two NIfTI of one bone on one grid: of two series that share it, nothing tells which one is meant."""
    for one in names:
        twins = [path for path in one.paths if path in niftis]
        if len(twins) > 1:
            raise MaskError(
                f"One NIfTI with {one.name} expected for the stack, found {len(twins)} ({twins[0]} and {twins[1]}): "
                "all have its grid, and a NIfTI does not tell its series. Give the masks of one series.",
                twins[1],
            )


# Painting


@dataclass(slots=True)
class _Canvas:
    """The labels while they are painted: what is painted first stays."""

    geometry: Geometry
    series: Series
    labels: NDArray[Any]
    measured: bool
    slice_of_instance: dict[str, int]
    painted: set[int] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    overlap_count: int = 0
    resampled: bool = False

    @classmethod
    def of(cls, geometry: Geometry, series: Series, count: int, *, measured: bool) -> _Canvas:
        labels = np.zeros(geometry.shape_kji, dtype=np.uint8 if count < 2**8 else np.uint16)
        # Images that lie twice at one position make more instances than slices: then none is told by its number.
        slices = {one.sop_uid: k for k, one in enumerate(series.instances)}
        whole = len(series.instances) == len(slices) == geometry.shape_kji[0]
        return cls(geometry, series, labels, measured, slices if whole else {})

    def paint_class(self, part: NDArray[Any], mask: NDArray[np.bool_], label: int) -> None:
        """Write one label where a part of the labels (a view) is still free."""
        if mask.any():
            self.painted.add(label)
            self.overlap_count += int(np.count_nonzero(mask & (part != 0) & (part != label)))
            np.copyto(part, label, where=mask & (part == 0))

    def paint(self, part: NDArray[Any], values: NDArray[Any]) -> None:
        """Write values where a part of the labels (a view) is still free."""
        taken = (part != 0) & (values != 0) & (part != values)
        self.overlap_count += int(np.count_nonzero(taken))
        used = np.flatnonzero(np.bincount(values.ravel(), minlength=1))
        self.painted |= {int(value) for value in used if value}
        np.copyto(part, values.astype(part.dtype, copy=False), where=(part == 0))

    def resample(self, file: MaskFile, found: str) -> None:
        """Note that a mask is on another grid."""
        self.resampled = True
        self.remarks.append(f"{file.path.name} has another grid than the stack ({found}): taken by nearest neighbor.")

    def refusal(self, file: MaskFile, expected: str, found: str, to_do: str) -> MaskError:
        uid = self.series.series_uid
        message = f"{expected}, found {found} ({file.path}, for series {uid or 'without UID'}). {to_do}"
        return MaskError(message, file.path, uid)

    def all_remarks(self) -> tuple[str, ...]:
        overlap = f"{self.overlap_count} voxels are in two classes: the first one has them."
        return (*self.remarks, *((overlap,) if self.overlap_count else ()))


# NIfTI


def _paint_niftis(files: Sequence[MaskFile], plan: _Plan, canvas: _Canvas) -> None:
    by_grid: dict[NiftiGrid, list[MaskFile]] = defaultdict(list)
    for file in files:
        if file.kind is MaskKind.NIFTI:
            by_grid[_grid(file)].append(file)
    for grid, same_grid in by_grid.items():
        axes_signs = _nifti_axes(grid, canvas.geometry)
        if axes_signs is not None:
            flips = tuple(slice(None, None, sign) for sign in axes_signs[1])
            target = canvas.labels.transpose(axes_signs[0])[flips]
            for file in same_grid:
                _paint_nifti(file, plan.labels_of(file), target, canvas)
            continue
        # Put together on their own grid first: 60 bones are resampled once.
        low, high, _ = _extent_in_mask(grid, canvas.geometry)
        canvas.resample(same_grid[0], f"{' x '.join(map(str, grid.shape))} voxels, the stack at {_range(low, high)}")
        own = np.zeros(grid.shape, dtype=canvas.labels.dtype, order="F")
        painted = set(canvas.painted)
        for file in same_grid:
            _paint_nifti(file, plan.labels_of(file), own, canvas)
        canvas.painted = painted
        _paint_nearest(own, grid, canvas)


def _paint_nifti(file: MaskFile, labels: dict[MaskClass, int], target: NDArray[Any], canvas: _Canvas) -> None:
    """Paint a file on an array with its own axes, some of its last axis at a time."""
    import nibabel

    with _broken(file.path, "Voxels that can be read"):
        image: Any = nibabel.load(file.path, keep_file_open=True)
        grid = _grid(file)
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
                canvas.paint_class(target[..., window], voxels >= _HALF, label)
            else:
                canvas.paint(target[..., window], _nifti_labels(voxels, labels))


def _nifti_labels(voxels: NDArray[Any], labels: dict[MaskClass, int]) -> NDArray[Any]:
    """Turn a file's values into labels."""
    dtype = np.uint8 if max(labels.values()) < 2**8 else np.uint16
    if voxels.dtype.kind not in "ui":
        if np.any(np.rint(voxels) != voxels) or np.abs(voxels).max() > 2**31:
            raise ValueError("labels that are no whole numbers")
        voxels = voxels.astype(np.int64)
    numbers = {cast("int", one.number): label for one, label in labels.items()}
    # Only values that have a name count; a table takes them at once.
    inside = (voxels >= 0) & (voxels <= max(numbers))
    table = np.zeros(max(numbers, default=0) + 1, dtype=dtype)
    for number, label in numbers.items():
        table[number] = label
    result: NDArray[Any] = table[np.where(inside, voxels, 0)]
    return result


def _refuse_several_values(voxels: NDArray[Any], values_seen: set[float]) -> None:
    """Refuse labels without names where one class is expected; parts of one (probabilities) are taken."""
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


def _paint_nearest(own: NDArray[Any], grid: NiftiGrid, canvas: _Canvas) -> None:
    """Take each voxel of the stack from the nearest one of another grid."""
    per_step = np.linalg.inv(np.array(grid.affine_lps))[:3, :3]
    for k, slice_labels in enumerate(canvas.labels):
        index = _index_in_slice(per_step, grid.origin_lps_mm, k, canvas.geometry)
        canvas.paint(slice_labels, np.broadcast_to(own[_nearest(index, grid.shape)], slice_labels.shape))


def _index_in_slice(
    per_step: NDArray[np.float64], origin_lps_mm: NDArray[np.float64], k: int, geometry: Geometry
) -> list[NDArray[np.float64]]:
    """Index of the pixels of slice k along each axis of another grid.

    Each (rows, columns), or with a side of 1 where rows or columns make no difference: mostly the grids are parallel.

    Parameters
    ----------
    per_step
        (n, 3) what a millimeter along x, y and z adds to each index.
    origin_lps_mm
        Where all of them are 0.
    """
    _, rows, columns = geometry.shape_kji
    first = per_step @ (geometry.origins_lps_mm[k] - origin_lps_mm)
    down = per_step @ geometry.column_direction * geometry.row_spacing_mm
    across = per_step @ geometry.row_direction * geometry.column_spacing_mm
    result = []
    for start, each_row, each_column in zip(first, down, across, strict=True):
        row = np.arange(rows if abs(each_row) * rows > _NO_DIFFERENCE else 1)[:, None] * each_row
        column = np.arange(columns if abs(each_column) * columns > _NO_DIFFERENCE else 1) * each_column
        result.append(start + row + column)
    return result


def _nearest(index: Iterable[NDArray[np.float64]], shape: Sequence[int]) -> tuple[NDArray[np.int16], ...]:
    sides = zip(index, shape, strict=True)
    return tuple(np.clip(np.rint(one), 0, count - 1).astype(np.int16) for one, count in sides)


# SEG


@dataclass(frozen=True, slots=True)
class _FramePlane:
    """Where the pixels of a SEG frame lie: LPS mm, directions as in Image Orientation (Patient)."""

    position_lps_mm: tuple[float, ...]
    directions: tuple[float, ...]
    spacing_mm: tuple[float, ...]

    @property
    def origin(self) -> NDArray[np.float64]:
        return np.array(self.position_lps_mm)

    @property
    def steps(self) -> NDArray[np.float64]:
        """(2, 3) from one row to the next, and from one column to the next."""
        along_row, along_column = np.array(self.directions[:3]), np.array(self.directions[3:])
        return np.array([along_column * self.spacing_mm[0], along_row * self.spacing_mm[1]])


def _paint_seg(file: MaskFile, labels: dict[MaskClass, int], canvas: _Canvas, *, drawn_on_it: bool) -> None:
    """Paint the frames of a SEG, each where its Plane Position says (PS3.3 C.8.20.2 and C.7.6.16.2.3)."""
    with _broken(file.path, "A DICOM SEG that can be read"):
        with file.path.open("rb") as opened:
            _refuse_bomb(opened, file.path)
        dataset = dcmread(file.path, stop_before_pixels=True, force=True)
        frames = _seg_frames(dataset)
        shape = (int(dataset.Rows), int(dataset.Columns))
        decoder = _decoder(dataset, labels)
        lattices = {plane: _lattice(plane.origin, plane.steps, shape, canvas.geometry) for plane in frames}
    frames = {plane: same for plane, same in frames.items() if _is_within(plane, canvas)}
    lattices = {plane: lattices[plane] for plane in frames}
    spacing_mm = _seg_spacing_mm(dataset, frames, canvas)
    # Planes of a coarser grid may lie on slices of the stack; they stand for the slices between as well.
    step_mm = canvas.geometry.slice_spacing_mm
    coarser = spacing_mm is not None and step_mm is not None and spacing_mm > _COARSER * step_mm
    coarser = coarser and not drawn_on_it
    if not coarser and all(lattice is not None for lattice in lattices.values()):
        targets = {
            plane: _on_lattice(lattice, shape, canvas) for plane, lattice in lattices.items() if lattice is not None
        }
    else:
        targets = _nearest_targets(file, frames, shape, spacing_mm, canvas)
    with _broken(file.path, "Frames that can be decoded"):
        _paint_frames(file, frames, targets, decoder, canvas)


_Frames = dict[_FramePlane, list[tuple[int, int | None]]]
"""Frame index and segment number (None in a label map) of the frames in each plane."""


def _seg_frames(dataset: Dataset) -> _Frames:
    count = int(dataset.get("NumberOfFrames") or 1)
    per_frame = _items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = next(iter(_items(dataset, "SharedFunctionalGroupsSequence")), None)
    if len(per_frame) != count:
        raise ValueError(f"{len(per_frame)} functional groups for {count} frames (5200,9230)")
    label_map = str(dataset.get("SegmentationType", "")).upper() == "LABELMAP"
    frames: _Frames = defaultdict(list)
    for index, groups in enumerate(per_frame):
        plane = _FramePlane(
            _plane_numbers(groups, shared, "PlanePositionSequence", "ImagePositionPatient", 3),
            _plane_numbers(groups, shared, "PlaneOrientationSequence", "ImageOrientationPatient", 6),
            _plane_numbers(groups, shared, "PixelMeasuresSequence", "PixelSpacing", 2),
        )
        if min(plane.spacing_mm) <= 0:
            raise ValueError(f"Pixel Spacing (0028,0030) of {plane.spacing_mm}")
        segment = None
        if not label_map:
            segment = int(_macro(groups, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        frames[plane].append((index, segment))
    return frames


def _macro(groups: Dataset, shared: Dataset | None, keyword: str) -> Dataset:
    for holder in (groups, shared):
        items = _items(holder, keyword) if holder is not None else []
        if items:
            return items[0]
    raise ValueError(f"no {keyword}")


def _plane_numbers(
    groups: Dataset, shared: Dataset | None, sequence: str, keyword: str, count: int
) -> tuple[float, ...]:
    values = tuple(float(value) for value in _macro(groups, shared, sequence)[keyword].value)
    if len(values) != count or not all(abs(value) < _FARTHEST_MM for value in values):
        raise ValueError(f"{keyword} of {values}")
    return values


def _seg_spacing_mm(dataset: Dataset, frames: _Frames, canvas: _Canvas) -> float | None:
    """Distance of a SEG's planes, None where nothing tells it.

    Spacing Between Slices (0018,0088) before what lies between planes: empty ones may be left out.
    """
    measures = [
        one
        for shared in _items(dataset, "SharedFunctionalGroupsSequence")
        for one in _items(shared, "PixelMeasuresSequence")
    ]
    depths_mm = np.sort([plane.origin @ canvas.geometry.normal for plane in frames])
    steps_mm = np.diff(depths_mm)
    told = [one.get("SpacingBetweenSlices") for one in measures]
    between = [float(step) for step in steps_mm if step > _SAME_PLANE_MM]
    thickness = [one.get("SliceThickness") for one in measures]
    return next((abs(float(value)) for value in (*told, *sorted(between)[:1], *thickness) if value), None)


def _decoder(dataset: Dataset, labels: dict[MaskClass, int]) -> _Decoder:
    kind = str(dataset.get("SegmentationType", "")).upper()
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise ValueError(f"Segmentation Type (0062,0001) of {kind or 'nothing'}")
    if int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise ValueError("several samples per pixel")
    largest = int(dataset.get("MaximumFractionalValue") or 0) if kind == "FRACTIONAL" else 1
    if largest < 1:
        raise ValueError("no Maximum Fractional Value (0062,000E)")
    numbers = {cast("int", one.number): label for one, label in labels.items()}
    return _Decoder(kind == "LABELMAP", largest * _HALF, numbers)


@dataclass(frozen=True, slots=True)
class _Decoder:
    """What the pixels of a frame mean."""

    label_map: bool
    threshold: float
    labels: dict[int, int]

    def wants(self, segment: int | None) -> bool:
        return self.label_map or segment in self.labels

    def paint(self, part: NDArray[Any], pixels: NDArray[Any], segment: int | None, canvas: _Canvas) -> None:
        if segment is not None:
            canvas.paint_class(part, pixels >= self.threshold, self.labels[segment])
            return
        for value in np.unique(pixels):
            if int(value) in self.labels:
                canvas.paint_class(part, pixels == value, self.labels[int(value)])


_Target = list[tuple["NDArray[Any]", Any]]
"""Parts of the canvas (views), each with the index that takes its pixels from a frame."""


def _on_lattice(lattice: _Lattice, shape: tuple[int, int], canvas: _Canvas) -> _Target:
    """Where a frame goes whose pixels are voxels of the stack; what lies outside the stack is left out."""
    k = int(lattice.start_kji[0])
    if not 0 <= k < canvas.geometry.shape_kji[0]:
        return []
    # In the order of the frame's own axes.
    view = canvas.labels[k].transpose([axis - 1 for axis in lattice.axes])
    starts = [int(lattice.start_kji[axis]) for axis in lattice.axes]
    inside: list[slice] = []
    taken: list[slice] = []
    for start, sign, count, side in zip(starts, lattice.signs, shape, view.shape, strict=True):
        # Element n of the frame is voxel start + sign * n: first and last n inside the stack.
        low, high = (-start, side - 1 - start) if sign > 0 else (start - side + 1, start)
        low, high = max(0, low), min(count - 1, high)
        if low > high:
            return []
        taken.append(slice(low, high + 1))
        ends = sorted((start + sign * low, start + sign * high))
        inside.append(slice(ends[0], ends[1] + 1))
    part = view[tuple(inside)][tuple(slice(None, None, sign) for sign in lattice.signs)]
    return [(part, tuple(taken))]


def _nearest_targets(
    file: MaskFile, frames: _Frames, shape: tuple[int, int], spacing_mm: float | None, canvas: _Canvas
) -> dict[_FramePlane, _Target]:
    """Where frames go that lie on another grid: each slice of the stack takes the nearest plane, if it is near."""
    geometry = canvas.geometry
    planes = list(frames)
    for plane in planes:
        normal = np.cross(plane.directions[:3], plane.directions[3:])
        if np.linalg.norm(np.cross(normal, geometry.normal)) > _PARALLEL_TOLERANCE:
            raise canvas.refusal(
                file,
                "Frames along the slices of the stack expected",
                f"Image Orientation (Patient) {', '.join(f'{value:.4f}' for value in plane.directions)}",
                "Make the segmentation from this series, or resample it to it.",
            )
    depths_mm = np.array([plane.origin @ geometry.normal for plane in planes])
    targets: dict[_FramePlane, _Target] = defaultdict(list)
    for k, depth_mm in enumerate(geometry.positions_along_normal_mm):
        nearest = int(np.argmin(np.abs(depths_mm - depth_mm)))
        # No farther than half the way to a plane that may have been left out as empty.
        half_mm = _half_step_mm(canvas, k) if spacing_mm is None else spacing_mm / 2
        if abs(depths_mm[nearest] - depth_mm) <= half_mm + _GRID_TOLERANCE_MM:
            index = _nearest_pixels(file, planes[nearest], shape, k, canvas)
            targets[planes[nearest]].append((canvas.labels[k], index))
    if canvas.measured:
        raise canvas.refusal(
            file,
            "Outlines on the stack's own pixels expected",
            f"frames of {shape[0]} x {shape[1]} beside them (Plane Position Sequence (0020,9113))",
            "What is measured is never resampled: make the segmentation from this series.",
        )
    canvas.resample(file, f"frames of {shape[0]} x {shape[1]}, spaced {planes[0].spacing_mm[0]:g} mm")
    return targets


def _is_within(plane: _FramePlane, canvas: _Canvas) -> bool:
    """Whether a plane's first pixel lies between the ends of the stack; what lies beyond has nowhere to go."""
    depths_mm = canvas.geometry.positions_along_normal_mm
    depth_mm = float(plane.origin @ canvas.geometry.normal)
    before_mm, after_mm = (_half_step_mm(canvas, k) + _PLANE_TOLERANCE_MM for k in (0, -1))
    return bool(depths_mm[0] - before_mm <= depth_mm <= depths_mm[-1] + after_mm)


def _half_step_mm(canvas: _Canvas, k: int) -> float:
    """Half the way to the neighboring slices; of one slice alone half its thickness."""
    if canvas.geometry.shape_kji[0] > 1:
        return float(canvas.geometry.slice_weights_mm[k]) / 2
    return (canvas.series.slice_thickness_mm or 0.0) / 2


def _nearest_pixels(
    file: MaskFile, plane: _FramePlane, shape: tuple[int, int], k: int, canvas: _Canvas
) -> tuple[NDArray[np.int16], ...]:
    """Row and column of the frame's pixel nearest to each pixel of slice k, along the normal."""
    per_step = plane.steps / np.sum(plane.steps**2, axis=1, keepdims=True)
    found = _index_in_slice(per_step, plane.origin, k, canvas.geometry)
    for index, count in zip(found, shape, strict=True):
        if index.min() < -0.5 - _OVERHANG_VOXELS or index.max() > count - 0.5 + _OVERHANG_VOXELS:
            raise canvas.refusal(
                file,
                "Frames that cover the stack expected",
                f"{count} pixels, the stack at {index.min():.1f} to {index.max():.1f} of them in slice {k + 1}",
                "Make the segmentation from this series, or resample it to it.",
            )
    return _nearest(found, shape)


def _paint_frames(
    file: MaskFile,
    frames: _Frames,
    targets: Mapping[_FramePlane, _Target],
    decoder: _Decoder,
    canvas: _Canvas,
) -> None:
    from pydicom.pixels.utils import iter_pixels

    wanted = sorted(
        (
            (index, segment, plane)
            for plane, same_plane in frames.items()
            if targets.get(plane)
            for index, segment in same_plane
            if decoder.wants(segment)
        ),
        key=lambda one: one[0],
    )
    if not wanted:
        return
    # pydicom reads single frames from a file, but none from a deflated one.
    whole = dcmread(file.path, force=True) if _is_deflated(file.path) else file.path
    decoded = iter_pixels(whole, indices=[index for index, _, _ in wanted])
    for (_, segment, plane), pixels in zip(wanted, decoded, strict=True):
        for part, index in targets[plane]:
            decoder.paint(part, np.broadcast_to(pixels[index], part.shape), segment, canvas)


# RTSTRUCT


def _paint_structure_set(file: MaskFile, labels: dict[MaskClass, int], canvas: _Canvas) -> None:
    """Fill the closed contours of an RTSTRUCT (PS3.3 C.8.8.6, ROI Contour).

    A pixel is inside where its center is; of contours in one plane those inside others are holes (exclusive or). A
    contour belongs to the nearest slice within half the slice spacing; where contours of several planes do, the
    nearest plane counts.
    """
    with _broken(file.path, "A DICOM RTSTRUCT that can be read"):
        if file.path.stat().st_size > _LARGEST_STRUCTURE_SET_BYTES:
            raise ValueError(f"{file.path.stat().st_size} bytes, at most {_LARGEST_STRUCTURE_SET_BYTES} are read")
        with file.path.open("rb") as opened:
            _refuse_bomb(opened, file.path)
        dataset = dcmread(file.path, force=True)
        contours: dict[int, list[_Contour]] = defaultdict(list)
        passed_over: dict[str, int] = defaultdict(int)
        wanted = {cast("int", one.number): label for one, label in labels.items()}
        for roi in _items(dataset, "ROIContourSequence"):
            label = wanted.get(int(roi.ReferencedROINumber))
            for item in _items(roi, "ContourSequence") if label is not None else ():
                kind = str(item.get("ContourGeometricType") or "none").strip().upper()
                if kind in _CLOSED:
                    contours[cast("int", label)].append(_contour(item))
                else:
                    passed_over[kind] += 1
    # All are placed before any is painted: one that does not fit refuses the file.
    placed = {label: _place(file, same_roi, canvas) for label, same_roi in contours.items()}
    for label, (polygons_by_slice, _) in placed.items():
        for k, polygons in polygons_by_slice.items():
            _paint_polygons(polygons, canvas.labels[k], label, canvas)
    outside = {"lie beside the stack's slices": sum(count for _, count in placed.values())}
    without_inside = {f"of type {kind} have no inside": count for kind, count in passed_over.items()}
    for what, count in (outside | without_inside).items():
        if count:
            canvas.remarks.append(f"{count} contours in {file.path.name} {what}.")


def _paint_polygons(
    polygons: Sequence[NDArray[np.float64]], slice_labels: NDArray[Any], label: int, canvas: _Canvas
) -> None:
    """Fill polygons, looking only at the box that holds them."""
    points = np.concatenate(polygons)
    sides = np.array(slice_labels.shape[::-1])
    low = np.clip(np.floor(points.min(axis=0)) - 1, 0, sides).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 2, 0, sides).astype(int)
    if np.all(high > low):
        part = slice_labels[low[1] : high[1], low[0] : high[0]]
        canvas.paint_class(part, fill_polygons([one - low for one in polygons], part.shape), label)


@dataclass(frozen=True, slots=True, eq=False)
class _Contour:
    points_lps_mm: NDArray[np.float64]
    instance_uids: frozenset[str]


def _contour(item: Dataset) -> _Contour:
    element: Any = item.get_item("ContourData")
    if isinstance(element, RawDataElement):
        # pydicom makes a number of each by itself, which takes minutes for a whole skeleton.
        numbers = np.array((element.value or b"").rstrip(b" \0").split(b"\\")).astype(np.float64)
    else:
        numbers = np.array([float(value) for value in (element.value if element is not None else [])])
    if numbers.size % 3 or not numbers.size or not np.all(np.abs(numbers) < _FARTHEST_MM):
        raise ValueError(f"{numbers.size} numbers that are no points (Contour Data (3006,0050))")
    references = _items(item, "ContourImageSequence")
    return _Contour(
        numbers.reshape(-1, 3),
        frozenset(str(one.get("ReferencedSOPInstanceUID") or "") for one in references) - {""},
    )


def _place(
    file: MaskFile, contours: Sequence[_Contour], canvas: _Canvas
) -> tuple[dict[int, list[NDArray[np.float64]]], int]:
    """Move the contours of one region along the normal to their slices.

    Returns
    -------
    dict
        The polygons of each slice, (n, 2) column and row index.
    int
        How many contours lie beside the stack.
    """
    geometry = canvas.geometry
    nearest: dict[int, tuple[float, list[NDArray[np.float64]]]] = {}
    outside_count = 0
    for contour in contours:
        k, distance_mm = _slice_of(file, contour, canvas)
        if k is None:
            outside_count += 1
            continue
        points = contour.points_lps_mm - geometry.origins_lps_mm[k]
        columns = points @ geometry.row_direction / geometry.column_spacing_mm
        rows = points @ geometry.column_direction / geometry.row_spacing_mm
        polygon = np.stack([columns, rows], axis=1)
        known = nearest.get(k)
        if known is not None and abs(distance_mm - known[0]) <= _SAME_PLANE_MM:
            known[1].append(polygon)
        elif known is None or abs(distance_mm) < abs(known[0]):
            nearest[k] = (distance_mm, [polygon])
    return {k: polygons for k, (_, polygons) in nearest.items()}, outside_count


def _slice_of(file: MaskFile, contour: _Contour, canvas: _Canvas) -> tuple[int | None, float]:
    """Slice that a contour belongs to (None: beside the stack), and how far from it along the normal it lies, mm."""
    geometry = canvas.geometry
    depths_mm = contour.points_lps_mm @ geometry.normal
    if np.ptp(depths_mm) > _PLANE_TOLERANCE_MM:
        raise canvas.refusal(
            file,
            "Contours in the plane of the slices expected",
            f"one that goes through {np.ptp(depths_mm):.2f} mm across them (Contour Data (3006,0050))",
            "Draw the contours on this series.",
        )
    depth_mm = float(np.mean(depths_mm))
    offsets_mm = depth_mm - geometry.positions_along_normal_mm
    k = int(np.argmin(np.abs(offsets_mm)))
    near = abs(offsets_mm[k]) <= max(_half_step_mm(canvas, k), _GRID_TOLERANCE_MM) + _GRID_TOLERANCE_MM
    # Between two slices the nearest is never farther than half the step between them.
    between = geometry.positions_along_normal_mm[0] <= depth_mm <= geometry.positions_along_normal_mm[-1]
    own = {canvas.slice_of_instance[uid] for uid in contour.instance_uids if uid in canvas.slice_of_instance}
    if len(own) == 1 and not (near and abs(k - min(own)) <= 1):
        raise canvas.refusal(
            file,
            f"A contour in slice {min(own) + 1}, which it references, expected",
            f"one {offsets_mm[min(own)]:.2f} mm beside it (Contour Image Sequence (3006,0016))",
            "Positions or references of the file are wrong: write it again from this series.",
        )
    return (k if near or between else None), float(offsets_mm[k])


def fill_polygons(polygons: Iterable[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill closed polygons by the even-odd rule: a polygon inside another is a hole, one inside that is filled again.

    Parameters
    ----------
    polygons
        Each (n, 2) column and row of its corners, between pixel centers too; closed by itself.
    shape
        Rows and columns.

    Returns
    -------
    ndarray
        (rows, columns) bool, true where the center of a pixel is inside or on a contour. Programs that follow a mask
        from pixel to pixel (OpenCV, and rt_utils with it) draw contours through the centers of its outermost pixels,
        round a hole too: so they come back as they were.
    """
    rows, columns = shape
    crossings = np.zeros((rows, columns + 1), dtype=np.uint8)
    on_contour = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        start, end = polygon, np.roll(polygon, -1, axis=0)
        # The lower end of an edge counts, the upper does not: a corner is crossed once.
        edge, row = _rows_between(np.ceil(np.minimum(start, end)[:, 1]), np.ceil(np.maximum(start, end)[:, 1]), rows)
        column = _column_at(start[edge], end[edge], row)
        np.bitwise_xor.at(crossings, (row, np.clip(np.ceil(column), 0, columns).astype(np.intp)), 1)
        _mark_centers(on_contour, start, end)
    inside: NDArray[np.bool_] = np.bitwise_xor.accumulate(crossings, axis=1)[:, :columns].astype(np.bool_)
    return inside | on_contour


def _rows_between(
    first: NDArray[np.float64], stop: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every whole number from first to stop (not included) of each pair, within 0 to limit, and whose pair it is."""
    low, high = (np.clip(one, 0, limit).astype(np.intp) for one in (first, stop))
    counts = np.maximum(high - low, 0)
    pair = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + low[pair]
    return pair, number


def _column_at(start: NDArray[np.float64], end: NDArray[np.float64], row: NDArray[np.intp]) -> NDArray[np.float64]:
    column: NDArray[np.float64] = start[:, 0] + (row - start[:, 1]) * (end - start)[:, 0] / (end - start)[:, 1]
    return column


def _mark_centers(on_contour: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Mark the pixels whose centers lie on an edge, but for rounding."""
    rows, columns = on_contour.shape
    # Followed along the longer side of each edge, so that it passes every center on it.
    for axis in (0, 1):
        steps = np.abs(end - start)
        longer = (steps[:, axis] >= steps[:, 1 - axis]) & (steps[:, axis] > 0)
        # The other coordinate last, as _column_at gives it.
        a, b = (np.stack([one[longer, 1 - axis], one[longer, axis]], axis=1) for one in (start, end))
        low, high = np.minimum(a, b)[:, 1] - _ON_EDGE_PIXELS, np.maximum(a, b)[:, 1] + _ON_EDGE_PIXELS
        edge, along = _rows_between(np.ceil(low), np.floor(high) + 1, (columns, rows)[axis])
        across = _column_at(a[edge], b[edge], along)
        nearest = np.rint(across)
        hit = (np.abs(across - nearest) <= _ON_EDGE_PIXELS) & (nearest >= 0) & (nearest < (rows, columns)[axis])
        pixel = nearest[hit].astype(np.intp), along[hit]
        on_contour[pixel if axis == 0 else pixel[::-1]] = True
