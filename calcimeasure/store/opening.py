"""Opening of a store: it is made if there is none, and migrated to the schema of this version."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, inspect, select

from calcimeasure.errors import StoreError
from calcimeasure.store import names
from calcimeasure.store.connect import WRITES, connect, lock, set_journal, store_errors
from calcimeasure.store.migrate import migrate
from calcimeasure.store.schema import SCHEMA_VERSION, about, metadata
from calcimeasure.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine


@contextmanager
def open_store(url: str | URL, place: str | None = None) -> Iterator[Store]:
    """Open a store; make it if there is none, and migrate it to the schema of this version.

    Parameters
    ----------
    url
        SQLAlchemy's database URL; `file_url` makes the URL of a file.
    place
        The name of the store in messages; by default the file or host of the URL.

    Raises
    ------
    StoreError
        The store cannot be opened, another process has locked it, or a newer version of the program made it.
    """
    engine = connect(url)
    place = place or engine.url.render_as_string(hide_password=True)
    release = None
    shared = True
    try:
        with store_errors(place):
            database = engine.url.database
            if engine.dialect.name == "sqlite" and database and database != ":memory:":
                shared = set_journal(engine, Path(database))
                release = None if shared else lock(Path(database))
            _make_or_migrate(engine, place)
            yield Store(engine, place, shared)
    finally:
        engine.dispose()
        if release is not None:
            release()


def _make_or_migrate(engine: Engine, place: str) -> None:
    with engine.execution_options(**WRITES).begin() as connection:
        if engine.dialect.name == "postgresql":
            # The lock is needed because two processes that make the tables at the same time would both fail.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2604001)")
        known = set(inspect(connection).get_table_names())
        if about.name not in known:
            if others := sorted(known & set(metadata.tables)):
                raise StoreError(
                    f"{place} is no store of calcimeasure: it has the tables {', '.join(others)} of another program. "
                    "Name an empty database."
                )
            metadata.create_all(connection)
            connection.execute(insert(about).values(name="schema_version", value=str(SCHEMA_VERSION)))
            names.remember(connection, "store_id", str(uuid4()))
            return
        version = connection.execute(select(about.c.value).where(about.c.name == "schema_version")).scalar_one_or_none()
        if version is None:
            raise StoreError(
                f"{place} is no store of calcimeasure: its table about has no schema_version. Name another."
            )
        found = int(version)
        if found > SCHEMA_VERSION:
            raise StoreError(
                f"The store {place} has schema {found}, this version of calcimeasure knows up to {SCHEMA_VERSION}: a "
                "newer version made it. Use that one (pip install --upgrade calcimeasure), or another DIR."
            )
        migrate(connection, found, SCHEMA_VERSION)
        if names.recall(connection, "store_id") is None:
            names.remember(connection, "store_id", str(uuid4()))
