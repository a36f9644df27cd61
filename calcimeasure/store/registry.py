"""Repeating instances of a registry: each lesion and study gets one in its record, once, and keeps it.

An instance is never taken back or given again: a lesion that was exported once stays in later exports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from calcimeasure.store import records
from calcimeasure.store.chain import lock
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import registry_instances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class RegistryForm:
    """A repeating form of a record.

    Parameters
    ----------
    record_id
        The record of a patient in the registry.
    instrument
        The unique name of the form.
    event
        The unique name of the event; empty in a project without events.
    """

    record_id: str
    instrument: str
    event: str = ""


def give_instances(connection: Connection, form: RegistryForm, uids: Sequence[str]) -> dict[str, int]:
    """Give each lesion or study its repeating instance: the one that it has, else the next free one.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    form
        The form of a record.
    uids
        Tracking UIDs of lesions, or Study Instance UIDs, in the order in which they get new instances.

    Returns
    -------
    dict
        The instance of each, from 1.
    """
    lock(connection)
    given = instances_of(connection, form)
    highest = max(given.values(), default=0)
    new = [uid for uid in dict.fromkeys(uids) if uid not in given]
    given_at = records.utc_now()
    of_form = {"record_id": form.record_id, "event": form.event, "instrument": form.instrument, "given_at": given_at}
    rows = [{**of_form, "repeat_instance": highest + 1 + place, "uid": uid} for place, uid in enumerate(new)]
    insert_rows(connection, registry_instances, rows)
    given |= {uid: highest + 1 + place for place, uid in enumerate(new)}
    return {uid: given[uid] for uid in uids}


def keep_instances(connection: Connection, form: RegistryForm, instances: Mapping[str, int]) -> None:
    """Keep the instances that lesions or studies have in a registry, for those that have none here.

    An instance that is given to another one here is not kept: what was given stays.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    form
        The form of a record.
    instances
        By the UIDs of lesions or studies.
    """
    lock(connection)
    given = instances_of(connection, form)
    of_form = {"record_id": form.record_id, "event": form.event, "instrument": form.instrument}
    taken, given_at = set(given.values()), records.utc_now()
    rows = [
        {**of_form, "repeat_instance": instance, "uid": uid, "given_at": given_at}
        for uid, instance in instances.items()
        if uid not in given and instance not in taken
    ]
    insert_rows(connection, registry_instances, rows)


def instances_of(connection: Connection, form: RegistryForm) -> dict[str, int]:
    """Give every instance that was ever given in a form of a record, by the UID of its lesion or study."""
    table = registry_instances
    of_form = (
        (table.c.record_id == form.record_id) & (table.c.event == form.event) & (table.c.instrument == form.instrument)
    )
    given = select(table.c.uid, table.c.repeat_instance).where(of_form).order_by(table.c.repeat_instance)
    return {uid: instance for uid, instance in connection.execute(given)}  # noqa: C416 - rows are no pairs


def forms(connection: Connection) -> list[RegistryForm]:
    """Give every form of a record in which an instance was ever given."""
    columns = registry_instances.c.record_id, registry_instances.c.instrument, registry_instances.c.event
    first = func.min(registry_instances.c.registry_instance_id)
    return [RegistryForm(*row) for row in connection.execute(select(*columns).group_by(*columns).order_by(first))]
