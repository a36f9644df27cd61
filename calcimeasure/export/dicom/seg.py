"""A DICOM Segmentation (PS3.3 section A.51): one object for a stack, one segment for each lesion.

The voxels are those of the original slices: nothing is resampled, and each frame has the position of its own slice.
The same lesions of the same images give the same object with the same UIDs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from calcimeasure.errors import OutputError
from calcimeasure.export.dicom.encode import element_start, encoded, write_start
from calcimeasure.export.dicom.frames import Frames, overlaps, write_bits
from calcimeasure.export.dicom.groups import dimensions, frame_groups, shared_groups
from calcimeasure.export.dicom.header import Kind, begun_object, named_uid
from calcimeasure.export.dicom.labelmap import labels_of, write_labels
from calcimeasure.export.dicom.references import named_images, refer_to_images
from calcimeasure.export.dicom.segments import segment_item
from calcimeasure.export.dicom.values import content_uid, text_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from pydicom.dataset import Dataset

    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion

BINARY: Final = "binary"
LABELMAP: Final = "labelmap"

MOST_FRAMES: Final = 400
"""Viewers were seen to give up objects with more frames."""

_SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
_LABEL_MAP_SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.7"
_RLE: Final = "1.2.840.10008.1.2.5"
_PER_FRAME: Final = 0x52009230
_PIXEL_DATA: Final = 0x7FE00010

_SHIFTING: Final = {
    "sheared_stack": "Tilted slices: some viewers show masks in a wrong place",
    "uneven_spacing": "Uneven slices: some viewers show wrong places and volumes",
}
"""Content Description (0070,0081) of stacks that several readers place wrongly; at most 64 characters."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation that is ready to be written.

    Parameters
    ----------
    dataset
        Everything but the functional groups of the frames and the pixel data.
    groups
        The encoded items of Per-frame Functional Groups Sequence (5200,9230).
    frames
        What the frames are.
    source
        The stack.
    remarks
        What a person has to know of the object, in sentences.
    """

    dataset: Dataset
    groups: tuple[bytes, ...]
    frames: Frames
    source: Source
    remarks: tuple[str, ...]

    @property
    def lesions(self) -> tuple[Lesion, ...]:
        """Its segments."""
        return self.source.lesions

    @property
    def is_label_map(self) -> bool:
        """Whether one frame of a slice holds all segments."""
        return bool(self.dataset.SOPClassUID == _LABEL_MAP_SEGMENTATION)

    def write(self, file: BinaryIO) -> None:
        """Write the object as a file of DICOM (PS3.10); frames are made one by one."""
        write_start(file, self.dataset, _RLE if self.is_label_map else ExplicitVRLittleEndian)
        file.write(encoded(self.dataset))
        file.write(element_start(_PER_FRAME, "SQ", sum(map(len, self.groups))))
        for group in self.groups:
            file.write(group)
        rows, columns = self.dataset.Rows, self.dataset.Columns
        lesions = self.source.lesions
        if self.is_label_map:
            write_labels(file, self.frames, lesions, rows, columns)
            return
        byte_count = -(-len(self.frames.frames) * rows * columns // 8)
        file.write(element_start(_PIXEL_DATA, "OB", byte_count + byte_count % 2))
        write_bits(file, self.frames, lesions, rows, columns)


def segmentation_of(
    source: Source, naming: Naming, *, instance_number: int = 1, segmentation_type: str = BINARY
) -> Segmentation:
    """Make the segmentation of the lesions of a stack.

    Parameters
    ----------
    source
        The stack, with at least one lesion.
    naming
        The names of patients and images in the object.
    instance_number
        Instance Number (0020,0013): it rises from object to object of a stack.
    segmentation_type
        `BINARY`, or `LABELMAP` (compressed with RLE).

    Raises
    ------
    OutputError
        The header lacks what an object needs, or lesions overlap, which a label map cannot hold.
    """
    is_label_map = segmentation_type == LABELMAP
    lesions = source.lesions
    does_overlap = overlaps(lesions)
    if is_label_map and does_overlap:
        raise OutputError(
            f"Lesions that do not overlap expected for --segmentation-type labelmap, found two that share voxels "
            f"({source.stack.relative_path.name}). Leave the option out: binary holds both."
        )
    frames = labels_of(lesions) if is_label_map else Frames.of(lesions)
    kind = Kind(_LABEL_MAP_SEGMENTATION if is_label_map else _SEGMENTATION, "SEG", "Calcified masses: outlines", 71)
    dataset, remarks = begun_object(source, naming, kind)
    images = named_images(source, naming, frames.slices)
    dataset.InstanceNumber = str(instance_number)
    _describe_place(dataset, source, naming)
    _describe_content(dataset, source, is_label_map, does_overlap)
    refer_to_images(dataset, images.values())
    has_planes = source.geometry is not None
    uid = content_uid("dimensions", dataset.SeriesInstanceUID)
    dataset.update(dimensions(uid, has_segments=not is_label_map, has_planes=has_planes))
    dataset.SegmentSequence = Sequence(
        [segment_item(number, lesion, naming, source) for number, lesion in enumerate(lesions, 1)]
    )
    dataset.NumberOfFrames = str(len(frames.frames))
    dataset.SharedFunctionalGroupsSequence = Sequence([shared_groups(source)])
    groups = tuple(frame_groups(frames, source, images, names_segments=not is_label_map))
    dataset.SOPInstanceUID = _uid_of(dataset, groups, source)
    return Segmentation(dataset, groups, frames, source, (*remarks, *_remarks(frames, source)))


def _uid_of(dataset: Dataset, groups: tuple[bytes, ...], source: Source) -> str:
    digest = hashlib.sha256(encoded(dataset))
    for group in groups:
        digest.update(group)
    for lesion in source.lesions:
        outline = lesion.outline
        digest.update(repr((outline.start_kji, outline.stop_kji)).encode() + outline.bits)
    return content_uid("instance", digest.digest())


def _describe_place(dataset: Dataset, source: Source, naming: Naming) -> None:
    """Write the Frame of Reference module. A radiograph has none, but directions in letters (PS3.3 section C.7.6.1)."""
    if source.geometry is None:
        letters = text_of(source.header, "PatientOrientation").upper().split("\\")
        is_known = len(letters) == 2 and all(re.fullmatch("[ALPRHF]{1,3}", one) for one in letters)
        dataset.PatientOrientation = letters if is_known else ""
        return
    uid = source.stack.frame_of_reference_uid or ""
    dataset.FrameOfReferenceUID = named_uid(uid, naming, "FrameOfReferenceUID (0020,0052)", source)
    dataset.PositionReferenceIndicator = ""


def _describe_content(dataset: Dataset, source: Source, is_label_map: bool, does_overlap: bool) -> None:
    """Write the Segmentation Image module (PS3.3 section C.8.20.2) but for its segments."""
    pixel_format = source.stack.instances[0].pixel_format
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixel_format.rows, pixel_format.columns
    bits = 1 if not is_label_map else 8 if len(source.lesions) < 256 else 16
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0
    dataset.ContentLabel = "CALCIFIED_MASSES"
    shifting = [text for code, text in _SHIFTING.items() if code in source.notices]
    dataset.ContentDescription = shifting[0] if shifting else "Outlines of calcified masses"
    dataset.ContentCreatorName = ""
    dataset.SegmentationType = "LABELMAP" if is_label_map else "BINARY"
    dataset.SegmentsOverlap = "YES" if does_overlap else "NO"
    if is_label_map:
        dataset.PixelPaddingValue = 0
    _describe_loss(dataset, source.header)


def _describe_loss(dataset: Dataset, header: Dataset) -> None:
    """Say whether the images were compressed with loss before they were segmented (PS3.3 section C.7.6.1.1.5)."""
    dataset.LossyImageCompression = "01" if text_of(header, "LossyImageCompression") == "01" else "00"
    if dataset.LossyImageCompression == "01":
        ratios, methods = text_of(header, "LossyImageCompressionRatio"), text_of(header, "LossyImageCompressionMethod")
        if ratios and methods:
            dataset.LossyImageCompressionRatio = ratios.split("\\")
            dataset.LossyImageCompressionMethod = methods.split("\\")


def _remarks(frames: Frames, source: Source) -> list[str]:
    remarks = [f"{text}." for code, text in _SHIFTING.items() if code in source.notices]
    if len(frames.frames) > MOST_FRAMES:
        remarks.append(
            f"The segmentation has {len(frames.frames)} frames: some viewers give up above {MOST_FRAMES}. "
            "--segmentation-type labelmap needs one frame for each slice."
        )
    return remarks
