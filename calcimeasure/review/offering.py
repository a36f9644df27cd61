"""Outlines that tools offer in a session: the reader sees each before it is kept. Nothing is changed here.

Each function gives a function that may run in another thread; its result is kept by `Session.take_grown`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import ReviewError
from calcimeasure.review.cut import parts_between, without_bone
from calcimeasure.review.pointing import Pointed, added_at, taken_at
from calcimeasure.review.shaping import grown_by_a_step, interpolated, shrunk_by_a_step, smoothed, snapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from calcimeasure.model import Image, Outline
    from calcimeasure.review.drafts import Edit
    from calcimeasure.review.labels import Able
    from calcimeasure.review.session import Session
    from calcimeasure.settings import Settings


class Shape(StrEnum):
    """What a tool does to an outline."""

    SNAP = "snap"
    LARGER = "larger"
    SMALLER = "smaller"
    SMOOTH = "smooth"
    FILL_SLICES = "fill slices"
    WITHOUT_BONE = "without bone"


_SHAPES: Final[Mapping[Shape, Callable[[Outline, Image, Settings], Outline]]] = {
    Shape.SNAP: snapped,
    Shape.LARGER: grown_by_a_step,
    Shape.SMALLER: shrunk_by_a_step,
    Shape.SMOOTH: smoothed,
    Shape.FILL_SLICES: interpolated,
    Shape.WITHOUT_BONE: without_bone,
}


def reshaping(session: Session, outline: Outline, shape: Shape) -> Callable[[], Outline]:
    """Make a function that shapes an outline (`calcimeasure.review.shaping`, `calcimeasure.review.cut`).

    Raises
    ------
    ReviewError
        By the function: the outline cannot be shaped so.
    """
    image, settings = session.calibrated, session.settings
    return lambda: _SHAPES[shape](outline, image, settings)


def pointing_at(
    session: Session, before: Pointed | None, place_kji: Sequence[float], *, takes_away: bool = False
) -> Callable[[], Pointed]:
    """Make a function that adds what lies at a place to an offer, or takes it away (`calcimeasure.review.pointing`).

    Raises
    ------
    ReviewError
        There is no offer from which something could be taken; or by the function: nothing lies there.
    """
    image, settings = session.calibrated, session.settings
    k, j, i = (round(float(one)) for one in place_kji)
    if not takes_away:
        return lambda: added_at(image, before, (k, j, i), settings)
    if before is None:
        raise ReviewError("An offered outline expected from which to take something away: click into the mass first.")
    return lambda: taken_at(image, before, (k, j, i))


def splitting_between(session: Session, number: int, first_kji: Sequence[float], second_kji: Sequence[float]) -> Edit:
    """Begin to divide a lesion between two points in it, at its thinnest place; the larger part keeps its number."""
    session.save(number)
    outline = session.outline(number)
    if outline is None:
        raise ReviewError(f"A lesion expected, found none with number {number}: choose one that is there.")
    one, other = ((round(float(k)), round(float(j)), round(float(i))) for k, j, i in (first_kji, second_kji))
    return session.splitting(number, parts_between(outline, one, other, session.image))


def dense_only(session: Session) -> Able:
    """Make a function that tells which voxels the brush may paint if it paints only what is dense.

    Raises
    ------
    ReviewError
        The image is a radiograph, which has no Hounsfield units.
    """
    if session.image.geometry is None:
        raise ReviewError(
            "CT expected, where Hounsfield units say what is dense, found a radiograph: G outlines there."
        )
    flat, threshold_hu = session.image.attenuation_hu.ravel(), session.settings.threshold_hu

    def able(where: NDArray[np.int64]) -> NDArray[np.bool_]:
        return flat[where] >= threshold_hu

    return able
