"""Whether images may show text in their pixels: what a header says, and letters that can be seen on a radiograph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import ndimage

from calcimeasure.export.dicom.values import text_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_FLAT_SHARE: Final = 0.02
"""Letters that a program burned in are flat: within this share of the range from the brightest or darkest value."""

_LEAST_HEIGHT: Final = 6
_LARGEST_SHARE: Final = 1 / 12
"""Height of a letter: pixels, and share of the rows."""

_WIDEST: Final = 2.0
_GAP: Final = 2.0
_ALIKE: Final = 0.35
"""Letters of a line: width at most `_WIDEST` heights, gaps at most `_GAP` heights, heights and places that differ by at
most `_ALIKE` heights."""

_LEAST_LETTERS: Final = 4
"""A line of so many letters is text. One to three letters (R, L, PA) are a marker of the side or the view."""


def said_to_have_text(header: Dataset) -> str | None:
    """Say why an image may have text in its pixels, by its header; None where nothing says so."""
    if text_of(header, "BurnedInAnnotation").upper() == "YES":
        return "Burned In Annotation (0028,0301) is YES"
    if text_of(header, "SOPClassUID").startswith(_SECONDARY_CAPTURE):
        return "it is a secondary capture"
    if text_of(header, "ConversionType").upper() in ("DF", "DI", "DV", "SD", "SI", "WSD"):
        return "it was captured or scanned (Conversion Type (0008,0064))"
    return None


def shows_text(pixels: NDArray[Any]) -> bool:
    """Tell whether a line of letters can be seen on a radiograph: flat, of one height, beside each other.

    Parameters
    ----------
    pixels
        (rows, columns) stored values.
    """
    lowest, highest = float(pixels.min()), float(pixels.max())
    margin = _FLAT_SHARE * (highest - lowest)
    return highest > lowest and (_has_line(pixels >= highest - margin) or _has_line(pixels <= lowest + margin))


def _has_line(flat: NDArray[np.bool_]) -> bool:
    labels, _ = ndimage.label(flat, np.ones((3, 3)))
    most = flat.shape[0] * _LARGEST_SHARE
    letters = []
    for rows, columns in ndimage.find_objects(labels):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if _LEAST_HEIGHT <= height <= most and width <= _WIDEST * height:
            letters.append((columns.start, columns.stop, rows.stop, height))
    table = np.array(sorted(letters), dtype=np.int64).reshape(-1, 4)
    return any(_is_line(start, table) for start in table)


def _is_line(start: NDArray[np.int64], letters: NDArray[np.int64]) -> bool:
    """Tell whether a line of letters begins with one: each next one stands on the same base, and near."""
    last = start
    for _ in range(_LEAST_LETTERS - 1):
        height = last[3]
        near = (
            (letters[:, 0] >= last[1])
            & (letters[:, 0] <= last[1] + _GAP * height)
            & (np.abs(letters[:, 2] - last[2]) <= _ALIKE * height)
            & (np.abs(letters[:, 3] - height) <= _ALIKE * height)
        )
        if not near.any():
            return False
        last = letters[np.argmax(near)]
    return True
