"""How many threads a process uses: one for each core, or a single one if other processes use the other cores."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def one_thread_for_products() -> Iterator[None]:
    """Let products of matrices use one thread in here.

    The products of the networks are too small to gain from threads. The threads of OpenBLAS wait for each other without
    giving their core away: where another program needs a core, a product then takes ten times as long.

    One thread of Python at a time decides for the process: another one that enters meanwhile leaves the limit as it is.
    """
    with _linear_algebra().limit(limits=1):
        yield


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
