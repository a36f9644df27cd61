"""The surface of each piece of a mass in its own density."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import edt
import numpy as np

from calcimeasure.edge.windows import highest_in
from calcimeasure.measure.constants import MEASURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.model import Outline, Volume


def level_of_pieces(volume: Volume, outline: Outline, edge: Edge) -> NDArray[np.float32]:
    """Make the level of a mass whose pieces differ in density.

    Pieces of a mass may be three times as dense as their neighbors, and blur lowers the top of a small grain. A surface
    at the half-maximum of the whole mass would lose the faint and the small ones, which an envelope rests on as much as
    on the others. So each voxel is compared with the top of the density that it rises to, from neighbor to neighbor.
    The surface lies at nearly a half of it; around thin calcium, whose top is lowered, at less.

    Parameters
    ----------
    volume
        The stack.
    outline
        The mass.
    edge
        The edge of the mass: the box, the surroundings and what is inside.

    Returns
    -------
    ndarray
        (k, j, i) of the box of the edge, above 0 inside the pieces.
    """
    stop = [first + length for first, length in zip(edge.start_kji, edge.level.shape, strict=True)]
    box = tuple(slice(first, last) for first, last in zip(edge.start_kji, stop, strict=True))
    mass = outline.mask_in(edge.start_kji, stop) | edge.inside
    near = np.pad(_with_neighbors(mass), 1)
    height_hu = np.pad(volume.attenuation_hu[box].astype(np.float32) - np.float32(edge.background_hu), 1)
    own_hu, top_hu = _tops(height_hu, near)
    level = np.full(near.shape, -0.5, dtype=np.float32)
    share = own_hu / np.maximum(top_hu, MEASURE.least_top_hu)
    level[near] = np.clip(
        share - _surface_share(mass, volume.geometry.spacing_kji_mm)[near[1:-1, 1:-1, 1:-1]], -0.5, 0.5
    )
    own = np.ascontiguousarray(level[1:-1, 1:-1, 1:-1])
    # Where no piece stands out by itself, the whole does.
    return own if (own > 0).any() else edge.level


def _surface_share(mass: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Share of the top at which the surface lies: less beside thin calcium than beside thick."""
    depth_mm: NDArray[np.float32] = edt.edt(mass.view(np.uint8), anisotropy=spacing_mm, black_border=False, parallel=1)
    low_mm, high_mm = MEASURE.thin_mm
    reach = [2 * max(1, round(high_mm / step_mm)) + 1 for step_mm in spacing_mm]
    deepest_mm = highest_in(depth_mm, reach)
    thick: NDArray[np.float32] = np.clip((deepest_mm - low_mm) / (high_mm - low_mm), 0, 1)
    thin_share = np.float32(MEASURE.surface_share)
    return thin_share + thick * (np.float32(MEASURE.thick_share) - thin_share)


def _with_neighbors(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add all voxels beside a mask, diagonals included."""
    grown = mask.copy()
    for axis in range(3):
        near = grown.copy()
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        near[tuple(low)] |= grown[tuple(high)]
        near[tuple(high)] |= grown[tuple(low)]
        grown = near
    return grown


def _tops(height_hu: NDArray[np.float32], near: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the height of each chosen voxel, and the height of the local maximum to which a climb from it leads.

    Each step of the climb goes to the densest of the 26 neighbors that are chosen.
    """
    heights = np.where(near, height_hu, np.float32(-np.inf)).ravel()
    chosen = np.flatnonzero(near)
    steps = (near.shape[1] * near.shape[2], near.shape[2], 1)
    best, best_hu = chosen.copy(), heights[chosen]
    own_hu = best_hu.copy()
    for shift in product((-1, 0, 1), repeat=3):
        neighbors = chosen + sum(a * b for a, b in zip(shift, steps, strict=True))
        beside_hu = heights[neighbors]
        is_higher = np.flatnonzero(beside_hu > best_hu)
        best[is_higher] = neighbors[is_higher]
        best_hu[is_higher] = beside_hu[is_higher]
    rank = np.zeros(heights.size, dtype=np.intp)
    rank[chosen] = np.arange(len(chosen))
    leads_to = rank[best]
    while True:
        # Each round doubles the length of the climb.
        further = leads_to[leads_to]
        if np.array_equal(further, leads_to):
            return own_hu, own_hu[leads_to]
        leads_to = further
