"""No wrong side, whatever the patient's position and the images' axes; and a side where the evidence carries it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from calcimeasure.locate.anatomy import Anatomy
from calcimeasure.locate.body import Body as BodyInField
from calcimeasure.locate.midline import find_midline
from calcimeasure.locate.ordered import Ordered
from calcimeasure.locate.place import place_of
from calcimeasure.locate.side import side_of
from calcimeasure.locate.site import site_of
from calcimeasure.locate.words import SaidSide, SideEvidence
from calcimeasure.model import BodySite, Laterality, Midline, Outline, Side, SideSource, Site, SiteSource, Volume
from tests.bodies import ARMS, LEGS, ONE_LEG, ORIENTATIONS, TRUNK, Ball, Body, Pose, Tube, Vector, grid_of
from tests.phantoms import Grid
from tests.test_geometry import geometry_of

LEFT, RIGHT, UNKNOWN, MIDLINE = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN, Laterality.MIDLINE
AXIAL = ((1, 0, 0), (0, 1, 0))
TAG, WORD = SideSource.DICOM_TAG, SideSource.DESCRIPTION


Said = tuple[SideSource, SideEvidence]


def tag(side: Laterality | None, disagrees: bool = False) -> Said:
    return TAG, SideEvidence(SaidSide(side or "nothing"), (f"tag {side}",), disagrees)


def word(side: Laterality | None) -> Said:
    return WORD, SideEvidence(SaidSide(side or "nothing"), (f"word {side}",))


def at(site: BodySite) -> Site:
    return Site(site, SiteSource.DICOM_TAG)


def mass(body: Body, grid: Grid, number: int = 0) -> Outline:
    """Outline of a mass of a body."""
    ball = body.masses[number]
    points = body.pose.to_body_mm(grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1)))
    return Outline.from_mask(np.linalg.norm(points - ball.center_mm, axis=-1) <= ball.radius_mm)


def anatomy_in(
    volume: Volume,
    bodies: list[Outline],
    skeleton: list[Outline],
    *said: Said,
    site: BodySite = BodySite.UNKNOWN,
) -> Anatomy:
    """See no more than a midline and bodies, and read what was ordered."""
    midline, why = find_midline(volume, bodies, skeleton)
    words, nothing = dict(said), SideEvidence()
    ordered = Ordered(words.get(TAG, nothing), words.get(WORD, nothing), site=at(site))
    geometry = volume.geometry
    return Anatomy(geometry, midline, why, tuple(BodyInField(one, geometry) for one in bodies), ordered)


def anatomy_seen(body: Body, grid: Grid, *said: Said, site: BodySite = BodySite.UNKNOWN) -> Anatomy:
    return anatomy_in(body.volume(grid), *body.outlines(grid), *said, site=site)


def located_at(outline: Outline, anatomy: Anatomy) -> tuple[Side, Site]:
    """Side and site of a lesion."""
    place = place_of(outline, anatomy)
    site = site_of(place)
    return side_of(place, site), site


def side_at(outline: Outline, anatomy: Anatomy) -> Side:
    """Side of a lesion that lies where the order says."""
    return side_of(place_of(outline, anatomy), anatomy.ordered.site)


def sides(body: Body, grid: Grid, *said: Said, site: BodySite = BodySite.UNKNOWN) -> list[Side]:
    anatomy = anatomy_seen(body, grid, *said, site=site)
    return [side_at(mass(body, grid, n), anatomy) for n in range(len(body.masses))]


# The midline


MASSES = (Ball((70, -30, 20), 15), Ball((-105, 40, -30), 22), Ball((30, 0, 0), 10), Ball((-28, 60, 40), 9))


@pytest.mark.parametrize(("row", "column"), ORIENTATIONS)
def test_side_is_that_of_the_body_however_the_images_run(row: Vector, column: Vector) -> None:
    body = Body(TRUNK, MASSES, Pose(turned_deg=11, askew_deg=4, beside_mm=(-45, 10, 0)))
    found = sides(body, grid_of(row, column))
    assert [one.laterality for one in found] == [LEFT, RIGHT, LEFT, RIGHT]
    for one, ball in zip(found, MASSES, strict=True):
        assert one.source is SideSource.BODY_MIDLINE
        assert one.distance_to_midline_mm == pytest.approx(ball.center_mm[0], abs=8)
        assert one.confidence is not None
        assert 0.8 <= one.confidence <= 0.99
        assert "midline of the body" in one.evidence


@pytest.mark.parametrize("beside_mm", [-60.0, 60.0])
@pytest.mark.parametrize("turned_deg", [-20.0, 0.0, 20.0])
@pytest.mark.parametrize("tubes", [TRUNK, (*TRUNK, *ARMS["left"]), LEGS], ids=["trunk", "one arm", "legs"])
def test_side_does_not_depend_on_where_the_patient_lies(
    beside_mm: float, turned_deg: float, tubes: tuple[Tube, ...]
) -> None:
    body = Body(tubes, (Ball((60, 10, 20), 14), Ball((-60, 5, -30), 14)), Pose(turned_deg, 0, (beside_mm, 0, 0)))
    found = sides(body, grid_of(*AXIAL, size_mm=(640.0, 420.0, 200.0)), tag(RIGHT))
    assert [one.laterality for one in found] == [LEFT, RIGHT]


def test_what_was_ordered_says_nothing_where_both_sides_are_in_view() -> None:
    for side in (LEFT, RIGHT):
        found = sides(Body(TRUNK, MASSES[:2]), grid_of(*AXIAL), tag(side), word(side))
        assert [(one.laterality, one.conflict) for one in found] == [(LEFT, False), (RIGHT, False)]


KNOWN = Midline((1.0, 0.0, 0.0), 0.0, 6.0, 0.95)


@pytest.mark.parametrize(
    ("low_x", "high_x", "site", "side", "hint"),
    [
        (10, 30, BodySite.SPINE, LEFT, None),
        (-30, -10, BodySite.UNKNOWN, RIGHT, None),
        (1, 9, BodySite.SPINE, UNKNOWN, LEFT),
        (-9, -1, BodySite.SPINE, UNKNOWN, RIGHT),
        (-10, 14, BodySite.SPINE, MIDLINE, None),
        (-10, 14, BodySite.HIP, UNKNOWN, MIDLINE),
        (-10, 14, BodySite.UNKNOWN, UNKNOWN, MIDLINE),
        (-3, 60, BodySite.PELVIS, LEFT, None),
        (-20, 60, BodySite.PELVIS, MIDLINE, None),
    ],
)
def test_middle_is_for_what_lies_across_it(
    low_x: int, high_x: int, site: BodySite, side: Laterality, hint: Laterality | None
) -> None:
    grid = grid_of(*AXIAL, size_mm=(200.0, 40.0, 20.0), step_mm=1.0)
    x = grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1))[..., 0]
    outline = Outline.from_mask((x >= low_x) & (x <= high_x))
    everything = Outline.from_mask(np.ones(grid.shape_kji, dtype=bool))
    geometry = geometry_of(grid)
    anatomy = Anatomy(geometry, KNOWN, "seen", (BodyInField(everything, geometry),), Ordered(site=at(site)))
    found = side_at(outline, anatomy)
    assert (found.laterality, found.hint) == (side, hint)
    assert found.distance_to_midline_mm == pytest.approx((low_x + high_x) / 2, abs=0.51)


# Arms


def test_arm_beside_the_trunk_gets_no_side_from_its_place() -> None:
    body = Body((*TRUNK, *ARMS["left"]), (Ball((225, 20, 0), 20),))
    (found,) = sides(body, grid_of(*AXIAL, size_mm=(640.0, 340.0, 200.0)), tag(LEFT))
    assert (found.laterality, found.hint) == (UNKNOWN, LEFT)
    assert "arm may be crossed" in found.evidence


@pytest.mark.parametrize("site", [BodySite.HAND_WRIST, BodySite.FOREARM, BodySite.ELBOW])
def test_arms_may_be_crossed(site: BodySite) -> None:
    found = sides(Body(LEGS, (Ball((95, 10, 0), 15),)), grid_of(*AXIAL), site=site)
    assert [(one.laterality, one.hint) for one in found] == [(UNKNOWN, LEFT)]


def test_two_thin_limbs_may_be_arms() -> None:
    arms = tuple(Tube((x, 0), (30, 30), 40.0) for x in (-95, 95)) + tuple(
        Tube((x, 0), (10, 10), 900.0, 150.0) for x in (-95, 95)
    )
    body, grid = Body(arms, (Ball((95, 12, 0), 12),)), grid_of(*AXIAL)
    assert [one.laterality for one in sides(body, grid)] == [UNKNOWN]
    assert [one.laterality for one in sides(body, grid, site=BodySite.LOWER_LEG)] == [LEFT]


@pytest.mark.parametrize("site", [BodySite.KNEE, BodySite.LOWER_LEG])
def test_one_body_round_two_bones_may_be_a_bent_limb(site: BodySite) -> None:
    (found,) = sides(Body(TRUNK, MASSES[:1]), grid_of(*AXIAL), site=site)
    assert (found.laterality, found.hint) == (UNKNOWN, LEFT)


# Tags and words


def one_limb(x_mm: float, *said: Said) -> Side:
    body = Body(ONE_LEG, (Ball((20, 30, 0), 15),), Pose(beside_mm=(x_mm, 0, 0)))
    (found,) = sides(body, grid_of(*AXIAL, size_mm=(300.0, 300.0, 150.0), center=(x_mm, 0, 0)), *said)
    assert found.distance_to_midline_mm is None
    return found


@pytest.mark.parametrize(("x_mm", "hint"), [(120.0, LEFT), (-150.0, RIGHT), (-20.0, None)])
def test_position_on_the_table_is_a_hint_and_never_a_side(x_mm: float, hint: Laterality | None) -> None:
    found = one_limb(x_mm)
    assert (found.laterality, found.source, found.hint, found.conflict) == (UNKNOWN, SideSource.NONE, hint, False)


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_one_limb_has_the_side_that_is_said(side: Laterality) -> None:
    x_mm = 120.0 if side is LEFT else -150.0
    by_tag, by_word, by_both = (
        one_limb(x_mm, *said) for said in ([tag(side), word(None)], [word(side)], [tag(side), word(side)])
    )
    assert [one.laterality for one in (by_tag, by_word, by_both)] == [side] * 3
    assert [one.source for one in (by_tag, by_word, by_both)] == [TAG, WORD, TAG]
    assert by_word.confidence is not None
    assert by_tag.confidence is not None
    assert by_both.confidence is not None
    assert by_word.confidence < by_tag.confidence < by_both.confidence
    assert f"tag {side}" in by_tag.evidence


def test_sources_that_disagree_give_no_side() -> None:
    for said in ([tag(LEFT), word(RIGHT)], [tag(None, disagrees=True)], [tag(None, disagrees=True), word(LEFT)]):
        found = one_limb(120.0, *said)
        assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, True, LEFT)


def test_word_against_the_position_on_the_table_gives_no_side() -> None:
    found = one_limb(120.0, tag(RIGHT), word(RIGHT))
    assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, True, LEFT)
    # In the middle of the table there is nothing to speak against it.
    assert one_limb(-10.0, tag(LEFT)).laterality is LEFT


@pytest.mark.parametrize(
    ("site", "width_mm"),
    [(BodySite.SPINE, 180.0), (BodySite.CHEST, 180.0), (BodySite.PELVIS, 310.0), (BodySite.UNKNOWN, 310.0)],
)
def test_word_sets_no_side_on_a_trunk_that_is_cut_off(site: BodySite, width_mm: float) -> None:
    grid = grid_of(*AXIAL, size_mm=(width_mm, 280.0, 150.0), center=(30, 0, 0))
    (found,) = sides(Body(TRUNK, (Ball((-30, 20, 0), 12),)), grid, word(LEFT), site=site)
    assert found.laterality in (UNKNOWN, RIGHT)


def cut_off_legs(said: Said, number: int) -> Side:
    """A mass in the left (0) or right (1) of two legs, of which the right one is cut off."""
    body = Body(LEGS, (Ball((95, 40, 0), 15), Ball((-70, 40, 0), 15)))
    grid = grid_of(*AXIAL, size_mm=(300.0, 250.0, 150.0), center=(60, 0, 0))
    return sides(body, grid, said)[number]


@pytest.mark.parametrize(("side", "number"), list(product([LEFT, RIGHT], [0, 1])))
def test_of_two_limbs_only_the_one_that_is_named_and_lies_there_has_its_side(side: Laterality, number: int) -> None:
    truth = (LEFT, RIGHT)[number]
    found = cut_off_legs(tag(side), number)
    assert found.laterality is (side if side is truth else UNKNOWN)
    if side is not truth:
        assert found.hint is truth


# Never a wrong side


@pytest.mark.parametrize("seed", range(12))
def test_random_bodies_never_get_a_wrong_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tubes = [TRUNK, LEGS, ONE_LEG, (*TRUNK, *ARMS["left"]), (*TRUNK, *ARMS["left"], *ARMS["right"])][seed % 5]
    pose = Pose(rng.uniform(-20, 20), rng.uniform(-8, 8), (rng.uniform(-60, 60), rng.uniform(-15, 15), 0))
    balls = tuple(
        Ball((x, rng.uniform(-40, 40), rng.uniform(-50, 50)), rng.uniform(6, 25))
        for x in rng.choice([-110.0, -75.0, -60.0, -35.0, -15.0, 15.0, 35.0, 60.0, 75.0, 110.0], 4, replace=False)
    )
    body = Body(tubes, balls, pose)
    row, column = ORIENTATIONS[rng.integers(len(ORIENTATIONS))]
    width = rng.choice([620.0, 420.0, 200.0])
    grid = grid_of(row, column, (width, 420.0, 180.0), 6.0, (rng.uniform(-40, 40), 0, 0))
    inside = [n for n in range(4) if _is_in_view(body, grid, n)]
    anatomy = anatomy_seen(body, grid)
    for number in inside:
        found = side_at(mass(body, grid, number), anatomy)
        truth = LEFT if balls[number].center_mm[0] > 0 else RIGHT
        if tubes is ONE_LEG:
            assert found.laterality is UNKNOWN
        else:
            assert found.laterality in (truth, UNKNOWN)


def _is_in_view(body: Body, grid: Grid, number: int) -> bool:
    try:
        mass(replace(body), grid, number)
    except ValueError:
        return False
    return True
