"""UIDs that the program makes itself."""

from __future__ import annotations


def made_uid(digest: bytes) -> str:
    """Make a UID of the first 16 bytes of a digest: the same digest gives the same UID.

    Returns
    -------
    str
        A UUID as a UID (PS3.5 B.2), of version 8: 122 bits of the program's own choice (RFC 9562, section 5.8).
    """
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"2.25.{value}"
