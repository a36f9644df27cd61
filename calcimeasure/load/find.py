"""From paths to stacks, from headers alone: images are grouped into stacks and ordered along the slice normal."""

from __future__ import annotations

import itertools
import math
import os
import stat
import warnings
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.errors import FileError, InputPathError
from calcimeasure.load.constants import LOAD
from calcimeasure.load.header import ACQUISITIONS, TELL_APART
from calcimeasure.load.readers import Readers
from calcimeasure.load.source import archive_members
from calcimeasure.model import Failure, Found, Instance, Stack, State
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from calcimeasure.load.reading import Plane, ReadImage

_MOST_COMPARED = 256
"""Planes that a new one is compared with, the newest ones: no series has so many, and thousands would take hours."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file, or a member of the .zip at `path`, and the folder that its path is relative to."""

    path: Path
    root: Path
    member: str | None = None


@dataclass(slots=True)
class _Grid:
    """Images that share a grid, while they are collected, and the facts of the series from the first of them."""

    plane: Plane
    instances: list[Instance]
    first: Instance
    facts: Stack
    notices: set[str]

    def add(self, read: ReadImage) -> None:
        self.instances.append(read.image)
        self.notices.update(read.notices)
        if _comes_before(read.image, self.first):
            self.first, self.facts = read.image, read.facts()


class _Grids:
    """The grids of images whose keys are equal, by their planes."""

    def __init__(self) -> None:
        self.all: list[_Grid] = []
        self._of_plane: dict[Plane, _Grid] = {}

    def add(self, read: ReadImage, settings: Settings) -> None:
        """Add an image to the grid that it lies on, or begin a new grid."""
        grid = self._of_plane.get(read.plane) or self._nearly_equal(read.plane, settings)
        if grid is None:
            grid = _Grid(read.plane, [read.image], read.image, read.facts(), set(read.notices))
            self.all.append(grid)
        else:
            grid.add(read)
        self._of_plane[read.plane] = grid

    def _nearly_equal(self, plane: Plane, settings: Settings) -> _Grid | None:
        return next((one for one in self.all[-_MOST_COMPARED:] if _same_plane(plane, one.plane, settings)), None)


def find_series(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], settings: Settings | None = None
) -> Found:
    """Find every DICOM series under some paths, reading headers only.

    Parameters
    ----------
    paths
        Files, folders (searched recursively), .zip files (read in place) and DICOMDIRs; a single one or several. Links
        below them are followed once, and only to what lies below one of them unless `settings.follow_links` is true.
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
    grids: dict[tuple[str, ...], dict[tuple[object, ...], _Grids]] = defaultdict(lambda: defaultdict(_Grids))
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
                        grids[image.series_key][image.grid_key].add(image, settings)
                except Exception as error:  # noqa: BLE001 - one odd header must not stop the other files
                    found = f"{type(error).__name__}: {error} ({file.path.name})"
                    message = f"A header that can be understood expected, found {found}. Export the file again."
                    unreadable.append(_failure("unreadable_file", message, file))
    stacks = [
        stack
        for by_key in grids.values()
        for stack in _stacks([grid for same in by_key.values() for grid in same.all], settings)
    ]
    return Found(tuple(sorted(stacks, key=_series_order)), tuple(unreadable), other_file_count)


def _failure(reason: str, message: str, file: _File) -> Failure:
    return Failure(State.FAILED, reason, message, path=file.path, root=file.root, member=file.member)


def _comes_before(image: Instance, other: Instance) -> bool:
    # A relative path takes long to find, and decides only between copies.
    numbers = [math.inf if one.instance_number is None else one.instance_number for one in (image, other)]
    if (numbers[0], image.sop_uid) != (numbers[1], other.sop_uid):
        return (numbers[0], image.sop_uid) < (numbers[1], other.sop_uid)
    return _acquisition_order(image) < _acquisition_order(other)


def _acquisition_order(image: Instance) -> tuple[float, str, str]:
    number = math.inf if image.instance_number is None else image.instance_number
    return (number, image.sop_uid, str(image.relative_path))


def _same_plane(one: Plane, other: Plane, settings: Settings) -> bool:
    """Tell whether directions and spacings are equal within rounding."""
    if None in one or None in other:
        return one == other
    (directions, spacing), (other_directions, other_spacing) = one, other
    return all(
        abs(a - b) <= settings.direction_tolerance
        for a, b in zip(directions, other_directions, strict=True)  # type: ignore[arg-type]
    ) and all(
        math.isclose(a, b, rel_tol=LOAD.spacing_rounding)
        for a, b in zip(spacing, other_spacing, strict=True)  # type: ignore[arg-type]
    )


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
        elif argument.suffix.lower() == ".zip":
            try:
                members = archive_members(argument)
            except OSError as error:
                found = error.strerror or error
                raise InputPathError(f"PATH {argument} is no .zip that can be read: {found}.") from error
            yield from (_File(argument, argument, member) for member in members)
        elif (named := self._readers.listed_files(argument)) is None:
            yield _File(argument, argument.parent)
        elif isinstance(named, FileError):
            self._unreadable.append(_failure(named.reason, named.message, _File(argument, argument.parent)))
        else:
            yield from (_File(path, argument.parent) for path in named if self._may_follow(path, argument.parent))

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
            yield from (_File(folder / name, root) for name, is_one in is_folder.items() if not is_one)
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


# Stacks


def _stacks(grids: Iterable[_Grid], settings: Settings) -> list[Stack]:
    """Make stacks of the grids of one series, numbered in the order of their first instance numbers."""
    parts = sorted((part for grid in grids for part in _split(grid, settings)), key=_first_instance)
    # Each radiograph of a series is a stack of its own, so several are no finding. Slices should be one stack.
    notice = ("split_series",) if sum(part.projection is None for part in parts) > 1 else ()
    return [
        replace(part, stack_number=number, notices=(*part.notices, *notice)) for number, part in enumerate(parts, 1)
    ]


def _first_instance(stack: Stack) -> tuple[float, str, str]:
    return min(map(_acquisition_order, stack.instances))


def _split(grid: _Grid, settings: Settings) -> list[Stack]:
    """Drop copies of images, and split images that share positions by an attribute that tells them apart."""
    unique = _unique(grid.instances)
    dropped = ("duplicate_dropped",) if len(unique) < len(grid.instances) else ()
    notices = (*grid.facts.notices, *sorted(grid.notices), *dropped)
    # Each radiograph is measured alone, also two that have one UID.
    parts = _tell_apart(unique, grid.facts, settings) if grid.facts.projection is None else [[one] for one in unique]
    return [replace(grid.facts, instances=_ordered(part, grid.facts), notices=notices) for part in parts]


def _unique(instances: Iterable[Instance]) -> list[Instance]:
    """Give each image once, with the other files that say to be it: their pixels tell whether they are copies."""
    same: dict[tuple[object, ...], list[Instance]] = defaultdict(list)
    for one in instances:
        same[_identity(one)].append(one)
    return [replace(first, copies=tuple(others)) if others else first for first, *others in same.values()]


def _identity(image: Instance) -> tuple[object, ...]:
    """Name what copies of one image have in common. Images that share only their UID are two images."""
    return (
        image.sop_uid or (image.path, image.member),
        image.frame_index,
        image.instance_number,
        image.split_keys,
        image.position_lps_mm,
        image.rescale_slope,
        image.rescale_intercept,
    )


def _tell_apart(instances: list[Instance], facts: Stack, settings: Settings) -> list[list[Instance]]:
    """Split images by the first attribute whose parts have one image at each position; else give one part.

    Images are split only if some share a position, or if the slices of two acquisitions lie between each other. The
    slices of two breath holds are no stack, even if they are evenly spaced together.
    """
    twins = _has_twin_positions(instances, facts, settings)
    if not twins and _is_even(_positions_mm(instances, facts), settings):
        return [instances]
    for attribute, name in enumerate(TELL_APART):
        parts: dict[str, list[Instance]] = defaultdict(list)
        for one in instances:
            parts[one.split_keys[attribute]].append(one)
        # An attribute that differs in every image, such as an acquisition time, makes no stacks.
        if any(len(part) == 1 or _has_twin_positions(part, facts, settings) for part in parts.values()):
            continue
        if twins or (name in ACQUISITIONS and _lie_among_each_other(parts.values(), facts, settings)):
            return list(parts.values())
    return [instances]


def _is_even(positions_mm: NDArray[np.float64], settings: Settings) -> bool:
    steps_mm = np.diff(np.sort(positions_mm))
    return not steps_mm.size or bool(np.ptp(steps_mm) <= 2 * settings.spacing_tolerance_mm)


def _lie_among_each_other(parts: Iterable[Sequence[Instance]], facts: Stack, settings: Settings) -> bool:
    ranges = sorted((positions.min(), positions.max()) for positions in (_positions_mm(part, facts) for part in parts))
    return any(start < end - settings.spacing_tolerance_mm for (_, end), (start, _) in itertools.pairwise(ranges))


def _has_twin_positions(instances: Sequence[Instance], facts: Stack, settings: Settings) -> bool:
    positions = np.sort(_positions_mm(instances, facts))
    return bool(np.any(np.diff(positions) < settings.spacing_tolerance_mm))


def _positions_mm(instances: Sequence[Instance], facts: Stack) -> NDArray[np.float64]:
    """Give the position of each image along the slice normal; empty if the headers do not have all positions."""
    if facts.row_column_directions is None or any(one.position_lps_mm is None for one in instances):
        return np.empty(0)
    directions = np.array(facts.row_column_directions)
    normal = np.cross(directions[:3], directions[3:])
    return np.array([one.position_lps_mm for one in instances]) @ normal


def _ordered(instances: Sequence[Instance], facts: Stack) -> tuple[Instance, ...]:
    """Order images along the slice normal; by instance number if the headers do not have all positions."""
    by_number = sorted(instances, key=_acquisition_order)
    positions = _positions_mm(by_number, facts)
    if not positions.size:
        return tuple(by_number)
    return tuple(by_number[index] for index in np.argsort(positions, kind="stable"))
