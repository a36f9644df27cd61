"""Limbs beside each other in a field without a midline: in which of them a lesion lies.

A field for one limb often shows part of the other one. Where the skins of both touch, the two are one body. Sections
tell the limbs apart where they part, and near to where they part.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.grid import Grid, StackBox
from calcimeasure.model import Laterality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline


@dataclass(frozen=True, slots=True, eq=False)
class Limbs:
    """Limbs beside each other, in sections across the patient's long axis.

    Parameters
    ----------
    parts
        (x, y, z) number of the part that each point is of. They rise with x in each section; 0 is outside.
    counts
        (z,) how many parts each section has.
    beside
        (z,) whether all parts of a section lie beside each other, and none in front of another.
    low_lps_mm, step_mm
        The first point, and the distance of points.
    """

    parts: NDArray[np.int32]
    counts: NDArray[np.intp]
    beside: NDArray[np.bool_]
    low_lps_mm: NDArray[np.float64]
    step_mm: float


def part_limbs(bodies: Sequence[Outline], geometry: Geometry) -> Limbs | None:
    """Part the bodies in the field section by section; None where no section has two parts."""
    box = StackBox.of(geometry)
    step_mm = box.step_mm(LOCATE.limb_step_mm, LOCATE.limb_points)
    # The last point lies at the end of the field, or beyond it by less than a step.
    axes_mm = [np.arange(low, high + step_mm / 2, step_mm) for low, high in box.sides_mm]
    body = Grid.along(axes_mm, geometry).covered_by(bodies)
    parts = np.zeros(body.shape, dtype=np.int32)
    counts = np.zeros(body.shape[2], dtype=np.intp)
    beside = np.ones(body.shape[2], dtype=np.bool_)
    for section in range(body.shape[2]):
        parts[..., section], counts[section] = _parts(body[..., section], step_mm)
        beside[section] = _are_beside(parts[..., section], int(counts[section]))
    return Limbs(parts, counts, beside, box.low_lps_mm, step_mm) if counts.max() > 1 else None


def _parts(section: NDArray[np.bool_], step_mm: float) -> tuple[NDArray[np.int32], int]:
    labels, count = ndimage.label(section)
    areas_mm2 = np.bincount(labels.ravel(), minlength=count + 1) * step_mm**2
    large = [n for n in range(1, count + 1) if areas_mm2[n] >= LOCATE.smallest_limb_mm2]
    middles = [np.flatnonzero((labels == n).any(axis=1)).mean() for n in large]
    number = np.zeros(count + 1, dtype=np.int32)
    for rank, at in enumerate(np.argsort(middles), 1):
        number[large[at]] = rank
    return number[labels], len(large)


def _are_beside(parts: NDArray[np.int32], count: int) -> bool:
    columns = [(parts == number).any(axis=1) for number in range(1, count + 1)]
    return all(
        2 * np.count_nonzero(one & other) <= min(np.count_nonzero(one), np.count_nonzero(other))
        for one, other in pairwise(columns)
    )


def limb_with(points_lps_mm: NDArray[np.float64], limbs: Limbs) -> Laterality | None:
    """Tell in which of two limbs beside each other a lesion lies.

    Parameters
    ----------
    points_lps_mm
        (n, 3) of the lesion.
    limbs
        Of the stack.

    Returns
    -------
    Laterality or None
        LEFT where its limb lies to the patient's left of all others in its sections, RIGHT where it lies to their
        right, UNKNOWN where that cannot be told; None where no section near to it shows another limb.
    """
    index = np.rint((points_lps_mm - limbs.low_lps_mm) / limbs.step_mm).astype(np.intp)
    index = np.clip(index, 0, np.array(limbs.parts.shape) - 1)
    sections = np.unique(index[:, 2])
    parted = sections[limbs.counts[sections] > 1]
    if len(parted) * 2 >= len(sections):
        return _in_parted_sections(index[np.isin(index[:, 2], parted)], limbs)
    return _beside_gap(points_lps_mm, float(index[:, 2].mean()), limbs)


def _in_parted_sections(index: NDArray[np.intp], limbs: Limbs) -> Laterality:
    own = limbs.parts[tuple(index.T)]
    held = own > 0
    if not held.any() or not limbs.beside[index[:, 2]].all():
        return Laterality.UNKNOWN
    first = np.mean(own[held] == 1)
    last = np.mean(own[held] == limbs.counts[index[held, 2]])
    if last > LOCATE.sure_limb_share:
        return Laterality.LEFT
    return Laterality.RIGHT if first > LOCATE.sure_limb_share else Laterality.UNKNOWN


def _beside_gap(points_lps_mm: NDArray[np.float64], section: float, limbs: Limbs) -> Laterality | None:
    parted = np.flatnonzero(limbs.counts > 1)
    nearest = int(parted[np.argmin(np.abs(parted - section))])
    away_mm = abs(nearest - section) * limbs.step_mm
    if away_mm > LOCATE.near_section_mm:
        return None
    if limbs.counts[nearest] > 2:
        return Laterality.UNKNOWN
    own = limbs.parts[..., round(section)] > 0
    right, left = (float(own[limbs.parts[..., nearest] == part].mean()) for part in (1, 2))
    if min(right, left) < LOCATE.limb_gone_share and max(right, left) > LOCATE.limb_here_share:
        # The other limb ends before this section.
        return Laterality.LEFT if left > right else Laterality.RIGHT
    if not limbs.beside[nearest]:
        return Laterality.UNKNOWN
    ends = [np.flatnonzero((limbs.parts[..., nearest] == part).any(axis=1)) for part in (1, 2)]
    gap_mm = limbs.low_lps_mm[0] + limbs.step_mm * (ends[0].max() + ends[1].min()) / 2
    beside_mm = float(points_lps_mm[:, 0].mean()) - gap_mm
    if abs(beside_mm) < LOCATE.limb_gap_mm + LOCATE.limb_gap_share * away_mm:
        return Laterality.UNKNOWN
    return Laterality.LEFT if beside_mm > 0 else Laterality.RIGHT
