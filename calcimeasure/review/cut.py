"""Division of a lesion: along a plane, along a line on a radiograph, between two points, along bone. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from skimage.segmentation import watershed

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline
from calcimeasure.review.shaping import spacing_of
from calcimeasure.segment import divided_at_necks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Image, PointLps, PointPx
    from calcimeasure.settings import Settings

ON_THE_CUT: Final = 1e-6
"""In mm, or in pixels of a radiograph: a voxel whose center is nearer to the cut than this lies on it (rounding)."""

LEAST_BONE: Final = 0.02
"""Share of an outline from which on there is bone in it: less is the blurred rim of the mass."""


@dataclass(frozen=True, slots=True)
class CuttingPlane:
    """A plane in the patient.

    Parameters
    ----------
    point_lps_mm
        A point on the plane.
    normal_lps
        Vector that points to the part beyond the plane. Its length does not matter.
    """

    point_lps_mm: PointLps
    normal_lps: PointLps


@dataclass(frozen=True, slots=True)
class CuttingLine:
    """A line on a radiograph, which has no depth.

    Parameters
    ----------
    ends_px
        Row and column of two points on the line. If the column increases from the first to the second point, the part
        with the higher rows lies beyond the line.
    """

    ends_px: tuple[PointPx, PointPx]


Cut = CuttingPlane | CuttingLine


def parts_of(outline: Outline, cut: Cut, image: Image) -> list[Outline]:
    """Divide an outline along a cut.

    Parameters
    ----------
    outline
        The outline to be divided. A voxel belongs to the part in which its center lies. A voxel whose center lies on
        the cut is not beyond the cut.
    cut
        The cut; it extends through the whole image and through all slices.
    image
        The image of the outline.

    Returns
    -------
    list of Outline
        The part beyond the cut, then the rest; a single outline if all voxels lie on one side.

    Raises
    ------
    ReviewError
        A plane on a radiograph, or a line in a stack.
    """
    inside = outline.mask()
    index_kji = np.argwhere(inside) + outline.start_kji
    is_beyond = _beyond(index_kji, cut, image)
    masks = np.zeros((2, *inside.shape), dtype=np.bool_)
    masks[0][inside], masks[1][inside] = is_beyond, ~is_beyond
    return [Outline.from_mask(mask, outline.start_kji) for mask in masks if mask.any()]


def parts_between(
    outline: Outline, first_kji: tuple[int, int, int], second_kji: tuple[int, int, int], image: Image
) -> tuple[Outline, Outline]:
    """Divide an outline between two of its voxels: at its thinnest place between them, else halfway.

    Parameters
    ----------
    outline
        The outline to be divided.
    first_kji, second_kji
        A voxel in each part.
    image
        The image of the outline.

    Returns
    -------
    first, second
        The part that holds the first voxel, and the other one.

    Raises
    ------
    ReviewError
        Both voxels are the same one, or one of them lies outside of the outline.
    """
    mask = outline.mask()
    places = [tuple(a - b for a, b in zip(one, outline.start_kji, strict=True)) for one in (first_kji, second_kji)]
    for place in places:
        is_in_box = all(0 <= a < n for a, n in zip(place, mask.shape, strict=True))
        if not is_in_box or not mask[place]:
            raise ReviewError("A point in the lesion expected, found one outside of it: click into each of two parts.")
    if places[0] == places[1]:
        raise ReviewError("Two points in two parts of the lesion expected, found the same point twice.")
    markers = _markers(mask, places, image)
    if markers is None:
        beyond = _nearer_to_second(mask, places, image)
        halves = mask & ~beyond, mask & beyond
    else:
        marked, depth = markers
        grown = watershed(-depth, marked, connectivity=3, mask=mask)  # corners connect, as in every lesion
        # A piece without a point, not connected with either, stays with the first part.
        halves = mask & (grown != 2), grown == 2
    first, second = (Outline.from_mask(half, outline.start_kji) for half in halves)
    return first, second


def thick_parts_at(outline: Outline, places_kji: Sequence[tuple[int, int, int]], image: Image) -> list[int]:
    """Give for each of some voxels of an outline the number of the thick part that holds it; necks part these."""
    labels, _ = divided_at_necks(outline.mask(), spacing_of(image))
    return [int(labels[tuple(a - b for a, b in zip(one, outline.start_kji, strict=True))]) for one in places_kji]


def _markers(
    mask: NDArray[np.bool_], places: list[tuple[int, ...]], image: Image
) -> tuple[NDArray[np.int32], NDArray[np.float32]] | None:
    """Mark the thick places that hold two voxels; None if it is the same one. And the depth of each voxel."""
    labels, depth = divided_at_necks(mask, spacing_of(image))
    one, other = (int(labels[place]) for place in places)
    if one == other:
        return None
    marked = np.zeros(mask.shape, dtype=np.int32)
    marked[labels == one], marked[labels == other] = 1, 2
    return marked, depth


def _nearer_to_second(mask: NDArray[np.bool_], places: list[tuple[int, ...]], image: Image) -> NDArray[np.bool_]:
    """Find the voxels that are nearer to the second of two places than to the first."""
    index, spacing = np.argwhere(mask), np.array(spacing_of(image))
    first, second = (np.square((index - place) * spacing).sum(axis=1) for place in places)
    beyond = np.zeros_like(mask)
    beyond[tuple(index.T)] = second < first
    return beyond


def without_bone(outline: Outline, image: Image, settings: Settings) -> Outline:
    """Take the bone away from an outline that holds a mass and bone.

    The thickest part of the outline is the mass; what it touches is judged and cut as when a stack is measured.

    Raises
    ------
    ReviewError
        The image is a radiograph, or the outline holds no bone.
    """
    geometry = image.geometry
    if geometry is None:
        raise ReviewError("CT expected, where bone is told from a mass, found a radiograph: divide by a line (D).")
    mask = outline.mask()
    _, depth = divided_at_necks(mask, geometry.spacing_kji_mm)
    deepest = np.array(np.unravel_index(int(depth.argmax()), mask.shape)) + outline.start_kji
    k, j, i = (int(one) for one in deepest)
    mass = kind_of(image).grow(image, (k, j, i), settings)
    kept = mask & mass.mask_in(outline.start_kji, outline.stop_kji)
    if np.count_nonzero(mask & ~kept) < LEAST_BONE * outline.voxel_count:
        raise ReviewError("A mass and bone in one outline expected, found no bone in it: divide by a line (D).")
    return Outline.from_mask(kept, outline.start_kji)


def _beyond(index_kji: NDArray[np.intp], cut: Cut, image: Image) -> NDArray[np.bool_]:
    geometry = image.geometry
    if isinstance(cut, CuttingLine):
        if geometry is not None:
            raise ReviewError("A plane to cut a stack expected, found a line in pixels: it does not say the depth.")
        first, last = np.array(cut.ends_px, dtype=np.float64)
        points: NDArray[np.float64] = index_kji[:, 1:] - first
        normal = np.array([last[1] - first[1], first[0] - last[0]])
    else:
        if geometry is None:
            raise ReviewError("A line to cut a radiograph expected, found a plane: a radiograph has no depth.")
        points = geometry.to_lps_mm(index_kji) - cut.point_lps_mm
        normal = np.array(cut.normal_lps, dtype=np.float64)
    is_beyond: NDArray[np.bool_] = points @ normal > ON_THE_CUT * np.linalg.norm(normal)
    return is_beyond
