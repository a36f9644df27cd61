"""What a side marker says: a mask is compared with drawn words, turned and mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.locate.marker_constants import MARKERS
from calcimeasure.model import Laterality

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a side marker that was read.

    Parameters
    ----------
    text
        What it says: R, Dx, ...
    laterality
        The side that it names.
    is_mirrored
        Whether its letters are mirrored; None where they look nearly the same mirrored ("li").
    likeness
        Correlation with the drawn word.
    turned_degrees
        How far the word is turned against the image's rows.
    needs_frame
        Whether it is a side in a marker's frame alone.
    is_sure
        False where it looks like a side more than like all else, and not enough like it to be read.
    """

    text: str
    laterality: Laterality
    is_mirrored: bool | None
    likeness: float
    turned_degrees: float
    needs_frame: bool
    is_sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Templates:
    """Drawn words: (n, pixels) of mean 0 and length 1, and what each of them says: 0 no side, 1 right, 2 left."""

    vectors: NDArray[np.float32]
    words: tuple[str, ...]
    sides: NDArray[np.intp]
    is_upright: NDArray[np.bool_]
    is_symmetric: NDArray[np.bool_]
    needs_frame: NDArray[np.bool_]


@cache
def _templates(language: str) -> _Templates:
    """Read the drawn words, and what each of them says where the site's language is this one."""
    with (files(__package__) / "marker_words.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        bits, words = stored["bits"], tuple(map(str, stored["words"]))
    drawn = np.unpackbits(bits, axis=1).reshape(len(bits), *MARKERS.template_ji)
    left_words = (*MARKERS.left_words, *(MARKERS.spanish_left_words if language == "es" else ()))
    framed_words = {*MARKERS.framed_words} - {*dict(MARKERS.letters_of_languages).get(language, ())}
    return _Templates(
        _vectors(drawn.astype(np.float32)),
        words,
        np.array([1 if word in MARKERS.right_words else 2 if word in left_words else 0 for word in words]),
        np.array([word in MARKERS.upright_words for word in words]),
        np.array([word in MARKERS.symmetric_words for word in words]),
        np.array([word in framed_words for word in words]),
    )


def word_on(mask: NDArray[np.bool_], language: str = "") -> Word | None:
    """Read the word of a side marker.

    Parameters
    ----------
    mask
        (rows, columns) the letters of one word, and nothing else.
    language
        The site's language as in `MARKERS.letters_of_languages`; empty: not known.

    Returns
    -------
    Word or None
        None where the mask looks like no such word, or like another one as much.
    """
    known = _templates(language)
    turned = np.arange(MARKERS.angles) * (360 / MARKERS.angles)
    degrees = np.minimum(turned, 360 - turned)
    likeness = np.stack([_vectors(_looks(mask, turned, mirrored)) @ known.vectors.T for mirrored in (False, True)])
    # What is no side is written upright.
    is_upright = known.is_upright | (known.sides == 0)
    likeness[:, degrees > MARKERS.upright_degrees] = np.where(
        is_upright, -1, likeness[:, degrees > MARKERS.upright_degrees]
    )
    likeness[1][:, known.is_symmetric | (known.sides == 0)] = -1
    mirrored, angle, which = np.unravel_index(int(likeness.argmax()), likeness.shape)
    best, side = float(likeness[mirrored, angle, which]), int(known.sides[which])
    own = known.sides == side
    lead = best - float(likeness[:, :, ~own].max())
    if side == 0 or best < MARKERS.least_likeness_unsure or lead < MARKERS.least_lead_unsure:
        return None
    is_sure = best >= MARKERS.least_likeness and lead >= MARKERS.least_lead
    is_clear = best - float(likeness[1 - mirrored][:, own].max()) >= MARKERS.least_lead
    laterality = Laterality.RIGHT if side == 1 else Laterality.LEFT
    is_mirrored = bool(mirrored) if is_clear else None
    needs_frame = bool(known.needs_frame[which])
    return Word(known.words[which], laterality, is_mirrored, best, float(turned[angle]), needs_frame, is_sure)


def _looks(mask: NDArray[np.bool_], degrees: NDArray[np.floating], mirrored: bool) -> NDArray[np.float32]:
    """(angles, rows, columns) a mask turned back by each angle, as large as it fits into the shape of a template."""
    smooth = np.pad(mask[:, ::-1] if mirrored else mask, 2).astype(np.float32)
    places = np.argwhere(smooth > 0) - (np.array(smooth.shape) - 1) / 2
    shape = np.array(MARKERS.template_ji)
    grid = np.stack(np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij"), axis=-1)
    at = []
    for angle in np.deg2rad(degrees):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned = places @ turn.T
        low, high = turned.min(axis=0), turned.max(axis=0)
        scale = float(((shape - 2) / (high - low + 1)).min())
        at.append((grid / scale + (low + high) / 2) @ turn + (np.array(smooth.shape) - 1) / 2)
    points = np.moveaxis(np.stack(at), -1, 0)
    found: NDArray[np.float32] = ndimage.map_coordinates(smooth, points, order=1, output=np.float32)
    return found


def _vectors(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, pixels) smoothed images, of mean 0 and length 1."""
    smooth = ndimage.gaussian_filter(images, (0, MARKERS.template_sigma, MARKERS.template_sigma)).reshape(
        len(images), -1
    )
    smooth -= smooth.mean(axis=1, keepdims=True)
    found: NDArray[np.float32] = smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-6)
    return found
