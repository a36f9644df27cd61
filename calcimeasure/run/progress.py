"""The reports of a run while it is in progress, and the effect of Ctrl-C."""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from calcimeasure.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

Say: TypeAlias = "Callable[..., None]"
"""Takes lines that a person has to know at once."""

Log: TypeAlias = "Callable[[str], None]"
"""Takes a line for the log."""

Progress: TypeAlias = "Callable[[str, str], None]"
"""Takes the text about a stack that is done, and its state."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a person sees a run.

    Parameters
    ----------
    say
        Takes lines that the person has to know at once.
    progress_of
        Takes the number of stacks of a run, and begins to show the run's progress.
    """

    say: Say
    progress_of: Callable[[int], AbstractContextManager[Progress]]


@dataclass(frozen=True, slots=True)
class Reporter:
    """Takes what a run reports.

    Parameters
    ----------
    say
        Takes lines that a person has to know at once.
    log
        Takes what is kept in the log.
    progress
        Takes what is said of a stack that is done, and what became of it.
    """

    say: Say
    log: Log
    progress: Progress


@contextmanager
def reporter_of(screen: Screen, log: Path, total: int) -> Iterator[Reporter]:
    """Open what a run of some stacks reports to: a screen, and a log.

    Parameters
    ----------
    screen
        Where a person sees the run.
    log
        The file that lines are added to, each with its time.
    total
        Number of stacks.

    Raises
    ------
    OutputError
        The log cannot be written.
    """
    with log_to(log) as log_line, screen.progress_of(total) as progress:
        yield Reporter(screen.say, log_line, progress)


@contextmanager
def log_to(path: Path) -> Iterator[Log]:
    """Open a log that lines are added to, each with its time.

    Raises
    ------
    OutputError
        The log cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            yield lambda line: print(datetime.now(UTC).isoformat(timespec="seconds"), line, file=file, flush=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def stop_on_interrupt(say: Say) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C was pressed, or SIGTERM or SIGHUP came.

    Pressed once, the caller finishes the stacks that are being measured; pressed twice, `KeyboardInterrupt` is raised.
    """
    pressed = 0

    def note(_: int, __: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        say("calcimeasure: interrupted. What is being measured is finished first; Ctrl-C again stops now.")

    before = {number: signal.signal(number, note) for number in _of_the_end() if _is_answered(number)}
    try:
        yield lambda: pressed > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _of_the_end() -> list[signal.Signals]:
    return [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _is_answered(number: signal.Signals) -> bool:
    """Tell whether a signal ends this program; nohup has it ignore that its terminal is closed."""
    return number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
