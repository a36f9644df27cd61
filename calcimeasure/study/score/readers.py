"""How far two readers of the same films agree, by the same figures as two readings of masses."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.model.score import ScoreAgreement
from calcimeasure.study.agreement.bootstrap import interval
from calcimeasure.study.agreement.continuous import (
    REPEATABILITY,
    bias_of,
    difference_sums,
    icc_of_sums,
    icc_sums,
    limit_of,
    within_sd_of,
)
from calcimeasure.study.agreement.nominal import kappa_of, same_of, word_sums
from calcimeasure.study.score.grade import grade_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from calcimeasure.model.score import FilmReading, Score, ScoreTable

    Array = NDArray[np.float64]
    Film = tuple[str, date]
    Words = dict[tuple[str, date, str, str], str]
    """By patient, date, region and hand: the grade."""

_OF_DIFFERENCES: Final[dict[str, Callable[[Array], Array]]] = {
    "bias": bias_of,
    "limit_low": lambda sums: limit_of(sums, -1.0),
    "limit_high": lambda sums: limit_of(sums, 1.0),
    "within_sd": within_sd_of,
    "repeatability": lambda sums: REPEATABILITY * within_sd_of(sums),
}


def agreement_of_scores(
    table: ScoreTable, films: Sequence[FilmReading], scores: Sequence[Score]
) -> list[ScoreAgreement]:
    """Compare every two readers in the scores and the grades of the films that both read.

    Parameters
    ----------
    table
        The rules of the score.
    films, scores
        The readings, and the score of each.

    Returns
    -------
    list of ScoreAgreement
        Intervals are those of a bootstrap over patients.
    """
    totals: dict[str, dict[Film, float]] = defaultdict(dict)
    for film, score in zip(films, scores, strict=True):
        if score.score is not None:
            totals[film.reader][film.patient_key, film.day] = score.score
    density, coverage = (_words(table, films, name) for name in ("density", "coverage"))
    found: list[ScoreAgreement] = []
    for first, second in combinations(sorted({one.reader for one in films}), 2):
        found += _of_totals((first, second), totals[first], totals[second])
        found += _of_grades((first, second), "coverage", coverage[first], coverage[second])
        found += _of_grades((first, second), "density", density[first], density[second])
    return found


def _words(table: ScoreTable, films: Sequence[FilmReading], name: str) -> dict[str, Words]:
    """Give the grades of each reader in words: of the coverage the number of its grade in the table."""
    found: dict[str, Words] = defaultdict(dict)
    for film in films:
        for one in film.regions:
            word = one.density if name == "density" else None
            if name == "coverage" and one.coverage_percent is not None:
                word = str(table.coverage.index(grade_of(table, one.coverage_percent)))
            if word is not None:
                found[film.reader][film.patient_key, film.day, one.region, one.laterality] = word
    return found


def _of_totals(
    readers: tuple[str, str], ones: dict[Film, float], others: dict[Film, float]
) -> Iterator[ScoreAgreement]:
    both = [film for film in ones if film in others]
    patients = [film[0] for film in both]
    values = np.array([(ones[film], others[film]) for film in both], dtype=np.float64).reshape(-1, 2)
    yield _statistic(readers, ("score", "icc_2_1"), patients, icc_sums(values), lambda sums: icc_of_sums(sums, 2))
    sums = difference_sums(*values.T)
    for name, compute in _OF_DIFFERENCES.items():
        yield _statistic(readers, ("score", name), patients, sums, compute)


def _of_grades(readers: tuple[str, str], quantity: str, ones: Words, others: Words) -> Iterator[ScoreAgreement]:
    both = [place for place in ones if place in others]
    sums = word_sums([ones[place] for place in both], [others[place] for place in both])
    patients = [place[0] for place in both]
    yield _statistic(readers, (quantity, "kappa"), patients, sums, kappa_of)
    yield _statistic(readers, (quantity, "same"), patients, sums, same_of)


def _statistic(
    readers: tuple[str, str],
    name: tuple[str, str],
    patients: Sequence[str],
    sums: Array,
    compute: Callable[[Array], Array],
) -> ScoreAgreement:
    value = float(compute(sums.sum(axis=0))) if len(sums) else math.nan
    ends = interval(sums, patients, compute) if math.isfinite(value) else None
    low, high = ends or (None, None)
    is_known = math.isfinite(value)
    return ScoreAgreement(*readers, *name, value if is_known else None, low, high, len(sums), len(set(patients)))
