"""private/tracking_uids.csv: which Tracking UID of the tables stands for which one of the store.

Tables of version 0.1.0 had the Tracking UID of the store. With this table a registry joins their rows with those of
today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export.columns import Column, open_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.export.pseudonym import Naming

TRACKING_UID_COLUMNS: tuple[Column[str], ...] = (
    Column("old", "string", "tracking_uid in tables of version 0.1.0, and in identified tables.", str, required=True),
    Column(
        "new",
        "string",
        "tracking_uid in the pseudonymous tables with the key of this folder.",
        named=lambda naming, uid: naming.uid(uid),
        required=True,
    ),
)
"""Columns of private/tracking_uids.csv."""


def write_tracking_uids(tracking_uids: Iterable[str], folder: Path, *, naming: Naming) -> None:
    """Write private/tracking_uids.csv.

    Parameters
    ----------
    tracking_uids
        Tracking UIDs of the store, also of lesions that are no longer there.
    folder
        The output folder, with its folder "private".
    naming
        The names in the tables of the folder.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with open_table(TRACKING_UID_COLUMNS, folder / "private" / "tracking_uids.csv", naming) as write:
        for uid in tracking_uids:
            write(uid)
