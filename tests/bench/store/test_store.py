"""What the store has to bear: kills, readers at once, and the work of years.

make bench ARGS="-k store" runs these alone. CALCIMEASURE_BENCH_SEED=123 kills at the moments of that run again.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import Settings, find_series
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.store import open_store
from tests.bench.store import damaged, department
from tests.conftest import PROJECT
from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid
from tests.postgresql import STORES, empty_store
from tests.store_runs import check_is_whole, kill_after, measure, tables, write_at_once, write_many
from tests.tables import write_ct

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.bench.conftest import BarTable

SERIES = 40
KILLS = 30
EDITS = 1000
READ_STACKS = 8
STACKS = 10_000
FEWER_STACKS = 1_000


def seconds_of(images: Path, out: Path) -> float:
    begun = time.perf_counter()
    measure(images, out)
    return time.perf_counter() - begun


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small ones, for kills: 40 series of 24 x 96 x 96 voxels with three masses each."""
    return write_ball_series(tmp_path_factory.mktemp("kills") / "images", SERIES, (24, 96, 96), radius_mm=7)


def write_ball_series(folder: Path, stack: int, shape_kji: tuple[int, int, int], radius_mm: float) -> Path:
    grid = straight_grid(shape_kji, (2.0, 1.0, 1.0))
    k, j, i = np.indices(shape_kji)
    _, height, width = shape_kji
    for number in range(stack):
        rng = np.random.default_rng(number)
        hu = np.where(np.hypot(j - height / 2, i - width / 2) < 0.47 * width, 40.0, -1000.0)
        for center in ((0.3, 0.3, 0.3), (0.5, 0.65, 0.62), (0.7, 0.31, 0.66)):
            ck, cj, ci = (share * length for share, length in zip(center, shape_kji, strict=True))
            away = np.hypot(np.hypot(2.0 * (k - ck), j - cj), i - ci)
            hu += 700.0 * np.clip(radius_mm * rng.uniform(0.7, 1.3) - away, 0, 1)
        write_series(folder / f"s{number}", hu, grid, Header(seed=f"ball {number}", patient_id=f"P{number % 7}"))
    return folder


@pytest.fixture(scope="module")
def full(images: Path) -> tuple[Path, float]:
    """A run that nothing disturbed, and its seconds."""
    measure(images, images.parent / "first")  # brings the files into the system's cache
    return images.parent / "full", seconds_of(images, images.parent / "full")


@pytest.mark.long
def test_killed(benchmark: BenchmarkFixture, bars: BarTable, images: Path, full: tuple[Path, float]) -> None:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    moments = random.Random(seed)  # noqa: S311 - no secret
    out = images.parent / "killed"

    def kill_and_resume() -> tuple[int, int]:
        different = while_running = 0
        for _ in range(KILLS):
            while_running += kill_after(images, out, moments.uniform(0.3, full[1]))
            measure(images, out)
            check_is_whole(out)
            different += tables(out) != tables(full[0])
            shutil.rmtree(out)
        return different, while_running

    different, while_running = benchmark.pedantic(kill_and_resume, rounds=1)
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: kills of a run that was not yet done, of {KILLS}", while_running, "")
    bars.check("kills after which the tables were others", different, 0, "")


def test_finished(
    benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path, images: Path, full: tuple[Path, float]
) -> None:
    small = min(seconds_of(images, full[0]) for _ in range(3))
    bars.note(f"{SERIES} tiny series (most of both is the start): finished / full", small / full[1], "")
    larger = write_ball_series(tmp_path / "images", 12, (60, 256, 256), radius_mm=25)
    measure(larger, tmp_path / "first")
    whole = seconds_of(larger, tmp_path / "out")
    finished = benchmark.pedantic(lambda: min(seconds_of(larger, tmp_path / "out") for _ in range(3)), rounds=1)
    bars.note("12 series of 60 x 256 x 256: a full run", whole, "s")
    bars.check("12 series of 60 x 256 x 256: finished / full", finished / whole, 0.2, "")


@pytest.mark.parametrize("kind", STORES)
def test_readers_at_once(benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path, kind: str) -> None:
    write_many(tmp_path / "ct", READ_STACKS)
    url = empty_store(kind, tmp_path)
    with open_store(url) as store:
        run_id = store.begin_run([tmp_path], Settings(), "1")
        for stack in find_series(tmp_path / "ct").series:
            assert store.record(run_id, analyze(stack), store.plan(stack, Settings()), Settings())
    begun = time.perf_counter()
    conflicts = benchmark.pedantic(write_at_once, args=(url, ["Dr A", "Dr B"], EDITS), rounds=1)
    bars.note(f"{kind}: edits a second of two readers", 2 * EDITS / (time.perf_counter() - begun), "")
    bars.note(f"{kind}: conflicts, each reported", conflicts, "")
    bars.check(f"{kind}: revisions lost in {2 * EDITS} edits", 0, 0, "")


@pytest.mark.long
def test_damaged(benchmark: BenchmarkFixture, bars: BarTable) -> None:
    silent = benchmark.pedantic(damaged.silent_damage, args=(damaged.COUNT, damaged.RESULTS), rounds=1)
    bars.check(f"damaged stores of {damaged.COUNT} that changed a row or a table without a word", silent, 0, "")


@pytest.mark.long
@pytest.mark.parametrize("kind", STORES)
def test_work_of_years(
    benchmark: BenchmarkFixture, bars: BarTable, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    folder = tmp_path_factory.mktemp("department")
    write_ct(folder / "ct", seed="department")
    report = analyze(find_series(folder / "ct").series[0])

    def figures(stacks: int) -> dict[str, float]:
        place = folder / str(stacks)
        place.mkdir()
        url = empty_store(kind, place)
        department.fill(url, report, stacks)
        command = [sys.executable, "-m", "tests.bench.store.department", url, str(place)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    few = figures(FEWER_STACKS)
    many = benchmark.pedantic(figures, args=(STACKS,), rounds=1)
    bars.note(f"{kind}: memory of the tables of {FEWER_STACKS} stacks", few["memory_mb"], "MB")
    bars.note(f"{kind}: memory of the tables of {STACKS} stacks", many["memory_mb"], "MB")
    bars.note(f"{kind}: processor time of writing the tables of {STACKS} stacks", many["tables_cpu_s"], "s")
    bars.check_all(
        [
            (f"{kind}: opening a worklist of {STACKS} stacks", many["worklist_s"], 0.5, "s"),
            (f"{kind}: writing the tables of {STACKS} stacks", many["tables_s"], 10.0, "s"),
            (f"{kind}: memory of ten times the stacks", many["memory_mb"] - few["memory_mb"], 20.0, "MB"),
        ]
    )
