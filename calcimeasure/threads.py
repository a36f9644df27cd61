"""How many threads a process works with: one for each core, or one alone where other processes have the other cores."""

from __future__ import annotations

import os

_held_to = 0


def core_count() -> int:
    """Count the cores that this process may use; a cluster's job often has some of the machine's alone."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count() -> int:
    """Say how many threads to work with."""
    return _held_to or core_count()


def hold_threads(count: int) -> None:
    """Hold this process to so many threads; 0 lets it have one for each core."""
    global _held_to
    _held_to = count
