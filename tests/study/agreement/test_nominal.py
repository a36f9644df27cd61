"""Agreement of words and of detection, against an oracle and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from calcimeasure.study.agreement.nominal import kappa, mean_of, positive_agreement_of, same_of, word_sums

WORDS = ["left", "midline", "right", "unknown"]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_kappa_is_that_of_statsmodels(count: int) -> None:
    random = np.random.default_rng(count)
    table = random.integers(1, 12, (count, count))
    ones = [WORDS[i] for i in range(count) for j in range(count) for _ in range(table[i, j])]
    others = [WORDS[j] for i in range(count) for j in range(count) for _ in range(table[i, j])]
    oracle = cohens_kappa(table)
    assert kappa(ones, others) == pytest.approx(oracle.kappa, abs=1e-9)
    assert float(same_of(word_sums(ones, others).sum(axis=0))) == pytest.approx(np.trace(table) / table.sum())


def test_kappa_by_hand() -> None:
    # 20 both yes, 15 both no, 5 and 10 different: observed 0.7, expected 0.5 (the usual example of textbooks).
    ones = ["yes"] * 25 + ["no"] * 25
    others = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(ones, others) == pytest.approx(0.4, abs=1e-12)


def test_kappa_leaves_chance_no_room_where_one_word_is_said() -> None:
    assert np.isnan(kappa(["left"] * 3, ["left"] * 3))
    assert np.isnan(kappa([], []))
    assert kappa(["left", "right"], ["right", "left"]) == pytest.approx(-1.0)


def test_positive_agreement_and_mean_by_hand() -> None:
    assert float(positive_agreement_of(np.array([6.0, 1.0, 3.0]))) == pytest.approx(12 / 16)
    assert np.isnan(float(positive_agreement_of(np.zeros(3))))
    assert float(mean_of(np.array([4.0, 3.0]))) == pytest.approx(0.75)
