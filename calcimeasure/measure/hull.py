"""The convex hull of a mass, through the points that lie farthest in many directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.directions import directions, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hull:
    """The convex hull.

    Parameters
    ----------
    volume_mm3, area_mm2
        Volume and area of the surface; the volume is infinite for points in a plane, which have no hull.
    thickness_mm
        Smallest extent in any direction; 0 for points in a plane.
    """

    volume_mm3: float
    area_mm2: float
    thickness_mm: float


def hull_of(border_mm: NDArray[np.float64]) -> Hull:
    """Measure the convex hull of (n, 3) points of a surface."""
    some = border_mm[spread(len(border_mm), MEASURE.hull_points)]
    corners = some[np.unique((some @ directions(MEASURE.hull_directions).T).argmax(axis=0))]
    try:
        hull = ConvexHull(corners)
    except (QhullError, ValueError):
        # Too few points, or points in a plane.
        return Hull(math.inf, math.inf, 0.0)
    # A body is thinnest across one of the faces of its hull, or nearly so.
    thickness_mm = float(np.ptp(some @ hull.equations[:, :3].T, axis=0).min())
    return Hull(float(hull.volume), float(hull.area), thickness_mm)
