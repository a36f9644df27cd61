"""A whole body: an arm has the side that it lies on only where it is followed up to the shoulder; places have sites."""

from dataclasses import replace

import pytest

from calcimeasure.locate.anatomy import Anatomy, anatomy_of
from calcimeasure.locate.ordered import ordered_in
from calcimeasure.model import BodySite, Laterality, Side, SideSource, Site, SiteSource
from tests.bodies import (
    FOLDED,
    FOLDED_BELOW,
    HANGING,
    ON_BELLY,
    RAISED,
    TRUNK,
    Ball,
    Body,
    Limb,
    Pose,
    Vector,
    arm,
    grid_of,
    whole_body,
)
from tests.locate.test_side import AXIAL, located_at, mass
from tests.model.test_model import ct_series
from tests.phantoms import Grid

LEFT, RIGHT, UNKNOWN, MIDLINE = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN, Laterality.MIDLINE
GRID = grid_of(*AXIAL, size_mm=(620.0, 460.0, 1180.0), step_mm=10.0, center=(0, 0, -90))
POSES = (Pose(), Pose(turned_deg=12, askew_deg=4, beside_mm=(25, 0, 0)))


def seen(body: Body, grid: Grid = GRID, **facts: object) -> Anatomy:
    volume = body.volume(grid)
    object.__setattr__(volume, "stack", ct_series(**facts))
    return anatomy_of(volume, *body.outlines(grid))


def located(body: Body, anatomy: Anatomy, grid: Grid = GRID) -> list[tuple[Side, Site]]:
    return [located_at(mass(body, grid, number), anatomy) for number in range(len(body.masses))]


def with_site_of(body_part: str | None, anatomy: Anatomy) -> Anatomy:
    """Say that another site was ordered."""
    site = ordered_in(ct_series(body_part=body_part)).site
    return replace(anatomy, ordered=replace(anatomy.ordered, site=site))


PLACES: tuple[tuple[Vector, Laterality, BodySite], ...] = (
    ((0, 75, 150), MIDLINE, BodySite.SPINE),
    ((36, 68, 45), LEFT, BodySite.SPINE),
    ((-120, -40, 160), RIGHT, BodySite.CHEST),
    ((110, -60, 20), LEFT, BodySite.ABDOMEN),
    ((-118, 40, -140), RIGHT, BodySite.HIP),
    ((60, -60, -70), LEFT, BodySite.PELVIS),
    ((-95, 60, -300), RIGHT, BodySite.THIGH),
    ((95, 60, -600), LEFT, BodySite.UNKNOWN),
    ((-30, -40, 450), RIGHT, BodySite.HEAD_NECK),
)
"""What lies there, its side and its site: the knee is not told from the shin."""


@pytest.mark.parametrize("pose", POSES)
def test_masses_of_a_whole_body_have_sites_of_their_own(pose: Pose) -> None:
    body = Body(whole_body(), tuple(Ball(place, 15) for place, _, _ in PLACES), pose)
    anatomy = seen(body)
    for part in (None, "WHOLEBODY", "CHEST", "HAND"):
        found = located(body, with_site_of(part, anatomy))
        assert [site.body_site for _, site in found] == [site for _, _, site in PLACES]
        assert part == "HAND" or [side.laterality for side, _ in found] == [side for _, side, _ in PLACES]
        for _, site in found:
            allowed = (SiteSource.GEOMETRY, SiteSource.DICOM_TAG)
            assert site.source in (allowed if site.body_site is not BodySite.UNKNOWN else (SiteSource.NONE,))
        assert (found[0][1].detail, found[1][1].detail) == ("thoracic", None)


ARM_PLACES: dict[str, tuple[tuple[Vector, ...], tuple[Vector, ...], bool]] = {
    "hanging": (HANGING, ((222, -12, 100), (210, -15, -200)), True),
    "on the belly": (ON_BELLY, ((222, -30, 120), (80, -143, -15)), True),
    "folded": (FOLDED, ((222, -30, 120), (-70, -145, 35)), False),
    "raised": (RAISED, ((205, -15, 420),), False),
}
"""Where the left arm runs, masses in it, and whether its side can be told."""


@pytest.mark.parametrize("name", ARM_PLACES)
@pytest.mark.parametrize(("pose", "sides"), [(POSES[0], (-1, 1)), (POSES[1], (1,))], ids=["both", "one arm"])
def test_arm_has_a_side_where_it_is_followed_and_never_the_wrong_one(
    name: str, pose: Pose, sides: tuple[int, ...]
) -> None:
    way, places, is_told = ARM_PLACES[name]
    other = FOLDED_BELOW if way is FOLDED else way
    limbs: tuple[Limb, ...] = tuple(one for side in sides for one in arm(side, *(way if side > 0 else other)))
    body = Body(whole_body(), tuple(Ball(place, 11) for place in places), pose, limbs)
    for side, site in located(body, seen(body)):
        assert side.laterality is (LEFT if is_told else UNKNOWN)
        assert site.body_site is BodySite.UNKNOWN
        if not is_told:
            assert "may be crossed" in side.evidence


def test_arm_on_the_trunk_of_a_short_stack_has_no_side() -> None:
    grid = grid_of(*AXIAL, size_mm=(520.0, 440.0, 180.0), step_mm=7.0)
    across = (Limb((150, -115, 0), (-110, -125, 0), 36.0), Limb((-150, -115, 0), (110, -160, 0), 36.0))
    body = Body(TRUNK, (Ball((-80, -125, 16), 11), Ball((75, -30, 0), 12)), limbs=across)
    (on_belly, _), (inside, _) = located(body, seen(body, grid), grid)
    assert (on_belly.laterality, on_belly.hint) == (UNKNOWN, RIGHT)
    assert (inside.laterality, inside.source) == (LEFT, SideSource.BODY_MIDLINE)


def test_word_for_the_chest_does_not_name_what_lies_in_an_arm() -> None:
    grid = grid_of(*AXIAL, size_mm=(640.0, 340.0, 100.0), step_mm=6.0)
    body = Body(
        (*TRUNK,), (Ball((225, 0, 0), 12), Ball((100, -50, 0), 15)), limbs=(Limb((225, 20, -80), (225, 20, 80), 42.0),)
    )
    anatomy = seen(body, grid, body_part="CHEST", description="CT thorax")
    (_, in_arm), (_, in_trunk) = located(body, anatomy, grid)
    assert in_arm.body_site is BodySite.UNKNOWN
    assert in_trunk == Site(BodySite.CHEST, SiteSource.DICOM_TAG)
