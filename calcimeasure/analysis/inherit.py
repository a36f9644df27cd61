"""What a lesion keeps when its stack is measured again: its Tracking UID, its number, and the decisions of readers.

The pixel spacing that a reader measured on a radiograph is stored with each of its lesions. Lesions that are drawn
later get the same spacing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from calcimeasure.model import Measurements, MorphologySource, RadiographMeasurements, SideSource, SiteSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.model import Lesion, Morphology, Radiograph


Numbers = TypeVar("Numbers", bound=Measurements | RadiographMeasurements)


def inherit(lesion: Lesion, earlier: Lesion) -> Lesion:
    """Give a lesion that was measured again the identity of the earlier lesion and the decisions of readers about it.

    Parameters
    ----------
    lesion
        The lesion as measured now.
    earlier
        The same lesion before.

    Returns
    -------
    Lesion
        The lesion with the Tracking UID, number, status and reader of the earlier lesion. Tissue, side, site and
        morphology are also kept if a reader set them.
    """
    kept = replace(
        lesion,
        tracking_uid=earlier.tracking_uid,
        number=earlier.number,
        status=earlier.status,
        reader=earlier.reader,
        reviewed_at=earlier.reviewed_at,
    )
    if earlier.tissue is not None and earlier.tissue_confidence is None:
        kept = replace(kept, tissue=earlier.tissue, tissue_confidence=None)
    if earlier.side is not None and earlier.side.source is SideSource.READER:
        kept = replace(kept, side=earlier.side)
    if earlier.site is not None and earlier.site.source is SiteSource.READER:
        kept = replace(kept, site=earlier.site)
    numbers = earlier.measurements
    if numbers.morphology is not None and numbers.morphology_source is MorphologySource.READER:
        kept = replace(kept, measurements=with_morphology(kept.measurements, numbers.morphology))
    return kept


def with_morphology(numbers: Numbers, morphology: Morphology) -> Numbers:
    """Give the numbers of a lesion the morphology that a reader set; it has no confidence."""
    return replace(
        numbers, morphology=morphology, morphology_confidence=None, morphology_source=MorphologySource.READER
    )


def as_calibrated(radiograph: Radiograph, lesions: Iterable[Lesion]) -> Radiograph:
    """Give a radiograph the spacing that a reader measured, as stored with its lesions; unchanged if there is none."""
    for lesion in lesions:
        spacing_mm = lesion.measurements.reader_spacing_mm
        if spacing_mm is not None:
            return radiograph.calibrated(spacing_mm)
    return radiograph
