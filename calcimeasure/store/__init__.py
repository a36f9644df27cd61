"""What was measured and what readers decided: kept, never changed, never lost."""

from calcimeasure.store.connect import file_url
from calcimeasure.store.opening import open_store
from calcimeasure.store.runs import Plan, Todo
from calcimeasure.store.store import Store

__all__ = ["Plan", "Store", "Todo", "file_url", "open_store"]
