"""The loader against SimpleITK's ImageSeriesReader and dcm2niix, in ratios of times that were taken in turn."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dcm2niix
import numpy as np
import psutil
import pytest
import SimpleITK as sitk
from pytest_benchmark.fixture import BenchmarkFixture

from calcimeasure import find_series, load_image
from calcimeasure.model import Volume
from tests.bench.conftest import BarTable
from tests.dicom_phantom import bench_phantom, render_phantom, write_series
from tests.phantoms import Grid

ROUNDS = 5
VOLUME_MB = 500 * 512 * 512 * 2 / 1e6
COMPRESSED_SLICES = 120


def load(folder: Path) -> Volume:
    (stack,) = find_series(folder).series
    image = load_image(stack)
    assert isinstance(image, Volume)
    return image


def read_with_simpleitk(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def write_nifti(folder: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    command = [dcm2niix.bin, "-z", "n", "-b", "n", "-w", "1", "-f", "volume", "-o", str(target), str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def best_seconds_in_turn(*runs: Callable[[], object]) -> list[float]:
    """Shortest of several times of each, one after the other in every round: what slows the machine slows all."""
    best = [float("inf")] * len(runs)
    for _ in range(ROUNDS):
        for number, run in enumerate(runs):
            begun = time.perf_counter()
            run()
            best[number] = min(best[number], time.perf_counter() - begun)
    return best


@pytest.fixture(scope="session", params=["jpeg_2000", "jpeg_ls"])
def compressed_series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The middle slices of the benchmark series, written once."""
    folder = tmp_path_factory.getbasetemp().parent / f"calcimeasure-bench-{request.param}"
    if len(list(folder.glob("*.dcm"))) != COMPRESSED_SLICES:
        phantom = bench_phantom()
        start = (phantom.grid.shape_kji[0] - COMPRESSED_SLICES) // 2
        grid = Grid(
            (COMPRESSED_SLICES, *phantom.grid.shape_kji[1:]),
            phantom.grid.row_direction,
            phantom.grid.column_direction,
            phantom.grid.row_spacing_mm,
            phantom.grid.column_spacing_mm,
            phantom.grid.origins_lps_mm[start : start + COMPRESSED_SLICES],
        )
        part = type(phantom)(
            phantom.name, grid, phantom.surroundings, phantom.masses, phantom.header, noise_sd_hu=phantom.noise_sd_hu
        )
        write_series(folder, render_phantom(part), grid, phantom.header, transfer_syntax=request.param)
    return request.param, folder


def test_uncompressed_series(benchmark: BenchmarkFixture, bench_series: Path, bars: BarTable, tmp_path: Path) -> None:
    expected = sitk.GetArrayFromImage(read_with_simpleitk(bench_series))
    volume = benchmark.pedantic(load, args=(bench_series,), rounds=1, warmup_rounds=1)
    assert np.array_equal(volume.attenuation_hu, expected)
    del volume, expected
    ours, simpleitk, nifti = best_seconds_in_turn(
        lambda: load(bench_series),
        lambda: read_with_simpleitk(bench_series),
        lambda: write_nifti(bench_series, tmp_path / "nifti"),
    )
    bars.note("500 slices, uncompressed", ours, "s")
    bars.note("500 slices, uncompressed: SimpleITK", simpleitk, "s")
    bars.note("500 slices, uncompressed: dcm2niix to NIfTI", nifti, "s")
    bars.check_all(
        [
            ("500 slices, uncompressed / SimpleITK", ours / simpleitk, 1 / 1.5, ""),
            ("500 slices, uncompressed / dcm2niix", ours / nifti, 1.3, ""),
        ]
    )


def test_compressed_series(benchmark: BenchmarkFixture, compressed_series: tuple[str, Path], bars: BarTable) -> None:
    syntax, folder = compressed_series
    expected = sitk.GetArrayFromImage(read_with_simpleitk(folder))
    volume = benchmark.pedantic(load, args=(folder,), rounds=1, warmup_rounds=1)
    assert np.array_equal(volume.attenuation_hu, expected)
    ours, simpleitk = best_seconds_in_turn(lambda: load(folder), lambda: read_with_simpleitk(folder))
    bars.note(f"{COMPRESSED_SLICES} slices, {syntax}", ours, "s")
    bars.note(f"{COMPRESSED_SLICES} slices, {syntax}: SimpleITK", simpleitk, "s")
    bars.check(f"{COMPRESSED_SLICES} slices, {syntax} / SimpleITK", ours / simpleitk, 1 / 1.5, "")


IMPORTS = "import sys, imagecodecs, calcimeasure.load.volume; from calcimeasure import find_series, load_image"
LOADS = f"{IMPORTS}; (series,) = find_series(sys.argv[1]).series; image = load_image(series)"


def test_peak_memory(benchmark: BenchmarkFixture, bench_series: Path, bars: BarTable) -> None:
    imports_mb = peak_memory_mb(IMPORTS, bench_series)
    peak_mb = benchmark.pedantic(peak_memory_mb, args=(LOADS, bench_series), rounds=1)
    bars.note("interpreter with its imports", imports_mb, "MB")
    bars.check("peak memory above the volume and the imports", peak_mb - imports_mb - VOLUME_MB, 150, "MB")


def peak_memory_mb(script: str, folder: Path) -> float:
    """Largest resident size, looked at every millisecond, of a process that runs a script and then waits a moment."""
    command = [sys.executable, "-c", f"{script}; import time; time.sleep(0.1)", str(folder)]
    peak = 0
    with psutil.Popen(command) as process:
        while process.poll() is None:
            try:
                peak = max(peak, process.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
            time.sleep(0.001)
        assert process.returncode == 0
    return peak / 1e6
