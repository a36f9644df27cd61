"""The panel of the review: worklist, lesions, evidence and buttons. It calls the session and decides nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from napari.settings import get_plugin_settings
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from calcimeasure import CalcimeasureError
from calcimeasure.analysis.calibration import KnownDistances, KnownLength
from calcimeasure.analysis.pipeline import survey
from calcimeasure.errors import ReviewError
from calcimeasure.model import Status
from napari_calcimeasure import _keys
from napari_calcimeasure._background import Background
from napari_calcimeasure._bones import Bones
from napari_calcimeasure._convert import image_of
from napari_calcimeasure._desk import Desk
from napari_calcimeasure._rows import (
    LESION_COLUMNS,
    TASK_COLUMNS,
    columns_of,
    evidence,
    lesion_cells,
    lesion_order,
    task_cells,
)
from napari_calcimeasure._ruler import Ruler
from napari_calcimeasure._screen import COLORS, Screen, color_of
from napari_calcimeasure._session import Session
from napari_calcimeasure._stack import Review, Stack, Task, first_open, open_stack
from napari_calcimeasure._tables import Table, button, rows_of_buttons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import napari
    from qtpy.QtGui import QCloseEvent

    from calcimeasure.analysis.calibration import Calibration
    from calcimeasure.analysis.pipeline import Survey
    from calcimeasure.model import BodySite, Image, Laterality, Outline, Tissue

PAUSE_MS = 60
"""While the button is down numbers follow when nothing was painted for so long."""

PREFETCH_MS = 400
"""A stack that was just opened is drawn first: loading the next one would take half of the machine from it."""

LOOK_MS = 4000
LATEST_S = 24.0
"""Drawings are kept when they are measured, and after so long in any case."""

STATE_COLORS = {
    Review.TO_REVIEW: "#ffd200",
    Review.IN_REVIEW: "#7aa7d6",
    Review.DONE: "#3ddc57",
    Review.SEEN: "#3ddc57",
}
OPEN = (Review.TO_REVIEW, Review.IN_REVIEW)
FILTERS = {
    "Open": OPEN,
    "To review": OPEN[:1],
    "In review": OPEN[1:],
    "Nothing found": (Review.NOTHING,),
    "Done": (Review.DONE, Review.SEEN),
    "All": tuple(Review),
}


class ReviewPanel(QWidget):
    """The review, as a dock widget of napari.

    Parameters
    ----------
    napari_viewer
        May hold other layers.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._options = get_plugin_settings("calcimeasure").review
        self._reader = self._options.reader
        self.desk: Desk | None = None
        self.session: Session | None = None
        self.screen: Screen | None = None
        self._bones: Bones | None = None
        self._tasks: dict[int, Task] = {}
        self._stack_id: int | None = None
        self._prefetched: Stack | None = None
        self._wanted: int | None = None
        self._unbind: Callable[[], None] = lambda: None
        self._background = Background(self._tell)
        self._ruler: Ruler | None = None
        self._pointing: Callable[[Sequence[float]], None] | None = None
        self._tables_due = self._is_surveying = False
        self._writing_tables = False
        self._watched: ref[QWidget] | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look_what_was_painted)
        self._soon = QTimer(self, singleShot=True, interval=PREFETCH_MS)
        self._soon.timeout.connect(self._prefetch)
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self._keep_now_and_then)
        self._build()

    # What it looks like

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self._build_worklist())
        parts.addWidget(self._build_lesions())
        parts.setStretchFactor(1, 1)
        parts.setSizes([170, 300])
        layout.addWidget(parts, 1)
        layout.addWidget(self._build_evidence())
        layout.addWidget(self._build_deciding())
        layout.addWidget(self._build_drawing())
        layout.addWidget(self._build_looking())
        self.setMinimumWidth(560)

    def _build_worklist(self) -> QWidget:
        box = QGroupBox("Worklist")
        layout = QVBoxLayout(box)
        top = QHBoxLayout()
        self.filter = QComboBox()
        self.filter.addItems(list(FILTERS))
        self.filter.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.filter.currentTextChanged.connect(lambda _: self._fill_worklist())
        self.progress = QLabel()
        top.addWidget(self.filter)
        top.addWidget(self.progress, 1)
        top.addWidget(button("Seen", "V", "Nothing to decide: looked through; again: not yet", self.note_look))
        top.addWidget(button("Previous", "PgUp", "Previous stack", partial(self.next_stack, -1)))
        top.addWidget(button("Next", "PgDn", "Next stack", partial(self.next_stack, 1)))
        layout.addLayout(top)
        self.worklist = Table(TASK_COLUMNS, stretched=2)
        self.worklist.chosen.connect(self.go_to_stack)
        layout.addWidget(self.worklist)
        self.by_hand = rows_of_buttons(
            [
                [
                    button("Open results…", "", "Open a folder that measure wrote", self.ask_for_folder),
                    button("Measure what is open", "", "Measure the image of the active layer", self.measure_open),
                    button("Save review…", "", "Keep this review in a folder of its own", self.ask_where_to_save),
                ]
            ]
        )
        layout.addWidget(self.by_hand)
        return box

    def _build_lesions(self) -> QWidget:
        box = QGroupBox("Lesions")
        layout = QVBoxLayout(box)
        self.lesions = Table(LESION_COLUMNS, stretched=8)
        self.lesions.chosen.connect(self.go_to)
        layout.addWidget(self.lesions)
        return box

    def _build_evidence(self) -> QWidget:
        self.evidence = QLabel()
        self.evidence.setWordWrap(True)
        self.evidence.setTextFormat(Qt.TextFormat.RichText)
        self.evidence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.evidence.setMinimumHeight(72)
        return self.evidence

    def _build_deciding(self) -> QWidget:
        box = QGroupBox("Decide")
        layout = QVBoxLayout(box)
        status = [
            button(text, key, tip, partial(self.decide, _keys.STATUS_KEYS[key]), COLORS[_keys.STATUS_KEYS[key]])
            for text, key, tip in (
                ("Accept", "A", "It is a calcified mass, outlined right"),
                ("Reject", "X", "It is none: it leaves the table"),
                ("Undecide", "U", "Take the decision back"),
            )
        ]
        every = button("Accept all shown", "Ctrl+A", "Accept every mass that was gone to", self.accept_shown)
        sides = [
            button(str(side).capitalize(), key, f"The side is {side}", partial(self.set_side, side))
            for key, side in _keys.SIDE_KEYS.items()
        ]
        tissues = [
            button(text, key, f"The tissue is {text.lower()}", partial(self.set_tissue, _keys.TISSUE_KEYS[key]))
            for text, key in (("Mass", "C"), ("Other calc.", "O"), ("Bone", "B"))
        ]
        self.site_button = button("Site…", "S", "Choose the body site", self.choose_site)
        layout.addWidget(
            rows_of_buttons(
                [
                    [*status, every],
                    sides,
                    [*tissues, self.site_button],
                ]
            )
        )
        return box

    def _build_drawing(self) -> QWidget:
        box = QGroupBox("Draw  (tools: 1 erase, 2 brush, 3 polygon, 4 fill, 6 move; [ ] brush size)")
        layout = QVBoxLayout(box)
        self.bones_box = _check("Bone", "Show what was judged to be bone (F10)", self.show_bones)
        self.rejected_box = _check("Rejected", "Show rejected lesions too", self._show_rejected)
        self.calibrate_button = button(
            "Calibrate…", "K", "Say how large something on a radiograph is", self.choose_calibration
        )
        layout.addWidget(
            rows_of_buttons(
                [
                    [
                        button("New", "N", "Draw a new lesion", self.draw_new),
                        button("Delete", "Del", "Take the lesion away", self.delete),
                        button("Undo", "Ctrl+Z", "Undo the last stroke or decision", self.undo),
                        button("Redo", "Ctrl+Shift+Z", "Do it again", self.redo),
                    ],
                    [
                        button("Divide", "D", "Two clicks: a line between two parts of the lesion", self.split),
                        button("Join", "J", "One click: on the lesion that belongs to this one", self.merge),
                        button("Grow", "G", "Outline what is clicked on, or painted, on a radiograph", self.grow),
                        self.calibrate_button,
                    ],
                    [
                        button("Take over", "T", "It is a calcified mass: accept it", self.take_over),
                        self.bones_box,
                        self.rejected_box,
                    ],
                ]
            )
        )
        return box

    def _build_looking(self) -> QWidget:
        box = QGroupBox("Look")
        layout = QVBoxLayout(box)
        windows = [
            button(name, key, f"Window {name.lower()}", partial(self._window, name))
            for key, name in _keys.WINDOW_KEYS.items()
        ]
        planes = [
            button(name, key, f"{name} plane", partial(self._plane, name)) for key, name in _keys.PLANE_KEYS.items()
        ]
        slab = button("Slab MIP", "F9", "The brightest of 10 mm instead of a slice", self._slab)
        layout.addWidget(rows_of_buttons([windows, [*planes, slab]]))
        return box

    # The folder and its worklist

    def open_desk(self, desk: Desk, reader: str | None = None, loading: Callable[[], Stack] | None = None) -> None:
        """Begin the review of a folder with the first stack that is not done.

        Parameters
        ----------
        desk
            The folder.
        reader
            Who reads, where that is known.
        loading
            Gives that first stack, where somebody has begun to load it.
        """
        self.close_review()
        self._background = Background(self._tell)
        self.desk = desk
        self._reader = reader or self._reader
        self.by_hand.setVisible(desk.is_temporary)
        self._begin()
        self._fill_worklist()
        first = first_open(self._tasks.values())
        if first is None:
            show_info(f"{desk.folder} has no measured stack: there is nothing to review.")
            return
        if first.state not in OPEN:
            self.filter.setCurrentText("All")
        self.go_to_stack(first.stack_id, loading)

    def _begin(self) -> None:
        self._clock.start()
        self._unbind = _keys.bind_viewer(
            self._viewer, lambda: self.screen.layers if self.screen is not None else (), self._actions()
        )

    def ask_for_folder(self) -> None:
        """Ask for a folder of results, and begin its review."""
        chosen = QFileDialog.getExistingDirectory(self, "Folder that calcimeasure measure wrote")
        if chosen:
            self._guarded(lambda: self.open_desk(Desk(Path(chosen), show_info)))

    def measure_open(self) -> None:
        """Measure the image of the active layer, or of the only one there is, and review it."""
        shown = [layer for layer in self._viewer.layers if image_of(layer) is not None]
        active = self._viewer.layers.selection.active
        chosen = active if active in shown else shown[0] if len(shown) == 1 else None
        if chosen is None:
            show_error(
                "No image that can be measured is open. Open the DICOM folder with calcimeasure (File, Open Folder): "
                "a layer from another reader has no geometry, and is never measured."
                if not shown
                else "Several images are open: click on the layer that is to be measured."
            )
            return
        image = image_of(chosen)
        assert image is not None  # noqa: S101 - chosen so above
        self._guarded(lambda: self._begin_by_hand(image))

    def _begin_by_hand(self, image: Image) -> None:
        if self.desk is None:
            self.close_review()
            self._background = Background(self._tell)
            self.desk = Desk(None, show_info)
            self._begin()
        desk = self.desk
        self.progress.setText("Measuring…")

        def measure() -> Stack:
            stack_id = desk.measure(image.series)
            return Stack(stack_id, image, desk.store.histories(stack_id))

        def show(stack: Stack) -> None:
            self._fill_worklist()
            self.filter.setCurrentText("All")
            self._wanted = stack.stack_id
            self._show(stack)

        self._background.run(measure, show)

    def ask_where_to_save(self) -> None:
        """Ask where the review of images that were opened by hand is to be kept."""
        if self.desk is None:
            show_info("There is no review yet: measure what is open, or open a folder of results.")
            return
        chosen = QFileDialog.getExistingDirectory(self, "Folder to keep this review in")
        if chosen:
            self.save_as(Path(chosen))

    def save_as(self, folder: Path) -> None:
        """Keep the review in a folder, and go on there."""

        def save() -> None:
            if self.desk is None:
                return
            if self.session is not None:
                self.session.save_all()
            self.desk.save_as(folder)
            if self.session is not None:
                self.session.store = self.desk.store
            show_info(f"Kept in {folder}.")

        self._guarded(save)

    def _fill_worklist(self) -> None:
        if self.desk is None:
            return
        tasks = self.desk.tasks
        self._tasks = {task.stack_id: task for task in tasks}
        states = FILTERS[self.filter.currentText()]
        keys = [task.stack_id for task in tasks if task.state in states or task.stack_id == self._stack_id]
        self.worklist.fill(
            keys, lambda key: task_cells(self._tasks[key]), lambda key: STATE_COLORS.get(self._tasks[key].state), 4
        )
        self.worklist.mark(self._stack_id)
        self._tell_progress()

    def _update_task(self) -> None:
        """Say anew how far the review of this stack is."""
        session, task = self.session, self._tasks.get(self._stack_id or 0)
        if session is None or task is None:
            return
        asked = [one.lesion for one in session.lesions.values() if one.lesion.is_mass or one.lesion.tissue == "unknown"]
        readers = {one.lesion.reader for one in session.lesions.values()} - {None}
        task = replace(
            task, asked=len(asked), decided=sum(one.is_decided for one in asked), readers=tuple(sorted(readers))
        )
        self._tasks[task.stack_id] = task
        self.worklist.update_row(task.stack_id, task_cells(task), STATE_COLORS.get(task.state), 4)
        self._tell_progress()

    def _tell_progress(self) -> None:
        tasks = self._tasks.values()
        done = sum(task.state is Review.DONE for task in tasks)
        asked = sum(task.asked > 0 for task in tasks)
        self.progress.setText(f"{done} of {asked} stacks done")

    def next_stack(self, step: int) -> None:
        """Go to the next or previous stack of the worklist."""
        beside = self.worklist.key_beside(self._wanted, step)
        if beside is None:
            show_info("This is the last stack of the list." if step > 0 else "This is the first stack of the list.")
        else:
            self.go_to_stack(beside)

    def go_to_stack(self, stack_id: int, loading: Callable[[], Stack] | None = None) -> None:
        """Show a stack; what was drawn on the one that is left is kept first."""
        if self.desk is None or not self._guarded(self._keep_stack):
            return
        self._wanted = stack_id
        self.worklist.mark(stack_id)
        if self._prefetched is not None and self._prefetched.stack_id == stack_id:
            stack, self._prefetched = self._prefetched, None
            histories = self.desk.store.histories(stack_id)
            self._show(Stack(stack_id, stack.image, histories))
            return
        self._prefetched = None
        self.progress.setText("Loading…")
        load = loading or partial(open_stack, self.desk.store, self.desk.settings, stack_id)
        self._background.run(load, self._show)

    def _keep_stack(self) -> None:
        """Keep what was drawn on the stack, and have the tables written."""
        if self.session is not None:
            self.session.save_all()
        self._tables_due = True
        self._write_tables()

    def _take_down(self) -> None:
        """Take the stack away."""
        self._put_down()
        if self.screen is not None:
            self.screen.close()
        self.screen = None

    def _put_down(self) -> None:
        """End the session; its layers stay until there are others."""
        self._pause.stop()
        self._soon.stop()
        self._stop_pointing()
        if self._bones is not None:
            self._bones.close()
        if self.session is not None:
            self._viewer.layers.events.removed.disconnect(self._on_layer_removed)
        self._bones = self.session = None
        self._is_surveying = False
        self.lesions.fill([], lambda _: (), lambda _: None, 1)
        self.evidence.setText("")

    def _show(self, stack: Stack) -> None:
        if self.desk is None or stack.stack_id != self._wanted:
            return  # the reader has gone on in the meantime
        if not self._guarded(self._keep_stack):
            return
        self._put_down()
        self._stack_id = stack.stack_id
        desk = self.desk
        session = Session(desk.store, desk.settings, stack, self._reader, self._ask_name, self._ask)
        if self.screen is None or not self.screen.show(session):
            self.screen = Screen(self._viewer, session, self.screen)
            self._listen(self.screen)
        self.screen.window(self._options.window)
        # Not before: what the layers say while they change is not about lesions of this stack.
        self.session = session
        session.changed.connect(self._on_changed)
        session.show_rejected(self.rejected_box.isChecked())
        self._viewer.layers.events.removed.connect(self._on_layer_removed)
        self.lesions.setHorizontalHeaderLabels(columns_of(session))
        self._tell_progress()
        self._update_task()
        self._fill_lesions()
        order = lesion_order(session)
        open_ones = [number for number in order if not session.lesions[number].lesion.is_decided]
        if order:
            self.go_to((open_ones or order)[0])
        self.show_bones(self.bones_box.isChecked())
        self._soon.start()

    def _listen(self, screen: Screen) -> None:
        """Follow what is done on layers that were just made."""
        labels = screen.labels
        labels.events.paint.connect(self._on_stroke)
        for event in (labels.events.labels_update, labels.events.set_data):
            event.connect(self._on_painted)
        labels.events.selected_label.connect(self._on_label_chosen)
        labels.mouse_drag_callbacks.append(self._on_clicked)
        labels.mouse_move_callbacks.append(self._on_moved)
        _keys.bind_layers(screen.layers, self._actions())

    def _prefetch(self) -> None:
        """Load the next stack while this one is looked at."""
        beside = self.worklist.key_beside(self._stack_id, 1)
        if self.desk is None or beside is None or beside == self._stack_id:
            return

        def keep(stack: Stack) -> None:
            self._prefetched = stack

        desk = self.desk

        def load() -> Stack | None:
            try:
                return open_stack(desk.store, desk.settings, beside)
            except CalcimeasureError:
                return None  # it is said when the reader gets there

        self._background.run(load, keep)

    # Lesions

    def go_to(self, number: int) -> None:
        """Go to a lesion."""
        if self.session is None or self.screen is None:
            return
        self._guarded(partial(self.session.select, number))
        self.screen.labels.selected_label = number
        self.screen.go_to(number)

    def next_lesion(self, step: int) -> None:
        """Go to the next or previous lesion of the table."""
        if self.session is not None:
            beside = self.lesions.key_beside(self.session.selected, step)
            if beside is not None:
                self.go_to(beside)

    def _fill_lesions(self) -> None:
        session = self.session
        if session is None:
            return
        self.lesions.fill(
            lesion_order(session),
            lambda number: lesion_cells(session, number),
            lambda number: color_of(session.lesion(number)),
            1,
        )
        self.lesions.mark(session.selected)
        selected = session.selected
        self.evidence.setText(evidence(session.lesion(selected)) if selected is not None else "")

    def _on_changed(self, what: str) -> None:
        if self.session is None or self.screen is None:
            return
        self._fill_lesions()
        if what == "labels":
            self.screen.refresh()
        elif what == "lesions":
            if self.screen.rescale() and self.session.selected is not None:
                self.screen.go_to(self.session.selected)
            self.screen.color()
            self._tables_due = True
            self._update_task()
        else:
            self.screen.draw_axes()

    def _on_label_chosen(self) -> None:
        """Follow napari's picker, and its box for the label."""
        if self.session is not None and self.screen is not None:
            label = int(self.screen.labels.selected_label)
            if label != self.session.selected and label in {*self.session.lesions, *self.session.drafts}:
                self._guarded(partial(self.session.select, label))

    def _on_clicked(self, _: object, event: object) -> Iterator[None]:
        """Count presses of the button; select the lesion that is clicked on, while no tool is in hand."""
        if self.session is None or self.screen is None:
            return
        self.session.press += 1
        if self.screen.labels.mode != "pan_zoom":
            return
        dragged = False
        yield
        while event.type == "mouse_move":  # type: ignore[attr-defined]
            dragged = True
            yield
        if dragged:
            return
        if self._pointing is not None:
            self._pointing(event.position)  # type: ignore[attr-defined]
            return
        value = self.screen.labels.get_value(event.position, world=True)  # type: ignore[attr-defined]
        if value:
            self._guarded(partial(self.session.select, int(value)))
            self.screen.labels.selected_label = int(value)
        if self._bones is not None and not value:
            self._bones.choose(event.position)  # type: ignore[attr-defined]

    # Pointing at something on a radiograph

    def _point(self, hint: str, act: Callable[[Sequence[float]], None]) -> None:
        """Let the next click mean something else."""
        if self.screen is not None:
            self._pointing = act
            self._viewer.layers.selection.active = self.screen.labels
            self.screen.labels.mode = "pan_zoom"
            self.screen.hint(f"{hint}  (Esc: leave it)")

    def _stop_pointing(self) -> None:
        self._pointing = None
        if self._ruler is not None:
            self._ruler.close()
        self._ruler = None
        if self.screen is not None:
            self.screen.hint("")

    def _on_moved(self, _: object, event: object) -> None:
        if self._ruler is not None and self._pointing is not None:
            self._ruler.follow(event.position)  # type: ignore[attr-defined]

    def grow(self) -> None:
        """Outline the mass that is clicked on next, or that was roughly painted just now."""
        session, screen = self.session, self.screen
        if session is None or screen is None:
            return
        if not session.is_radiograph:
            show_info("An outline is grown on radiographs: on CT draw it with the brush (2) or the polygon (3).")
            return
        self._stop_pointing()
        label = int(screen.labels.selected_label)
        if session.is_rough(label):
            self._grow(label)
            return
        selected = session.lesions.get(session.selected or 0)
        if selected is not None and selected.lesion.status is Status.REJECTED:
            self._guarded(partial(session.select, None))  # it leaves its place free
        self._point("Click into the mass", self._grow_at)

    def _grow_at(self, world: Sequence[float]) -> None:
        """Grow the lesion that lies there anew, or a new one."""
        session = self.session
        self._stop_pointing()
        if session is None:
            return
        place = session.display.to_index_kji(world[-3:])
        row, column = (round(float(one)) for one in place[1:])
        _, rows, columns = session.labels.shape
        there = int(session.labels[0, row, column]) if 0 <= row < rows and 0 <= column < columns else 0
        self._grow(there or None, (0, row, column))

    def _grow(self, label: int | None, place_kji: Sequence[float] | None = None) -> None:
        session, screen = self.session, self.screen
        if session is None or screen is None:
            return

        def take(outline: Outline) -> None:
            if session is not self.session:
                return
            screen.hint("")
            grown: list[int] = []
            if self._guarded(lambda: grown.append(session.take_grown(outline, label))):
                screen.labels.selected_label = grown[0]
                screen.color()
                self._measure_next()

        def start() -> None:
            work = session.growing(label, place_kji)
            screen.hint("Growing…")
            self._background.run(work, take, quick=True)

        self._guarded(start)

    def choose_calibration(self) -> None:
        """Choose what is known of the size of a pixel."""
        session = self.session
        if session is None:
            return
        self._stop_pointing()
        if not session.is_radiograph:
            show_info("Radiographs are calibrated: the millimeters of a CT are those of the scanner.")
        elif not {*session.lesions, *session.drafts}:
            show_info("Outline a mass first (G, or N): it is the lesions that keep the calibration.")
        else:
            menu = QMenu(self)
            menu.addAction("&Line of known length: two clicks", self._begin_ruler)
            menu.addAction("&Distances of detector and mass from the tube…", self._ask_distances)
            menu.addAction("&Take the calibration back", partial(self._calibrate, None))
            menu.popup(self.calibrate_button.mapToGlobal(self.calibrate_button.rect().bottomLeft()))

    def _begin_ruler(self) -> None:
        self._point("Click on one end of the known length", self._start_ruler)

    def _start_ruler(self, world: Sequence[float]) -> None:
        if self.session is not None:
            self._ruler = Ruler(self._viewer, self.session.display, world, "known length")
            self._point("Click on its other end", self._end_ruler)

    def _end_ruler(self, world: Sequence[float]) -> None:
        if self._ruler is None:
            return
        self._ruler.follow(world)
        self._pointing = None
        # Not from within the click: a question has events of its own.
        QTimer.singleShot(0, self._ask_length)

    def _ask_length(self) -> None:
        if self._ruler is None:
            return
        ends_px = self._ruler.ends_px
        length_mm = self._ask_mm("Length", "Length of the line in mm (at the depth of the mass):")
        self._stop_pointing()
        if length_mm is not None:
            self._calibrate(KnownLength(ends_px, length_mm))

    def _ask_distances(self) -> None:
        detector_mm = self._ask_mm("Detector", "From the tube's focus to the detector, in mm (SID):")
        object_mm = None if detector_mm is None else self._ask_mm("Mass", "From the tube's focus to the mass, in mm:")
        if detector_mm is not None and object_mm is not None:
            self._calibrate(KnownDistances(detector_mm, object_mm))

    def _ask_mm(self, title: str, question: str) -> float | None:
        found, said = QInputDialog.getDouble(self, title, question, 0.0, 0.0, 10000.0, 2)
        return float(found) if said else None

    def _calibrate(self, calibration: Calibration | None) -> None:
        session = self.session
        if session is not None:
            self._guarded(partial(session.calibrate, calibration))

    # Two of one lesion, and one of two

    def split(self) -> None:
        """Divide the lesion that is selected by a line from the next click to the one after it."""
        self._stop_pointing()
        if self._viewer.dims.ndisplay != 2:
            show_info("A lesion is divided on a slice: go back to two dimensions first.")
            return
        self._on_selected(
            lambda _, number: self._point(
                f"Click on one end of a line that divides lesion {number}", partial(self._start_cut, number)
            )
        )

    def _start_cut(self, number: int, world: Sequence[float]) -> None:
        if self.session is not None:
            self._ruler = Ruler(self._viewer, self.session.display, world, "cut")
            self._point("Click on its other end", partial(self._end_cut, number))

    def _end_cut(self, number: int, world: Sequence[float]) -> None:
        session, ruler, dims = self.session, self._ruler, self._viewer.dims
        if session is None or ruler is None:
            return
        ruler.follow(world)
        line = ruler.ends_world
        across = next(axis for axis in range(3) if axis + dims.ndim - 3 not in dims.displayed)
        self._stop_pointing()
        self._guarded(lambda: session.split(number, line, across))

    def merge(self) -> None:
        """Put the lesion that is clicked on next to the one that is selected."""
        self._stop_pointing()
        self._on_selected(
            lambda _, number: self._point(
                f"Click on what belongs to lesion {number}", partial(self._merge_with, number)
            )
        )

    def _merge_with(self, number: int, world: Sequence[float]) -> None:
        session, screen = self.session, self.screen
        self._stop_pointing()
        if session is None or screen is None:
            return
        other = screen.labels.get_value(world, world=True)
        if not other or int(other) == number:
            show_info(f"A click on another lesion than {number} expected: both stay as they are.")
            return
        self._guarded(lambda: session.merge(number, int(other)))

    # Painting

    def _on_stroke(self) -> None:
        # It comes before a polygon and a fill are written: they are when Qt is back.
        self._pause.start(0)

    def _on_painted(self) -> None:
        # It comes with every slice that is shown, too: then nobody has a tool in hand.
        if self.screen is not None and self.screen.labels.mode != "pan_zoom":
            self._pause.start(PAUSE_MS)

    def _look_what_was_painted(self) -> None:
        if self.session is None or self.screen is None or not self.screen.is_whole:
            return
        self.screen.guard_data()
        with self.session.changed.blocked():
            is_painted = self.session.compare()
        if is_painted:
            self._measure_next()  # first, so that it is under way while the window draws
            self._on_changed("numbers")
            self.screen.color()
        self._measure_next()

    def _measure_next(self) -> None:
        """Measure drafts, one after another."""
        session = self.session
        if session is None:
            return

        def start() -> None:
            job = session.next_job()
            if job is not None:
                self._background.run(
                    job.work, lambda measured: (session.take(job, measured), self._measure_next()), quick=True
                )

        self._guarded(start)
        if session.needs_view:
            self._survey()

    def _keep_now_and_then(self) -> None:
        session = self.session
        if session is not None and session.drafts:
            self._guarded(lambda: session.save_measured(self._options.keep_after_s), quietly=True)
            self._guarded(lambda: session.save_all(LATEST_S), quietly=True)
        self._write_tables()

    def _on_layer_removed(self, event: object) -> None:
        """Close the stack where somebody takes a layer of the review away."""
        if self.session is not None and self.screen is not None and event.value in self.screen.layers:  # type: ignore[attr-defined]
            # Nothing from within the removal, not even a question: what draws the layer has not been told of it yet.
            QTimer.singleShot(0, self._close_stack)

    def _close_stack(self) -> None:
        if self.session is not None and self.screen is not None and not self.screen.is_whole:
            self._guarded(self._keep_stack)
            self._put_down()
            self.screen.lock()
            show_info("A layer of the review was removed: the stack is closed, what was drawn is kept.")

    # Deciding

    def _actions(self) -> dict[str, Callable[[], object]]:
        actions: dict[str, Callable[[], object]] = {
            "Down": partial(self.next_lesion, 1),
            "Up": partial(self.next_lesion, -1),
            "PageDown": partial(self.next_stack, 1),
            "PageUp": partial(self.next_stack, -1),
            "V": self.note_look,
            "S": self.choose_site,
            "T": self.take_over,
            "N": self.draw_new,
            "G": self.grow,
            "K": self.choose_calibration,
            "Escape": self._stop_pointing,
            "D": self.split,
            "J": self.merge,
            "Delete": self.delete,
            "H": self._hide_outlines,
            "F9": self._slab,
            "F10": self.bones_box.toggle,
            "Control-A": self.accept_shown,
            "Control-Z": self.undo,
            "Control-Shift-Z": self.redo,
        }
        actions |= {key: partial(self.decide, status) for key, status in _keys.STATUS_KEYS.items()}
        actions |= {key: partial(self.set_side, side) for key, side in _keys.SIDE_KEYS.items()}
        actions |= {key: partial(self.set_tissue, tissue) for key, tissue in _keys.TISSUE_KEYS.items()}
        actions |= {key: partial(self.set_site, site) for key, site in _keys.SITE_KEYS.items()}
        actions |= {key: partial(self._window, name) for key, name in _keys.WINDOW_KEYS.items()}
        actions |= {key: partial(self._plane, name) for key, name in _keys.PLANE_KEYS.items()}
        return actions

    def note_look(self) -> None:
        """Say that the stack was looked through in which nothing was found, and go on; or take that back."""
        session, desk, stack_id = self.session, self.desk, self._stack_id
        if session is None or desk is None or stack_id is None or not self._guarded(session.save_all):
            return
        self._update_task()
        task = self._tasks[stack_id]
        if task.asked:
            show_info("Lesions are decided one by one (A, X): the stack is done when each of them is.")
            return
        takes_back = self._reader in task.seen_by

        def note() -> None:
            session.note_look(takes_back)
            self._tasks[stack_id] = replace(task, seen_by=desk.store.seen_by().get(stack_id, ()))

        if self._guarded(note):
            self._update_task()
            if not takes_back:
                self.next_stack(1)

    def decide(self, status: Status) -> None:
        """Accept or reject the lesion that is selected, or take it back."""
        self._on_selected(lambda session, number: session.decide(number, status))

    def set_side(self, side: Laterality) -> None:
        """Say its side."""
        self._on_selected(lambda session, number: session.set_side(number, side))

    def set_tissue(self, tissue: Tissue) -> None:
        """Say what it is."""
        self._on_selected(lambda session, number: session.set_tissue(number, tissue))

    def set_site(self, site: BodySite) -> None:
        """Say its body site."""
        self._on_selected(lambda session, number: session.set_site(number, site))

    def choose_site(self) -> None:
        """Choose the body site from a list, by mouse or by its key."""
        menu = QMenu(self)
        for key, site in _keys.SITE_KEYS.items():
            letter = key.removeprefix("Shift-")
            menu.addAction(
                f"&{letter}   {str(site).replace('_', ' ')}   (Shift+{letter})", partial(self.set_site, site)
            )
        menu.popup(self.site_button.mapToGlobal(self.site_button.rect().bottomLeft()))

    def accept_shown(self) -> None:
        """Accept every mass that was gone to."""
        if self.session is not None:
            session = self.session
            self._guarded(lambda: show_info(f"Accepted: {session.accept_shown()}"))

    def take_over(self) -> None:
        """Accept the lesion that is selected, or the piece of bone that was clicked on, as a calcified mass."""
        if self._bones is not None and self._bones.chosen is not None:
            added: list[int | None] = []
            self._guarded(lambda: added.append(self._bones.take_over()))
            if added and added[0] is not None:
                self.go_to(added[0])
            return
        self._on_selected(lambda session, number: session.take_over(number))

    def delete(self) -> None:
        """Take the lesion away that is selected."""
        self._on_selected(lambda session, number: session.delete(number))

    def draw_new(self) -> None:
        """Begin a new lesion with the brush."""
        if self.session is None or self.screen is None:
            return
        session, screen = self.session, self.screen
        self._stop_pointing()
        if self._guarded(partial(session.select, None)):
            screen.labels.selected_label = session.next_number
            self._viewer.layers.selection.active = screen.labels
            screen.labels.mode = "paint"
            show_info(f"Draw lesion {session.next_number} with the brush (2) or the polygon (3).")

    def undo(self) -> None:
        """Undo the last stroke or decision."""
        if self.session is not None and self._guarded(self.session.undo):
            self._follow()

    def redo(self) -> None:
        """Do again what was undone."""
        if self.session is not None and self._guarded(self.session.redo):
            self._follow()

    def _follow(self) -> None:
        if self.session is not None and self.screen is not None:
            self.screen.color()
            self._fill_lesions()
        self._measure_next()

    def show_bones(self, shows: bool) -> None:
        """Show what was judged to be bone, or not."""
        if self._bones is not None:
            self._show_bones(self._bones, shows)
        elif shows:
            show_info("Looking for bone: it is shown in a moment. Click on a piece, T takes it over as a mass.")
            self._survey()

    def _show_bones(self, bones: Bones, shows: bool) -> None:
        bones.show(shows)
        if shows and not bones.count:
            show_info(
                "Nothing was judged to be bone. On a radiograph only likely masses are proposed: G outlines others."
            )

    def _survey(self) -> None:
        """Find again what is dense in the stack, and what sides and sites depend on: the store has the masses only."""
        session = self.session
        if session is None or self._is_surveying:
            return
        self._is_surveying = True
        image, settings = session.image, session.settings

        def take(seen: Survey) -> None:
            self._is_surveying = False
            if session is not self.session:
                return
            self._bones = Bones(self._viewer, session, seen.proposals)
            self._show_bones(self._bones, self.bones_box.isChecked())
            self._guarded(partial(session.take_view, seen.view))
            self._measure_next()

        self._background.run(partial(survey, image, settings), take)

    def _show_rejected(self, shows: bool) -> None:
        if self.session is not None:
            self.session.show_rejected(shows)

    def _on_selected(self, act: Callable[[Session, int], object]) -> None:
        session = self.session
        if session is None:
            return
        selected = session.selected
        if selected is None:
            drawn = [label for label in session.drafts if label not in session.lesions]
            selected = drawn[-1] if drawn else None
        if selected is None:
            show_info("Choose a lesion first: click on it, or press the down key.")
            return
        number = selected
        self._guarded(lambda: act(session, number))

    # Looking

    def _window(self, name: str) -> None:
        if self.screen is not None:
            self.screen.window(name)

    def _plane(self, name: str) -> None:
        if self.screen is not None and self.session is not None:
            self.screen.plane(name)
            if self.session.selected is not None:
                self.screen.go_to(self.session.selected)

    def _slab(self) -> None:
        if self.screen is not None:
            self.screen.set_slab(not self.screen.slab)

    def _hide_outlines(self) -> None:
        if self.screen is not None:
            self.screen.show_outlines(not self.screen.labels.visible)

    # Asking and telling

    def _ask_name(self) -> str:
        """Ask for the reader's name, which is then remembered."""
        name, said = QInputDialog.getText(self, "Who reads?", "Your name: it signs what you decide and draw.")
        if not said or not name.strip():
            raise ReviewError("Nothing is kept without the name of its reader: it is asked again next time.")
        self._reader = self._options.reader = name.strip()
        return self._reader

    def _ask(self, question: str) -> bool:
        return QMessageBox.question(self, "Changed by somebody else", question) == QMessageBox.StandardButton.Yes

    def _tell(self, error: BaseException) -> None:
        if not isinstance(error, CalcimeasureError):
            raise error
        show_error(str(error))
        if self.screen is not None:
            self.screen.hint("")
        self.worklist.mark(self._stack_id)  # what could not be opened is not shown; the next one is beside it
        self._tell_progress()

    def _guarded(self, act: Callable[[], object], quietly: bool = False) -> bool:
        """Do something; say what cannot be done. False where it was not."""
        try:
            act()
        except CalcimeasureError as error:
            if not quietly:
                show_error(str(error))
            return False
        return True

    # Tables and the end

    def _write_tables(self, now: bool = False) -> None:
        """Write the tables anew in the background where something changed; at once at the end."""
        if self.desk is None or not self._tables_due or (self._writing_tables and not now):
            return
        self._tables_due = False
        if now:
            self._guarded(self.desk.write_tables)
            return
        self._writing_tables = True
        desk = self.desk

        def write() -> CalcimeasureError | None:
            try:
                desk.write_tables()
            except CalcimeasureError as error:
                return error
            return None

        def done(error: CalcimeasureError | None) -> None:
            self._writing_tables = False
            if error is not None:
                show_error(str(error))

        self._background.run(write, done)

    def close_review(self) -> None:
        """Keep everything, write the tables, and take away what was added."""
        if self.desk is None:
            self._background.close()
            return
        self._clock.stop()
        self._unbind()
        self.keep_everything()
        self._take_down()
        self._background.close()
        self._tables_due = True
        self._write_tables(now=True)
        self.desk.close()
        self.desk = self._prefetched = self._stack_id = self._wanted = None
        self._tasks = {}
        self.worklist.fill([], lambda _: (), lambda _: None, 4)

    def keep_everything(self) -> bool:
        """Keep what was drawn; False where the reader wants to stay because it cannot be kept."""
        session = self.session
        if session is None or self._guarded(session.save_all):
            return True
        question = "What was drawn last could not be kept. Close, and lose it?"
        return QMessageBox.question(self, "Not kept", question) == QMessageBox.StandardButton.Yes

    def showEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Watch the window, so that nothing is lost when it is closed."""
        super().showEvent(event)
        self._unwatch()
        self._watched = ref(self.window())
        self.window().installEventFilter(self)

    def _unwatch(self) -> None:
        window = self._watched() if self._watched is not None else None
        if window is not None:
            window.removeEventFilter(self)
        self._watched = None

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep what was drawn before the window closes."""
        if self.desk is not None and self._watched is not None and watched is self._watched():
            if event.type() == QEvent.Type.Close and not self.keep_everything():
                event.ignore()
                return True
            if event.type() == QEvent.Type.Hide and not event.spontaneous():
                self.close_review()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Close the review where its dock is closed."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and self._watched is not None:
            self._unwatch()
            self.close_review()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Close the review with its widget."""
        self.close_review()
        super().closeEvent(event)


def _check(text: str, tip: str, act: Callable[[bool], object]) -> QCheckBox:
    made = QCheckBox(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.toggled.connect(act)
    return made
