"""How well calcified masses are told from bone: new masses in real CT at each run.

CALCIMEASURE_BENCH_SEED=123 makes the masses of that run again, CALCIMEASURE_BENCH_MASSES=9 puts nine into each image.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import Settings, find_series, load_image
from calcimeasure.model import Tissue
from calcimeasure.segment import propose
from calcimeasure.segment.ct import judge
from calcimeasure.segment.ct.constants import CT
from tests.bench.memory import watched_memory
from tests.conftest import SHARED
from tests.inserted_masses import anatomy
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, EllipticCylinder, LongBone, render, straight_grid
from tests.tissue_bars import (
    FALSE_SMALL_PER_SERIES,
    LARGE_MM,
    LIMBS,
    OTHERS,
    SMALL_MM,
    Outcome,
    false_masses_mm,
    figures,
    inserted_into,
    labeled_parts,
    limb_volumes,
    mass_probability,
    other_volumes,
    outcome_among,
)

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from calcimeasure.model import Volume
    from calcimeasure.segment.ct.features import Features
    from tests.bench.conftest import BarTable

MASSES = int(os.environ.get("CALCIMEASURE_BENCH_MASSES") or 6)
"""In each image: two of three on bone."""

SECONDS, GIGABYTES = 2.5, 1.0


@dataclass(frozen=True, slots=True)
class Stack:
    """What a series with and without inserted masses gave."""

    name: str
    outcomes: list[Outcome]
    false_mm: list[float]
    probabilities: list[tuple[float, bool]]
    parts: list[tuple[Features, bool]]


@pytest.fixture(scope="module")
def seed(bars: BarTable) -> int:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}: masses an image", MASSES, "")
    return seed * 100


def tried(name: str, limb: bool, seed: int) -> Stack:
    """Judge a series as it is, and with one mass at a time."""
    volume = (limb_volumes() if limb else other_volumes())[name]
    settings = Settings()
    untouched = propose(volume, settings)
    probabilities = [(mass_probability(part), False) for part in untouched.parts]
    parts = labeled_parts(volume)
    outcomes = []
    where = anatomy(volume)
    for n in range(MASSES):
        one = inserted_into(where, name, seed + n, on_bone=n % 3 != 2, size_mm=(LARGE_MM, 80.0))
        if one is None:
            continue
        outcomes.append(outcome_among(one, propose(one.volume, settings), settings))
        probabilities.append((outcomes[-1].probability, True))
        parts += labeled_parts(one.volume, one)
    return Stack(name, outcomes, false_masses_mm(volume, untouched), probabilities, parts)


def try_all(limb: bool, seed: int) -> list[Stack]:
    names = list(limb_volumes() if limb else other_volumes())
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(tried, names, [limb] * len(names), [seed] * len(names)))


@pytest.mark.long
@pytest.mark.parametrize("limb", [True, False], ids=["limbs", "others"])
def test_masses_and_bones(benchmark: BenchmarkFixture, bars: BarTable, seed: int, limb: bool) -> None:
    found = benchmark.pedantic(try_all, args=(limb, seed), rounds=1)
    name = "limbs" if limb else "trunk, head, spine, chest"
    outcomes = [one for stack in found for one in stack.outcomes]
    large = sum(mm >= LARGE_MM for stack in found for mm in stack.false_mm)
    small = sum(mm >= SMALL_MM for stack in found for mm in stack.false_mm)
    wanted = [
        *figures(name, outcomes),
        (f"{name}: false masses of 20 mm, of {len(found)} series", large, 0, ""),
        (f"{name}: false masses of 10 mm, a series", small / len(found), FALSE_SMALL_PER_SERIES, ""),
    ]
    for stack in found:
        note_series(bars, stack)
    note_reliability(bars, name, [pair for stack in found for pair in stack.probabilities])
    note_signs(bars, name, [part for stack in found for part in stack.parts])
    if limb:
        bars.check_all(wanted)
    else:
        for what, figure, _, unit in wanted:
            bars.note(what, figure, unit)


def note_series(bars: BarTable, stack: Stack) -> None:
    found = sum(one.as_one for one in stack.outcomes)
    bars.note(f"{stack.name}: found as one, of {len(stack.outcomes)}", found, "")
    bars.note(f"{stack.name}: false masses of 10 mm", sum(mm >= SMALL_MM for mm in stack.false_mm), "")


def note_reliability(bars: BarTable, name: str, pairs: list[tuple[float, bool]]) -> None:
    """Brier score, and how often what is said to be a mass with some probability is one."""
    said, true = np.array([p for p, _ in pairs]), np.array([is_mass for _, is_mass in pairs])
    bars.note(f"{name}: Brier score of {len(pairs)} proposals", float(np.mean((said - true) ** 2)), "")
    for low, high in ((0, 0.15), (0.15, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.001)):
        here = (said >= low) & (said < high)
        if here.any():
            held = f"{name}: said {low:.2f} to {min(high, 1):.2f} ({np.count_nonzero(here)} times), mean"
            bars.note(held, float(said[here].mean()), "")
            bars.note(f"{name}:   and was a mass", float(true[here].mean()), "")


def note_signs(bars: BarTable, name: str, parts: list[tuple[Features, bool]]) -> None:
    """Judge parts again with each sign at its mean: what it is good for."""
    true = np.array([is_mass for _, is_mass in parts])
    log_odds = np.array([[sign.weight * judge.read(sign, features) for sign in CT.signs] for features, _ in parts])

    def note(what: str, without: np.ndarray) -> None:
        said = 1 / (1 + np.exp(-(CT.base_log_odds + without.sum(axis=1))))
        bars.note(f"{name}, parts, {what}: Brier score", float(np.mean((said - true) ** 2)), "")
        bars.note(
            f"{name}, parts, {what}: missed of {true.sum()}",
            int(np.sum(true & (said < Settings().mass_probability))),
            "",
        )
        bars.note(
            f"{name}, parts, {what}: false of {(~true).sum()}",
            int(np.sum(~true & (said >= Settings().mass_probability))),
            "",
        )

    note("all signs", log_odds)
    for n, sign in enumerate(CT.signs):
        without = log_odds.copy()
        without[:, n] = (log_odds[true, n].mean() + log_odds[~true, n].mean()) / 2
        note(f"without {sign.name}", without)


def test_shared_phantoms(benchmark: BenchmarkFixture, bars: BarTable) -> None:
    folder = SHARED / "phantoms"
    wanted = len((folder / "truth.csv").read_text().splitlines()) - 1

    def masses() -> int:
        volumes = [load_image(stack) for stack in find_series(folder).series]
        return sum(
            part.tissue is Tissue.CALCIFIED_MASS for volume in volumes for part in propose(volume, Settings()).parts
        )

    found = benchmark.pedantic(masses, rounds=1)
    bars.check("phantoms: masses too many or too few", abs(found - wanted), 0, "")


@pytest.fixture(scope="module")
def pelvis() -> Volume:
    """500 x 512 x 512: a trunk with a bony ring, a spine of vertebrae, two femora, and a mass on one of them."""
    grid = straight_grid((500, 512, 512), (1.0, 0.8, 0.8))
    trunk = EllipticCylinder((0.0, 0.0, 0.0), (185.0, 130.0), 400.0, 40.0)
    femora = [LongBone((x, 0.0, -400.0), (x, 0.0, 30.0), 16.0, 5.0) for x in (-95.0, 95.0)]
    heads = [Ellipsoid((x, 0.0, 30.0), (24.0, 24.0, 24.0), 600.0) for x in (-95.0, 95.0)]
    spongy = [Ellipsoid((x, 0.0, 30.0), (22.0, 22.0, 22.0), 260.0) for x in (-95.0, 95.0)]
    ring = [
        EllipticCylinder((0.0, 0.0, 90.0), (120.0, 80.0), 50.0, 700.0),
        EllipticCylinder((0.0, 0.0, 90.0), (110.0, 70.0), 55.0, 40.0),
    ]
    spine = [EllipticCylinder((0.0, 60.0, 60.0 + 35 * n), (24.0, 17.0), 14.0, 600.0) for n in range(6)]
    marrow = [EllipticCylinder((0.0, 60.0, 60.0 + 35 * n), (22.0, 15.0), 12.0, 230.0) for n in range(6)]
    mass = Ellipsoid((-68.0, 8.0, -80.0), (20.0, 15.0, 26.0), 700.0, (10.0, 20.0, 30.0))
    shapes = [trunk, mass, *heads, *spongy, *femora, *ring, *spine, *marrow]
    return volume_of(render(shapes, grid, noise_sd_hu=18.0, in_plane_samples=1, subslice_mm=1.0), grid)


def test_time_and_memory(benchmark: BenchmarkFixture, bars: BarTable, pelvis: Volume) -> None:
    settings = Settings()
    propose(pelvis, settings)
    with watched_memory() as memory:
        found = benchmark.pedantic(propose, args=(pelvis, settings), rounds=5)
    begun = time.process_time()
    propose(pelvis, settings)
    cpu = time.process_time() - begun
    assert any(part.tissue is Tissue.CALCIFIED_MASS for part in found.parts)
    bars.note("500 x 512 x 512: CPU time", cpu, "s")
    bars.check_all(
        [
            ("500 x 512 x 512: time, least of five", benchmark.stats.stats.min, SECONDS, "s"),
            ("500 x 512 x 512: memory above the volume", memory.bytes / 1e9, GIGABYTES, "GB"),
        ]
    )


@pytest.fixture(autouse=True)
def _shared() -> None:
    missing = [folder for folder in (*LIMBS, *OTHERS) if not (SHARED / "dicom" / folder).exists()]
    if missing:
        pytest.skip(f"needs the public DICOM beside the project: {', '.join(missing)}")
