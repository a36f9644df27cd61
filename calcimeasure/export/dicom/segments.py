"""The Segment Sequence of a segmentation: one segment for each lesion (PS3.3 section C.8.20.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.export.dicom.codes import CALCIFICATION, MORPHOLOGICALLY_ABNORMAL, SIDES, code_item, region_of
from calcimeasure.export.dicom.header import PROGRAM
from calcimeasure.model import AlgorithmType, BodySite, Laterality, Status

if TYPE_CHECKING:
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion

_LAB: Final = {
    Status.PROPOSED: (97.1, -21.6, 94.5),
    Status.ACCEPTED: (87.7, -86.2, 83.2),
    Status.REJECTED: (53.2, 80.1, 67.2),
}
"""Colors by status in CIELab (D50 is not told apart here from D65): yellow, green, red."""


def segment_item(number: int, lesion: Lesion, naming: Naming, source: Source) -> Dataset:
    """Make the item of a lesion.

    Parameters
    ----------
    number
        Segment Number (0062,0004), from 1.
    lesion
        The lesion, all of its parts.
    naming
        Replaces its Tracking UID, unless identified.
    source
        Its stack. Where it was compared with other dates, Segment Description (0062,0006) names the track and the date.
    """
    item = Dataset()
    item.SegmentedPropertyCategoryCodeSequence = Sequence([code_item(MORPHOLOGICALLY_ABNORMAL)])
    item.SegmentNumber = number
    item.SegmentLabel = segment_label(lesion)
    if source.time_point is not None:
        track = naming.uid(source.track_of(lesion))
        item.SegmentDescription = f"track_uid={track}; time point {source.time_point.order}, {source.time_point.words}"
    item.SegmentAlgorithmType = str(lesion.algorithm_type).upper()
    if lesion.algorithm_type is not AlgorithmType.MANUAL:
        item.SegmentAlgorithmName = f"{PROGRAM} {lesion.software_version}".strip()[:64]
    item.RecommendedDisplayCIELabValue = cielab(*_LAB[lesion.status])
    item.SegmentedPropertyTypeCodeSequence = Sequence([code_item(CALCIFICATION)])
    region = region_of(lesion.site)
    if region is not None:
        item.AnatomicRegionSequence = Sequence([code_item(region)])
        side = SIDES.get(lesion.side.laterality) if lesion.side else None
        if side is not None:
            item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = Sequence([code_item(side)])
    item.TrackingID = f"{PROGRAM} {lesion.number}"
    item.TrackingUID = naming.uid(lesion.tracking_uid)
    return item


def segment_label(lesion: Lesion) -> str:
    """Name a lesion for a person: its number, its side and its site where they are known, as in ``3 left hip``."""
    side, site = lesion.side, lesion.site
    words = [str(lesion.number)]
    if side is not None and side.laterality is not Laterality.UNKNOWN:
        words.append(side.laterality)
    if site is not None and site.body_site is not BodySite.UNKNOWN:
        words.append(site.body_site.replace("_", " "))
    return " ".join(words)


def cielab(lightness: float, a: float, b: float) -> list[int]:
    """Encode a color in CIELab as Recommended Display CIELab Value (PS3.3 section C.10.7.1.1).

    Examples
    --------
    >>> cielab(100, 0, 0), cielab(0, -128, 127)
    ([65535, 32896, 32896], [0, 0, 65535])
    """
    return [round(lightness / 100 * 0xFFFF), round((a + 128) / 255 * 0xFFFF), round((b + 128) / 255 * 0xFFFF)]
