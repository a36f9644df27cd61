"""The tables of the panel. They never get the keyboard focus, because keys belong to the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_MARK = Qt.ItemDataRole.UserRole
"""The data role under which an item holds the color of its dot."""


class Table(QTableWidget):
    """Rows to click on, each with a number as its key; `chosen` gives the key of a row."""

    chosen = Signal(object)

    def __init__(self, columns: Sequence[str], stretched: int) -> None:
        super().__init__(0, len(columns))
        self.setHorizontalHeaderLabels(list(columns))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setIconSize(QSize(10, 10))
        smaller = self.font()
        smaller.setPointSizeF(smaller.pointSizeF() * 0.9)
        self.setFont(smaller)
        header, rows = self.horizontalHeader(), self.verticalHeader()
        assert header is not None  # noqa: S101 - Qt makes both headers with the table
        assert rows is not None  # noqa: S101
        header.setFont(smaller)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(28)
        rows.hide()
        rows.setDefaultSectionSize(22)
        self._keys: list[int] = []
        self._rows: dict[int, int] = {}
        self.cellClicked.connect(lambda row, _: self.chosen.emit(self._keys[row]))

    def fill(
        self,
        keys: Sequence[int],
        cells: Callable[[int], Sequence[str]],
        marks: Callable[[int], str | None],
        marked_column: int,
    ) -> None:
        """Show rows; each mark is a color, shown as a dot in one column."""
        self._keys = list(keys)
        self._rows = {key: row for row, key in enumerate(keys)}
        self.setRowCount(len(keys))
        for key in keys:
            self.update_row(key, cells(key), marks(key), marked_column)

    def empty(self) -> None:
        """Show no row."""
        self._keys, self._rows = [], {}
        self.setRowCount(0)

    def update_row(self, key: int, cells: Sequence[str], mark: str | None, marked_column: int) -> None:
        """Show a row again, if it is in the table."""
        if key not in self._rows:
            return
        row = self._rows[key]
        for column, text in enumerate(cells):
            item = self.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(row, column, item)
            if item.text() != text:
                item.setText(text)
                item.setToolTip(text)
            # Setting an icon, even an equal one, makes Qt lay out the whole table again.
            if column == marked_column and item.data(_MARK) != mark:
                item.setData(_MARK, mark)
                item.setIcon(dot(mark) if mark else QIcon())

    def mark(self, key: int | None) -> None:
        """Select the row of a key, and scroll to this row; no row if the key is not in the table."""
        if key is None or key not in self._rows:
            self.clearSelection()
            self.setCurrentCell(-1, -1)
            return
        row = self._rows[key]
        self.selectRow(row)
        self.scrollToItem(self.item(row, 0))

    def key_beside(self, key: int | None, step: int) -> int | None:
        """Give the key of the next or previous row; the first one if the key is not in the table, None at the end."""
        if not self._keys:
            return None
        if key is None or key not in self._rows:
            return self._keys[0]
        row = self._rows[key] + step
        return self._keys[row] if 0 <= row < len(self._keys) else None


def dot(color: str) -> QIcon:
    """Draw a dot as an icon."""
    pixmap = QPixmap(10, 10)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QBrush(QColor(color)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(0, 0, 10, 10)
    painter.end()
    return QIcon(pixmap)
