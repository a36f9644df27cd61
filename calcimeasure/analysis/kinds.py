"""The functions that differ between a CT stack and a radiograph: one table with a row for each kind of image.

No other module tests the kind of an image. A module takes the row of its image (`kind_of`) and calls the functions in
this row. Values that both kinds have are properties of the records in `calcimeasure.model`; a property is None on the
kind that does not have it. `calcimeasure.load.image` reads an image from its files: there only the header tells the
kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

from calcimeasure.analysis.inherit import as_calibrated
from calcimeasure.analysis.plane import Plane, plane_in_stack, plane_of_radiograph
from calcimeasure.analysis.sizes import size_lines_in_stack, size_lines_on_radiograph
from calcimeasure.edge import half_maximum_outline
from calcimeasure.locate.anatomy import Anatomy, anatomy_of
from calcimeasure.locate.canal import judge_canal
from calcimeasure.locate.ordered import shows_limb
from calcimeasure.locate.place import place_of
from calcimeasure.locate.radiograph import RadiographAnatomy, place_on_radiograph, radiograph_anatomy_of
from calcimeasure.locate.radiograph_side import side_on_radiograph, site_on_radiograph
from calcimeasure.locate.side import side_of
from calcimeasure.locate.site import site_of
from calcimeasure.measure import measure, measure_on_radiograph
from calcimeasure.measure.preview import Preview, preview
from calcimeasure.measure.radiograph import notices_of_radiograph, preview_on_radiograph
from calcimeasure.model import (
    Image,
    ImageKind,
    Measurements,
    Outline,
    Radiograph,
    RadiographMeasurements,
    Tissue,
    Volume,
)
from calcimeasure.segment import (
    as_channels,
    grow_on_radiograph,
    propose,
    propose_at,
    propose_on_radiograph,
    steepest_beside,
    views_of_outline,
    without_specks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from calcimeasure.model import Lesion, NamedBones, Proposal, Proposals, Side, Site
    from calcimeasure.settings import Settings

Numbers = Measurements | RadiographMeasurements
"""The numbers of a lesion, on any kind of image."""

AnyAnatomy = Anatomy | RadiographAnatomy
"""The anatomy that an image of any kind shows."""

ImageT = TypeVar("ImageT", bound=Image)
NumbersT = TypeVar("NumbersT", bound=Numbers)
AnatomyT = TypeVar("AnatomyT", bound=AnyAnatomy)


@dataclass(frozen=True, slots=True)
class Kind(Generic[ImageT, NumbersT, AnatomyT]):
    """The functions for one kind of image, for its numbers and for its anatomy.

    Parameters
    ----------
    calibrated
        Returns the image with the spacing that a reader measured, as stored with its lesions.
    propose
        Returns the dense components of the image. Its argument is the mask (k, j, i) of bone that another program
        outlined, or None.
    anatomy
        Returns the anatomy that the image shows. Its arguments are the proposals, and the bones that another program
        named (None: none); the language of side markers is a setting.
    refined
        Returns the outline on which a proposal is measured.
    measure
        Returns the numbers of an outline.
    with_contact
        Returns the numbers with contact to bone and its area in mm2. The contact cannot be measured from the outline
        alone.
    with_canal
        Returns the numbers with what the outline takes of the vertebral canal; its last argument tells whether the
        outline lies at the spine.
    located
        Returns the side and the site of an outline.
    judged_site
        Returns the site as judged now, with its evidence, to be explained; None if only the header names the site.
    size_lines
        Returns the explanation of the sizes, in words.
    plane
        Returns the plane on which a lesion is drawn.
    surroundings
        Returns what the network of this kind of image looks at around a proposal: (rows of views, views in a row,
        pixels, pixels) gray from 0 to 1, and where the proposal itself lies. None if it is not drawn.
    preview
        Returns the first numbers of an outline while a reader draws it.
    is_large
        Tells whether an outline is so large that its first numbers are shown before all others.
    grow
        Returns the outline of the mass at a voxel (k, j, i), or of the mass on which a region was painted.
    snap
        Returns an outline drawn again along the edge of what it holds.
    notices
        Returns the notices that every lesion of the image has and the image itself has not: they are told also where
        no lesion is found.
    radiograph
        Returns the radiograph, which a reader can calibrate; None on CT, whose header has the spacing.
    volume
        Returns the CT volume, whose voxels have places in the patient; None on a radiograph.
    """

    calibrated: Callable[[ImageT, Iterable[Lesion]], ImageT]
    propose: Callable[[ImageT, Settings, NDArray[np.bool_] | None], Proposals]
    anatomy: Callable[[ImageT, Proposals, NamedBones | None, Settings], AnatomyT]
    refined: Callable[[ImageT, Proposal, Settings], Outline]
    measure: Callable[[ImageT, Outline, Settings], NumbersT]
    with_contact: Callable[[NumbersT, bool | None, float | None], NumbersT]
    with_canal: Callable[[NumbersT, ImageT, Outline, bool], NumbersT]
    located: Callable[[Outline, AnatomyT], tuple[Side, Site]]
    judged_site: Callable[[ImageT, Outline, Proposals, NamedBones | None], Site | None]
    size_lines: Callable[[ImageT, Outline, NumbersT, Settings], Iterable[str]]
    plane: Callable[[ImageT, NumbersT], Plane]
    surroundings: Callable[[ImageT, Outline], tuple[NDArray[np.float32], NDArray[np.bool_]] | None]
    preview: Callable[[ImageT, Outline], Preview | RadiographMeasurements]
    is_large: Callable[[ImageT, Outline], bool]
    grow: Callable[[ImageT, tuple[int, int, int] | Outline, Settings], Outline]
    snap: Callable[[ImageT, Outline, Settings], Outline]
    notices: Callable[[ImageT], tuple[str, ...]]
    radiograph: Callable[[ImageT], Radiograph | None]
    volume: Callable[[ImageT], Volume | None]


def kind_of(image: ImageT) -> Kind[ImageT, Numbers, AnyAnatomy]:
    """Give the row of the table for an image.

    Use the row only with this image, with numbers measured on this image, and with the anatomy seen on this image.
    """
    return _KINDS[image.kind]


LARGE_MM: Final = 50.0
"""For masses longer than this, axes and voxel volume are shown at once, and the other numbers as soon as they
are measured."""

LARGE_PX: Final = 300
"""The same limit on radiographs, in pixels: finding the edge of longer masses takes about a second."""


# CT stacks


def _as_acquired(volume: Volume, _lesions: Iterable[Lesion]) -> Volume:
    return volume


def _anatomy_of_stack(
    volume: Volume, proposals: Proposals, bones: NamedBones | None, _settings: Settings | None = None
) -> Anatomy:
    skeleton = [part.outline for part in proposals.parts if part.tissue is Tissue.BONE]
    return anatomy_of(volume, proposals.bodies, skeleton, bones)


def _refined_in_stack(volume: Volume, part: Proposal, settings: Settings) -> Outline:
    """Draw a proposal along its half-maximum; if it touches bone, exclude the part that was cut off as bone.

    The blurred surface of a bone beside a mass is as dense as the edge of the mass; the half-maximum would follow that
    surface. Small fragments of the mass that remain there are dropped, because an axis would end in them.
    """
    outline = half_maximum_outline(volume, part.outline, settings)
    if not part.touches_bone:
        return outline
    hu = volume.attenuation_hu[outline.box]
    own = part.outline.mask_in(outline.start_kji, outline.stop_kji)
    kept = outline.mask() & (own | (hu < settings.threshold_hu))
    if not kept.any():
        return outline
    return without_specks(Outline.from_mask(kept, outline.start_kji), volume.geometry, settings)


def _with_contact(numbers: Measurements, touches_bone: bool | None, bone_contact_mm2: float | None) -> Measurements:
    return replace(numbers, touches_bone=touches_bone, bone_contact_mm2=bone_contact_mm2)


def _with_canal(numbers: Measurements, volume: Volume, outline: Outline, at_spine: bool) -> Measurements:
    judged = judge_canal(volume, outline) if at_spine else None
    canal, percent = (None, None) if judged is None else judged
    return replace(numbers, canal=canal, canal_narrowed_percent=percent)


def _located_in_stack(outline: Outline, anatomy: Anatomy) -> tuple[Side, Site]:
    place = place_of(outline, anatomy)
    site = site_of(place)
    return side_of(place, site), site


def _judged_site_in_stack(volume: Volume, outline: Outline, proposals: Proposals, bones: NamedBones | None) -> Site:
    return site_of(place_of(outline, _anatomy_of_stack(volume, proposals, bones)))


def _surroundings_in_stack(volume: Volume, outline: Outline) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Give the views of each step as a row; soft tissue takes the darker half of the gray, calcium the brighter."""
    seen_hu, own = views_of_outline(volume, outline)
    soft_and_dense = as_channels(seen_hu, own)[..., :2].mean(axis=-1)
    side = own.shape[-1]
    return soft_and_dense.reshape(-1, 3, side, side), own.reshape(-1, 3, side, side)


def _is_large_in_stack(volume: Volume, outline: Outline) -> bool:
    extents_mm = (n * step for n, step in zip(outline.shape_kji, volume.geometry.spacing_kji_mm, strict=True))
    return max(extents_mm) > LARGE_MM


def _grown_in_stack(volume: Volume, seed: tuple[int, int, int] | Outline, settings: Settings) -> Outline:
    """Outline the mass at a voxel, or that on which a region was painted, along the half-maximum and without bone."""
    places = np.argwhere(seed.mask()) + seed.start_kji if isinstance(seed, Outline) else np.array([seed])
    return _refined_in_stack(volume, propose_at(volume, places, settings), settings)


def _snapped_in_stack(volume: Volume, outline: Outline, settings: Settings) -> Outline:
    """Draw an outline along the steepest change of attenuation beside it, and then along the half-maximum."""
    return half_maximum_outline(volume, steepest_beside(volume, outline, settings), settings)


def _no_notices(_volume: Volume) -> tuple[str, ...]:
    """Give none: a CT volume has all of its notices itself."""
    return ()


def _no_radiograph(_volume: Volume) -> None:
    """Give None: a CT volume is not a radiograph."""


def _the_volume(volume: Volume) -> Volume:
    return volume


_CT_STACK: Final[Kind[Volume, Measurements, Anatomy]] = Kind(
    calibrated=_as_acquired,
    propose=propose,
    anatomy=_anatomy_of_stack,
    refined=_refined_in_stack,
    measure=measure,
    with_contact=_with_contact,
    with_canal=_with_canal,
    located=_located_in_stack,
    judged_site=_judged_site_in_stack,
    size_lines=size_lines_in_stack,
    plane=plane_in_stack,
    surroundings=_surroundings_in_stack,
    preview=preview,
    is_large=_is_large_in_stack,
    grow=_grown_in_stack,
    snap=_snapped_in_stack,
    notices=_no_notices,
    radiograph=_no_radiograph,
    volume=_the_volume,
)


# Radiographs


def _propose_on_radiograph(
    radiograph: Radiograph, settings: Settings, _bones: NDArray[np.bool_] | None = None
) -> Proposals:
    return propose_on_radiograph(radiograph, settings, limb=shows_limb(radiograph.stack))


def _anatomy_of_radiograph(
    radiograph: Radiograph, _proposals: Proposals, _bones: NamedBones | None, settings: Settings
) -> RadiographAnatomy:
    return radiograph_anatomy_of(radiograph.stack, radiograph.pixels, settings.marker_language)


def _as_proposed(_radiograph: Radiograph, part: Proposal, _settings: Settings) -> Outline:
    """On a radiograph a proposal is drawn along its half-maximum already."""
    return part.outline


def _without_contact(
    numbers: RadiographMeasurements, _touches: bool | None, _contact_mm2: float | None
) -> RadiographMeasurements:
    """Return the numbers unchanged: a projection shows no contact with bone."""
    return numbers


def _without_canal(
    numbers: RadiographMeasurements, _radiograph: Radiograph, _outline: Outline, _at_spine: bool
) -> RadiographMeasurements:
    """Return the numbers unchanged: a projection does not show what lies in the vertebral canal."""
    return numbers


def _located_on_radiograph(outline: Outline, anatomy: RadiographAnatomy) -> tuple[Side, Site]:
    place = place_on_radiograph(outline, anatomy)
    return side_on_radiograph(place), site_on_radiograph(place)


def _no_site(_image: Radiograph, _outline: Outline, _proposals: Proposals, _bones: NamedBones | None) -> None:
    """Give None: a projection does not show where in the body a lesion lies."""


def _no_surroundings(_radiograph: Radiograph, _outline: Outline) -> None:
    """Give None: no sign of a proposal on a radiograph names what the network looked at."""


def _is_large_on_radiograph(_radiograph: Radiograph, outline: Outline) -> bool:
    return max(outline.shape_kji) > LARGE_PX


def _itself(radiograph: Radiograph) -> Radiograph:
    return radiograph


def _no_volume(_radiograph: Radiograph) -> None:
    """Give None: the pixels of a radiograph have no place in the patient."""


def _grown_on_radiograph(radiograph: Radiograph, seed: tuple[int, int, int] | Outline, settings: Settings) -> Outline:
    """Outline the mass at a pixel, or the mass on which a region was painted."""
    if isinstance(seed, Outline):
        return grow_on_radiograph(radiograph, seed.mask_in((0, 0, 0), radiograph.shape_kji)[0], settings)
    return grow_on_radiograph(radiograph, seed[1:], settings)


_RADIOGRAPH: Final[Kind[Radiograph, RadiographMeasurements, RadiographAnatomy]] = Kind(
    calibrated=as_calibrated,
    propose=_propose_on_radiograph,
    anatomy=_anatomy_of_radiograph,
    refined=_as_proposed,
    measure=measure_on_radiograph,
    with_contact=_without_contact,
    with_canal=_without_canal,
    located=_located_on_radiograph,
    judged_site=_no_site,
    size_lines=size_lines_on_radiograph,
    plane=plane_of_radiograph,
    surroundings=_no_surroundings,
    preview=preview_on_radiograph,
    is_large=_is_large_on_radiograph,
    grow=_grown_on_radiograph,
    snap=_grown_on_radiograph,
    notices=notices_of_radiograph,
    radiograph=_itself,
    volume=_no_volume,
)

_KINDS: Final[Mapping[ImageKind, Kind[Any, Any, Any]]] = {
    ImageKind.CT_STACK: _CT_STACK,
    ImageKind.RADIOGRAPH: _RADIOGRAPH,
}
