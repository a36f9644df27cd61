"""Images that were opened in napari by hand: they are measured, reviewed, and saved in their own folder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info

from calcimeasure.review import Desk, OpenedStack
from napari_calcimeasure._convert import image_of

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.review import Image
    from napari_calcimeasure.panel.controller import Controller


class ByHand:
    """A review that was not started by a command of the program."""

    def __init__(self, review: Controller) -> None:
        self._review = review

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
            if review.session is not None:
                review.session.store = review.desk.store
            show_info(f"Kept in {folder}.")

        review.guarded(save)
