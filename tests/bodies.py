"""Bodies with bones, arms and masses, painted where they lie in the patient: truth for side, site and midline."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from calcimeasure.model import Outline, Volume
from tests.phantoms import Grid
from tests.test_model import volume_of

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

    def attenuation_hu(self, grid: Grid, noise_sd_hu: float = 15.0, seed: int = 0) -> np.ndarray:
        """(k, j, i) on a grid."""
        k, j, i = np.indices(grid.shape_kji)
        points = self.pose.to_body_mm(grid.positions_lps_mm(np.stack([k, j, i], axis=-1)))
        hu = np.full(grid.shape_kji, -1000.0)
        for tube in self.tubes:
            offset = (points[..., :2] - tube.center_mm) / tube.half_widths_mm
            along = (points[..., 2] >= tube.low_mm) & (points[..., 2] <= tube.high_mm)
            radius = np.hypot(offset[..., 0], offset[..., 1])
            hu[(radius <= 1) & along] = tube.hu
            if tube.core_hu is not None:
                hu[(radius <= 0.65) & along] = tube.core_hu
        for ball in self.masses:
            hu[np.linalg.norm(points - ball.center_mm, axis=-1) <= ball.radius_mm] = ball.hu
        return hu + np.random.default_rng(seed).normal(0, noise_sd_hu, hu.shape)

    def outlines(self, grid: Grid) -> tuple[list[Outline], list[Outline]]:
        """Bodies, largest first, and bones, as they were painted; the couch is neither."""
        points = self.pose.to_body_mm(grid.positions_lps_mm(np.stack(np.indices(grid.shape_kji), axis=-1)))
        body, bones = (np.zeros(grid.shape_kji, dtype=bool) for _ in range(2))
        for tube in self.tubes:
            offset = (points[..., :2] - tube.center_mm) / tube.half_widths_mm
            inside = np.hypot(offset[..., 0], offset[..., 1]) <= 1
            body |= inside & (tube is not COUCH)
            bones |= inside & (tube.core_hu is not None)
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
