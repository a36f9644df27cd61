"""Paired change: both images in one frame, subtracted inside both outlines.

The difference of two volumes carries the errors of two outlines. The difference of two images inside both outlines does
not: what lies in one outline alone and is equally dense at both dates, as bone that an outline ran along, cancels out.
Each image is first set to zero at its own surroundings and to one at its own plateau, so that a mass that only became
less dense has not shrunk. The image with the longer slices keeps its voxels; the other one is averaged over them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage, optimize
from scipy.spatial.transform import Rotation

from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.motion import inverse, moved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline, Volume
    from calcimeasure.study.follow.bone import BoneFactor


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """A mass at one date: the stack, its outline and edge, and its volume."""

    volume: Volume
    outline: Outline
    edge: Edge
    volume_ml: float

    @property
    def height_hu(self) -> float:
        """Plateau above the surroundings."""
        return self.edge.plateau_hu - self.edge.background_hu


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """What two images inside both outlines differ by.

    Parameters
    ----------
    change_ml
        Calcium that came, less what went.
    density_ratio
        Density of the current date in units of the prior one, inside both outlines; None if they share no voxel.
    deep_voxels
        Number of voxels that lie so deep in both outlines that blur does not reach them; 0 where the densest ones of
        thin calcium were compared instead.
    area_mm2
        Surface of both outlines together.
    tissue_ml
        Volume of what was subtracted and is no calcium at one date at least.
    height_hu
        Plateau of the prior date above the surroundings.
    matrix
        The motion with which the images fit.
    difference
        (k, j, i) difference in parts of the plateau, in the box of the stack with the longer slices.
    prior_hu, current_hu, prior_mask, current_mask
        Both images and both outlines in this box, the other stack averaged over its voxels.
    spacing_kji_mm
        Of the box.
    turned_mm
        How far the images were moved on to fit, at the mass.
    bone
        What the tube voltage made of bone near the mass; None where it is the same, or no bone shows it.
    bone_ml
        Volume of the bone in what was subtracted, at the density of the mass.
    """

    change_ml: float
    density_ratio: float | None
    deep_voxels: int
    area_mm2: float
    tissue_ml: float
    height_hu: float
    matrix: NDArray[np.float64]
    difference: NDArray[np.float32]
    prior_hu: NDArray[np.float32]
    current_hu: NDArray[np.float32]
    prior_mask: NDArray[np.bool_]
    current_mask: NDArray[np.bool_]
    spacing_kji_mm: tuple[float, float, float]
    turned_mm: float = 0.0
    bone: BoneFactor | None = None
    bone_ml: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """The box of one stack around both outlines, and its voxels as points."""

    fixed: Dated
    moving: Dated
    start_kji: NDArray[np.intp]
    points_lps_mm: NDArray[np.float64]
    hu: NDArray[np.float32]
    mask: NDArray[np.bool_]

    def moving_hu(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """Average the other stack over the voxels of the box."""
        return _averaged(self.moving.volume.attenuation_hu, self, matrix)

    def moving_mask(self, matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which voxels of the box lie in the other outline."""
        outline = self.moving.outline
        # With a border of zeros, where the stack goes on: beyond the box of the outline nothing lies in it.
        start = [max(0, n - 1) for n in outline.start_kji]
        stop = [min(n + 1, end) for n, end in zip(outline.stop_kji, self.moving.volume.shape_kji, strict=True)]
        inside = outline.mask_in(start, stop).astype(np.float32)
        return np.asarray(_averaged(inside, self, matrix, start) >= 0.5)


def paired_change(
    prior: Dated, current: Dated, matrix: NDArray[np.float64], bone: BoneFactor | None = None
) -> Paired | None:
    """Subtract two images inside both outlines.

    Parameters
    ----------
    prior, current
        The mass at both dates; on stacks of at least two slices.
    matrix
        (4, 4) motion of the mass, prior to current.
    bone
        What another tube voltage made of bone near the mass; None where the tube voltage is the same, or not known.

    Returns
    -------
    Paired or None
        None if one of the images does not show the place of the mass as a whole, or shows no mass.
    """
    if min(prior.height_hu, current.height_hu) <= 0:
        return None
    is_forward = _longest_step(prior.volume.geometry) >= _longest_step(current.volume.geometry)
    fixed, moving = (prior, current) if is_forward else (current, prior)
    there = matrix if is_forward else inverse(matrix)
    frame = _frame(fixed, moving, there)
    if frame is None:
        return None
    fitted = _fitted(frame, there)
    found = _difference(frame, fitted, is_forward, bone)
    if found is None:
        return None
    middle = frame.points_lps_mm[frame.mask].mean(axis=0)
    turned_mm = float(np.linalg.norm(moved(fitted, middle) - moved(there, middle)))
    return replace(found, turned_mm=turned_mm, matrix=fitted if is_forward else inverse(fitted))


def _longest_step(geometry: Geometry) -> float:
    return max(geometry.spacing_kji_mm)


def _frame(fixed: Dated, moving: Dated, matrix: NDArray[np.float64]) -> _Frame | None:
    geometry = fixed.volume.geometry
    index = np.argwhere(moving.outline.mask()) + np.array(moving.outline.start_kji)
    back = moved(inverse(matrix), moving.volume.geometry.to_lps_mm(index[:: max(1, len(index) // 5000)]))
    places = geometry.to_index_kji(back)
    spacing = np.array(geometry.spacing_kji_mm)
    margin = np.ceil((FOLLOW.rim_mm + FOLLOW.shell_mm) / spacing) + 1
    low = np.minimum(np.array(fixed.outline.start_kji), np.floor(places.min(axis=0))) - margin
    high = np.maximum(np.array(fixed.outline.stop_kji), np.ceil(places.max(axis=0)) + 1) + margin
    start = np.maximum(low, 0).astype(np.intp)
    stop = np.minimum(high, geometry.shape_kji).astype(np.intp)
    if np.any(start + 2 > stop) or not _shows(moving, fixed, matrix):
        return None
    ticks = [np.arange(a, b) for a, b in zip(start, stop, strict=True)]
    points = geometry.to_lps_mm(np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1))
    box = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    mask = fixed.outline.mask_in(tuple(map(int, start)), tuple(map(int, stop)))
    return _Frame(fixed, moving, start, points, fixed.volume.attenuation_hu[box].astype(np.float32), mask)


def _shows(moving: Dated, fixed: Dated, matrix: NDArray[np.float64]) -> bool:
    """Tell whether each stack shows the outline of the other date."""
    for one, other, motion in ((fixed, moving, matrix), (moving, fixed, inverse(matrix))):
        index = np.argwhere(one.outline.mask()) + np.array(one.outline.start_kji)
        there = moved(motion, one.volume.geometry.to_lps_mm(index[:: max(1, len(index) // 2000)]))
        places = other.volume.geometry.to_index_kji(there)
        if np.any((places < 0) | (places > np.array(other.volume.shape_kji) - 1)):
            return False
    return True


def _averaged(
    values: NDArray[np.int16] | NDArray[np.float32],
    frame: _Frame,
    matrix: NDArray[np.float64],
    start_kji: Sequence[int] = (0, 0, 0),
) -> NDArray[np.float32]:
    """Interpolate values of the other stack at several points of each voxel across its slice, and average them.

    The first of the values lies at `start_kji`.
    """
    geometry = frame.fixed.volume.geometry
    step_mm = geometry.spacing_kji_mm[0]
    finest_mm = min(frame.moving.volume.geometry.spacing_kji_mm)
    count = min(max(1, round(step_mm / finest_mm)), FOLLOW.most_layers)
    total = np.zeros(frame.hu.shape, dtype=np.float32)
    for layer in range(count):
        offset = ((layer + 0.5) / count - 0.5) * step_mm * geometry.normal
        total += _sampled(values, frame, moved(matrix, frame.points_lps_mm + offset), start_kji)
    return total / np.float32(count)


def _sampled(
    values: NDArray[np.int16] | NDArray[np.float32],
    frame: _Frame,
    there: NDArray[np.float64],
    start_kji: Sequence[int] = (0, 0, 0),
) -> NDArray[np.float32]:
    places = frame.moving.volume.geometry.to_index_kji(there) - np.array(start_kji)
    low = np.clip(np.floor(places.reshape(-1, 3).min(axis=0)) - 1, 0, np.array(values.shape) - 1).astype(int)
    high = np.clip(np.ceil(places.reshape(-1, 3).max(axis=0)) + 2, low + 1, values.shape).astype(int)
    box = values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    found: NDArray[np.float32] = ndimage.map_coordinates(
        box, np.moveaxis(places - low, -1, 0), order=1, mode="nearest", output=np.float32
    )
    return found


def _fitted(frame: _Frame, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move the other image on until both are most alike in and next to the mass; what grew counts little (Cauchy)."""
    union = frame.mask | frame.moving_mask(matrix)
    near = _distance_mm(union, frame) <= FOLLOW.fitted_mm
    index = np.flatnonzero(near)
    index = index[:: max(1, len(index) // FOLLOW.fitted_voxels)]
    points = frame.points_lps_mm.reshape(-1, 3)[index]
    ours = np.clip(frame.hu.ravel()[index], *FOLLOW.fitted_window_hu)
    middle = points.mean(axis=0)
    reach_mm = max(float(np.linalg.norm(points - middle, axis=1).max()), 1.0)

    def matrix_of(step: NDArray[np.float64]) -> NDArray[np.float64]:
        turn = np.eye(4)
        turn[:3, :3] = Rotation.from_rotvec(step[3:] / reach_mm).as_matrix()
        turn[:3, 3] = middle + step[:3] - turn[:3, :3] @ middle
        return matrix @ turn

    def unlike(step: NDArray[np.float64]) -> NDArray[np.float64]:
        theirs = _sampled(frame.moving.volume.attenuation_hu, frame, moved(matrix_of(step), points))
        return np.asarray(np.clip(theirs, *FOLLOW.fitted_window_hu) - ours, dtype=np.float64)

    found = optimize.least_squares(
        unlike,
        np.zeros(6),
        jac=lambda step: _slopes(unlike, step),
        loss="cauchy",
        f_scale=FOLLOW.fitted_scale_hu,
        max_nfev=12,
    )
    too_far = max(float(np.linalg.norm(found.x[:3])), float(np.linalg.norm(found.x[3:]))) > FOLLOW.fitted_most_mm
    return matrix if too_far else matrix_of(found.x)


def _slopes(
    unlike: Callable[[NDArray[np.float64]], NDArray[np.float64]], step: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Differences over half a millimeter: shorter ones see the noise between voxels alone."""
    columns = []
    for axis in range(6):
        by = np.zeros(6)
        by[axis] = 0.3
        columns.append((unlike(step + by) - unlike(step - by)) / 0.6)
    return np.stack(columns, axis=1)


def _distance_mm(mask: NDArray[np.bool_], frame: _Frame) -> NDArray[np.float32]:
    spacing = frame.fixed.volume.geometry.spacing_kji_mm
    away: NDArray[np.float32] = edt.edt(~mask, anisotropy=spacing, black_border=False, parallel=1)
    return away


def _difference(frame: _Frame, matrix: NDArray[np.float64], is_forward: bool, bone: BoneFactor | None) -> Paired | None:
    """Subtract."""
    theirs, their_mask = frame.moving_hu(matrix), frame.moving_mask(matrix)
    union = frame.mask | their_mask
    away = _distance_mm(union, frame)
    spacing = frame.fixed.volume.geometry.spacing_kji_mm
    step_mm = spacing[0]
    rim = away <= max(FOLLOW.rim_mm, FOLLOW.rim_slices * step_mm)
    dense = (frame.hu >= FOLLOW.dense_hu) & (theirs >= FOLLOW.dense_hu)
    brightest, darkest = np.maximum(frame.hu, theirs), np.minimum(frame.hu, theirs)
    shell = ~rim & (brightest < FOLLOW.dense_hu) & (darkest > FOLLOW.air_like_hu)
    if np.count_nonzero(shell) < FOLLOW.fewest_shell:
        return None
    zeros = [float(np.mean(one[shell])) for one in (frame.hu, theirs)]
    images = [one - zero for one, zero in zip((frame.hu, theirs), zeros, strict=True)]
    dated = (frame.fixed, frame.moving)
    if not is_forward:
        images, dated, zeros = images[::-1], dated[::-1], zeros[::-1]
    (prior, current), (before, after) = images, dated
    density = _density((prior, current), frame, their_mask, matrix, is_forward)
    ratio = density.ratio
    # Above the same zero as the images: the edge has its surroundings nearer to the mass.
    heights = [one.edge.plateau_hu - zero for one, zero in zip(dated, zeros, strict=True)]
    if min(heights) <= 0:
        return None
    if density.is_of_grains and _tell_density(before, after):
        # A grain that grew has a higher top under blur, and edges err by their slices: errors of two kinds.
        by_edges = heights[1] / heights[0]
        ratio = by_edges if ratio is None else math.sqrt(ratio * by_edges)
    height_hu = heights[0]
    now_hu = heights[1] if ratio is None else ratio * height_hu
    # Right beyond the blur: a mass grows into what lies next to it.
    near = (away > max(FOLLOW.next_mm, step_mm)) & (brightest < FOLLOW.dense_hu) & (darkest > FOLLOW.air_like_hu)
    difference = _calcium(current, now_hu, near, spacing) - _calcium(prior, height_hu, near, spacing)
    # What is dense at both dates and not in both outlines is bone that an outline ran along: not the mass's plateau.
    # Another tube voltage changes bone as it changes the mass: then it cancels out as calcium does, unless it is known.
    as_prior = current / np.float32(1.0 if bone is None else bone.ratio)
    if not _bone_differs(prior, as_prior, dense & ~rim):
        of_bone = (as_prior - prior) / np.float32(height_hu)
        is_bone = dense & ~(frame.mask & their_mask) & (np.abs(of_bone) < FOLLOW.unchanged_share)
        difference = np.where(is_bone, of_bone, difference)
    # What is dense farther from the mass than its own blur is bone, which the mass may have come nearer to.
    region = rim & ~((brightest >= FOLLOW.dense_hu) & (away > max(FOLLOW.blurred_mm, step_mm)))
    bone_part = np.where(
        region & dense & ~(frame.mask & their_mask), np.clip(prior / np.float32(height_hu), 0, None), 0
    )
    difference *= region
    volumes = frame.fixed.volume.geometry.voxel_volumes_mm3[frame.start_kji[0] : frame.start_kji[0] + len(difference)]
    change_mm3 = float(difference.sum(axis=(1, 2), dtype=np.float64) @ volumes)
    faces = [np.count_nonzero(np.diff(np.pad(union, 1), axis=n)) * math.prod(spacing) / spacing[n] for n in range(3)]
    tissue_mm3 = float(np.count_nonzero(region & ~dense, axis=(1, 2)) @ volumes)
    return Paired(
        change_ml=change_mm3 / 1000,
        density_ratio=ratio,
        deep_voxels=density.deep_voxels,
        area_mm2=sum(faces) * 2 / 3,
        tissue_ml=tissue_mm3 / 1000,
        bone=bone,
        bone_ml=float(bone_part.sum(axis=(1, 2), dtype=np.float64) @ volumes) / 1000,
        height_hu=height_hu,
        matrix=matrix,
        difference=difference,
        prior_hu=prior + np.float32(zeros[0]),
        current_hu=current + np.float32(zeros[1]),
        prior_mask=frame.mask if is_forward else their_mask,
        current_mask=their_mask if is_forward else frame.mask,
        spacing_kji_mm=spacing,
    )


def _tell_density(before: Dated, after: Dated) -> bool:
    """Tell whether both edges know the density of grains better than the top of the blurred images does."""
    steps_mm = [_longest_step(one.volume.geometry) for one in (before, after)]
    one, other = before.edge, after.edge
    keeps_edge = one.follows_outline and other.follows_outline
    return one.of_pieces and other.of_pieces and keeps_edge and max(steps_mm) <= FOLLOW.alike_steps * min(steps_mm)


def _bone_differs(prior: NDArray[np.float32], current: NDArray[np.float32], bone: NDArray[np.bool_]) -> bool:
    """Tell whether bone near the mass is denser or less dense than at the prior date."""
    if np.count_nonzero(bone) < FOLLOW.fewest_shell:
        return False
    ratio = float(current[bone].sum(dtype=np.float64) / prior[bone].sum(dtype=np.float64))
    return abs(ratio - 1) > FOLLOW.bone_differs


def _calcium(
    above_hu: NDArray[np.float32], height_hu: float, shell: NDArray[np.bool_], spacing_mm: Sequence[float]
) -> NDArray[np.float32]:
    """Give the share of each voxel that is calcium: a mass grows into fat or into muscle, and not into their mean."""
    sigmas = [FOLLOW.local_mm / mm for mm in spacing_mm]
    weight = ndimage.gaussian_filter(shell.astype(np.float32), sigmas)
    summed = ndimage.gaussian_filter(np.where(shell, above_hu, np.float32(0)), sigmas)
    most = np.float32(FOLLOW.most_local * height_hu)
    local = np.clip(summed / (weight + np.float32(FOLLOW.least_weight)), -most, most)
    known = np.maximum(above_hu, np.float32(FOLLOW.air_like_hu))
    return np.asarray((known - local) / (np.float32(height_hu) - local), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Density:
    """Density of the current date in units of the prior one, and how deep in both outlines it was seen."""

    ratio: float | None
    deep_voxels: int
    deep_share: float

    @property
    def is_of_grains(self) -> bool:
        """Whether hardly a voxel lies as deep as blur reaches."""
        return not self.deep_voxels and self.deep_share < FOLLOW.grains_share


def _density(
    images: tuple[NDArray[np.float32], NDArray[np.float32]],
    frame: _Frame,
    their_mask: NDArray[np.bool_],
    matrix: NDArray[np.float64],
    is_forward: bool,
) -> _Density:
    """Compare the density of both dates where blur does not reach: deep in both outlines."""
    both = frame.mask & their_mask
    spacing = frame.fixed.volume.geometry.spacing_kji_mm
    depth = edt.edt(np.pad(both, 1), anisotropy=spacing, black_border=True, parallel=1)[1:-1, 1:-1, 1:-1]
    deep = depth > max(FOLLOW.deep_mm, spacing[0])
    count = int(np.count_nonzero(deep))
    deep_share = float(np.mean(depth[both] > FOLLOW.deep_mm)) if both.any() else 0.0
    if count < FOLLOW.fewest_deep:
        images = _equally_blurred(images, frame, matrix, is_forward)
        top = images[0] + images[1]
        deep = both & (top >= np.quantile(top[both], FOLLOW.top_quantile)) if both.any() else both
        count = 0
    if not deep.any() or min(float(one[deep].mean()) for one in images) <= 0:
        return _Density(None, 0, deep_share)
    prior, current = (float(one[deep].mean()) for one in images)
    return _Density(current / prior, count, deep_share)


def _equally_blurred(
    images: tuple[NDArray[np.float32], NDArray[np.float32]],
    frame: _Frame,
    matrix: NDArray[np.float64],
    is_forward: bool,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blur the prior and the current image: blur lowers the top of thin calcium, and has to lower it equally."""
    by_interpolation = _interpolated_mm2(frame, matrix)
    blurred = []
    for one, is_fixed in zip(images, (is_forward, not is_forward), strict=True):
        added = by_interpolation if is_fixed else np.zeros(3)
        sigmas = np.sqrt(FOLLOW.top_blur_mm**2 + added) / frame.fixed.volume.geometry.spacing_kji_mm
        blurred.append(ndimage.gaussian_filter(one, sigmas))
    return blurred[0], blurred[1]


def _interpolated_mm2(frame: _Frame, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) variance that interpolation has blurred the other stack by, along the axes of the box.

    At a share t of the way between two voxels of a distance d it is t (1 - t) d^2.
    """
    moving = frame.moving.volume.geometry
    spacing = np.array(moving.spacing_kji_mm)
    share = moving.to_index_kji(moved(matrix, frame.points_lps_mm[frame.mask])) % 1.0
    of_axes = np.mean(share * (1 - share), axis=0) * spacing**2
    ends = frame.fixed.volume.geometry.to_lps_mm(np.concatenate([np.zeros((1, 3)), np.eye(3)]))
    there = moving.to_index_kji(moved(matrix, ends)) * spacing
    turned = there[1:] - there[0]
    along = (turned / np.linalg.norm(turned, axis=1, keepdims=True)) ** 2
    return np.asarray(along @ of_axes, dtype=np.float64)
