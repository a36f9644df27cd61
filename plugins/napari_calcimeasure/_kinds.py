"""The display of a CT stack and of a radiograph: one table with a row for each kind of image. No Qt.

No other module of the plugin tests the kind of an image. Differences in measuring and judging are in calcimeasure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np

from calcimeasure import Measurements, Volume
from calcimeasure.review import (
    Axis,
    CuttingLine,
    CuttingPlane,
    Image,
    ImageKind,
    Preview,
    Radiograph,
    RadiographAxis,
    RadiographMeasurements,
    SpacingSource,
)
from napari_calcimeasure._display import display_of_radiograph, display_of_volume, triple
from napari_calcimeasure._sizes import (
    LESION_COLUMNS,
    RADIOGRAPH_COLUMNS,
    attenuation_in_stack,
    contrast_on_radiograph,
    first_sizes_in_stack,
    first_sizes_on_radiograph,
    length_in_stack,
    length_on_radiograph,
    size_evidence_in_stack,
    size_evidence_on_radiograph,
    sizes_in_stack,
    sizes_on_radiograph,
    spacing_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from calcimeasure.review import Cut
    from napari_calcimeasure._display import Display

WINDOWS_HU = {
    "Bone": (-450.0, 1050.0),
    "Soft tissue": (-160.0, 240.0),
    "Calcium": (-300.0, 1200.0),
    "Full": (-1024.0, 3071.0),
}
"""Lower and upper end of the gray scale: bone 1500 wide at 300, soft tissue 400 at 40."""

WIDEST_WINDOW_HU = (-1100.0, 3200.0)
SLAB_MM = 10.0
SMALLEST_VIEW_MM = 60.0
SMALLEST_PART = 1 / 3
"""At least this part of the longer side of a radiograph stays in view, so that the reader can recognize the bone."""

Limits = tuple[float, float]
"""The values shown as black and as white."""


class Looked(NamedTuple):
    """The present view: the slice, the gray scale, and the thickness of the slab; None if no slab is shown."""

    slice_index: int
    limits: Limits
    slab_mm: float | None


ImageT = TypeVar("ImageT", bound=Image)
NumbersT = TypeVar("NumbersT", bound=Measurements | RadiographMeasurements)
FirstT = TypeVar("FirstT", bound=Preview | RadiographMeasurements)
AxisT = TypeVar("AxisT", bound=Axis | RadiographAxis)


@dataclass(frozen=True, slots=True)
class ShownKind(Generic[ImageT, NumbersT, FirstT, AxisT]):
    """The display of one kind of image and of the numbers of its lesions.

    Parameters
    ----------
    display
        Returns the position of the image on the screen.
    pixels_kji
        Returns the pixels of the image, (k, j, i).
    limits, window
        Return the initial gray scale of the image; the widest gray scale and the one with a given name.
    keeps_limits
        Whether the gray scale of one image fits the next: its values are Hounsfield units.
    has_slabs
        Whether the maximum over a slab can be shown instead of a slice.
    smallest_view
        Returns the smallest part of the image that stays in view, in the unit of the display.
    facts
        Returns lines of text about the present view.
    value_words
        Returns the value at an index, (k, j, i), and its position, in words; empty outside of the image.
    distance_words
        Returns the distance between (2, 3) indexes of two places on one slice or plane, in words.
    ends_kji
        Returns the (2, 3) indexes of the ends of an axis.
    cut
        Returns the cut for a line on the screen. Its arguments are the (2, 3) indexes of the ends of the line, and the
        world axis along the direction of view.
    columns
        The columns of the table of lesions.
    sizes, attenuation
        Return the cells of that table.
    first_sizes
        Returns the cells for sizes while a lesion is drawn.
    length
        Returns the length of an axis in words.
    size_evidence
        Returns the evidence for sizes, as rich text.
    """

    display: Callable[[ImageT], Display]
    pixels_kji: Callable[[ImageT], NDArray[Any]]
    limits: Callable[[ImageT], Limits]
    window: Callable[[ImageT, str], tuple[Limits, Limits]]
    keeps_limits: bool
    has_slabs: bool
    smallest_view: Callable[[Display], float]
    facts: Callable[[ImageT, Display, Looked], list[str]]
    value_words: Callable[[ImageT, NDArray[np.float64]], str]
    distance_words: Callable[[ImageT, NDArray[np.float64]], str]
    ends_kji: Callable[[ImageT, AxisT], NDArray[np.float64]]
    cut: Callable[[ImageT, Display, NDArray[np.float64], int], Cut]
    columns: tuple[str, ...]
    sizes: Callable[[NumbersT], tuple[str, str]]
    attenuation: Callable[[NumbersT], str]
    first_sizes: Callable[[FirstT], tuple[str, str]]
    length: Callable[[NumbersT | FirstT, AxisT], str]
    size_evidence: Callable[[NumbersT], list[str]]


AnyKind = ShownKind[
    Image, Measurements | RadiographMeasurements, Preview | RadiographMeasurements, Axis | RadiographAxis
]


def kind_of(image: Image) -> AnyKind:
    """Give the row of the table for an image. Use the row only with this image and with numbers measured on it."""
    return _KINDS[image.kind]


def kind_of_numbers(numbers: Measurements | RadiographMeasurements | Preview) -> AnyKind:
    """Give the row of the table for the kind of image on which numbers were measured."""
    return _KINDS[numbers.kind]


# CT stacks


def _attenuation_kji(volume: Volume) -> NDArray[Any]:
    return volume.attenuation_hu


def _limits_in_stack(_volume: Volume) -> Limits:
    return WINDOWS_HU["Calcium"]


def _window_in_stack(_volume: Volume, name: str) -> tuple[Limits, Limits]:
    return WIDEST_WINDOW_HU, WINDOWS_HU[name]


def _smallest_view_in_stack(_display: Display) -> float:
    return SMALLEST_VIEW_MM


def _facts_of_stack(volume: Volume, display: Display, looked: Looked) -> list[str]:
    instance = volume.stack.instances[looked.slice_index].instance_number
    count = volume.shape_kji[0]
    place = count - looked.slice_index if display.turned[display.slice_axis] else looked.slice_index + 1
    low, high = looked.limits
    slab = "" if looked.slab_mm is None else f"   slab {looked.slab_mm:.0f} mm"
    # From the head, the front or the right on, as the slider runs; the number in the series may run the other way.
    own = "" if instance in (None, place) else f"  (number {instance} in the series)"
    return [
        f"image {place} of {count}{own}{slab}",
        f"W {high - low:.0f}  L {(high + low) / 2:.0f}",
    ]


def _nearest(index_kji: NDArray[np.float64], shape_kji: Sequence[int]) -> tuple[int, ...] | None:
    """Give the voxel at an index; None outside of the image."""
    nearest = np.rint(index_kji).astype(int)
    is_inside = bool(((nearest >= 0) & (nearest < shape_kji)).all())
    return tuple(nearest.tolist()) if is_inside else None


def _value_in_stack(volume: Volume, index_kji: NDArray[np.float64]) -> str:
    voxel = _nearest(index_kji, volume.shape_kji)
    if voxel is None:
        return ""
    place = index_kji.copy()
    place[0] = voxel[0]  # between two slices, or beyond a single one, there is no position
    x, y, z = volume.geometry.to_lps_mm(place).tolist()
    side, back, up = ("L" if x >= 0 else "R"), ("P" if y >= 0 else "A"), ("S" if z >= 0 else "I")
    where = f"{side} {abs(x):.1f}  {back} {abs(y):.1f}  {up} {abs(z):.1f} mm"
    return f"{int(volume.attenuation_hu[voxel])} HU   {where}   row {voxel[1] + 1}, column {voxel[2] + 1}"


def _distance_in_stack(volume: Volume, ends_kji: NDArray[np.float64]) -> str:
    if volume.shape_kji[0] == 1:
        ends_kji = ends_kji * (0.0, 1.0, 1.0)  # for a single slice k must be 0
    first, last = volume.geometry.to_lps_mm(ends_kji)
    return f"{float(np.linalg.norm(last - first)):.1f} mm"


def _ends_in_stack(volume: Volume, axis: Axis) -> NDArray[np.float64]:
    return volume.geometry.to_index_kji(axis.ends_lps_mm)


def _cut_through_stack(volume: Volume, display: Display, ends_kji: NDArray[np.float64], across: int) -> CuttingPlane:
    if display.shape_kji[0] == 1:
        ends_kji[:, 0] = 0.0  # for a single slice k must be 0
    first_lps, last_lps = volume.geometry.to_lps_mm(ends_kji)
    directions = np.array(display.directions_lps, dtype=np.float64)
    # The directions of tilted slices are not orthogonal, but they have the same handedness as the world axes, or the
    # opposite one.
    normal = np.cross(last_lps - first_lps, directions[across]) * np.sign(np.linalg.det(directions))
    return CuttingPlane(triple(first_lps), triple(normal))


_CT_STACK: Final[ShownKind[Volume, Measurements, Preview, Axis]] = ShownKind(
    display=display_of_volume,
    pixels_kji=_attenuation_kji,
    limits=_limits_in_stack,
    window=_window_in_stack,
    keeps_limits=True,
    has_slabs=True,
    smallest_view=_smallest_view_in_stack,
    facts=_facts_of_stack,
    value_words=_value_in_stack,
    distance_words=_distance_in_stack,
    ends_kji=_ends_in_stack,
    cut=_cut_through_stack,
    columns=LESION_COLUMNS,
    sizes=sizes_in_stack,
    attenuation=attenuation_in_stack,
    first_sizes=first_sizes_in_stack,
    length=length_in_stack,
    size_evidence=size_evidence_in_stack,
)


# Radiographs


def _one_slice(radiograph: Radiograph) -> NDArray[Any]:
    return radiograph.pixels[None]


def _limits_of_radiograph(radiograph: Radiograph) -> Limits:
    """Choose a gray scale without markers and open beam."""
    low, high = np.percentile(radiograph.pixels[::4, ::4], (0.5, 99.8))
    return (float(low), float(max(high, low + 1)))


def _window_of_radiograph(radiograph: Radiograph, name: str) -> tuple[Limits, Limits]:
    """Choose the full range of values, or the range without markers and open beam; there are no Hounsfield units."""
    pixels = radiograph.pixels
    full = (float(pixels.min()), float(max(pixels.max(), pixels.min() + 1)))
    return full, full if name == "Full" else _limits_of_radiograph(radiograph)


def _smallest_view_of_radiograph(display: Display) -> float:
    return SMALLEST_PART * float(np.multiply(display.shape_kji, display.scale).max())


def _facts_of_radiograph(radiograph: Radiograph, display: Display, _looked: Looked) -> list[str]:
    lines = [spacing_words(radiograph.spacing_source)]
    if not any(display.letters(1) + display.letters(2)):
        lines.append("header does not say where left is: no letters")
    return lines


def _value_on_radiograph(radiograph: Radiograph, index_kji: NDArray[np.float64]) -> str:
    voxel = _nearest(index_kji, (1, *radiograph.pixels.shape))
    if voxel is None:
        return ""
    value = float(radiograph.pixels[voxel[1:]])
    return f"value {value:.4g}   row {voxel[1] + 1}, column {voxel[2] + 1}"


def _distance_on_radiograph(radiograph: Radiograph, ends_kji: NDArray[np.float64]) -> str:
    rows, columns = np.diff(ends_kji[:, 1:], axis=0)[0].tolist()
    if radiograph.spacing_mm is None:
        return f"{float(np.hypot(rows * radiograph.pixel_aspect, columns)):.0f} px"
    row_mm, column_mm = radiograph.spacing_mm
    bound = "≤ " if radiograph.spacing_source is SpacingSource.DETECTOR_PLANE else ""
    return f"{bound}{float(np.hypot(rows * row_mm, columns * column_mm)):.1f} mm"


def _ends_on_radiograph(_radiograph: Radiograph, axis: RadiographAxis) -> NDArray[np.float64]:
    return np.array([(0.0, *end) for end in axis.ends_px], dtype=np.float64)


def _cut_of_radiograph(
    _radiograph: Radiograph, display: Display, ends_kji: NDArray[np.float64], _across: int
) -> CuttingLine:
    first, last = ((float(row), float(column)) for _, row, column in ends_kji)
    is_mirrored = display.turned[1] != display.turned[2]
    return CuttingLine((last, first) if is_mirrored else (first, last))


_RADIOGRAPH: Final[ShownKind[Radiograph, RadiographMeasurements, RadiographMeasurements, RadiographAxis]] = ShownKind(
    display=display_of_radiograph,
    pixels_kji=_one_slice,
    limits=_limits_of_radiograph,
    window=_window_of_radiograph,
    keeps_limits=False,
    has_slabs=False,
    smallest_view=_smallest_view_of_radiograph,
    facts=_facts_of_radiograph,
    value_words=_value_on_radiograph,
    distance_words=_distance_on_radiograph,
    ends_kji=_ends_on_radiograph,
    cut=_cut_of_radiograph,
    columns=RADIOGRAPH_COLUMNS,
    sizes=sizes_on_radiograph,
    attenuation=contrast_on_radiograph,
    first_sizes=first_sizes_on_radiograph,
    length=length_on_radiograph,
    size_evidence=size_evidence_on_radiograph,
)

_KINDS: Final[Mapping[ImageKind, ShownKind[Any, Any, Any, Any]]] = {
    ImageKind.CT_STACK: _CT_STACK,
    ImageKind.RADIOGRAPH: _RADIOGRAPH,
}
