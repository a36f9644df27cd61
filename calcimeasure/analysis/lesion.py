"""One outline to one lesion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.inherit import inherit
from calcimeasure.locate.film import FilmView, film_side_of
from calcimeasure.locate.laterality import View, side_of
from calcimeasure.locate.site import site_of_lesion
from calcimeasure.measure import measure, measure_on_film
from calcimeasure.model import Lesion, Measurements, Radiograph, Volume
from calcimeasure.settings import settings_hash
from calcimeasure.uid import made_uid
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from calcimeasure.model import FilmMeasurements, Image, Outline, Proposal, Series, Side, Site
    from calcimeasure.settings import Settings


def assess(
    image: Image,
    outline: Outline,
    number: int,
    settings: Settings,
    proposal: Proposal | None = None,
    view: View | FilmView | None = None,
) -> Lesion:
    """Measure an outline and make it a proposed lesion.

    Parameters
    ----------
    image
        The stack, or the radiograph.
    outline
        As the program proposed it.
    number
        Its number in the stack, given once.
    settings
        What to measure with.
    proposal
        What the outline was drawn from: it says which tissue it is and how much of it lies on bone, which both stay
        unknown where there is none.
    view
        What is in the field of the image: it says side and site, which both stay unknown where there is none.
    """
    measurements = _measured(image, outline, settings)
    shown_on = image.series.instances[measurements.long_axis_slice]
    measurements = replace(
        measurements, long_axis_sop_uid=shown_on.sop_uid, long_axis_instance_number=shown_on.instance_number
    )
    if proposal is not None and isinstance(measurements, Measurements):
        measurements = replace(
            measurements, touches_bone=proposal.touches_bone, bone_contact_mm2=proposal.bone_contact_mm2
        )
    side, site = _place(image, outline, view)
    notices = dict.fromkeys((*image.notices, *measurements.notices))
    return Lesion(
        tracking_uid=tracking_uid(image.series, outline),
        number=number,
        outline=outline,
        measurements=measurements,
        notices=tuple(notices),
        settings_hash=settings_hash(settings),
        software_version=software_version(),
        tissue=None if proposal is None else proposal.tissue,
        tissue_confidence=None if proposal is None else proposal.tissue_confidence,
        side=side,
        site=site,
    )


def assess_again(image: Image, lesion: Lesion, settings: Settings, view: View | FilmView | None = None) -> Lesion:
    """Measure a lesion on the outline that it has; what it is and what was decided about it stays.

    Parameters
    ----------
    image
        The stack, or the radiograph.
    lesion
        With its outline as it is to be measured.
    settings
        What to measure with.
    view
        What is in the field of the image; without it side and site stay as they were.
    """
    measured = assess(image, lesion.outline, lesion.number, settings, view=view)
    measured = replace(
        measured,
        measurements=_with_contact(measured.measurements, lesion.measurements),
        algorithm_type=lesion.algorithm_type,
        tissue=lesion.tissue,
        tissue_confidence=lesion.tissue_confidence,
        side=lesion.side if view is None else measured.side,
        site=lesion.site if view is None else measured.site,
    )
    return inherit(measured, lesion)


def _measured(image: Image, outline: Outline, settings: Settings) -> Measurements | FilmMeasurements:
    if isinstance(image, Radiograph):
        return measure_on_film(image, outline, settings)
    return measure(image, outline, settings)


def _place(image: Image, outline: Outline, view: View | FilmView | None) -> tuple[Side | None, Site | None]:
    """Say on which side and at which site a lesion lies; nothing without a view of its image."""
    if isinstance(view, FilmView):
        return film_side_of(outline, view), view.site
    if isinstance(view, View) and isinstance(image, Volume):
        site = site_of_lesion(outline, image.geometry, view)
        return side_of(outline, image.geometry, view, site), site
    return None, None


def _with_contact(
    numbers: Measurements | FilmMeasurements, before: Measurements | FilmMeasurements
) -> Measurements | FilmMeasurements:
    """Keep how much of a lesion lies on bone, which is no number of its outline; a projection shows no contact."""
    if isinstance(numbers, Measurements) and isinstance(before, Measurements):
        return replace(numbers, touches_bone=before.touches_bone, bone_contact_mm2=before.bone_contact_mm2)
    return numbers


def tracking_uid(series: Series, outline: Outline) -> str:
    """Name a lesion for good: the same stack and first outline give the same Tracking UID (0062,0021).

    Returns
    -------
    str
        A UID made from a UUID (PS3.5 B.2), from a SHA-256 over the images of the stack and the outline.
    """
    digest = hashlib.sha256()
    # Stacks of one multi-frame file have the same SOPInstanceUID: the frame tells them apart.
    images = (f"{instance.sop_uid} {instance.frame_index}" for instance in series.instances)
    for part in (series.study_uid, series.series_uid, *images):
        digest.update(part.encode() + b"\0")
    digest.update(repr((outline.start_kji, outline.stop_kji)).encode() + outline.bits)
    return made_uid(digest.digest())
