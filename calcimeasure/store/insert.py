"""Insertion of rows, each noted for the chain of the store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, text

from calcimeasure.store.chain import touch
from calcimeasure.store.units import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table, TextClause

    from calcimeasure.store.units import Key


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Key]:
    """Insert rows.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    table
        The table.
    rows
        The rows; all have the same columns.

    Returns
    -------
    list
        The key of each row, in any order.
    """
    if not rows:
        return []
    name = KEYS[table.name]
    if name in rows[0]:
        connection.execute(insert(table), rows)
        keys: list[Key] = [row[name] for row in rows]
    else:
        keys = list(connection.execute(insert(table).returning(table.c[name]), rows).scalars())
    touch(connection, table.name, keys)
    return keys


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that are not yet in a table, even if another process inserts them at the same time.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    table
        The table. Its primary key and its other unique columns decide whether a row exists.
    rows
        The rows; all have the same columns. If they have no key, the caller notes them for the chain.
    """
    if not rows:
        return
    connection.execute(_statement(table, tuple(rows[0])), rows)
    name = KEYS[table.name]
    if name in rows[0]:
        touch(connection, table.name, [row[name] for row in rows])


@cache
def _statement(table: Table, names: tuple[str, ...]) -> TextClause:
    """Make the SQL statement that inserts a row only if it does not exist.

    SQLAlchemy has such a statement in a separate module for each database. Importing the module for PostgreSQL takes a
    tenth of a second, also for users of SQLite. The SQL text is the same in both databases.
    """
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    statement = text(f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING")  # noqa: S608 - columns of the schema
    return statement.bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))
