"""Functions that are called when something changes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Listeners:
    """Functions that are called with a word for what changed, in the order in which they were connected."""

    def __init__(self) -> None:
        self._connected: list[Callable[[str], object]] = []
        self._is_blocked = False

    def connect(self, listener: Callable[[str], object]) -> None:
        """Call a function whenever something changes, as long as its owner exists."""
        self._connected.append(listener)

    def emit(self, what: str) -> None:
        """Call all listeners with a word for what changed."""
        if not self._is_blocked:
            for listener in tuple(self._connected):
                listener(what)

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Call no listener during the context."""
        before, self._is_blocked = self._is_blocked, True
        try:
            yield
        finally:
            self._is_blocked = before
