"""The controller of the review: it owns folder, session and background work, and tells the widgets what to show.

The parts of the controller handle what a reader does: the worklist (`stacks`, `by_hand`), decisions (`deciding`),
drawing (`painting`, `outlining`, `bones`), clicks (`pointing`, `calibrating`) and the view (`looking`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from napari.settings import get_plugin_settings
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QTimer

from calcimeasure import CalcimeasureError
from calcimeasure.review import ReviewError
from napari_calcimeasure import _keys
from napari_calcimeasure._background import Background
from napari_calcimeasure._rows import lesion_order, reading_words
from napari_calcimeasure._screen import Screen
from napari_calcimeasure._session import ShownSession
from napari_calcimeasure.actions import BY_NAME, Group
from napari_calcimeasure.allowed import State
from napari_calcimeasure.panel.arriving import Arriving
from napari_calcimeasure.panel.belonging import Belonging
from napari_calcimeasure.panel.bones import BoneSearch
from napari_calcimeasure.panel.by_hand import ByHand
from napari_calcimeasure.panel.calibrating import Calibrating
from napari_calcimeasure.panel.caliper import Caliper
from napari_calcimeasure.panel.canvas import canvas_in, on_the_screen
from napari_calcimeasure.panel.closed import close_3d
from napari_calcimeasure.panel.deciding import Deciding, lesion_in_hand
from napari_calcimeasure.panel.flow import Flow
from napari_calcimeasure.panel.journaling import Journaling
from napari_calcimeasure.panel.looking import Looking
from napari_calcimeasure.panel.mouse import Mouse
from napari_calcimeasure.panel.notices import Notices
from napari_calcimeasure.panel.offering import Offering
from napari_calcimeasure.panel.outlining import Outlining
from napari_calcimeasure.panel.overview import Overview
from napari_calcimeasure.panel.painting import Painting
from napari_calcimeasure.panel.planes import Planes
from napari_calcimeasure.panel.pointing import Pointing
from napari_calcimeasure.panel.prior import Prior
from napari_calcimeasure.panel.prior_difference import PriorDifference
from napari_calcimeasure.panel.prior_links import PriorLinks
from napari_calcimeasure.panel.questions import Questions
from napari_calcimeasure.panel.room import Room
from napari_calcimeasure.panel.showing import Showing
from napari_calcimeasure.panel.stacks import Stacks
from napari_calcimeasure.panel.strangers import Strangers
from napari_calcimeasure.panel.surfaces import Surfaces
from napari_calcimeasure.panel.tables_out import TablesOut
from napari_calcimeasure.panel.timers import timer

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtWidgets import QWidget

    from calcimeasure.review import Answer, Conflict, Desk, OpenedStack
    from napari_calcimeasure.panel.evidence import EvidenceLabel
    from napari_calcimeasure.panel.header import Header
    from napari_calcimeasure.panel.lesions import LesionsBox
    from napari_calcimeasure.panel.lines import DoubtLine, ReaderLine
    from napari_calcimeasure.panel.tools import ActionButtons
    from napari_calcimeasure.panel.worklist import WorklistBox

KEEP_MS = 4000
LEAVES_OFFER = (Group.STACKS, Group.LESIONS, Group.DECIDE)
"""An action of these groups leaves what a tool offers: nothing is decided about what is not kept."""
LATEST_S = 24.0
"""Drawings are saved when they are measured, or at the latest after this time."""


@dataclass(frozen=True, slots=True, eq=False)
class Widgets:
    """The widgets on which the controller shows the review.

    Parameters
    ----------
    worklist, lesions, evidence
        The tables, and the text about the selected lesion.
    doubt, reader
        The lines about a doubtful decision, and about the person who reads.
    decide, draw
        The boxes of buttons, check boxes and menus.
    header
        The bar along the upper edge of the window.
    offer_by_hand
        Shows or hides the buttons for images that are opened by hand.
    show_keys
        Opens the sheet of keys.
    toggle_worklist
        Shows the worklist over the image, or hides it.
    """

    worklist: WorklistBox
    lesions: LesionsBox
    evidence: EvidenceLabel
    doubt: DoubtLine
    reader: ReaderLine
    decide: ActionButtons
    draw: ActionButtons
    header: Header
    offer_by_hand: Callable[[bool], object]
    show_keys: Callable[[], object]
    toggle_worklist: Callable[[], object]


class LayerRemoved(Protocol):
    """The event of napari for a removed layer."""

    @property
    def value(self) -> object:
        """The layer."""


class Controller:
    """The review in one window.

    Parameters
    ----------
    viewer
        The viewer of the stacks; it may contain other layers.
    widgets
        The widgets for everything else.
    parent
        The panel: questions open over the panel, and timers end with the panel.
    """

    # Declared here, because the table of actions refers to the parts, and the parts refer to the table.
    widgets: Widgets
    stacks: Stacks
    arriving: Arriving
    by_hand: ByHand
    deciding: Deciding
    flow: Flow
    looking: Looking
    showing: Showing
    room: Room
    overview: Overview
    surfaces: Surfaces
    caliper: Caliper
    planes: Planes
    prior: Prior
    prior_difference: PriorDifference
    prior_links: PriorLinks
    painting: Painting
    pointing: Pointing
    offering: Offering
    outlining: Outlining
    calibrating: Calibrating
    bones: BoneSearch

    def __init__(self, viewer: napari.viewer.Viewer, widgets: Widgets, parent: QWidget) -> None:
        self.viewer, self.widgets, self.parent = viewer, widgets, parent
        self.questions = Questions(parent)
        self.options = get_plugin_settings("calcimeasure").review
        self._reader = ""
        self.desk: Desk | None = None
        self.session: ShownSession | None = None
        self.screen: Screen | None = None
        self.background = Background(self.tell)
        self.tables = TablesOut(self)
        self.stacks = Stacks(self)
        self.arriving = Arriving(self, (widgets.lesions, widgets.evidence))
        self.by_hand = ByHand(self)
        self.deciding = Deciding(self)
        self.belonging = Belonging(self)
        self.flow = Flow(self)
        self.journaling = Journaling(self)
        self.looking = Looking(self)
        self.showing = Showing(self)
        self.mouse = Mouse(self)
        self.notices = Notices(self)
        self.strangers = Strangers(self)
        self.room = Room(self)
        self.overview = Overview(self)
        self.surfaces = Surfaces(self)
        self.caliper = Caliper(self)
        self.planes = Planes(self)
        self.prior = Prior(self)
        self.prior_difference = PriorDifference(self)
        self.prior_links = PriorLinks(self)
        self.painting = Painting(self)
        self.pointing = Pointing(self)
        self.offering = Offering(self)
        self.outlining = Outlining(self)
        self.calibrating = Calibrating(self)
        self.bones = BoneSearch(self)
        self._unbind: Callable[[], None] = lambda: None
        self._open_3d: Callable[[], None] = lambda: None
        self._is_closing = False
        self._clock = timer(parent, KEEP_MS, self._keep_now_and_then)

    # Actions

    @property
    def state(self) -> State:
        """The present state, which decides which actions are allowed."""
        session = self.session
        return State(
            has_desk=self.desk is not None,
            has_layers=self.screen is not None,
            has_stack=session is not None and self.screen is not None,
            is_radiograph=session is not None and session.is_radiograph,
            has_outlines=session is not None and bool({*session.lesions, *session.drafts}),
            has_lesion=session is not None and lesion_in_hand(session) is not None,
            has_bone=self.bones.has_choice,
            is_coming=self.arriving.is_coming,
            has_offer=self.offering.is_offered,
        )

    def perform(self, name: str) -> None:
        """Perform an action, or show why the action is not allowed now."""
        action = BY_NAME[name]
        self.deciding.begin_action(name)
        if action.ends_pointing or (self.offering.is_offered and action.group in LEAVES_OFFER):
            self.pointing.stop()
        refusal = action.refusal(self.state)
        if refusal is not None:
            if refusal:
                show_info(refusal)
        elif action.act is not None:
            action.act(self)
        elif action.switch is not None:
            self.widgets.draw.toggle(name)

    def switch(self, name: str, is_on: bool) -> None:
        """Follow a check box."""
        switch = BY_NAME[name].switch
        if switch is not None:
            switch(self, is_on)

    def guarded(self, act: Callable[[], object], quietly: bool = False) -> bool:
        """Call a function; show its error, if it fails. False if it failed."""
        try:
            act()
        except CalcimeasureError as error:
            if not quietly:
                show_error(str(error))
            return False
        return True

    def tell(self, error: BaseException) -> None:
        """Show the error of a function that failed in the background."""
        if not isinstance(error, CalcimeasureError):
            raise error
        show_error(str(error))
        if self.screen is not None:
            self.screen.hint("")
        self.stacks.mark_shown()  # a stack that could not be opened is not marked as shown

    def sign(self) -> str:
        """Ask for the name of the reader, and store the name.

        Raises
        ------
        ReviewError
            The reader gives no name.
        """
        name = self.questions.ask_name(self.options.reader)
        if not name:
            raise ReviewError("Nothing is kept without the name of its reader: it is asked again next time.")
        self.reader = self.options.reader = name
        return name

    @property
    def reader(self) -> str:
        """The person whose name signs; empty until somebody says it: a name of an earlier day may be of another one."""
        return self._reader

    @reader.setter
    def reader(self, name: str) -> None:
        self._reader = name
        self.widgets.reader.tell(name)

    def _ask_about_conflict(self, conflict: Conflict) -> Answer:
        """Ask which change is valid, beside the lesion that two persons changed."""
        place = None if self.screen is None else self.screen.place_of(conflict.numbers[0])
        beside = None if place is None else on_the_screen(canvas_in(self.parent.window()), *place)
        return self.questions.ask_about_conflict(conflict, beside)

    def change_reader(self) -> None:
        """Ask who reads; what was drawn before is kept under the name that was valid then."""
        session = self.session
        if self.desk is not None and self.desk.reading.reader is not None:
            show_info(f"The reading {self.desk.reading.name!r} is of {self.desk.reading.reader}: it has one reader.")
            return
        if session is not None and session.reader and not self.guarded(session.save_all):
            return
        if self.guarded(self.sign) and session is not None:
            session.reader = self.reader

    # The folder

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
        self.begin(desk)
        self.reader = desk.reading.reader or reader or self.reader
        self.widgets.reader.tell_reading(reading_words(desk.reading))
        self.widgets.offer_by_hand(desk.is_unsaved)
        self.journaling.begin(desk)
        self.stacks.open_first(desk, loading, self.journaling.begins_at)

    def begin(self, desk: Desk) -> None:
        """Close the open review, and begin another one, without showing its worklist."""
        self.close_review()
        self.background = Background(self.tell)
        self.desk = desk
        self.strangers.begin()
        self._clock.start()
        self.mouse.begin(canvas_in(self.parent.window()))
        self.notices.begin()
        self._open_3d = close_3d(self.parent.window())
        self._unbind = _keys.bind_viewer(
            self.viewer,
            lambda: self.screen.layers if self.screen is not None else (),
            _keys.calls_by_key(self.perform),
        )

    def close_review(self) -> None:
        """Save everything, write the tables, and remove the layers of the review."""
        if self._is_closing:
            return  # a question about the review is open
        if self.desk is None:
            self.background.close()
            return
        self._is_closing = True
        try:
            self._close(self.desk)
        finally:
            self._is_closing = False

    def _close(self, desk: Desk) -> None:
        self._clock.stop()
        self._open_3d()
        self._unbind()
        is_saved = self.keep_everything()
        discards = self.by_hand.part(desk)  # may keep the review in a folder, which begins a journal there
        self.journaling.end(is_saved=is_saved)
        self._put_down()
        self.arriving.end()
        self.showing.end()
        self.planes.end()
        self.prior.close()
        self.surfaces.close()
        self.mouse.end()
        self.notices.end()
        self.looking.forget()
        if self.screen is not None:
            self.screen.close()
        self.screen = None
        self.background.close()
        self.tables.write_at_once(desk)
        desk.close(discards)
        self.desk = None
        self.stacks.forget()

    def keep_everything(self) -> bool:
        """Save all drafts; False if one cannot be saved and the reader does not want to lose it."""
        session = self.session
        if session is None or self.guarded(session.save_all):
            return True
        return self.questions.ask_to_lose()

    # The stack

    def show(self, stack: OpenedStack) -> None:
        """Show a stack that was loaded, unless the reader has gone on in the meantime."""
        if self.desk is None or stack.stack_id != self.stacks.wanted:
            return
        if not self.guarded(self.keep_stack):
            self.arriving.end()  # the stack before stays
            return
        self.looking.note()
        self._put_down()
        self.strangers.remove()
        self.stacks.shown = stack.stack_id
        desk = self.desk
        session = ShownSession(desk.store, desk.settings, stack, self.reader, self.sign, self._ask_about_conflict)
        if self.screen is None or not self.screen.show(session):
            self.screen = Screen(self.viewer, session, self.screen)
            self._listen(self.screen)
        self.looking.begin()
        # The session is set only now: events of the layers while they change are not about lesions of this stack.
        self.session = session
        session.changed.connect(self.follow)
        session.show_rejected(self.widgets.draw.is_on("show rejected"))
        self.viewer.layers.events.removed.connect(self._on_layer_removed)
        self.widgets.lesions.name_columns(session)
        self.widgets.header.tell(session.image)
        self.stacks.tell_progress()
        self.stacks.update_task()
        self.show_lesions()
        order = lesion_order(session)
        if order:
            self.deciding.go_to(self.stacks.first_lesion(order, session))
        else:
            self.screen.labels.selected_label = session.next_number
        self.journaling.restore()
        self.bones.show(self.widgets.draw.is_on("show bone"))
        self.overview.begin()
        self.surfaces.begin()
        self.prior.begin()
        self.belonging.find_soon()
        self.stacks.prefetch_soon()
        self.showing.draw()
        self.arriving.await_frame()

    def _listen(self, screen: Screen) -> None:
        """Connect to the events of layers that were just made."""
        self.painting.listen(screen.labels)
        self.pointing.listen(screen.labels)
        self.showing.begin(screen)
        self.room.hide_numbers_of_sliders()
        _keys.bind_layers(screen.layers, _keys.calls_by_key(self.perform))

    def keep_stack(self) -> None:
        """Save the drafts of the stack, and start writing of the tables; what is half drawn is no draft."""
        if self.screen is not None:
            self.screen.forget_points()
        if self.session is not None:
            self.session.save_all()
        self.tables.is_due = True
        self.tables.write(self.desk)

    def _put_down(self) -> None:
        """End the session; its layers stay until other ones replace them."""
        self.painting.stop()
        self.stacks.stop_prefetching()
        self.pointing.stop()
        self.overview.end()
        self.surfaces.end()
        self.prior.end()
        self.bones.close()
        if self.session is not None:
            self.viewer.layers.events.removed.disconnect(self._on_layer_removed)
        self.session = None
        self.belonging.forget()
        self.deciding.forget_doubt()
        self.widgets.header.tell(None)
        self.widgets.lesions.empty()
        self.widgets.evidence.setText("")

    def _on_layer_removed(self, event: LayerRemoved) -> None:
        """Close the stack if a layer of the review is removed."""
        if self.session is not None and self.screen is not None and event.value in self.screen.layers:
            # Not called during the removal (not even to ask a question): the canvas does not yet know of the removal.
            QTimer.singleShot(0, self._close_stack)

    def _close_stack(self) -> None:
        if self.session is not None and self.screen is not None and not self.screen.is_whole:
            self.guarded(self.keep_stack)
            self._put_down()
            self.screen.lock()
            self.showing.draw()
            show_info("A layer of the review was removed: the stack is closed, what was drawn is kept.")

    # What changed

    def show_lesions(self) -> None:
        """Show the table of lesions again, and the evidence for the selected lesion."""
        if self.session is not None:
            self.widgets.lesions.fill(self.session)
            self.widgets.evidence.tell(self.session, self.belonging.found)

    def follow(self, what: str) -> None:
        """Show the changes that the session reports."""
        session, screen = self.session, self.screen
        if session is None or screen is None:
            return
        self.show_lesions()
        self.planes.forget_outlines()
        self.showing.draw_soon()
        self.overview.draw()
        self.surfaces.draw_soon()
        if what == "labels":
            screen.refresh()
        elif what == "lesions":
            if screen.rescale() and session.selected is not None:
                screen.go_to(session.selected)
            screen.name_lesions()
            self.tables.is_due = True
            self.stacks.update_task()
            self.belonging.find_soon()
        elif what == "selected":
            # Both were about what was chosen before: T would take a piece of bone over instead of this lesion.
            self.deciding.forget_doubt()
            self.bones.leave()

    def _keep_now_and_then(self) -> None:
        session = self.session
        # Nobody is asked for a name in the middle of a stroke: the journal has it, and it is asked at the next lesion.
        if session is not None and session.drafts and session.reader:
            self.guarded(partial(session.save_measured, self.options.keep_after_s), quietly=True)
            self.guarded(partial(session.save_all, LATEST_S), quietly=True)
        self.tables.write(self.desk)
