"""A dot lies on the side that its mass has, whatever else lies there; a mass without a side has none."""

import math
from itertools import combinations

import pytest

from calcimeasure.model import BodySite, Laterality
from calcimeasure.report.body_map import HEIGHT, MIDDLE, WIDTH, Marked, body_map, dots_of

SITES = [one for one in BodySite if one is not BodySite.UNKNOWN]
AXIAL = {BodySite.HEAD_NECK, BodySite.CHEST, BodySite.SPINE, BodySite.ABDOMEN, BodySite.PELVIS}


@pytest.mark.parametrize("site", SITES)
def test_right_is_on_the_viewers_left(site: BodySite) -> None:
    right, left = (Marked("1", side, site).place for side in (Laterality.RIGHT, Laterality.LEFT))
    assert right is not None
    assert left is not None
    assert right[0] < MIDDLE < left[0]
    assert right[0] + left[0] == pytest.approx(WIDTH)
    assert right[1] == left[1]


@pytest.mark.parametrize("site", list(BodySite))
def test_without_a_side_there_is_no_dot(site: BodySite) -> None:
    assert Marked("1", Laterality.UNKNOWN, site).place is None
    middle = Marked("1", Laterality.MIDLINE, site).place
    assert (middle is not None) == (site in AXIAL)
    assert middle is None or middle[0] == MIDDLE


def test_without_a_site_there_is_no_dot() -> None:
    assert Marked("1", Laterality.LEFT, BodySite.UNKNOWN).place is None


def test_levels_of_the_spine_are_below_each_other() -> None:
    downs = [Marked("1", Laterality.MIDLINE, BodySite.SPINE, level).place for level in ("C4", "T7", "L3", "S1")]
    assert [place[1] for place in downs if place] == sorted(place[1] for place in downs if place)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_no_dot_covers_another_or_leaves_its_side(count: int) -> None:
    masses = [
        Marked(f"{n}", side, site)
        for site in SITES
        for side in (Laterality.RIGHT, Laterality.LEFT, Laterality.MIDLINE)
        for n in range(count)
    ]
    dots = [dot for dot, _ in dots_of(masses[:: 1 if count < 9 else 3])]
    assert len(dots) > 12
    for dot in dots:
        assert (dot.place[0] > MIDDLE) == (dot.target[0] > MIDDLE) or abs(dot.place[0] - MIDDLE) < 1
        assert 0 < dot.place[0] < WIDTH
        assert 0 < dot.place[1] < HEIGHT
    if count < 9:
        assert min(math.dist(one.place, other.place) for one, other in combinations(dots, 2)) > 14


def test_many_masses_at_one_place_share_a_dot() -> None:
    masses = [Marked(f"{n}", Laterality.LEFT, BodySite.KNEE, is_large=n == 20) for n in range(1, 21)]
    dots = dots_of(masses)
    assert [dot.text for dot, _ in dots] == [*map(str, range(1, 9)), "+12"]
    assert [is_large for _, is_large in dots] == [False] * 8 + [True]


def test_map_is_drawn_with_its_label() -> None:
    drawn = body_map([Marked("1", Laterality.LEFT, BodySite.KNEE)], 'of "A"')
    assert 'aria-label="of &#34;A&#34;"' in drawn
    assert drawn.count("<circle") == 1
