"""How thick the tissue is that a slice shows: gaps between slices are judged by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.settings.constants import Constants, constant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ThicknessConstants(Constants):
    """The constants for the thickness of slices."""

    thickness_mm: tuple[float, float] = constant(
        (0.02, 30.0),
        "mm",
        "No CT slice is thinner, and no slab of slices is thicker: a Slice Thickness outside of this range says "
        "nothing.",
    )
    one_step_ratio: float = constant(1.1, "", "Steps between slices whose ratio is smaller are one step.")
    assumed_overlap: float = constant(
        1.5,
        "of the smallest step",
        "The thickness that is assumed if the header tells none: slices of two protocols in one stack overlap so much.",
    )


THICKNESS: Final = ThicknessConstants()


def imaged_thickness_mm(slice_thickness_mm: float | None, steps_mm: NDArray[np.float64]) -> float | None:
    """Give the thickness of tissue that a slice shows.

    Parameters
    ----------
    slice_thickness_mm
        Slice Thickness (0018,0050), in mm; None if the header has none.
    steps_mm
        (k - 1,) distances of the slices along the normal, in mm.

    Returns
    -------
    float or None
        In mm: Slice Thickness if it is plausible. If it is not and the steps differ, 1.5 times the smallest step:
        slices are seldom farther apart than they are thick. None if neither tells it.
    """
    lowest_mm, highest_mm = THICKNESS.thickness_mm
    if slice_thickness_mm is not None and lowest_mm <= slice_thickness_mm <= highest_mm:
        return slice_thickness_mm
    if steps_mm.size and steps_mm.max() > THICKNESS.one_step_ratio * steps_mm.min():
        return THICKNESS.assumed_overlap * float(steps_mm.min())
    return None
