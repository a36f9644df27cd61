"""One outline to one lesion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.inherit import inherit
from calcimeasure.locate.laterality import side_of
from calcimeasure.locate.site import site_of_lesion
from calcimeasure.measure import measure
from calcimeasure.model import Lesion
from calcimeasure.settings import settings_hash
from calcimeasure.uid import made_uid
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from calcimeasure.locate.laterality import View
    from calcimeasure.model import Outline, Proposal, Series, Volume
    from calcimeasure.settings import Settings


def assess(
    volume: Volume,
    outline: Outline,
    number: int,
    settings: Settings,
    proposal: Proposal | None = None,
    view: View | None = None,
) -> Lesion:
    """Measure an outline and make it a proposed lesion.

    Parameters
    ----------
    volume
        The stack.
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
        What is in the field of the stack: it says side and site, which both stay unknown where there is none.
    """
    measurements = measure(volume, outline, settings)
    image = volume.series.instances[measurements.long_axis_slice]
    measurements = replace(
        measurements, long_axis_sop_uid=image.sop_uid, long_axis_instance_number=image.instance_number
    )
    if proposal is not None:
        measurements = replace(
            measurements, touches_bone=proposal.touches_bone, bone_contact_mm2=proposal.bone_contact_mm2
        )
    site = None if view is None else site_of_lesion(outline, volume.geometry, view)
    notices = dict.fromkeys((*volume.notices, *measurements.notices))
    return Lesion(
        tracking_uid=tracking_uid(volume.series, outline),
        number=number,
        outline=outline,
        measurements=measurements,
        notices=tuple(notices),
        settings_hash=settings_hash(settings),
        software_version=software_version(),
        tissue=None if proposal is None else proposal.tissue,
        tissue_confidence=None if proposal is None else proposal.tissue_confidence,
        side=None if view is None else side_of(outline, volume.geometry, view, site),
        site=site,
    )


def assess_again(volume: Volume, lesion: Lesion, settings: Settings, view: View | None = None) -> Lesion:
    """Measure a lesion on the outline that it has; what it is and what was decided about it stays.

    Parameters
    ----------
    volume
        The stack.
    lesion
        With its outline as it is to be measured.
    settings
        What to measure with.
    view
        What is in the field of the stack; without it side and site stay as they were.
    """
    measured = assess(volume, lesion.outline, lesion.number, settings, view=view)
    before = lesion.measurements
    measured = replace(
        measured,
        measurements=replace(
            measured.measurements, touches_bone=before.touches_bone, bone_contact_mm2=before.bone_contact_mm2
        ),
        algorithm_type=lesion.algorithm_type,
        tissue=lesion.tissue,
        tissue_confidence=lesion.tissue_confidence,
        side=lesion.side if view is None else measured.side,
        site=lesion.site if view is None else measured.site,
    )
    return inherit(measured, lesion)


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
