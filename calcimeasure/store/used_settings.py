"""The settings with which numbers were computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from calcimeasure.settings import algorithm, algorithm_of, format_settings, settings_hash, toml_without_password
from calcimeasure.store.insert import insert_new
from calcimeasure.store.schema import runs, settings_used

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from calcimeasure.settings import Settings


def note_settings(connection: Connection, settings: Settings) -> None:
    """Store settings under their hash."""
    row = {"settings_hash": settings_hash(settings), "settings_toml": format_settings(settings)}
    insert_new(connection, settings_used, [row])


def settings_toml(connection: Connection, hash_of_settings: str) -> str:
    """Give settings as they were stored."""
    kept = select(settings_used.c.settings_toml).where(settings_used.c.settings_hash == hash_of_settings)
    return str(connection.execute(kept).scalar_one())


def of_older_algorithms(connection: Connection) -> frozenset[str]:
    """Give the hashes of settings that were used with an older algorithm number than the present one."""
    every = connection.execute(select(settings_used.c.settings_hash, settings_used.c.settings_toml))
    return frozenset(name for name, toml in every if algorithm_of(toml) < algorithm.ALGORITHM)


def forget_passwords(connection: Connection) -> None:
    """Leave the password of the store out of settings that earlier versions stored with it."""
    for table, key in ((runs, runs.c.run_id), (settings_used, settings_used.c.settings_hash)):
        rows = connection.execute(select(key, table.c.settings_toml).where(table.c.settings_toml.like("%://%"))).all()
        for name, toml in rows:
            kept = toml_without_password(toml)
            if kept != toml:
                connection.execute(update(table).where(key == name).values(settings_toml=kept))
