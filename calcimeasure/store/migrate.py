"""From the schema of an earlier version to the present one, a step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from calcimeasure.store.schema import about

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

STEPS: dict[int, Callable[[Connection], None]] = {}
"""Schema version to what brings a store of it to the next one. Version 1 is the first."""


def migrate(connection: Connection, found: int, wanted: int) -> None:
    """Bring a store to the present schema, inside the transaction of its connection.

    Parameters
    ----------
    connection
        A transaction is open: either all steps are done or none.
    found, wanted
        Schema versions.
    """
    for version in range(found, wanted):
        STEPS[version](connection)
    if found < wanted:
        connection.execute(update(about).where(about.c.name == "schema_version").values(value=str(wanted)))
