"""The evidence for side, site, tissue and size of the selected lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QScrollArea

from calcimeasure.review import marker_picture
from napari_calcimeasure._rows import evidence, remark_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.review import Companions, Session

HEIGHT_PX = 90
"""Smallest height of what is in view; the rest is scrolled to."""


class EvidenceLabel(QLabel):
    """A few lines of words."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setMargin(4)

    def scrolled(self) -> QScrollArea:
        """Give an area in which the label can be scrolled."""
        area = QScrollArea()
        area.setWidget(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(HEIGHT_PX)
        return area

    def tell(self, session: Session, companions: Mapping[int, Companions]) -> None:
        """Show the numbers and the evidence of the selected lesion; empty if no lesion is selected."""
        selected = session.selected
        is_there = selected is not None and selected in {*session.lesions, *session.drafts}
        if selected is None or not is_there:
            self.setText("")
            return
        lesion = session.lesion(selected)
        remarks = "" if lesion is None else remark_lines(session, lesion)
        words = evidence(lesion, companions.get(selected), marker_picture(session, selected))
        self.setText("<br>".join(filter(None, (remarks, words))))
