"""The control of the worklist: the stack that is shown, the next stack, and the progress of each review."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure import CalcimeasureError
from calcimeasure.review import OpenedStack, TaskState, first_open, open_stack
from napari_calcimeasure._rows import coming_words
from napari_calcimeasure.panel.timers import timer
from napari_calcimeasure.panel.worklist import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.review import Desk, Session, Task
    from napari_calcimeasure.panel.controller import Controller

OTHERS_MS = 5000
"""How often the store is asked whether another reader has decided something. The question takes a millisecond."""
PREFETCH_MS = 400
"""Delay before the next stack is loaded, so that the present stack is drawn first at full speed."""


class Stacks:
    """The stacks of the folder that is open.

    Attributes
    ----------
    shown
        Number of the stack that is in the viewer.
    wanted
        Number of the stack that the reader asked for last; the stack may not be loaded yet.
    """

    def __init__(self, review: Controller) -> None:
        self._review, self._worklist = review, review.widgets.worklist
        self.shown: int | None = None
        self.wanted: int | None = None
        self._tasks: dict[int, Task] = {}
        self._at_last = False
        self._newest: tuple[int, int, int] | None = None
        self._prefetched: OpenedStack | None = None
        self._soon = timer(review.parent, PREFETCH_MS, self._prefetch, once=True)
        self._others = timer(review.parent, OTHERS_MS, self._follow_others)

    # What the worklist shows

    def open_first(self, desk: Desk, loading: Callable[[], OpenedStack] | None, at: int | None = None) -> None:
        """Show the worklist, and the first stack that is not done, or a given one.

        Parameters
        ----------
        desk
            The folder.
        loading
            Returns the first stack that is not done, if it is already being loaded.
        at
            The stack at which the reader was when the program ended without closing the review.
        """
        self.fill()
        self._others.start()
        first = first_open(self._tasks.values())
        if first is None:
            show_info(f"{desk.folder} has no measured stack: there is nothing to review.")
            return
        if at is not None and at in self._tasks and at != first.stack_id:
            first, loading = self._tasks[at], None
        if first.state not in OPEN:
            self._worklist.show_every_stack()
        self.go_to(first.stack_id, loading)

    def fill(self) -> None:
        """Show the present worklist of the store."""
        desk = self._review.desk
        if desk is not None:
            self._newest = desk.store.newest_rows()
            self._show(desk.tasks)

    def _show(self, tasks: Sequence[Task]) -> None:
        self._tasks = {task.stack_id: task for task in tasks}
        self._worklist.fill(self._tasks, self.shown)
        self.tell_progress()

    def update_task(self) -> None:
        """Update the progress of the review of the stack in the viewer."""
        session, task = self._review.session, self._tasks.get(self.shown or 0)
        if session is None or task is None:
            return
        unsure = [
            uid for one in session.lesions.values() if session.remarks.unsure_readers(uid := one.lesion.tracking_uid)
        ]
        task = task.with_lesions((one.lesion for one in session.lesions.values()), unsure)
        self._tasks[task.stack_id] = task
        self._worklist.update_task(task)
        self.tell_progress()

    def _follow_others(self) -> None:
        """Show what other readers have decided since the worklist was read."""
        desk = self._review.desk
        if desk is None:
            return
        newest: list[tuple[int, int, int]] = []
        is_read = self._review.guarded(lambda: newest.append(desk.store.newest_rows()), quietly=True)
        if not is_read or newest[0] == self._newest:
            return
        self._newest = newest[0]

        def take(tasks: Sequence[Task]) -> None:
            if desk is self._review.desk:
                self._show(tasks)

        # A store of a department has thousands of stacks: it is read in the background.
        self._review.background.run(lambda: desk.tasks, take, failed=lambda _: None)

    @property
    def unsure_count(self) -> int:
        """Number of undecided lesions for which a second reader is wanted."""
        return sum(len(task.unsure) for task in self._tasks.values())

    def open_beside(self, step: int) -> int | None:
        """Find the next or previous stack with something to decide, in the order of the list and round its end."""
        order = self._worklist.in_order(self._tasks)[::step]
        here = order.index(self.shown) + 1 if self.shown in order else 0
        others = [stack_id for stack_id in (*order[here:], *order[:here]) if stack_id != self.shown]
        return next((one for one in others if self._tasks[one].waits), None)

    def first_lesion(self, order: Sequence[int], session: Session) -> int:
        """Choose the lesion with which a stack begins: the first undecided one, or the last where the way leads back.

        Parameters
        ----------
        order
            The lesions of the table, at least one.
        session
            The session of the stack.
        """
        place, self._at_last = (-1 if self._at_last else 0), False
        undecided = [number for number in order if not session.lesions[number].lesion.is_decided]
        mine = [number for number in undecided if session.is_open(number)]
        return (mine or undecided or list(order))[place if mine else 0]

    def tell_progress(self) -> None:
        """Show how many stacks are done."""
        tasks = self._tasks.values()
        asked = sum(task.asked > 0 or task.is_blank for task in tasks)
        done = sum(task.state is TaskState.DONE or (task.is_blank and task.state is TaskState.SEEN) for task in tasks)
        self._worklist.tell(f"{done} of {asked} stacks done")

    def mark_shown(self) -> None:
        """Select the row of the stack that is shown."""
        self._worklist.mark(self.shown)
        self.tell_progress()

    # Going from stack to stack

    def go_beside(self, step: int) -> None:
        """Go to the next or previous stack of the worklist."""
        beside = self._worklist.beside(self.wanted, step)
        if beside is None:
            show_info("This is the last stack of the list." if step > 0 else "This is the first stack of the list.")
        else:
            self.go_to(beside)

    def go_to(self, stack_id: int, loading: Callable[[], OpenedStack] | None = None, *, at_last: bool = False) -> None:
        """Show a stack; the drafts of the stack shown before are saved first.

        Parameters
        ----------
        stack_id
            The stack.
        loading
            Returns the stack, if it is already being loaded.
        at_last
            Whether to begin with its last undecided lesion.
        """
        review = self._review
        if review.desk is None or not review.guarded(review.keep_stack):
            return
        was_wanted, self.wanted, self._at_last = self.wanted, stack_id, at_last
        self._worklist.mark(stack_id)
        if stack_id == self.shown and review.session is not None:
            # It is here: loaded again, it would lose what can be undone. Another one that was on its way is left.
            if was_wanted != stack_id:
                review.arriving.end()
            self.tell_progress()
            return
        if self._prefetched is not None and self._prefetched.stack_id == stack_id:
            stack, self._prefetched = self._prefetched, None
            review.show(stack.with_histories_of(review.desk.store))
            return
        self._prefetched = None
        self._worklist.tell("Loading…")
        if stack_id in self._tasks:
            review.arriving.begin(coming_words(self._tasks[stack_id]))
        load = loading or partial(open_stack, review.desk.store, review.desk.settings, stack_id)

        def failed(error: BaseException) -> None:
            if stack_id == self.wanted:
                review.arriving.end()
            review.tell(error)

        review.background.run(load, review.show, failed=failed)

    def prefetch_soon(self) -> None:
        """Load the next stack when this one is drawn."""
        self._soon.start()

    def stop_prefetching(self) -> None:
        """Cancel loading of the next stack."""
        self._soon.stop()

    def _prefetch(self) -> None:
        """Load the next stack while the reader looks at the present one."""
        desk, beside = self._review.desk, self._worklist.beside(self.shown, 1)
        if desk is None or beside is None or beside == self.shown:
            return
        store, settings, stack_id = desk.store, desk.settings, beside

        def keep(stack: OpenedStack | None) -> None:
            self._prefetched = stack

        def load() -> OpenedStack | None:
            try:
                return open_stack(store, settings, stack_id)
            except CalcimeasureError:
                return None  # the error is shown when the reader opens this stack

        self._review.background.run(load, keep)

    def forget(self) -> None:
        """Release every stack, when the folder is closed."""
        self._others.stop()
        self._prefetched = self.shown = self.wanted = None
        self._tasks = {}
        self._worklist.empty()

    # Stacks in which nothing was found

    def note_seen(self) -> None:
        """Store that the reader has looked through a stack without lesions, and go to the next; or revoke this."""
        review = self._review
        session, desk, stack_id = review.session, review.desk, self.shown
        if session is None or desk is None or stack_id is None or not review.guarded(session.save_all):
            return
        self.update_task()
        task = self._tasks[stack_id]
        if task.asked:
            show_info("Lesions are decided one by one (A, X): the stack is done when each of them is.")
            return
        takes_back = review.reader in task.seen_by
        store = desk.store

        def note() -> None:
            session.note_seen(takes_back)
            self._tasks[stack_id] = replace(task, seen_by=store.seen_by().get(stack_id, ()))

        if review.guarded(note):
            self.update_task()
            if not takes_back:
                self.go_beside(1)
