"""Agreement of numbers: published values, an oracle, and what is worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.weightstats import DescrStatsW

from calcimeasure.study.agreement.continuous import (
    REPEATABILITY,
    bias_of,
    difference_sums,
    icc_2_1,
    is_skewed,
    limit_of,
    within_cv_of,
    within_sd_of,
)

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
"""Table 2 of Psychol Bull 1979;86:420: six targets, four judges. Table 4 there gives ICC(2,1) = 0.29."""


def test_icc_of_the_published_example() -> None:
    assert icc_2_1(SHROUT_FLEISS) == pytest.approx(0.2898, abs=5e-5)


def icc_by_statsmodels(ratings: np.ndarray) -> float:
    n, k = ratings.shape
    long = pd.DataFrame(
        {"rating": ratings.ravel(), "subject": np.repeat(np.arange(n), k), "rater": np.tile(np.arange(k), n)}
    )
    table = anova_lm(ols("rating ~ C(subject) + C(rater)", data=long).fit())
    between, raters, error = (table["sum_sq"] / table["df"])[["C(subject)", "C(rater)", "Residual"]]
    return float((between - error) / (between + (k - 1) * error + k * (raters - error) / n))


@pytest.mark.parametrize(("n", "k", "scale"), [(6, 2, 1.0), (25, 2, 1e4), (12, 3, 1e-3), (8, 5, 30.0)])
def test_icc_is_that_of_the_analysis_of_variance(n: int, k: int, scale: float) -> None:
    random = np.random.default_rng(n * k)
    subjects = random.normal(5.0, 2.0, (n, 1))
    ratings = scale * (subjects + random.normal(0.3, 0.4, (1, k)) + random.normal(0.0, 0.7, (n, k)) + 100)
    assert icc_2_1(ratings) == pytest.approx(icc_by_statsmodels(ratings), abs=1e-9)


def test_icc_of_readings_that_are_equal_or_do_not_vary() -> None:
    assert icc_2_1(np.array([[1.0, 1.0], [4.0, 4.0], [9.0, 9.0]])) == pytest.approx(1.0, abs=1e-12)
    assert np.isnan(icc_2_1(np.full((4, 2), 3.0)))
    assert np.isnan(icc_2_1(np.array([[1.0, 2.0]])))
    # Absolute agreement: a constant difference counts, unlike in a correlation. By hand: MSR 2, MSC 6, MSE 0, n 3.
    assert icc_2_1(np.array([[1.0, 3.0], [2.0, 4.0], [3.0, 5.0]])) == pytest.approx(2 / (2 + 2 * 6 / 3), abs=1e-12)


def test_bias_and_limits_are_those_of_the_differences() -> None:
    random = np.random.default_rng(3)
    ones = random.normal(40.0, 9.0, 30)
    others = ones + random.normal(0.8, 2.0, 30)
    sums = difference_sums(ones, others).sum(axis=0)
    oracle = DescrStatsW(others - ones, ddof=1)
    assert float(bias_of(sums)) == pytest.approx(oracle.mean, abs=1e-9)
    for sign in (-1.0, 1.0):
        assert float(limit_of(sums, sign)) == pytest.approx(oracle.mean + sign * 1.96 * oracle.std, abs=1e-9)
    assert np.isnan(float(limit_of(difference_sums(ones[:1], others[:1]).sum(axis=0), 1.0)))


def test_within_subject_variation_by_hand() -> None:
    # Differences 2, -2, 4; means 10, 20, 40: shares 0.2, 0.1, 0.1.
    ones, others = np.array([9.0, 21.0, 38.0]), np.array([11.0, 19.0, 42.0])
    sums = difference_sums(ones, others).sum(axis=0)
    assert float(within_sd_of(sums)) == pytest.approx((24 / 6) ** 0.5, abs=1e-12)
    assert float(within_cv_of(sums)) == pytest.approx((0.06 / 6) ** 0.5, abs=1e-12)
    assert pytest.approx(2.7718585822512662, abs=1e-12) == REPEATABILITY


def test_a_share_of_a_value_that_is_not_positive_is_not_given() -> None:
    sums = difference_sums(np.array([-100.0, 50.0]), np.array([-90.0, 52.0])).sum(axis=0)
    assert np.isnan(float(within_cv_of(sums)))
    assert float(within_sd_of(sums)) == pytest.approx((104 / 4) ** 0.5)


def test_differences_are_judged_on_the_logarithm_where_sizes_are_skewed_and_positive() -> None:
    # Means 1, 1, 1, 1, 9: mean 2.6, variance 10.24, third moment 49.152, skewness 1.5.
    ones = np.array([1.0, 1.0, 1.0, 1.0, 9.0])
    assert is_skewed(ones, ones)
    assert not is_skewed(np.arange(1.0, 10.0), np.arange(1.0, 10.0))
    assert not is_skewed(ones - 1.0, ones)
    assert not is_skewed(np.full(5, 2.0), np.full(5, 2.0))
    assert not is_skewed(ones[:0], ones[:0])
    assert not is_skewed(ones[-2:], ones[-2:])
