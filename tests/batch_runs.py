"""Runs of the real command with decoders that crash, hang and eat memory, and Dask clusters to run on."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from tests.dicom_phantom import TRANSFER_SYNTAXES
from tests.patched import environment
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

FAULTS = {
    "jpeg_ls": ("codec_crash", "ctypes.string_at(0)"),
    "jpeg_2000": ("time_limit", "time.sleep(1e6)"),
    "jpeg_lossless_sv1": ("memory_limit", "hoard = [np.ones(2**26, np.uint8) for _ in range(20 * 2**4)]"),
}
"""For a transfer syntax what its decoder does instead: end its process, sleep for ever, take 20 GB; and the reason."""

SLOWLY = """
import time
load_it = load_image
def load_image(*arguments):
    time.sleep(1)
    return load_it(*arguments)
"""
HANGS = """
import os, time
def load_image(*_):
    os.write(2, b"hangs\\n")
    time.sleep(1e6)
"""
"""What workers do instead, as code for `calcimeasure.analysis.pipeline`."""

LOOKS = """
import os, time
def find_series(*_):
    os.write(2, b"looks\\n")
    time.sleep(1e6)
"""
"""What the client does instead, as code for `calcimeasure.load`."""

MACHINE_IS_SAFE_BYTES = 6 * 2**30
"""No process of a test may have more, should the limit of the program fail."""

PATIENCE_SECONDS = 120
"""How long a test waits for what ends by itself. It takes seconds: a machine that others load too may need more."""

FOR_EVER_SECONDS = 1800
"""No run of a test takes so long: one that does hangs."""

_WORK_SECONDS = 0.1


def broken_decoders() -> dict[str, str]:
    """Environment in which some decoders are broken, in whichever process they run."""
    broken = {str(TRANSFER_SYNTAXES[name]): fault for name, (_, fault) in FAULTS.items()}
    lines = ["import ctypes, time"]
    for number, (uid, fault) in enumerate(broken.items()):
        lines += [f"def broken_{number}(frame):", f"    {fault}", f"_CODECS[{uid!r}] = broken_{number}"]
    return environment("calcimeasure.load.pixels", "\n".join(lines))


def write_series_with_faults(folder: Path, others: int) -> Path:
    """One CT for each fault, among others that are in order."""
    for number in range(others):
        write_ct(folder / f"s{number}", seed=f"in order {number}", patient_id=f"P{number}")
    for number, syntax in enumerate(FAULTS):
        write_ct(folder / f"{syntax}", seed=syntax, patient_id=f"P{number}", transfer_syntax=syntax)
    return folder


def measure_command(images: Path, out: Path, *options: object) -> list[str]:
    paths = [str(images), "--out", str(out), "--key", str(images.parent / "key")]
    return [sys.executable, "-m", "calcimeasure", "measure", *paths, *map(str, options)]


def measure(
    images: Path, out: Path, *options: object, exit_code: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        measure_command(images, out, *options),
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_memory,
        timeout=FOR_EVER_SECONDS,
    )
    assert done.returncode == exit_code, done.stderr
    return done


def time_limit(out: Path, least_seconds: float) -> float:
    """A limit for a stack that those in order stay below by far, as long as the measured ones of a folder took here."""
    took = [float(row["seconds"]) for row in read(out / "private" / "series.csv")]
    return max(least_seconds, 20 * max(took))


def slowness() -> float:
    """How many times as long as on an idle machine something takes now, where others load this one too: 1 or more."""
    begun, worked = time.perf_counter(), time.process_time()
    while time.process_time() - worked < _WORK_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - begun) / _WORK_SECONDS)


@contextmanager
def running(command: Sequence[str], **variables: str) -> Iterator[psutil.Popen]:
    """A run that goes on, with its stderr to read; it ends with the test."""
    with psutil.Popen(
        command,
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit_memory,
    ) as process:
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def wait_until_said(run: psutil.Popen, word: str, times: int = 1) -> None:
    while times:
        line = run.stderr.readline()
        assert line, "it ended"
        times -= line == f"{word}\n"


def have_loaded(processes: Sequence[psutil.Process]) -> bool:
    """Tell whether one of them has loaded what measures."""
    with suppress(psutil.NoSuchProcess):
        return any("_nd_image" in one.path for process in processes for one in process.memory_maps())
    return False


def press_ctrl_c(run: psutil.Popen) -> list[psutil.Process]:
    """In a terminal it reaches every process; gives those that the run has."""
    processes = children_of(run)
    for process in (run, *processes):
        process.send_signal(signal.SIGINT)
    return processes


def check_was_interrupted(run: psutil.Popen, measured_before: int, said: str, stacks: int) -> int:
    """Some stacks were finished, and the rest left; gives how many are measured."""
    *lines, last = said.splitlines()
    assert run.returncode == 130
    # Another worker can have finished its stack before the signal came.
    begun = lines.index("calcimeasure: interrupted. What is being measured is finished first; Ctrl-C again stops now.")
    before, finished = lines[:begun], lines[begun + 1 :]
    assert finished
    assert all("measured, lesions: 2" in line for line in (*before, *finished)), said
    measured = measured_before + len(before) + len(finished)
    assert last == f"calcimeasure: interrupted, {measured} of {stacks} stacks are done. Run it again to go on."
    assert measured < stacks
    return measured


def interrupt_slow_run(command: Sequence[str], stacks: int) -> int:
    """Press Ctrl-C when the first of some stacks is measured; gives how many are when all its processes have ended."""
    with running(command, **environment("calcimeasure.analysis.pipeline", SLOWLY)) as run:
        assert "measured, lesions: 2" in run.stderr.readline()
        processes = press_ctrl_c(run)
        _, said = run.communicate(timeout=PATIENCE_SECONDS)
    measured = check_was_interrupted(run, 1, said, stacks)
    check_have_ended(processes)
    return measured


def check_stops(run: psutil.Popen, processes: Sequence[psutil.Process], last: str) -> None:
    """It says as its last words what matches, and leaves no process behind."""
    _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 130
    assert re.fullmatch(last, said)
    check_have_ended(processes)


def check_have_ended(processes: Sequence[psutil.Process]) -> None:
    """They end by themselves, soon: without the program's doing they would sleep for days."""
    assert psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)[1] == []


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MACHINE_IS_SAFE_BYTES, MACHINE_IS_SAFE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def dask_cluster(
    folder: Path, workers: int, may_have_children: bool = True, before: Sequence[str] = (), **variables: str
) -> Iterator[tuple[str, list[psutil.Popen]]]:
    """A scheduler and workers, as a person starts them; gives the address and the processes of the workers.

    `before` is put before the command of each worker.
    """
    # As the README says.
    variables = {
        "DASK_DISTRIBUTED__WORKER__DAEMON": str(not may_have_children),
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
        **variables,
    }
    said = (folder / "dask.txt").open("w")
    options = {
        "env": os.environ | variables,
        "stdout": said,
        "stderr": said,
        "preexec_fn": limit_memory,
    }
    dask = [sys.executable, "-m", "dask"]
    started: list[psutil.Popen] = []
    try:
        file = folder / "scheduler.json"
        quiet = ["--no-dashboard", "--interface", "lo"]
        started.append(
            psutil.Popen([*dask, "scheduler", "--port", "0", *quiet, "--scheduler-file", str(file)], **options)
        )
        for _ in range(workers):
            arguments = ["--scheduler-file", str(file), "--nthreads", "1", *quiet, "--local-directory", str(folder)]
            started.append(psutil.Popen([*before, *dask, "worker", *arguments], **options))
        wait_until(lambda: file.exists() and '"address"' in file.read_text())
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        ended = [one for process in reversed(started) for one in (process, *children_of(process))]
        for process in ended:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(ended, 10)
        said.close()


def children_of(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []


def wait_until(holds: Callable[[], object]) -> None:
    """Wait for something that comes by itself."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < PATIENCE_SECONDS, "it never came"
        time.sleep(0.05)
