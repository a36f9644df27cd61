"""How the sizes of a lesion were found, in words: for a CT stack and for a radiograph."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.edge import EDGE, find_edge
from calcimeasure.model import Canal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.model import Measurements, Outline, Radiograph, RadiographMeasurements, Volume
    from calcimeasure.settings import Settings

_PROFILE_MM = np.arange(-3.0, 3.5, 0.5)


def size_lines_in_stack(volume: Volume, outline: Outline, numbers: Measurements, settings: Settings) -> Iterator[str]:
    """Describe plateau, surroundings and edge, the profile across the edge, and the sizes with their half-widths.

    Parameters
    ----------
    volume
        The stack in which the lesion was measured.
    outline, numbers
        Outline and numbers of the lesion.
    settings
        The settings used for measuring.
    """
    edge = find_edge(volume, outline, settings)
    yield from ("Edge", *_edge_lines(edge))
    if edge.inside.any():
        yield from ("", "Across the edge (negative: outside)", *_profile_lines(volume, edge))
    yield from ("", "Sizes", *_size_lines(volume, numbers))


def size_lines_on_radiograph(
    _radiograph: Radiograph, _outline: Outline, numbers: RadiographMeasurements, _settings: Settings
) -> Iterator[str]:
    """Describe the pixel spacing, the contrast and the sizes; all of these are in the numbers."""
    yield from ("Pixels", *_pixel_lines(numbers), "", "Sizes", *_radiograph_size_lines(numbers))


def _edge_lines(edge: Edge) -> Iterator[str]:
    if not edge.inside.any():
        yield "  none: nothing inside the outline stands out from its surroundings"
        return
    if edge.plateau_voxels:
        yield f"  plateau       {edge.plateau_hu:8.1f} HU, mean of {edge.plateau_voxels} voxels {EDGE.depth_mm} mm deep"
    else:
        yield f"  plateau       {edge.plateau_hu:8.1f} HU, solved for from the sum of attenuation"
    yield f"  surroundings  {edge.background_hu:8.1f} HU, mean of {edge.shell_voxels} voxels"
    yield f"  edge          {edge.boundary_hu:8.1f} HU, half way (median over the surface)"
    yield f"  noise         {edge.noise_sd_hu:8.1f} HU, standard deviation of a voxel"
    yield f"  blur          {edge.blur_sigma_mm:8.2f} mm, sigma in the slice plane"
    if not edge.follows_outline:
        yield "  the outline leaves this edge by more than a voxel: there its own border counts"


def _profile_lines(volume: Volume, edge: Edge) -> Iterator[str]:
    """Average the attenuation by the distance from the half-maximum outline."""
    geometry = volume.geometry
    spacing_mm = geometry.spacing_kji_mm
    inside_mm = ndimage.distance_transform_edt(edge.inside, sampling=spacing_mm)
    outside_mm = ndimage.distance_transform_edt(~edge.inside, sampling=spacing_mm)
    half_pixel_mm = min(spacing_mm) / 2
    depth_mm: NDArray[np.float64] = np.where(edge.inside, inside_mm - half_pixel_mm, half_pixel_mm - outside_mm)
    attenuation_hu = volume.attenuation_hu[
        tuple(slice(a, a + n) for a, n in zip(edge.start_kji, edge.inside.shape, strict=True))
    ]
    for low_mm, high_mm in pairwise(_PROFILE_MM):
        here = (depth_mm >= low_mm) & (depth_mm < high_mm)
        if here.any():
            yield f"  {low_mm:5.1f} to {high_mm:4.1f} mm {float(attenuation_hu[here].mean()):8.0f} HU"


def _size_lines(volume: Volume, numbers: Measurements) -> Iterator[str]:
    instance = volume.stack.instances[numbers.long_axis_slice].instance_number
    width = _plus_minus(numbers.long_axis_u95_mm)
    yield f"  long axis    {numbers.long_axis.length_mm:9.2f} mm{width}, image {instance}"
    yield f"  short axis   {numbers.short_axis.length_mm:9.2f} mm, perpendicular to it in the same image"
    if numbers.max_3d_diameter is not None:
        width = _plus_minus(numbers.max_3d_diameter_u95_mm)
        yield f"  3-D diameter {numbers.max_3d_diameter.length_mm:9.2f} mm{width}"
    if numbers.volume_ml is not None:
        width = _plus_minus(numbers.volume_u95_ml, 4)
        yield f"  volume       {numbers.volume_ml:9.4f} mL{width}, partial volume summed"
    if numbers.volume_voxels_ml is not None:
        yield f"               {numbers.volume_voxels_ml:9.4f} mL by voxels, {numbers.volume_mesh_ml:.4f} mL by mesh"
    if numbers.area_mm2 is not None:
        yield f"  area         {numbers.area_mm2:9.2f} mm2"
    yield from _whole_lines(numbers)
    if numbers.truncated:
        yield "  it reaches the edge of what was imaged: all of these are lower bounds"


def _whole_lines(numbers: Measurements) -> Iterator[str]:
    """Describe the mass as a whole: its pieces, its envelope, what it looks like, and its distance from the skin."""
    if numbers.parts is not None and numbers.parts > 1:
        yield f"  pieces       {numbers.parts:9d}, measured together across the gaps"
    if numbers.envelope_ml is not None:
        yield _envelope_line(numbers.envelope_ml, numbers.envelope_u95_ml, numbers.fill_fraction)
    if numbers.morphology is not None:
        sure = numbers.morphology_confidence
        judged = "set by a reader" if sure is None else f"confidence {sure:.2f}"
        yield f"  looks        {numbers.morphology}, {judged}"
    if numbers.fluid_level is not None:
        found = "sediment lies under fluid, along gravity" if numbers.fluid_level else "none along gravity"
        yield f"  fluid level  {found}"
    if numbers.skin_distance_mm is not None:
        near = "it reaches the skin" if numbers.skin_distance_mm == 0 else f"{numbers.skin_distance_mm:.1f} mm below it"
        yield f"  skin         {near}"
    if numbers.canal is not None:
        taken = f"{numbers.canal_narrowed_percent or 0:.0f} % of its section taken"
        yield f"  canal        {_CANAL_WORDS[numbers.canal]}, {taken}"


_CANAL_WORDS: Final = {
    Canal.NONE: "outside of the vertebral canal",
    Canal.FORAMEN: "in an intervertebral foramen, beside the canal",
    Canal.CANAL: "in the vertebral canal",
}


def _envelope_line(envelope_ml: float, u95_ml: float | None, fill_fraction: float | None) -> str:
    filled = "" if fill_fraction is None else f", {fill_fraction:.0%} of it calcified"
    return f"  envelope     {envelope_ml:9.4f} mL{_plus_minus(u95_ml, 4)}{filled}"


def _plus_minus(half_width: float | None, decimals: int = 2) -> str:
    return "" if half_width is None else f" +- {half_width:.{decimals}f} (95 %)"


def _pixel_lines(numbers: RadiographMeasurements) -> Iterator[str]:
    if numbers.column_spacing_mm is None:
        yield f"  spacing      no millimeters ({numbers.spacing_source}): sizes are in units of the column spacing"
        yield f"  proportion   rows are {numbers.pixel_aspect:.4g} times as far apart as columns"
    else:
        spacing = f"{numbers.row_spacing_mm:.4f} x {numbers.column_spacing_mm:.4f} mm"
        yield f"  spacing      {spacing}, rows x columns ({numbers.spacing_source})"
    if numbers.mean_contrast is not None:
        yield f"  contrast     {numbers.mean_contrast:.4g}, mean above the local background"
    if numbers.boundary is not None:
        yield f"  edge         {numbers.boundary:.4g} above it, median along the outline"


def _radiograph_size_lines(numbers: RadiographMeasurements) -> Iterator[str]:
    row, column = numbers.centroid_px
    width = _plus_minus(numbers.long_axis_u95_px, 1)
    yield f"  long axis    {numbers.long_axis.length_px:9.1f} px{width}{_in_mm(numbers.long_axis_mm)}"
    yield (f"  short axis   {numbers.short_axis.length_px:9.1f} px{_in_mm(numbers.short_axis_mm)}, perpendicular to it")
    area = "" if numbers.area_mm2 is None else f" = {numbers.area_mm2:.2f} mm2"
    yield f"  area         {numbers.area_px:9.1f} px{area}, around row {row:.0f}, column {column:.0f}"
    yield from _radiograph_whole_lines(numbers)
    if numbers.truncated:
        yield "  it reaches the edge of the image: all of these are lower bounds"


def _radiograph_whole_lines(numbers: RadiographMeasurements) -> Iterator[str]:
    """Describe the mass as a whole: its pieces, its envelope, and what it looks like."""
    if numbers.parts is not None and numbers.parts > 1:
        yield f"  pieces       {numbers.parts:9d}, measured together across the gaps"
    if numbers.envelope_px is not None:
        in_mm = "" if numbers.envelope_mm2 is None else f" = {numbers.envelope_mm2:.2f} mm2"
        filled = "" if numbers.fill_fraction is None else f", {numbers.fill_fraction:.0%} of it calcified"
        yield f"  envelope     {numbers.envelope_px:9.1f} px{_plus_minus(numbers.envelope_u95_px, 1)}{in_mm}{filled}"
    if numbers.morphology is not None:
        yield f"  looks        {numbers.morphology}, confidence {numbers.morphology_confidence or 0:.2f}"


def _in_mm(length_mm: float | None) -> str:
    return "" if length_mm is None else f" = {length_mm:.2f} mm"
