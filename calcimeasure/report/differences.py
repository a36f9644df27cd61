"""A plot of differences beside means (Bland and Altman), as SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from calcimeasure.model.agreement import Statistic

_WIDTH, _HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 14, 40
_TICKS: Final = 5
_LINES: Final = {"bias": "bias", "limit_low": "limit", "limit_high": "limit"}


def differences(
    name: str, unit: str, points: Sequence[tuple[tuple[float, float], bool]], lines: Mapping[str, Statistic]
) -> Markup:
    """Plot the difference of two readings beside their mean, for each mass.

    Parameters
    ----------
    name, unit
        What was read, and its unit.
    points
        Both values of each mass, and whether at least one reading redrew it: then its dot is filled.
    lines
        Bias and limits of agreement, by the name of the statistic. On the logarithm both axes are logarithmic, and the
        ratio of both readings takes the place of the difference.

    Returns
    -------
    Markup
        SVG.
    """
    on_logarithm = lines["bias"].on_logarithm
    across = [math.sqrt(a * b) if on_logarithm else (a + b) / 2 for (a, b), _ in points]
    up = [b / a if on_logarithm else b - a for (a, b), _ in points]
    levels = {key: value for key in _LINES if (value := lines[key].value) is not None}
    zero = 1.0 if on_logarithm else 0.0
    x, x_ticks = _scale(across, (_LEFT, _WIDTH - _RIGHT), on_logarithm)
    y, y_ticks = _scale([*up, *levels.values(), zero], (_HEIGHT - _BOTTOM, _TOP), on_logarithm)
    parts = [
        Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/>').format(_LEFT, _TOP, _HEIGHT - _BOTTOM, _WIDTH - _RIGHT),
        *(
            Markup(
                '<path class="axis" d="M{0:.1f} {1}v4"/><text x="{0:.1f}" y="{2}" text-anchor="middle">{3:.4g}</text>'
            ).format(x(one), _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM + 15, one)
            for one in x_ticks
        ),
        *(
            Markup(
                '<path class="axis" d="M{0} {1:.1f}h-4"/><text x="{2}" y="{3:.1f}" text-anchor="end">{4:.3g}</text>'
            ).format(_LEFT, y(one), _LEFT - 7, y(one) + 3.5, one)
            for one in y_ticks
        ),
        Markup('<path class="zero" d="M{0} {1:.1f}H{2}"/>').format(_LEFT, y(zero), _WIDTH - _RIGHT),
        *(
            Markup('<path class="{0}" d="M{1} {2:.1f}H{3}"/>').format(_LINES[key], _LEFT, y(level), _WIDTH - _RIGHT)
            for key, level in levels.items()
        ),
        *(
            Markup('<circle class="{0}" cx="{1:.1f}" cy="{2:.1f}" r="3.2"/>').format(
                "redrawn" if is_redrawn else "kept", x(mean), y(difference)
            )
            for mean, difference, (_, is_redrawn) in zip(across, up, points, strict=True)
        ),
    ]
    what = "Ratio, second to first" if on_logarithm else f"Difference, second less first, {unit}"
    label = f"{name}: {what} beside the mean, {len(points)} masses"
    caption = f"{name}. {what}, beside the mean{f' ({unit})' if unit else ''}; {len(points)} masses."
    return Markup(
        '<figure><svg class="differences" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">{3}</svg>'
        "<figcaption>{4}</figcaption></figure>"
    ).format(_WIDTH, _HEIGHT, label, Markup("").join(parts), caption)


def _scale(
    values: Sequence[float], ends: tuple[float, float], on_logarithm: bool
) -> tuple[Callable[[float], float], list[float]]:
    """Make the scale of an axis, and choose its ticks."""
    low, high = min(values), max(values)
    if on_logarithm:
        low, high = math.log10(low), math.log10(high)
    margin = 0.08 * (high - low) or abs(high) * 0.1 or 0.1
    low, high = low - margin, high + margin

    def place(value: float) -> float:
        share = ((math.log10(value) if on_logarithm else value) - low) / (high - low)
        return ends[0] + share * (ends[1] - ends[0])

    steps = [low + (high - low) * (n + 0.5) / _TICKS for n in range(_TICKS)]
    if on_logarithm:
        return place, [float(f"{10**one:.2g}") for one in steps]
    return place, _round_ticks(low, high)


def _round_ticks(low: float, high: float) -> list[float]:
    """Choose multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [step * number for number in range(first, math.floor(high / step) + 1)]
