"""A folder of what was fetched: an object is there whole or not at all, and is fetched once."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.archive.file_meta import file_meta_of
from calcimeasure.errors import ArchiveError, IncompleteError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

_UID: Final = re.compile(r"[0-9][0-9.]{0,63}")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with a folder for each study, in it one for each series, in it a file for each object.

    Their names are made from the UIDs, which are not shown where a path is shown.

    Parameters
    ----------
    root
        The folder.
    """

    root: Path

    def study(self, study_uid: str) -> Path:
        """Give the folder of a study."""
        return self.root / _name(study_uid)

    def series(self, study_uid: str, series_uid: str) -> SeriesFolder:
        """Give the folder of a series; made if it does not exist.

        Raises
        ------
        OutputError
            It cannot be made.
        """
        path = self.study(study_uid) / _name(series_uid)
        try:
            path.mkdir(parents=True, exist_ok=True)
            for left in path.glob("*.part"):  # of a run that was killed
                left.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path} cannot be made: {error.strerror or error}.") from error
        return SeriesFolder(path)


@dataclass(frozen=True, slots=True)
class SeriesFolder:
    """The files of a series."""

    path: Path

    def file_of(self, sop_uid: str) -> Path:
        """Give the file of an object that is there whole."""
        return self.path / f"{_name(sop_uid)}.dcm"

    def part_of(self, sop_uid: str) -> Path:
        """Give the file that an object is written into."""
        return self.path / f"{_name(sop_uid)}.part"

    def has(self, sop_uid: str) -> bool:
        """Tell whether an object is there."""
        with suppress(OSError):
            return self.file_of(sop_uid).stat().st_size > 0
        return False

    def keep(self, sop_uid: str) -> None:
        """Give the file of an object its name.

        Raises
        ------
        IncompleteError
            It is no DICOM file (PS3.10), or another object.
        OutputError
            It cannot be written.
        """
        part = self.part_of(sop_uid)
        meta = file_meta_of(part)
        if meta is None or meta[1] != sop_uid:
            part.unlink(missing_ok=True)
            raise IncompleteError("The object that was asked for expected, found another one or no DICOM.")
        try:
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self.file_of(sop_uid))
        except OSError as error:
            raise OutputError(f"{part} cannot be written: {error.strerror or error}.") from error


def _name(uid: str) -> str:
    """Make a name of a file from a UID.

    Raises
    ------
    ArchiveError
        It is no UID.
    """
    if not _UID.fullmatch(uid):
        raise ArchiveError("UIDs expected in the answer of the archive, found something else.")
    return hashlib.sha256(uid.encode()).hexdigest()[:20]
