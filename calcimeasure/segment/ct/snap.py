"""A drawn outline is moved to the edge beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from skimage.segmentation import watershed

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline
from calcimeasure.segment.ct.cut import steepness_of

if TYPE_CHECKING:
    from calcimeasure.model import Volume
    from calcimeasure.settings import MeasureSettings

REACH_MM: Final = 3.0
"""A reader draws this near to the edge that is meant; an edge farther away is another one."""
SURE_SHARE: Final = 0.5
"""Of the largest depth of an outline: what lies deeper belongs to it, however thin it is."""


def steepest_beside(volume: Volume, outline: Outline, settings: MeasureSettings) -> Outline:
    """Move the border of an outline to the steepest change of attenuation within `REACH_MM`, inside or outside.

    What is not dense leaves the outline. A bone that the outline leaves out stays outside, as far as an edge parts it
    from the mass.

    Parameters
    ----------
    volume, outline
        The stack, and the outline as drawn.
    settings
        `threshold_hu`.

    Raises
    ------
    ReviewError
        Nothing in the outline is dense.
    """
    spacing_mm = volume.geometry.spacing_kji_mm
    room = [int(REACH_MM / mm) + 2 for mm in spacing_mm]
    low = [max(0, a - n) for a, n in zip(outline.start_kji, room, strict=True)]
    high = [min(n, b + m) for b, m, n in zip(outline.stop_kji, room, volume.shape_kji, strict=True)]
    attenuation_hu = volume.attenuation_hu[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    mask, dense = outline.mask_in(low, high), attenuation_hu >= settings.threshold_hu
    own = mask & dense
    if not own.any():
        raise ReviewError(
            f"Something dense in the outline expected, found nothing at or above {settings.threshold_hu:g} HU in it."
        )
    depth_mm = edt.edt(own, anisotropy=spacing_mm, black_border=False)
    sure = own & (depth_mm >= min(REACH_MM, SURE_SHARE * float(depth_mm.max())))
    far = edt.edt(~mask, anisotropy=spacing_mm, black_border=False) > REACH_MM
    markers = np.where(sure, np.int32(1), np.where(far | ~dense, np.int32(2), np.int32(0)))
    found = watershed(steepness_of(attenuation_hu, spacing_mm), markers) == 1
    return Outline.from_mask(found, (low[0], low[1], low[2]))
