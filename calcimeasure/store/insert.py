"""Rows that are inserted where they are not there yet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table, TextClause


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, even where somebody else inserts them at the same time.

    Parameters
    ----------
    connection
        A transaction is open.
    table
        What is there is told by its primary key and its other unique columns.
    rows
        All with the same columns.
    """
    if not rows:
        return
    connection.execute(_statement(table, tuple(rows[0])), rows)


@cache
def _statement(table: Table, names: tuple[str, ...]) -> TextClause:
    """Make the statement that leaves out a row which is there.

    In SQLAlchemy each database has this in a module of its own, and the one of PostgreSQL takes a tenth of a second to
    import, which SQLite does not need. The words are the same in both databases.
    """
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    statement = text(f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING")  # noqa: S608 - columns of the schema
    return statement.bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))
