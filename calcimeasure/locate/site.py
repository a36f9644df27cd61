"""The body site of a lesion: from bones that another program named, from its place in the trunk, and from the header.

The site is unknown where none of these names one, or where the header names several. The header names what was ordered,
not where a lesion lies: where the field shows a trunk, the part that the header names counts only where the place of
the lesion does not name another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.locate.body_sites import TRUNK_SITES
from calcimeasure.locate.ordered import UNKNOWN_SITE
from calcimeasure.locate.trunk import Part
from calcimeasure.locate.trunk_site import site_in_trunk
from calcimeasure.model import BodySite

if TYPE_CHECKING:
    from calcimeasure.locate.ordered import Ordered
    from calcimeasure.locate.place import Place
    from calcimeasure.model import Site


def site_of(place: Place) -> Site:
    """Say in which part of the body a lesion lies.

    Parameters
    ----------
    place
        Where it lies in the field of its stack.

    Returns
    -------
    Site
        With its source and the evidence in words; UNKNOWN where the evidence does not suffice.
    """
    trunk, ordered = place.anatomy.trunk, place.anatomy.ordered
    if place.bones is not None and place.bones.site is not None:
        return place.bones.site
    if trunk is None:
        return ordered.site
    named = ordered.site.body_site
    by_place = None if place.in_trunk is None else site_in_trunk(place.in_trunk, trunk)
    if by_place is not None:
        return ordered.site if named is by_place.body_site else _with_level(by_place, ordered)
    in_trunk = place.in_trunk is not None and place.in_trunk.part is Part.TRUNK
    # A word for a part of the trunk says nothing of an arm, and a word for an arm says nothing of the trunk. The place
    # of a lesion at the spine, or in a region where the field shows regions, would have named it.
    if (named in TRUNK_SITES) != in_trunk or named is BodySite.SPINE or (in_trunk and trunk.regions.are_told):
        return UNKNOWN_SITE
    return ordered.site


def _with_level(site: Site, ordered: Ordered) -> Site:
    """Add the level of the spine that the header names, where the place of a lesion at the spine names none."""
    if site.body_site is not BodySite.SPINE or site.detail is not None:
        return site
    return replace(site, detail=ordered.detail(BodySite.SPINE))
