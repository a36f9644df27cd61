"""How much a header may hold: no file may take more time and memory than the headers of real images do."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

LONGEST_VALUE_BYTES: Final = 2**16
"""Longest value that is read of an attribute, other than a sequence. With a VR of text no value can be longer (its
length has two bytes, PS3.5 section 7.1.2), but with VR UN and with implicit VRs it can."""

LONGEST_CHARACTER_SETS_BYTES: Final = 256
"""Longest Specific Character Set (0008,0005): all defined terms of PS3.3 C.12.1.1.2 together take less. Each text is
decoded with each of them."""

_BUFFER_BYTES: Final = 2**13


@dataclass(frozen=True, slots=True)
class HeaderLimits:
    """What the header of one file may hold.

    Parameters
    ----------
    read_bytes
        Bytes that are read or unpacked; values that are passed over do not count.
    elements
        Elements at the top level, and elements that are looked through for repetitions.
    frames
        Frames of a multi-frame file.
    planes
        Different directions or spacings of the frames of one file. Those of a volume have one, localizers have a few.
    """

    read_bytes: int
    elements: int
    frames: int
    planes: int


USUAL: Final = HeaderLimits(read_bytes=2**18, elements=10_000, frames=256, planes=64)
"""The headers of nearly all files are smaller: to read one of this size takes a second at most."""

LARGEST: Final = HeaderLimits(read_bytes=2**30, elements=1_000_000, frames=2**15, planes=256)
"""A CT of the whole body has 4,000 frames, one of a heart over time 16,000; each takes about 1 kB and 20 elements.
Deflated files are unpacked whole, so that as many bytes are read as `calcimeasure.load.source` unpacks."""


class HeaderLimitError(ValueError):
    """A header holds more than it may."""


class Meter:
    """Counts what is read of a header.

    Parameters
    ----------
    limits
        What may be read.
    """

    def __init__(self, limits: HeaderLimits) -> None:
        self.limits = limits
        self.elements_left = limits.elements
        self._bytes_left = limits.read_bytes
        self.over: HeaderLimitError | None = None
        """The limit that was passed: a parser may turn the error into another one."""

    def bytes(self, count: int) -> None:
        """Count bytes before they are read.

        Raises
        ------
        HeaderLimitError
            There are too many.
        """
        self._bytes_left -= count
        if self._bytes_left < 0:
            self.refuse(f"at most {self.limits.read_bytes} bytes expected, more are there to read")

    def element(self) -> None:
        """Count an element.

        Raises
        ------
        HeaderLimitError
            There are too many.
        """
        self.elements_left -= 1
        if self.elements_left < 0:
            self.refuse(f"at most {self.limits.elements} elements expected, there are more")

    def frames(self, count: int) -> None:
        """Refuse too many frames.

        Raises
        ------
        HeaderLimitError
            There are too many.
        """
        if count > self.limits.frames:
            self.refuse(f"at most {self.limits.frames} frames expected, there are {count}")

    def planes(self, count: int) -> None:
        """Refuse frames of too many directions and spacings.

        Raises
        ------
        HeaderLimitError
            There are too many.
        """
        if count > self.limits.planes:
            self.refuse(f"at most {self.limits.planes} directions and spacings expected, its frames have {count}")

    def value(self, tag: int, length: int) -> None:
        """Refuse a value that is too long, before it is read.

        Raises
        ------
        HeaderLimitError
            It is too long.
        """
        longest = LONGEST_CHARACTER_SETS_BYTES if tag == 0x00080005 else LONGEST_VALUE_BYTES
        if length > longest:
            self.refuse(f"at most {longest} bytes expected in ({tag >> 16:04X},{tag & 0xFFFF:04X}), it has {length}")

    def refuse(self, found: str) -> None:
        """Raise, and remember the error.

        Raises
        ------
        HeaderLimitError
            Always.
        """
        self.over = HeaderLimitError(found)
        raise self.over


class _Metered(io.RawIOBase):
    """A file of which a meter counts what is read, and of packed data also what is passed over."""

    def __init__(self, file: BinaryIO, meter: Meter, is_packed: bool) -> None:
        self._file = file
        self._meter = meter
        self._is_packed = is_packed
        # A buffer asks for the place at every step: the method of the file itself answers at once.
        self.tell = file.tell  # type: ignore[method-assign]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed takes any buffer
        self._meter.bytes(len(buffer))
        return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return] # files and members have it

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if self._is_packed:
            # To go forward in packed data unpacks it; to go back begins anew.
            before = self._file.tell()
            target = offset + (before if whence == io.SEEK_CUR else 0)
            self._meter.bytes(target - before if target >= before else max(target, 0))
        return self._file.seek(offset, whence)


def metered(file: BinaryIO, meter: Meter, *, is_packed: bool) -> BinaryIO:
    """Give a file in which a meter counts what is read.

    Parameters
    ----------
    file
        An open file of which nothing is read yet, or an open member of a .zip.
    meter
        Raises `HeaderLimitError` when too much is read.
    is_packed
        Whether what is passed over has to be unpacked.
    """
    unbuffered = getattr(file, "raw", file)
    return io.BufferedReader(_Metered(unbuffered, meter, is_packed), _BUFFER_BYTES)
