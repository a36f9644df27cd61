"""The place of one lesion in the field of its stack: found once, for its site and for its side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.locate.body import body_with
from calcimeasure.locate.bones import bones_near
from calcimeasure.locate.limbs import limb_with
from calcimeasure.locate.points import outline_points
from calcimeasure.locate.trunk import place_in_trunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from calcimeasure.locate.anatomy import Anatomy
    from calcimeasure.locate.bones import BonesNear
    from calcimeasure.locate.trunk import PlaceInTrunk
    from calcimeasure.model import Laterality, Outline


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a lesion lies.

    Parameters
    ----------
    anatomy
        What the field of the stack shows.
    points_lps_mm
        (n, 3) points that stand for the lesion.
    body
        Number of the body that the lesion lies in, 0 for the largest; None where it lies in no body.
    in_trunk
        Its place in the trunk; None where the field shows no trunk, or the lesion lies in another body.
    limb
        LEFT or RIGHT: the limb that it lies in where limbs lie beside each other. UNKNOWN where that cannot be told,
        None where no other limb lies beside its own.
    bones
        The named bones near to it; None where no program named bones.
    """

    anatomy: Anatomy
    points_lps_mm: NDArray[np.float64]
    body: int | None
    in_trunk: PlaceInTrunk | None
    limb: Laterality | None
    bones: BonesNear | None


def place_of(outline: Outline, anatomy: Anatomy) -> Place:
    """Find where a lesion lies.

    Parameters
    ----------
    outline
        The lesion.
    anatomy
        What the field of its stack shows.
    """
    points_lps_mm = outline_points(outline, anatomy.geometry)
    body = body_with(outline, anatomy.bodies)
    return Place(
        anatomy=anatomy,
        points_lps_mm=points_lps_mm,
        body=body,
        in_trunk=place_in_trunk(points_lps_mm, anatomy.trunk) if anatomy.trunk is not None and body == 0 else None,
        limb=None if anatomy.limbs is None else limb_with(points_lps_mm, anatomy.limbs),
        bones=None if anatomy.bones is None else bones_near(points_lps_mm, anatomy.bones, body),
    )
