"""The fringe of a mass of several pieces: what lies between it and a bone, and was counted with the bone.

A piece that lies on a shaft has no neck toward it, so that `split` counts it with the cortex. The cortex of a shaft is
even: what lies farther from the marrow than the cortex is thick, beside a mass, is the mass's own. So are pieces too
small to be told from bone that lie beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from skimage.segmentation import expand_labels

from calcimeasure.model import Tissue
from calcimeasure.segment.ct.boxes import box_around
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.shaft import shafts_among
from calcimeasure.segment.ct.solids import distance_mm
from calcimeasure.segment.ct.split import beside, find_marrow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.ct.boxes import Box
    from calcimeasure.segment.ct.solids import Scene


def with_fringe(scene: Scene, wholes: NDArray[np.int32], bones: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Add to each mass of several pieces what lies on a bone beside it, if it is large enough to be judged as a whole.

    Parameters
    ----------
    scene
        The parts as judged one by one.
    wholes
        (k, j, i) number of the mass, 0 where there is none.
    bones
        (label,) whether a part, from label 0 on, is bone that continues beyond the masses.

    Returns
    -------
    ndarray
        The numbers with the fringes.
    """
    volumes_mm3 = np.bincount(wholes.ravel(), minlength=1) * math.prod(scene.spacing_mm)
    large = volumes_mm3 >= CT.smallest_whole_mm3
    large[0] = False
    if not large.any():
        return wholes
    room = [int(np.ceil(2 * CT.fringe_mm / mm)) + 1 for mm in scene.spacing_mm]
    box = box_around(large[wholes], (room[0], room[1], room[2]))
    labels = scene.parts.labels[box]
    near = expand_labels(np.where(large[wholes[box]], wholes[box], 0), CT.fringe_mm, spacing=scene.spacing_mm)
    shafts = shafts_among(scene.features, scene.tissues)
    bone = np.array([False, *(one is Tissue.BONE for one in scene.tissues)])
    small = bone & ~shafts & ~bones & ~np.array([False, *scene.surely_bone])
    able = small[labels] | _on_shafts(scene, box, shafts)
    found = wholes.copy()
    found[box] = np.where((wholes[box] == 0) & able & scene.able[box], near, wholes[box])
    return found


def _on_shafts(scene: Scene, box: Box, shafts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find blocks of shafts that lie farther from the marrow than the cortex is thick; (k, j, i) of the box."""
    labels = scene.parts.labels
    cortex = shafts[labels]
    found = np.zeros(labels[box].shape, dtype=np.bool_)
    if not cortex[box].any():
        return found
    marrow = cc3d.dust(
        find_marrow(cortex, scene.spacing_mm) & ~cortex,
        threshold=math.ceil(CT.shaft_mm3 / math.prod(scene.spacing_mm)),
        connectivity=6,
    )
    if not marrow.any():
        return found
    from_marrow_mm = distance_mm(marrow, scene.spacing_mm)
    for label in np.unique(labels[box][cortex[box]]):
        thickness_mm = _thickness_mm(labels == label, from_marrow_mm)
        found |= (labels[box] == label) & (from_marrow_mm[box] > thickness_mm)
    return found


def _thickness_mm(cortex: NDArray[np.bool_], from_marrow_mm: NDArray[np.float32]) -> float:
    """Thickness of a cortex: distance of its outer surface from the marrow."""
    surface = np.zeros_like(cortex)
    outer = from_marrow_mm > 0
    for axis in range(3):
        low, high = beside(axis)
        surface[low] |= cortex[low] & ~cortex[high] & outer[high]
        surface[high] |= cortex[high] & ~cortex[low] & outer[low]
    distances_mm = from_marrow_mm[surface]
    distances_mm = distances_mm[distances_mm < CT.thickest_cortex_mm]
    return float(np.percentile(distances_mm, CT.cortex_percentile)) if distances_mm.size else CT.thickest_cortex_mm
