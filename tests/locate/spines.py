"""A made-up spine: vertebrae whose canal is an ellipse, with discs between them and foramina beside the discs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Volume

FINE = 4
"""Points for each voxel along rows and columns."""

HALF_WIDTH_MM, HALF_DEPTH_MM = 11.0, 8.0
"""Half axes of the canal."""

CANAL_MM2 = np.pi * HALF_WIDTH_MM * HALF_DEPTH_MM
RING_MM, OPEN_MM = 16.0, 14.0
"""Height in which bone encloses the canal, and in which the foramina are open; they alternate, a ring first."""


@dataclass(frozen=True)
class Spine:
    """A spine in soft tissue, with the patient's back toward higher rows.

    Parameters
    ----------
    shape_kji, spacing_mm
        The stack, with axial slices.
    sigma_mm
        Blur of the scanner.
    """

    shape_kji: tuple[int, int, int] = (23, 96, 96)
    spacing_mm: tuple[float, float, float] = (2.0, 0.8, 0.8)
    sigma_mm: float = 0.6

    def places_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """z, y and x of all fine points, from the middle of the canal in the first slice."""
        k = np.arange(self.shape_kji[0]) * self.spacing_mm[0]
        j, i = (
            ((np.arange(n * FINE) + 0.5) / FINE - n / 2) * mm
            for n, mm in zip(self.shape_kji[1:], self.spacing_mm[1:], strict=True)
        )
        return k[:, None, None], j[None, :, None], i[None, None, :]

    def bone(self) -> NDArray[np.float64]:
        """Attenuation of bone at the fine points, 0 where there is none."""
        z, y, x = self.places_mm()
        # Vertebral body in front: cortex around spongy bone.
        body = ((y + 24) / 16) ** 2 + (x / 21) ** 2
        hu = np.where(body <= 1, 230.0, 0.0)
        hu[(body <= 1) & (body > 0.84)] = 600
        wall = 5.0
        outer = ((y / (HALF_DEPTH_MM + wall)) ** 2 + (x / (HALF_WIDTH_MM + wall)) ** 2 <= 1) & (y > -9)
        spinous = (np.abs(x) <= 2.5) & (y > 0) & (y <= 32)
        canal = (y / HALF_DEPTH_MM) ** 2 + (x / HALF_WIDTH_MM) ** 2 <= 1
        hu[(outer | spinous) & (hu < 600)] = 700
        hu[canal] = 0
        hu = np.broadcast_to(hu, (len(z), *hu.shape[1:])).copy()
        is_open = z[:, 0, 0] % (RING_MM + OPEN_MM) >= RING_MM
        # Between the vertebrae: a disc in front, no pedicles, and a gap behind them.
        flank = ((y > -12) & (y < 5) & (np.abs(x) > HALF_WIDTH_MM - 2) & (np.abs(x) < 19))[0]
        disc = (body <= 1)[0]
        for k in np.flatnonzero(is_open):
            hu[k][flank] = 0
            hu[k][disc] = 100
            hu[k][canal[0]] = 0
        return hu

    def volume(self, mass: NDArray[np.bool_] | None = None, mass_hu: float = 900.0) -> Volume:
        """Image the spine, with a mass given at the fine points."""
        bone = self.bone()
        hu = np.where(bone > 0, bone, 40.0)
        if mass is not None:
            hu = np.where(mass, mass_hu, hu)
        k, j, i = self.shape_kji
        hu = hu.reshape(k, j, FINE, i, FINE).mean(axis=(2, 4))
        hu = ndimage.gaussian_filter(hu, (0, self.sigma_mm / self.spacing_mm[1], self.sigma_mm / self.spacing_mm[2]))
        hu += np.random.default_rng(0).normal(0, 15, hu.shape)
        return volume_of(np.rint(hu), straight_grid(self.shape_kji, self.spacing_mm))

    def voxels(self, mass: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark the voxels of which a mass fills at least half."""
        k, j, i = self.shape_kji
        return np.broadcast_to(mass, (k, j * FINE, i * FINE)).reshape(k, j, FINE, i, FINE).mean(axis=(2, 4)) >= 0.5
