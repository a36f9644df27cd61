"""From outlines made by other programs (DICOM SEG, RTSTRUCT, NIfTI) to labels on the voxels of a stack.

The main use is bones outlined by TotalSegmentator: one NIfTI for each bone, one NIfTI of all bones with their names in
the header, a DICOM SEG, or an RTSTRUCT. `find_masks` reads headers, `read_masks` gives the labels of one stack.
"""

from calcimeasure.load.masks.finding import find_masks
from calcimeasure.load.masks.matching import belonging_masks, read_masks
from calcimeasure.load.masks.names import bone_name, seems_to_mean_a_bone
from calcimeasure.load.masks.polygons import fill_polygons
from calcimeasure.load.masks.records import (
    BoneMasks,
    MaskClass,
    MaskError,
    MaskFile,
    MaskFiles,
    MaskKind,
    NamedMask,
    NiftiGrid,
    PassedOver,
)

__all__ = [
    "BoneMasks",
    "MaskClass",
    "MaskError",
    "MaskFile",
    "MaskFiles",
    "MaskKind",
    "NamedMask",
    "NiftiGrid",
    "PassedOver",
    "belonging_masks",
    "bone_name",
    "fill_polygons",
    "find_masks",
    "read_masks",
    "seems_to_mean_a_bone",
]
