"""A body in the field of a stack: where it lies, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline


@dataclass(frozen=True, eq=False)
class Body:
    """A body, with what several lesions ask of it.

    The class has no slots: what is asked of a body is computed when the first lesion asks, and kept.

    Parameters
    ----------
    outline
        The body.
    geometry
        Of its stack.
    """

    outline: Outline
    geometry: Geometry

    @property
    def middle_x_mm(self) -> float:
        """Mean of x over the body, LPS."""
        return self._middle_and_extent_x_mm[0]

    @property
    def extent_x_mm(self) -> float:
        """Distance from the body's lowest x to its highest."""
        return self._middle_and_extent_x_mm[1]

    @cached_property
    def width_mm(self) -> float:
        """Diameter of the circle that has the same area as the body in its median slice."""
        pixels = np.count_nonzero(self.outline.mask(), axis=(1, 2))
        return float(np.sqrt(4 / np.pi * np.median(pixels) * self.geometry.pixel_area_mm2))

    @cached_property
    def _middle_and_extent_x_mm(self) -> tuple[float, float]:
        # Every second slice, and every fourth row and column, shows the place of a body as well as all voxels do.
        index_kji = np.argwhere(self.outline.mask()[::2, ::4, ::4]) * (2, 4, 4) + np.array(self.outline.start_kji)
        places_lps_mm = self.geometry.to_lps_mm(index_kji)
        return float(places_lps_mm.mean(axis=0)[0]), float(np.ptp(places_lps_mm[:, 0]))


def body_with(outline: Outline, bodies: Sequence[Body]) -> int | None:
    """Find the number of the body that most of a lesion lies in; None where the lesion lies in no body."""
    shares = [outline.overlap(body.outline) for body in bodies]
    return int(np.argmax(shares)) if any(shares) else None
