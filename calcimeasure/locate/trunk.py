"""The trunk beside its midline: which bones are an arm's, and which region of the body a place lies in.

Bones of the trunk lie deep, in its middle, or against the lungs. What lies shallow at its front or its sides may belong
to an arm, which may be folded or crossed over the belly, and skin that lies on skin shows no border: such a bone has
the side that it lies on only where it can be followed up to the shoulder and nowhere comes to the midline. Regions are
told from lungs, from legs that part, and from the bones that lie beside the midline; where none of these is seen there
are no regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

from calcimeasure.locate.points import some_points
from calcimeasure.model import NOT_IMAGED_HU, BodySite, Site, SiteSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Midline, Outline, Volume

STEP_MM: Final = 9.0
MOST_POINTS: Final = 250_000
BONE_STEP_MM: Final = 5.0

LUNG_HU: Final = (-940, -500)
"""Air in the bowel, or between an arm and the trunk, is below."""

LUNG_SHARE: Final = 0.1
"""From this part of a section on it goes through the chest, with a third of it on either side; bowel gas is less."""

DEEP_MM: Final = 50.0
"""No bone of an arm lies deeper below its skin."""

AT_LUNG_MM: Final = 22.0
"""Ribs lie on the lung; an arm that lies on the chest has its own tissue and the chest wall between."""

INNER_MM: Final = 42.0
INNER_BESIDE, INNER_FRONT = 0.6, -0.3
BACK_BESIDE, BACK = 0.5, 0.2
"""Parts of the way from the middle of a section to its skin, sideways and to the back, inside which no arm lies: from
this depth on, and on the back at any."""

LIMB_MM: Final = 45.0
"""Nothing in a limb lies farther from a bone."""

JOINED_MM: Final = 60.0
CLEAR_MM: Final = 15.0
"""An arm that is followed stays so far from the midline, and more than that is not known exactly."""

TRUNK_HALF_WIDTH_MM: Final = 105.0
FOLLOWED_MM: Final = 80.0
"""Less of a limb than this does not show where it comes from."""

SPINE_MM, BESIDE_SPINE_MM = 20.0, 45.0
NEAR_BONE_MM: Final = 45.0
PARTING_MM: Final = 27.0
PELVIS_HEIGHT_MM: Final = 190.0
HIP_HEIGHT_MM: Final = (-20.0, 130.0)
THIGH_LENGTH_MM: Final = 220.0
"""The pelvis, the hip joint with the trochanters, and the thigh, above and below where the legs part."""

PELVIC_BONE_MM2: Final = 500.0
"""A section of the pelvis has this much bone on either side at least; one through ribs has less."""

SHOULDER_HEIGHT_MM, SHOULDER_BESIDE_MM = 100.0, 125.0
NECK_MM, HEAD_BESIDE_MM = 40.0, 110.0
SMALLEST_CHEST_MM: Final = 60.0
ABDOMEN_MM: Final = 180.0
LEVEL_MARGIN_MM: Final = 40.0
LESION_POINTS: Final = 400


class Part(StrEnum):
    """What a lesion lies in."""

    TRUNK = "trunk"
    FOLLOWED_LIMB = "followed limb"
    LIMB = "limb"


class Region(StrEnum):
    """What a section goes through."""

    HEAD = "head"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    LEGS = "legs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """The trunk with its bones.

    Parameters
    ----------
    midline
        Of the body.
    back
        (3,) unit vector in the midline plane, to the patient's back.
    low_lps_mm, step_mm
        Of the grid: its first point, and the distance of its points along x, y and z.
    regions
        Of each section along z.
    wide
        Numbers of the sections that are as wide as a trunk: what is in the middle of others may be the skull.
    crotch_z_mm, chest_z_mm
        Where the legs part, and the lower and upper end of the lungs; None where they are not in view.
    tree
        Of `bones_lps_mm`, (n, 3): points of the bones.
    spine
        Of those at the midline and on the back.
    beside_mm, backward
        (n,) signed distance from the midline, and the part of the way from the middle of the section to its skin, to
        the back.
    is_trunk
        (n,) which surely belong to the trunk.
    at_lung
        (n,) which lie at a lung, as ribs do.
    joined
        (n,) number of the connected bones that each point is of.
    limb
        (n,) number of the part without trunk bones that each point is of; 0 for the trunk's.
    followed
        Numbers of limbs that reach the trunk at their upper end and stay on one side.
    """

    midline: Midline
    back: NDArray[np.float64]
    low_lps_mm: NDArray[np.float64]
    step_mm: float
    regions: tuple[Region, ...]
    wide: frozenset[int]
    crotch_z_mm: float | None
    chest_z_mm: tuple[float, float] | None
    tree: KDTree
    spine: KDTree | None
    bones_lps_mm: NDArray[np.float64]
    beside_mm: NDArray[np.float64]
    backward: NDArray[np.float64]
    is_trunk: NDArray[np.bool_]
    at_lung: NDArray[np.bool_]
    joined: NDArray[np.intp]
    limb: NDArray[np.intp]
    followed: frozenset[int]


def look_at_trunk(
    volume: Volume, bodies: Sequence[Outline], skeleton: Sequence[Outline], midline: Midline
) -> Trunk | None:
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
    bones_lps_mm, point_mm3 = _bone_points(volume.geometry, skeleton)
    if not len(bones_lps_mm):
        return None
    grid = _Grid.of(volume, bodies, midline)
    at = grid.index(bones_lps_mm)
    places = tuple(at.T)
    beside_mm = midline.distance_mm(bones_lps_mm)
    sideways, backward = grid.sideways[places], grid.backward[places]
    at_lung = grid.to_lung_mm[places] <= AT_LUNG_MM
    depth_mm = grid.depth_mm[places]
    is_trunk = (
        (depth_mm > DEEP_MM)
        | at_lung
        | ((depth_mm > INNER_MM) & (backward > INNER_FRONT) & (sideways <= INNER_BESIDE))
        | ((backward > BACK) & (sideways <= BACK_BESIDE))
    )
    occupied = np.zeros(grid.body.shape, dtype=np.bool_)
    occupied[places] = True
    inner = np.zeros_like(occupied)
    inner[tuple(at[is_trunk].T)] = True
    everything = np.ones((3, 3, 3), dtype=np.bool_)
    joined, _ = ndimage.label(occupied, everything)
    limbs, _ = ndimage.label(occupied & ~inner, everything)
    limb = np.where(is_trunk, 0, limbs[places])
    spine = (np.abs(beside_mm) <= 30) & (backward > 0) & is_trunk
    regions, crotch, chest = _regions(grid, beside_mm, at, point_mm3)
    return Trunk(
        midline=midline,
        back=grid.back,
        low_lps_mm=grid.low_lps_mm,
        step_mm=grid.step_mm,
        regions=regions,
        wide=grid.wide_sections(),
        crotch_z_mm=None if crotch is None else grid.z_mm(crotch),
        chest_z_mm=None if chest is None else (grid.z_mm(chest[0]), grid.z_mm(chest[1])),
        tree=KDTree(bones_lps_mm),
        spine=KDTree(bones_lps_mm[spine]) if spine.any() else None,
        bones_lps_mm=bones_lps_mm,
        beside_mm=beside_mm,
        backward=backward,
        is_trunk=is_trunk,
        at_lung=at_lung,
        joined=joined[places],
        limb=limb,
        followed=_followed(
            bones_lps_mm,
            beside_mm,
            limb,
            ndimage.binary_dilation(inner, everything)[places],
            CLEAR_MM + midline.uncertainty_mm,
            -np.inf if crotch is None else grid.z_mm(crotch),
        ),
    )


def shows_regions(trunk: Trunk) -> bool:
    """Tell whether anything in view says which region a section goes through."""
    return trunk.crotch_z_mm is not None or trunk.chest_z_mm is not None


def part_with(points_lps_mm: NDArray[np.float64], trunk: Trunk) -> Part:
    """Tell whether a lesion lies in the trunk, or in what may be an arm or lower leg.

    Parameters
    ----------
    points_lps_mm
        (n, 3) of the lesion.
    trunk
        Of the stack.
    """
    away_mm, index = trunk.tree.query(some_points(points_lps_mm, LESION_POINTS))
    if away_mm.min() > LIMB_MM:
        return Part.TRUNK
    nearest = int(index[np.argmin(away_mm)])
    around = np.array(trunk.tree.query_ball_point(trunk.bones_lps_mm[nearest], JOINED_MM))
    around = around[trunk.joined[around] == trunk.joined[nearest]]
    if trunk.is_trunk[around].any():
        return Part.TRUNK
    return Part.FOLLOWED_LIMB if int(trunk.limb[nearest]) in trunk.followed else Part.LIMB


def site_by_place(points_lps_mm: NDArray[np.float64], trunk: Trunk) -> Site | None:
    """Say in which region of the trunk a lesion lies.

    Parameters
    ----------
    points_lps_mm
        (n, 3) of the lesion.
    trunk
        Of the stack.

    Returns
    -------
    Site or None
        None where nothing that is in view tells.
    """
    middle = points_lps_mm.mean(axis=0)
    section = round(float(middle[2] - trunk.low_lps_mm[2]) / trunk.step_mm)
    region = trunk.regions[section] if 0 <= section < len(trunk.regions) else Region.UNKNOWN
    part = part_with(points_lps_mm, trunk)
    if part is not Part.TRUNK:
        return None
    if region is Region.LEGS:
        return _site_in_leg(float(middle[2]), trunk)
    beside_mm = abs(float(trunk.midline.distance_mm(middle)))
    away_mm, index = trunk.tree.query(some_points(points_lps_mm, LESION_POINTS))
    nearest_mm, nearest = float(away_mm.min()), int(index[np.argmin(away_mm)])
    if section in trunk.wide and _is_at_spine(points_lps_mm, beside_mm, trunk):
        return Site(
            BodySite.SPINE, SiteSource.GEOMETRY, _level(region, float(middle[2]), trunk), "it lies at the spine"
        )
    if region is Region.PELVIS:
        return _site_in_pelvis(float(middle[2]), beside_mm, nearest_mm, abs(float(trunk.beside_mm[nearest])), trunk)
    if region in (Region.CHEST, Region.HEAD) and _is_at_shoulder(float(middle[2]), nearest_mm, nearest, trunk):
        return _by_geometry(BodySite.SHOULDER, "it lies at bone beside the upper end of the lungs")
    if region is Region.CHEST:
        return _by_geometry(BodySite.CHEST, "its section goes through the lungs")
    if region is Region.ABDOMEN:
        return _by_geometry(BodySite.ABDOMEN, "its section lies between lungs and pelvis")
    if region is Region.HEAD and beside_mm <= HEAD_BESIDE_MM:
        return _by_geometry(BodySite.HEAD_NECK, "its section lies above the lungs")
    return None


def _by_geometry(site: BodySite, evidence: str) -> Site:
    return Site(site, SiteSource.GEOMETRY, evidence=evidence)


def _site_in_leg(z_mm: float, trunk: Trunk) -> Site | None:
    if trunk.crotch_z_mm is None or z_mm < trunk.crotch_z_mm - THIGH_LENGTH_MM:
        return None
    return _by_geometry(BodySite.THIGH, f"it lies {trunk.crotch_z_mm - z_mm:.0f} mm below where the legs part")


def _site_in_pelvis(
    z_mm: float, beside_mm: float, nearest_mm: float, bone_beside_mm: float, trunk: Trunk
) -> Site | None:
    at_side = beside_mm >= 60 and bone_beside_mm >= 60 and nearest_mm <= NEAR_BONE_MM
    if not at_side:
        return _by_geometry(BodySite.PELVIS, "its section goes through the pelvis")
    if trunk.crotch_z_mm is None:
        return None  # the ilium's or the hip joint's: without the legs nothing tells how high it lies
    if HIP_HEIGHT_MM[0] <= z_mm - trunk.crotch_z_mm <= HIP_HEIGHT_MM[1]:
        return _by_geometry(BodySite.HIP, "it lies at bone beside the pelvis, near to where the legs part")
    return _by_geometry(BodySite.PELVIS, "its section goes through the pelvis")


def _is_at_spine(points_lps_mm: NDArray[np.float64], beside_mm: float, trunk: Trunk) -> bool:
    if beside_mm > BESIDE_SPINE_MM or trunk.spine is None:
        return False
    return float(trunk.spine.query(some_points(points_lps_mm, LESION_POINTS))[0].min()) <= SPINE_MM


def _level(region: Region, z_mm: float, trunk: Trunk) -> str | None:
    """Name the level of the spine, where it is not too near to the next one."""
    if trunk.chest_z_mm is None:
        return None
    low, high = trunk.chest_z_mm
    if region is Region.CHEST and z_mm <= high - LEVEL_MARGIN_MM and z_mm >= low + LEVEL_MARGIN_MM:
        return "thoracic"
    return "lumbar" if region is Region.ABDOMEN and z_mm <= low - LEVEL_MARGIN_MM else None


def _is_at_shoulder(z_mm: float, nearest_mm: float, nearest: int, trunk: Trunk) -> bool:
    if trunk.chest_z_mm is None or nearest_mm > NEAR_BONE_MM:
        return False
    top = trunk.chest_z_mm[1]
    beside_mm = abs(float(trunk.beside_mm[nearest]))
    at_lung = bool(trunk.at_lung[nearest])
    return not at_lung and beside_mm >= SHOULDER_BESIDE_MM and top - SHOULDER_HEIGHT_MM <= z_mm <= top + NECK_MM


def _bone_points(geometry: Geometry, skeleton: Sequence[Outline]) -> tuple[NDArray[np.float64], float]:
    """(n, 3) LPS mm, and how much bone each stands for."""
    steps = np.array([max(1, int(BONE_STEP_MM / mm)) for mm in geometry.spacing_kji_mm])
    found = [
        np.argwhere(one.mask()[:: steps[0], :: steps[1], :: steps[2]]) * steps + np.array(one.start_kji)
        for one in skeleton
    ]
    index = np.concatenate(found) if found else np.empty((0, 3), dtype=np.intp)
    return geometry.to_lps_mm(index), float(np.prod(steps * geometry.spacing_kji_mm))


def _followed(
    bones_lps_mm: NDArray[np.float64],
    beside_mm: NDArray[np.float64],
    limb: NDArray[np.intp],
    at_trunk: NDArray[np.bool_],
    clear_mm: float,
    crotch_z_mm: float,
) -> frozenset[int]:
    """Find the limbs that reach the trunk at their upper end and stay on one side of the midline.

    Knees and feet may touch in the middle; an arm that comes to it may be the other one's.
    """
    found = set()
    for number in np.unique(limb[limb > 0]):
        own = limb == number
        beside, z_mm = beside_mm[own], bones_lps_mm[own, 2]
        clear = 0.0 if z_mm.max() < crotch_z_mm else clear_mm
        one_side = bool(np.all(beside > clear) or np.all(beside < -clear))
        reaches = z_mm[at_trunk[own]]
        long = z_mm.max() - z_mm.min() >= FOLLOWED_MM
        if long and one_side and reaches.size and reaches.max() >= z_mm.max() - JOINED_MM:
            found.add(int(number))
    return frozenset(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """A coarse copy along the patient's axes; images are (x, y, z).

    Parameters
    ----------
    depth_mm
        Below the skin; what was not imaged counts as air, as beyond an arm that leaves the field of view.
    to_lung_mm
        To the nearest lung.
    sideways, backward
        Parts of the way from the middle of a section to its skin.
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
    back: NDArray[np.float64]

    @classmethod
    def of(cls, volume: Volume, bodies: Sequence[Outline], midline: Midline) -> _Grid:
        """Copy the bodies of a stack."""
        geometry = volume.geometry
        corners = geometry.to_lps_mm(list(product(*((0, n - 1) for n in geometry.shape_kji))))
        low, high = corners.min(axis=0), corners.max(axis=0)
        step_mm = max(STEP_MM, float(np.prod(np.maximum(high - low, STEP_MM)) / MOST_POINTS) ** (1 / 3))
        axes = [np.arange(a, max(b, a + step_mm / 2), step_mm) for a, b in zip(low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        k, j, i = np.moveaxis(np.rint(geometry.to_index_kji(points)).astype(np.intp), -1, 0)
        inside = _within((k, j, i), (0, 0, 0), geometry.shape_kji)
        hu = np.full(inside.shape, NOT_IMAGED_HU, dtype=np.int16)
        hu[inside] = volume.attenuation_hu[k[inside], j[inside], i[inside]]
        imaged = hu != NOT_IMAGED_HU
        body = np.zeros(inside.shape, dtype=np.bool_)
        for one in bodies:
            held = _within((k, j, i), one.start_kji, one.stop_kji)
            a, b, c = (at[held] - first for at, first in zip((k, j, i), one.start_kji, strict=True))
            body[held] |= one.mask()[a, b, c]
        lung = ndimage.binary_opening(body & imaged & (hu > LUNG_HU[0]) & (hu < LUNG_HU[1]))
        normal = np.array(midline.normal)
        back = np.array([-normal[1], normal[0], 0.0]) / np.hypot(normal[0], normal[1])
        beside = midline.distance_mm(points)
        anisotropy = (step_mm, step_mm, step_mm)
        return cls(
            low_lps_mm=low,
            step_mm=step_mm,
            body=body,
            lung=lung,
            beside_mm=beside.astype(np.float32),
            depth_mm=edt.edt(body, anisotropy=anisotropy, black_border=False, parallel=2),
            to_lung_mm=edt.edt(~lung, anisotropy=anisotropy, black_border=False, parallel=2)
            if lung.any()
            else np.full(body.shape, np.inf, dtype=np.float32),
            sideways=_sideways(body, beside),
            backward=_backward(body, points @ back),
            back=back,
        )

    def index(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.intp]:
        """(n, 3) nearest points of the grid."""
        nearest = np.rint((points_lps_mm - self.low_lps_mm) / self.step_mm).astype(np.intp)
        return np.clip(nearest, 0, np.array(self.body.shape) - 1)

    def wide_sections(self) -> frozenset[int]:
        """Numbers of the sections that reach to both sides as far as a trunk does."""
        reach_mm = [np.where(self.body, way * self.beside_mm, 0).max(axis=(0, 1)) for way in (-1, 1)]
        return frozenset(map(int, np.flatnonzero(np.minimum(reach_mm[0], reach_mm[1]) >= TRUNK_HALF_WIDTH_MM)))

    def z_mm(self, section: int) -> float:
        """Where a section lies."""
        return float(self.low_lps_mm[2] + section * self.step_mm)


def _within(
    index_kji: tuple[NDArray[np.intp], ...], start_kji: Sequence[int], stop_kji: Sequence[int]
) -> NDArray[np.bool_]:
    """Tell which voxels lie in a box of the stack."""
    inside = np.ones(index_kji[0].shape, dtype=np.bool_)
    for at, start, stop in zip(index_kji, start_kji, stop_kji, strict=True):
        inside &= (at >= start) & (at < stop)
    return inside


def _sideways(body: NDArray[np.bool_], beside_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Distance from the midline, as part of that of the skin on the same side in the same section."""
    left = np.where(body, beside_mm, 1.0).max(axis=(0, 1))
    right = np.where(body, -beside_mm, 1.0).max(axis=(0, 1))
    reach = np.where(beside_mm > 0, np.maximum(left, 1.0), np.maximum(right, 1.0))
    part: NDArray[np.float32] = (np.abs(beside_mm) / reach).astype(np.float32)
    return part


def _backward(body: NDArray[np.bool_], back_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Part of the way from the middle of a section to its skin, to the back (to the front negative)."""
    highest = np.where(body, back_mm, -np.inf).max(axis=(0, 1))
    lowest = np.where(body, back_mm, np.inf).min(axis=(0, 1))
    seen = np.isfinite(highest)
    middle = np.where(seen, (np.where(seen, highest, 0) + np.where(seen, lowest, 0)) / 2, 0)
    half = np.where(seen, np.maximum((np.where(seen, highest, 0) - np.where(seen, lowest, 0)) / 2, 1.0), 1.0)
    part: NDArray[np.float32] = ((back_mm - middle) / half).astype(np.float32)
    return part


def _regions(
    grid: _Grid, bone_beside_mm: NDArray[np.float64], bone_at: NDArray[np.intp], point_mm3: float
) -> tuple[tuple[Region, ...], int | None, tuple[int, int] | None]:
    """Name the region of each section; also where the legs part, and from where to where the lungs reach."""
    area = np.maximum(grid.body.sum(axis=(0, 1)), 1)
    seen = np.flatnonzero(grid.body.any(axis=(0, 1)))
    regions = [Region.UNKNOWN] * grid.body.shape[2]
    if not seen.size:
        return tuple(regions), None, None
    lungs = [(grid.lung & (way * grid.beside_mm > 0)).sum(axis=(0, 1)) / area for way in (-1, 1)]
    chest = _longest_run((lungs[0] + lungs[1] >= LUNG_SHARE) & (np.minimum(lungs[0], lungs[1]) >= LUNG_SHARE / 3))
    if chest is not None and (chest[1] - chest[0] + 1) * grid.step_mm < SMALLEST_CHEST_MM:
        chest = None
    crotch = _crotch(grid, seen, chest)
    for section in map(int, seen):
        regions[section] = _region(section, grid, chest, crotch)
    if crotch is None and chest is not None:
        _add_pelvis(regions, grid, bone_beside_mm, bone_at, point_mm3, chest)
    return tuple(regions), crotch, chest


def _region(section: int, grid: _Grid, chest: tuple[int, int] | None, crotch: int | None) -> Region:
    height_mm = None if crotch is None else (section - crotch) * grid.step_mm
    if height_mm is not None and height_mm < 0:
        return Region.LEGS
    if chest is not None and chest[0] <= section <= chest[1]:
        return Region.CHEST
    if height_mm is not None and height_mm <= PELVIS_HEIGHT_MM:
        return Region.PELVIS
    if chest is not None and section > chest[1]:
        return Region.HEAD
    if chest is not None and (section < chest[0]) and (chest[0] - section) * grid.step_mm <= ABDOMEN_MM:
        return Region.ABDOMEN
    if height_mm is not None and height_mm <= PELVIS_HEIGHT_MM + ABDOMEN_MM:
        return Region.ABDOMEN
    return Region.UNKNOWN


def _crotch(grid: _Grid, seen: NDArray[np.intp], chest: tuple[int, int] | None) -> int | None:
    """Find the lowest section in which both legs are one body; None where no legs part below it."""
    # Over a whole body the plane may lie beside the legs' own middle.
    gaps = np.arange(-PARTING_MM, PARTING_MM + 1, grid.step_mm)
    parted = np.any(
        [~np.any(grid.body & (np.abs(grid.beside_mm - at) <= grid.step_mm / 2), axis=(0, 1)) for at in gaps], axis=0
    )
    left, right = (np.any(grid.body & (way * grid.beside_mm > 0), axis=(0, 1)) for way in (1, -1))
    legs: NDArray[np.bool_] = parted & left & right
    first = int(seen[0])
    if not legs[first]:
        return None
    above = np.flatnonzero(~legs[first:])
    if not above.size:
        return None
    crotch = first + int(above[0])
    return crotch if crotch in seen and (chest is None or crotch < chest[0]) else None


def _add_pelvis(
    regions: list[Region],
    grid: _Grid,
    bone_beside_mm: NDArray[np.float64],
    bone_at: NDArray[np.intp],
    point_mm3: float,
    chest: tuple[int, int],
) -> None:
    """Name sections the pelvis where there is as much bone on both sides as a pelvis has, below the lungs."""
    count = grid.body.shape[2]
    at_side = (np.abs(bone_beside_mm) > 40) & (np.abs(bone_beside_mm) < 170)
    right, left = (
        np.bincount(bone_at[at_side & (way * bone_beside_mm > 0), 2], minlength=count) * point_mm3 / grid.step_mm
        for way in (-1, 1)
    )
    for section in range(chest[0] - int(NEAR_BONE_MM / grid.step_mm)):
        if min(right[section], left[section]) >= PELVIC_BONE_MM2:
            regions[section] = Region.PELVIS


def _longest_run(marked: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last index of the longest run."""
    labels, count = ndimage.label(marked)
    if not count:
        return None
    number = int(np.argmax(np.bincount(labels)[1:])) + 1
    found = np.flatnonzero(labels == number)
    return int(found[0]), int(found[-1])
