"""Why a lesion's numbers are what they are, in words: what `calcimeasure explain` prints."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy import ndimage

from calcimeasure.analysis.inherit import as_calibrated
from calcimeasure.codes import NOTICES
from calcimeasure.edge import EDGE, find_edge
from calcimeasure.locate.anatomy import anatomy_of
from calcimeasure.locate.ordered import shows_limb
from calcimeasure.locate.place import place_of
from calcimeasure.locate.site import site_of
from calcimeasure.model import FilmMeasurements, Radiograph, Tissue
from calcimeasure.segment import propose, propose_on_film

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.model import Image, Lesion, Measurements, NamedBones, Proposals, Site, Volume
    from calcimeasure.settings import Settings

_PROFILE_MM = np.arange(-3.0, 3.5, 0.5)


def explain_size(image: Image, lesion: Lesion, settings: Settings) -> list[str]:
    """Explain a lesion's sizes.

    Parameters
    ----------
    image
        The stack that it was measured in, or the radiograph.
    lesion
        As measured with these settings.
    settings
        What it was measured with.

    Returns
    -------
    list of str
        Lines for a person: plateau, surroundings and edge, the profile across the edge, the sizes with their
        half-widths, and what its notices mean. Of a radiograph what a pixel is, contrast and sizes.
    """
    numbers = lesion.measurements
    if isinstance(numbers, FilmMeasurements):
        lines = ["Pixels", *_pixel_lines(numbers), "", "Sizes", *_film_size_lines(numbers)]
    else:
        lines = list(_volume_lines(cast("Volume", image), lesion, numbers, settings))
    notices = [f"  {notice}: {NOTICES[notice]}" for notice in lesion.notices]
    return [f"Lesion {lesion.number}, {lesion.tracking_uid}", "", *lines, "", "Notices", *notices]


def explain_tissue(
    image: Image, lesion: Lesion, settings: Settings, bones: NDArray[np.bool_] | None = None
) -> list[str]:
    """Explain what a lesion was judged to be.

    Parameters
    ----------
    image
        The stack that it was found in, or the radiograph.
    lesion
        As outlined; a reader may have drawn it anew.
    settings
        What it was found with.
    bones
        (k, j, i), true where another program outlined bone.

    Returns
    -------
    list of str
        Lines for a person: the tissue of the proposal that it overlaps most, and each sign with how much it speaks for
        a calcified mass (positive) or against it, in the unit of evidence that adds up: the logarithm of the odds.
    """
    return _tissue_lines(_proposals(image, lesion, settings, bones), lesion)


def explain_judgements(
    image: Image, lesion: Lesion, settings: Settings, bones: NamedBones | None = None
) -> tuple[list[str], list[str]]:
    """Explain what a lesion was judged to be, and where it lies, looking at the image once.

    Parameters
    ----------
    image, lesion, settings
        As in `explain_tissue`.
    bones
        Bones that another program named.

    Returns
    -------
    tuple of list of str
        Lines for a person: those of `explain_tissue`, and those of `explain_place`.
    """
    proposals = _proposals(image, lesion, settings, None if bones is None else bones.mask)
    if isinstance(image, Radiograph):
        return _tissue_lines(proposals, lesion), explain_place(lesion)
    skeleton = [part.outline for part in proposals.parts if part.tissue is Tissue.BONE]
    anatomy = anatomy_of(image, proposals.bodies, skeleton, bones)
    judged = site_of(place_of(lesion.outline, anatomy))
    return _tissue_lines(proposals, lesion), explain_place(lesion, judged)


def _proposals(image: Image, lesion: Lesion, settings: Settings, bones: NDArray[np.bool_] | None) -> Proposals:
    if isinstance(image, Radiograph):
        return propose_on_film(as_calibrated(image, [lesion]), settings, limb=shows_limb(image.series))
    return propose(image, settings, bones)


def _tissue_lines(proposals: Proposals, lesion: Lesion) -> list[str]:
    part = max(proposals.parts, key=lambda one: one.outline.overlap(lesion.outline), default=None)
    if part is None or not part.outline.overlap(lesion.outline):
        return ["Tissue", "  nothing dense was proposed here: the outline is a reader's alone"]
    lines = ["Tissue", f"  {part.tissue}, confidence {part.tissue_confidence:.2f}"]
    if part.touches_bone:
        lines.append(f"  touches bone over {part.bone_contact_mm2:.0f} mm2")
    strongest_first = sorted(part.evidence, key=lambda one: -abs(one.log_odds))
    return [*lines, *(f"  {one.log_odds:+5.1f}  {one.sentence}" for one in strongest_first)]


def explain_place(lesion: Lesion, judged: Site | None = None) -> list[str]:
    """Explain a lesion's side and body site: what they rest on, and what speaks against it.

    Parameters
    ----------
    lesion
        As stored.
    judged
        Its site as judged now, with its evidence.

    Returns
    -------
    list of str
        Lines for a person.
    """
    side, site = lesion.side, lesion.site
    if side is None or site is None:
        return ["Side and site", "  not judged"]
    lines = ["Side and site", f"  side          {side.laterality}, from {side.source}{_percent(side.confidence)}"]
    if side.conflict:
        lines.append("  conflict      sources disagree: a reader has to say")
    if side.hint is not None:
        lines.append(f"  hint          {side.hint} (weak evidence, not a side)")
    if side.distance_to_midline_mm is not None:
        lines.append(f"  midline       {side.distance_to_midline_mm:.1f} mm, positive to the patient's left")
    lines += [f"  because       {reason}" for reason in side.evidence.split("; ") if reason]
    lines.append(f"  site          {_named(site)}")
    if judged is not None and judged.evidence:
        against = "" if judged.body_site is site.body_site else f", for {_named(judged)}"
        lines.append(f"  because       {judged.evidence}{against}")
    return lines


def _named(site: Site) -> str:
    detail = f" ({site.detail})" if site.detail else ""
    return f"{site.body_site}{detail}, from {site.source}"


def _percent(confidence: float | None) -> str:
    return "" if confidence is None else f", confidence {confidence:.0%}"


def _pixel_lines(numbers: FilmMeasurements) -> Iterator[str]:
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


def _film_size_lines(numbers: FilmMeasurements) -> Iterator[str]:
    row, column = numbers.centroid_px
    width = _plus_minus(numbers.long_axis_u95_px, 1)
    yield f"  long axis    {numbers.long_axis.length_px:9.1f} px{width}{_in_mm(numbers.long_axis_mm)}"
    yield (f"  short axis   {numbers.short_axis.length_px:9.1f} px{_in_mm(numbers.short_axis_mm)}, perpendicular to it")
    area = "" if numbers.area_mm2 is None else f" = {numbers.area_mm2:.2f} mm2"
    yield f"  area         {numbers.area_px:9.1f} px{area}, around row {row:.0f}, column {column:.0f}"
    if numbers.truncated:
        yield "  it reaches the edge of the image: all of these are lower bounds"


def _in_mm(length_mm: float | None) -> str:
    return "" if length_mm is None else f" = {length_mm:.2f} mm"


def _volume_lines(volume: Volume, lesion: Lesion, numbers: Measurements, settings: Settings) -> Iterator[str]:
    edge = find_edge(volume, lesion.outline, settings)
    yield from ("Edge", *_edge_lines(edge))
    if edge.inside.any():
        yield from ("", "Across the edge (negative: outside)", *_profile_lines(volume, edge))
    yield from ("", "Sizes", *_size_lines(volume, numbers))


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
    instance = volume.series.instances[numbers.long_axis_slice].instance_number
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
    if numbers.truncated:
        yield "  it reaches the edge of what was imaged: all of these are lower bounds"


def _plus_minus(half_width: float | None, decimals: int = 2) -> str:
    return "" if half_width is None else f" +- {half_width:.{decimals}f} (95 %)"
