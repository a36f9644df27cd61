"""Attributes that stand twice in one header: one program takes the first value, another one the last.

PS3.5 section 7.1 allows each attribute once in a data set, and in each item of a sequence. pydicom keeps the last of
several; DCMTK and ITK keep the first.
"""

from __future__ import annotations

import os
import struct
from functools import cache
from typing import TYPE_CHECKING, Final

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import BinaryIO

    from calcimeasure.load.limits import Meter

_ITEM: Final = 0xFFFEE000
_END_OF_ITEM: Final = 0xFFFEE00D
_END_OF_SEQUENCE: Final = 0xFFFEE0DD
_UNDEFINED_LENGTH: Final = 0xFFFFFFFF

_LONG_VRS: Final = frozenset(vr.encode() for vr in EXPLICIT_VR_LENGTH_32)
"""VRs whose length has four bytes, after two reserved ones (PS3.5 section 7.1.2)."""

_PREAMBLE_BYTES: Final = 132
_ZEROS: Final = bytes(8)

_FIRST_LOOK_BYTES: Final = 6
"""pydicom looks at the first element twice: after its tag and VR, and after its length. Elements lie further apart."""

_DEEPEST: Final = 16
"""Sequences inside each other that are looked into. Functional groups with coded body parts have four levels."""


class RepeatedAttributeError(ValueError):
    """An attribute stands twice where it may stand once."""

    def __init__(self, tag: int, how_often: str = "twice") -> None:
        super().__init__(f"{_name(tag)} {how_often}")


def _name(tag: int) -> str:
    """Write a tag as its keyword and number."""
    return f"{keyword_for_tag(tag) or 'a private attribute'} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


class TopLevel:
    """Notes the elements at the top level of a data set while pydicom reads them.

    Parameters
    ----------
    sequences
        Tags of sequences whose items are read too.
    meter
        Counts what is looked through.
    """

    def __init__(self, sequences: Collection[int], meter: Meter) -> None:
        self._sequences = sequences
        self._meter = meter
        self._place_of: dict[int, int] = {}
        self._repeated: int | None = None
        self._found_sequences: list[tuple[int, int]] = []

    def note(self, tag: int, length: int, file: BinaryIO) -> None:
        """Note an element that results rest on. The file stands at its value."""
        place = file.tell()
        if place - self._place_of.get(tag, place) > _FIRST_LOOK_BYTES:
            self._repeated = self._repeated or tag
        self._place_of[tag] = place
        if tag in self._sequences:
            self._found_sequences.append((place, length))

    def check(self, file: BinaryIO, *, little_endian: bool) -> None:
        """Refuse a data set in which an attribute stands twice, at its top level or in an item of a sequence.

        Raises
        ------
        RepeatedAttributeError
            An attribute stands twice.
        """
        if self._repeated is not None:
            raise RepeatedAttributeError(self._repeated)
        walk = _Walk(file, self._meter, little_endian=little_endian)
        for start, length in self._found_sequences:
            file.seek(start)
            walk.sequence(length, depth=0)

    def check_behind_pixels(self, file: BinaryIO, pixel_offset: int, *, implicit: bool, little_endian: bool) -> None:
        """Refuse a data set that says an attribute once more behind its pixel data, where pydicom did not read.

        Raises
        ------
        RepeatedAttributeError
            An attribute stands before the pixel data and behind it.
        """
        file.seek(pixel_offset)
        walk = _Walk(file, self._meter, little_endian=little_endian)
        pixels = walk.element(implicit=implicit)
        if pixels is None or not walk.value(pixels[2]):
            return
        while (element := walk.element(implicit=implicit)) is not None:
            tag, _, length = element
            if tag in self._place_of:
                raise RepeatedAttributeError(tag)
            if not walk.value(length):
                return


_READ_META: Final = frozenset({0x00020002, 0x00020003, 0x00020010})
"""Media Storage SOP Class UID, Media Storage SOP Instance UID, Transfer Syntax UID."""


def check_meta(file: BinaryIO, stop: int, meter: Meter) -> None:
    """Refuse file meta information in which an attribute that is read stands twice (PS3.10 section 7.1).

    Transfer Syntax UID (0002,0010) tells how to read pixels. A group length that stands twice changes nothing.

    Parameters
    ----------
    file
        With or without a preamble.
    stop
        Byte at which the data set begins.
    meter
        Counts what is looked through.

    Raises
    ------
    RepeatedAttributeError
        Such an attribute stands twice.
    """
    file.seek(0)
    if file.read(_PREAMBLE_BYTES)[-4:] != b"DICM":
        file.seek(0)
    walk = _Walk(file, meter, little_endian=True)
    seen: set[int] = set()
    while file.tell() < stop and (element := walk.element(implicit=False)) is not None:
        tag, _, length = element
        if tag in seen and tag in _READ_META:
            raise RepeatedAttributeError(tag)
        seen.add(tag)
        if not walk.value(length):
            return


class _Walk:
    """Goes from element to element without reading values. What is broken ends the walk: pydicom reports it."""

    def __init__(self, file: BinaryIO, meter: Meter, *, little_endian: bool) -> None:
        self._file = file
        self._meter = meter
        order = "<" if little_endian else ">"
        self._tag = struct.Struct(f"{order}HH")
        self._short = struct.Struct(f"{order}H")
        self._long = struct.Struct(f"{order}L")

    def element(self, *, implicit: bool) -> tuple[int, bytes | None, int] | None:
        """Read tag, VR (None where it is implicit) and length of an element; None at the end, or where zeros follow."""
        self._meter.element()
        head = self._file.read(8)
        if len(head) < 8 or head == _ZEROS:
            return None
        group, number = self._tag.unpack_from(head)
        tag = group << 16 | number
        vr = head[4:6]
        if implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            return tag, None, self._long.unpack_from(head, 4)[0]
        if vr not in _LONG_VRS:
            return tag, vr, self._short.unpack_from(head, 6)[0]
        length = self._file.read(4)
        return (tag, vr, self._long.unpack(length)[0]) if len(length) == 4 else None

    def value(self, length: int) -> bool:
        """Pass over a value; tell whether its end was found."""
        if length != _UNDEFINED_LENGTH:
            self._file.seek(length, os.SEEK_CUR)
            return True
        return self.sequence(length, depth=_DEEPEST)

    def sequence(self, length: int, depth: int) -> bool:
        """Pass over a sequence, or fragments of pixel data, and refuse a repetition in an item down to `_DEEPEST`."""
        end = None if length == _UNDEFINED_LENGTH else self._file.tell() + length
        while end is None or self._file.tell() < end:
            head = self.element(implicit=True)
            if head is None or head[0] != _ITEM:
                return head is not None and head[0] == _END_OF_SEQUENCE
            if not self._item(head[2], depth):
                return False
        return True

    def _item(self, length: int, depth: int) -> bool:
        if depth >= _DEEPEST and length != _UNDEFINED_LENGTH:
            return self.value(length)
        if depth > 2 * _DEEPEST:
            return False
        start = self._file.tell()
        end = None if length == _UNDEFINED_LENGTH else start + length
        first = self._file.read(6)
        self._file.seek(start)
        implicit = not (first[4:6].isalpha() and first[4:6].isupper())
        seen: set[int] = set()
        while end is None or self._file.tell() < end:
            element = self.element(implicit=implicit)
            if element is None or element[0] == _END_OF_ITEM:
                return element is not None
            tag, vr, value_length = element
            # Private attributes (of odd groups) are not read.
            if tag in seen and not tag >> 16 & 1:
                raise RepeatedAttributeError(tag)
            seen.add(tag)
            if not self._value_of(tag, vr, value_length, depth):
                return False
        return True

    def _value_of(self, tag: int, vr: bytes | None, length: int, depth: int) -> bool:
        is_sequence = vr == b"SQ" or length == _UNDEFINED_LENGTH or (vr in (None, b"UN") and _is_sequence(tag))
        return self.sequence(length, depth + 1) if is_sequence else self.value(length)


@cache
def _is_sequence(tag: int) -> bool:
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False
