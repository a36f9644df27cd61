"""Calcinosis built from balls and put into films, to judge by.

The length of rays in a ball is worked out, and its pixels are added to those of the film as attenuation adds up. No
code of shape or texture is shared with what networks are taught on (`learning.scenes`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage
from scipy.spatial import Delaunay
from skimage.filters import threshold_multiotsu

if TYPE_CHECKING:
    from tests.phantoms import Array

KINDS: Final = ("cloud", "grains", "stones", "net", "plate", "halo", "solid")
LEAST_SEEN: Final = 0.1
"""Of the path that is usual in a mass: thinner parts are in no outline."""
MOST_SEEN: Final = 1.4
"""Of the path that is usual: balls that lie behind each other add up to no more."""
BRIDGED_MM: Final = 0.5
"""Pieces no farther apart than twice this are outlined as one."""
SMALLEST_PIXELS: Final = 0.7
"""Radius of a ball at least: a smaller one would fall between pixels."""
BESIDE_BONE, OVER_BONE = 0.03, 0.4
"""Part of a mass over bone: less than the first is free of bone, more than the second is over bone."""
IN_TISSUE: Final = 0.98
"""Part of a mass that lies in the body, at least."""
BELOW_SKIN: Final = 0.5
"""Of its length: the middle of a mass below the skin lies no deeper."""
PLACES: Final = 60
"""That are tried for a mass."""


@dataclass(frozen=True, slots=True, eq=False)
class Calcified:
    """A film with a mass.

    Parameters
    ----------
    kind
        One of `KINDS`.
    pixels
        (rows, columns) of the film, with the mass.
    truth
        (rows, columns) outline of the mass.
    bone_share
        Part of the mass that lies over bone.
    """

    kind: str
    pixels: Array
    truth: Array
    bone_share: float


def balls_of(kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """(n, 2) places and (n,) radii of balls of a mass that is about 1 long."""
    flat = rng.uniform(0.35, 1.0)
    if kind == "cloud":
        places = rng.normal(0, 0.19, (int(rng.integers(150, 420)), 2)) * (1, flat)
        radii = rng.gamma(4.0, 0.011, len(places)) + 0.01
    elif kind == "grains":
        places = rng.uniform(-0.5, 0.5, (int(rng.integers(25, 80)), 2))
        places = places[np.hypot(*places.T) < 0.5] * (1, flat)
        radii = rng.uniform(0.018, 0.045, len(places))
    elif kind == "stones":
        places = np.cumsum(rng.normal(0, 0.16, (int(rng.integers(3, 9)), 2)), axis=0)
        radii = rng.uniform(0.07, 0.17, len(places))
    elif kind == "net":
        corners = rng.uniform(-0.5, 0.5, (int(rng.integers(9, 18)), 2)) * (1, flat)
        edges = {tuple(sorted(pair)) for one in Delaunay(corners).simplices for pair in (one[:2], one[1:], one[::2])}
        steps = np.linspace(0, 1, 24)[:, None]
        places = np.concatenate([corners[a] + steps * (corners[b] - corners[a]) for a, b in sorted(edges)])
        radii = np.full(len(places), rng.uniform(0.015, 0.035)) * rng.uniform(0.6, 1.2, len(places))
    elif kind == "plate":
        along = np.linspace(-0.5, 0.5, 90)
        places = np.stack([along, rng.uniform(-0.7, 0.7) * along**2], axis=1) + rng.normal(0, 0.008, (90, 2))
        radii = rng.uniform(0.03, 0.07) * rng.uniform(0.5, 1.2, 90)
    elif kind == "halo":
        angle = np.linspace(0, 2 * math.pi, 120)
        places = 0.45 * np.stack([np.cos(angle), flat * np.sin(angle)], axis=1) + rng.normal(0, 0.012, (120, 2))
        radii = rng.uniform(0.03, 0.07, 120)
    else:
        places = rng.normal(0, 0.1, (int(rng.integers(1, 4)), 2))
        radii = rng.uniform(0.3, 0.45, len(places))
    turn = rng.uniform(0, 2 * math.pi)
    turned = places @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return turned - turned.mean(axis=0), radii


def path_of(places: Array, radii: Array) -> Array:
    """(rows, columns) length of rays in balls, in pixels, with an empty rim.

    Parameters
    ----------
    places, radii
        (n, 2) and (n,), in pixels.
    """
    start = np.floor((places - radii[:, None]).min(axis=0)).astype(int) - 6
    stop = np.ceil((places + radii[:, None]).max(axis=0)).astype(int) + 7
    total = np.zeros(stop - start)
    for (row, column), radius in zip(places - start, radii, strict=True):
        rows = slice(int(row - radius), int(row + radius) + 2)
        columns = slice(int(column - radius), int(column + radius) + 2)
        y, x = np.mgrid[rows, columns]
        total[rows, columns] += 2 * np.sqrt(np.maximum(radius**2 - (y - row) ** 2 - (x - column) ** 2, 0))
    return total


def outlined(path: Array, pixels_per_mm: float) -> tuple[Array, float]:
    """(rows, columns) outline of a mass, with the holes in it; and the path that is usual in it."""
    usual = float(np.quantile(path[path > 0.05 * path.max()], 0.9))
    reach = max(1, round(BRIDGED_MM * pixels_per_mm))
    seen = np.pad(path > LEAST_SEEN * usual, reach)
    closed = ndimage.binary_fill_holes(ndimage.binary_closing(seen, iterations=reach))
    return closed[reach:-reach, reach:-reach], usual


def bone_on(film: Array) -> tuple[Array, Array]:
    """(rows, columns) where a film shows tissue, and where bone: the densest of three classes of values."""
    smooth = ndimage.gaussian_filter(film, 2)
    low, high = threshold_multiotsu(smooth[::3, ::3], 3)
    return ndimage.binary_erosion(smooth > 0.5 * low, iterations=3), smooth > high


def calcified(
    film: Array,
    rng: np.random.Generator,
    *,
    kind: str,
    pixels_per_mm: float,
    long_mm: tuple[float, float],
    over_bone: bool | None,
    below_skin: bool = False,
) -> Calcified | None:
    """Put a mass into a film.

    Parameters
    ----------
    film
        (rows, columns) its attenuation, as the program takes it. The mass adds to it up to the densest value of the
        film, where the display of the film ends.
    kind
        One of `KINDS`.
    long_mm
        Between these its length lies, about.
    over_bone
        Whether it lies over bone (`OVER_BONE`) or free of bone (`BESIDE_BONE`); None: either.
    below_skin
        Whether its middle lies as near to the skin as `BELOW_SKIN` says.

    Returns
    -------
    Calcified or None
        None where no such place was found, or where the mass cannot be seen above the noise.
    """
    length = math.exp(rng.uniform(*np.log(long_mm))) * pixels_per_mm
    places, radii = balls_of(kind, rng)
    path = path_of(places * length, np.maximum(radii * length, SMALLEST_PIXELS))
    path = ndimage.gaussian_filter(path, rng.uniform(0.6, 1.1))
    outline, usual = outlined(path, pixels_per_mm)
    tissue, bone = bone_on(film)
    low, high = np.quantile(film[tissue], (0.1, 0.98))
    allowed = tissue & ~ndimage.binary_erosion(tissue, iterations=int(BELOW_SKIN * length)) if below_skin else tissue
    inside, top = np.argwhere(allowed), float(film.max())
    rows, columns = path.shape
    for _ in range(PLACES):
        row, column = inside[rng.integers(len(inside))] - (rows // 2, columns // 2)
        if row < 0 or column < 0 or row + rows > film.shape[0] or column + columns > film.shape[1]:
            continue
        there = slice(row, row + rows), slice(column, column + columns)
        bone_share = float(bone[there][outline].mean())
        right = {True: bone_share > OVER_BONE, False: bone_share < BESIDE_BONE, None: True}
        if tissue[there][outline].mean() < IN_TISSUE or not right[over_bone]:
            continue
        strong = (high - low) * math.exp(rng.uniform(math.log(0.2), math.log(0.8)))
        uneven = 1 + 0.05 * rng.standard_normal(path.shape)
        pixels, truth = film.astype(np.float64), np.zeros(film.shape, dtype=bool)
        pixels[there] = np.minimum(pixels[there] + strong * np.minimum(path / usual, MOST_SEEN) * uneven, top)
        truth[there] = outline
        noise = float((film[there] - ndimage.gaussian_filter(film[there], 1.5)).std())
        if (pixels - film)[truth].mean() >= noise:
            return Calcified(kind, pixels, truth, bone_share)
    return None
