"""The plane on which a lesion is drawn: the slice of its long axis, or the radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Measurements, PointLps, Radiograph, RadiographMeasurements, Volume

_MARGIN_MM = 15.0
_RADIOGRAPH_MARGIN_MM = 20.0
"""What a picture of a radiograph shows around a lesion: a film can have names at its border."""
_MARGIN_SHARE = 0.25
"""Margin as a share of the long axis, where millimeters of a radiograph are not known."""
_WINDOW_HU = (-300.0, 1200.0)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The plane on which a lesion is drawn.

    Parameters
    ----------
    values, index
        (rows, columns) of the slice, and its index in the stack.
    spacing, margin
        Spacing of rows and of columns, and the width of the margin shown around the lesion; all in one unit.
    ways
        For rows and for columns: 1 if the index increases downwards or to the right for the viewer, otherwise -1.
    window
        The values shown as black and as white; None for the lowest and the highest value in the picture.
    axes
        Short and long axis, each as two points (row, column).
    unit_mm
        The unit of spacing and margin; None if it is not known.
    letters
        The directions in the patient to the viewer's left and to the top: R, A or S each; empty if not known.
    is_cropped
        Whether nothing beyond the margin is shown.
    """

    values: NDArray[Any]
    index: int
    spacing: tuple[float, float]
    margin: float
    ways: tuple[int, int]
    window: tuple[float, float] | None
    axes: list[list[tuple[float, float]]]
    unit_mm: float | None = 1.0
    letters: str = ""
    is_cropped: bool = False


def plane_in_stack(volume: Volume, numbers: Measurements) -> Plane:
    """Take the slice that contains the long axis."""
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
        letters=_letter(geometry.row_direction) + _letter(geometry.column_direction),
    )


def plane_of_radiograph(radiograph: Radiograph, numbers: RadiographMeasurements) -> Plane:
    """Take the radiograph as it is stored."""
    unit_mm = numbers.column_spacing_mm
    return Plane(
        values=radiograph.pixels,
        index=0,
        spacing=(numbers.pixel_aspect, 1.0),
        margin=_RADIOGRAPH_MARGIN_MM / unit_mm if unit_mm else _MARGIN_SHARE * numbers.long_axis.length_px,
        ways=(1, 1),
        window=None,
        axes=[list(axis.ends_px) for axis in (numbers.short_axis, numbers.long_axis)],
        unit_mm=unit_mm,
        is_cropped=True,
    )


def _way(direction: NDArray[np.float64]) -> int:
    """Tell whether an index increases to the viewer's right or downwards: to the patient's left, back or feet."""
    axis = int(np.argmax(np.abs(direction)))
    rises = direction[axis] > 0
    return 1 if rises != (axis == 2) else -1


def _letter(direction: NDArray[np.float64]) -> str:
    """Name the direction in the patient that `_way` brings to the viewer's left or to the top."""
    return "RAS"[int(np.argmax(np.abs(direction)))]
