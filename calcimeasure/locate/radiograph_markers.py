"""Side markers that are burned into a radiograph."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.locate.marker_constants import MARKERS
from calcimeasure.locate.marker_letters import letters_on
from calcimeasure.locate.marker_words import word_on
from calcimeasure.locate.radiograph_limbs import averaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.locate.marker_letters import Box, Letters
    from calcimeasure.locate.marker_words import Word
    from calcimeasure.locate.radiograph_limbs import Limbs
    from calcimeasure.model import Laterality


@dataclass(frozen=True, slots=True)
class Marker:
    """A side marker on a radiograph.

    Parameters
    ----------
    text
        What it says: R, L, D, ...
    laterality
        The side that it names.
    is_mirrored
        Whether its letters are mirrored: the film or the marker was turned over. None where they look nearly the same
        mirrored.
    start_ji, stop_ji
        First row and column of its box, and the first ones beyond it.
    limb
        0 or 1 if it lies beside the first or the second one of two limbs; None if there are not two, or it lies
        between them.
    is_sure
        False where it is not read for sure: it may be a marker of this side, or other letters.
    """

    text: str
    laterality: Laterality
    is_mirrored: bool | None
    start_ji: tuple[int, int]
    stop_ji: tuple[int, int]
    limb: int | None = None
    is_sure: bool = True

    @property
    def middle_ji(self) -> tuple[float, float]:
        """Row and column of its middle."""
        return (self.start_ji[0] + self.stop_ji[0] - 1) / 2, (self.start_ji[1] + self.stop_ji[1] - 1) / 2

    @property
    def words(self) -> str:
        """What it says, and where, for a person."""
        (row, column), (row_stop, column_stop) = self.start_ji, self.stop_ji
        where = f"rows {row}-{row_stop - 1}, columns {column}-{column_stop - 1}"
        how = {True: " (mirrored)", False: "", None: " (may be mirrored)"}[self.is_mirrored]
        return f"{self.text}{how} at {where}"


def marker_boxes_in(evidence: str) -> list[Box]:
    """Find where the markers lie that the evidence for a side names in words (`Marker.words`)."""
    found = re.findall(r"rows (\d+)-(\d+), columns (\d+)-(\d+)", evidence)
    return [(row, column, last_row + 1, last_column + 1) for row, last_row, column, last_column in map(_numbers, found)]


def _numbers(words: tuple[str, ...]) -> tuple[int, int, int, int]:
    first_row, last_row, first_column, last_column = map(int, words)
    return first_row, last_row, first_column, last_column


def markers_on(pixels: NDArray[np.float32], limbs: Limbs, language: str = "") -> tuple[Marker, ...]:
    """Read the side markers that are burned into a radiograph.

    Parameters
    ----------
    pixels
        (rows, columns), dense is bright.
    limbs
        The limbs that it shows: a marker speaks for the one beside it.
    language
        The site's language, in which lone letters of it are a side (`MeasureSettings.marker_language`); empty: not
        known.

    Returns
    -------
    tuple of Marker
        Those that are read for sure first.
    """
    factor = max(1, round(max(pixels.shape) / MARKERS.longer_side_pixels))
    image = averaged(pixels, factor)
    if min(image.shape) < MARKERS.heights[0]:
        return ()
    read = [(letters, word) for letters in letters_on(image) if (word := word_on(letters.mask, language)) is not None]
    read = [one for one in read if _is_whole(*one)]
    kept: list[tuple[Letters, Word]] = []
    for letters, word in sorted(read, key=lambda one: (not one[1].is_sure, -one[1].likeness)):
        if not any(_overlap(letters.box, other.box) for other, _ in kept):
            kept.append((letters, word))
    return tuple(_marker(letters, word, factor, limbs) for letters, word in kept)


def _is_whole(letters: Letters, word: Word) -> bool:
    """Tell whether a word stands alone, and is a side wherever it stands, or has a marker's frame around it."""
    if word.needs_frame and not letters.is_framed:
        return False
    top, left, bottom, right = letters.box
    away = letters.others - ((top + bottom - 1) / 2, (left + right - 1) / 2)
    # The base of a word that is turned by an angle runs along this direction.
    angle = math.radians(word.turned_degrees)
    above = away @ np.array([math.cos(angle), -math.sin(angle) * (-1 if word.is_mirrored else 1)])
    return bool((np.abs(above) > MARKERS.on_line * max(bottom - top, right - left)).all())


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _marker(letters: Letters, word: Word, factor: int, limbs: Limbs) -> Marker:
    top, left, bottom, right = (factor * at for at in letters.box)
    limb = _limb_beside((top, left, bottom, right), limbs)
    return Marker(word.text, word.laterality, word.is_mirrored, (top, left), (bottom, right), limb, word.is_sure)


def _limb_beside(box: Box, limbs: Limbs) -> int | None:
    """Tell beside which of two limbs a box lies; None where it stands between them.

    The seam between two hands bends around their fingers. What lies on one side of it, and on the other side of its
    middle, may stand for either.
    """
    if limbs.seam is None:
        return None
    top, left, bottom, right = box
    corners = np.array([top, top, bottom - 1, bottom - 1]), np.array([left, right - 1, left, right - 1])
    straight = replace(limbs, seam=np.full_like(limbs.seam, round(float(np.median(limbs.seam)))))
    beside = limbs.holding(*corners)
    return beside if straight.holding(*corners) == beside else None
