"""What side, site, tissue and size of the selected lesion rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_calcimeasure._rows import evidence

if TYPE_CHECKING:
    from calcimeasure.review import Session

HEIGHT_PX = 72
"""So high at least: the tables above keep their place when another lesion is selected."""


class EvidenceLabel(QLabel):
    """A few lines of words."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setMinimumHeight(HEIGHT_PX)

    def tell(self, session: Session) -> None:
        """Say the evidence of the lesion that is selected; nothing where none is."""
        selected = session.selected
        self.setText(evidence(session.lesion(selected)) if selected is not None else "")
