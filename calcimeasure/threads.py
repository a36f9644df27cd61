"""How many threads a process uses: one for each core, or a single one if other processes use the other cores."""

from __future__ import annotations

import os

_held_to = 0


def core_count() -> int:
    """Count the cores that this process may use; a cluster job often has only some of the cores of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count() -> int:
    """Give the number of threads to use."""
    return _held_to or core_count()


def hold_threads(count: int) -> None:
    """Limit this process to a number of threads; 0 allows one thread for each core."""
    global _held_to
    _held_to = count
