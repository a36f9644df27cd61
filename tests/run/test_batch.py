"""Worker processes: what crashes, hangs or eats memory costs its own stack; nothing is left behind."""

from __future__ import annotations

import os
import pickle
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from calcimeasure import Settings, find_series
from calcimeasure.model import Failure, Report
from calcimeasure.run.processes import Child, Limits, free_memory_bytes, limits_of, measure_in_processes, worker_count
from calcimeasure.settings import change_settings
from calcimeasure.threads import core_count, hold_threads, thread_count
from tests.batch_runs import (
    FAULTS,
    HANGS,
    LOOKS,
    PATIENCE_SECONDS,
    broken_decoders,
    check_have_ended,
    check_stops,
    children_of,
    have_loaded,
    interrupt_slow_run,
    limit_memory,
    measure,
    measure_command,
    press_ctrl_c,
    running,
    slowness,
    time_limit,
    wait_until,
    wait_until_said,
    write_series_with_faults,
)
from tests.conftest import PROJECT
from tests.patched import environment
from tests.postgresql import empty_database, plain_sql
from tests.store_runs import tables, write_at_once
from tests.tables import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from calcimeasure.model import Stack
    from calcimeasure.run.processes import Task

OTHERS = 4
STOPPED = r"calcimeasure: stopped\. .*\n"
GENEROUS = Limits(seconds=60, memory_bytes=4e9, threads=1)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series in order, and one for each fault of a decoder."""
    return write_series_with_faults(tmp_path_factory.mktemp("batch") / "images", OTHERS)


@pytest.fixture(scope="module")
def undisturbed(images: Path) -> dict[str, bytes]:
    """The tables of one worker whose decoders are in order."""
    out = images.parent / "undisturbed"
    measure(images, out, "--workers", 1)
    return tables(out)


@pytest.fixture(scope="module")
def stack(images: Path) -> Stack:
    return find_series(images / "s0").series[0]


@pytest.fixture
def child() -> Iterator[Child]:
    one = Child(GENEROUS)
    yield one
    one.end()


def measured_by(child: Child, stack: Stack) -> Report | Failure:
    return child.measure(pickle.dumps((stack, Settings(), (), 1)), str(PROJECT))


# Faults


def test_a_fault_costs_its_own_stack(images: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    seconds = time_limit(images.parent / "undisturbed", 6)
    limits = ("--workers", 2, "--time-limit", seconds, "--set", "memory_limit_gb=0.5")
    done = measure(images, tmp_path / "out", *limits, exit_code=1, **broken_decoders())
    rows = {row["path"].split("/")[0]: row for row in read(tmp_path / "out" / "private" / "series.csv")}
    assert {name: rows[name]["reason"] for name in FAULTS} == {name: reason for name, (reason, _) in FAULTS.items()}
    assert [row["state"] for name, row in rows.items() if name not in FAULTS] == ["measured"] * OTHERS
    assert all(row["message"] in done.stderr for row in rows.values())
    assert "SIGSEGV" in rows["jpeg_ls"]["message"]
    assert seconds <= float(rows["jpeg_2000"]["seconds"]) < seconds + PATIENCE_SECONDS
    for reason, _ in FAULTS.values():
        assert f"Stacks or files failed, {reason}: 1." in done.stdout

    # Once the decoders are in order the rest is measured.
    done = measure(images, tmp_path / "out")
    assert done.stderr.count("unchanged") == OTHERS
    assert tables(tmp_path / "out") == undisturbed


def test_memory_is_shared_among_workers_where_no_limit_is_set() -> None:
    free = free_memory_bytes()
    assert limits_of(Settings(), 4).memory_bytes == pytest.approx(free / 4, rel=0.2)
    assert limits_of(change_settings(Settings(), {"memory_limit_gb": 3}), 4).memory_bytes == 3e9


def test_a_process_that_ends_while_it_has_nothing_to_do_costs_no_stack(child: Child, stack: Stack) -> None:
    # Processes that other tests have left behind are not meant.
    before = psutil.Process().children(recursive=True)
    assert isinstance(measured_by(child, stack), Report)
    begun = set(psutil.Process().children(recursive=True)) - set(before)
    (process,) = [one for one in begun if one.num_threads() > 1]
    process.kill()
    time.sleep(0.3)
    assert isinstance(measured_by(child, stack), Report)


def test_exit_of_a_decoder_is_a_crash(images: Path, tmp_path: Path) -> None:
    leaves = environment("calcimeasure.analysis.pipeline", "def load_image(*_):\n    import os; os._exit(3)")
    done = measure(images / "s0", tmp_path / "out", exit_code=1, **leaves)
    assert "failed (codec_crash)" in done.stderr
    assert "ended with exit code 3" in done.stderr


def test_no_stack_is_blamed_where_no_process_can_begin(images: Path, tmp_path: Path) -> None:
    fails = environment("calcimeasure.run.worker", "def begin(*_):\n    raise ImportError('gone')")
    done = measure(images / "s0", tmp_path / "out", exit_code=2, **fails)
    assert "gone" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("calcimeasure: A process that measures expected, found one that end")
    assert not (tmp_path / "out" / "lesions.csv").exists()


# How many, and what they get


def test_workers_and_cores_do_not_change_a_number(images: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    for workers in (0, 3):
        measure(images, tmp_path / str(workers), "--workers", workers)
        assert tables(tmp_path / str(workers)) == undisturbed


def test_there_are_no_more_workers_than_are_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    three = change_settings(Settings(), {"workers": 3})
    assert [worker_count(three, stacks) for stacks in (0, 1, 3, 100)] == [1, 1, 3, 3]
    for free_bytes, workers in ((1e9, 1), (2e9, 1), (5e9, 2), (1e15, 16)):
        monkeypatch.setattr("calcimeasure.run.processes.free_memory_bytes", lambda free_bytes=free_bytes: free_bytes)
        monkeypatch.setattr("calcimeasure.run.processes.core_count", lambda: 16)
        assert worker_count(Settings(), 10**6) == workers


def test_a_worker_has_one_core_and_a_lone_one_all() -> None:
    one = change_settings(Settings(), {"workers": 1})
    found = [limits_of(*arguments).threads for arguments in ((Settings(), 2), (one, 1), (Settings(), 1))]
    assert found == [1, 1, 0]
    assert core_count() == len(os.sched_getaffinity(0)) == thread_count()
    try:
        hold_threads(1)
        assert thread_count() == 1
    finally:
        hold_threads(0)


def test_several_workers_work_with_one_thread_each(images: Path, tmp_path: Path) -> None:
    tells = """
import os, psutil
assess_it = assess
def assess(*arguments):
    os.write(2, f"threads: {psutil.Process().num_threads()} {os.environ['OPENBLAS_NUM_THREADS']}\\n".encode())
    return assess_it(*arguments)
"""
    done = measure(images, tmp_path / "out", "--workers", 2, **environment("calcimeasure.analysis.pipeline", tells))
    said = re.findall(r"threads: (\d+) (\d+)", done.stderr)
    assert len(said) == 2 * (OTHERS + len(FAULTS))
    # One that works, one that waits for it, and one that waits for the end of the client.
    assert {int(threads) for threads, _ in said} == {3}
    assert {blas for _, blas in said} == {"1"}


def test_client_loads_nothing_that_measures() -> None:
    measures = ("calcimeasure.run.worker", "calcimeasure.analysis.pipeline", "calcimeasure.segment", "cc3d")
    code = f"import sys, calcimeasure.run.run, calcimeasure.run.processes; print(*set({measures}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_worker_loads_nothing_of_the_client(images: Path, tmp_path: Path) -> None:
    client = ("calcimeasure.cli", "calcimeasure.run.run", "calcimeasure.store", "sqlalchemy", "typer", "rich", "dask")
    tells = f"""
import os, sys
assess_it = assess
def assess(*arguments):
    os.write(2, f"loaded: {{set({client}) & set(sys.modules)}}\\n".encode())
    return assess_it(*arguments)
"""
    done = measure(images / "s0", tmp_path / "out", **environment("calcimeasure.analysis.pipeline", tells))
    assert {line for line in done.stderr.splitlines() if line.startswith("loaded: ")} == {"loaded: set()"}


def test_only_some_stacks_are_taken_ahead(stack: Stack) -> None:
    taken = []

    def tasks() -> Iterator[tuple[int, Task]]:
        for number in range(20):
            taken.append(number)
            yield number, (stack, Settings(), (), 1)

    settings = change_settings(Settings(), {"workers": 2})
    results = measure_in_processes(tasks(), settings, most=20)
    known = {next(results)[0]}
    assert len(taken) <= 4
    for number, result in results:
        assert isinstance(result, Report)
        known.add(number)
        assert len(taken) <= len(known) + 4
    assert known == set(range(20))


def test_nothing_large_crosses_between_processes(child: Child) -> None:
    (stack,) = find_series(PROJECT / "sample_dicom" / "bilateral_hips").series
    voxel_bytes = sum(2 * one.pixel_format.rows * one.pixel_format.columns for one in stack.instances)
    task = pickle.dumps((stack, Settings(), (), 1))
    report = child.measure(task, str(PROJECT))
    assert isinstance(report, Report)
    assert len(report.lesions) == 7
    assert len(task) + len(pickle.dumps(report)) < voxel_bytes / 50


def test_paths_are_relative_to_the_client(images: Path, tmp_path: Path) -> None:
    command = measure_command(images, tmp_path / "out")
    command[command.index(str(images))] = "images"
    subprocess.run(
        command, cwd=images.parent, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(PROJECT)}
    )
    assert {row["state"] for row in read(tmp_path / "out" / "private" / "series.csv")} == {"measured"}


def test_a_finished_run_starts_no_worker(images: Path, tmp_path: Path) -> None:
    tells = environment("calcimeasure.run.worker", "import sys; print('a worker', file=sys.stderr)")
    assert "a worker" in measure(images / "s0", tmp_path / "out", **tells).stderr
    assert "a worker" not in measure(images / "s0", tmp_path / "out", **tells).stderr


def test_what_measures_is_loaded_while_stacks_are_looked_for(images: Path, tmp_path: Path) -> None:
    with running(measure_command(images, tmp_path / "out"), **environment("calcimeasure.load", LOOKS)) as run:
        wait_until_said(run, "looks")
        wait_until(lambda: have_loaded(children_of(run)))
        processes = press_ctrl_c(run)
        check_stops(run, processes, STOPPED)


# How they end


@pytest.fixture
def hanging(images: Path, tmp_path: Path) -> Iterator[psutil.Popen]:
    """A run whose two workers sleep for ever."""
    command = measure_command(images, tmp_path / "out", "--workers", 2)
    with running(command, **environment("calcimeasure.analysis.pipeline", HANGS)) as process:
        wait_until_said(process, "hangs", 2)
        # The one that both are copies of, the two, and what cleans up after them.
        assert len(children_of(process)) == 4
        yield process


def test_workers_end_with_a_client_that_is_killed(hanging: psutil.Popen) -> None:
    processes = children_of(hanging)
    hanging.kill()
    check_have_ended(processes)


def test_ctrl_c_lets_workers_finish_what_they_have(images: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = measure_command(images, out, "--workers", 2)
    measured = interrupt_slow_run(command, OTHERS + len(FAULTS))
    assert measure(images, out).stderr.count("unchanged") == measured
    assert tables(out) == undisturbed


def test_ctrl_c_twice_ends_workers_that_hang(hanging: psutil.Popen) -> None:
    begun = time.monotonic()
    processes = press_ctrl_c(hanging)
    assert "is finished first; Ctrl-C again stops now" in hanging.stderr.readline()
    hanging.send_signal(signal.SIGINT)
    hanging.wait(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - begun < 5 * slowness()
    check_stops(hanging, processes, STOPPED)


# What is said


def test_the_bar_tells_rate_rest_and_failures(images: Path, tmp_path: Path) -> None:
    reading, writing = pty.openpty()
    crashes = environment("calcimeasure.load.pixels", broken_decoders()["PATCHED_CODE"].replace("1e6", "0"))
    variables = {"COLUMNS": "120", "TERM": "xterm-256color", **crashes}
    with subprocess.Popen(
        measure_command(images, tmp_path / "out", "--set", "memory_limit_gb=0.5"),
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
        stderr=writing,
        preexec_fn=limit_memory,
    ) as process:
        os.close(writing)
        shown = b""
        try:
            while more := os.read(reading, 4096):
                shown += more
        except OSError:  # how a terminal ends whose program has
            pass
    os.close(reading)
    assert process.returncode == 1
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert f"{OTHERS + len(FAULTS)}/{OTHERS + len(FAULTS)}" in text
    assert re.search(r"[\d.]+ stacks/min", text)
    assert re.search(r"\d:\d\d:\d\d", text)
    assert "failed: 2" in text
    assert "codec_crash" in text
    assert "measured, lesions" not in text


# A department


@pytest.mark.external
def test_several_runs_and_readers_share_a_database(images: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    store = empty_database()
    outs = [tmp_path / "one", tmp_path / "two"]
    runs = [
        subprocess.Popen(
            measure_command(images, out, "--store", store), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for out in outs
    ]
    said = [run.communicate(timeout=PATIENCE_SECONDS)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    ask = plain_sql(store)
    assert ask("SELECT count(*) FROM current_stacks") == [(OTHERS + len(FAULTS),)]
    assert ask("SELECT count(*) FROM lesion_revisions WHERE revision_number > 1") == [(0,)]
    assert tables(outs[0]) == tables(outs[1]) == undisturbed
    assert write_at_once(store, ["Dr A", "Dr B"], edits=30) > 0
