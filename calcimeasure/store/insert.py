"""Rows that are inserted where they are not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


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
    columns = [table.c[name] for name in rows[0]]
    names, values = (", ".join(f"{sign}{column.name}" for column in columns) for sign in ("", ":"))
    # In SQLAlchemy each database has this in a module of its own, and that of PostgreSQL takes a tenth of a second to
    # import, which SQLite does not need. The words are the same in both.
    statement = text(f"INSERT INTO {table.name} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING")  # noqa: S608
    typed = statement.bindparams(*(bindparam(column.name, type_=column.type) for column in columns))
    connection.execute(typed, rows)
