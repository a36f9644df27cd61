"""Writes masks as other programs do: DICOM SEG (highdicom), NIfTI (nibabel, TotalSegmentator's names), RTSTRUCT."""

from __future__ import annotations

import random
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import nibabel
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from tests.phantoms import Grid

SegKind: TypeAlias = Literal["BINARY", "FRACTIONAL", "LABELMAP"]
Contour: TypeAlias = tuple["ArrayLike", str | None]
"""(n, 3) points in LPS mm, and the instance that it references."""

TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>  <Date><![CDATA[2013-07-14T05:45:09]]></Date>   '
    '<VolumeInformation Index="0">   <LabelTable>\n{labels}\n  </LabelTable>  <VolumeType><![CDATA[Label]]>'
    "</VolumeType>   </VolumeInformation></CaretExtension>\n              "
)
"""What TotalSegmentator --ml puts round its labels."""


# ---------------------------------------------------------------------------------------------------------------- SEG


def write_seg(
    path: Path,
    sources: Sequence[Path],
    segments: Mapping[str, NDArray[Any]],
    *,
    kind: SegKind = "BINARY",
    omit_empty_frames: bool = True,
    shuffle_seed: int | None = None,
    **changes: object,
) -> Path:
    """Write the (k, j, i) masks of the sources, in their order; fractions from 0 to 1 where fractional.

    A seed puts the frames into random order; the changes are attributes of the data set set last.
    """
    import highdicom as hd
    from pydicom.sr.codedict import codes

    images = [dcmread(source) for source in sources]
    if kind == "LABELMAP":
        pixels = np.zeros(next(iter(segments.values())).shape, dtype=np.uint8)
        for number, mask in enumerate(segments.values(), 1):
            pixels[mask != 0] = number
    else:
        pixels = np.stack([np.asarray(mask) for mask in segments.values()], axis=-1)
        pixels = pixels.astype(np.uint8 if kind == "BINARY" else np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = hd.seg.Segmentation(
            images,
            pixels,
            kind,
            [
                hd.seg.SegmentDescription(
                    number,
                    name,
                    codes.SCT.AnatomicalStructure,
                    codes.SCT.Bone,
                    hd.seg.SegmentAlgorithmTypeValues.MANUAL,
                )
                for number, name in enumerate(segments, 1)
            ],
            series_instance_uid=generate_uid(),
            series_number=100,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="Phantom",
            manufacturer_model_name="Phantom",
            software_versions="1",
            device_serial_number="1",
            omit_empty_frames=omit_empty_frames,
        )
        if shuffle_seed is not None:
            shuffle_frames(seg, shuffle_seed)
        for keyword, value in changes.items():
            setattr(seg, keyword, value)
        seg.save_as(path)
    return path


def shuffle_frames(seg: Dataset, seed: int) -> None:
    """Put frames and their functional groups into the same random order."""
    frames = seg.pixel_array.reshape(int(seg.NumberOfFrames), seg.Rows, seg.Columns)
    order = list(range(len(frames)))
    random.Random(seed).shuffle(order)  # noqa: S311 (no secret)
    groups = [seg.PerFrameFunctionalGroupsSequence[index] for index in order]
    for place, item in enumerate(groups):
        seg.PerFrameFunctionalGroupsSequence[place] = item
    stored = frames[order]
    seg.PixelData = pack_bits(stored.astype(np.uint8)) if seg.BitsAllocated == 1 else stored.tobytes()


# -------------------------------------------------------------------------------------------------------------- NIfTI


def affine_ras(grid: Grid, *, step_of_slices: int = 0) -> NDArray[np.float64]:
    """(4, 4) from (k, j, i) to RAS mm; slices as far apart as those from `step_of_slices` on."""
    affine = np.eye(4)
    k = step_of_slices
    affine[:3, 0] = grid.origins_lps_mm[k + 1] - grid.origins_lps_mm[k]
    affine[:3, 1] = grid.row_spacing_mm * grid.column_direction
    affine[:3, 2] = grid.column_spacing_mm * grid.row_direction
    affine[:3, 3] = grid.origins_lps_mm[0]
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def reorder(
    labels: NDArray[Any], affine: NDArray[np.float64], axes: Sequence[int], signs: Sequence[int]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Store an array with other axes and directions; each voxel stays where it is in the patient."""
    stored = labels.transpose(axes)[tuple(slice(None, None, sign) for sign in signs)]
    moved = np.eye(4)
    moved[:3, 3] = affine[:3, 3]
    for place, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        moved[:3, place] = sign * affine[:3, axis]
        if sign < 0:
            moved[:3, 3] += (labels.shape[axis] - 1) * affine[:3, axis]
    return stored, moved


def write_nifti(
    path: Path,
    stored: NDArray[Any],
    affine: NDArray[np.float64],
    names: Mapping[int, str] | None = None,
    *,
    table: str | None = None,
) -> Path:
    """Write an array as it is; the names as TotalSegmentator --ml does, or a table of one's own."""
    image = nibabel.Nifti1Image(stored, affine)
    image.set_qform(affine, 1, strip_shears=True)
    image.set_sform(affine, 1)
    if names is not None:
        rows = (f'<Label Key="{key}" Red="1.0" Alpha="1"><![CDATA[{name}]]></Label>' for key, name in names.items())
        table = TABLE.format(labels="\n".join(rows))
    if table is not None:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, table.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


# ----------------------------------------------------------------------------------------------------------- RTSTRUCT


def write_structure_set(
    path: Path,
    source: Path,
    regions: Mapping[str, Sequence[Contour]],
    *,
    frame_of_reference_uid: str | None = None,
    references: Sequence[str] | None = None,
    kind: str = "CLOSED_PLANAR",
) -> Path:
    """Write contours drawn on the series of the source.

    References are the instances that the whole names (Contour Image Sequence in (3006,0010)); None leaves the series
    out too.
    """
    image = dcmread(source, stop_before_pixels=True)
    frame_uid = frame_of_reference_uid or image.FrameOfReferenceUID
    dataset = Dataset()
    dataset.SOPClassUID = RTStructureSetStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "RTSTRUCT"
    dataset.StudyInstanceUID = image.StudyInstanceUID
    dataset.SeriesInstanceUID = generate_uid()
    dataset.StructureSetLabel = "Phantom"
    frame = Dataset()
    frame.FrameOfReferenceUID = frame_uid
    if references is not None:
        stack = Dataset()
        stack.SeriesInstanceUID = image.SeriesInstanceUID
        stack.ContourImageSequence = [_reference(uid) for uid in references]
        study = Dataset()
        study.ReferencedSOPInstanceUID = image.StudyInstanceUID
        study.RTReferencedSeriesSequence = [stack]
        frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]
    dataset.StructureSetROISequence = []
    dataset.ROIContourSequence = []
    for number, (name, contours) in enumerate(regions.items(), 1):
        roi = Dataset()
        roi.ROINumber = number
        roi.ROIName = name
        roi.ReferencedFrameOfReferenceUID = frame_uid
        dataset.StructureSetROISequence.append(roi)
        drawn = Dataset()
        drawn.ReferencedROINumber = number
        drawn.ContourSequence = [_contour(points, uid, kind) for points, uid in contours]
        dataset.ROIContourSequence.append(drawn)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = uid
    return item


def _contour(points_lps_mm: ArrayLike, uid: str | None, kind: str) -> Dataset:
    points = np.asarray(points_lps_mm, dtype=float)
    item = Dataset()
    if uid is not None:
        item.ContourImageSequence = [_reference(uid)]
    item.ContourGeometricType = kind
    item.NumberOfContourPoints = len(points)
    item.ContourData = [f"{value:.10g}" for value in points.ravel()]
    return item
