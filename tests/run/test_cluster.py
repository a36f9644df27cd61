"""The real command on real Dask clusters: the same tables, the same limits, and workers that die or cannot measure."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import dask_jobqueue
import pytest

from calcimeasure.errors import SettingsError
from calcimeasure.run.cluster import _started
from tests.batch_runs import (
    FAULTS,
    HANGS,
    LOOKS,
    PATIENCE_SECONDS,
    SLOWLY,
    broken_decoders,
    check_stops,
    children_of,
    dask_cluster,
    have_loaded,
    interrupt_slow_run,
    measure,
    measure_command,
    press_ctrl_c,
    running,
    time_limit,
    wait_until,
    wait_until_said,
    write_series_with_faults,
)
from tests.patched import environment
from tests.store_runs import tables
from tests.tables import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psutil

OTHERS = 4
STOPPED = r"calcimeasure: stopped\. What was measured is kept; .*\n"
KILLS = 3
LOCAL_CLUSTER = """
[cluster]
class = "LocalCluster"
n_workers = 2
threads_per_worker = 1
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_series_with_faults(tmp_path_factory.mktemp("cluster") / "images", OTHERS)


@pytest.fixture(scope="module")
def local(images: Path) -> dict[str, bytes]:
    """The tables that this machine makes."""
    out = images.parent / "local"
    measure(images, out, "--workers", 2)
    return tables(out)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two workers whose decoders are in order."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as (address, _):
        yield address


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was said, but for the key, which the first run alone makes."""
    return [line for line in done.stderr.splitlines() if not line.startswith("Made a key")]


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    return lines(done)[-1]


# The same


def test_a_cluster_gives_the_same_tables(images: Path, local: dict[str, bytes], cluster: str, tmp_path: Path) -> None:
    done = measure(images, tmp_path / "out", "--scheduler", cluster)
    assert tables(tmp_path / "out") == local
    assert done.stderr.count("measured, lesions: 2") == OTHERS + len(FAULTS)


def test_paths_are_relative_to_the_client(images: Path, cluster: str, tmp_path: Path) -> None:
    command = measure_command(images, tmp_path / "out", "--scheduler", cluster)
    command[command.index(str(images))] = "images/s0"
    subprocess.run(command, cwd=images.parent, check=True, capture_output=True)
    assert [row["state"] for row in read(tmp_path / "out" / "private" / "series.csv")] == ["measured"]


def test_a_cluster_that_is_started_for_the_run_has_the_same_limits(
    images: Path, local: dict[str, bytes], tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    seconds = time_limit(images.parent / "local", 8)
    settings.write_text(f"time_limit_s = {seconds}\nmemory_limit_gb = 0.5\n{LOCAL_CLUSTER}")
    out = tmp_path / "out"
    done = measure(images, out, "--settings", settings, exit_code=1, **broken_decoders())
    rows = {row["path"].split("/")[0]: row for row in read(out / "private" / "series.csv")}
    assert {name: rows[name]["reason"] for name in FAULTS} == {name: reason for name, (reason, _) in FAULTS.items()}
    assert [row["state"] for name, row in rows.items() if name not in FAULTS] == ["measured"] * OTHERS
    assert "distributed" not in done.stderr, "Dask itself says nothing"
    measure(images, out)
    assert tables(out) == local


# Workers that die


def kill_now_and_then(workers: list[psutil.Popen], run: subprocess.Popen[str], kills: int) -> int:
    """Kill the process that a worker's nanny keeps, again and again while a run goes on; gives the number of kills."""
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    choose, killed = random.Random(seed), 0  # noqa: S311
    while killed < kills and run.poll() is None:
        time.sleep(choose.uniform(0.5, 1.5))
        nanny = choose.choice(workers)
        busy = [one for one in nanny.children() if children_of(one)]
        if busy and run.poll() is None:
            busy[0].kill()
            killed += 1
    return killed


def test_workers_that_are_killed_change_nothing(images: Path, local: dict[str, bytes], tmp_path: Path) -> None:
    slow = environment("calcimeasure.analysis.pipeline", SLOWLY)
    with dask_cluster(tmp_path, 2, **slow) as (address, workers):
        command = measure_command(images, tmp_path / "out", "--scheduler", address)
        with running(command) as run:
            killed = kill_now_and_then(workers, run, KILLS)
            _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 0, said
    assert killed == KILLS
    assert tables(tmp_path / "out") == local


# How a run ends


@pytest.fixture
def on_local_cluster(images: Path, tmp_path: Path) -> list[str]:
    """The command that measures on a cluster which it starts."""
    settings = tmp_path / "settings.toml"
    settings.write_text(LOCAL_CLUSTER)
    return measure_command(images, tmp_path / "out", "--settings", settings)


def test_ctrl_c_lets_the_workers_of_a_cluster_finish_what_they_have(
    on_local_cluster: list[str], images: Path, local: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    measured = interrupt_slow_run(on_local_cluster, OTHERS + len(FAULTS))
    assert measure(images, out).stderr.count("unchanged") == measured
    assert tables(out) == local


def test_workers_load_what_measures_while_stacks_are_looked_for(on_local_cluster: list[str]) -> None:
    with running(on_local_cluster, **environment("calcimeasure.load", LOOKS)) as run:
        wait_until_said(run, "looks")
        wait_until(lambda: have_loaded(children_of(run)))
        processes = press_ctrl_c(run)
        check_stops(run, processes, STOPPED)


def test_ctrl_c_twice_ends_a_cluster_that_hangs(on_local_cluster: list[str]) -> None:
    with running(on_local_cluster, **environment("calcimeasure.analysis.pipeline", HANGS)) as run:
        wait_until_said(run, "hangs", 2)
        processes = press_ctrl_c(run)
        assert "is finished first; Ctrl-C again stops now" in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        check_stops(run, processes, STOPPED)


# What cannot be measured with


def test_no_scheduler_is_said(images: Path, tmp_path: Path) -> None:
    done = measure(images, tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9", exit_code=2)
    assert last_line(done).startswith("calcimeasure: A Dask scheduler expected at tcp://127.0.0.1:9, found none")


def test_a_scheduler_that_goes_away_is_said(images: Path, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1, **environment("calcimeasure.analysis.pipeline", HANGS)) as (address, (worker,)):
        command = measure_command(images, tmp_path / "out", "--scheduler", address)
        with running(command) as run:
            wait_until(lambda: "hangs" in (tmp_path / "dask.txt").read_text())
            own = str(tmp_path / "scheduler.json")  # another cluster may be there for other tests
            scheduler = next(one for one in worker.parent().children() if {"scheduler", own} <= {*one.cmdline()})
            scheduler.kill()
            _, said = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 2
    assert said.splitlines()[-1].startswith(f"calcimeasure: The Dask cluster {address} is gone.")


def test_workers_that_may_have_no_children_stop_the_run(images: Path, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1, may_have_children=False) as (address, _):
        done = measure(images, tmp_path / "out", "--scheduler", address, exit_code=2)
    assert "DASK_DISTRIBUTED__WORKER__DAEMON=False" in last_line(done)
    assert len(lines(done)) == 1


def test_workers_of_another_version_stop_the_run(images: Path, tmp_path: Path) -> None:
    other = environment("calcimeasure.version", "def software_version():\n    return '0.0.9'")
    with dask_cluster(tmp_path, 1, **other) as (address, _):
        done = measure(images, tmp_path / "out", "--scheduler", address, exit_code=2)
    assert "has calcimeasure 0.0.9, this machine" in last_line(done)
    assert len(lines(done)) == 1


def test_a_path_that_workers_do_not_see_is_said_once(images: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    shutil.copytree(images, hidden)
    # In a world of mounts of its own, another folder lies over this one.
    elsewhere = ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none '{hidden}' && exec \"$@\"", "sh"]
    if subprocess.run([*elsewhere, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no folder can be hidden from a process here")
    with dask_cluster(tmp_path, 1, before=elsewhere) as (address, _):
        done = measure(hidden, tmp_path / "out", "--scheduler", address, exit_code=2)
    assert f"does not see {hidden}/" in last_line(done)
    assert len(lines(done)) == 1


# Clusters that are started


def test_a_job_of_slurm_lets_its_worker_have_children() -> None:
    resources = {"cores": 4, "processes": 4, "memory": "16GB", "queue": "normal"}
    arguments = {"class": "SLURMCluster", "job_script_prologue": ["module load x"], **resources}
    with _started(arguments) as cluster, _started(arguments):  # of another run on this machine: no port is taken twice
        assert isinstance(cluster, dask_jobqueue.SLURMCluster)
        script = cluster.job_script()
    assert "#SBATCH -p normal" in script
    lines = [line for line in script.splitlines() if line.startswith(("module", "export"))]
    assert lines == [
        "module load x",
        "export DASK_DISTRIBUTED__WORKER__DAEMON=False",
        "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False",
        "export DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL=1s",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"class": "NoCluster"}, "A class of Dask clusters expected, found cluster.class = 'NoCluster'"),
        ({"class": "os.system"}, "A class of one of the packages dask, .* expected, found cluster.class = 'os.system'"),
        ({"class": "distributed.Nothing"}, "A class of Dask clusters expected, found cluster.class = 'distributed"),
        ({"class": "LocalCluster", "workers": 2}, "LocalCluster cannot be started with"),
    ],
)
def test_a_cluster_that_there_is_not_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        _started(arguments)


def test_a_scheduler_and_a_cluster_are_one_too_many(images: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('cluster = {class = "LocalCluster"}\n')
    done = measure(images, tmp_path / "out", "--settings", settings, "--scheduler", "tcp://127.0.0.1:9", exit_code=2)
    assert "Either scheduler or cluster expected, found both" in last_line(done)


def test_dask_is_not_needed_without_a_cluster() -> None:
    modules = "calcimeasure.run.run, calcimeasure.run.processes, calcimeasure.run.worker"
    code = f"import sys, {modules}; print('dask' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
