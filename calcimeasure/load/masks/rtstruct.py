"""Masks in DICOM RT Structure Sets: contours and the slices that they lie on (PS3.3 A.19, C.8.8.6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.filereader import dcmread

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.grid import Canvas, half_step_mm
from calcimeasure.load.masks.polygons import fill_polygons
from calcimeasure.load.masks.reading import (
    FARTHEST_MM,
    LARGEST_STRUCTURE_SET_BYTES,
    items_of,
    refuse_bomb,
    refusing_broken,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from calcimeasure.load.masks.records import MaskClass, MaskFile

REFERENCES_DISAGREE: Final = "references_disagree"
"""The notice on contours that lie beside the images that they reference."""

_CLOSED: Final = frozenset({"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"})


def paint_structure_set(file: MaskFile, labels: dict[MaskClass, int], canvas: Canvas) -> None:
    """Fill the closed contours of an RTSTRUCT (PS3.3 C.8.8.6, ROI Contour).

    A pixel is inside if its center is inside. A contour inside another contour of the same plane is a hole (exclusive
    or). A contour belongs to the nearest slice within half the slice spacing. If contours of several planes belong to
    one slice, only those of the nearest plane are used.
    """
    with refusing_broken(file.path, "A DICOM RTSTRUCT that can be read"):
        if file.path.stat().st_size > LARGEST_STRUCTURE_SET_BYTES:
            raise ValueError(f"{file.path.stat().st_size} bytes, at most {LARGEST_STRUCTURE_SET_BYTES} are read")
        with file.path.open("rb") as opened:
            refuse_bomb(opened, file.path)
        contours, passed_over = _contours(dcmread(file.path, force=True), labels)
    # All contours are placed before the first one is painted: a contour that does not fit makes the whole file refused.
    placed = {label: _place(file, same_roi, canvas) for label, same_roi in contours.items()}
    for label, (polygons_by_slice, _) in placed.items():
        for k, polygons in polygons_by_slice.items():
            _paint_polygons(polygons, canvas.labels[k], label, canvas)
    outside = {"lie beside the stack's slices": sum(count for _, count in placed.values())}
    without_inside = {f"of type {kind} have no inside": count for kind, count in passed_over.items()}
    for what, count in (outside | without_inside).items():
        if count:
            canvas.remarks.append(f"{count} contours in {file.path.name} {what}.")


def _contours(dataset: Dataset, labels: dict[MaskClass, int]) -> tuple[dict[int, list[_Contour]], dict[str, int]]:
    """Read the closed contours of each label, and how many of each other type there are."""
    contours: dict[int, list[_Contour]] = defaultdict(list)
    passed_over: dict[str, int] = defaultdict(int)
    wanted = {cast("int", one.number): label for one, label in labels.items()}
    for roi in items_of(dataset, "ROIContourSequence"):
        label = wanted.get(int(roi.ReferencedROINumber))
        for item in items_of(roi, "ContourSequence") if label is not None else ():
            kind = str(item.get("ContourGeometricType") or "none").strip().upper()
            if kind in _CLOSED:
                contours[cast("int", label)].append(_contour(item))
            else:
                passed_over[kind] += 1
    return contours, passed_over


def _paint_polygons(
    polygons: Sequence[NDArray[np.float64]], slice_labels: NDArray[Any], label: int, canvas: Canvas
) -> None:
    """Fill polygons; only their bounding box is processed."""
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
        # pydicom converts the numbers one by one, which takes minutes for a whole skeleton.
        numbers = np.array((element.value or b"").rstrip(b" \0").split(b"\\")).astype(np.float64)
    else:
        numbers = np.array([float(value) for value in (element.value if element is not None else [])])
    if numbers.size % 3 or not numbers.size or not np.all(np.abs(numbers) < FARTHEST_MM):
        raise ValueError(f"{numbers.size} numbers that are no points (Contour Data (3006,0050))")
    references = items_of(item, "ContourImageSequence")
    return _Contour(
        numbers.reshape(-1, 3),
        frozenset(str(one.get("ReferencedSOPInstanceUID") or "") for one in references) - {""},
    )


def _place(
    file: MaskFile, contours: Sequence[_Contour], canvas: Canvas
) -> tuple[dict[int, list[NDArray[np.float64]]], int]:
    """Move the contours of one region along the normal to their slices.

    Returns
    -------
    dict
        The polygons of each slice, (n, 2) column and row index.
    int
        Number of contours outside of the stack.
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
        if known is not None and abs(distance_mm - known[0]) <= LOAD.same_plane_mm:
            known[1].append(polygon)
        elif known is None or abs(distance_mm) < abs(known[0]):
            nearest[k] = (distance_mm, [polygon])
    return {k: polygons for k, (_, polygons) in nearest.items()}, outside_count


def _slice_of(file: MaskFile, contour: _Contour, canvas: Canvas) -> tuple[int | None, float]:
    """Find the slice of a contour (None: outside of the stack), and the distance to it along the normal in mm."""
    geometry = canvas.geometry
    depths_mm = contour.points_lps_mm @ geometry.normal
    if np.ptp(depths_mm) > LOAD.plane_tolerance_mm:
        raise canvas.refusal(
            file,
            "Contours in the plane of the slices expected",
            f"one that goes through {np.ptp(depths_mm):.2f} mm across them (Contour Data (3006,0050))",
            "Draw the contours on this series.",
        )
    depth_mm = float(np.mean(depths_mm))
    offsets_mm = depth_mm - geometry.positions_along_normal_mm
    k = int(np.argmin(np.abs(offsets_mm)))
    near = abs(offsets_mm[k]) <= max(half_step_mm(canvas, k), LOAD.grid_tolerance_mm) + LOAD.grid_tolerance_mm
    # Between two slices the nearest is never farther than half the step between them.
    between = geometry.positions_along_normal_mm[0] <= depth_mm <= geometry.positions_along_normal_mm[-1]
    own = {canvas.slice_of_instance[uid] for uid in contour.instance_uids if uid in canvas.slice_of_instance}
    if len(own) == 1 and not (near and abs(k - min(own)) <= _most_slices_off(canvas)):
        _note_disagreement(file, min(own), float(offsets_mm[min(own)]), canvas)
    if canvas.measured and len(own) != 1 and not _has_frame_of(file, canvas):
        raise canvas.refusal(
            file,
            f"Frame of reference {canvas.stack.frame_of_reference_uid or 'none'}, or contours that reference their "
            "images, expected",
            f"frame of reference {file.frame_of_reference_uid or 'none'} (Frame of Reference UID (0020,0052))",
            "Draw the contours on this series.",
        )
    if canvas.measured and near and abs(offsets_mm[k]) > LOAD.plane_tolerance_mm:
        raise canvas.refusal(
            file,
            "Contours in the planes of the slices expected",
            f"one {offsets_mm[k]:.2f} mm beside slice {k + 1} (Contour Data (3006,0050))",
            "What is measured is never resampled: draw the contours on this series.",
        )
    return (k if near or between else None), float(offsets_mm[k])


def _most_slices_off(canvas: Canvas) -> int:
    """Give the slices by which reference and position may differ: between two slices either of both may be meant."""
    return 0 if canvas.measured else 1


def _has_frame_of(file: MaskFile, canvas: Canvas) -> bool:
    uid = file.frame_of_reference_uid
    return uid is not None and uid == canvas.stack.frame_of_reference_uid


def _note_disagreement(file: MaskFile, own: int, offset_mm: float, canvas: Canvas) -> None:
    """Let the coordinates win over the reference to an image, if they are coordinates of the stack.

    Raises
    ------
    MaskError
        The file has another frame of reference: nothing then confirms its coordinates.
    """
    if not _has_frame_of(file, canvas):
        raise canvas.refusal(
            file,
            f"A contour in slice {own + 1}, which it references, expected",
            f"one {offset_mm:.2f} mm beside it in another frame of reference (Contour Image Sequence (3006,0016))",
            "Positions or references of the file are wrong: write it again from this series.",
        )
    if REFERENCES_DISAGREE not in canvas.notices:
        canvas.notices.append(REFERENCES_DISAGREE)
        canvas.remarks.append(
            f"Contours in {file.path.name} lie beside the images that they reference (the first {offset_mm:.2f} mm "
            f"beside slice {own + 1}): their coordinates were taken, in the same frame of reference."
        )
