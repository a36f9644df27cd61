"""What is wrong with the rows of a store: rows that were changed, lost or added, and gaps and breaks of its chain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from calcimeasure.one_line import one_line
from calcimeasure.store import chain, units
from calcimeasure.store.schema import APPEND_ONLY
from calcimeasure.store.schema import chain as table
from calcimeasure.store.shape import shape_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

_MOST = 20
"""At most so many findings of a kind are told: a store with more is brought back from a backup anyway."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a store.

    Parameters
    ----------
    rows
        Number of rows of the tables of the chain.
    entries
        Number of entries of the chain.
    findings
        What is wrong, a line each; nothing if the store is whole.
    has_key
        Whether the secret key was known. Without it rows that were changed on purpose are not found.
    entries_without_key
        Number of entries that were made without the key although the chain had entries of the key before.
    """

    rows: int
    entries: int
    findings: tuple[str, ...]
    has_key: bool
    entries_without_key: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong, and the key says so."""
        return not self.findings and self.has_key and not self.entries_without_key


def verify(connection: Connection, key: bytes | None) -> Verified:
    """Compare every row with the chain, and every entry of the chain with the key.

    Parameters
    ----------
    connection
        A connection with an open transaction.
    key
        The secret key of the chain; None: it is not known.
    """
    return Verified(
        rows=sum(units.count(connection, name) for name in units.KEYS),
        entries=units.count(connection, "chain"),
        findings=tuple(_every_finding(connection, key)),
        has_key=key is not None,
        entries_without_key=_entries_without_key(connection),
    )


def findings_for_tables(connection: Connection, others: Sequence[str] = ()) -> Iterator[str]:
    """Tell what is wrong with the rows from which the tables of results are written, and with some other tables."""
    tables = (*units.OF_TABLES, *others)
    yield from shape_findings(connection)
    yield from _of_pages(connection, [*tables, "chain"])
    yield from _of_rows(connection, tables)


def _every_finding(connection: Connection, key: bytes | None) -> Iterator[str]:
    yield from shape_findings(connection)
    yield from _of_pages(connection, None)
    yield from _of_rows(connection, tuple(units.KEYS))
    yield from islice(_replaced(connection), _MOST)
    yield from islice(_of_chain(connection, key), _MOST)


def _replaced(connection: Connection) -> Iterator[str]:
    """Tell which rows of append-only tables were stored twice: the first was lost, and another got its number."""
    twice = (
        select(table.c.table_name, table.c.row_id)
        .where(table.c.table_name.in_(APPEND_ONLY))
        .group_by(table.c.table_name, table.c.row_id)
        .having(func.count(table.c.row_hash.distinct()) > 1)
        .order_by(table.c.table_name, table.c.row_id)
    )
    for name, row_id in connection.execute(twice):
        yield _told(name, row_id, "is lost, and another has its number")


def _entries_without_key(connection: Connection) -> int:
    first = select(func.min(table.c.entry)).where(table.c.is_keyed).scalar_subquery()
    # A later version migrates a store before it knows the key.
    migrated = (table.c.table_name == "about") & (table.c.row_id == "schema_version")
    clinical = (table.c.table_name == "readings") & (table.c.row_id == "1")
    later = select(func.count()).where(table.c.entry > first, ~table.c.is_keyed, ~migrated, ~clinical)
    return int(connection.execute(later).scalar_one())


def _of_pages(connection: Connection, tables: Sequence[str] | None) -> Iterator[str]:
    """Tell what SQLite finds in the pages of its file, among them indexes that miss a row."""
    if connection.dialect.name != "sqlite":
        return
    checks = [f"integrity_check('{name}')" for name in tables] if tables else [f"integrity_check({_MOST})"]
    for check in checks:
        for (said,) in connection.execute(text(f"PRAGMA {check}")):
            if said != "ok":
                yield f"pages: {one_line(said)}"


def _of_rows(connection: Connection, tables: Sequence[str]) -> Iterator[str]:
    for name in tables:
        yield from islice(_of_table(connection, name), _MOST)


def _of_table(connection: Connection, name: str) -> Iterator[str]:
    for row_id, row_hash, noted in units.every_hash(connection, name):
        if noted is None or noted == units.LOST:
            yield _told(name, row_id, "was not stored by this program")
        elif noted != row_hash:
            yield _told(name, row_id, "has changed since it was stored")
    for row_id in units.lost(connection, name):
        yield _told(name, row_id, "is lost")


def _told(name: str, row_id: str, what: str) -> str:
    return f"{name} {one_line(row_id)} {what}"


def _of_chain(connection: Connection, key: bytes | None) -> Iterator[str]:
    before, expected = "", 1
    for entry, mac in chain.entries(connection):
        if entry.number != expected:
            yield f"chain: entries {expected} to {entry.number - 1} are lost"
        elif (key or not entry.is_keyed) and mac != chain.mac_of(entry, before, key):
            yield f"chain: entry {entry.number} (of {entry.table}) has changed since it was stored"
        before, expected = mac, entry.number + 1
