"""Masses to teach on: grown from random fields, in nine kinds, on a fine grid of their own.

Neither tests/bench/conglomerate nor tests/inserted_masses shares a shape or a texture with these: the envelope is a
level of a sum of bumps bent by noise, and chambers are the basins of smooth noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import edt
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind: TypeAlias = Literal[
    "solid", "lobulated", "loculated", "granular", "levels", "net", "shell", "plate", "cobblestone"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

COARSE = 44
"""Voxels along a side of the grid on which the envelope is grown."""


@dataclass(frozen=True, slots=True, eq=False)
class Mass:
    """A mass on a fine grid.

    Parameters
    ----------
    value_hu
        (z, y, x) attenuation where `filled`.
    filled
        Calcified or fluid; elsewhere the tissue of the patient stays.
    calcified
        Calcified.
    step_mm
        Distance of the points of the grid.
    """

    kind: Kind
    size_mm: float
    value_hu: NDArray[np.float32]
    filled: NDArray[np.bool_]
    calcified: NDArray[np.bool_]
    step_mm: float

    def turned(self, rng: np.random.Generator) -> Mass:
        """The same mass, with its axes exchanged and mirrored at random, and of another density."""
        order = [int(axis) for axis in rng.permutation(3)]
        mirror = tuple(slice(None, None, int(rng.choice([-1, 1]))) for _ in range(3))
        hu, filled, calcified = (one.transpose(order)[mirror] for one in (self.value_hu, self.filled, self.calcified))
        denser = np.where(calcified, 200 + (hu - 200) * np.float32(rng.uniform(0.75, 1.35)), hu).astype(np.float32)
        return Mass(self.kind, self.size_mm, denser, filled, calcified, self.step_mm)


def grow(rng: np.random.Generator, kind: Kind, size_mm: float) -> Mass:
    """Grow a mass of a kind, about as long as asked for."""
    step_mm = max(0.6, size_mm / 110)
    depth_mm = _depth_of_envelope(rng, kind, size_mm, step_mm)
    envelope = depth_mm > 0
    soft = np.zeros_like(envelope)
    hu = np.full(envelope.shape, rng.uniform(380, 1000), dtype=np.float32)
    hu += np.float32(rng.uniform(10, 90)) * smooth_noise(rng, envelope.shape, rng.uniform(2, 8) / step_mm)
    if kind in ("lobulated", "loculated", "levels", "net"):
        soft = _chambered(rng, kind, envelope, depth_mm, hu, step_mm, size_mm)
    elif kind == "granular":
        soft = _between_grains(rng, envelope, step_mm)
        hu += np.float32(rng.uniform(80, 260)) * smooth_noise(rng, envelope.shape, 2 / step_mm)
    elif kind == "shell":
        hollow = depth_mm > rng.uniform(1.5, 4.5)
        hu[hollow] = rng.uniform(-90, 70)
    elif kind == "cobblestone":
        _stones(rng, hu, envelope, step_mm, size_mm)
    hu = np.maximum(hu, -120)
    filled = envelope & ~soft
    if kind == "shell":
        calcified = envelope & (depth_mm <= 4.5) & (hu > 200)
    else:
        if kind not in ("levels",):
            hu[filled] = np.clip(hu[filled], 260, 1500)
        calcified = filled & (hu > 200)
    return Mass(kind, size_mm, hu, filled, calcified, step_mm)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> NDArray[np.float32]:
    """Noise with a standard deviation of 1, drawn on a coarser grid where it is smooth."""
    skip = max(1, int(sigma / 2))
    fewer = tuple(-(-n // skip) + 3 for n in shape)
    noise = ndimage.gaussian_filter(rng.standard_normal(fewer, dtype=np.float32), max(sigma / skip, 0.3))
    noise /= max(float(noise.std()), 1e-6)
    if skip > 1:
        noise = ndimage.zoom(noise, skip, order=1)
    return np.ascontiguousarray(noise[tuple(slice(0, n) for n in shape)])


def _depth_of_envelope(rng: np.random.Generator, kind: Kind, size_mm: float, step_mm: float) -> NDArray[np.float32]:
    z, y, x = (
        np.linspace(-1, 1, COARSE, dtype=np.float32).reshape(shape) for shape in ((-1, 1, 1), (1, -1, 1), (1, 1, -1))
    )
    stretch = np.exp(rng.uniform(-0.45, 0.45, 3))
    level = np.zeros((COARSE,) * 3, dtype=np.float32)
    for _ in range(int(rng.integers(1, 7))):
        at, width = rng.uniform(-0.38, 0.38, 3), rng.uniform(0.16, 0.34)
        away = ((z - at[0]) * stretch[0]) ** 2 + ((y - at[1]) * stretch[1]) ** 2 + ((x - at[2]) * stretch[2]) ** 2
        level += np.exp(-away / (2 * width**2)).astype(np.float32)
    level += np.float32(rng.uniform(0.02, 0.22)) * smooth_noise(rng, level.shape, rng.uniform(2, 6))
    if kind == "plate":
        # A bent sheet within the envelope.
        bend, tilt = rng.uniform(-1.2, 1.2, 2), rng.uniform(-0.2, 0.2)
        away = np.abs(z - bend[0] * (y**2) - bend[1] * x**2 - tilt * x) * size_mm * 0.75
        level = np.where(away < rng.uniform(1.6, 4.0), level, 0)
    level[[0, -1]] = level[:, [0, -1]] = level[:, :, [0, -1]] = 0
    inside = level > 0.35 * float(np.quantile(level, 0.995))
    labels, _ = ndimage.label(inside)
    inside = labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
    used = ndimage.find_objects(inside.astype(np.uint8))[0]
    longest = max(part.stop - part.start for part in used)
    roomy = tuple(slice(max(part.start - 2, 0), part.stop + 2) for part in used)
    finer = size_mm / longest / step_mm
    solid = ndimage.zoom(np.where(inside, 1.0, 0.0).astype(np.float32)[roomy], finer, order=1) > 0.5
    depth_mm = edt.edt(np.pad(solid, 2), anisotropy=(step_mm,) * 3, black_border=True)
    return np.asarray(depth_mm, dtype=np.float32)


def _chambered(
    rng: np.random.Generator, kind: Kind, envelope: NDArray[np.bool_], depth_mm: NDArray[np.float32],
    hu: NDArray[np.float32], step_mm: float, size_mm: float,
) -> NDArray[np.bool_]:  # fmt: skip
    """Part the envelope into chambers; return what stays soft tissue, and set the attenuation of each chamber."""
    lobule_mm = rng.uniform(5, max(6.0, min(20, size_mm / 2)))
    skip = max(1, round(1.0 / step_mm))
    some = envelope[::skip, ::skip, ::skip]
    noise = smooth_noise(rng, some.shape, lobule_mm / 3.6 / (skip * step_mm))
    summits = (ndimage.maximum_filter(noise, 5) == noise) & some
    basins = watershed(-noise, ndimage.label(summits)[0], mask=some)
    for axis in range(3):
        basins = basins.repeat(skip, axis=axis)
    basins = basins[tuple(slice(0, n) for n in envelope.shape)]
    basins = np.pad(basins, [(0, a - b) for a, b in zip(envelope.shape, basins.shape, strict=True)])
    walls = np.zeros_like(envelope)
    for axis in range(3):
        one, other = [slice(None)] * 3, [slice(None)] * 3
        one[axis], other[axis] = slice(None, -1), slice(1, None)
        walls[tuple(one)] |= basins[tuple(one)] != basins[tuple(other)]
    walls &= envelope
    to_wall_mm = edt.edt(~walls, anisotropy=(step_mm,) * 3, black_border=False)
    width_mm = rng.uniform(0.7, 3.0)
    septum = to_wall_mm <= max(width_mm / 2 - step_mm / 2, 0)
    if kind == "net":
        wall_mm = float(np.quantile(to_wall_mm[envelope], rng.uniform(0.2, 0.5)))
        return envelope & (to_wall_mm > max(wall_mm, 0.8))
    density = rng.uniform(360, 950, int(basins.max()) + 1).astype(np.float32)
    if kind != "lobulated" or rng.random() < 0.5:
        hu[:] = density[basins] + 0.3 * (hu - hu.mean())
    if kind == "lobulated":
        return septum & (depth_mm < rng.uniform(0.15, 0.5) * float(depth_mm.max()))
    if kind == "levels":
        down = np.broadcast_to(np.arange(envelope.shape[1], dtype=np.float32)[None, :, None], envelope.shape)
        labels = range(1, int(basins.max()) + 1)
        low, high = (np.atleast_1d(one(down, basins, labels)) for one in (ndimage.minimum, ndimage.maximum))
        level = np.concatenate([[0], low + (high - low) * rng.uniform(0.1, 0.6, len(low))])
        fluid = down < level[basins]
        hu[fluid] = rng.uniform(10, 110)
    return septum


def _between_grains(rng: np.random.Generator, envelope: NDArray[np.bool_], step_mm: float) -> NDArray[np.bool_]:
    """Grains around random points, some larger than others: what lies between them."""
    fill = math.exp(rng.uniform(math.log(0.08), math.log(0.6)))
    grain_mm3 = (math.pi / 6) * rng.uniform(1.2, 4.5) ** 3
    count = max(6, int(fill * np.count_nonzero(envelope) * step_mm**3 / grain_mm3))
    seeds = np.zeros_like(envelope)
    at = np.flatnonzero(envelope)
    seeds.ravel()[at[rng.integers(at.size, size=count)]] = True
    away_mm = edt.edt(~seeds, anisotropy=(step_mm,) * 3, black_border=False)
    away_mm += np.float32(0.35) * smooth_noise(rng, envelope.shape, rng.uniform(2, 6) / step_mm)
    crowd = smooth_noise(rng, envelope.shape, rng.uniform(6, 14) / step_mm)
    away_mm += np.float32(rng.uniform(0, 0.4)) * crowd
    return envelope & (away_mm > np.quantile(away_mm[envelope], fill))


def _stones(
    rng: np.random.Generator, hu: NDArray[np.float32], envelope: NDArray[np.bool_], step_mm: float, size_mm: float
) -> None:
    """Set stones of other densities into a mass, some hardly denser than the threshold."""
    at = np.argwhere(envelope)
    for _ in range(int(rng.integers(15, 60))):
        middle, radius = at[rng.integers(len(at))], rng.uniform(0.04, 0.16) * size_mm / step_mm
        box = tuple(slice(max(0, int(c - radius)), int(c + radius) + 2) for c in middle)
        here = hu[box]
        grid = np.ogrid[tuple(slice(part.start, part.start + n) for part, n in zip(box, here.shape, strict=True))]
        ball = sum((g - c) ** 2 for g, c in zip(grid, middle, strict=True)) <= radius**2
        here[ball] = rng.uniform(280, 1400)
