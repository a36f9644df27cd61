"""The networks that separate the shadow of a mass from structures in front of it and behind it on a radiograph.

Both are a U-Net (Ronneberger et al., MICCAI 2015;9351:234) with four levels. `SHADOWS` was trained on synthetic masses
on projections of CT. `CALCINOSIS` was trained further on real radiographs with synthetic calcinosis: clouds, grains,
nets and plates (tests/bench/radiograph/learning). The weights are in the same folder.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.segment.layers import Layer, convolved, read_layers
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.threads import one_thread_for_products

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE: Final = RADIOGRAPH.patch_pixels
"""Pixels along a side of a patch."""
CHANNELS: Final = 3
"""See `calcimeasure.segment.radiograph.shadows.as_seen`."""
SHADOWS: Final = "shadow_network.npz"
"""The weights of the network that was trained on projections of CT."""
CALCINOSIS: Final = "calcinosis_network.npz"
"""The weights of the network that was trained further on real radiographs."""
LEVELS: Final = 4
"""The number of levels in the file of weights."""
AT_ONCE: Final = 8
"""Number of patches that are computed together. A larger number is not faster and takes more memory."""


@cache
def layers(weights: str = SHADOWS) -> tuple[Layer, ...]:
    """Read the weights: two layers for each level on the way down, two for each on the way up, and the last."""
    return read_layers(files(__package__) / weights)


@one_thread_for_products()
def mass_shares(patches: NDArray[np.float32], weights: str = SHADOWS) -> NDArray[np.float32]:
    """(n, SIDE, SIDE) probability that a pixel lies in the shadow of the mass in the middle of its patch.

    Parameters
    ----------
    patches
        (n, SIDE, SIDE, CHANNELS)
    weights
        `SHADOWS` or `CALCINOSIS`.
    """
    parts = [_mass_shares(patches[n : n + AT_ONCE], weights) for n in range(0, len(patches), AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, SIDE, SIDE), dtype=np.float32)


def _mass_shares(seen: NDArray[np.float32], weights: str) -> NDArray[np.float32]:
    remaining = iter(layers(weights))
    levels = []
    for level in range(LEVELS):
        seen = _halved(seen) if level else seen
        seen = convolved(convolved(seen, next(remaining)), next(remaining))
        levels.append(seen)
    for finer in reversed(levels[:-1]):
        seen = np.concatenate([finer, seen.repeat(2, axis=1).repeat(2, axis=2)], axis=-1)
        seen = convolved(convolved(seen, next(remaining)), next(remaining))
    last = next(remaining)
    log_odds = (seen @ last.weights + last.bias)[..., 0]
    shares: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return shares


def _halved(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    n, rows, columns, channels = seen.shape
    largest: NDArray[np.float32] = seen.reshape(n, rows // 2, 2, columns // 2, 2, channels).max(axis=(2, 4))
    return largest
