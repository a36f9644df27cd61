"""Layers of the small networks, computed in NumPy. Each network reads its own weights and joins its own layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
    n, rows, columns, channels = seen.shape
    room = size // 2
    padded = np.pad(seen, ((0, 0), (room, room), (room, room), (0, 0)))
    out_rows, out_columns = -(-rows // step), -(-columns // step)
    # Only the columns beside a pixel are copied next to it: the rows are summed, which takes a third of the memory.
    beside = np.empty((n, rows + 2 * room, out_columns, size * channels), dtype=np.float32)
    for away in range(size):
        beside[..., away * channels : (away + 1) * channels] = padded[:, :, away : away + columns : step]
    weights = layer.weights.reshape(size, size * channels, -1)
    inputs = [beside[:, away : away + rows : step].reshape(n, out_rows * out_columns, -1) for away in range(size)]
    found: NDArray[np.float32] = inputs[0] @ weights[0]
    more = np.empty_like(found)
    for of_row, weight in zip(inputs[1:], weights[1:], strict=True):
        found += np.matmul(of_row, weight, out=more)
    found += layer.bias
    np.maximum(found, 0, out=found)
    return found.reshape(n, out_rows, out_columns, -1)
