"""How the sizes of masses are distributed: a histogram on a logarithmic scale, as SVG."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

_BINS_A_DECADE: Final = 5
_WIDTH, _HEIGHT = 420, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 16, 34


def histogram(values: Sequence[float], name: str, unit: str, decimals: int) -> Markup:
    """Draw a histogram.

    Parameters
    ----------
    values
        Positive numbers; others are left out.
    name, unit, decimals
        What they are, in which unit, and with how many decimals the tables have them: so the median is written, too.

    Returns
    -------
    Markup
        SVG; empty if there is no value.
    """
    logs = sorted(math.log10(one) for one in values if one > 0)
    if not logs:
        return Markup("")
    first = math.floor(logs[0] * _BINS_A_DECADE + 1e-9)
    last = max(math.ceil(logs[-1] * _BINS_A_DECADE - 1e-9), first + 1)
    if last * 1.0 <= logs[-1] * _BINS_A_DECADE:
        last += 1
    counts = [0] * (last - first)
    for one in logs:
        counts[min(int((one - first / _BINS_A_DECADE) * _BINS_A_DECADE + 1e-9), len(counts) - 1)] += 1
    middle = median(10**one for one in logs)

    def across(log: float) -> float:
        share = (log * _BINS_A_DECADE - first) / (last - first)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def up(count: float) -> float:
        return _HEIGHT - _BOTTOM - count / max(counts) * (_HEIGHT - _TOP - _BOTTOM)

    bars = [
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            across((first + n) / _BINS_A_DECADE) + 0.5,
            up(count),
            across((first + n + 1) / _BINS_A_DECADE) - across((first + n) / _BINS_A_DECADE) - 1,
            up(0) - up(count),
        )
        for n, count in enumerate(counts)
        if count
    ]
    ticks = [
        Markup('<path d="M{x:.1f} {y}v4"/><text x="{x:.1f}" y="{text}" text-anchor="middle">{value:g}</text>').format(
            x=across(math.log10(value)), y=_HEIGHT - _BOTTOM, text=_HEIGHT - _BOTTOM + 15, value=value
        )
        for value in _ticks(first / _BINS_A_DECADE, last / _BINS_A_DECADE)
    ]
    words = f"{name}, {unit}, on a logarithmic scale: {len(logs)} masses, median {middle:.{decimals}f} {unit}"
    return Markup(
        '<svg class="histogram" viewBox="0 0 {w} {h}" role="img" aria-label="{words}" translate="no">'
        '<g class="bars">{bars}</g><path d="M{left} {y}H{right}M{left} {top}V{y}"/>'
        '<text x="{edge}" y="{top_text}" text-anchor="end">{most}</text>'
        '<text x="{edge}" y="{y}" text-anchor="end">0</text>{ticks}'
        '<path class="median" d="M{middle:.1f} {top}V{y}"/>'
        '<text x="{center}" y="{bottom}" text-anchor="middle">{name}, {unit}</text></svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        words=words,
        bars=Markup("").join(bars),
        ticks=Markup("").join(ticks),
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        top=_TOP,
        y=_HEIGHT - _BOTTOM,
        edge=_LEFT - 5,
        top_text=_TOP + 5,
        most=max(counts),
        middle=across(math.log10(middle)),
        center=(_LEFT + _WIDTH - _RIGHT) / 2,
        bottom=_HEIGHT - 3,
        name=name,
        unit=unit,
    )


def _ticks(low: float, high: float) -> list[float]:
    """Choose round values between two logarithms: every decade, and 2 and 5 between few decades."""
    factors = (1, 2, 5) if high - low <= 3 else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    values = [factor * 10.0**decade for decade in decades for factor in factors]
    return [one for one in values if low - 1e-9 <= math.log10(one) <= high + 1e-9]
