"""Files that are written atomically: a reader of the folder finds the old file or the complete new one."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from calcimeasure.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LEFT_OVER_SECONDS = 3600
"""A temporary file that is older than this belongs to a run that was killed."""


def write_atomic(path: Path, text: str) -> None:
    """Write a text file under a temporary name, force it to the disk, then rename it.

    Parameters
    ----------
    path
        The file.
    text
        Its content; it is encoded in UTF-8, line ends are kept.

    Raises
    ------
    OutputError
        The folder cannot be written or is full; a file that was there before is unchanged.
    """
    with open_atomic(path) as file:
        file.write(text)


@contextmanager
def open_atomic(
    path: Path, *, only_for_owner: bool = False, before_it_is_there: Callable[[Path], object] | None = None
) -> Iterator[IO[str]]:
    """Open a text file for writing; it gets its name when the complete content is on the disk.

    Parameters
    ----------
    path
        The file.
    only_for_owner
        Whether others may not read it, whatever the umask.
    before_it_is_there
        Called with the file under its temporary name, complete and on the disk. If it raises, the file does not get its
        name.

    Yields
    ------
    IO
        Takes text; line ends are kept.

    Raises
    ------
    OutputError
        The folder cannot be written or is full; a file that was there before is unchanged.
    """
    with (
        _temporary(path, only_for_owner, before_it_is_there) as temporary,
        # Names of files are not always valid text.
        temporary.open("w", encoding="utf-8", newline="", errors="backslashreplace") as file,
    ):
        yield file
        _force_to_disk(file)


@contextmanager
def open_atomic_bytes(
    path: Path, *, only_for_owner: bool = False, before_it_is_there: Callable[[Path], object] | None = None
) -> Iterator[BinaryIO]:
    """Open a binary file for writing, as `open_atomic` opens a text file."""
    with _temporary(path, only_for_owner, before_it_is_there) as temporary, temporary.open("wb") as file:
        yield file
        _force_to_disk(file)


def _force_to_disk(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _temporary(path: Path, only_for_owner: bool, before_it_is_there: Callable[[Path], object] | None) -> Iterator[Path]:
    """Make an empty file beside a path; what was written to it becomes the file of the path, or is removed."""
    temporary = None
    _remove_left_over(path)
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
        yield temporary
        if not only_for_owner:
            # A temporary file has mode 0600; the table gets the mode of any new file.
            temporary.chmod(0o666 & ~_umask())
        if before_it_is_there is not None:
            before_it_is_there(temporary)
        temporary.replace(path)
    except BaseException as error:  # also after Ctrl-C no temporary file may stay
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
        raise


def _remove_left_over(path: Path) -> None:
    """Remove temporary files of runs that were killed; a younger one may belong to a run that still writes."""
    for left in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                left.unlink()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
