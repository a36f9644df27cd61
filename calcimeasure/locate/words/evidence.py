"""Records of the side and site that words and tags name, before any conclusion is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calcimeasure.model import BodySite, Laterality

WHOLE_BODY: Final = frozenset(BodySite) - {BodySite.UNKNOWN}


class SaidSide(StrEnum):
    """The side that words or tags name. "Unpaired" means that the part exists once (PS3.3 C.7.3.1), not "unknown"."""

    RIGHT = "right"
    LEFT = "left"
    BOTH = "both"
    UNPAIRED = "unpaired"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SideEvidence:
    """A side as words or tags name it.

    Parameters
    ----------
    side
        The named side.
    words
        The words or tags that name the side, as written, for the evidence shown to a person.
    conflict
        Two sources contradict each other. `side` is then both (words) or nothing (tags), never right or left.
    """

    side: SaidSide = SaidSide.NOTHING
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def laterality(self) -> Laterality:
        """Right or left if only one of them is named, otherwise unknown."""
        return _LATERALITY.get(self.side, Laterality.UNKNOWN)


_LATERALITY: Final = {SaidSide.RIGHT: Laterality.RIGHT, SaidSide.LEFT: Laterality.LEFT}


@dataclass(frozen=True, slots=True, order=True)
class NamedSite:
    """A site with its detail: the level of the spine, or wrist, finger, thumb, ankle, heel, toe, buttock."""

    body_site: BodySite
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """Sites as words or tags name them; empty if no site is named.

    Parameters
    ----------
    named
        Every site with its detail. A level of the spine replaces the spine without a level.
    words
        The words or tags that name the sites, as written.
    conflict
        Code and Body Part Examined name sites that have nothing in common; `named` holds both.
    """

    named: frozenset[NamedSite] = frozenset()
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def sites(self) -> frozenset[BodySite]:
        """The sites without their details."""
        return frozenset(one.body_site for one in self.named)

    def detail(self, body_site: BodySite) -> str | None:
        """Return the detail of a site if exactly one detail is named."""
        details = {one.detail for one in self.named if one.body_site is body_site}
        return details.pop() if len(details) == 1 else None
