"""Parts, their features, and the cut between them, on anisotropic grids."""

import math
from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.model import Tissue
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.cut import _without_spurs, contact_mm2, cut
from calcimeasure.segment.ct.features import Features, features_of
from calcimeasure.segment.ct.judge import Judgement
from calcimeasure.segment.ct.judge import judge as judge_by
from calcimeasure.segment.ct.split import find_marrow, passes, split
from calcimeasure.settings import Settings

SPACING_MM = (1.5, 0.8, 1.0)
SHAPE = (30, 60, 70)


def grid_mm() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    return z * SPACING_MM[0], y * SPACING_MM[1], x * SPACING_MM[2]


def ball(center_mm: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    z, y, x = grid_mm()
    return (z - center_mm[0]) ** 2 + (y - center_mm[1]) ** 2 + (x - center_mm[2]) ** 2 <= radius_mm**2


def tube(center_mm: tuple[float, float], radius_mm: float, wall_mm: float) -> np.ndarray:
    """A shaft across all slices."""
    z, y, x = grid_mm()
    away = np.hypot(y - center_mm[0], x - center_mm[1]) + 0 * z
    return (away <= radius_mm) & (away > radius_mm - wall_mm)


# Splitting


@pytest.mark.parametrize(("distance_mm", "parts"), [(9.0, 1), (19.0, 2)])
def test_balls_are_cut_where_a_neck_is_between_them(distance_mm: float, parts: int) -> None:
    # Of radius 10, so that the circle in which they meet has 8.9 mm, and 3.1 mm.
    radius_mm = 10.0
    neck = math.sqrt(radius_mm**2 - (distance_mm / 2) ** 2) / radius_mm
    assert (neck >= CT.neck) == (parts == 1)
    dense = ball((22, 24, 24), radius_mm) | ball((22, 24, 24 + distance_mm), radius_mm)
    found = split(dense, SPACING_MM)
    assert found.labels.max() == parts
    assert np.array_equal(found.labels > 0, dense)


def test_mass_on_a_shaft_is_a_part_of_its_own() -> None:
    mass, shaft = ball((22, 24, 44), 10), tube((24, 22), 13, 3)
    labels = split(mass | shaft, SPACING_MM).labels
    own = labels[15, 30, 46]
    assert np.mean(labels[mass & ~shaft] == own) > 0.95
    assert np.mean(labels[shaft & (grid_mm()[2] + 0 * mass < 20)] != own) == 1


def test_marrow_is_enclosed_in_a_plane_and_no_cavity_of_the_body() -> None:
    shaft = tube((24, 22), 13, 3)
    away = np.hypot(grid_mm()[1] - 24, grid_mm()[2] - 22) + 0 * grid_mm()[0]
    assert np.array_equal(find_marrow(shaft, SPACING_MM), away <= 10)
    wide = np.zeros((4, 120, 120), dtype=bool)
    wide[:, 5:115, 5:115] = True
    wide[:, 8:112, 8:112] = False
    assert not find_marrow(wide, SPACING_MM).any()


def test_passes_are_the_highest_way_between_two_labels() -> None:
    labels = np.array([[[1, 1, 2, 2, 0, 3]], [[1, 1, 1, 2, 0, 3]]])
    height = np.array([[[5, 2, 3, 6, 0, 9]], [[4, 4, 4, 3, 0, 9]]], dtype=np.float32)
    ones, others, heights = passes(labels, height)
    assert (ones.tolist(), others.tolist(), heights.tolist()) == ([1], [2], [3.0])


# Features


def features(dense: np.ndarray, hu: np.ndarray) -> list[Features]:
    return features_of(hu.astype(np.int16), split(dense, SPACING_MM), SPACING_MM)


def test_features_of_a_ball() -> None:
    dense = ball((22, 24, 34), 10)
    (found,) = features(dense, np.where(dense, 700, 40))
    assert found.volume_mm3 == pytest.approx(4 / 3 * math.pi * 1000, rel=0.02)
    assert found.thickness_mm == pytest.approx(20, abs=1.6)
    assert found.slenderness == pytest.approx(math.log(4 / 3 * math.pi), abs=0.2)
    assert (found.core_hu, found.spread, found.rim) == (700, 0, 1)
    assert (found.own_share, found.bridge, found.neighbor_share, found.marrow_share) == (1, 0, 0, 0)
    assert (found.cut_share, found.metal_share) == (0, 0)


def test_cortex_round_spongy_bone_shows_in_the_rim() -> None:
    dense = ball((22, 24, 34), 12)
    hu = np.where(dense, 900, 40)
    hu[ball((22, 24, 34), 9.5)] = 300
    (found,) = features(dense, hu)
    assert found.core_hu == 300
    assert found.rim > 2


def test_shaft_has_nothing_of_its_own_and_runs_out_of_the_image() -> None:
    dense = tube((24, 30), 13, 3)
    found = max(features(dense, np.where(dense, 1200, 40)), key=lambda one: one.volume_mm3)
    assert found.own_share < 0.1
    assert found.cut_share > 0.02
    assert found.marrow_share > 0.3
    assert found.slenderness > 4


def test_metal_is_counted() -> None:
    dense = ball((22, 24, 34), 10)
    hu = np.where(dense, 700, 40)
    hu[ball((22, 24, 34), 5)] = 3000
    (found,) = features(dense, hu)
    assert found.metal_share == pytest.approx(1 / 8, rel=0.1)


# Judging


def judge(features: Features, **changes: float) -> Judgement:
    return judge_by(features, Settings(**changes))


MASS = Features(14000, 25, 1.8, 700, 0.03, 0.95, 0.2, 0.8, 0.02, 0.1, 0.0)
BONE = Features(9000, 8, 5.0, 1200, 0.1, 1.0, 0.9, 0.1, 0.3, 0.3, 0.1)
FREE = replace(MASS, bridge=0, neighbor_share=0, marrow_share=0, own_share=1.0)


def test_mass_and_bone() -> None:
    assert judge(MASS).tissue is Tissue.CALCIFIED_MASS
    assert judge(BONE).tissue is Tissue.BONE
    assert judge(BONE).confidence > 0.95


@pytest.mark.parametrize(
    ("worse", "sign"),
    [
        ({"own_share": 0.1}, "own_share"),
        ({"thickness_mm": 6.0}, "thickness_mm"),
        ({"core_hu": 300.0}, "core_hu"),
        ({"rim": 1.6}, "rim"),
        ({"bridge": 0.9}, "bridge"),
        ({"neighbor_share": 0.4}, "neighbor_share"),
        ({"slenderness": 5.0}, "slenderness"),
        ({"cut_share": 0.3}, "cut_share"),
        ({"spread": 0.4}, "spread"),
    ],
)
def test_each_sign_of_bone_makes_a_mass_less_likely_and_says_so(worse: dict[str, float], sign: str) -> None:
    before, after = judge(MASS), judge(replace(MASS, **worse))
    assert after.mass_probability < before.mass_probability
    (one,) = (one for one in after.evidence if one.name == sign)
    (was,) = (one for one in before.evidence if one.name == sign)
    assert one.value == next(iter(worse.values()))
    assert one.log_odds < was.log_odds
    assert one.sentence != was.sentence


def test_signs_have_names_of_features() -> None:
    assert {sign.name for sign in CT.signs} <= {*Features.__dataclass_fields__}


def test_what_is_not_clear_is_unknown() -> None:
    found = {judge(replace(MASS, own_share=share / 100, core_hu=350, rim=1.2)).tissue for share in range(0, 60, 2)}
    assert Tissue.UNKNOWN in found


def test_settings_decide_from_which_probability_on_it_is_a_mass() -> None:
    probability = judge(MASS).mass_probability
    just_above = min(probability + 1e-6, 1)
    assert judge(MASS, mass_probability=probability).tissue is Tissue.CALCIFIED_MASS
    assert judge(MASS, mass_probability=just_above).tissue is Tissue.UNKNOWN
    assert judge(MASS, mass_probability=1, review_probability=just_above).tissue is Tissue.BONE


@pytest.mark.parametrize(
    ("features", "tissue"),
    [
        (replace(FREE, metal_share=0.3), Tissue.METAL),
        (replace(FREE, outside_share=0.9), Tissue.OUTSIDE),
        (replace(FREE, circle_share=0.9, core_hu=2500), Tissue.ARTIFACT),
        (replace(FREE, circle_share=0.9), Tissue.CALCIFIED_MASS),
        (replace(FREE, thickness_mm=6, slenderness=4.2, spread=0.2), Tissue.OTHER_CALCIFICATION),
        (replace(FREE, thickness_mm=6, slenderness=4.2, core_hu=350), Tissue.CONTRAST),
        (FREE, Tissue.CALCIFIED_MASS),
    ],
)
def test_what_is_plain(features: Features, tissue: Tissue) -> None:
    assert judge(features).tissue is tissue


# Cutting


def test_cut_follows_the_step_between_mass_and_cortex() -> None:
    shaft, away = tube((24, 22), 13, 4), np.hypot(grid_mm()[1] - 24, grid_mm()[2] - 22) + 0 * grid_mm()[0]
    mass = ball((22, 24, 42), 11) & (away > 13)
    dense = shaft | mass
    hu = np.where(mass, 650, np.where(shaft, 1300, 40)).astype(np.int16)
    # As the coarse parts have it: with the cortex beneath the mass.
    own = dense & (grid_mm()[2] + 0 * away > 31) & (ball((22, 24, 42), 13))
    found = cut(hu, dense, own, dense & ~own, find_marrow(dense, SPACING_MM), SPACING_MM)
    wrong = np.count_nonzero(found != mass)
    assert wrong < 0.05 * np.count_nonzero(mass)


def test_what_runs_along_the_surface_of_the_bone_is_no_part_of_the_mass() -> None:
    bone = np.broadcast_to(grid_mm()[2] < 20, SHAPE)
    mass = ball((22, 24, 30), 10) & ~bone
    sheet = np.broadcast_to((grid_mm()[2] >= 20) & (grid_mm()[2] < 22) & (np.abs(grid_mm()[1] - 24) < 20), SHAPE)
    kept = _without_spurs(mass | sheet, bone | mass | sheet, SPACING_MM)
    assert np.mean(kept[mass]) > 0.97
    far = sheet & ~ball((22, 24, 30), 16)
    assert not kept[far].any()


def test_part_that_lies_on_nothing_is_not_cut() -> None:
    mass = ball((22, 24, 34), 10)
    hu, nothing = np.where(mass, 650, 40).astype(np.int16), np.zeros(SHAPE, dtype=bool)
    assert np.array_equal(cut(hu, mass, ball((22, 24, 34), 8), nothing, nothing, SPACING_MM), mass)


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0, 45.0])
def test_contact_of_a_plane_has_its_area_at_every_angle(tilt_deg: float) -> None:
    z, y, x = grid_mm()
    angle = math.radians(tilt_deg)
    across_mm = (y - 24) * math.cos(angle) + (x - 34) * math.sin(angle) + 0 * z
    disc = ((y - 24) * -math.sin(angle) + (x - 34) * math.cos(angle)) ** 2 + (z - 22) ** 2 <= 15**2
    part, bone = disc & (across_mm > 0) & (across_mm < 12), disc & (across_mm <= 0) & (across_mm > -12)
    assert contact_mm2(part, bone, SPACING_MM) == pytest.approx(math.pi * 15**2, rel=0.05)
    assert contact_mm2(bone, part, SPACING_MM) == pytest.approx(math.pi * 15**2, rel=0.05)


def test_what_does_not_touch_has_no_contact() -> None:
    assert contact_mm2(ball((22, 24, 20), 8), ball((22, 24, 45), 8), SPACING_MM) == 0
