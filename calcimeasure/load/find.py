"""From paths to stacks, from headers alone: images are grouped into stacks and ordered along the slice normal."""

from __future__ import annotations

import math
import os
import stat
import warnings
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from calcimeasure.errors import FileError, InputPathError
from calcimeasure.load.archives import contents_of, is_archive_name
from calcimeasure.load.grids import SeriesGrids, series_grids
from calcimeasure.load.readers import Readers
from calcimeasure.load.reading import ARCHIVE_EXPECTED
from calcimeasure.load.stacks import stacks_of
from calcimeasure.model import Failure, Found, Stack, State
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from calcimeasure.load.grids import SeriesKey


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
    unreadable: list[Failure] = []
    other_file_count = 0
    with warnings.catch_warnings(), Readers(settings.workers) as readers:
        # pydicom warns of values that break the standard. Here every value is checked where it is used.
        warnings.simplefilter("ignore")
        for file, images in readers.read(_files(roots, readers, unreadable, settings.follow_links)):
            if isinstance(images, FileError):
                unreadable.append(_failure(images.reason, images.message, file))
            elif not images:
                other_file_count += 1
            else:
                try:
                    for image in images:
                        series[image.series_key].add(image)
                except Exception as error:  # noqa: BLE001 - one odd header must not stop the other files
                    found = f"{type(error).__name__}: {error} ({file.path.name})"
                    message = f"A header that can be understood expected, found {found}. Export the file again."
                    unreadable.append(_failure("unreadable_file", message, file))
    stacks = sorted(stacks_of(series, settings), key=_series_order)
    return Found(tuple(stacks), tuple(unreadable), other_file_count)


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


def _files(
    roots: Sequence[Path], readers: Readers, unreadable: list[Failure], follow_links: bool = True
) -> Iterator[_File]:
    """Give every regular file once, in a fixed order."""
    seen: set[tuple[int, int | str, str | None]] = set()
    listing = _Listing(None if follow_links else _real_folders(roots), readers, unreadable)
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
    readers
        Read directories.
    unreadable
        Takes what cannot be read, and links that are not followed.
    """

    def __init__(self, folders: tuple[str, ...] | None, readers: Readers, unreadable: list[Failure]) -> None:
        self._folders = folders
        self._readers = readers
        self._unreadable = unreadable

    def files_of(self, argument: Path) -> Iterator[_File]:
        """Give the files that an argument holds."""
        if argument.is_dir():
            yield from self._below(argument)
        elif is_archive_name(argument.name):
            yield from self._inside_argument(argument)
        elif (named := self._readers.listed_files(argument)) is None:
            yield _File(argument, argument.parent)
        elif isinstance(named, FileError):
            self._unreadable.append(_failure(named.reason, named.message, _File(argument, argument.parent)))
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
        message = ARCHIVE_EXPECTED.format(found=found, name=path.name)
        file = _File(path, root if path != root else root.parent)
        self._unreadable.append(_failure("archive_not_read", message, file))

    def _below(self, root: Path) -> Iterator[_File]:
        """Give the files below a folder, however deep. A folder that several links lead to is entered once."""
        seen: set[tuple[int, int | str]] = set()
        pending = [root]
        while pending:
            folder = pending.pop()
            is_folder = {one.name: _is_folder(one) for one in self._entries_of(folder, root, seen)}
            for name in [name for name, is_one in is_folder.items() if not is_one]:
                yield from self._inside_if_archive(folder / name, root)
            pending += [folder / name for name, is_one in reversed(is_folder.items()) if is_one]

    def _entries_of(self, folder: Path, root: Path, seen: set[tuple[int, int | str]]) -> list[os.DirEntry[str]]:
        """Give what lies in a folder, without links that are not followed; nothing if it was seen or is unreadable."""
        try:
            identity = _identity_on_disk(folder, folder.stat())
            entries = [] if identity in seen else sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError as error:
            message = f"A folder that can be read expected, found: {error.strerror} ({folder.name})."
            self._unreadable.append(_failure("unreadable_file", message, _File(folder, root)))
            return []
        seen.add(identity)
        return [one for one in entries if not one.is_symlink() or self._may_follow(folder / one.name, root)]

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
