"""The anatomy in the field of view of a stack: found once, for all lesions of the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.locate.body import Body
from calcimeasure.locate.bones import map_bones
from calcimeasure.locate.limbs import part_limbs
from calcimeasure.locate.midline import find_midline
from calcimeasure.locate.ordered import NOTHING_ORDERED, ordered_in
from calcimeasure.locate.trunk import map_trunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.geometry import Geometry
    from calcimeasure.locate.bones import BoneMap
    from calcimeasure.locate.limbs import Limbs
    from calcimeasure.locate.ordered import Ordered
    from calcimeasure.locate.trunk import Trunk
    from calcimeasure.model import Midline, NamedBones, Outline, Volume


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """The anatomy in the field of view of a stack, as needed for sides and sites.

    Parameters
    ----------
    geometry
        Of the stack.
    midline, midline_why
        The midline of the body where the field shows it, and in words why it does or does not.
    bodies
        Each body in the field, largest first.
    ordered
        The side and the site that the header names.
    trunk
        The trunk with its regions; None where no midline of a trunk is seen.
    limbs
        Limbs beside each other where no midline is seen; None where there is one limb alone.
    bones
        Bones that another program named; None where there are none.
    """

    geometry: Geometry
    midline: Midline | None
    midline_why: str
    bodies: tuple[Body, ...]
    ordered: Ordered = NOTHING_ORDERED
    trunk: Trunk | None = None
    limbs: Limbs | None = None
    bones: BoneMap | None = None


def anatomy_of(
    volume: Volume, bodies: Sequence[Outline], skeleton: Sequence[Outline], bones: NamedBones | None = None
) -> Anatomy:
    """Find the anatomy on which the sides and sites of the lesions of a stack depend.

    Parameters
    ----------
    volume
        The stack.
    bodies
        Each body in the field, largest first.
    skeleton
        What was judged to be bone.
    bones
        Bones that another program named.
    """
    geometry = volume.geometry
    midline, why = find_midline(volume, bodies, skeleton)
    shows_trunk = midline is not None and not midline.between_limbs
    return Anatomy(
        geometry=geometry,
        midline=midline,
        midline_why=why,
        bodies=tuple(Body(one, geometry) for one in bodies),
        ordered=ordered_in(volume.stack),
        trunk=map_trunk(volume, bodies[:1], skeleton, midline) if midline is not None and shows_trunk else None,
        limbs=part_limbs(bodies, geometry) if midline is None else None,
        bones=None if bones is None else map_bones(bones, geometry, bodies, skeleton),
    )
