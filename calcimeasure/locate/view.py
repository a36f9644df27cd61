"""What is in the field of a stack: looked at once, for all its lesions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.locate.bones import map_bones
from calcimeasure.locate.laterality import View
from calcimeasure.locate.limbs import part_limbs
from calcimeasure.locate.midline import find_midline
from calcimeasure.locate.site import descriptions, site_of, sites_of
from calcimeasure.locate.trunk import look_at_trunk
from calcimeasure.locate.words import side_in_tags, side_in_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.locate.words import SideEvidence
    from calcimeasure.model import NamedBones, Outline, Series, Volume


def look(
    volume: Volume, bodies: Sequence[Outline], skeleton: Sequence[Outline], bones: NamedBones | None = None
) -> View:
    """Gather what the sides and sites of the lesions of a stack depend on.

    Parameters
    ----------
    volume
        The stack.
    bodies
        Each body in view, largest first.
    skeleton
        What is judged to be bone in it.
    bones
        Bones that another program named.
    """
    series = volume.series
    midline, why = find_midline(volume, bodies, skeleton)
    has_trunk = midline is not None and not midline.between_limbs
    coded_sites, worded_sites = sites_of(series)
    return View(
        midline=midline,
        midline_why=why,
        bodies=tuple(bodies),
        site=site_of(series),
        tags=side_of_tags(series),
        words=side_in_text(descriptions(series)),
        coded_sites=coded_sites,
        worded_sites=worded_sites,
        trunk=look_at_trunk(volume, bodies[:1], skeleton, midline) if midline is not None and has_trunk else None,
        limbs=part_limbs(bodies, volume.geometry) if midline is None else None,
        bones=None if bones is None else map_bones(bones, volume.geometry, bodies, skeleton),
    )


def side_of_tags(series: Series) -> SideEvidence:
    """Read the side that the coded attributes of a series name."""
    return side_in_tags(
        series.laterality, series.image_laterality, series.frame_laterality, series.region_modifier_codes
    )
