"""Where a lesion lies, in points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline

MOST_POINTS: Final = 4000
"""So many voxels of a large mass tell its middle to 0.1 mm, and which share of it lies beyond a plane to 1 %."""


def outline_points(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    """(n, 3) LPS mm of the voxels of an outline; of a large one of every so-manieth."""
    index = np.argwhere(outline.mask())
    index = index[:: -(-len(index) // MOST_POINTS)]
    return geometry.to_lps_mm(index + np.array(outline.start_kji))
