"""The network that looks at a dense part of a CT and at what surrounds it, and tells a calcified mass from the rest.

Each view passes four convolutions. Mean and largest value of what they find are taken over the pixels of a view, and
then over the three planes of a step; two dense layers join the steps.

The network was taught on synthetic masses in public CT
(tests/bench/tissue/learning). The weights are in part_network.npz in the same folder.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.views import as_channels
from calcimeasure.segment.layers import Layer, convolved, read_layers
from calcimeasure.threads import one_thread_for_products

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONVOLUTIONS: Final = ((5, 2), (3, 2), (3, 1), (3, 2))
"""Pixels along a side, and the step, of each convolution."""
PLANES: Final = 3
"""Views of one step."""
AT_ONCE: Final = 16
"""Number of parts that are computed together. A larger number is not faster and takes more memory."""


@cache
def layers() -> tuple[Layer, ...]:
    """Read the weights: the convolutions of the finer step, those of the coarser, and the two dense layers."""
    return read_layers(files(__package__) / "part_network.npz")


@one_thread_for_products()
def log_odds(seen_hu: NDArray[np.int16], own: NDArray[np.bool_], *, whole: bool) -> NDArray[np.float64]:
    """(n,) log odds for a calcified mass, rounded to `CT.network_rounding`.

    Parameters
    ----------
    seen_hu, own
        (n, VIEWS, SIDE, SIDE), see `calcimeasure.segment.ct.views.views_of`.
    whole
        Whether they are solids of several pieces, not single parts.
    """
    parts = [_log_odds(seen_hu[n : n + AT_ONCE], own[n : n + AT_ONCE], whole) for n in range(0, len(seen_hu), AT_ONCE)]
    found = np.concatenate(parts).astype(np.float64) if parts else np.empty(0)
    return np.round(found / CT.network_rounding) * CT.network_rounding


def _log_odds(seen_hu: NDArray[np.int16], own: NDArray[np.bool_], whole: bool) -> NDArray[np.float32]:
    *convolutions, dense, last = layers()
    seen = as_channels(seen_hu, own)
    n, views, side, _, channels = seen.shape
    found = []
    for scale in range(views // PLANES):
        pixels = seen[:, scale * PLANES : (scale + 1) * PLANES].reshape(n * PLANES, side, side, channels)
        for layer, (size, step) in zip(convolutions[scale * len(CONVOLUTIONS) :], CONVOLUTIONS, strict=False):
            pixels = convolved(pixels, layer, size, step)
        flat = np.concatenate([pixels.mean(axis=(1, 2)), pixels.max(axis=(1, 2))], axis=1).reshape(n, PLANES, -1)
        found += [flat.mean(axis=1), flat.max(axis=1)]
    found.append(np.full((n, 1), whole, dtype=np.float32))
    hidden = np.maximum(np.concatenate(found, axis=1) @ dense.weights + dense.bias, 0)
    said: NDArray[np.float32] = (hidden @ last.weights + last.bias)[:, 0]
    return said
