"""The main job against SimpleITK's own way to do the same, on one series of 500 x 512 x 512 voxels."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psutil
import pytest
import SimpleITK as sitk
from pytest_benchmark.fixture import BenchmarkFixture

from calcimeasure import Settings, find_series, load_image
from calcimeasure.segment import find_components
from tests.bench.conftest import BarTable
from tests.bench.cores import cpu_seconds

ROUNDS = 5
VOLUME_MB = 500 * 512 * 512 * 2 / 1e6


def reference(folder: Path) -> int:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    dense = sitk.BinaryThreshold(image, 200, 32767, 1, 0)
    labels = sitk.RelabelComponent(sitk.ConnectedComponent(dense, True), minimumObjectSize=30)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(labels)
    intensities = sitk.LabelIntensityStatisticsImageFilter()
    intensities.Execute(labels, image)
    return int(shapes.GetNumberOfLabels())


def load_and_label(folder: Path) -> int:
    settings = Settings()
    (stack,) = find_series(folder, settings).series
    return len(find_components(load_image(stack, settings), settings).outlines)


def best_seconds(run: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.perf_counter()
        run()
        return time.perf_counter() - begun

    return min(once() for _ in range(ROUNDS))


@pytest.fixture(scope="module")
def reference_seconds(bench_series: Path, bars: BarTable) -> float:
    load_and_label(bench_series)  # brings the files into the system's cache, for both
    seconds = best_seconds(lambda: reference(bench_series))
    bars.note("reference: SimpleITK, read to statistics", seconds, "s")
    return seconds


def test_load_and_label(
    benchmark: BenchmarkFixture, bench_series: Path, reference_seconds: float, bars: BarTable
) -> None:
    found = benchmark.pedantic(load_and_label, args=(bench_series,), rounds=ROUNDS, warmup_rounds=1)
    assert found == reference(bench_series)
    bars.note("find, load and label", benchmark.stats["min"], "s")
    bars.check("find, load and label / reference", benchmark.stats["min"] / reference_seconds, 0.8, "")


def test_whole_command(
    benchmark: BenchmarkFixture, bench_series: Path, reference_seconds: float, bars: BarTable, tmp_path: Path
) -> None:
    folders = (str(tmp_path / str(number)) for number in count())  # in a folder that it knows it measures nothing

    def measure_anew() -> None:
        subprocess.run(measure_command(bench_series, next(folders)), check=True, capture_output=True)

    benchmark.pedantic(measure_anew, rounds=ROUNDS, warmup_rounds=1)
    bars.note("calcimeasure measure - reference", benchmark.stats["min"] - reference_seconds, "s")
    own_s = min(cpu_seconds(measure_command(bench_series, next(folders))) for _ in range(ROUNDS))
    reference_s = min(cpu_seconds(reference_command(bench_series)) for _ in range(ROUNDS))
    bars.note("calcimeasure measure / reference, time of cores", own_s / reference_s, "")
    bars.check("calcimeasure measure / reference", benchmark.stats["min"] / reference_seconds, 1.5, "")


def measure_command(series: Path, out: Path | str) -> list[str]:
    return [sys.executable, "-m", "calcimeasure", "measure", str(series), "--no-report", "--out", str(out)]


def reference_command(series: Path) -> list[str]:
    return [sys.executable, "-c", f"from {__name__} import reference; reference({str(series)!r})"]


def test_peak_memory(benchmark: BenchmarkFixture, bench_series: Path, bars: BarTable, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "calcimeasure", "measure", str(bench_series), "--out", str(tmp_path)]
    peak_mb = benchmark.pedantic(peak_memory_mb, args=(command,), rounds=1)
    bars.check("peak memory above the volume", peak_mb - VOLUME_MB, 850, "MB")


def peak_memory_mb(command: list[str]) -> float:
    """Largest sum over the process and its children, looked at every few milliseconds.

    The peak that the system keeps for an ended child would be this process's own: it is counted from the fork on.
    """
    peak = 0
    with psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                peak = max(peak, sum(one.memory_info().rss for one in (process, *process.children(recursive=True))))
            except psutil.NoSuchProcess:
                continue
            time.sleep(0.002)
        assert process.returncode == 0
    return peak / 1e6


@pytest.mark.parametrize("arguments", [["-m", "calcimeasure", "--help"], ["-c", "import calcimeasure"]])
def test_start(benchmark: BenchmarkFixture, arguments: list[str], bars: BarTable) -> None:
    command = [sys.executable, *arguments]
    benchmark.pedantic(
        subprocess.run, args=(command,), kwargs={"check": True, "capture_output": True}, rounds=ROUNDS, warmup_rounds=1
    )
    bars.check(" ".join(["python", *arguments]), benchmark.stats["min"], 0.4, "s")
