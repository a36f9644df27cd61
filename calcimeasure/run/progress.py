"""What a run says while it goes on: a log, a bar or lines, and what Ctrl-C does."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from rich.progress import ProgressColumn, Task

    Say = Callable[..., None]
    Log = Callable[[str], None]
    Progress = Callable[[str, str], None]


@contextmanager
def log_to(path: Path) -> Iterator[Log]:
    """Open the log; each line gets its time."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            yield lambda line: print(datetime.now(UTC).isoformat(timespec="seconds"), line, file=file, flush=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def bar_or_lines(total: int, debug: bool, say: Say) -> Iterator[Progress]:
    """Show how a run goes on.

    Parameters
    ----------
    total
        Number of stacks.
    debug
        Whether tracebacks are shown too.
    say
        Prints lines on stderr.

    Yields
    ------
    callable
        Takes what to say of a stack, and what became of it: "failed" and what else a person has to see is said above
        the bar; without a terminal everything is, a line each.
    """

    def lines(text: str) -> list[str]:
        return text.splitlines() if debug else text.splitlines()[:1]

    if not sys.stderr.isatty():
        yield lambda text, _: say(*lines(text))
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[ProgressColumn] = [
        TextColumn("Measuring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("failed: {task.fields[failed]}"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="", failed=0)
        failed = 0

        def advance(text: str, state: str) -> None:
            nonlocal failed
            failed += state in ("failed", "changed")
            if state in ("failed", "changed", "reviewed"):
                say(*lines(text))
            bar.update(task, advance=1, failed=failed, rate=_rate(bar.tasks[0]))

        yield advance


def _rate(task: Task) -> str:
    return f"{60 * task.speed:.3g} stacks/min" if task.speed else ""


@contextmanager
def stop_on_interrupt(say: Say) -> Iterator[Callable[[], bool]]:
    """Yield what tells whether Ctrl-C was pressed: once lets what runs be finished, twice stops at once."""
    pressed = 0

    def note(_: int, __: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        say("calcimeasure: interrupted. What is being measured is finished first; Ctrl-C again stops now.")

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed > 0
    finally:
        signal.signal(signal.SIGINT, before)
