"""The speed of the review, as the reader feels it: the real command, window, mouse and keys, with software OpenGL."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.conftest import PROJECT, BarTable
from tests.bench.review.large_review import SHAPE, write_large_series

VOXELS_MB = float(np.prod(SHAPE)) * 2 / 1e6
"""Of the volume, and of labels of uint16."""

STEPS = {
    ("command to usable viewer", "start"): 6.0,
    ("going to a lesion, worst", "going"): 0.15,
    ("numbers after a stroke, worst", "numbers"): 0.2,
    ("numbers after a stroke, mass of 60 mm", "numbers_large"): 0.2,
    ("a slice in three planes, median", "planes"): 0.1,
    ("next stack, CT after CT", "next_ct"): 0.7,
    ("next stack, first radiograph", "first_film"): 0.7,
    ("next stack, CT after the first radiograph", "first_ct_after_film"): 0.7,
    ("next stack, radiograph after CT", "film_after_ct"): 0.7,
    ("next stack, CT after radiograph", "ct_after_film"): 0.7,
}
"""What is measured, with its name in the result, and the most seconds that it may take. Stacks are loaded ahead."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stacks measured: kept for later runs beside the other temporary folders."""
    folder = tmp_path_factory.getbasetemp().parent / "calcimeasure-bench-review-3"
    write_large_series(folder / "images")
    out = folder / "out"
    if not (out / "lesions.csv").exists():
        key = ["--key", str(folder / "pseudonyms.key")]  # stays there as long as its results do
        command = [sys.executable, "-m", "calcimeasure", "measure", str(folder / "images"), "--out", str(out), *key]
        subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
    return out


def run(what: str, result: Path, settings: Path) -> dict[str, float]:
    environment = os.environ | {"QT_QPA_PLATFORM": "xcb", "NAPARI_CONFIG": str(settings / "settings.yaml")}
    begun = time.time()
    command = [sys.executable, "-m", "tests.bench.review.large_review", what, str(begun), str(result)]
    subprocess.run(command, check=True, cwd=PROJECT, env=environment)
    return json.loads(result.read_text(encoding="utf-8"))


def test_review(benchmark: BenchmarkFixture, measured: Path, bars: BarTable, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(measured, folder)
    alone = run("alone", tmp_path / "alone.json", tmp_path)
    run(str(folder), tmp_path / "warm.json", tmp_path)  # brings files and programs into the system's cache
    shutil.rmtree(folder)
    shutil.copytree(measured, folder)
    took = benchmark.pedantic(run, args=(str(folder), tmp_path / "review.json", tmp_path), rounds=1)
    bars.note("volume and labels", 2 * VOXELS_MB, "MB")
    bars.note("napari alone", alone["memory"] / 1e6, "MB")
    bars.note("the review, with the next stack", took["memory"] / 1e6, "MB")
    above_mb = (took["memory"] - alone["memory"]) / 1e6 - 2 * VOXELS_MB
    for what, figure in STEPS:
        bars.note(f"{what}, seconds of processors", took[f"{figure}_cpu"], "s")
    bars.check_all(
        [
            *((what, took[figure], at_most_s, "s") for (what, figure), at_most_s in STEPS.items()),
            ("memory above volume, labels, napari", above_mb, 350.0, "MB"),
        ]
    )
