"""What is no file with bytes to read: pipes, devices and sockets, whose reading may wait or go on for ever."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
