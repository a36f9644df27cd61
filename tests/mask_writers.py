"""Writes masks as other programs do: DICOM SEG (highdicom), NIfTI (nibabel, TotalSegmentator's names), RTSTRUCT, NRRD.

The NRRD of 3D Slicer and of MITK, and MetaImage, are written from their published formats alone.
"""

from __future__ import annotations

import gzip
import json
import random
import warnings
import zlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import nibabel
import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
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
    finding: bool = False,
    **changes: object,
) -> Path:
    """Write the (k, j, i) masks of the sources, in their order; fractions from 0 to 1 where fractional.

    The segments are bones by their codes, or findings. A seed puts the frames into random order; the changes are
    attributes of the data set set last.
    """
    import highdicom as hd
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

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
                    codes.SCT.MorphologicallyAbnormalStructure if finding else codes.SCT.AnatomicalStructure,
                    Code("18115005", "SCT", "Pathologic calcification, calcified structure")
                    if finding
                    else codes.SCT.Bone,
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


def write_ohif_seg(path: Path, sources: Sequence[Path], segments: Mapping[str, NDArray[Any]]) -> Path:
    """Write (k, j, i) masks as OHIF does: BINARY, the frames of a segment together, tissue by their codes (SRT).

    Each frame names its source image and its plane; pixels follow each other without padding between frames.
    """
    images = [dcmread(source, stop_before_pixels=True) for source in sources]
    first = images[0]
    seg = Dataset()
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID", "Rows", "Columns"):
        setattr(seg, keyword, first.get(keyword))
    seg.SOPClassUID, seg.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66.4", generate_uid()
    seg.SeriesInstanceUID, seg.Modality, seg.SegmentationType = generate_uid(), "SEG", "BINARY"
    seg.Manufacturer, seg.ContentCreatorName, seg.ContentLabel = "Unspecified", "Reader1", "SEGMENTATION"
    seg.SamplesPerPixel, seg.PhotometricInterpretation, seg.PixelRepresentation = 1, "MONOCHROME2", 0
    seg.BitsAllocated, seg.BitsStored, seg.HighBit = 1, 1, 0
    series = _items(SeriesInstanceUID=first.SeriesInstanceUID)
    series[0].ReferencedInstanceSequence = [_reference(image.SOPInstanceUID) for image in images]
    seg.ReferencedSeriesSequence = series
    shared = _items(
        PlaneOrientationSequence=_items(ImageOrientationPatient=first.ImageOrientationPatient),
        PixelMeasuresSequence=_items(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness),
    )
    tissue = {"CodeValue": "T-D0050", "CodingSchemeDesignator": "SRT", "CodeMeaning": "Tissue"}
    seg.SharedFunctionalGroupsSequence, seg.SegmentSequence, seg.PerFrameFunctionalGroupsSequence = shared, [], []
    frames = []
    for number, (name, mask) in enumerate(segments.items(), 1):
        seg.SegmentSequence += _items(
            SegmentNumber=number,
            SegmentLabel=name,
            SegmentAlgorithmType="SEMIAUTOMATIC",
            SegmentAlgorithmName="OHIF Brush",
            SegmentedPropertyCategoryCodeSequence=_items(**tissue),
            SegmentedPropertyTypeCodeSequence=_items(**tissue),
        )
        for k in np.flatnonzero(np.any(mask, axis=(1, 2))):
            frames.append(mask[k] != 0)
            derivation = Dataset()
            derivation.SourceImageSequence = [_reference(images[k].SOPInstanceUID)]
            seg.PerFrameFunctionalGroupsSequence += _items(
                DerivationImageSequence=[derivation],
                PlanePositionSequence=_items(ImagePositionPatient=images[k].ImagePositionPatient),
                SegmentIdentificationSequence=_items(ReferencedSegmentNumber=number),
            )
    seg.NumberOfFrames = len(frames)
    seg.PixelData = np.packbits(np.stack(frames).ravel(), bitorder="little").tobytes()
    seg.PixelData += b"\0" * (len(seg.PixelData) % 2)
    seg["PixelData"].VR = "OB"
    seg.file_meta = FileMetaDataset()
    seg.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    seg.save_as(path, enforce_file_format=True)
    return path


def _items(**values: object) -> list[Dataset]:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return [item]


DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"


def encode_frames(path: Path, syntax: str) -> Path:
    """Encode each frame of a SEG of one byte for each pixel (one bit: deflated frames) in a transfer syntax."""
    import imagecodecs

    seg = dcmread(path)
    frames = seg.pixel_array.reshape(int(seg.get("NumberOfFrames") or 1), seg.Rows, seg.Columns).astype(np.uint8)
    bits = seg.BitsAllocated
    encoded = []
    for frame in frames:
        if syntax == DEFLATED_FRAMES:
            stored = np.packbits(frame, bitorder="little").tobytes() if bits == 1 else frame.tobytes()
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            one = packer.compress(stored) + packer.flush()
        elif syntax == "1.2.840.10008.1.2.5":
            run = imagecodecs.packbits_encode(frame)
            one = np.array([1, 64, *[0] * 14], dtype="<u4").tobytes() + run
        elif syntax == "1.2.840.10008.1.2.4.90":
            one = imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True, level=0)
        else:
            one = imagecodecs.jpegls_encode(frame)
        encoded.append(one + b"\0" * (len(one) % 2))
    seg.PixelData = encapsulate(encoded)
    seg["PixelData"].VR = "OB"
    seg["PixelData"].is_undefined_length = True
    seg.file_meta.TransferSyntaxUID = syntax
    # pydicom does not know every syntax.
    dcmwrite(path, seg, implicit_vr=False, little_endian=True, force_encoding=True)
    return path


# --------------------------------------------------------------------------------------------------- NRRD, MetaImage


def _fields_of(affine_lps: NDArray[np.float64], space: str) -> list[str]:
    signs = {"right-anterior-superior": (-1, -1, 1), "left-anterior-superior": (1, -1, 1)}.get(space, (1, 1, 1))
    affine = np.diag([*signs, 1]) @ affine_lps
    vectors = [f"({','.join(f'{value:.17g}' for value in affine[:3, axis])})" for axis in range(4)]
    return [f"space: {space}", f"space directions: {{none}}{' '.join(vectors[:3])}", f"space origin: {vectors[3]}"]


def write_nrrd(
    path: Path,
    layers: Sequence[NDArray[Any]],
    affine_lps: NDArray[np.float64],
    *,
    space: str = "left-posterior-superior",
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Write layers of one shape, in the order of the columns of the matrix, with key/value pairs (NRRD0004)."""
    several = len(layers) > 1
    voxels = np.stack(layers) if several else layers[0]
    kind = {"u1": "unsigned char", "u2": "unsigned short", "f4": "float"}[voxels.dtype.str[1:]]
    head = [
        "NRRD0004",
        f"type: {kind}",
        f"dimension: {voxels.ndim}",
        f"sizes: {' '.join(map(str, voxels.shape))}",
        f"kinds: {'list ' if several else ''}domain domain domain",
        "endian: little",
        "encoding: gzip",
        *(line.replace("{none}", "none " if several else "") for line in _fields_of(affine_lps, space)),
        *(f"{key}:={value}" for key, value in (texts or {}).items()),
    ]
    path.write_bytes(("\n".join(head) + "\n\n").encode() + gzip.compress(voxels.tobytes(order="F")))
    return path


def write_slicer(
    path: Path,
    segments: Mapping[str, NDArray[Any]],
    affine_lps: NDArray[np.float64],
    *,
    space: str = "left-posterior-superior",
    crop: tuple[slice, slice, slice] | None = None,
    tags: str = "TerminologyEntry:Segmentation category and type~SCT^85756007^Tissue~SCT^85756007^Tissue",
) -> Path:
    """Write (k, j, i) masks as 3D Slicer 5 does: axes i, j, k; segments that overlap lie in layers of their own.

    The affine is that of (k, j, i); a crop is the extent that is saved.
    """
    shape = next(iter(segments.values())).shape
    layers: list[NDArray[np.uint8]] = []
    texts = {"Segmentation_SourceRepresentation": "Binary labelmap"}
    for number, (name, mask) in enumerate(segments.items()):
        inside = np.asarray(mask, dtype=bool)
        layer = next((place for place, one in enumerate(layers) if not one[inside].any()), len(layers))
        if layer == len(layers):
            layers.append(np.zeros(shape, dtype=np.uint8))
        value = int(layers[layer].max()) + 1
        layers[layer][inside] = value
        prefix = f"Segment{number}_"
        texts |= {f"{prefix}ID": f"Segment_{number + 1}", f"{prefix}Name": name, f"{prefix}LabelValue": str(value)}
        texts |= {f"{prefix}Layer": str(layer), f"{prefix}Tags": tags}
    crop = crop or (slice(None),) * 3
    start = [part.start or 0 for part in crop]
    moved = affine_lps.copy()
    moved[:3, 3] = affine_lps[:3, :3] @ start + affine_lps[:3, 3]
    turned = moved[:, [2, 1, 0, 3]]
    texts["Segmentation_ReferenceImageExtentOffset"] = " ".join(map(str, reversed(start)))
    return write_nrrd(path, [one[crop].transpose(2, 1, 0) for one in layers], turned, space=space, texts=texts)


def write_mitk(
    path: Path, groups: Sequence[Mapping[int, tuple[str, NDArray[Any]]]], affine_lps: NDArray[np.float64]
) -> Path:
    """Write groups of labels (value: name, (k, j, i) mask) as MITK does: unsigned short, the labels as JSON."""
    layers, told = [], []
    for group in groups:
        layer = np.zeros(next(iter(group.values()))[1].shape, dtype=np.uint16)
        for value, (_, mask) in group.items():
            layer[mask != 0] = value
        layers.append(layer.transpose(2, 1, 0))
        color = {"type": "ColorProperty", "value": [1.0, 0.5, 0.0]}
        labels = [{"name": name, "value": value, "color": color, "locked": True} for value, (name, _) in group.items()]
        told.append({"labels": labels})
    texts = {
        "modality": "org.mitk.multilabel.segmentation",
        "org.mitk.multilabel.segmentation.version": "1",
        "org.mitk.multilabel.segmentation.labelgroups": json.dumps(told),
    }
    return write_nrrd(path, layers, affine_lps[:, [2, 1, 0, 3]], texts=texts)


def write_meta_image(path: Path, labels: NDArray[Any], affine_lps: NDArray[np.float64]) -> Path:
    """Write (k, j, i) labels of one byte as an .mha: axes i, j, k."""
    turned = affine_lps[:, [2, 1, 0, 3]]
    spacing = np.linalg.norm(turned[:3, :3], axis=0)
    # Each axis is a row of TransformMatrix.
    matrix = (turned[:3, :3] / spacing).T.ravel()
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": False,
        "TransformMatrix": " ".join(f"{value:.17g}" for value in matrix),
        "Offset": " ".join(f"{value:.17g}" for value in turned[:3, 3]),
        "ElementSpacing": " ".join(f"{value:.17g}" for value in spacing),
        "DimSize": " ".join(map(str, labels.shape[::-1])),
        "ElementType": "MET_UCHAR",
        "ElementDataFile": "LOCAL",
    }
    head = "".join(f"{key} = {value}\n" for key, value in fields.items())
    path.write_bytes(head.encode() + labels.astype(np.uint8).tobytes())
    return path


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
