"""Writing of lesions.csv and the other tables of a folder, in the background while a reader works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error

from calcimeasure import CalcimeasureError

if TYPE_CHECKING:
    from calcimeasure.review import Desk
    from napari_calcimeasure.panel.controller import Controller


class TablesOut:
    """The tables of a folder.

    Attributes
    ----------
    is_due
        Whether something changed since the tables were written.
    """

    def __init__(self, review: Controller) -> None:
        self._review = review
        self.is_due = False
        self._is_writing = False

    def write(self, desk: Desk | None) -> None:
        """Write the tables in the background, if something changed and they are not being written."""
        if desk is None or not self.is_due or self._is_writing:
            return
        self.is_due, self._is_writing = False, True

        def write() -> CalcimeasureError | None:
            try:
                desk.write_tables()
            except CalcimeasureError as error:
                return error
            return None

        def done(error: CalcimeasureError | None) -> None:
            self._is_writing = False
            if error is not None:
                show_error(str(error))

        self._review.background.run(write, done)

    def write_at_once(self, desk: Desk) -> None:
        """Write the tables before the folder is closed."""
        self.is_due = False
        self._review.guarded(desk.write_tables)
