"""The dock widget of the review: it lays the widgets out, joins them to the controller, and watches its window."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QEvent, QSize, Qt, QTimer
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from napari_calcimeasure._keys import OF_THE_WINDOW
from napari_calcimeasure._programs import mend_deletion
from napari_calcimeasure.actions import ACTIONS, Group, button_rows
from napari_calcimeasure.panel.canvas import canvas_in
from napari_calcimeasure.panel.controller import Controller, Widgets
from napari_calcimeasure.panel.drawer import Drawer
from napari_calcimeasure.panel.evidence import EvidenceLabel
from napari_calcimeasure.panel.header import Header
from napari_calcimeasure.panel.lesions import LesionsBox
from napari_calcimeasure.panel.lines import DoubtLine, ReaderLine
from napari_calcimeasure.panel.sheet import KeySheet
from napari_calcimeasure.panel.tools import ActionButtons, ToolBox
from napari_calcimeasure.panel.worklist import WorklistBox

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtCore import QObject
    from qtpy.QtGui import QCloseEvent, QShowEvent

    from calcimeasure.review import Desk, OpenedStack

NARROWEST_PX, WIDTH_PX, WIDEST_PX = 340, 360, 380
"""Width of the panel: the image has the rest of the window."""


class ReviewPanel(QWidget):
    """The review, as a dock widget of napari.

    Parameters
    ----------
    napari_viewer
        The viewer; it may contain other layers.

    Attributes
    ----------
    controller
        The controller of the review.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        mend_deletion()
        self._watched: ref[QWidget] | None = None
        self._was_shown = False
        self._sheet: KeySheet | None = None
        self.worklist, self.lesions, self.evidence = WorklistBox(), LesionsBox(), EvidenceLabel()
        self._by_hand = ActionButtons(button_rows(Group.BY_HAND))
        self._decide, self._draw, self._look = ToolBox(Group.DECIDE), ToolBox(Group.DRAW), ToolBox(Group.LOOK)
        self._doubt, self._reader = DoubtLine(), ReaderLine()
        self.header = Header(self._reader)
        self._drawer = Drawer(self.worklist, self)
        self._lay_out()
        widgets = Widgets(
            self.worklist,
            self.lesions,
            self.evidence,
            self._doubt,
            self._reader,
            self._decide.buttons,
            self._draw.buttons,
            self.header,
            self._by_hand.setVisible,
            self.show_keys,
            self._drawer.toggle,
        )
        self.controller = Controller(napari_viewer, widgets, self)
        self._join()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        self.header.leave(self)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.lesions)
        parts.addWidget(self.evidence.scrolled())
        parts.setSizes([220, 200])
        layout.addWidget(self._by_hand)
        layout.addWidget(parts, 1)
        # One of them at a time: an image has the room that both would take.
        self._tools = QTabWidget()
        for box in (self._draw, self._look):
            self._tools.addTab(box, box.title())
            box.setTitle("")
        self._tools.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar = self._tools.tabBar()
        if bar is not None:
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for widget in (self._doubt, self._decide, self._tools):
            layout.addWidget(widget)
        self.setMinimumWidth(NARROWEST_PX)
        self.setMaximumWidth(WIDEST_PX)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the width that lesions and buttons need."""
        return QSize(WIDTH_PX, super().sizeHint().height())

    def _join(self) -> None:
        """Connect the signals of the widgets to the controller."""
        controller = self.controller
        self.worklist.chosen.connect(self._go_to_stack)
        self.worklist.filtered.connect(controller.stacks.fill)
        self.worklist.told.connect(self.header.tell_progress)
        self.lesions.chosen.connect(controller.deciding.go_to)
        for pressed in (self.worklist.pressed, self._by_hand.pressed, self.header.pressed):
            pressed.connect(controller.perform)
        for box in (self._decide, self._draw, self._look):
            box.buttons.pressed.connect(controller.perform)
            box.buttons.switched.connect(controller.switch)
        for action in ACTIONS:
            for key in {*action.keys} & {*OF_THE_WINDOW}:
                shortcut = QShortcut(QKeySequence(key), self)
                shortcut.activated.connect(lambda name=action.name: controller.perform(name))

    def _go_to_stack(self, stack_id: int) -> None:
        self._drawer.hide()
        self.controller.stacks.go_to(stack_id)

    def open_desk(
        self, desk: Desk, reader: str | None = None, loading: Callable[[], OpenedStack] | None = None
    ) -> None:
        """Begin the review of a folder with the first stack that is not done.

        Parameters
        ----------
        desk
            The folder.
        reader
            The name of the reader, if known.
        loading
            Returns the first stack, if it is already being loaded.
        """
        self.controller.open_desk(desk, reader, loading)

    def close_review(self) -> None:
        """Save everything, write the tables, and remove the layers of the review."""
        self.controller.close_review()
        if self._sheet is not None:
            # Qt may have deleted the sheet together with the window: the command closes the review after the window.
            with suppress(RuntimeError):
                self._sheet.close()

    def show_keys(self) -> None:
        """Show all keys, in a separate window."""
        if self._sheet is None:
            self._sheet = KeySheet(self)
        self._sheet.show()
        self._sheet.raise_()

    # The window

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Watch the window, so that drafts are saved when it is closed."""
        super().showEvent(event)
        self._unwatch()
        window = self.window()
        if window is not None:
            self._watched = ref(window)
            window.installEventFilter(self)
            self.header.stand_in(window)
            self._drawer.lie_over(canvas_in(window))
        if not self._was_shown:
            self._was_shown = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        """Say what was not saved earlier, where no folder was opened by the command."""
        if self.controller.desk is None:
            self.controller.by_hand.tell_kept()

    def _unwatch(self) -> None:
        window = self._watched() if self._watched is not None else None
        if window is not None:
            window.removeEventFilter(self)
            with suppress(RuntimeError):  # Qt may have deleted them with the window
                self._drawer.lie_over(None)
                self.header.leave(self)
        self._watched = None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Save all drafts before the window closes."""
        is_ours = self._watched is not None and watched is self._watched()
        if event is not None and is_ours and self.controller.desk is not None:
            if event.type() == QEvent.Type.Close:
                if not self.controller.keep_everything():
                    event.ignore()
                    return True
                self.controller.by_hand.ask_before_closing()
            if event.type() == QEvent.Type.Hide and not event.spontaneous():
                self.close_review()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent | None) -> bool:
        """Close the review when its dock is closed."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None and self._watched is not None:
            self._unwatch()
            self.close_review()
            self.controller.room.end()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Close the review with its widget."""
        self.close_review()
        super().closeEvent(event)
