"""Layers of the small networks, computed in NumPy. Each network reads its own weights and joins its own layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A convolution that includes its learned normalization, or a dense layer.

    Parameters
    ----------
    weights
        (rows * columns * inputs, outputs) for a convolution; (inputs, outputs) for a dense layer or a single pixel.
    bias
        (outputs,)
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_layers(file: Traversable) -> tuple[Layer, ...]:
    """Read the layers of a network from an npz file with arrays weights_00, bias_00, weights_01, ..."""
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    count = len(arrays) // 2
    return tuple(Layer(arrays[f"weights_{n:02}"], arrays[f"bias_{n:02}"]) for n in range(count))


def convolved(seen: NDArray[np.float32], layer: Layer, size: int = 3, step: int = 1) -> NDArray[np.float32]:
    """Convolve with zero padding at every `step` pixels, and set negative values to zero.

    Parameters
    ----------
    seen
        (n, rows, columns, inputs)
    layer
        Its weights are those of `size` by `size` pixels.
    size, step
        Pixels along a side of the convolution, odd; and distance of the pixels that are computed.

    Returns
    -------
    array
        (n, rows / step, columns / step, outputs), rounded up.
    """
    n, _, _, channels = seen.shape
    room = size // 2
    padded = np.pad(seen, ((0, 0), (room, room), (room, room), (0, 0)))
    windows = sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::step, ::step].transpose(0, 1, 2, 4, 5, 3)
    rows, columns = windows.shape[1:3]
    found: NDArray[np.float32] = windows.reshape(n * rows * columns, size * size * channels) @ layer.weights
    found += layer.bias
    np.maximum(found, 0, out=found)
    return found.reshape(n, rows, columns, -1)
