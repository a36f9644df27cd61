"""What every object shares: patient, study, series, equipment and the names that stand in them.

An identified object has the values of the images that it refers to, so that an archive files it with them. Any other
object has pseudonyms, shifted dates and replaced UIDs, as the tables have them (PS3.15 Annex E, Basic Application Level
Confidentiality Profile with the Retain Longitudinal Temporal Information with Modified Dates Option).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.errors import OutputError
from calcimeasure.export.dicom.codes import code_item
from calcimeasure.export.dicom.values import content_uid, day_of, text_of, valid_uid
from calcimeasure.export.pseudonym import Identified
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from calcimeasure.export.dicom.codes import Code
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.pseudonym import Naming

PROGRAM: Final = "calcimeasure"

_METHODS: Final[tuple[Code, ...]] = (
    ("113100", "DCM", "Basic Application Confidentiality Profile"),
    ("113107", "DCM", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
"""CID 7050: how an object with pseudonyms was de-identified."""

_LONGEST: Final = {"SH": 16, "LO": 64}
_LARGEST_NUMBER: Final = 2**31 - 1
_AGE: Final = re.compile(r"[0-9]{3}[DWMY]")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9]([0-5][0-9](\.[0-9]{1,6})?)?)?")


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of object is made, for the modules that every object has.

    Parameters
    ----------
    sop_class_uid, modality
        SOP Class UID (0008,0016) and Modality (0008,0060).
    series_description
        Series Description (0008,103E).
    series_digit
        Last two digits of Series Number (0020,0011), behind the number of the series of the images.
    """

    sop_class_uid: str
    modality: str
    series_description: str
    series_digit: int


def begun_object(source: Source, naming: Naming, kind: Kind) -> tuple[Dataset, tuple[str, ...]]:
    """Make the modules that every object has: Patient, General Study, General Series, General Equipment.

    Parameters
    ----------
    source
        The stack that the object is about.
    naming
        The names of patients and images in it.
    kind
        The kind of object.

    Returns
    -------
    dataset
        With SOP Class UID, Content Date and Content Time, and without SOP Instance UID.
    remarks
        What was corrected, in sentences without a value of the header.

    Raises
    ------
    OutputError
        The header lacks what an object needs: a valid UID of the study or the series, or a Patient ID that fits.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = kind.sop_class_uid
    remarks = name_patient_and_study(dataset, source, naming)
    day, time = content_moment(source, naming)
    dataset.ContentDate = dataset.SeriesDate = day
    dataset.ContentTime = dataset.SeriesTime = time
    dataset.Modality = kind.modality
    dataset.SeriesInstanceUID = content_uid(
        "series", kind.modality, named_uid(source.stack.series_uid, naming, "SeriesInstanceUID (0020,000E)", source),
        str(source.stack.stack_number),
    )  # fmt: skip
    number = (source.stack.series_number or 0) * 100 + kind.series_digit
    dataset.SeriesNumber = str(number if 0 < number <= _LARGEST_NUMBER else kind.series_digit)
    dataset.SeriesDescription = kind.series_description
    dataset.Manufacturer = dataset.ManufacturerModelName = PROGRAM
    dataset.DeviceSerialNumber = dataset.SoftwareVersions = software_version()
    return dataset, remarks


def named_uid(uid: str, naming: Naming, what: str, source: Source) -> str:
    """Give a UID of a header as it stands in an object: valid, and replaced unless identified.

    Raises
    ------
    OutputError
        It is empty or no valid UID.
    """
    return naming.uid(valid_uid(uid, what, source.stack.relative_path.name)) or ""


def content_moment(source: Source, naming: Naming) -> tuple[str, str]:
    """Give the date and time of the content (DA, TM): of the latest decision about a lesion, else of the study.

    The same content has the same date, so that the same state gives the same object. With pseudonyms the date is
    shifted, and the time is midnight: it would tell the shift to whoever knows when the reader worked.
    """
    decided = max((one.reviewed_at for one in source.lesions if one.reviewed_at is not None), default=None)
    if decided is None:
        day = naming.day(source.facts, source.facts.study_date or datetime.now(UTC).date())
        return _da(day or date(1900, 1, 1)), "000000"
    if isinstance(naming, Identified):
        local = decided.astimezone()
        return _da(local.date()), f"{local:%H%M%S}"
    return _da(naming.moment(source.facts, decided) or date(1900, 1, 1)), "000000"


def name_patient_and_study(dataset: Dataset, source: Source, naming: Naming) -> tuple[str, ...]:
    """Write the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1) into a data set.

    Returns
    -------
    tuple of str
        What was corrected, in sentences.

    Raises
    ------
    OutputError
        As in `begun_object`.
    """
    dataset.StudyInstanceUID = named_uid(source.stack.study_uid, naming, "StudyInstanceUID (0020,000D)", source)
    if _is_named(naming):
        return _copy_names(dataset, source)
    key, day = naming.patient_key(source.facts) or "", naming.study_date(source.facts)
    dataset.PatientName = dataset.PatientID = key[: _LONGEST["LO"]]
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.StudyDate = _da(day) if day else ""
    dataset.StudyTime = dataset.ReferringPhysicianName = dataset.StudyID = dataset.AccessionNumber = ""
    mark_as_deidentified(dataset)
    _name_time_point(dataset, source)
    return ()


def _name_time_point(dataset: Dataset, source: Source) -> None:
    """Write the Clinical Trial Study module (PS3.3 C.7.2.3): which of the compared dates of the patient it is."""
    point = source.time_point
    if point is None:
        return
    dataset.ClinicalTrialTimePointID = str(point.order)
    dataset.ClinicalTrialTimePointDescription = point.words
    dataset.LongitudinalTemporalOffsetFromEvent = float(point.days)
    dataset.LongitudinalTemporalEventType = "BASELINE"


def mark_as_deidentified(dataset: Dataset) -> None:
    """Write that an object holds no identity, and how it was removed (PS3.15 E.1.1, E.3.6)."""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"{PROGRAM} {software_version()}"
    dataset.DeidentificationMethodCodeSequence = Sequence([code_item(code) for code in _METHODS])
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _is_named(naming: Naming) -> bool:
    return isinstance(naming, Identified)


def _da(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


def _copy_names(dataset: Dataset, source: Source) -> tuple[str, ...]:
    """Copy who is imaged and in which study from the header; what breaks the standard is encoded anew or cut."""
    header, remarks = source.header, []
    patient_id = text_of(header, "PatientID")
    if len(patient_id) > _LONGEST["LO"]:
        raise OutputError(
            f"A Patient ID (0010,0020) of at most {_LONGEST['LO']} characters expected, found {len(patient_id)} "
            f"({source.stack.relative_path.name}): cut, it could be that of another patient. Correct it in the archive."
        )
    dataset.PatientName = valid_name(text_of(header, "PatientName"))
    dataset.PatientID = patient_id
    dataset.PatientBirthDate = _day(header, "PatientBirthDate")
    sex = text_of(header, "PatientSex").upper()
    dataset.PatientSex = sex if sex in ("M", "F", "O") else ""
    dataset.StudyDate, time = _day(header, "StudyDate"), text_of(header, "StudyTime").replace(":", "")
    dataset.StudyTime = time if _TIME.fullmatch(time) else ""
    dataset.ReferringPhysicianName = valid_name(text_of(header, "ReferringPhysicianName"))
    for keyword, kind, name in (
        ("StudyID", "SH", "StudyID (0020,0010)"),
        ("AccessionNumber", "SH", "AccessionNumber (0008,0050)"),
        ("StudyDescription", "LO", "StudyDescription (0008,1030)"),
        ("IssuerOfPatientID", "LO", "IssuerOfPatientID (0010,0021)"),
    ):
        text, most = text_of(header, keyword).replace("\\", " "), _LONGEST[kind]
        if len(text) > most:
            remarks.append(f"{name} has {len(text)} characters, and can have {most}: it was cut.")
        if text or keyword in ("StudyID", "AccessionNumber"):
            setattr(dataset, keyword, text[:most].strip())
    age = text_of(header, "PatientAge").upper()
    if _AGE.fullmatch(age):
        dataset.PatientAge = age
    return tuple(remarks)


def _day(header: Dataset, keyword: str) -> str:
    day = day_of(text_of(header, keyword))
    return _da(day) if day else ""


def valid_name(text: str) -> str:
    r"""Make a valid PN: at most three groups of five components, each group of 64 characters, no backslash."""
    groups = text.replace("\\", " ").split("=")[:3]
    return "=".join("^".join(group.split("^")[:5])[:64] for group in groups)
