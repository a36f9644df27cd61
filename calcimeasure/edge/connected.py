"""Connected pieces of a mask."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import cc3d
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Outline


def label_pieces(mask: NDArray[np.bool_], connectivity: int = 26) -> NDArray[np.unsignedinteger]:
    """Label the connected pieces of a mask.

    Parameters
    ----------
    mask
        (k, j, i).
    connectivity
        6, 18 or 26 neighbors.

    Returns
    -------
    ndarray
        (k, j, i): the number of the piece, from 1 on; 0 outside of the mask.
    """
    # Padded to even lengths: in a box of odd lengths the binary labeling of cc3d reserves too little memory for
    # isolated voxels, and fails.
    roomy = np.pad(mask, [(0, length % 2) for length in mask.shape])
    k, j, i = mask.shape
    labels: NDArray[np.unsignedinteger] = cc3d.connected_components(roomy, connectivity=connectivity, binary_image=True)
    return labels[:k, :j, :i]


def count_pieces(mask: NDArray[np.bool_]) -> int:
    """Count the connected pieces (26 neighbors) of a mask (k, j, i)."""
    return int(label_pieces(mask).max())


@functools.lru_cache(maxsize=4)
def piece_sizes(outline: Outline) -> tuple[int, ...]:
    """Count the voxels of each connected piece (26 neighbors) of an outline; several steps ask for those of a mass."""
    labels = label_pieces(outline.mask())
    count = int(labels.max())
    return (
        (outline.voxel_count,) if count == 1 else tuple(np.bincount(labels.ravel(), minlength=count + 1)[1:].tolist())
    )
