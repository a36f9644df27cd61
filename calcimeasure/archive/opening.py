"""An archive is opened by what it speaks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from calcimeasure.archive.constants import PATIENCE, Patience
from calcimeasure.archive.source import WebAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from calcimeasure.archive.access import Access
    from calcimeasure.archive.names import Archive
    from calcimeasure.archive.source import Address


@contextmanager
def open_archive(
    address: Address, access: Access, say: Callable[[str], object], patience: Patience = PATIENCE
) -> Iterator[Archive]:
    """Connect to an archive.

    Parameters
    ----------
    address, access
        The archive, and with what it lets this program in.
    say
        Takes lines that a person has to know at once.
    patience
        Limits of time and of attempts.

    Raises
    ------
    ArchiveError
        It cannot be reached, or does not let this program in.
    NotBuiltError
        It speaks DIMSE, and the extra ``pacs`` is not installed.
    """
    if isinstance(address, WebAddress):
        # Loaded when they are needed: showing help must not load what talks to archives.
        from calcimeasure.archive.dicomweb import DicomWeb
        from calcimeasure.archive.web import connected

        with connected(address, access, patience) as web:
            yield DicomWeb(web)
        return
    from calcimeasure.archive.dimse import associated

    with associated(address, access, say, patience) as dimse:
        yield dimse
