"""Stacks are measured on a Dask cluster, each in a process with limits there. Only this module imports Dask."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from multiprocessing import current_process
from multiprocessing.util import Finalize
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import dask
from distributed import CancelledError, Client, Future, KilledWorker, Security, Status, get_worker
from distributed.deploy.cluster import Cluster

from calcimeasure.errors import CalcimeasureError, SettingsError, WorkerError
from calcimeasure.model import Failure, State
from calcimeasure.run.processes import Child, Limits, free_memory_bytes, interrupts_held_back, load_ahead
from calcimeasure.settings import cluster_arguments
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from calcimeasure.run.processes import Measured, MeasureStacks, Task
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings

_Key = TypeVar("_Key")

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 2
_LOOK_SECONDS = 1.0
"""Interval at which the client looks for Ctrl-C and for workers that have come or gone, while no stack is done."""

_FIRST_WORKER_SECONDS = 15
_TIMES = 4
"""Number of rounds after which a stack is given up whose worker died in each; a round of Dask tries four workers."""

_PACKAGES = (
    *("dask", "distributed", "dask_jobqueue", "dask_kubernetes", "dask_cloudprovider", "dask_gateway", "dask_yarn"),
    *("dask_cuda", "dask_mpi"),
)
"""The packages whose classes of clusters may be named. Settings can come with a folder from somebody else."""

_CLOSES = (Status.closing, Status.closed)
_MAY_HAVE_CHILDREN = "DASK_DISTRIBUTED__WORKER__DAEMON=False"
_OF_WORKERS = {
    "distributed.worker.daemon": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
}
"""Configuration of Dask workers. They may have processes of their own. They do not profile themselves: a worker only
waits for its process, and profiling took about 5 % of a core for each worker with its nanny."""


@contextmanager
def on_cluster(settings: Settings, say: Say) -> Iterator[MeasureStacks]:
    """Yield the workers of the cluster that the settings name (`client_of`, `measure_on_cluster`).

    Raises
    ------
    WorkerError, SettingsError
        As in `client_of`.
    """
    with client_of(settings) as client:

        def measure(
            tasks: Iterator[tuple[_Key, Task]], _: int, stopped: Callable[[], bool], /
        ) -> Iterator[tuple[_Key, Measured]]:
            return measure_on_cluster(tasks, client, settings, say, stopped)

        yield measure


def measure_on_cluster(
    tasks: Iterator[tuple[_Key, Task]],
    client: Client,
    settings: Settings,
    say: Say,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[_Key, Measured]]:
    """Measure stacks on a Dask cluster.

    Parameters
    ----------
    tasks, stopped
        As in `calcimeasure.run.processes.measure_in_processes`.
    client
        The connection to the cluster (`client_of`).
    settings
        The limits of a stack.
    say
        Takes lines that a person has to know at once.

    Yields
    ------
    key, result
        In the order in which stacks are done. A stack whose worker died is measured by another worker.

    Raises
    ------
    WorkerError
        The cluster goes away, or its workers cannot measure: they do not see the images, may not have processes of
        their own, or have another version of the program.
    """
    try:
        yield from _Run(client, settings, say, stopped).results(tasks)
    except (CancelledError, OSError) as error:
        raise WorkerError(
            f"The Dask cluster {settings.scheduler or cluster_arguments(settings)['class']} is gone. What was "
            "measured is kept: start it and run again to go on."
        ) from error


class _Run:
    """The stacks that are in flight on a cluster, and the state of its workers."""

    def __init__(self, client: Client, settings: Settings, say: Say, stopped: Callable[[], bool]) -> None:
        self._client = client
        self._settings = settings
        self._say = say
        self._stopped = stopped
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()
        self._in_flight: dict[Future[Any], tuple[Any, Task, int]] = {}
        self._threads = 0
        self._look_at = 0.0
        self._waits_since: float | None = time.monotonic()

    def results(self, tasks: Iterator[tuple[_Key, Task]]) -> Iterator[tuple[_Key, Measured]]:
        while True:
            if self._stopped():
                self._cancel_what_waits()
            self._look_for_workers()
            # Twice as many stacks as workers have threads are in flight: no thread waits for the client.
            for key, task in islice(tasks, max(0, 2 * max(self._threads, 1) - len(self._in_flight))):
                self._submit(key, task, 1)
            if not self._in_flight:
                return
            try:
                future = self._done.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if future in self._in_flight:
                key, task, times = self._in_flight.pop(future)
                result = self._result(future, times)
                if result is None:
                    self._submit(key, task, times + 1)
                else:
                    yield key, replace(result, stack=task[0])

    def _submit(self, key: object, task: Task, times: int) -> None:
        stack, settings = task[0], self._settings
        needed = [str(stack.instances[0].path), *([settings.bone_mask] if settings.bone_mask else [])]
        arguments = (pickle.dumps(task), str(Path.cwd()), needed, software_version())
        limits = (settings.time_limit_s, settings.memory_limit_gb)
        # A scheduler shows the keys of its tasks: they must not name a patient.
        name = f"calcimeasure-{uuid4().hex}"
        future = self._client.submit(_measure_there, *arguments, *limits, key=name, pure=False)
        self._in_flight[future] = (key, task, times)
        future.add_done_callback(self._done.put)

    def _result(self, future: Future[Any], times: int) -> Measured | None:
        """Give the result of a stack; None if the stack has to be tried again."""
        try:
            result: Measured = future.result()
        except KilledWorker:
            if times < _TIMES:
                return None
            message = (
                "A report expected, found that every worker that measured it died. Measure it alone (--workers 1)."
            )
            return Failure(State.FAILED, "worker_lost", message)
        except _NotSeenError as error:
            path, worker = error.args
            if Path(path).exists():
                raise WorkerError(
                    f"The Dask worker {worker} does not see {path}, which is there on this machine: images have to lie "
                    "where every worker finds them by the same path (a network drive). What was measured is kept."
                ) from None
            message = f"A file expected, found none at {path}. It was removed since its header was read: run again."
            return Failure(State.FAILED, "file_changed", message)
        except (CalcimeasureError, CancelledError, OSError):
            raise
        except Exception as error:
            raise WorkerError(
                f"A Dask worker cannot run calcimeasure {software_version()}: {type(error).__name__}: {error}. Install "
                "the same version of it, and of Python, on every machine of the cluster."
            ) from error
        return result

    def _look_for_workers(self) -> None:
        if time.monotonic() < self._look_at:
            return
        if self._client.status != "running":
            raise ConnectionError(f"the client is {self._client.status}")
        self._threads = sum(self._client.nthreads().values())
        self._look_at = time.monotonic() + _LOOK_SECONDS
        if self._threads:
            self._waits_since = None
        elif self._waits_since is not None and time.monotonic() - self._waits_since > _FIRST_WORKER_SECONDS:
            self._waits_since = None
            self._say("calcimeasure: the Dask cluster has no worker yet, waiting for the first. Ctrl-C stops.")

    def _cancel_what_waits(self) -> None:
        """Cancel the stacks that no worker has begun."""
        begun = {key for keys in self._client.processing().values() for key in keys}
        for future in [one for one in self._in_flight if one.key not in begun and not one.done()]:
            del self._in_flight[future]
            future.cancel()


# The cluster


@contextmanager
def client_of(settings: Settings) -> Iterator[Client]:
    """Connect to the cluster that the settings name, or start one as the settings say, which ends with the run.

    The workers of the cluster begin to load the modules for measuring.

    Raises
    ------
    WorkerError
        There is no such cluster.
    SettingsError
        There is no such class of clusters, or the class does not take these arguments.
    """
    arguments = cluster_arguments(settings)
    if settings.scheduler and arguments:
        raise SettingsError("Either scheduler or cluster expected, found both: leave one of them out.")
    # Dask logs each worker that dies. The results of its stacks say so already.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # Without this limit the client would wait half a minute for each answer of a scheduler that is gone.
    configuration = {**_OF_WORKERS, "distributed.comm.timeouts.connect": _CONNECT_SECONDS}
    with dask.config.set(configuration), ExitStack() as opened:
        # A terminal sends Ctrl-C to every process. Only the client may answer it.
        with interrupts_held_back():
            place = opened.enter_context(_started(arguments)) if arguments else settings.scheduler
            try:
                client = Client(place, timeout=_CONNECT_SECONDS, set_as_default=False)
            except (OSError, ValueError) as error:
                raise WorkerError(
                    f"A Dask scheduler expected at {settings.scheduler}, found none ({error}). Start one (dask "
                    "scheduler), or leave --scheduler out: then this machine measures."
                ) from error
        # Without this limit, closing would wait long for a scheduler that is gone.
        opened.callback(client.close, timeout=_CLOSE_SECONDS)
        ahead = _have_workers_load(client)
        yield client
        del ahead


def _have_workers_load(client: Client) -> list[Future[Any]]:
    """Let each present worker load the modules for measuring. Dask drops these tasks if their futures are not kept."""
    # Errors are reported when the first stack is measured: a cluster that is gone, a worker that cannot load.
    with suppress(CancelledError, OSError):
        return [
            client.submit(load_ahead, workers=[worker], key=f"calcimeasure-{uuid4().hex}", pure=False)
            for worker in client.nthreads()
        ]
    return []


def _started(arguments: dict[str, Any]) -> Cluster:
    name, keywords = arguments["class"], {key: value for key, value in arguments.items() if key != "class"}
    kind = _class_of(name)
    if kind.__module__.startswith("dask_jobqueue"):
        # A script starts its workers on other machines, which do not have the configuration of this one.
        exports = [f"export DASK_{name.upper().replace('.', '__')}={value}" for name, value in _OF_WORKERS.items()]
        keywords["job_script_prologue"] = [*keywords.get("job_script_prologue", []), *exports]
        # Two runs on one login node need dashboards on two ports: the system chooses a free one.
        keywords["scheduler_options"] = {"dashboard_address": ":0", **keywords.get("scheduler_options", {})}
    elif kind.__name__ == "LocalCluster":
        keywords = {**_secured(), "dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL, **keywords}
    try:
        return kind(**keywords)
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise SettingsError(
            f"The cluster {name} cannot be started with {keywords}: {error}. See its manual."
        ) from error


def _secured() -> dict[str, Any]:
    """Have the processes of a cluster on this machine talk to each other alone, by a certificate of this run.

    Without it every user of the machine could have them run a program. Dask makes certificates by `cryptography`.
    """
    return {"security": Security.temporary(), "protocol": "tls://"} if find_spec("cryptography") else {}


def _class_of(name: str) -> type[Cluster]:
    """Find a class of clusters: LocalCluster, a class of dask-jobqueue, or one of a known package by its full name."""
    module, _, short = name.rpartition(".")
    if module and module.partition(".")[0] not in _PACKAGES:
        raise SettingsError(
            f"A class of one of the packages {', '.join(_PACKAGES)} expected, found cluster.class = {name!r}: "
            "to import any other would run its code."
        )
    for place in [module] if module else ["distributed", "dask_jobqueue"]:
        try:
            found = getattr(import_module(place), short, None)
        except ImportError:
            continue
        if isinstance(found, type) and issubclass(found, Cluster):
            return found
    raise SettingsError(
        f"A class of Dask clusters expected, found cluster.class = {name!r}. There are LocalCluster and, with "
        "dask-jobqueue installed, SLURMCluster, PBSCluster and others."
    )


# On the worker


class _NotSeenError(Exception):
    """A path that the client named is not there. Arguments: the path, and the worker that looked for it."""


def _measure_there(
    task: bytes, folder: str, needed: Sequence[str], version: str, time_limit_s: float, memory_limit_gb: float
) -> Measured:
    worker = get_worker()
    if software_version() != version:
        raise WorkerError(
            f"The Dask worker {worker.address} has calcimeasure {software_version()}, this machine {version}: install "
            "the same version on both."
        )
    if current_process().daemon:
        raise WorkerError(
            f"The Dask worker {worker.address} may not have processes of its own, and each stack is measured in one: "
            f"start it with {_MAY_HAVE_CHILDREN} in its environment."
        )
    for path in needed:
        if not _sees(Path(folder, path)):
            raise _NotSeenError(str(Path(folder, path)), worker.address)
    threads = worker.state.nthreads
    memory_bytes = worker.memory_manager.memory_limit or free_memory_bytes()
    limits = Limits(time_limit_s, memory_limit_gb * 1e9 or memory_bytes / threads, threads=1)
    # A worker that closes must not wait for its stack: nobody takes the result, and Dask would kill the worker.
    return _child_of_this_thread(limits).measure(task, folder, lambda: worker.status in _CLOSES)


def _sees(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be looked into
        return False


_of_thread = threading.local()


def _child_of_this_thread(limits: Limits) -> Child:
    """Give the process of this thread of a worker; it is kept until the worker ends."""
    child: Child | None = getattr(_of_thread, "child", None)
    if child is None or child.limits != limits:
        if child is not None:
            child.end()
        child = _of_thread.child = Child(limits)
        # A worker that closes would wait for this process. If the worker is killed, the process ends by itself.
        Finalize(None, child.end, exitpriority=0)
    return child
