"""Bodies with bones, arms and masses, painted where they lie in the patient: truth for side, site and midline."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy import ndimage

from calcimeasure.model import Outline, Volume
from tests.model.test_model import volume_of
from tests.phantoms import Grid

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Tube:
    """An elliptic cylinder along the body, with a cortex where it is a bone."""

    center_mm: tuple[float, float]
    half_widths_mm: tuple[float, float]
    hu: float
    core_hu: float | None = None
    low_mm: float = -1e4
    high_mm: float = 1e4


@dataclass(frozen=True)
class Ball:
    """A mass."""

    center_mm: Vector
    radius_mm: float
    hu: float = 700.0


@dataclass(frozen=True)
class Limb:
    """A stretch of a limb between two joints, with its bone; its skin ends where it lies on the trunk."""

    start_mm: Vector
    end_mm: Vector
    radius_mm: float
    bone_radius_mm: float = 10.0

    def away_mm(self, points_mm: np.ndarray) -> np.ndarray:
        start, way = np.array(self.start_mm), np.subtract(self.end_mm, self.start_mm)
        length = np.linalg.norm(way)
        low, high = (
            np.array([self.start_mm, self.end_mm]).min(axis=0),
            np.array([self.start_mm, self.end_mm]).max(axis=0),
        )
        near = np.all((points_mm >= low - self.radius_mm) & (points_mm <= high + self.radius_mm), axis=-1)
        away = np.full(points_mm.shape[:-1], np.inf)
        offset = points_mm[near] - start
        along = np.clip(offset @ (way / length), 0, length)
        away[near] = np.linalg.norm(offset - along[:, None] * (way / length), axis=-1)
        return away


def bone(x_mm: float, y_mm: float, radius_mm: float) -> Tube:
    return Tube((x_mm, y_mm), (radius_mm, radius_mm), 900.0, 150.0)


TRUNK = (
    Tube((0, 0), (165, 105), -90.0),
    Tube((0, 0), (150, 92), 45.0),
    bone(0, 55, 22),
    bone(-90, 15, 20),
    bone(90, 15, 20),
)
ARMS = {side: (Tube((x, 20), (42, 42), 40.0), bone(x, 20, 13)) for side, x in (("right", -225.0), ("left", 225.0))}
LEGS = (
    Tube((-95, 0), (75, 75), 40.0),
    Tube((95, 0), (75, 75), 40.0),
    bone(-95, 5, 16),
    bone(95, 5, 16),
)
ONE_LEG = (Tube((0, 0), (80, 80), 40.0), bone(0, 5, 16))
CALF = (Tube((0, 0), (55, 55), 40.0), bone(8, -10, 15), bone(-25, 8, 8))
COUCH = Tube((0, 128), (230, 8), -50.0)


def whole_body() -> tuple[Tube, ...]:
    """Head to shins: lungs with ribs, a spine, a pelvis, two legs that part at z = -200."""
    both = (-1, 1)
    trunk = [Tube((0, 0), (170, 100), 40.0, low_mm=-200, high_mm=300)]
    lungs = [Tube((side * 75, 0), (62, 75), -850.0, low_mm=60, high_mm=270) for side in both]
    ribs = []
    for low in range(70, 270, 30):
        for side in both:
            ribs.append(Tube((side * 75, 0), (70, 82), 700.0, 699.0, low, low + 8))
            ribs.append(Tube((side * 75, 0), (62, 75), -850.0, low_mm=low, high_mm=low + 8))
    head = [Tube((0, 0), (60, 70), 40.0, low_mm=300, high_mm=500)]
    spine = [Tube((0, 60), (20, 20), 900.0, 150.0, -150, 400)]
    legs = [Tube((side * 90, 10), (75, 75), 40.0, low_mm=-700, high_mm=-200) for side in both]
    ilia = [Tube((side * 70, 20), (45, 45), 700.0, 150.0, -150, -10) for side in both]
    femora = [Tube((side * 95, 10), (17, 17), 900.0, 150.0, -650, -110) for side in both]
    return (*trunk, *lungs, *ribs, *head, *spine, *legs, *ilia, *femora)


def arm(side: int, *places: Vector) -> tuple[Limb, ...]:
    """An arm through shoulder, elbow, ... of the left side (1); of the right one (-1) mirrored."""
    mirrored = [(side * x, y, z) for x, y, z in places]
    return tuple(Limb(a, b, 46.0 - 4 * n) for n, (a, b) in enumerate(pairwise(mirrored)))


SHOULDER: Vector = (150, 10, 270)
HANGING = (SHOULDER, (215, 10, 250), (215, 10, 0), (210, 0, -250))
ON_BELLY = (SHOULDER, (215, 10, 250), (215, -10, 10), (150, -115, 0), (60, -130, -20))
FOLDED = (SHOULDER, (215, 10, 250), (215, -10, 10), (150, -115, 0), (-90, -130, 40))
FOLDED_BELOW = (SHOULDER, (215, 10, 250), (215, -10, 10), (150, -115, 0), (-90, -130, -20))
RAISED = (SHOULDER, (205, 10, 280), (205, 10, 500))
"""Arms beside the trunk, on the belly without crossing, folded over each other, and raised beside the head."""


@dataclass(frozen=True)
class Pose:
    """How a body lies: turned about its long axis, askew on the table, and beside its centre."""

    turned_deg: float = 0.0
    askew_deg: float = 0.0
    beside_mm: Vector = (0.0, 0.0, 0.0)

    @property
    def axes(self) -> np.ndarray:
        """(3, 3) rows: the body's own left, back and head in LPS."""
        turn, askew = np.deg2rad((self.turned_deg, self.askew_deg))
        about_z = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        about_y = np.array([[np.cos(askew), 0, np.sin(askew)], [0, 1, 0], [-np.sin(askew), 0, np.cos(askew)]])
        return about_z @ about_y

    def to_body_mm(self, points_lps_mm: np.ndarray) -> np.ndarray:
        return (points_lps_mm - np.array(self.beside_mm)) @ self.axes.T

    def to_lps_mm(self, points_mm: np.ndarray) -> np.ndarray:
        return np.asarray(points_mm) @ self.axes + np.array(self.beside_mm)


@dataclass(frozen=True)
class Body:
    """What is in view."""

    tubes: tuple[Tube, ...] = TRUNK
    masses: tuple[Ball, ...] = ()
    pose: Pose = field(default_factory=Pose)
    limbs: tuple[Limb, ...] = ()

    def attenuation_hu(self, grid: Grid, noise_sd_hu: float = 15.0, seed: int = 0) -> np.ndarray:
        """(k, j, i) on a grid."""
        k, j, i = np.indices(grid.shape_kji)
        points = self.pose.to_body_mm(grid.positions_lps_mm(np.stack([k, j, i], axis=-1)))
        hu = np.full(grid.shape_kji, -1000.0)
        for limb in self.limbs:
            hu[limb.away_mm(points) <= limb.radius_mm] = 40.0
        for tube in self.tubes:
            offset = (points[..., :2] - tube.center_mm) / tube.half_widths_mm
            along = (points[..., 2] >= tube.low_mm) & (points[..., 2] <= tube.high_mm)
            radius = np.hypot(offset[..., 0], offset[..., 1])
            hu[(radius <= 1) & along] = tube.hu
            if tube.core_hu is not None:
                hu[(radius <= 0.65) & along] = tube.core_hu
        for limb in self.limbs:
            hu[limb.away_mm(points) <= limb.bone_radius_mm] = 900.0
        for ball in self.masses:
            hu[np.linalg.norm(points - ball.center_mm, axis=-1) <= ball.radius_mm] = ball.hu
        return hu + np.random.default_rng(seed).normal(0, noise_sd_hu, hu.shape)

    def outlines(self, grid: Grid) -> tuple[list[Outline], list[Outline]]:
        """Bodies, largest first, and bones, as they were painted; the couch is neither."""
        points = self.pose.to_body_mm(grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1)))
        body, bones = (np.zeros(grid.shape_kji, dtype=bool) for _ in range(2))
        for tube in self.tubes:
            offset = (points[..., :2] - tube.center_mm) / tube.half_widths_mm
            along = (points[..., 2] >= tube.low_mm) & (points[..., 2] <= tube.high_mm)
            inside = (np.hypot(offset[..., 0], offset[..., 1]) <= 1) & along
            body |= inside & (tube is not COUCH)
            # What is painted later, as the lung in a rib, is what is there.
            bones[inside & (tube.hu < -500)] = False
            bones |= inside & (tube.core_hu is not None)
        for limb in self.limbs:
            body |= limb.away_mm(points) <= limb.radius_mm
            bones |= limb.away_mm(points) <= limb.bone_radius_mm
        for ball in self.masses:
            bones &= np.linalg.norm(points - ball.center_mm, axis=-1) > ball.radius_mm
        return [
            sorted(
                (Outline.from_mask(labels == n) for n in range(1, count + 1)), key=lambda one: -int(one.mask().sum())
            )
            for labels, count in (ndimage.label(body), ndimage.label(bones))
        ]  # type: ignore[return-value]

    def volume(self, grid: Grid, seed: int = 0) -> Volume:
        return volume_of(np.clip(self.attenuation_hu(grid, seed=seed), -1024, 3000), grid)


def grid_of(
    row: Vector,
    column: Vector,
    size_mm: Vector = (520.0, 340.0, 200.0),
    step_mm: float = 5.0,
    center: Vector = (0, 0, 0),
) -> Grid:
    """A grid whose rows and columns run along axes of the patient, over a box of the patient.

    Parameters
    ----------
    row, column
        Signed axes of LPS.
    size_mm
        Of the box along x, y, z.
    """
    directions = [np.cross(row, column), np.array(column, float), np.array(row, float)]
    shape = tuple(int(abs(direction @ size_mm) / step_mm) + 1 for direction in directions)
    first = np.array(center) - sum((n - 1) / 2 * step_mm * d for n, d in zip(shape, directions, strict=True))
    origins = first + np.outer(np.arange(shape[0]) * step_mm, directions[0])
    k, j, i = shape
    return Grid((k, j, i), directions[2], directions[1], step_mm, step_mm, origins)


AXES: tuple[Vector, ...] = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
ORIENTATIONS = [(row, column) for row in AXES for column in AXES if np.dot(row, column) == 0]
"""All 24 ways in which rows and columns can run along the patient's axes: axial, coronal and sagittal, head or feet
first, supine, prone or on a side."""
