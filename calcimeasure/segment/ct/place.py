"""Judging by place: what is dense inside the cavity of the trunk is no mass of calcinosis.

Calcinosis lies in skin, subcutis, muscle and bursa, around joints and the spine. A deposit in lung, pleura,
mediastinum, heart or the organs of belly and pelvis is another calcification, or contrast agent in a bowel, bladder or
vessel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.model import Evidence, Tissue
from calcimeasure.segment.ct.cavity import BONE, OTHER_PART, Region, Zone, find_cavity
from calcimeasure.segment.ct.cavity_constants import CAVITY
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.upright import Upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.segment.ct.cavity import Cavity
    from calcimeasure.segment.ct.coarse import Coarse
    from calcimeasure.segment.ct.judge import Judgement


INSIDE: Final = {
    Region.BELLY: "it lies inside the belly or pelvis, {:.0f} mm from the wall",
    Region.CHEST: "it lies inside the chest, {:.0f} mm from the wall",
    Region.NECK: "it lies among the organs of the neck, {:.0f} mm from the middle of the windpipe",
}
NEAR: Final = {
    Region.BELLY: "{:.0%} of it may lie inside the belly or pelvis: where the wall begins is not sure",
    Region.CHEST: "{:.0%} of it may lie inside the chest: where the wall begins is not sure",
    Region.NECK: "{:.0%} of it may lie among the organs of the neck",
}
"""The evidence in words, for a part that surely lies in the cavity, and for one that may."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What tells the place of a part: the cavity of the trunk, on the upright copy of a stack.

    Parameters
    ----------
    upright, cavity
        None where the stack shows no trunk.
    shape_kji
        Of the coarse copy.
    """

    upright: Upright | None
    cavity: Cavity | None
    shape_kji: tuple[int, ...]


NOWHERE: Final = Places(None, None, (0, 0, 0))
"""What tells no place."""


def find_places(
    coarse: Coarse, geometry: Geometry, body: NDArray[np.uint8], bone: NDArray[np.bool_], dense: NDArray[np.bool_]
) -> Places:
    """Find what tells the places of a stack.

    Parameters
    ----------
    coarse, geometry
        The coarse copy of a stack, and where its voxels lie.
    body
        (k, j, i) of the copy: 1 in the largest body.
    bone, dense
        (k, j, i) bone with its marrow, and all dense parts.
    """
    upright = Upright.of(coarse, geometry)
    if upright is None:
        return NOWHERE
    kinds = np.where(bone, np.uint8(BONE), np.where(dense, np.uint8(OTHER_PART), np.uint8(0)))
    turned = (upright.turned(coarse.attenuation_hu), upright.turned(body == 1), upright.turned(kinds))
    return Places(upright, find_cavity(upright, *turned), body.shape)


def judge_by_place(judgement: Judgement, blocks_kji: NDArray[np.intp], places: Places) -> Judgement:
    """Judge a part again by where it lies.

    Parameters
    ----------
    judgement
        By what the part looks like.
    blocks_kji
        (n, 3) its blocks of the coarse copy.
    places
        Of the stack.

    Returns
    -------
    Judgement
        Another calcification or contrast agent for a part that surely lies in the cavity of the trunk; unknown for a
        mass that may lie there; else the judgement as it was.
    """
    cavity, upright = places.cavity, places.upright
    if cavity is None or upright is None or judgement.tissue not in (Tissue.CALCIFIED_MASS, Tissue.UNKNOWN):
        return judgement
    some = blocks_kji[:: 1 + len(blocks_kji) // CAVITY.most_points]
    zones, depth_mm, regions = cavity.zones(upright.points_mm(some, places.shape_kji))
    inside, near = float(np.mean(zones == Zone.INSIDE)), float(np.mean(zones >= Zone.BORDER))
    region = Region(int(np.bincount(regions).argmax()))
    if inside >= CAVITY.surely_inside:
        deep_mm = float(np.median(depth_mm))
        tissue = Tissue.CONTRAST if _is_contrast(judgement) else Tissue.OTHER_CALCIFICATION
        words = INSIDE[region].format(deep_mm)
        return replace(
            judgement,
            tissue=tissue,
            confidence=CAVITY.place_confidence,
            evidence=(Evidence("place", deep_mm, 0.0, words), *judgement.evidence),
        )
    if judgement.tissue is Tissue.CALCIFIED_MASS and near >= CAVITY.maybe_inside:
        words = NEAR[region].format(near)
        return replace(
            judgement,
            tissue=Tissue.UNKNOWN,
            confidence=judgement.mass_probability * CT.undecided,
            evidence=(Evidence("place", near, 0.0, words), *judgement.evidence),
        )
    return judgement


def _is_contrast(judgement: Judgement) -> bool:
    """Tell whether a part in the cavity is as even as a fluid, and too wide or too long for a stone."""
    signs = {one.name: one.value for one in judgement.evidence}
    even = signs.get("spread", 1.0) < CAVITY.even_inside and signs.get("rim", 2.0) < CT.even_rim
    like_contrast = CAVITY.least_contrast_hu <= signs.get("core_hu", 0.0) < CT.highest_contrast_hu
    wide = signs.get("thickness_mm", 0.0) >= CAVITY.widest_stone_mm or signs.get("slenderness", 0.0) > CT.long
    return even and like_contrast and wide
