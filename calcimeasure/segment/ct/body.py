"""The body, without couch, head rest, clothing and splints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from skimage.segmentation import expand_labels

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.near import beyond, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.ct.coarse import Coarse


def find_body(coarse: Coarse) -> NDArray[np.uint8]:
    """Find the bodies in view (two limbs are two bodies): 0 outside, 1 for the largest, 2 for the next.

    A body is thicker than any couch, cloth or splint and consists mostly of soft tissue. It includes the skin and
    enclosed air (lungs, bowel gas). Parts with a broad contact are one body.

    Parameters
    ----------
    coarse
        A coarse copy of the stack.

    Returns
    -------
    ndarray
        (k, j, i) uint8 on the blocks of the copy; 1 everywhere if no body is found.
    """
    skip = tuple(max(1, round(CT.body_step_mm / mm)) for mm in coarse.spacing_mm)
    thinned_hu = coarse.attenuation_hu[:: skip[0], :: skip[1], :: skip[2]]
    k_mm, j_mm, i_mm = (n * mm for n, mm in zip(skip, coarse.spacing_mm, strict=True))
    spacing_mm = (k_mm, j_mm, i_mm)
    tissue = thinned_hu > CT.tissue_hu
    core = beyond(tissue, spacing_mm, CT.core_depth_mm)
    smallest = max(2, math.ceil(CT.smallest_core_mm3 / math.prod(spacing_mm)))
    cores = cc3d.connected_components(core, connectivity=6)
    counts = np.bincount(cores.ravel())
    soft = np.bincount(cores[core & (thinned_hu < CT.soft_hu)], minlength=len(counts))
    counts[0] = 0
    bodies = np.flatnonzero((counts >= smallest) & (2 * soft > counts))
    if not bodies.size:
        # A cropped image or a phantom without a body: no voxel counts as outside.
        return np.ones(coarse.attenuation_hu.shape, dtype=np.uint8)
    number = np.zeros(len(counts), dtype=np.uint8)
    number[bodies[np.argsort(-counts[bodies])][:255]] = np.arange(1, min(len(bodies), 255) + 1)
    bodies_only = number[cores]
    if bodies.size == 1:
        # With one body no labels have to be grown.
        grown = within(bodies_only > 0, spacing_mm, CT.core_reach_mm).view(np.uint8)
    else:
        grown = expand_labels(bodies_only, CT.core_reach_mm, spacing=spacing_mm)
    filled = _with_holes(grown * (tissue | core))
    for axis, n in enumerate(skip):
        filled = filled.repeat(n, axis=axis)
    k, j, i = coarse.attenuation_hu.shape
    return np.ascontiguousarray(filled[:k, :j, :i])


def _with_holes(bodies: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Add the areas that a body encloses in a slice to that body."""
    filled = bodies.copy()
    for image in filled:
        if not image.any():
            continue
        holes = cc3d.connected_components(np.pad(image == 0, 1, constant_values=True), connectivity=4)[1:-1, 1:-1]
        enclosed = (image == 0) & (holes != 1)
        # In nearly all cases one body encloses the hole, the one of the pixel before it in its row.
        rows, columns = np.nonzero(enclosed)
        for row, column in zip(rows, columns, strict=True):
            image[row, column] = image[row, column - 1]
    return filled
