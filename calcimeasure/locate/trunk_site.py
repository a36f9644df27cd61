"""The site of a lesion in the trunk: from the region of its section, and from the bones near to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.locate.regions import Region
from calcimeasure.locate.trunk import Part
from calcimeasure.model import BodySite, Site, SiteSource

if TYPE_CHECKING:
    from calcimeasure.locate.regions import Regions
    from calcimeasure.locate.trunk import PlaceInTrunk, Trunk

SPINE_MM: Final = 20.0
SPINE_BESIDE_MM: Final = 45.0
"""A lesion lies at the spine where it is no farther from bone of the spine, and its middle no farther from the midline,
than these: the muscles along the spine are as thick."""

NEAR_BONE_MM: Final = 45.0
"""A lesion no farther from a bone than this lies at a shoulder or a hip: masses of these joints lie in the muscles and
bursae round them."""

HIP_BESIDE_MM: Final = 60.0
"""Smallest distance of a hip joint, and of its bones, from the midline."""

HIP_HEIGHT_MM: Final = (-20.0, 130.0)
"""The hip joint with the trochanters lies between these heights above where the legs part."""

THIGH_LENGTH_MM: Final = 220.0
"""A lesion lies in the thigh down to so far below where the legs part: farther down the knee may be near."""

SHOULDER_HEIGHT_MM: Final = 100.0
SHOULDER_BESIDE_MM: Final = 125.0
NECK_MM: Final = 40.0
"""The shoulder reaches from so far below the upper end of the lungs to so far above it; bone of it lies at least so far
from the midline."""

HEAD_BESIDE_MM: Final = 110.0
"""A lesion above the lungs lies in head or neck where it is no farther from the midline than this: shoulders are."""

LEVEL_MARGIN_MM: Final = 40.0
"""Nearer than this to an end of the lungs the level of the spine is not told: lungs end at different vertebrae."""


def site_in_trunk(place: PlaceInTrunk, trunk: Trunk) -> Site | None:
    """Say in which region of the trunk a lesion lies.

    Parameters
    ----------
    place
        Where it lies in the trunk.
    trunk
        Of the stack.

    Returns
    -------
    Site or None
        None where it does not lie in the trunk, or where nothing that the field shows tells the region.
    """
    regions, z_mm = trunk.regions, float(place.middle_lps_mm[2])
    region = regions.region_at(z_mm)
    beside_mm = abs(float(trunk.midline.distance_mm(place.middle_lps_mm)))
    if place.part is not Part.TRUNK:
        return None
    if region is Region.LEGS:
        return _site_in_leg(z_mm, regions)
    if regions.is_wide_at(z_mm) and _is_at_spine(place, beside_mm, trunk):
        return Site(BodySite.SPINE, SiteSource.GEOMETRY, _level(region, z_mm, regions), "it lies at the spine")
    if region is Region.PELVIS:
        return _site_in_pelvis(place, beside_mm, trunk)
    if region in (Region.CHEST, Region.HEAD) and _is_at_shoulder(place, trunk):
        return _by_geometry(BodySite.SHOULDER, "it lies at bone beside the upper end of the lungs")
    if region is Region.HEAD and beside_mm > HEAD_BESIDE_MM:
        return None
    return _SITES.get(region)


def _by_geometry(site: BodySite, evidence: str) -> Site:
    return Site(site, SiteSource.GEOMETRY, evidence=evidence)


_SITES: Final = {
    Region.CHEST: _by_geometry(BodySite.CHEST, "its section goes through the lungs"),
    Region.ABDOMEN: _by_geometry(BodySite.ABDOMEN, "its section lies between lungs and pelvis"),
    Region.HEAD: _by_geometry(BodySite.HEAD_NECK, "its section lies above the lungs"),
}


def _site_in_leg(z_mm: float, regions: Regions) -> Site | None:
    if regions.crotch_z_mm is None or z_mm < regions.crotch_z_mm - THIGH_LENGTH_MM:
        return None
    return _by_geometry(BodySite.THIGH, f"it lies {regions.crotch_z_mm - z_mm:.0f} mm below where the legs part")


def _site_in_pelvis(place: PlaceInTrunk, beside_mm: float, trunk: Trunk) -> Site | None:
    z_mm, crotch_z_mm = float(place.middle_lps_mm[2]), trunk.regions.crotch_z_mm
    bone_beside_mm = abs(float(trunk.bones.beside_mm[place.bone]))
    at_side = min(beside_mm, bone_beside_mm) >= HIP_BESIDE_MM and place.bone_mm <= NEAR_BONE_MM
    if at_side and crotch_z_mm is None:
        return None  # at the ilium or at the hip joint: only the legs would tell how high it lies
    if at_side and crotch_z_mm is not None and HIP_HEIGHT_MM[0] <= z_mm - crotch_z_mm <= HIP_HEIGHT_MM[1]:
        return _by_geometry(BodySite.HIP, "it lies at bone beside the pelvis, near to where the legs part")
    return _by_geometry(BodySite.PELVIS, "its section goes through the pelvis")


def _is_at_spine(place: PlaceInTrunk, beside_mm: float, trunk: Trunk) -> bool:
    if beside_mm > SPINE_BESIDE_MM or trunk.spine is None:
        return False
    return float(trunk.spine.query(place.points_lps_mm)[0].min()) <= SPINE_MM


def _level(region: Region, z_mm: float, regions: Regions) -> str | None:
    """Name the level of the spine, where it is not too near to the next one."""
    if regions.chest_z_mm is None:
        return None
    low_mm, high_mm = regions.chest_z_mm
    if region is Region.CHEST and z_mm <= high_mm - LEVEL_MARGIN_MM and z_mm >= low_mm + LEVEL_MARGIN_MM:
        return "thoracic"
    return "lumbar" if region is Region.ABDOMEN and z_mm <= low_mm - LEVEL_MARGIN_MM else None


def _is_at_shoulder(place: PlaceInTrunk, trunk: Trunk) -> bool:
    if trunk.regions.chest_z_mm is None or place.bone_mm > NEAR_BONE_MM or trunk.bones.is_at_lung[place.bone]:
        return False
    top_mm = trunk.regions.chest_z_mm[1]
    beside_mm = abs(float(trunk.bones.beside_mm[place.bone]))
    is_as_high = top_mm - SHOULDER_HEIGHT_MM <= float(place.middle_lps_mm[2]) <= top_mm + NECK_MM
    return beside_mm >= SHOULDER_BESIDE_MM and is_as_high
