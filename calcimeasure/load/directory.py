"""DICOMDIR: the files that the directory of a medium names (PS3.3 annex F)."""

from __future__ import annotations

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
    """Follow names below a folder; in lower case if only that exists, as on some mounted CDs."""
    parts = [part for name in names for part in PurePosixPath(name.replace("\0", "")).parts if part not in ("/", "..")]
    path = folder.joinpath(*parts)
    lower = folder.joinpath(*(part.lower() for part in parts))
    # Path.exists raises for a name that is too long for the file system.
    return lower if os.path.exists(lower) and not os.path.exists(path) else path  # noqa: PTH110
