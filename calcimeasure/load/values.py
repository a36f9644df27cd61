"""The values of a header, read as bytes of the file."""

from __future__ import annotations

import math
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydicom.dataelem import RawDataElement
from pydicom.multival import MultiValue
from pydicom.tag import Tag

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

LONGEST_TEXT: Final = 1024
"""Characters that are kept of a text. LO has at most 64 (PS3.5 table 6.2-1), and some writers put a paragraph there."""

LARGEST_INTEGER: Final = 2**31 - 1
"""VR IS holds -2^31 to 2^31 - 1 (PS3.5 table 6.2-1), and so do integers of the store."""


HOUNSFIELD: Final = "HU"
"""Rescale Type (0028,1054) of Hounsfield units (PS3.3 section C.11.1.1.2)."""

_NAMES_HOUNSFIELD: Final = re.compile(r"hu|hou?n[sd]{0,2}f(ie?|ei?)ld(units?)?", re.IGNORECASE)
"""Letters of the words that writers put there instead: "Houndsfield Unit" (GE reformats), "Hounsfield Units"."""

_TEXT_VRS: Final = frozenset({None, "LO", "LT", "SH", "ST", "UT"})
"""VRs of the text that is read here; implicit VRs are None."""


def _is_plain(value: bytes) -> bool:
    r"""Tell whether a text reads the same in every character set, so that it need not be decoded by pydicom.

    ESC changes the set, the byte of the tilde is an overline in Japanese, and a backslash begins another value.
    """
    return value.isascii() and not _CHANGES_TEXT.search(value)


_CHANGES_TEXT: Final = re.compile(rb"[\x1b~\\]")

# Values are read as bytes of the file: pydicom takes ten times as long to convert a value, and each of thousands of
# files has 40 of them. A value may be missing, empty, of a wrong type or absurd: it is None then.


@cache
def tag_of(keyword: str) -> BaseTag:
    """Give the tag of a keyword: one object for each, which Python finds in a data set without comparing numbers."""
    return Tag(keyword)


def bytes_of(dataset: Dataset, keyword: str) -> tuple[bytes, bool]:
    """Return the bytes of a value, and whether they are little endian; empty if there is no value."""
    # pydicom's type says that the element is raw. An element whose value was converted is not.
    element: Any
    try:
        element = dataset.get_item(tag_of(keyword))
    except Exception:  # noqa: BLE001 - pydicom converts some values here; a value that it cannot convert is unknown
        return b"", True
    if element is None:
        return b"", True
    if isinstance(element, RawDataElement):
        return element.value or b"", element.is_little_endian
    value = element.value
    if isinstance(value, int) and element.VR != "IS":
        return value.to_bytes(4, "little", signed=value < 0), True
    parts = [value] if isinstance(value, str | float | int) or value is None else list(value)
    return "\\".join("" if part is None else str(part) for part in parts).encode(), True


def text_of(dataset: Dataset, keyword: str) -> str | None:
    """Read a value whose VR is plain ASCII (UI, CS, DA, TM, IS, DS), at most `LONGEST_TEXT` characters of it."""
    value = whole_text_of(dataset, keyword)
    return value[:LONGEST_TEXT] if value else None


def rescale_type_of(dataset: Dataset) -> str | None:
    """Read Rescale Type (0028,1054): `HOUNSFIELD` for all words that mean it, another unit as the file has it."""
    value = text_of(dataset, "RescaleType")
    letters = re.sub(r"[\s._-]", "", value or "")
    return HOUNSFIELD if _NAMES_HOUNSFIELD.fullmatch(letters) else value


def whole_text_of(dataset: Dataset, keyword: str) -> str | None:
    """Read a value whose VR is plain ASCII, of any length."""
    value, _ = bytes_of(dataset, keyword)
    return value.decode("ascii", "replace").strip(" \0\t\r\n") or None


def words_of(dataset: Dataset, keyword: str) -> str | None:
    """Read text that a person wrote, in the character set that the file names; at most `LONGEST_TEXT` characters."""
    words = whole_words_of(dataset, keyword)
    return words[:LONGEST_TEXT] if words else None


def whole_words_of(dataset: Dataset, keyword: str) -> str | None:
    """Read text that a person wrote, in the character set that the file names, of any length."""
    # pydicom's type says that the element is raw. An element whose value was converted is not.
    element: Any = dataset.get_item(tag_of(keyword))
    if isinstance(element, RawDataElement) and element.VR in _TEXT_VRS and _is_plain(element.value or b""):
        return (element.value or b"").decode("ascii").strip(" \0") or None
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - text that cannot be decoded is unknown; no measurement needs it
        return None
    if value is None or isinstance(value, bytes):
        return None
    words = "\\".join(map(str, value if isinstance(value, MultiValue) else [value]))
    return words.strip(" \0") or None


def numbers_of(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """Read the values of VR DS; None unless there are `count` finite numbers."""
    text = whole_text_of(dataset, keyword) or ""
    # float() would read 1_0 as ten. What is cut would be another number.
    if "_" in text or len(text) > LONGEST_TEXT:
        return None
    parts = text.split("\\")
    try:
        values = tuple(float(part) for part in parts)
    except ValueError:
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """Read a single value of VR DS."""
    values = numbers_of(dataset, keyword, 1)
    return values[0] if values else None


def integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Read a value of VR IS. Some scanners write 12.0 for 12."""
    value = number_of(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def kept_integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Read a value of VR IS that the store keeps; None where it is outside of what the VR can hold."""
    return None if is_out_of_range(dataset, keyword) else integer_of(dataset, keyword)


def is_out_of_range(dataset: Dataset, keyword: str) -> bool:
    """Tell whether a value of VR IS is outside of what the VR can hold (PS3.5 section 6.2)."""
    return not -LARGEST_INTEGER - 1 <= (integer_of(dataset, keyword) or 0) <= LARGEST_INTEGER


def unsigned_of(dataset: Dataset, keyword: str) -> int | None:
    """Read a value of VR US, or the bits of a value of VR SS as unsigned."""
    value, little_endian = bytes_of(dataset, keyword)
    return int.from_bytes(value, "little" if little_endian else "big") if len(value) in (2, 4) else None


def date_of(value: str | None) -> date | None:
    """Read a value of VR DA, also in the form with points that ACR-NEMA had."""
    digits = (value or "").replace(".", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None
