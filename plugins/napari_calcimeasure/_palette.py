"""Colors and line styles of the review: what a decision looks like, also to a reader who confuses colors. No Qt.

Any two colors of outlines are at least `LEAST_DIFFERENCE` apart (CIEDE2000), as they are and as protanopes,
deuteranopes and tritanopes see them. The style of the line says the decision a second time.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from calcimeasure.review import Status, Tissue

if TYPE_CHECKING:
    from calcimeasure import Lesion

LEAST_DIFFERENCE = 15.0
"""Difference of colors (CIEDE2000) that is told apart at a glance in thin lines; about 2 is just seen side by side."""

COLORS = {
    Status.PROPOSED: "#ffd320",
    Status.ACCEPTED: "#40c0a8",
    Status.REJECTED: "#c02878",
}
ASKED_COLOR = "#e07848"
"""Color of a possible mass that is not decided."""
OTHER_COLOR = "#7a70ff"
"""Color of other tissues: another calcification, contrast agent."""
NEW_COLOR = "#ffffff"
LONG_AXIS_COLOR, SHORT_AXIS_COLOR = "#00dcff", "#ff5ac8"
LETTER_COLOR, SHADE_COLOR = "#ffd27f", "#00000080"

OUTLINE_COLORS = (*COLORS.values(), ASKED_COLOR, OTHER_COLOR, NEW_COLOR)
"""Every color that an outline can have."""


class LineStyle(Enum):
    """How an outline is drawn."""

    SOLID = "accepted"
    DASHED = "proposed"
    DOTTED = "rejected"


_STYLES = {
    Status.ACCEPTED: LineStyle.SOLID,
    Status.PROPOSED: LineStyle.DASHED,
    Status.REJECTED: LineStyle.DOTTED,
}


def color_of(lesion: Lesion | None) -> str:
    """Choose the color of a lesion by its decision and its tissue."""
    if lesion is None:
        return NEW_COLOR
    if lesion.status is Status.PROPOSED:
        if lesion.tissue is Tissue.UNKNOWN:
            return ASKED_COLOR
        if not lesion.is_mass:
            return OTHER_COLOR
    return COLORS[lesion.status]


def style_of(lesion: Lesion | None) -> LineStyle:
    """Choose the line of a lesion by its decision; what is being drawn is not decided."""
    return LineStyle.DASHED if lesion is None else _STYLES[lesion.status]
