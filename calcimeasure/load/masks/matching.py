"""From masks to labels on the voxels of a stack.

UIDs and the positions of voxels decide which masks belong to a stack. Names of files and folders do not. A mask is
never flipped to fit a stack.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.load.constants import LOAD
from calcimeasure.load.masks.grid import (
    Canvas,
    difference_in_words,
    extent_in_mask,
    grid_of,
    image_lattice,
    range_in_words,
)
from calcimeasure.load.masks.images import paint_images
from calcimeasure.load.masks.names import bone_name, seems_to_mean_a_bone
from calcimeasure.load.masks.nifti import LARGEST_RESAMPLED_VOXELS
from calcimeasure.load.masks.plan import plan_labels
from calcimeasure.load.masks.records import BoneMasks, MaskError, MaskFile, MaskFiles, MaskKind, PassedOver
from calcimeasure.load.masks.rtstruct import paint_structure_set
from calcimeasure.load.masks.seg import paint_seg

if TYPE_CHECKING:
    from calcimeasure.geometry import Geometry
    from calcimeasure.load.masks.records import MaskClass
    from calcimeasure.model import Stack


class Fit(StrEnum):
    """How well a file belongs to a stack, best first."""

    OWN = "own"
    LIKELY = "likely"


def read_masks(masks: MaskFiles, stack: Stack, geometry: Geometry) -> BoneMasks:
    """Read the bones that belong to a stack, as labels.

    A SEG or RTSTRUCT belongs to the stack whose images it references, in the same frame of reference. If no mask
    references the stack, every mask in the frame of reference of the stack belongs to it. An image file (NIfTI, NRRD,
    MetaImage) belongs to the stack with the same grid, in any order and direction of axes. If none has the grid, one
    belongs to the stack if it covers the stack and does not extend beyond it.

    Parameters
    ----------
    masks
        From `find_masks`.
    stack, geometry
        The stack.

    Returns
    -------
    BoneMasks
        Without classes if no mask belongs to the stack; `passed_over` tells why.

    Raises
    ------
    MaskError
        A file that belongs to the stack is broken or does not fit it; two NIfTI of one bone fit it.
    """
    belonging, passed_over = _belonging(masks, stack, geometry)
    plan = plan_labels([file for file, _ in belonging])
    canvas = Canvas.of(geometry, stack, len(plan.names), measured=False)
    for file, fit in belonging:
        if file.grid is None:
            passed_over += _paint_dicom(file, fit, plan.labels_of(file), canvas)
    paint_images([file for file, _ in belonging if file.grid is not None], plan, canvas)
    return BoneMasks(
        canvas.labels,
        tuple(one for one in plan.names if one.label in canvas.painted),
        canvas.resampled,
        canvas.all_remarks(),
        tuple(sorted(passed_over, key=lambda one: (str(one.path), one.message))),
        _unknown_names(masks, stack, geometry),
    )


def belonging_masks(masks: MaskFiles, stack: Stack, geometry: Geometry) -> list[MaskFile]:
    """List the files of bones that `read_masks` would read for a stack.

    Raises
    ------
    MaskError
        A file that belongs to the stack does not fit it.
    """
    return [file for file, _ in _belonging(masks, stack, geometry)[0]]


def _unknown_names(masks: MaskFiles, stack: Stack, geometry: Geometry) -> tuple[str, ...]:
    """List the names in files of the stack that seem to mean a bone, and none that is known."""
    files = [file for file in masks.files if any(seems_to_mean_a_bone(one.text) for one in file.classes)]
    own = [file for file in files if isinstance(fit_of_place(file, stack, geometry, measured=False), Fit)]
    names = (one.text for file in own for one in file.classes if seems_to_mean_a_bone(one.text))
    return tuple(dict.fromkeys(names))


def _paint_dicom(file: MaskFile, fit: Fit, labels: dict[MaskClass, int], canvas: Canvas) -> list[PassedOver]:
    """Paint a SEG or an RTSTRUCT; if it does not fit, give the reason why it was passed over."""
    try:
        if file.kind is MaskKind.SEG:
            paint_seg(file, labels, canvas, drawn_on_it=fit is Fit.OWN)
        else:
            paint_structure_set(file, labels, canvas)
    except MaskError as error:
        # A mask that was made for another stack need not fit this one. A broken file is never passed over.
        if fit is Fit.OWN or error.series_uid is None:
            raise
        return [PassedOver(file.path, error.message)]
    if fit is Fit.LIKELY:
        canvas.remarks.append(likely_in_words(file))
    return []


def likely_in_words(file: MaskFile) -> str:
    """Say that a file may have been made for another stack of its frame of reference."""
    return f"{file.path.name} lies in the same frame of reference, and references none of the images."


def _belonging(
    masks: MaskFiles, stack: Stack, geometry: Geometry
) -> tuple[list[tuple[MaskFile, Fit]], list[PassedOver]]:
    """Sort files into those that belong to a stack and others; files that only may belong count if none surely does."""
    found: list[tuple[MaskFile, Fit]] = []
    passed_over: list[PassedOver] = []
    for file in masks.files:
        fit = _fit(file, stack, geometry)
        if isinstance(fit, PassedOver):
            passed_over.append(fit)
        elif file.classes:
            found.append((file, fit))
    own: list[tuple[MaskFile, Fit]] = [(file, fit) for file, fit in found if fit is Fit.OWN]
    if own:
        own_ones = "Masks of the stack itself expected, found others too: these were made elsewhere."
        passed_over += [PassedOver(file.path, own_ones) for file, fit in found if fit is not Fit.OWN]
    return own or found, passed_over


def _fit(file: MaskFile, stack: Stack, geometry: Geometry) -> Fit | PassedOver:
    """Tell how a file belongs to a stack, or why it is not used for the stack."""
    fit = fit_of_place(file, stack, geometry, measured=False)
    if not isinstance(fit, Fit):
        return PassedOver(file.path, fit)
    if not any(bone_name(one.text) for one in file.classes):
        return PassedOver(file.path, _no_bones(file), is_nameless=True)
    return fit


def fit_of_place(file: MaskFile, stack: Stack, geometry: Geometry, *, measured: bool) -> Fit | str:
    """Tell how a file belongs to a stack by its UIDs or its grid, whatever is outlined in it."""
    if file.grid is not None:
        return _image_fit(file, geometry, measured=measured)
    return _dicom_fit(file, stack)


def _dicom_fit(file: MaskFile, stack: Stack) -> Fit | str:
    references = _references(file, stack)
    same_frame = file.frame_of_reference_uid is not None and file.frame_of_reference_uid == stack.frame_of_reference_uid
    other_frame = not same_frame and None not in (file.frame_of_reference_uid, stack.frame_of_reference_uid)
    # TotalSegmentator writes RTSTRUCT with rt_utils, which invents a frame of reference but references the right
    # images. So an RTSTRUCT with another frame of reference is accepted, a SEG is not.
    if references and other_frame and file.kind is MaskKind.SEG:
        raise MaskError(
            f"Frame of reference {stack.frame_of_reference_uid} expected, found {file.frame_of_reference_uid} in a "
            f"SEG that references images of the series (Frame of Reference UID (0020,0052), {file.path}). Make the "
            "SEG again from this series.",
            file.path,
            stack.series_uid,
        )
    if references:
        return Fit.OWN
    if same_frame:
        return Fit.LIKELY
    return (
        f"Frame of reference {stack.frame_of_reference_uid or 'none'} or images of the series expected, found "
        f"frame of reference {file.frame_of_reference_uid or 'none'}, images of "
        f"{', '.join(sorted(file.series_uids)) or 'no series'}."
    )


def _references(file: MaskFile, stack: Stack) -> bool:
    """Tell whether a file references images of the stack or, if it references no images, the series of the stack."""
    if not file.instance_uids:
        return stack.series_uid in file.series_uids
    return any(one.sop_uid in file.instance_uids for one in stack.instances if one.sop_uid)


def _image_fit(file: MaskFile, geometry: Geometry, *, measured: bool) -> Fit | str:
    grid = grid_of(file)
    if image_lattice(grid, geometry, whole=not measured) is not None:
        return Fit.OWN
    low, high, voxel = extent_in_mask(grid, geometry)
    margin = LOAD.margin_voxels * np.maximum(1.0, voxel)
    last = np.array(grid.shape) - 1
    if measured:
        return (
            "The stack's own voxels expected, all or a part of them, found "
            f"{difference_in_words(grid, geometry)}. What is measured is never resampled: draw the outlines on this "
            "series."
        )
    if math.prod(grid.shape) > LARGEST_RESAMPLED_VOXELS:
        return (
            f"At most {LARGEST_RESAMPLED_VOXELS} voxels expected on another grid than the stack's, found "
            f"{math.prod(grid.shape)}. Resample the mask to the series."
        )
    covers = np.all(low >= -0.5 - LOAD.overhang_voxels) and np.all(high <= last + 0.5 + LOAD.overhang_voxels)
    if covers and np.all(low <= margin) and np.all(high >= last - margin):
        return Fit.LIKELY
    return (
        f"The grid of the stack expected ({' x '.join(map(str, geometry.shape_kji))} slices, rows, columns), found "
        f"{' x '.join(map(str, grid.shape))} voxels that "
        f"{'go beyond the stack: they were made for another' if covers else 'do not cover the stack'}; it lies at "
        f"{range_in_words(low, high)} of the mask's indexes (sform or qform). Resample the mask to the series."
    )


def _no_bones(file: MaskFile) -> str:
    found = [one.text for one in file.classes]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return (
        f"Names of bones expected (femur_left, vertebrae_L3, ...), found {', '.join(found[:5]) or 'none'}{more}. "
        "Name the classes as TotalSegmentator does."
    )
