"""Boxes of buttons, check boxes and menus, made from the table of actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QGroupBox, QMenu, QPushButton, QVBoxLayout, QWidget

from calcimeasure.review import Status
from napari_calcimeasure._palette import COLORS
from napari_calcimeasure._tables import dot
from napari_calcimeasure.actions import Group, Shown, actions_of, button_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_calcimeasure.actions import Action

DOTS = {
    "accept": COLORS[Status.ACCEPTED],
    "reject": COLORS[Status.REJECTED],
    "undecide": COLORS[Status.PROPOSED],
}
"""The color of the outlines after the action of a button, by the name of the action."""

BUTTON_STYLE = "QPushButton { padding: 3px 2px; font-size: 9pt; }"
COLUMNS = 12
"""Number of columns of the grid of buttons: rows of 1, 2, 3, 4, 6 or 12 buttons fill the grid evenly."""


def tip_of(action: Action) -> str:
    """Write the tooltip of an action: its effect and its key."""
    return f"{action.words} ({action.label})" if action.keys else action.words


class ActionButtons(QWidget):
    """The buttons and check boxes of a group, row by row.

    Parameters
    ----------
    rows
        The actions of each row.
    """

    pressed = Signal(str)
    """Emits the name of the action whose button was pressed."""

    switched = Signal(str, bool)
    """Emits the name of the action whose check box was toggled, and its new state."""

    def __init__(self, rows: Sequence[Sequence[Action]]) -> None:
        super().__init__()
        self._buttons: dict[str, QPushButton] = {}
        self._boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        for row, actions in enumerate(rows):
            width = COLUMNS // len(actions)
            for place, action in enumerate(actions):
                grid.addWidget(self._made(action), row, place * width, 1, width)

    def _made(self, action: Action) -> QWidget:
        if action.shown is Shown.CHECK_BOX:
            box = self._boxes[action.name] = QCheckBox(action.text)
            box.setToolTip(tip_of(action))
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.toggled.connect(partial(self.switched.emit, action.name))
            return box
        made = self._buttons[action.name] = button_of(action)
        made.clicked.connect(lambda _=False: self.pressed.emit(action.name))
        return made

    def is_on(self, name: str) -> bool:
        """Tell whether a check box is on."""
        return self._boxes[name].isChecked()

    def toggle(self, name: str) -> None:
        """Toggle a check box."""
        self._boxes[name].toggle()

    def show_menu(self, name: str, group: Group) -> None:
        """Open the menu of a group of actions under a button."""
        menu = QMenu(self)
        for action in actions_of(group):
            menu.addAction(_menu_text(action), partial(self.pressed.emit, action.name))
        under = self._buttons[name]
        menu.popup(under.mapToGlobal(under.rect().bottomLeft()))


class ToolBox(QGroupBox):
    """A group of actions as a box with a title.

    Parameters
    ----------
    group
        The group of actions in the box.
    title
        The title, instead of the name of the group.
    """

    def __init__(self, group: Group, title: str | None = None) -> None:
        super().__init__(title or str(group))
        self.buttons = ActionButtons(button_rows(group))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(self.buttons)


def button_of(action: Action) -> QPushButton:
    """Make the button of an action; it shows the key, and never gets the keyboard focus."""
    made = QPushButton(f"{action.text}  {action.label}" if action.keys else action.text)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setStyleSheet(BUTTON_STYLE)
    made.setToolTip(tip_of(action))
    if action.name in DOTS:
        made.setIcon(dot(DOTS[action.name]))
    return made


def _menu_text(action: Action) -> str:
    """Write the text of an action in a menu: the letter after `&` chooses the action while the menu is open."""
    if not action.keys:
        return f"&{action.text}"
    return f"&{action.keys[0].removeprefix('Shift-')}   {action.text}   ({action.label})"
