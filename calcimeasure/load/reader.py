"""A process that reads headers: it answers the questions of the process that has started it."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.load.directory import listed_files
from calcimeasure.load.limits import LARGEST, HeaderLimitError
from calcimeasure.load.reading import HeaderReader, bring_near

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

LARGEST_ADDRESS_SPACE: Final = 3 * 2**30
"""Bytes; a deflated file takes the most, 1 GB packed and as much unpacked, and libraries take half a gigabyte."""

LENGTH: Final = struct.Struct("<Q")
"""Each question and each answer is pickled and begins with its length."""

_READERS: Final = 4
_LOOK_SECONDS: Final = 1.0


def serve(parent: int) -> None:
    """Answer questions until there are no more: ``("headers", (number, files))`` or ``("directory", path)``.

    Each file is answered by a `calcimeasure.load.reading.Read`, and a directory by what `listed_files` returns, or by
    text that says why it is not read.

    Parameters
    ----------
    parent
        Number of the process that asks. This process ends with it.
    """
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not stand among answers
    warnings.simplefilter("ignore")  # pydicom warns of values that break the standard; each is checked where it is used
    _bound_memory()
    Thread(target=_end_with, args=(parent,), daemon=True).start()
    send(answers, "ready")
    reader = HeaderReader(LARGEST)
    with suppress(EOFError, BrokenPipeError), ThreadPoolExecutor(_READERS) as pool:
        while True:
            kind, asked = receive(questions)
            if kind == "directory":
                send(answers, _directory(asked))
                continue
            window, files = asked
            reader.begin(window)
            for one, _ in zip(files, pool.map(bring_near, files), strict=True):
                send(answers, reader.read_whole(one))


def _directory(path: Path) -> list[Path] | str | None:
    try:
        return listed_files(path)
    except HeaderLimitError as error:
        return str(error)


def send(file: IO[bytes], message: object) -> None:
    """Write a message."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    file.write(LENGTH.pack(len(content)))
    file.write(content)
    file.flush()


def receive(file: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was sent
    """Read a message that a process of this program has sent.

    Raises
    ------
    EOFError
        The other process has ended.
    """
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    content = file.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)  # noqa: S301 - from a process of this program


def _bound_memory() -> None:
    """Let a request for too much memory fail here (where the system can); the asking process watches as well."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (LARGEST_ADDRESS_SPACE, LARGEST_ADDRESS_SPACE))


def _end_with(parent: int) -> None:
    """End when the asking process has ended, also while a header is read (Windows keeps the number of a parent)."""
    while os.getppid() == parent or sys.platform == "win32":
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
