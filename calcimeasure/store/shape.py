"""Whether the tables, views and triggers of an SQLite file are those that this program makes.

A file from somebody else can have views that give other rows, and triggers that change what is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from calcimeasure.store.schema import guards_of, metadata, views

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table


def shape_findings(connection: Connection) -> Iterator[str]:
    """Tell which tables, views and triggers differ from those of the present schema. Other tables and views may be."""
    if connection.dialect.name != "sqlite":
        return
    found = _objects(connection)
    yield from _of_triggers(found, {name: _plain(sql) for name, sql in guards_of("sqlite").items()})
    for name, sql in views().items():
        if found.get(name) != ("view", _plain(sql)):
            yield f"view {name} is not the one that calcimeasure makes"
    for table in metadata.tables.values():
        is_table = found.get(table.name, ("", ""))[0] == "table"
        if not is_table or not _expected(connection, table) <= _columns(connection, table):
            yield f"table {table.name} is not the one that calcimeasure makes"


def foreign_triggers(connection: Connection) -> list[str]:
    """List the triggers that this program did not make. They would run when an older store is migrated."""
    known = {name: _plain(sql) for name, sql in guards_of("sqlite").items()}
    return [name for name, (kind, sql) in _objects(connection).items() if kind == "trigger" and known.get(name) != sql]


def _of_triggers(found: Mapping[str, tuple[str, str]], expected: Mapping[str, str]) -> Iterator[str]:
    triggers = {name: sql for name, (kind, sql) in found.items() if kind == "trigger"}
    for name in sorted(triggers.keys() | expected.keys()):
        if triggers.get(name) != expected.get(name):
            yield f"trigger {name} is not the one that calcimeasure makes"


def _objects(connection: Connection) -> dict[str, tuple[str, str]]:
    """Give the kind and the SQL text of each table, view and trigger."""
    every = connection.execute(
        text("SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')")
    )
    return {name: ("virtual" if "VIRTUAL" in sql[:20].upper() else kind, _plain(sql)) for name, kind, sql in every}


def _columns(connection: Connection, table: Table) -> set[tuple[Any, ...]]:
    info = connection.execute(text(f"PRAGMA table_info('{table.name}')"))
    return {(name, kind, bool(required)) for _, name, kind, required, _, _ in info}


def _expected(connection: Connection, table: Table) -> set[tuple[Any, ...]]:
    return {(column.name, column.type.compile(connection.dialect), not column.nullable) for column in table.columns}


def _plain(sql: str) -> str:
    return " ".join(sql.split())


def pages_are_whole(connection: Connection, most_bytes: int) -> bool:
    """Tell whether the pages of a file fit together; those of a larger file than so many bytes are not looked at."""
    pages, size = (connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
    if pages * size > most_bytes:
        return True
    return str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one()) == "ok"
