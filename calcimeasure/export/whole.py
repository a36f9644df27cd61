"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from calcimeasure.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


_LEFT_OVER_SECONDS = 3600


def write_whole(path: Path, text: str) -> None:
    """Write a text file under a temporary name, bring it to the disk, then give it its name.

    Raises
    ------
    OutputError
        The folder cannot be written or is full; a file that was there before is unchanged.
    """
    with open_whole(path) as file:
        file.write(text)


@contextmanager
def open_whole(path: Path) -> Iterator[IO[str]]:
    """Open a text file to write; it gets its name when all of it is on the disk.

    Raises
    ------
    OutputError
        The folder cannot be written or is full; a file that was there before is unchanged.
    """
    temporary = None
    _remove_left_over(path)
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            prefix=f".{path.name}.",
            delete=False,
            encoding="utf-8",
            newline="",
            errors="backslashreplace",  # names of files need not be valid text
        ) as file:
            temporary = Path(file.name)
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is for its owner alone; a table is what the folder's other files are.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException as error:  # Ctrl-C too must leave nothing behind
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
        raise


def _remove_left_over(path: Path) -> None:
    """Remove what a run that was killed while it wrote left; what is younger may be another run's that still writes."""
    for left in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                left.unlink()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
