"""Where the bytes of a DICOM file come from: a file, a member of a .zip, and either of them deflated."""

from __future__ import annotations

import functools
import zipfile
import zlib
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from pydicom.filereader import read_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

DEFLATED: Final = "1.2.840.10008.1.2.1.99"
"""Deflated Explicit VR Little Endian: everything behind the file meta information is one deflate stream (PS3.5 A.5)."""

LARGEST_INFLATED_BYTES: Final = 2**30
"""What a deflated file may unpack to: the largest multi-frame CT seen is half of it, a bomb a thousand times that."""

LARGEST_MEMBER_BYTES: Final = 2**32
"""What a member of a .zip may say that it unpacks to; zipfile never unpacks more than a member says."""

LARGEST_RATIO: Final = 100
ALWAYS_ALLOWED_BYTES: Final = 2**26
"""What unpacks to more than this, and to a hundred times its size, is a bomb: CT packs to a half, an empty slice of it
to a thousandth."""

_PREAMBLE_BYTES: Final = 132


class TooLargeError(OSError):
    """Unpacking would take more memory than any image does."""


@contextmanager
def open_source(path: Path, member: str | None = None) -> Iterator[BinaryIO]:
    """Open a file, or a member of the .zip at this path: read in place, nothing is unpacked to disk.

    A damaged member may still raise `zipfile.BadZipFile`, `zlib.error` or `EOFError` while it is read.

    Raises
    ------
    OSError
        It cannot be opened; `TooLargeError` where a member says that it unpacks to more than `LARGEST_MEMBER_BYTES`.
    """
    with path.open("rb") if member is None else _open_member(path, member) as file:
        yield file


def _open_member(path: Path, member: str) -> BinaryIO:
    try:
        archive = _archive(path, changed_at(path))
        info = archive.getinfo(member)
        # A member cannot be larger than its archive, whatever it says.
        packed_bytes = min(info.compress_size, path.stat().st_size)
        if info.file_size > _allowed_bytes(packed_bytes, LARGEST_MEMBER_BYTES):
            raise TooLargeError(f"a member of {info.file_size} bytes, packed in {packed_bytes}")
        return cast("BinaryIO", archive.open(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
        # Damaged, packed in an unknown way, encrypted (RuntimeError), or no longer in it.
        raise OSError(f"{type(error).__name__}: {error}") from error


@functools.lru_cache(maxsize=4)
def _archive(path: Path, _changed_at: int) -> zipfile.ZipFile:
    """Keep the table of contents: reading it anew for each of thousands of members would take hours."""
    return zipfile.ZipFile(path)


def changed_at(path: Path) -> int:
    """Tell a file from another that is written in its place (nanoseconds of its last change)."""
    return path.stat().st_mtime_ns


def archive_members(path: Path) -> list[str]:
    """List the files in a .zip, by name.

    Raises
    ------
    OSError
        It is no .zip that can be read.
    """
    try:
        archive = _archive(path, changed_at(path))
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    return sorted(info.filename for info in archive.infolist() if not info.is_dir())


def _allowed_bytes(packed_bytes: int, most_bytes: int) -> int:
    return min(most_bytes, max(ALWAYS_ALLOWED_BYTES, LARGEST_RATIO * packed_bytes))


def read_meta(file: BinaryIO) -> Dataset:
    """Read the file meta information, with or without preamble before it; the file then stands at the data set.

    Raises
    ------
    OSError
        It is broken.
    """
    file.seek(0)
    if file.read(_PREAMBLE_BYTES)[-4:] != b"DICM":
        file.seek(0)
    try:
        return read_dataset(file, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag >> 16 != 2)
    except Exception as error:
        # As in any parser, anything can go wrong.
        raise OSError(f"broken file meta information: {error}") from error


def inflate(file: BinaryIO) -> BytesIO:
    """Unpack the data set of a deflated file: explicit little endian.

    Parameters
    ----------
    file
        Standing behind the file meta information.

    Raises
    ------
    TooLargeError
        It unpacks to more than `LARGEST_INFLATED_BYTES`, or is a bomb; no more than is allowed was unpacked.
    OSError
        It is no deflate stream.
    """
    packed = file.read()
    allowed_bytes = _allowed_bytes(len(packed), LARGEST_INFLATED_BYTES)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpack.decompress(packed, allowed_bytes)
    except zlib.error as error:
        raise OSError(f"a broken deflate stream: {error}") from error
    if unpack.unconsumed_tail:
        raise TooLargeError(f"more than {allowed_bytes} bytes in a deflated file of {len(packed)}")
    return BytesIO(data)


@functools.lru_cache(maxsize=1)
def unpacked(path: Path, member: str | None, deflated: bool, _changed_at: int) -> bytes:
    """Unpack a member of a .zip or a deflated file whole: else each frame of a multi-frame file would do it anew.

    `unpacked.cache_clear` gives the memory back.

    Raises
    ------
    OSError
        As `open_source` and `inflate`.
    """
    with open_source(path, member) as file:
        if not deflated:
            return file.read()
        read_meta(file)
        return inflate(file).getvalue()
