"""One run: what was found is planned, measured by workers, and kept as it comes."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from calcimeasure.export import write_series
from calcimeasure.model import Report
from calcimeasure.settings import measures_on_cluster
from calcimeasure.store import Todo
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.model import Found, Series
    from calcimeasure.run.processes import Measured, Task
    from calcimeasure.run.progress import Log, Progress, Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import Plan, Store

    MeasureStacks = Callable[[Iterator[tuple[Plan, Task]], int, Callable[[], bool]], Iterator[tuple[Plan, Measured]]]

_SERIES_TABLE_SECONDS = 10.0
"""private/series.csv is written at most this often during a run."""

LEFT_ALONE = {
    "unchanged": "unchanged, measured before with the same settings",
    "reviewed": "left alone, a reader has decided about it: it was measured with other settings or images "
    "(--remeasure-reviewed)",
}
"""What is said of stacks that a run does not measure."""

_CHANGED_MEANWHILE = "not kept, a reader or another run changed it in the meantime: run again"


@contextmanager
def workers_of(settings: Settings, say: Say) -> Iterator[MeasureStacks]:
    """Reach the workers that the settings name: processes of this machine, or a cluster, which get ready at once.

    Yields
    ------
    callable
        `calcimeasure.run.processes.measure_in_processes` or `calcimeasure.run.cluster.measure_on_cluster`; takes what
        to measure, how many stacks that are at most, and what tells whether to stop.
    """
    if measures_on_cluster(settings):
        # Only here: a machine that measures by itself needs no Dask.
        from calcimeasure.run.cluster import client_of, measure_on_cluster

        with client_of(settings) as client:
            yield lambda tasks, _, stopped: measure_on_cluster(tasks, client, settings, say, stopped)
    else:
        from calcimeasure.run.processes import measure_in_processes

        yield lambda tasks, most, stopped: measure_in_processes(tasks, settings, most, stopped)


def measure_found(
    found: Found,
    paths: Sequence[Path],
    store: Store,
    settings: Settings,
    out: Path,
    *,
    measure_stacks: MeasureStacks,
    say: Say,
    log: Log,
    progress: Progress,
    stopped: Callable[[], bool],
) -> Counter[str]:
    """Measure what has to be measured, and keep each stack as soon as it is done.

    Parameters
    ----------
    found
        What lies below the paths.
    paths
        Where it was looked for.
    store
        Keeps what is measured.
    settings
        What to measure with.
    out
        The folder of the tables; private/series.csv in it is written now and then.
    measure_stacks
        The workers (`workers_of`).
    say, log, progress
        Take what happens: for a person at once, for log.txt, for the bar (`calcimeasure.run.progress`).
    stopped
        Tells whether to finish what runs and to begin nothing more.

    Returns
    -------
    Counter
        How many stacks were measured, unchanged, reviewed, changed (in the meantime, and not kept), skipped and failed.
    """
    states: Counter[str] = Counter()
    series_table = _SeriesTable(store, out)
    run_id = store.begin_run(paths, settings, software_version())
    store.note_found(run_id, found.series, found.unreadable, paths)
    for failure in found.unreadable:
        log(_line(failure))
        say(_line(failure))

    def tell(state: str, *lines: str) -> None:
        states[state] += 1
        log("\n".join(lines))
        progress("\n".join(lines), state)
        series_table.write_now_and_then()

    def to_measure() -> Iterator[tuple[Plan, Task]]:
        for series in found.series:
            if stopped():
                return
            plan = store.plan(series, settings, settings.remeasure_reviewed)
            if plan.todo is Todo.MEASURE:
                yield plan, (series, settings, plan.earlier, plan.next_number)
            else:
                state = plan.todo.value
                tell(state, f"{series.relative_path}: {LEFT_ALONE[state]}")

    for plan, result in measure_stacks(to_measure(), len(found.series), stopped):
        if store.record(run_id, result, plan, settings):
            tell(_state(result), _line(result), *_traceback(result))
        elif _is_measured_already(store, result.series, settings):
            tell("unchanged", f"{_path(result)}: {LEFT_ALONE['unchanged']} by another run")
        else:
            tell("changed", f"{_path(result)}: {_CHANGED_MEANWHILE}")
    store.end_run(run_id)
    return states


def _is_measured_already(store: Store, series: Series | None, settings: Settings) -> bool:
    """Tell whether another run was faster, and measured the same."""
    return series is not None and store.plan(series, settings).todo is Todo.UNCHANGED


class _SeriesTable:
    """private/series.csv while a run goes on: written seldom, and for a small part of the time only."""

    def __init__(self, store: Store, out: Path) -> None:
        self._store = store
        self._out = out
        self._next = time.monotonic() + _SERIES_TABLE_SECONDS

    def write_now_and_then(self) -> None:
        """Write it where that is due."""
        begun = time.monotonic()
        if begun < self._next:
            return
        write_series(self._store.outcomes(), self._out)
        took = time.monotonic() - begun
        self._next = time.monotonic() + max(_SERIES_TABLE_SECONDS, 20 * took)


def _path(result: Measured) -> Path:
    return result.series.relative_path if isinstance(result, Report) else result.relative_path


def _line(result: Measured) -> str:
    if isinstance(result, Report):
        return f"{_path(result)}: measured, lesions: {len(result.lesions)}, {result.seconds:.1f} s"
    return f"{_path(result)}: {result.state} ({result.reason}). {result.message}"


def _state(result: Measured) -> str:
    return "measured" if isinstance(result, Report) else str(result.state)


def _traceback(result: Measured) -> list[str]:
    return (getattr(result, "traceback", None) or "").splitlines()
