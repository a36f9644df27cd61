"""The trunk beside its midline: the bones that belong to an arm, and the part of the body in which a lesion lies.

Bones of the trunk lie deep, in its middle, or at the lungs. A bone that lies shallow at the front or at a side of the
trunk may belong to an arm. Such an arm may be folded or crossed over the belly, and where its skin lies on the skin of
the trunk no border is seen. A bone of it has the side that it lies on only where the arm can be followed up to the
shoulder and nowhere comes to the midline.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.points import some_points, thinned_index, thinning_steps
from calcimeasure.locate.regions import regions_of
from calcimeasure.locate.sections import sections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.locate.regions import Regions
    from calcimeasure.locate.sections import Sections
    from calcimeasure.model import Midline, Outline, Volume


class Part(StrEnum):
    """The part of the body in which a lesion lies."""

    TRUNK = "trunk"
    FOLLOWED_LIMB = "followed limb"
    LIMB = "limb"


@dataclass(frozen=True, slots=True, eq=False)
class TrunkBones:
    """Points of the bones in the field of a trunk, and what is known of each.

    Parameters
    ----------
    points_lps_mm
        (n, 3).
    tree
        Of these points.
    beside_mm
        (n,) signed distance from the midline.
    is_trunk
        (n,) whether the point certainly belongs to the trunk.
    is_next_to_trunk
        (n,) whether the point belongs to the trunk, or is joined to a point of the trunk.
    is_spine
        (n,) whether the point belongs to the spine.
    is_at_lung
        (n,) whether the point lies at a lung, as ribs do.
    joined
        (n,) number of the group of connected bones that contains the point.
    limb
        (n,) number of the group of connected bones after removal of those of the trunk; 0 for the trunk.
    """

    points_lps_mm: NDArray[np.float64]
    tree: KDTree
    beside_mm: NDArray[np.float64]
    is_trunk: NDArray[np.bool_]
    is_next_to_trunk: NDArray[np.bool_]
    is_spine: NDArray[np.bool_]
    is_at_lung: NDArray[np.bool_]
    joined: NDArray[np.intp]
    limb: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """The trunk with its bones.

    Parameters
    ----------
    midline
        The midline of the body.
    regions
        The regions of its sections.
    bones
        The bones in the field, including those of arms that lie on the trunk.
    spine
        Tree of the points of the spine; None where the field shows none.
    followed
        Numbers of limbs that reach the trunk at their upper end and stay on one side.
    """

    midline: Midline
    regions: Regions
    bones: TrunkBones
    spine: KDTree | None
    followed: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceInTrunk:
    """Where a lesion lies in the trunk.

    Parameters
    ----------
    points_lps_mm
        (n, 3) some points of the lesion.
    middle_lps_mm
        Mean of all of its points.
    bone, bone_mm
        Number of the point of bone that is nearest to the lesion, and its distance.
    part
        Whether the lesion lies in the trunk, or in a part that may be an arm or a lower leg.
    """

    points_lps_mm: NDArray[np.float64]
    middle_lps_mm: NDArray[np.float64]
    bone: int
    bone_mm: float
    part: Part


def map_trunk(volume: Volume, bodies: Sequence[Outline], skeleton: Sequence[Outline], midline: Midline) -> Trunk | None:
    """Map the trunk of a stack.

    Parameters
    ----------
    volume
        The stack.
    bodies
        Those that the midline was found in.
    skeleton
        What is bone.
    midline
        Of the body.

    Returns
    -------
    Trunk or None
        None where there is no bone: then nothing tells arms or regions.
    """
    points_lps_mm, point_mm3 = _points_of_bone(volume.geometry, skeleton)
    if not len(points_lps_mm):
        return None
    sections = sections_of(volume, bodies, midline)
    at = sections.nearest(points_lps_mm)
    bones = _bones(points_lps_mm, at, sections, midline)
    regions = regions_of(sections, bones.beside_mm, at[:, 2], point_mm3)
    return Trunk(
        midline=midline,
        regions=regions,
        bones=bones,
        spine=KDTree(points_lps_mm[bones.is_spine]) if bones.is_spine.any() else None,
        followed=_followed(bones, LOCATE.clear_mm + midline.uncertainty_mm, regions.crotch_z_mm),
    )


def place_in_trunk(points_lps_mm: NDArray[np.float64], trunk: Trunk) -> PlaceInTrunk:
    """Find where a lesion lies in the trunk.

    Parameters
    ----------
    points_lps_mm
        (n, 3) of the lesion.
    trunk
        Of the stack.
    """
    some = some_points(points_lps_mm, LOCATE.trunk_lesion_points)
    away_mm, index = trunk.bones.tree.query(some)
    nearest_mm, nearest = float(away_mm.min()), int(index[np.argmin(away_mm)])
    return PlaceInTrunk(some, points_lps_mm.mean(axis=0), nearest, nearest_mm, _part(nearest, nearest_mm, trunk))


def _part(nearest: int, nearest_mm: float, trunk: Trunk) -> Part:
    """Tell what a lesion lies in by the bone nearest to it, and by the bone that is joined to that."""
    bones = trunk.bones
    if nearest_mm > LOCATE.limb_bone_mm:
        return Part.TRUNK
    around = np.array(bones.tree.query_ball_point(bones.points_lps_mm[nearest], LOCATE.joined_mm))
    around = around[bones.joined[around] == bones.joined[nearest]]
    if bones.is_trunk[around].any():
        return Part.TRUNK
    return Part.FOLLOWED_LIMB if int(bones.limb[nearest]) in trunk.followed else Part.LIMB


def _points_of_bone(geometry: Geometry, skeleton: Sequence[Outline]) -> tuple[NDArray[np.float64], float]:
    """(n, 3) LPS mm, and the volume of bone that each point stands for."""
    steps = thinning_steps(geometry, LOCATE.trunk_bone_step_mm)
    index = thinned_index(((one.mask(), one.start_kji) for one in skeleton), steps)
    return geometry.to_lps_mm(index), float(np.prod(steps * geometry.spacing_kji_mm))


def _bones(
    points_lps_mm: NDArray[np.float64], at: NDArray[np.intp], sections: Sections, midline: Midline
) -> TrunkBones:
    """Tell which points of bone belong to the trunk, and which are joined to each other.

    Parameters
    ----------
    at
        (n, 3) the points of the sections nearest to them.
    """
    places = tuple(at.T)
    beside_mm = midline.distance_mm(points_lps_mm)
    depth_mm, sideways, backward = (one[places] for one in (sections.depth_mm, sections.sideways, sections.backward))
    is_at_lung = sections.to_lung_mm[places] <= LOCATE.at_lung_mm
    is_inner = (
        (depth_mm > LOCATE.inner_mm)
        & (backward > LOCATE.inner_backward_share)
        & (sideways <= LOCATE.inner_sideways_share)
    )
    is_at_back = (backward > LOCATE.back_share) & (sideways <= LOCATE.back_sideways_share)
    is_trunk = (depth_mm > LOCATE.deep_mm) | is_at_lung | is_inner | is_at_back
    occupied = np.zeros(sections.body.shape, dtype=np.bool_)
    occupied[places] = True
    of_trunk = np.zeros_like(occupied)
    of_trunk[tuple(at[is_trunk].T)] = True
    all_neighbors = np.ones((3, 3, 3), dtype=np.bool_)
    joined, _ = ndimage.label(occupied, all_neighbors)
    limbs, _ = ndimage.label(occupied & ~of_trunk, all_neighbors)
    return TrunkBones(
        points_lps_mm=points_lps_mm,
        tree=KDTree(points_lps_mm),
        beside_mm=beside_mm,
        is_trunk=is_trunk,
        is_next_to_trunk=ndimage.binary_dilation(of_trunk, all_neighbors)[places],
        is_spine=(np.abs(beside_mm) <= LOCATE.spine_half_width_mm) & (backward > 0) & is_trunk,
        is_at_lung=is_at_lung,
        joined=joined[places],
        limb=np.where(is_trunk, 0, limbs[places]),
    )


def _followed(bones: TrunkBones, clear_mm: float, crotch_z_mm: float | None) -> frozenset[int]:
    """Find the limbs that reach the trunk at their upper end and stay on one side of the midline.

    A limb that lies below where the legs part is a leg: knees and feet may touch in the middle. An arm that comes to
    the middle may be that of the other side.
    """
    found = set()
    for number in np.unique(bones.limb[bones.limb > 0]):
        own = bones.limb == number
        beside_mm, z_mm = bones.beside_mm[own], bones.points_lps_mm[own, 2]
        is_leg = crotch_z_mm is not None and z_mm.max() < crotch_z_mm
        least_mm = 0.0 if is_leg else clear_mm
        one_side = bool(np.all(beside_mm > least_mm) or np.all(beside_mm < -least_mm))
        next_to_trunk_z_mm = z_mm[bones.is_next_to_trunk[own]]
        is_long = z_mm.max() - z_mm.min() >= LOCATE.followed_mm
        if (
            is_long
            and one_side
            and next_to_trunk_z_mm.size
            and next_to_trunk_z_mm.max() >= z_mm.max() - LOCATE.joined_mm
        ):
            found.add(int(number))
    return frozenset(found)
