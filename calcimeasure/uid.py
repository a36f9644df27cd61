"""UIDs that the program generates."""

from __future__ import annotations


def made_uid(digest: bytes) -> str:
    """Make a UID from the first 16 bytes of a digest; the same digest gives the same UID.

    Returns
    -------
    str
        A UID derived from a UUID (PS3.5 B.2) of version 8, whose 122 free bits the program chooses (RFC 9562,
        section 5.8).
    """
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"2.25.{value}"
