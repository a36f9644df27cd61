"""A coarse grid along the patient's axes: equally spaced points, and the voxels of a stack nearest to them.

Midline, trunk and limbs are each searched on such a grid, with a spacing that is sufficient for each. The axes of the
grid are x, y and z of the patient, in any orientation of the slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np

from calcimeasure.model import NOT_IMAGED_HU

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline, Volume


@dataclass(frozen=True, slots=True, eq=False)
class StackBox:
    """The box along the patient's axes that the voxels of a stack lie in.

    Parameters
    ----------
    low_lps_mm, high_lps_mm
        (3,) its lowest and its highest corner.
    """

    low_lps_mm: NDArray[np.float64]
    high_lps_mm: NDArray[np.float64]

    @classmethod
    def of(cls, geometry: Geometry) -> StackBox:
        """Find the box of a stack, from the centers of the voxels at its corners."""
        corners = geometry.to_lps_mm(list(product(*((0, n - 1) for n in geometry.shape_kji))))
        return cls(corners.min(axis=0), corners.max(axis=0))

    @property
    def sides_mm(self) -> list[tuple[float, float]]:
        """Lowest and highest x, y and z."""
        return list(zip(self.low_lps_mm, self.high_lps_mm, strict=True))

    def step_mm(self, least_mm: float, most_points: int) -> float:
        """Choose the distance of the points that fill the box.

        Parameters
        ----------
        least_mm
            The smallest distance of the points.
        most_points
            Approximate upper limit of the number of points; in larger boxes the points are farther apart.
        """
        extents_mm = np.maximum(self.high_lps_mm - self.low_lps_mm, least_mm)
        volume_mm3 = float(np.prod(extents_mm))
        step_mm: float = max(least_mm, (volume_mm3 / most_points) ** (1 / 3))
        return step_mm


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Points along the patient's axes.

    Parameters
    ----------
    points_lps_mm
        (x, y, z, 3), or (z, y, x, 3) where the grid was made so.
    index_kji
        Slice, row and column of the voxel nearest to each point; the voxel may lie outside of the stack.
    """

    points_lps_mm: NDArray[np.float64]
    index_kji: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]

    @classmethod
    def along(
        cls, axes_mm: Sequence[NDArray[np.float64]], geometry: Geometry, order: Literal["xyz", "zyx"] = "xyz"
    ) -> Grid:
        """Make the grid of all combinations of coordinates.

        Parameters
        ----------
        axes_mm
            The coordinates along x, y and z.
        geometry
            Of the stack.
        order
            Along which axes of the patient the axes of the arrays run.
        """
        numbers = ["xyz".index(axis) for axis in order]
        coordinates = np.meshgrid(*(axes_mm[number] for number in numbers), indexing="ij")
        points = np.stack([coordinates[numbers.index(axis)] for axis in range(3)], axis=-1)
        nearest = np.rint(geometry.to_index_kji(points)).astype(np.intp)
        k, j, i = (np.ascontiguousarray(nearest[..., axis]) for axis in range(3))
        return cls(points, (k, j, i))

    def attenuation_hu(self, volume: Volume) -> NDArray[np.int16]:
        """Look up the voxel at each point; a point outside of the stack was not imaged."""
        k, j, i = self.index_kji
        inside = self._within((0, 0, 0), volume.geometry.shape_kji)
        hu = np.full(inside.shape, NOT_IMAGED_HU, dtype=np.int16)
        hu[inside] = volume.attenuation_hu[k[inside], j[inside], i[inside]]
        return hu

    def covered_by(self, outlines: Iterable[Outline]) -> NDArray[np.bool_]:
        """Tell which points lie in one of some outlines."""
        covered = np.zeros(self.index_kji[0].shape, dtype=np.bool_)
        for outline in outlines:
            inside = self._within(outline.start_kji, outline.stop_kji)
            own = (at[inside] - start for at, start in zip(self.index_kji, outline.start_kji, strict=True))
            covered[inside] |= outline.mask()[tuple(own)]
        return covered

    def _within(self, start_kji: Sequence[int], stop_kji: Sequence[int]) -> NDArray[np.bool_]:
        """Tell which points lie in a box of the stack."""
        inside = np.ones(self.index_kji[0].shape, dtype=np.bool_)
        for at, start, stop in zip(self.index_kji, start_kji, stop_kji, strict=True):
            inside &= (at >= start) & (at < stop)
        return inside
