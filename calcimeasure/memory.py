"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back_freed() -> None:
    """Give freed memory back to the system, where the C library can (glibc): it keeps arrays of up to 32 MB.

    A step that holds many arrays for a moment would else add its memory to that of the steps after it.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
