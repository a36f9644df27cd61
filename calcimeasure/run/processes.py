"""Measuring of stacks in worker processes. A crash, a hang or too much memory makes only one stack fail."""

from __future__ import annotations

import math
import multiprocessing
import pickle
import signal
import time
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from pkgutil import resolve_name
from queue import LifoQueue
from threading import Lock
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import psutil
from pebble import ProcessExpired, ProcessPool

from calcimeasure.errors import WorkerError
from calcimeasure.fault import fault_report
from calcimeasure.model import Failure, Lesion, Report, Stack, State
from calcimeasure.settings import Settings
from calcimeasure.threads import core_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Task: TypeAlias = tuple[Stack, Settings, "Sequence[Lesion]", int]
"""Arguments of `calcimeasure.analysis.pipeline.analyze_or_fail`."""

Measured: TypeAlias = Report | Failure
_Key = TypeVar("_Key")


class MeasureStacks(Protocol):
    """Workers that are ready to measure."""

    def __call__(
        self, tasks: Iterator[tuple[_Key, Task]], most: int, stopped: Callable[[], bool], /
    ) -> Iterator[tuple[_Key, Measured]]:
        """Measure stacks.

        Parameters
        ----------
        tasks
            What to measure, each with the key of its result. At most twice as many tasks as workers are in flight.
        most
            Upper limit of the number of tasks.
        stopped
            Tells whether to finish the stacks that are being measured and to begin no other.

        Yields
        ------
        key, result
            In the order in which stacks are done.
        """


_WORKER = "calcimeasure.run.worker"
"""The module that runs in worker processes. It is given by name, so that the client does not load it."""

_USUAL_BYTES = 2e9
"""A stack of 500 x 512 x 512 voxels takes 1.3 GB, one of 1000 slices 2."""

_SHARE_OF_FREE_MEMORY = 0.9
_LOOK_SECONDS = 0.05
"""Interval between two readings of a worker's memory. In that time a process can take some hundred megabytes."""

_BEGINNINGS = 3
"""Number of attempts to start a process that ends before it has begun a stack."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for measuring a stack.

    Parameters
    ----------
    seconds
        Longest time.
    memory_bytes
        Largest memory of the process that measures the stack.
    threads
        Largest number of threads; 0: one for each core.
    """

    seconds: float
    memory_bytes: float
    threads: int


def worker_count(settings: Settings, stacks: int) -> int:
    """Give the number of processes: the one set, or what cores and free memory allow; never more than stacks."""
    wanted = settings.workers or min(core_count(), int(free_memory_bytes() // _USUAL_BYTES))
    return max(1, min(wanted, stacks))


def free_memory_bytes() -> float:
    """Give the memory that this program may take. A container or a job may have less than the machine has."""
    return _SHARE_OF_FREE_MEMORY * min(float(psutil.virtual_memory().available), *_limits_of_groups())


def _limits_of_groups() -> list[float]:
    """Read the memory limits of the control groups that this process is in (Linux, cgroup v2)."""
    limits = [math.inf]
    with suppress(OSError):
        group = Path("/sys/fs/cgroup", Path("/proc/self/cgroup").read_text().partition("::/")[2].strip())
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):
                limits.append(float((folder / "memory.max").read_text().replace("max", "inf")))
    return limits


def limits_of(settings: Settings, workers: int) -> Limits:
    """Give the limits of each worker, for a number of workers on this machine."""
    memory_bytes = settings.memory_limit_gb * 1e9 or free_memory_bytes() / workers
    # Workers that the user counted have one core each. A single worker that was not counted has every core.
    is_alone = workers == 1 and not settings.workers
    return Limits(settings.time_limit_s, memory_bytes, threads=0 if is_alone else 1)


def load_ahead() -> None:
    """Begin to load the modules for measuring, while the client still searches for stacks.

    Loading takes a second. It happens in the fork server, the process that is copied to make workers, if the system has
    a fork server. The fork server ends with this process.
    """
    context = _context()
    if context.get_start_method() == "forkserver":
        with interrupts_held_back():
            forkserver.ensure_running()


@contextmanager
def in_processes(settings: Settings) -> Iterator[MeasureStacks]:
    """Yield the workers of this machine (`measure_in_processes`). They start with the first stacks."""

    def measure(
        tasks: Iterator[tuple[_Key, Task]], most: int, stopped: Callable[[], bool], /
    ) -> Iterator[tuple[_Key, Measured]]:
        return measure_in_processes(tasks, settings, most, stopped)

    yield measure


def measure_in_processes(
    tasks: Iterator[tuple[_Key, Task]], settings: Settings, most: int, stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[_Key, Measured]]:
    """Measure stacks in processes of this machine.

    Parameters
    ----------
    tasks
        What to measure, each with the key of its result. At most twice as many tasks as workers are in flight.
    settings
        The number of workers, and their limits.
    most
        Upper limit of the number of tasks; no more workers than tasks are started.
    stopped
        Tells whether to finish the stacks that are being measured and to begin no other.

    Yields
    ------
    key, result
        In the order in which stacks are done. A stack whose process crashed, took too long or too much memory is a
        `Failure`.

    Raises
    ------
    WorkerError
        No worker process can be started.
    """
    workers = worker_count(settings, most)
    limits = limits_of(settings, workers)
    children = [Child(limits) for _ in range(workers)]
    idle: LifoQueue[Child] = LifoQueue()  # the child used last comes first: few stacks start few processes
    for child in children:
        idle.put(child)

    def measure(task: Task) -> Measured | None:
        if stopped():
            return None
        child = idle.get()
        try:
            result = child.measure(pickle.dumps(task), str(Path.cwd()))
        finally:
            idle.put(child)
        if stopped() and _was_ended(result):
            return None  # a batch system ends every process of a job: the next run measures this stack
        return replace(result, stack=task[0])

    in_flight: dict[Future[Measured | None], _Key] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        while True:
            # Twice as many tasks as workers are in flight: no worker waits while the store keeps a result.
            for key, task in islice(tasks, 2 * workers - len(in_flight)):
                in_flight[pool.submit(measure, task)] = key
            if not in_flight:
                return
            done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
            for future in done:
                key, result = in_flight.pop(future), future.result()
                if result is not None:
                    yield key, result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        with ThreadPoolExecutor(workers) as ends:  # to end one takes 0.1 s, most of it waiting
            list(ends.map(Child.end, children))


class Child:
    """A worker process with limits. It measures stack after stack; if it ends, a new process takes its place.

    Parameters
    ----------
    limits
        The limits for each stack.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._context = _context()
        # In shared memory: the process itself writes its number, and the client reads it.
        self._pid = self._context.RawValue("i", 0)
        self._pool: ProcessPool | None = None
        self._lock = Lock()
        self._has_ended = False

    def measure(self, task: bytes, folder: str, given_up: Callable[[], bool] = lambda: False) -> Measured:
        """Measure a stack (`calcimeasure.run.worker.measure`) within the limits.

        Parameters
        ----------
        task, folder
            Arguments of that function.
        given_up
            Tells whether nobody waits for the result any more.

        Returns
        -------
        Report or Failure
            If the process ended, or was ended, while it measured: a failure without a stack.

        Raises
        ------
        WorkerError
            The process cannot be started.
        CancelledError
            This child has ended (`end`), or the stack was given up.
        """
        begun = time.monotonic()
        for _ in range(_BEGINNINGS):
            try:
                future = self._begin(task, folder)
                outgrown = self._watch(future, given_up)
                result = self._result(future, outgrown)
            except BrokenProcessPool:
                could_begin = self._pid.value > 0
                self._drop_pool()
            else:
                return result if result.seconds else replace(result, seconds=time.monotonic() - begun)
        if could_begin:
            return _crash("at once", time.monotonic() - begun)
        raise WorkerError(
            f"A process that measures expected, found one that ended {_BEGINNINGS} times before it could begin. See "
            "what it says above; where memory is short, use fewer --workers."
        )

    def end(self) -> None:
        """End the process at once, also while it measures."""
        with self._lock:
            self._has_ended = True
        self._drop_pool()

    def _begin(self, task: bytes, folder: str) -> Future[Measured]:
        # A terminal sends Ctrl-C to every process. Only the client may answer it.
        with self._lock, interrupts_held_back():
            if self._has_ended:
                raise CancelledError
            if self._pool is None:
                arguments = ("begin", self._pid, self.limits.threads)
                self._pool = ProcessPool(1, initializer=_call_worker, initargs=arguments, context=self._context)
            try:
                return self._pool.schedule(_call_worker, ("measure", task, folder), timeout=self.limits.seconds)
            except RuntimeError as error:  # the process ended while it had nothing to do
                raise BrokenProcessPool from error

    def _watch(self, future: Future[Measured], given_up: Callable[[], bool]) -> bool:
        """Wait for a result, and tell whether the process was ended because it took too much memory."""
        outgrown = False
        while not wait([future], _LOOK_SECONDS).done:
            if self._has_ended or given_up():
                raise CancelledError
            with suppress(psutil.Error):
                process = psutil.Process(self._pid.value)
                if process.memory_info().rss > self.limits.memory_bytes:
                    process.kill()
                    outgrown = True
        return outgrown

    def _result(self, future: Future[Measured], outgrown: bool) -> Measured:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, BrokenProcessPool):
            raise error
        if outgrown:
            limit = f"{self.limits.memory_bytes / 1e9:.3g} GB"
            message = f"At most {limit} expected, found more. Raise memory_limit_gb, or measure with fewer --workers."
            return Failure(State.FAILED, "memory_limit", message)
        if isinstance(error, TimeoutError):
            message = (
                f"At most {self.limits.seconds:g} s expected, it takes longer. Raise --time-limit, or leave it out."
            )
            return Failure(State.FAILED, "time_limit", message)
        if isinstance(error, ProcessExpired):
            return _crash(_how_it_ended(error.exitcode))
        trace = "".join(format_exception(error))
        return Failure(State.FAILED, "internal_error", fault_report(error), traceback=trace)

    def _drop_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        pool.stop()  # type: ignore[no-untyped-call] # pebble's types leave it out
        # Pebble asks the process to end, and kills it after seconds. A decoder that hangs is killed at once.
        with suppress(psutil.Error):
            psutil.Process(self._pid.value).kill()
        pool.join()
        self._pid.value = 0


def _crash(how: str, seconds: float = 0.0) -> Failure:
    message = (
        f"A report expected, found that the process which measured it ended {how}. The file or its decoder is broken, "
        "or the machine has too little memory: measure it alone (--workers 1), and report it."
    )
    return Failure(State.FAILED, "codec_crash", message, seconds=seconds)


def _was_ended(result: Measured) -> bool:
    return isinstance(result, Failure) and result.reason == "codec_crash" and "by SIGTERM" in result.message


def _how_it_ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"with exit code {exit_code}"
    with suppress(ValueError):
        return f"by {signal.Signals(-exit_code).name}"
    return f"by signal {-exit_code}"


def _context() -> Any:  # noqa: ANN401 - one of two unrelated classes
    """Choose how processes start: as copies of a process that has loaded the modules for measuring, if possible.

    Processes are never copies of the client. The client has threads, and a lock that a thread holds at that moment
    would remain locked in the copy.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_WORKER])
    return context


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Hold back Ctrl-C, and the end of a terminal, from the processes and threads that begin inside."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it lets signals through again when it starts, so it starts before
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _call_worker(name: str, *arguments: Any) -> Any:  # noqa: ANN401 - of whatever that function takes
    """Call a function of `calcimeasure.run.worker`. This runs in a worker process."""
    return resolve_name(f"{_WORKER}:{name}")(*arguments)
