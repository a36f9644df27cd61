"""The side of a lesion on a radiograph.

A film of one limb has the side that its tags, or its descriptions, say. On one that shows both sides Patient
Orientation (0020,0020) decides: it says where rows and columns run. View Position (0018,5101) never does alone: it
gives the way of the beam, not whether the image was turned round afterwards.

The letters follow the anatomical position (PS3.17 Annex A): both feet, knees, hips and the trunk lie on a film as they
do there. Hands need not. Seen from their palms, the left one lies where rows run to the left; laid down on their palms,
as for most films, they have changed places beside each other and their letters have not. Both hands on one film have a
side only where they are said to lie on their backs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.locate.laterality import ARM_SITES, LEFT, MIDLINE_SITES, RIGHT, UNKNOWN
from calcimeasure.locate.midline import mirror_likeness
from calcimeasure.locate.site import descriptions, site_of
from calcimeasure.locate.view import side_of_tags
from calcimeasure.locate.words import SaidSide, SideEvidence, side_in_text
from calcimeasure.model import BodySite, Laterality, Side, SideSource, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Outline, Series

PALM_UP: Final = "AP"
"""View Position of hands on their backs: the beam enters through the palm."""

JOINED: Final = frozenset({BodySite.SHOULDER, BodySite.HIP, BodySite.THIGH})
"""Both of these may be on a film with the trunk between them."""

COARSE_COLUMNS: Final = 160
"""A film is compared with its mirror image in so few columns: ribs and hips are wider than that."""

LOWEST_LIKENESS: Final = 0.55
"""Correlation of a trunk's film with its mirror image, without its slow changes of density, below which there is no
midline. Heart and gas differ from side to side (a chest reaches 0.74); of one side alone less is alike."""

FARTHEST_FROM_MIDDLE: Final = 0.15
LEAST_FROM_MIDLINE: Final = 0.06
"""As parts of the film's width: how far beside its middle the body's midline may lie, and how exact it is known."""

SMALLEST_LIMB: Final = 1 / 3
LEAST_LIMB: Final = 0.02
"""The second of two limbs has this part of the larger one's pixels at least, and that one this part of the film."""


@dataclass(frozen=True, slots=True)
class FilmView:
    """What is on a film, as far as sides depend on it.

    Parameters
    ----------
    site
        The part of the body that is imaged.
    tags, words
        What tags, and descriptions, say of the side.
    axis
        Along which of (rows, columns) of the array left and right run; None where Patient Orientation does not tell.
    toward
        The patient's side at the end of that axis.
    palm_up
        Whether hands are said to lie on their backs.
    limbs
        (j, i) labels of two limbs beside each other, 1 nearer to the begin of the axis; None where there are not two.
    midline_index
        Where the body's midline lies along the axis; None where it is not seen.
    shape_ji
        Of the image.
    """

    site: Site
    tags: SideEvidence
    words: SideEvidence
    axis: int | None
    toward: Laterality
    palm_up: bool
    limbs: NDArray[np.int32] | None
    midline_index: float | None
    shape_ji: tuple[int, int]

    @property
    def midline(self) -> None:
        """None: a projection shows a line, no plane in the patient."""
        return


def look_at_film(series: Series, pixels: NDArray[np.float32], foreground: NDArray[np.bool_] | None = None) -> FilmView:
    """Gather what the sides of the lesions of a radiograph depend on.

    Parameters
    ----------
    series
        Its header.
    pixels
        (rows, columns), dense is bright.
    foreground
        (rows, columns), true where the body is; without it no two limbs can be told apart.
    """
    projection = series.projection
    axis, toward = _left_and_right(projection.patient_orientation if projection else ())
    limbs = None if foreground is None or axis is None else _two_limbs(foreground, axis)
    return FilmView(
        site=site_of(series),
        tags=side_of_tags(series),
        words=side_in_text(descriptions(series)),
        axis=axis,
        toward=toward,
        palm_up=projection is not None and (projection.view_position or "").strip().upper() == PALM_UP,
        limbs=limbs,
        midline_index=None if axis is None else _midline_index(pixels, foreground, axis),
        shape_ji=(pixels.shape[0], pixels.shape[1]),
    )


def film_side_of(outline: Outline, view: FilmView) -> Side:
    """Say on which side of the body a lesion on a radiograph lies.

    Parameters
    ----------
    outline
        The lesion; of one slice.
    view
        What is on the film.

    Returns
    -------
    Side
        As `calcimeasure.locate.laterality.side_of`; without a distance to the midline.
    """
    said = {SideSource.DICOM_TAG: view.tags, SideSource.DESCRIPTION: view.words}
    evidence = [f"{source}: {' '.join(one.words)}" for source, one in said.items() if one.words]
    both_said = any(one.side is SaidSide.BOTH for one in said.values())
    if view.site.body_site in MIDLINE_SITES or (both_said and view.limbs is None and view.site.body_site in JOINED):
        return _beside_midline(outline, view, evidence)
    if both_said or view.limbs is not None:
        return _of_two_limbs(outline, view, evidence)
    return _of_one_limb(view, evidence)


def _of_one_limb(view: FilmView, evidence: list[str]) -> Side:
    side, conflict = _said_side(view)
    if conflict:
        return _unknown(None, [*evidence, "tags and words disagree"], conflict=True)
    if side is None:
        return _unknown(None, evidence or ["neither tags nor words name a side"])
    by_tag, by_word = view.tags.laterality is side, view.words.laterality is side
    confidence = 0.98 if by_tag and by_word else 0.95 if by_tag else 0.9
    return Side(
        side, SideSource.DICOM_TAG if by_tag else SideSource.DESCRIPTION, confidence, evidence="; ".join(evidence)
    )


def _of_two_limbs(outline: Outline, view: FilmView, evidence: list[str]) -> Side:
    """Tell by its place in which of two limbs a lesion lies."""
    if view.axis is None:
        return _unknown(None, [*evidence, "two limbs, and Patient Orientation does not tell where left is"])
    if view.limbs is None:
        return _unknown(None, [*evidence, "both sides are said to be on the film, and two limbs are not seen"])
    limb = _limb_with(outline, view.limbs)
    if limb is None:
        return _unknown(None, [*evidence, "it lies in neither of the two limbs on the film"])
    place = view.toward if limb == 2 else _other(view.toward)
    evidence = [*evidence, f"of two limbs on the film it lies in the {place} one by Patient Orientation"]
    if _may_be_hands_on_their_palms(view):
        return _unknown(place, [*evidence, "hands on their palms have changed places, and their letters have not"])
    return _agreeing(place, view, evidence)


def _may_be_hands_on_their_palms(view: FilmView) -> bool:
    return view.site.body_site in (*ARM_SITES, BodySite.UNKNOWN) and not view.palm_up


def _beside_midline(outline: Outline, view: FilmView, evidence: list[str]) -> Side:
    """Tell on which side of the trunk's midline a lesion lies."""
    side, conflict = _said_side(view)
    if view.axis is None:
        return _unknown(side, [*evidence, "Patient Orientation does not tell where left is"], conflict)
    across = _along(outline, view.axis)
    width = view.shape_ji[view.axis]
    if view.midline_index is None:
        middle = (width - 1) / 2
        place = view.toward if across.mean() > middle else _other(view.toward)
        return _unknown(place, [*evidence, "the body's midline is not seen on the film"], conflict)
    place = view.toward if across.mean() > view.midline_index else _other(view.toward)
    if np.abs(across - view.midline_index).min() <= LEAST_FROM_MIDLINE * width or (
        (across > view.midline_index).any() and (across < view.midline_index).any()
    ):
        return _unknown(place, [*evidence, "it lies on or too near to the body's midline"], conflict)
    evidence = [*evidence, f"it lies to the {place} of the body's midline by Patient Orientation"]
    return _agreeing(place, view, evidence)


def _agreeing(place: Laterality, view: FilmView, evidence: list[str]) -> Side:
    """Take the side of its place, unless tags or words name the other one alone."""
    side, conflict = _said_side(view)
    if conflict or side not in (None, place):
        return _unknown(place, [*evidence, "tags or words say another"], conflict=True)
    return Side(place, SideSource.DICOM_TAG, 0.95 if side else 0.9, evidence="; ".join(evidence))


def _said_side(view: FilmView) -> tuple[Laterality | None, bool]:
    """Return the one side that tags and words name, and whether they contradict each other."""
    said = {one.laterality for one in (view.tags, view.words)} - {UNKNOWN}
    conflict = len(said) > 1 or view.tags.conflict or view.words.conflict
    return (next(iter(said)) if len(said) == 1 and not conflict else None), conflict


def _unknown(hint: Laterality | None, evidence: list[str], conflict: bool = False) -> Side:
    return Side(UNKNOWN, SideSource.NONE, conflict=conflict, hint=hint, evidence="; ".join(evidence))


def _other(side: Laterality) -> Laterality:
    return RIGHT if side is LEFT else LEFT


def _left_and_right(patient_orientation: tuple[str, ...]) -> tuple[int | None, Laterality]:
    """Read along which axis of the array left and right run, and to which side (PS3.3 C.7.6.1.1.1).

    The letters of a main direction stand first. Whatever is no pair of different human directions (letters of animals,
    one value) says nothing.
    """
    letters = [value.strip().upper() for value in patient_orientation]
    if len(letters) != 2 or not all(letters) or any(set(value) - set("RLAPHF") for value in letters):
        return None, UNKNOWN
    kinds = [[_KIND[letter] for letter in value] for value in letters]
    if kinds[0][0] == kinds[1][0] or any(len(set(kind)) != len(kind) for kind in kinds):
        return None, UNKNOWN
    # The first value is the way along a row, which is the second axis of the array.
    for axis, (value, kind, other) in enumerate(((letters[1], kinds[1], kinds[0]), (letters[0], kinds[0], kinds[1]))):
        if kind[0] == "side":
            return (None, UNKNOWN) if "side" in other else (axis, LEFT if value[0] == "L" else RIGHT)
    return None, UNKNOWN


_KIND: Final = {"R": "side", "L": "side", "A": "depth", "P": "depth", "H": "height", "F": "height"}


def _along(outline: Outline, axis: int) -> NDArray[np.intp]:
    """(n,) index of each of its pixels along an axis of the image."""
    return np.argwhere(outline.mask())[:, 1 + axis] + outline.start_kji[1 + axis]


def _limb_with(outline: Outline, limbs: NDArray[np.int32]) -> int | None:
    """Find the limb that holds most of a lesion; what hangs on its skin counts to it."""
    _, rows, columns = outline.box
    held = np.bincount(limbs[rows, columns][outline.mask()[0]], minlength=3)[1:]
    if held.min() > 0 or held.sum() < outline.voxel_count / 2:
        return None
    return int(np.argmax(held)) + 1


def _two_limbs(foreground: NDArray[np.bool_], axis: int) -> NDArray[np.int32] | None:
    """Label two limbs beside each other along an axis; None where there are not two, or they lie above each other."""
    labels, count = ndimage.label(foreground)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    large = [n + 1 for n in np.argsort(-sizes, kind="stable") if sizes[n] >= SMALLEST_LIMB * sizes.max(initial=0)]
    if len(large) != 2 or sizes[large[0] - 1] < LEAST_LIMB * foreground.size:
        return None
    places = [np.flatnonzero((labels == n).any(axis=1 - axis)) for n in large]
    first, second = sorted((0, 1), key=lambda n: float(places[n].mean()))
    shared = np.intersect1d(places[first], places[second]).size
    if shared > 0.2 * min(one.size for one in places):
        return None
    limbs = np.zeros(foreground.shape, dtype=np.int32)
    limbs[labels == large[first]], limbs[labels == large[second]] = 1, 2
    return limbs


def _midline_index(pixels: NDArray[np.float32], foreground: NDArray[np.bool_] | None, axis: int) -> float | None:
    """Find where a film mirrors itself best along an axis, near to its middle."""
    image, compared = pixels, np.ones(pixels.shape, dtype=np.float32)
    if foreground is not None:
        compared = foreground.astype(np.float32)
    if axis == 0:
        image, compared = image.T, compared.T
    factor = max(1, image.shape[1] // COARSE_COLUMNS)
    image, compared = (_blocks(one, factor) for one in (image, compared))
    if min(image.shape) < 16 or not compared.any():
        return None
    count = image.shape[1]
    # Bones and organs are compared: that a film is brighter in its middle and ends at its borders says nothing.
    weight = ndimage.gaussian_filter(compared, count / 12)
    background = ndimage.gaussian_filter(image * compared, count / 12) / np.maximum(weight, 1e-3)
    structure = np.where(compared > 0.5, image - background, 0.0)
    low, high = np.quantile(structure[compared > 0.5], (0.02, 0.98)) if (compared > 0.5).any() else (0.0, 0.0)
    structure = ndimage.gaussian_filter(np.clip(structure, low, high), 1.0)
    structure *= 100 / max(float(structure.std()), 1e-6)  # whatever unit the pixels have
    likeness = mirror_likeness(structure[None].astype(np.float32), compared[None])
    middle = count - 1
    near = np.abs(np.arange(len(likeness)) - middle) <= 2 * FARTHEST_FROM_MIDDLE * count
    best = int(np.argmax(np.where(near, likeness, -np.inf)))
    # A peak at the border of what is searched is none.
    if likeness[best] < LOWEST_LIKENESS or not (near[best - 1] and near[best + 1]):
        return None
    return float(best / 2 * factor + (factor - 1) / 2)


def _blocks(image: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Average blocks of pixels."""
    rows, columns = (n // factor * factor for n in image.shape)
    blocks = image[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    averaged: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return averaged
