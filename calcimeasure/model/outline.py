"""The mask of one lesion, in a compact form to store and to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Outline:
    """The mask of one lesion: a box in the stack, and one bit for each voxel in the box.

    Parameters
    ----------
    start_kji, stop_kji
        First index of the box and the index after its last; the mask touches each face of the box.
    bits
        The mask in C order, eight voxels per byte (`numpy.packbits`).
    """

    start_kji: tuple[int, int, int]
    stop_kji: tuple[int, int, int]
    bits: bytes = field(repr=False)

    @classmethod
    def from_mask(cls, mask: NDArray[np.bool_], start_kji: tuple[int, int, int] = (0, 0, 0)) -> Self:
        """Crop a mask to its bounding box.

        Parameters
        ----------
        mask
            (k, j, i), true inside the lesion.
        start_kji
            Index of mask[0, 0, 0] in the stack.

        Raises
        ------
        ValueError
            The mask is empty.
        """
        if not mask.any():
            raise ValueError("An outline needs at least one voxel, the mask is empty.")
        used = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        box = tuple(slice(int(index[0]), int(index[-1]) + 1) for index in used)
        k, j, i = (int(offset) + part.start for offset, part in zip(start_kji, box, strict=True))
        bits = np.packbits(mask[box]).tobytes()
        depth, height, width = mask[box].shape
        return cls((k, j, i), (k + depth, j + height, i + width), bits)

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of the box."""
        k, j, i = (stop - start for start, stop in zip(self.start_kji, self.stop_kji, strict=True))
        return (k, j, i)

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Index that cuts the box out of the stack."""
        k, j, i = (slice(start, stop) for start, stop in zip(self.start_kji, self.stop_kji, strict=True))
        return (k, j, i)

    @property
    def voxel_count(self) -> int:
        """Number of voxels inside the lesion."""
        return int(np.bitwise_count(np.frombuffer(self.bits, dtype=np.uint8)).sum())

    def mask(self) -> NDArray[np.bool_]:
        """(k, j, i) of the box, true inside the lesion."""
        return self._slices(0, self.shape_kji[0])

    def mask_in(self, start_kji: Sequence[int], stop_kji: Sequence[int]) -> NDArray[np.bool_]:
        """(k, j, i) of another box of the stack, true inside the lesion; only slices in both boxes are unpacked."""
        mask = np.zeros([b - a for a, b in zip(start_kji, stop_kji, strict=True)], dtype=np.bool_)
        low = [max(a, b) for a, b in zip(self.start_kji, start_kji, strict=True)]
        high = [min(a, b) for a, b in zip(self.stop_kji, stop_kji, strict=True)]
        if all(a < b for a, b in zip(low, high, strict=True)):
            here = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start_kji, strict=True))
            own = tuple(slice(a - s, b - s) for a, b, s in zip(low[1:], high[1:], self.start_kji[1:], strict=True))
            mask[here] = self._slices(low[0] - self.start_kji[0], high[0] - self.start_kji[0])[:, *own]
        return mask

    def _slices(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Unpack some slices of the box: the outline of a body has hundreds of slices, a lesion in it needs a few."""
        _, rows, columns = self.shape_kji
        begin, end = first * rows * columns, stop * rows * columns
        packed = np.frombuffer(self.bits, dtype=np.uint8)[begin // 8 : -(-end // 8)]
        unpacked = np.unpackbits(packed)[begin % 8 : begin % 8 + end - begin]
        return unpacked.view(np.bool_).reshape(stop - first, rows, columns)

    def overlap(self, other: Outline) -> int:
        """Count the voxels that two outlines of one stack share."""
        return int(np.count_nonzero(self.mask() & other.mask_in(self.start_kji, self.stop_kji)))

    def union(self, *others: Outline) -> Outline:
        """Join outlines of one stack into one."""
        outlines = (self, *others)
        start = [min(one.start_kji[axis] for one in outlines) for axis in range(3)]
        stop = [max(one.stop_kji[axis] for one in outlines) for axis in range(3)]
        mask = np.any([one.mask_in(start, stop) for one in outlines], axis=0)
        return type(self).from_mask(mask, (start[0], start[1], start[2]))
