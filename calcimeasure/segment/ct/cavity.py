"""The cavity of the trunk: chest, belly and pelvis, as seen from a point in front of the spine.

In each slice rays run from that point to all sides, and each meets the wall: ribs or hip bones, or the muscles of the
belly beneath the fat of the skin. Lungs lie inside by themselves. What a ray meets behind the wall (shoulder blade,
armpit, buttock, hip, an arm beside the trunk) lies outside. The wall is known to a few millimeters only: between surely
inside and outside there is a border zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from calcimeasure.edge.connected import label_pieces
from calcimeasure.segment.ct.cavity_constants import CAVITY
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.trunk import find_trunk, odd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from calcimeasure.segment.ct.trunk import Neck, Trunk
    from calcimeasure.segment.ct.upright import Upright

BONE, OTHER_PART = 1, 2
"""Bone with its marrow, and any other dense part, in the copy that `find_cavity` looks at; 0 is neither."""


class Zone(IntEnum):
    """Where a point lies."""

    OUTSIDE = 0
    BORDER = 1
    INSIDE = 2


class Region(IntEnum):
    """What the slice of a point goes through."""

    BELLY = 0
    CHEST = 1
    NECK = 2
    BEYOND = 3


@dataclass(frozen=True, slots=True, eq=False)
class Cavity:
    """The cavity of the trunk, by the length of rays in each of its slices.

    Parameters
    ----------
    first, step_mm
        Number of the first slice of the thinned upright copy that goes through the cavity, and the distance of slices.
    start_mm
        (n, 2) where the rays start: from the front border and from the right border of the copy.
    sure_mm, border_mm
        (n, rays) length of each ray that surely lies inside, and that may lie inside.
    lung_mm
        (n, rays) length to the outermost lung, or to the line between two lungs; 0 where there is none.
    on_bone
        (n, rays) whether bone is the wall.
    is_chest
        (n,) whether the slice goes through lungs.
    neck
        What lies above; None where it is not seen.
    gas, thin_mm
        (z, y, x) of the thinned upright copy: air in the body that is no lung; and its spacing.
    """

    first: int
    step_mm: float
    start_mm: NDArray[np.float64]
    sure_mm: NDArray[np.float64]
    border_mm: NDArray[np.float64]
    lung_mm: NDArray[np.float64]
    on_bone: NDArray[np.bool_]
    is_chest: NDArray[np.bool_]
    neck: Neck | None
    gas: NDArray[np.bool_]
    thin_mm: tuple[float, float, float]

    def zones(self, points_mm: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
        """Tell where points lie.

        Parameters
        ----------
        points_mm
            (n, 3) along upright axes, as `Upright.points_mm` has them.

        Returns
        -------
        zones, depth_mm, regions
            (n,) the `Zone` of each point, how far it lies inside of the outermost wall (negative: outside; in the neck
            from the middle of the windpipe), and the `Region` of its slice.
        """
        row = np.floor(points_mm[:, 0] / self.step_mm).astype(np.intp) - self.first
        in_slices = (row >= 0) & (row < len(self.sure_mm))
        row = np.clip(row, 0, len(self.sure_mm) - 1)
        backward_mm, left_mm = (points_mm[:, axis] - self.start_mm[row, axis - 1] for axis in (1, 2))
        away_mm = np.hypot(backward_mm, left_mm)
        turn = np.arctan2(backward_mm, left_mm) / (2 * np.pi) * CAVITY.rays
        ray = np.floor(turn).astype(np.intp)
        rest = turn - ray
        one, other = ray % CAVITY.rays, (ray + 1) % CAVITY.rays
        sure_mm, border_mm, lung_mm = (
            length[row, one] * (1 - rest) + length[row, other] * rest
            for length in (self.sure_mm, self.border_mm, self.lung_mm)
        )
        zone = np.where(away_mm <= sure_mm, Zone.INSIDE, np.where(away_mm <= border_mm, Zone.BORDER, Zone.OUTSIDE))
        behind_mm, beside_mm = backward_mm - CAVITY.before_spine_mm, np.abs(left_mm)
        free = away_mm > lung_mm
        at_psoas = free & (behind_mm > -CAVITY.before_front_mm[1]) & (beside_mm < CAVITY.spine_mm[1])
        zone[at_psoas] = np.minimum(zone[at_psoas], Zone.BORDER)
        on_bone = (self.on_bone[row, one] | self.on_bone[row, other]) & (beside_mm >= CAVITY.spine_mm[1])
        at_spine = free & (behind_mm > -CAVITY.before_front_mm[0]) & (beside_mm < CAVITY.spine_mm[0])
        zone[at_spine | (free & ~on_bone & (behind_mm > CAVITY.canal_mm)) | ~in_slices] = Zone.OUTSIDE
        depth_mm = border_mm - away_mm
        region = np.where(~in_slices, Region.BEYOND, np.where(self.is_chest[row], Region.CHEST, Region.BELLY))
        if self.neck is not None:
            above = points_mm[:, 0] >= self.neck.first * self.step_mm
            zone[above], depth_mm[above] = _neck_zones(points_mm[above], self.neck, self.step_mm)
            region[above] = Region.NECK
        return zone, depth_mm, region

    def beside_gas(self, points_mm: NDArray[np.float64]) -> float:
        """Tell which share of points lies beside gas: within a block of the thinned copy, in its slice."""
        z, y, x = (np.floor(points_mm / self.thin_mm)).astype(np.intp).T
        found = np.zeros(len(points_mm), dtype=np.bool_)
        _, rows, columns = self.gas.shape
        z = np.clip(z, 0, len(self.gas) - 1)
        for down, left in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
            found |= self.gas[z, np.clip(y + down, 0, rows - 1), np.clip(x + left, 0, columns - 1)]
        return float(found.mean())


def _neck_zones(
    points_mm: NDArray[np.float64], neck: Neck, step_mm: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Tell which points lie beside the windpipe, in front of the spine and beneath the skin; and how far from it."""
    row = np.floor(points_mm[:, 0] / step_mm).astype(np.intp) - neck.first
    in_slices = row < len(neck.front_mm)
    row = np.clip(row, 0, len(neck.front_mm) - 1)
    away_mm = np.hypot(*(points_mm[:, axis] - neck.airway_mm[row, axis - 1] for axis in (1, 2)))
    column = np.floor(points_mm[:, 2] / neck.column_mm).astype(np.intp)
    skin_mm = neck.skin_mm[row, np.clip(column, 0, neck.skin_mm.shape[1] - 1)]
    between = in_slices & (points_mm[:, 1] - skin_mm >= CAVITY.neck_skin_mm)
    between &= neck.front_mm[row] - points_mm[:, 1] >= CAVITY.before_neck_spine_mm
    near, beside = (between & (away_mm <= limit_mm) for limit_mm in CAVITY.beside_airway_mm)
    return np.where(near, Zone.INSIDE, np.where(beside, Zone.BORDER, Zone.OUTSIDE)), away_mm


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What rays meet at each step: (slices, rays, steps), from the start of the ray to where it leaves the body."""

    body: NDArray[np.bool_]
    soft: NDArray[np.bool_]
    part: NDArray[np.bool_]
    bone: NDArray[np.bool_]
    of_spine: NDArray[np.bool_]
    lung: NDArray[np.bool_]


def find_cavity(
    upright: Upright, attenuation_hu: NDArray[np.int16], body: NDArray[np.bool_], dense: NDArray[np.uint8]
) -> Cavity | None:
    """Find the cavity of the trunk; None if no trunk is seen, as in a limb, a hand or a head.

    Parameters
    ----------
    upright
        How the copy is turned.
    attenuation_hu, body, dense
        (z, y, x) every nth slice of the upright copy (`Upright.slices`): the largest body, and `BONE`, `OTHER_PART`
        or 0.
    """
    thin_hu, thin_dense = upright.thinned(attenuation_hu), upright.thinned(dense)
    thin_body = _with_enclosed(upright.thinned(body))
    trunk = find_trunk(thin_hu, thin_body, thin_dense == BONE, upright.thin_mm)
    if trunk is None:
        return None
    start_mm = np.stack([trunk.front_mm - CAVITY.before_spine_mm, trunk.middle_mm], axis=1)
    thin = (thin_body, _skeleton(thin_dense == BONE, trunk, upright), trunk.lung)
    seen = _look(upright, start_mm, trunk.slices, (attenuation_hu, dense), thin)
    gas = thin_body & ~trunk.lung & (thin_hu < CAVITY.lung_hu)
    return _walls(seen, start_mm, trunk, gas, upright.thin_mm)


def _with_enclosed(body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add what a body encloses, as a vessel in a lung."""
    labels = label_pieces(~body, connectivity=6)
    outside = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    for border in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        outside[border.ravel()] = True
    outside[0] = False
    enclosed_too: NDArray[np.bool_] = ~outside[labels]
    return enclosed_too


def _skeleton(bone: NDArray[np.bool_], trunk: Trunk, upright: Upright) -> NDArray[np.bool_]:
    """Find the bone that is joined to the spine."""
    labels = label_pieces(bone)
    _, row_mm, column_mm = upright.thin_mm
    at = [(trunk.front_mm / row_mm).astype(int), (trunk.middle_mm / column_mm).astype(int)]
    found = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    for behind_mm in np.arange(0.0, CAVITY.spine_mm[0], row_mm):
        y = np.minimum(at[0] + int(behind_mm / row_mm), bone.shape[1] - 1)
        found[labels[trunk.slices, y, at[1]]] = True
    found[0] = False
    skeleton: NDArray[np.bool_] = found[labels]
    return skeleton


def _angles() -> NDArray[np.float64]:
    """(rays,) angles: 0 to the patient's left, a quarter of the circle to the back."""
    return np.linspace(0, 2 * np.pi, CAVITY.rays, endpoint=False)


def _look(
    upright: Upright,
    start_mm: NDArray[np.float64],
    slices: NDArray[np.intp],
    blocks: tuple[NDArray[np.int16], NDArray[np.uint8]],
    thin: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
) -> _Seen:
    """Look along the rays of each slice.

    Parameters
    ----------
    blocks
        Attenuation and dense parts of the upright copy.
    thin
        The body, the skeleton and the lungs on the thinned copy.
    """
    length_mm = np.arange(0, CAVITY.ray_mm, CAVITY.ray_step_mm)
    ways = np.stack([np.sin(_angles()), np.cos(_angles())])
    y_mm, x_mm = (start_mm[:, axis, None, None] + length_mm * ways[axis, :, None] for axis in (0, 1))
    hu, kind = _along(blocks, slices, (y_mm, x_mm), upright.block_mm)
    body, skeleton, lung = _along(thin, slices, (y_mm, x_mm), upright.thin_mm)
    _, rows, columns = blocks[0].shape
    within = (y_mm >= 0) & (x_mm >= 0) & (y_mm < rows * upright.block_mm[1]) & (x_mm < columns * upright.block_mm[2])
    outside = ~(body & within)
    # A single step of air is gas, or a gap between two blocks.
    left = outside.copy()
    left[..., :-1] &= outside[..., 1:]
    inside = np.logical_not(np.logical_or.accumulate(left, axis=-1))
    return _Seen(
        body=inside,
        soft=inside & ((hu >= CAVITY.fat_hu) | (hu <= CT.tissue_hu)),
        part=inside & (kind == OTHER_PART),
        bone=inside & (kind == BONE),
        of_spine=inside & skeleton,
        lung=inside & lung,
    )


def _along(
    arrays: Sequence[NDArray[Any]],
    z: NDArray[np.intp],
    yx_mm: tuple[NDArray[np.float64], NDArray[np.float64]],
    spacing_mm: tuple[float, float, float],
) -> Iterator[NDArray[Any]]:
    """Take the values of upright arrays at points of their slices; beyond their borders the value of the border."""
    y, x = (
        np.clip((one / mm).astype(np.intp), 0, length - 1)
        for one, mm, length in zip(yx_mm, spacing_mm[1:], arrays[0].shape[1:], strict=True)
    )
    for array in arrays:
        yield array[z[:, None, None], y, x]


def _last_mm(marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(slices, rays) length to the end of the last marked step; 0 where there is none."""
    steps = marked.shape[-1]
    last = np.where(marked.any(axis=-1), steps - marked[..., ::-1].argmax(axis=-1), 0)
    length_mm: NDArray[np.float64] = last * CAVITY.ray_step_mm
    return length_mm


def _fascia_mm(seen: _Seen, step_mm: float) -> NDArray[np.float64]:
    """Length to the outside of the muscles: from the skin inward, beneath the fat, two steps that are neither."""
    wide = 2 * CAVITY.around_dense_steps + 1
    blurred = ndimage.maximum_filter(seen.part.view(np.uint8), (3, 3, wide), mode="nearest").view(np.bool_)
    beneath = np.zeros_like(seen.body)
    beneath[..., : -CAVITY.skin_steps] = seen.body[..., CAVITY.skin_steps :]
    muscle = seen.soft & beneath & ~blurred
    muscle[..., 1:] &= muscle[..., :-1].copy()
    along, rays = odd(CAVITY.fascia_window[0], step_mm), CAVITY.fascia_window[1]
    around = np.pad(_last_mm(muscle), ((along // 2, along // 2), (0, 0)), mode="edge")
    around = np.pad(around, ((0, 0), (rays // 2, rays // 2)), mode="wrap")
    smooth = ndimage.percentile_filter(around, CAVITY.fascia_percentile, (along, rays))
    fascia_mm = smooth[along // 2 : -(along // 2), rays // 2 : -(rays // 2)]
    # Where a part lies against the wall from inside, the wall may be too thin to be seen.
    closed: NDArray[np.float64] = ndimage.grey_closing(fascia_mm, (odd(CAVITY.dent_mm, step_mm), 1), mode="nearest")
    return closed


def _bone_mm(
    seen: _Seen, fascia_mm: NDArray[np.float64], is_chest: NDArray[np.bool_], step_mm: float
) -> NDArray[np.float64]:
    """Length to the inside of the bones of the wall; 0 where bone is no wall.

    From outside inward: a shoulder blade comes before the ribs, a femur before the pelvis. What is dense deep inside
    (contrast agent, a kidney) is no wall.
    """
    length_mm = np.arange(seen.bone.shape[-1]) * CAVITY.ray_step_mm
    beneath_mm = fascia_mm[..., None] - length_mm
    deepest_mm = np.where(is_chest, CAVITY.bone_beneath_fascia_mm[1], CAVITY.bone_beneath_fascia_mm[0])[:, None, None]
    wall = seen.bone & (beneath_mm >= -CAVITY.fascia_error_mm) & (seen.of_spine | (beneath_mm <= deepest_mm))
    wall &= length_mm >= CAVITY.bone_from_center_mm
    wall = ndimage.maximum_filter1d(wall.view(np.uint8), odd(CAVITY.bone_window_mm, step_mm), axis=0).view(np.bool_)
    wall |= np.roll(wall, 1, axis=1) | np.roll(wall, -1, axis=1)
    inner = np.full(wall.shape[:2], -1)
    gap_mm = np.where(is_chest, CAVITY.bone_gap_mm[1], CAVITY.bone_gap_mm[0])[:, None]
    for step in range(wall.shape[-1] - 1, -1, -1):
        met = wall[..., step] & ((inner < 0) | ((inner - step) * CAVITY.ray_step_mm <= gap_mm))
        inner[met] = step
    inner_mm: NDArray[np.float64] = np.maximum(inner, 0) * CAVITY.ray_step_mm
    return inner_mm


def _straight_mm(length_mm: NDArray[np.float64], widest_degrees: float) -> NDArray[np.float64]:
    """Length to the straight line between the two nearest rays that have a length; NaN where the gap is too wide."""
    straight = np.full(length_mm.shape, np.nan)
    turn = 2 * np.pi / CAVITY.rays
    widest = int(np.deg2rad(widest_degrees) / turn)
    for row, own in zip(straight, length_mm, strict=True):
        known = np.flatnonzero(own > 0)
        for low, high in zip(known, np.append(known[1:], known[:1] + CAVITY.rays), strict=True):
            if not 1 < high - low <= widest:
                continue
            between = np.arange(low + 1, high)
            one, other = own[low], own[high % CAVITY.rays]
            row[between % CAVITY.rays] = (one * other * np.sin((high - low) * turn)) / (
                one * np.sin((between - low) * turn) + other * np.sin((high - between) * turn)
            )
    return straight


def _walls(
    seen: _Seen,
    start_mm: NDArray[np.float64],
    trunk: Trunk,
    gas: NDArray[np.bool_],
    thin_mm: tuple[float, float, float],
) -> Cavity:
    """Tell how far each ray surely lies inside, and how far it may."""
    step_mm = thin_mm[0]
    fascia_mm = _fascia_mm(seen, step_mm)
    lung_mm2 = trunk.lung_mm2[trunk.slices]
    is_chest = lung_mm2 >= CAVITY.chest_mm2
    bone_mm = _bone_mm(seen, fascia_mm, is_chest, step_mm)
    back = np.broadcast_to(np.sin(_angles()) > CAVITY.back_sine, bone_mm.shape)
    on_bone = bone_mm > 0
    lung_mm = _lung_mm(seen, back, step_mm)
    border_mm, sure_mm = (fascia_mm - np.where(back, CAVITY.back_wall_mm[n], CAVITY.wall_mm[n]) for n in (0, 1))
    # A gap between bones at the back, as the notches of the pelvis, is closed; the belly has no bone and is not.
    straight_mm = _straight_mm(bone_mm, CAVITY.widest_gap_degrees[1])
    notch = ~on_bone & np.isfinite(straight_mm) & (np.sin(_angles()) > -CAVITY.notch_sine)
    border_mm = np.where(notch, np.fmin(border_mm, straight_mm), border_mm)
    sure_mm = np.where(notch, np.fmin(sure_mm, straight_mm - CAVITY.beside_bone_mm[1]), sure_mm)
    beside_mm = np.where(is_chest, CAVITY.beside_bone_mm[0], CAVITY.beside_bone_mm[1])[:, None]
    border_mm = np.where(on_bone, np.minimum(bone_mm, fascia_mm - CAVITY.least_wall_mm[0]), border_mm)
    sure_mm = np.where(on_bone, np.minimum(bone_mm - beside_mm, fascia_mm - CAVITY.least_wall_mm[1]), sure_mm)
    upper = np.broadcast_to(_is_upper(trunk)[:, None], bone_mm.shape)
    border_mm = np.where(upper, np.where(lung_mm > 0, 0.0, np.minimum(border_mm, CAVITY.upper_mm)), border_mm)
    sure_mm = np.where(upper, np.minimum(sure_mm, border_mm), sure_mm)
    sure_mm = np.maximum(sure_mm, lung_mm)
    border_mm = np.maximum.reduce([border_mm, np.where(lung_mm > 0, lung_mm + CAVITY.beside_lung_mm, 0.0), sure_mm])
    return Cavity(
        first=int(trunk.slices[0]),
        step_mm=step_mm,
        start_mm=start_mm,
        sure_mm=sure_mm,
        border_mm=border_mm,
        lung_mm=lung_mm,
        on_bone=on_bone,
        is_chest=is_chest,
        neck=trunk.neck,
        gas=gas,
        thin_mm=thin_mm,
    )


def _lung_mm(seen: _Seen, back: NDArray[np.bool_], step_mm: float) -> NDArray[np.float64]:
    """Length to the outermost lung, or in front of the spine to the line between two lungs.

    What is no lung between lung above and below, or before and behind, lies inside too: a tumor, fluid beside a lung.
    """
    lung_mm = _last_mm(seen.lung)
    along, rays = odd(CAVITY.lung_window[0], step_mm), CAVITY.lung_window[1]
    around = np.pad(lung_mm, ((along, along), (0, 0)), mode="constant")
    around = np.pad(around, ((0, 0), (rays, rays)), mode="wrap")
    lung_mm = ndimage.grey_closing(around, (along, rays))[along:-along, rays:-rays]
    wide_mm = np.where(lung_mm >= CAVITY.bone_from_center_mm, lung_mm, 0.0)
    straight_mm = np.where(back, np.nan, _straight_mm(wide_mm, CAVITY.widest_gap_degrees[0]))
    outer_mm: NDArray[np.float64] = np.fmax(lung_mm, straight_mm)
    return outer_mm


def _is_upper(trunk: Trunk) -> NDArray[np.bool_]:
    """(n,) tell which slices go through the upper half of the lungs, where shoulders lie beside the chest.

    None where the lungs run out of the upper end of the image.
    """
    chest = np.flatnonzero(trunk.lung_mm2 >= CAVITY.chest_mm2)
    if not chest.size or chest[-1] == len(trunk.lung_mm2) - 1:
        return np.zeros(len(trunk.slices), dtype=np.bool_)
    upper: NDArray[np.bool_] = trunk.slices >= chest.mean()
    return upper
