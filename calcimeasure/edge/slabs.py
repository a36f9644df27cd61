"""Computation on large boxes with all cores."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_First = TypeVar("_First")
_Second = TypeVar("_Second")

_SLAB_VOXELS = 400_000
"""Number of voxels in a slab, so small that its intermediate arrays fit into the cache of a core."""

_LARGE_BOX_VOXELS = 3_000_000
"""Smaller boxes use one thread, because more threads cost more time than they save; several boxes run in parallel."""


_FEW_VOXELS = 50_000
"""In smaller boxes a distance transform is not faster with several threads."""


def threads_for(voxels: int) -> int:
    """Give the number of threads for a number of voxels."""
    return thread_count() if voxels > _LARGE_BOX_VOXELS else 1


def threads_for_distances(voxels: int) -> int:
    """Give the number of threads for a distance transform, which blocks other threads by the interpreter lock."""
    return thread_count() if voxels > _FEW_VOXELS else 1


def in_slabs(work: Callable[[slice], None], shape_kji: tuple[int, ...]) -> None:
    """Process all slices of a box, if processing a slice needs no other slice.

    Parameters
    ----------
    work
        Takes the slices of a slab; called from several threads at once in a large box.
    shape_kji
        The shape of the box.
    """
    count, rows, columns = shape_kji
    depth = max(1, _SLAB_VOXELS // max(rows * columns, 1))
    slabs = [slice(start, min(start + depth, count)) for start in range(0, count, depth)]
    threads = threads_for(count * rows * columns)
    if threads == 1:
        for slab in slabs:
            work(slab)
        return
    with ThreadPoolExecutor(threads) as pool:
        # All results are read, so that an exception in any slab is raised here.
        list(pool.map(work, slabs))


def voxels_in_slices(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(k,) number of voxels of a mask in each slice."""
    # Slice by slice, because NumPy counts along axes far more slowly.
    return np.array([np.count_nonzero(one) for one in mask], dtype=np.intp)


def side_by_side(
    first: Callable[[], _First], second: Callable[[], _Second], shape_kji: tuple[int, ...]
) -> tuple[_First, _Second]:
    """Run two independent functions: at the same time for a large box, else one after the other."""
    if threads_for(math.prod(shape_kji)) == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        return first(), other.result()
