"""The score of a reading: points of each region by coverage and density, weighted and added."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from calcimeasure.model import Laterality
from calcimeasure.model.score import Combine, Score

if TYPE_CHECKING:
    from calcimeasure.model.score import CoverageGrade, FilmReading, Region, RegionReading, ScoreTable

HANDS = (Laterality.RIGHT, Laterality.LEFT)


def points_of(table: ScoreTable, region: Region, reading: RegionReading) -> float | None:
    """Give the weighted points of a region; None if it was not rated.

    A region without calcinosis (coverage 0) needs no density where both are multiplied.
    """
    if reading.coverage_percent is None:
        return None
    coverage = grade_of(table, reading.coverage_percent).points
    if reading.density is None:
        return 0.0 if coverage == 0 and table.combine is Combine.PRODUCT else None
    return region.weight * _combined(table, coverage, table.density[reading.density])


def grade_of(table: ScoreTable, percent: float) -> CoverageGrade:
    """Give the grade of a coverage."""
    return next(one for one in reversed(table.coverage) if percent >= one.from_percent)


def _combined(table: ScoreTable, coverage: float, density: float) -> float:
    return coverage * density if table.combine is Combine.PRODUCT else coverage + density


def score_of(table: ScoreTable, reading: FilmReading, days: int) -> Score:
    """Score a reading.

    Parameters
    ----------
    table
        The rules.
    reading
        What the reader rated.
    days
        Since the first reading of the patient by this reader.

    Returns
    -------
    Score
        Where a region of the table is missing, its bounds alone are known.
    """
    rated = {(one.region, one.laterality): one for one in reading.regions}
    hands = HANDS if table.both_hands else (Laterality.UNKNOWN,)
    known: list[float] = []
    lowest, highest, missing = 0.0, 0.0, 0
    for region in table.regions:
        for hand in hands:
            its = rated.get((region.name, hand))
            points = points_of(table, region, its) if its else None
            if points is not None:
                known.append(points)
                continue
            missing += 1
            least, most = _extremes(table)
            lowest += region.weight * least
            highest += region.weight * most
    total = math.fsum(known)
    return Score(
        reading.patient_key,
        reading.reader,
        days,
        table.name,
        len(known),
        missing,
        None if missing else total,
        total + lowest,
        total + highest,
    )


def _extremes(table: ScoreTable) -> tuple[float, float]:
    """Give the fewest and the most points that a region can have before its weight."""
    every = [_combined(table, one.points, other) for one in table.coverage for other in table.density.values()]
    return min(every), max(every)
