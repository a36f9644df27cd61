"""From files to images: `find_series` reads headers, `load_image` reads pixels."""

from calcimeasure.load.find import find_series
from calcimeasure.load.volume import load_image, refuse_what_is_no_ct, stack_geometry

__all__ = ["find_series", "load_image", "refuse_what_is_no_ct", "stack_geometry"]
