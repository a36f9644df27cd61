"""Masses painted point by point on any grid: what a scanner sees of a rule that gives each place its attenuation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.model import Outline
from tests.model.test_model import volume_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.model import Volume
    from tests.phantoms import Array, Grid

TISSUE_HU = 50.0


def painted(
    grid: Grid,
    rule: Callable[[Array], Array],
    *,
    position: str | None = "HFS",
    noise_hu: float = 8.0,
    blur_mm: float = 0.6,
) -> Volume:
    """Sample a rule, (n, 3) LPS mm to HU, at four places in each voxel, blur it in the plane, and add noise."""
    shape = grid.shape_kji
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1).reshape(-1, 3)
    centers = grid.positions_lps_mm(index)
    steps = np.stack(
        [
            grid.normal * grid.slice_spacing_mm,
            grid.column_direction * grid.row_spacing_mm,
            grid.row_direction * grid.column_spacing_mm,
        ]
    )
    # The corners of a tetrahedron: two values along each axis.
    shifts = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / 4 @ steps
    hu = np.mean([rule(centers + shift) for shift in shifts], axis=0).reshape(shape)
    hu = ndimage.gaussian_filter(hu, (0, blur_mm / grid.row_spacing_mm, blur_mm / grid.column_spacing_mm))
    hu += np.random.default_rng(0).normal(0, noise_hu, shape)
    volume = volume_of(np.rint(hu), grid)
    return replace(volume, stack=replace(volume.stack, patient_position=position))


def dense(volume: Volume, threshold_hu: float = 200) -> Outline:
    """All voxels of a volume at or above a threshold, as one outline."""
    return Outline.from_mask(volume.attenuation_hu >= threshold_hu)


def balls(centers: Array, radii: Array | float, hu: Array | float = 600.0) -> Callable[[Array], Array]:
    """Balls in soft tissue."""
    centers = np.atleast_2d(np.asarray(centers, dtype=float))
    radii, densities = (np.broadcast_to(np.asarray(one, dtype=float), len(centers)) for one in (radii, hu))

    def rule(points: Array) -> Array:
        found = np.full(len(points), TISSUE_HU)
        for center, radius, density in zip(centers, radii, densities, strict=True):
            near = np.flatnonzero(np.abs(points[:, 2] - center[2]) < radius)
            found[near[np.sum((points[near] - center) ** 2, axis=1) < radius**2]] = density
        return found

    return rule
