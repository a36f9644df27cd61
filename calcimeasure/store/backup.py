"""A copy of a store in one file, made while others read and write the store, and what belongs beside it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from calcimeasure.errors import StoreError
from calcimeasure.store import beside, chain, verify
from calcimeasure.store.connect import connect, file_url

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Connection as SQLiteConnection

    from sqlalchemy import Engine

    from calcimeasure.store.verify import Verified


def back_up(engine: Engine, place: str, store_id: str, key: bytes | None, to: Path) -> Verified:
    """Copy a store into a file, and compare the copy with its chain; beside it the last entry of the chain is written.

    Parameters
    ----------
    engine, place, store_id
        The database of the store, its name in messages and its id.
    key
        The secret key of the chain; None: it is not known.
    to
        The file.

    Returns
    -------
    Verified
        What was found in the copy.

    Raises
    ------
    StoreError
        The store is a database of PostgreSQL, or is damaged, or the file exists or cannot be written.
    """
    if engine.dialect.name != "sqlite":
        raise StoreError(
            f"The store {place} is a database of PostgreSQL, which its own tools back up: pg_dump --format custom "
            f"--file {to}. Keep {beside.NAME} of the folder private with it."
        )
    known = beside_of(to)
    if to.exists() or known.exists():
        raise StoreError(
            f"{to if to.exists() else known} exists already, and no backup is replaced: name another file."
        )
    temporary = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        # The names of patients are in it: nobody else may read it, from its first byte on.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(engine, temporary)
        found, head = _verified(temporary, key)
        if found.findings:
            raise StoreError(
                f"The store {place} is damaged ({found.findings[0]}): no backup was written, older ones stay. "
                "calcimeasure verify lists what is wrong."
            )
        beside.Beside(store_id, head).write(known)
        temporary.replace(to)
    except OSError as error:
        raise StoreError(f"The backup {to} cannot be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return found


def beside_of(backup: Path) -> Path:
    """Give the file beside a backup; brought back with it, it is the file beside the store."""
    return backup.with_name(f"{backup.name}.{beside.NAME}")


def _copy(engine: Engine, to: Path) -> None:
    goal = connect(file_url(to))
    source, copy = engine.raw_connection(), goal.raw_connection()
    try:
        _driver(source.driver_connection).backup(_driver(copy.driver_connection))
        _driver(copy.driver_connection).execute("PRAGMA journal_mode = delete")
    finally:
        source.close()
        copy.close()
        goal.dispose()
    with to.open("rb") as file:
        os.fsync(file.fileno())


def _driver(connection: object) -> SQLiteConnection:
    return connection  # type: ignore[return-value] # SQLAlchemy names no type


def _verified(file: Path, key: bytes | None) -> tuple[Verified, chain.Head]:
    engine = connect(file_url(file))
    try:
        with engine.begin() as connection:
            return verify.verify(connection, key), chain.head_of(connection)
    finally:
        engine.dispose()
