"""The difference of two dates around a lesion, for display only: nothing is measured on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.review.prior import index_in_prior, volumes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Image
    from calcimeasure.model.follow import Motion


def difference_hu(images: tuple[Image, Image], motion: Motion, index_kji: NDArray[np.intp]) -> NDArray[np.float32]:
    """Subtract the prior image from the current one at voxels of the current one.

    Parameters
    ----------
    images
        The prior and the current stack.
    motion
        Leads from the prior to the current one.
    index_kji
        (..., 3) indexes of voxels of the current stack.

    Returns
    -------
    ndarray
        (...) HU, current minus prior; not a number where the prior stack has no image. The prior stack is interpolated
        linearly: these values are for display only.
    """
    prior, current = volumes_of(images)
    there = np.moveaxis(index_in_prior(images, motion, index_kji), -1, 0)
    now = current.attenuation_hu[tuple(np.moveaxis(index_kji, -1, 0))].astype(np.float32)
    before = ndimage.map_coordinates(prior.attenuation_hu, there, output=np.float32, order=1, mode="nearest")
    last = np.array(prior.shape_kji).reshape(-1, *(1 for _ in there.shape[1:])) - 1
    is_imaged = np.all((there >= -0.5) & (there <= last + 0.5), axis=0)
    return np.where(is_imaged, now - before, np.float32(np.nan))
