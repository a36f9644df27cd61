"""Division of a lesion along a plane in the patient, or along a line on a radiograph. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Image, PointLps, PointPx

ON_THE_CUT: Final = 1e-6
"""In mm, or in pixels of a radiograph: a voxel whose center is nearer to the cut than this lies on it (rounding)."""


@dataclass(frozen=True, slots=True)
class CuttingPlane:
    """A plane in the patient.

    Parameters
    ----------
    point_lps_mm
        A point on the plane.
    normal_lps
        Vector that points to the part beyond the plane. Its length does not matter.
    """

    point_lps_mm: PointLps
    normal_lps: PointLps


@dataclass(frozen=True, slots=True)
class CuttingLine:
    """A line on a radiograph, which has no depth.

    Parameters
    ----------
    ends_px
        Row and column of two points on the line. If the column increases from the first to the second point, the part
        with the higher rows lies beyond the line.
    """

    ends_px: tuple[PointPx, PointPx]


Cut = CuttingPlane | CuttingLine


def parts_of(outline: Outline, cut: Cut, image: Image) -> list[Outline]:
    """Divide an outline along a cut.

    Parameters
    ----------
    outline
        The outline to be divided. A voxel belongs to the part in which its center lies. A voxel whose center lies on
        the cut is not beyond the cut.
    cut
        The cut; it extends through the whole image and through all slices.
    image
        The image of the outline.

    Returns
    -------
    list of Outline
        The part beyond the cut, then the rest; a single outline if all voxels lie on one side.

    Raises
    ------
    ReviewError
        A plane on a radiograph, or a line in a stack.
    """
    inside = outline.mask()
    index_kji = np.argwhere(inside) + outline.start_kji
    is_beyond = _beyond(index_kji, cut, image)
    masks = np.zeros((2, *inside.shape), dtype=np.bool_)
    masks[0][inside], masks[1][inside] = is_beyond, ~is_beyond
    return [Outline.from_mask(mask, outline.start_kji) for mask in masks if mask.any()]


def _beyond(index_kji: NDArray[np.intp], cut: Cut, image: Image) -> NDArray[np.bool_]:
    geometry = image.geometry
    if isinstance(cut, CuttingLine):
        if geometry is not None:
            raise ReviewError("A plane to cut a stack expected, found a line in pixels: it does not say the depth.")
        first, last = np.array(cut.ends_px, dtype=np.float64)
        points: NDArray[np.float64] = index_kji[:, 1:] - first
        normal = np.array([last[1] - first[1], first[0] - last[0]])
    else:
        if geometry is None:
            raise ReviewError("A line to cut a radiograph expected, found a plane: a radiograph has no depth.")
        points = geometry.to_lps_mm(index_kji) - cut.point_lps_mm
        normal = np.array(cut.normal_lps, dtype=np.float64)
    is_beyond: NDArray[np.bool_] = points @ normal > ON_THE_CUT * np.linalg.norm(normal)
    return is_beyond
