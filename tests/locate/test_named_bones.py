"""Named bones give side and site where they lie at the lesion and agree; a mask that is wrong gives no side."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.locate.bones import map_bones
from calcimeasure.model import BodySite, Laterality, NamedBones, Outline, Side, SideSource, Site, SiteSource
from tests.bodies import ARMS, ONE_LEG, TRUNK, Ball, Body, Pose, Tube, bone, grid_of
from tests.locate.test_side import AXIAL, Said, anatomy_in, located_at, mass, tag, word
from tests.phantoms import Grid
from tests.test_geometry import geometry_of

LEFT, RIGHT, UNKNOWN, MIDLINE = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN, Laterality.MIDLINE
SMALL = grid_of(*AXIAL, size_mm=(240.0, 240.0, 200.0))
WIDE = grid_of(*AXIAL, size_mm=(520.0, 280.0, 120.0), step_mm=6.0)


def side_in(name: str) -> Laterality | None:
    return LEFT if "_left" in name else RIGHT if "_right" in name else None


def named(body: Body, grid: Grid, names: Mapping[str, Tube]) -> NamedBones:
    """Label tubes of a body, the marrow too."""
    points = body.pose.to_body_mm(grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1)))
    labels = np.zeros(grid.shape_kji, dtype=np.uint8)
    for number, tube in enumerate(names.values(), 1):
        offset = (points[..., :2] - tube.center_mm) / tube.half_widths_mm
        along = (points[..., 2] >= tube.low_mm) & (points[..., 2] <= tube.high_mm)
        labels[(np.hypot(offset[..., 0], offset[..., 1]) <= 1) & along] = number
    for ball in body.masses:
        labels[np.linalg.norm(points - ball.center_mm, axis=-1) <= ball.radius_mm] = 0
    sides = {number: side for number, name in enumerate(names, 1) if (side := side_in(name))}
    return NamedBones(labels, dict(enumerate(names, 1)), sides)


def located(
    body: Body, grid: Grid, bones: NamedBones, *said: Said, bodies: list[Outline] | None = None
) -> list[tuple[Side, Site]]:
    geometry = geometry_of(grid)
    found, skeleton = body.outlines(grid)
    bodies = bodies or found
    anatomy = anatomy_in(body.volume(grid), bodies, skeleton, *said)
    anatomy = replace(anatomy, bones=map_bones(bones, geometry, bodies, skeleton))
    return [located_at(mass(body, grid, n), anatomy) for n in range(len(body.masses))]


# A limb without a midline


def leg(x_mm: float, name: str, *said: Said) -> Side:
    body = Body(ONE_LEG, (Ball((10, 35, 0), 12),), Pose(beside_mm=(x_mm, 0, 0)))
    grid = grid_of(*AXIAL, size_mm=(220.0, 220.0, 120.0), step_mm=6.0, center=(x_mm, 0, 0))
    ((side, _),) = located(body, grid, named(body, grid, {name: ONE_LEG[1]}), *said)
    return side


@pytest.mark.parametrize(("x_mm", "name", "truth"), [(5.0, "tibia_left", LEFT), (-120.0, "femur_right", RIGHT)])
def test_named_limb_has_its_side(x_mm: float, name: str, truth: Laterality) -> None:
    found = leg(x_mm, name)
    assert (found.laterality, found.source, found.conflict) == (truth, SideSource.BONE_LABELS, False)
    assert f"the nearest named bone is {name}" in found.evidence
    assert found.distance_to_midline_mm is None
    with_word = leg(x_mm, name, word(truth))
    assert with_word.laterality is truth
    assert with_word.confidence is not None
    assert found.confidence is not None
    assert with_word.confidence > found.confidence


@pytest.mark.parametrize("said", [tag(RIGHT), word(RIGHT), tag(None, disagrees=True)])
def test_bone_against_what_was_ordered_gives_no_side(said: Said) -> None:
    found = leg(10.0, "femur_left", said)
    assert (found.laterality, found.conflict) == (UNKNOWN, True)


def test_bone_alone_against_the_table_gives_no_side_and_with_a_word_it_does() -> None:
    found = leg(-120.0, "femur_left")
    assert (found.laterality, found.conflict, found.hint) == (UNKNOWN, True, RIGHT)
    assert leg(-120.0, "femur_left", word(LEFT)).laterality is LEFT
    assert leg(-120.0, "radius_left").laterality is LEFT


def test_bone_that_is_far_away_or_has_no_side_says_nothing() -> None:
    assert leg(0.0, "sacrum").laterality is UNKNOWN
    body = Body((Tube((0, 0), (110, 110), 40.0), bone(-80, 0, 12)), (Ball((60, 0, 0), 15),))
    ((side, site),) = located(body, SMALL, named(body, SMALL, {"femur_left": body.tubes[1]}))
    assert (side.laterality, site.body_site) == (UNKNOWN, BodySite.UNKNOWN)


def test_bone_without_a_name_that_lies_nearer_silences_the_named_one() -> None:
    hip, radius = bone(-70, 0, 15), bone(0, 0, 8)
    body = Body((Tube((-20, 0), (100, 80), 40.0), hip, radius), (Ball((-22, 0, 0), 8),))
    assert located(body, SMALL, named(body, SMALL, {"hip_left": hip}))[0][0].laterality is UNKNOWN
    assert located(body, SMALL, named(body, SMALL, {"hip_left": hip, "radius_right": radius}))[0][0].laterality is RIGHT


def test_island_of_the_other_side_in_a_bone_takes_the_side_away() -> None:
    body = Body(ONE_LEG, (Ball((10, 35, 0), 12),))
    bones = named(body, SMALL, {"femur_left": ONE_LEG[1]})
    labels = bones.labels.copy()
    labels[18:23][labels[18:23] == 1] = 2
    both = NamedBones(labels, {1: "femur_left", 2: "femur_right"}, {1: LEFT, 2: RIGHT})
    assert located(body, SMALL, bones)[0][0].laterality is LEFT
    assert located(body, SMALL, both)[0][0].laterality is UNKNOWN


# Beside a midline

HIPS = {"hip_right": TRUNK[3], "hip_left": TRUNK[4], "vertebrae_L4": TRUNK[2]}
MASSES = (Ball((110, -12, 0), 12), Ball((-110, 40, 20), 12), Ball((20, 80, 0), 9), Ball((0, 82, -30), 7))


def test_bones_and_midline_agree() -> None:
    body = Body(TRUNK, MASSES, Pose(9, 0, (40, 0, 0)))
    found = located(body, WIDE, named(body, WIDE, HIPS))
    assert [side.laterality for side, _ in found] == [LEFT, RIGHT, LEFT, MIDLINE]
    assert [side.source for side, _ in found[:2]] == [SideSource.BONE_LABELS] * 2
    assert [side.source for side, _ in found[2:]] == [SideSource.BODY_MIDLINE] * 2
    assert found[0][0].distance_to_midline_mm == pytest.approx(110, abs=8)
    assert [site.body_site for _, site in found] == [BodySite.PELVIS, BodySite.PELVIS, BodySite.SPINE, BodySite.SPINE]
    assert [(site.source, site.detail) for _, site in found[1:3]] == [
        (SiteSource.BONE_LABELS, None),
        (SiteSource.BONE_LABELS, "lumbar"),
    ]


def test_mask_that_is_mirrored_gives_no_side() -> None:
    body = Body(TRUNK, MASSES[:2])
    mirrored = {"hip_left": TRUNK[3], "hip_right": TRUNK[4]}
    for side, _ in located(body, WIDE, named(body, WIDE, mirrored)):
        assert (side.laterality, side.conflict) == (UNKNOWN, True)


def test_bone_of_the_wrong_side_against_the_midline_gives_no_side() -> None:
    body = Body(TRUNK, MASSES[:1])
    ((side, _),) = located(body, WIDE, named(body, WIDE, {"hip_right": TRUNK[4]}))
    assert (side.laterality, side.conflict, side.hint) == (UNKNOWN, True, LEFT)
    assert "named bones and midline disagree" in side.evidence


def test_arm_that_lies_on_the_other_side_has_the_side_of_its_bones() -> None:
    body = Body((*TRUNK, *ARMS["left"]), (Ball((225, -5, 0), 12), Ball((150, 20, 0), 9)))
    bones = named(body, WIDE, {"radius_right": ARMS["left"][1], "rib_left_9": TRUNK[4]})
    (arm, site), (trunk, _) = located(body, WIDE, bones)
    assert (arm.laterality, arm.source, site.body_site) == (RIGHT, SideSource.BONE_LABELS, BodySite.FOREARM)
    # The trunk beside it is asked for its own bones.
    assert trunk.laterality is LEFT


# Sites


def leg_bones(*names: tuple[str, float, float]) -> tuple[Body, dict[str, Tube]]:
    tubes = {name: replace(bone(0, 0, 14), low_mm=low, high_mm=high) for name, low, high in names}
    masses = tuple(Ball((25, 0, z), 8) for z in (-170.0, -60.0, 20.0, 150.0))
    return Body((Tube((0, 0), (80, 80), 40.0), *tubes.values()), masses), tubes


@pytest.mark.parametrize(
    ("names", "sites"),
    [
        (
            (("tibia_left", -400.0, -70.0), ("femur_left", -60.0, 400.0)),
            [BodySite.LOWER_LEG, BodySite.KNEE, BodySite.KNEE, BodySite.THIGH],
        ),
        (
            (("humerus_left", -40.0, 400.0), ("ulna_left", -400.0, -45.0)),
            [BodySite.FOREARM, BodySite.ELBOW, BodySite.UNKNOWN, BodySite.UPPER_ARM],
        ),
        (
            (("carpal_left", -70.0, -30.0), ("metacarpal_left", -400.0, -75.0), ("radius_left", -25.0, 400.0)),
            [BodySite.HAND_WRIST, BodySite.HAND_WRIST, BodySite.UNKNOWN, BodySite.FOREARM],
        ),
        (
            (("femur_left", -160.0, 30.0), ("hip_left", 60.0, 400.0)),
            [BodySite.KNEE, BodySite.THIGH, BodySite.HIP, BodySite.PELVIS],
        ),
        (
            (("vertebrae_C7", 100.0, 400.0), ("vertebrae_T1", -400.0, 100.0)),
            [BodySite.SPINE] * 4,
        ),
    ],
    ids=["leg", "arm", "wrist", "hip", "spine"],
)
def test_site_is_that_of_the_bone_or_of_the_joint_between_two(
    names: tuple[tuple[str, float, float], ...], sites: list[BodySite]
) -> None:
    body, tubes = leg_bones(*names)
    grid = grid_of(*AXIAL, size_mm=(190.0, 190.0, 500.0))
    found = located(body, grid, named(body, grid, tubes))
    assert [site.body_site for _, site in found] == sites
    if "vertebrae_C7" in tubes:
        assert [site.detail for _, site in found] == ["thoracic"] * 3 + ["cervical"]
