"""What was measured and what readers decided: kept, never changed, never lost."""

from calcimeasure.store.connect import file_url
from calcimeasure.store.store import Plan, Store, Todo, open_store

__all__ = ["Plan", "Store", "Todo", "file_url", "open_store"]
