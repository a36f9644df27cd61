"""The chain of a store: an entry with a keyed hash for each row that was stored, each over the entry before it.

The chain is appended in the transaction of its rows. Whoever changes, adds or removes a row without the key cannot make
the entries that belong to it. The last entry is noted beside the store (`calcimeasure.store.beside`) too, so that the
newest rows cannot be lost without notice.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal_column, select

from calcimeasure.store import units
from calcimeasure.store.schema import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Select

    from calcimeasure.store.units import Key

SEAL = "chain"
"""Table of an entry that stands for no row: the key seals the entries before it."""

_TOUCHED = "calcimeasure_touched"
_PUBLIC = bytes(32)
"""Key of entries that were made where the secret key was not known: they show damage, and no change on purpose."""

_COLUMNS = ("entry", "table_name", "row_id", "row_hash", "is_keyed", "mac")
_BYTES = 16
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain.

    Parameters
    ----------
    entry
        Its number; entries are counted from 1.
    mac
        Its keyed hash.
    is_keyed
        Whether it was made with the secret key.
    """

    entry: int
    mac: str
    is_keyed: bool


_START = Head(0, "", is_keyed=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says: the hash of a unit (`calcimeasure.store.units`) when it was stored."""

    number: int
    table: str
    row_id: str
    row_hash: str
    is_keyed: bool


def mac_of(entry: Entry, before: str, key: bytes | None) -> str:
    """Compute the keyed hash of an entry (HMAC-SHA256, RFC 2104; 128 bits of it)."""
    parts = (before, str(entry.number), entry.table, entry.row_id, entry.row_hash, "keyed" if entry.is_keyed else "")
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.digest(key if entry.is_keyed and key else _PUBLIC, text, "sha256").hex()[: 2 * _BYTES]


def touch(connection: Connection, table: str, keys: Iterable[Key]) -> None:
    """Note that units of a table were stored, changed or removed in the open transaction of a connection."""
    touched = connection.info.setdefault(_TOUCHED, defaultdict(dict))
    touched[table].update(dict.fromkeys(keys))


def forget(connection: Connection) -> None:
    """Forget what an earlier transaction of a connection touched and did not store."""
    connection.info.pop(_TOUCHED, None)


def append(connection: Connection, key: bytes | None) -> Head | None:
    """Append an entry for each unit that the open transaction touched; the last step before it is committed.

    Parameters
    ----------
    connection
        The connection of the transaction.
    key
        The secret key of the chain; None: it is not known.

    Returns
    -------
    Head
        The new last entry; None if nothing was stored.
    """
    touched = connection.info.pop(_TOUCHED, None)
    if not touched:
        return None
    lock(connection)
    changed = (
        (table, row_id, row_hash)
        for table, keys in sorted(touched.items())
        for row_id, row_hash in _changed(connection, table, list(keys))
    )
    return _append(connection, changed, key)


def seal_rows(connection: Connection) -> None:
    """Append an entry for each row of a store that has no chain yet."""
    every = (
        (table, row_id, row_hash)
        for table in units.KEYS
        for row_id, row_hash, noted in units.every_hash(connection, table)
        if noted is None
    )
    _append(connection, every, None)


def seal(connection: Connection, key: bytes) -> Head | None:
    """Append an entry by which the key vouches for a chain that has none of its entries yet; None if it has some."""
    lock(connection)
    return None if is_sealed(connection) else _append(connection, [(SEAL, "", "")], key)


def is_sealed(connection: Connection) -> bool:
    """Tell whether any entry was made with a secret key."""
    return connection.execute(select(chain.c.entry).where(chain.c.is_keyed).limit(1)).first() is not None


def is_made_with(connection: Connection, key: bytes) -> bool:
    """Tell whether the last entry was made with a key, if it was made with any."""
    last = list(islice(entries(connection, newest_first=True), 2))
    if not last or not last[0][0].is_keyed:
        return True
    entry, mac = last[0]
    return mac == mac_of(entry, last[1][1] if len(last) > 1 else "", key)


def head_of(connection: Connection) -> Head:
    """Give the last entry."""
    columns = chain.c.entry, chain.c.mac, chain.c.is_keyed
    row = connection.execute(select(*columns).order_by(chain.c.entry.desc()).limit(1)).first()
    return Head(*row) if row else _START


def has_after(connection: Connection, entry: int, but: Sequence[str] = ()) -> bool:
    """Tell whether an entry was made after another one, for a row of any table but some."""
    later = select(chain.c.entry).where(chain.c.entry > entry, chain.c.table_name.not_in(but)).limit(1)
    return connection.execute(later).first() is not None


def has(connection: Connection, head: Head) -> bool:
    """Tell whether the chain has an entry that was its last one once."""
    mac = connection.execute(select(chain.c.mac).where(chain.c.entry == head.entry)).scalar_one_or_none()
    return head.entry == 0 or mac == head.mac


def entries(connection: Connection, newest_first: bool = False) -> Iterator[tuple[Entry, str]]:
    """Give every entry and its keyed hash, in their order or the other way round."""
    # As stored: the ids of rows are hashed as the database has them.
    columns: list[Any] = [literal_column(name) for name in _COLUMNS]
    in_order = chain.c.entry.desc() if newest_first else chain.c.entry
    every: Select[Any] = select(*columns).select_from(chain).order_by(in_order).execution_options(yield_per=1000)
    with connection.execute(every) as rows:
        for row in rows:
            number, table, row_id, row_hash, is_keyed, mac = tuple(row)
            yield Entry(number, table, row_id, row_hash, bool(is_keyed)), mac


def lock(connection: Connection) -> None:
    """Let only this transaction append to the chain until it ends (in SQLite there is only one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2604002)")


def _changed(connection: Connection, table: str, keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(keys), _AT_ONCE):
        now = dict(units.hashes(connection, table, keys[start : start + _AT_ONCE]))
        noted = dict(_newest(connection, table, list(now)))
        yield from ((row_id, row_hash) for row_id, row_hash in now.items() if noted.get(row_id, "") != row_hash)


def _newest(connection: Connection, table: str, row_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give the hashes that the chain has for some rows; of each row the newest one comes last."""
    known = select(literal_column("row_id"), chain.c.row_hash).where(
        chain.c.table_name == table, chain.c.row_id.in_(row_ids)
    )
    for row in connection.execute(known.order_by(chain.c.entry)):
        yield row[0], row[1]


def _append(connection: Connection, changed: Iterable[tuple[str, str, str]], key: bytes | None) -> Head | None:
    before = head_of(connection)
    head = before
    changed = iter(changed)
    while some := list(islice(changed, _AT_ONCE)):
        rows: list[dict[str, Any]] = []
        for table, row_id, row_hash in some:
            entry = Entry(head.entry + 1, table, row_id, row_hash, key is not None)
            head = Head(entry.number, mac_of(entry, head.mac, key), entry.is_keyed)
            named = {"entry": entry.number, "table_name": table, "row_id": row_id, "row_hash": row_hash}
            rows.append({**named, "mac": head.mac, "is_keyed": entry.is_keyed})
        connection.execute(insert(chain), rows)
    return head if head != before else None
