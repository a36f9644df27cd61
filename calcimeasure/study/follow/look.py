"""A stack on a straight grid along the axes of the patient: what registration looks at, and nothing is measured on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage import measure as surfaces

from calcimeasure.model import NOT_IMAGED_HU
from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.coarse import coarse_copy
from calcimeasure.study.follow.constants import FOLLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline, Volume
    from calcimeasure.segment.ct.coarse import Coarse


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A straight copy of a stack.

    Parameters
    ----------
    origin_lps_mm
        (3,) position of the first cube.
    step_mm
        Distance between cubes.
    hu
        (z, y, x) float32: attenuation. Outside of the body, and so on the couch, air.
    imaged
        (z, y, x): whether the stack shows the cube.
    masses
        (z, y, x): cubes in or next to a mass, which registration does not look at.
    bone_lps_mm
        (n, 3) points of the surface of bone away from masses and from the border of the field.
    """

    origin_lps_mm: NDArray[np.float64]
    step_mm: float
    hu: NDArray[np.float32]
    imaged: NDArray[np.bool_]
    masses: NDArray[np.bool_]
    bone_lps_mm: NDArray[np.float64]

    @property
    def used(self) -> NDArray[np.bool_]:
        """(z, y, x): the cubes that registration may look at."""
        return self.imaged & ~self.masses

    def index_zyx(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 3) indexes z, y, x of (..., 3) positions."""
        index: NDArray[np.float64] = ((points_lps_mm - self.origin_lps_mm) / self.step_mm)[..., ::-1]
        return index

    def points_lps_mm(self, index_zyx: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.float64]:
        """(..., 3) positions of (..., 3) indexes."""
        index = np.asarray(index_zyx, dtype=np.float64)
        points: NDArray[np.float64] = index[..., ::-1] * self.step_mm + self.origin_lps_mm
        return points

    def hu_at(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float32]:
        """(...,) interpolated attenuation at (..., 3) positions."""
        places = np.moveaxis(self.index_zyx(points_lps_mm), -1, 0)
        values: NDArray[np.float32] = ndimage.map_coordinates(
            self.hu, places, order=1, mode="nearest", output=np.float32
        )
        return values

    def is_imaged(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(...,) whether the stack shows (..., 3) positions."""
        return _at(self.imaged, self.index_zyx(points_lps_mm))

    def is_used(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(...,) whether registration may look at (..., 3) positions."""
        return _at(self.used, self.index_zyx(points_lps_mm))


def _at(mask: NDArray[np.bool_], index_zyx: NDArray[np.float64]) -> NDArray[np.bool_]:
    nearest = np.rint(index_zyx).astype(np.intp)
    inside = np.all((nearest >= 0) & (nearest < mask.shape), axis=-1)
    z, y, x = np.moveaxis(np.where(inside[..., None], nearest, 0), -1, 0)
    found: NDArray[np.bool_] = inside & mask[z, y, x]
    return found


def look_at(volume: Volume, masses: Sequence[Outline]) -> Look:
    """Copy a stack for registration.

    Parameters
    ----------
    volume
        A stack of at least two slices.
    masses
        What is no part of the body that moves as a whole, and may have changed: every mass.

    Returns
    -------
    Look
        Its step is `FOLLOW.look_mm`, or longer for a large body.
    """
    coarse = coarse_copy(volume)
    body = find_body(coarse) > 0
    corners_lps_mm = _corners_lps_mm(body, coarse, volume.geometry)
    low, high = corners_lps_mm.min(axis=0), corners_lps_mm.max(axis=0)
    step_mm = max(FOLLOW.look_mm, math.cbrt(float(np.prod(high - low)) / FOLLOW.most_cubes))
    count_zyx = np.ceil((high - low) / step_mm).astype(int)[::-1] + 1
    blocks_hu = np.where(body, coarse.attenuation_hu, np.int16(FOLLOW.air_hu))
    blocked = _blocks_with(masses, coarse)
    hu = np.empty(tuple(count_zyx), dtype=np.float32)
    imaged, near = np.empty(hu.shape, dtype=np.bool_), np.empty(hu.shape, dtype=np.bool_)
    y_mm, x_mm = (low[axis] + step_mm * np.arange(hu.shape[2 - axis]) for axis in (1, 0))
    plane = np.stack(np.broadcast_arrays(x_mm[None, :], y_mm[:, None], 0.0), axis=-1)
    factor = np.array(coarse.factor_kji)
    for z in range(hu.shape[0]):
        plane[..., 2] = low[2] + step_mm * z
        index_kji = volume.geometry.to_index_kji(plane)
        imaged[z] = np.all((index_kji > -0.5) & (index_kji < np.array(volume.shape_kji) - 0.5), axis=-1)
        places = np.moveaxis((index_kji - (factor - 1) / 2) / factor, -1, 0)
        hu[z] = ndimage.map_coordinates(blocks_hu, places, order=1, mode="nearest", output=np.float32)
        near[z] = _at(blocked, np.moveaxis(places, 0, -1))
    imaged &= hu > NOT_IMAGED_HU
    near = ndimage.binary_dilation(near, iterations=max(1, math.ceil(FOLLOW.blank_mm / step_mm)))
    bone_lps_mm = _bone_surface(hu, imaged, near) * step_mm + low
    return Look(low, step_mm, hu, imaged, near, bone_lps_mm)


def _corners_lps_mm(body: NDArray[np.bool_], coarse: Coarse, geometry: Geometry) -> NDArray[np.float64]:
    """(8 k, 3) corners of the box of the body in each slice: a tilted stack is no box."""
    used = [np.flatnonzero(body.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    ends = [
        np.clip([index[0] * f, index[-1] * f + f - 1], 0, n - 1)
        for index, f, n in zip(used, coarse.factor_kji, geometry.shape_kji, strict=True)
    ]
    return geometry.to_lps_mm(np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.float64))


def _blocks_with(masses: Sequence[Outline], coarse: Coarse) -> NDArray[np.bool_]:
    blocked = np.zeros(coarse.attenuation_hu.shape, dtype=np.bool_)
    for outline in masses:
        k, j, i = ((np.argwhere(outline.mask()) + outline.start_kji) // coarse.factor_kji).T
        blocked[k, j, i] = True
    return blocked


def _bone_surface(hu: NDArray[np.float32], imaged: NDArray[np.bool_], masses: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 3) x, y, z in steps: the surface of bone between cubes, neither in masses nor at the border of the field."""
    blanked = np.where(masses, np.float32(FOLLOW.blank_hu), hu)
    if min(hu.shape) < 2 or not (blanked.min() < FOLLOW.bone_hu < blanked.max()):
        return np.empty((0, 3))
    vertices, *_ = surfaces.marching_cubes(blanked, FOLLOW.bone_hu)
    # The end of a shaft at the border of the field is no surface of bone, nor is the place where a mass was cut off.
    inner = ndimage.binary_erosion(imaged & ~masses, iterations=2)
    kept: NDArray[np.float64] = vertices[_at(inner, vertices)][:, ::-1].astype(np.float64)
    return kept
