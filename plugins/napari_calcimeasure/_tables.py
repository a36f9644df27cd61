"""Tables and buttons of the panel. They never take the keyboard: keys belong to the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_MARK = Qt.ItemDataRole.UserRole
"""Under which an item holds the color of its dot."""


class Table(QTableWidget):
    """Rows to click on; `chosen` gives the key of a row."""

    chosen = Signal(object)

    def __init__(self, columns: Sequence[str], stretched: int) -> None:
        super().__init__(0, len(columns))
        self.setHorizontalHeaderLabels(list(columns))
        self.verticalHeader().hide()
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
        self.horizontalHeader().setFont(smaller)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(28)
        self.verticalHeader().setDefaultSectionSize(22)
        self._keys: list[object] = []
        self._rows: dict[object, int] = {}
        self.cellClicked.connect(lambda row, _: self.chosen.emit(self._keys[row]))

    def fill(
        self,
        keys: Sequence[object],
        cells: Callable[[object], Sequence[str]],
        marks: Callable[[object], str | None],
        marked_column: int,
    ) -> None:
        """Show rows; each mark is a color, shown as a dot in one column."""
        self._keys = list(keys)
        self._rows = {key: row for row, key in enumerate(keys)}
        self.setRowCount(len(keys))
        for key in keys:
            self.update_row(key, cells(key), marks(key), marked_column)

    def update_row(self, key: object, cells: Sequence[str], mark: str | None, marked_column: int) -> None:
        """Show a row anew, where it is in the table."""
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
            # A new icon, even the same one, has the whole table laid out again.
            if column == marked_column and item.data(_MARK) != mark:
                item.setData(_MARK, mark)
                item.setIcon(_dot(mark) if mark else QIcon())

    def mark(self, key: object) -> None:
        """Select the row of a key, and bring it into view; no row where the key is not there."""
        if key not in self._rows:
            self.clearSelection()
            self.setCurrentCell(-1, -1)
            return
        row = self._rows[key]
        self.selectRow(row)
        self.scrollToItem(self.item(row, 0))

    def key_beside(self, key: object, step: int) -> object | None:
        """Give the key of the next or previous row; the first one where the key is not there, None at the end."""
        if not self._keys:
            return None
        if key not in self._rows:
            return self._keys[0]
        row = self._rows[key] + step
        return self._keys[row] if 0 <= row < len(self._keys) else None


def _dot(color: str) -> QIcon:
    pixmap = QPixmap(10, 10)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QBrush(QColor(color)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(0, 0, 10, 10)
    painter.end()
    return QIcon(pixmap)


def button(text: str, key: str, tip: str, act: Callable[[], object], mark: str | None = None) -> QPushButton:
    """Make a button that shows its key."""
    made = QPushButton(f"{text}  {key}" if key else text)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setToolTip(f"{tip} ({key})" if key else tip)
    made.clicked.connect(lambda _=False: act())
    if mark:
        made.setIcon(_dot(mark))
    return made


def rows_of_buttons(rows: Sequence[Sequence[QWidget]]) -> QWidget:
    """Lay widgets out in rows of the same width."""
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(3)
    for row, widgets in enumerate(rows):
        width = 12 // len(widgets)
        for place, widget in enumerate(widgets):
            grid.addWidget(widget, row, place * width, 1, width)
    return box
