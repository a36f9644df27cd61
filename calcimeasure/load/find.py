"""From paths to stacks, from headers alone: images are grouped into stacks and ordered along the slice normal."""

from __future__ import annotations

import itertools
import math
import os
import stat
import warnings
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from calcimeasure.errors import FileError, InputPathError
from calcimeasure.load.archives import contents_of, hides_an_archive, is_archive_name
from calcimeasure.load.directory import listed_files
from calcimeasure.load.grids import SeriesGrids, series_grids
from calcimeasure.load.header import Header, read_headers, series_key
from calcimeasure.load.stacks import stacks_of
from calcimeasure.model import Failure, Found, PixelFormat, Stack, State
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from calcimeasure.load.grids import SeriesKey


_READERS = 4
_USUAL_HEADER_BYTES = 2**14
_FILES_AT_A_TIME = 128
"""Number of files whose headers are in memory at a time. The headers of one multi-frame file take some megabytes."""

_ARCHIVE_EXPECTED = (
    "An archive that can be read whole expected, not read: {found} ({name}). Unpack it, and name the folder with what "
    "was in it."
)


@dataclass(frozen=True, slots=True)
class _File:
    """A file, or a member of the archive at `path`, and the folder that its path is relative to."""

    path: Path
    root: Path
    member: str | None = None


def find_series(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], settings: Settings | None = None
) -> Found:
    """Find every DICOM series under some paths, reading headers only.

    Parameters
    ----------
    paths
        Files, folders (searched recursively, archives in them too), archives (.zip, .tar, .tar.gz, .gz; read in place)
        and DICOMDIRs; a single one or several. Links below them are followed once, and only to what lies below one of
        them unless `settings.follow_links` is true.
    settings
        Tolerances; the defaults where None.

    Returns
    -------
    Found
        Every stack of every series, images or not; files that claim to be DICOM and cannot be read; the number of files
        that are no DICOM.

    Raises
    ------
    InputPathError
        A path does not exist or cannot be opened.
    """
    settings = settings or Settings()
    roots = [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
    check_paths(roots)
    series: dict[SeriesKey, SeriesGrids] = defaultdict(lambda: series_grids(settings))
    formats: dict[PixelFormat, PixelFormat] = {}
    unreadable: list[Failure] = []
    other_file_count = 0
    with warnings.catch_warnings(), ThreadPoolExecutor(_READERS) as pool:
        # pydicom warns of values that break the standard. Here every value is checked where it is used.
        warnings.simplefilter("ignore")
        for file, headers in _read_all(_files(roots, unreadable, settings.follow_links), pool):
            if isinstance(headers, FileError):
                unreadable.append(_failure(headers.reason, headers.message, file))
            elif not headers:
                other_file_count += 1
            else:
                try:
                    for header in headers:
                        series[series_key(header)].add(header, file.root, formats)
                except Exception as error:  # noqa: BLE001 - one odd header must not stop the other files
                    found = f"{type(error).__name__}: {error} ({file.path.name})"
                    message = f"A header that can be understood expected, found {found}. Export the file again."
                    unreadable.append(_failure("unreadable_file", message, file))
    stacks = sorted(stacks_of(series, settings), key=_series_order)
    return Found(tuple(stacks), tuple(unreadable), other_file_count)


def _read_all(files: Iterator[_File], pool: ThreadPoolExecutor) -> Iterator[tuple[_File, list[Header] | FileError]]:
    """Read the headers of some files at a time, so that memory stays bounded.

    On a network drive most of the time goes into waiting. Threads wait for the beginnings of the files, which are then
    in the cache of the system. One thread parses the headers: Python lets one thread run at a time, and several were
    twice as slow.
    """
    while window := list(itertools.islice(files, _FILES_AT_A_TIME)):
        for file, _ in zip(window, pool.map(_bring_near, window), strict=True):
            yield file, _read(file)


def _bring_near(file: _File) -> None:
    if file.member is None:
        with suppress(OSError), file.path.open("rb", buffering=0) as opened:
            opened.read(_USUAL_HEADER_BYTES)


def _read(file: _File) -> list[Header] | FileError:
    try:
        headers = read_headers(file.path, file.member)
    except FileError as error:
        return error
    if not headers and file.member is None and hides_an_archive(file.path):
        message = _ARCHIVE_EXPECTED.format(found="an archive whose name does not say so", name=file.path.name)
        return FileError("archive_not_read", message, path=file.path)
    return headers


def _failure(reason: str, message: str, file: _File) -> Failure:
    return Failure(State.FAILED, reason, message, path=file.path, root=file.root, member=file.member)


def _series_order(stack: Stack) -> tuple[object, ...]:
    return (
        stack.patient_id or "",
        stack.study_date or date.min,
        stack.study_uid,
        stack.series_number if stack.series_number is not None else math.inf,
        stack.series_uid,
        stack.stack_number,
    )


# Files


def _files(roots: Sequence[Path], unreadable: list[Failure], follow_links: bool = True) -> Iterator[_File]:
    """Give every regular file once, in a fixed order."""
    seen: set[tuple[int, int | str, str | None]] = set()
    listing = _Listing(None if follow_links else _real_folders(roots), unreadable)
    for argument in roots:
        for file in listing.files_of(argument):
            try:
                kind = file.path.stat()
            except OSError as error:
                found = error.strerror or str(error)
                message = f"A readable file expected, found: {found} ({file.path.name}). Export it again."
                unreadable.append(_failure("unreadable_file", message, file))
                continue
            identity = (*_identity_on_disk(file.path, kind), file.member)
            if stat.S_ISREG(kind.st_mode) and identity not in seen:
                seen.add(identity)
                yield file


def _identity_on_disk(path: Path, kind: os.stat_result) -> tuple[int, int | str]:
    """Identify a file or folder, also if it is reached by a link. Some network drives give no inode number (0)."""
    return kind.st_dev, kind.st_ino or os.path.realpath(path)


def check_paths(roots: Iterable[Path]) -> None:
    """Refuse a path that is neither a file nor a folder, before any file is read.

    Raises
    ------
    InputPathError
        As `find_series`.
    """
    for argument in roots:
        try:
            kind = argument.stat().st_mode
        except OSError as error:
            raise InputPathError(f"PATH {argument} cannot be read: {error.strerror or error}.") from error
        if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
            raise InputPathError(f"PATH {argument} is neither a file nor a folder.")


def _real_folders(roots: Iterable[Path]) -> tuple[str, ...]:
    """Give the folders that hold what was asked for, by their own names: of a DICOMDIR the folder that it lies in."""
    return tuple(os.path.join(os.path.realpath(one if one.is_dir() else one.parent), "") for one in roots)  # noqa: PTH118


class _Listing:
    """Lists the files that arguments hold.

    Parameters
    ----------
    folders
        Links may lead below these, each with a separator at its end; None: anywhere.
    unreadable
        Takes what cannot be read, and links that are not followed.
    """

    def __init__(self, folders: tuple[str, ...] | None, unreadable: list[Failure]) -> None:
        self._folders = folders
        self._unreadable = unreadable

    def files_of(self, argument: Path) -> Iterator[_File]:
        """Give the files that an argument holds."""
        if argument.is_dir():
            yield from self._below(argument)
        elif is_archive_name(argument.name):
            yield from self._inside_argument(argument)
        elif (named := listed_files(argument)) is None:
            yield _File(argument, argument.parent)
        else:
            yield from (_File(path, argument.parent) for path in named if self._may_follow(path, argument.parent))

    def _inside_argument(self, argument: Path) -> Iterator[_File]:
        try:
            yield from self._inside(argument, argument)
        except OSError as error:
            found = error.strerror or error
            raise InputPathError(f"PATH {argument} is no archive that can be read: {found}.") from error

    def _inside_if_archive(self, path: Path, root: Path) -> Iterator[_File]:
        """Give a file below a folder, or the files in it if it is an archive; say what is not read of it."""
        try:
            if is_archive_name(path.name) and path.is_file():
                yield from self._inside(path, root)
            else:
                yield _File(path, root)
        except OSError as error:
            self._note_archive(path, root, str(error.strerror or error))

    def _inside(self, path: Path, root: Path) -> Iterator[_File]:
        contents = contents_of(path)
        if contents is None:  # DICOM under the name of an archive
            yield _File(path, root if path != root else root.parent)
            return
        for unread in contents.unread:
            self._note_archive(path, root, unread)
        yield from (_File(path, root, member) for member in contents.members)

    def _note_archive(self, path: Path, root: Path, found: str) -> None:
        message = _ARCHIVE_EXPECTED.format(found=found, name=path.name)
        file = _File(path, root if path != root else root.parent)
        self._unreadable.append(_failure("archive_not_read", message, file))

    def _below(self, root: Path) -> Iterator[_File]:
        """Give the files below a folder, however deep. A folder that several links lead to is entered once."""
        seen: set[tuple[int, int | str]] = set()
        pending = [root]
        while pending:
            folder = pending.pop()
            try:
                identity = _identity_on_disk(folder, folder.stat())
                entries = [] if identity in seen else sorted(os.scandir(folder), key=lambda one: one.name)
            except OSError as error:
                message = f"A folder that can be read expected, found: {error.strerror} ({folder.name})."
                self._unreadable.append(_failure("unreadable_file", message, _File(folder, root)))
                continue
            seen.add(identity)
            followed = [one for one in entries if not one.is_symlink() or self._may_follow(folder / one.name, root)]
            is_folder = {one.name: _is_folder(one) for one in followed}
            for name in [name for name, is_one in is_folder.items() if not is_one]:
                yield from self._inside_if_archive(folder / name, root)
            pending += [folder / name for name, is_one in reversed(is_folder.items()) if is_one]

    def _may_follow(self, path: Path, root: Path) -> bool:
        """Tell whether a path leads to what was asked for; otherwise say that it is not followed."""
        if self._folders is None or os.path.join(os.path.realpath(path), "").startswith(self._folders):  # noqa: PTH118
            return True
        message = (
            f"Files below a PATH expected, found a link that leads out of it ({path.name}). Name the file or folder "
            "that it leads to as a PATH, or set follow_links = true."
        )
        self._unreadable.append(_failure("link_not_followed", message, _File(path, root)))
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
