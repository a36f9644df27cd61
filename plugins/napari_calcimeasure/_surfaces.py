"""The surfaces of lesions and of what is dense beside them, seen from any direction. No Qt, no OpenGL.

A surface is looked for along each line of sight through a small copy of the stack. No mesh is made, so the time is the
same however many lesions there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from napari_calcimeasure._kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from calcimeasure.review import Image
    from napari_calcimeasure._display import Display

SIDE, SIDE_WHILE_TURNING = 144, 72
"""Voxels along each side of the copy: the finer one takes about 0.3 s on one core, the coarser one 0.05 s."""

ROUND_MM = 30.0
"""What lies round the lesions up to this distance is shown: enough of a bone to see which one it is."""

DENSE_HU = 250.0
"""What is dense enough to be shown as bone. For display only: nothing is measured with it."""

SMOOTH_VOXELS = 0.7
NEAR = 0.25
"""How much of a smoothed voxel is inside, at the surface: half of what it is for a plane; thin plates stay."""

FEW = 8
"""A lesion of fewer voxels of the copy gets their neighbors, or smoothing would hide it."""

LIGHT = np.array([-0.8, -0.35, -0.45])
"""From where the light comes: along the line of sight, from above and from the left (depth, down, right)."""

DIMMEST = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A small copy of a stack, a cube of voxels of equal sides; axes as those of the world.

    Parameters
    ----------
    labels
        (n, n, n) number of the lesion, 0 outside of lesions.
    lesions, dense
        (n, n, n) how far a voxel lies in a lesion, or in what is dense without being a lesion, 0 to 1.
    mm
        Side of a voxel.
    start_mm
        World position of the first voxel.
    """

    labels: NDArray[np.uint16]
    lesions: NDArray[np.float32]
    dense: NDArray[np.float32]
    mm: float
    start_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A solid, seen from one direction.

    Parameters
    ----------
    labels
        (rows, columns) the lesion on the line of sight, also behind what is dense; 0 for none.
    lesion_light, dense_light
        (rows, columns) brightness of both surfaces, 0 to 1; not a number where there is none.
    is_behind
        (rows, columns) whether the lesion lies behind what is dense.
    """

    labels: NDArray[np.uint16]
    lesion_light: NDArray[np.float32]
    dense_light: NDArray[np.float32]
    is_behind: NDArray[np.bool_]


def solid_of(image: Image, display: Display, labels: NDArray[np.uint16], side: int) -> Solid:
    """Copy what lies round the lesions of a stack, the whole stack if it has none.

    Parameters
    ----------
    image
        The CT.
    display
        Its position.
    labels
        (k, j, i) the number of the lesion of each voxel.
    side
        Voxels along each side of the copy.
    """
    shown = display.shown(labels)
    scale = np.array(display.scale)
    found = [box for box in ndimage.find_objects(shown) if box is not None]
    start, stop = np.zeros(3), np.array(shown.shape, dtype=np.float64)
    if found:
        around = ROUND_MM / scale
        start = np.maximum(np.min([[one.start for one in box] for box in found], axis=0) - around, 0)
        stop = np.minimum(np.max([[one.stop for one in box] for box in found], axis=0) + around, stop)
    # The diagonal fits: what is turned stays inside.
    mm = float(np.linalg.norm((stop - start) * scale)) / (side - 2)
    start_mm = (start + stop - 1) / 2 * scale - (side - 1) / 2 * mm
    at = [np.rint((start_mm[axis] + np.arange(side) * mm) / scale[axis]).astype(np.intp) for axis in range(3)]
    inside = [(one >= start[axis]) & (one < stop[axis]) for axis, one in enumerate(at)]
    into = np.ix_(*inside)
    out_of = np.ix_(*(one[there] for one, there in zip(at, inside, strict=True)))
    copy = np.zeros((side, side, side), dtype=np.uint16)
    copy[into] = shown[out_of]
    # Voxels of the stack are smaller: a lesion must not fall between those of the copy.
    for number, box in enumerate(ndimage.find_objects(shown), 1):
        if box is not None:
            voxels = np.argwhere(shown[box] == number) + [one.start for one in box]
            copied = np.unique(np.rint((voxels * scale - start_mm) / mm).astype(np.intp), axis=0)
            if len(copied) < FEW:
                copied = (copied[:, None] + np.argwhere(np.ones((3, 3, 3))) - 1).reshape(-1, 3)
            copy[tuple(np.clip(copied, 0, side - 1).T)] = number
    dense = np.zeros(copy.shape, dtype=np.float32)
    pixels = display.shown(kind_of(image).pixels_kji(image))
    dense[into] = pixels[out_of] >= DENSE_HU
    dense[copy > 0] = 0
    lesions = ndimage.gaussian_filter((copy > 0).astype(np.float32), SMOOTH_VOXELS)
    return Solid(copy, lesions, ndimage.gaussian_filter(dense, SMOOTH_VOXELS), mm, start_mm)


def turned(azimuth_degrees: float, elevation_degrees: float) -> NDArray[np.float64]:
    """Give the directions of a view: its columns are depth, down and right of the view in the axes of the world.

    Parameters
    ----------
    azimuth_degrees
        0 from the front, 90 from the left of the patient, whose back is then on the right of the screen.
    elevation_degrees
        90 from above.
    """
    around, above = np.deg2rad([azimuth_degrees, elevation_degrees])
    front = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    cos, sin = np.cos(around), np.sin(around)
    about_body = np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])
    cos, sin = np.cos(above), np.sin(above)
    about_right = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    directions: NDArray[np.float64] = about_body @ front @ about_right.T
    return directions


def seen(solid: Solid, directions: NDArray[np.float64]) -> View:
    """Look at a solid.

    Parameters
    ----------
    solid
        The solid.
    directions
        The directions of the view, of `turned`.
    """
    middle = (len(solid.labels) - 1) / 2
    offset = np.full(3, middle) - directions @ np.full(3, middle)
    lesion, dense = (
        _surface(ndimage.affine_transform(one, directions, offset, order=1)) for one in (solid.lesions, solid.dense)
    )
    there = np.isfinite(lesion)
    place = np.stack([lesion[there], *np.nonzero(there)])
    labels = np.zeros(lesion.shape, dtype=np.uint16)
    labels[there] = _label_at(solid.labels, directions @ place + offset[:, None])
    is_behind = np.zeros(lesion.shape, dtype=bool)
    both = there & np.isfinite(dense)
    is_behind[both] = dense[both] < lesion[both]
    return View(labels, _light(lesion), _light(dense), is_behind)


def _surface(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the depth at which each line of sight meets a surface; not a number where it meets none."""
    is_in = density >= NEAR
    first: NDArray[np.intp] = is_in.argmax(axis=0)
    rows, columns = np.indices(first.shape)
    at, before = density[first, rows, columns], density[np.maximum(first - 1, 0), rows, columns]
    depth = first - (at - NEAR) / np.maximum(at - before, 1e-6) * (first > 0)
    return np.where(is_in.any(axis=0), depth, np.nan).astype(np.float32)


def _label_at(labels: NDArray[np.uint16], places: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Give the largest label beside (3, n) places at a smoothed surface, which lies a little outside of the voxels."""
    largest: NDArray[np.uint16] = ndimage.maximum_filter(labels, 3)
    there: NDArray[np.uint16] = ndimage.map_coordinates(largest, places, order=0, mode="nearest")
    return there


def _light(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light a surface by its slope, as if it went on beyond its border."""
    there = np.isfinite(depth)
    if not there.any():
        return depth
    nearest = ndimage.distance_transform_edt(~there, return_distances=False, return_indices=True)
    whole = ndimage.gaussian_filter(depth[tuple(nearest)], 1.0)
    down, right = np.gradient(whole)
    normal = np.stack([-np.ones_like(whole), down, right])
    normal /= np.linalg.norm(normal, axis=0)
    light = np.clip(np.tensordot(LIGHT / np.linalg.norm(LIGHT), normal, axes=1), DIMMEST, 1)
    return np.where(there, light, np.nan).astype(np.float32)


def colored(view: View, colors: Mapping[int, str], dense: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Give (rows, columns, 3) red, green and blue; a lesion behind what is dense shines through.

    Parameters
    ----------
    view
        What is seen.
    colors
        The color of each lesion as #rrggbb.
    dense
        The color of what is dense.
    """
    table = np.zeros((max(colors, default=0) + 1, 3))
    for number, color in colors.items():
        table[number] = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    lesion = table[np.where(view.labels < len(table), view.labels, 0)] * np.nan_to_num(view.lesion_light)[..., None]
    bone = np.array(dense) * np.nan_to_num(view.dense_light)[..., None]
    share = np.where(view.labels > 0, np.where(view.is_behind, 0.4, 1.0), 0.0)[..., None]
    return np.rint(share * lesion + (1 - share) * bone).astype(np.uint8)
