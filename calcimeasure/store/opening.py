"""Opening of a store: it is made where there may be none, and migrated to the schema of this version."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, inspect, select

from calcimeasure.errors import StoreError
from calcimeasure.settings import without_password
from calcimeasure.store import beside, chain, names, used_settings
from calcimeasure.store.connect import WRITES, connect, lock, set_journal, store_errors
from calcimeasure.store.migrate import migrate
from calcimeasure.store.readings import CLINICAL_READING, Reading, ReadingKind, note_reading
from calcimeasure.store.schema import SCHEMA_VERSION, about, metadata, readings
from calcimeasure.store.shape import foreign_triggers, pages_are_whole
from calcimeasure.store.store import Store
from calcimeasure.store.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

    from calcimeasure.store.beside import Beside

_CHECKED_BYTES = 64_000_000
"""The pages of a larger file are checked when tables are written from it: for 160 MB that takes a quarter of a second,
half of the time in which a worklist has to open."""

_CHAIN_SINCE = 4
"""The first schema with a chain."""

_READINGS_SINCE = 9
"""The first schema with readings; what readers decided before is the clinical one."""

_CLINICAL_ID = 1
"""The number of the clinical reading: the migration stores it first, and so does a new store."""


@contextmanager
def open_store(
    url: str | URL, place: str | None = None, make: bool = True, beside_store: Path | None = None
) -> Iterator[Store]:
    """Open a store, and migrate it to the schema of this version.

    Parameters
    ----------
    url
        SQLAlchemy's database URL; `file_url` makes the URL of a file.
    place
        The name of the store in messages; by default the file or host of the URL.
    make
        Whether to make a store if there is none.
    beside_store
        The file that says which store this has to be, and what it held (`calcimeasure.store.beside`). It is made if
        there is none.

    Raises
    ------
    StoreError
        The store cannot be opened, is damaged, is not there or is another one, another process has locked it, or a
        newer version of the program made it.
    """
    engine = connect(url)
    place = place or without_password(engine.url.render_as_string(hide_password=False))
    release = None
    shared = True
    try:
        with store_errors(place):
            known = beside.read(beside_store) if beside_store else None
            make = make and known is None
            file = _file_of(engine)
            if file is not None:
                if not make:
                    _refuse_missing(file, place, beside_store)
                shared = set_journal(engine, file)
                release = None if shared else lock(file)
            store_id = _opened(engine, place, make, known, beside_store)
            yield Store(Transactions(engine, place, store_id, beside_store), place, shared)
    finally:
        engine.dispose()
        if release is not None:
            release()


def _file_of(engine: Engine) -> Path | None:
    """Give the file of an SQLite store; None for a store in memory or on a server."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database.startswith((":memory:", "file:")):
        return None
    return Path(database)


def _refuse_missing(file: Path, place: str, beside_store: Path | None) -> None:
    if not file.is_file():
        remembered = f" If it is lost for good, remove {beside_store} and run measure." if beside_store else ""
        raise StoreError(
            f"The store {place} is missing: a file expected that measure wrote, found none. Bring it back from a "
            f"backup.{remembered}"
        )


def _opened(engine: Engine, place: str, make: bool, known: Beside | None, beside_store: Path | None) -> str:
    """Make or migrate the tables, and compare the store with what lies beside it; give the store's id."""
    with engine.execution_options(**WRITES).begin() as connection:
        _refuse_damaged(connection, place)
        _make_or_migrate(connection, place, make)
        chain.append(connection, None)
        now = beside.Beside(names.recall(connection, "store_id") or "", chain.head_of(connection))
        if known is not None:
            _refuse_another(connection, place, known, now)
    if beside_store is not None and known is None:
        now.write(beside_store)
    return now.store_id


def _refuse_damaged(connection: Connection, place: str) -> None:
    """Refuse an SQLite file with broken pages, or with triggers that would run on what is written here."""
    if connection.dialect.name != "sqlite":
        return
    if not pages_are_whole(connection, _CHECKED_BYTES):
        raise StoreError(f"The store {place} is damaged: its pages do not fit together. Bring it back from a backup.")
    if foreign := foreign_triggers(connection):
        raise StoreError(
            f"The store {place} has triggers that calcimeasure did not make ({', '.join(foreign)}): they can change "
            "what is stored. Bring it back from a backup, or ask for the store as calcimeasure wrote it."
        )


def _refuse_another(connection: Connection, place: str, known: Beside, now: Beside) -> None:
    """Refuse a store that is not the one of the folder, or that has lost what the folder knows of it."""
    if now.store_id != known.store_id:
        raise StoreError(
            f"{place} is another store than that of this folder (id {known.store_id} expected, found {now.store_id}): "
            "its tables would replace those of this folder. Name the right store, or bring it back from a backup."
        )
    if not chain.has(connection, known.head):
        raise StoreError(
            f"The store {place} has lost rows: the folder knows entry {known.head.entry} of its chain, the store has "
            f"{now.head.entry} or another one there. An older copy of it? A backup is brought back together with the "
            f"file {beside.NAME} that was written beside it."
        )


def _make_or_migrate(connection: Connection, place: str, make: bool) -> None:
    if connection.dialect.name == "postgresql":
        # The lock is needed because two processes that make the tables at the same time would both fail.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2604001)")
    known = set(inspect(connection).get_table_names())
    if about.name not in known:
        _make(connection, place, make, sorted(known & set(metadata.tables)))
        return
    version = connection.execute(select(about.c.value).where(about.c.name == "schema_version")).scalar_one_or_none()
    if version is None:
        raise StoreError(f"{place} is no store of calcimeasure: its table about has no schema_version. Name another.")
    found = int(version)
    if found > SCHEMA_VERSION:
        raise StoreError(
            f"The store {place} has schema {found}, this version of calcimeasure knows up to {SCHEMA_VERSION}: a "
            "newer version made it. Use that one (pip install --upgrade calcimeasure), or another DIR."
        )
    if found < SCHEMA_VERSION:
        migrate(connection, found, SCHEMA_VERSION)
        if found < _READINGS_SINCE:
            chain.touch(connection, readings.name, [_CLINICAL_ID])
        if found < _CHAIN_SINCE:
            names.remember(connection, "store_id", str(uuid4()))
            used_settings.forget_passwords(connection)
            chain.seal_rows(connection)
        chain.touch(connection, about.name, ["schema_version"])


def _make(connection: Connection, place: str, make: bool, others: list[str]) -> None:
    if others:
        raise StoreError(
            f"{place} is no store of calcimeasure: it has the tables {', '.join(others)} of another program. Name an "
            "empty database."
        )
    if not make:
        raise StoreError(
            f"The store {place} is empty: a store expected that measure made, found none. Name the right one, or bring "
            "it back from a backup."
        )
    metadata.create_all(connection)
    connection.execute(insert(about).values(name="schema_version", value=str(SCHEMA_VERSION)))
    names.remember(connection, "store_id", str(uuid4()))
    note_reading(connection, Reading(CLINICAL_READING, ReadingKind.CLINICAL))
    chain.touch(connection, about.name, ["schema_version"])
