"""How thick the tissue is that a slice shows: gaps between slices are judged by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.measure.constants import MEASURE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    lowest_mm, highest_mm = MEASURE.thickness_mm
    if slice_thickness_mm is not None and lowest_mm <= slice_thickness_mm <= highest_mm:
        return slice_thickness_mm
    if steps_mm.size and steps_mm.max() > MEASURE.one_step_ratio * steps_mm.min():
        return MEASURE.assumed_overlap * float(steps_mm.min())
    return None
