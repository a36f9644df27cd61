"""Masks in DICOM SEG files: frames and their planes (PS3.3 A.51, C.8.20)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pydicom.filereader import dcmread

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.frames import frames_of
from calcimeasure.load.masks.grid import (
    Canvas,
    Lattice,
    find_lattice,
    half_step_mm,
    index_in_slice,
    nearest_index,
    on_lattice,
)
from calcimeasure.load.masks.reading import FARTHEST_MM, items_of, refuse_bomb, refusing_broken
from calcimeasure.load.masks.records import MaskError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from calcimeasure.load.masks.records import MaskClass, MaskFile
    from calcimeasure.model import Stack


_Target = list[tuple["NDArray[Any]", Any]]
"""Parts of the canvas (views), each with the index of its pixels in a frame."""


@dataclass(frozen=True, slots=True)
class _FramePlane:
    """The positions of the pixels of a SEG frame: LPS mm, directions as in Image Orientation (Patient)."""

    position_lps_mm: tuple[float, ...]
    directions: tuple[float, ...]
    spacing_mm: tuple[float, ...]

    @property
    def origin(self) -> NDArray[np.float64]:
        return np.array(self.position_lps_mm)

    @property
    def steps(self) -> NDArray[np.float64]:
        """(2, 3) step in mm from one row to the next, and from one column to the next."""
        along_row, along_column = np.array(self.directions[:3]), np.array(self.directions[3:])
        return np.array([along_column * self.spacing_mm[0], along_row * self.spacing_mm[1]])


_Frames = dict[_FramePlane, list[tuple[int, int | None]]]
"""Frame index and segment number (None in a label map) of the frames in each plane."""


def paint_seg(file: MaskFile, labels: dict[MaskClass, int], canvas: Canvas, *, drawn_on_it: bool) -> None:
    """Paint the frames of a SEG, each at its Plane Position (PS3.3 C.8.20.2 and C.7.6.16.2.3)."""
    with refusing_broken(file.path, "A DICOM SEG that can be read"):
        with file.path.open("rb") as opened:
            refuse_bomb(opened, file.path)
        dataset = dcmread(file.path, stop_before_pixels=True, force=True)
        frames = _seg_frames(dataset)
        shape = (int(dataset.Rows), int(dataset.Columns))
        decoder = _decoder(dataset, labels)
        lattices = {plane: find_lattice(plane.origin, plane.steps, shape, canvas.geometry) for plane in frames}
    beside = [same for plane, same in frames.items() if not _is_within(plane, canvas)]
    frames = {plane: same for plane, same in frames.items() if _is_within(plane, canvas)}
    if canvas.measured and (count := sum(decoder.wants(segment) for same in beside for _, segment in same)):
        canvas.remarks.append(f"{count} frames of {file.path.name} lie beside the stack's slices.")
    lattices = {plane: lattices[plane] for plane in frames}
    spacing_mm = _seg_spacing_mm(dataset, frames, canvas)
    on_voxels = {plane: lattice for plane, lattice in lattices.items() if lattice is not None}
    coarser = not drawn_on_it and _is_coarser(spacing_mm, canvas)
    if not coarser and len(on_voxels) == len(lattices):
        targets = {plane: _own_target(lattice, shape, canvas) for plane, lattice in on_voxels.items()}
    else:
        targets = _nearest_targets(file, frames, shape, spacing_mm, canvas)
    with refusing_broken(file.path, "Frames that can be decoded"):
        _paint_frames(file, frames, targets, decoder, canvas)


def film_masks(file: MaskFile, stack: Stack) -> dict[MaskClass, NDArray[np.bool_]]:
    """Read a SEG of a radiograph, which has pixels and no plane: its frames lie on the image that it references.

    Returns
    -------
    dict
        (rows, columns) of each segment with a frame.

    Raises
    ------
    MaskError
        The SEG is broken, references another image, or has other rows and columns.
    """
    image = stack.instances[0]
    with refusing_broken(file.path, "A DICOM SEG that can be read"):
        with file.path.open("rb") as opened:
            refuse_bomb(opened, file.path)
        dataset = dcmread(file.path, stop_before_pixels=True, force=True)
        shape, expected = (
            (int(dataset.Rows), int(dataset.Columns)),
            (image.pixel_format.rows, image.pixel_format.columns),
        )
        if file.instance_uids != {image.sop_uid} or shape != expected:
            raise MaskError(
                f"A SEG of the radiograph {image.sop_uid} alone, of {expected[0]} x {expected[1]} pixels, expected, "
                f"found one of {len(file.instance_uids)} images with {shape[0]} x {shape[1]} pixels ({file.path}). "
                "Draw it on that image.",
                file.path,
                stack.series_uid,
            )
        decoder = _decoder(dataset, {one: label for label, one in enumerate(file.classes, 1)})
        shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), None)
        per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
        masks: dict[MaskClass, NDArray[np.bool_]] = {}
        for groups, pixels in zip(per_frame, frames_of(file.path, range(len(per_frame))), strict=True):
            for one in file.classes:
                inside = pixels == one.number if decoder.label_map else pixels >= decoder.threshold
                if decoder.label_map or one.number == _segment_of(groups, shared):
                    masks[one] = masks.get(one, np.zeros(shape, np.bool_)) | inside
    return masks


def _segment_of(groups: Dataset, shared: Dataset | None) -> int:
    return int(_macro(groups, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)


def _is_coarser(spacing_mm: float | None, canvas: Canvas) -> bool:
    """Tell whether planes form a coarser grid than the slices; each then also counts for the slices next to it."""
    step_mm = canvas.geometry.slice_spacing_mm
    return spacing_mm is not None and step_mm is not None and spacing_mm > LOAD.coarser * step_mm


def _seg_frames(dataset: Dataset) -> _Frames:
    count = int(dataset.get("NumberOfFrames") or 1)
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), None)
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
            segment = _segment_of(groups, shared)
        frames[plane].append((index, segment))
    return frames


def _macro(groups: Dataset, shared: Dataset | None, keyword: str) -> Dataset:
    for holder in (groups, shared):
        items = items_of(holder, keyword) if holder is not None else []
        if items:
            return items[0]
    raise ValueError(f"no {keyword}")


def _plane_numbers(
    groups: Dataset, shared: Dataset | None, sequence: str, keyword: str, count: int
) -> tuple[float, ...]:
    values = tuple(float(value) for value in _macro(groups, shared, sequence)[keyword].value)
    if len(values) != count or not all(abs(value) < FARTHEST_MM for value in values):
        raise ValueError(f"{keyword} of {values}")
    return values


def _seg_spacing_mm(dataset: Dataset, frames: _Frames, canvas: Canvas) -> float | None:
    """Give the distance between the planes of a SEG; None if the SEG does not tell it.

    Spacing Between Slices (0018,0088) is preferred to the smallest distance between planes, because empty planes may be
    left out of the SEG.
    """
    measures = [
        one
        for shared in items_of(dataset, "SharedFunctionalGroupsSequence")
        for one in items_of(shared, "PixelMeasuresSequence")
    ]
    depths_mm = np.sort([plane.origin @ canvas.geometry.normal for plane in frames])
    steps_mm = np.diff(depths_mm)
    told = [one.get("SpacingBetweenSlices") for one in measures]
    between = [float(step) for step in steps_mm if step > LOAD.same_plane_mm]
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
    return _Decoder(kind == "LABELMAP", largest * LOAD.half, numbers)


@dataclass(frozen=True, slots=True)
class _Decoder:
    """The meaning of the pixel values of a frame."""

    label_map: bool
    threshold: float
    labels: dict[int, int]

    def wants(self, segment: int | None) -> bool:
        return self.label_map or segment in self.labels

    def inside_of(self, pixels: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which pixels of a frame are in any segment."""
        inside: NDArray[np.bool_] = np.isin(pixels, list(self.labels)) if self.label_map else pixels >= self.threshold
        return inside

    def paint(self, part: NDArray[Any], pixels: NDArray[Any], segment: int | None, canvas: Canvas) -> None:
        if segment is not None:
            canvas.paint_class(part, pixels >= self.threshold, self.labels[segment])
            return
        for value in np.unique(pixels):
            if int(value) in self.labels:
                canvas.paint_class(part, pixels == value, self.labels[int(value)])


def _own_target(lattice: Lattice, shape: tuple[int, int], canvas: Canvas) -> _Target:
    """Give the target of a frame whose pixels are voxels of the stack; pixels outside of the stack are left out."""
    there = on_lattice(lattice, shape, canvas.labels)
    return [] if there is None else [there]


def _nearest_targets(
    file: MaskFile, frames: _Frames, shape: tuple[int, int], spacing_mm: float | None, canvas: Canvas
) -> dict[_FramePlane, _Target]:
    """Give the targets of frames on another grid: each slice of the stack takes the nearest plane within a limit."""
    geometry = canvas.geometry
    planes = list(frames)
    for plane in planes:
        normal = np.cross(plane.directions[:3], plane.directions[3:])
        if np.linalg.norm(np.cross(normal, geometry.normal)) > LOAD.parallel_tolerance:
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
        # The limit is half the distance to the next plane, which may have been left out because it is empty.
        half_mm = half_step_mm(canvas, k) if spacing_mm is None else spacing_mm / 2
        if abs(depths_mm[nearest] - depth_mm) <= half_mm + LOAD.grid_tolerance_mm:
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


def _is_within(plane: _FramePlane, canvas: Canvas) -> bool:
    """Tell whether the first pixel of a plane lies between the ends of the stack; other planes are not painted."""
    depths_mm = canvas.geometry.positions_along_normal_mm
    depth_mm = float(plane.origin @ canvas.geometry.normal)
    before_mm, after_mm = (half_step_mm(canvas, k) + LOAD.plane_tolerance_mm for k in (0, -1))
    return bool(depths_mm[0] - before_mm <= depth_mm <= depths_mm[-1] + after_mm)


def _nearest_pixels(
    file: MaskFile, plane: _FramePlane, shape: tuple[int, int], k: int, canvas: Canvas
) -> tuple[NDArray[np.int16], ...]:
    """Find row and column of the frame's pixel that is nearest to each pixel of slice k, along the normal."""
    per_step = plane.steps / np.sum(plane.steps**2, axis=1, keepdims=True)
    found = index_in_slice(per_step, plane.origin, k, canvas.geometry)
    for index, count in zip(found, shape, strict=True):
        if index.min() < -0.5 - LOAD.overhang_voxels or index.max() > count - 0.5 + LOAD.overhang_voxels:
            raise canvas.refusal(
                file,
                "Frames that cover the stack expected",
                f"{count} pixels, the stack at {index.min():.1f} to {index.max():.1f} of them in slice {k + 1}",
                "Make the segmentation from this series, or resample it to it.",
            )
    return nearest_index(found, shape)


def _paint_frames(
    file: MaskFile,
    frames: _Frames,
    targets: Mapping[_FramePlane, _Target],
    decoder: _Decoder,
    canvas: Canvas,
) -> None:
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
    decoded = frames_of(file.path, [index for index, _, _ in wanted])
    for (_, segment, plane), pixels in zip(wanted, decoded, strict=True):
        for part, index in targets[plane]:
            if canvas.measured:
                _refuse_outside(file, decoder.inside_of(pixels), index, canvas)
            decoder.paint(part, np.broadcast_to(pixels[index], part.shape), segment, canvas)


def _refuse_outside(file: MaskFile, inside: NDArray[np.bool_], index: tuple[slice, ...], canvas: Canvas) -> None:
    """Refuse a frame with a pixel of a segment beside the stack: a part of an outline would be lost."""
    outside = int(np.count_nonzero(inside)) - int(np.count_nonzero(inside[index]))
    if outside:
        raise canvas.refusal(
            file,
            "Outlines inside of the stack expected",
            f"{outside} pixels of a frame outside of it (Plane Position Sequence (0020,9113))",
            "Make the segmentation from this series.",
        )
