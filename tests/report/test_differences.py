"""The plot of differences: where its dots and lines lie, by hand."""

from __future__ import annotations

import re

import pytest

from calcimeasure.model.agreement import Selection, Statistic
from calcimeasure.report.differences import differences


def lines(bias: float, low: float, high: float, *, on_logarithm: bool = False) -> dict[str, Statistic]:
    values = {"bias": bias, "limit_low": low, "limit_high": high}
    return {
        name: Statistic(Selection.ALL, "CT", "volume_ml", name, value, None, None, "mL", on_logarithm, 3, 3)
        for name, value in values.items()
    }


def dots(plot: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', plot)]


def test_dots_lie_by_mean_and_difference() -> None:
    points = [((1.0, 2.0), True), ((3.0, 3.0), False), ((5.0, 4.0), True)]
    plot = differences("volume_ml", "mL", points, lines(0.0, -1.0, 1.0))
    (x1, y1), (x2, y2), (x3, y3) = dots(plot)
    # Means 1.5, 3, 4.5; differences 1, 0, -1: up is positive.
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.2)
    assert y1 < y2 < y3
    levels = [float(y) for y in re.findall(r'class="(?:bias|limit)" d="M52 ([\d.]+)H', plot)]
    assert levels == pytest.approx([y2, y3, y1], abs=0.1)


def test_on_the_logarithm_equal_ratios_have_equal_distances() -> None:
    points = [((1.0, 2.0), True), ((10.0, 10.0), True), ((100.0, 50.0), True)]
    plot = differences("volume_ml", "mL", points, lines(1.0, 0.5, 2.0, on_logarithm=True))
    (x1, y1), (x2, y2), (x3, y3) = dots(plot)
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.2)
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert "Ratio, second to first" in plot


def test_values_that_do_not_vary_are_drawn_too() -> None:
    plot = differences("mean_hu", "HU", [((800.0, 800.0), False)] * 2, lines(0.0, 0.0, 0.0))
    assert dots(plot)[0] == dots(plot)[1]
    assert "nan" not in plot
