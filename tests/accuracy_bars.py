"""What accuracy has to reach, for the benchmark and for its small version in the test suite."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from calcimeasure import Settings, analyze, find_series
from tests.masses import Errors, median_and_worst, share_held

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Figure: TypeAlias = tuple[str, float, float, str]
"""What, how much, at most, unit."""

SMALL_VOLUME = 5.0
"""Largest median error in percent of the volume where masses are small or stand beside what disturbs."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Median and 98th percentile of what a measurement may be off."""

    slice_mm: float
    volume: tuple[float, float]
    diameter_mm: tuple[float, float]
    long_axis_mm: tuple[float, float]

    def figures(self, errors: Sequence[Errors]) -> list[Figure]:
        rows: list[tuple[str, list[float], tuple[float, float], str]] = [
            ("volume", [100 * error.volume for error in errors], self.volume, "%"),
            ("max 3D diameter", [error.diameter_mm for error in errors], self.diameter_mm, "mm"),
            ("long axis", [error.long_axis_mm for error in errors], self.long_axis_mm, "mm"),
        ]
        return [
            (f"{self.slice_mm} mm: {what}, {how}", figure, at_most, unit)
            for what, sizes, bars, unit in rows
            for how, figure, at_most in zip(("median", "worst"), median_and_worst(sizes), bars, strict=True)
        ]


BARS = (
    Bar(0.8, (0.25, 1.5), (0.10, 0.35), (0.07, 0.35)),
    Bar(1.5, (0.25, 1.5), (0.12, 0.45), (0.10, 0.35)),
    Bar(3.0, (0.3, 2.5), (0.20, 0.8), (0.15, 0.5)),
    Bar(5.0, (0.4, 3.0), (0.28, 1.2), (0.2, 0.8)),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an interval has to hold the truth, in percent, and how wide it may be for that."""

    what: Literal["volume", "max 3D diameter", "long axis"]
    lowest: float = 93.0
    highest: float = 97.5
    widest: float = 2.0

    def figures(self, errors: Sequence[Errors]) -> list[Figure]:
        pairs = {
            "volume": [(error.volume, error.volume_u95) for error in errors],
            "max 3D diameter": [(error.diameter_mm, error.diameter_u95_mm) for error in errors],
            "long axis": [(error.long_axis_mm, error.long_axis_u95_mm) for error in errors],
        }[self.what]
        held = 100 * share_held(pairs)
        sizes, half_widths = np.abs(pairs).T
        width = float(np.median(half_widths) / np.percentile(sizes, 95))
        return [
            (f"truth outside the interval of {self.what}", 100 - held, 100 - self.lowest, "%"),
            (f"truth inside the interval of {self.what}", held, self.highest, "%"),
            (f"median half-width / 95th percentile of errors, {self.what}", width, self.widest, ""),
        ]


ON_BONE = Bar(3.0, (8.0, 8.0), (2.0, 2.0), (2.0, 2.0))

COVERAGE = (Coverage("volume"), Coverage("max 3D diameter"), Coverage("long axis"))


def shared_phantom_figures(folder: Path) -> tuple[list[Figure], list[str]]:
    """Measure the phantoms beside the project; return figures, and the masses that were not told apart from bone."""
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figures: list[Figure] = []
    not_separated = []
    errors: dict[str, list[Errors]] = {}
    for case in dict.fromkeys(row["case"] for row in rows):
        (stack,) = find_series(folder / case, Settings()).series
        lesions = analyze(stack).lesions
        for row in (row for row in rows if row["case"] == case):
            center = np.array([float(row[f"{axis}_lps_mm"]) for axis in "xyz"])
            near = min(lesions, key=lambda one: float(np.linalg.norm(one.measurements.centroid_lps_mm - center)))
            found = near.measurements
            if np.linalg.norm(found.centroid_lps_mm - center) > 5 or not (found.volume_ml and found.max_3d_diameter):
                not_separated.append(f"{case} {row['lesion']}")
                continue
            errors.setdefault(case, []).append(
                Errors(
                    found.volume_ml / float(row["volume_ml"]) - 1,
                    found.max_3d_diameter.length_mm - float(row["max_3d_diameter_mm"]),
                    found.long_axis.length_mm - float(row["long_axis_mm"]),
                )
            )
    for case, of_case in errors.items():
        volumes = [100 * abs(error.volume) for error in of_case]
        if case == "small":
            figures.append(("shared phantoms, small: volume, median", float(np.median(volumes)), SMALL_VOLUME, "%"))
            continue
        spacing_mm = float(next(row["slice_spacing_mm"] for row in rows if row["case"] == case))
        # The bars of the next wider slices in the table; on bone, where the border is a cut, wider ones.
        bar = ON_BONE if case == "onbone" else next(bar for bar in BARS if bar.slice_mm >= spacing_mm)
        # A case holds three masses: each of them is held to what the worst may be off.
        figures += [
            (f"shared phantoms, {case}: volume, worst", max(volumes), bar.volume[1], "%"),
            (
                f"shared phantoms, {case}: max 3D diameter, worst",
                max(abs(error.diameter_mm) for error in of_case),
                bar.diameter_mm[1],
                "mm",
            ),
            (
                f"shared phantoms, {case}: long axis, worst",
                max(abs(error.long_axis_mm) for error in of_case),
                bar.long_axis_mm[1],
                "mm",
            ),
        ]
    return figures, not_separated
