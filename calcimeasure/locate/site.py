"""The body site of a lesion: from bones that another program named, the coded body part, descriptions, and its place.

Unknown where they name none, or several. What was ordered names what is in the field, not where in it a lesion lies:
where a trunk is seen, the part that tags or words name is taken only where the lesion's own place does not say another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.locate.bones import evidence_of
from calcimeasure.locate.laterality import body_with
from calcimeasure.locate.points import outline_points
from calcimeasure.locate.trunk import Part, part_with, shows_regions, site_by_place
from calcimeasure.locate.words import SiteEvidence, site_in_body_part, site_in_text
from calcimeasure.model import BodySite, Site, SiteSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.geometry import Geometry
    from calcimeasure.locate.laterality import View
    from calcimeasure.model import Outline, Series

TRUNK_SITES = frozenset(
    {
        BodySite.HEAD_NECK,
        BodySite.CHEST,
        BodySite.ABDOMEN,
        BodySite.PELVIS,
        BodySite.SPINE,
        BodySite.SHOULDER,
        BodySite.HIP,
    }
)
"""What lies in the trunk, and what is joined to it so broadly that it lies in the same field."""

LIMB_SITES = frozenset(
    {
        BodySite.HAND_WRIST,
        BodySite.FOREARM,
        BodySite.ELBOW,
        BodySite.UPPER_ARM,
        BodySite.THIGH,
        BodySite.KNEE,
        BodySite.LOWER_LEG,
        BodySite.ANKLE_FOOT,
    }
)
"""Where nothing of the trunk is in the field."""

EXTREMITY = "EXTREMITY"
"""Body Part Examined (0018,0015) of a limb that is not said which (PS3.16 Annex L)."""

_UNKNOWN = Site(BodySite.UNKNOWN, SiteSource.NONE)


def descriptions(series: Series) -> tuple[str | None, ...]:
    """Give what describes a series in words, the most specific first."""
    return (series.description, series.protocol_name, series.study_description)


def sites_of(series: Series) -> tuple[SiteEvidence, SiteEvidence]:
    """Read the sites that the tags of a series name, and those that its descriptions do."""
    return site_in_body_part(series.body_part, series.region_codes), site_in_text(descriptions(series))


def site_of(series: Series) -> Site:
    """Say which part of the body a series shows.

    Parameters
    ----------
    series
        Its Anatomic Region (0008,2218), Body Part Examined (0018,0015) and descriptions.

    Returns
    -------
    Site
        UNKNOWN where nothing is named, or several parts are and nothing tells which of them it is.
    """
    coded, worded = sites_of(series)
    return _said({SiteSource.DICOM_TAG: coded, SiteSource.DESCRIPTION: worded})


def shows_limb(series: Series) -> bool:
    """Tell whether tags or descriptions say that a series shows a limb, and none that it shows anything else."""
    named = frozenset[BodySite]().union(*(one.sites for one in sites_of(series)))
    is_extremity = (series.body_part or "").strip().upper() == EXTREMITY
    return named <= LIMB_SITES and (bool(named) or is_extremity)


def site_of_lesion(outline: Outline, geometry: Geometry, view: View) -> Site:
    """Say in which part of the body a lesion lies.

    Parameters
    ----------
    outline
        The lesion.
    geometry
        Of its stack.
    view
        What is in the field.

    Returns
    -------
    Site
        With its source and the evidence in words; UNKNOWN where the evidence does not carry.
    """
    body = body_with(outline, view.bodies)
    if view.bones is not None and (by_bones := evidence_of(outline, geometry, view.bones, body).site) is not None:
        return by_bones
    if view.trunk is None:
        return view.site
    points_lps_mm = outline_points(outline, geometry)
    by_place = site_by_place(points_lps_mm, view.trunk) if body == 0 else None
    if by_place is not None:
        return view.site if view.site.body_site is by_place.body_site else _with_level(by_place, view)
    in_trunk = body == 0 and part_with(points_lps_mm, view.trunk) is Part.TRUNK
    named = view.site.body_site
    # A word for a part of the trunk says nothing of an arm, and one for an arm nothing of the trunk; what lies at the
    # spine, and where regions are seen in a region, would have been found there.
    if (named in TRUNK_SITES) != in_trunk or named is BodySite.SPINE or (in_trunk and shows_regions(view.trunk)):
        return _UNKNOWN
    return view.site


def _with_level(site: Site, view: View) -> Site:
    """Add the level of the spine that tags or words name, where its place does not tell."""
    if site.body_site is not BodySite.SPINE or site.detail is not None:
        return site
    detail = _detail(
        BodySite.SPINE, {SiteSource.DICOM_TAG: view.coded_sites, SiteSource.DESCRIPTION: view.worded_sites}
    )
    return Site(site.body_site, site.source, detail, site.evidence)


def _said(by_source: Mapping[SiteSource, SiteEvidence]) -> Site:
    for source, said in by_source.items():
        if len(said.sites) == 1 and not said.conflict:
            (body_site,) = said.sites
            return Site(body_site, source, _detail(body_site, by_source), f"it says {', '.join(said.words)}")
    return _UNKNOWN


def _detail(body_site: BodySite, by_source: Mapping[SiteSource, SiteEvidence]) -> str | None:
    """Take the detail (a spine's level, a finger) from whichever source names it."""
    details = {detail for one in by_source.values() if (detail := one.detail(body_site))}
    return details.pop() if len(details) == 1 else None
