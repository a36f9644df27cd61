"""What a reader is asked about before a decision is taken: a rare side, an unknown side or site. No input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.locate.constants import LOCATE
from calcimeasure.model import BodySite, Laterality, SideSource

if TYPE_CHECKING:
    from calcimeasure.model import Lesion, Side

STRONG_CONFIDENCE: Final = 0.9
"""Confidence from which a side that was judged without a conflict is strong evidence against the other side."""


def doubt_about_side(lesion: Lesion, laterality: Laterality) -> str | None:
    """Say what speaks strongly against a side; None if nothing does.

    Parameters
    ----------
    lesion
        The lesion with the side that is known for it.
    laterality
        The side that a reader names.
    """
    side = lesion.side
    if side is None or laterality is Laterality.UNKNOWN:
        return None
    distance_mm = side.distance_to_midline_mm
    if distance_mm is not None and abs(distance_mm) >= LOCATE.sure_side_mm:
        lies = Laterality.LEFT if distance_mm > 0 else Laterality.RIGHT
        return None if lies is laterality else f"it lies {abs(distance_mm):.0f} mm {lies} of the midline"
    return _doubt_of_judgement(side, laterality)


def _doubt_of_judgement(side: Side, laterality: Laterality) -> str | None:
    sides = {Laterality.LEFT, Laterality.RIGHT}
    is_sure = side.confidence is not None and side.confidence >= STRONG_CONFIDENCE and not side.conflict
    if not is_sure or side.source is SideSource.READER or {side.laterality, laterality} != sides:
        return None
    return f"{str(side.source).replace('_', ' ')} says {side.laterality} ({side.confidence:.0%})"


def doubt_about_accepting(lesion: Lesion | None) -> str | None:
    """Say what is unknown about a lesion that would be accepted; None if side and site are known.

    Parameters
    ----------
    lesion
        The lesion; None for an outline that is not measured yet.
    """
    unknown = []
    if lesion is None or lesion.side is None or lesion.side.laterality is Laterality.UNKNOWN:
        unknown.append("side (R, L, M)")
    if lesion is None or lesion.site is None or lesion.site.body_site is BodySite.UNKNOWN:
        unknown.append("site (S)")
    return f"unknown: {' and '.join(unknown)}" if unknown else None
