"""How well masses are found and outlined on radiographs: new projections of real limbs at each run.

The limbs are others than those that the network of `calcimeasure.segment.radiograph` was taught on. The truth is a
mass's own shadow (tests/projections.py). CALCIMEASURE_BENCH_SEED=123 makes the films of that run again,
CALCIMEASURE_BENCH_FILMS=5 makes five of each kind of each limb.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import secrets
import time
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from skimage.measure import find_contours

from calcimeasure.errors import ReviewError
from calcimeasure.model import Tissue
from calcimeasure.segment.radiograph.propose import grow_on_radiograph, propose_on_radiograph
from calcimeasure.settings import Settings
from tests.bench.memory import watched_memory
from tests.conftest import SHARED
from tests.projections import film, limb_of, place_mass, radiograph_of, random_beam, see
from tests.tissue_bars import LIMBS, limb_volumes

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from calcimeasure.model import Outline, Radiograph
    from tests.bench.conftest import BarTable
    from tests.phantoms import Array

FILMS = int(os.environ.get("CALCIMEASURE_BENCH_FILMS") or 26)
"""Of each limb with a mass free of bone; half as many with a mass over bone, and half as many without any."""
HELD_OUT = ("STS_003/1", "STS_008/1", "STS_012/1", "STS_028/1")
CLICKS = 10
SMALL_MM, LARGE_MM, LARGEST_MM = 10.0, 20.0, 90.0
DICE_FREE, DICE_OVER_BONE, SAME_DICE, LONG_AXIS = 0.9, 0.8, 0.95, 0.05
FOUND, FALSE_A_FILM = 0.8, 1.0
BANDS, PROMISED = (0.05, 0.1, 0.2, 0.5, 0.8, 1.01), 5.0
"""Confidences that are counted together, and by how many of a hundred they may be too high."""
SECONDS, GIGABYTES = 2.5, 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a film gave: of its mass None where it has none.

    `false` counts what is proposed, `false_sure` what of it is called a mass; `said` holds the confidence of each
    proposal of any size, and whether it is right.
    """

    name: str
    over_bone: bool | None = None
    long_axis_mm: float = 0.0
    dice: float = 0.0
    long_axis_error: float = -1.0
    clicks: float | None = None
    found: bool = False
    false: int = 0
    false_sure: int = 0
    said: tuple[tuple[float, bool], ...] = ()


def tried(name: str, seed: int, n: int, over_bone: bool | None) -> Outcome | None:
    """Make a film and try it; None where the limb has no room for a mass."""
    rng = np.random.default_rng([seed, n, zlib.crc32(name.encode()), 2 if over_bone is None else over_bone])
    seen = see(limb_of(name, limb_volumes()[name]), random_beam(rng))
    known_mm = bool(rng.random() < 0.8)
    if over_bone is None:
        image = film(seen, [], rng, known_mm=known_mm)
        found = proposed(image)
        false, false_sure = false_large(found, None, seen.beam.spacing_mm)
        return Outcome(name, false=false, false_sure=false_sure, said=tuple((part.sure, False) for part in found))
    placed = place_mass(seen, rng, (SMALL_MM * 1.1, LARGEST_MM), over_bone=over_bone)
    if placed is None:
        return None
    mass, shadow = placed
    image = film(seen, [mass], rng, uneven=n % 3 == 0, known_mm=known_mm)
    truth, spacing_mm = shadow.mask, seen.beam.spacing_mm
    places = np.argwhere(truth)
    grown = [clicked(image, places[rng.integers(len(places))]) for _ in range(CLICKS if n % 3 == 0 else 1)]
    found = proposed(image)
    shares = [dice(part.mask, truth) for part in found]
    false, false_sure = false_large(found, truth, spacing_mm)
    long_mm = long_axis_mm(truth, spacing_mm)
    length_mm = long_axis_mm(grown[0], spacing_mm) if grown[0].any() else 0.0
    return Outcome(
        name, over_bone, long_mm, dice(grown[0], truth), length_mm / long_mm - 1,
        min(dice(one, other) for one, other in combinations(grown, 2)) if len(grown) > 1 else None,
        any(share > 0.5 for share in shares), false, false_sure,
        tuple((part.sure, share > 0.5) for part, share in zip(found, shares, strict=True)),
    )  # fmt: skip


def clicked(image: Radiograph, place: Array) -> Array:
    try:
        return drawn(grow_on_radiograph(image, (int(place[0]), int(place[1])), Settings()), image)
    except ReviewError:
        return np.zeros(image.pixels.shape, dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A proposal: its mask, how likely it is said to be a mass, and whether it is called one."""

    mask: Array
    sure: float
    is_mass: bool


def proposed(image: Radiograph) -> list[Found]:
    return [Found(drawn(part.outline, image), part.tissue_confidence, part.tissue is Tissue.CALCIFIED_MASS)
            for part in propose_on_radiograph(image, Settings(), limb=True).parts]  # fmt: skip


def false_large(found: list[Found], truth: Array | None, spacing_mm: tuple[float, float]) -> tuple[int, int]:
    """Count large proposals beside the mass, whether or not the film says of mm, and those that are called masses."""
    false = [part for part in found if (truth is None or not (part.mask & truth).any())
             and long_axis_mm(part.mask, spacing_mm) >= LARGE_MM]  # fmt: skip
    return len(false), sum(part.is_mass for part in false)


def drawn(outline: Outline, image: Radiograph) -> Array:
    return outline.mask_in((0, 0, 0), (1, *image.pixels.shape))[0]


def dice(one: Array, other: Array) -> float:
    total = int(one.sum() + other.sum())
    return 2 * int((one & other).sum()) / total if total else 0.0


def long_axis_mm(mask: Array, spacing_mm: tuple[float, float]) -> float:
    """Longest caliper of a mask's contour."""
    points = np.concatenate(find_contours(np.pad(mask.astype(float), 1), 0.5)) * spacing_mm
    return float(pdist(points[ConvexHull(points).vertices]).max())


@pytest.fixture(scope="module")
def seed(bars: BarTable) -> int:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: films of a limb", FILMS, "")
    return seed


def try_all(seed: int, capture: pytest.CaptureFixture[str]) -> list[Outcome]:
    jobs = [(name, seed, n, kind) for name in HELD_OUT for kind, count in ((False, FILMS), (True, FILMS // 2),
            (None, FILMS // 2)) for n in range(count)]  # fmt: skip
    found = []
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for n, done in enumerate(as_completed([pool.submit(tried, *job) for job in jobs]), 1):
            if (one := done.result()) is not None:
                found.append(one)
            if n % 20 == 0:
                with capture.disabled():
                    print(f"\n{n} of {len(jobs)} films", end="", flush=True)  # noqa: T201 - it takes minutes
    return found


@pytest.mark.long
def test_masses_on_films(
    benchmark: BenchmarkFixture, bars: BarTable, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = benchmark.pedantic(try_all, args=(seed, capsys), rounds=1)
    wanted = []
    for name, over_bone, least in (("free of bone", False, DICE_FREE), ("over bone", True, DICE_OVER_BONE)):
        masses = [one for one in outcomes if one.over_bone is over_bone and one.long_axis_mm >= SMALL_MM]
        large = [one for one in masses if one.long_axis_mm >= LARGE_MM]
        name = f"{name} ({len(masses)}, {len(large)} large)"
        shares = np.array([one.dice for one in masses])
        bars.note(f"{name}: Dice of one click, median", float(np.median(shares)), "")
        bars.note(f"{name}: clicks with a Dice below a half", 100 * float(np.mean(shares < 0.5)), "%")
        worst = np.array([one.clicks for one in masses if one.clicks is not None])
        bars.note(f"{name}: all of ten clicks the same", 100 * float(np.mean(worst >= SAME_DICE)), "%")
        found = 100 * float(np.mean([one.found for one in large]))
        bars.note(f"{name}: large ones proposed", found, "%")
        errors = np.array([one.long_axis_error for one in masses])
        bars.note(f"{name}: long axis, mean error", 100 * float(errors.mean()), "%")
        wanted += [
            (f"{name}: 1 - Dice of one click, median", 1 - float(np.median(shares)), 1 - least, ""),
            (f"{name}: 1 - least Dice between ten clicks, median", 1 - float(np.median(worst)), 1 - SAME_DICE, ""),
        ]
        axis = (f"{name}: long axis, median error", 100 * float(np.median(np.abs(errors))), 100 * LONG_AXIS, "%")
        wanted.append(axis)
        if not over_bone:
            wanted.append((f"{name}: large ones not proposed", 100 - found, 100 - 100 * FOUND, "%"))
    for name in HELD_OUT:
        bars.note(f"{name}: false proposals a film", np.mean([one.false for one in outcomes if one.name == name]), "")
    alone = [one.false for one in outcomes if one.over_bone is None]
    bars.note(f"films without a mass ({len(alone)}): false proposals of 20 mm a film", float(np.mean(alone)), "")
    false = float(np.mean([one.false for one in outcomes]))
    wanted.append((f"all films ({len(outcomes)}): false proposals of 20 mm a film", false, FALSE_A_FILM, ""))
    sure = float(np.mean([one.false_sure for one in outcomes]))
    bars.note(f"all films ({len(outcomes)}): false ones called a mass of 20 mm a film", sure, "")
    said = np.array([one for outcome in outcomes for one in outcome.said])
    for low, high in pairwise(BANDS):
        band = said[(said[:, 0] >= low) & (said[:, 0] < high)]
        name = f"confidence {low:.2f} to {min(high, 1):.2f} ({len(band)})"
        if len(band):
            bars.note(f"{name}: said, mean", 100 * float(band[:, 0].mean()), "%")
            bars.note(f"{name}: right", 100 * float(band[:, 1].mean()), "%")
    promised = 100 * float(said[:, 0].mean() - said[:, 1].mean())
    wanted.append((f"all proposals ({len(said)}): confidence above the share that is right", promised, PROMISED, "%"))
    bars.check_all(wanted)


@pytest.fixture(scope="module")
def large_radiograph() -> Radiograph:
    """43 x 35 cm of a thigh with a bone and three masses."""
    rows_mm, columns_mm = np.ogrid[:4300, :3500]
    y, x = rows_mm.astype(np.float32) / 10, columns_mm.astype(np.float32) / 10
    attenuation = 2.4 * np.sqrt(np.maximum(0, 1 - ((x - 175) / 120) ** 2)) + 0 * y
    attenuation += 0.8 * np.sqrt(np.maximum(0, 1 - ((x - 175) / 14) ** 2))
    attenuation -= 0.5 * np.sqrt(np.maximum(0, 1 - ((x - 175) / 9) ** 2))
    for row, column, radius in ((100, 120, 15), (300, 230, 30), (200, 215, 8)):
        attenuation += 0.02 * np.sqrt(np.maximum(0, radius**2 - (y - row) ** 2 - (x - column) ** 2))
    attenuation += 0.02 * np.random.default_rng(1).standard_normal(attenuation.shape, dtype=np.float32)
    pixels = np.clip(16383 - 15000 * np.exp(-attenuation), 0, 16383)
    return radiograph_of(pixels, (0.1, 0.1), relationship="LIN", bits=14)


def test_time_and_memory(benchmark: BenchmarkFixture, bars: BarTable, large_radiograph: Radiograph) -> None:
    settings = Settings()
    propose_on_radiograph(large_radiograph, settings)
    with watched_memory() as memory:
        found = benchmark.pedantic(propose_on_radiograph, args=(large_radiograph, settings), rounds=5)
        begun = time.perf_counter()
        grown = grow_on_radiograph(large_radiograph, (1000, 1200), settings)
        seconds = time.perf_counter() - begun
    assert any(part.outline.overlap(grown) > 0.9 * grown.voxel_count for part in found.parts)
    assert grown.voxel_count == pytest.approx(math.pi * 150**2, rel=0.1)
    bars.check_all(
        [
            ("4300 x 3500: time, least of five", benchmark.stats.stats.min, SECONDS, "s"),
            ("4300 x 3500: one click", seconds, SECONDS, "s"),
            ("4300 x 3500: memory above the film", memory.bytes / 1e9, GIGABYTES, "GB"),
        ]
    )


@pytest.fixture(autouse=True)
def _shared() -> None:
    missing = [folder for folder in LIMBS if not (SHARED / "dicom" / folder).exists()]
    if missing:
        pytest.skip(f"needs the public DICOM beside the project: {', '.join(missing)}")
