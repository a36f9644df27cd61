"""The site of a lesion in the trunk: from the region of its section, and from the bones near to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.regions import Region
from calcimeasure.locate.trunk import Part
from calcimeasure.model import BodySite, Site, SiteSource

if TYPE_CHECKING:
    from calcimeasure.locate.regions import Regions
    from calcimeasure.locate.trunk import PlaceInTrunk, Trunk


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
    if region is Region.HEAD and beside_mm > LOCATE.head_beside_mm:
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
    if regions.crotch_z_mm is None or z_mm < regions.crotch_z_mm - LOCATE.thigh_length_mm:
        return None
    return _by_geometry(BodySite.THIGH, f"it lies {regions.crotch_z_mm - z_mm:.0f} mm below where the legs part")


def _site_in_pelvis(place: PlaceInTrunk, beside_mm: float, trunk: Trunk) -> Site | None:
    z_mm, crotch_z_mm = float(place.middle_lps_mm[2]), trunk.regions.crotch_z_mm
    bone_beside_mm = abs(float(trunk.bones.beside_mm[place.bone]))
    at_side = min(beside_mm, bone_beside_mm) >= LOCATE.hip_beside_mm and place.bone_mm <= LOCATE.near_bone_mm
    if at_side and crotch_z_mm is None:
        return None  # at the ilium or at the hip joint: only the legs would tell how high it lies
    if at_side and crotch_z_mm is not None and LOCATE.hip_height_mm[0] <= z_mm - crotch_z_mm <= LOCATE.hip_height_mm[1]:
        return _by_geometry(BodySite.HIP, "it lies at bone beside the pelvis, near to where the legs part")
    return _by_geometry(BodySite.PELVIS, "its section goes through the pelvis")


def _is_at_spine(place: PlaceInTrunk, beside_mm: float, trunk: Trunk) -> bool:
    if beside_mm > LOCATE.spine_beside_mm or trunk.spine is None:
        return False
    return float(trunk.spine.query(place.points_lps_mm)[0].min()) <= LOCATE.spine_mm


def _level(region: Region, z_mm: float, regions: Regions) -> str | None:
    """Name the level of the spine, where it is not too near to the next one."""
    if regions.chest_z_mm is None:
        return None
    low_mm, high_mm = regions.chest_z_mm
    if region is Region.CHEST and z_mm <= high_mm - LOCATE.level_margin_mm and z_mm >= low_mm + LOCATE.level_margin_mm:
        return "thoracic"
    return "lumbar" if region is Region.ABDOMEN and z_mm <= low_mm - LOCATE.level_margin_mm else None


def _is_at_shoulder(place: PlaceInTrunk, trunk: Trunk) -> bool:
    if trunk.regions.chest_z_mm is None or place.bone_mm > LOCATE.near_bone_mm or trunk.bones.is_at_lung[place.bone]:
        return False
    top_mm = trunk.regions.chest_z_mm[1]
    beside_mm = abs(float(trunk.bones.beside_mm[place.bone]))
    is_as_high = (
        top_mm - LOCATE.shoulder_height_mm <= float(place.middle_lps_mm[2]) <= top_mm + LOCATE.shoulder_above_mm
    )
    return beside_mm >= LOCATE.shoulder_beside_mm and is_as_high
