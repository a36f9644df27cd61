"""The first numbers of an outline while a reader draws it: from its voxels alone, without the edge below the voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from calcimeasure.measure.shape import in_plane_axes, voxel_volume_ml
from calcimeasure.model import ImageKind

if TYPE_CHECKING:
    from calcimeasure.model import Axis, Outline, Volume


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of an outline in a stack at once; on a radiograph `RadiographMeasurements` without the edge."""

    kind: ClassVar[Literal[ImageKind.CT_STACK]] = ImageKind.CT_STACK

    long_axis: Axis
    short_axis: Axis
    long_axis_slice: int
    volume_voxels_ml: float | None


def preview(volume: Volume, outline: Outline) -> Preview:
    """Measure what can be measured while a reader draws: axes and volume of the outline's voxels.

    Parameters
    ----------
    volume
        The stack.
    outline
        As it is drawn now.
    """
    axes = in_plane_axes(outline, volume.geometry)
    single = volume.geometry.shape_kji[0] == 1
    volume_ml = None if single else voxel_volume_ml(outline, volume.geometry)
    return Preview(axes.long_axis, axes.short_axis, axes.slice_index, volume_ml)
