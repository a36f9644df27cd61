"""What can be told of a fault of the program: versions, kinds of errors and lines of code, and no value of an image."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Final

from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_PACKAGES: Final = ("calcimeasure", "napari_calcimeasure")

_LIBRARIES: Final = ("numpy", "scipy", "pydicom", "imagecodecs", "sqlalchemy")
"""Libraries whose version is told: a fault often comes with a new version of one of them."""


def fault_report(error: BaseException) -> str:
    """Describe a fault in one line that may be sent to anybody.

    Parameters
    ----------
    error
        The error as it was caught. Its message is left out: it can have a value of a header, or the name of a file.

    Returns
    -------
    str
        Versions, the type of the error and of each of its causes, and the lines of code of the program itself that led
        to it, the innermost line last.
    """
    versions = ", ".join(f"{name} {version}" for name, version in _versions())
    told = "; caused by ".join(_told(one) for one in _with_causes(error))
    return f"Please report this line, which has no value of an image: {versions}; {told}."


def _versions() -> Iterator[tuple[str, str]]:
    from importlib import metadata  # takes as long to load as the rest of the command line

    yield "calcimeasure", software_version()
    yield "Python", f"{platform.python_version()} ({platform.system()})"
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _with_causes(error: BaseException) -> list[BaseException]:
    """List an error and its causes; an error that is its own cause is listed once."""
    chain: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in chain:
        chain.append(next_one)
        next_one = next_one.__cause__ or (None if next_one.__suppress_context__ else next_one.__context__)
    return chain


def _told(error: BaseException) -> str:
    lines = list(dict.fromkeys(_own_lines(error)))
    return f"{type(error).__name__} at {', '.join(lines)}" if lines else type(error).__name__


def _own_lines(error: BaseException) -> Iterator[str]:
    """Name each line of a traceback that is in a module of the program: module and number, without the folder."""
    for frame, number in walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        for package in _OWN_PACKAGES:
            root = _folder_of(package)
            if root is not None and file.is_relative_to(root):
                yield f"{package}/{file.relative_to(root).as_posix()}:{number}"


def _folder_of(package: str) -> Path | None:
    module = sys.modules.get(package)
    return None if module is None or module.__file__ is None else Path(module.__file__).parent
