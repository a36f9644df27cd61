"""Places that no scanner can name: rounding is larger than a voxel there, and grids have no points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.errors import GeometryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Stack

FARTHEST_MM: Final = 1e5
"""mm. A table moves 2 m, and no room is a hundred meters long."""


def refuse_out_of_reach(stack: Stack, origins_lps_mm: NDArray[np.float64]) -> None:
    """Refuse a stack with a slice that lies farther from the origin than any room is long.

    Parameters
    ----------
    stack
        For the message.
    origins_lps_mm
        (k, 3) Image Position (Patient) of each slice; finite.

    Raises
    ------
    GeometryError
        Reason ``implausible_place``.
    """
    farthest_mm = float(np.abs(origins_lps_mm).max())
    if farthest_mm > FARTHEST_MM:
        worst = int(np.argmax(np.abs(origins_lps_mm).max(axis=1)))
        raise GeometryError(
            "implausible_place",
            f"Slices at most {FARTHEST_MM / 1000:.0f} m from the origin expected, found {farthest_mm / 1000:.3g} m in "
            f"{stack.instances[worst].path.name} (Image Position (Patient) (0020,0032), series "
            f"{stack.series_uid or 'without UID'}). Export the original series.",
            stack.series_uid,
        )
