"""A server of PostgreSQL that is restarted while a store is open."""

from __future__ import annotations

from threading import Timer

import pytest

from calcimeasure.errors import StoreError
from calcimeasure.store import open_store
from tests.postgresql import empty_database, stop_server


@pytest.mark.external
def test_a_server_that_is_restarted_is_waited_for() -> None:
    with open_store(empty_database()) as store:
        store.remember("a", "before")
        start = Timer(0.5, stop_server())
        start.start()
        store.remember("a", "after")
        start.join()
        assert store.recall("a") == "after"
        assert store.verify().findings == ()


@pytest.mark.external
def test_a_server_that_does_not_come_back_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.store.transactions._TRY_AGAIN_SECONDS", 0.1)
    with open_store(empty_database()) as store:
        start = stop_server()
        try:
            with pytest.raises(StoreError, match="cannot be used"):
                store.recall("a")
        finally:
            start()
