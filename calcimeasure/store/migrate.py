"""From the schema of an earlier version to the present one, a step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from calcimeasure.store.schema import about, add_columns, add_table, lesion_revisions, looks, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def _measure_radiographs(connection: Connection) -> None:
    """Version 2: numbers in pixels, and what a pixel of a radiograph is."""
    axes = [f"{axis}_{what}" for axis in ("long_axis", "short_axis") for what in ("px", "ends_px")]
    spacing = ["pixel_aspect", "column_spacing_mm", "spacing_source"]
    added = {
        outcomes: ["view_position", "patient_orientation"],
        lesion_revisions: [*axes, "area_px", "centroid_px", *spacing, "mean_contrast", "boundary", "long_axis_u95_px"],
    }
    add_columns(connection, added)


def _note_looks(connection: Connection) -> None:
    """Version 3: who looked through a stack in which nothing was found."""
    add_table(connection, looks)


STEPS: dict[int, Callable[[Connection], None]] = {1: _measure_radiographs, 2: _note_looks}
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
