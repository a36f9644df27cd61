"""Functions that are called when something changes."""

from __future__ import annotations

from contextlib import contextmanager
from inspect import ismethod
from typing import TYPE_CHECKING
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Listeners:
    """Functions that are called with a word for what changed, in the order in which they were connected."""

    def __init__(self) -> None:
        self._connected: list[Callable[[], Callable[[str], object] | None]] = []
        self._is_blocked = False

    def connect(self, listener: Callable[[str], object]) -> None:
        """Call a function whenever something changes.

        A method of an object is called as long as the object is there: to listen does not keep the object alive. A
        window that listened would else be kept by what it listens to.
        """
        self._connected.append(WeakMethod(listener) if ismethod(listener) else lambda: listener)

    def emit(self, what: str) -> None:
        """Tell all of them what changed."""
        if self._is_blocked:
            return
        for connected in tuple(self._connected):
            listener = connected()
            if listener is not None:
                listener(what)

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Call no listener during the context."""
        before, self._is_blocked = self._is_blocked, True
        try:
            yield
        finally:
            self._is_blocked = before
