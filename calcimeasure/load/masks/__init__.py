"""Outlines made by other programs (DICOM SEG, RTSTRUCT, NIfTI) to labels on a stack's own voxels.

Bones outlined by TotalSegmentator above all: one NIfTI per bone, one of all bones with their names in the header, a
DICOM SEG, an RTSTRUCT. `find_masks` reads headers, `read_masks` gives the labels of one stack.
"""

from calcimeasure.load.masks.finding import find_masks
from calcimeasure.load.masks.matching import read_masks
from calcimeasure.load.masks.names import bone_name
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
    "bone_name",
    "fill_polygons",
    "find_masks",
    "read_masks",
]
