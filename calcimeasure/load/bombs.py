"""Limits for what unpacks: a file made to fill the memory (a bomb) is refused while it is small."""

from __future__ import annotations

from typing import Final

LARGEST_RATIO: Final = 100
ALWAYS_ALLOWED_BYTES: Final = 2**26
"""Data that unpack to more than ALWAYS_ALLOWED_BYTES and to more than LARGEST_RATIO times their size are refused. CT is
packed to half its size; only an empty slice is packed to a thousandth, and it is small."""

LARGEST_INFLATED_BYTES: Final = 2**30
"""Largest size of a deflated file after unpacking. The largest multi-frame CT seen has half of this size; files made to
fill the memory (decompression bombs) have a thousand times this size."""

LARGEST_MEMBER_BYTES: Final = 2**32
"""Largest size that a member of an archive may state. zipfile never unpacks more than the stated size."""

LARGEST_ARCHIVE_BYTES: Final = 2**40
"""Largest size of all members of an archive together. The archive of a large hospital for a week has less."""

MOST_MEMBERS: Final = 2**18
"""Largest number of files in an archive: 500 studies of 500 slices. The names of more take too much memory."""

LARGEST_CONTENTS_BYTES: Final = 2**25
"""Largest table of contents of a .zip: 128 bytes for each of MOST_MEMBERS."""

LARGEST_TAR_HEADER_BYTES: Final = 2**16
"""Largest extended header of a member of a .tar. It holds the name of a file, and times."""


class TooLargeError(OSError):
    """Unpacking would take more memory than any image needs."""


class CutOffError(OSError):
    """Packed data end before their end mark."""


def allowed_bytes(packed_bytes: int, most_bytes: int) -> int:
    """Give the number of bytes that packed data may unpack to.

    Parameters
    ----------
    packed_bytes
        Size of the packed data.
    most_bytes
        The limit whatever the size.
    """
    return min(most_bytes, max(ALWAYS_ALLOWED_BYTES, LARGEST_RATIO * packed_bytes))
