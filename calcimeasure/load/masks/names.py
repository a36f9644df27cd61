"""The names of bones as TotalSegmentator and other programs write them, and the side in a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from calcimeasure.model import Laterality

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAIRED_BONES: Final = (
    *("clavicula", "scapula", "humerus", "ulna", "radius", "carpal", "metacarpal", "phalanges_hand"),
    *("hip", "femur", "patella", "tibia", "fibula", "tarsal", "metatarsal", "phalanges_feet"),
)
_VERTEBRAE: Final = (
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"L{number}" for number in range(1, 6)),
    "S1",
)
_MIDLINE_BONES: Final = ("skull", "sternum", "sacrum", "vertebrae", *(f"vertebrae_{one}" for one in _VERTEBRAE))
_RIBS: Final = tuple(f"rib_{number}" for number in range(1, 13))
_BONES: Final[Mapping[str, str]] = {name.casefold(): name for name in (*_MIDLINE_BONES, *_PAIRED_BONES, *_RIBS)}
"""Bones of TotalSegmentator's tasks total and appendicular_bones (its map_to_binary.py, version 2), without side."""

_OTHER_WORDS: Final[Mapping[str, str]] = {"vertebra": "vertebrae", "clavicle": "clavicula"}
_SIDES: Final[Mapping[str, Laterality]] = {"left": Laterality.LEFT, "right": Laterality.RIGHT}


def bone_name(text: str) -> tuple[str, Laterality | None] | None:
    """Find the bone that the name of a class means.

    Parameters
    ----------
    text
        The name. Its words have any order and case, and are separated by blanks, dashes or underscores. The side is a
        word, never a single letter.

    Returns
    -------
    tuple or None
        TotalSegmentator's name, and the side if the name has one; None if the name is not that of exactly one bone.

    Examples
    --------
    >>> bone_name("Left femur")
    ('femur_left', <Laterality.LEFT: 'left'>)
    >>> bone_name("vertebrae_l3")
    ('vertebrae_L3', None)
    >>> bone_name("liver") is None
    True
    """
    words, side = words_and_side(text)
    bone = _BONES.get("_".join(_OTHER_WORDS.get(word, word) for word in words))
    if side is None:
        return None if bone is None or bone in _RIBS else (bone, None)
    if bone is None or bone in _MIDLINE_BONES:
        return None
    if bone in _RIBS:
        kind, number = bone.split("_")
        return f"{kind}_{side}_{number}", side
    return f"{bone}_{side}", side


_WORDS_OF_BONES: Final = frozenset(
    {word for name in _BONES for word in name.split("_") if len(word) > 2} - {"hand", "feet"}
    | set(_OTHER_WORDS)
    | {"femoral", "humeral", "pelvis", "ribs", "tibial", "bone", "bones"}
)


def seems_to_mean_a_bone(text: str) -> bool:
    """Tell whether the name of a class has the word of a bone, and is no name that `bone_name` knows.

    Examples
    --------
    >>> seems_to_mean_a_bone("Femur_L"), seems_to_mean_a_bone("femur_left"), seems_to_mean_a_bone("liver")
    (True, False, False)
    """
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return not _WORDS_OF_BONES.isdisjoint(words) and bone_name(text) is None


def words_and_side(text: str) -> tuple[list[str], Laterality | None]:
    """Separate a name into its words and its side; the side is None unless exactly one word names a side."""
    words = [word for word in re.split(r"[\W_]+", text.casefold()) if word]
    sides = [word for word in words if word in _SIDES]
    if len(sides) != 1:
        return words, None
    return [word for word in words if word not in _SIDES], _SIDES[sides[0]]


_ORGANS: Final = frozenset(
    """adrenal_gland aorta atrial_appendage autochthon brachiocephalic_trunk brachiocephalic_vein brain colon
    common_carotid_artery costal_cartilages duodenum esophagus face gallbladder gluteus_maximus gluteus_medius
    gluteus_minimus heart heart_atrium heart_myocardium heart_ventricle iliac_artery iliac_vena iliopsoas
    inferior_vena_cava kidney kidney_cyst liver lung_lower_lobe lung_middle_lobe lung_upper_lobe pancreas
    portal_vein_and_splenic_vein prostate pulmonary_artery pulmonary_vein small_bowel spinal_cord spleen stomach
    subclavian_artery superior_vena_cava thyroid_gland trachea urinary_bladder""".split()  # noqa: SIM905 - a list of words
)
"""Organs, muscles, vessels of TotalSegmentator's task total (its map_to_binary.py, versions 1 and 2), without side."""


def is_organ(text: str) -> bool:
    """Tell whether the name of a class is that of an organ, muscle or vessel of TotalSegmentator.

    Examples
    --------
    >>> is_organ("kidney_left"), is_organ("Liver"), is_organ("left hip, lateral")
    (True, True, False)
    """
    words, _ = words_and_side(text)
    return "_".join(words) in _ORGANS
