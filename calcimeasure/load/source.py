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
        archive = _archive(path, path.stat().st_mtime_ns)
        if archive.getinfo(member).file_size > LARGEST_MEMBER_BYTES:
            raise TooLargeError(f"a member of {archive.getinfo(member).file_size} bytes")
        return cast("BinaryIO", archive.open(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
        # Damaged, packed in an unknown way, encrypted (RuntimeError), or no longer in it.
        raise OSError(f"{type(error).__name__}: {error}") from error


@functools.lru_cache(maxsize=4)
def _archive(path: Path, _changed_at: int) -> zipfile.ZipFile:
    """Keep the table of contents: reading it anew for each of thousands of members would take hours."""
    return zipfile.ZipFile(path)


def archive_members(path: Path) -> list[str]:
    """List the files in a .zip, by name.

    Raises
    ------
    OSError
        It is no .zip that can be read.
    """
    try:
        archive = _archive(path, path.stat().st_mtime_ns)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    return sorted(info.filename for info in archive.infolist() if not info.is_dir())


def is_deflated(start: bytes) -> bool:
    """Tell from the first kilobyte of a file whether the rest is deflated: by Transfer Syntax UID (0002,0010)."""
    return b"\x02\x00\x10\x00UI" + len(DEFLATED).to_bytes(2, "little") + DEFLATED.encode() in start


def inflate(file: BinaryIO) -> tuple[Dataset, BytesIO]:
    """Read the file meta information and unpack what follows it.

    Returns
    -------
    meta : Dataset
        The elements of group 2.
    data : BytesIO
        The data set, explicit little endian.

    Raises
    ------
    TooLargeError
        It unpacks to more than `LARGEST_INFLATED_BYTES`; no more than that was unpacked.
    OSError
        It is no deflate stream.
    """
    file.seek(_PREAMBLE_BYTES)
    meta = read_dataset(file, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, _, __: tag.group != 2)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpack.decompress(file.read(), LARGEST_INFLATED_BYTES)
    except zlib.error as error:
        raise OSError(f"a broken deflate stream: {error}") from error
    if unpack.unconsumed_tail:
        raise TooLargeError(f"more than {LARGEST_INFLATED_BYTES} bytes in a deflated file")
    return meta, BytesIO(data)
