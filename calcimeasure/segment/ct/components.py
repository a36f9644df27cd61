"""Threshold and connected components."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from calcimeasure.model import Outline
from calcimeasure.segment.ct.boxes import boxes_apart
from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Volume
    from calcimeasure.settings import MeasureSettings


@dataclass(frozen=True, slots=True)
class Components:
    """Connected dense voxels.

    Parameters
    ----------
    outlines
        The components, largest first.
    dropped_count
        Number of components smaller than settings.min_volume_mm3.
    """

    outlines: tuple[Outline, ...]
    dropped_count: int = 0


def find_components(volume: Volume, settings: MeasureSettings) -> Components:
    """Find connected components (26 neighbors) of voxels at or above the threshold.

    Parameters
    ----------
    volume
        The stack.
    settings
        `threshold_hu`, `min_volume_mm3`.

    Returns
    -------
    Components
        One outline for each component of at least `min_volume_mm3`, largest first; and the number of smaller ones that
        were dropped. In a single slice the limit is the area of a disc with the diameter of a ball of that volume.
    """
    dense, start_kji = _dense_box(volume.attenuation_hu, settings.threshold_hu)
    if not dense.size:
        return Components(())
    # Imported here: the command scan and the help texts do not need this library.
    voxel_sizes, smallest = volume.geometry.voxel_sizes, _smallest_size(volume.geometry, settings)
    found, sized = 0, []
    for part in boxes_apart(dense, volume.geometry.spacing_kji_mm, 0.0):
        labels, count = _labeled(dense[part])
        found += count
        corner = [start + side.start for start, side in zip(start_kji, part, strict=True)]
        for label, box in enumerate(ndimage.find_objects(labels, max_label=count), 1):
            # Noise gives hundreds of thousands of small components: most would be too small even if they filled their
            # boxes.
            if math.prod(side.stop - side.start for side in box) * voxel_sizes.max() >= smallest:
                outline = _outline(labels[box] == label, box, (corner[0], corner[1], corner[2]))
                sized.append((_size(outline, voxel_sizes), outline))
    kept = sorted((one for one in sized if one[0] >= smallest), key=_rank)
    return Components(tuple(outline for _, outline in kept), dropped_count=found - len(kept))


def _labeled(dense: NDArray[np.bool_]) -> tuple[NDArray[np.unsignedinteger], int]:
    """Label the connected components, and count them."""
    # Padded to even lengths: in a box of odd lengths the binary labeling of cc3d reserves too little memory for
    # isolated voxels (two in one row are enough), and fails.
    even = np.pad(dense, [(0, n % 2) for n in dense.shape])
    found: tuple[NDArray[np.unsignedinteger], int] = cc3d.connected_components(
        even, connectivity=26, binary_image=True, return_N=True
    )
    return found


def without_specks(outline: Outline, geometry: Geometry, settings: MeasureSettings) -> Outline:
    """Remove separate pieces of an outline that are too small to count as components; the largest piece stays."""
    pieces, count = ndimage.label(outline.mask(), structure=np.ones((3, 3, 3)))
    if count < 2:
        return outline
    voxel_sizes, smallest = geometry.voxel_sizes, _smallest_size(geometry, settings)
    sizes = [
        _size(_outline(pieces[box] == label, box, outline.start_kji), voxel_sizes)
        for label, box in enumerate(ndimage.find_objects(pieces), 1)
    ]
    kept = np.array([False, *(size >= min(smallest, max(sizes)) for size in sizes)])
    return Outline.from_mask(kept[pieces], outline.start_kji)


def _dense_box(
    attenuation_hu: NDArray[np.int16], threshold_hu: float
) -> tuple[NDArray[np.bool_], tuple[int, int, int]]:
    """Threshold only the box of voxels that reach the threshold: labeling the air outside would take too long."""
    # The threshold is an integer like the voxels: comparing with a fraction would copy the volume.
    threshold = math.ceil(threshold_hu)
    in_slices = np.zeros(attenuation_hu.shape[0], dtype=np.bool_)
    in_plane = np.zeros(attenuation_hu.shape[1:], dtype=np.bool_)
    for k, image_hu in enumerate(attenuation_hu):
        dense = image_hu >= threshold
        in_slices[k] = dense.any()
        in_plane |= dense
    used = [np.flatnonzero(along) for along in (in_slices, in_plane.any(axis=1), in_plane.any(axis=0))]
    if not used[0].size:
        return np.empty((0, 0, 0), dtype=np.bool_), (0, 0, 0)
    box = tuple(slice(int(index[0]), int(index[-1]) + 1) for index in used)
    return attenuation_hu[box] >= threshold, (box[0].start, box[1].start, box[2].start)


def _rank(sized: tuple[float, Outline]) -> tuple[float, tuple[int, int, int]]:
    """Order by size, largest first; components of equal size (apart from rounding) by their first index."""
    size, outline = sized
    return (-round(size, 6), outline.start_kji)


def _smallest_size(geometry: Geometry, settings: MeasureSettings) -> float:
    # Reduced by the rounding error of a sum: the position of a stack must not decide whether a component of exactly the
    # limit is kept.
    smallest_mm3 = settings.min_volume_mm3 * (1 - CT.size_rounding)
    if geometry.shape_kji[0] > 1:
        return smallest_mm3
    diameter_mm = math.cbrt(6 * smallest_mm3 / math.pi)
    return math.pi / 4 * diameter_mm**2


def _outline(mask: NDArray[np.bool_], box: tuple[slice, slice, slice], start_kji: tuple[int, int, int]) -> Outline:
    k, j, i = (start + part.start for start, part in zip(start_kji, box, strict=True))
    return Outline.from_mask(mask, (k, j, i))


def _size(outline: Outline, voxel_sizes: NDArray[np.float64]) -> float:
    voxels_per_slice = np.count_nonzero(outline.mask(), axis=(1, 2))
    return float(np.sum(voxels_per_slice * voxel_sizes[outline.box[0]]))
