"""Radiographs with known truth: attenuation line integrals of real limb CT, with masses of known shape in them.

A mass is a union of ellipsoids. What a ray spends in it is worked out, not sampled; its shadow on the detector, the
rays that meet it at all, is the truth that outlines are held against: a ball of 20 mm casts a shadow 20 mm wide,
however thin its rim looks. It lies in soft tissue of the CT, of which it takes the place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy import ndimage

from calcimeasure.model import Instance, PixelFormat, Projection, Radiograph, SpacingSource, Stack
from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.coarse import coarse_copy
from tests.inserted_masses import anatomy, lobulated_mass
from tests.phantoms import rotation_matrix

if TYPE_CHECKING:
    from calcimeasure.model import Volume
    from tests.inserted_masses import Anatomy
    from tests.phantoms import Array, Ellipsoid, Lobulated

Photometric: TypeAlias = Literal["MONOCHROME1", "MONOCHROME2"]
Relationship: TypeAlias = Literal["LIN", "LOG"]

WATER_PER_MM = 0.02
"""Attenuation of water for 60 keV photons; Hounsfield units are parts of it."""
TISSUE_HU = 50.0
BEHIND_BONE_MM = 3.0
"""A ray that spends more in bone than this has bone behind it."""


@dataclass(frozen=True, slots=True)
class Beam:
    """From where a limb is seen and what the detector is.

    Parameters
    ----------
    angle_deg
        0: rays run from front to back of the CT's grid; 90: from side to side.
    source_mm, detector_mm
        From the limb's center to the focus and to the detector; an infinite source has parallel rays.
    spacing_mm
        Between rows and columns at the detector.
    blur_mm
        Standard deviation, focus and detector together.
    photons
        That arrive behind the limb on each square millimeter.
    """

    angle_deg: float = 0.0
    source_mm: float = math.inf
    detector_mm: float = 50.0
    spacing_mm: tuple[float, float] = (0.4, 0.4)
    blur_mm: float = 0.25
    photons_mm2: float = 60000.0
    photometric: Photometric = "MONOCHROME2"
    relationship: Relationship = "LOG"
    bits: int = 12

    def magnification(self, depth_mm: Array | float) -> Array | float:
        """Of what lies so much nearer to the detector than the limb's center."""
        if math.isinf(self.source_mm):
            return np.ones_like(depth_mm)
        return (self.source_mm + self.detector_mm) / (self.source_mm + depth_mm)


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """A CT that can be seen from any side.

    Parameters
    ----------
    water, bone
        (k, j, i) attenuation relative to water, 0 outside the body; share of bone with its marrow.
    spacing_mm
        Of its grid.
    """

    name: str
    water: Array
    bone: Array
    spacing_mm: tuple[float, float, float]
    where: Anatomy


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A limb's line integrals on a detector: attenuation, and mm of bone."""

    limb: Limb
    beam: Beam
    attenuation: Array
    bone_mm: Array


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """The truth about one mass: which pixels' rays meet it, and how much of that has bone behind."""

    mask: Array
    bone_share: float

    @property
    def over_bone(self) -> bool:
        return self.bone_share > 0.05


def limb_of(name: str, volume: Volume) -> Limb:
    geometry = volume.geometry
    coarse = coarse_copy(volume)
    body = find_body(coarse) == 1
    for axis, factor in enumerate(coarse.factor_kji):
        body = body.repeat(factor, axis=axis)
    body = body[tuple(slice(0, n) for n in geometry.shape_kji)]
    hu = np.clip(volume.attenuation_hu.astype(np.float32), -1000, 3000)
    water = np.where(body, 1 + hu / 1000, 0).astype(np.float32)
    where = anatomy(volume)
    return Limb(name, water, (where.from_bone_mm <= 0) & body & (hu > 100), geometry.spacing_kji_mm, where)


def see(limb: Limb, beam: Beam) -> Seen:
    """Add up what lies along each ray, plane by plane across the central ray, each at its own magnification."""
    dz, dy, dx = limb.spacing_mm
    depth_count, height, width, step_mm = _turned_grid(limb, beam)
    cosine, sine = math.cos(math.radians(beam.angle_deg)), math.sin(math.radians(beam.angle_deg))
    # Output axes (k, t, u): t along the rays, u across.
    to_index = np.array([[1, 0, 0], [0, cosine * step_mm / dy, sine * step_mm / dy],
                         [0, -sine * step_mm / dx, cosine * step_mm / dx]])  # fmt: skip
    middle = (np.array(limb.water.shape) - 1) / 2
    shape = (height, depth_count, width)
    offset = middle - to_index @ ((np.array(shape) - 1) / 2)
    turned = [
        ndimage.affine_transform(array.astype(np.float32), to_index, offset, shape, order=1)
        for array in (limb.water, limb.bone)
    ]
    depths_mm = (np.arange(depth_count) - (depth_count - 1) / 2) * step_mm
    found = [np.zeros((height, width), dtype=np.float32) for _ in turned]
    middle = (np.array([height, width]) - 1) / 2
    nearest = float(beam.magnification(0.0))
    for t, depth_mm in enumerate(depths_mm):
        scale = nearest / float(beam.magnification(depth_mm))
        for array, total in zip(turned, found, strict=True):
            plane = array[:, t]
            if scale != 1:
                plane = ndimage.affine_transform(plane, [scale, scale], middle * (1 - scale), order=1)
            total += plane * step_mm
    rows, columns = detector_shape(limb, beam)
    steps = (beam.spacing_mm[0] / (dz * nearest), beam.spacing_mm[1] / (step_mm * nearest))
    offset = middle - np.array(steps) * (np.array([rows, columns]) - 1) / 2
    water, bone = (
        ndimage.affine_transform(total, steps, offset, (rows, columns), order=3, mode="nearest") for total in found
    )
    slant = _slant(beam, (rows, columns))
    return Seen(limb, beam, WATER_PER_MM * np.maximum(water, 0) * slant, np.maximum(bone, 0) * slant)


def _turned_grid(limb: Limb, beam: Beam) -> tuple[int, int, int, float]:
    height, rows, columns = limb.water.shape
    _, dy, dx = limb.spacing_mm
    cosine, sine = abs(math.cos(math.radians(beam.angle_deg))), abs(math.sin(math.radians(beam.angle_deg)))
    along = rows * dy * cosine + columns * dx * sine
    across = rows * dy * sine + columns * dx * cosine
    return math.ceil(along / dx), height, math.ceil(across / dx), dx


def detector_shape(limb: Limb, beam: Beam) -> tuple[int, int]:
    _, height, width, step_mm = _turned_grid(limb, beam)
    magnification = float(beam.magnification(0.0))
    return (
        int((height - 1) * limb.spacing_mm[0] * magnification / beam.spacing_mm[0]),
        int((width - 1) * step_mm * magnification / beam.spacing_mm[1]),
    )


def _pixels_mm(beam: Beam, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Places of rows and columns on the detector, from where the central ray meets it."""
    rows, columns = ((np.arange(n) - (n - 1) / 2) * mm for n, mm in zip(shape, beam.spacing_mm, strict=True))
    return rows[:, None], columns[None, :]


def _slant(beam: Beam, shape: tuple[int, int]) -> Array | float:
    if math.isinf(beam.source_mm):
        return 1.0
    rows_mm, columns_mm = _pixels_mm(beam, shape)
    away_mm = beam.source_mm + beam.detector_mm
    return np.sqrt(1 + (rows_mm**2 + columns_mm**2) / away_mm**2).astype(np.float32)


def path_mm(mass: Lobulated, beam: Beam, shape: tuple[int, int]) -> Array:
    """(rows, columns) length of each ray in a mass, whose lobes are given in mm (across, depth, along the limb)."""
    rows_mm, columns_mm = _pixels_mm(beam, shape)
    if math.isinf(beam.source_mm):
        start = np.stack(np.broadcast_arrays(columns_mm, -1000.0, rows_mm), axis=-1)
        direction = np.array([0.0, 1.0, 0.0])
    else:
        start = np.array([0.0, -beam.source_mm, 0.0])
        toward = np.stack(np.broadcast_arrays(columns_mm, beam.detector_mm + beam.source_mm, rows_mm), axis=-1)
        direction = toward / np.linalg.norm(toward, axis=-1, keepdims=True)
    spans = [_span(lobe, start, direction) for lobe in mass.lobes]
    enter = np.stack([np.broadcast_to(a, shape) for a, _ in spans])
    leave = np.stack([np.broadcast_to(b, shape) for _, b in spans])
    order = np.argsort(enter, axis=0)
    enter, leave = np.take_along_axis(enter, order, 0), np.take_along_axis(leave, order, 0)
    total, reached = np.zeros(shape), np.full(shape, -np.inf)
    for a, b in zip(enter, leave, strict=True):
        total += np.maximum(b - np.maximum(a, reached), 0)
        reached = np.maximum(reached, b)
    return total


def _span(lobe: Ellipsoid, start: Array, direction: Array) -> tuple[Array, Array]:
    """Where rays enter and leave an ellipsoid; the same place where they miss it."""
    to_unit = rotation_matrix(lobe.rotation_deg) / np.asarray(lobe.semi_axes_mm)
    p, d = (start - np.asarray(lobe.center_lps_mm)) @ to_unit, direction @ to_unit
    a, b, c = (d * d).sum(-1), (p * d).sum(-1), (p * p).sum(-1) - 1
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    return (-b - root) / a, (-b + root) / a


def place_mass(
    seen: Seen, rng: np.random.Generator, size_mm: tuple[float, float], *, over_bone: bool
) -> tuple[Lobulated, Shadow] | None:
    """Find room in soft tissue for a mass of random shape, with bone behind it or none; None where there is none."""
    limb = seen.limb
    from_bone_mm, from_air_mm = limb.where.from_bone_mm, limb.where.from_air_mm
    shape = seen.attenuation.shape
    for _ in range(40):
        wanted_mm = math.exp(rng.uniform(*np.log(size_mm)))
        room = (from_bone_mm > 0.3 * wanted_mm) & (from_air_mm > 0.3 * wanted_mm) & (limb.water > 0.8)
        index = np.flatnonzero(room)
        if not index.size:
            continue
        kji = np.array(np.unravel_index(index[rng.integers(index.size)], room.shape))
        mass = lobulated_mass(rng, _across_depth_along(limb, seen.beam, kji), wanted_mm, float(rng.uniform(450, 1100)))
        if not _fits(limb, seen.beam, mass):
            continue
        mask = path_mm(mass, seen.beam, shape) > 0
        edges = (mask[0].any(), mask[-1].any(), mask[:, 0].any(), mask[:, -1].any())
        if any(edges) or not mask.any():
            continue
        shadow = Shadow(mask, float(np.mean(seen.bone_mm[mask] > BEHIND_BONE_MM)))
        if shadow.over_bone == over_bone:
            return mass, shadow
    return None


def _across_depth_along(limb: Limb, beam: Beam, kji: Array) -> Array:
    z, y, x = np.moveaxis((kji - (np.array(limb.water.shape) - 1) / 2) * limb.spacing_mm, -1, 0)
    cosine, sine = math.cos(math.radians(beam.angle_deg)), math.sin(math.radians(beam.angle_deg))
    return np.stack([sine * y + cosine * x, cosine * y - sine * x, z], axis=-1)


def _fits(limb: Limb, beam: Beam, mass: Lobulated) -> bool:
    """Tell whether it lies in soft tissue but for a touch of bone, and ends where the CT does not."""
    low, high = mass.bounds_lps_mm()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in limb.water.shape), indexing="ij"), axis=-1)
    points = _across_depth_along(limb, beam, index.reshape(-1, 3).astype(float))
    near = np.flatnonzero(np.all((points > low) & (points < high), axis=-1))
    inside = near[mass.safe_distance_mm(points[near]) < 0]
    if not inside.size:
        return False
    bone, air = limb.where.from_bone_mm.ravel()[inside] <= 0, limb.where.from_air_mm.ravel()[inside] < 1.5
    beyond = limb.water.ravel()[inside] < 0.7
    return bool(bone.mean() < 0.03 and not air.any() and beyond.mean() < 0.02)


def lumps(rng: np.random.Generator, shape: tuple[int, int], size_px: float) -> Array:
    """Factor that makes a mass uneven, as cobblestones are; 1 on average."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), size_px)
    return np.clip(1 + 0.2 * noise / max(noise.std(), 1e-9), 0.5, 1.5)


def film(
    seen: Seen,
    masses: list[Lobulated],
    rng: np.random.Generator,
    *,
    uneven: bool = False,
    known_mm: bool = True,
) -> Radiograph:
    """Expose a detector: quantum noise, blur, and the pixel values of the beam's photometric interpretation."""
    beam, attenuation = seen.beam, seen.attenuation.astype(np.float64)
    for mass in masses:
        added = WATER_PER_MM * (mass.hu - TISSUE_HU) / 1000 * path_mm(mass, beam, attenuation.shape)
        attenuation += added * (lumps(rng, attenuation.shape, 2.0 / beam.spacing_mm[1]) if uneven else 1.0)
    return exposed(attenuation, beam, rng, known_mm=known_mm)


def exposed(attenuation: Array, beam: Beam, rng: np.random.Generator, *, known_mm: bool = True) -> Radiograph:
    """Expose a detector to what line integrals leave of the beam."""
    body = attenuation[attenuation > 0.1]
    typical = float(np.median(body)) if body.size else 1.0
    photons = beam.photons_mm2 * math.prod(beam.spacing_mm) * math.exp(typical)
    blur_px = [beam.blur_mm / mm for mm in beam.spacing_mm]
    arrived = ndimage.gaussian_filter(photons * np.exp(-attenuation), blur_px, mode="nearest")
    arrived = np.maximum(rng.normal(arrived, np.sqrt(arrived)), 1.0)
    return as_stored(np.minimum(arrived / photons, 1.1), beam, known_mm=known_mm)


def as_stored(intensity: Array, beam: Beam, *, known_mm: bool = True) -> Radiograph:
    """Store a share of the open beam in whole numbers, and read it as the loader does: dense is bright."""
    top = 2**beam.bits - 1
    if beam.relationship == "LIN":
        bright = top - np.rint(intensity / 1.15 * top)
    else:
        density = -np.log(intensity)
        low, high = float(density.min()), float(density.max())
        bright = np.rint((density - low) / max(high - low, 1e-6) * 0.97 * top)
    stored = bright if beam.photometric == "MONOCHROME2" else top - bright
    # As load_radiograph turns it round.
    pixels = stored if beam.photometric == "MONOCHROME2" else stored.min() + stored.max() - stored
    return radiograph_of(pixels, beam.spacing_mm if known_mm else None, beam.photometric, beam.relationship, beam.bits)


def radiograph_of(
    pixels: Array,
    spacing_mm: tuple[float, float] | None = (0.4, 0.4),
    photometric: Photometric = "MONOCHROME2",
    relationship: Relationship | None = None,
    bits: int = 12,
) -> Radiograph:
    rows, columns = pixels.shape
    stored = PixelFormat("1.2.840.10008.1.2.1", rows, columns, 1, 16, bits, False)
    image = Instance(Path("film.dcm"), Path(), "1.2.3", 1, None, None, None, stored, 0)
    projection = Projection(photometric_interpretation=photometric, pixel_intensity_relationship=relationship)
    stack = Stack("1.2", "1", 1, "DX", "", (image,), projection=projection)
    source = SpacingSource.NONE if spacing_mm is None else SpacingSource.DETECTOR_PLANE
    return Radiograph(stack, np.array(pixels, dtype=np.float32), spacing_mm, source)


def random_beam(rng: np.random.Generator) -> Beam:
    """Any of the ways that a film is made in."""
    row_mm = float(rng.uniform(0.25, 0.5))
    return Beam(
        angle_deg=float(rng.choice([0.0, 90.0, rng.uniform(0, 180)])),
        source_mm=math.inf if rng.random() < 0.4 else float(rng.uniform(800, 1500)),
        detector_mm=float(rng.uniform(80, 150)),
        spacing_mm=(row_mm, row_mm * float(rng.choice([1.0, 1.0, rng.uniform(0.7, 1.4)]))),
        blur_mm=float(rng.uniform(0.15, 0.5)),
        photons_mm2=float(np.exp(rng.uniform(math.log(20000), math.log(150000)))),
        photometric="MONOCHROME1" if rng.random() < 0.5 else "MONOCHROME2",
        relationship="LIN" if rng.random() < 0.5 else "LOG",
        bits=int(rng.choice([12, 14, 16])),
    )
