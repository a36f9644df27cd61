"""A session of the review, and how its image is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure import review
from napari_calcimeasure._convert import display_of

if TYPE_CHECKING:
    from calcimeasure.review import Image
    from napari_calcimeasure._display import Display


class ShownSession(review.Session):
    """The lesions of one stack under review, on a display."""

    _shown: tuple[Image, Display] | None = None

    @property
    def display(self) -> Display:
        """The position of the image on the screen; a radiograph has its currently known spacing."""
        image = self.calibrated
        if self._shown is None or self._shown[0] is not image:
            self._shown = (image, display_of(image))
        return self._shown[1]
