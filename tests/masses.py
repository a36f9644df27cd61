"""Random masses as a scanner sees them, measured beside their true sizes: what accuracy is judged by.

Every case follows from its seed alone, so that it can be made again, in any process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from calcimeasure.edge import half_maximum_outline
from calcimeasure.measure import measure
from calcimeasure.model import Outline
from calcimeasure.segment import find_components
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import (
    Ellipsoid,
    Grid,
    Lobulated,
    Mass,
    Paintable,
    Slab,
    SliceProfile,
    max_3d_diameter_mm,
    render,
    rotation_matrix,
    straight_grid,
    tilted_grid,
    truth,
    uneven_grid,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Measurements, Volume
    from tests.phantoms import Array, Truth

SOFT_TISSUE_HU = 40.0
FAT_HU = -100.0
MUSCLE_HU = 60.0
MARGIN_MM = 12.0
"""Tissue round a mass: its rim and its surroundings."""

Scene: TypeAlias = Literal[
    "alone",
    "sharp kernel",
    "correlated noise",
    "cobblestone",
    "level",
    "cobblestone 3:1",
    "level 3:1",
    "between tissues",
    "among muscles",
    "under skin",
    "beside bone",
    "on bone",
    "beside air",
    "tilted",
    "uneven",
]


@dataclass(frozen=True, slots=True)
class Case:
    """A mass to be made from a seed and imaged.

    Parameters
    ----------
    seed
        Of shape, place, density, blur and noise.
    slice_mm
        Distance of the slices.
    shortest_mm, longest_mm
        Range of the mass's first ellipsoid, log-uniform.
    scene
        What is beside it, or what the scanner does to it.
    """

    seed: int
    slice_mm: float
    shortest_mm: float = 20.0
    longest_mm: float = 150.0
    scene: Scene = "alone"


@dataclass(frozen=True, slots=True, eq=False)
class Imaged:
    """A case as an image, with what is true of it."""

    hu: Array
    grid: Grid
    mass: Mass
    truth: Truth
    noise_sd_hu: float
    blur_sigma_mm: float
    seed: int

    def volume(self) -> Volume:
        """Return the image as if it had been loaded; slices are as thick as the largest step, and leave no gaps."""
        loaded = volume_of(np.rint(self.hu), self.grid)
        return replace(loaded, stack=replace(loaded.stack, slice_thickness_mm=max(loaded.geometry.slice_steps_mm)))


@dataclass(frozen=True, slots=True)
class LevelMass:
    """The part of a mass behind a level (y rises to the back of a patient who lies on it), of another density."""

    mass: Mass
    level_y_lps_mm: float
    hu: float

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        low, high = self.mass.bounds_lps_mm()
        return np.maximum(low, [-np.inf, self.level_y_lps_mm, -np.inf]), high

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        return np.maximum(self.mass.safe_distance_mm(points_lps_mm), self.level_y_lps_mm - points_lps_mm[..., 1])

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        distance_mm, normal = self.mass.edge_mm(points_lps_mm)
        above_mm = self.level_y_lps_mm - points_lps_mm[..., 1]
        flat = above_mm > distance_mm
        return np.where(flat, above_mm, distance_mm), np.where(flat[..., None], [0.0, -1.0, 0.0], normal)


def imaged(case: Case) -> Imaged:
    """Make a case."""
    rng = np.random.default_rng([case.seed, round(case.slice_mm * 10), round(case.shortest_mm)])
    mass = random_mass(rng, case)
    blur_sigma_mm, noise_sd_hu = rng.uniform(0.5, 0.9), rng.uniform(10, 28)
    pixel_mm = rng.uniform(0.6, 0.95)
    grid = grid_round(mass, case, pixel_mm, rng)
    profile: SliceProfile = "box" if case.seed % 2 else "gaussian"
    # Every other stack has slices as thin as its blur, which leaves tissue out between them.
    thickness_mm = case.slice_mm if profile == "box" else math.sqrt(8 * math.log(2)) * blur_sigma_mm
    hu = render(
        scene_of(mass, case, rng),
        grid,
        blur_sigma_mm=blur_sigma_mm,
        slice_profile=profile,
        slice_thickness_mm=thickness_mm,
        background_hu=SOFT_TISSUE_HU,
        dtype=np.float32,
    )
    if case.scene == "sharp kernel":
        hu = edge_enhanced(hu, grid, blur_sigma_mm)
    noise = rng.standard_normal(hu.shape, dtype=np.float32)
    if case.scene == "correlated noise":
        noise = as_in_ct(noise)
    return Imaged(hu + noise_sd_hu * noise, grid, mass, truth(mass, grid), noise_sd_hu, blur_sigma_mm, case.seed)


def random_mass(rng: np.random.Generator, case: Case) -> Mass:
    """Return an ellipsoid in any orientation, or one with one to three lobes grown out of it."""
    half_mm = math.exp(rng.uniform(math.log(case.shortest_mm), math.log(case.longest_mm))) / 2
    axes_mm = half_mm * np.array([1.0, *rng.uniform(0.4, 1.0, 2)])
    hu = rng.uniform(350, 1400) if "3:1" not in case.scene else rng.uniform(300, 450)
    rotation_deg = tuple(rng.uniform(0, 360, 3))
    center = rng.uniform(-2, 2, 3)
    core = Ellipsoid(tuple(center), tuple(axes_mm), hu, rotation_deg)
    if rng.random() < 0.5:
        return core
    lobes = [core]
    for _ in range(rng.integers(1, 4)):
        toward = rng.normal(size=3)
        on_surface = rotation_matrix(rotation_deg) @ (toward / np.linalg.norm(toward) * axes_mm)
        lobe_axes_mm = tuple(rng.uniform(0.4, 0.7, 3) * axes_mm.min())
        lobes.append(Ellipsoid(tuple(center + 0.8 * on_surface), lobe_axes_mm, hu, tuple(rng.uniform(0, 360, 3))))
    # The lobes make it longer: back into the range that was asked for.
    whole = Lobulated(tuple(lobes), hu)
    shrink = min(1.0, case.longest_mm / max_3d_diameter_mm(whole))
    return Lobulated(tuple(scaled(lobe, shrink) for lobe in lobes), hu)


def scaled(lobe: Ellipsoid, factor: float) -> Ellipsoid:
    x, y, z = (float(part * factor) for part in lobe.center_lps_mm)
    a, b, c = (float(part * factor) for part in lobe.semi_axes_mm)
    return replace(lobe, center_lps_mm=(x, y, z), semi_axes_mm=(a, b, c))


def grid_round(mass: Mass, case: Case, pixel_mm: float, rng: np.random.Generator) -> Grid:
    low, high = mass.bounds_lps_mm()
    slices = math.ceil((high[2] - low[2] + 2 * MARGIN_MM) / case.slice_mm) + 2
    rows, columns = (math.ceil((high[axis] - low[axis] + 2 * MARGIN_MM) / pixel_mm) for axis in (1, 0))
    spacing_mm = (case.slice_mm, pixel_mm, pixel_mm)
    center = (low + high) / 2 + rng.uniform(-0.5, 0.5, 3) * spacing_mm[::-1]
    if case.scene == "tilted":
        lean = math.ceil((high[2] - low[2]) * 0.5 / pixel_mm)
        tilt_deg = float(rng.uniform(8, 22)) * rng.choice([-1, 1])
        return tilted_grid((slices + lean, rows + 2 * lean, columns), spacing_mm, tilt_deg, center)
    if case.scene == "uneven":
        steps_mm = case.slice_mm * rng.choice([0.6, 1.0, 1.4], slices)
        positions_mm = np.concatenate([[0.0], np.cumsum(steps_mm)])
        positions_mm += center[2] - positions_mm.mean()
        return uneven_grid(positions_mm, (rows, columns), (pixel_mm, pixel_mm), (center[0], center[1]))
    return straight_grid((slices, rows, columns), spacing_mm, center)


def scene_of(mass: Mass, case: Case, rng: np.random.Generator) -> list[Paintable]:
    """Return what to paint, in order."""
    low, high = mass.bounds_lps_mm()
    _, y, z = (low + high) / 2
    far_mm = float(np.max(high - low)) + 60
    if case.scene in ("beside bone", "on bone"):
        gap_mm = rng.uniform(3, 6) if case.scene == "beside bone" else 0.0
        # On bone the cortex touches the mass and takes nothing of it, so that its truth stays a formula.
        start = high[0] + gap_mm
        return [mass, Slab((start + 2.0, y, z), (2.0, far_mm, far_mm), 1300.0)]
    if case.scene == "beside air":
        skin = high[0] + rng.uniform(2, 6)
        return [mass, Slab((skin + far_mm, y, z), (far_mm, far_mm, far_mm), -1000.0)]
    if case.scene in ("level", "level 3:1"):
        hu = mass.hu + 350 if case.scene == "level" else 3 * mass.hu
        return [mass, LevelMass(mass, float(y + rng.uniform(-0.2, 0.2) * (high[1] - low[1])), hu)]
    if case.scene == "cobblestone":
        return [mass, *cobbles(mass, rng)]
    if case.scene == "cobblestone 3:1":
        return [mass, *(replace(cobble, hu=3 * mass.hu) for cobble in cobbles(mass, rng))]
    return [*tissues(case.scene, low, high, rng), mass]


def tissues(scene: Scene, low: Array, high: Array, rng: np.random.Generator) -> list[Paintable]:
    """Return what lies round a mass where its surroundings are not even: fat, muscle, skin."""
    middle = (low + high) / 2
    far_mm = float(np.max(high - low)) + 60
    fat = Slab(vector(middle), (far_mm, far_mm, far_mm), FAT_HU)
    if scene == "between tissues":
        turn_deg = vector(rng.uniform(0, 360, 3))
        off_mm = rng.uniform(-0.4, 0.4) * float(np.min(high - low)) + far_mm
        center = vector(middle + rotation_matrix(turn_deg)[:, 0] * off_mm)
        return [Slab(center, (far_mm, 2 * far_mm, 2 * far_mm), FAT_HU, turn_deg)]
    if scene == "among muscles":
        places = [middle + rng.uniform(-0.9, 0.9, 3) * (high - low) for _ in range(8)]
        return [fat, *(
            Ellipsoid(vector(place), vector(rng.uniform(8, 25, 3)), MUSCLE_HU, vector(rng.uniform(0, 360, 3)))
            for place in places
        )]  # fmt: skip
    if scene == "under skin":
        skin_mm = high[0] + rng.uniform(0.5, 5)
        _, y, z = vector(middle)
        skin = Slab((skin_mm + 1.0, y, z), (1.0, far_mm, far_mm), MUSCLE_HU)
        return [fat, skin, Slab((skin_mm + 2 + far_mm, y, z), (far_mm, far_mm, far_mm), -1000.0)]
    return []


def vector(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return (x, y, z)


def cobbles(mass: Mass, rng: np.random.Generator) -> list[Ellipsoid]:
    """Balls inside a mass, up to 1.6 times as dense: each counts as calcium as dense as it is."""
    lobe = mass if isinstance(mass, Ellipsoid) else mass.lobes[0]
    smallest_mm = min(lobe.semi_axes_mm)
    found: list[Ellipsoid] = []
    for _ in range(30):
        radius_mm = smallest_mm * rng.uniform(0.15, 0.3)
        toward = rng.normal(size=3)
        reach = (1 - radius_mm / smallest_mm) * rng.random() ** (1 / 3)
        inside = toward / np.linalg.norm(toward) * reach * np.array(lobe.semi_axes_mm)
        center = np.array(lobe.center_lps_mm) + rotation_matrix(lobe.rotation_deg) @ inside
        found.append(Ellipsoid(tuple(center), (radius_mm,) * 3, mass.hu * rng.uniform(1.1, 1.6)))
    return found


def edge_enhanced(hu: Array, grid: Grid, blur_sigma_mm: float, strength: float = 0.5) -> Array:
    """Sharpen an image as a bone kernel does: edges overshoot."""
    wide = [0.0, 1.2 * blur_sigma_mm / grid.row_spacing_mm, 1.2 * blur_sigma_mm / grid.column_spacing_mm]
    return hu + strength * (hu - ndimage.gaussian_filter(hu, wide))


def as_in_ct(noise: Array) -> Array:
    """Give white noise the spectrum of filtered back projection: rising from zero, then cut off by the kernel."""
    shaped = ndimage.gaussian_filter(noise, (0, 0.6, 0.6)) - ndimage.gaussian_filter(noise, (0, 1.8, 1.8))
    return shaped / shaped.std()


@dataclass(frozen=True, slots=True)
class Errors:
    """What was found less what is true, and the half-widths; volumes as parts of the true one."""

    volume: float
    diameter_mm: float
    long_axis_mm: float
    volume_u95: float = math.nan
    diameter_u95_mm: float = math.nan
    long_axis_u95_mm: float = math.nan
    others: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of other ways to measure: volume and 3-D diameter (not a number where they give none)."""


def errors_of(case: Case, with_others: bool = False) -> Errors:
    """Make, measure and compare a case."""
    one = imaged(case)
    found = measured(one.volume(), one.truth, own_side(one) if case.scene == "on bone" else None)
    assert found.volume_ml is not None
    assert found.max_3d_diameter is not None
    true = one.truth
    return Errors(
        volume=found.volume_ml / true.volume_ml - 1,
        diameter_mm=found.max_3d_diameter.length_mm - true.max_3d_diameter_mm,
        long_axis_mm=found.long_axis.length_mm - true.long_axis_mm,
        volume_u95=(found.volume_u95_ml or math.nan) / true.volume_ml,
        diameter_u95_mm=found.max_3d_diameter_u95_mm or math.nan,
        long_axis_u95_mm=found.long_axis_u95_mm or math.nan,
        others=others(one) if with_others else {},
    )


def measured(
    volume: Volume, true: Truth, outline: Outline | None = None, settings: Settings | None = None
) -> Measurements:
    """Measure the proposal that lies where the mass is, as the pipeline does; or an outline as it is given."""
    settings = settings or Settings()
    if outline is None:
        outline = half_maximum_outline(
            volume, nearest(find_components(volume, settings).outlines, volume, true), settings
        )
    return measure(volume, outline, settings)


def nearest(outlines: Sequence[Outline], volume: Volume, true: Truth) -> Outline:
    def away_mm(outline: Outline) -> float:
        middle = (np.array(outline.start_kji) + outline.stop_kji - 1) / 2
        return float(np.linalg.norm(volume.geometry.to_lps_mm(middle) - true.centroid_lps_mm))

    return min(outlines, key=away_mm)


def own_side(one: Imaged) -> Outline:
    """Outline the dense voxels whose centers are in the mass: what is left once a bone was told apart."""
    index = np.stack(np.indices(one.grid.shape_kji), axis=-1)
    held = one.mass.safe_distance_mm(one.grid.positions_lps_mm(index)) < 0
    return Outline.from_mask(held & (one.hu >= (SOFT_TISSUE_HU + one.mass.hu) / 2))


def others(one: Imaged) -> dict[str, tuple[float, float]]:
    """Volume (part of the true one) and diameter (mm) errors of fixed thresholds, and of SimpleITK's statistics."""
    found = {}
    voxel_ml = one.grid.slice_spacing_mm * one.grid.pixel_area_mm2 / 1000
    for threshold_hu in (130, 200):
        labels, _ = ndimage.label(one.hu >= threshold_hu, np.ones((3, 3, 3)))
        largest = int(np.bincount(labels.ravel())[1:].argmax()) + 1
        counted_ml = np.count_nonzero(labels == largest) * voxel_ml
        found[f"{threshold_hu} HU, voxels counted"] = (counted_ml / one.truth.volume_ml - 1, math.nan)
    image = sitk.GetImageFromArray((labels == largest).astype(np.uint8))
    image.SetSpacing((one.grid.column_spacing_mm, one.grid.row_spacing_mm, one.grid.slice_spacing_mm))
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputeFeretDiameterOn()
    statistics.Execute(image)
    found["SimpleITK at 200 HU"] = (
        statistics.GetPhysicalSize(1) / 1000 / one.truth.volume_ml - 1,
        statistics.GetFeretDiameter(1) - one.truth.max_3d_diameter_mm,
    )
    return found


def median_and_worst(errors: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 98th percentile of the size of errors."""
    sizes = np.abs([error for error in errors if not math.isnan(error)])
    return float(np.median(sizes)), float(np.percentile(sizes, 98))


def share_held(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the part of errors (first) that are within their half-widths (second)."""
    return float(np.mean([abs(error) <= half_width for error, half_width in pairs]))
