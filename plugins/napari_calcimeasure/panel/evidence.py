"""The evidence for side, site, tissue and size of the selected lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_calcimeasure._rows import evidence, remark_lines

if TYPE_CHECKING:
    from calcimeasure.review import Session

HEIGHT_PX = 72
"""Smallest height, so that the tables above do not move when another lesion is selected."""


class EvidenceLabel(QLabel):
    """A few lines of words."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setMinimumHeight(HEIGHT_PX)

    def tell(self, session: Session) -> None:
        """Show the evidence for the selected lesion; empty if no lesion is selected."""
        selected = session.selected
        is_there = selected is not None and selected in {*session.lesions, *session.drafts}
        if selected is None or not is_there:
            self.setText("")
            return
        lesion = session.lesion(selected)
        remarks = "" if lesion is None else remark_lines(session, lesion)
        self.setText("<br>".join(filter(None, (remarks, evidence(lesion)))))
