"""Masses from date to date as SVG: the timeline of a patient, spider and waterfall of all patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 14, 34
_TICKS: Final = 5
_FEWEST_BARS: Final = 10
"""Room is left for so many: a bar alone does not fill the figure."""

_DASHES: Final = ("", "6 3", "2 3", "8 3 2 3")
"""Lines are told apart without color, too."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a day, with the half-width of its 95 % interval; None where it is not known."""

    day: int
    value: float
    u95: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Values over days: of a mass or of a patient."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """The change of a patient in percent, its half-width, and the response by the interval."""

    name: str
    percent: float
    u95: float
    response: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to places between two ends."""

    first: float
    last: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        return self.start + (value - self.first) / (self.last - self.first) * (self.stop - self.start)

    def ticks(self) -> list[float]:
        """Round values inside."""
        step = _step((self.last - self.first) / _TICKS)
        first = int(-(-self.first // step))
        last = int(self.last // step)
        return [n * step for n in range(first, last + 1)]


def _step(least: float) -> float:
    """Give the smallest of 1, 2 and 5 times a power of 10 that is no smaller."""
    power = 10.0 ** len(str(int(least))) if least >= 1 else 1.0
    while power > least:
        power /= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _scales(days: Sequence[float], values: Sequence[float]) -> tuple[_Scale, _Scale]:
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.06 * (high - low or 1.0)
    across = _Scale(min(days), max(max(days), min(days) + 1), _LEFT, _WIDTH - _RIGHT)
    return across, _Scale(low - room if low < 0 else 0.0, high + room, _HEIGHT - _BOTTOM, _TOP)


def courses(lines: Sequence[Course], name: str, unit: str) -> Markup:
    """Draw values over days with their intervals.

    Parameters
    ----------
    lines
        Each a line; those without points are left out.
    name, unit
        What the values are, and in which unit.

    Returns
    -------
    Markup
        SVG; empty if there is no point.
    """
    lines = [one for one in lines if one.points]
    points = [point for one in lines for point in one.points]
    if not points:
        return Markup("")
    ends = [point.value + sign * (point.u95 or 0.0) for point in points for sign in (-1, 1)]
    across, up = _scales([point.day for point in points], ends)
    parts = [_axes(across, up, unit)]
    parts += [_course(one, number, across, up) for number, one in enumerate(lines)]
    told = "; ".join(f"{one.name}: {', '.join(f'{point.value:.4g} {unit}' for point in one.points)}" for one in lines)
    return _figure(f"{name} over days: {told}", parts)


def _course(course: Course, number: int, across: _Scale, up: _Scale) -> Markup:
    places = [(across.at(point.day), up.at(point.value), point) for point in course.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
    parts = [Markup('<path class="line" d="M{}" stroke-dasharray="{}"/>').format(path, _DASHES[number % len(_DASHES)])]
    for x, y, point in places:
        if point.u95:
            low, high = up.at(point.value - point.u95), up.at(point.value + point.u95)
            parts.append(Markup('<path class="range" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x, low, high))
            parts += [Markup('<path class="range" d="M{:.1f} {:.1f}h6"/>').format(x - 3, end) for end in (low, high)]
        parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.6"/>').format(x, y))
    return Markup('<g class="course c{}">{}</g>').format(number % 6, Markup("").join(parts))


def waterfall(bars: Sequence[Bar], name: str) -> Markup:
    """Draw a bar for each patient, from the largest growth to the largest loss.

    Parameters
    ----------
    bars
        Of patients whose change is known.
    name
        What the bars are.

    Returns
    -------
    Markup
        SVG; empty if there is no bar.
    """
    if not bars:
        return Markup("")
    bars = sorted(bars, key=lambda one: -one.percent)
    up = _scales([0, 1], [one.percent + sign * one.u95 for one in bars for sign in (-1, 1)])[1]
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(bars), _FEWEST_BARS)
    parts = [_axes(None, up, "%")]
    zero = up.at(0.0)
    for number, one in enumerate(bars):
        x, y = _LEFT + number * step, up.at(one.percent)
        middle = x + step / 2
        low, high = up.at(one.percent - one.u95), up.at(one.percent + one.u95)
        parts.append(
            Markup(
                '<g class="fall {}"><rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                '<path class="range" d="M{:.1f} {:.1f}V{:.1f}"/></g>'
            ).format(one.response, x + 0.1 * step, min(y, zero), 0.8 * step, abs(y - zero), middle, low, high)
        )
    told = "; ".join(f"{one.name} {one.percent:+.1f} %" for one in bars)
    return _figure(f"{name}: {told}", parts)


def _axes(across: _Scale | None, up: _Scale, unit: str) -> Markup:
    parts = []
    for value in up.ticks():
        y = up.at(value)
        name = "zero" if value == 0 else "grid"
        parts.append(Markup('<path class="{}" d="M{} {:.1f}H{}"/>').format(name, _LEFT, y, _WIDTH - _RIGHT))
        parts.append(Markup('<text class="up" x="{}" y="{:.1f}">{:g}</text>').format(_LEFT - 5, y + 3.5, value))
    parts.append(Markup('<text x="4" y="{}">{}</text>').format(_TOP - 3, unit))
    for value in across.ticks() if across else ():
        x = across.at(value) if across else 0.0
        parts.append(Markup('<text class="at" x="{:.1f}" y="{}">{:g}</text>').format(x, _HEIGHT - _BOTTOM + 15, value))
    if across:
        x, y = (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4
        parts.append(Markup('<text class="at" x="{:.0f}" y="{}">days</text>').format(x, y))
    return Markup("").join(parts)


def _figure(label: str, parts: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}" translate="no">')
    return Markup("").join([head.format(_WIDTH, _HEIGHT, label), *parts, Markup("</svg>")])
