"""One outline to one lesion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.inherit import inherit, with_tissue_of
from calcimeasure.measure import measure
from calcimeasure.model import Lesion
from calcimeasure.settings import settings_hash
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from calcimeasure.model import Outline, Series, Volume
    from calcimeasure.settings import Settings


def assess(volume: Volume, outline: Outline, number: int, settings: Settings) -> Lesion:
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
    """
    measurements = measure(volume, outline, settings)
    image = volume.series.instances[measurements.long_axis_slice]
    notices = dict.fromkeys((*volume.notices, *measurements.notices, "tissue_not_judged"))
    return Lesion(
        tracking_uid=tracking_uid(volume.series, outline),
        number=number,
        outline=outline,
        measurements=replace(
            measurements, long_axis_sop_uid=image.sop_uid, long_axis_instance_number=image.instance_number
        ),
        notices=tuple(notices),
        settings_hash=settings_hash(settings),
        software_version=software_version(),
    )


def assess_again(volume: Volume, lesion: Lesion, settings: Settings) -> Lesion:
    """Measure a lesion on the outline that it has; what it is, where it is and what was decided about it stays."""
    measured = assess(volume, lesion.outline, lesion.number, settings)
    if lesion.tissue is not None:
        measured = with_tissue_of(measured, lesion)
    measured = replace(measured, algorithm_type=lesion.algorithm_type, side=lesion.side, site=lesion.site)
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
    # Version 8 (RFC 9562, section 5.8): 122 bits of the program's own choice.
    value = int.from_bytes(digest.digest()[:16], "big")
    value = value & ~(0xF << 76) | 8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"2.25.{value}"
