"""The audit of exports: what left the store, when, for whom and where to."""

from __future__ import annotations

import getpass
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from calcimeasure.store import records
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import exports
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from calcimeasure.store.readings import ReadingRows


@dataclass(frozen=True, slots=True)
class Export:
    """A table that leaves.

    Parameters
    ----------
    what
        The kind of export, and the name of the table.
    destination
        The file, as an absolute path.
    is_identified
        Whether it names patients and images as their headers do.
    recipient
        For whom it is; None if that was not said.
    key_fingerprint
        The key of its pseudonyms; None for an identified table.
    row_count
        Its rows, without the header.
    content_hash
        SHA-256 of the file; of several, of their hashes.
    file_count
        Number of files.
    """

    what: str
    destination: str
    is_identified: bool
    recipient: str | None
    key_fingerprint: str | None
    row_count: int
    content_hash: str
    file_count: int = 1


def note_export(connection: Connection, export: Export, reading: ReadingRows) -> None:
    """Record that a table of a reading leaves, with the time and the user of this machine."""
    row = (
        asdict(export)
        | reading.columns
        | {
            "made_at": records.utc_now(),
            "made_by": _user(),
            "software_version": software_version(),
        }
    )
    insert_rows(connection, exports, [row])


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container can have a user without a name
        return None
