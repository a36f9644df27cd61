"""A trunk by formula: bones, lungs, a wall of muscle and fat; and where organs and soft tissue lie in it.

Millimeters along the patient's axes: x to the left, y to the back, z up; the middle of the trunk is 0, 0 and the pelvis
begins at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_MM = 4.0
LOW_MM, HIGH_MM = (-20.0, -132.0, -200.0), (460.0, 132.0, 200.0)
"""Corners of the image along z, y, x."""

AIR_HU, FAT_HU, MUSCLE_HU, LUNG_HU, BONE_HU = -1000, -100, 50, -850, 700


@dataclass(frozen=True, slots=True, eq=False)
class PaintedTrunk:
    """An image of a trunk, and which of its blocks are bone: (z, y, x), upright."""

    hu: NDArray[np.int16]
    bone: NDArray[np.bool_]
    z: NDArray[np.float64]
    y: NDArray[np.float64]
    x: NDArray[np.float64]

    def ball(self, center_mm: tuple[float, float, float], radius_mm: float) -> NDArray[np.bool_]:
        """Blocks of a ball at x, y, z."""
        x, y, z = center_mm
        return np.hypot(np.hypot(self.x - x, self.y - y), self.z - z) <= radius_mm


def painted_trunk(fat_mm: float = 20.0, arm: bool = False, seed: int = 0) -> PaintedTrunk:
    """Paint a trunk from the middle of the pelvis to the neck, 250 mm deep and 290 to 330 mm wide without its fat."""
    axes = [np.arange(low, high, STEP_MM) for low, high in zip(LOW_MM, HIGH_MM, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    hu = np.full(tuple(len(axis) for axis in axes), AIR_HU, dtype=np.int16)
    bone = np.zeros(hu.shape, dtype=np.bool_)

    def oval(half_x: float, half_y: float, at_x: float = 0.0, at_y: float = 0.0) -> NDArray[np.float64]:
        return np.hypot((x - at_x) / half_x, (y - at_y) / half_y)

    chest, pelvis, neck = (z > 180) & (z < 390), z < 150, z >= 410
    trunk = ~neck & (z > LOW_MM[0] - 1)
    hu[trunk & (oval(150 + fat_mm, 95 + fat_mm) <= 1)] = FAT_HU
    hu[trunk & (oval(150, 95) <= 1)] = MUSCLE_HU
    hu[trunk & ~chest & (z > 20) & (oval(132, 78, at_y=-6) <= 1) & (y < 25)] = FAT_HU - 5
    hu[trunk & ~chest & (z > 20) & (oval(110, 60, at_y=-10) <= 1) & (y < 25)] = MUSCLE_HU
    hu[neck & (oval(65, 65, at_y=20) <= 1)] = MUSCLE_HU
    rise = np.clip((390 - z) / 60, 0.25, 1)
    for side in (-1, 1):
        lung = np.hypot((x - side * 68) / (56 * rise), (y + 4) / (72 * rise)) <= 1
        hu[(z > 200) & (z < 388) & lung] = LUNG_HU
        bone |= (np.abs((z + np.abs(x) * 0.2) % 30 - 15) < 5) & (z > 170) & (z < 380) & _rib(x, y, rise, side)
        wing = (oval(26, 70, side * 108, 30) <= 1) & (oval(20, 64, side * 104, 24) > 1) & (y > -25)
        bone |= pelvis & (z > 40) & wing & (x * side > 60)
        bone |= pelvis & (z > 60) & (oval(30, 16, side * 64, 70) <= 1)
        bone |= (z < 50) & (np.hypot(np.hypot(x - side * 92, y - 15), z - 20) <= 26)
        bone |= (
            (z > 330) & (z < 380) & (np.abs(y - 30 - 0.4 * np.abs(x - side * 120)) < 6) & (np.abs(x - side * 120) < 45)
        )
    bone |= (z > 0) & (z < 44) & (np.abs(y + 62 - 0.6 * np.abs(x)) < 9) & (np.abs(x) < 92)
    bone |= (z > 60) & (z < 90) & (np.abs(x) < 45) & (np.abs(y - 58) < 12)
    spine = (oval(22, 17, at_y=48) <= 1) | ((np.abs(x) < 6) & (y > 60) & (y < 85))
    bone |= spine & (z > 60) & (z % 36 < 28)
    bone |= (np.abs(x) < 30) & (np.abs(y - 62 - 0.25 * (60 - z)) < 12) & (z > 0) & (z <= 60)
    bone |= (np.abs(x) < 16) & (np.abs(y + 78) < 5) & (z > 230) & (z < 380)
    hu[bone & (hu > AIR_HU)] = BONE_HU
    hu[(z > 300) & (np.hypot(x, y + 5) < 9)] = AIR_HU
    if arm:
        hu[np.broadcast_to((np.hypot(x + 178, y - 10) < 22) & (z > 60), hu.shape)] = MUSCLE_HU
    noise = np.random.default_rng(seed).normal(0, 12, hu.shape).astype(np.int16)
    return PaintedTrunk(np.where(hu > AIR_HU, hu + noise, hu).astype(np.int16), bone & (hu > AIR_HU), z, y, x)


def _rib(x: NDArray[np.float64], y: NDArray[np.float64], rise: NDArray[np.float64], side: int) -> NDArray[np.bool_]:
    """Shell of 8 mm around a lung, on its outer side."""
    inner = np.hypot((x - side * 68) / (58 * rise), (y + 4) / (74 * rise))
    outer = np.hypot((x - side * 68) / (68 * rise), (y + 4) / (84 * rise))
    shell: NDArray[np.bool_] = (inner > 1) & (outer <= 1) & (x * side > 20)
    return shell


ORGANS = {
    "lung": (-80, 0, 280),
    "heart": (10, -30, 270),
    "node of the mediastinum": (-12, -4, 320),
    "liver": (-80, 0, 185),
    "gallbladder": (-55, -40, 170),
    "kidney": (70, 25, 165),
    "bowel": (20, -35, 130),
    "fibroid": (0, -10, 70),
    "bladder": (0, -20, 58),
    "thyroid": (-22, -8, 424),
}
SOFT = {
    "paraspinal": (40, 78, 150),
    "beside the neck of the spine": (-35, 60, 430),
    "canal": (0, 70, 130),
    "buttock": (-100, 88, 60),
    "greater trochanter": (135, 30, 20),
    "groin": (-100, -60, 20),
    "subcutis of the belly": (30, -105, 130),
    "subcutis of the flank": (160, 20, 160),
    "behind the ribs": (-90, 85, 250),
    "armpit": (-148, 0, 330),
    "subcutis of the back": (-60, 102, 280),
    "behind the shoulder blade": (120, 68, 350),
}
