"""Masses of several pieces for phantoms, as the disease grows them: chambers with fluid-calcium levels, and grains.

No two pieces of a mass overlap. Volumes, centers, diameters and sections are computed from lines through the pieces:
the ends of a line in an ellipsoid that planes cut follow from a formula. Nothing here uses the package under test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import cc3d
import edt
import numpy as np
from scipy.spatial import ConvexHull, cKDTree
from scipy.spatial.distance import pdist

from tests.phantoms import Cut, Ellipsoid, Truth, half_sphere

if TYPE_CHECKING:
    from tests.phantoms import Array, Grid, Lobulated, Shape, Vector

Look: TypeAlias = Literal["loculated", "granular"]
Piece: TypeAlias = Ellipsoid | Cut

LINES_MM = 0.12
"""Distance of the lines that are laid through a piece: volumes hold within 0.05 %, lengths within 0.05 mm."""
ENVELOPE_MM = 0.35
"""Cubes of the mask that an envelope is computed from."""
ALPHA_MM = 5.0
"""Radius of the ball that an envelope is closed with (docs/explanation/numbers.md)."""
SAME_MM = 1e-4
"""Distances of whole numbers of cubes may equal the radius: rounding must not decide."""


@dataclass(frozen=True, slots=True)
class Conglomerate:
    """A mass of several pieces.

    Parameters
    ----------
    pieces
        Its calcium.
    look
        What a reader would call it.
    fluid
        Painted before the calcium: chambers whose lower part is sediment.
    """

    pieces: tuple[Piece, ...]
    look: Look
    fluid: tuple[Piece, ...] = ()

    def parts(self) -> tuple[Shape, ...]:
        """Return the shapes to paint, in order."""
        return (*self.fluid, *self.pieces)

    @property
    def hu(self) -> float:
        """Mean density of the calcium."""
        volumes_mm3, _ = _volumes_and_centers(self)
        return float(np.average([piece.hu for piece in self.pieces], weights=volumes_mm3))

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        """Lowest and highest corner of a box along the axes that holds the calcium."""
        ends = _ends(self)
        return ends.min(axis=0), ends.max(axis=0)


# ------------------------------------------------------------------------------------------------------------ the kinds


def loculated(
    center_lps_mm: Vector,
    semi_axes_mm: Vector,
    *,
    chamber_mm: float,
    septum_mm: float,
    seed: int,
    fluid_hu: float = 20.0,
    hu: tuple[float, float] = (380.0, 700.0),
    filled: tuple[float, float] = (0.5, 0.8),
) -> Conglomerate:
    """Return rounded chambers that press on each other, parted by septa; sediment fills the lower part of each.

    Parameters
    ----------
    center_lps_mm, semi_axes_mm
        Of the ellipsoid that holds the middles of the chambers.
    chamber_mm
        Usual distance of two middles.
    septum_mm
        Width of the septa.
    seed
        Chambers, densities and levels follow from it.
    fluid_hu
        Density of the fluid.
    hu, filled
        Range of the density of the sediment, and of the share of the height of a chamber that it fills. The patient
        lies on the back: down is +y.
    """
    rng = np.random.default_rng(seed)
    middles = _spread(rng, semi_axes_mm, chamber_mm) + np.asarray(center_lps_mm)
    away_mm = np.linalg.norm(middles[:, None] - middles, axis=-1)
    fluid: list[Piece] = []
    sediment: list[Piece] = []
    for n, middle in enumerate(middles):
        radii_mm = tuple(float(one) for one in 0.62 * chamber_mm * rng.uniform(0.92, 1.08, 3))
        planes = []
        for other in np.flatnonzero((away_mm[n] > 0) & (away_mm[n] < 2 * chamber_mm)):
            normal = (middles[other] - middle) / away_mm[n, other]
            offset_mm = float(normal @ (middle + middles[other]) / 2) - septum_mm / 2
            planes.append((tuple(float(one) for one in normal), offset_mm))
        chamber = Cut(Ellipsoid(tuple(float(one) for one in middle), radii_mm, fluid_hu), tuple(planes), fluid_hu)
        first, last = (float(one[0]) for one in _interval(chamber, middle[None], np.array([0.0, 1.0, 0.0])))
        level_y_mm = float(middle[1]) + last - rng.uniform(*filled) * (last - first)
        density_hu = round(float(rng.uniform(*hu)))
        fluid.append(chamber)
        sediment.append(replace(chamber, planes=(*chamber.planes, ((0.0, -1.0, 0.0), -level_y_mm)), hu=density_hu))
    return Conglomerate(tuple(sediment), "loculated", tuple(fluid))


def granular(
    center_lps_mm: Vector,
    semi_axes_mm: Vector,
    *,
    radius_mm: tuple[float, float],
    gap_mm: float,
    seed: int,
    hu: tuple[float, float] = (550.0, 1000.0),
) -> Conglomerate:
    """Return a cloud of balls, large ones first, each set down in free room until none is left.

    Parameters
    ----------
    center_lps_mm, semi_axes_mm
        Of the ellipsoid that holds the middles of the grains.
    radius_mm, hu
        Range of the radius and of the density of a grain.
    gap_mm
        Least distance of two surfaces.
    seed
        Places, radii and densities follow from it.
    """
    rng = np.random.default_rng(seed)
    middles, radii = np.empty((0, 3)), np.empty(0)
    tries = 4000
    for radius in np.linspace(radius_mm[1], radius_mm[0], tries):
        unit = rng.uniform(-1, 1, 3)
        if unit @ unit > 1:
            continue
        middle = np.asarray(center_lps_mm) + unit * np.asarray(semi_axes_mm)
        if np.all(np.linalg.norm(middles - middle, axis=1) >= radii + radius + gap_mm):
            middles, radii = np.vstack([middles, middle]), np.append(radii, radius)
    grains = tuple(
        Ellipsoid(tuple(round(float(one), 2) for one in middle), (float(radius),) * 3, round(float(rng.uniform(*hu))))
        for middle, radius in zip(middles, radii, strict=True)
    )
    return Conglomerate(grains, "granular")


def _spread(rng: np.random.Generator, semi_axes_mm: Vector, distance_mm: float) -> Array:
    """Middles inside an ellipsoid about 0, each in the middle of what is nearer to it than to the others."""
    points = rng.uniform(-1, 1, (40_000, 3))
    points = points[np.square(points).sum(axis=1) <= 1] * np.asarray(semi_axes_mm)
    # Balls of a distance packed as densely as they can be take up distance^3 / sqrt(2) each.
    count = max(2, round(4 / 3 * math.pi * math.prod(semi_axes_mm) / (distance_mm**3 / math.sqrt(2))))
    middles = points[:count]
    for _ in range(30):
        nearest = cKDTree(middles).query(points)[1]
        middles = np.array([points[nearest == n].mean(axis=0) for n in range(count)])
    return np.round(middles, 2)


# ---------------------------------------------------------------------------------------------------------------- truth


def truth(mass: Conglomerate, grid: Grid) -> Truth:
    """Return what a perfect measurement of the mass on this grid would find."""
    volume_ml, centroid = volume_and_centroid(mass)
    long_axis_mm, short_axis_mm, k = section_axes(mass, grid)
    low, high = mass.bounds_lps_mm()
    extents_mm = [float(extent) for extent in high - low]
    return Truth(mass.hu, volume_ml, max_3d_diameter_mm(mass), long_axis_mm, short_axis_mm, k, centroid, *extents_mm)


def volume_and_centroid(mass: Conglomerate) -> tuple[float, Vector]:
    """Return volume in mL and centroid in LPS mm."""
    volumes_mm3, centers = _volumes_and_centers(mass)
    x, y, z = np.average(centers, axis=0, weights=volumes_mm3)
    return float(volumes_mm3.sum()) / 1000, (float(x), float(y), float(z))


def max_3d_diameter_mm(mass: Conglomerate) -> float:
    """Return the largest distance of two points."""
    return float(pdist(_ends(mass)).max())


def section_axes(mass: Conglomerate, grid: Grid) -> tuple[float, float, int]:
    """Return long axis, short axis (mm) and slice of the section with the longest long axis, over all pieces.

    The short axis is the longest distance between two outline points on one line perpendicular to the long axis.
    """
    in_plane = np.stack([grid.column_direction, grid.row_direction])
    sections = []
    for k in range(grid.shape_kji[0]):
        origin = grid.origins_lps_mm[k]
        ends = _ends_in_plane(mass, origin, *in_plane)
        if len(ends) > 2:
            flat = (ends - origin) @ in_plane.T
            flat = flat[ConvexHull(flat).vertices]
            apart = np.linalg.norm(flat[:, None] - flat, axis=-1)
            one, other = np.unravel_index(int(apart.argmax()), apart.shape)
            sections.append((float(apart.max()), k, (flat[other] - flat[one]) @ in_plane))
    if not sections:
        raise ValueError(f"A mass that a slice position meets expected: {mass} lies between or outside the slices.")
    long_axis_mm, k, along = max(sections, key=lambda one: one[0])
    along = along / np.linalg.norm(along)
    origin, across = grid.origins_lps_mm[k], np.cross(grid.normal, along)
    places = np.round((_ends_in_plane(mass, origin, along, across) - origin) @ np.stack([along, across]).T, 6)
    _, line = np.unique(places[:, 0], return_inverse=True)
    high, low = np.full(line.max() + 1, -np.inf), np.full(line.max() + 1, np.inf)
    np.maximum.at(high, line, places[:, 1])
    np.minimum.at(low, line, places[:, 1])
    return long_axis_mm, float((high - low).max()), k


def envelope_ml(mass: Conglomerate | Ellipsoid | Lobulated, volume_ml: float) -> float:
    """Return what the alpha shape of a mass encloses, from a mask of cubes; `volume_ml` is its own volume."""
    pieces = mass.pieces if isinstance(mass, Conglomerate) else (mass,)
    low, high = mass.bounds_lps_mm()
    low, high = low - ALPHA_MM - 2 * ENVELOPE_MM, high + ALPHA_MM + 2 * ENVELOPE_MM
    ticks = [np.arange(a, b, ENVELOPE_MM) for a, b in zip(low, high, strict=True)]
    mask = np.zeros([len(one) for one in ticks], dtype=bool)
    for piece in pieces:
        box = tuple(
            slice(*np.searchsorted(one, (a, b))) for one, a, b in zip(ticks, *piece.bounds_lps_mm(), strict=True)
        )
        points = np.stack(
            np.meshgrid(*(one[part] for one, part in zip(ticks, box, strict=True)), indexing="ij"), axis=-1
        )
        mask[box] |= piece.safe_distance_mm(points) < 0
    cubes = (ENVELOPE_MM,) * 3
    near = edt.edt(~mask, anisotropy=cubes, black_border=False) <= ALPHA_MM + SAME_MM
    enclosed = edt.edt(near, anisotropy=cubes, black_border=False) > ALPHA_MM + SAME_MM
    around = cc3d.connected_components(np.pad(~enclosed, 1, constant_values=True), connectivity=6)[1:-1, 1:-1, 1:-1]
    return volume_ml + np.count_nonzero((around != around[0, 0, 0]) & ~mask) * ENVELOPE_MM**3 / 1000


def _interval(piece: Piece, starts_lps_mm: Array, direction: Array) -> tuple[Array, Array]:
    """(n,) first and last mm inside a piece on lines from points along a unit vector; first > last where none is."""
    whole, planes = (piece.whole, piece.planes) if isinstance(piece, Cut) else (piece, ())
    inverse = np.linalg.inv(whole.matrix_mm2())
    away = starts_lps_mm - np.asarray(whole.center_lps_mm)
    square, linear = direction @ inverse @ direction, away @ inverse @ direction
    rest = np.einsum("nd,de,ne->n", away, inverse, away) - 1
    root = np.sqrt(np.maximum(linear**2 - square * rest, 0.0))
    is_hit = linear**2 > square * rest
    first = np.where(is_hit, (-linear - root) / square, np.inf)
    last = np.where(is_hit, (-linear + root) / square, -np.inf)
    for normal, offset_mm in planes:
        slope, room_mm = float(np.asarray(normal) @ direction), offset_mm - starts_lps_mm @ np.asarray(normal)
        if abs(slope) < 1e-12:
            last = np.where(room_mm < 0, -np.inf, last)
        elif slope > 0:
            last = np.minimum(last, room_mm / slope)
        else:
            first = np.maximum(first, room_mm / slope)
    return first, last


@cache
def _lines(mass: Conglomerate, axis: int) -> tuple[tuple[Array, Array, float], ...]:
    """For each piece the (n, 3) points where lines along an axis enter and leave it, and the area of a line."""
    along = np.eye(3)[axis]
    lines = []
    for piece in mass.pieces:
        low, high = piece.bounds_lps_mm()
        counts = np.ceil((high - low) / LINES_MM).astype(int)
        counts[axis] = 1
        steps_mm = (high - low) / counts
        ticks = [a + (np.arange(n) + 0.5) * step for a, n, step in zip(low, counts, steps_mm, strict=True)]
        ticks[axis] = np.zeros(1)
        starts = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 3)
        first, last = _interval(piece, starts, along)
        used = last > first
        ends = (starts[used] + np.outer(one[used], along) for one in (first, last))
        lines.append((*ends, float(np.prod(np.delete(steps_mm, axis)))))
    return tuple(lines)


def _volumes_and_centers(mass: Conglomerate) -> tuple[Array, Array]:
    """Lines along y cross the levels, which are the largest flat faces, at right angles."""
    volumes_mm3, centers = [], []
    for first, last, area_mm2 in _lines(mass, 1):
        length_mm = (last - first)[:, 1]
        volumes_mm3.append(length_mm.sum() * area_mm2)
        centers.append(np.average((first + last) / 2, axis=0, weights=length_mm))
    return np.array(volumes_mm3), np.array(centers)


@cache
def _ends(mass: Conglomerate) -> Array:
    """Points of the surface that lie farthest out in one of many directions."""
    of_pieces = [
        _outermost(np.concatenate([first, last]), 300) for axis in range(3) for first, last, _ in _lines(mass, axis)
    ]
    return _outermost(np.concatenate(of_pieces), 2_000)


def _outermost(points: Array, directions: int) -> Array:
    along = half_sphere(directions) @ points.T
    return points[np.unique(np.concatenate([along.argmin(axis=1), along.argmax(axis=1)]))]


def _ends_in_plane(mass: Conglomerate, origin: Array, step: Array, along: Array) -> Array:
    """Where lines of a plane along a direction, lines of LINES_MM apart along a step, enter and leave the pieces."""
    ends = [np.empty((0, 3))]
    normal = np.cross(step, along)
    for piece in mass.pieces:
        middle = np.asarray((piece.whole if isinstance(piece, Cut) else piece).center_lps_mm)
        reach_mm = max((piece.whole if isinstance(piece, Cut) else piece).semi_axes_mm)
        if abs((origin - middle) @ normal) > reach_mm:
            continue
        # All pieces are met by the same lines.
        low, high = ((middle - origin) @ step + sign * reach_mm for sign in (-1, 1))
        places_mm = np.arange(math.floor(low / LINES_MM), math.ceil(high / LINES_MM) + 1) * LINES_MM
        starts = origin + np.outer(places_mm, step)
        first, last = _interval(piece, starts, along)
        used = last > first
        ends += [starts[used] + np.outer(one[used], along) for one in (first, last)]
    return np.concatenate(ends)
