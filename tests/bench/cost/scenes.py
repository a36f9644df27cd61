"""Images in memory whose slices or lesions are counted, and the time of cores that their lesions take."""

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcimeasure import Settings
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.overview import draw_overview
from calcimeasure.analysis.picture import draw
from calcimeasure.analysis.pipeline import NOT_MEASURED, refined_outline, survey
from calcimeasure.model import Volume
from calcimeasure.threads import hold_threads
from tests.masses import volume_of
from tests.phantoms import straight_grid

_TISSUE_HU, _AIR_HU, _MASS_HU, _NOISE_HU = 40.0, -1000.0, 700.0, 12.0


@dataclass(frozen=True)
class Kind:
    """A grid of cubes with balls: width of a slice in voxels, radius of a ball and least distance of two in voxels."""

    voxel_mm: float
    width: int
    radius: float
    apart: int


FINE = Kind(voxel_mm=1.0, width=256, radius=4.0, apart=16)
LONG = Kind(voxel_mm=2.0, width=128, radius=4.0, apart=14)
"""Its voxels are so long that stacks of any number of slices are judged on them, and not on longer steps."""


def scene(kind: Kind, slices: int, lesions: int) -> Volume:
    """A round trunk with balls, evenly spread over its slices."""
    noise = np.random.default_rng(slices + lesions)
    hu = np.empty((slices, kind.width, kind.width), dtype=np.int16)
    rows = np.arange(kind.width) - kind.width / 2
    trunk = np.hypot(rows[:, None], rows) < 0.45 * kind.width
    base = np.where(trunk, np.float32(_TISSUE_HU), np.float32(_AIR_HU))
    for k in range(slices):
        hu[k] = base + noise.normal(0, _NOISE_HU, base.shape)
    for center in _centers(kind, slices, lesions):
        _paint(hu, center, kind.radius)
    return volume_of(hu, straight_grid(hu.shape, (kind.voxel_mm,) * 3))


def _centers(kind: Kind, slices: int, lesions: int) -> NDArray[np.float64]:
    """(n, 3) centers, as many in each part of the stack."""
    reach = int(0.38 * kind.width)
    ticks = np.arange(-reach, reach + 1, kind.apart)
    places = [(a, b) for a in ticks for b in ticks if np.hypot(a, b) < reach]
    levels = np.arange(kind.apart, slices - kind.apart, kind.apart)
    every = [(k, j + kind.width / 2, i + kind.width / 2) for k in levels for j, i in places]
    chosen = np.linspace(0, len(every) - 1, lesions).astype(int)
    centers: NDArray[np.float64] = np.array(every, dtype=np.float64)[chosen]
    return centers


def _paint(hu: NDArray[np.int16], center: NDArray[np.float64], radius: float) -> None:
    first = (center - radius - 2).astype(int)
    box = tuple(slice(a, a + int(2 * radius) + 5) for a in first)
    k, j, i = np.indices([one.stop - one.start for one in box])
    away = np.sqrt((k + first[0] - center[0]) ** 2 + (j + first[1] - center[1]) ** 2 + (i + first[2] - center[2]) ** 2)
    share = np.clip(radius + 0.5 - away, 0, 1)
    hu[box] = hu[box] + (share * (_MASS_HU - _TISSUE_HU)).astype(np.int16)


def cost_of(volume: Volume) -> tuple[float, int]:
    """Seconds of one core for all that follows loading, and the number of lesions that were measured."""
    hold_threads(1)
    settings = Settings()
    begun = time.process_time()
    seen = survey(volume, settings)
    image = replace(volume, notices=(*volume.notices, *seen.notices))
    measured = 0
    for part in seen.proposals.parts:
        if part.tissue in NOT_MEASURED:
            continue
        lesion = assess(image, refined_outline(image, part, settings), measured + 1, settings, part, seen.anatomy)
        draw(image, lesion)
        measured += 1
    draw_overview(image)
    return time.process_time() - begun, measured
