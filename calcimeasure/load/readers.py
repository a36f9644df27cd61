"""Headers of many files, read side by side in processes with limits: a hostile file costs itself alone.

A few files are read in this process, within limits so narrow that none of them takes longer than a second, because to
start a process takes half a second. A file that holds more, and everything once this has taken its time, goes to
processes. Those are started by the path of the interpreter, not as copies of this one by `multiprocessing`: that would
import the script of the user again, and scripts call `find_series` outside of ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from queue import LifoQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import psutil

from calcimeasure.errors import FileError, WorkerError
from calcimeasure.load.directory import listed_files
from calcimeasure.load.header import beyond_limits
from calcimeasure.load.limits import USUAL, HeaderLimitError
from calcimeasure.load.reader import receive, send
from calcimeasure.load.reading import HeaderReader, bring_near
from calcimeasure.threads import core_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.load.reading import Asked, Read, ReadImage
    from calcimeasure.model import PixelFormat

MOST_SECONDS: Final = 6.0
SECONDS_A_MEGABYTE: Final = 1.0
LONGEST_SECONDS: Final = 60.0
"""Time of a core for one file: the first, and the second for each megabyte that it takes on the disk, up to the third.
The headers of 4,000 frames take 2 MB and 2 to 4 s."""

MOST_SECONDS_OF_WAITING: Final = 60.0
"""For one file on a drive that does not answer."""

MOST_SECONDS_TO_START: Final = 120.0
"""For a process, on a machine that has other work."""

MOST_BYTES: Final = 1.5e9
"""Memory of a process that reads. Without a file it takes 60 MB."""

_SECONDS_ALONE: Final = (0.5, 1.5)
"""After these, processes are started; and no more is read here. Some 2,000 files are read in the first."""

_MOST_PROCESSES: Final = 4
"""What more of them read, this process could not sort."""

_FILES_AT_A_TIME: Final = 32
_WINDOWS_AHEAD: Final = 32
"""Windows of files that are read ahead while one file takes long."""

_LOOK_SECONDS: Final = 0.05
_BEGINNINGS: Final = 3


class File(Protocol):
    """A file that was found."""

    @property
    def path(self) -> Path:
        """The file; or the .zip that holds it."""

    @property
    def root(self) -> Path:
        """The folder that the path is relative to."""

    @property
    def member(self) -> str | None:
        """Its name in a .zip."""


_File = TypeVar("_File", bound=File)
_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")


class Readers:
    """Reads headers, here and in processes; a context manager that ends the processes.

    Parameters
    ----------
    most_processes
        Largest number of processes; 0: one for each core.
    """

    def __init__(self, most_processes: int = 0) -> None:
        count = max(1, min(most_processes or core_count(), _MOST_PROCESSES))
        self._processes = [_Process() for _ in range(count)]
        self._idle: LifoQueue[_Process] = LifoQueue()
        for process in self._processes:
            self._idle.put(process)
        self._pool = ThreadPoolExecutor(count)
        self._near = ThreadPoolExecutor(_MOST_PROCESSES)
        self._starting: list[Future[list[Read]]] = []
        self._alone = HeaderReader(USUAL)
        self._seconds_alone = 0.0
        self._windows = 0
        self._formats: dict[PixelFormat, PixelFormat] = {}

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in (self._near, self._pool):
            pool.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.end()

    def read(self, files: Iterator[_File]) -> Iterator[tuple[_File, Read]]:
        """Read what files say of their images, in their order.

        Raises
        ------
        WorkerError
            No process can be started.
        """
        pending: deque[tuple[list[_File], list[Read] | Future[list[Read]]]] = deque()
        while window := list(islice(files, _FILES_AT_A_TIME)):
            if self._has_read_enough():
                pending.append((window, self._ask(window)))
                yield from self._done(pending, _WINDOWS_AHEAD)
                continue
            for file, _ in zip(window, self._near.map(bring_near, map(_asked, window)), strict=True):
                read = None if self._has_read_enough() else self._read_here(file)
                pending.append(([file], self._ask([file]) if read is None else [read]))
                yield from self._done(pending, _WINDOWS_AHEAD)
        yield from self._done(pending, 0)

    def listed_files(self, path: Path) -> list[Path] | FileError | None:
        """List the files that a DICOMDIR names (`calcimeasure.load.directory.listed_files`), or say why not.

        Raises
        ------
        WorkerError
            No process can be started.
        """
        try:
            return listed_files(path, USUAL)
        except HeaderLimitError:
            return self._result(self._pool.submit(self._with_a_process, _Process.listed_files, path))

    def _has_read_enough(self) -> bool:
        """Tell whether files are no longer read here; start processes before that, so that they are ready then."""
        first, last = _SECONDS_ALONE
        if self._seconds_alone > first and not self._starting:
            self._starting = [self._ask([]) for _ in self._processes]
        return self._seconds_alone > last or any(one.done() for one in self._starting)

    def _read_here(self, file: File) -> Read | None:
        """Read a file in this process; None if it holds more than is read here."""
        begun = time.monotonic()
        read = self._alone.read(_asked(file))
        self._seconds_alone += time.monotonic() - begun
        return None if isinstance(read, FileError) and read.reason == "header_limit" else read

    def _ask(self, files: Sequence[File]) -> Future[list[Read]]:
        self._windows += 1
        return self._pool.submit(
            self._with_a_process, _Process.headers, (self._windows, [_asked(file) for file in files])
        )

    def _with_a_process(self, function: Callable[[_Process, _Question], _Answer], question: _Question) -> _Answer:
        process = self._idle.get()
        try:
            return function(process, question)
        finally:
            self._idle.put(process)

    def _result(self, future: Future[_Answer]) -> _Answer:
        """Wait for an answer, and end processes that pass a limit."""
        while not wait([future], _LOOK_SECONDS).done:
            for process in self._processes:
                process.look()
        return future.result()

    def _done(
        self, pending: deque[tuple[list[_File], list[Read] | Future[list[Read]]]], most: int
    ) -> Iterator[tuple[_File, Read]]:
        """Give what was read of the first files, until no more than some windows are pending."""
        while pending and (len(pending) > most or _is_done(pending[0][1])):
            files, read = pending.popleft()
            if isinstance(read, list):
                yield from zip(files, read, strict=True)
            else:
                answers: list[Read] = self._result(read)
                for file, images in zip(files, answers, strict=True):
                    yield file, images if isinstance(images, FileError) else [self._as_here(file, i) for i in images]

    def _as_here(self, file: File, read: ReadImage) -> ReadImage:
        """Take paths and pixel formats that are in memory here already."""
        pixel_format = self._formats.setdefault(read.image.pixel_format, read.image.pixel_format)
        return replace(read, image=replace(read.image, path=file.path, root=file.root, pixel_format=pixel_format))


def _asked(file: File) -> Asked:
    return file.path, file.root, file.member


def _is_done(read: list[Read] | Future[list[Read]]) -> bool:
    return isinstance(read, list) or read.done()


class _Process:
    """A process that reads headers (`calcimeasure.load.reader`). If it ends, a new process takes its place."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        self._has_ended = False
        self._why: str | None = None
        # What it works on: the number of its task since the process began, since when, and the time of a core before.
        self._task = 0
        self._path: Path | None = None
        self._since: float | None = None
        self._seen: tuple[int, float] = (0, 0.0)

    def headers(self, window: tuple[int, list[Asked]]) -> list[Read]:
        """Read files. One during which the process ends, or is ended, is a `FileError`.

        Parameters
        ----------
        window
            Its number, which tells the process whether it is read after the one before, and the files.

        Raises
        ------
        WorkerError
            The process cannot be started.
        CancelledError
            `end` was called.
        """
        self._start()
        number, asked = window
        answers: list[Read] = []
        while len(answers) < len(asked):
            rest = asked[len(answers) :]
            try:
                self._put(("headers", (number, rest)))
                for path, _, _ in rest:
                    self._path = path
                    answers.append(self._get())
            except (EOFError, OSError):
                path, _, member = asked[len(answers)]
                answers.append(beyond_limits(path, member, self._how_it_ended()))
                self._start()
        return answers

    def listed_files(self, path: Path) -> list[Path] | FileError | None:
        """List the files that a DICOMDIR names.

        Raises
        ------
        WorkerError, CancelledError
            As `headers`.
        """
        self._start()
        try:
            self._path = path
            self._put(("directory", path))
            answer: list[Path] | str | None = self._get()
        except (EOFError, OSError):
            answer = self._how_it_ended()
        return beyond_limits(path, None, answer) if isinstance(answer, str) else answer

    def look(self) -> None:
        """End the process if what it reads takes too long or too much."""
        process, since, task = self._process, self._since, self._task
        if process is None or since is None:
            return
        with suppress(psutil.Error):
            of_system = psutil.Process(process.pid)
            times = of_system.cpu_times()
            seconds = times.user + times.system
            if self._seen[0] != task:
                self._seen = (task, seconds)
            why = None
            if of_system.memory_info().rss > MOST_BYTES:
                why = f"at most {MOST_BYTES / 1e9:g} GB of memory expected, it takes more"
            elif seconds - self._seen[1] > (most := _most_seconds(self._path)):
                why = f"at most {most:.0f} s of a core expected, it takes longer"
            elif time.monotonic() - since > (most := MOST_SECONDS_OF_WAITING if self._path else MOST_SECONDS_TO_START):
                why = f"at most {most:g} s expected, it takes longer"
            if why and self._task == task:
                self._why = why
                process.kill()

    def end(self) -> None:
        """End the process at once."""
        with self._lock:
            self._has_ended = True
            self._drop()

    def _start(self) -> None:
        """Start the process, if it does not run."""
        for _ in range(_BEGINNINGS):
            with self._lock:
                if self._has_ended:
                    raise CancelledError
                if self._process is not None and self._process.poll() is None:
                    return
                self._drop()
                self._process, self._path = _new_process(), None
            with suppress(EOFError, OSError):
                self._get()  # it says that it is ready
                return
            with self._lock:
                self._drop()  # it may still be about to end
        raise WorkerError(
            f"A process that reads headers expected, found one that ended {_BEGINNINGS} times before it could begin "
            f"({sys.executable or 'no interpreter is known'}). See what it says above."
        )

    def _put(self, question: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise EOFError
        self._begin_task()
        send(self._process.stdin, question)

    def _get(self) -> Any:  # noqa: ANN401 - whatever was asked for
        if self._process is None or self._process.stdout is None:
            raise EOFError
        self._begin_task()
        try:
            return receive(self._process.stdout)
        finally:
            self._since = None

    def _begin_task(self) -> None:
        self._task += 1
        self._since = time.monotonic()

    def _how_it_ended(self) -> str:
        why, self._why = self._why, None
        with self._lock:
            if self._has_ended:
                raise CancelledError
            code = self._process.wait() if self._process is not None else None
        return why or f"the process that read it ended with exit code {code}"

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _most_seconds(path: Path | None) -> float:
    """Give the time of a core that a file, or the beginning of a process, may take.

    A file with holes takes less of the disk than it seems to have.
    """
    if path is None:
        return LONGEST_SECONDS
    megabytes = 0.0
    with suppress(OSError):
        of_file = path.stat()
        megabytes = min(of_file.st_size, getattr(of_file, "st_blocks", math.inf) * 512) / 1e6
    return min(MOST_SECONDS + SECONDS_A_MEGABYTE * megabytes, LONGEST_SECONDS)


def _new_process() -> subprocess.Popen[bytes]:
    """Start an interpreter that finds the modules of this one, and none in the folder that it happens to be in."""
    own = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    code = f"from calcimeasure.load.reader import serve; serve({os.getpid()})"
    try:
        return subprocess.Popen(  # noqa: S603 - the interpreter of this process
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **own},
            # A terminal sends Ctrl-C to every process of its session. Only this one may answer it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise WorkerError(
            f"A process that reads headers expected, found that none can be started: {error.strerror or error} "
            f"({sys.executable or 'no interpreter is known'}). Close other programs, or run again later."
        ) from error
