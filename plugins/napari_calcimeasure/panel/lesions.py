"""The table of the lesions of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGroupBox, QVBoxLayout

from napari_calcimeasure._palette import color_of
from napari_calcimeasure._rows import columns_of, lesion_cells, lesion_order
from napari_calcimeasure._sizes import LESION_COLUMNS
from napari_calcimeasure._tables import Table
from napari_calcimeasure.actions import Group

if TYPE_CHECKING:
    from calcimeasure.review import Session

_STATUS, _SITE = LESION_COLUMNS.index("Status"), LESION_COLUMNS.index("Site")
_BESIDE = tuple(LESION_COLUMNS.index(name) for name in ("mL", "HU", "Flags"))
"""Columns that a narrow panel has no room for: they stand in the words about the selected lesion."""


class LesionsBox(QGroupBox):
    """A row for each lesion, with a dot in the color of its outline."""

    chosen = Signal(object)
    """Emits the number of the lesion that was clicked on."""

    def __init__(self) -> None:
        super().__init__(str(Group.LESIONS))
        self.table = Table(LESION_COLUMNS, stretched=_SITE)
        for column in _BESIDE:
            self.table.setColumnHidden(column, True)
        self.table.chosen.connect(self.chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(self.table)

    def name_columns(self, session: Session) -> None:
        """Set the names of the columns for this kind of image."""
        self.table.setHorizontalHeaderLabels(columns_of(session))

    def fill(self, session: Session) -> None:
        """Show the current lesions."""
        self.table.fill(
            lesion_order(session),
            lambda number: lesion_cells(session, number),
            lambda number: color_of(session.lesion(number)),
            _STATUS,
        )
        self.table.mark(session.selected)

    def empty(self) -> None:
        """Show no lesion."""
        self.table.empty()

    def beside(self, number: int | None, step: int) -> int | None:
        """Give the next or previous lesion of the table; None at the end."""
        return self.table.key_beside(number, step)
