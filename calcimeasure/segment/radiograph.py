"""Calcified masses on a radiograph: what may be one, and the outline of what a reader points at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Proposal, Proposals, Tissue
from calcimeasure.segment.film.features import features_of
from calcimeasure.segment.film.judge import evidence_of, mass_probability
from calcimeasure.segment.film.places import STEP, find_places
from calcimeasure.segment.film.rays import Edges, depth_in, filled, recentered, refine, settled, strengths, trace
from calcimeasure.segment.film.scale import film_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Radiograph
    from calcimeasure.segment.film.scale import Film
    from calcimeasure.settings import Settings

EDGE_MM = 0.5
"""An edge is judged by what it falls within this distance; a mass of 3 mm is six times as wide."""
SKIN_MM = 4.0
"""Beside the open beam a limb thickens as steeply as a mass."""
FILM_MM = 250.0
"""What the longer side is taken for where there are no mm: only what is looked for depends on it, nothing measured."""

BESIDE = 1.2
"""A place may lie so far beyond a line that was drawn a little too close, in parts of its radius."""
BESIDE_COSTS = 4.0
"""Logarithm of strength lost for each radius that it lies outside."""


OPEN = 0.35
"""Where attenuation falls by less than this part of what is usual on a line it is open there: a bone goes on."""
MOST_SKIN = 0.25
"""A line that runs on the skin with a larger part of its length encloses a piece of the limb itself."""
MOST_PROPOSED = 8
"""Likeliest first. A film with more is one of bones that this does not know, such as teeth or a chest."""
ROUNDS = 3
"""Times that a mass is looked for from its own center, so that it does not matter where it was pointed at."""

ALIKE = 0.4
"""Logarithm: lines whose radii differ by less are of one thing."""
COMMON_MM = 40.0
"""What is larger is the less likely meant by a click the larger it is: a limb surrounds every mass."""


def propose_on_film(radiograph: Radiograph, settings: Settings, *, limb: bool = False) -> Proposals:
    """Find what is likely a calcified mass on a radiograph, and what may be one.

    What is less likely one than settings.film_review_probability is not proposed: a film shows dozens of dense places,
    and a reader who misses one points at it (`grow_on_film`). What is less likely one than settings.mass_probability,
    or is found on a film that is not said to show a limb, is of unknown tissue.

    Parameters
    ----------
    radiograph
        The image.
    settings
        `mass_probability`, `film_review_probability`, `film_smallest_mm`, `film_largest_mm`.
    limb
        The film is said to show a limb, and nothing else: the signs were fitted to limbs.

    Returns
    -------
    Proposals
        Calcified masses and unknown parts, no more than `MOST_PROPOSED`, largest first; outlines of a single slice (k
        is 0).
    """
    film = film_of(radiograph)
    edges, strong = _everywhere(film, settings)
    edges = _only(edges, strong > 0)
    mm = _mm(film)
    seen = features_of(film, edges, _width(film, edges), SKIN_MM * mm, mm)
    evidence = [evidence_of(one, limb=limb) for one in seen]
    likely = np.array([mass_probability(one) for one in evidence])
    likely[[one.closed < OPEN or one.skin_share > MOST_SKIN for one in seen]] = 0
    likely[[not settings.film_smallest_mm <= one.diameter <= settings.film_largest_mm for one in seen]] = 0
    parts: list[Proposal] = []
    for n in _apart(film, edges, likely, min(settings.mass_probability, settings.film_review_probability)):
        outline = _outline(film, _only(edges, [n]))
        if outline is not None:
            is_mass = limb and likely[n] >= settings.mass_probability
            tissue = Tissue.CALCIFIED_MASS if is_mass else Tissue.UNKNOWN
            parts.append(Proposal(outline, tissue, float(likely[n]), evidence[n]))
    return Proposals(tuple(sorted(parts, key=lambda part: -part.outline.voxel_count)))


def _apart(film: Film, edges: Edges, likely: NDArray[np.float64], least: float) -> list[int]:
    """Pick the likeliest lines, none of which has its center in another."""
    chosen: list[int] = []
    for n in np.argsort(-likely, kind="stable"):
        if likely[n] < max(least, 1e-9) or len(chosen) == MOST_PROPOSED:
            break
        if chosen:
            others = _only(edges, chosen)
            own = _only(edges, [int(n)])
            center = float(own.centers[0, 0]), float(own.centers[0, 1])
            if (depth_in(film, others, center) < 1).any():
                continue
            if any(depth_in(film, own, (float(row), float(column)))[0] < 1 for row, column in others.centers):
                continue
        chosen.append(int(n))
    return chosen


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
    point = _point(seed, radiograph.pixels.shape)
    film = film_of(radiograph)
    everywhere = _everywhere(film, settings)
    found = None
    for _ in range(ROUNDS):
        edges, strong = _together(everywhere, _around(film, point, settings))
        if isinstance(seed, np.ndarray):
            strong = strong * _agreement(film, edges, seed)
        else:
            depth = depth_in(film, edges, point)
            strong = np.where(depth < BESIDE, strong * np.exp(-BESIDE_COSTS * np.maximum(depth - 1, 0)), 0)
            strong = strong / np.maximum(np.median(edges.radii, axis=1) / (COMMON_MM / 2 * _mm(film)), 1)
        if found is not None:
            _, (before,) = recentered(film, found)
            _, radii = recentered(film, edges)
            strong = np.where(np.abs(np.log(radii / before)) < ALIKE, strong, 0)
        if not strong.any():
            break
        found = settled(film, _only(edges, [int(np.argmax(strong))]))
        (center,), _ = recentered(film, found)
        point = float(center[0]), float(center[1])
    outline = _outline(film, found) if found is not None else None
    if outline is None:
        where = f"nothing around row {point[0]:.0f}, column {point[1]:.0f} stands out from its surroundings"
        raise ReviewError(f"A place in a mass expected, found that {where}. Point at the mass, or draw its outline.")
    return outline


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


_Found = tuple[Edges, "NDArray[np.float64]"]
"""Lines, and how strong each is."""


def _everywhere(film: Film, settings: Settings) -> _Found:
    """Find closed lines of all sizes wherever the film is denser than around."""
    places = find_places(film, *_sizes(film, settings))
    return _judged(film, places.centers, places.radii)


def _around(film: Film, point: tuple[float, float], settings: Settings) -> _Found:
    """Find closed lines of all sizes around one place."""
    smallest, largest = _sizes(film, settings)
    count = max(1, math.ceil(math.log(largest / smallest) / math.log(STEP)))
    radii = np.array([smallest / 2 * STEP**n for n in range(count)])
    return _judged(film, np.tile(point, (count, 1)), radii)


def _sizes(film: Film, settings: Settings) -> tuple[float, float]:
    """Return the diameters that are looked for, no larger than the film."""
    smallest = settings.film_smallest_mm * _mm(film)
    return smallest, max(min(settings.film_largest_mm * _mm(film), _longer(film)), smallest)


def _mm(film: Film) -> float:
    """Return what is taken for a mm in deciding what to look for."""
    return 1.0 if film.in_mm else _longer(film) / FILM_MM


def _longer(film: Film) -> float:
    rows, columns = film.copies[0].shape
    return float(max(rows * film.steps[0][0], columns * film.steps[0][1]))


def _judged(film: Film, centers: NDArray[np.float64], radii: NDArray[np.float64]) -> _Found:
    edges = settled(film, trace(film, centers, radii))
    return edges, strengths(film, edges, _width(film, edges), SKIN_MM * _mm(film))


def _width(film: Film, edges: Edges) -> NDArray[np.float64]:
    width: NDArray[np.float64] = np.minimum(EDGE_MM * _mm(film), 0.2 * np.median(edges.radii, axis=1))
    return width


def _together(one: _Found, other: _Found) -> _Found:
    edges = Edges(np.concatenate([one[0].centers, other[0].centers]), np.concatenate([one[0].radii, other[0].radii]))
    return edges, np.concatenate([one[1], other[1]])


def _agreement(film: Film, edges: Edges, region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) how well discs as large as lines agree with a region in size and place, 0..1; 0 without its middle."""
    centers, radii = recentered(film, edges)
    inside = np.argwhere(region)
    size = math.sqrt(len(inside) * math.prod(film.steps[0]) / math.pi)
    away = np.linalg.norm((centers - inside.mean(axis=0)) * film.steps[0], axis=1)
    agreement: NDArray[np.float64] = np.exp(-4 * np.log(radii / size) ** 2 - 4 * (away / size) ** 2)
    return np.where(away < radii, agreement, 0)


def _only(edges: Edges, which: list[int] | NDArray[np.bool_]) -> Edges:
    return Edges(edges.centers[which], edges.radii[which])


def _outline(film: Film, edges: Edges) -> Outline | None:
    """Draw a line at full resolution; None where it encloses no pixel."""
    mask, start = filled(film, refine(film, edges), 0)
    return Outline.from_mask(mask[None], (0, *start)) if mask.any() else None
