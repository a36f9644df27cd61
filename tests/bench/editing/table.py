"""What one click and what drawing on every fourth slice give, against masses whose voxels are known by formula.

``python -m tests.bench.editing`` prints the table and writes it to results/bench/editing.csv, and each case to
results/bench/editing-cases.csv. CALCIMEASURE_BENCH_MASSES=20 draws so many masses of each scene,
CALCIMEASURE_BENCH_SEED begins with another seed.
"""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np

from calcimeasure import Settings
from calcimeasure.model import Outline
from calcimeasure.review.pointing import added_at
from calcimeasure.review.shaping import interpolated, smoothed, snapped
from tests.bench.conftest import PROJECT
from tests.masses import Case, imaged
from tests.phantoms import Ellipsoid, Lobulated, straight_grid
from tests.tissue_scenes import scene, shaft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from tests.bench.conftest import BarTable
    from tests.masses import Scene

SETTINGS = Settings()
MASSES = int(os.environ.get("CALCIMEASURE_BENCH_MASSES") or 12)
SEED = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or 100)
CASES = PROJECT / "results" / "bench" / "editing-cases.csv"

FREE: tuple[Scene, ...] = ("alone", "among muscles", "between tissues", "cobblestone", "beside bone")
ON_BONE: tuple[str, ...] = ("on bone", "on a shaft", "round a shaft")


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An image of a mass, and the voxels whose centers lie in it."""

    volume: Volume
    held: NDArray[np.bool_]


def known(name: str, seed: int) -> Known:
    """Make a case: of tests/masses.py, or on the shaft of tests/tissue_scenes.py."""
    if name in ("on a shaft", "round a shaft"):
        return _on_shaft(seed, name == "round a shaft")
    slice_mm = (1.0, 1.5, 2.5)[seed % 3]
    one = imaged(Case(seed, slice_mm, 15, 60, name))
    index = np.stack(np.indices(one.grid.shape_kji), axis=-1)
    return Known(one.volume(), one.mass.safe_distance_mm(one.grid.positions_lps_mm(index)) < 0)


def _on_shaft(seed: int, round_it: bool) -> Known:
    """A mass on the cortex of a hollow bone; or lobes that lie round a third of it."""
    rng = np.random.default_rng([seed, 7])
    half_mm = np.exp(rng.uniform(np.log(7), np.log(25)))
    axes_mm = half_mm * np.array([1.0, *rng.uniform(0.5, 1.0, 2)])
    radius_mm, cortex_mm, hu = rng.uniform(7, 14), rng.uniform(2, 4.5), rng.uniform(350, 1200)
    away_mm = radius_mm + axes_mm[0] * rng.uniform(0.75, 1.0)
    turns = (-0.7, 0.0, 0.7) if round_it else (0.0,)
    lobes = tuple(
        Ellipsoid(
            (-20.0 + float(away_mm * np.cos(turn)), float(away_mm * np.sin(turn)), float(4 * turn)),
            tuple(float(one) for one in axes_mm),
            hu,
            (0.0, 0.0, float(np.degrees(turn))),
        )
        for turn in turns
    )
    mass = Lobulated(lobes, hu)
    spacing_mm = (float(rng.choice([1.0, 2.0, 2.5])), 0.8, 0.8)
    grid = straight_grid((round(90 / spacing_mm[0]), 150, 160), spacing_mm)
    # Painted last, the bone takes its own place: what lies in it is no mass.
    volume = scene([mass, shaft(-20.0, radius_mm, cortex_mm)], grid=grid, seed=seed)
    places = grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1))
    in_bone = np.hypot(places[..., 0] + 20.0, places[..., 1]) <= radius_mm
    return Known(volume, (mass.safe_distance_mm(places) < 0) & ~in_bone)


def dice(outline: Outline, held: NDArray[np.bool_]) -> float:
    """Overlap with what is true: 1 is all of it, and nothing else."""
    mask = outline.mask_in((0, 0, 0), held.shape)
    return float(2 * np.count_nonzero(mask & held) / (np.count_nonzero(mask) + np.count_nonzero(held)))


def click(one: Known, seed: int) -> tuple[int, int, int]:
    """Choose a voxel where a reader would click: anywhere in the deeper half of the mass."""
    depth = edt.edt(one.held, anisotropy=one.volume.geometry.spacing_kji_mm)
    able = np.argwhere((depth >= depth.max() / 2) & (one.volume.attenuation_hu >= SETTINGS.threshold_hu))
    k, j, i = np.random.default_rng([seed, 3]).choice(able).tolist()
    return k, j, i


def every_fourth(one: Known) -> Outline:
    """What a reader draws: the truth on every fourth slice, and on its first and last one."""
    drawn = one.held.copy()
    slices = np.flatnonzero(one.held.any(axis=(1, 2)))
    left_out = [k for n, k in enumerate(slices) if n % 4 and k != slices[-1]]
    drawn[left_out] = False
    return Outline.from_mask(drawn)


def outcome(name: str, seed: int) -> dict[str, object]:
    """Click into a mass, fill every fourth slice; Dice and seconds of each."""
    one = known(name, seed)
    place = click(one, seed)
    begun, cpu = time.perf_counter(), time.process_time()
    clicked = added_at(one.volume, None, place, SETTINGS).outline
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu
    filled = interpolated(every_fourth(one), one.volume)
    return {
        "scene": name,
        "seed": seed,
        "voxels": int(np.count_nonzero(one.held)),
        "click": round(dice(clicked, one.held), 4),
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "every_fourth": round(dice(filled, one.held), 4),
        "smoothed": round(dice(smoothed(filled, one.volume), one.held), 4),
        "snapped": round(dice(snapped(filled, one.volume, SETTINGS), one.held), 4),
    }


def judge_all() -> list[dict[str, object]]:
    """Judge every case, and write each as a row."""
    CASES.parent.mkdir(parents=True, exist_ok=True)
    rows = [outcome(name, SEED + n) for name in (*FREE, *ON_BONE) for n in range(MASSES)]
    with CASES.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def note_all(table: BarTable, rows: list[dict[str, object]]) -> None:
    """Write the medians beside their bars, and the tenth percentile of each scene."""
    for name in (*FREE, *ON_BONE):
        for figure in ("click", "every_fourth", "snapped"):
            values = _values(rows, (name,), figure)
            table.note(f"{name}: {figure}, median", float(np.median(values)), "")
            table.note(f"{name}: {figure}, 10th percentile", float(np.percentile(values, 10)), "")
    table.note("seconds of a click, median", float(np.median(_values(rows, (*FREE, *ON_BONE), "seconds"))), "s")
    every = (*FREE, *ON_BONE)
    table.check_at_least("one click, free: Dice, median", float(np.median(_values(rows, FREE, "click"))), 0.92, "")
    table.check_at_least(
        "one click, on bone: Dice, median", float(np.median(_values(rows, ON_BONE, "click"))), 0.85, ""
    )
    table.check_at_least(
        "every fourth slice: Dice, median", float(np.median(_values(rows, every, "every_fourth"))), 0.93, ""
    )
    table.check("one click: CPU seconds, median", float(np.median(_values(rows, every, "cpu_seconds"))), 0.5, "s")


def _values(rows: list[dict[str, object]], scenes: tuple[str, ...], figure: str) -> list[float]:
    return [float(str(row[figure])) for row in rows if row["scene"] in scenes]
