"""The trunk section by section: a coarse copy of it along the patient's axes, and where each of its points lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.grid import Grid, StackBox
from calcimeasure.model import NOT_IMAGED_HU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Midline, Outline, Volume


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """A coarse copy of the trunk; its images are (x, y, z), and each z is a section.

    Parameters
    ----------
    low_lps_mm, step_mm
        The first point, and the distance of the points.
    body, lung
        Which points lie in the body, and which in a lung.
    beside_mm
        Signed distance from the midline, positive to the patient's left.
    depth_mm
        Distance from the skin. What was not imaged counts as air, as beyond an arm that leaves the field of view.
    to_lung_mm
        Distance from the nearest lung.
    sideways
        Distance from the midline, as part of that of the skin on the same side in the same section.
    backward
        Part of the way from the middle of the section to its skin: 1 at the back, -1 at the front.
    """

    low_lps_mm: NDArray[np.float64]
    step_mm: float
    body: NDArray[np.bool_]
    lung: NDArray[np.bool_]
    beside_mm: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    to_lung_mm: NDArray[np.float32]
    sideways: NDArray[np.float32]
    backward: NDArray[np.float32]

    def nearest(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.intp]:
        """(n, 3) index of the point of the copy that is nearest to each place."""
        nearest = np.rint((points_lps_mm - self.low_lps_mm) / self.step_mm).astype(np.intp)
        return np.clip(nearest, 0, np.array(self.body.shape) - 1)

    def z_mm(self, section: int) -> float:
        """Tell where a section lies."""
        return float(self.low_lps_mm[2] + section * self.step_mm)


def sections_of(volume: Volume, bodies: Sequence[Outline], midline: Midline) -> Sections:
    """Copy the trunk of a stack.

    Parameters
    ----------
    volume
        The stack.
    bodies
        The trunk.
    midline
        Of the body.
    """
    box = StackBox.of(volume.geometry)
    step_mm = box.step_mm(LOCATE.section_step_mm, LOCATE.section_points)
    # A field thinner than one step still has one point.
    axes_mm = [np.arange(low, max(high, low + step_mm / 2), step_mm) for low, high in box.sides_mm]
    grid = Grid.along(axes_mm, volume.geometry)
    hu = grid.attenuation_hu(volume)
    body = grid.covered_by(bodies)
    lung = ndimage.binary_opening(body & (hu != NOT_IMAGED_HU) & (hu > LOCATE.lung_hu[0]) & (hu < LOCATE.lung_hu[1]))
    beside_mm = midline.distance_mm(grid.points_lps_mm)
    no_lung_mm = np.full(body.shape, np.inf, dtype=np.float32)
    return Sections(
        low_lps_mm=box.low_lps_mm,
        step_mm=step_mm,
        body=body,
        lung=lung,
        beside_mm=beside_mm.astype(np.float32),
        depth_mm=_inside_mm(body, step_mm),
        to_lung_mm=_inside_mm(~lung, step_mm) if lung.any() else no_lung_mm,
        sideways=_sideways(body, beside_mm),
        backward=_backward(body, grid.points_lps_mm @ _back(midline)),
    )


def _inside_mm(mask: NDArray[np.bool_], step_mm: float) -> NDArray[np.float32]:
    """Distance of each point of a mask from what is not in it."""
    distance_mm: NDArray[np.float32] = edt.edt(mask, anisotropy=(step_mm,) * 3, black_border=False, parallel=2)
    return distance_mm


def _back(midline: Midline) -> NDArray[np.float64]:
    """(3,) unit vector in the section, along the midline, to the patient's back."""
    x, y, _ = np.array(midline.normal)
    back: NDArray[np.float64] = np.array([-y, x, 0.0]) / np.hypot(x, y)
    return back


def _sideways(body: NDArray[np.bool_], beside_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    left_mm = np.where(body, beside_mm, 1.0).max(axis=(0, 1))
    right_mm = np.where(body, -beside_mm, 1.0).max(axis=(0, 1))
    reach_mm = np.where(beside_mm > 0, np.maximum(left_mm, 1.0), np.maximum(right_mm, 1.0))
    part: NDArray[np.float32] = (np.abs(beside_mm) / reach_mm).astype(np.float32)
    return part


def _backward(body: NDArray[np.bool_], back_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    highest_mm = np.where(body, back_mm, -np.inf).max(axis=(0, 1))
    lowest_mm = np.where(body, back_mm, np.inf).min(axis=(0, 1))
    seen = np.isfinite(highest_mm)
    highest_mm, lowest_mm = (np.where(seen, one, 0) for one in (highest_mm, lowest_mm))
    middle_mm = np.where(seen, (highest_mm + lowest_mm) / 2, 0)
    half_mm = np.where(seen, np.maximum((highest_mm - lowest_mm) / 2, 1.0), 1.0)
    part: NDArray[np.float32] = ((back_mm - middle_mm) / half_mm).astype(np.float32)
    return part
