"""The worklist: all measured stacks with the progress of their review, and a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QGroupBox, QHBoxLayout, QLabel, QVBoxLayout

from calcimeasure.review import TaskState
from napari_calcimeasure._rows import TASK_COLUMNS, task_cells, task_rank
from napari_calcimeasure._tables import Table
from napari_calcimeasure.actions import Group, actions_of
from napari_calcimeasure.panel.tools import button_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.review import Task

STATE_COLORS = {
    TaskState.TO_REVIEW: "#ffd200",
    TaskState.IN_REVIEW: "#7aa7d6",
    TaskState.DONE: "#3ddc57",
    TaskState.SEEN: "#3ddc57",
}
OPEN = (TaskState.TO_REVIEW, TaskState.IN_REVIEW)
EVERY_STACK = "All"
UNSURE = "Unsure"
"""The stacks with lesions for which a second reader is wanted."""
FILTERS = {
    "Open": OPEN,
    "To review": OPEN[:1],
    "In review": OPEN[1:],
    "Nothing found": (TaskState.NOTHING,),
    "Done": (TaskState.DONE, TaskState.SEEN),
    UNSURE: tuple(TaskState),
    EVERY_STACK: tuple(TaskState),
}
_SERIES, _STATE = TASK_COLUMNS.index("Series"), TASK_COLUMNS.index("State")


class WorklistBox(QGroupBox):
    """The table of stacks with its filter, its progress and its buttons."""

    chosen = Signal(object)
    """Emits the number of the stack that was clicked on."""

    filtered = Signal()
    """Another filter was chosen."""

    pressed = Signal(str)
    """Emits the name of the action whose button was pressed."""

    told = Signal(str)
    """Emits the progress of the review, or the present activity."""

    def __init__(self) -> None:
        super().__init__(str(Group.STACKS))
        self.filter = QComboBox()
        self.filter.addItems(list(FILTERS))
        self.filter.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.filter.currentTextChanged.connect(lambda _: self.filtered.emit())
        self.progress = QLabel()
        self.table = Table(TASK_COLUMNS, stretched=_SERIES)
        self.table.chosen.connect(self.chosen)
        self._sorted_by: int | None = None
        header = self.table.horizontalHeader()
        assert header is not None  # noqa: S101 - Qt makes it with the table
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort_by)
        top = QHBoxLayout()
        top.addWidget(self.filter)
        top.addWidget(self.progress, 1)
        # In a row of their own: beside the progress their words are cut in a narrow panel.
        buttons = QHBoxLayout()
        for action in actions_of(Group.STACKS):
            made = button_of(action)
            made.clicked.connect(lambda _=False, name=action.name: self.pressed.emit(name))
            buttons.addWidget(made)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addLayout(buttons)
        layout.addWidget(self.table)

    def fill(self, tasks: Mapping[int, Task], shown: int | None) -> None:
        """Show the stacks that match the filter, and always the stack that is in the viewer."""
        states = FILTERS[self.filter.currentText()]
        is_for_second = self.filter.currentText() == UNSURE
        keys = [
            stack_id
            for stack_id in self.in_order(tasks)
            if stack_id == shown
            or (tasks[stack_id].state in states and (bool(tasks[stack_id].unsure) or not is_for_second))
        ]
        self.table.fill(
            keys, lambda key: task_cells(tasks[key]), lambda key: STATE_COLORS.get(tasks[key].state), _STATE
        )
        self.table.mark(shown)

    def in_order(self, tasks: Mapping[int, Task]) -> list[int]:
        """Order stacks by the column that was clicked on; else by patient, study and series."""
        column = self._sorted_by
        if column is None:
            return list(tasks)
        return sorted(tasks, key=lambda stack_id: task_rank(tasks[stack_id], column))

    def _sort_by(self, column: int) -> None:
        """Sort by a column; a second click on it restores the order by patient, study and series."""
        self._sorted_by = None if column == self._sorted_by else column
        self.filtered.emit()

    def empty(self) -> None:
        """Show no stack."""
        self.table.empty()

    def show_every_stack(self) -> None:
        """Remove the filter."""
        self.filter.setCurrentText(EVERY_STACK)

    def update_task(self, task: Task) -> None:
        """Update the progress of the review of a stack."""
        self.table.update_row(task.stack_id, task_cells(task), STATE_COLORS.get(task.state), _STATE)

    def mark(self, stack_id: int | None) -> None:
        """Select the row of a stack."""
        self.table.mark(stack_id)

    def beside(self, stack_id: int | None, step: int) -> int | None:
        """Give the next or previous stack in the table; None at the end."""
        return self.table.key_beside(stack_id, step)

    def tell(self, progress: str) -> None:
        """Show the progress of the review, or the present activity."""
        self.progress.setText(progress)
        self.told.emit(progress)
