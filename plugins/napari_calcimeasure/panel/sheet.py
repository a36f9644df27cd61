"""The sheet of keys, made from the table of actions."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QWidget

from napari_calcimeasure.actions import groups_with_keys

COLUMNS = 3
"""Number of columns for the groups; the columns have about equal length."""

COLUMN_PX = 400
"""Width of a column: three of them fit on a screen of 1280 pixels."""


def sheet_columns() -> list[str]:
    """Write the sheet as rich text, one text for each column.

    Returns
    -------
    list of str
        At most `COLUMNS` texts; together they contain every key once.
    """
    parts = []
    for group, actions in groups_with_keys():
        rows = [
            f"<tr><td align='right'><b>{escape(one.label)}</b></td><td>&nbsp;&nbsp;{escape(one.meaning)}</td></tr>"
            for one in actions
        ]
        parts.append((len(rows) + 2, f"<h4>{escape(str(group))}</h4><table>{''.join(rows)}</table>"))
    longest = sum(height for height, _ in parts) / COLUMNS
    columns: list[str] = []
    above = 0.0
    for height, text in parts:
        column = min(int((above + height / 2) / longest), COLUMNS - 1)
        if column >= len(columns):
            columns.append("")
        columns[-1] += text
        above += height
    return columns


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
        layout = QHBoxLayout(self)
        for text in sheet_columns():
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            label.setFixedWidth(COLUMN_PX)
            layout.addWidget(label)
