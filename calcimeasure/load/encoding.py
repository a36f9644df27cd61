"""How the data set of a file is encoded: by its transfer syntax, or by its first bytes (PS3.5 section 10)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

ENCODINGS: Final = {
    "1.2.840.10008.1.2": (True, True),
    "1.2.840.10008.1.2.1": (False, True),
    "1.2.840.10008.1.2.2": (False, False),
}
"""For each transfer syntax: whether VRs are implicit, and whether bytes are little endian. pydicom also reads implicit
VRs in a file that states explicit ones, and the reverse."""

SYNTAXES: Final = {encoding: uid for uid, encoding in ENCODINGS.items()} | {(True, False): "1.2.840.10008.1.2.2"}


def begins_like_a_data_set(start: bytes) -> bool:
    """Tell whether bytes may begin a data set without a preamble: the first element has group 2 or 8."""
    group, element, length = (int.from_bytes(start[a:b], "little") for a, b in ((0, 2), (2, 4), (4, 8)))
    big_group, big_element = int.from_bytes(start[:2], "big"), int.from_bytes(start[2:4], "big")
    has_vr = _is_vr(start[4:6])
    if group in (2, 8) and element <= 0x0100:
        return has_vr or length <= 256
    return big_group in (2, 8) and big_element <= 0x0100 and has_vr


def encoding_of(file: BinaryIO) -> tuple[bool, bool]:
    """Tell from the first element of a data set whether VRs are implicit, and whether bytes are little endian."""
    start = file.read(6)
    file.seek(-len(start), os.SEEK_CUR)
    return not _is_vr(start[4:6]), int.from_bytes(start[:2], "little") < 0x0100


def _is_vr(letters: bytes) -> bool:
    return letters.isalpha() and letters.isupper()
