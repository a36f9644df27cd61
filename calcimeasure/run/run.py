"""One run: the stacks that were found are planned, measured by workers, and stored one by one when they are done."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.errors import RecordError, SeriesError
from calcimeasure.export import write_atomic, write_series
from calcimeasure.load import find_bone_masks, find_series
from calcimeasure.model import Content, Failure, Found, Report, Stack, StackFacts, State, notices_of
from calcimeasure.one_line import one_line
from calcimeasure.report import keep_overview
from calcimeasure.results import audit_of, prepare, pseudonyms_of, store_of, with_the_store_of, write_tables_of
from calcimeasure.run.arriving import Arriving, coming
from calcimeasure.run.finished import store_seen
from calcimeasure.run.masks import MaskTally
from calcimeasure.run.progress import log_to, reporter_of, stop_on_interrupt
from calcimeasure.run.record_map import RecordMapTally
from calcimeasure.run.summary import Tally
from calcimeasure.run.withheld import withheld
from calcimeasure.settings import change_settings, format_settings, without_password
from calcimeasure.store import Todo
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from calcimeasure.export import Pseudonyms
    from calcimeasure.run.arriving import Coming
    from calcimeasure.run.finished import StoreSeen
    from calcimeasure.run.processes import Measured, MeasureStacks, Task
    from calcimeasure.run.progress import Reporter, Screen
    from calcimeasure.run.summary import Summary
    from calcimeasure.settings import Settings
    from calcimeasure.store import Plan, Store

_SERIES_TABLE_SECONDS = 10.0
"""private/series.csv is written at most this often during a run."""

LEFT_ALONE = {
    "unchanged": "unchanged, measured before with the same settings",
    "reviewed": "left alone, a reader has decided about it: it was measured with other settings, other images or "
    "under another algorithm number (--remeasure-reviewed)",
}
"""The texts about stacks that a run does not measure."""

_UNREADABLE = Content("unreadable")
"""Files that were measured and can no longer be read: measuring says why. No stack has this content, so it is measured
in any case."""

_CHANGED_MEANWHILE = "not kept, a reader or another run changed it in the meantime: run again"


@dataclass(frozen=True, slots=True)
class Run:
    """A run: the stacks, the settings, the store and the folder.

    Parameters
    ----------
    paths, found
        The paths that were searched, and the stacks that were found.
    settings
        The settings for measuring.
    store
        The store for the results.
    out
        The folder of the tables.
    masks
        Counts which masks of bones its stacks take.
    coming
        Series that come from archives meanwhile.
    arrived
        The stacks of those that have come.
    again
        Those of which the rest of their study has told otherwise whose they are, or of which date.
    """

    paths: Sequence[Path]
    found: Found
    settings: Settings
    store: Store
    out: Path
    masks: MaskTally
    coming: Coming
    arrived: list[Found] = field(default_factory=list)
    again: list[Stack] = field(default_factory=list)

    @property
    def all_found(self) -> Found:
        """What was found under the paths, and what has come."""
        every = (self.found, *self.arrived)
        return Found(
            tuple(stack for one in every for stack in one.series),
            tuple(failure for one in every for failure in one.unreadable),
            sum(one.other_file_count for one in every),
        )

    @property
    def most_stacks(self) -> int:
        """Number of stacks, where a series that comes is taken for one."""
        return len(self.found.series) + self.coming.series_count


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a run.

    Parameters
    ----------
    out, settings, found
        The folder of the tables, the settings, and the stacks that were found.
    states
        Number of stacks that were measured, unchanged, reviewed, changed (in the meantime, and not stored), skipped and
        failed.
    summary
        The summary of the folder after the run.
    interrupted
        Whether Ctrl-C was pressed and the remaining stacks were not measured.
    to_look_at
        Lines on what else a person has to look at, besides the notices of the summary.
    again
        What the next run says of each stack if nothing changes until then, and the state of the stack.
    key_file
        The key of the pseudonyms.
    store_seen
        The state of the store from which the tables were written; None where it lies elsewhere, or where somebody
        else has stored something since they were begun.
    """

    out: Path
    settings: Settings
    found: Found
    states: Counter[str]
    summary: Summary
    interrupted: bool
    to_look_at: Sequence[str] = ()
    again: Sequence[tuple[str, str]] = ()
    key_file: str = ""
    store_seen: StoreSeen | None = None

    @property
    def measured(self) -> int:
        """Number of stacks that are measured, by this run or before."""
        return sum(self.states[state] for state in ("measured", *LEFT_ALONE))

    @property
    def failed(self) -> int:
        """Number of stacks and files that could not be measured although they should have been."""
        return self.states["failed"] + self.states["changed"] + len(self.found.unreadable)

    @property
    def is_final(self) -> bool:
        """Tell whether a run after this one would do nothing, if nothing changes."""
        return not (self.failed or self.interrupted or self.store_seen is None)


def measure_into(
    out: Path,
    paths: Sequence[Path],
    settings: Settings,
    workers: AbstractContextManager[MeasureStacks],
    screen: Screen,
    arriving: Arriving = Arriving(),  # noqa: B008 - frozen
) -> Done:
    """Measure the stacks under some paths, and write the tables into a folder.

    Parameters
    ----------
    out
        The folder; made if it does not exist. Unchanged stacks that it already holds are not measured again.
    paths
        The paths to search.
    settings
        The settings for measuring.
    workers
        Gets the workers ready (`calcimeasure.run.processes.in_processes`, `calcimeasure.run.cluster.on_cluster`); they
        end with the run.
    screen
        Where a person sees the run.
    arriving
        What is fetched from archives into private/fetched of the folder, and measured series by series as it comes.

    Raises
    ------
    UsageError
        The bones, the folder, its store, the key of its pseudonyms, the workers or an archive cannot be used.
    """
    masks = MaskTally(find_bone_masks(settings))  # bones that are not there are an error before anything is written
    private = prepare(out, screen.say)
    settings = with_the_store_of(out, settings)
    with store_of(out, settings, screen.say) as store:
        # The store is open: from here on nothing needs the password, and nothing can keep or show it.
        settings = change_settings(settings, {"store": without_password(settings.store)})
        pseudonyms = pseudonyms_of(store, settings, out, screen.say)
        write_atomic(private / "settings.toml", format_settings(settings))
        with workers as measure_stacks, coming(arriving, private / "fetched", settings, screen.say) as studies:
            run = Run(paths, find_series(paths, settings), settings, store, out, masks, studies)
            with (
                reporter_of(screen, private / "log.txt", run.most_stacks) as reporter,
                stop_on_interrupt(screen.say) as stopped,
            ):
                inputs = " ".join(map(str, (*paths, *(one.text for one in arriving.sources))))
                reporter.log(one_line(f"measure {inputs}: {run.most_stacks} stacks"))
                told = measure_found(run, measure_stacks, reporter, stopped)
        entry = store.last_entry()
        summary, unmapped = _write_tables(run, pseudonyms)
        key_file = store.recall("key_place") or ""
        seen = _seen_since(store, settings, out, entry)
    with log_to(private / "log.txt") as log:
        for line in unmapped.log_lines():
            log(one_line(line))
    to_look_at = (*map(withheld, masks.summary()), *unmapped.lines())
    return Done(
        out,
        settings,
        run.all_found,
        told.states,
        summary,
        stopped(),
        to_look_at,
        again=told.again,
        key_file=key_file,
        store_seen=seen,
    )


def _seen_since(store: Store, settings: Settings, out: Path, entry: int) -> StoreSeen | None:
    """Give the state of the store if it still holds what it held at an entry of its chain."""
    if settings.store or not store.shared:
        return None
    store.settle()  # at the end of the run its file would change otherwise
    # The state first: whatever is stored after it changes it.
    seen = store_seen(out)
    return seen if store.is_as_at(entry) else None


def measure_found(run: Run, measure_stacks: MeasureStacks, reporter: Reporter, stopped: Callable[[], bool]) -> Told:
    """Measure the stacks that must be measured, and store each result as soon as it is done.

    Parameters
    ----------
    run
        The run. private/series.csv of its folder is written at intervals.
    measure_stacks
        The workers.
    reporter
        Takes the reports of the run.
    stopped
        Tells whether to finish the stacks that are being measured and to begin no other.

    Returns
    -------
    Told
        What was reported of each stack.
    """
    run_id = _begin(run, reporter)
    told = Told(run, reporter)
    tasks = _plan(run, run_id, reporter, told, stopped)
    for plan, result in measure_stacks(tasks, run.most_stacks, stopped):
        told.tell(_keep(run, run_id, plan, result))
    if run.again:  # now that the first results are kept: two results of a stack at once would be a conflict
        for plan, result in measure_stacks(_plan_again(run, stopped), len(run.again), stopped):
            reporter.log(one_line(f"{_keep(run, run_id, plan, result).line}; its study tells its person or date"))
    run.store.end_run(run_id)
    for line in run.masks.log_lines():
        reporter.log(one_line(line))
    return told


def _begin(run: Run, reporter: Reporter) -> int:
    """Record in the store what was found, and report the files that cannot be read."""
    run_id = run.store.begin_run(run.paths, run.settings, software_version())
    _note_found(run, run_id, run.found, run.paths, reporter)
    for line in run.masks.broken():
        reporter.log(one_line(line))
        reporter.say(withheld(line))
    return run_id


def _note_found(run: Run, run_id: int, found: Found, paths: Sequence[Path], reporter: Reporter) -> None:
    """Record in the store what lies under some paths, and report the files that cannot be read."""
    run.store.note_found(run_id, found.series, found.unreadable, paths)
    for failure in found.unreadable:
        reporter.log(one_line(_line(failure)))
        reporter.say(_shown(failure))


def _plan_of(run: Run, stack: Stack) -> Plan:
    """Plan a stack by its headers; read its files if they may hold something else than before."""
    settings = run.settings
    plan = run.store.plan(stack, settings, settings.remeasure_reviewed)
    if plan.todo is not Todo.UNCHANGED:
        return plan
    # Masks have no row of their own: their files are compared in each run.
    if not (settings.verify or settings.bone_mask) and run.store.is_as_read(stack):
        return plan
    from calcimeasure.load import content_of  # what reads pixels is not needed where all files are as they were read

    begun = datetime.now(UTC)
    try:
        contents = content_of(stack, settings)
    except SeriesError:
        return run.store.plan(stack, settings, settings.remeasure_reviewed, _UNREADABLE)
    plan = run.store.plan(stack, settings, settings.remeasure_reviewed, contents)
    if plan.todo is Todo.UNCHANGED:
        run.store.note_contents(stack, contents, begun)
    return plan


def _stacks(run: Run, run_id: int, reporter: Reporter, stopped: Callable[[], bool]) -> Iterator[Stack]:
    """Give the stacks that were found, then those of each series that comes."""
    yield from run.found.series
    for arrived in run.coming.arrivals(stopped):
        _note_found(run, run_id, arrived.found, [arrived.path], reporter)
        run.arrived.append(arrived.found)
        run.again.extend(arrived.again)
        yield from arrived.found.series


def _plan_again(run: Run, stopped: Callable[[], bool]) -> Iterator[tuple[Plan, Task]]:
    """Plan the stacks of which their study has told otherwise whose they are, or of which date."""
    for stack in run.again:
        plan = run.store.plan(stack, run.settings, run.settings.remeasure_reviewed, _UNREADABLE)
        if plan.todo is Todo.MEASURE and not stopped():
            yield plan, (stack, run.settings, plan.earlier, plan.next_number)


def _plan(
    run: Run, run_id: int, reporter: Reporter, told: Told, stopped: Callable[[], bool]
) -> Iterator[tuple[Plan, Task]]:
    """Choose the stacks to measure, one by one as workers take them; report why the others are not measured."""
    for stack in _stacks(run, run_id, reporter, stopped):
        if stopped():
            return
        plan = _plan_of(run, stack)
        if plan.todo is Todo.MEASURE:
            yield plan, (stack, run.settings, plan.earlier, plan.next_number)
        else:
            state = plan.todo.value
            told.tell(_Said(state, f"{stack.relative_path}: {LEFT_ALONE[state]}"))


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a stack: its state, a line for the log, another for the screen, and more for whoever debugs."""

    state: str
    line: str
    shown: str | None = None
    more: Sequence[str] = ()


def _keep(run: Run, run_id: int, plan: Plan, result: Measured) -> _Said:
    """Keep a result in the store, and give what is said of it."""
    try:
        return _kept(run, run_id, plan, result)
    except RecordError as error:
        return _keep_that_it_failed(run, run_id, plan, result, str(error))


def _kept(run: Run, run_id: int, plan: Plan, result: Measured) -> _Said:
    if run.store.record(run_id, result, plan, run.settings):
        if isinstance(result, Report) and result.overview is not None:
            keep_overview(run.out, StackFacts.of(result.stack), result.overview)
        more = (*_of_masks(run, result), *_traceback(result))
        return _Said(_state(result), _line(result), _shown(result), more)
    if _is_measured_already(run, result.stack):
        return _Said("unchanged", f"{_path(result)}: {LEFT_ALONE['unchanged']} by another run")
    return _Said("changed", f"{_path(result)}: {_CHANGED_MEANWHILE}")


def _keep_that_it_failed(run: Run, run_id: int, plan: Plan, result: Measured, found: str) -> _Said:
    """Keep that the store cannot hold a result. Other stacks go on."""
    stack = result.stack
    if stack is None:
        raise ValueError("A result of a stack expected, found a file that cannot be read: note_found keeps those.")
    message = (
        f"Numbers and names that a store can hold expected, found: {found} ({_path(result)}). Export the series again "
        "with valid values."
    )
    names_alone = Stack(
        series_uid=stack.series_uid,
        study_uid=stack.study_uid,
        stack_number=stack.stack_number,
        modality=stack.modality,
        sop_class_uid=stack.sop_class_uid,
        instances=tuple(replace(one, instance_number=None) for one in stack.instances),
        patient_id=stack.patient_id,
        person=stack.person,
        person_name=stack.person_name,
        study_date=stack.study_date,
    )
    failure = Failure(State.FAILED, "not_kept", message, stack=names_alone, seconds=result.seconds)
    with suppress(RecordError):  # not even its names: then the lines that are said have to do
        run.store.record(run_id, failure, plan, run.settings)
    return _Said(str(failure.state), _line(failure), _shown(failure))


def _is_measured_already(run: Run, stack: Stack | None) -> bool:
    """Tell whether another run has measured the same stack with the same settings in the meantime."""
    return stack is not None and run.store.plan(stack, run.settings).todo is Todo.UNCHANGED


def _write_tables(run: Run, pseudonyms: Pseudonyms) -> tuple[Summary, RecordMapTally]:
    tally, unmapped = Tally(), RecordMapTally(run.store.record_ids())
    write_tables_of(
        run.store,
        run.settings,
        run.out,
        pseudonyms,
        counting=lambda outcomes: tally.counting(unmapped.counting(outcomes)),
        audit=audit_of(run.store, "measure", identified_alone=True),
    )
    unmapped.write(run.out / "private")
    return tally.summary(), unmapped


class Told:
    """The stacks that were reported so far. After each of them private/series.csv may be due.

    Attributes
    ----------
    states
        Number of stacks with each state (`Done`).
    again
        See `Done`.
    """

    def __init__(self, run: Run, reporter: Reporter) -> None:
        self.states: Counter[str] = Counter()
        self.again: list[tuple[str, str]] = []
        self._reporter = reporter
        self._series_table = _SeriesTable(run.store, run.out)

    def tell(self, said: _Said) -> None:
        """Report what became of a stack."""
        self.states[said.state] += 1
        if said.state in ("measured", "unchanged"):  # also where another run has measured it
            path = said.line.partition(f": {said.state}, ")[0]
            self.again.append((f"{path}: {LEFT_ALONE['unchanged']}", "unchanged"))
        else:
            self.again.append((said.line if said.shown is None else said.shown, said.state))
        self._reporter.log("\n".join(map(one_line, (said.line, *said.more))))
        shown = said.line if said.shown is None else said.shown
        self._reporter.progress("\n".join(map(one_line, (shown, *said.more))), said.state)
        self._series_table.write_now_and_then()


class _SeriesTable:
    """private/series.csv during a run: written at intervals, and so that writing takes at most 5 % of the time."""

    def __init__(self, store: Store, out: Path) -> None:
        self._store = store
        self._out = out
        self._next = time.monotonic() + _SERIES_TABLE_SECONDS

    def write_now_and_then(self) -> None:
        """Write the table if the interval is over."""
        begun = time.monotonic()
        if begun < self._next:
            return
        write_series(self._store.outcomes(), self._out)
        took = time.monotonic() - begun
        self._next = time.monotonic() + max(_SERIES_TABLE_SECONDS, 20 * took)


def _path(result: Measured) -> Path:
    return result.stack.relative_path if isinstance(result, Report) else result.relative_path


def _line(result: Measured) -> str:
    if isinstance(result, Report):
        line = f"{_path(result)}: measured, lesions: {len(result.lesions)}, {result.seconds:.1f} s"
    else:
        line = f"{_path(result)}: {result.state} ({result.reason}). {result.message}"
    notices = ", ".join(notices_of(result))
    return f"{line.removesuffix('.')}. Notices: {notices}" if notices else line


def _shown(result: Measured) -> str:
    """Say what became of a stack or file without what its header says."""
    return _line(result if isinstance(result, Report) else replace(result, message=withheld(result.message)))


def _state(result: Measured) -> str:
    return "measured" if isinstance(result, Report) else str(result.state)


def _of_masks(run: Run, result: Measured) -> list[str]:
    """Count the masks that a stack took, and say why others were not taken."""
    if not isinstance(result, Report):
        return []
    run.masks.note(result.masks)
    return [f"{_path(result)}: {line}" for line in (*result.masks.remarks, *result.masks.not_taken)]


def _traceback(result: Measured) -> list[str]:
    return (getattr(result, "traceback", None) or "").splitlines()
