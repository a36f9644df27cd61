"""The batch of a hospital's night: how fast it is, what it takes, and what it bears.

`pytest tests/bench/batch --long` runs these alone: two cores, some 30 minutes. Every run is the real command on DICOM
that is written here, every Dask cluster a scheduler and workers of its own.
"""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from tests.batch_runs import (
    FAULTS,
    broken_decoders,
    children_of,
    dask_cluster,
    measure,
    measure_command,
    running,
    write_series_with_faults,
)
from tests.bench.cores import cpu_seconds
from tests.bench.store.test_store import write_ball_series
from tests.conftest import PROJECT
from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid
from tests.store_runs import tables
from tests.tables import read

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.bench.conftest import BarTable

SERIES = 40
ROUNDS = 5
SHAPE_KJI = (60, 512, 512)
TINY = 10_000
FEWER_TINY = 1_000
KILLS = 10
SCANNED_SERIES = 2_000
SCANNED_SLICES = 50


def cpu_seconds_of(*arguments: object) -> float:
    """Time of a core that the program and its processes take: also on a machine that has other work."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "calcimeasure", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_help(benchmark: BenchmarkFixture, bars: BarTable) -> None:
    cpu_seconds_of("--help")
    seconds = benchmark.pedantic(lambda: min(cpu_seconds_of("--help") for _ in range(5)), rounds=1)
    bars.note("--version: time of a core", min(cpu_seconds_of("--version") for _ in range(5)), "s")
    bars.check("--help: time of a core", seconds, 0.15, "s")


FINISHED = (("12 series of 60 x 512 x 512", 12, 0.1), ("40 tiny series", 40, 0.15))


@pytest.mark.parametrize(("what", "count", "at_most"), FINISHED, ids=["large", "tiny"])
def test_finished(
    benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path, what: str, count: int, at_most: float
) -> None:
    if count == 12:
        images = write_ball_series(tmp_path / "images", count, SHAPE_KJI, radius_mm=25)
    else:
        images = write_tiny_series(tmp_path / "images", count)
    command = [sys.executable, *measure_command(images, tmp_path / "out", "--no-report")[1:]]
    first = cpu_seconds(command)
    again = benchmark.pedantic(lambda: min(cpu_seconds(command) for _ in range(5)), rounds=1)
    bars.note(f"{what}, first run: time of a core", first, "s")
    bars.check(f"{what}, the folder again / first run: time of a core", again / first, at_most, "")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 series of 60 x 512 x 512 voxels with three masses each."""
    return write_ball_series(tmp_path_factory.mktemp("rate") / "images", SERIES, SHAPE_KJI, radius_mm=25)


def seconds_of(images: Path, out: Path, *options: object) -> float:
    begun = time.perf_counter()
    measure(images, out, *options)
    return time.perf_counter() - begun


@pytest.fixture(scope="module")
def local_seconds(images: Path) -> dict[int, float]:
    """Seconds of one and of two workers, one core each."""
    measure(images, images.parent / "first", "--workers", 2)  # brings the files into the system's cache
    took = [
        {workers: seconds_of(images, images.parent / f"{workers}-{n}", "--workers", workers) for workers in (1, 2)}
        for n in range(ROUNDS)
    ]
    return {workers: median(one[workers] for one in took) for workers in (1, 2)}


@pytest.mark.long
def test_two_workers(benchmark: BenchmarkFixture, bars: BarTable, local_seconds: dict[int, float]) -> None:
    seconds = benchmark.pedantic(lambda: local_seconds, rounds=1)
    one, two = seconds[1], seconds[2]
    bars.note("series a minute, 1 worker", 60 * SERIES / one, "")
    bars.note("series a minute, 2 workers", 60 * SERIES / two, "")
    bars.check_at_least("2 workers / 1 worker", one / two, 1.8, "")


@pytest.mark.long
def test_dask(
    benchmark: BenchmarkFixture, bars: BarTable, images: Path, local_seconds: dict[int, float], tmp_path: Path
) -> None:
    with dask_cluster(tmp_path, 2) as (address, _):
        outs = (images.parent / f"dask-{n}" for n in range(ROUNDS))
        benchmark.pedantic(lambda: seconds_of(images, next(outs), "--scheduler", address), rounds=ROUNDS)
    seconds = benchmark.stats.stats.median
    bars.note("series a minute, Dask with 2 workers", 60 * SERIES / seconds, "")
    bars.check_at_least("Dask with 2 workers / 2 local workers", local_seconds[2] / seconds, 0.9, "")
    assert tables(images.parent / "dask-0") == tables(images.parent / "2-0")


@pytest.mark.long
def test_kills(
    benchmark: BenchmarkFixture, bars: BarTable, images: Path, local_seconds: dict[int, float], tmp_path: Path
) -> None:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    choose = random.Random(seed)  # noqa: S311 - no secret
    out = images.parent / "killed"

    def kill_and_wait() -> tuple[int, str]:
        killed = 0
        with dask_cluster(tmp_path, 2) as (address, nannies):
            with running(measure_command(images, out, "--scheduler", address)) as run:
                pause = local_seconds[2] / KILLS / 2
                while killed < KILLS and run.poll() is None:
                    time.sleep(choose.uniform(0.5 * pause, 1.5 * pause))
                    busy = [one for one in choose.choice(nannies).children() if children_of(one)]
                    if busy and run.poll() is None:
                        busy[0].kill()
                        killed += 1
                _, said = run.communicate(timeout=600)
            assert run.returncode == 0, said
        return killed, said

    killed, _ = benchmark.pedantic(kill_and_wait, rounds=1)
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: Dask workers killed while they measured", killed, "")
    assert killed == KILLS
    bars.check("tables that were others than without kills", tables(out) != tables(images.parent / "2-0"), 0, "")


def test_faults(benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path) -> None:
    folder = write_series_with_faults(tmp_path / "images", 20)
    options = ("--workers", 2, "--time-limit", 10, "--set", "memory_limit_gb=2")
    run = {"exit_code": 1, **broken_decoders()}
    benchmark.pedantic(measure, args=(folder, tmp_path / "out", *options), kwargs=run, rounds=1)
    rows = read(tmp_path / "out" / "private" / "series.csv")
    reasons = {row["path"].split("/")[0]: row["reason"] for row in rows if row["state"] == "failed"}
    wrong = sum(reasons.get(name) != reason for name, (reason, _) in FAULTS.items())
    bars.check("decoders that crash, hang and take 20 GB: faults with another reason", wrong, 0, "")
    bars.check("other series that were not measured", 20 - sum(row["state"] == "measured" for row in rows), 0, "")


@pytest.mark.long
def test_tiny_series(benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path) -> None:
    folder = write_tiny_series(tmp_path / "images", TINY)
    out = tmp_path / "out"

    def run_all() -> tuple[float, float, float]:
        memory_mb = {}
        begun = time.perf_counter()
        with running(measure_command(folder, out, "--workers", 1)) as process:
            for number, _ in enumerate(process.stderr, 0):
                if number in (FEWER_TINY, TINY):
                    memory_mb[number] = process.memory_info().rss / 1e6
            process.wait(600)
        assert process.returncode == 0
        return time.perf_counter() - begun, memory_mb[FEWER_TINY], memory_mb[TINY]

    seconds, few_mb, many_mb = benchmark.pedantic(run_all, rounds=1)
    rows = read(out / "private" / "series.csv")
    assert [row["state"] for row in rows] == ["measured"] * TINY
    measuring = sum(float(row["seconds"]) for row in rows)
    bars.note(f"{TINY} tiny series: all of it, a series", 1e3 * seconds / TINY, "ms")
    bars.note(f"{TINY} tiny series: client's memory at series {TINY}", many_mb, "MB")
    bars.check_all(
        [
            (f"{TINY} tiny series: all but measuring, a series", 1e3 * (seconds - measuring) / TINY, 15, "ms"),
            (f"{TINY} tiny series: client's memory since series {FEWER_TINY}", many_mb - few_mb, 50, "MB"),
        ]
    )


def write_tiny_series(folder: Path, stack: int, slices: int = 3) -> Path:
    """Series of 16 x 16 pixels, some of a patient each."""
    hu = np.full((slices, 16, 16), -1000, np.int16)
    hu[:, 2:14, 2:14] = 40
    hu[:, 5:9, 5:9] = 700
    grid = straight_grid(hu.shape, (2.0, 1.0, 1.0))
    for number in range(stack):
        header = Header(seed=f"tiny {number}", patient_id=f"P{number // 20}", series_number=number)
        write_series(folder / f"p{number // 20:04d}" / f"s{number:05d}", hu, grid, header)
    return folder


@pytest.mark.long
def test_scan(benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path) -> None:
    folder = write_tiny_series(tmp_path / "images", SCANNED_SERIES, SCANNED_SLICES)
    command = [sys.executable, "-m", "calcimeasure", "scan", str(folder), "--json"]

    def scan() -> float:
        peak = 0
        with psutil.Popen(command, stdout=subprocess.DEVNULL, cwd=PROJECT) as process:
            while process.poll() is None:
                try:
                    peak = max(peak, process.memory_info().rss)
                except psutil.NoSuchProcess:
                    break
                time.sleep(0.02)
        assert process.returncode == 0
        return peak / 1e6

    begun = time.perf_counter()
    peak_mb = benchmark.pedantic(scan, rounds=1)
    files = SCANNED_SERIES * SCANNED_SLICES
    bars.check_all(
        [
            (f"scan of {files} files in {SCANNED_SERIES} series", time.perf_counter() - begun, 25, "s"),
            (f"scan of {files} files: memory", peak_mb, 250, "MB"),
        ]
    )
