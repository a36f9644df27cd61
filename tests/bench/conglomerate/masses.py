"""Masses as the disease grows them, by formula: septa, lobules, fluid levels, grains, nets, plates and shells.

Every case follows from its seed and its options alone. Each is drawn on a fine grid in a limb with its bone, blurred
as a scanner blurs, and averaged over voxels. Bone wins where a mass is grown against it.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import cc3d
import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError, cKDTree
from scipy.spatial.distance import pdist

from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from calcimeasure.model import Volume

Kind: TypeAlias = Literal["septa", "lobules", "grains", "levels", "nets", "plates", "shells"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FINE_MM = 0.5
MUSCLE_HU, FAT_HU, SKIN_HU, AIR_HU, FLUID_HU, CORTEX_HU, MARROW_HU = 55.0, -95.0, 30.0, -1000.0, 25.0, 1150.0, -40.0
LIMB_MM, FAT_MM, SHAFT_MM, CORTEX_MM = 78.0, 9.0, 13.5, 5.0
NOISE_HU = 14.0
ALPHA_MM = 5.0
POSITIONS = tuple(end + place for end in ("HF", "FF") for place in ("S", "P", "DL", "DR"))
"""Patient positions; those that follow the end differ in gravity."""
DOWN_YX = {"S": (1, 0), "P": (-1, 0), "DL": (0, 1), "DR": (0, -1)}
"""Where gravity pulls, along rows (+y is the back) and columns (+x is the left side)."""


@dataclass(frozen=True, slots=True)
class Case:
    """The options of one image.

    Parameters
    ----------
    size_mm
        Roughly the longest diameter.
    slice_mm, pixel_mm
        Spacing of the voxels.
    gap_mm
        Width of septa and of the gaps between lobules.
    fill
        Share of the envelope of a granular mass or of a net that is calcified.
    lobule_mm
        Usual width of lobules and chambers.
    position
        How the patient lies.
    """

    kind: Kind
    seed: int
    size_mm: float
    slice_mm: float
    pixel_mm: float
    gap_mm: float
    fill: float
    lobule_mm: float
    on_bone: bool
    position: str = "HFS"

    @property
    def name(self) -> str:
        place = "bone" if self.on_bone else "free"
        return (
            f"{self.kind}-{self.seed}-{self.size_mm:.0f}-{self.slice_mm:.1f}-{self.pixel_mm:.2f}-{self.gap_mm:.1f}"
            f"-{self.fill:.2f}-{self.lobule_mm:.0f}-{place}-{self.position}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """An image and its truth.

    Parameters
    ----------
    volume
        The stack.
    calcified
        (k, j, i) share of each voxel that is calcified, before blur.
    bone
        (k, j, i) share of each voxel that is cortex.
    truth
        Its sizes.
    """

    volume: Volume
    calcified: NDArray[np.float32]
    bone: NDArray[np.float32]
    truth: Truth


@dataclass(frozen=True, slots=True)
class Truth:
    """Sizes of the calcified part on the fine grid.

    Parameters
    ----------
    calcified_ml, envelope_ml
        Volume, and the volume inside the alpha shape of the fine voxels.
    long_axis_mm, max_3d_diameter_mm
        Longest distance inside one axial slice, and in space, over all pieces.
    """

    calcified_ml: float
    envelope_ml: float
    long_axis_mm: float
    max_3d_diameter_mm: float


def truth_of(calcified: NDArray[np.bool_]) -> Truth:
    """Measure a mask on the fine grid."""
    used = [np.flatnonzero(calcified.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    box = tuple(slice(index[0], index[-1] + 1) for index in used)
    mask = np.pad(calcified[box], math.ceil(ALPHA_MM / FINE_MM) + 2)
    spacing = (FINE_MM,) * 3
    near = edt.edt(~mask, anisotropy=spacing, black_border=False) <= ALPHA_MM + 1e-4
    enclosed = edt.edt(near, anisotropy=spacing, black_border=False) > ALPHA_MM + 1e-4
    around = cc3d.connected_components(np.pad(~enclosed, 1, constant_values=True), connectivity=6)
    border = mask & ~ndimage.binary_erosion(mask)
    voxel_ml = FINE_MM**3 / 1000
    return Truth(
        calcified_ml=float(np.count_nonzero(mask)) * voxel_ml,
        envelope_ml=float(np.count_nonzero(around != around[0, 0, 0])) * voxel_ml,
        long_axis_mm=max(_farthest_mm(np.argwhere(plane)) for plane in border if plane.any()),
        max_3d_diameter_mm=_farthest_mm(np.argwhere(border)),
    )


def _farthest_mm(voxels: NDArray[np.intp]) -> float:
    # Too few voxels, or voxels in a line, have no hull.
    with contextlib.suppress(QhullError, ValueError):
        voxels = voxels[ConvexHull(voxels).vertices]
    return FINE_MM * float(pdist(voxels).max()) if len(voxels) > 1 else 0.0


def cases(kind: Kind, count: int, seed: int) -> Iterator[Case]:
    """Random options of one kind: the ranges that the bars name."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    for n in range(count):
        size_mm = float(np.exp(rng.uniform(math.log(25), math.log(120))))
        yield Case(
            kind,
            seed * 1000 + n,
            round(size_mm, 1),
            round(float(rng.choice([0.8, 1.0, 1.5, 2.0, 3.0])), 1),
            round(float(rng.uniform(0.6, 0.95)), 2),
            round(float(rng.uniform(0.7, 3.0)), 2),
            round(float(np.exp(rng.uniform(math.log(0.08), math.log(0.6)))), 2),
            round(float(rng.uniform(5, min(20, size_mm / 2.5))), 1),
            bool(n % 2),
            POSITIONS[int(rng.integers(len(POSITIONS)))],
        )


def make(case: Case) -> Made:
    """Draw a case."""
    rng = np.random.default_rng(case.seed)
    pad_mm = 14.0
    half_mm = 0.5 * case.size_mm + pad_mm
    axis_mm = np.arange(-half_mm, half_mm, FINE_MM, dtype=np.float32)
    # The shaft lies at this place beside the middle of the mass; a free mass keeps 6 mm from it.
    inside_mm, reach_mm = _envelope(rng, case.size_mm, axis_mm)
    toward = np.array([1.0, 0.35]) / math.hypot(1.0, 0.35)
    width_mm = reach_mm(toward)
    away_mm = width_mm + SHAFT_MM + (6.0 if not case.on_bone else -min(4.0, 0.2 * width_mm))
    shaft_xy_mm = toward * away_mm
    _, y, x = np.meshgrid(axis_mm, axis_mm, axis_mm, indexing="ij", sparse=True)
    from_shaft_mm = np.hypot(x - shaft_xy_mm[0], y - shaft_xy_mm[1])
    envelope = (inside_mm < 0) & (from_shaft_mm > SHAFT_MM)
    hu, calcified = _filled(case, rng, envelope, inside_mm)
    return _imaged(case, rng, axis_mm, hu, calcified, envelope, shaft_xy_mm)


def _envelope(rng: np.random.Generator, size_mm: float, axis_mm: NDArray[np.float32]) -> tuple:
    """Signed depth (negative inside) of a bumpy ball, and how far it reaches in a direction (x, y)."""
    bumps = rng.normal(size=(7, 3))
    bumps /= np.linalg.norm(bumps, axis=1)[:, None]
    heights = rng.uniform(-0.22, 0.22, 7)
    squeeze = np.array([1.0, *rng.uniform(0.6, 1.0, 2)])[rng.permutation(3)]

    def radius_mm(x: NDArray, y: NDArray, z: NDArray) -> NDArray:
        length = np.sqrt(x * x + y * y + z * z) + 1e-6
        grown = np.full(length.shape, 0.80, dtype=np.float32)
        for bump, height in zip(bumps, heights, strict=True):
            along = (x * bump[0] + y * bump[1] + z * bump[2]) / length
            grown += np.float32(height) * np.exp(4 * (along - 1)).astype(np.float32)
        return grown * np.float32(size_mm / 2)

    # x, y, z of the points, each squeezed along an axis.
    z, y, x = (axis_mm.reshape(shape) / squeeze[n] for n, shape in enumerate([(-1, 1, 1), (1, -1, 1), (1, 1, -1)]))
    x, y, z = (np.asarray(one, dtype=np.float32) for one in (x, y, z))
    inside_mm = np.sqrt(x * x + y * y + z * z) - radius_mm(x, y, z)

    def reach_mm(toward: NDArray) -> float:
        along = toward / np.array([squeeze[2], squeeze[1]])
        length = float(np.linalg.norm(along))
        x, y = (np.array([one]) for one in along)
        return float(radius_mm(x, y, np.zeros(1))[0]) / length

    return inside_mm, reach_mm


def _filled(
    case: Case, rng: np.random.Generator, envelope: NDArray[np.bool_], inside_mm: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return attenuation and calcified voxels of the box; attenuation is used inside the envelope only."""
    hu = np.full(envelope.shape, MUSCLE_HU, dtype=np.float32)
    if case.kind in ("septa", "levels"):
        calcified = _chambers(case, rng, envelope, hu)
    elif case.kind == "lobules":
        calcified = _lobules(case, rng, envelope, hu)
    elif case.kind in ("grains", "nets"):
        calcified = _field(case, rng, envelope, hu)
    elif case.kind == "plates":
        bend = ndimage.gaussian_filter(rng.normal(size=envelope.shape[1:]), 8 / FINE_MM)
        middle = np.arange(len(envelope)) - len(envelope) / 2
        away_mm = FINE_MM * (middle[:, None, None] - bend / max(float(np.abs(bend).max()), 1e-9) * 0.1 * len(middle))
        calcified = envelope & (np.abs(away_mm) < rng.uniform(1.5, 3.0))
        hu[calcified] = rng.uniform(450, 900)
    else:
        calcified = envelope & (inside_mm > -rng.uniform(2.0, 4.0))
        hu[envelope] = FLUID_HU
        hu[calcified] = rng.uniform(450, 900)
    return hu, calcified & envelope


def _chambers(
    case: Case, rng: np.random.Generator, envelope: NDArray[np.bool_], hu: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Chambers between curved septa; with levels, fluid fills the upper part of each."""
    index = np.argwhere(envelope)
    pitch = case.lobule_mm / FINE_MM
    nodes = np.stack(np.meshgrid(*(np.arange(-pitch, n + 2 * pitch, pitch) for n in envelope.shape), indexing="ij"), -1)
    nodes = nodes.reshape(-1, 3) + rng.uniform(-0.35, 0.35, (nodes.size // 3, 3)) * pitch
    warped = index.astype(np.float32)
    for axis in range(3):
        bend = ndimage.zoom(rng.normal(size=(9, 9, 9)), [n / 9 for n in envelope.shape], order=1)
        warped[:, axis] += (1.6 / FINE_MM) * bend[envelope].astype(np.float32)
    # Nearest and second nearest node: the difference of distances is twice the way to the wall between them.
    away, which = cKDTree(nodes).query(warped, k=2)
    between = np.linalg.norm(nodes[which[:, 0]] - nodes[which[:, 1]], axis=1)
    to_wall_mm = FINE_MM * (away[:, 1] ** 2 - away[:, 0] ** 2) / (2 * between)
    chamber = which[:, 0]
    density = rng.uniform(380, 850, len(nodes))
    solid = to_wall_mm > case.gap_mm / 2
    value = np.where(solid, density[chamber], MUSCLE_HU)
    if case.kind == "levels":
        rows, columns = DOWN_YX[case.position[2:]]
        down = rows * index[:, 1] + columns * index[:, 2]
        low = ndimage.minimum(down, chamber, np.arange(len(nodes)))
        high = ndimage.maximum(down, chamber, np.arange(len(nodes)))
        level = low + (high - low) * rng.uniform(0.15, 0.55, len(nodes))
        fluid = solid & (down < level[chamber])
        value[fluid] = rng.uniform(15, 90)
        solid &= ~fluid
    hu[envelope] = value
    calcified = np.zeros_like(envelope)
    calcified[envelope] = solid
    return calcified


def _lobules(
    case: Case, rng: np.random.Generator, envelope: NDArray[np.bool_], hu: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Balls of different sizes, set down one after the other, none nearer to another than the gap."""
    depth_mm = ndimage.distance_transform_edt(envelope, FINE_MM)
    calcified = np.zeros_like(envelope)
    for part in (1.0, 0.8, 0.62, 0.48):
        radius_mm = max(0.5 * case.lobule_mm * part, 2.0)
        for _ in range(4000):
            at = np.flatnonzero(depth_mm > radius_mm)
            if not at.size:
                break
            # Beside what is there already, as stones lie: the deepest places last.
            some = at[rng.integers(at.size, size=min(at.size, 64))]
            chosen = some[np.argmin(depth_mm.ravel()[some])]
            middle = np.array(np.unravel_index(chosen, envelope.shape))
            reach = math.ceil((2 * radius_mm + case.gap_mm + 12) / FINE_MM)
            box = tuple(
                slice(max(0, c - reach), min(n, c + reach + 1)) for c, n in zip(middle, envelope.shape, strict=True)
            )
            grid = np.meshgrid(
                *(np.arange(b.start, b.stop) - c for b, c in zip(box, middle, strict=True)), indexing="ij", sparse=True
            )
            from_mm = FINE_MM * np.sqrt(sum(np.square(g) for g in grid)) - radius_mm
            ball = from_mm <= 0
            calcified[box] |= ball & envelope[box]
            hu[box][ball] = rng.uniform(400, 950)
            depth_mm[box] = np.minimum(depth_mm[box], np.maximum(from_mm - case.gap_mm, 0))
    return calcified


def _field(
    case: Case, rng: np.random.Generator, envelope: NDArray[np.bool_], hu: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Where a random field is highest (grains), or near its middle (the walls of a net)."""
    scale_mm = rng.uniform(1.1, 1.7) if case.kind == "grains" else rng.uniform(2.2, 3.5)
    field = ndimage.gaussian_filter(rng.standard_normal(envelope.shape, dtype=np.float32), scale_mm / FINE_MM)
    value = field if case.kind == "grains" else -np.abs(field)
    fill = case.fill if case.kind == "grains" else max(case.fill, 0.25)
    calcified = envelope & (value >= np.quantile(value[envelope], 1 - fill))
    density = ndimage.gaussian_filter(rng.standard_normal(envelope.shape, dtype=np.float32), 2.5 / FINE_MM)
    density *= 220 / max(float(density.std()), 1e-9)
    hu[calcified] = np.clip(700 + density, 400, 1200)[calcified]
    return calcified


def _imaged(
    case: Case,
    rng: np.random.Generator,
    axis_mm: NDArray[np.float32],
    hu: NDArray[np.float32],
    calcified: NDArray[np.bool_],
    envelope: NDArray[np.bool_],
    shaft_xy_mm: NDArray[np.float64],
) -> Made:
    """Blur, average over slices, sample on the voxels of a limb with its bone, and add noise."""
    room_mm = 18.0
    count = math.ceil((case.size_mm + 2 * room_mm) / case.slice_mm)
    limb_mm = max(LIMB_MM, 0.5 * case.size_mm + SHAFT_MM + 14 + FAT_MM)
    middle_xy_mm = 0.5 * shaft_xy_mm
    pixels = math.ceil((2 * limb_mm + 20) / case.pixel_mm)
    z_mm = (np.arange(count) - (count - 1) / 2) * case.slice_mm
    across_mm = (np.arange(pixels) - (pixels - 1) / 2) * case.pixel_mm
    x_mm, y_mm = middle_xy_mm[0] + across_mm, middle_xy_mm[1] + across_mm
    sigma_mm = 0.65
    limb, bone = _limb(x_mm, y_mm, middle_xy_mm, shaft_xy_mm, limb_mm, sigma_mm)
    box_start = (float(axis_mm[0]),) * 3
    sigma = (sigma_mm * 0.5 / FINE_MM, sigma_mm / FINE_MM, sigma_mm / FINE_MM)
    width = max(1, round(case.slice_mm / FINE_MM))

    def sampled(fine: NDArray[np.float32], blurred: bool) -> NDArray[np.float32]:
        if blurred:
            fine = ndimage.gaussian_filter(fine, sigma)
        else:
            fine = ndimage.uniform_filter(fine, (1, *(max(1, round(case.pixel_mm / FINE_MM)),) * 2))
        fine = ndimage.uniform_filter1d(fine, width, axis=0)
        at = np.meshgrid(
            *((one - start) / FINE_MM for one, start in zip((z_mm, y_mm, x_mm), box_start, strict=True)), indexing="ij"
        )
        return ndimage.map_coordinates(fine, at, order=1, cval=0.0, output=np.float32)

    above = sampled(np.where(envelope, hu - MUSCLE_HU, 0).astype(np.float32), blurred=True)
    # Fat and skin under a superficial mass are pushed aside: the mass lies in what is there.
    image = limb[None] + above * (1 - bone[None])
    image += rng.normal(0, NOISE_HU, image.shape).astype(np.float32)
    spacing = (case.slice_mm, case.pixel_mm, case.pixel_mm)
    grid = straight_grid(image.shape, spacing)
    shares = sampled(calcified.astype(np.float32), blurred=False)
    volume = volume_of(np.rint(image), grid)
    volume = replace(volume, stack=replace(volume.stack, patient_position=case.position))
    return Made(volume, shares, np.broadcast_to(bone, image.shape), truth_of(calcified))


def _limb(
    x_mm: NDArray, y_mm: NDArray, middle_xy_mm: NDArray, shaft_xy_mm: NDArray, limb_mm: float, sigma_mm: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Attenuation of a slice of the limb, and the share of cortex in each pixel; both blurred."""
    pixel_mm = float(x_mm[1] - x_mm[0])
    fine = [np.repeat(one, 4) + np.tile((np.arange(4) - 1.5) * pixel_mm / 4, len(one)) for one in (y_mm, x_mm)]
    y, x = np.meshgrid(*fine, indexing="ij", sparse=True)
    depth_mm = limb_mm - np.hypot(x - middle_xy_mm[0], y - middle_xy_mm[1])
    hu = np.select([depth_mm < 0, depth_mm < 1.8, depth_mm < FAT_MM], [AIR_HU, SKIN_HU, FAT_HU], MUSCLE_HU)
    from_shaft_mm = np.hypot(x - shaft_xy_mm[0], y - shaft_xy_mm[1])
    cortex = (from_shaft_mm < SHAFT_MM) & (from_shaft_mm > SHAFT_MM - CORTEX_MM)
    hu = np.where(cortex, CORTEX_HU, np.where(from_shaft_mm <= SHAFT_MM - CORTEX_MM, MARROW_HU, hu)).astype(np.float32)
    sigma = 4 * sigma_mm / pixel_mm

    def pixels(image: NDArray) -> NDArray[np.float32]:
        smooth = ndimage.gaussian_filter(image.astype(np.float32), sigma)
        return smooth.reshape(len(y_mm), 4, len(x_mm), 4).mean(axis=(1, 3))

    return pixels(hu), pixels(cortex)
