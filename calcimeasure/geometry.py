"""Array index (k, j, i) to patient coordinates in mm, slice by slice.

Indexes are (slice, row, column), positions LPS mm (x to the patient's left, y posterior, z superior). Every slice
keeps its own origin. Tilted, sheared and unevenly spaced stacks are therefore measured on their own grid and are never
resampled.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where each voxel of a stack lies in the patient (PS3.3 C.7.6.2.1.1, Image Plane Module).

    Parameters
    ----------
    shape_kji
        Slices, rows, columns.
    row_direction, column_direction
        (3,) unit vectors: the direction along a row (rising column index i) and along a column (rising row index j),
        the first and second triple of ImageOrientationPatient (0020,0037).
    row_spacing_mm, column_spacing_mm
        Distance between neighboring rows and between neighboring columns: first and second value of PixelSpacing
        (0028,0030).
    origins_lps_mm
        (k, 3) center of the first voxel of each slice, ImagePositionPatient (0020,0032), in ascending order along the
        normal. Kept read-only.
    frame_of_reference_uid
        Positions of two geometries can be compared only if both have the same UID.
    """

    shape_kji: tuple[int, int, int]
    row_direction: NDArray[np.float64]
    column_direction: NDArray[np.float64]
    row_spacing_mm: float
    column_spacing_mm: float
    origins_lps_mm: NDArray[np.float64]
    frame_of_reference_uid: str | None = None

    def __post_init__(self) -> None:
        for name in ("row_direction", "column_direction", "origins_lps_mm"):
            array = np.array(getattr(self, name), dtype=np.float64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.origins_lps_mm.shape != (self.shape_kji[0], 3):
            raise ValueError(
                f"One origin per slice expected: shape ({self.shape_kji[0]}, 3), found {self.origins_lps_mm.shape}."
            )
        # The condition states what must hold: comparisons with NaN are false, so a position that is NaN is refused too.
        if not (np.all(np.isfinite(self.origins_lps_mm)) and np.all(self.slice_steps_mm > 0)):
            raise ValueError("Finite origins in ascending order along the slice normal expected.")

    def __reduce__(self) -> tuple[type[Geometry], tuple[object, ...]]:
        # A pickle does not keep arrays read-only. The record is made again from its fields, which makes them read-only.
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector across the slices: row direction x column direction."""
        # By hand: `numpy.cross` takes as long as the rest of a conversion of a point.
        (x1, y1, z1), (x2, y2, z2) = self.row_direction.tolist(), self.column_direction.tolist()
        return np.array([y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2])

    @property
    def positions_along_normal_mm(self) -> NDArray[np.float64]:
        """(k,) position of each slice along the normal."""
        return self.origins_lps_mm @ self.normal

    @property
    def slice_steps_mm(self) -> NDArray[np.float64]:
        """(k - 1,) distance between neighboring slices along the normal."""
        return np.diff(self.positions_along_normal_mm)

    @property
    def slice_spacing_mm(self) -> float | None:
        """Median distance between neighboring slices along the normal; None for one slice."""
        return float(np.median(self.slice_steps_mm)) if self.shape_kji[0] > 1 else None

    @property
    def spacing_kji_mm(self) -> tuple[float, float, float]:
        """Distance between neighboring slices (median; 1 mm if there is only one slice), rows and columns."""
        return (self.slice_spacing_mm or 1.0, self.row_spacing_mm, self.column_spacing_mm)

    @property
    def slice_weights_mm(self) -> NDArray[np.float64]:
        """(k,) thickness that each slice represents: half the distance to each neighbor; outermost slices symmetric.

        Raises
        ------
        ValueError
            There is only one slice; its thickness cannot be measured.
        """
        if self.shape_kji[0] < 2:
            raise ValueError("A thickness needs two slices.")
        steps = self.slice_steps_mm
        weights: NDArray[np.float64] = (np.append(steps[0], steps) + np.append(steps, steps[-1])) / 2
        return weights

    @property
    def voxel_volumes_mm3(self) -> NDArray[np.float64]:
        """(k,) volume of one voxel of each slice."""
        return self.slice_weights_mm * self.pixel_area_mm2

    @property
    def voxel_sizes(self) -> NDArray[np.float64]:
        """(k,) volume of a voxel of each slice in mm3; for a single slice, which has no thickness, the area in mm2."""
        return self.voxel_volumes_mm3 if self.shape_kji[0] > 1 else np.array([self.pixel_area_mm2])

    @property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel in the slice plane."""
        return self.row_spacing_mm * self.column_spacing_mm

    def to_lps_mm(self, index_kji: ArrayLike) -> NDArray[np.float64]:
        """Map indexes, also between voxel centers, to LPS mm.

        Parameters
        ----------
        index_kji
            (..., 3) slice, row, column; fractions allowed. Between slices the origin is interpolated. Beyond the
            outermost slices the origin is extrapolated with the last step. For a single slice k must be 0.

        Returns
        -------
        ndarray
            (..., 3) LPS mm.
        """
        index = np.asarray(index_kji, dtype=np.float64)
        k, j, i = index[..., 0], index[..., 1], index[..., 2]
        in_plane = np.multiply.outer(j * self.row_spacing_mm, self.column_direction)
        in_plane += np.multiply.outer(i * self.column_spacing_mm, self.row_direction)
        return self._origin_lps_mm(k) + in_plane

    def to_index_kji(self, points_lps_mm: ArrayLike) -> NDArray[np.float64]:
        """Map LPS mm to indexes, the inverse of `to_lps_mm`.

        Parameters
        ----------
        points_lps_mm
            (..., 3).

        Returns
        -------
        ndarray
            (..., 3) slice, row, column, with fractions. Beyond the outermost slices k is extrapolated with the last
            step. For a single slice k is 0, wherever the point lies.
        """
        points = np.asarray(points_lps_mm, dtype=np.float64)
        k = self._slice_index(points @ self.normal)
        offset = points - self._origin_lps_mm(k)
        j = offset @ self.column_direction / self.row_spacing_mm
        i = offset @ self.row_direction / self.column_spacing_mm
        return np.stack([k, j, i], axis=-1)

    def _slice_index(self, along_normal_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        positions_mm = self.positions_along_normal_mm
        count = len(positions_mm)
        if count == 1:
            return np.zeros_like(along_normal_mm)
        # The inner positions alone: what lies beyond the outermost slices belongs to the first and the last step.
        below = np.searchsorted(positions_mm[1:-1], along_normal_mm, side="right")
        index: NDArray[np.float64] = below + (along_normal_mm - positions_mm.take(below)) / np.diff(positions_mm).take(
            below
        )
        return index

    def _origin_lps_mm(self, k: NDArray[np.float64]) -> NDArray[np.float64]:
        count = self.shape_kji[0]
        if count == 1:
            if np.any(k != 0):
                raise ValueError("A stack of one slice has no position beside it.")
            return np.broadcast_to(self.origins_lps_mm[0], (*k.shape, 3))
        # Toward zero is down, as what lies before the first slice belongs to the first step.
        below = np.clip(k.astype(np.intp), 0, count - 2)
        offsets = np.diff(self.origins_lps_mm, axis=0).take(below, axis=0)
        offsets *= (k - below)[..., None]
        offsets += self.origins_lps_mm.take(below, axis=0)
        return offsets
