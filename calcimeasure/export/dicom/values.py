"""Values of a source's header as a valid object can hold them, and numbers and UIDs that are made."""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pydicom.multival import MultiValue
from pydicom.valuerep import format_number_as_ds

from calcimeasure.errors import OutputError
from calcimeasure.uid import made_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_LONGEST_DS: Final = 16
_UID: Final = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def text_of(header: Dataset, keyword: str) -> str:
    r"""Read a value as text, values separated by ``\``; empty if there is none, or if it cannot be decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a value that breaks the standard is checked by whoever writes it
            value: Any = header.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom can fail in any way to convert a broken value
        return ""
    parts = value if isinstance(value, MultiValue) else [value]
    return _CONTROLS.sub(" ", "\\".join("" if one is None else str(one) for one in parts)).strip()


def decimal(value: float) -> str:
    """Write a number as a DS of at most 16 characters (PS3.5 table 6.2-1), with all digits where they fit.

    Examples
    --------
    >>> decimal(0.683594), decimal(1 / 3), decimal(-166.0)
    ('0.683594', '0.33333333333333', '-166.0')
    """
    if not math.isfinite(value):
        raise ValueError(f"A finite number expected, found {value}.")
    text = repr(float(value) + 0.0)  # no negative zero
    return text if len(text) <= _LONGEST_DS else format_number_as_ds(value)


def valid_uid(uid: str, what: str, where: str) -> str:
    """Give a UID that an object can refer to.

    Raises
    ------
    OutputError
        It is empty or breaks PS3.5 section 9.1: a reference to it would lead nowhere.
    """
    if len(uid) <= 64 and _UID.fullmatch(uid):
        return uid
    found = f"'{uid}'" if uid else "none"
    raise OutputError(
        f"A valid UID expected in {what}, found {found} ({where}): an object that refers to these images cannot be "
        "made. Export the images again from their archive, with valid UIDs."
    )


def content_uid(*parts: str | bytes) -> str:
    """Make a UID from content: the same parts give the same UID.

    Parts that come from a header must be those that leave (replaced UIDs): who knows the original ones could test a
    guess otherwise.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return made_uid(digest.digest())


def day_of(text: str) -> date | None:
    """Read a DA (PS3.5 table 6.2-1), also in the form of ACR-NEMA with points; None if it is no date."""
    digits = text.replace(".", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None
