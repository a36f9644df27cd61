"""The network that looks at a dense part of a CT and at what surrounds it, and tells a calcified mass from the rest.

Each view passes four convolutions. Mean and largest value of what they find are taken over the pixels of a view, and
then over the three planes of a step; two dense layers join the steps.

The network was taught on synthetic masses in public CT
(tests/bench/tissue/learning). The weights are in part_network.npz in the same folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.views import as_channels

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONVOLUTIONS: Final = ((5, 2), (3, 2), (3, 1), (3, 2))
"""Pixels along a side, and the step, of each convolution."""
PLANES: Final = 3
"""Views of one step."""
AT_ONCE: Final = 16
"""Number of parts that are computed together. A larger number is not faster and takes more memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution that includes its learned normalization, or a dense layer.

    Parameters
    ----------
    weights
        (rows * columns * inputs, outputs), or (inputs, outputs).
    bias
        (outputs,)
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@cache
def layers() -> tuple[Layer, ...]:
    """Read the weights: the convolutions of the finer step, those of the coarser, and the two dense layers."""
    with (
        (files(__package__) / "part_network.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    count = len(arrays) // 2
    return tuple(Layer(arrays[f"weights_{n:02}"], arrays[f"bias_{n:02}"]) for n in range(count))


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
            pixels = _convolved(pixels, layer, size, step)
        flat = np.concatenate([pixels.mean(axis=(1, 2)), pixels.max(axis=(1, 2))], axis=1).reshape(n, PLANES, -1)
        found += [flat.mean(axis=1), flat.max(axis=1)]
    found.append(np.full((n, 1), whole, dtype=np.float32))
    hidden = np.maximum(np.concatenate(found, axis=1) @ dense.weights + dense.bias, 0)
    said: NDArray[np.float32] = (hidden @ last.weights + last.bias)[:, 0]
    return said


def _convolved(seen: NDArray[np.float32], layer: Layer, size: int, step: int) -> NDArray[np.float32]:
    """Convolve with zero padding at every `step` pixels, and set negative values to zero."""
    n, _, _, channels = seen.shape
    room = size // 2
    padded = np.pad(seen, ((0, 0), (room, room), (room, room), (0, 0)))
    windows = sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::step, ::step].transpose(0, 1, 2, 4, 5, 3)
    rows, columns = windows.shape[1:3]
    found: NDArray[np.float32] = windows.reshape(n * rows * columns, size * size * channels) @ layer.weights
    found += layer.bias
    np.maximum(found, 0, out=found)
    return found.reshape(n, rows, columns, -1)
