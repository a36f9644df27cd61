"""The unpacked bytes of a gzip file (RFC 1952) as a file in which one can go back and forth.

The file is unpacked in pieces and never as a whole. At intervals the state of the unpacker is kept, so that going back
does not begin at the first byte: a .tar.gz has thousands of members, in any order.
"""

from __future__ import annotations

import bisect
import io
import os
import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.load.bombs import CutOffError, TooLargeError, allowed_bytes

if TYPE_CHECKING:
    from pathlib import Path

_READ_BYTES: Final = 2**16
_PIECE_BYTES: Final = 2**18
_FIRST_INTERVAL: Final = 2**22
_MOST_MARKS: Final = 512
"""A kept state takes 40 kB. When there are more, every second one is dropped, and intervals are twice as long."""

_FEW_STREAMS: Final = 1000
_USUAL_STREAM_BYTES: Final = 1024
"""Programs that pack in parallel write streams of 64 kB and more. Each stream takes time, also one that is empty."""

_WBITS: Final = 16 + zlib.MAX_WBITS
"""gzip alone: header, check sum and length are checked by zlib."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where the unpacker stood: byte of the unpacked data, byte of the packed file, and its state."""

    at: int
    packed_at: int
    unpacker: Any


@dataclass(slots=True)
class Marks:
    """The kept states of the unpacker of one file, shared by all that read it.

    Parameters
    ----------
    path
        The gzip file.
    most_bytes
        The limit of unpacked bytes whatever the size of the file (`bombs.allowed_bytes`).
    """

    path: Path
    most_bytes: int
    _marks: list[_Mark] = field(default_factory=list)
    _interval: int = _FIRST_INTERVAL
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, mark: _Mark) -> None:
        """Keep a state if it lies an interval behind the last one."""
        with self._lock:
            if mark.at < (self._marks[-1].at if self._marks else 0) + self._interval:
                return
            self._marks.append(_Mark(mark.at, mark.packed_at, mark.unpacker.copy()))
            if len(self._marks) > _MOST_MARKS:
                del self._marks[::2]
                self._interval *= 2

    def last_before(self, at: int) -> _Mark:
        """Give a copy of the last kept state at or before a byte; the beginning if there is none."""
        with self._lock:
            index = bisect.bisect_right(self._marks, at, key=lambda mark: mark.at)
            if not index:
                return _Mark(0, 0, zlib.decompressobj(_WBITS))
            mark = self._marks[index - 1]
            return _Mark(mark.at, mark.packed_at, mark.unpacker.copy())


class Gunzipped(io.RawIOBase):
    """The unpacked bytes of a gzip file.

    Parameters
    ----------
    marks
        The kept states of its unpacker.

    Raises
    ------
    TooLargeError
        While reading: it unpacks to more bytes than are allowed.
    CutOffError
        While reading: it ends before its end mark.
    OSError
        The file cannot be read, or is no gzip file.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._file = marks.path.open("rb", buffering=0)
        self._allowed_bytes = allowed_bytes(os.fstat(self._file.fileno()).st_size, marks.most_bytes)
        self._at = 0
        self._piece_at, self._piece = 0, b""
        self._packed_at = 0
        self._unpacker: Any = None
        self._stream_count, self._counted_from = 0, 0
        self._restore(0)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that one can go back and forth."""
        return True

    def tell(self) -> int:
        """Give the byte of the unpacked data that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte of the unpacked data. The end is found only by unpacking all."""
        if whence == os.SEEK_END:
            while self._advance():
                pass
            offset += self._piece_at + len(self._piece)
        elif whence == os.SEEK_CUR:
            offset += self._at
        if offset < 0:
            raise OSError("a place before the first byte")
        self._at = offset
        return offset

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as its base
        """Read bytes from where it stands."""
        view = memoryview(buffer)
        if not len(view) or not self._reach(self._at):
            return 0
        start = self._at - self._piece_at
        found = self._piece[start : start + len(view)]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _reach(self, at: int) -> bool:
        """Unpack up to a byte; False if the data end before it."""
        if at < self._piece_at or at - self._piece_at > 2 * _FIRST_INTERVAL:
            mark = self._marks.last_before(at)
            if at < self._piece_at or mark.at > self._piece_at + len(self._piece):
                self._restore(at, mark)
        while at >= self._piece_at + len(self._piece):
            if not self._advance():
                return False
        return True

    def _restore(self, at: int, mark: _Mark | None = None) -> None:
        mark = mark or self._marks.last_before(at)
        self._piece_at, self._piece = mark.at, b""
        self._packed_at, self._unpacker = mark.packed_at, mark.unpacker
        self._stream_count, self._counted_from = 0, mark.at

    def _advance(self) -> bool:
        """Unpack the next piece; False at the end of the data."""
        end = self._piece_at + len(self._piece)
        self._marks.note(_Mark(end, self._packed_at, self._unpacker))
        piece = b""
        while not piece:
            self._file.seek(self._packed_at)
            packed = self._file.read(_READ_BYTES) or b""
            if self._unpacker.eof and not self._begin_next(packed):
                return False
            if self._unpacker.eof:
                continue
            piece = self._unpack(packed)
        if end + len(piece) > self._allowed_bytes:
            size = os.fstat(self._file.fileno()).st_size
            raise TooLargeError(f"more than {self._allowed_bytes} bytes in a gzip file of {size}")
        self._piece_at, self._piece = end, piece
        return True

    def _begin_next(self, packed: bytes) -> bool:
        """Begin with the next stream behind the end of one: a gzip file may have several. False if there is none.

        Zeros behind the last stream fill a block (tapes), and say nothing.
        """
        zeros = len(packed) - len(packed.lstrip(b"\0"))
        self._packed_at += zeros
        if zeros == len(packed):
            return bool(packed)
        if not zeros:
            self._unpacker = zlib.decompressobj(_WBITS)
            self._stream_count += 1
            unpacked_bytes = self._piece_at + len(self._piece) - self._counted_from
            if self._stream_count > max(_FEW_STREAMS, unpacked_bytes // _USUAL_STREAM_BYTES):
                raise TooLargeError(f"{self._stream_count} gzip streams for {unpacked_bytes} bytes")
        return True

    def _unpack(self, packed: bytes) -> bytes:
        try:
            piece: bytes = self._unpacker.decompress(packed, _PIECE_BYTES)
        except zlib.error as error:
            raise OSError(f"a broken gzip stream: {error}") from error
        # At the end of a stream both attributes hold what lies behind it.
        rest = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail
        self._packed_at += len(packed) - len(rest)
        if not packed and not piece and not self._unpacker.eof:
            raise CutOffError("a gzip stream that is cut off")
        return piece
