"""Pictures of lesions and overviews of stacks as SVG, with scale bars, directions and numbers."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from calcimeasure.analysis.indexed_png import facts_of, size_of
from calcimeasure.report.placing import Dot, lead, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import PointLps

_BARS_MM: Final = (1, 2, 5, 10, 20, 50, 100, 200)
_LONGEST_BAR_SHARE: Final = 0.4
_DOT_RADIUS: Final = 6.5
_NUMBER: Final = Markup(
    '<g class="dot"><circle class="at" cx="%.1f" cy="%.1f" r="1.6"/><circle cx="%.1f" cy="%.1f" r="%s"/>'
    '<text x="%.1f" y="%.1f">%s</text></g>'
)
_FRAME: Final = Markup(
    '<svg class="%s" viewBox="0 0 %s %s" role="img" aria-label="%s" translate="no"><image width="%s" height="%s" '
    'href="data:image/png;base64,%s"/>%s%s%s</svg>'
)
_BAR: Final = Markup('<path class="bar" d="M6 %sv-4M6 %sH%.2fM%.2f %sv-4"/><text class="on" x="6" y="%s">%s mm</text>')
_LETTERS: Final = Markup(
    '<text class="on" x="4" y="%s">%s</text><text class="on" x="%s" y="11" text-anchor="middle">%s</text>'
)
_BESIDE: Final = 13.0
"""Distance of a number from the middle of the mass that it names, so that it does not cover it."""


def picture(png: bytes, label: str) -> Markup:
    """Show the picture of a lesion.

    Parameters
    ----------
    png
        Drawn by `calcimeasure.analysis.picture`; without facts (an earlier version) no scale is drawn.
    label
        What a screen reader reads.
    """
    return _framed(png, label, "lesion", Markup(""))


def overview(png: bytes, label: str, lesions: Sequence[tuple[str, PointLps]]) -> Markup:
    """Show the overview of a stack with numbered lesions.

    Parameters
    ----------
    png
        Drawn by `calcimeasure.analysis.overview`.
    label
        What a screen reader reads.
    lesions
        The number of each and where it lies, largest first.
    """
    affine = facts_of(png)["affine"]
    wanted = []
    for number, point in lesions:
        x, y = (sum(a * b for a, b in zip(row, (*point, 1.0), strict=True)) + 0.5 for row in affine)
        wanted.append((number, (x, y)))
    width, height = size_of(png)
    # What the number covers would be what it names: it lies beside it.
    dots = placed(
        wanted,
        2 * _DOT_RADIUS + 0.5,
        lambda place, target: (
            _DOT_RADIUS <= place[0] <= width - _DOT_RADIUS
            and _DOT_RADIUS <= place[1] <= height - _DOT_RADIUS
            and (place[0] - target[0]) ** 2 + (place[1] - target[1]) ** 2 >= _BESIDE**2
        ),
    )
    kind = "overview tall" if height > width else "overview"
    return _framed(png, label, kind, Markup("").join([*map(lead, dots), *map(_number, dots)]))


def _number(dot: Dot) -> Markup:
    (x, y), (to_x, to_y) = dot.place, dot.target
    return _NUMBER % (to_x, to_y, x, y, _DOT_RADIUS, x, y + 2.7, dot.text)


def _framed(png: bytes, label: str, kind: str, more: Markup) -> Markup:
    width, height = size_of(png)
    facts = facts_of(png)
    data = Markup(b64encode(png).decode("ascii"))  # noqa: S704 - letters, digits, + / and =
    scale, letters = _scale_bar(facts.get("mm"), width, height), _letters(facts.get("letters") or "", width, height)
    return _FRAME % (kind, width, height, label, width, height, data, more, scale, letters)


def _scale_bar(pixel_mm: float | None, width: int, height: int) -> Markup:
    if not pixel_mm:
        return Markup("")
    longest_mm = _LONGEST_BAR_SHARE * width * pixel_mm
    bar_mm = max((one for one in _BARS_MM if one <= longest_mm), default=_BARS_MM[0])
    end = 6 + bar_mm / pixel_mm
    return _BAR % (height - 4, height - 6, end, end, height - 4, height - 12, bar_mm)


def _letters(letters: str, width: int, height: int) -> Markup:
    """Write the directions in the patient at the left and at the top."""
    if len(letters) != 2:
        return Markup("")
    return _LETTERS % (height / 2 + 3, letters[0], width / 2, letters[1])
