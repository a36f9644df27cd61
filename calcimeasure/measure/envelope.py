"""The volume inside the surface that encloses all pieces of a mass: an alpha shape of its calcified voxels.

The alpha shape of a set (Edelsbrunner and Mücke, ACM Trans Graph 1994;13(1):43, doi 10.1145/174462.156635) is what is
left of space when every open ball of radius alpha that contains no point of the set is taken away. For a set of voxels
this is the morphological closing of the set with a ball of radius alpha. Alpha is the largest distance at which pieces
are joined to one mass. A ball of this radius does not pass between joined pieces, and does not fit into the fluid above
a level. Cavities that the alpha shape encloses belong to the envelope.

The closing is computed from two distance maps in millimeters, on a straight working grid of the level of the edge. The
working grid follows tilted and unevenly spaced stacks, because each of its points is mapped to the acquired slices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy import ndimage

from calcimeasure.edge import voxels_in_slices
from calcimeasure.measure.constants import MEASURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """The envelope of a mass, on a working grid of cubes.

    Parameters
    ----------
    calcified, enclosed
        (k, j, i) cubes inside the edge of the mass, and cubes inside its envelope.
    cube_mm
        Length of the edges of a cube.
    volume_mm3, area_mm2
        Volume of the envelope and area of its surface.
    added_mm3
        The part of the volume that is not calcified.
    """

    calcified: NDArray[np.bool_]
    enclosed: NDArray[np.bool_]
    cube_mm: float
    volume_mm3: float
    area_mm2: float
    added_mm3: float


def envelope_of(
    level: NDArray[np.float32], start_kji: tuple[int, int, int], geometry: Geometry, cubes: int
) -> Envelope:
    """Enclose a mass.

    Parameters
    ----------
    level
        (k, j, i) of a box, above 0 inside the edge of the mass.
    start_kji
        First index of the box in the stack of at least two slices.
    geometry
        The geometry of the stack.
    cubes
        Number of cubes of the working grid, roughly.

    Returns
    -------
    Envelope
        The volume is that of the calcified voxels of the stack plus that of the added cubes.
    """
    cube_mm, sampled = _on_cubes(level, start_kji, geometry, cubes)
    # A speck between the middles of cubes is one cube.
    calcified = sampled >= min(float(sampled.max()), float(np.nextafter(np.float32(0), np.float32(1))))
    radius_mm = MEASURE.envelope_radius_mm
    # Both distances are between the middles of cubes, so that a flat border stays where it is.
    from_calcium_mm = edt.edt((~calcified).view(np.uint8), anisotropy=(cube_mm,) * 3, black_border=False, parallel=1)
    # Distances of whole numbers of cubes may equal the radius: rounding must not decide.
    radius_mm += MEASURE.same_distance_mm
    near = from_calcium_mm <= radius_mm
    enclosed = edt.edt(near.view(np.uint8), anisotropy=(cube_mm,) * 3, black_border=False, parallel=1) > radius_mm
    around = cc3d.connected_components(np.pad(~enclosed, 1, constant_values=True), connectivity=6)
    enclosed = (around != around[0, 0, 0])[1:-1, 1:-1, 1:-1]
    added_mm3 = float(np.count_nonzero(enclosed & ~calcified)) * cube_mm**3
    return Envelope(
        calcified=calcified,
        enclosed=enclosed,
        cube_mm=cube_mm,
        volume_mm3=calcified_volume_mm3(level, start_kji, geometry) + added_mm3,
        area_mm2=_area_mm2(enclosed, cube_mm),
        added_mm3=added_mm3,
    )


def calcified_volume_mm3(level: NDArray[np.float32], start_kji: tuple[int, int, int], geometry: Geometry) -> float:
    """Sum the volumes of the voxels of a box with a level above 0."""
    counts = voxels_in_slices(level > 0)
    return float(counts @ geometry.voxel_volumes_mm3[start_kji[0] : start_kji[0] + len(level)])


def _on_cubes(
    level: NDArray[np.float32], start_kji: tuple[int, int, int], geometry: Geometry, cubes: int
) -> tuple[float, NDArray[np.float32]]:
    """Interpolate the level at the middles of cubes; the box of the cubes has room for a ball beside the mass."""
    inside = level > 0
    used = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    low, high = (np.array([index[end] for index in used]) + start_kji for end in (0, -1))
    slices = np.arange(low[0], high[0] + 1)
    positions_mm = geometry.positions_along_normal_mm
    # Where the first voxel of each slice lies along its rows and columns: the same in all slices of a straight stack.
    axes = np.stack([geometry.column_direction, geometry.row_direction], axis=1)
    in_plane_mm = np.array([geometry.row_spacing_mm, geometry.column_spacing_mm])
    drift_mm = geometry.origins_lps_mm @ axes
    first_mm = np.array([positions_mm[low[0]], *(drift_mm[slices].min(axis=0) + (low[1:]) * in_plane_mm)])
    last_mm = np.array([positions_mm[high[0]], *(drift_mm[slices].max(axis=0) + (high[1:]) * in_plane_mm)])
    step_mm = float(geometry.slice_steps_mm[max(low[0] - 1, 0) : high[0] + 1].max())
    room_mm = MEASURE.envelope_radius_mm + np.array([step_mm, *in_plane_mm])
    sizes_mm = last_mm - first_mm + 2 * room_mm
    cube_mm = max(math.cbrt(float(np.prod(sizes_mm)) / cubes), MEASURE.smallest_cube_mm)
    counts = np.ceil(sizes_mm / cube_mm - MEASURE.same_distance_mm).astype(int) + 3
    # Off the middle, so that no cube lies half way between voxels, where rounding would decide.
    middle_mm = (first_mm + last_mm) / 2 + cube_mm * np.array(MEASURE.cube_shifts)
    z_mm, y_mm, x_mm = (
        center + (np.arange(count) - (count - 1) / 2) * cube_mm for center, count in zip(middle_mm, counts, strict=True)
    )
    index = geometry.to_index_kji(np.outer(z_mm, geometry.normal))
    k = index[:, 0]
    shape = tuple(counts)
    offsets_mm = np.column_stack([np.interp(k, np.arange(len(positions_mm)), drift_mm[:, axis]) for axis in range(2)])
    places = np.empty((3, *shape), dtype=np.float32)
    places[0] = (k - start_kji[0])[:, None, None]
    places[1] = ((y_mm - offsets_mm[:, :1]) / in_plane_mm[0] - start_kji[1])[:, :, None]
    places[2] = ((x_mm - offsets_mm[:, 1:]) / in_plane_mm[1] - start_kji[2])[:, None, :]
    sampled: NDArray[np.float32] = ndimage.map_coordinates(
        level, places, order=1, mode="grid-constant", cval=-0.5, output=np.float32
    )
    return cube_mm, sampled


def _area_mm2(enclosed: NDArray[np.bool_], cube_mm: float) -> float:
    """Estimate the area of a surface: in the mean over all directions it has two thirds of the area of its faces."""
    faces = sum(int(np.count_nonzero(np.diff(enclosed, axis=axis))) for axis in range(3))
    return faces * cube_mm**2 * 2 / 3
