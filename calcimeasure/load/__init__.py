"""From files to images: `find_series` reads headers, `load_image` pixels, `bones_of` what was outlined elsewhere."""

from calcimeasure.load.bones import NO_BONES, OutlinedBones, bones_of, find_bone_masks
from calcimeasure.load.content import content_of, pixel_hash
from calcimeasure.load.find import check_paths, find_series
from calcimeasure.load.image import check_headers, load_image

__all__ = [
    "NO_BONES",
    "OutlinedBones",
    "bones_of",
    "check_headers",
    "check_paths",
    "content_of",
    "find_bone_masks",
    "find_series",
    "load_image",
    "pixel_hash",
]
