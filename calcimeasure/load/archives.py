"""Files that hold files: .zip, .tar, .tar.gz and .gz, read in place. Nothing is unpacked to disk.

The names of members are names alone: no path is made of them. An archive in an archive is not read.
"""

from __future__ import annotations

import functools
import io
import os
import tarfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from calcimeasure.load.bombs import (
    LARGEST_ARCHIVE_BYTES,
    LARGEST_CONTENTS_BYTES,
    LARGEST_MEMBER_BYTES,
    LARGEST_TAR_HEADER_BYTES,
    MOST_MEMBERS,
    TooLargeError,
    allowed_bytes,
)
from calcimeasure.load.gunzip import Gunzipped, Marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_READ: Final = (".zip", ".tar", ".tgz", ".gz")
_NOT_READ: Final = tuple(
    ".7z .bz2 .iso .lz4 .rar .tbz .tbz2 .txz .xz .z .zst".split()  # noqa: SIM905 - a list of words
)
_STARTS: Final = (b"PK\x03\x04", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\0")
_MAGIC: Final = b"ustar"
_NAMES_OF_IMAGES: Final = (".acr", ".dcm", ".dic", ".dicom", ".ima", ".img")
_PACKED_MASKS: Final = (".nii.gz", ".nii.bz2", ".nii.xz")
"""Masks and images of other programs, which are no DICOM."""

_BLOCK: Final = 512
_PIECE_BYTES: Final = 2**18
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds.

    Parameters
    ----------
    members
        Names of its files, each once.
    unread
        What is not read, in words: empty if all is read.
    """

    members: tuple[str, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a member lies in the (unpacked) bytes of an archive."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Table:
    """The places of the members of an archive, and what is not read of it."""

    places: Mapping[str, _Place]
    unread: tuple[str, ...] = ()


def is_archive_name(name: str) -> bool:
    """Tell whether a name is that of an archive, of a format that is read or of another one."""
    lower = name.lower()
    return lower.endswith((*_READ, *_NOT_READ)) and not lower.endswith(_PACKED_MASKS)


def hides_an_archive(path: Path) -> bool:
    """Tell whether a file that is no DICOM has the name of an image, or no suffix, and the first bytes of an archive.

    Files of many other programs are archives (.docx, .jar, .npz): their names tell that they hold no images.
    """
    suffix = path.suffix.lower()
    if suffix not in ("", *_NAMES_OF_IMAGES) and not suffix[1:].isdigit():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_BLOCK)
    except OSError:
        return False
    return start.startswith(_STARTS) or start[257:262] == _MAGIC


def contents_of(path: Path) -> Contents | None:
    """List what an archive holds.

    Parameters
    ----------
    path
        A regular file with the name of an archive (`is_archive_name`).

    Returns
    -------
    Contents or None
        None if the file is a DICOM file under the name of an archive.

    Raises
    ------
    OSError
        The file cannot be read, is no archive or a damaged one, has a format that is not read, or is made to fill the
        memory (`TooLargeError`).
    """
    with path.open("rb") as file:
        if file.read(132)[128:] == b"DICM":
            return None
    if path.name.lower().endswith(_NOT_READ):
        raise OSError("an archive of a format that is not read (.zip, .tar, .tar.gz and .gz are): unpack it")
    try:
        if _is_zip(path):
            return _zip_contents(_zip(path, changed_at(path)), path.stat().st_size)
        table = _table(path, changed_at(path))
    except (zipfile.BadZipFile, NotImplementedError, tarfile.TarError, EOFError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    inner = [name for name in table.places if is_archive_name(name)]
    members = tuple(name for name in table.places if not is_archive_name(name))
    return Contents(members, (*table.unread, *_inner_archives(inner)))


def open_member(path: Path, member: str) -> BinaryIO:
    """Open a member of an archive.

    A damaged member may still raise `zipfile.BadZipFile`, `zlib.error`, `EOFError` or `OSError` while it is read.

    Raises
    ------
    OSError
        The member cannot be opened; `TooLargeError` if it states more bytes than are allowed.
    """
    try:
        if _is_zip(path):
            return _open_in_zip(path, member)
        place = _table(path, changed_at(path)).places[member]
        if place.size > LARGEST_MEMBER_BYTES:
            raise TooLargeError(f"a member of {place.size} bytes")
        return io.BufferedReader(_Part(_unpacked_bytes(path), place))
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError, KeyError) as error:
        # The member is damaged, packed in an unknown way, encrypted (RuntimeError), or no longer in the archive.
        raise OSError(f"{type(error).__name__}: {error}") from error


def changed_at(path: Path) -> int:
    """Give the time of the last change of a file in nanoseconds, which shows whether the file was replaced."""
    return path.stat().st_mtime_ns


def _inner_archives(names: Sequence[str]) -> list[str]:
    return [f"{len(names)} archives in it ({_some(names)})"] if names else []


def _doubled(names: Counter[str]) -> list[str]:
    twice = [name for name, count in names.items() if count > 1]
    return [f"{len(twice)} names that several files have ({_some(twice)})"] if twice else []


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")


# .zip


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


class _SmallReads(io.BufferedReader):
    """A file of which at most some bytes are read at once: tables of contents and headers may state gigabytes."""

    most_bytes: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        """Read bytes.

        Raises
        ------
        TooLargeError
            More bytes would be read at once than are allowed.
        """
        if self.most_bytes is None:
            return super().read(size)
        wanted = self.most_bytes + 1 if size is None or size < 0 else size
        pieces: list[bytes] = []
        # In pieces: to read what a file does not have would take memory for it.
        while wanted and (piece := super().read(min(wanted, _PIECE_BYTES))):
            pieces.append(piece)
            wanted -= len(piece)
            if sum(map(len, pieces)) > self.most_bytes:
                raise TooLargeError(f"a table of contents or header of more than {self.most_bytes} bytes")
        return b"".join(pieces)


class _Zip(zipfile.ZipFile):
    """A .zip whose table of contents is read within a limit. It closes its file when nobody needs it any more.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._own = _SmallReads(path.open("rb", buffering=0))
        self._own.most_bytes = LARGEST_CONTENTS_BYTES
        try:
            super().__init__(self._own)
        except BaseException:
            self._own.close()
            raise
        self._own.most_bytes = None

    def close(self) -> None:
        """Close the file too."""
        super().close()
        self._own.close()


@functools.lru_cache(maxsize=4)
def _zip(path: Path, _changed_at: int) -> zipfile.ZipFile:
    """Keep the table of contents. To read it again for each of thousands of members would take hours."""
    return _Zip(path)


def _zip_contents(archive: zipfile.ZipFile, archive_bytes: int) -> Contents:
    files = [info for info in archive.infolist() if not info.is_dir()]
    _refuse_too_large(files, archive_bytes)
    _refuse_encrypted(files)
    names = Counter(sorted(info.filename for info in files))
    inner = [name for name in names if is_archive_name(name)]
    members = tuple(name for name in names if not is_archive_name(name))
    return Contents(members, (*_inner_archives(inner), *_doubled(names)))


def _refuse_too_large(files: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    if len(files) > MOST_MEMBERS:
        raise TooLargeError(f"{len(files)} files, at most {MOST_MEMBERS} are read")
    # A member that alone is too large is refused when it is opened. Members may also lie upon each other.
    sizes = (info.file_size for info in files if info.file_size <= _allowed_for(info, archive_bytes))
    if (total := sum(sizes)) > allowed_bytes(archive_bytes, LARGEST_ARCHIVE_BYTES):
        raise TooLargeError(f"{total} bytes in an archive of {archive_bytes}")


def _refuse_encrypted(files: Sequence[zipfile.ZipInfo]) -> None:
    if files and all(info.flag_bits & 1 for info in files):
        raise OSError(f"an encrypted archive ({len(files)} files): unpack it with its password")


def _allowed_for(info: zipfile.ZipInfo, archive_bytes: int) -> int:
    # The packed size that a member states may be false: the member cannot be larger than its archive.
    return allowed_bytes(min(info.compress_size, archive_bytes), LARGEST_MEMBER_BYTES)


def _open_in_zip(path: Path, member: str) -> BinaryIO:
    archive = _zip(path, changed_at(path))
    info = archive.getinfo(member)
    archive_bytes = path.stat().st_size
    if info.file_size > _allowed_for(info, archive_bytes):
        packed_bytes = min(info.compress_size, archive_bytes)
        raise TooLargeError(f"a member of {info.file_size} bytes, packed in {packed_bytes}")
    return cast("BinaryIO", archive.open(member))


# .tar, .tar.gz and .gz


class _Part(io.RawIOBase):
    """The bytes of one member of an archive.

    Parameters
    ----------
    file
        The bytes of the archive; it is closed with the part.
    place
        Where the member lies.
    """

    def __init__(self, file: io.RawIOBase, place: _Place) -> None:
        self._file, self._place, self._at = file, place, 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that one can go back and forth."""
        return True

    def tell(self) -> int:
        """Give the byte that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._place.size}[whence]
        if start + offset < 0:
            raise OSError("a place before the first byte")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as its base
        """Read bytes from where it stands."""
        view = memoryview(buffer)[: max(0, self._place.size - self._at)]
        self._file.seek(self._place.start + self._at)
        count = self._file.readinto(view) or 0 if len(view) else 0
        self._at += count
        return count

    def close(self) -> None:
        """Close the archive too."""
        self._file.close()
        super().close()


@functools.lru_cache(maxsize=4)
def _marks(path: Path, most_bytes: int, _changed_at: int) -> Marks:
    return Marks(path, most_bytes)


def _unpacked_bytes(path: Path) -> io.RawIOBase:
    """Open the bytes of a .tar, or the unpacked bytes of a gzip file."""
    if not _is_gzip(path):
        return path.open("rb", buffering=0)
    return Gunzipped(_marks(path, LARGEST_ARCHIVE_BYTES, changed_at(path)))


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@functools.lru_cache(maxsize=4)
def _table(path: Path, _changed_at: int) -> _Table:
    """List the members of a .tar, which may be packed by gzip; a .gz of anything else has one member, its content."""
    lower = path.name.lower()
    is_gzip = _is_gzip(path)
    if lower.endswith((".gz", ".tgz")) and not is_gzip:
        raise OSError("no gzip file")
    with io.BufferedReader(_unpacked_bytes(path)) as file:
        is_tar = file.read(_BLOCK)[257:262] == _MAGIC
        if is_gzip and not (is_tar or lower.endswith((".tar.gz", ".tgz"))):
            return _Table({path.stem: _Place(0, LARGEST_MEMBER_BYTES)})
    headers = _SmallReads(_unpacked_bytes(path))
    headers.most_bytes = LARGEST_TAR_HEADER_BYTES
    with headers:
        return _tar_table(headers)


def _tar_table(file: _SmallReads) -> _Table:
    archive: Any = tarfile.TarFile(fileobj=file)
    places: dict[str, _Place] = {}
    unread: list[str] = []
    names: Counter[str] = Counter()
    sparse: list[str] = []
    count = 0
    try:
        for info in _listed(archive):
            count += 1
            if count > MOST_MEMBERS:
                raise TooLargeError(f"more than {MOST_MEMBERS} files")
            if info.issparse():
                sparse.append(info.name)
            elif info.isreg():
                names[info.name] += 1
                places[info.name] = _Place(info.offset_data, info.size)
    except TooLargeError:
        raise
    except (tarfile.TarError, OSError, EOFError) as error:
        unread.append(f"what lies behind file {count} of it ({type(error).__name__}: {error})")
    else:
        unread += _behind(archive.offset, file, count)
    unread += _doubled(names)
    unread += [f"{len(sparse)} sparse files ({_some(sparse)})"] if sparse else []
    return _Table(places, tuple(unread))


def _listed(archive: Any) -> Iterator[tarfile.TarInfo]:  # noqa: ANN401 - its stubs lack what is used
    while (info := archive.next()) is not None:
        yield info
        archive.members.clear()  # it would keep all that was listed


def _behind(offset: int, file: _SmallReads, count: int) -> list[str]:
    """Say what is wrong behind the last member: two blocks of zeros end a .tar, and tarfile takes anything for them."""
    file.seek(offset)
    block = file.read(_BLOCK)
    if block == bytes(_BLOCK):
        return []
    what = "it has no end mark and may be cut off" if not block else "no header of a file"
    return [f"what lies behind file {count} of it ({what})"]
