"""Directions in space, and points chosen among many: both spread evenly, and the same on every machine."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = (math.sqrt(5) - 1) / 2


@functools.cache
def directions(count: int) -> NDArray[np.float64]:
    """(n, 3) unit vectors on a spiral over the sphere: each stands for the same solid angle."""
    heights = 1 - 2 * (np.arange(count) + 0.5) / count
    turns = np.arange(count) * 2 * math.pi * _GOLDEN
    flat = np.sqrt(1 - heights**2)
    vectors = np.column_stack([flat * np.cos(turns), flat * np.sin(turns), heights])
    vectors.flags.writeable = False
    return vectors


def spread(count: int, wanted: int) -> NDArray[np.intp]:
    """Choose some of many points, spread over all of them; an even step would choose one side of each row."""
    if count <= wanted:
        return np.arange(count)
    return np.unique((np.arange(wanted) * _GOLDEN % 1 * count).astype(np.intp))
