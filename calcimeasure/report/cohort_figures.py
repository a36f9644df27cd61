"""The figures of a cohort as SVG: the flow, the map of the body with shares, intervals, odds ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from calcimeasure.model import BodySite
from calcimeasure.report.body_map import HEIGHT, MIDDLE, WIDTH, place_of, stands_on_the_middle
from calcimeasure.report.words import site_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST_RADIUS: Final = 30.0
"""Of the disc of a site that all cases have: its area stands for the share."""

_SMALLEST_WITH_TEXT: Final = 8.0

Cells = dict[str, str]
"""A row of a table: what stands in it, by column."""


def site_map(shares: Sequence[Cells]) -> Markup:
    """Draw the body with a disc for each site, as large as its share, and a ring as large as the published one.

    A site of which the body has two has a disc on both sides: the share is that of patients with a mass on either.

    Parameters
    ----------
    shares
        Rows of body_map.csv.
    """
    told, parts = [], []
    for one in sorted(shares, key=lambda row: -float(row["percent"] or 0)):
        site = BodySite(one["site"])
        percent, published = float(one["percent"] or 0), float(one["published_percent"] or 0)
        if not (percent or published):
            continue
        beside = f", published {one['published_percent']} %" if published else ""
        share = f"{one['percent']} %" if one["percent"] else "not known" if one["missing"] != "0" else "no case"
        told.append(f"{site_words(site)} {share}{beside}")
        away, down = place_of(site)
        for sign in (0,) if stands_on_the_middle(site) else (-1, 1):
            parts += _disc((MIDDLE + sign * away, down), percent, published, one["percent"])
    label = f"Shares of the cases by site: {'; '.join(told) or 'none'}"
    head = Markup('<svg class="map shares" viewBox="0 0 {} {}" role="img" aria-label="{}" translate="no">')
    body = Markup('<g class="body"><use href="#body"/></g>')
    return Markup("").join([head.format(WIDTH, HEIGHT, label), body, *parts, Markup("</svg>")])


def _disc(place: tuple[float, float], percent: float, published: float, text: str) -> list[Markup]:
    x, y = place
    radius = _LARGEST_RADIUS * math.sqrt(percent / 100)
    parts = []
    if percent:
        parts.append(Markup('<circle class="share" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(x, y, radius))
    if published:
        ring = _LARGEST_RADIUS * math.sqrt(published / 100)
        parts.append(Markup('<circle class="published" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(x, y, ring))
    if radius >= _SMALLEST_WITH_TEXT:
        parts.append(Markup('<text class="share" x="{:.1f}" y="{:.1f}">{}</text>').format(x, y + 3, text))
    return parts


_BAR_WIDTH, _BAR_HEIGHT = 160, 16


def interval_bar(low: str, middle: str, high: str, published: str = "") -> Markup:
    """Draw a share with its interval between 0 and 100 %, and a mark at the published one."""
    if not low:
        return Markup("")

    def across(percent: str) -> float:
        return 4 + float(percent) / 100 * (_BAR_WIDTH - 8)

    return _bar(
        (across(low), across(middle), across(high)),
        across(published) if published else None,
        (across("0"), across("100")),
    )


_ODDS: Final = (0.01, 100.0)


def odds_bar(low: str, middle: str, high: str) -> Markup:
    """Draw an odds ratio with its interval between 0.01 and 100, on a logarithmic scale, and a mark at 1."""
    if not low:
        return Markup("")

    def across(ratio: str) -> float:
        number = min(max(float(ratio or "inf"), _ODDS[0]), _ODDS[1])
        share = math.log(number / _ODDS[0]) / math.log(_ODDS[1] / _ODDS[0])
        return 4 + share * (_BAR_WIDTH - 8)

    # Without a finite ratio the end that is known says which way it points.
    point = middle or ("" if float(low) > 1 or not high else low)
    return _bar((across(low), across(point), across(high)), across("1"), (across("0.01"), across("100")))


def _bar(ends: tuple[float, float, float], mark: float | None, axis: tuple[float, float]) -> Markup:
    low, middle, high = ends
    y = _BAR_HEIGHT / 2
    sign = Markup("")
    if mark is not None:
        sign = Markup('<path class="mark" d="M{x:.1f} 1V{down}"/>').format(x=mark, down=_BAR_HEIGHT - 1)
    return Markup(
        '<svg class="interval" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<path class="axis" d="M{first:.1f} {y}H{last:.1f}"/>{sign}<path class="range" d="M{low:.1f} {y}H{high:.1f}"/>'
        '<circle cx="{middle:.1f}" cy="{y}" r="3.6"/></svg>'
    ).format(
        w=_BAR_WIDTH, h=_BAR_HEIGHT, y=y, first=axis[0], last=axis[1], sign=sign, low=low, high=high, middle=middle
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the flow, and what leaves beside it: text and count."""

    text: str
    count: str
    leaving: tuple[tuple[str, str], ...] = ()


_BOX: Final = 300
_GAP: Final = 60
_ROW: Final = 17


def flow_chart(steps: Sequence[Step], label: str) -> Markup:
    """Draw boxes below each other, and beside each what leaves.

    Parameters
    ----------
    steps
        From top to bottom.
    label
        What a screen reader reads; the table below the figure has the numbers.
    """
    parts, top = list[Markup](), 1.0
    for number, one in enumerate(steps):
        height = 30.0
        parts.append(_box(1, top, _BOX, height, [(one.text, one.count)]))
        is_last = number == len(steps) - 1
        beside = max(26.0, 13.0 + _ROW * len(one.leaving)) if one.leaving else 14.0
        if one.leaving:
            y = top + height + 8
            parts.append(_box(_BOX / 2 + _GAP, y, _BOX + 40, beside - 3, one.leaving, "leaves"))
            parts.append(_line(_BOX / 2, y + beside / 2 - 2, _BOX / 2 + _GAP, y + beside / 2 - 2))
        below = top + height + beside + 16
        if not is_last:
            parts.append(_line(_BOX / 2, top + height, _BOX / 2, below))
        top = below if not is_last else top + height + (beside + 8 if one.leaving else 2)
    width = int(_BOX / 2 + _GAP + _BOX + 44)
    head = Markup('<svg class="flow" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}" translate="no">')
    return Markup("").join([head.format(width, top + 2, label), *parts, Markup("</svg>")])


def _box(
    x: float, y: float, width: float, height: float, lines: Sequence[tuple[str, str]], name: str = "stays"
) -> Markup:
    middle = y + height / 2 - _ROW * (len(lines) - 1) / 2 + 3.5
    texts = [
        Markup('<text x="{:.0f}" y="{:.1f}">{}</text><text x="{:.0f}" y="{:.1f}" class="count">{}</text>').format(
            x + 10, middle + _ROW * number, text, x + width - 10, middle + _ROW * number, count
        )
        for number, (text, count) in enumerate(lines)
    ]
    return Markup('<g class="{}"><rect x="{:.0f}" y="{:.1f}" width="{:.0f}" height="{:.1f}" rx="4"/>{}</g>').format(
        name, x, y, width, height, Markup("").join(texts)
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x1, y1, x2, y2)


def steps_of(flow: Sequence[Cells], words: Mapping[str, str]) -> list[Step]:
    """Give the boxes of the flow chart from the rows of flow.csv."""

    def count(step: str) -> str:
        return str(sum(int(one["n"]) for one in flow if one["step"] == step))

    def leaving(*steps: str) -> tuple[tuple[str, str], ...]:
        rows = [one for step in steps for one in flow if one["step"] == step and one["n"] != "0"]
        return tuple((_named(one, words), one["n"]) for one in rows)

    return [
        Step("Patients of the clinical table", count("patients"), leaving("literature")),
        Step("Patients of the cohort", count("cohort"), leaving("without_image")),
        Step("With images", count("with_image"), leaving("not_measured")),
        Step(
            "Measured",
            count("measured"),
            leaving("without_mass", "small_masses", "no_large_mass_stack_failed", "size_not_known"),
        ),
        Step("Measured, with a large mass", count("measured_large_mass")),
        Step("Cases, with those that are reported", count("cases")),
    ]


def _named(row: Cells, words: Mapping[str, str]) -> str:
    name = words.get(row["step"], row["step"].replace("_", " "))
    reason = row["reason"].replace("_", " ")
    return f"{name}: {reason}" if reason and row["step"] != "without_image" else name
