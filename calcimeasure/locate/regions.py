"""The regions of the body along the trunk: which of them each section goes through.

Three things tell: the lungs, where the legs part, and the bones that lie beside the midline. Where a field shows none
of them its sections have no region.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.locate.sections import Sections

LUNG_SHARE: Final = 0.1
LUNG_SHARE_OF_ONE_SIDE: Final = LUNG_SHARE / 3
"""A section goes through the chest where lung fills at least these parts of it, in all and on either side. Gas in the
bowel fills less, or lies on one side."""

SMALLEST_CHEST_MM: Final = 60.0
"""Lungs that reach over less of the length of the trunk than this may be gas in the bowel, and tell no region."""

PARTING_WITHIN_MM: Final = 27.0
"""The legs part where air runs through a section parallel to the midline, no farther from it than this. Over a whole
body the midline may lie beside the middle of the legs."""

PELVIS_HEIGHT_MM: Final = 190.0
"""Height of the pelvis above the level where the legs part: up to the iliac crests."""

ABDOMEN_HEIGHT_MM: Final = 180.0
"""Height of the abdomen above the pelvis, or below the lungs, if the field does not show its other end."""

PELVIC_BONE_BESIDE_MM: Final = (40.0, 170.0)
"""Range of the distance of hip bones from the midline: nearer bone is spine or sacrum, farther bone is an arm."""

PELVIC_BONE_MM2: Final = 500.0
"""A section of the pelvis has at least this much bone on either side; a section through ribs has less."""

BELOW_LUNGS_MM: Final = 45.0
"""Ribs may lie beside the midline down to this distance below the lungs: bone there does not count as pelvis."""

TRUNK_HALF_WIDTH_MM: Final = 105.0
"""A section that extends at least this far to both sides is a section of a trunk; head and neck are narrower."""


class Region(StrEnum):
    """What a section goes through."""

    HEAD = "head"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    LEGS = "legs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The regions of the sections of a trunk.

    Parameters
    ----------
    of_sections
        The region of each section, from the feet up.
    wide_sections
        Numbers of the sections that are as wide as a trunk: bone in the middle of others may be the skull.
    low_z_mm, step_mm
        Where the first section lies, and the distance of sections.
    crotch_z_mm
        Where the legs part; None where the field does not show it.
    chest_z_mm
        Lower and upper end of the lungs; None where the field does not show lungs.
    """

    of_sections: tuple[Region, ...]
    wide_sections: frozenset[int]
    low_z_mm: float
    step_mm: float
    crotch_z_mm: float | None
    chest_z_mm: tuple[float, float] | None

    @property
    def are_told(self) -> bool:
        """Whether the field shows anything that tells which region a section goes through."""
        return self.crotch_z_mm is not None or self.chest_z_mm is not None

    def region_at(self, z_mm: float) -> Region:
        """Tell the region of the section nearest to a height; UNKNOWN beyond the outermost sections."""
        section = self._section_at(z_mm)
        return self.of_sections[section] if 0 <= section < len(self.of_sections) else Region.UNKNOWN

    def is_wide_at(self, z_mm: float) -> bool:
        """Tell whether the section nearest to a height is as wide as a trunk."""
        return self._section_at(z_mm) in self.wide_sections

    def _section_at(self, z_mm: float) -> int:
        return round((z_mm - self.low_z_mm) / self.step_mm)


def regions_of(
    sections: Sections, bone_beside_mm: NDArray[np.float64], bone_section: NDArray[np.intp], point_mm3: float
) -> Regions:
    """Name the region of each section.

    Parameters
    ----------
    sections
        Of the trunk.
    bone_beside_mm, bone_section
        (n,) signed distance from the midline of points of bone, and the section that each of them lies in.
    point_mm3
        Volume of bone that each point stands for.
    """
    chest = _chest(sections)
    crotch = _crotch(sections, chest)
    found = [_region(section, sections, chest, crotch) for section in range(sections.body.shape[2])]
    if crotch is None and chest is not None:
        area_mm2 = _bone_beside_midline_mm2(sections, bone_beside_mm, bone_section, point_mm3)
        for section in range(chest[0] - int(BELOW_LUNGS_MM / sections.step_mm)):
            if area_mm2[section] >= PELVIC_BONE_MM2:
                found[section] = Region.PELVIS
    return Regions(
        of_sections=tuple(found),
        wide_sections=_wide_sections(sections),
        low_z_mm=float(sections.low_lps_mm[2]),
        step_mm=sections.step_mm,
        crotch_z_mm=None if crotch is None else sections.z_mm(crotch),
        chest_z_mm=None if chest is None else (sections.z_mm(chest[0]), sections.z_mm(chest[1])),
    )


def _region(section: int, sections: Sections, chest: tuple[int, int] | None, crotch: int | None) -> Region:
    """Name the region of a section by its height above where the legs part, and by where it lies beside the lungs."""
    if not sections.body[..., section].any():
        return Region.UNKNOWN
    height_mm = np.nan if crotch is None else (section - crotch) * sections.step_mm
    below_lungs_mm = np.nan if chest is None else (chest[0] - section) * sections.step_mm
    if height_mm < 0:
        return Region.LEGS
    if chest is not None and chest[0] <= section <= chest[1]:
        return Region.CHEST
    if height_mm <= PELVIS_HEIGHT_MM:
        return Region.PELVIS
    if chest is not None and section > chest[1]:
        return Region.HEAD
    if below_lungs_mm <= ABDOMEN_HEIGHT_MM or height_mm <= PELVIS_HEIGHT_MM + ABDOMEN_HEIGHT_MM:
        return Region.ABDOMEN
    return Region.UNKNOWN


def _chest(sections: Sections) -> tuple[int, int] | None:
    """Find the first and the last section that goes through both lungs."""
    area = np.maximum(sections.body.sum(axis=(0, 1)), 1)
    right, left = ((sections.lung & (way * sections.beside_mm > 0)).sum(axis=(0, 1)) / area for way in (-1, 1))
    through_lungs = (right + left >= LUNG_SHARE) & (np.minimum(right, left) >= LUNG_SHARE_OF_ONE_SIDE)
    chest = _longest_run(through_lungs)
    if chest is None or (chest[1] - chest[0] + 1) * sections.step_mm < SMALLEST_CHEST_MM:
        return None
    return chest


def _crotch(sections: Sections, chest: tuple[int, int] | None) -> int | None:
    """Find the lowest section in which both legs are one body; None where no legs part below it."""
    seen = np.flatnonzero(sections.body.any(axis=(0, 1)))
    if not seen.size:
        return None
    gaps_mm = np.arange(-PARTING_WITHIN_MM, PARTING_WITHIN_MM + 1, sections.step_mm)
    half_mm = sections.step_mm / 2
    parted = np.any(
        [~np.any(sections.body & (np.abs(sections.beside_mm - at) <= half_mm), axis=(0, 1)) for at in gaps_mm], axis=0
    )
    left, right = (np.any(sections.body & (way * sections.beside_mm > 0), axis=(0, 1)) for way in (1, -1))
    legs: NDArray[np.bool_] = parted & left & right
    first = int(seen[0])
    if not legs[first]:
        return None
    above = np.flatnonzero(~legs[first:])
    if not above.size:
        return None
    crotch = first + int(above[0])
    return crotch if crotch in seen and (chest is None or crotch < chest[0]) else None


def _bone_beside_midline_mm2(
    sections: Sections, beside_mm: NDArray[np.float64], section: NDArray[np.intp], point_mm3: float
) -> NDArray[np.float64]:
    """(sections,) area of bone where hip bones lie, on the side that has less of it."""
    nearest_mm, farthest_mm = PELVIC_BONE_BESIDE_MM
    at_side = (np.abs(beside_mm) > nearest_mm) & (np.abs(beside_mm) < farthest_mm)
    areas_mm2 = [
        np.bincount(section[at_side & (way * beside_mm > 0)], minlength=sections.body.shape[2])
        * point_mm3
        / sections.step_mm
        for way in (-1, 1)
    ]
    less_mm2: NDArray[np.float64] = np.minimum(*areas_mm2)
    return less_mm2


def _wide_sections(sections: Sections) -> frozenset[int]:
    """Find the sections that reach to both sides as far as a trunk does."""
    reach_mm = [np.where(sections.body, way * sections.beside_mm, 0).max(axis=(0, 1)) for way in (-1, 1)]
    return frozenset(map(int, np.flatnonzero(np.minimum(*reach_mm) >= TRUNK_HALF_WIDTH_MM)))


def _longest_run(marked: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last index of the longest run."""
    labels, count = ndimage.label(marked)
    if not count:
        return None
    number = int(np.argmax(np.bincount(labels)[1:])) + 1
    found = np.flatnonzero(labels == number)
    return int(found[0]), int(found[-1])
