"""The cut between a mass and bone, at full resolution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.near import beyond, within
from calcimeasure.segment.ct.split import beside

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cut(
    attenuation_hu: NDArray[np.int16],
    dense: NDArray[np.bool_],
    own: NDArray[np.bool_],
    others: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.bool_]:
    """Divide dense voxels between a part and the parts that it touches, along the steepest change of attenuation.

    Parameters
    ----------
    attenuation_hu, dense
        (k, j, i) of a box that contains the part and a little of the other parts, and the voxels to divide.
    own, others, marrow
        Coarse masks of the part, of the other parts, and of the marrow that they enclose.
    spacing_mm
        Spacing of the voxels.

    Returns
    -------
    ndarray
        The voxels of the part.
    """
    others = others & dense
    marrow = marrow & ~dense
    own = own & dense & ~others
    if not own.any() or not (others.any() or marrow.any()):
        return own if not own.any() else dense.copy()
    from_others_mm = _distance_mm(others, spacing_mm)
    from_marrow_mm = _distance_mm(marrow, spacing_mm)
    cortex_mm = _cortex_mm(from_marrow_mm[others & (_distance_mm(own, spacing_mm) <= CT.beside_mm)])
    # Distance from bone: from other parts, and from marrow minus the thickness of the cortex under the part.
    depth_mm = np.minimum(from_others_mm, from_marrow_mm - cortex_mm)
    sure = own & (depth_mm >= min(CT.sure_mm, float(depth_mm[own].max()) / 2))
    cortex = (
        from_marrow_mm <= max(CT.surely_cortex * cortex_mm, CT.surely_cortex_pixels * min(spacing_mm[1:]))
    ) & dense
    bone = ((others & ~within(sure, spacing_mm, CT.sure_mm)) | cortex) & ~sure
    if not bone.any():
        return dense.copy()
    markers = sure.astype(np.int32) + 2 * bone
    divided = watershed(steepness_of(attenuation_hu, spacing_mm), markers, mask=dense)
    return _without_spurs(divided == 1, dense, spacing_mm)


def steepness_of(attenuation_hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Compute how steeply smoothed attenuation changes in each voxel of a box (k, j, i)."""
    smooth_hu = ndimage.gaussian_filter(
        np.clip(attenuation_hu, *CT.compared_hu).astype(np.float32), [CT.steepness_sigma_mm / mm for mm in spacing_mm]
    )
    squares = sum(np.square(ndimage.sobel(smooth_hu, axis) / mm) for axis, mm in enumerate(spacing_mm))
    steepness: NDArray[np.float32] = np.sqrt(squares)
    return steepness


def _without_spurs(
    part: NDArray[np.bool_], dense: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Remove the thin layer of the part along the blurred surface of the bone."""
    thick = beyond(part, spacing_mm, CT.spur_mm)
    if not thick.any():
        return part
    spur = part & ~within(thick, spacing_mm, 2 * CT.spur_mm)
    return part & ~(spur & within(dense & ~part, spacing_mm, 2 * CT.spur_mm))


def _distance_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance to the nearest voxel of a mask; a large value if the mask is empty."""
    if not mask.any():
        return np.full(mask.shape, CT.far_mm, dtype=np.float32)
    distance_mm: NDArray[np.float32] = edt.edt(~mask, anisotropy=spacing_mm, black_border=False)
    return distance_mm


def _cortex_mm(from_marrow_mm: NDArray[np.float32]) -> float:
    """Estimate the thickness of the cortex from the distance between marrow and surface of the bone beside the part."""
    near = from_marrow_mm[from_marrow_mm < CT.thickest_cortex_mm]
    return float(np.percentile(near, CT.cortex_percentile)) if near.size else 0.0


def contact_mm2(part: NDArray[np.bool_], bone: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> float:
    """Compute the area of the surface that two masks share.

    Each voxel face is weighted with the cosine of the angle between the face and the local surface, so that a plane has
    its true area at every angle.
    """
    if not (part.any() and bone.any()):
        return 0.0
    smooth = ndimage.gaussian_filter(
        np.pad(part, 2).astype(np.float32), [CT.contact_sigma_voxels * min(spacing_mm) / mm for mm in spacing_mm]
    )
    normal = [np.gradient(smooth, mm, axis=axis)[2:-2, 2:-2, 2:-2] for axis, mm in enumerate(spacing_mm)]
    length = np.sqrt(sum(np.square(along) for along in normal)) + 1e-9
    total = 0.0
    for axis, along in enumerate(normal):
        face_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        cosine = np.abs(along) / length
        low, high = beside(axis)
        meet = (part[low] & bone[high]) | (bone[low] & part[high])
        mean = (cosine[low] + cosine[high]) / 2
        total += face_mm2 * float(mean[meet].sum())
    return total
