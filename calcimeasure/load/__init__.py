"""From files to images: `find_series` reads headers, `load_image` reads pixels."""

from calcimeasure.load.find import find_series
from calcimeasure.load.image import check_headers, load_image

__all__ = ["check_headers", "find_series", "load_image"]
