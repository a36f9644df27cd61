"""The store of all measurements and decisions of readers. Entries are appended, and never changed or removed."""

from calcimeasure.store.connect import file_url
from calcimeasure.store.exports import Export
from calcimeasure.store.opening import open_store
from calcimeasure.store.runs import Plan, Todo
from calcimeasure.store.store import Store

__all__ = ["Export", "Plan", "Store", "Todo", "file_url", "open_store"]
