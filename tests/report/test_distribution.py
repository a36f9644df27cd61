"""A histogram counts every value once, between round values on a logarithmic scale."""

import re

import pytest

from calcimeasure.report.distribution import histogram


def heights(svg: str) -> list[float]:
    return [float(one) for one in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]


@pytest.mark.parametrize("values", [[1.0], [0.001, 1000.0], [10.0, 10.0, 100.0], [3.0 * n for n in range(1, 60)]])
def test_every_value_is_counted_once(values: list[float]) -> None:
    svg = histogram(values, "Size", "mm", 2)
    bars = heights(svg)
    most = int(re.findall(r'text-anchor="end">(\d+)<', svg)[0])
    assert sum(round(height / max(bars) * most) for height in bars) == len(values)


def test_median_is_said() -> None:
    assert "3 masses, median 20.00 mm" in histogram([5.0, 20.0, 80.0], "Size", "mm", 2)


def test_without_values_nothing_is_drawn() -> None:
    assert histogram([0.0], "Size", "mm", 2) == ""
