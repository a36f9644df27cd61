"""Timers of the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QObject


def timer(parent: QObject, interval_ms: int, act: Callable[[], object], *, once: bool = False) -> QTimer:
    """Make a timer that is deleted with its parent; the timer is not started."""
    made = QTimer(parent)
    made.setInterval(interval_ms)
    made.setSingleShot(once)
    made.timeout.connect(act)
    return made
