"""What the chain has one entry for: a row of a table, or the files of a stack together; and the hash of each."""

from __future__ import annotations

import hashlib
import marshal
from datetime import date
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, func, literal_column, or_, select

from calcimeasure.store.schema import as_stored, chain, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

Key = tuple[Any, ...]
"""The values of the key of a unit."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "about": ("name",),
    "settings_used": ("settings_hash",),
    "record_ids": ("patient_id",),
    "runs": ("run_id",),
    "stacks": ("stack_id",),
    "outcomes": ("outcome_id",),
    "files": ("stack_id",),
    "unreadable_files": ("file_id",),
    "outlines": ("outline_hash",),
    "lesion_revisions": ("revision_id",),
    "thumbnails": ("tracking_uid", "outline_hash"),
    "looks": ("look_id",),
    "exports": ("export_id",),
}
"""The tables with the columns that identify a unit. A unit is one row, except in `files`: all files of a stack."""

OF_TABLES = tuple(name for name in KEYS if name not in ("files", "thumbnails", "runs", "exports"))
"""The tables from which the tables of results are written."""

LOST = ""
"""Hash of a unit that was removed, as the files of a stack before its new ones are stored."""

_AT_ONCE = 500
_FETCHED_AT_ONCE = 1000
_BYTES = 16


def hashes(connection: Connection, name: str, keys: Iterable[Key]) -> Iterator[tuple[str, str]]:
    """Give the present hash of some units of a table by the id of each; a unit without rows has the hash `LOST`.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    name
        The table.
    keys
        The key of each unit.
    """
    missing = {row_id_of(key): key for key in keys}
    for some in _parts(list(missing.values())):
        for row_id, row_hash in _hashed(name, connection.execute(_rows_of(name).where(_among(name, some)))):
            missing.pop(row_id, None)
            yield row_id, row_hash
    for row_id in missing:
        yield row_id, LOST


def every_hash(connection: Connection, name: str) -> Iterator[tuple[str, str, str | None]]:
    """Give the id of each unit of a table, its present hash, and the hash that the chain has; None if it has none."""
    noted = _noted(name).label("noted")
    rows = connection.execute(_rows_of(name, noted).execution_options(yield_per=_FETCHED_AT_ONCE))
    for row_id, group in groupby(rows, key=_ids_of(name)):
        of_unit = list(group)
        yield row_id, _hash(name, of_unit), of_unit[0][-1]


def lost(connection: Connection, name: str) -> list[str]:
    """Give the id of each unit that the chain has as present, and that the table no longer has."""
    later = chain.alias()
    newest = (
        ~select(later.c.entry)
        .where(
            later.c.table_name == chain.c.table_name, later.c.row_id == chain.c.row_id, later.c.entry > chain.c.entry
        )
        .exists()
    )
    noted = chain.c.table_name == name, chain.c.row_hash != LOST, newest
    units = select(*(metadata.tables[name].c[column] for column in KEYS[name])).distinct().subquery()
    counts = [
        connection.execute(counted).scalar_one()
        for counted in (select(func.count()).where(*noted), select(func.count()).select_from(units))
    ]
    if counts[0] == counts[1]:
        return []
    there = set(map(row_id_of, every_key(connection, name)))
    known = connection.execute(select(chain.c.row_id).where(*noted).order_by(chain.c.entry)).scalars()
    return [row_id for row_id in known if as_stored(row_id) not in there]


def every_key(connection: Connection, name: str) -> Iterator[Key]:
    """Give the key of each unit of a table."""
    table = metadata.tables[name]
    columns = [table.c[column] for column in KEYS[name]]
    yield from map(tuple, connection.execute(select(*columns).distinct().order_by(*columns)))


def row_id_of(key: Key) -> str:
    """Give the id of a unit in the chain."""
    return as_stored(" ".join(map(str, key)))


def _noted(name: str) -> Any:  # noqa: ANN401 - a scalar subquery
    """Select the hash of the newest entry about a row."""
    entries = select(chain.c.row_hash).where(
        chain.c.table_name == name, chain.c.row_id == _id_column(metadata.tables[name])
    )
    return entries.order_by(chain.c.entry.desc()).limit(1).scalar_subquery()


def _id_column(table: Table) -> ColumnElement[str]:
    columns = [cast(table.c[column], Text) for column in KEYS[table.name]]
    joined: ColumnElement[str] = columns[0]
    for column in columns[1:]:
        joined = joined + " " + column
    return joined


@cache
def _columns(name: str) -> tuple[str, ...]:
    # The order of columns differs between a store that was migrated and a new one.
    return tuple(sorted(map(str, metadata.tables[name].columns.keys())))


def _rows_of(name: str, *more: Any) -> Select[Any]:  # noqa: ANN401 - any column
    """Select the rows of a table with values as the database gives them, in the order of units."""
    table = metadata.tables[name]
    columns: list[Any] = [literal_column(f"{name}.{column}") for column in _columns(name)]
    return select(*columns, *more).select_from(table).order_by(*(table.c[one.name] for one in _order(name)))


def _order(name: str) -> Sequence[Any]:
    table = metadata.tables[name]
    return [
        *(table.c[column] for column in KEYS[name]),
        *(one for one in table.primary_key if one.name not in KEYS[name]),
    ]


def _among(name: str, keys: Sequence[Key]) -> ColumnElement[bool]:
    columns = [metadata.tables[name].c[column] for column in KEYS[name]]
    if len(columns) == 1:
        return columns[0].in_([value for (value,) in keys])
    return or_(*(and_(*(column == value for column, value in zip(columns, key, strict=True))) for key in keys))


def _ids_of(name: str) -> Any:  # noqa: ANN401 - a function of a row
    places = [_columns(name).index(column) for column in KEYS[name]]
    if len(places) == 1:
        (place,) = places
        return lambda row: str(row[place])
    return lambda row: row_id_of(tuple(row[place] for place in places))


def _hashed(name: str, rows: Iterable[Row[Any]]) -> Iterator[tuple[str, str]]:
    for row_id, group in groupby(rows, key=_ids_of(name)):
        yield row_id, _hash(name, list(group))


def _hash(name: str, rows: Sequence[Row[Any]]) -> str:
    """Hash the names and values of the columns that have one, so that a new column changes no hash of an older row.

    `marshal` writes version 2 of its format the same way in every version of Python, at an eighth of the time of repr.
    """
    names = _columns(name)
    filled = [[(column, value) for column, value in zip(names, row, strict=False) if value is not None] for row in rows]
    try:
        text = marshal.dumps(filled, 2)
    except ValueError:  # PostgreSQL's driver gives dates and times as such
        text = marshal.dumps([[(column, _plain(value)) for column, value in row] for row in filled], 2)
    return hashlib.sha256(text).hexdigest()[: 2 * _BYTES]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _parts(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def count(connection: Connection, name: str) -> int:
    """Count the rows of a table."""
    return int(connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one())
