"""The map of the body: a figure from the front with a numbered dot for each mass whose side and site are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from calcimeasure.model import BodySite, Laterality
from calcimeasure.report.placing import Dot, Point, lead, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 240, 400
MIDDLE = WIDTH / 2
_RADIUS: Final = 7.5
_MOST_AT_A_PLACE: Final = 9
"""More masses of one side and site share a dot: +12."""

_PLACES: Final[dict[BodySite, Point]] = {
    BodySite.HEAD_NECK: (13, 42),
    BodySite.SHOULDER: (40, 86),
    BodySite.UPPER_ARM: (49, 122),
    BodySite.ELBOW: (58, 156),
    BodySite.FOREARM: (66, 188),
    BodySite.HAND_WRIST: (78, 228),
    BodySite.CHEST: (17, 112),
    BodySite.SPINE: (10, 140),
    BodySite.ABDOMEN: (17, 162),
    BodySite.PELVIS: (14, 196),
    BodySite.HIP: (32, 206),
    BodySite.THIGH: (24, 248),
    BodySite.KNEE: (22, 288),
    BodySite.LOWER_LEG: (22, 326),
    BodySite.ANKLE_FOOT: (24, 376),
}
"""Of each site: how far it lies from the middle, and how far down."""

_ON_THE_MIDDLE: Final = (BodySite.HEAD_NECK, BodySite.CHEST, BodySite.SPINE, BodySite.ABDOMEN, BodySite.PELVIS)
_LEVELS: Final = {"C": 72.0, "T": 112.0, "L": 156.0, "S": 184.0}
"""How far down a level of the spine lies."""

_SIGNS: Final = {Laterality.RIGHT: -1, Laterality.LEFT: 1, Laterality.MIDLINE: 0}
"""The patient faces the viewer: the right side is on the viewer's left."""

# One half of the figure is drawn, and mirrored. Lengths from the middle, as in _PLACES.
_HALF: Final = (
    # trunk, from the neck down to the crotch
    "M0 56H9Q9 68 20 72Q42 74 47 90L41 118Q37 132 33 140Q29 158 32 172Q41 190 43 210L2 218H0Z",
    # arm and hand
    "M30 74Q52 76 57 98L66 150Q74 170 78 204Q86 214 88 226Q90 240 84 250Q78 252 74 244Q68 232 70 216"
    "Q66 206 62 190L50 152Q42 130 38 110Z",
    # leg and foot
    "M2 212L43 208Q46 246 36 284Q40 312 32 340Q28 356 30 366Q42 380 40 386Q30 392 18 386Q14 376 16 362"
    "Q8 330 12 306Q10 294 10 284Q4 252 2 222Z",
)
_DOT: Final = Markup('<g class="%s"><circle cx="%.1f" cy="%.1f" r="%s"/><text x="%.1f" y="%.1f">%s</text></g>')
_HEAD: Final = f'<ellipse cx="{MIDDLE:g}" cy="34" rx="19" ry="25"/>'


@dataclass(frozen=True, slots=True)
class Marked:
    """A mass as the map shows it: its number, side, site, detail of the site, and whether it is large."""

    number: str
    laterality: Laterality
    body_site: BodySite
    detail: str = ""
    is_large: bool = False

    @property
    def place(self) -> Point | None:
        """Where it lies on the map; None if side or site are not known, or do not belong together."""
        if self.body_site not in _PLACES or self.laterality not in _SIGNS:
            return None
        sign = _SIGNS[self.laterality]
        if sign == 0 and self.body_site not in _ON_THE_MIDDLE:
            return None
        away, down = _PLACES[self.body_site]
        if self.body_site is BodySite.SPINE:
            down = _LEVELS.get(self.detail[:1].upper(), down)
        return MIDDLE + sign * away, down


def place_of(body_site: BodySite) -> Point:
    """Give how far a site lies from the middle of the map, and how far down."""
    return _PLACES[body_site]


def stands_on_the_middle(body_site: BodySite) -> bool:
    """Tell whether the body has a site once, so that it lies on the middle of the map."""
    return body_site in _ON_THE_MIDDLE


def dots_of(masses: Sequence[Marked]) -> list[tuple[Dot, bool]]:
    """Place the dots of masses, and tell of each whether its mass is large (of a shared dot: any of them)."""
    at_place: dict[Point, list[Marked]] = {}
    for mass in masses:
        if mass.place is not None:
            at_place.setdefault(mass.place, []).append(mass)
    wanted = []
    for point, group in at_place.items():
        shown = group if len(group) <= _MOST_AT_A_PLACE else group[: _MOST_AT_A_PLACE - 1]
        wanted += [(mass.number, point, mass.is_large) for mass in shown]
        if rest := group[len(shown) :]:
            wanted.append((f"+{len(rest)}", point, any(mass.is_large for mass in rest)))
    dots = placed([(text, point) for text, point, _ in wanted], 2 * _RADIUS + 1, _stays_on_its_side)
    return [(dot, is_large) for dot, (_, _, is_large) in zip(dots, wanted, strict=True)]


def _stays_on_its_side(place: Point, target: Point) -> bool:
    """Tell whether a dot lies wholly on the side of what it names, and on the map."""
    inside = _RADIUS <= place[0] <= WIDTH - _RADIUS and _RADIUS <= place[1] <= HEIGHT - _RADIUS
    if target[0] == MIDDLE:
        return inside and abs(place[0] - MIDDLE) < 1
    away = place[0] - MIDDLE
    return inside and abs(away) >= _RADIUS and (away > 0) == (target[0] > MIDDLE)


def body_map(masses: Sequence[Marked], label: str) -> Markup:
    """Draw the map as SVG.

    Parameters
    ----------
    masses
        The masses, largest first. Those without a place are left out (`Marked.place`): the report lists them in words.
    label
        What a screen reader reads.
    """
    parts = [
        Markup('<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="{}" translate="no">').format(
            WIDTH, HEIGHT, label
        ),
        Markup('<g class="body"><use href="#body"/></g>'),
        Markup(
            '<text class="edge" x="6" y="14">R</text><text class="edge" x="{}" y="14" text-anchor="end">L</text>'
        ).format(WIDTH - 6),
    ]
    dots = dots_of(masses)
    parts += [lead(dot) for dot, _ in dots if dot.is_moved]
    for dot, is_large in dots:
        x, y = dot.place
        parts.append(_DOT % ("dot" if is_large else "dot small", x, y, _RADIUS, x, y + 3, dot.text))
    return Markup("").join([*parts, Markup("</svg>")])


def body_symbol() -> Markup:
    """Draw the figure once for a page: every map refers to it."""
    half = Markup("").join(Markup('<path d="{}"/>').format(path) for path in _HALF)
    return Markup(
        '<svg class="hidden" aria-hidden="true"><defs><g id="body">{}<g transform="translate({:g} 0)">{}</g>'
        '<g transform="translate({:g} 0) scale(-1 1)">{}</g></g></defs></svg>'
    ).format(Markup(_HEAD), MIDDLE, half, MIDDLE, half)  # noqa: S704 - own text
