"""Calcified masses on a radiograph: proposals, and the outline of a mass that a reader marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Proposal, Proposals, Tissue
from calcimeasure.segment.radiograph.artifacts import is_drawn, is_round, is_speck
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.features import features_of
from calcimeasure.segment.radiograph.judge import evidence_of, mass_probability, promise
from calcimeasure.segment.radiograph.marked import kept_pyramid_of, kept_to_painted, within_skin, without_skin_flap
from calcimeasure.segment.radiograph.painted import better_than_painted
from calcimeasure.segment.radiograph.places import find_places
from calcimeasure.segment.radiograph.rays import Edges, recentered, strengths, trace, traced_again, true_in
from calcimeasure.segment.radiograph.scale import pyramid_of
from calcimeasure.segment.radiograph.shadows import drawn, longest_extent, pointed_at, seen_again, seen_at, settled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Evidence, Radiograph
    from calcimeasure.segment.radiograph.scale import Pyramid
    from calcimeasure.segment.radiograph.shadows import Shadow, Sought
    from calcimeasure.settings import MeasureSettings


def propose_on_radiograph(radiograph: Radiograph, settings: MeasureSettings, *, limb: bool = False) -> Proposals:
    """Find probable and possible calcified masses on a radiograph.

    Shadows less probable than settings.film_review_probability are not proposed, because a radiograph shows dozens of
    dense places. If a mass is missing, a reader marks it (`grow_on_radiograph`). Shadows less probable than
    settings.mass_probability are of unknown tissue, and so are all shadows if the header does not name a limb. What is
    flat and ends in a step is drawn or metal, and left out; where it is round it is of unknown tissue.

    Parameters
    ----------
    radiograph
        The image.
    settings
        `mass_probability`, `film_review_probability`, `film_smallest_mm`, `film_largest_mm`.
    limb
        Whether the header says that the radiograph shows a limb and nothing else; the weights were fitted to limbs.

    Returns
    -------
    Proposals
        Calcified masses and parts of unknown tissue, at most `RADIOGRAPH.most_proposed`, largest first. Their outlines
        have a single slice (k is 0).
    """
    pyramid = pyramid_of(radiograph)
    least = min(settings.mass_probability, settings.film_review_probability)
    parts: list[Proposal] = []
    for shadow, evidence in _judged(pyramid, settings, limb=limb):
        likely = mass_probability(evidence)
        if likely < least or len(parts) == RADIOGRAPH.most_proposed:
            break
        outline = _outline(pyramid, shadow)
        if outline is None or is_speck(outline, pyramid):
            continue
        # A round stone can be so dense that the image shows it flat, as metal: a reader decides.
        is_flat = is_drawn(outline, pyramid)
        if is_flat and not is_round(outline):
            continue
        if not any(_same(outline, part.outline) for part in parts):
            is_mass = limb and likely >= settings.mass_probability and not is_flat
            parts.append(Proposal(outline, Tissue.CALCIFIED_MASS if is_mass else Tissue.UNKNOWN, likely, evidence))
    return Proposals(tuple(sorted(parts, key=lambda part: -part.outline.voxel_count)))


def grow_on_radiograph(
    radiograph: Radiograph, seed: tuple[int, int] | NDArray[np.bool_], settings: MeasureSettings
) -> Outline:
    """Outline the mass that a reader marks.

    Parameters
    ----------
    radiograph
        The image.
    seed
        Row and column of a pixel in the mass, or a rough mask (rows, columns) of the mass.

    Returns
    -------
    Outline
        The outline; it has a single slice (k is 0). It does not reach into the open beam. Of a rough mask it is the
        mask itself where nothing was found that keeps to it (`kept_to_painted`).

    Raises
    ------
    ReviewError
        The seed lies outside of the image, or no structure around the seed is denser than its surroundings.
    """
    seeds = _seeds(seed, radiograph)
    pyramid = kept_pyramid_of(radiograph)
    point = float(seeds[:, 0].mean()), float(seeds[:, 1].mean())
    if isinstance(seed, np.ndarray):
        length = longest_extent(seeds * pyramid.steps[0]) + max(pyramid.steps[0])
        shadows = [one for one in settled(pyramid, [(point, length)], is_there=True) if _is_there(pyramid, one, point)]
        found = better_than_painted(pyramid, seed, [one for one in shadows if one is not None])
    else:
        found = pointed_at(pyramid, point, *_sizes(pyramid, settings))
        found = found if _is_there(pyramid, found, point) else None
    outline = None if found is None else _outline(pyramid, found)
    outline = None if outline is None else within_skin(outline, pyramid)
    outline = None if outline is None else without_skin_flap(outline, pyramid)
    if isinstance(seed, np.ndarray):
        return Outline.from_mask(seed[None]) if outline is None else kept_to_painted(outline, seed, pyramid)
    if outline is None:
        where = f"nothing around row {point[0]:.0f}, column {point[1]:.0f} stands out from its surroundings"
        raise ReviewError(f"A place in a mass expected, found that {where}. Point at the mass, or draw its outline.")
    return outline


def _is_there(pyramid: Pyramid, shadow: Shadow | None, point: tuple[float, float]) -> bool:
    """Tell whether a shadow can be what a reader marks at a place."""
    return (
        shadow is not None
        and shadow.certainty >= RADIOGRAPH.unsure
        and shadow.pixels_away(pyramid, point) <= RADIOGRAPH.beside_pixels
    )


def _seeds(seed: tuple[int, int] | NDArray[np.bool_], radiograph: Radiograph) -> NDArray[np.intp]:
    """(n, 2) pixels that the reader has marked."""
    rows, columns = radiograph.pixels.shape
    if isinstance(seed, np.ndarray):
        if seed.shape != (rows, columns) or not seed.any():
            found = f"one of {seed.shape} with {np.count_nonzero(seed)} pixels"
            raise ReviewError(f"A region of {rows} x {columns} pixels expected, found {found}. Draw it on this image.")
        return np.argwhere(seed)
    row, column = seed
    if not (0 <= row < rows and 0 <= column < columns):
        found = f"row {row}, column {column}"
        raise ReviewError(f"A place in the image of {rows} x {columns} pixels expected, found {found}. Point into it.")
    return np.array([[row, column]])


def _judged(pyramid: Pyramid, settings: MeasureSettings, *, limb: bool) -> list[tuple[Shadow, tuple[Evidence, ...]]]:
    """Find shadows that are denser than their surroundings, with their evidence, the most probable mass first.

    Hundreds of closed lines of all sizes are judged first. The network then outlines the best ones.
    """
    mm = _mm(pyramid)
    places = find_places(pyramid, *_sizes(pyramid, settings))
    lines = traced_again(pyramid, trace(pyramid, places.centers, places.radii))
    lines = _only(lines, strengths(pyramid, lines, _width(pyramid, lines), RADIOGRAPH.skin_mm * mm) > 0)
    seen = features_of(pyramid, lines, _width(pyramid, lines), RADIOGRAPH.skin_mm * mm, mm)
    promises = np.array([promise(one) for one in seen])
    promises[[one.closed < RADIOGRAPH.open_line or one.skin_share > RADIOGRAPH.most_skin for one in seen]] = -np.inf
    looked_at = _distinct(pyramid, lines, promises)
    found = []
    for (n, _), shadow in zip(looked_at, seen_at(pyramid, [sought for _, sought in looked_at]), strict=True):
        if shadow is not None:
            found.append((n, (shadow.middle(pyramid), shadow.length), shadow.certainty))
    found = sorted(found, key=lambda one: -one[2])[: RADIOGRAPH.most_outlined]
    outlined = []
    skin = _skin(pyramid)
    for (n, _, _), shadow in zip(found, settled(pyramid, [sought for _, sought, _ in found]), strict=True):
        if shadow is None or not settings.film_smallest_mm <= shadow.length / mm <= settings.film_largest_mm:
            continue
        if np.mean(true_in(pyramid, skin, shadow.border(pyramid))) <= RADIOGRAPH.most_skin:
            outlined.append((seen[n], shadow))
    certainties = seen_again(pyramid, [shadow for _, shadow in outlined])
    judged = [
        (shadow, evidence_of(features, shadow.certainty, again, limb=limb))
        for (features, shadow), again in zip(outlined, certainties, strict=True)
    ]
    return sorted(judged, key=lambda one: -mass_probability(one[1]))


def _skin(pyramid: Pyramid) -> NDArray[np.bool_]:
    """(rows, columns) mask of the coarse copy: pixels close to the open beam."""
    close = [max(1, round(RADIOGRAPH.at_skin_mm * _mm(pyramid) / step)) for step in pyramid.steps[pyramid.coarse]]
    skin: NDArray[np.bool_] = ndimage.maximum_filter(pyramid.field.air, [2 * one + 1 for one in close])
    return skin


def _distinct(pyramid: Pyramid, lines: Edges, promises: NDArray[np.float64]) -> list[tuple[int, Sought]]:
    """Take the most promising lines, one for each structure, with their centers and lengths."""
    chosen: list[int] = []
    centers, radii = recentered(pyramid, lines)
    for n in np.argsort(-promises, kind="stable"):
        if promises[n] == -np.inf or len(chosen) == RADIOGRAPH.most_looked_at:
            break
        away = np.linalg.norm((centers[chosen] - centers[n]) * pyramid.steps[0], axis=1)
        if not (
            (away < RADIOGRAPH.same_place * radii[n])
            & (np.abs(np.log(radii[chosen] / radii[n])) < RADIOGRAPH.same_size)
        ).any():
            chosen.append(int(n))
    return [(n, ((float(centers[n, 0]), float(centers[n, 1])), 2 * float(radii[n]))) for n in chosen]


def _same(one: Outline, other: Outline) -> bool:
    """Tell whether most of the smaller outline lies in the larger one."""
    return one.overlap(other) > 0.5 * min(one.voxel_count, other.voxel_count)


def _sizes(pyramid: Pyramid, settings: MeasureSettings) -> tuple[float, float]:
    """Return the smallest and the largest diameter for the search; at most the size of the radiograph."""
    smallest = settings.film_smallest_mm * _mm(pyramid)
    return smallest, max(min(settings.film_largest_mm * _mm(pyramid), _longer(pyramid)), smallest)


def _mm(pyramid: Pyramid) -> float:
    """Return the length of a millimeter for the range of the search; an assumed one if the spacing is not known."""
    return 1.0 if pyramid.in_mm else _longer(pyramid) / RADIOGRAPH.longer_side_mm


def _longer(pyramid: Pyramid) -> float:
    rows, columns = pyramid.copies[0].shape
    return float(max(rows * pyramid.steps[0][0], columns * pyramid.steps[0][1]))


def _width(pyramid: Pyramid, edges: Edges) -> NDArray[np.float64]:
    narrowest = RADIOGRAPH.edge_share * np.median(edges.radii, axis=1)
    width: NDArray[np.float64] = np.minimum(RADIOGRAPH.edge_mm * _mm(pyramid), narrowest)
    return width


def _only(edges: Edges, which: list[int] | NDArray[np.bool_] | NDArray[np.intp]) -> Edges:
    return Edges(edges.centers[which], edges.radii[which])


def _outline(pyramid: Pyramid, shadow: Shadow) -> Outline | None:
    """Draw a shadow at full resolution; None if it contains no pixel."""
    mask, start = drawn(pyramid, shadow)
    return Outline.from_mask(mask[None], (0, *start)) if mask.any() else None
