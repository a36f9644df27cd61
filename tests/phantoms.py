"""Phantoms as arrays: shapes with true sizes by formula, and what a CT scanner makes of them.

Positions are LPS mm, arrays (k, j, i) = (slice, row, column). Nothing here uses the package under test.

The image model: the attenuation of a point is that of the last shape that holds it. A voxel is that field averaged over
the slice profile (along the slice normal, also on tilted stacks) and over an in-plane point spread function whose
standard deviation is ``blur_sigma_mm`` in both directions: the pixel's own box convolved with a Gaussian that makes up
the rest. Both conserve the sum, so that partial volume adds up to the true volume wherever the slices leave no gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np
from scipy import sparse
from scipy.spatial.transform import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = "NDArray[np.float64]"
Vector: TypeAlias = tuple[float, float, float]
SliceProfile: TypeAlias = Literal["box", "gaussian", "point"]

AIR_HU = -1000.0
SUBSLICE_MM = 0.4
"""Longest step through the slice profile. A sample's cell sees a flat edge: a sphere of radius R comes out too large by
about step^2 / (24 R), here 0.7 micrometers at 10 mm."""
SMALLEST = 1e-12
"""Keeps divisions at a shape's center finite; nothing is measured there."""


# ---------------------------------------------------------------------------------------------------------------- grids


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where the voxels of a stack lie; slices ascend along the normal.

    Parameters
    ----------
    shape_kji
        Slices, rows, columns.
    row_direction, column_direction
        (3,) unit vectors, first and second triple of ImageOrientationPatient: the way of rising i and of rising j.
    row_spacing_mm, column_spacing_mm
        First and second value of PixelSpacing: the step of j and the step of i.
    origins_lps_mm
        (k, 3) center of the first voxel of each slice.
    """

    shape_kji: tuple[int, int, int]
    row_direction: Array
    column_direction: Array
    row_spacing_mm: float
    column_spacing_mm: float
    origins_lps_mm: Array

    @property
    def normal(self) -> Array:
        """(3,) row direction x column direction."""
        return np.cross(self.row_direction, self.column_direction)

    @property
    def positions_along_normal_mm(self) -> Array:
        """(k,) position of each slice along the normal."""
        return self.origins_lps_mm @ self.normal

    @property
    def slice_spacing_mm(self) -> float:
        """Median distance of neighboring slices along the normal; 1 mm for a single slice."""
        if self.shape_kji[0] == 1:
            return 1.0
        return float(np.median(np.diff(self.positions_along_normal_mm)))

    @property
    def pixel_area_mm2(self) -> float:
        """Row spacing times column spacing."""
        return self.row_spacing_mm * self.column_spacing_mm

    def positions_lps_mm(self, index_kji: Array) -> Array:
        """Return the (..., 3) LPS positions of (..., 3) indexes; k must be whole."""
        index = np.asarray(index_kji, dtype=float)
        return (
            self.origins_lps_mm[index[..., 0].astype(int)]
            + index[..., 1, None] * self.row_spacing_mm * self.column_direction
            + index[..., 2, None] * self.column_spacing_mm * self.row_direction
        )


def straight_grid(
    shape_kji: tuple[int, int, int], spacing_kji_mm: Vector, center_lps_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> Grid:
    """Axial slices; the middle of the stack lies at the center."""
    return oblique_grid(shape_kji, spacing_kji_mm, (0.0, 0.0, 0.0), center_lps_mm)


def oblique_grid(
    shape_kji: tuple[int, int, int],
    spacing_kji_mm: Vector,
    rotation_deg: Vector,
    center_lps_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> Grid:
    """Slices turned about the fixed x, then y, then z axis; the stack stays a rectangular box."""
    frame = rotation_matrix(rotation_deg)
    offsets_mm = np.arange(shape_kji[0]) * spacing_kji_mm[0]
    steps_lps_mm = offsets_mm[:, None] * frame[:, 2]
    return _centered_grid(shape_kji, spacing_kji_mm[1:], frame, steps_lps_mm, center_lps_mm)


def tilted_grid(
    shape_kji: tuple[int, int, int],
    spacing_kji_mm: Vector,
    tilt_deg: float,
    center_lps_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> Grid:
    """Gantry tilt: slices turned about x while the table moves along z by spacing_kji_mm[0]; the stack is sheared."""
    frame = rotation_matrix((tilt_deg, 0.0, 0.0))
    steps_lps_mm = np.outer(np.arange(shape_kji[0]) * spacing_kji_mm[0], (0.0, 0.0, 1.0))
    return _centered_grid(shape_kji, spacing_kji_mm[1:], frame, steps_lps_mm, center_lps_mm)


def uneven_grid(
    slice_positions_mm: Sequence[float],
    shape_ji: tuple[int, int],
    spacing_ji_mm: tuple[float, float],
    center_xy_lps_mm: tuple[float, float] = (0.0, 0.0),
) -> Grid:
    """Axial slices at the given ascending z positions."""
    z_mm = np.asarray(slice_positions_mm, dtype=float)
    steps_lps_mm = np.outer(z_mm - z_mm[0], (0.0, 0.0, 1.0))
    center_lps_mm = (*center_xy_lps_mm, float(z_mm[0] + z_mm[-1]) / 2)
    return _centered_grid((len(z_mm), *shape_ji), spacing_ji_mm, np.eye(3), steps_lps_mm, center_lps_mm)


def _centered_grid(
    shape_kji: tuple[int, int, int],
    spacing_ji_mm: Sequence[float],
    frame: Array,
    steps_lps_mm: Array,
    center_lps_mm: Sequence[float],
) -> Grid:
    row_spacing_mm, column_spacing_mm = spacing_ji_mm
    half_lps_mm = (
        (shape_kji[1] - 1) / 2 * row_spacing_mm * frame[:, 1]
        + (shape_kji[2] - 1) / 2 * column_spacing_mm * frame[:, 0]
        + (steps_lps_mm[0] + steps_lps_mm[-1]) / 2
    )
    return Grid(
        shape_kji=shape_kji,
        row_direction=frame[:, 0],
        column_direction=frame[:, 1],
        row_spacing_mm=row_spacing_mm,
        column_spacing_mm=column_spacing_mm,
        origins_lps_mm=np.asarray(center_lps_mm, dtype=float) - half_lps_mm + steps_lps_mm,
    )


def rotation_matrix(rotation_deg: Sequence[float]) -> Array:
    """Return the (3, 3) matrix of turns about the fixed x, then y, then z axis; its columns are the turned axes."""
    # Rounded, so that a right angle gives zeros and not 6e-17, which would look odd in a header.
    return np.round(Rotation.from_euler("xyz", rotation_deg, degrees=True).as_matrix(), 15) + 0.0


# --------------------------------------------------------------------------------------------------------------- shapes


class Shape(Protocol):
    """What can be painted. Distances are negative inside."""

    @property
    def hu(self) -> float:
        """Attenuation of the whole shape."""

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        """Lowest and highest corner of a box along the axes that holds the shape."""

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        """Signed, never larger in size than the distance to the surface: tells which points are far from it."""

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        """Signed distance, exact to first order near the surface, and the (..., 3) outward normal."""


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid of homogeneous density, turned about the fixed x, then y, then z axis."""

    center_lps_mm: Vector
    semi_axes_mm: Vector
    hu: float
    rotation_deg: Vector = (0.0, 0.0, 0.0)

    def matrix_mm2(self) -> Array:
        """(3, 3) M with the surface at (x - c)' M^-1 (x - c) = 1."""
        axes = rotation_matrix(self.rotation_deg)
        return (axes * np.square(self.semi_axes_mm)) @ axes.T

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        half_mm = np.sqrt(np.diag(self.matrix_mm2()))
        return np.asarray(self.center_lps_mm) - half_mm, np.asarray(self.center_lps_mm) + half_mm

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        to_unit_sphere = rotation_matrix(self.rotation_deg) / np.asarray(self.semi_axes_mm)
        unit = (points_lps_mm - np.asarray(self.center_lps_mm)) @ to_unit_sphere
        return (_norm(unit) - 1.0) * min(self.semi_axes_mm)

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        axes = rotation_matrix(self.rotation_deg)
        unit = (points_lps_mm - np.asarray(self.center_lps_mm)) @ (axes / np.asarray(self.semi_axes_mm))
        return _edge_of_quadric(unit, unit @ (axes / np.asarray(self.semi_axes_mm)).T)


@dataclass(frozen=True, slots=True)
class Lobulated:
    """A union of ellipsoids of one density (that of each lobe alone is ignored)."""

    lobes: tuple[Ellipsoid, ...]
    hu: float

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        corners = [lobe.bounds_lps_mm() for lobe in self.lobes]
        return np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        return np.min([lobe.safe_distance_mm(points_lps_mm) for lobe in self.lobes], axis=0)

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        return _pick([lobe.edge_mm(points_lps_mm) for lobe in self.lobes], largest=False)


@dataclass(frozen=True, slots=True)
class EllipticCylinder:
    """A cylinder with an ellipse as base, along z before it is turned: a body, or with equal semi-axes a shaft."""

    center_lps_mm: Vector
    semi_axes_mm: tuple[float, float]
    half_length_mm: float
    hu: float
    rotation_deg: Vector = (0.0, 0.0, 0.0)

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        axes = rotation_matrix(self.rotation_deg)
        half_mm = _norm(axes[:, :2] * np.asarray(self.semi_axes_mm)) + np.abs(axes[:, 2]) * self.half_length_mm
        return np.asarray(self.center_lps_mm) - half_mm, np.asarray(self.center_lps_mm) + half_mm

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        local_mm = (points_lps_mm - np.asarray(self.center_lps_mm)) @ rotation_matrix(self.rotation_deg)
        around_mm = (_norm(local_mm[..., :2] / np.asarray(self.semi_axes_mm)) - 1.0) * min(self.semi_axes_mm)
        return np.maximum(around_mm, np.abs(local_mm[..., 2]) - self.half_length_mm)

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        axes = rotation_matrix(self.rotation_deg)
        local_mm = (points_lps_mm - np.asarray(self.center_lps_mm)) @ axes
        unit = local_mm[..., :2] / np.asarray(self.semi_axes_mm)
        around = _edge_of_quadric(unit, unit @ (axes[:, :2] / np.asarray(self.semi_axes_mm)).T)
        along_mm = local_mm[..., 2]
        end = np.abs(along_mm) - self.half_length_mm, np.sign(along_mm)[..., None] * axes[:, 2]
        return _pick([around, end], largest=True)


@dataclass(frozen=True, slots=True)
class Capsule:
    """Everything within a radius of a line between two points: a shaft with rounded ends, a finger."""

    start_lps_mm: Vector
    end_lps_mm: Vector
    radius_mm: float
    hu: float

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        ends = np.array([self.start_lps_mm, self.end_lps_mm])
        return ends.min(axis=0) - self.radius_mm, ends.max(axis=0) + self.radius_mm

    def _from_line_mm(self, points_lps_mm: Array) -> Array:
        start = np.asarray(self.start_lps_mm)
        along = np.asarray(self.end_lps_mm) - start
        fraction = np.clip((points_lps_mm - start) @ along / max(along @ along, SMALLEST), 0.0, 1.0)
        return points_lps_mm - start - fraction[..., None] * along

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        return _norm(self._from_line_mm(points_lps_mm)) - self.radius_mm

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        from_line_mm = self._from_line_mm(points_lps_mm)
        length_mm = np.maximum(_norm(from_line_mm), SMALLEST)
        return length_mm - self.radius_mm, from_line_mm / length_mm[..., None]


@dataclass(frozen=True, slots=True)
class Slab:
    """A box, turned about the fixed x, then y, then z axis: a couch top, a splint."""

    center_lps_mm: Vector
    half_sizes_mm: Vector
    hu: float
    rotation_deg: Vector = (0.0, 0.0, 0.0)

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        half_mm = np.abs(rotation_matrix(self.rotation_deg)) @ np.asarray(self.half_sizes_mm)
        return np.asarray(self.center_lps_mm) - half_mm, np.asarray(self.center_lps_mm) + half_mm

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        local_mm = (points_lps_mm - np.asarray(self.center_lps_mm)) @ rotation_matrix(self.rotation_deg)
        return np.max(np.abs(local_mm) - np.asarray(self.half_sizes_mm), axis=-1)

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        axes = rotation_matrix(self.rotation_deg)
        local_mm = (points_lps_mm - np.asarray(self.center_lps_mm)) @ axes
        sides = [
            (np.abs(local_mm[..., n]) - self.half_sizes_mm[n], np.sign(local_mm[..., n])[..., None] * axes[:, n])
            for n in range(3)
        ]
        return _pick(sides, largest=True)


@dataclass(frozen=True, slots=True)
class LongBone:
    """A shell of cortex round marrow along an axis; one end or both may lie outside the image."""

    start_lps_mm: Vector
    end_lps_mm: Vector
    radius_mm: float
    cortex_mm: float
    cortex_hu: float = 1300.0
    marrow_hu: float = 60.0

    def parts(self) -> tuple[Capsule, Capsule]:
        """Return the two shapes to paint, in order."""
        return (
            Capsule(self.start_lps_mm, self.end_lps_mm, self.radius_mm, self.cortex_hu),
            Capsule(self.start_lps_mm, self.end_lps_mm, self.radius_mm - self.cortex_mm, self.marrow_hu),
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """What half-spaces leave of an ellipsoid: a chamber between septa, or the sediment under the fluid of a chamber.

    Parameters
    ----------
    whole
        The ellipsoid. Its own density is ignored.
    planes
        Unit vectors and offsets in mm. A point x is kept where vector . x <= offset for all of them.
    hu
        Density of what is left.
    """

    whole: Ellipsoid
    planes: tuple[tuple[Vector, float], ...]
    hu: float

    def bounds_lps_mm(self) -> tuple[Array, Array]:
        return self.whole.bounds_lps_mm()

    def safe_distance_mm(self, points_lps_mm: Array) -> Array:
        distances_mm = [points_lps_mm @ np.asarray(normal) - offset_mm for normal, offset_mm in self.planes]
        return np.max([self.whole.safe_distance_mm(points_lps_mm), *distances_mm], axis=0)

    def edge_mm(self, points_lps_mm: Array) -> tuple[Array, Array]:
        sides = [
            (points_lps_mm @ np.asarray(normal) - offset_mm, np.asarray(normal)) for normal, offset_mm in self.planes
        ]
        return _pick([self.whole.edge_mm(points_lps_mm), *sides], largest=True)


class Assembly(Protocol):
    """Several shapes that are painted one after the other."""

    def parts(self) -> tuple[Shape, ...]:
        """Return the shapes to paint, in order."""


Paintable: TypeAlias = Shape | Assembly
Mass: TypeAlias = Ellipsoid | Lobulated


def cylinder(start_lps_mm: Vector, end_lps_mm: Vector, radius_mm: float, hu: float) -> EllipticCylinder:
    """Return a round cylinder with flat ends between two points."""
    start, end = np.asarray(start_lps_mm), np.asarray(end_lps_mm)
    length_mm = float(np.linalg.norm(end - start))
    x, y, z = (end - start) / length_mm
    rotation_deg = (0.0, math.degrees(math.acos(z)), math.degrees(math.atan2(y, x)))
    center_lps_mm = tuple(float(c) for c in (start + end) / 2)
    return EllipticCylinder(center_lps_mm, (radius_mm, radius_mm), length_mm / 2, hu, rotation_deg)


def _norm(vectors: Array) -> Array:
    return np.sqrt(np.einsum("...d,...d->...", vectors, vectors))


def _edge_of_quadric(unit: Array, gradient: Array) -> tuple[Array, Array]:
    """Distance (|u| - 1) / |grad |u|| and normal; gradient is |u| grad |u|. Taubin 1991, doi 10.1109/34.103273."""
    length = np.maximum(_norm(unit), SMALLEST)
    steepness = np.maximum(_norm(gradient), SMALLEST)
    return (length - 1.0) * length / steepness, gradient / steepness[..., None]


def _pick(edges: Sequence[tuple[Array, Array]], *, largest: bool) -> tuple[Array, Array]:
    """Return for each point the edge with the largest (or smallest) distance."""
    distance_mm, normal = edges[0]
    for other_mm, other_normal in edges[1:]:
        better = other_mm > distance_mm if largest else other_mm < distance_mm
        distance_mm = np.where(better, other_mm, distance_mm)
        normal = np.where(better[..., None], other_normal, normal)
    return distance_mm, normal


# ------------------------------------------------------------------------------------------------------------ rendering


def render(
    shapes: Sequence[Paintable],
    grid: Grid,
    *,
    blur_sigma_mm: float = 0.7,
    noise_sd_hu: float = 0.0,
    seed: int = 0,
    slice_profile: SliceProfile = "box",
    slice_thickness_mm: float | None = None,
    background_hu: float = AIR_HU,
    in_plane_samples: int = 3,
    subslice_mm: float = SUBSLICE_MM,
    dtype: DTypeLike = np.int16,
) -> NDArray[np.int16]:
    """Return the (k, j, i) HU that a scanner would see; later shapes replace earlier ones.

    Parameters
    ----------
    shapes
        In painting order.
    grid
        Where the voxels lie.
    blur_sigma_mm
        Standard deviation of the in-plane point spread function, never less than that of the pixel's box.
    noise_sd_hu, seed
        White Gaussian noise; each slice has a stream of its own, so that it does not depend on the other slices.
    slice_profile
        Along the normal: a box of the slice thickness, a Gaussian with it as full width at half maximum, or a point.
    slice_thickness_mm
        The median slice spacing where None.
    background_hu
        Where no shape is.
    in_plane_samples, subslice_mm
        Samples for each pixel along rows and along columns, and longest step through the slice profile, close to edges.
    dtype
        Integers are rounded; float32 is left as it is.
    """
    parts = _parts(shapes)
    thickness_mm = grid.slice_spacing_mm if slice_thickness_mm is None else slice_thickness_mm
    depths_mm, weights, depth_step_mm = _profile(slice_profile, thickness_mm, subslice_mm)
    sampling = _sampling(grid, in_plane_samples, depths_mm, weights, depth_step_mm)
    blur_j = _blur_matrix(grid.shape_kji[1], in_plane_samples, grid.row_spacing_mm, blur_sigma_mm)
    blur_i = _blur_matrix(grid.shape_kji[2], in_plane_samples, grid.column_spacing_mm, blur_sigma_mm)
    image_hu = np.empty(grid.shape_kji, dtype=dtype)
    for k in range(grid.shape_kji[0]):
        fine_hu = _paint_slice(parts, sampling, k, background_hu)
        slice_hu = (blur_i @ (blur_j @ fine_hu).T).T
        if noise_sd_hu:
            noise = np.random.default_rng([seed, k]).standard_normal(slice_hu.shape, dtype=np.float32)
            slice_hu = slice_hu + np.float32(noise_sd_hu) * noise
        image_hu[k] = np.rint(slice_hu) if np.issubdtype(image_hu.dtype, np.integer) else slice_hu
    return image_hu


def _parts(shapes: Sequence[Paintable]) -> list[Shape]:
    parts: list[Shape] = []
    for shape in shapes:
        parts.extend(shape.parts() if hasattr(shape, "parts") else (shape,))
    return parts


def _profile(profile: SliceProfile, thickness_mm: float, subslice_mm: float) -> tuple[Array, Array, float]:
    """Depths along the normal, their weights (sum 1) and the thickness of one step."""
    if profile == "point":
        return np.zeros(1), np.ones(1), 0.0
    sigma_mm = thickness_mm / math.sqrt(8 * math.log(2))
    width_mm = thickness_mm if profile == "box" else 7 * sigma_mm
    steps = max(2 if profile == "box" else 12, math.ceil(width_mm / subslice_mm))
    step_mm = width_mm / steps
    depths_mm = (np.arange(steps) - (steps - 1) / 2) * step_mm
    # Each depth stands for a layer of its own, which adds the variance of a box to that of the weights.
    variance_mm2 = sigma_mm**2 - step_mm**2 / 12
    weights = np.ones(steps) if profile == "box" else np.exp(-0.5 * np.square(depths_mm) / variance_mm2)
    return depths_mm, weights / weights.sum(), step_mm


def _blur_matrix(pixels: int, samples: int, spacing_mm: float, sigma_mm: float) -> sparse.csr_array:
    """(pixels, pixels * samples): a pixel's box convolved with a Gaussian; the outer samples go on past the edge."""
    sigma_samples = math.sqrt(max(sigma_mm**2 - spacing_mm**2 / 12, 0.0)) * samples / spacing_mm
    reach = math.ceil(4 * sigma_samples)
    offsets = np.arange(-reach, reach + 1)
    gauss = np.exp(-0.5 * np.square(offsets / max(sigma_samples, SMALLEST)))
    kernel = np.convolve(gauss / gauss.sum(), np.full(samples, 1 / samples))
    rows = np.repeat(np.arange(pixels), len(kernel))
    columns = np.arange(pixels)[:, None] * samples - reach + np.arange(len(kernel))
    columns = np.clip(columns, 0, pixels * samples - 1).ravel()
    weights = np.tile(kernel, pixels).astype(np.float32)
    return sparse.csr_array((weights, (rows, columns)), shape=(pixels, pixels * samples))


@dataclass(frozen=True, slots=True, eq=False)
class _Sampling:
    """How a slice is sampled: at depths along the normal, and in each depth at samples x samples points of a pixel.

    The rows of the frame are the unit vectors along the rising slice, row and column index; cell_mm is the size of one
    sample along them. A pixel whose center is farther from a surface than margin_mm has no sample on it; at one depth
    the same holds for tight_margin_mm.
    """

    grid: Grid
    samples: int
    weights: NDArray[np.float32]
    frame: Array
    cell_mm: Array
    depth_offsets_lps_mm: Array
    pixel_offsets_lps_mm: Array
    margin_mm: float
    tight_margin_mm: float


def _sampling(grid: Grid, samples: int, depths_mm: Array, weights: Array, depth_step_mm: float) -> _Sampling:
    frame = np.stack([grid.normal, grid.column_direction, grid.row_direction])
    pixel_mm = np.array([grid.row_spacing_mm, grid.column_spacing_mm])
    steps = (np.arange(samples) + 0.5) / samples - 0.5
    pixel_offsets_mm = np.stack(np.meshgrid(*np.outer(pixel_mm, steps), indexing="ij"), axis=-1)
    half_pixel_mm = float(np.hypot(*pixel_mm)) / 2
    return _Sampling(
        grid=grid,
        samples=samples,
        weights=weights.astype(np.float32),
        frame=frame,
        cell_mm=np.array([depth_step_mm, *(pixel_mm / samples)]),
        depth_offsets_lps_mm=depths_mm[:, None] * frame[0],
        pixel_offsets_lps_mm=pixel_offsets_mm @ frame[1:],
        margin_mm=math.hypot(half_pixel_mm, float(np.abs(depths_mm).max()) + depth_step_mm / 2),
        tight_margin_mm=math.hypot(half_pixel_mm, depth_step_mm / 2),
    )


def _paint_slice(parts: Sequence[Shape], sampling: _Sampling, k: int, background_hu: float) -> NDArray[np.float32]:
    """(j * samples, i * samples) HU averaged over the slice profile, before the in-plane blur."""
    rows, columns = sampling.grid.shape_kji[1:]
    pixel_hu = np.full((rows, columns), background_hu, dtype=np.float32)
    near_edge = np.zeros((rows, columns), dtype=bool)
    painted = list(_seen_in_slice(parts, sampling, k))
    for part, box, distance_mm in painted:
        pixel_hu[box][distance_mm < 0] = part.hu
        near_edge[box] |= np.abs(distance_mm) <= sampling.margin_mm
    fine_hu = np.repeat(np.repeat(pixel_hu, sampling.samples, axis=0), sampling.samples, axis=1)
    if near_edge.any():
        edge_hu = _paint_edges(painted, sampling, k, near_edge, background_hu)
        blocks = fine_hu.reshape(rows, sampling.samples, columns, sampling.samples).transpose(0, 2, 1, 3)
        blocks[near_edge] = edge_hu
    return fine_hu


Box: TypeAlias = tuple[slice, slice]


def _seen_in_slice(parts: Sequence[Shape], sampling: _Sampling, k: int) -> Iterator[tuple[Shape, Box, Array]]:
    """Yield the shapes that reach slice k, their box of pixels and the distance of each of these pixels."""
    grid, margin_mm = sampling.grid, sampling.margin_mm
    for part in parts:
        low, high = part.bounds_lps_mm()
        corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
        along = (corners - grid.origins_lps_mm[k]) @ sampling.frame.T
        first_mm, last_mm = along.min(axis=0) - margin_mm, along.max(axis=0) + margin_mm
        if first_mm[0] > 0 or last_mm[0] < 0:
            continue
        spacing_mm = np.array([grid.row_spacing_mm, grid.column_spacing_mm])
        first = np.clip(np.floor(first_mm[1:] / spacing_mm), 0, grid.shape_kji[1:]).astype(int)
        stop = np.clip(np.ceil(last_mm[1:] / spacing_mm) + 1, 0, grid.shape_kji[1:]).astype(int)
        if np.any(first >= stop):
            continue
        j, i = np.arange(first[0], stop[0]), np.arange(first[1], stop[1])
        points = (
            grid.origins_lps_mm[k]
            + (j * grid.row_spacing_mm)[:, None, None] * grid.column_direction
            + (i * grid.column_spacing_mm)[:, None] * grid.row_direction
        )
        yield part, (slice(first[0], stop[0]), slice(first[1], stop[1])), part.safe_distance_mm(points)


def _paint_edges(
    painted: Sequence[tuple[Shape, Box, Array]], sampling: _Sampling, k: int, near_edge: Array, background_hu: float
) -> NDArray[np.float32]:
    """(pixels near an edge, samples, samples) HU averaged over the slice profile."""
    grid = sampling.grid
    j, i = np.nonzero(near_edge)
    centers = grid.positions_lps_mm(np.stack([np.full_like(j, k), j, i], axis=-1))
    number = np.full(near_edge.shape, -1)
    number[j, i] = np.arange(len(j))
    shape = (len(j), len(sampling.weights), sampling.samples, sampling.samples)
    values_hu = np.full(shape, background_hu, dtype=np.float32)
    for part, box, distance_mm in painted:
        touched = (number[box] >= 0) & (distance_mm < sampling.margin_mm)
        chosen = number[box][touched]
        points = centers[chosen, None] + sampling.depth_offsets_lps_mm
        depth_mm = part.safe_distance_mm(points)
        pixel, depth = np.nonzero(depth_mm < -sampling.tight_margin_mm)
        values_hu[chosen[pixel], depth] = part.hu
        pixel, depth = np.nonzero(np.abs(depth_mm) <= sampling.tight_margin_mm)
        samples = points[pixel, depth, None, None] + sampling.pixel_offsets_lps_mm
        under_hu = values_hu[chosen[pixel], depth]
        held = _fraction_inside(part, samples, sampling)
        values_hu[chosen[pixel], depth] = under_hu + held * (np.float32(part.hu) - under_hu)
    return np.einsum("ndji,d->nji", values_hu, sampling.weights)


def _fraction_inside(part: Shape, points_lps_mm: Array, sampling: _Sampling) -> NDArray[np.float32]:
    """Part of each sample's cell inside the shape: a ramp as wide as the cell is in the direction of the normal.

    The ramp has the variance of the cell's own profile, so that it adds the blur of the cell and no more.
    """
    distance_mm, normal = part.edge_mm(points_lps_mm)
    width_mm = np.maximum(_norm(normal @ (sampling.frame.T * sampling.cell_mm)), SMALLEST)
    return np.clip(0.5 - distance_mm / width_mm, 0.0, 1.0).astype(np.float32)


# ---------------------------------------------------------------------------------------------------------------- truth


@dataclass(frozen=True, slots=True)
class Truth:
    """The true sizes of a mass; the axes belong to its largest section at an acquired slice position."""

    hu: float
    volume_ml: float
    max_3d_diameter_mm: float
    long_axis_mm: float
    short_axis_mm: float
    long_axis_k: int
    centroid_lps_mm: Vector
    extent_rl_mm: float
    extent_ap_mm: float
    extent_si_mm: float


def truth(mass: Mass, grid: Grid) -> Truth:
    """Return what a perfect measurement of the mass on this grid would find."""
    volume_ml, centroid = volume_and_centroid(mass)
    long_axis_mm, short_axis_mm, k = section_axes(mass, grid)
    low, high = mass.bounds_lps_mm()
    extents_mm = [float(extent) for extent in high - low]
    return Truth(mass.hu, volume_ml, max_3d_diameter_mm(mass), long_axis_mm, short_axis_mm, k, centroid, *extents_mm)


def volume_ml(mass: Mass) -> float:
    """Return the volume: an ellipsoid's by formula, a union's to 0.01 %."""
    return volume_and_centroid(mass)[0]


def volume_and_centroid(mass: Mass) -> tuple[float, Vector]:
    """Return volume in mL and centroid in LPS mm."""
    if isinstance(mass, Ellipsoid):
        return 4 / 3 * math.pi * math.prod(mass.semi_axes_mm) / 1000, mass.center_lps_mm
    return _integrate_along_z(mass)


def max_3d_diameter_mm(mass: Mass) -> float:
    """Return the largest distance of two points: twice an ellipsoid's longest semi-axis, a union's to 0.001 mm."""
    if isinstance(mass, Ellipsoid):
        return 2 * max(mass.semi_axes_mm)
    centers = np.array([lobe.center_lps_mm for lobe in mass.lobes])
    matrices = np.array([lobe.matrix_mm2() for lobe in mass.lobes])
    return diameter_of_union(centers, matrices)[0]


def section_axes(mass: Mass, grid: Grid) -> tuple[float, float, int]:
    """Return long axis, short axis (mm) and slice of the section with the longest long axis.

    The short axis is the longest distance between two outline points on one line perpendicular to the long axis.
    ValueError where no slice position meets the mass.
    """
    sections = []
    for k in range(grid.shape_kji[0]):
        ellipses = section_ellipses(mass, grid, k)
        if ellipses is not None:
            sections.append((*_axes_of_section(*ellipses), k))
    if not sections:
        raise ValueError(f"A mass that a slice position meets expected: {mass} lies between or outside the slices.")
    return max(sections)


def shadow_axes(mass: Mass, grid: Grid) -> tuple[float, float, float]:
    """Return long axis, short axis (mm) and area (mm2, within 0.1 %) of what a mass hides from rays along the normal.

    The shadow of (x - c)' M^-1 (x - c) <= 1 is, as for a normal distribution, the marginal one.
    """
    in_plane = np.stack([grid.row_direction, grid.column_direction])
    lobes = (mass,) if isinstance(mass, Ellipsoid) else mass.lobes
    centers = np.array([in_plane @ np.asarray(lobe.center_lps_mm) for lobe in lobes])
    matrices = np.array([in_plane @ lobe.matrix_mm2() @ in_plane.T for lobe in lobes])
    half_mm = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    low, high = (centers - half_mm).min(axis=0), (centers + half_mm).max(axis=0)
    ticks = [np.linspace(a, b, 1200) for a, b in zip(low, high, strict=True)]
    away = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)[..., None, :] - centers
    inside = (np.einsum("...nd,nde,...ne->...n", away, np.linalg.inv(matrices), away) < 1).any(axis=-1)
    cell_mm2 = float(np.prod((high - low) / 1199))
    return (*_axes_of_section(centers, matrices), float(np.count_nonzero(inside)) * cell_mm2)


def section_ellipses(mass: Mass, grid: Grid, k: int) -> tuple[Array, Array] | None:
    """Return centers (n, 2) and matrices (n, 2, 2) of the lobes' ellipses in slice k, in mm along i and j, or None.

    The section of (x - c)' M^-1 (x - c) <= 1 with a plane is, as for a normal distribution, the conditional one.
    """
    in_plane = np.stack([grid.row_direction, grid.column_direction])
    centers, matrices = [], []
    for lobe in (mass,) if isinstance(mass, Ellipsoid) else mass.lobes:
        matrix = lobe.matrix_mm2()
        variance = grid.normal @ matrix @ grid.normal
        away_mm = grid.positions_along_normal_mm[k] - grid.normal @ np.asarray(lobe.center_lps_mm)
        if away_mm**2 >= variance:
            continue
        lean = in_plane @ matrix @ grid.normal
        centers.append(in_plane @ np.asarray(lobe.center_lps_mm) + lean * away_mm / variance)
        flat = in_plane @ matrix @ in_plane.T - np.outer(lean, lean) / variance
        matrices.append(flat * (1 - away_mm**2 / variance))
    return (np.array(centers), np.array(matrices)) if centers else None


def _axes_of_section(centers: Array, matrices: Array) -> tuple[float, float]:
    if len(centers) == 1:
        short_mm2, long_mm2 = np.linalg.eigvalsh(matrices[0])
        return 2 * math.sqrt(long_mm2), 2 * math.sqrt(short_mm2)
    long_axis_mm, direction = diameter_of_union(centers, matrices)
    return long_axis_mm, _longest_chord_mm(centers, matrices, direction)


def _longest_chord_mm(centers: Array, matrices: Array, direction: Array) -> float:
    """Longest distance between two outline points across a 2-D direction; lines 1/20,000 of the length apart."""
    across = np.array([-direction[1], direction[0]])
    variance = np.einsum("d,nde,e->n", direction, matrices, direction)
    middle = centers @ direction
    half = np.sqrt(variance)
    lines = np.linspace((middle - half).min(), (middle + half).max(), 20_001)[:, None]
    lean = np.einsum("d,nde,e->n", across, matrices, direction) / variance
    rest = np.einsum("d,nde,e->n", across, matrices, across) - lean**2 * variance
    squared = rest * (1 - np.square(lines - middle) / variance)
    reach = np.sqrt(np.maximum(squared, 0.0))
    chord_middle = centers @ across + lean * (lines - middle)
    ends = np.where(squared > 0, chord_middle + reach, -np.inf).max(axis=1)
    starts = np.where(squared > 0, chord_middle - reach, np.inf).min(axis=1)
    return float((ends - starts)[np.isfinite(ends)].max())


def diameter_of_union(centers: Array, matrices: Array) -> tuple[float, Array]:
    """Return the largest distance of two points of a union of ellipsoids (n, d), (n, d, d), and its direction.

    From each of many directions: take the two farthest points along it, then the direction between these, until it
    stays. The distance never falls on the way, so that the best of all starts is the diameter (2-D: a start each 0.5
    degrees, 3-D: about each 3 degrees; checked against dense sampling in the tests).
    """
    directions = _half_circle(360) if centers.shape[1] == 2 else half_sphere(2_000)
    for _ in range(100):
        reach = np.sqrt(np.einsum("sd,nde,se->sn", directions, matrices, directions))
        along = directions @ centers.T
        top, bottom = np.argmax(along + reach, axis=1), np.argmin(along - reach, axis=1)
        each = np.arange(len(directions))
        step_top = np.einsum("sde,se->sd", matrices[top], directions) / reach[each, top, None]
        step_bottom = np.einsum("sde,se->sd", matrices[bottom], directions) / reach[each, bottom, None]
        spans = centers[top] + step_top - centers[bottom] + step_bottom
        lengths_mm = _norm(spans)
        directions = spans / lengths_mm[:, None]
    best = int(np.argmax(lengths_mm))
    return float(lengths_mm[best]), directions[best]


def _half_circle(count: int) -> Array:
    angles = np.arange(count) * math.pi / count
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def half_sphere(count: int) -> Array:
    """Fibonacci lattice."""
    z = (np.arange(count) + 0.5) / count
    turn = np.arange(count) * math.pi * (3 - math.sqrt(5))
    return np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], axis=-1)


def _integrate_along_z(mass: Lobulated, lines: int = 1_000) -> tuple[float, Vector]:
    """Volume in mL and centroid of a union: lines along z, exact on each, on a lattice of lines x lines in x and y."""
    low, high = mass.bounds_lps_mm()
    step_mm = (high - low)[:2] / lines
    x = low[0] + (np.arange(lines) + 0.5) * step_mm[0]
    y = low[1] + (np.arange(lines) + 0.5) * step_mm[1]
    intervals = [_interval_along_z(lobe, x[:, None], y[None, :]) for lobe in mass.lobes]
    starts = np.stack([start for start, _ in intervals])
    order = np.argsort(starts, axis=0)
    starts = np.take_along_axis(starts, order, axis=0)
    ends = np.take_along_axis(np.stack([end for _, end in intervals]), order, axis=0)
    covered_to = np.full(starts.shape[1:], -np.inf)
    length, moment = np.zeros(starts.shape[1:]), np.zeros(starts.shape[1:])
    for start, end in zip(starts, ends, strict=True):
        new = (end > np.maximum(start, covered_to)) & np.isfinite(end)
        first, last = np.where(new, np.maximum(start, covered_to), 0.0), np.where(new, end, 0.0)
        length += last - first
        moment += (last**2 - first**2) / 2
        covered_to = np.where(new, end, covered_to)
    total = length.sum()
    centroid = (
        float((length.sum(axis=1) @ x) / total),
        float((length.sum(axis=0) @ y) / total),
        float(moment.sum() / total),
    )
    return float(total * step_mm[0] * step_mm[1] / 1000), centroid


def _interval_along_z(lobe: Ellipsoid, x_mm: Array, y_mm: Array) -> tuple[Array, Array]:
    """First and last z inside the lobe on each line; (inf, -inf) where the line misses it."""
    inverse = np.linalg.inv(lobe.matrix_mm2())
    dx, dy = x_mm - lobe.center_lps_mm[0], y_mm - lobe.center_lps_mm[1]
    linear = inverse[0, 2] * dx + inverse[1, 2] * dy
    rest = inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2 - 1
    discriminant = linear**2 - inverse[2, 2] * rest
    root = np.sqrt(np.maximum(discriminant, 0.0))
    z = lobe.center_lps_mm[2]
    hit = discriminant > 0
    start = np.where(hit, z + (-linear - root) / inverse[2, 2], np.inf)
    end = np.where(hit, z + (-linear + root) / inverse[2, 2], -np.inf)
    return start, end
