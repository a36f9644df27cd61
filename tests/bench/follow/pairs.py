"""Pairs of images of one limb at two dates, with what is true of them by formula.

A limb has two segments that meet in a joint. It is painted in a frame of its own; the scanner sees it turned, with the
joint bent, the soft tissue shifted, with other noise, kernel and slices, or with half of the field. Every pair follows
from its seed and its options alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from scipy.spatial.transform import Rotation

from calcimeasure.edge import half_maximum_outline
from calcimeasure.model import Outline
from calcimeasure.settings import Settings
from tests.conglomerates import Conglomerate, granular, loculated
from tests.masses import as_in_ct, edge_enhanced, scaled, vector
from tests.model.test_model import volume_of
from tests.phantoms import (
    Capsule,
    Cut,
    Ellipsoid,
    Grid,
    Lobulated,
    LongBone,
    oblique_grid,
    render,
    straight_grid,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from tests.phantoms import Array, Paintable

Look: TypeAlias = Literal["smooth", "chambered", "granular", "on_bone"]
LOOKS: tuple[Look, ...] = get_args(Look)
FAT_HU, MUSCLE_HU, FINE_MM = -95.0, 55.0, 0.5
SOFTEST_BONE_HU = 150.0
FIELD_MM = (150.0, 132.0, 132.0)
"""Of the stack, along slices, rows and columns."""


@dataclass(frozen=True, slots=True)
class Options:
    """What differs between the dates.

    Parameters
    ----------
    looks
        A mass of each look in the limb.
    seed
        Of the limb, its masses and its noise.
    change
        The volume of each mass at the later date, in units of the earlier one: 0 for gone. Masses are in the order of
        the looks.
    density
        Density of the masses at the later date, in units of the earlier one.
    turn_deg, bend_deg, shift_mm
        How the limb lies at the later date: turned about x, y, z; its joint bent; its soft tissue shifted.
    slices_mm
        Distance of the slices at the two dates.
    noise_hu
        At the two dates.
    sharp, contrast, half_field, mirrored
        At the later date: a sharp kernel, contrast agent, half of the field, and the other limb.
    new
        Numbers of the masses that are not there at the earlier date.
    kvp, dense_factor
        The tube voltage at the later date, and what it makes of the attenuation of bone and calcium.
    """

    looks: tuple[Look, ...] = ("smooth",)
    seed: int = 0
    change: tuple[float, ...] = (1.0,)
    density: float = 1.0
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bend_deg: float = 0.0
    shift_mm: float = 0.0
    slices_mm: tuple[float, float] = (1.5, 1.5)
    noise_hu: tuple[float, float] = (12.0, 18.0)
    sharp: bool = False
    contrast: bool = False
    half_field: bool = False
    mirrored: bool = False
    new: tuple[int, ...] = ()
    kvp: int = 120
    dense_factor: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A date: the stack, the outlines of its masses by number, their volumes, and where the limb's own points lie."""

    volume: Volume
    outlines: dict[int, Outline]
    volumes_ml: dict[int, float]
    turn: NDArray[np.float64]
    middle_lps_mm: NDArray[np.float64]

    def to_scanner_mm(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return (points_mm - self.middle_lps_mm) @ self.turn


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two dates, and where the middle of each mass lies at both, in the scanner."""

    before: Seen
    after: Seen
    middles_mm: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]
    ends_mm: dict[int, NDArray[np.float64]]

    def is_imaged(self, number: int) -> bool:
        """Tell whether the later date images a mass with 5 mm around it; the earlier one images all of them."""
        geometry = self.after.volume.geometry
        index = geometry.to_index_kji(self.ends_mm[number])
        room = np.ceil(5.0 / np.array(geometry.spacing_kji_mm))
        return bool(np.all((index >= room) & (index <= np.array(geometry.shape_kji) - 1 - room)))


@singledispatch
def moved(shape: Paintable, turn: Array, move: Array) -> Paintable:  # noqa: ARG001 - as those below
    """Turn a shape about the origin, and move it."""
    raise TypeError(type(shape))


@moved.register(Ellipsoid)
def _(shape: Ellipsoid, turn: Array, move: Array) -> Ellipsoid:
    own = Rotation.from_euler("xyz", shape.rotation_deg, degrees=True).as_matrix()
    angles = Rotation.from_matrix(turn @ own).as_euler("xyz", degrees=True)
    return replace(
        shape, center_lps_mm=vector(turn @ np.array(shape.center_lps_mm) + move), rotation_deg=vector(angles)
    )


@moved.register(Capsule)
def _(shape: Capsule, turn: Array, move: Array) -> Capsule:
    ends = [vector(turn @ np.array(end) + move) for end in (shape.start_lps_mm, shape.end_lps_mm)]
    return replace(shape, start_lps_mm=ends[0], end_lps_mm=ends[1])


@moved.register(LongBone)
def _(shape: LongBone, turn: Array, move: Array) -> LongBone:
    ends = [vector(turn @ np.array(end) + move) for end in (shape.start_lps_mm, shape.end_lps_mm)]
    return replace(shape, start_lps_mm=ends[0], end_lps_mm=ends[1])


@moved.register(Lobulated)
def _(shape: Lobulated, turn: Array, move: Array) -> Lobulated:
    return Lobulated(tuple(moved(one, turn, move) for one in shape.lobes), shape.hu)


@moved.register(Cut)
def _(shape: Cut, turn: Array, move: Array) -> Cut:
    planes = tuple(
        (vector(turn @ np.array(normal)), float(offset + (turn @ np.array(normal)) @ move))
        for normal, offset in shape.planes
    )
    return Cut(moved(shape.whole, turn, move), planes, shape.hu)


@moved.register(Conglomerate)
def _(shape: Conglomerate, turn: Array, move: Array) -> Conglomerate:
    pieces, fluid = (tuple(moved(one, turn, move) for one in some) for some in (shape.pieces, shape.fluid))
    return Conglomerate(pieces, shape.look, fluid)


def grown(mass: Paintable, factor: float, about: Array, density: float = 1.0) -> Paintable:
    """Scale a mass about a point to `factor` times its volume, and change its density."""
    length = factor ** (1 / 3)

    def one(shape: Paintable) -> Paintable:
        if isinstance(shape, Cut):
            planes = tuple((n, float(offset * length)) for n, offset in shape.planes)
            return Cut(scaled(shape.whole, length), planes, shape.hu * density)
        if isinstance(shape, Ellipsoid):
            return replace(scaled(shape, length), hu=shape.hu * density)
        if isinstance(shape, Lobulated):
            return Lobulated(tuple(scaled(lobe, length) for lobe in shape.lobes), shape.hu * density)
        fluid = tuple(replace(one(part), hu=part.hu) for part in shape.fluid)
        return Conglomerate(tuple(one(part) for part in shape.pieces), shape.look, fluid)

    still = np.eye(3)
    return moved(one(moved(mass, still, -about)), still, about)


def denser(shape: Paintable, factor: float) -> Paintable:
    """Give bone and calcium another attenuation, as another tube voltage does; soft tissue keeps its own."""
    if isinstance(shape, LongBone):
        return replace(shape, cortex_hu=shape.cortex_hu * factor)
    if isinstance(shape, Conglomerate):
        pieces, fluid = (tuple(denser(one, factor) for one in some) for some in (shape.pieces, shape.fluid))
        return Conglomerate(pieces, shape.look, fluid)  # type: ignore[arg-type]
    if isinstance(shape, Lobulated):
        return Lobulated(tuple(denser(one, factor) for one in shape.lobes), shape.hu * factor)  # type: ignore[arg-type]
    return replace(shape, hu=shape.hu * factor) if shape.hu > SOFTEST_BONE_HU else shape


@dataclass(frozen=True, slots=True, eq=False)
class _Limb:
    """A limb in its own frame: z along it, the joint at 0. `segments` are the upper and the lower one."""

    soft: tuple[list[Paintable], list[Paintable]]
    bones: tuple[list[Paintable], list[Paintable]]
    masses: list[tuple[int, Paintable, Array]]
    vessels: tuple[Capsule, Capsule]


def _limb(options: Options, rng: np.random.Generator) -> _Limb:
    """Bones of two segments with a knobbly joint, muscles in fat, and the masses: the first in the upper segment."""

    def near(*values: float, by: float = 2.0) -> tuple[float, float, float]:
        return vector(np.array(values) + rng.uniform(-by, by, 3))

    cortex = float(rng.uniform(3, 4.5))
    radius = float(rng.uniform(9.5, 12))
    upper: list[Paintable] = [
        LongBone(near(4, -3, 8), near(-9, 6, 120), radius, cortex),
        Ellipsoid(near(-15, 2, 8), (15.0, 18.0, 14.0), 420.0),
        Ellipsoid(near(16, 4, 7), (12.0, 15.0, 11.0), 450.0),
        Ellipsoid(near(1, -27, 12), (11.0, 5.0, 12.0), 600.0),
    ]
    lower: list[Paintable] = [
        Ellipsoid(near(0, 2, -13), (25.0, 17.0, 9.0), 430.0),
        LongBone(near(-3, -2, -20), near(2, 4, -120), radius - 2, cortex),
        LongBone(near(24, 14, -22), near(20, 12, -120), 5.0, 1.8),
    ]
    width = float(rng.uniform(47, 54))
    soft_upper: list[Paintable] = [Capsule((0.0, 0.0, 0.0), near(0, 5, 140), width, FAT_HU)]
    soft_lower: list[Paintable] = [Capsule((0.0, 0.0, 0.0), near(3, 2, -140), width - 6, FAT_HU)]
    for side, some in ((1, soft_upper), (-1, soft_lower)):
        for _ in range(5):
            angle, away = rng.uniform(0, 2 * math.pi), rng.uniform(16, 28)
            x, y = away * math.cos(angle), away * math.sin(angle)
            some.append(
                Capsule(near(x, y, side * 6), near(0.8 * x, 0.8 * y, side * 120), rng.uniform(9, 15), MUSCLE_HU)
            )
    # The third and the fourth mass lie across the bone from the first and the second.
    angles = rng.uniform(0, 2 * math.pi, 2)
    masses = [
        (n, *_mass(look, n, angles[n % 2] + math.pi * (n // 2), rng, upper if n % 2 == 0 else lower))
        for n, look in enumerate(options.looks)
    ]
    # They show with contrast agent alone, and run between the masses.
    vessels = []
    for angle, side in zip(angles + math.pi / 2, (1, -1), strict=True):
        x, y = 30 * math.cos(angle), 30 * math.sin(angle)
        vessels.append(Capsule((x, y, side * 8.0), (x, y, side * 130.0), 3.0, 210.0))
    return _Limb((soft_upper, soft_lower), (upper, lower), masses, (vessels[0], vessels[1]))


def _mass(
    look: Look, number: int, angle: float, rng: np.random.Generator, bones: Sequence[Paintable]
) -> tuple[Paintable, Array]:
    """A mass of 3 to 12 mL beside the shaft, or on it, and the point that it grows from."""
    side = 1 if number % 2 == 0 else -1
    shaft = next(one for one in bones if isinstance(one, LongBone))
    along = rng.uniform(0.25, 0.36)
    on_axis = (1 - along) * np.array(shaft.start_lps_mm) + along * np.array(shaft.end_lps_mm)
    out = np.array([math.cos(angle), math.sin(angle), 0.0])
    half = rng.uniform(10, 13)
    if look == "on_bone":
        at = on_axis + out * (shaft.radius_mm + 0.45 * half)
        axes = half * np.array([0.8, 0.8, 1.3])
        return Ellipsoid(vector(at), vector(axes), float(rng.uniform(450, 900))), on_axis + out * shaft.radius_mm
    at = on_axis + out * (shaft.radius_mm + half + 4)
    at[2] += side * rng.uniform(-3, 3)
    seed = int(rng.integers(10_000))
    if look == "chambered":
        return loculated(vector(at), vector(np.full(3, half * 0.95)), chamber_mm=9.0, septum_mm=1.2, seed=seed), at
    if look == "granular":
        cloud = granular(vector(at), vector(np.full(3, half * 1.1)), radius_mm=(1.4, 3.2), gap_mm=1.0, seed=seed)
        return cloud, at
    hu = float(rng.uniform(400, 1000))
    core = Ellipsoid(vector(at), vector(half * rng.uniform(0.75, 1.05, 3)), hu, vector(rng.uniform(0, 360, 3)))
    toward = rng.normal(size=3)
    lobe = Ellipsoid(vector(at + 0.7 * half * toward / np.linalg.norm(toward)), vector(np.full(3, 0.55 * half)), hu)
    return Lobulated((core, lobe), hu), at


def make(options: Options) -> Pair:
    """Make both dates."""
    rng = np.random.default_rng([options.seed, len(options.looks)])
    limb = _limb(options, rng)
    bend = Rotation.from_euler("x", options.bend_deg, degrees=True).as_matrix()
    # Along the limb above all: across it, a mass would move into the bone.
    toward = rng.normal(size=3) * np.array([0.2, 0.2, 1.0])
    shift = options.shift_mm * toward / np.linalg.norm(toward)
    none = np.zeros(3)
    before = _seen(limb, options, 0, np.eye(3), none, rng)
    after = _seen(limb, options, 1, bend, shift, rng)
    middles, ends = {}, {}
    for number, mass, about in limb.masses:
        turn = np.eye(3) if number % 2 == 0 else bend
        moved_by = none if options.looks[number] == "on_bone" else shift
        middles[number] = (before.to_scanner_mm(about), after.to_scanner_mm(turn @ about + moved_by))
        low, high = _bounds_mm(moved(mass, turn, moved_by))
        corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
        ends[number] = after.to_scanner_mm(corners)
    return Pair(before, after, middles, ends)


def _seen(limb: _Limb, options: Options, date: int, bend: Array, shift: Array, rng: np.random.Generator) -> Seen:
    """Paint a date: what belongs to the lower segment is bent about the joint."""
    still, none = np.eye(3), np.zeros(3)
    of_segment = ((still, none), (bend, none))
    soft = [moved(one, *of_segment[n]) for n in (0, 1) for one in limb.soft[n][:1]]
    soft += [moved(one, of_segment[n][0], shift) for n in (0, 1) for one in limb.soft[n][1:]]
    if options.contrast and date:
        soft = [replace(one, hu=one.hu + 30) if one.hu > 0 else one for one in soft]
        soft += [moved(one, of_segment[n][0], shift) for n, one in enumerate(limb.vessels)]
    bones = [moved(one, *of_segment[n]) for n in (0, 1) for one in limb.bones[n]]
    masses = {}
    for number, mass, about in limb.masses:
        factor = options.change[number] if date else float(number not in options.new)
        if factor:
            now = grown(mass, factor, about, options.density) if date else mass
            moves = none if options.looks[number] == "on_bone" else shift
            masses[number] = moved(now, of_segment[number % 2][0], moves)
    painted: list[Paintable] = [*soft, *masses.values(), *bones]
    if date and options.dense_factor != 1:
        painted = [denser(one, options.dense_factor) for one in painted]
    turn = Rotation.from_euler("xyz", options.turn_deg, degrees=True).as_matrix() if date else still
    slice_mm, pixel_mm = options.slices_mm[date], float(rng.uniform(0.8, 1.0))
    field_mm = np.array(FIELD_MM)
    middle = np.array([0.0, 3.0, 0.0]) + rng.uniform(-6, 6, 3)
    if options.half_field and date:
        field_mm[0] /= 2
        middle = middle + turn[:, 2] * field_mm[0] / 2
    shape = tuple(round(mm / step) for mm, step in zip(field_mm, (slice_mm, pixel_mm, pixel_mm), strict=True))
    angles = options.turn_deg if date else (0.0, 0.0, 0.0)
    grid = oblique_grid(shape, (slice_mm, pixel_mm, pixel_mm), angles, middle)  # type: ignore[arg-type]
    hu = render(
        painted,
        grid,
        blur_sigma_mm=float(rng.uniform(0.55, 0.8)),
        slice_profile="box",
        slice_thickness_mm=slice_mm,
        background_hu=-1000.0,
        in_plane_samples=2,
        dtype=np.float32,
    )
    if options.sharp and date:
        hu = edge_enhanced(hu, grid, 0.7)
    hu = hu + options.noise_hu[date] * as_in_ct(rng.standard_normal(hu.shape, dtype=np.float32))
    straight = straight_grid(shape, (slice_mm, pixel_mm, pixel_mm))  # type: ignore[arg-type]
    if options.mirrored and date:
        hu = hu[:, :, ::-1]
    volume = volume_of(np.rint(hu), straight)
    stack = replace(
        volume.stack,
        slice_thickness_mm=slice_mm,
        series_uid=f"1.2.{date}",
        kvp=float(options.kvp if date else 120),
        contrast_agent=bool(options.contrast and date),
        convolution_kernel="sharp" if options.sharp and date else "soft",
    )
    volume = replace(volume, stack=stack)
    outlines, volumes_ml = {}, {}
    for number, mass in masses.items():
        # A mass beside bone is scaled exactly; points show of thin septa and small grains only what lies on them.
        whole = next(one for n, one, _ in limb.masses if n == number)
        factor = options.change[number] if date else 1.0
        is_free = options.looks[number] != "on_bone"
        volumes_ml[number] = factor * _volume_ml(whole, []) if is_free else _volume_ml(mass, bones)
        outline = _outline(mass, bones, grid, options.looks[number], rng)
        if options.mirrored and date and outline is not None:
            full = outline.mask_in((0, 0, 0), shape)[:, :, ::-1]
            outline = Outline.from_mask(full)
        if outline is not None:
            if options.looks[number] != "on_bone":
                outline = half_maximum_outline(volume, outline, Settings())
            outlines[number] = outline
    return Seen(volume, outlines, volumes_ml, turn, middle)


def _held(mass: Paintable, points: Array) -> NDArray[np.bool_]:
    pieces = mass.pieces if isinstance(mass, Conglomerate) else (mass,)
    return np.any([piece.safe_distance_mm(points) < 0 for piece in pieces], axis=0)


def _bounds_mm(mass: Paintable) -> tuple[Array, Array]:
    """Ends of a box around a mass; that of a conglomerate may be too large by what half-spaces cut off."""
    pieces = mass.pieces if isinstance(mass, Conglomerate) else (mass,)
    ends = [(one.whole if isinstance(one, Cut) else one).bounds_lps_mm() for one in pieces]
    return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def _in_bone(bones: Sequence[Paintable], points: Array) -> NDArray[np.bool_]:
    parts = [one.parts()[0] if isinstance(one, LongBone) else one for one in bones]
    return np.any([part.safe_distance_mm(points) < 0 for part in parts], axis=0)


def _volume_ml(mass: Paintable, bones: Sequence[Paintable]) -> float:
    """Volume outside of bone, from points of FINE_MM."""
    low, high = _bounds_mm(mass)
    ticks = [np.arange(a, b + FINE_MM, FINE_MM) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    return float(np.count_nonzero(_held(mass, points) & ~_in_bone(bones, points))) * FINE_MM**3 / 1000


def _outline(
    mass: Paintable, bones: Sequence[Paintable], grid: Grid, look: Look, rng: np.random.Generator
) -> Outline | None:
    """The voxels of a mass; of one on bone with what a proposal gets wrong: it runs along the cortex."""
    low, high = _bounds_mm(mass)
    frame = np.stack([grid.normal, grid.column_direction, grid.row_direction])
    spacing = np.array([grid.slice_spacing_mm, grid.row_spacing_mm, grid.column_spacing_mm])
    corners = np.stack(np.meshgrid(*zip(low - 8, high + 8, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    index = (corners - grid.origins_lps_mm[0]) @ frame.T / spacing
    first = np.clip(np.floor(index.min(axis=0)), 0, grid.shape_kji).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0)) + 1, 0, grid.shape_kji).astype(int)
    if np.any(first >= stop):
        return None
    ranges = [np.arange(a, b) for a, b in zip(first, stop, strict=True)]
    points = grid.positions_lps_mm(np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1))
    inside = _held(mass, points) & ~_in_bone(bones, points)
    if look == "on_bone":
        near = np.linalg.norm(points - (low + high) / 2, axis=-1) < 0.5 * np.max(high - low) + rng.uniform(-2, 7)
        depth = rng.uniform(0, 3)
        bone = [one for one in bones if isinstance(one, LongBone)]
        away = np.min([one.parts()[0].safe_distance_mm(points) for one in bone], axis=0)
        inside |= near & (away < 0) & (away > -depth)
    return Outline.from_mask(inside, tuple(int(one) for one in first)) if inside.any() else None
