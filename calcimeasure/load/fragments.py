"""Encapsulated pixel data: the fragments that make up each frame (PS3.5 section A.4)."""

from __future__ import annotations

import itertools
import os
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

_ITEM: Final = (0xFFFE, 0xE000)
_END: Final = (0xFFFE, 0xE0DD)

_END_OF_IMAGE: Final = b"\xff\xd9"
"""The end mark of an image: EOI in JPEG and JPEG-LS, EOC in JPEG 2000."""

_PADDING_BYTES: Final = 16
"""Most bytes after the end mark in the last fragment: one byte makes the length even, and some writers add more."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment: offset of its item from the first item, and where in the file its value begins; bytes."""

    offset: int
    start: int
    length: int


def fragments_of_frames(file: BinaryIO, frame_count: int) -> list[list[Fragment]]:
    """Find the fragments of each frame in a file positioned at the first item, the Basic Offset Table.

    If there is one frame, or one fragment for each frame, the number of fragments is enough. If frames have several
    fragments, the Basic Offset Table tells the first fragment of each frame. If the table is empty, the end marks of
    the images tell it.

    Parameters
    ----------
    file
        Little endian, as all encapsulated data is.
    frame_count
        Number of frames that the header says.

    Raises
    ------
    ValueError
        The pixel data is broken, or does not tell which fragments belong to which frame.
    """
    table = _offset_table(file)
    fragments = _fragments(file)
    starts = _first_fragments(file, table, fragments, frame_count)
    return [fragments[start:stop] for start, stop in itertools.pairwise([*starts, len(fragments)])]


def read_fragments(file: BinaryIO, fragments: list[Fragment], most_bytes: int) -> bytes:
    """Read the fragments of one frame.

    Raises
    ------
    ValueError
        The fragments are cut off, or state more bytes than a frame can have; nothing is read in that case.
    """
    length = sum(fragment.length for fragment in fragments)
    if length > most_bytes:
        raise ValueError(f"a frame of {length} bytes")
    return b"".join(_value(file, fragment) for fragment in fragments)


def ends_with_image(code: bytes) -> bool:
    """Tell whether a codestream is whole, which is to say whether it has its end mark."""
    return _END_OF_IMAGE in code[-_PADDING_BYTES:] or code.rstrip(b"\0").endswith(_END_OF_IMAGE)


def _offset_table(file: BinaryIO) -> list[int]:
    tag, length = _item(file.read(8))
    table = file.read(length) if tag == _ITEM and length < 2**28 else b""
    if tag != _ITEM or len(table) != length or length % 4:
        raise ValueError("no Basic Offset Table")
    return list(struct.unpack(f"<{length // 4}I", table))


def _fragments(file: BinaryIO) -> list[Fragment]:
    """Find every fragment without reading it. The sequence ends with its delimiter or with the file."""
    first = file.tell()
    fragments: list[Fragment] = []
    place = first
    while len(header := file.read(8)) == 8:
        tag, length = _item(header)
        if tag == _END:
            break
        if tag != _ITEM:
            raise ValueError(f"({tag[0]:04X},{tag[1]:04X}) between fragments")
        fragments.append(Fragment(place - first, place + 8, length))
        place = file.seek(length, os.SEEK_CUR)
    if not fragments:
        raise ValueError("no fragment")
    return fragments


def _item(header: bytes) -> tuple[tuple[int, int], int]:
    group, element, length = struct.unpack("<HHI", header.ljust(8, b"\0"))
    return (group, element), length


def _first_fragments(file: BinaryIO, table: list[int], fragments: list[Fragment], frame_count: int) -> list[int]:
    """Return the index of the first fragment of each frame."""
    if frame_count == 1 and len(table) <= 1:
        return [0]
    if len(fragments) == frame_count:
        return list(range(frame_count))
    starts = _starts_in_table(table, fragments) if table else _starts_after_ends(file, fragments)
    if len(starts) != frame_count:
        raise ValueError(f"{len(fragments)} fragments, and nothing tells which belong to which of {frame_count} frames")
    return starts


def _starts_in_table(table: list[int], fragments: list[Fragment]) -> list[int]:
    """Find the fragments that an offset table names; none where it names places that begin no fragment."""
    place = {fragment.offset: index for index, fragment in enumerate(fragments)}
    starts = [place.get(offset, -1) for offset in table]
    is_ascending = all(a < b for a, b in itertools.pairwise(starts))
    return starts if starts[0] == 0 and is_ascending else []


def _starts_after_ends(file: BinaryIO, fragments: list[Fragment]) -> list[int]:
    """Find the fragments that follow one with which an image ends."""
    ends = [index for index, one in enumerate(fragments) if ends_with_image(_tail(file, one))]
    return [0, *(index + 1 for index in ends[:-1])]


def _tail(file: BinaryIO, fragment: Fragment) -> bytes:
    length = min(fragment.length, _PADDING_BYTES)
    file.seek(fragment.start + fragment.length - length)
    return file.read(length)


def _value(file: BinaryIO, fragment: Fragment) -> bytes:
    file.seek(fragment.start)
    value = file.read(fragment.length)
    if len(value) != fragment.length:
        raise ValueError(f"{len(value)} bytes in a fragment of {fragment.length}")
    return value
