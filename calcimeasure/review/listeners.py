"""Those who want to know that something changed."""

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
        """Call a function whenever something changes, as long as its owner is there."""
        self._connected.append(listener)

    def emit(self, what: str) -> None:
        """Tell all of them what changed."""
        if not self._is_blocked:
            for listener in tuple(self._connected):
                listener(what)

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Tell nobody what changes meanwhile."""
        before, self._is_blocked = self._is_blocked, True
        try:
            yield
        finally:
            self._is_blocked = before
