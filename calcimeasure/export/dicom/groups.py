"""Functional groups of a segmentation (PS3.3 section C.7.6.16), encoded once for each slice and each segment."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.export.dicom.encode import element, item, sequence, text
from calcimeasure.export.dicom.values import decimal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from calcimeasure.export.dicom.frames import Frames
    from calcimeasure.export.dicom.source import Source, SourceImage
    from calcimeasure.geometry import Geometry

_EVEN_MM: Final = 1e-3
"""Steps that differ by less are equal: positions are written with thousandths of a millimeter."""

_SEGMENTATION: Final = ("113076", "DCM", "Segmentation")
_SOURCE_IMAGE: Final = ("121322", "DCM", "Source image for image processing operation")


def shared_groups(source: Source) -> Dataset:
    """Make the groups that all frames share: spacing and directions; none for a radiograph, which has no plane.

    Spacing Between Slices is left out where it is not one number.
    """
    groups, geometry = Dataset(), source.geometry
    if geometry is None:
        return groups
    measures = Dataset()
    spacing_mm = geometry.slice_spacing_mm
    thickness_mm = source.stack.slice_thickness_mm or spacing_mm
    if thickness_mm:
        measures.SliceThickness = decimal(thickness_mm)
    if spacing_mm and is_even(geometry):
        measures.SpacingBetweenSlices = decimal(float(np.mean(geometry.slice_steps_mm)))
    measures.PixelSpacing = [decimal(geometry.row_spacing_mm), decimal(geometry.column_spacing_mm)]
    orientation = Dataset()
    directions = source.stack.row_column_directions or (*geometry.row_direction, *geometry.column_direction)
    orientation.ImageOrientationPatient = [decimal(float(one)) for one in directions]
    groups.PixelMeasuresSequence = Sequence([measures])
    groups.PlaneOrientationSequence = Sequence([orientation])
    return groups


def is_even(geometry: Geometry) -> bool:
    """Tell whether the steps between slices are equal, along the normal."""
    return bool(np.ptp(geometry.slice_steps_mm) <= _EVEN_MM) if geometry.shape_kji[0] > 1 else False


def frame_groups(
    frames: Frames, source: Source, images: Mapping[int, SourceImage], *, names_segments: bool = True
) -> Iterator[bytes]:
    """Encode the item of each frame in Per-frame Functional Groups Sequence (5200,9230).

    Parameters
    ----------
    frames
        Frames of one segment each, or of all segments (`names_segments` is then false).
    source, images
        The stack, and the image of each slice, with UIDs as they leave.
    names_segments
        Whether each frame belongs to one segment.
    """
    places = {k: place for place, k in enumerate(frames.slices, 1)}
    derivations = {k: _derivation(images[k]) for k in frames.slices}
    planes = {k: _plane(source.geometry, k) for k in frames.slices}
    segments = [_segment(number) for number in range(1, 2 + max(one.segment for one in frames.frames))]
    has_planes = source.geometry is not None
    for frame in frames.frames:
        k = frame.slice_index
        indices = ([frame.segment + 1] if names_segments else []) + ([places[k]] if has_planes else [])
        yield item(
            derivations[k],
            sequence(0x00209111, item(element(0x00209157, "UL", struct.pack(f"<{len(indices)}I", *indices)))),
            planes[k],
            segments[frame.segment] if names_segments else b"",
        )


def dimensions(uid: str, *, has_segments: bool, has_planes: bool) -> Dataset:
    """Make the Multi-frame Dimension module (PS3.3 section C.7.6.17): by segment, then by position.

    Parameters
    ----------
    uid
        Dimension Organization UID (0020,9164).
    has_segments, has_planes
        Whether frames differ in their segment, and in their position.
    """
    module, organization, indices = Dataset(), Dataset(), []
    organization.DimensionOrganizationUID = uid
    for pointer, group, label, is_used in (
        (0x0062000B, 0x0062000A, "Segment Number", has_segments),
        (0x00200032, 0x00209113, "Image Position", has_planes),
    ):
        if is_used:
            index = Dataset()
            index.DimensionOrganizationUID = uid
            index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, group
            index.DimensionDescriptionLabel = label
            indices.append(index)
    module.DimensionOrganizationSequence = Sequence([organization])
    module.DimensionIndexSequence = Sequence(indices)
    return module


def _code(code: tuple[str, str, str]) -> bytes:
    value, scheme, meaning = code
    return item(text(0x00080100, "SH", value), text(0x00080102, "SH", scheme), text(0x00080104, "LO", meaning))


def _derivation(image: SourceImage) -> bytes:
    """Encode Derivation Image Sequence (0008,9124): the image from which a slice was segmented."""
    frame = b"" if image.frame_number is None else text(0x00081160, "IS", str(image.frame_number))
    source = item(
        text(0x00081150, "UI", image.sop_class_uid),
        text(0x00081155, "UI", image.sop_uid),
        frame,
        text(0x0028135A, "CS", "YES"),  # Spatial Locations Preserved
        sequence(0x0040A170, _code(_SOURCE_IMAGE)),
    )
    return sequence(0x00089124, item(sequence(0x00082112, source), sequence(0x00089215, _code(_SEGMENTATION))))


def _plane(geometry: Geometry | None, k: int) -> bytes:
    """Encode Plane Position Sequence (0020,9113)."""
    if geometry is None:
        return b""
    position = "\\".join(decimal(float(one)) for one in geometry.origins_lps_mm[k])
    return sequence(0x00209113, item(text(0x00200032, "DS", position)))


def _segment(number: int) -> bytes:
    """Encode Segment Identification Sequence (0062,000A)."""
    return sequence(0x0062000A, item(element(0x0062000B, "US", struct.pack("<H", number))))
