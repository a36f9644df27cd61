"""Images that were opened in napari by hand: they are measured, reviewed, and saved in their own folder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QLockFile, QTimer

from calcimeasure.review import Desk, OpenedStack, begun_at, unsaved_folders
from napari_calcimeasure._convert import image_of
from napari_calcimeasure.panel.questions import Unsaved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.review import Image
    from napari_calcimeasure.panel.controller import Controller


class ByHand:
    """A review that was not started by a command of the program."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._lock: QLockFile | None = None
        self._answer: Unsaved | None = None

    def ask_for_folder(self) -> None:
        """Ask for a folder of results, and begin its review."""
        review = self._review
        folder = review.questions.ask_folder("Folder that calcimeasure measure wrote")
        if folder is not None:
            review.guarded(lambda: review.open_desk(Desk(folder, show_info)))

    def measure_open(self) -> None:
        """Measure and review the image of the active layer, or of the only layer."""
        layers = self._review.viewer.layers
        shown = [layer for layer in layers if image_of(layer) is not None]
        active = layers.selection.active
        chosen = active if active in shown else shown[0] if len(shown) == 1 else None
        image = None if chosen is None else image_of(chosen)
        if image is None:
            show_error(
                "No image that can be measured is open. Open the DICOM folder with calcimeasure (File, Open Folder): "
                "a layer from another reader has no geometry, and is never measured."
                if not shown
                else "Several images are open: click on the layer that is to be measured."
            )
            return
        self._review.guarded(partial(self._measure, image))

    def _measure(self, image: Image) -> None:
        review = self._review
        desk = review.desk
        if desk is None:
            desk = Desk(None, show_info)
            review.begin(desk)
            self._hold(desk)
        review.widgets.worklist.tell("Measuring…")

        def show(stack: OpenedStack) -> None:
            review.stacks.fill()
            review.widgets.worklist.show_every_stack()
            review.stacks.wanted = stack.stack_id
            review.show(stack)

        review.background.run(partial(desk.open_image, image), show)

    def ask_where_to_save(self) -> None:
        """Ask for the folder in which the review is to be saved."""
        folder = self._review.questions.ask_folder("Folder to keep this review in")
        if folder is not None:
            self.save_as(folder)

    def save_as(self, folder: Path) -> None:
        """Move the review to a folder, and continue there."""
        review = self._review

        def save() -> None:
            if review.desk is None:
                return
            if review.session is not None:
                review.session.save_all()
            review.desk.save_as(folder)
            self._let_go()
            review.journaling.begin(review.desk)
            if review.session is not None:
                review.session.store = review.desk.store
            show_info(f"Kept in {folder}.")

        review.guarded(save)

    # Reviews that nobody saved

    def ask_before_closing(self) -> None:
        """Ask what becomes of a review that nobody saved, while its window still stands."""
        self._answer = self._ask(self._review.desk)
        # The window closes within this event, or not at all: then it is asked again.
        QTimer.singleShot(0, self._forget_answer)

    def _forget_answer(self) -> None:
        self._answer = None

    def part(self, desk: Desk) -> bool:
        """Ask what becomes of a review that nobody saved, before it is closed; True if it is to be removed."""
        answer = self._answer or self._ask(desk)
        self._answer = None
        self._let_go()
        if desk.is_unsaved and answer in (Unsaved.SAVE, Unsaved.KEEP):
            show_info("The review is kept: 'Recover review…' opens it again.")
        return answer is Unsaved.DISCARD

    def _ask(self, desk: Desk | None) -> Unsaved | None:
        """Ask about a review that nobody saved and in which a reader did something; None if it is no such review."""
        if desk is None or not desk.is_unsaved or not desk.has_work:
            return None
        screen = self._review.screen
        if screen is not None and not screen.is_whole:
            return Unsaved.KEEP  # a program is taking the viewer apart: no question can be asked in the middle of it
        answer = self._review.questions.ask_about_unsaved()
        if answer is Unsaved.SAVE:
            self.ask_where_to_save()
        return answer

    def tell_kept(self) -> None:
        """Say at the start that there are reviews that nobody saved."""
        kept = self._kept()
        if kept:
            of_them = "A review was" if len(kept) == 1 else f"{len(kept)} reviews were"
            show_info(f"{of_them} not saved: 'Recover review…' opens it.")

    def recover(self) -> None:
        """Open a review that nobody saved; which one is asked if there are several."""
        kept = {f"begun {begun_at(one).astimezone():%Y-%m-%d %H:%M:%S}": one for one in self._kept()}
        if not kept:
            show_info("Every review is saved: there is none to recover.")
            return
        chosen = next(iter(kept)) if len(kept) == 1 else self._review.questions.ask_which("Recover review", list(kept))
        if chosen is not None:
            self._review.guarded(partial(self._open_kept, kept[chosen]))

    def _open_kept(self, folder: Path) -> None:
        desk = Desk(folder, show_info, is_unsaved=True)
        self._review.open_desk(desk)
        self._hold(desk)

    def _kept(self) -> Sequence[Path]:
        """List the reviews that nobody saved, without those that are open in a window."""
        return [folder for folder in unsaved_folders() if not _is_held(folder)]

    def _hold(self, desk: Desk) -> None:
        """Keep other windows from offering the review."""
        self._lock = _lock_of(desk.folder)
        self._lock.tryLock(0)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
        self._lock = None


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / "private" / "open.lock"))
    lock.setStaleLockTime(0)  # it is stale when its process is gone, however long the process had it
    return lock


def _is_held(folder: Path) -> bool:
    lock = _lock_of(folder)
    if not lock.tryLock(0):
        return True
    lock.unlock()
    return False
