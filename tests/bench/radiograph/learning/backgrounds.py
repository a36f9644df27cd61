"""What masses are painted into: projections of real CT, and public films that show none.

The limbs that tests/bench/radiograph holds its bars against are not among them.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.load import find_series, load_image
from calcimeasure.model import Radiograph
from calcimeasure.segment.radiograph.network import SIDE
from calcimeasure.segment.radiograph.scale import averaged, pyramid_of
from tests.bench.radiograph.test_radiograph import HELD_OUT
from tests.conftest import SHARED
from tests.projections import BEHIND_BONE_MM, Beam, limb_of, see
from tests.tissue_bars import limb_volumes, other_volumes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phantoms import Array

VIEWS, VIEWS_OF_OTHERS = 48, 20
WEIGHT_OF_OTHERS, WEIGHT_OF_FILMS = 0.35, 6.0
"""How often they are chosen; a view of a limb counts 1."""
PIXEL_MM, FILM_PIXEL_MM = 0.7, 0.5
FILM_RANGE = 3.0
"""The attenuation that a film's range is taken for."""
NOT_FREE = ("1/1",)
"""A chest whose license excludes commercial use."""
PATIENT = 0.15
PLACES = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Additive attenuation without a mass.

    Parameters
    ----------
    copies
        (rows, columns) each half as fine as the one before.
    has_mm
        Its pixels are as large as is said; of a film they are not known.
    places, bony
        (n, 2) rows and columns in the patient, and over bone.
    weight
        How often it is chosen.
    """

    copies: tuple[Array, ...]
    pixel_mm: float
    has_mm: bool
    places: Array
    bony: Array
    weight: float

    def patch(self, rng: np.random.Generator, center: Array, pixel_mm: float) -> tuple[Array, Array]:
        """(SIDE, SIDE) turned and mirrored at random, and where it lies within."""
        factor = pixel_mm / self.pixel_mm
        level = min(max(math.floor(math.log2(max(factor, 1)) + 0.3), 0), len(self.copies) - 1)
        y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
        x = -x if rng.random() < 0.5 else x
        angle = rng.uniform(0, 2 * math.pi)
        down, across = factor * math.cos(angle), factor * math.sin(angle)
        at = np.stack([center[0] + down * y - across * x, center[1] + across * y + down * x])
        ends = np.array(self.copies[0].shape)[:, None, None] - 0.5
        within = ((at > -0.5) & (at < ends)).all(axis=0)
        at = (at + 0.5) / 2**level - 0.5
        return ndimage.map_coordinates(self.copies[level], at, order=1, mode="nearest"), within


def make_backgrounds(folder: Path) -> None:
    """Write what is projected and read, once."""
    folder.mkdir(parents=True, exist_ok=True)
    limbs = limb_volumes()
    for name, volume in {**limbs, **other_volumes()}.items():
        if name in HELD_OUT or name in NOT_FREE:
            continue
        limb = limb_of(name, volume)
        rng = np.random.default_rng([7, zlib.crc32(name.encode())])
        views = VIEWS if name in limbs else VIEWS_OF_OTHERS
        for view in range(views):
            seen = see(limb, Beam(
                angle_deg=(view + rng.random()) * 180 / views,
                source_mm=math.inf if view % 2 else float(rng.uniform(800, 1500)),
                detector_mm=100.0, spacing_mm=(PIXEL_MM, PIXEL_MM),
            ))  # fmt: skip
            weight = 1.0 if name in limbs else WEIGHT_OF_OTHERS
            np.savez(folder / f"{name.replace('/', '_')}_{view:02}.npz", attenuation=seen.attenuation,
                     bone_mm=seen.bone_mm, pixel_mm=PIXEL_MM, has_mm=True, weight=weight)  # fmt: skip
    for stack in find_series(SHARED / "dicom" / "xray").series:
        image = load_image(stack)
        assert isinstance(image, Radiograph)
        copy = next(copy for copy in pyramid_of(image).copies if max(copy.shape) < 1400)
        low, high = np.quantile(copy, (0.01, 0.99))
        attenuation = np.clip((copy - low) / (high - low) * FILM_RANGE, -1, 5)
        np.savez(folder / f"film_{stack.series_uid}.npz", attenuation=attenuation, bone_mm=np.zeros_like(copy),
                 pixel_mm=FILM_PIXEL_MM, has_mm=False, weight=WEIGHT_OF_FILMS)  # fmt: skip


def read_backgrounds(folder: Path) -> list[Background]:
    return [_read(path) for path in sorted(folder.glob("*.npz"))]


def _read(path: Path) -> Background:
    stored = np.load(path)
    copies = [stored["attenuation"].astype(np.float32)]
    while min(copies[-1].shape) > 24:
        copies.append(averaged(copies[-1], (2, 2)))
    places, bony = np.argwhere(copies[0] > PATIENT), np.argwhere(stored["bone_mm"] > BEHIND_BONE_MM)
    return Background(
        tuple(copies), float(stored["pixel_mm"]), bool(stored["has_mm"]), _thinned(places),
        _thinned(bony if len(bony) else places), float(stored["weight"]),
    )  # fmt: skip


def _thinned(places: Array) -> Array:
    return places[:: max(1, len(places) // PLACES)]
