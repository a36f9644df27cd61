"""What is in the field of a stack: looked at once, for all its lesions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.locate.laterality import View
from calcimeasure.locate.midline import find_midline
from calcimeasure.locate.site import descriptions, site_of
from calcimeasure.locate.words import side_in_tags, side_in_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.locate.words import SideEvidence
    from calcimeasure.model import Outline, Series, Volume


def look(volume: Volume, bodies: Sequence[Outline], bones: Sequence[Outline]) -> View:
    """Gather what the sides and sites of the lesions of a stack depend on.

    Parameters
    ----------
    volume
        The stack.
    bodies
        Each body in view, largest first.
    bones
        What is bone in it.
    """
    series = volume.series
    midline, why = find_midline(volume, bodies, bones)
    return View(
        midline=midline,
        midline_why=why,
        bodies=tuple(bodies),
        site=site_of(series),
        tags=side_of_tags(series),
        words=side_in_text(descriptions(series)),
    )


def side_of_tags(series: Series) -> SideEvidence:
    """Read the side that the coded attributes of a series name."""
    return side_in_tags(
        series.laterality, series.image_laterality, series.frame_laterality, series.region_modifier_codes
    )
