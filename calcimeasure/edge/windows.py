"""The highest and the lowest value in a window around each voxel.

The results are those of `scipy.ndimage.maximum_filter` and `minimum_filter`. Comparing whole rows at a time takes a
fraction of their time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray

_Value = TypeVar("_Value", np.float32, np.bool_)


def highest_in(values: NDArray[_Value], widths: Sequence[int]) -> NDArray[_Value]:
    """Give the highest value in a window around each voxel.

    Parameters
    ----------
    values
        (k, j, i).
    widths
        Odd number of voxels of the window along each axis; a window ends where the box ends.
    """
    lowest = False if values.dtype == np.bool_ else -np.inf
    return _chosen_in(values, widths, np.maximum, lowest)


def lowest_in(values: NDArray[_Value], widths: Sequence[int]) -> NDArray[_Value]:
    """Give the lowest value in a window around each voxel; as `highest_in`."""
    highest = True if values.dtype == np.bool_ else np.inf
    return _chosen_in(values, widths, np.minimum, highest)


def _chosen_in(
    values: NDArray[_Value], widths: Sequence[int], choose: Callable[..., NDArray[Any]], beyond: float
) -> NDArray[_Value]:
    for axis, width in enumerate(widths):
        room = [(width // 2, width // 2) if one == axis else (0, 0) for one in range(values.ndim)]
        chosen, length = np.pad(values, room, constant_values=beyond), 1
        # A window of twice the length is two windows beside each other; the last two may overlap.
        while length < width:
            step = min(length, width - length)
            before, after = [slice(None)] * values.ndim, [slice(None)] * values.ndim
            before[axis], after[axis] = slice(None, -step), slice(step, None)
            chosen, length = choose(chosen[tuple(before)], chosen[tuple(after)]), length + step
        values = chosen
    return values
