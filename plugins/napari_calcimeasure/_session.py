"""A session of the review, and how its image is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure import review
from napari_calcimeasure._convert import display_of

if TYPE_CHECKING:
    from napari_calcimeasure._convert import Display


class ShownSession(review.Session):
    """The lesions of one stack under review, on a display."""

    _display: Display | None = None

    @property
    def display(self) -> Display:
        """How the image is shown: a radiograph in the millimeters that are known now."""
        if self.is_radiograph:
            return display_of(self.calibrated)
        if self._display is None:
            self._display = display_of(self.image)
        return self._display
