"""Transactions of a store: each method of a store is one, with its entries in the chain."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from calcimeasure.errors import StoreError
from calcimeasure.store import chain
from calcimeasure.store.backup import back_up
from calcimeasure.store.beside import Beside
from calcimeasure.store.connect import WRITES, server_is_gone, store_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from calcimeasure.store.verify import Verified

P = ParamSpec("P")
T = TypeVar("T")

_TRY_AGAIN_SECONDS = 60.0
"""A server of PostgreSQL that is restarted, for an update, is back within this time."""

_PAUSE_SECONDS = 0.5


class Transactions:
    """Reads and writes a store.

    Parameters
    ----------
    engine
        The engine of its database.
    place
        The name of the store in messages.
    store_id
        The id of the store.
    beside
        The file beside the store (`calcimeasure.store.beside`) that each writing brings up to date; None: there is
        none.
    """

    def __init__(self, engine: Engine, place: str, store_id: str, beside: Path | None) -> None:
        self._engine = engine
        self._place = place
        self._store_id = store_id
        self._beside = beside
        self.chain_key: bytes | None = None

    def reads(self, do: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a transaction that changes nothing."""

        def attempt() -> T:
            with self._reading.begin() as connection:
                return do(connection, *args, **kwargs)

        return self._tried_again(attempt)

    def writes(self, do: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a transaction, and append the rows that it stores to the chain."""

        def attempt() -> tuple[T, chain.Head | None]:
            with self._writing.begin() as connection:
                chain.forget(connection)
                result = do(connection, *args, **kwargs)
                return result, chain.append(connection, self.chain_key)

        result, head = self._tried_again(attempt)
        self._note(head)
        return result

    def seal(self, key: bytes) -> None:
        """Use a key for the chain from now on; a chain without any of its entries is sealed by it.

        Raises
        ------
        StoreError
            The last entry was made with another key.
        """
        if not self.reads(chain.is_made_with, key):
            raise StoreError(
                f"The last entry in the chain of the store {self._place} was made with another key than the one that "
                "is used now: use that key (--key FILE), or bring the store back from a backup."
            )
        self.chain_key = key
        if not self.reads(chain.is_sealed):
            self._note(self.writes(chain.seal, key))

    def back_up(self, to: Path) -> Verified:
        """Copy the store into a file (`calcimeasure.store.backup`)."""
        with store_errors(self._place):
            return back_up(self._engine, self._place, self._store_id, self.chain_key, to)

    def settle(self) -> None:
        """Bring what is in the write-ahead log of an SQLite file into the file; who reads it is not waited for."""
        if self._engine.dialect.name == "sqlite":
            with store_errors(self._place):
                connection = self._engine.raw_connection()
                try:
                    connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                finally:
                    connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield the connection of a transaction that changes nothing."""
        with store_errors(self._place), self._reading.begin() as connection:
            yield connection

    @cached_property
    def _writing(self) -> Engine:
        return self._engine.execution_options(**WRITES)

    @cached_property
    def _reading(self) -> Engine:
        # In SQLite a transaction always reads one consistent state.
        one_moment = {} if self._engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        return self._engine.execution_options(**one_moment)

    def _note(self, head: chain.Head | None) -> None:
        if head is None or self._beside is None:
            return
        # The rows are stored. An older entry beside the store is right too: it says less.
        with suppress(StoreError):
            Beside(self._store_id, head).write(self._beside)

    def _tried_again(self, attempt: Callable[[], T]) -> T:
        """Try again as long as the server of the database is gone, for a minute."""
        until = time.monotonic() + _TRY_AGAIN_SECONDS
        while True:
            try:
                with store_errors(self._place):
                    return attempt()
            except StoreError as error:
                if not server_is_gone(error.__cause__) or time.monotonic() > until:
                    raise
            time.sleep(_PAUSE_SECONDS)
