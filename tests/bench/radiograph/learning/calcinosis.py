"""Made-up calcinosis as films show it: clouds, grains, stones, nets, plates and halos, from random fields.

All lengths are parts of the length of the mass, so that the same masses are put into patches and into whole films.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from tests.phantoms import Array

KINDS: Final = ("cloud", "grains", "stones", "net", "plate", "halo", "solid")
SEEN: Final = 0.12
"""Of the densest: what is less dense is not seen, and belongs to no outline."""
CLOSED: Final = 0.05
"""Of the length: gaps up to twice as wide within a mass are drawn over."""
ROOM: Final = 0.2
"""Of the length: room around a mass."""


@dataclass(frozen=True, slots=True, eq=False)
class Deposit:
    """A mass without its film.

    Parameters
    ----------
    kind
        One of `KINDS`.
    density
        (n, n) attenuation that the mass adds, 1 where it is densest; at least `ROOM` is empty on each side.
    shadow
        (n, n) its outline.
    """

    kind: str
    density: Array
    shadow: Array


def deposit(rng: np.random.Generator, length: float, blur: float = 0.0) -> Deposit | None:
    """Make up a mass.

    Parameters
    ----------
    length
        Its longest extent in pixels, about.
    blur
        Standard deviation in pixels by which the film blurs it.

    Returns
    -------
    Deposit or None
        None where nothing is seen of it.
    """
    kind = str(rng.choice(KINDS, p=(0.26, 0.14, 0.16, 0.1, 0.1, 0.08, 0.16)))
    size = max(8, round(length * (1 + 2 * ROOM)))
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) / length
    where = _region(rng, x, y, narrow=kind == "plate")
    density = MADE[kind](rng, where, length)
    density = ndimage.gaussian_filter(density, max(blur, 0.3))
    if density.max() <= 0:
        return None
    density /= np.quantile(density[density > 0.05 * density.max()], 0.98)
    seen = density > SEEN
    reach = max(1, round(CLOSED * length))
    disk = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= reach + 0.3
    shadow = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(seen, reach), disk))[reach:-reach, reach:-reach]
    labels, count = ndimage.label(shadow)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    shadow &= areas[labels] >= max(2.0, 2e-4 * length**2)
    return Deposit(kind, np.minimum(density, 1.3), shadow) if shadow.any() else None


def _field(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> Array:
    """Random field of a coarseness in pixels, with a standard deviation of 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), max(sigma, 0.4), mode="wrap")
    return noise / noise.std()


def _region(rng: np.random.Generator, x: Array, y: Array, *, narrow: bool) -> Array:
    """Where a mass lies: positive inside, 1 at its middle; round, long, bent, or along a line as under the skin."""
    turned = rng.uniform(0, 2 * math.pi)
    along = x * math.cos(turned) + y * math.sin(turned)
    across = y * math.cos(turned) - x * math.sin(turned)
    across = across - rng.uniform(-0.9, 0.9) * (along**2 - 0.08)
    width = rng.uniform(0.05, 0.14) if narrow else 0.5 * math.exp(rng.uniform(math.log(0.3), 0))
    angle = np.arctan2(across / width, along / 0.5)
    rim = 1 + sum(rng.normal(0, 0.14 / n) * np.cos(n * angle + rng.uniform(0, 2 * math.pi)) for n in range(2, 7))
    return 1 - np.hypot(along / 0.5, across / width) / np.clip(rim, 0.5, 1.15)


def _cloud(rng: np.random.Generator, where: Array, length: float) -> Array:
    """Chalk and mousse: soft, granular, thinner to its border."""
    soft = np.clip(where, 0, 1) ** rng.uniform(0.25, 1.0)
    coarse = rng.uniform(0.06, 0.16) * length
    clumps = sum(_field(rng, where.shape, coarse / 2**n) * rng.uniform(0.4, 1.0) ** n for n in range(3))
    return soft * np.exp(np.clip(rng.uniform(0.25, 0.9) * clumps, -2.5, 1.6))


def _grains(rng: np.random.Generator, where: Array, length: float) -> Array:
    """Grains of sand, dense in the middle and scattered at the border."""
    fine = rng.uniform(0.018, 0.05) * length
    peaks = _field(rng, where.shape, fine) + rng.uniform(0.8, 2.0) * np.clip(where, -1, 1)
    return np.clip(peaks - rng.uniform(0.8, 1.7), 0, 1.5) * (where > -0.1)


def _stones(rng: np.random.Generator, where: Array, length: float) -> Array:
    """Stones that lie together or apart, each as thick as it is wide."""
    coarse = rng.uniform(0.06, 0.13) * length
    height = _field(rng, where.shape, coarse) + rng.uniform(0.6, 1.6) * np.clip(where, -1, 1)
    inside = (height > rng.uniform(0.6, 1.1)) & (where > -0.15)
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    return np.sqrt(depth * np.maximum(2 * coarse - depth, 0.3 * coarse))


def _net(rng: np.random.Generator, where: Array, length: float) -> Array:
    """Threads between meshes."""
    lines = _field(rng, where.shape, rng.uniform(0.05, 0.1) * length)
    threads = np.exp(-((lines / rng.uniform(0.15, 0.4)) ** 2))
    return threads * np.clip(3 * where, 0, 1) * (1 + 0.3 * _field(rng, where.shape, 0.2 * length)).clip(0.1)


def _plate(rng: np.random.Generator, where: Array, length: float) -> Array:
    """A sheet seen from its edge, as along an extensor surface; broken in places."""
    uneven = 1 + rng.uniform(0.1, 0.8) * _field(rng, where.shape, rng.uniform(0.03, 0.12) * length)
    return np.sqrt(np.clip(where, 0, 1)) * np.clip(uneven, 0, 2)


def _halo(rng: np.random.Generator, where: Array, length: float) -> Array:
    """A dense rim around what is less dense."""
    thick = rng.uniform(0.1, 0.3)
    rim = np.exp(-(((where - thick) / (0.6 * thick)) ** 2)) * (where > 0)
    filled = rng.uniform(0.1, 0.5) * np.sqrt(np.clip(where, 0, 1))
    uneven = 1 + rng.uniform(0, 0.5) * _field(rng, where.shape, rng.uniform(0.04, 0.15) * length)
    return (rim + filled) * np.clip(uneven, 0.1, 2)


def _solid(rng: np.random.Generator, where: Array, length: float) -> Array:
    """One lump, smooth or lumpy."""
    lumps = 1 + rng.uniform(0, 0.35) * _field(rng, where.shape, rng.uniform(0.03, 0.12) * length)
    return np.clip(where, 0, 1) ** rng.uniform(0.15, 0.7) * np.clip(lumps, 0.3, 2)


MADE: Final = {
    "cloud": _cloud,
    "grains": _grains,
    "stones": _stones,
    "net": _net,
    "plate": _plate,
    "halo": _halo,
    "solid": _solid,
}
