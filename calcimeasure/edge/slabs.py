"""Work on large boxes with every core."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

_First = TypeVar("_First")
_Second = TypeVar("_Second")

_SLAB_VOXELS = 400_000
"""So few voxels that the intermediate arrays of a slab stay in the cache of a core."""

_LARGE_BOX_VOXELS = 3_000_000
"""In smaller boxes threads take more time than they save: several boxes are measured at the same time instead."""


_FEW_VOXELS = 50_000
"""In smaller boxes even a distance transform is no faster with several threads."""


def threads_for(voxels: int) -> int:
    """Say how many threads to work with on so many voxels."""
    return thread_count() if voxels > _LARGE_BOX_VOXELS else 1


def threads_for_distances(voxels: int) -> int:
    """Say how many threads a distance transform uses: it holds the interpreter lock, so that no other thread works."""
    return thread_count() if voxels > _FEW_VOXELS else 1


def in_slabs(work: Callable[[slice], None], shape_kji: tuple[int, ...]) -> None:
    """Do work on all slices of a box, where the work on a slice needs no other slice.

    Parameters
    ----------
    work
        Takes the slices of a slab; called from several threads at once in a large box.
    shape_kji
        Of the box.
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


def side_by_side(
    first: Callable[[], _First], second: Callable[[], _Second], shape_kji: tuple[int, ...]
) -> tuple[_First, _Second]:
    """Do two independent things: at the same time where they are about a large box, else one after the other."""
    if threads_for(math.prod(shape_kji)) == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        return first(), other.result()
