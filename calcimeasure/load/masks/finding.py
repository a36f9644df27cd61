"""Which files are masks, and what their headers say."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydicom.filereader import read_partial

from calcimeasure.errors import InputPathError
from calcimeasure.load.masks.itk_image import itk_header
from calcimeasure.load.masks.nifti import nifti_header
from calcimeasure.load.masks.reading import LARGEST_SIDE, items_of, refuse_bomb, refusing_broken
from calcimeasure.load.masks.records import MaskClass, MaskError, MaskFile, MaskFiles, MaskKind, PassedOver
from calcimeasure.load.source import read_meta
from calcimeasure.model import AlgorithmType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydicom.dataset import Dataset

_SEGMENTATION: Final = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""Segmentation Storage and Label Map Segmentation Storage."""

_STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
_FUNCTIONAL_GROUPS: Final = 0x52009229
_ROI_CONTOURS: Final = 0x30060039
_NO_HEADER: Final = 0x00080060
_NIFTI_NAMES: Final = (".nii", ".nii.gz")
_ITK_NAMES: Final = (".nrrd", ".mha")
_ANATOMICAL_STRUCTURES: Final = frozenset({"123037004", "91723000", "T-D000A"})
"""Categories of segments that are parts of the body (CID 7150): Anatomical Structure, in SNOMED CT and SNOMED RT."""

_FINDINGS: Final = frozenset({"49755003", "M-01000"})
"""The category of segments that are findings: Morphologically Altered Structure."""


def find_masks(path: str | os.PathLike[str]) -> MaskFiles:
    """Find the mask files under a path, reading headers only.

    Parameters
    ----------
    path
        A DICOM SEG (PS3.3 C.8.20), RTSTRUCT (C.8.8.5), NIfTI (.nii, .nii.gz), NRRD (.nrrd, .seg.nrrd) or MetaImage
        (.mha), or a folder that is searched with all its subfolders. A NIfTI has the names of its labels in an XML
        extension of its header, as TotalSegmentator --ml writes it, a NRRD in the fields of 3D Slicer or of MITK; any
        other image file holds one class that has the name of the file.

    Raises
    ------
    InputPathError
        The path does not exist or cannot be read.
    MaskError
        The path is a file that claims to be a mask and is broken, or no file under the path is a mask. Broken files of
        a folder are given in `MaskFiles.broken`: one of them must not stop the stacks that have masks of their own.
    """
    path = Path(path)
    if not (path.is_dir() or path.is_file()):
        raise InputPathError(f"The mask file or folder {path} does not exist, or is neither of both.")
    files, broken, other_file_count = _read_folder(path) if path.is_dir() else _read_file(path)
    if not files and not broken:
        raise MaskError(
            f"A DICOM SEG, an RTSTRUCT, a NIfTI (.nii, .nii.gz), a .nrrd or a .mha expected, found none among "
            f"{other_file_count} files ({path}). Name the file or folder that holds the masks.",
            path,
        )
    return MaskFiles(path, tuple(files), other_file_count, tuple(broken))


def _read_file(path: Path) -> tuple[list[MaskFile], list[PassedOver], int]:
    files = _read_header(path)
    return files, [], int(not files)


def _read_folder(folder: Path) -> tuple[list[MaskFile], list[PassedOver], int]:
    """Read the headers of the files of a folder: the masks, the broken ones, and the number of other files."""
    files: list[MaskFile] = []
    broken: list[PassedOver] = []
    other_file_count = 0
    for path in sorted(_walk(folder)):
        try:
            found = _read_header(path)
        except MaskError as error:
            broken.append(PassedOver(path, error.message))
        else:
            files += found
            other_file_count += not found
    return files, broken, other_file_count


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise InputPathError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error

    for parent, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            file = Path(parent, name)
            # On other drives macOS writes an extra file "._name" beside each file; it has the same suffix, but is not a
            # mask.
            if file.is_file() and not name.startswith("._"):
                yield file


def _read_header(path: Path) -> list[MaskFile]:
    """Read the contents of a file from its header; empty if the file is not a mask."""
    if path.name.lower().endswith(_NIFTI_NAMES):
        with refusing_broken(path, "A NIfTI that can be read"):
            return [nifti_header(path)]
    if path.name.lower().endswith(_ITK_NAMES):
        with refusing_broken(path, "A NRRD or MetaImage that can be read"):
            return [itk_header(path)]
    kind = _dicom_kind(path)
    if kind is None:
        return []
    with refusing_broken(path, f"A DICOM {kind} that can be read"), path.open("rb") as file:
        refuse_bomb(file, path)
        stop = _FUNCTIONAL_GROUPS if kind is MaskKind.SEG else _ROI_CONTOURS
        file.seek(0)
        dataset = read_partial(file, stop_when=lambda tag, *_: tag >= stop, force=True)
        return [_seg_header(path, dataset)] if kind is MaskKind.SEG else _structure_set_header(path, dataset)


def _dicom_kind(path: Path) -> MaskKind | None:
    """Tell the kind of a file from its header; None if the file is not DICOM, or not a mask."""
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
    # In a broken file the attribute may have several values.
    if str(sop_class) in _SEGMENTATION:
        return MaskKind.SEG
    return MaskKind.RTSTRUCT if str(sop_class) == _STRUCTURE_SET else None


def _seg_header(path: Path, dataset: Dataset) -> MaskFile:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not (0 < rows <= LARGEST_SIDE and 0 < columns <= LARGEST_SIDE):
        raise ValueError(f"{rows} x {columns} pixels")
    references = items_of(dataset, "ReferencedSeriesSequence")
    images = [image for one in references for image in items_of(one, "ReferencedInstanceSequence")]
    classes = [
        MaskClass(
            int(segment.SegmentNumber),
            str(segment.get("SegmentLabel") or ""),
            tracking_uid=str(segment.get("TrackingUID") or "") or None,
            algorithm_type=_algorithm_type(segment.get("SegmentAlgorithmType")),
            is_anatomy=_is_anatomy(segment),
        )
        for segment in items_of(dataset, "SegmentSequence")
    ]
    return MaskFile(
        path,
        MaskKind.SEG,
        tuple(one for one in classes if one.number != 0),  # a label map may name its background
        str(dataset.get("FrameOfReferenceUID") or "") or None,
        _uids(references, "SeriesInstanceUID"),
        _uids(images, "ReferencedSOPInstanceUID"),
        patient_id=_text(dataset.get("PatientID")),
        author=_person(dataset.get("ContentCreatorName")),
    )


def _algorithm_type(value: object) -> AlgorithmType | None:
    word = str(value or "").strip().lower()
    return AlgorithmType(word) if word in {*AlgorithmType} else None


def _is_anatomy(segment: Dataset) -> bool | None:
    """Tell by the category of a segment whether it is a part of the body (PS3.3 C.8.20.2); None if it says neither."""
    codes = {str(item.get("CodeValue") or "") for item in items_of(segment, "SegmentedPropertyCategoryCodeSequence")}
    return True if codes & _ANATOMICAL_STRUCTURES else False if codes & _FINDINGS else None


def _text(value: object) -> str | None:
    return str(value or "").strip() or None


def _person(value: object) -> str | None:
    """Write a person's name: family name, given names (PS3.5 section 6.2.1); None if there is none."""
    family, *others = str(value or "").split("=")[0].split("^")
    given = " ".join(part.strip() for part in others[:2] if part.strip())
    return ", ".join(part for part in (family.strip(), given) if part) or None


def _referenced_series(dataset: Dataset) -> dict[str, list[Dataset]]:
    """Give the items of the series that are referenced in each frame of reference."""
    references: dict[str, list[Dataset]] = defaultdict(list)
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        uid = str(frame.get("FrameOfReferenceUID") or "")
        for study in items_of(frame, "RTReferencedStudySequence"):
            references[uid] += items_of(study, "RTReferencedSeriesSequence")
    return references


def _uids(items: Iterable[Dataset], keyword: str) -> frozenset[str]:
    return frozenset(str(item.get(keyword) or "") for item in items) - {""}


def _structure_set_header(path: Path, dataset: Dataset) -> list[MaskFile]:
    """Read the regions of interest, grouped by frame of reference (PS3.3 C.8.8.5, Structure Set)."""
    classes: dict[str, list[MaskClass]] = defaultdict(list)
    for roi in items_of(dataset, "StructureSetROISequence"):
        uid = str(roi.get("ReferencedFrameOfReferenceUID") or "")
        drawn = _algorithm_type(roi.get("ROIGenerationAlgorithm"))
        classes[uid].append(MaskClass(int(roi.ROINumber), str(roi.get("ROIName") or ""), algorithm_type=drawn))
    references = _referenced_series(dataset)
    files = []
    for uid, rois in (classes or {"": []}).items():
        images = [image for stack in references[uid] for image in items_of(stack, "ContourImageSequence")]
        series_uids = _uids(references[uid], "SeriesInstanceUID")
        instance_uids = _uids(images, "ReferencedSOPInstanceUID")
        files.append(
            MaskFile(
                path,
                MaskKind.RTSTRUCT,
                tuple(rois),
                uid or None,
                series_uids,
                instance_uids,
                patient_id=_text(dataset.get("PatientID")),
                author=_person(dataset.get("OperatorsName")),
            )
        )
    return files
