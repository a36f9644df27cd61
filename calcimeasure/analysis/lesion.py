"""From one outline to one lesion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.inherit import inherit
from calcimeasure.analysis.kinds import kind_of
from calcimeasure.model import BodySite, Lesion, Tissue
from calcimeasure.settings import settings_hash
from calcimeasure.uid import made_uid
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.model import Image, Outline, Proposal, Stack
    from calcimeasure.settings import Settings


def assess(
    image: Image,
    outline: Outline,
    number: int,
    settings: Settings,
    proposal: Proposal | None = None,
    anatomy: AnyAnatomy | None = None,
) -> Lesion:
    """Measure an outline and make it a proposed lesion.

    Parameters
    ----------
    image
        The CT volume or the radiograph.
    outline
        The outline that the program proposes.
    number
        The number of the lesion in its stack; each number is used once.
    settings
        The settings for measuring.
    proposal
        The proposal from which the outline was drawn. It gives the tissue and the contact area with bone; without a
        proposal both stay unknown.
    anatomy
        The anatomy that the image shows. It gives side and site; without it both stay unknown.
    """
    return with_canal(image, _assessed(image, outline, number, settings, proposal, anatomy))


def _assessed(
    image: Image,
    outline: Outline,
    number: int,
    settings: Settings,
    proposal: Proposal | None,
    anatomy: AnyAnatomy | None,
) -> Lesion:
    """Measure an outline, without the vertebral canal: which site a lesion has is not always known here."""
    kind = kind_of(image)
    measurements = kind.measure(image, outline, settings)
    shown_on = image.stack.instances[measurements.long_axis_slice]
    measurements = replace(
        measurements, long_axis_sop_uid=shown_on.sop_uid, long_axis_instance_number=shown_on.instance_number
    )
    if proposal is not None:
        measurements = kind.with_contact(measurements, proposal.touches_bone, proposal.bone_contact_mm2)
    side, site = (None, None) if anatomy is None else kind.located(outline, anatomy)
    notices = dict.fromkeys((*image.notices, *measurements.notices))
    return Lesion(
        tracking_uid=tracking_uid(image.stack, outline),
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


def assess_again(image: Image, lesion: Lesion, settings: Settings, anatomy: AnyAnatomy | None = None) -> Lesion:
    """Measure a lesion again on its own outline; tissue and decisions are kept.

    Parameters
    ----------
    image
        The CT volume or the radiograph.
    lesion
        The lesion, with the outline to be measured.
    settings
        The settings for measuring.
    anatomy
        The anatomy that the image shows; without it side and site stay unchanged.
    """
    measured = _assessed(image, lesion.outline, lesion.number, settings, None, anatomy)
    before = lesion.measurements
    with_contact = kind_of(image).with_contact
    measured = replace(
        measured,
        # The contact area with bone cannot be measured from the outline alone; the earlier value is kept.
        measurements=with_contact(measured.measurements, before.touches_bone, before.bone_contact_mm2),
        algorithm_type=lesion.algorithm_type,
        tissue=lesion.tissue,
        tissue_confidence=lesion.tissue_confidence,
        side=lesion.side if anatomy is None else measured.side,
        site=lesion.site if anatomy is None else measured.site,
    )
    return with_canal(image, inherit(measured, lesion))


def with_canal(image: Image, lesion: Lesion) -> Lesion:
    """Judge what a lesion at the spine takes of the vertebral canal; of other lesions, and other tissues, nothing is.

    Parameters
    ----------
    image
        The CT volume or the radiograph.
    lesion
        The lesion with its outline, tissue and site.
    """
    may_be_mass = lesion.is_mass or lesion.tissue is Tissue.UNKNOWN
    at_spine = lesion.site is not None and lesion.site.body_site is BodySite.SPINE and may_be_mass
    numbers = kind_of(image).with_canal(lesion.measurements, image, lesion.outline, at_spine)
    return replace(lesion, measurements=numbers)


def tracking_uid(stack: Stack, outline: Outline) -> str:
    """Make the permanent name of a lesion: the same stack and first outline give the same Tracking UID (0062,0021).

    Returns
    -------
    str
        A UID made from a UUID (PS3.5 B.2), from a SHA-256 over the images of the stack and the outline.
    """
    digest = hashlib.sha256()
    # All frames of a multi-frame file have the same SOPInstanceUID; the frame index distinguishes its stacks.
    images = (f"{instance.sop_uid} {instance.frame_index}" for instance in stack.instances)
    for part in (stack.study_uid, stack.series_uid, *images):
        digest.update(part.encode() + b"\0")
    digest.update(repr((outline.start_kji, outline.stop_kji)).encode() + outline.bits)
    return made_uid(digest.digest())
