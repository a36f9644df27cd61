"""What the chain has one entry for: a row of a table, or some rows together; and the hash of each."""

from __future__ import annotations

import hashlib
import marshal
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text

from calcimeasure.store.columns import as_stored
from calcimeasure.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row, TextClause

Key = int | str
"""What identifies a unit in its table."""

KEYS: Mapping[str, str] = {
    "about": "name",
    "settings_used": "settings_hash",
    "record_ids": "patient_id",
    "runs": "run_id",
    "stacks": "stack_id",
    "outcomes": "outcome_id",
    "files": "stack_id",
    "unreadable_files": "file_id",
    "outlines": "outline_hash",
    "lesion_revisions": "revision_id",
    "thumbnails": "tracking_uid",
    "looks": "look_id",
    "exports": "export_id",
    "remarks": "remark_id",
    "dicom_objects": "object_id",
    "sent_objects": "sending_id",
    "registry_instances": "registry_instance_id",
    "registrations": "registration_id",
    "lesion_links": "link_id",
    "readings": "reading_id",
    "reading_stacks": "reading_stack_id",
    "reading_revisions": "revision_id",
}
"""The tables with the column that identifies a unit: one row, all files of a stack, or all pictures of a lesion."""

OF_READINGS = ("readings", "reading_stacks", "reading_revisions")
"""The tables from which the tables of another reading than the clinical one are written, too."""

_OF_NO_TABLE = (
    *("files", "thumbnails", "runs", "exports", "remarks", "dicom_objects", "sent_objects"),
    *("registrations", "lesion_links"),
    *OF_READINGS,
)

OF_TABLES = tuple(name for name in KEYS if name not in _OF_NO_TABLE)
"""The tables from which the tables of results are written."""

LOST = ""
"""Hash of a unit that was removed, as the files of a stack before its new ones are stored."""

_AT_ONCE = 500
_FETCHED_AT_ONCE = 1000
_BYTES = 16

# The statements are text: SQLAlchemy takes a tenth of a second to compile them for a hundred columns. All names in them
# are those of the schema.


def hashes(connection: Connection, name: str, keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    """Give the id of some units of a table and their present hash; a unit without rows has the hash `LOST`.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    name
        The table.
    keys
        The key of each unit.
    """
    missing = dict.fromkeys(map(row_id_of, keys))
    for start in range(0, len(keys), _AT_ONCE):
        rows = connection.execute(_some_rows(name), {"keys": keys[start : start + _AT_ONCE]})
        for row_id, group in groupby(rows, key=_id_in(name)):
            missing.pop(row_id, None)
            yield row_id, _hash(name, list(group))
    for row_id in missing:
        yield row_id, LOST


def every_hash(connection: Connection, name: str) -> Iterator[tuple[str, str, str | None]]:
    """Give the id of each unit of a table, its present hash, and the hash that the chain has; None if it has none."""
    with connection.execute(_every_row(name).execution_options(yield_per=_FETCHED_AT_ONCE)) as rows:
        for row_id, group in groupby(rows, key=_id_in(name)):
            of_unit = list(group)
            yield row_id, _hash(name, of_unit), of_unit[0][-1]


def lost(connection: Connection, name: str) -> list[str]:
    """Give the id of each unit that the chain has as present, and that the table no longer has."""
    later = (
        "SELECT 1 FROM chain AS later WHERE later.table_name = this.table_name AND later.row_id = this.row_id "
        "AND later.entry > this.entry"
    )
    known = f"FROM chain AS this WHERE table_name = '{name}' AND row_hash <> '{LOST}' AND NOT EXISTS ({later})"
    units = f"FROM (SELECT DISTINCT {KEYS[name]} FROM {name}) AS units"  # noqa: S608
    noted, there = (connection.execute(text(f"SELECT count(*) {part}")).scalar_one() for part in (known, units))
    if noted == there:
        return []
    ids = {str(key) for key in connection.execute(text(f"SELECT {KEYS[name]} {units}")).scalars()}
    return [row_id for row_id in connection.execute(text(f"SELECT row_id {known}")).scalars() if row_id not in ids]


def count(connection: Connection, name: str) -> int:
    """Count the rows of a table."""
    return int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())  # noqa: S608


def row_id_of(key: Key) -> str:
    """Give the id of a unit in the chain."""
    return as_stored(str(key))


@cache
def _columns(name: str) -> tuple[str, ...]:
    # The order of columns differs between a store that was migrated and a new one.
    return tuple(sorted(map(str, metadata.tables[name].columns.keys())))


@cache
def _every_row(name: str) -> TextClause:
    """Select the rows of a table in the order of units, each with the hash of the newest entry about it."""
    noted = (
        f"SELECT row_hash FROM chain WHERE table_name = '{name}' AND row_id = CAST({name}.{KEYS[name]} AS TEXT) "  # noqa: S608
        "ORDER BY entry DESC LIMIT 1"
    )
    return text(f"SELECT {', '.join(_columns(name))}, ({noted}) FROM {name} ORDER BY {_order(name)}")  # noqa: S608


@cache
def _some_rows(name: str) -> TextClause:
    key = KEYS[name]
    rows = f"SELECT {', '.join(_columns(name))} FROM {name} WHERE {key} IN :keys ORDER BY {_order(name)}"  # noqa: S608
    return text(rows).bindparams(bindparam("keys", expanding=True, type_=metadata.tables[name].c[key].type))


def _order(name: str) -> str:
    others = (str(column.name) for column in metadata.tables[name].primary_key if column.name != KEYS[name])
    return ", ".join([KEYS[name], *others])


@cache
def _id_in(name: str) -> Any:  # noqa: ANN401 - a function of a row
    key = itemgetter(_columns(name).index(KEYS[name]))
    return lambda row: str(key(row))


def _hash(name: str, rows: Iterable[Row[Any]]) -> str:
    """Hash the names and values of the columns that have one, so that a new column changes no hash of an older row.

    `marshal` writes version 2 of its format the same way in every version of Python, at an eighth of the time of repr.
    """
    names = _columns(name)
    filled = [[(column, value) for column, value in zip(names, row, strict=False) if value is not None] for row in rows]
    try:
        content = marshal.dumps(filled, 2)
    except ValueError:  # PostgreSQL's driver gives dates and times as such
        content = marshal.dumps([[(column, _plain(value)) for column, value in row] for row in filled], 2)
    return hashlib.sha256(content).hexdigest()[: 2 * _BYTES]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
