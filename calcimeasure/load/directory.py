"""DICOMDIR: the files that the directory of a medium names (PS3.3 annex F)."""

from __future__ import annotations

import functools
import os
import warnings
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from pydicom.filereader import read_dataset

from calcimeasure.input_files import refuse_special_file
from calcimeasure.load.header import is_dicomdir
from calcimeasure.load.limits import LARGEST, HeaderLimitError, Meter
from calcimeasure.load.source import read_meta

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from calcimeasure.load.limits import HeaderLimits

_ABOVE_IMAGES: Final = frozenset({"PATIENT", "STUDY", "SERIES"})
"""Kinds of records that name no image. On some old media each of them names a directory file of its own."""


def listed_files(path: Path, limits: HeaderLimits = LARGEST) -> list[Path] | None:
    """List the files that a DICOMDIR names, in its order; None if the file is no DICOMDIR.

    A file may be missing. A name never leads out of the folder of the DICOMDIR: parts such as ".." are dropped.

    Parameters
    ----------
    path
        The file.
    limits
        How many bytes may be read of it, and of the directories that it names.

    Raises
    ------
    HeaderLimitError
        There is more to read.
    """
    meter = Meter(limits)
    records = _records(path, meter)
    if records is None:
        return None
    files: list[Path] = []
    seen = {path}
    while records:
        kind, names = records.pop(0)
        file = _place(path.parent, names)
        nested = _records(file, meter) if kind in _ABOVE_IMAGES else None
        if nested is None:
            files.append(file)
        elif file not in seen:
            seen.add(file)
            records = nested + records
    return files


def _records(path: Path, meter: Meter) -> list[tuple[str, list[str]]] | None:
    """Read the kind and the Referenced File ID (0004,1500) of each record that has one; None if it is no DICOMDIR."""
    try:
        refuse_special_file(path)
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not is_dicomdir(read_meta(file)):
                return None
            meter.bytes(path.stat().st_size)
            # Explicit little endian, always (PS3.10 section 8.6).
            directory = read_dataset(file, is_implicit_VR=False, is_little_endian=True)
            records = list(directory.get("DirectoryRecordSequence") or [])
            return [(str(one.get("DirectoryRecordType")), _names(one)) for one in records if _names(one)]
    except HeaderLimitError:
        raise
    except Exception:  # noqa: BLE001 - the file is read as an image next, which reports the error
        return None


def _names(record: Dataset) -> list[str]:
    value = record.get("ReferencedFileID") or []
    return [value] if isinstance(value, str) else [str(part) for part in value]


def _place(folder: Path, names: list[str]) -> Path:
    """Follow names below a folder; where a name is not there, the one file that differs as media and archives do it.

    A file may have another case, an extension that its name in the DICOMDIR lacks or the reverse, or the version
    number of ISO 9660 (``;1``).
    """
    path = folder
    parts = [part for name in names for part in PurePosixPath(name.replace("\0", "")).parts if part not in ("/", "..")]
    for number, part in enumerate(parts, 1):
        exact = path / part
        # Path.exists raises for a name that is too long for the file system.
        path = exact if os.path.exists(exact) else path / (_other_name(path, part, number == len(parts)) or part)  # noqa: PTH110
    return path


def _other_name(folder: Path, name: str, is_file: bool) -> str | None:
    """Find the name on disk that stands for a name; None if there is none, or several."""
    by_name, by_stem = _names_on_disk(folder, _changed_at(folder))
    plain = _plain(name)
    found = by_name.get(plain, [])
    if not found and is_file:
        like = [other for other in by_stem.get(_stem(plain), []) if ("." in plain) != ("." in other)]
        found = by_name[like[0]] if len(like) == 1 else by_name.get(f"{plain}.dcm", [])
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    """Leave out what media add to a name: its version, a last point, and the case."""
    return name.partition(";")[0].rstrip(". ").lower()


def _stem(plain: str) -> str:
    return plain.partition(".")[0]


@functools.lru_cache(maxsize=64)
def _names_on_disk(folder: Path, _changed_at: int) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Read the names in a folder once for its many files: by their plain form, and plain forms by their stem."""
    by_name: dict[str, list[str]] = {}
    by_stem: dict[str, list[str]] = {}
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone
    except OSError:
        return {}, {}
    for name in names:
        by_name.setdefault(_plain(name), []).append(name)
    for plain in by_name:
        by_stem.setdefault(_stem(plain), []).append(plain)
    return by_name, by_stem


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
