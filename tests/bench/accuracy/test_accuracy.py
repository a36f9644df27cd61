"""How far measurements are from the truth: new masses at each run, beside what other ways to measure find.

CALCIMEASURE_BENCH_SEED=123 makes the masses of that run again.
"""

import math
import multiprocessing
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from calcimeasure import Settings, find_series, load_image
from calcimeasure.analysis.lesion import assess
from calcimeasure.edge import half_maximum_outline
from calcimeasure.model import Outline
from calcimeasure.segment import find_components
from tests.accuracy_bars import BARS, COVERAGE, SMALL_VOLUME, Bar, shared_phantom_figures
from tests.bench.conftest import BarTable
from tests.bench.memory import watched_memory
from tests.masses import Case, Errors, Scene, edge_enhanced, errors_of, imaged, measured, median_and_worst, share_held
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, render, straight_grid

MASSES = 60
SCENE_MASSES = 24
COVERAGE_CASES = 1200
SPACINGS_MM = (0.8, 1.5, 3.0, 5.0)


@pytest.fixture(scope="module")
def seed(bars: BarTable) -> int:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: masses a row", MASSES, "")
    return seed * 10_000


@pytest.fixture(scope="module")
def workers() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def run(
    benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, cases: list[Case], others: bool = False
) -> list[Errors]:
    measure_one = partial(errors_of, with_others=others)
    return benchmark.pedantic(lambda: list(workers.map(measure_one, cases, chunksize=4)), rounds=1)


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: f"{bar.slice_mm} mm")
def test_masses(benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, bars: BarTable, seed: int, bar: Bar) -> None:
    errors = run(benchmark, workers, [Case(seed + n, bar.slice_mm) for n in range(MASSES)], others=True)
    for name in errors[0].others:
        note_others(bars, f"{bar.slice_mm} mm, {name}", [error.others[name] for error in errors])
    bars.check_all(bar.figures(errors))


def note_others(bars: BarTable, name: str, errors: list[tuple[float, float]]) -> None:
    median, worst = median_and_worst([100 * volume for volume, _ in errors])
    bars.note(f"{name}: volume, median", median, "%")
    bars.note(f"{name}: volume, worst", worst, "%")
    diameters_mm = [diameter for _, diameter in errors if not math.isnan(diameter)]
    if diameters_mm:
        median, worst = median_and_worst(diameters_mm)
        bars.note(f"{name}: max 3D diameter, median", median, "mm")
        bars.note(f"{name}: max 3D diameter, worst", worst, "mm")


def test_small_lesions(benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, bars: BarTable, seed: int) -> None:
    cases = [Case(seed + n, SPACINGS_MM[n % 8 // 2], 8, 20) for n in range(2 * MASSES)]
    report(bars, "8 to 20 mm", run(benchmark, workers, cases), SMALL_VOLUME)


@pytest.mark.parametrize("scene", get_args(Scene)[1:])
def test_scene(
    benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, bars: BarTable, seed: int, scene: Scene
) -> None:
    cases = [Case(seed + n, SPACINGS_MM[n % 8 // 2], 20, 50, scene) for n in range(SCENE_MASSES)]
    report(bars, scene, run(benchmark, workers, cases), SMALL_VOLUME)


def report(bars: BarTable, name: str, errors: list[Errors], median_volume: float) -> None:
    for what, sizes in (
        ("max 3D diameter", [error.diameter_mm for error in errors]),
        ("long axis", [error.long_axis_mm for error in errors]),
    ):
        median, worst = median_and_worst(sizes)
        bars.note(f"{name}: {what}, median", median, "mm")
        bars.note(f"{name}: {what}, worst", worst, "mm")
    held = share_held([(error.volume, error.volume_u95) for error in errors])
    bars.note(f"{name}: truth inside the interval of volume", 100 * held, "%")
    median, worst = median_and_worst([100 * error.volume for error in errors])
    bars.note(f"{name}: volume, worst", worst, "%")
    bars.check(f"{name}: volume, median", median, median_volume, "%")


def test_two_kernels_of_one_object(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    worst = benchmark.pedantic(lambda: max(kernels_differ(seed + n) for n in range(12)), rounds=1)
    bars.check("bone and soft kernel: volumes differ", 100 * worst, 2, "%")


def kernels_differ(seed: int) -> float:
    rng = np.random.default_rng(seed)
    mass = Ellipsoid(
        tuple(rng.uniform(-1, 1, 3)),
        tuple(rng.uniform(8, 22, 3)),
        rng.uniform(350, 1400),
        tuple(rng.uniform(0, 360, 3)),
    )
    grid = straight_grid((48, 96, 96), (1.5, 0.75, 0.75))
    found = []
    for blur_sigma_mm, strength, noise_sd_hu in ((0.55, 0.5, 28), (0.9, 0.0, 10)):
        hu = render([mass], grid, blur_sigma_mm=blur_sigma_mm, background_hu=40, dtype=np.float32)
        hu = edge_enhanced(hu, grid, blur_sigma_mm, strength) + noise_sd_hu * rng.standard_normal(hu.shape)
        volume = volume_of(np.rint(hu), grid)
        outline = half_maximum_outline(volume, find_components(volume, Settings()).outlines[0], Settings())
        found.append(assess(volume, outline, 1, Settings()).measurements.volume_ml or math.nan)
    return abs(found[0] / found[1] - 1)


def test_threshold(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    worst = benchmark.pedantic(lambda: max(thresholds_differ(seed + n) for n in range(24)), rounds=1)
    bars.check("threshold 150 to 250 HU: volumes differ", 100 * worst, 1, "%")


def thresholds_differ(seed: int) -> float:
    one = imaged(Case(seed, SPACINGS_MM[seed % 8 // 2], 20, 60))
    volumes = [
        measured(one.volume(), one.truth, settings=replace(Settings(), threshold_hu=threshold_hu)).volume_ml or math.nan
        for threshold_hu in (150.0, 200.0, 250.0)
    ]
    return max(volumes) / min(volumes) - 1


@pytest.mark.long
def test_half_widths(benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, bars: BarTable, seed: int) -> None:
    cases = [Case(seed + 5000 + n, SPACINGS_MM[n % 8 // 2], 8, 40) for n in range(COVERAGE_CASES)]
    errors = run(benchmark, workers, cases)
    bars.check_all([figure for coverage in COVERAGE for figure in coverage.figures(errors)])


def test_shared_phantoms(benchmark: BenchmarkFixture, bars: BarTable, shared_phantoms: Path) -> None:
    figures, not_separated = benchmark.pedantic(shared_phantom_figures, args=(shared_phantoms,), rounds=1)
    for case in not_separated:
        bars.note(f"shared phantoms, {case}: not separated from bone, masses", 1, "")
    bars.check_all(figures)


def test_speed_of_a_series(benchmark: BenchmarkFixture, bars: BarTable, bench_series: Path) -> None:
    settings = Settings()
    (stack,) = find_series(bench_series, settings).series
    volume = load_image(stack, settings)
    bones_reach = volume.geometry.shape_kji[0]
    masses = [one for one in find_components(volume, settings).outlines if one.shape_kji[0] < bones_reach]
    assert len(masses) == 12

    def measure_all() -> None:
        # As the pipeline does it.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(measure_one, masses))

    def measure_one(outline: Outline) -> None:
        assess(volume, half_maximum_outline(volume, outline, settings), 1, settings)

    begun = time.process_time()
    benchmark.pedantic(measure_all, rounds=5, warmup_rounds=1)
    bars.note("12 masses of 2 to 10 cm in 500 slices: time of both cores", (time.process_time() - begun) / 6, "s")
    bars.check("12 masses of 2 to 10 cm in 500 slices", benchmark.stats["min"], 0.6, "s")


def test_speed_of_a_large_mass(benchmark: BenchmarkFixture, workers: ProcessPoolExecutor, bars: BarTable) -> None:
    seconds, peak_mb = benchmark.pedantic(lambda: workers.submit(measure_large_mass).result(), rounds=1)
    bars.check_all(
        [("15 cm at 0.5 mm", seconds, 2.5, "s"), ("15 cm at 0.5 mm: memory above the image", peak_mb, 1000, "MB")]
    )


def measure_large_mass() -> tuple[float, float]:
    """Seconds (the best of three) and peak of memory in MB above what the process holds with the image."""
    grid = straight_grid((332, 332, 332), (0.5, 0.5, 0.5))
    volume = volume_of(render([Ellipsoid((0, 0, 0), (75, 74, 73), 700)], grid, background_hu=40, noise_sd_hu=20), grid)
    (outline,) = find_components(volume, Settings()).outlines
    with watched_memory() as memory:
        seconds = []
        for _ in range(3):
            begun = time.perf_counter()
            assess(volume, half_maximum_outline(volume, outline, Settings()), 1, Settings())
            seconds.append(time.perf_counter() - begun)
    return min(seconds), memory.bytes / 1e6
