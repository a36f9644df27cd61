"""The ordered examination: the side and the part of the body that the header of a stack names.

Tags and descriptions tell which part of the body was imaged. They do not tell where in the image a lesion lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.locate.body_sites import LIMB_SITES
from calcimeasure.locate.words import (
    SaidSide,
    SideEvidence,
    SiteEvidence,
    side_in_tags,
    side_in_text,
    site_in_body_part,
    site_in_text,
)
from calcimeasure.model import BodySite, Laterality, Site, SiteSource

if TYPE_CHECKING:
    from calcimeasure.model import Stack

EXTREMITY: Final = "EXTREMITY"
"""Body Part Examined (0018,0015) of a limb where the header does not say which limb (PS3.16 Annex L)."""

UNKNOWN_SITE: Final = Site(BodySite.UNKNOWN, SiteSource.NONE)

_NO_SIDE: Final = SideEvidence()
_NO_SITES: Final = SiteEvidence()


@dataclass(frozen=True, slots=True)
class Ordered:
    """The sides and the sites that the header of a stack names.

    Parameters
    ----------
    coded_side, worded_side
        The side that tags name, and the side that descriptions name.
    coded_sites, worded_sites
        The sites that tags name, and the sites that descriptions name.
    site
        The part of the body that is imaged; UNKNOWN where neither tags nor descriptions name exactly one.
    """

    coded_side: SideEvidence = _NO_SIDE
    worded_side: SideEvidence = _NO_SIDE
    coded_sites: SiteEvidence = _NO_SITES
    worded_sites: SiteEvidence = _NO_SITES
    site: Site = UNKNOWN_SITE

    @property
    def sides(self) -> frozenset[Laterality]:
        """LEFT, RIGHT, both or none: the sides that tags alone, or descriptions alone, name."""
        return frozenset({self.coded_side.laterality, self.worded_side.laterality} - {Laterality.UNKNOWN})

    @property
    def is_contradictory(self) -> bool:
        """Whether tags and descriptions name different sides, or one of them contradicts itself."""
        return len(self.sides) > 1 or self.coded_side.conflict or self.worded_side.conflict

    @property
    def names_both_sides(self) -> bool:
        """Whether tags or descriptions say that both sides are imaged."""
        return SaidSide.BOTH in (self.coded_side.side, self.worded_side.side)

    def detail(self, body_site: BodySite) -> str | None:
        """Return the detail of a site (level of the spine, a finger) where the sources that name one agree."""
        details = {detail for one in (self.coded_sites, self.worded_sites) if (detail := one.detail(body_site))}
        return details.pop() if len(details) == 1 else None


NOTHING_ORDERED: Final = Ordered()
"""Of a header that names neither a side nor a site."""


def ordered_in(stack: Stack) -> Ordered:
    """Read the ordered side and site from the header of a stack.

    Parameters
    ----------
    stack
        Its lateralities and coded region modifiers name a side; its Anatomic Region (0008,2218) and Body Part Examined
        (0018,0015) name a site; its descriptions name both.
    """
    texts = (stack.description, stack.protocol_name, stack.study_description)  # the most specific first
    said = Ordered(
        coded_side=side_in_tags(
            stack.laterality, stack.image_laterality, stack.frame_laterality, stack.region_modifier_codes
        ),
        worded_side=side_in_text(texts),
        coded_sites=site_in_body_part(stack.body_part, stack.region_codes),
        worded_sites=site_in_text(texts),
    )
    return Ordered(said.coded_side, said.worded_side, said.coded_sites, said.worded_sites, _site(said))


def shows_limb(stack: Stack) -> bool:
    """Tell whether tags or descriptions name a limb, and no other part of the body."""
    said = ordered_in(stack)
    named = said.coded_sites.sites | said.worded_sites.sites
    is_extremity = (stack.body_part or "").strip().upper() == EXTREMITY
    return named <= LIMB_SITES and (bool(named) or is_extremity)


def _site(said: Ordered) -> Site:
    """Take the one site that tags name, else the one that descriptions name."""
    sources = ((SiteSource.DICOM_TAG, said.coded_sites), (SiteSource.DESCRIPTION, said.worded_sites))
    for source, evidence in sources:
        if len(evidence.sites) == 1 and not evidence.conflict:
            (body_site,) = evidence.sites
            return Site(body_site, source, said.detail(body_site), f"it says {', '.join(evidence.words)}")
    return UNKNOWN_SITE
