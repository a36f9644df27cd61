"""Which images a motion was found from: a motion holds for these images alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Volume


def images_key(volumes: Sequence[Volume], algorithm: str) -> str:
    """Name what a motion is found from.

    Parameters
    ----------
    volumes
        The prior and the current stack.
    algorithm
        Names the algorithm.

    Returns
    -------
    str
        The same for the same voxels at the same places, by the same algorithm.
    """
    digest = hashlib.blake2b(algorithm.encode(), digest_size=12)
    for one in volumes:
        geometry = one.geometry
        digest.update(repr((geometry.shape_kji, geometry.row_spacing_mm, geometry.column_spacing_mm)).encode())
        for places in (geometry.row_direction, geometry.column_direction, geometry.origins_lps_mm):
            digest.update(places.tobytes())
        digest.update(np.ascontiguousarray(one.attenuation_hu).data)
    return digest.hexdigest()
