"""Calcified masses on a radiograph: what may be one, and the outline of what a reader points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Proposal, Proposals, Tissue
from calcimeasure.segment.film.field import patient_on
from calcimeasure.segment.film.places import find_places
from calcimeasure.segment.film.rays import Edges, falls, filled, holds, recentered, refine, trace
from calcimeasure.segment.film.scale import film_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph
    from calcimeasure.segment.film.scale import Film
    from calcimeasure.settings import Settings

EDGE_MM = 0.7
"""An edge is judged by what it falls within this distance; a mass of 3 mm is four times as wide."""
EDGE_SHARE = 1 / 300
"""The same where there are no mm, of the longer side: of a film of 20 to 43 cm."""
SIZE_SHARES = (1 / 80, 1 / 2)
"""Sizes that are looked for where there are no mm, of the longer side."""
WEAKEST = 0.1
"""Part of the rays on which an edge may fall less than is taken for its strength."""


def propose_on_film(radiograph: Radiograph, settings: Settings) -> Proposals:
    """Find what may be a calcified mass on a radiograph.

    Returns
    -------
    Proposals
        Outlines of a single slice (k is 0), largest first.
    """
    film = film_of(radiograph)
    shown = patient_on(film)
    edges, strengths = _candidates(film, shown, settings)
    parts: list[Proposal] = []
    taken = np.zeros(film.copies[0].shape, dtype=np.bool_)
    noise = float(np.std(film.copies[film.coarse][shown]))
    for n in np.argsort(-strengths, kind="stable"):
        if strengths[n] < 0.05 * noise or len(parts) >= 12:
            break
        outline = _outline(film, refine(film, _only(edges, int(n))))
        if outline is None or taken[outline.box[1:]][outline.mask()[0]].any():
            continue
        taken[outline.box[1:]] |= outline.mask()[0]
        parts.append(Proposal(outline, Tissue.UNKNOWN, 0.5))
    return Proposals(tuple(sorted(parts, key=lambda part: -part.outline.voxel_count)))


def grow_on_film(radiograph: Radiograph, seed: tuple[int, int] | NDArray[np.bool_], settings: Settings) -> Outline:
    """Outline the mass that a reader points at.

    Parameters
    ----------
    radiograph
        The image.
    seed
        Row and column of a pixel in the mass, or a rough region (rows, columns) that is true where it lies.

    Returns
    -------
    Outline
        In a single slice (k is 0).

    Raises
    ------
    ReviewError
        The seed lies outside of the image, or nothing around it is denser than its surroundings.
    """
    film = film_of(radiograph)
    point = _point(seed, radiograph.pixels.shape)
    shown = patient_on(film)
    edges, strengths = _candidates(film, shown, settings)
    around = holds(film, edges, point) & (strengths > 0)
    if isinstance(seed, np.ndarray):
        strengths = strengths * _agreement(film, edges, seed)
    if around.any():
        best = int(np.argmax(np.where(around, strengths, -np.inf)))
        outline = _outline(film, refine(film, _only(edges, best)))
        if outline is not None:
            return outline
    found = f"nothing around row {point[0]:.0f}, column {point[1]:.0f} stands out from its surroundings"
    raise ReviewError(f"A place in a mass expected, found that {found}. Point at the mass, or draw its outline.")


def _point(seed: tuple[int, int] | NDArray[np.bool_], shape: tuple[int, ...]) -> tuple[float, float]:
    """Take the place that is pointed at: of a region its center."""
    rows, columns = shape
    if isinstance(seed, np.ndarray):
        if seed.shape != shape or not seed.any():
            found = f"one of {seed.shape} with {np.count_nonzero(seed)} pixels"
            raise ReviewError(f"A region of {rows} x {columns} pixels expected, found {found}. Draw it on this image.")
        inside = np.argwhere(seed)
        row, column = inside.mean(axis=0)
        return float(row), float(column)
    row, column = seed
    if not (0 <= row < rows and 0 <= column < columns):
        found = f"row {row}, column {column}"
        raise ReviewError(f"A place in the image of {rows} x {columns} pixels expected, found {found}. Point into it.")
    return float(row), float(column)


def _candidates(film: Film, shown: NDArray[np.bool_], settings: Settings) -> tuple[Edges, NDArray[np.float64]]:
    """Find closed lines at all sizes, and how strong each is: what nearly all of its rays fall by."""
    del settings
    longer = max(n * step for n, step in zip(film.copies[0].shape, film.steps[0], strict=True))
    smallest, largest = (3.0, 160.0) if film.in_mm else (longer * SIZE_SHARES[0], longer * SIZE_SHARES[1])
    places = find_places(film, shown, smallest, min(largest, longer))
    if not len(places.radii):
        return Edges(places.centers, np.empty((0, 96))), np.empty(0)
    rough = trace(film, places.centers, places.radii)
    centers, radii = recentered(film, rough)
    edges = trace(film, centers, np.maximum(radii, places.radii / 3), reach=1.5)
    width = np.minimum(EDGE_MM if film.in_mm else longer * EDGE_SHARE, 0.2 * np.median(edges.radii, axis=1))
    return edges, np.quantile(falls(film, edges, width), WEAKEST, axis=1)


def _agreement(film: Film, edges: Edges, region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) how well discs as large as lines agree with a region in size and place, 0..1."""
    centers, radii = recentered(film, edges)
    inside = np.argwhere(region)
    size = np.sqrt(len(inside) * film.steps[0][0] * film.steps[0][1] / np.pi)
    away = np.linalg.norm((centers - inside.mean(axis=0)) * film.steps[0], axis=1)
    agreement: NDArray[np.float64] = np.exp(-2 * np.log(radii / size) ** 2 - 2 * (away / size) ** 2)
    return agreement


def _only(edges: Edges, number: int) -> Edges:
    return Edges(edges.centers[number : number + 1], edges.radii[number : number + 1])


def _outline(film: Film, edges: Edges) -> Outline | None:
    mask, start = filled(film, edges, 0)
    return Outline.from_mask(mask[None], (0, *start)) if mask.any() else None
