"""Scores by a user's table: truth by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from calcimeasure.model import Laterality
from calcimeasure.model.score import (
    ChangeLimits,
    Combine,
    CoverageGrade,
    FilmReading,
    NotJudged,
    Region,
    RegionReading,
    Score,
    ScoreTable,
    ScoreVerdict,
)
from calcimeasure.study.agreement.continuous import icc_2_1
from calcimeasure.study.score.grade import points_of, score_of
from calcimeasure.study.score.progress import changes_of
from calcimeasure.study.score.readers import agreement_of_scores

RIGHT, LEFT = Laterality.RIGHT, Laterality.LEFT
TABLE = ScoreTable(
    "example",
    (Region("thumb", 1.0), Region("fingers", 2.0)),
    (CoverageGrade(0, 0), CoverageGrade(5, 1), CoverageGrade(25, 2)),
    {"faint": 1.0, "dense": 3.0},
)
LIMITS = ChangeLimits(25, -25, per_year=True, minimum_days=180)


def reading(*regions: RegionReading) -> FilmReading:
    return FilmReading("R1", date(2024, 1, 15), "first", regions)


@pytest.mark.parametrize(
    ("coverage", "density", "points"),
    [
        (0.0, None, 0.0),
        (4.9, "dense", 0.0),
        (5.0, "faint", 2.0),
        (24.9, "dense", 6.0),
        (25.0, "dense", 12.0),
        (100.0, "faint", 4.0),
        (25.0, None, None),
        (None, "dense", None),
    ],
)
def test_points_of_a_region(coverage: float | None, density: str | None, points: float | None) -> None:
    region = TABLE.regions[1]
    assert points_of(TABLE, region, RegionReading("fingers", RIGHT, coverage, density)) == points


def test_points_are_added_where_the_table_says_so() -> None:
    added = replace(TABLE, combine=Combine.SUM)
    region = TABLE.regions[1]
    assert points_of(added, region, RegionReading("fingers", RIGHT, 30.0, "dense")) == 10.0
    assert points_of(added, region, RegionReading("fingers", RIGHT, 0.0, None)) is None


def test_score_of_both_hands() -> None:
    all_four = reading(
        RegionReading("thumb", RIGHT, 10.0, "faint"),
        RegionReading("fingers", RIGHT, 40.0, "dense"),
        RegionReading("thumb", LEFT, 0.0, None),
        RegionReading("fingers", LEFT, 5.0, "faint"),
    )
    assert score_of(TABLE, all_four, 0) == Score("R1", "first", 0, "example", 4, 0, 15.0, 15.0, 15.0)


def test_a_missing_region_leaves_bounds_and_no_score() -> None:
    some = reading(RegionReading("thumb", RIGHT, 10.0, "faint"), RegionReading("thumb", LEFT, None, None))
    found = score_of(TABLE, some, 0)
    # Missing: the left thumb with at most 6, and the fingers of both hands with at most 12 points each.
    assert (found.score, found.rated, found.missing) == (None, 1, 3)
    assert (found.lower, found.upper) == (1.0, 31.0)


def score(days: int, value: float | None) -> Score:
    return Score("R1", "first", days, "example", 4, 0 if value is not None else 1, value, 0.0, 99.0)


@pytest.mark.parametrize(
    ("first", "later", "days", "verdict"),
    [
        (20.0, 25.0, 365, ScoreVerdict.PROGRESSION),  # 25.02 % a year
        (20.0, 25.0, 366, ScoreVerdict.STABLE),
        (20.0, 25.0, 730, ScoreVerdict.STABLE),
        (20.0, 14.0, 365, ScoreVerdict.IMPROVEMENT),
        (20.0, 20.0, 365, ScoreVerdict.STABLE),
        (0.0, 0.0, 365, ScoreVerdict.STABLE),
    ],
)
def test_verdict_by_the_limits_of_the_table(first: float, later: float, days: int, verdict: ScoreVerdict) -> None:
    (found,) = changes_of([score(days, later), score(0, first)], LIMITS)
    assert (found.verdict, found.reason) == (verdict, None)


@pytest.mark.parametrize(
    ("first", "later", "days", "reason"),
    [
        (20.0, 40.0, 179, NotJudged.TOO_SHORT),
        (None, 40.0, 400, NotJudged.REGIONS_MISSING),
        (20.0, None, 400, NotJudged.REGIONS_MISSING),
        (0.0, 4.0, 400, NotJudged.FROM_ZERO),
    ],
)
def test_what_is_not_judged(first: float | None, later: float | None, days: int, reason: NotJudged) -> None:
    (found,) = changes_of([score(0, first), score(days, later)], LIMITS)
    assert (found.verdict, found.reason) == (ScoreVerdict.NOT_EVALUABLE, reason)


def test_limits_are_those_of_the_user() -> None:
    two = [score(0, 20.0), score(730, 25.0)]
    assert changes_of(two, replace(LIMITS, per_year=False))[0].percent == pytest.approx(25.0)
    assert changes_of(two, None)[0].reason is NotJudged.NO_LIMITS
    from_zero = [score(0, 0.0), score(200, 4.0)]
    assert changes_of(from_zero, replace(LIMITS, from_zero=2.0))[0].verdict is ScoreVerdict.PROGRESSION
    assert changes_of(from_zero, replace(LIMITS, from_zero=5.0))[0].verdict is ScoreVerdict.STABLE


def test_readers_are_not_compared_with_each_other() -> None:
    other = replace(score(200, 40.0), reader="second")
    assert changes_of([score(0, 20.0), other], LIMITS) == []


def film(patient: str, reader: str, coverage: float | None, density: str | None) -> FilmReading:
    hands = (RIGHT, LEFT)
    regions = tuple(RegionReading(one.name, hand, coverage, density) for one in TABLE.regions for hand in hands)
    return FilmReading(patient, date(2024, 1, 15), reader, regions)


def test_two_readers_agree_as_far_as_the_figures_of_agreement_say() -> None:
    seen = {
        "A": (30.0, 30.0),
        "B": (5.0, 30.0),
        "C": (5.0, 10.0),
        "D": (0.0, 0.0),
        "E": (40.0, 30.0),
        "F": (90.0, None),
    }
    films = [
        film(name, reader, one, "faint") for name, both in seen.items() for reader, one in zip("xy", both, strict=True)
    ]
    scores = [score_of(TABLE, one, 0) for one in films]
    found = {(one.quantity, one.statistic): one for one in agreement_of_scores(TABLE, films, scores)}
    # Both hands, weights 1 and 2: 6 points a grade. The film of F that y did not rate is left out.
    ratings = np.array([[12, 12], [6, 12], [6, 6], [0, 0], [12, 12]], dtype=np.float64)
    icc = found["score", "icc_2_1"]
    assert (icc.value, icc.count, icc.patients) == (pytest.approx(icc_2_1(ratings), abs=1e-9), 5, 5)
    assert icc.low is not None
    assert icc.low <= (icc.value or 0) <= (icc.high or 0)
    assert found["score", "bias"].value == pytest.approx(6 / 5)
    coverage = found["coverage", "kappa"]
    grades = [str(int(one) // 6) for one in ratings.ravel() for _ in range(4)]
    ones, others = (np.array(grades).reshape(5, 2, 4)[:, place].ravel() for place in (0, 1))
    assert coverage.value == pytest.approx(cohens_kappa(to_table(np.column_stack((ones, others)))[0]).kappa, abs=1e-9)
    assert (coverage.count, found["coverage", "same"].value) == (20, pytest.approx(16 / 20))
    assert found["density", "kappa"].value is None, "both have one word throughout"
    assert found["density", "same"].value == 1.0


def test_one_reader_agrees_with_nobody() -> None:
    films = [film("A", "x", 10.0, "faint")]
    assert agreement_of_scores(TABLE, films, [score_of(TABLE, films[0], 0)]) == []


def test_readers_without_a_film_in_common_have_no_figure() -> None:
    films = [film("A", "x", 10.0, "faint"), film("B", "y", 10.0, "faint")]
    found = agreement_of_scores(TABLE, films, [score_of(TABLE, one, 0) for one in films])
    assert {(one.value, one.count) for one in found} == {(None, 0)}
