"""Made-up patches of radiographs: a mass of known shape, or none, on a background that may hold bones, skin and metal.

Sizes are in pixels of the patch unless they say otherwise. The truth is the shadow: the pixels whose rays meet a mass.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.network import SIDE
from tests.projections import TISSUE_HU, WATER_PER_MM

if TYPE_CHECKING:
    from tests.bench.radiograph.learning.backgrounds import Background
    from tests.phantoms import Array

Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2
FROM_MIDDLE = np.hypot(Y, X)
SMALLEST_MM, LARGEST_MM = 8.0, 150.0
FINGERS, SMALL_BONES, BRIGHT = 0.12, 0.06, 0.08
"""Parts of all patches, and of masses."""
FAR = 90.0
"""Beyond the patch: where a finger begins."""


def around(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is even."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def spots(rng: np.random.Generator, sigma: float) -> Array:
    """Noise of some coarseness with a standard deviation of 1."""
    noise = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    noise = ndimage.gaussian_filter(noise, sigma, truncate=2.5) if sigma > 0.3 else noise
    return noise / max(float(noise.std()), 1e-6)


class Lobes:
    """A mass of ellipsoids: each lies in the patch as an ellipse, and has a depth.

    Parameters
    ----------
    length
        Its longest extent.
    """

    def __init__(self, rng: np.random.Generator, length: float) -> None:
        count = int(rng.choice([1, 1, 2, 3, 4, 5, 6, 8]))
        centers, axes = np.zeros((count, 3)), np.empty((count, 3))
        for n in range(count):
            if n:
                of = rng.integers(n)
                angle, away = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1.1) * axes[of, :2].mean()
                step = (away * math.cos(angle), away * math.sin(angle), rng.uniform(-0.6, 0.6) * axes[of, 2])
                centers[n] = centers[of] + step
            size = rng.uniform(0.35, 1.1) if n else 1.0
            axes[n] = size * np.array([rng.uniform(0.8, 1.3), rng.uniform(0.6, 1.0), rng.uniform(0.5, 1.2)])
        if count == 1:
            axes[0, 1] = axes[0, 0] * rng.uniform(0.35, 1)
        self.centers, self.axes = centers, axes
        self.angles = rng.uniform(0, math.pi, count)
        self.slants = rng.uniform(-0.5, 0.5, (count, 2))
        scale = length / self._extent()
        self.centers, self.axes = centers * scale, axes * scale

    def _extent(self) -> float:
        t = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        cosine, sine = np.cos(self.angles)[:, None], np.sin(self.angles)[:, None]
        u, v = self.axes[:, :1] * np.cos(t), self.axes[:, 1:2] * np.sin(t)
        rim = np.stack([self.centers[:, :1] + u * cosine - v * sine, self.centers[:, 1:2] + u * sine + v * cosine])
        angles = np.linspace(0, math.pi, 8, endpoint=False)
        return float(np.ptp(np.stack([np.cos(angles), np.sin(angles)]).T @ rim.reshape(2, -1), axis=1).max())

    def a_place(self, rng: np.random.Generator) -> tuple[float, float]:
        """Draw a place in it, across and down."""
        areas = self.axes[:, 0] * self.axes[:, 1]
        n = rng.choice(len(areas), p=areas / areas.sum())
        part, t = math.sqrt(rng.random()) * 0.97, rng.uniform(0, 2 * math.pi)
        u, v = self.axes[n, 0] * part * math.cos(t), self.axes[n, 1] * part * math.sin(t)
        cosine, sine = math.cos(self.angles[n]), math.sin(self.angles[n])
        return self.centers[n, 0] + u * cosine - v * sine, self.centers[n, 1] + u * sine + v * cosine

    def path(self, across: float, down: float) -> Array:
        """(SIDE, SIDE) length of each ray in it, with its own center so far from the patch's."""
        x, y = X - across - self.centers[:, 0, None, None], Y - down - self.centers[:, 1, None, None]
        cosine, sine = np.cos(self.angles)[:, None, None], np.sin(self.angles)[:, None, None]
        u = (x * cosine + y * sine) / self.axes[:, 0, None, None]
        v = (y * cosine - x * sine) / self.axes[:, 1, None, None]
        half = self.axes[:, 2, None, None] * np.sqrt(np.maximum(1 - u * u - v * v, 0))
        middle = self.centers[:, 2, None, None] + x * self.slants[:, 0, None, None] + y * self.slants[:, 1, None, None]
        order = np.argsort(middle - half, axis=0)
        enter, leave = (np.take_along_axis(end, order, 0) for end in (middle - half, middle + half))
        total, reached = np.zeros((SIDE, SIDE)), np.full((SIDE, SIDE), -np.inf)
        for a, b in zip(enter, leave, strict=True):
            total += np.maximum(b - np.maximum(a, reached), 0)
            reached = np.maximum(reached, b)
        return total


def uneven(rng: np.random.Generator, path: Array) -> Array:
    """Make some masses lumpy as cobblestones, and some denser to one side, as what has settled is."""
    if rng.random() < 0.45:
        path = path * np.clip(1 + rng.uniform(0.05, 0.3) * spots(rng, rng.uniform(0.8, 5)), 0.3, 2)
    if rng.random() < 0.15:
        angle = rng.uniform(0, 2 * math.pi)
        down = X * math.cos(angle) + Y * math.sin(angle)
        path = path * (1 + rng.uniform(0.1, 0.5) * np.tanh(down / rng.uniform(1, 15)))
    return path


def trabeculae(rng: np.random.Generator, bone: Array, most: float) -> Array:
    if rng.random() < 0.6:
        return bone * np.clip(1 + rng.uniform(0.05, most) * spots(rng, rng.uniform(0.6, 3)), 0.2, 2)
    return bone


def long_bone(rng: np.random.Generator) -> Array:
    """A shaft with its cortex, many with a flared end; sharper than CT can show one."""
    angle = rng.uniform(0, math.pi)
    along = X * math.cos(angle) + Y * math.sin(angle) - rng.uniform(-34, 34)
    across = Y * math.cos(angle) - X * math.sin(angle) - rng.uniform(-26, 26)
    across = across + rng.uniform(-0.006, 0.006) * along * along
    radius, marrow = around(rng, 2.5, 30), rng.uniform(0.55, 0.85)
    widths, beyond = radius + 0 * along, 0 * along
    if rng.random() < 0.6:
        widths = radius * (1 + rng.uniform(0, 0.6) * np.exp(-np.maximum(along, 0) / (radius * rng.uniform(1, 3))))
        beyond = np.maximum(-along, 0) / (rng.uniform(0.3, 1.5) * radius)
    outer = widths * np.sqrt(np.maximum(1 - (across / widths) ** 2 - beyond**2, 0))
    inner = 1 - (across / (widths * marrow)) ** 2 - (beyond / marrow) ** 2
    bone = outer - rng.uniform(0.4, 1) * widths * marrow * np.sqrt(np.maximum(inner, 0))
    return trabeculae(rng, bone, 0.35) / radius * around(rng, 0.08, 1.2)


def rod(along: Array, across: Array, radius: float, ends: tuple[float, float], flare: float) -> Array:
    """Half the length of rays in a rod with rounded ends that are wider than its middle."""
    inside = np.maximum(np.minimum(along - ends[0], ends[1] - along), 0)
    widths = radius * (1 + flare * np.exp(-inside / (1.5 * radius)))
    beyond = np.maximum(np.maximum(ends[0] - along, along - ends[1]), 0) / (0.6 * radius)
    return widths * np.sqrt(np.maximum(1 - (across / widths) ** 2 - beyond**2, 0))


def fingers(rng: np.random.Generator) -> Array:
    """Soft tissue beside air, with short bones in it."""
    image = np.zeros((SIDE, SIDE), dtype=np.float32)
    angle, radius, middle = rng.uniform(0, math.pi), around(rng, 7, 34), rng.uniform(-12, 12)
    apart, one_by_one = radius * rng.uniform(1.7, 2.3), rng.random() < 0.5
    for n in range(-2, 3):
        turned = angle + n * rng.uniform(-0.05, 0.12)
        along = X * math.cos(turned) + Y * math.sin(turned)
        across = Y * math.cos(turned) - X * math.sin(turned) - middle - n * apart
        tip = 60.0 if rng.random() < 0.5 else rng.uniform(-5, 40)
        soft = rod(along, across, radius * rng.uniform(0.9, 1.1), (-FAR, tip), 0)
        finger = soft * WATER_PER_MM * rng.uniform(8, 30) / radius
        width, at = radius * rng.uniform(0.3, 0.5), rng.uniform(-60, -20)
        while at < tip - width:
            end = min(at + width * rng.uniform(3, 8), tip - 0.7 * width)
            if end > at + width:
                marrow, flare = rng.uniform(0.5, 0.8) * width, rng.uniform(0, 0.35)
                hollow = rod(along, across, marrow, (at + 0.4 * width, end - 0.4 * width), 0)
                bone = rod(along, across, width, (at, end), flare) - rng.uniform(0.4, 0.95) * hollow
                finger = finger + np.maximum(trabeculae(rng, bone, 0.3), 0) / width * rng.uniform(0.1, 0.5)
            at = end + width * rng.uniform(0.15, 0.5)
        image = np.maximum(image, finger) if one_by_one else image + finger
    return image


def small_bones(rng: np.random.Generator) -> Array:
    """Round bones side by side as a wrist's are, one of them in the middle: alone each might be a mass."""
    radius, turned = around(rng, 4, 12), rng.uniform(0, 2 * math.pi)
    cosine, sine = math.cos(turned), math.sin(turned)
    across = (Y * cosine - X * sine - rng.uniform(-10, 10)) / rng.uniform(18, 60)
    image = rng.uniform(0.1, 0.8) * np.sqrt(np.maximum(1 - across**2, 0))
    middle, top = rng.normal(0, radius / 5, 2), around(rng, 0.1, 0.8)
    marrow, hollow, gone = rng.uniform(0.6, 0.92), rng.uniform(0.1, 0.9), rng.uniform(0, 0.3)
    apart, rows = 2 * radius * rng.uniform(1.0, 1.2), int(rng.integers(1, 4))
    reach = int(40 / apart) + 2
    for n in range(-reach, reach + 1):
        for row in range(1 - rows, rows):
            is_middle = n == row == 0
            if not is_middle and rng.random() < gone:
                continue
            along, beside = n * apart + row % 2 * apart / 2, 0.9 * row * apart
            moved = np.zeros(2) if is_middle else rng.normal(0, 0.08 * radius, 2)
            x = X - middle[0] - along * cosine + beside * sine - moved[0]
            y = Y - middle[1] - along * sine - beside * cosine - moved[1]
            if min(np.abs(x).min(), np.abs(y).min()) > radius:
                continue
            image = image + top * rng.uniform(0.8, 1.2) * _small_bone(rng, x, y, radius, marrow, hollow)
    return image


def _small_bone(rng: np.random.Generator, x: Array, y: Array, radius: float, marrow: float, hollow: float) -> Array:
    angle, power = rng.uniform(0, math.pi), rng.uniform(2, 3.2)
    u = np.abs(x * math.cos(angle) + y * math.sin(angle)) / (radius * rng.uniform(0.8, 1.1))
    v = np.abs(y * math.cos(angle) - x * math.sin(angle)) / (radius * rng.uniform(0.7, 1.05))
    outer, inner = (np.sqrt(np.maximum(1 - (u / part) ** power - (v / part) ** power, 0)) for part in (1, marrow))
    return np.maximum(trabeculae(rng, outer - hollow * marrow * inner, 0.3), 0)


def behind(
    rng: np.random.Generator, backgrounds: list[Background], odds: Array, pixel_mm: float, looked_at: float | None
) -> tuple[Array, Array]:
    """What is there without the mass; where `looked_at` is a size, around a place that stands out as a mass would."""
    background = backgrounds[rng.choice(len(backgrounds), p=odds)]
    if not background.has_mm or rng.random() < 0.4:
        pixel_mm *= around(rng, 0.4, 4)
    places = background.bony if rng.random() < 0.55 else background.places
    best, chosen = -math.inf, None
    for _ in range(1 if looked_at is None else 6):
        patch, within = background.patch(rng, places[rng.integers(len(places))] + rng.uniform(-3, 3, 2), pixel_mm)
        size = (looked_at or 0.5) * 1.3 * SIDE
        ring = (0.35 * size < FROM_MIDDLE) & (0.5 * size > FROM_MIDDLE)
        denser = patch[0.25 * size > FROM_MIDDLE].mean() - (patch[ring].mean() if ring.any() else 0)
        if chosen is None or denser > best:
            best, chosen = denser, (patch, within)
    assert chosen is not None
    image, within = chosen
    image = image * around(rng, 0.5, 1.3)
    if rng.random() < 0.3:
        image = image + sum(long_bone(rng) for _ in range(rng.integers(1, 4)))
    if rng.random() < 0.3:
        image = image + rng.uniform(0.02, 0.2) * spots(rng, rng.uniform(6, 16))
    return image, within


def scene(rng: np.random.Generator, backgrounds: list[Background], odds: Array) -> tuple[Array, Array, Array] | None:
    """(SIDE, SIDE) attenuation, where the image is, and the shadow of the mass in the middle; None if that is no case.

    Half of the patches are as they are looked at again, the mass filling about half of them; half as they are at a
    click, of any size.
    """
    again = rng.random() < 0.5
    fills = rng.uniform(0.3, 0.68) if again else around(rng, 0.1, 1.6)
    pixel_mm = around(rng, SMALLEST_MM, LARGEST_MM) / fills / SIDE
    empty = rng.random() < 0.2
    stands_out = empty and rng.random() < 0.7
    image, within = behind(rng, backgrounds, odds, pixel_mm, min(max(fills, 0.15), 1) if stands_out else None)
    hand = rng.random()
    if hand < FINGERS:
        image, within = fingers(rng), np.ones((SIDE, SIDE), dtype=bool)
    elif hand < FINGERS + SMALL_BONES:
        image, within, empty = small_bones(rng), np.ones((SIDE, SIDE), dtype=bool), rng.random() < 0.6
    shadow = np.zeros((SIDE, SIDE), dtype=bool)
    if not empty:
        image, shadow = with_masses(rng, image, fills * SIDE, pixel_mm, again=again)
        if not again and not shadow[SIDE // 2 - 1 : SIDE // 2 + 1, SIDE // 2 - 1 : SIDE // 2 + 1].any():
            return None
    if rng.random() < 0.25:
        angle = rng.uniform(0, 2 * math.pi)
        collimated = X * math.cos(angle) + Y * math.sin(angle) > rng.uniform(14, 40)
        if shadow.any() and (collimated & shadow).mean() > 0.2 * shadow.mean():
            return None
        image = np.where(collimated, rng.choice([0.0, image.max() * rng.uniform(1, 1.5)]), image)
        shadow = shadow & ~collimated
    return exposed(rng, image), within, shadow


def with_masses(
    rng: np.random.Generator, image: Array, length: float, pixel_mm: float, *, again: bool
) -> tuple[Array, Array]:
    """Add a mass in the middle, or one that was clicked there, and others beside it."""
    mass = Lobes(rng, length)
    across, down = mass.a_place(rng)
    if again:
        there = mass.path(0, 0) > 0
        if there.any():
            across, down = float(X[there].mean()), float(Y[there].mean())
        across, down = across + rng.normal(0, 2), down + rng.normal(0, 2)
    path = mass.path(-across, -down)
    shadow = path > 0
    depth_mm = pixel_mm * (1 if rng.random() < 0.6 else math.exp(rng.uniform(-1, 1)))
    density = WATER_PER_MM * (rng.uniform(350, 1300) - TISSUE_HU) / 1000 * depth_mm
    if rng.random() < 0.25 and shadow.any():
        # Not all masses are round: some are as thick at their border as in their middle.
        path = path.max() * (path / path.max()) ** rng.uniform(0.1, 1)
    if rng.random() < BRIGHT and shadow.any():
        # What is so dense that everything around it looks dark, or that the detector tells its parts no longer apart.
        image = image * rng.uniform(0, 0.5)
        path = path.max() * (path / path.max()) ** rng.uniform(0.02, 1)
        density = max(float(np.ptp(image)), 0.1) * around(rng, 1, 30) / path.max()
        path = np.minimum(path, path.max() * rng.uniform(0.2, 1)) if rng.random() < 0.5 else path
    image = image + density * uneven(rng, path)
    for _ in range(rng.integers(1, 3) if rng.random() < 0.25 else 0):
        other = Lobes(rng, SIDE * around(rng, 0.08, 0.6)).path(rng.uniform(-30, 30), rng.uniform(-30, 30))
        if not (ndimage.binary_dilation(other > 0, iterations=2) & shadow).any():
            image = image + density * rng.uniform(0.5, 1.5) * uneven(rng, other)
    return image, shadow


def exposed(rng: np.random.Generator, image: Array) -> Array:
    """Blur, quantum noise that is stronger behind what is dense, curves of detectors, and saturation."""
    image = ndimage.gaussian_filter(image, around(rng, 0.25, 2.2), truncate=3)
    coarse = rng.choice([0, 0.5, 0.5, rng.uniform(0.5, 1.5)])
    denser = np.minimum(image - np.median(image), 2) * rng.uniform(0, 1)
    image = image + around(rng, 0.001, 0.06) * spots(rng, coarse) * np.sqrt(np.exp(denser))
    if rng.random() < 0.3:
        low, high = image.min(), image.max()
        image = ((image - low) / max(high - low, 1e-6)) ** math.exp(rng.uniform(-0.4, 0.4))
    if rng.random() < 0.1:
        image = np.minimum(image, np.quantile(image, rng.uniform(0.8, 0.99)))
    return image.astype(np.float32)
