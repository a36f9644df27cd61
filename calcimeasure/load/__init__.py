"""From files to images: `find_series` reads headers, `load_image` pixels, `bones_of` what was outlined elsewhere."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calcimeasure.load.bones import NO_BONES, OutlinedBones, bones_of, find_bone_masks
    from calcimeasure.load.content import content_of, pixel_hash
    from calcimeasure.load.find import check_paths, find_series
    from calcimeasure.load.image import check_headers, load_image

_HOME = {
    "NO_BONES": "bones",
    "OutlinedBones": "bones",
    "bones_of": "bones",
    "check_headers": "image",
    "check_paths": "find",
    "content_of": "content",
    "find_bone_masks": "bones",
    "find_series": "find",
    "load_image": "image",
    "pixel_hash": "content",
}

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


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import a name when it is first used: a process that reads headers needs nothing that decodes pixels."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
