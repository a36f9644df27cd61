"""The side and the site of a lesion from bones that another program named.

The named bones nearest to each point of a lesion are counted. Where nearly all of them are of one side, the lesion has
that side. The bone nearest to the lesion gives its site. Masks of bones come from networks, which make errors: where
bones of both sides lie near, or a bone without a name lies nearer, named bones give no side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import KDTree

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.grid import StackBox
from calcimeasure.locate.points import some_points, thinned_index, thinning_steps
from calcimeasure.model import BodySite, Laterality, Site, SiteSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import NamedBones, Outline

ARM_BONES: Final = frozenset({"humerus", "ulna", "radius", "carpal", "metacarpal", "phalanges_hand"})
"""Bones that may lie on either side of the body, and across it."""

_NO_BODY: Final = -1

_SITES: Final[Mapping[str, BodySite]] = {
    "skull": BodySite.HEAD_NECK,
    "sternum": BodySite.CHEST,
    "rib": BodySite.CHEST,
    "clavicula": BodySite.SHOULDER,
    "scapula": BodySite.SHOULDER,
    "humerus": BodySite.UPPER_ARM,
    "ulna": BodySite.FOREARM,
    "radius": BodySite.FOREARM,
    "carpal": BodySite.HAND_WRIST,
    "metacarpal": BodySite.HAND_WRIST,
    "phalanges_hand": BodySite.HAND_WRIST,
    "sacrum": BodySite.SPINE,
    "vertebrae": BodySite.SPINE,
    "hip": BodySite.PELVIS,
    "femur": BodySite.THIGH,
    "patella": BodySite.KNEE,
    "tibia": BodySite.LOWER_LEG,
    "fibula": BodySite.LOWER_LEG,
    "tarsal": BodySite.ANKLE_FOOT,
    "metatarsal": BodySite.ANKLE_FOOT,
    "phalanges_feet": BodySite.ANKLE_FOOT,
}
"""The site of a lesion at a bone, away from its joints."""

_END_MM: Final[Mapping[str, float]] = dict(LOCATE.bone_ends_mm)

_LEVELS: Final = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
"""The level of the spine by the letter of a vertebra."""

_BESIDE: Final = {
    "cervical": BodySite.HEAD_NECK,
    "thoracic": BodySite.CHEST,
    "lumbar": BodySite.ABDOMEN,
    "sacral": BodySite.PELVIS,
}
"""The site of a lesion beside a level of the spine."""


@dataclass(frozen=True, slots=True, eq=False)
class BoneMap:
    """Points of the bones of a stack, those that were named and those that were not.

    Parameters
    ----------
    tree
        Of `points_lps_mm`, (n, 3).
    label, body
        (n,) the label of the bone, and the number of the body (`_NO_BODY` for none), that each point lies in.
    names, sides
        As in `NamedBones`.
    unnamed
        Tree of the points of bones without a name; None where there are none.
    mirrored
        Whether left bones lie on the right side of the patient: then the sides in the names are not used.
    field_z_mm
        Lowest and highest z of the stack.
    """

    points_lps_mm: NDArray[np.float64]
    tree: KDTree
    label: NDArray[np.intp]
    body: NDArray[np.intp]
    names: Mapping[int, str]
    sides: Mapping[int, Laterality]
    unnamed: KDTree | None
    mirrored: bool
    field_z_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class BonesNear:
    """The side and the site that the named bones near a lesion give.

    Parameters
    ----------
    side
        The side of the bones; UNKNOWN if they give none.
    of_arm
        Whether the nearest bone is a bone of an arm.
    site
        The site; None if no bone is near.
    mirrored
        As in `BoneMap`.
    words
        The evidence, for a person.
    """

    side: Laterality = Laterality.UNKNOWN
    of_arm: bool = False
    site: Site | None = None
    mirrored: bool = False
    words: str = ""


def map_bones(
    bones: NamedBones, geometry: Geometry, bodies: Sequence[Outline], skeleton: Sequence[Outline]
) -> BoneMap | None:
    """Make points of the bones of a stack.

    Parameters
    ----------
    bones
        As another program named them.
    geometry
        Of the stack.
    bodies, skeleton
        Each body in the field, and what was judged to be bone.

    Returns
    -------
    BoneMap or None
        None where no bone has a point.
    """
    steps = thinning_steps(geometry, LOCATE.named_bone_step_mm)
    index = thinned_index([(bones.labels, (0, 0, 0))], steps)
    if not len(index):
        return None
    label = bones.labels[tuple(index.T)].astype(np.intp)
    points = geometry.to_lps_mm(index)
    box = StackBox.of(geometry)
    return BoneMap(
        points_lps_mm=points,
        tree=KDTree(points),
        label=label,
        body=_body_of(index, bodies),
        names=bones.names,
        sides=bones.sides,
        unnamed=_unnamed(bones, geometry, skeleton, steps),
        mirrored=_is_mirrored(points, label, bones),
        field_z_mm=(float(box.low_lps_mm[2]), float(box.high_lps_mm[2])),
    )


def _unnamed(
    bones: NamedBones, geometry: Geometry, skeleton: Sequence[Outline], steps: NDArray[np.intp]
) -> KDTree | None:
    masks = ((outline.mask() & (bones.labels[outline.box] == 0), outline.start_kji) for outline in skeleton)
    index = thinned_index(masks, steps)
    return KDTree(geometry.to_lps_mm(index)) if len(index) else None


def _body_of(index_kji: NDArray[np.intp], bodies: Sequence[Outline]) -> NDArray[np.intp]:
    """(n,) number of the body that each voxel lies in."""
    found = np.full(len(index_kji), _NO_BODY)
    for number, body in enumerate(bodies):
        inside = np.all((index_kji >= body.start_kji) & (index_kji < body.stop_kji), axis=1)
        own = index_kji[inside] - np.array(body.start_kji)
        found[np.flatnonzero(inside)[body.mask()[tuple(own.T)]]] = number
    return found


def _is_mirrored(points_lps_mm: NDArray[np.float64], label: NDArray[np.intp], bones: NamedBones) -> bool:
    """Tell whether most bones of the trunk and legs that have both sides lie with the left one to the right."""
    x_mm: dict[str, dict[Laterality, float]] = {}
    for one in np.unique(label):
        side, bone = bones.sides.get(int(one)), _bone(bones.names[int(one)])
        if side is not None and bone not in ARM_BONES:
            x_mm.setdefault(bone, {}).setdefault(side, float(np.median(points_lps_mm[label == one, 0])))
    both = [sides for sides in x_mm.values() if len(sides) == 2]
    wrong = sum(sides[Laterality.LEFT] < sides[Laterality.RIGHT] for sides in both)
    return 2 * wrong > len(both)


def bones_near(points_lps_mm: NDArray[np.float64], bones: BoneMap, body: int | None) -> BonesNear:
    """Find the side and site of a lesion from the nearest named bones.

    Parameters
    ----------
    points_lps_mm
        (n, 3) of the lesion.
    bones
        Of its stack.
    body
        Number of the body that contains the lesion; only bones of this body are used. None if the lesion lies in no
        body; then all bones are used.
    """
    points = some_points(points_lps_mm, LOCATE.named_bone_lesion_points)
    distance_mm, index = bones.tree.query(points, k=min(LOCATE.named_bone_neighbors, len(bones.label)))
    distance_mm, index = distance_mm.reshape(len(points), -1), index.reshape(len(points), -1)
    near = distance_mm <= LOCATE.named_bone_farthest_mm
    if body is not None:
        near &= bones.body[index] == body
    if not near.any():
        return BonesNear(words=f"no named bone lies within {LOCATE.named_bone_farthest_mm:.0f} mm")
    nearest_mm = float(distance_mm[near].min())
    if bones.unnamed is not None:
        unnamed_mm = float(bones.unnamed.query(points)[0].min())
        if unnamed_mm + LOCATE.unnamed_mm < nearest_mm:
            return BonesNear(words="a bone without a name lies nearer than all that have one")
    at = np.unravel_index(np.argmin(np.where(near, distance_mm, np.inf)), near.shape)
    name = bones.names[int(bones.label[index[at]])]
    bone = _bone(name)
    side, share = _side(bones, bones.label[index[near]])
    site = _site(bones, points, bones.points_lps_mm[index[at]], name, nearest_mm)
    words = f"the nearest named bone is {name}, {nearest_mm:.0f} mm away"
    if side is not Laterality.UNKNOWN:
        words += f", and {share:.0%} of the bones around it are {side} ones"
    return BonesNear(side, bone in ARM_BONES, site, bones.mirrored, words)


def _side(bones: BoneMap, labels: NDArray[np.intp]) -> tuple[Laterality, float]:
    """Tell the side of the bones near a lesion, and the share of that side; at least half of them must have a side."""
    sides = [bones.sides.get(int(label)) for label in labels]
    left, right = sides.count(Laterality.LEFT), sides.count(Laterality.RIGHT)
    if 2 * (left + right) < len(sides):
        return Laterality.UNKNOWN, 0.0
    share = max(left, right) / (left + right)
    if share < LOCATE.sure_bone_share:
        return Laterality.UNKNOWN, share
    return (Laterality.LEFT if left > right else Laterality.RIGHT), share


def _bone(name: str) -> str:
    """Name a bone without side and number: rib_left_4 is rib, vertebrae_L3 vertebrae."""
    kept = [part for part in name.split("_") if part not in ("left", "right")]
    return kept[0] if kept[0] in ("rib", "vertebrae") else "_".join(kept)


def _site(
    bones: BoneMap, points: NDArray[np.float64], nearest_lps_mm: NDArray[np.float64], name: str, nearest_mm: float
) -> Site | None:
    bone = _bone(name)
    evidence = f"{name} lies {nearest_mm:.0f} mm away"
    if bone in ("vertebrae", "sacrum"):
        level = _LEVELS.get(name.partition("_")[2][:1]) if bone == "vertebrae" else "sacral"
        if nearest_mm <= LOCATE.vertebra_mm:
            return Site(BodySite.SPINE, SiteSource.BONE_LABELS, level, evidence)
        return Site(_BESIDE[level], SiteSource.BONE_LABELS, evidence=evidence) if level else None
    middle = points[np.argmin(np.linalg.norm(points - nearest_lps_mm, axis=1))]
    away_mm = _distances_mm(bones, middle)
    for one_bone, other_bone, site, within_mm in LOCATE.joints:
        pair = {one_bone, other_bone}
        if bone in pair and max(away_mm.get(one, np.inf) for one in pair) <= within_mm:
            other = next(iter(pair - {bone}))
            return Site(site, SiteSource.BONE_LABELS, evidence=f"{evidence}, {other} {away_mm[other]:.0f} mm")
    if bone in _END_MM and (end := _end_near(bones, name, nearest_lps_mm)) is not None:
        region = _end_of_femur(bones, end) if bone == "femur" else None
        return Site(region, SiteSource.BONE_LABELS, evidence=f"{evidence}, near to its end") if region else None
    return Site(_SITES[bone], SiteSource.BONE_LABELS, evidence=evidence) if bone in _SITES else None


def _distances_mm(bones: BoneMap, point_lps_mm: NDArray[np.float64]) -> dict[str, float]:
    """Distance of each bone around a point."""
    found: dict[str, float] = {}
    for index in bones.tree.query_ball_point(point_lps_mm, LOCATE.around_joint_mm):
        bone = _bone(bones.names[int(bones.label[index])])
        away_mm = float(np.linalg.norm(bones.points_lps_mm[index] - point_lps_mm))
        found[bone] = min(found.get(bone, np.inf), away_mm)
    return found


def _end_near(bones: BoneMap, name: str, place_lps_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Find the end of a long bone, or of the part of it that the field shows, that a place is near to."""
    label = next(number for number, one in bones.names.items() if one == name)
    own = bones.points_lps_mm[bones.label == label]
    _, _, axes = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)
    along_mm = own @ axes[0]
    ends = own[[int(np.argmin(along_mm)), int(np.argmax(along_mm))]]
    away_mm = np.linalg.norm(ends - place_lps_mm, axis=1)
    nearer: NDArray[np.float64] = ends[int(np.argmin(away_mm))]
    return nearer if away_mm.min() <= _END_MM[_bone(name)] else None


def _end_of_femur(bones: BoneMap, end_lps_mm: NDArray[np.float64]) -> BodySite | None:
    """Tell hip from knee by the femur alone; None at the border of the field, where the bone may be cut off."""
    if min(end_lps_mm[2] - bones.field_z_mm[0], bones.field_z_mm[1] - end_lps_mm[2]) <= LOCATE.cut_bone_mm:
        return None
    own = bones.points_lps_mm[[_bone(bones.names[int(label)]) == "femur" for label in bones.label]]
    return BodySite.HIP if end_lps_mm[2] > np.median(own[:, 2]) else BodySite.KNEE
