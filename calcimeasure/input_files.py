"""Files that a user names: pipes, devices and sockets are refused, because reading them may wait or go on for ever."""

from __future__ import annotations

import csv
import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refuse_special_file(path: Path) -> None:
    """Refuse a pipe, device or socket before it is opened: to open a pipe waits until another program writes.

    Raises
    ------
    OSError
        The path is no regular file, or cannot be looked at. A folder is left to the caller: to open it fails at once.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "a regular file expected, found a pipe, device or socket")


def read_rows(path: Path, where: str, error: Callable[[str], Exception]) -> list[dict[str, str | None]]:
    """Read the rows of a CSV file.

    Parameters
    ----------
    path
        The file, in UTF-8 with or without a byte order mark.
    where
        The option and the file, as messages name them.
    error
        Makes the error that is raised where the file cannot be read.

    Returns
    -------
    list of dict
        The cells by the names of their columns; None where a row is short.
    """
    try:
        refuse_special_file(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        said = getattr(cause, "strerror", None) or cause
        raise error(f"{where} cannot be read: {said}. A CSV in UTF-8 is expected.") from cause
