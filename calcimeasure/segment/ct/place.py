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
from calcimeasure.segment.ct.coarse import BONE_GROUP, OUTSIDE_GROUP
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.upright import Upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.segment.ct.cavity import Cavity
    from calcimeasure.segment.ct.coarse import Coarse
    from calcimeasure.segment.ct.judge import Judgement
    from calcimeasure.settings import MeasureSettings


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


JUDGED_BY_PLACE: Final = (Tissue.CALCIFIED_MASS, Tissue.UNKNOWN, Tissue.CONTRAST)
"""Tissues that a place can change."""


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
    coarse: Coarse, geometry: Geometry, body: NDArray[np.uint8], groups: NDArray[np.int32], marrow: NDArray[np.bool_]
) -> Places:
    """Find what tells the places of a stack.

    Parameters
    ----------
    coarse, geometry
        The coarse copy of a stack, and where its voxels lie.
    body
        (k, j, i) of the copy: 1 in the largest body.
    groups, marrow
        (k, j, i) `BONE_GROUP`, `OUTSIDE_GROUP`, or the number of another group of dense parts; and marrow of bones.
    """
    upright = Upright.of(coarse, geometry)
    if upright is None:
        return NOWHERE
    numbers, hollows = upright.slices(groups), upright.slices(marrow)
    # What lies outside of the body is neither.
    kinds = np.where(numbers > OUTSIDE_GROUP, np.uint8(OTHER_PART), np.uint8(0))
    kinds[(numbers == BONE_GROUP) | hollows] = BONE
    hu, largest = upright.slices(coarse.attenuation_hu), upright.slices(body) == 1
    return Places(upright, find_cavity(upright, hu, largest, kinds), body.shape)


def judge_by_place(
    judgement: Judgement, blocks_kji: NDArray[np.intp], places: Places, settings: MeasureSettings
) -> Judgement:
    """Judge a part again by where it lies.

    Parameters
    ----------
    judgement
        By what the part looks like.
    blocks_kji
        (n, 3) its blocks of the coarse copy.
    places
        Of the stack.
    settings
        `mass_probability`, `review_probability`.

    Returns
    -------
    Judgement
        Another calcification or contrast agent for a part that surely lies in the cavity of the trunk; unknown for a
        mass that may lie there; for what is contrast agent by its evenness alone, and lies in soft tissue, what it is
        by its signs; else the judgement as it was.
    """
    cavity, upright = places.cavity, places.upright
    if cavity is None or upright is None or judgement.tissue not in JUDGED_BY_PLACE:
        return judgement
    points_mm = upright.points_mm(blocks_kji[:: 1 + len(blocks_kji) // CAVITY.most_points], places.shape_kji)
    zones, depth_mm, regions = cavity.zones(points_mm)
    inside, near = float(np.mean(zones == Zone.INSIDE)), float(np.mean(zones >= Zone.BORDER))
    region = Region(int(np.bincount(regions).argmax()))
    if judgement.tissue is Tissue.CONTRAST:
        in_soft_tissue = region is not Region.BEYOND and near <= CAVITY.surely_outside
        return _without_contrast(judgement, settings) if in_soft_tissue else judgement
    if inside >= CAVITY.surely_inside:
        deep_mm = float(np.median(depth_mm))
        is_contrast = _is_contrast(judgement) or cavity.beside_gas(points_mm) >= CAVITY.share_at_gas
        words = Evidence("place", deep_mm, 0.0, INSIDE[region].format(deep_mm))
        tissue = Tissue.CONTRAST if is_contrast else Tissue.OTHER_CALCIFICATION
        return _judged_again(judgement, tissue, CAVITY.place_confidence, words)
    if judgement.tissue is Tissue.CALCIFIED_MASS and near >= CAVITY.maybe_inside:
        words = Evidence("place", near, 0.0, NEAR[region].format(near))
        return _judged_again(judgement, Tissue.UNKNOWN, judgement.mass_probability * CT.undecided, words)
    return judgement


def _judged_again(judgement: Judgement, tissue: Tissue, confidence: float, first: Evidence) -> Judgement:
    return replace(judgement, tissue=tissue, confidence=confidence, evidence=(first, *judgement.evidence))


def _without_contrast(judgement: Judgement, settings: MeasureSettings) -> Judgement:
    """Judge by its signs what is as even as a fluid: soft tissue holds no bowel and no bladder. A tube is a vessel."""
    probability = judgement.mass_probability
    if _sign(judgement, "slenderness", CT.long) >= CT.long or probability < settings.review_probability:
        return judgement
    words = Evidence("place", 0.0, 0.0, "it lies in soft tissue, where no contrast agent gathers outside of vessels")
    tissue = Tissue.CALCIFIED_MASS if probability >= settings.mass_probability else Tissue.UNKNOWN
    return _judged_again(judgement, tissue, probability, words)


def _is_contrast(judgement: Judgement) -> bool:
    """Tell whether a part in the cavity is as even as a fluid, and too wide or too long for a stone."""
    even = _sign(judgement, "spread", 1.0) < CAVITY.even_inside and _sign(judgement, "rim", 2.0) < CT.even_rim
    like_contrast = CAVITY.least_contrast_hu <= _sign(judgement, "core_hu", 0.0) < CT.highest_contrast_hu
    wide = _sign(judgement, "thickness_mm", 0.0) >= CAVITY.widest_stone_mm
    return even and like_contrast and (wide or _sign(judgement, "slenderness", 0.0) >= CAVITY.long_content)


def _sign(judgement: Judgement, name: str, otherwise: float) -> float:
    """Give the value of a sign; another value where the judgement does not rest on that sign."""
    return next((one.value for one in judgement.evidence if one.name == name), otherwise)
