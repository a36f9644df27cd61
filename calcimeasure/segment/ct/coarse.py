"""A coarse copy of a stack, for judging tissue. Nothing is measured on the copy."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.model import NOT_IMAGED_HU
from calcimeasure.segment.ct.constants import CT
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Volume

BONE_GROUP: Final = 1
OUTSIDE_GROUP: Final = 2
"""Labels of all bone, and of everything outside the body, on a copy; every other group of parts has its own label."""


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """Means over blocks of voxels.

    Parameters
    ----------
    attenuation_hu
        (k, j, i) int16; voxels that were not imaged have the value of air.
    factor_kji
        Number of voxels of the stack in a block.
    spacing_mm
        Distance between blocks, across the slices (median) and in the slices. A gantry tilt shifts blocks against each
        other by less than a third of their distance, which does not affect any judgement. Positions in the patient are
        never computed from this copy.
    """

    attenuation_hu: NDArray[np.int16]
    factor_kji: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]

    @property
    def block_mm3(self) -> float:
        """Volume of a block."""
        return math.prod(self.spacing_mm)


def coarse_copy(volume: Volume) -> Coarse:
    """Average a stack in blocks of about `CT.finest_step_mm`, or of a longer step if there would be too many blocks."""
    geometry = volume.geometry
    voxel_mm = geometry.spacing_kji_mm
    imaged_mm3 = math.prod(voxel_mm) * math.prod(geometry.shape_kji)
    k, j, i = _voxels_in(max(CT.finest_step_mm, math.cbrt(imaged_mm3 / CT.most_blocks)), geometry)
    spacing_mm = (k * voxel_mm[0], j * voxel_mm[1], i * voxel_mm[2])
    return Coarse(means_of(volume.attenuation_hu, (k, j, i)), (k, j, i), spacing_mm)


def shortest_steps(geometry: Geometry) -> tuple[int, int, int]:
    """Give the number of voxels in a block of `CT.finest_step_mm`, in which all but large stacks are judged."""
    return _voxels_in(CT.finest_step_mm, geometry)


def _voxels_in(step_mm: float, geometry: Geometry) -> tuple[int, int, int]:
    k, j, i = (
        min(max(1, round(step_mm / mm)), n) for mm, n in zip(geometry.spacing_kji_mm, geometry.shape_kji, strict=True)
    )
    return k, j, i


def means_of(stored_hu: NDArray[np.int16], factor_kji: tuple[int, int, int]) -> NDArray[np.int16]:
    """Average blocks; at the far ends blocks may be incomplete."""
    k, j, i = factor_kji
    shape = tuple(-(-n // f) for n, f in zip(stored_hu.shape, factor_kji, strict=True))
    means = np.empty(shape, dtype=np.int16)
    sizes = [np.minimum(f, n - np.arange(0, n, f)) for n, f in zip(stored_hu.shape[1:], (j, i), strict=True)]
    counts = np.outer(*sizes).astype(np.int32)
    # Division by one number takes a tenth of the time of division by an array.
    count = counts if counts.min() < j * i else np.int32(j * i)

    def average(at: int) -> None:
        slab = stored_hu[at * k : (at + 1) * k]
        if slab.min(initial=0) == NOT_IMAGED_HU:
            slab = np.maximum(slab, CT.not_imaged_hu)
        total = slab[0].astype(np.int32)
        for image_hu in slab[1:]:
            total += image_hu
        total = _in_runs(_in_runs(total, j).T, i).T
        means[at] = total // (count * np.int32(len(slab)))

    with ThreadPoolExecutor(thread_count()) as pool:
        list(pool.map(average, range(shape[0])))
    return means


def _in_runs(values: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """Sum each run of so many rows; the last run may be shorter."""
    if length == 1:
        return values
    total = values[::length].copy(order="K")
    for offset in range(1, length):
        more = values[offset::length]
        total[: len(more)] += more
    return total
