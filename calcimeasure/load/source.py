"""The bytes of a DICOM file: from a file or from a member of an archive, either of which may be deflated."""

from __future__ import annotations

import functools
import zlib
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

from pydicom.filereader import read_dataset

from calcimeasure.load.archives import open_member
from calcimeasure.load.bombs import LARGEST_INFLATED_BYTES, CutOffError, TooLargeError, allowed_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

DEFLATED: Final = "1.2.840.10008.1.2.1.99"
"""Deflated Explicit VR Little Endian: all bytes after the file meta information are one deflate stream (PS3.5 A.5)."""

_PREAMBLE_BYTES: Final = 132
_META_BYTES: Final = (2**12, 2**16)
"""How much is read for the file meta information (PS3.10 section 7.1): it has some hundred bytes. A longer one than the
last number is refused."""


@contextmanager
def open_source(path: Path, member: str | None = None) -> Iterator[BinaryIO]:
    """Open a file, or a member of the archive at this path (`calcimeasure.load.archives`). It is read in place.

    A damaged member may still raise `zipfile.BadZipFile`, `zlib.error` or `EOFError` while it is read.

    Raises
    ------
    OSError
        The file or member cannot be opened; `TooLargeError` if a member states more bytes than are allowed.
    """
    with path.open("rb") if member is None else open_member(path, member) as file:
        yield file


def read_meta(file: BinaryIO) -> Dataset:
    """Read the file meta information, with or without a preamble before it. The file is then at the data set.

    Raises
    ------
    OSError
        The file meta information is broken, or longer than 64 kB.
    """
    file.seek(0)
    if file.read(_PREAMBLE_BYTES)[-4:] != b"DICM":
        file.seek(0)
    start = file.tell()
    for most_bytes in _META_BYTES:
        beginning = BytesIO(file.read(most_bytes))
        file.seek(start)
        meta, error = _parsed_meta(beginning)
        if meta is not None and beginning.tell() < most_bytes:
            file.seek(start + beginning.tell())
            return meta
    raise OSError(f"broken file meta information: {error or f'more than {most_bytes} bytes'}") from error


def _parsed_meta(beginning: BytesIO) -> tuple[Dataset | None, Exception | None]:
    try:
        meta = read_dataset(
            beginning, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag >> 16 != 2
        )
    except Exception as error:  # noqa: BLE001 - a parser can fail in any way on broken bytes
        return None, error
    return meta, None


def inflate(file: BinaryIO) -> BytesIO:
    """Unpack the data set of a deflated file: explicit little endian.

    Parameters
    ----------
    file
        It stands at the first byte after the file meta information.

    Raises
    ------
    TooLargeError
        The data set unpacks to more bytes than are allowed; no more than those were unpacked.
    CutOffError
        The deflate stream has no end.
    OSError
        The data set is not a deflate stream.
    """
    packed = file.read()
    most_bytes = allowed_bytes(len(packed), LARGEST_INFLATED_BYTES)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpack.decompress(packed, most_bytes)
    except zlib.error as error:
        raise OSError(f"a broken deflate stream: {error}") from error
    if unpack.unconsumed_tail:
        raise TooLargeError(f"more than {most_bytes} bytes in a deflated file of {len(packed)}")
    if not unpack.eof:
        raise CutOffError("a deflate stream that is cut off")
    return BytesIO(data)


@functools.lru_cache(maxsize=1)
def unpacked(path: Path, member: str | None, deflated: bool, _changed_at: int) -> bytes:
    """Unpack a whole member of an archive or a whole deflated file, once for all frames of a multi-frame file.

    `unpacked.cache_clear` frees the memory.

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
