"""From outlines made by other programs (DICOM SEG, RTSTRUCT, NIfTI, NRRD, MetaImage) to voxels of a stack.

`find_masks` reads headers. `read_masks` gives the bones of one stack as labels: TotalSegmentator writes one NIfTI for
each bone, one NIfTI of all bones with their names in the header, a DICOM SEG, or an RTSTRUCT. `read_outlines` gives
each outline of a file by itself, to be measured.
"""

from calcimeasure.load.masks.finding import find_masks
from calcimeasure.load.masks.matching import belonging_masks, read_masks
from calcimeasure.load.masks.names import bone_name, is_organ, seems_to_mean_a_bone
from calcimeasure.load.masks.outlines import DrawnOutlines, lies_on, read_outlines
from calcimeasure.load.masks.polygons import fill_polygons
from calcimeasure.load.masks.records import (
    BoneMasks,
    ImageGrid,
    MaskClass,
    MaskError,
    MaskFile,
    MaskFiles,
    MaskKind,
    NamedMask,
    PassedOver,
)

__all__ = [
    "BoneMasks",
    "DrawnOutlines",
    "ImageGrid",
    "MaskClass",
    "MaskError",
    "MaskFile",
    "MaskFiles",
    "MaskKind",
    "NamedMask",
    "PassedOver",
    "belonging_masks",
    "bone_name",
    "fill_polygons",
    "find_masks",
    "is_organ",
    "lies_on",
    "read_masks",
    "read_outlines",
    "seems_to_mean_a_bone",
]
