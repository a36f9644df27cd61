"""The program as a process: streams that were closed before it began, and the signals that end it."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}


def fill_closed_streams() -> None:
    """Open nothing in the place of each standard stream that is closed.

    A table or the store that is opened next would get its number, and what a library prints would be written into it.
    """
    for name, mode in _STREAMS.items():
        if getattr(sys, name) is None:
            # Never closed: it lives as long as the process.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def interrupt_on_signals() -> None:
    """Answer SIGTERM (kill, the end of a batch job) and SIGHUP (a terminal that is closed) as Ctrl-C.

    Whoever ignores SIGHUP (nohup) goes on.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
