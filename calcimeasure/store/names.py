"""Single values that a store keeps under a name; and the registry's ids of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from calcimeasure.store.insert import insert_new
from calcimeasure.store.schema import about, record_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def recall(connection: Connection, name: str) -> str | None:
    """Give the text that was stored under a name."""
    return connection.execute(select(about.c.value).where(about.c.name == name)).scalar_one_or_none()


def remember(connection: Connection, name: str, value: str) -> None:
    """Store one text under a name."""
    insert_new(connection, about, [{"name": name, "value": value}])
    connection.execute(update(about).where(about.c.name == name).values(value=value))


def known_record_ids(connection: Connection) -> dict[str, str]:
    """Give the registry's id of each patient that has one."""
    return {patient: record for patient, record in connection.execute(select(record_ids))}  # noqa: C416 - rows are no pairs


def remember_record_ids(connection: Connection, ids: Mapping[str, str]) -> None:
    """Add the registry's ids of patients; a new id replaces an earlier one."""
    for patient_id, record_id in ids.items():
        insert_new(connection, record_ids, [{"patient_id": patient_id, "record_id": record_id}])
        here = record_ids.c.patient_id == patient_id
        connection.execute(update(record_ids).where(here).values(record_id=record_id))
