"""Images and points to what napari shows, and back: without Qt and without a viewer.

World axes are (I, P, L): toward the patient's feet, back and left, in mm. Axial (0, 1, 2), coronal (1, 0, 2) and
sagittal (2, 0, 1) then all have the patient's left on the viewer's right, and head and front up. An array is shown as a
view (NumPy): its axes are exchanged and reversed, no voxel is moved, and what is painted is written into the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from calcimeasure import Volume
from calcimeasure.review import CuttingLine, CuttingPlane, FilmAxis, Radiograph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from calcimeasure.review import Axis, Cut, Image

AXIS_LABELS = ("I", "P", "L")
IPL_OF_LPS = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Rows: the directions of the world's axes in LPS."""

OBLIQUE_COSINE = 0.26
"""From 15 degrees on a direction is named by two letters."""

METADATA_KEY = "calcimeasure"
"""Under this key a layer carries its image. A layer without an image is never measured."""

Voxel = TypeVar("Voxel", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Display:
    """How a stack is shown.

    Parameters
    ----------
    order
        For each world axis the axis of the stack (0 slices, 1 rows, 2 columns) that runs along it most.
    turned
        For each world axis whether that index falls along it.
    shape_kji
        Of the stack.
    scale
        Distance of neighboring voxels along each world axis; 1 where a radiograph has no millimeters.
    translate
        World position of the first voxel shown.
    directions_lps
        For each world axis the direction in the patient that is really shown along it; None where nobody knows.
    unit
        Of scale and translate.
    """

    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]
    shape_kji: tuple[int, int, int]
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]
    directions_lps: tuple[tuple[float, float, float] | None, ...]
    unit: str

    @property
    def slice_axis(self) -> int:
        """The world axis across the acquired slices."""
        return self.order.index(0)

    def shown(self, array: NDArray[Voxel]) -> NDArray[Voxel]:
        """View a (k, j, i) array as it is shown; writing into the view writes into the array."""
        steps = tuple(slice(None, None, -1) if turned else slice(None) for turned in self.turned)
        return array.transpose(self.order)[steps]

    def to_shown(self, index_kji: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) indexes of the stack to those of the array that is shown."""
        index = np.asarray(index_kji, dtype=np.float64)[..., list(self.order)]
        last = np.array(self.shape_kji)[list(self.order)] - 1
        return np.where(self.turned, last - index, index)

    def to_world(self, index_kji: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) indexes of the stack to where they are shown."""
        world: NDArray[np.float64] = self.to_shown(index_kji) * self.scale + np.array(self.translate)
        return world

    def to_index_kji(self, world: ArrayLike) -> NDArray[np.float64]:
        """Map (..., 3) world positions to indexes of the stack, the inverse of `to_world`."""
        index = (np.asarray(world, dtype=np.float64) - self.translate) / self.scale
        last = np.array(self.shape_kji)[list(self.order)] - 1
        turned_back: NDArray[np.float64] = np.where(self.turned, last - index, index)
        return turned_back[..., np.argsort(self.order)]

    def letters(self, axis: int) -> tuple[str, str]:
        """Name what lies at the beginning and at the end of a world axis, as R, L, A, P, S, I; empty if unknown."""
        direction = self.directions_lps[axis]
        if direction is None:
            return ("", "")
        return _letters([-one for one in direction]), _letters(direction)


def display_of(image: Image) -> Display:
    """Choose how an image is shown."""
    return _display_of_radiograph(image) if isinstance(image, Radiograph) else _display_of_volume(image)


def pixels_kji(image: Image) -> NDArray[Any]:
    """(k, j, i) of an image; a radiograph is one slice."""
    return image.pixels[None] if isinstance(image, Radiograph) else image.attenuation_hu


def image_layer(image: Image) -> tuple[NDArray[Any], dict[str, Any], str]:
    """Make napari's layer of an image: what is shown, how, and the image itself as metadata."""
    display = display_of(image)
    pixels = pixels_kji(image)
    limits = limits_of(image)
    series = image.series
    name = " ".join(filter(None, (series.modality, str(series.series_number or ""), series.description)))
    return (
        display.shown(pixels),
        layer_settings(display)
        | {
            "name": name or "image",
            "colormap": "gray",
            "contrast_limits": limits,
            "metadata": {METADATA_KEY: image},
        },
        "image",
    )


def layer_settings(display: Display) -> dict[str, Any]:
    """Give napari's settings for where a layer of a stack lies."""
    return {
        "scale": display.scale,
        "translate": display.translate,
        "units": (display.unit,) * 3,
        "axis_labels": AXIS_LABELS,
    }


def image_of(layer: Any) -> Image | None:  # noqa: ANN401 - any layer of napari
    """Find the image that a layer shows; None for a layer of another reader, which has no geometry to measure with.

    A layer shows an image only where it has the array of that image.
    """
    image: Image | None = layer.metadata.get(METADATA_KEY) if getattr(layer, "metadata", None) else None
    if image is None or not np.shares_memory(layer.data, pixels_kji(image)):
        return None
    return image


def axis_shown(image: Image, display: Display, axis: Axis | FilmAxis) -> NDArray[np.float64]:
    """(2, 3) ends of an axis as indexes of the array that is shown."""
    if isinstance(axis, FilmAxis):
        return display.to_shown([(0.0, *end) for end in axis.ends_px])
    assert isinstance(image, Volume)  # noqa: S101 - its axes are in the patient
    ends = display.to_shown(image.geometry.to_index_kji(axis.ends_lps_mm))
    # Both ends lie on one slice. Rounding must not move them off that slice: they would not be shown.
    ends[:, display.slice_axis] = np.rint(ends[:, display.slice_axis])
    return ends


def cut_through(image: Image, display: Display, ends_world: Sequence[Sequence[float]], across: int) -> Cut:
    """Make the cut that a line on the screen stands for: it goes through the line, along the direction of view.

    Parameters
    ----------
    image, display
        What is shown, and how.
    ends_world
        World positions of two points of the line.
    across
        The world axis along which the reader looks.

    Returns
    -------
    Cut
        A plane in the patient; on a radiograph a line in pixels. Beyond is the side to which the line, turned by a
        quarter about the direction of view, points.
    """
    ends_kji = display.to_index_kji([end[-3:] for end in ends_world])
    if isinstance(image, Radiograph):
        first, last = ((float(row), float(column)) for _, row, column in ends_kji)
        is_mirrored = display.turned[1] != display.turned[2]
        return CuttingLine((last, first) if is_mirrored else (first, last))
    if display.shape_kji[0] == 1:
        ends_kji[:, 0] = 0.0  # one slice has no place beside it
    first_lps, last_lps = image.geometry.to_lps_mm(ends_kji)
    directions = np.array(display.directions_lps, dtype=np.float64)
    # Directions of tilted slices are not at right angles, but they turn as the axes of the world do, or against them.
    normal = np.cross(last_lps - first_lps, directions[across]) * np.sign(np.linalg.det(directions))
    return CuttingPlane(_triple(first_lps), _triple(normal))


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = values.tolist()
    return (first, second, third)


def _display_of_volume(volume: Volume) -> Display:
    geometry = volume.geometry
    across = geometry.origins_lps_mm[-1] - geometry.origins_lps_mm[0]
    if not np.any(across):
        across = geometry.normal
    # The way from voxel to voxel along each axis of the stack: of tilted slices not the normal.
    ways = np.stack([across / np.linalg.norm(across), geometry.column_direction, geometry.row_direction])
    cosines = IPL_OF_LPS @ ways.T
    down, back, left = max(
        permutations(range(3)), key=lambda one: sum(abs(cosines[axis, one[axis]]) for axis in range(3))
    )
    order = (down, back, left)
    turned = [bool(cosines[axis, order[axis]] < 0) for axis in range(3)]
    spacing_kji_mm = geometry.spacing_kji_mm
    scale = [spacing_kji_mm[axis] for axis in order]
    first = [n - 1 if is_turned else 0 for n, is_turned in zip(np.take(geometry.shape_kji, order), turned, strict=True)]
    corner_kji = np.take(first, np.argsort(order))
    directions = [ways[order[axis]] * (-1 if turned[axis] else 1) for axis in range(3)]
    return Display(
        order=order,
        turned=(turned[0], turned[1], turned[2]),
        shape_kji=geometry.shape_kji,
        scale=(scale[0], scale[1], scale[2]),
        translate=_triple(IPL_OF_LPS @ geometry.to_lps_mm(corner_kji)),
        directions_lps=tuple(_triple(direction) for direction in directions),
        unit="mm",
    )


_ORIENTATION_LPS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "H": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, -1.0),
}
"""Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1; its first letter is the main direction."""


def _display_of_radiograph(radiograph: Radiograph) -> Display:
    """Show a radiograph as it is stored, an axis reversed where its header says that left or head lie otherwise."""
    rows, columns = radiograph.pixels.shape
    along_row, along_column = _directions_said(radiograph)
    turned = (False, along_column is not None and along_column[2] > 0, along_row is not None and along_row[0] < 0)
    spacing = radiograph.spacing_mm
    scale = (1.0, *spacing) if spacing else (1.0, radiograph.pixel_aspect, 1.0)

    def shown(direction: tuple[float, float, float] | None, is_turned: bool) -> tuple[float, float, float] | None:
        if direction is None or not is_turned:
            return direction
        x, y, z = direction
        return (-x, -y, -z)

    return Display(
        order=(0, 1, 2),
        turned=turned,
        shape_kji=(1, rows, columns),
        scale=scale,
        translate=(0.0, 0.0, 0.0),
        directions_lps=(None, shown(along_column, turned[1]), shown(along_row, turned[2])),
        unit="mm" if spacing else "pixel",
    )


def _directions_said(radiograph: Radiograph) -> list[tuple[float, float, float] | None]:
    """Read where rows and columns run; None where Patient Orientation is not a pair of different directions."""
    projection = radiograph.series.projection
    said = [one.strip().upper() for one in projection.patient_orientation] if projection else []
    if any(set(one) - set(_ORIENTATION_LPS) for one in said):
        return [None, None]
    main = [_ORIENTATION_LPS[one[0]] for one in said if one]
    if len(said) != 2 or len(main) != 2 or not np.any(np.cross(main[0], main[1])):
        return [None, None]
    return [*main]


def limits_of(image: Image) -> tuple[float, float]:
    """Choose the gray scale that an image opens with; of a radiograph without markers and the open beam."""
    if isinstance(image, Radiograph):
        low, high = np.percentile(image.pixels[::4, ::4], (0.5, 99.8))
        return (float(low), float(max(high, low + 1)))
    return (-300.0, 1200.0)


def _letters(direction: Sequence[float]) -> str:
    """Name a direction by the letters of its parts, the largest first."""
    named = [(value, pair[value > 0]) for value, pair in zip(direction, ("RL", "AP", "IS"), strict=True)]
    named.sort(key=lambda one: -abs(one[0]))
    return "".join(letter for value, letter in named if abs(value) > OBLIQUE_COSINE)
