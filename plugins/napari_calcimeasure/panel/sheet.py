"""The sheet of keys, made from the table of actions."""

from __future__ import annotations

from html import escape
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from napari_calcimeasure.actions import Group, groups_with_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QShowEvent

    from napari_calcimeasure.actions import Action

COLUMNS = 3
"""Number of columns for the groups; the columns have about equal length."""

COLUMN_PX = 400
"""Width of a column: three of them fit on a screen of 1280 pixels."""

LETTERS = 46
"""About so many letters of a meaning fit into a line of a column."""

STYLE = "QLabel { font-size: 9pt; }"
SCREEN_PART = 0.94
"""The sheet has at most this part of the height of the screen; what is beyond it is scrolled to."""

SPARE_PX = 20
"""Room beside and below the columns, in which a bar to scroll with would stand."""


def sheet_columns() -> list[str]:
    """Write the sheet as rich text, one text for each column.

    Returns
    -------
    list of str
        At most `COLUMNS` texts; together they contain every key once.
    """
    parts = [_part(group, actions) for group, actions in groups_with_keys()]

    def cut(ends: Sequence[int]) -> list[list[tuple[int, str]]]:
        edges = (0, *ends, len(parts))
        return [parts[begin:end] for begin, end in pairwise(edges)]

    ways = (cut(ends) for ends in combinations(range(1, len(parts)), COLUMNS - 1))
    best = min(ways, key=lambda columns: max(sum(height for height, _ in column) for column in columns))
    return ["".join(text for _, text in column) for column in best]


def _part(group: Group, actions: Sequence[Action]) -> tuple[int, str]:
    """Write a group; gives the number of its lines, about, and its text."""
    if group is Group.SITE:  # sixteen names of sites: two fit into a line
        cells = [_cells(one, one.text) for one in actions]
        rows = ["".join(cells[at : at + 2]) for at in range(0, len(cells), 2)]
        lines = len(rows)
    else:
        rows = [_cells(one, one.meaning) for one in actions]
        lines = sum(-(-len(one.meaning) // LETTERS) for one in actions)
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return lines + 2, f"<h4>{escape(str(group))}</h4><table>{table}</table>"


def _cells(action: Action, words: str) -> str:
    return (
        f"<td align='right'><b>{escape(action.label)}</b></td>"
        f"<td style='padding-left: 8px; padding-right: 8px'>{escape(words)}</td>"
    )


class KeySheet(QDialog):
    """A window that stays open beside the panel; the keys remain active in the viewer.

    Parameters
    ----------
    parent
        The panel.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of the review")
        self.setModal(False)
        self._columns = QWidget()
        layout = QHBoxLayout(self._columns)
        for text in sheet_columns():
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            label.setStyleSheet(STYLE)
            label.setFixedWidth(COLUMN_PX)
            layout.addWidget(label)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(self._columns)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take the room that the columns need; Qt would give a dialog two thirds of the screen at most."""
        super().showEvent(event)
        screen = self.screen()
        layout = self._columns.layout()
        if event is None or event.spontaneous() or screen is None or layout is None:
            return
        labels = self._columns.findChildren(QLabel)
        margins = layout.contentsMargins()
        needed = max(label.heightForWidth(COLUMN_PX) for label in labels) + margins.top() + margins.bottom()
        highest = round(screen.availableGeometry().height() * SCREEN_PART)
        self.resize(self._columns.sizeHint().width() + SPARE_PX, min(needed + SPARE_PX, highest))
