"""The errors of calcimeasure, as one tree of classes.

::

    CalcimeasureError
    ├── UsageError              the command or call cannot be carried out as it was given (exit code 2)
    │   ├── SettingsError       a setting has a wrong name, type or value
    │   ├── InputPathError      a PATH does not exist or cannot be read
    │   ├── OutputError         the output folder cannot be made or written
    │   ├── StoreError          the store cannot be opened, read or written
    │   │   └── RecordError     the store is in order, and cannot hold one record
    │   ├── KeyFileError        the key for pseudonyms, or the map of record ids, cannot be used
    │   ├── WorkerError         no worker, or no cluster, can be started or reached
    │   ├── ArchiveError        an archive of images cannot be reached, refuses, or answers what cannot be understood
    │   │   └── IncompleteError what came from an archive is no whole object, or another one
    │   ├── RegistryError       a registry cannot be reached, refuses, or is not set up for what is to be written
    │   └── NotBuiltError       a feature needs a package or a part that is not installed here
    ├── ReviewError             an edit cannot be made as it was given; nothing was changed
    │   └── ConflictError       another person changed the lesion after it was read
    └── SeriesError             one stack cannot be measured; the other stacks are still measured
        ├── UnsupportedError    this program does not measure this kind of image (state "skipped")
        ├── FileError           a file claims to be DICOM and cannot be read
        ├── GeometryError       the slices do not form a reliable grid
        └── PixelError          the pixels cannot be decoded or are not Hounsfield units

Every message has four parts: what was expected, what was found (with numbers), where (attribute, tag, series), what to
do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CalcimeasureError(Exception):
    """Base of all errors that calcimeasure raises on purpose."""


class UsageError(CalcimeasureError):
    """The command or call cannot be carried out as it was given."""


class SettingsError(UsageError):
    """A setting has a wrong name, type or value."""


class InputPathError(UsageError):
    """A PATH does not exist or cannot be read."""


class OutputError(UsageError):
    """The output folder cannot be made or written."""


class StoreError(UsageError):
    """The store cannot be opened, read or written."""


class RecordError(StoreError):
    """The store is in order, and cannot hold one record: a number or text in it is too large."""


class KeyFileError(UsageError):
    """The key for pseudonyms, or the map of record ids, cannot be used."""


class WorkerError(UsageError):
    """No worker process, or no cluster, can be started or reached."""


class ArchiveError(UsageError):
    """An archive of images cannot be reached, refuses, or answers what cannot be understood."""


class IncompleteError(ArchiveError):
    """What came from an archive is no whole object, or another one than was asked for."""


class RegistryError(UsageError):
    """A registry cannot be reached, refuses, or is not set up for what is to be written into it."""


class NotBuiltError(UsageError):
    """A feature needs a package or a part that is not installed here."""


class ReviewError(CalcimeasureError):
    """An edit cannot be made as it was given; nothing was changed."""


class ConflictError(ReviewError):
    """Another person changed the lesion after it was read; nothing was changed."""


class SeriesError(CalcimeasureError):
    """One stack cannot be measured; the other stacks are still measured.

    Parameters
    ----------
    reason
        A key of `calcimeasure.codes.REASONS`.
    message
        Text for a person: what was expected, what was found, where, what to do.
    series_uid, path
        The series and the file that the error is about; None if not known yet.
    """

    def __init__(self, reason: str, message: str, series_uid: str | None = None, path: Path | None = None) -> None:
        # All four arguments go to the base class, so that the error can be pickled and sent from a worker process.
        super().__init__(reason, message, series_uid, path)
        self.reason = reason
        self.message = message
        self.series_uid = series_uid
        self.path = path

    def __str__(self) -> str:
        return self.message


class UnsupportedError(SeriesError):
    """The program does not measure this kind of image: the state is "skipped", not "failed"."""


class FileError(SeriesError):
    """A file claims to be DICOM and cannot be read."""


class GeometryError(SeriesError):
    """The slices do not form a reliable grid."""


class PixelError(SeriesError):
    """The pixels cannot be decoded, or are not Hounsfield units."""
