"""References to the images that an object is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.export.dicom.header import named_uid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.export.dicom.source import Source, SourceImage
    from calcimeasure.export.pseudonym import Naming


def named_images(source: Source, naming: Naming, slices: Iterable[int]) -> dict[int, SourceImage]:
    """Give the image of each slice with its UIDs as they leave, by the index of the slice.

    Raises
    ------
    OutputError
        A UID is empty or not valid.
    """
    images = {}
    for k in slices:
        one = source.images[k]
        images[k] = type(one)(
            one.sop_class_uid,
            named_uid(one.sop_uid, naming, "SOPInstanceUID (0008,0018)", source),
            named_uid(one.series_uid, naming, "SeriesInstanceUID (0020,000E)", source),
            named_uid(one.study_uid, naming, "StudyInstanceUID (0020,000D)", source),
            one.frame_number,
        )
    return images


def refer_to_images(dataset: Dataset, images: Iterable[SourceImage]) -> None:
    """Write the Common Instance Reference module (PS3.3 section C.12.2): every image that is used, by series.

    Parameters
    ----------
    dataset
        Takes the references; it has its Study Instance UID.
    images
        With their UIDs as they leave.
    """
    series: dict[str, dict[str, dict[str, SourceImage]]] = {}
    for one in images:
        series.setdefault(one.study_uid, {}).setdefault(one.series_uid, {})[one.sop_uid] = one
    others = []
    for study_uid, of_study in series.items():
        items = Sequence([_series_item(uid, instances.values()) for uid, instances in of_study.items()])
        if study_uid == dataset.StudyInstanceUID:
            dataset.ReferencedSeriesSequence = items
        else:
            other = Dataset()
            other.ReferencedSeriesSequence, other.StudyInstanceUID = items, study_uid
            others.append(other)
    if others:
        dataset.StudiesContainingOtherReferencedInstancesSequence = Sequence(others)


def _series_item(series_uid: str, images: Iterable[SourceImage]) -> Dataset:
    item = Dataset()
    references = []
    for one in images:
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_uid
        references.append(reference)
    item.ReferencedInstanceSequence = Sequence(references)
    item.SeriesInstanceUID = series_uid
    return item
