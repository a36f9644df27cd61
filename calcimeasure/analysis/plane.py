"""What a lesion is drawn on: the slice of its long axis, or the radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Measurements, PointLps, Radiograph, RadiographMeasurements, Volume

_MARGIN_MM = 15.0
_MARGIN_SHARE = 0.5
"""Of the long axis: a radiograph need not know any millimeters."""
_WINDOW_HU = (-300.0, 1200.0)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """What a lesion is drawn on.

    Parameters
    ----------
    values, index
        (rows, columns) of the slice, and its index in the stack.
    spacing, margin
        Of rows and of columns, and how much is shown round the lesion; in one unit.
    ways
        1 where the row and the column index rise downwards and to the right of the viewer, -1 where not.
    window
        Black and white; None for the darkest and the brightest that is shown.
    axes
        Short and long axis, each as two (row, column).
    """

    values: NDArray[Any]
    index: int
    spacing: tuple[float, float]
    margin: float
    ways: tuple[int, int]
    window: tuple[float, float] | None
    axes: list[list[tuple[float, float]]]


def plane_in_stack(volume: Volume, numbers: Measurements) -> Plane:
    """Take the slice that the long axis lies on."""
    geometry, k = volume.geometry, numbers.long_axis_slice

    def row_column(point: PointLps) -> tuple[float, float]:
        offset = np.array(point) - geometry.origins_lps_mm[k]
        row = offset @ geometry.column_direction / geometry.row_spacing_mm
        column = offset @ geometry.row_direction / geometry.column_spacing_mm
        return float(row), float(column)

    return Plane(
        values=volume.attenuation_hu[k],
        index=k,
        spacing=(geometry.row_spacing_mm, geometry.column_spacing_mm),
        margin=_MARGIN_MM,
        ways=(_way(geometry.column_direction), _way(geometry.row_direction)),
        window=_WINDOW_HU,
        axes=[[row_column(end) for end in axis.ends_lps_mm] for axis in (numbers.short_axis, numbers.long_axis)],
    )


def plane_of_radiograph(radiograph: Radiograph, numbers: RadiographMeasurements) -> Plane:
    """Take the radiograph as it is stored."""
    return Plane(
        values=radiograph.pixels,
        index=0,
        spacing=(numbers.pixel_aspect, 1.0),
        margin=_MARGIN_SHARE * numbers.long_axis.length_px,
        ways=(1, 1),
        window=None,
        axes=[list(axis.ends_px) for axis in (numbers.short_axis, numbers.long_axis)],
    )


def _way(direction: NDArray[np.float64]) -> int:
    """Tell whether an index rises to the viewer's right or downwards: to the left, to the back or to the feet."""
    axis = int(np.argmax(np.abs(direction)))
    rises = direction[axis] > 0
    return 1 if rises != (axis == 2) else -1
