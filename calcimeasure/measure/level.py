"""Fluid-calcium levels: sediment that lies flat under fluid, along gravity.

A level shows as a part of the surface of the calcium that is flat, horizontal, turned upward and below fluid. A rounded
or lobulated surface has only a small part that is turned in any one direction. So there is a level if far more of the
surface is turned upward than in any other direction. Layers that do not lie along gravity are turned in another
direction. A flat bone or plate is turned downward as much as upward.

Gravity follows from Patient Position (0018,5100): down is the patient's back in supine position (+y of LPS), the front
in prone position (-y), the left side in decubitus left (+x) and the right side in decubitus right (-x) (PS3.3
C.7.3.1.1.2). It does not depend on the end of the patient that points into the scanner, on a gantry tilt, on the plane
of a reformat or on the pose of a limb: patient coordinates already describe all of these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.directions import directions, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Volume

_DOWN_LPS: Final = {"S": (0.0, 1.0, 0.0), "P": (0.0, -1.0, 0.0), "DL": (1.0, 0.0, 0.0), "DR": (-1.0, 0.0, 0.0)}
"""Where gravity pulls, by what follows head first (HF) or feet first (FF) in Patient Position (0018,5100)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """Points of a surface.

    Parameters
    ----------
    points
        (n, 3) indexes in the stack.
    normals
        (n, 3) unit vectors in LPS, from the calcium outward.
    areas_mm2
        (n,) area that each point stands for.
    to_index
        (3, 3) matrix from steps in LPS mm to steps of indexes.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    areas_mm2: NDArray[np.float64]
    to_index: NDArray[np.float64]


def down_lps(patient_position: str | None) -> NDArray[np.float64] | None:
    """Tell where gravity pulls, as a unit vector in patient coordinates.

    Parameters
    ----------
    patient_position
        Patient Position (0018,5100): HFS, HFP, HFDL, HFDR, FFS, FFP, FFDL or FFDR. For any other value (sitting
        patients of other scanners, nothing) the result is None.
    """
    text = (patient_position or "").strip().upper()
    down = _DOWN_LPS.get(text[2:]) if text[:2] in ("HF", "FF") else None
    return None if down is None else np.array(down)


def fluid_level(volume: Volume, edge: Edge) -> bool | None:
    """Tell whether calcium lies under fluid with a level between them.

    Parameters
    ----------
    volume
        The stack.
    edge
        The edge of the mass.

    Returns
    -------
    bool or None
        None if it cannot be judged: the position of the patient is unknown, the slices are too far apart, or the mass
        is too small.
    """
    geometry = volume.geometry
    down = down_lps(volume.stack.patient_position)
    if down is None or (geometry.slice_spacing_mm or math.inf) > MEASURE.level_coarsest_mm:
        return None
    points, faces_mm2 = _crossings(edge, geometry)
    if len(points) < MEASURE.level_fewest_points:
        return None
    up, first = -down, spread(len(points), MEASURE.level_first_points)
    if _upward_share(_surface(volume, points[first], faces_mm2[first]), up) < MEASURE.level_first_share:
        return False
    some = spread(len(points), MEASURE.level_points)
    return _is_level(volume, _surface(volume, points[some], faces_mm2[some]), up)


def _upward_share(surface: _Surface, up: NDArray[np.float64]) -> float:
    """Tell how much of a surface is turned upward, within the tilt of a level."""
    tilted = math.cos(math.radians(MEASURE.level_tilt_deg + MEASURE.level_cone_deg))
    return float(surface.areas_mm2 @ (surface.normals @ up >= tilted) / surface.areas_mm2.sum())


def _voxel_edges_mm(geometry: Geometry) -> NDArray[np.float64]:
    """(3, 3) LPS mm of one step along each index; across the slices the median step, which includes a gantry tilt."""
    steps_lps_mm = np.diff(geometry.origins_lps_mm, axis=0)
    return np.stack(
        [
            np.median(steps_lps_mm, axis=0),
            geometry.column_direction * geometry.row_spacing_mm,
            geometry.row_direction * geometry.column_spacing_mm,
        ]
    )


def _crossings(edge: Edge, geometry: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) indexes in the stack at which the surface crosses between voxels, and (n, 3) areas that they stand for.

    A piece of the surface of area A and normal n is crossed A |n . a| / F times by the lines along an axis a, where F
    is the area of the face of a voxel across this axis. So the areas are those of a surface across the axis.
    """
    sizes_mm = np.array(geometry.spacing_kji_mm)
    step = math.ceil(np.count_nonzero(edge.inside) ** (2 / 3) * 6 / MEASURE.level_crossings)
    points, faces = [], []
    for axis in range(3):
        # Lines along a column or a row lie in a slice; lines across the slices have a row.
        lines = (slice(None), slice(None, None, step)) if axis == 0 else (slice(None, None, step),)
        inside, level = edge.inside[lines], edge.level[lines]
        before, after = [slice(None)] * 3, [slice(None)] * 3
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        crossed = inside[tuple(before)] != inside[tuple(after)]
        index = np.argwhere(crossed)
        first, second = level[tuple(before)][crossed], level[tuple(after)][crossed]
        place = index.astype(np.float64)
        place[:, axis] += first / (first - second)
        place[:, 1 if axis == 0 else 0] *= step
        points.append(place + edge.start_kji)
        face = np.zeros(3)
        face[axis] = float(np.prod(np.delete(sizes_mm, axis)))
        faces.append(np.broadcast_to(face, (len(index), 3)))
    return np.concatenate(points), np.concatenate(faces)


def _surface(volume: Volume, points: NDArray[np.float64], faces_mm2: NDArray[np.float64]) -> _Surface:
    """Find the normals by the attenuation around each point, and the areas."""
    geometry, reach_mm = volume.geometry, MEASURE.level_reach_mm
    to_index = np.linalg.inv(_voxel_edges_mm(geometry)).astype(np.float64)
    offsets = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    values_hu = _sampled(volume, points[:, None] + (offsets * reach_mm) @ to_index)
    gradients = -values_hu @ offsets
    lengths = np.linalg.norm(gradients, axis=1)
    normals = gradients / np.maximum(lengths, 1e-9)[:, None]
    axes = np.stack([geometry.normal, geometry.column_direction, geometry.row_direction])
    areas_mm2 = np.abs(np.sum(normals @ axes.T * faces_mm2, axis=1)) * (lengths > 0)
    return _Surface(points, normals, areas_mm2 + np.finfo(np.float64).tiny, to_index)


def _sampled(volume: Volume, index_kji: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate the attenuation at (..., 3) indexes."""
    low = np.maximum(np.floor(index_kji.reshape(-1, 3).min(axis=0)).astype(int), 0)
    high = np.ceil(index_kji.reshape(-1, 3).max(axis=0)).astype(int) + 2
    box = tuple(slice(a, max(b, a + 1)) for a, b in zip(low, high, strict=True))
    places = np.moveaxis(index_kji - low, -1, 0)
    values: NDArray[np.float64] = ndimage.map_coordinates(
        volume.attenuation_hu[box], places, order=1, mode="nearest", output=np.float32
    )
    return values


def _is_level(volume: Volume, surface: _Surface, up: NDArray[np.float64]) -> bool:
    """Compare the area that is turned upward, below fluid, with the area that is turned in any other direction."""
    normals, areas_mm2 = surface.normals, surface.areas_mm2
    total_mm2 = float(areas_mm2.sum())
    near, others = _directions(up)
    cone = math.cos(math.radians(MEASURE.level_cone_deg))
    shares = (normals @ near.T >= cone).T @ areas_mm2 / total_mm2
    peak = near[int(shares.argmax())]
    if peak @ up < math.cos(math.radians(MEASURE.level_tilt_deg)) or shares.max() < MEASURE.level_share:
        return False
    other_share = float(((normals @ others.T >= cone).T @ areas_mm2).max()) / total_mm2
    flat = normals @ peak >= cone
    above_mm = np.array(MEASURE.level_above_mm)
    above = surface.points[flat, None] + np.outer(above_mm, up @ surface.to_index)
    above_hu = _sampled(volume, above).mean(axis=1)
    low_hu, high_hu = MEASURE.fluid_hu
    noise_hu = MEASURE.fluid_noise_hu
    is_fluid = (above_hu > low_hu - noise_hu) & (above_hu < high_hu + noise_hu)
    if not is_fluid.any() or not low_hu <= float(np.median(above_hu[is_fluid])) <= high_hu:
        return False
    share = float(areas_mm2[flat] @ is_fluid) / total_mm2
    return share >= MEASURE.level_share and share >= MEASURE.level_contrast * other_share


def _directions(up: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3) unit vectors around the upward direction, and (m, 3) unit vectors farther from it."""
    every = directions(MEASURE.level_directions)
    is_near = every @ up >= math.cos(math.radians(MEASURE.level_near_deg))
    return np.concatenate([up[None], every[is_near]]), every[~is_near]
