"""A structured report of the lesions of a stack (PS3.3 section A.35.13, PS3.16 TID 1500): Comprehensive 3D SR.

One report holds one group for each lesion, in the order of the segments of the segmentation that it refers to. The same
lesions give the same report, but for the instance number and the report that it replaces.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.errors import OutputError
from calcimeasure.export.dicom.codes import SCHEME
from calcimeasure.export.dicom.content import CONTEXT, MODIFIER, code_value, container, image_item, text_item, uid_item
from calcimeasure.export.dicom.encode import encoded, write_start
from calcimeasure.export.dicom.header import PROGRAM, Kind, begun_object
from calcimeasure.export.dicom.lesion_groups import (
    OBSERVER_TYPE,
    GroupContext,
    Segment,
    group_of,
    has_axes,
    needs_segment,
)
from calcimeasure.export.dicom.quantities import known_items
from calcimeasure.export.dicom.references import named_images
from calcimeasure.export.dicom.source import SourceImage
from calcimeasure.export.dicom.values import content_uid
from calcimeasure.model import Status
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from calcimeasure.export.dicom.codes import Code
    from calcimeasure.export.dicom.seg import Segmentation
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.34"
"""Comprehensive 3D SR Storage."""

_REPORT: Final[Code] = ("126000", "DCM", "Imaging Measurement Report")
_LANGUAGE: Final[Code] = ("121049", "DCM", "Language of Content Item and Descendants")
_ENGLISH: Final[Code] = ("en", "RFC5646", "English")
_DEVICE: Final[Code] = ("121007", "DCM", "Device")
_DEVICE_UID: Final[Code] = ("121012", "DCM", "Device Observer UID")
_DEVICE_NAME: Final[Code] = ("121013", "DCM", "Device Observer Name")
_DEVICE_MANUFACTURER: Final[Code] = ("121014", "DCM", "Device Observer Manufacturer")
_DEVICE_MODEL: Final[Code] = ("121015", "DCM", "Device Observer Model Name")
_DEVICE_SERIAL: Final[Code] = ("121016", "DCM", "Device Observer Serial Number")
_PROCEDURE: Final[Code] = ("121058", "DCM", "Procedure reported")
_CT: Final[Code] = ("77477000", "SCT", "Computed tomography")
_RADIOGRAPHY: Final[Code] = ("168537006", "SCT", "Plain radiography")
_LIBRARY: Final[Code] = ("111028", "DCM", "Image Library")
_LIBRARY_GROUP: Final[Code] = ("126200", "DCM", "Image Library Group")
_MEASUREMENTS: Final[Code] = ("126010", "DCM", "Imaging Measurements")

_NOT_REVIEWED: Final = "not reviewed"


@dataclass(frozen=True, slots=True)
class Predecessor:
    """An earlier report that a later one replaces; UIDs as they leave."""

    series_uid: str
    sop_uid: str


@dataclass(frozen=True, slots=True)
class StructuredReport:
    """A report that is ready to be written.

    Parameters
    ----------
    dataset
        The whole report.
    lesions
        What it is about.
    content_hash
        Hash of all but its own UID, its instance number and what it replaces.
    segmentation_uid
        The segmentation that it refers to; None if to none.
    remarks
        What a person has to know of it, in sentences.
    """

    dataset: Dataset
    lesions: tuple[Lesion, ...]
    content_hash: str
    segmentation_uid: str | None
    remarks: tuple[str, ...]

    @property
    def has_axes(self) -> bool:
        """Whether the axes of its lesions can be drawn."""
        return has_axes(self.lesions[0])

    @property
    def is_preliminary(self) -> bool:
        """Whether no reader has accepted its lesions."""
        return bool(self.dataset.PreliminaryFlag == "PRELIMINARY")

    def write(self, file: BinaryIO) -> None:
        """Write the report as a file of DICOM (PS3.10)."""
        write_start(file, self.dataset)
        file.write(encoded(self.dataset))


def reports_of(source: Source, naming: Naming, segmentation: Segmentation) -> tuple[StructuredReport, ...]:
    """Make the reports of a stack: one of the lesions with axes, and one of those without, where there are such.

    Parameters
    ----------
    source
        The stack, with at least one lesion. All of its lesions have one status.
    naming
        The names of patients, readers and images in the reports.
    segmentation
        The segmentation of the same lesions.

    Returns
    -------
    tuple of StructuredReport
        Each with instance number 1, replacing none; `numbered` gives the others.

    Raises
    ------
    OutputError
        The lesions are neither accepted nor proposed, or the header lacks what an object needs.
    """
    status = {one.status for one in source.lesions}
    if not status <= {Status.ACCEPTED} and not status <= {Status.PROPOSED}:
        raise OutputError(
            "Lesions that are all accepted or all proposed expected in a structured report, found "
            f"{', '.join(sorted(status))}: use --status accepted or --status proposed."
        )
    parts = [[one for one in source.lesions if has_axes(one) is drawn] for drawn in (True, False)]
    return tuple(_report(source, naming, segmentation, tuple(part)) for part in parts if part)


def numbered(report: StructuredReport, instance_number: int, before: Predecessor | None) -> StructuredReport:
    """Give a report its instance number, the report that it replaces, and its SOP Instance UID."""
    dataset = Dataset()
    dataset.update(report.dataset)
    for keyword in ("InstanceNumber", "PredecessorDocumentsSequence", "SOPInstanceUID"):
        dataset.pop(keyword, None)  # a data set changes an element in its place, which both have
    dataset.InstanceNumber = str(instance_number)
    if before is not None:
        of_series = {before.series_uid: [SourceImage(SOP_CLASS, before.sop_uid, "", "")]}
        dataset.PredecessorDocumentsSequence = Sequence([_study_item(dataset.StudyInstanceUID, of_series)])
    replaced = before.sop_uid if before else ""
    dataset.SOPInstanceUID = content_uid("report", report.content_hash, str(instance_number), replaced)
    return StructuredReport(dataset, report.lesions, report.content_hash, report.segmentation_uid, report.remarks)


def _report(
    source: Source, naming: Naming, segmentation: Segmentation, lesions: tuple[Lesion, ...]
) -> StructuredReport:
    is_preliminary = lesions[0].status is not Status.ACCEPTED
    are_drawn = has_axes(lesions[0])
    dataset, remarks = _begun(source, naming, is_preliminary, are_drawn)
    images = named_images(source, naming, sorted({one.measurements.long_axis_slice for one in lesions}))
    segments = _segments(source, segmentation)
    items, others = _shared_items(lesions)
    groups = GroupContext(source, naming, images, segments, are_drawn, frozenset(items))
    refers = any(needs_segment(one) for one in lesions)
    evidence = [*images.values(), *([_reference(segmentation)] if refers else [])]
    _refer(dataset, evidence)
    content = _root_items(source, images.values(), [group_of(one, groups) for one in lesions])
    root = container(_REPORT, content, template="1500")
    del root.RelationshipType
    dataset.update(root)
    report = StructuredReport(
        dataset=dataset,
        lesions=lesions,
        content_hash=hashlib.sha256(encoded(dataset)).hexdigest(),
        segmentation_uid=segmentation.dataset.SOPInstanceUID if refers else None,
        remarks=(*remarks, *others),
    )
    return numbered(report, 1, None)


def _shared_items(lesions: tuple[Lesion, ...]) -> tuple[set[str], list[str]]:
    """Give the items that all groups have, and say which numbers are left out because some lesions do not have them.

    Some readers refuse a number without a value, and others take the items of the first group for those of all.
    """
    known = [set(known_items(one)) for one in lesions]
    shared = set.intersection(*known)
    left = sorted(set.union(*known) - shared)
    return shared, [f"Not known of all lesions, and so in lesions.csv alone: {', '.join(left)}."] * bool(left)


def _begun(source: Source, naming: Naming, is_preliminary: bool, are_drawn: bool) -> tuple[Dataset, tuple[str, ...]]:
    """Write all modules but the content (PS3.3 sections C.17.1 and C.17.2)."""
    words = ["Calcified masses: measurements"]
    words += ["without axes"] * (not are_drawn) + [_NOT_REVIEWED] * is_preliminary
    digit = 81 + 2 * is_preliminary + (not are_drawn)
    dataset, remarks = begun_object(source, naming, Kind(SOP_CLASS, "SR", ", ".join(words), digit))
    # Reports of other dates follow in the same series.
    del dataset.SeriesDate, dataset.SeriesTime
    if digit != 81:
        dataset.SeriesInstanceUID = content_uid("series", dataset.SeriesInstanceUID, str(digit))
    dataset.ReferencedPerformedProcedureStepSequence = Sequence()
    dataset.PreliminaryFlag = "PRELIMINARY" if is_preliminary else "FINAL"
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    if is_preliminary:
        dataset.CompletionFlagDescription = _NOT_REVIEWED
    dataset.PerformedProcedureCodeSequence = Sequence()
    dataset.AuthorObserverSequence = Sequence([_author()])
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeName = SCHEME, f"Codes of {PROGRAM}"
    dataset.CodingSchemeIdentificationSequence = Sequence([scheme])
    return dataset, remarks


def _author() -> Dataset:
    """Name the program as the author (PS3.3 table C.17-3b)."""
    author = Dataset()
    author.ObserverType = "DEV"
    author.StationName = PROGRAM
    author.Manufacturer = author.ManufacturerModelName = PROGRAM
    author.DeviceUID = _device_uid()
    author.InstitutionName = ""
    author.InstitutionCodeSequence = Sequence()
    return author


def _device_uid() -> str:
    return content_uid("device", PROGRAM, software_version())


def _segments(source: Source, segmentation: Segmentation) -> dict[str, Segment]:
    reference = _reference(segmentation)
    has_own_frame = source.geometry is None and not segmentation.is_label_map
    return {
        lesion.tracking_uid: Segment(reference, number, number if has_own_frame else None)
        for number, lesion in enumerate(source.lesions, 1)
    }


def _reference(segmentation: Segmentation) -> SourceImage:
    dataset = segmentation.dataset
    return SourceImage(dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.SeriesInstanceUID, dataset.StudyInstanceUID)


def _root_items(source: Source, images: Iterable[SourceImage], groups: list[Dataset]) -> list[Dataset]:
    version = software_version()
    library = [image_item(None, one) for one in images]
    return [
        code_value(_LANGUAGE, _ENGLISH, relation=MODIFIER),
        code_value(OBSERVER_TYPE, _DEVICE, relation=CONTEXT),
        uid_item(_DEVICE_UID, _device_uid()),
        text_item(_DEVICE_NAME, PROGRAM, relation=CONTEXT),
        text_item(_DEVICE_MANUFACTURER, PROGRAM, relation=CONTEXT),
        text_item(_DEVICE_MODEL, PROGRAM, relation=CONTEXT),
        text_item(_DEVICE_SERIAL, version, relation=CONTEXT),
        code_value(_PROCEDURE, _RADIOGRAPHY if source.geometry is None else _CT, relation=MODIFIER),
        container(_LIBRARY, [container(_LIBRARY_GROUP, library)]),
        container(_MEASUREMENTS, groups),
    ]


def _refer(dataset: Dataset, evidence: Iterable[SourceImage]) -> None:
    """List what the report is made from (PS3.3 section C.17.2): in its study, and in other studies."""
    studies: dict[str, dict[str, list[SourceImage]]] = {}
    for one in evidence:
        studies.setdefault(one.study_uid, {}).setdefault(one.series_uid, []).append(one)
    own = studies.pop(dataset.StudyInstanceUID, None)
    if own:
        dataset.CurrentRequestedProcedureEvidenceSequence = Sequence([_study_item(dataset.StudyInstanceUID, own)])
    if studies:
        dataset.PertinentOtherEvidenceSequence = Sequence([_study_item(*one) for one in studies.items()])


def _study_item(study_uid: str, series: dict[str, list[SourceImage]]) -> Dataset:
    """Make an item of the Hierarchical SOP Instance Reference Macro (PS3.3 section C.17.2.1)."""
    item = Dataset()
    item.StudyInstanceUID = study_uid
    item.ReferencedSeriesSequence = Sequence()
    for uid, instances in series.items():
        of_series = Dataset()
        of_series.SeriesInstanceUID = uid
        of_series.ReferencedSOPSequence = Sequence()
        for one in {instance.sop_uid: instance for instance in instances}.values():
            reference = Dataset()
            reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_uid
            of_series.ReferencedSOPSequence.append(reference)
        item.ReferencedSeriesSequence.append(of_series)
    return item
