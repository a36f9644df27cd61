"""The picture of a lesion as a reader passes it on: image, outline and axes, and not a word of the patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.analysis.picture import draw, draw_markers
from calcimeasure.errors import ReviewError

if TYPE_CHECKING:
    from calcimeasure.review.session import Session

SIDE_PIXELS: Final = 512
"""Width and height of the picture."""
GRAYS: Final = 200
"""Its gray levels: more than an eye tells apart."""


def marker_picture(session: Session, number: int) -> bytes | None:
    """Draw the side markers on a radiograph that the evidence for the side of a lesion names; None where it names none.

    It is drawn from the image each time and kept nowhere: a name may be burned in beside a marker.
    """
    lesion = session.lesion(number)
    return None if lesion is None else draw_markers(session.image, lesion)


def lesion_picture(session: Session, number: int) -> bytes:
    """Draw a lesion as it is shown, with the outline of its draft if that is measured.

    Returns
    -------
    bytes
        A PNG (`calcimeasure.analysis.picture.draw`). Its metadata are the size of a pixel and directions; what is
        burned into the pixels of the image beside the lesion is seen.

    Raises
    ------
    ReviewError
        There is no such lesion, or it is not measured yet.
    """
    lesion = session.lesion(number)
    if lesion is None:
        raise ReviewError(f"A measured lesion expected, found that {number} is not measured: wait a moment.")
    return draw(session.calibrated, lesion, SIDE_PIXELS, GRAYS)
