"""The dense part that a reader points at: the rules of `propose`, around a place, with the word of the reader first.

What is pointed at is a calcified mass, whatever its signs say. Everything else is judged as always: other pieces of the
same mass join it, and it is cut from the bone that it touches.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.edge.connected import label_pieces
from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Proposal, Tissue, Volume
from calcimeasure.segment.ct.tissue import propose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Proposals
    from calcimeasure.settings import MeasureSettings

Span = tuple[int, int]

AIMED_MM: Final = 2.0
"""A click that hits nothing dense means the densest voxel this near: a few pixels on the screen."""
NEAR_MM: Final = 40.0
"""First margin of the box around a place: a bone beside the mass lies in it whole, and its marrow is enclosed."""
FAR_MM: Final = 160.0
"""Largest margin, for the largest masses."""


def propose_at(volume: Volume, places_kji: NDArray[np.intp], settings: MeasureSettings) -> Proposal:
    """Find the dense part that holds places in a mass.

    Parameters
    ----------
    volume
        The stack.
    places_kji
        (n, 3) indexes of voxels that a reader says to lie in one calcified mass. A place that is not dense stands for
        the densest voxel within `AIMED_MM`.
    settings
        As in `propose`.

    Returns
    -------
    Proposal
        The part with all pieces of its mass.

    Raises
    ------
    ReviewError
        A place lies outside of the image, or nothing at or above the threshold lies near any place.
    """
    aimed = _aimed(volume, places_kji, settings)
    reach_mm = NEAR_MM
    while True:
        spans = _spans(volume, aimed, reach_mm)
        start = np.array([low for low, _ in spans])
        here = cropped(volume, spans)
        found = _holding(propose(here, settings, meant_kji=aimed - start), aimed - start, here, settings)
        part = replace(found, outline=_shifted(found.outline, start))
        if reach_mm >= FAR_MM or not _is_cut(part.outline, spans, volume.shape_kji):
            return part
        reach_mm *= 2


def cropped(volume: Volume, spans: tuple[Span, Span, Span]) -> Volume:
    """Cut a box out of a stack; every voxel keeps its position in the patient.

    Parameters
    ----------
    volume
        The stack.
    spans
        First and last index (exclusive) of slices, rows and columns.
    """
    box = tuple(slice(low, high) for low, high in spans)
    geometry = volume.geometry
    (_, row), (_, column) = ((0, low) for low, _ in spans[1:])
    moved_mm = (
        row * geometry.row_spacing_mm * geometry.column_direction
        + column * geometry.column_spacing_mm * geometry.row_direction
    )
    k, j, i = (high - low for low, high in spans)
    origins = geometry.origins_lps_mm[box[0]] + moved_mm
    here = replace(geometry, shape_kji=(k, j, i), origins_lps_mm=origins)
    return Volume(volume.stack, here, np.ascontiguousarray(volume.attenuation_hu[box]), volume.notices)


def _aimed(volume: Volume, places_kji: NDArray[np.intp], settings: MeasureSettings) -> NDArray[np.intp]:
    """Give the dense voxels that are meant."""
    inside = np.all((places_kji >= 0) & (places_kji < volume.shape_kji), axis=1)
    if not inside.any():
        raise ReviewError(f"A place in the image of {volume.shape_kji} voxels expected, found {places_kji.tolist()}.")
    places = places_kji[inside]
    dense = volume.attenuation_hu[tuple(places.T)] >= settings.threshold_hu
    if dense.any():
        own: NDArray[np.intp] = places[dense]
        return own
    place = places[len(places) // 2]
    spans = _spans(volume, place[None], AIMED_MM)
    near_hu = volume.attenuation_hu[tuple(slice(low, high) for low, high in spans)]
    best = np.array(np.unravel_index(int(near_hu.argmax()), near_hu.shape))
    if near_hu[tuple(best)] < settings.threshold_hu:
        raise ReviewError(
            f"Something dense expected where you point, found at most {near_hu.max()} HU within {AIMED_MM:g} mm; the "
            f"threshold is {settings.threshold_hu:g} HU. Click into the mass, or draw it with the brush (2)."
        )
    return np.array([[n + low for n, (low, _) in zip(best.tolist(), spans, strict=True)]], dtype=np.intp)


def _spans(volume: Volume, places_kji: NDArray[np.intp], reach_mm: float) -> tuple[Span, Span, Span]:
    """Give the box of places with a margin, within the stack."""
    low, high = places_kji.min(axis=0), places_kji.max(axis=0) + 1
    margins = [math.ceil(reach_mm / mm) for mm in volume.geometry.spacing_kji_mm]
    k, j, i = (
        (max(0, int(a) - margin), min(n, int(b) + margin))
        for a, b, margin, n in zip(low, high, margins, volume.shape_kji, strict=True)
    )
    return k, j, i


def _holding(proposals: Proposals, places_kji: NDArray[np.intp], volume: Volume, settings: MeasureSettings) -> Proposal:
    """Find the part that holds most of the places; where no part does, the dense voxels connected with them."""
    held = [(_count_in(part.outline, places_kji), -n) for n, part in enumerate(proposals.parts)]
    most, at = max(held, default=(0, 0))
    if most:
        return proposals.parts[-at]
    pieces = label_pieces(volume.attenuation_hu >= settings.threshold_hu)
    own = pieces[tuple(places_kji[0])]
    return Proposal(Outline.from_mask(pieces == own), Tissue.CALCIFIED_MASS, 1.0)


def _count_in(outline: Outline, places_kji: NDArray[np.intp]) -> int:
    """Count the places that lie in an outline."""
    low, high = np.array(outline.start_kji), np.array(outline.stop_kji)
    near = places_kji[np.all((places_kji >= low) & (places_kji < high), axis=1)] - low
    return int(np.count_nonzero(outline.mask()[tuple(near.T)])) if len(near) else 0


def _is_cut(outline: Outline, spans: tuple[Span, Span, Span], shape_kji: tuple[int, int, int]) -> bool:
    """Tell whether a part touches the border of its box where the stack goes on."""
    return any(
        (a <= low and low > 0) or (b >= high and high < n)
        for a, b, (low, high), n in zip(outline.start_kji, outline.stop_kji, spans, shape_kji, strict=True)
    )


def _shifted(outline: Outline, start: NDArray[np.intp]) -> Outline:
    """Move an outline from the box to the stack."""
    first, last = ((np.array(at) + start).tolist() for at in (outline.start_kji, outline.stop_kji))
    return replace(outline, start_kji=tuple(first), stop_kji=tuple(last))
