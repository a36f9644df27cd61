"""A copy of a stack turned upright: its axes run along the patient's, whatever plane it was acquired in.

Everything that depends on up, back and left is looked for on it. A tilt of less than 45 degrees stays as it is: it
moves the front of the spine and the wall of the trunk alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from calcimeasure.segment.ct.constants import CT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.segment.ct.coarse import Coarse

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """How the axes of a coarse copy are turned upright, and every how many blocks they are looked at.

    Parameters
    ----------
    order
        The axis of the copy that runs along the patient's length, from back to front, and from side to side.
    reversed_axes
        Whether it runs the other way: upright axes run up, backward, and to the patient's left.
    step
        Every how many blocks the thinned copy has one, about `CT.body_step_mm`, along upright axes.
    block_mm, thin_mm
        Spacing of the blocks, and of the thinned copy, along upright axes.
    """

    order: tuple[int, int, int]
    reversed_axes: tuple[bool, bool, bool]
    step: tuple[int, int, int]
    block_mm: tuple[float, float, float]
    thin_mm: tuple[float, float, float]

    @classmethod
    def of(cls, coarse: Coarse, geometry: Geometry) -> Upright | None:
        """Turn a coarse copy upright; None if two of its axes run along the same axis of the patient."""
        directions = np.array([geometry.normal, geometry.column_direction, geometry.row_direction])
        along = np.abs(directions).argmax(axis=1).tolist()
        if sorted(along) != [0, 1, 2]:
            return None
        order = [along.index(axis) for axis in (2, 1, 0)]
        block_mm = [coarse.spacing_mm[axis] for axis in order]
        step = [max(1, round(CT.body_step_mm / mm)) for mm in block_mm]
        return cls(
            order=_three(order),
            reversed_axes=_three([bool(directions[axis, lps] < 0) for axis, lps in zip(order, (2, 1, 0), strict=True)]),
            step=_three(step),
            block_mm=_three(block_mm),
            thin_mm=_three([n * mm for n, mm in zip(step, block_mm, strict=True)]),
        )

    def turned(self, blocks: NDArray[Scalar]) -> NDArray[Scalar]:
        """Turn an array of the copy upright, without copying it."""
        return blocks.transpose(self.order)[tuple(slice(None, None, -1 if back else 1) for back in self.reversed_axes)]

    def slices(self, blocks: NDArray[Scalar]) -> NDArray[Scalar]:
        """Turn an array of the copy upright, and take every nth slice across the patient's length, without copying."""
        turned = self.turned(blocks)
        return turned[min(self.step[0] // 2, len(turned) - 1) :: self.step[0]]

    def thinned(self, slices: NDArray[Scalar]) -> NDArray[Scalar]:
        """Take every nth block in each of the slices, the middle one of each step."""
        _, rows, columns = slices.shape
        row, column = min(self.step[1] // 2, rows - 1), min(self.step[2] // 2, columns - 1)
        return np.ascontiguousarray(slices[:, row :: self.step[1], column :: self.step[2]])

    def points_mm(self, index_kji: NDArray[np.intp], shape_kji: tuple[int, ...]) -> NDArray[np.float64]:
        """Middles of blocks of the copy, along upright axes, from the corner of the upright copy.

        Parameters
        ----------
        index_kji
            (n, 3) of blocks of the copy.
        shape_kji
            Of the copy.
        """
        columns = []
        for axis, back, mm in zip(self.order, self.reversed_axes, self.block_mm, strict=True):
            at = index_kji[:, axis]
            columns.append(((shape_kji[axis] - 1 - at if back else at) + 0.5) * mm)
        return np.stack(columns, axis=1)


T = TypeVar("T")


def _three(values: Sequence[T]) -> tuple[T, T, T]:
    one, two, three = values
    return one, two, three
