"""The outlines in a file, each by itself, on the voxels of a stack: to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from calcimeasure.load.masks.grid import Canvas
from calcimeasure.load.masks.images import classes_by_value, paint_image
from calcimeasure.load.masks.matching import Fit, fit_of_place, likely_in_words
from calcimeasure.load.masks.records import MaskError, MaskKind
from calcimeasure.load.masks.rtstruct import paint_structure_set
from calcimeasure.load.masks.seg import film_masks, paint_seg
from calcimeasure.model import Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.load.masks.records import MaskClass, MaskFile
    from calcimeasure.model import Stack


@dataclass(frozen=True, slots=True)
class DrawnOutlines:
    """The outlines of a file on one stack.

    Parameters
    ----------
    outlines
        Each structure of the file with its outline, in the order of the file; None if no voxel belongs to it.
    remarks
        What a user must know, in sentences.
    notices
        Keys of `calcimeasure.codes.NOTICES` that hold for each outline.
    """

    outlines: tuple[tuple[MaskClass, Outline | None], ...]
    remarks: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def lies_on(file: MaskFile, stack: Stack, geometry: Geometry) -> bool:
    """Tell whether an image file has voxels of a stack: all of them, or a crop.

    A DICOM file lies on the stack that it references, or on one in its frame of reference.
    """
    return isinstance(fit_of_place(file, stack, geometry, measured=True), Fit)


def read_outlines(file: MaskFile, stack: Stack, geometry: Geometry | None) -> DrawnOutlines:
    """Read the outlines of a file voxel by voxel: nothing is resampled, and outlines may overlap.

    Parameters
    ----------
    file
        From `find_masks`. An image file that names no labels has an outline for each value of its voxels.
    stack, geometry
        The stack on which the file was drawn; a radiograph has no geometry, and takes a SEG alone.

    Raises
    ------
    MaskError
        The file is broken, was made for another stack, or lies beside the voxels of the stack.
    """
    if geometry is None:
        return _on_radiograph(file, stack)
    fit = fit_of_place(file, stack, geometry, measured=True)
    if not isinstance(fit, Fit):
        raise MaskError(f"{fit} ({file.path})", file.path, stack.series_uid)
    if file.grid is not None:
        file = classes_by_value(file)
    found: dict[MaskClass, Outline] = {}
    remarks = dict.fromkeys((likely_in_words(file),) if fit is Fit.LIKELY else ())
    notices: dict[str, None] = {}
    waiting = tuple(dict.fromkeys(file.classes))
    # A voxel of the canvas has one label. What lost voxels to an outline before it is painted again without that one.
    while waiting:
        labels = {one: label for label, one in enumerate(waiting, 1)}
        canvas = Canvas.of(geometry, stack, len(waiting), measured=True)
        _paint(file, labels, canvas)
        whole = {one: label for one, label in labels.items() if label not in canvas.covered}
        found |= dict(_cut_out(canvas.labels, whole))
        remarks |= dict.fromkeys(canvas.remarks)
        notices |= dict.fromkeys(canvas.notices)
        waiting = tuple(one for one in waiting if one not in whole)
    return DrawnOutlines(tuple((one, found.get(one)) for one in file.classes), tuple(remarks), tuple(notices))


def _on_radiograph(file: MaskFile, stack: Stack) -> DrawnOutlines:
    if file.kind is not MaskKind.SEG:
        raise MaskError(
            f"A DICOM SEG expected for a radiograph, found {file.kind} ({file.path}): positions in the patient are not "
            "those of pixels of a projection.",
            file.path,
            stack.series_uid,
        )
    masks = film_masks(file, stack)
    there = {one: Outline.from_mask(mask[None]) for one, mask in masks.items() if mask.any()}
    return DrawnOutlines(tuple((one, there.get(one)) for one in file.classes))


def _paint(file: MaskFile, labels: dict[MaskClass, int], canvas: Canvas) -> None:
    match file.kind:
        case MaskKind.SEG:
            paint_seg(file, labels, canvas, drawn_on_it=True)
        case MaskKind.RTSTRUCT:
            paint_structure_set(file, labels, canvas)
        case _:
            paint_image(file, labels, canvas)


def _cut_out(labels: NDArray[Any], wanted: dict[MaskClass, int]) -> Iterator[tuple[MaskClass, Outline]]:
    """Yield the outline of each label that has voxels."""
    from scipy.ndimage import find_objects

    boxes = find_objects(labels)
    for one, label in wanted.items():
        box = boxes[label - 1] if label <= len(boxes) else None
        if box is not None:
            k, j, i = (int(part.start) for part in box)
            yield one, Outline.from_mask(np.asarray(labels[box] == label), (k, j, i))
