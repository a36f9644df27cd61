"""What words and tags say of side and site, before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calcimeasure.model import BodySite, Laterality

WHOLE_BODY: Final = frozenset(BodySite) - {BodySite.UNKNOWN}


class SaidSide(StrEnum):
    """What words or tags say of the side. Unpaired is not unknown: the part exists once (PS3.3 C.7.3.1)."""

    RIGHT = "right"
    LEFT = "left"
    BOTH = "both"
    UNPAIRED = "unpaired"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SideEvidence:
    """A side as said.

    Parameters
    ----------
    side
        What is said.
    words
        What it rests on, as written, for the evidence shown to a person.
    conflict
        Two sources contradict each other; then `side` is both (words) or nothing (tags), never one of the two.
    """

    side: SaidSide = SaidSide.NOTHING
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def laterality(self) -> Laterality:
        """Right or left where one of them alone is said, otherwise unknown."""
        return _LATERALITY.get(self.side, Laterality.UNKNOWN)


_LATERALITY: Final = {SaidSide.RIGHT: Laterality.RIGHT, SaidSide.LEFT: Laterality.LEFT}


@dataclass(frozen=True, slots=True, order=True)
class NamedSite:
    """A site with its detail: the spine's level, or wrist, finger, thumb, ankle, heel, toe, buttock."""

    body_site: BodySite
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """Sites as said; none where nothing is said.

    Parameters
    ----------
    named
        Every site with its detail. A spine level takes the place of the bare spine.
    words
        What they rest on, as written.
    conflict
        Code and Body Part Examined name parts that have nothing in common; `named` holds both.
    """

    named: frozenset[NamedSite] = frozenset()
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def sites(self) -> frozenset[BodySite]:
        """The sites without their details."""
        return frozenset(one.body_site for one in self.named)

    def detail(self, body_site: BodySite) -> str | None:
        """Return the detail of a site where exactly one is named."""
        details = {one.detail for one in self.named if one.body_site is body_site}
        return details.pop() if len(details) == 1 else None
