"""When memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

_KEPT_ON_TOP: Final = (-1, 2**26)
_LARGEST_KEPT: Final = (-3, 2**25)
"""Parameters of mallopt(3), M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, and the values glibc grows them to by itself."""


def give_back_freed() -> None:
    """Give freed memory back to the system, where the C library can (glibc): it keeps arrays of up to 32 MB.

    A step that holds many arrays for a moment would else add its memory to that of the steps after it.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def keep_freed() -> None:
    """Let the C library (glibc) keep freed memory as it does by itself, where the environment tells it otherwise.

    Dask sets MALLOC_TRIM_THRESHOLD_ to 64 kB for its workers. A process that measures would ask the system for each
    array anew, which takes a quarter of its time.
    """
    if sys.platform == "linux" and "MALLOC_TRIM_THRESHOLD_" in os.environ:
        set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_parameter is not None:
            set_parameter(*_KEPT_ON_TOP)
            set_parameter(*_LARGEST_KEPT)
