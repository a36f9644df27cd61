"""The files beside the report: overviews of stacks in the private folder, and what an earlier report left."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import OutputError
from calcimeasure.export.atomic import open_atomic_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from calcimeasure.model import StackFacts

OVERVIEWS: Final = Path("private") / "overviews"
"""The folder of the overviews, in a folder of results."""


def keep_overview(folder: Path, stack: StackFacts, png: bytes) -> None:
    """Keep the overview of a stack.

    Parameters
    ----------
    folder
        The folder of results, with its folder "private".
    stack, png
        The stack and its overview (`calcimeasure.analysis.overview`).

    Raises
    ------
    OutputError
        It cannot be written.
    """
    path = _path(folder, stack)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open_atomic_bytes(path, only_for_owner=True) as file:
        file.write(png)


def overview_of(folder: Path, stack: StackFacts) -> bytes | None:
    """Give the overview of a stack; None if none was kept."""
    try:
        return _path(folder, stack).read_bytes()
    except OSError:
        return None


def pages_folder(path: Path) -> Path:
    """Give the folder of the pages of a report that has more than one."""
    return path.with_name(f"{path.stem}_pages")


def remove_report(path: Path) -> None:
    """Remove a report and its pages: it would show an earlier state than the tables.

    Raises
    ------
    OutputError
        It cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
        remove_pages(pages_folder(path))
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror or error}.") from error


def remove_pages(folder: Path, but: Collection[str] = ()) -> None:
    """Remove the pages of an earlier report, except those with some names."""
    for page in folder.glob("page-[0-9][0-9][0-9].html"):
        if page.name not in but:
            page.unlink()
    with suppress(OSError):  # there is none, or something else lies in it
        folder.rmdir()


def _path(folder: Path, stack: StackFacts) -> Path:
    # Neither UIDs nor names of files are always valid names of files.
    name = "\0".join((stack.study_uid, stack.series_uid, str(stack.stack_number), stack.path))
    return folder / OVERVIEWS / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.png"
