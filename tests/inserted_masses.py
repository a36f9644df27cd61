"""Calcified masses of known size painted into real CT: what the judgement of tissue is tried on.

A mass replaces soft tissue only. Where it is grown against bone, bone wins: each voxel of the bone's blurred border
keeps its share of bone, and the mass fills the rest. It has the blur and the noise of the image it is painted into.
Every case follows from its seed and its image alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import cc3d
import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from skimage.measure import find_contours

from calcimeasure.errors import SeriesError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import NOT_IMAGED_HU, Volume
from tests.masses import as_in_ct
from tests.phantoms import Ellipsoid, Lobulated, rotation_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.geometry import Geometry
    from tests.phantoms import Array

Texture: TypeAlias = Literal["solid", "cobblestone", "level"]

BONE_HU = 200.0
LARGEST_MARROW_MM = 40.0
"""Holes of the skeleton that are wider are no marrow: the skull's, the pelvis's."""
MARGIN_MM = 6.0
"""A mass keeps this far from the edge of the image, so that its size is not cut."""
GAP_MM = 5.0
"""A free mass keeps this far from bone."""
SUBSAMPLES_KJI = (4, 3, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """Where masses can be put into an image.

    Parameters
    ----------
    volume
        As it came from the scanner.
    soft
        (k, j, i) share of each voxel that is soft tissue, 0..1.
    from_bone_mm, from_air_mm
        Distance to the skeleton with its marrow, and to air or the edge of the image.
    noise_sd_hu, blur_sigma_mm
        Of the image.
    """

    volume: Volume
    soft: Array
    from_bone_mm: Array
    from_air_mm: Array
    noise_sd_hu: float
    blur_sigma_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Inserted:
    """An image with a mass in it.

    Parameters
    ----------
    volume
        With the mass.
    share
        (k, j, i) share of each voxel of the box that is mass, before blur.
    start_kji
        Where the box begins.
    volume_ml, long_axis_mm
        Of the mass: the sum of its shares, and the longest caliper of its contour within a slice.
    contact_mm2
        Roughly how much of its surface lies on bone.
    """

    volume: Volume
    share: Array
    start_kji: tuple[int, int, int]
    volume_ml: float
    long_axis_mm: float
    hu: float
    texture: Texture
    on_bone: bool
    contact_mm2: float

    @property
    def box(self) -> tuple[slice, ...]:
        return tuple(slice(a, a + n) for a, n in zip(self.start_kji, self.share.shape, strict=True))


@cache
def real_volumes(folder: Path) -> dict[str, Volume]:
    """Load every CT stack of a folder; named by patient and stack."""
    found = {}
    for stack in find_series(folder).series:
        if stack.modality == "CT" and (image := _loaded(stack)) is not None:
            found[f"{stack.patient_id}/{stack.stack_number}"] = image
    return dict(sorted(found.items()))


def _loaded(stack: object) -> Volume | None:
    try:
        image = load_image(stack)
    except SeriesError:
        return None
    return image if isinstance(image, Volume) and image.geometry.shape_kji[0] > 1 else None


def spacing_kji_mm(geometry: Geometry) -> tuple[float, float, float]:
    return (geometry.slice_spacing_mm or 1.0, geometry.row_spacing_mm, geometry.column_spacing_mm)


def anatomy(volume: Volume) -> Anatomy:
    """Find soft tissue, skeleton and air of an image, its noise and its blur."""
    hu = np.where(volume.attenuation_hu == NOT_IMAGED_HU, -1000, volume.attenuation_hu).astype(np.float32)
    spacing_mm = spacing_kji_mm(volume.geometry)
    bone = _with_marrow(hu >= BONE_HU, spacing_mm)
    in_plane = [0.0, 4.0 / spacing_mm[1], 4.0 / spacing_mm[2]]
    air = ndimage.gaussian_filter(hu, [0.0, *(1.0 / np.array(spacing_mm[1:]))]) < -300
    air = cc3d.dust(air, threshold=1000, connectivity=6)
    # At the border of a bone: less of it the further the voxel is below the cortex beside it.
    reach = [max(1, round(2.0 / step)) * 2 + 1 for step in spacing_mm]
    reach[0] = 1
    cortex = ndimage.maximum_filter(hu, reach)
    tissue = np.clip(ndimage.gaussian_filter(np.where(bone, 50, np.clip(hu, -100, 100)), in_plane), -100, 100)
    share_of_bone = np.clip((hu - tissue) / np.maximum(cortex - tissue, 1), 0, 1)
    near_bone = ndimage.binary_dilation(bone, _cross(), iterations=1)
    border = near_bone & ~ndimage.binary_erosion(bone, _cross(), border_value=1)
    soft = np.where(border & (cortex > BONE_HU), 1 - share_of_bone, np.where(bone, 0.0, 1.0))
    soft[air] = 0
    beside = np.ones(hu.shape, dtype=bool)
    beside[air] = False
    padded = np.pad(beside, 1)
    from_air_mm = edt.edt(padded, anisotropy=spacing_mm, black_border=True)[1:-1, 1:-1, 1:-1]
    from_bone_mm = edt.edt(~bone, anisotropy=spacing_mm, black_border=False)
    flat = (from_bone_mm > 6) & (from_air_mm > 6)
    bends = (hu[:, :, :-2] - 2 * hu[:, :, 1:-1] + hu[:, :, 2:])[flat[:, :, 1:-1]]
    noise_sd_hu = 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6) if bends.size else 15.0
    # No sharper than the pixel's own box, and like a soft or standard kernel.
    blur_sigma_mm = max(0.75, 0.45 * spacing_mm[1])
    return Anatomy(volume, soft, from_bone_mm, from_air_mm, max(noise_sd_hu, 5.0), blur_sigma_mm)


def _cross() -> np.ndarray:
    return np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], dtype=bool)


def _with_marrow(dense: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    bone = cc3d.dust(dense, threshold=round(200 / math.prod(spacing_mm)) + 1, connectivity=26)
    filled = bone.copy()
    for k in range(len(bone)):
        holes = ndimage.binary_fill_holes(ndimage.binary_closing(bone[k], iterations=2) | bone[k]) & ~bone[k]
        labels, count = ndimage.label(holes)
        deep_mm = edt.edt(holes, anisotropy=spacing_mm[1:])
        widest = ndimage.maximum(deep_mm, labels, range(1, count + 1))
        marrow = np.isin(labels, 1 + np.flatnonzero(2 * np.atleast_1d(widest) < LARGEST_MARROW_MM))
        filled[k] |= marrow & holes
    return filled


def insert(
    where: Anatomy,
    seed: int,
    *,
    on_bone: bool,
    texture: Texture = "solid",
    size_mm: tuple[float, float] = (20.0, 80.0),
    hu: float | None = None,
) -> Inserted | None:
    """Paint a lobulated mass of random shape, size, density and place; None where the image has no room for it."""
    rng = np.random.default_rng([seed, on_bone, len(texture)])
    hu = float(rng.uniform(450, 1100)) if hu is None else hu
    for attempt in range(60):
        largest_mm = size_mm[1] * 0.93**attempt
        if largest_mm < size_mm[0]:
            break
        wanted_mm = math.exp(rng.uniform(math.log(size_mm[0]), math.log(max(largest_mm, size_mm[0] * 1.05))))
        center = _place(where, rng, wanted_mm, on_bone)
        if center is None:
            continue
        mass = lobulated_mass(rng, center, wanted_mm, hu)
        made = _painted(where, mass, rng, on_bone, texture)
        if made is not None and size_mm[0] <= made.long_axis_mm <= size_mm[1] * 1.1:
            return made
    return None


def lobulated_mass(rng: np.random.Generator, center_lps_mm: Array, size_mm: float, hu: float) -> Lobulated:
    """One to five overlapping ellipsoids, about as long as asked for."""
    lobes = int(rng.integers(1, 6))
    core_mm = size_mm / 2 * (1.0 if lobes == 1 else rng.uniform(0.55, 0.75))
    axes_mm = core_mm * np.array([1.0, *rng.uniform(0.5, 1.0, 2)])
    rotation_deg = tuple(rng.uniform(0, 360, 3))
    made = [Ellipsoid(tuple(center_lps_mm), tuple(axes_mm), hu, rotation_deg)]
    for _ in range(lobes - 1):
        toward = rng.normal(size=3)
        on_surface = rotation_matrix(rotation_deg) @ (toward / np.linalg.norm(toward) * axes_mm)
        lobe_mm = size_mm / 2 * rng.uniform(0.3, 0.5) * np.array([1.0, *rng.uniform(0.6, 1.0, 2)])
        place = tuple(center_lps_mm + rng.uniform(0.75, 1.0) * on_surface)
        made.append(Ellipsoid(place, tuple(lobe_mm), hu, tuple(rng.uniform(0, 360, 3))))
    return Lobulated(tuple(made), hu)


def _place(where: Anatomy, rng: np.random.Generator, size_mm: float, on_bone: bool) -> Array | None:
    half_mm = size_mm / 2
    if on_bone:
        # With the center outside the bone by part of its own half-width: broad and narrow bases.
        away_mm = rng.uniform(0.25, 0.75) * half_mm * 0.7
        spacing_mm = spacing_kji_mm(where.volume.geometry)
        near = np.abs(where.from_bone_mm - away_mm) < max(spacing_mm)
        able = near & (where.from_air_mm > max(MARGIN_MM, 0.5 * half_mm))
    else:
        able = (where.from_bone_mm > 0.6 * half_mm + GAP_MM) & (where.from_air_mm > 0.6 * half_mm + 2)
    index = np.flatnonzero(able)
    if not index.size:
        return None
    kji = np.unravel_index(index[rng.integers(index.size)], able.shape)
    return where.volume.geometry.to_lps_mm(np.array(kji, dtype=float))


def _painted(
    where: Anatomy, mass: Lobulated, rng: np.random.Generator, on_bone: bool, texture: Texture
) -> Inserted | None:
    geometry = where.volume.geometry
    box = _box(mass, geometry)
    if box is None:
        return None
    points = _points_lps_mm(geometry, box)
    inside = mass.safe_distance_mm(points) < 0
    whole = inside.mean(axis=(3, 4, 5))
    soft = where.soft[box]
    share = whole * soft
    if not on_bone and np.any((whole > 0) & (where.from_bone_mm[box] < GAP_MM)):
        return None
    # Under the skin and within the image, not through them.
    if np.any((whole > 0) & (where.from_air_mm[box] < 2.0)) or share.sum() < 0.5 * whole.sum():
        return None
    pieces = cc3d.connected_components(share > 0.3, connectivity=6)
    if not pieces.any():
        return None
    largest = 1 + int(np.bincount(pieces.ravel())[1:].argmax())
    share = share * ndimage.binary_dilation(pieces == largest) * ((pieces == largest) | (pieces == 0))
    contact_mm2 = _contact_mm2(share, soft, spacing_kji_mm(geometry))
    if on_bone and contact_mm2 < 20:
        return None
    density = _density(mass, points[..., 2, 1, 1, :], rng, texture)
    sigma = (0.0, where.blur_sigma_mm / geometry.row_spacing_mm, where.blur_sigma_mm / geometry.column_spacing_mm)
    covered = ndimage.gaussian_filter(whole * (share > 0), sigma)
    # What is blurred into bone stays bone: the voxel's own share of soft tissue is what there is to replace.
    covered *= np.maximum(soft, 0) * ndimage.binary_dilation(share > 0, iterations=3)
    painted_hu = ndimage.gaussian_filter(whole * density, sigma) / np.maximum(
        ndimage.gaussian_filter(whole, sigma), 0.01
    )
    noise = where.noise_sd_hu * as_in_ct(rng.standard_normal(share.shape).astype(np.float32))
    stored_hu = where.volume.attenuation_hu.copy()
    before = stored_hu[box].astype(np.float32)
    stored_hu[box] = np.rint(np.clip(before + covered * (painted_hu + noise - _tissue_hu(before, soft)), -1024, 32767))
    voxel_ml = geometry.voxel_volumes_mm3[box[0]] / 1000
    volume_ml = float(share.sum(axis=(1, 2)) @ voxel_ml)
    start = (box[0].start, box[1].start, box[2].start)
    return Inserted(
        replace(where.volume, attenuation_hu=stored_hu), share, start, volume_ml,
        long_axis_mm(share, geometry), mass.hu, texture, on_bone, contact_mm2,
    )  # fmt: skip


def _tissue_hu(before: Array, soft: Array) -> Array:
    """What is replaced: a voxel of soft tissue itself, of a bone's border the soft tissue in it."""
    return np.where(soft > 0.95, before, 50.0)


def _box(mass: Lobulated, geometry: Geometry) -> tuple[slice, slice, slice] | None:
    """Box of indexes that holds a mass with room for its blur; None where the image does not hold it."""
    low, high = mass.bounds_lps_mm()
    normal_mm = [corner @ geometry.normal for corner in _corners(low, high)]
    k = np.searchsorted(geometry.positions_along_normal_mm, [min(normal_mm), max(normal_mm)])
    first, last = int(k[0]) - 2, int(k[1]) + 2
    if first < 0 or last >= geometry.shape_kji[0]:
        return None
    found = []
    for along, step_mm in ((geometry.column_direction, geometry.row_spacing_mm),
                           (geometry.row_direction, geometry.column_spacing_mm)):  # fmt: skip
        origins_mm = geometry.origins_lps_mm[first : last + 1] @ along
        at_mm = [corner @ along for corner in _corners(low, high)]
        found.append(((min(at_mm) - origins_mm.max()) / step_mm, (max(at_mm) - origins_mm.min()) / step_mm))
    cut = [slice(first, last + 1)]
    for (a, b), length in zip(found, geometry.shape_kji[1:], strict=True):
        if a < 1 or b > length - 2:
            return None
        cut.append(slice(max(0, math.floor(a) - 5), min(length, math.ceil(b) + 6)))
    return cut[0], cut[1], cut[2]


def _corners(low: Array, high: Array) -> list[Array]:
    return [np.array([x, y, z]) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]


def _points_lps_mm(geometry: Geometry, box: tuple[slice, slice, slice]) -> Array:
    """(k, j, i, 4, 3, 3, 3) positions within each voxel."""
    steps = [(np.arange(n) + 0.5) / n - 0.5 for n in SUBSAMPLES_KJI]
    index = np.meshgrid(*(np.arange(part.start, part.stop) for part in box), *steps, indexing="ij")
    k = np.clip(index[0] + index[3], -0.5, geometry.shape_kji[0] - 0.5)
    return geometry.to_lps_mm(np.stack([k, index[1] + index[4], index[2] + index[5]], axis=-1))


def _density(mass: Lobulated, points: Array, rng: np.random.Generator, texture: Texture) -> Array | float:
    if texture == "level":
        low, high = mass.bounds_lps_mm()
        level_mm = (low[1] + high[1]) / 2 + rng.uniform(-0.2, 0.2) * (high[1] - low[1])
        return np.where(points[..., 1] > level_mm, mass.hu + 350, mass.hu)
    if texture == "cobblestone":
        density = np.full(points.shape[:-1], mass.hu)
        for _ in range(40):
            lobe = mass.lobes[rng.integers(len(mass.lobes))]
            toward = rng.normal(size=3) / 2
            axes = rotation_matrix(lobe.rotation_deg)
            place = np.array(lobe.center_lps_mm) + axes @ (toward * lobe.semi_axes_mm)
            radius_mm = min(lobe.semi_axes_mm) * rng.uniform(0.2, 0.4)
            density[np.linalg.norm(points - place, axis=-1) < radius_mm] = mass.hu * rng.choice([0.65, 1.3, 1.6])
        return density
    return mass.hu


def _contact_mm2(share: Array, soft: Array, spacing_mm: tuple[float, float, float]) -> float:
    mass, bone = share > 0.4, soft < 0.3
    total = 0.0
    for axis in range(3):
        face_mm2 = math.prod(spacing_mm) / spacing_mm[axis]
        one, other = [slice(None)] * 3, [slice(None)] * 3
        # Over the blurred border voxel between them.
        one[axis], other[axis] = slice(None, -2), slice(2, None)
        total += face_mm2 * float(np.count_nonzero(mass[tuple(one)] & bone[tuple(other)]))
        total += face_mm2 * float(np.count_nonzero(bone[tuple(one)] & mass[tuple(other)]))
    return total / 2


def long_axis_mm(share: Array, geometry: Geometry) -> float:
    """Longest caliper of the contour at half a share, over slices."""
    longest = 0.0
    for image in share:
        if image.max() <= 0.5:
            continue
        points = np.concatenate(find_contours(np.pad(image, 1), 0.5))
        points = points * (geometry.row_spacing_mm, geometry.column_spacing_mm)
        if len(points) > 3 and np.linalg.matrix_rank(points - points[0]) == 2:
            points = points[ConvexHull(points).vertices]
        longest = max(longest, float(pdist(points).max()))
    return longest
