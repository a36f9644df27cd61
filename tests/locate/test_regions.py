"""Which region of the body each section goes through, and which site a lesion of the trunk has from it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial import KDTree

from calcimeasure.locate.regions import Region, Regions, regions_of
from calcimeasure.locate.sections import Sections, sections_of
from calcimeasure.locate.trunk import Part, PlaceInTrunk, Trunk, TrunkBones
from calcimeasure.locate.trunk_site import site_in_trunk
from calcimeasure.model import BodySite, Midline
from tests.bodies import Body, grid_of, whole_body
from tests.locate.test_side import AXIAL

MIDDLE = Midline((1.0, 0.0, 0.0), 0.0, 5.0, 0.9)
CROTCH_Z_MM, LUNGS_Z_MM = -200.0, (60.0, 270.0)
"""Of `whole_body`."""


def sections_between(low_z_mm: float, high_z_mm: float) -> Sections:
    body = Body(whole_body())
    size_mm = (420.0, 260.0, high_z_mm - low_z_mm)
    grid = grid_of(*AXIAL, size_mm=size_mm, step_mm=10.0, center=(0, 0, (low_z_mm + high_z_mm) / 2))
    return sections_of(body.volume(grid), body.outlines(grid)[0], MIDDLE)


def regions_between(low_z_mm: float, high_z_mm: float, bone_z_mm: np.ndarray | None = None) -> Regions:
    """Regions of a part of the body, with bone at 80 mm on both sides at some heights."""
    sections = sections_between(low_z_mm, high_z_mm)
    z_mm = np.empty(0) if bone_z_mm is None else bone_z_mm
    points = np.stack([np.zeros(2 * len(z_mm)), np.zeros(2 * len(z_mm)), np.tile(z_mm, 2)], axis=1)
    beside_mm = np.repeat([-80.0, 80.0], len(z_mm))
    return regions_of(sections, beside_mm, sections.nearest(points)[:, 2], point_mm3=20_000.0)


@cache
def whole_regions() -> Regions:
    return regions_between(-500.0, 480.0)


def test_sections_tell_depth_and_parts_of_the_way_to_the_skin() -> None:
    sections = sections_between(-180.0, 40.0)
    front, back, left, middle, at_skin = (
        tuple(sections.nearest(np.array([place]))[0])
        for place in ((0, -90, -60.0), (0, 90, -60.0), (150, 0, -60.0), (0, 0, -60.0), (0, -97, -60.0))
    )
    assert sections.backward[front] < -0.8
    assert sections.backward[back] > 0.8
    assert sections.sideways[left] == pytest.approx(0.9, abs=0.1)
    assert sections.sideways[middle] == pytest.approx(0.0, abs=0.05)
    assert sections.beside_mm[left] == pytest.approx(150, abs=5)
    assert sections.depth_mm[middle] == pytest.approx(100, abs=15)
    assert sections.depth_mm[at_skin] < 20
    assert np.all(np.isinf(sections.to_lung_mm))
    assert sections_between(50.0, 280.0).to_lung_mm[left] < np.inf


@pytest.mark.parametrize(
    ("z_mm", "region"),
    [
        (-300, Region.LEGS),
        (-100, Region.PELVIS),
        (30, Region.ABDOMEN),
        (160, Region.CHEST),
        (350, Region.HEAD),
        (900, Region.UNKNOWN),
    ],
)
def test_whole_body_has_all_regions(z_mm: float, region: Region) -> None:
    regions = whole_regions()
    assert regions.are_told
    assert regions.crotch_z_mm == pytest.approx(CROTCH_Z_MM, abs=15)
    assert regions.chest_z_mm == pytest.approx(LUNGS_Z_MM, abs=25)
    assert regions.region_at(z_mm) is region
    assert regions.is_wide_at(z_mm) is (z_mm < 290)  # neither the head nor beyond the field


def test_trunk_without_lungs_and_legs_has_no_regions() -> None:
    regions = regions_between(-180.0, 40.0)
    assert not regions.are_told
    assert {regions.region_at(z) for z in (-150.0, -60.0, 20.0)} == {Region.UNKNOWN}


def test_below_lungs_bone_on_both_sides_is_the_pelvis_where_no_legs_are_seen() -> None:
    regions = regions_between(-180.0, 280.0, bone_z_mm=np.arange(-160.0, 0.0, 4.0))
    assert [regions.region_at(z) for z in (-100.0, 30.0)] == [Region.PELVIS, Region.ABDOMEN]
    on_ribs = regions_between(-180.0, 280.0, bone_z_mm=np.arange(30.0, 60.0, 4.0))
    assert on_ribs.region_at(40.0) is Region.ABDOMEN
    assert regions_between(-180.0, 280.0).region_at(-100.0) is not Region.PELVIS


# The site in a region


def trunk_with(bone_x_mm: float, z_mm: float, spine: bool = False, at_lung: bool = False, legs: bool = True) -> Trunk:
    """A whole body with one point of bone."""
    points = np.array([[bone_x_mm, 0.0, z_mm]])
    one, tree = np.ones(1, dtype=np.intp), KDTree(points)
    lies = np.ones(1, dtype=np.bool_)
    bones = TrunkBones(points, tree, points[:, 0], lies, lies, lies & spine, lies & at_lung, one, 0 * one)
    regions = whole_regions()
    if not legs:
        regions = replace(regions, crotch_z_mm=None)
    return Trunk(MIDDLE, regions, bones, tree if spine else None, frozenset())


def place_at(x_mm: float, z_mm: float, bone_mm: float = 10.0, part: Part = Part.TRUNK) -> PlaceInTrunk:
    points = np.array([[x_mm, 0.0, z_mm]])
    return PlaceInTrunk(points, points[0], 0, bone_mm, part)


@pytest.mark.parametrize(
    ("x_mm", "bone_x_mm", "z_mm", "bone_mm", "site"),
    [
        (90, 95, -130, 10, BodySite.HIP),
        (90, 95, -130, 60, BodySite.PELVIS),
        (90, 95, -40, 10, BodySite.PELVIS),
        (50, 95, -130, 10, BodySite.PELVIS),
        (90, 50, -130, 10, BodySite.PELVIS),
        (90, 95, -300, 10, BodySite.THIGH),
        (90, 95, -450, 10, None),
        (90, 95, 30, 10, BodySite.ABDOMEN),
        (90, 95, 160, 10, BodySite.CHEST),
        (150, 140, 260, 10, BodySite.SHOULDER),
        (150, 110, 260, 10, BodySite.CHEST),
        (150, 140, 260, 60, BodySite.CHEST),
        (150, 140, 150, 10, BodySite.CHEST),
        (150, 140, 290, 10, BodySite.SHOULDER),
        (150, 140, 350, 10, None),
        (20, 20, 350, 10, BodySite.HEAD_NECK),
    ],
)
def test_site_is_that_of_the_region_or_of_the_joint_beside_it(
    x_mm: float, bone_x_mm: float, z_mm: float, bone_mm: float, site: BodySite | None
) -> None:
    found = site_in_trunk(place_at(x_mm, z_mm, bone_mm), trunk_with(bone_x_mm, z_mm))
    assert (None if found is None else found.body_site) is site
    for part in (Part.LIMB, Part.FOLLOWED_LIMB):
        assert site_in_trunk(place_at(x_mm, z_mm, bone_mm, part), trunk_with(bone_x_mm, z_mm)) is None


def test_side_of_the_pelvis_has_no_site_where_no_legs_tell_how_high_it_lies() -> None:
    assert site_in_trunk(place_at(90, -130), trunk_with(95, -130, legs=False)) is None
    middle = site_in_trunk(place_at(20, -130), trunk_with(95, -130, legs=False))
    assert middle is not None
    assert middle.body_site is BodySite.PELVIS


def test_rib_beside_the_upper_end_of_the_lungs_is_no_shoulder() -> None:
    found = site_in_trunk(place_at(150, 260), trunk_with(140, 260, at_lung=True))
    assert found is not None
    assert found.body_site is BodySite.CHEST


@pytest.mark.parametrize(
    ("x_mm", "z_mm", "site", "level"),
    [
        (10, 160, BodySite.SPINE, "thoracic"),
        (10, 80, BodySite.SPINE, None),
        (10, 0, BodySite.SPINE, "lumbar"),
        (10, 40, BodySite.SPINE, None),
        (10, -100, BodySite.SPINE, None),
        (48, 160, BodySite.CHEST, None),
        (10, 350, BodySite.HEAD_NECK, None),
    ],
)
def test_level_of_the_spine_is_told_away_from_the_ends_of_the_lungs(
    x_mm: float, z_mm: float, site: BodySite, level: str | None
) -> None:
    found = site_in_trunk(place_at(x_mm, z_mm), trunk_with(x_mm - 5, z_mm, spine=True))
    assert found is not None
    assert (found.body_site, found.detail) == (site, level)
