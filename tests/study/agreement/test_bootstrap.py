"""Intervals over patients: the sums of each patient give what its lesions themselves give."""

from __future__ import annotations

import numpy as np
import pytest

from calcimeasure.study.agreement.bootstrap import interval
from calcimeasure.study.agreement.constants import AGREEMENT
from calcimeasure.study.agreement.continuous import icc_2_1, icc_of_sums, icc_sums
from calcimeasure.study.agreement.nominal import mean_of


def test_the_interval_is_that_of_resampled_lesions() -> None:
    random = np.random.default_rng(8)
    patients = [f"p{number}" for number in range(12) for _ in range(1 + number % 3)]
    subjects = random.normal(30.0, 8.0, len(patients))
    ratings = subjects[:, None] + random.normal(0.0, 3.0, (len(patients), 2))
    found = interval(icc_sums(ratings), patients, lambda sums: icc_of_sums(sums, 2))
    draws = np.random.default_rng(AGREEMENT.seed).multinomial(12, np.full(12, 1 / 12), size=AGREEMENT.resamples)
    rows = [np.flatnonzero([one == f"p{number}" for one in patients]) for number in range(12)]
    drawn = [
        icc_2_1(
            ratings[np.concatenate([np.tile(rows[number], times) for number, times in enumerate(draw)]).astype(int)]
        )
        for draw in draws
    ]
    assert found == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=1e-9)


def test_the_same_lesions_give_the_same_interval_in_any_order_within_a_patient() -> None:
    values = np.array([[1.0, float(one)] for one in (0, 1, 1, 0, 1, 1, 1, 0)])
    patients = list("aabbccde")
    found = interval(values, patients, mean_of)
    assert found is not None
    assert found == interval(values[[1, 0, 3, 2, 5, 4, 6, 7]], patients, mean_of)
    assert 0 <= found[0] < values[:, 1].mean() < found[1] <= 1


def test_masses_of_one_patient_are_no_independent_ones() -> None:
    """Ten patients with one mass each, and the same with ten equal masses each: the interval is the same."""
    values = np.array([[1.0, float(number % 2)] for number in range(10)])
    once = interval(values, [str(number) for number in range(10)], mean_of)
    often = interval(np.repeat(values, 10, axis=0), [str(n) for n in range(10) for _ in range(10)], mean_of)
    assert once == often


def test_no_interval_over_few_patients_or_of_what_is_mostly_undefined() -> None:
    values = np.ones((30, 2))
    assert interval(values, ["one"] * 10 + ["two"] * 10 + ["three"] * 10, mean_of) is None
    rare = np.array([[float(number == 0), 1.0] for number in range(10)])
    assert interval(rare, [str(number) for number in range(10)], mean_of) is None
