"""The first numbers of an outline while a reader draws it: from its voxels alone, without the subvoxel edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from calcimeasure.measure.shape import in_plane_axes, voxel_volume_ml
from calcimeasure.model import ImageKind

if TYPE_CHECKING:
    from calcimeasure.model import Axis, Outline, Volume


@dataclass(frozen=True, slots=True)
class Preview:
    """Numbers of an outline in a CT stack that take little time; radiographs use `RadiographMeasurements` instead."""

    kind: ClassVar[Literal[ImageKind.CT_STACK]] = ImageKind.CT_STACK

    long_axis: Axis
    short_axis: Axis
    long_axis_slice: int
    volume_voxels_ml: float | None


def preview(volume: Volume, outline: Outline) -> Preview:
    """Measure an outline while a reader draws it: axes and volume of its voxels.

    Parameters
    ----------
    volume
        The stack.
    outline
        The outline as drawn so far.
    """
    axes = in_plane_axes(outline, volume.geometry)
    single = volume.geometry.shape_kji[0] == 1
    volume_ml = None if single else voxel_volume_ml(outline, volume.geometry)
    return Preview(axes.long_axis, axes.short_axis, axes.slice_index, volume_ml)
