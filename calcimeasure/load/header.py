"""The header of one file: whether it is DICOM, and what it says. Pixel data is not read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import MediaStorageDirectoryStorage

from calcimeasure.errors import FileError
from calcimeasure.load.encoding import ENCODINGS, SYNTAXES, begins_like_a_data_set, encoding_of
from calcimeasure.load.limits import LARGEST, HeaderLimitError, HeaderLimits, Meter, metered
from calcimeasure.load.repeated import RepeatedAttributeError, TopLevel, check_meta
from calcimeasure.load.source import DEFLATED, inflate, open_source, read_meta
from calcimeasure.load.values import (
    HOUNSFIELD,
    date_of,
    integer_of,
    is_out_of_range,
    kept_integer_of,
    number_of,
    numbers_of,
    rescale_type_of,
    tag_of,
    text_of,
    unsigned_of,
    whole_text_of,
    whole_words_of,
    words_of,
)
from calcimeasure.model import Instance, Person, PixelFormat, Projection, Stack

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_SHARED_NUMBERS: Final = ("Rows", "Columns", "SamplesPerPixel")
"""Images of one stack have exactly equal values in these."""

TELL_APART: Final = (
    "StackID",
    "ImageType",
    "TemporalPositionIdentifier",
    "AcquisitionNumber",
    "EchoNumbers",
    "KVP",
    "TriggerTime",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "ContentTime",
    "NominalPercentageOfCardiacPhase",
    "IrradiationEventUID",
    "SliceThickness",
)
"""Attributes that can tell apart images at one position, in the order in which they are tried."""

ACQUISITIONS: Final = frozenset({"TemporalPositionIdentifier", "AcquisitionNumber"})
"""Those of `TELL_APART` that differ between images of two acquisitions, also where no two lie at one position."""

_AS_NUMBERS: Final = frozenset({"KVP", "NominalPercentageOfCardiacPhase", "SliceThickness", "TriggerTime"})
"""Those of `TELL_APART` whose values are numbers: 2 and 2.00 are one value."""

_TAKEN_AT: Final = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)
"""Date and time of an image, the nearest to the acquisition first."""

RADIOGRAPHS: Final = frozenset({"CR", "DX", "RG", "IO", "PX", "MG", "RF", "XA"})
"""Modalities of projections."""

_WORDS_FOR_NO_CONTRAST: Final = frozenset({"NO", "NONE", "N/A", "NA", "WITHOUT", "0"})

_TAGS: Final = {
    keyword: tag_of(keyword)
    for keyword in (
        *_SHARED_NUMBERS,
        *TELL_APART,
        *(keyword for pair in _TAKEN_AT for keyword in pair),
        "BitsAllocated",
        "BitsStored",
        "BodyPartExamined",
        "CodeValue",
        "ConversionType",
        "ConvolutionKernel",
        "EstimatedRadiographicMagnificationFactor",
        "FrameLaterality",
        "FrameOfReferenceUID",
        "HighBit",
        "ImageLaterality",
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "ImagerPixelSpacing",
        "InstanceNumber",
        "Laterality",
        "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID",
        "Modality",
        "NominalScannedPixelSpacing",
        "NumberOfFrames",
        "PatientBirthDate",
        "PatientOrientation",
        "PatientPosition",
        "PatientSex",
        "PhotometricInterpretation",
        "PixelAspectRatio",
        "PixelIntensityRelationship",
        "PixelIntensityRelationshipSign",
        "PixelPaddingRangeLimit",
        "PixelPaddingValue",
        "PixelRepresentation",
        "PixelSpacing",
        "PixelSpacingCalibrationType",
        "PresentationLUTShape",
        "RescaleIntercept",
        "RescaleSlope",
        "RescaleType",
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "SeriesNumber",
        "StudyInstanceUID",
        "TransferSyntaxUID",
        "ViewPosition",
        "VolumeBasedCalculationTechnique",
        "VolumetricProperties",
    )
}

_WORD_TAGS: Final = tuple(
    tag_of(keyword)
    for keyword in (
        "ContrastBolusAgent",
        "DerivationDescription",
        "IssuerOfPatientID",
        "Manufacturer",
        "ManufacturerModelName",
        "PatientID",
        "ProtocolName",
        "SeriesDescription",
        "SpecificCharacterSet",
        "StudyDescription",
    )
)
"""Text that people wrote, in the character set that the file names."""

_UIDS: Final = (
    "FrameOfReferenceUID",
    "MediaStorageSOPInstanceUID",
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "StudyInstanceUID",
)

_LONGEST_UID: Final = 64
"""Characters (PS3.5 section 9.1). A longer one is refused: cut, two of them could become one, and exports that refer to
the image need the UID itself."""

_LONGEST_PATIENT_ID: Final = 1024
"""A longer Patient ID is refused: cut, two persons could become one."""

NOT_THE_VOLUME: Final = frozenset(
    {"SAMPLED", "DISTORTED", "MIXED", "MAX_IP", "MIN_IP", "VOLUME_RENDER", "SURFACE_RENDER", "CURVED_MPR"}
)
"""Values of Volumetric Properties (0008,9206) and Volume Based Calculation Technique (0008,9207) of pixels that are not
the voxels at their place (PS3.3 C.8.16.2.1.2 and C.8.16.2.1.3)."""

_SIGNED: Final[dict[int | None, bool]] = {0: False, 1: True}

_PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Pixel Data, Float Pixel Data and Double Float Pixel Data. The elements before them are the header."""

_SEQUENCES: Final = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "ModalityLUTSequence")

_ANATOMY: Final = {
    "AnatomicRegionSequence": "AnatomicRegionModifierSequence",
    "PrimaryAnatomicStructureSequence": "PrimaryAnatomicStructureModifierSequence",
}
"""Sequences of coded body parts, and of their modifiers: right, left, both (PS3.3 tables 10-5 and 10-8)."""

_NUMBERED: Final = {int(tag): tag for tag in (*_TAGS.values(), *_WORD_TAGS, *map(tag_of, (*_SEQUENCES, *_ANATOMY)))}

_READ_TAGS: Final[list[BaseTag | int]] = [*_NUMBERED]
"""Only these are read. Other elements may be large or broken: they are skipped. pydicom looks for each element among
them, which takes ten times as long among tags as among numbers."""

_WATCHED: Final[frozenset[int]] = frozenset({*_READ_TAGS, *_PIXELS})
"""These may stand once. A side rests on descriptions too, and the person on the patient ID."""

_UNBOUNDED: Final[frozenset[int]] = frozenset({*map(int, map(Tag, (*_SEQUENCES, *_ANATOMY))), *_PIXELS})
"""Those of `_WATCHED` with values of any length: sequences, which the limits of a file bound, and pixels."""

_WATCHED_SEQUENCES: Final = frozenset(int(Tag(keyword)) for keyword in (*_SEQUENCES, *_ANATOMY))

_OF_ONE_ITEM: Final = frozenset(
    Tag(keyword)
    for keyword in (
        "PixelMeasuresSequence",
        "PixelValueTransformationSequence",
        "PlaneOrientationSequence",
        "PlanePositionSequence",
    )
)
"""Macros that give a frame its place and its values. Each has one item (PS3.3 C.7.6.16.2): another one contradicts."""

_ALSO_IN_META: Final = {"SOPClassUID": "MediaStorageSOPClassUID", "SOPInstanceUID": "MediaStorageSOPInstanceUID"}
"""In badly pseudonymized files these UIDs are only in the file meta information."""

_FRAME_NAMES: Final = {
    "ImageType": "FrameType",
    "AcquisitionNumber": "FrameAcquisitionNumber",
    "AcquisitionDateTime": "FrameAcquisitionDateTime",
    "TemporalPositionIdentifier": "TemporalPositionIndex",
}
"""Attributes that have another name in a frame of a multi-frame file."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one image: of a file, or of one frame of a multi-frame file, as if the frame were a file.

    Parameters
    ----------
    dataset
        The attributes of the image, without pixel data.
    path, member
        The file, or the .zip and the member in it.
    transfer_syntax_uid
        As the file meta information says; if it says none, the one that the file was parsed with.
    pixel_offset
        Byte at which the pixel data begins (in a deflated file: byte of the unpacked data).
    frame_index, frame_count
        Number of the frame, from 0, and the number of frames in the file.
    """

    dataset: Dataset
    path: Path
    member: str | None
    transfer_syntax_uid: str
    pixel_offset: int
    frame_index: int = 0
    frame_count: int = 1


def read_headers(path: Path, member: str | None = None, limits: HeaderLimits = LARGEST) -> list[Header]:
    """Read the header of each image in a file.

    Parameters
    ----------
    path, member
        The file, or the .zip and the member in it.
    limits
        What the header may hold.

    Returns
    -------
    list of Header
        One header; for multi-frame CT one for each frame; none if the file is no DICOM object (another format, or a
        DICOMDIR).

    Raises
    ------
    FileError
        The file cannot be opened, or it has the mark of DICOM and cannot be parsed; an attribute that results rest on
        stands twice (reason ``repeated_attribute``); a UID or Patient ID is too long (``name_too_long``); or the header
        holds more than it may (``header_limit``).
    """
    start, claims_dicom = b"", False
    meter = Meter(limits)
    try:
        with open_source(path, member) as source:
            file = metered(source, meter, is_packed=member is not None)
            start = file.read(132)
            claims_dicom = start[128:132] == b"DICM"
            if not claims_dicom and not begins_like_a_data_set(start):
                return []
            header = _parse(file, path, member, meter)
            return [] if header is None else _frames(header, meter)
    except Exception as error:
        # A broken file can break the parser in any way. A file without the mark DICM may be of another format, and is
        # no error. A member of a .zip whose first bytes cannot be read may be anything: it is an error.
        cause = meter.over or error
        if not isinstance(cause, _NAMED_ERRORS) and start and not claims_dicom:
            return []
        raise _file_error(path, member, cause) from error


def _file_error(path: Path, member: str | None, error: Exception) -> FileError:
    """Say what is wrong with a file: reason and sentence follow from the kind of the error."""
    name = path.name if member is None else f"{member} in {path.name}"
    if isinstance(error, HeaderLimitError | MemoryError):
        return beyond_limits(path, member, str(error) or "it takes more memory than a header needs")
    if isinstance(error, RepeatedAttributeError):
        return _repeated(path, name, error)
    if isinstance(error, _TooLongError):
        return _too_long(path, name, error)
    is_of_system = isinstance(error, OSError)
    found = getattr(error, "strerror", None) or str(error) if is_of_system else f"{type(error).__name__}: {error}"
    message = f"A readable DICOM file expected, found: {found} ({name}). Export the file again, or remove it."
    return FileError("unreadable_file", message, path=path)


def beyond_limits(path: Path, member: str | None, found: str) -> FileError:
    """Say that a header takes or holds more than the header of an image does."""
    name = path.name if member is None else f"{member} in {path.name}"
    message = (
        f"A header of usual size expected, found another one: {found} ({name}). No other file waits for it. Export the "
        "file again, or remove it."
    )
    return FileError("header_limit", message, path=path)


def is_dicomdir(meta: Dataset) -> bool:
    """Tell from the file meta information whether a file is a DICOMDIR (PS3.10 section 8.6)."""
    return text_of(meta, "MediaStorageSOPClassUID") == MediaStorageDirectoryStorage


def _repeated(path: Path, name: str, error: RepeatedAttributeError) -> FileError:
    message = (
        f"Each attribute once expected (PS3.5 section 7.1), found {error} ({name}): programs differ in which of the "
        f"two values they take. Export the file again, or remove one of the two."
    )
    return FileError("repeated_attribute", message, path=path)


def _too_long(path: Path, name: str, error: _TooLongError) -> FileError:
    expected, keyword, length, source = error.args
    message = (
        f"{expected} expected ({source}), found {length} in {keyword} ({name}): cut, two different ones could become "
        "one. Export the file again with a valid one."
    )
    return FileError("name_too_long", message, path=path)


def _parse(file: BinaryIO, path: Path, member: str | None, meter: Meter) -> Header | None:
    meta = read_meta(file)
    if is_dicomdir(meta):
        return None
    stated = text_of(meta, "TransferSyntaxUID") or ""
    meta_stop = file.tell()
    data = _inflated(file, meter) if stated == DEFLATED else file
    implicit, little_endian = ENCODINGS.get(stated) or encoding_of(data)
    top_level = TopLevel(_WATCHED_SEQUENCES, meter)

    def is_pixels(tag: BaseTag, _: str | None, length: int) -> bool:
        number = int(tag)  # a tag compares itself ten times as slowly
        meter.element()
        if number in _WATCHED:
            if number not in _UNBOUNDED:
                meter.value(number, length)
            top_level.note(number, length, data)
        # Behind a header that is cut off, a disk may have left zeros: an element (0000,0000) is the end.
        return number in _PIXELS or not number

    dataset = _of_known_tags(read_dataset(data, implicit, little_endian, stop_when=is_pixels, specific_tags=_READ_TAGS))
    pixel_offset = data.tell()
    for keyword, in_meta in _ALSO_IN_META.items():
        if not text_of(dataset, keyword):
            dataset[_TAGS[keyword]] = DataElement(_TAGS[keyword], "UI", text_of(meta, in_meta) or "")
    if not _sop_class_uid(dataset):
        raise ValueError("no SOP Class UID (0008,0016)")
    check_meta(file, meta_stop, meter)
    _check_lengths(dataset)
    top_level.check(data, little_endian=little_endian)
    if member is None:
        # To go behind the pixel data of a member of a .zip would unpack all of it, only to list what there is.
        implicit_read, _ = dataset.original_encoding
        top_level.check_behind_pixels(data, pixel_offset, implicit=bool(implicit_read), little_endian=little_endian)
    return Header(dataset, path, member, stated or SYNTAXES[implicit, little_endian], pixel_offset)


def _of_known_tags(dataset: Dataset) -> Dataset:
    """Put the elements of a data set under the tags of this module: a hundred look-ups follow for each file."""
    same = Dataset({_NUMBERED.get(int(tag), tag): element for tag, element in dataset.items()})
    implicit, little_endian = dataset.original_encoding
    same.set_original_encoding(implicit, little_endian, dataset.original_character_set)
    return same


def _inflated(file: BinaryIO, meter: Meter) -> BinaryIO:
    data = inflate(file)
    meter.bytes(data.getbuffer().nbytes)
    return data


class _TooLongError(ValueError):
    """A name of an image or person has more characters than are kept."""


_NAMED_ERRORS: Final = (RepeatedAttributeError, _TooLongError, HeaderLimitError, MemoryError, OSError)
"""Errors of a file that is DICOM, also if it has no mark of it."""


def _check_lengths(dataset: Dataset) -> None:
    """Refuse names that would have to be cut."""
    lengths = {keyword: len(whole_text_of(dataset, keyword) or "") for keyword in _UIDS}
    for keyword, length in lengths.items():
        if length > _LONGEST_UID:
            raise _TooLongError(f"A UID of at most {_LONGEST_UID} characters", keyword, length, "PS3.5 section 9.1")
    length = len(whole_words_of(dataset, "PatientID") or "")
    if length > _LONGEST_PATIENT_ID:
        raise _TooLongError(f"At most {_LONGEST_PATIENT_ID} characters", "PatientID", length, "64 in PS3.5 table 6.2-1")


def _frames(header: Header, meter: Meter) -> list[Header]:
    """Make a header for each frame of a multi-frame CT (PS3.3 C.7.6.16, Multi-frame Functional Groups).

    An attribute may stand in several places. The functional groups of the frame come first, then the shared ones, then
    the top level of the data set.
    """
    dataset = header.dataset
    own_groups = _items(dataset, "PerFrameFunctionalGroupsSequence")
    meter.frames(len(own_groups))
    number_of_frames = integer_of(dataset, "NumberOfFrames") or 1
    other_modality = (text_of(dataset, "Modality") or "CT").upper() != "CT"
    if other_modality or (not own_groups and number_of_frames == 1):
        return [header]
    if not own_groups:
        # A position at the top level can be true of one frame only.
        dataset.pop(_TAGS["ImagePositionPatient"], None)
        return [header]
    if len(own_groups) != number_of_frames:
        raise ValueError(f"{len(own_groups)} functional groups for {number_of_frames} frames (0028,0008)")
    kept = (*_TAGS.values(), *_WORD_TAGS, *map(Tag, _ANATOMY))
    top_level = {tag: dataset.get_item(tag) for tag in kept if tag in dataset}
    shared = _macro_elements(_items(dataset, "SharedFunctionalGroupsSequence"))
    frames = []
    for index, own in enumerate(own_groups):
        frame = Dataset()
        frame.set_original_encoding(*dataset.original_encoding)
        frame.update(top_level | shared | _macro_elements([own]))
        for keyword, nearer in _FRAME_NAMES.items():
            if nearer in frame:
                value = frame[nearer].value
                value = value if isinstance(value, MultiValue) else str(value)
                frame[_TAGS[keyword]] = DataElement(_TAGS[keyword], "LO", value)
        frame[_TAGS["InstanceNumber"]] = DataElement(_TAGS["InstanceNumber"], "IS", index + 1)
        frames.append(replace(header, dataset=frame, frame_index=index, frame_count=len(own_groups)))
    meter.planes(len(set(map(plane, frames))))
    return frames


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    sequence = dataset.get(keyword)
    return list(sequence) if isinstance(sequence, Sequence) else []


def _macro_elements(groups: list[Dataset]) -> dict[BaseTag, Any]:
    """Collect the attributes of every macro in functional groups. A macro is a sequence of one item."""
    elements: dict[BaseTag, Any] = {}
    for group in groups:
        for macro in group:
            if isinstance(macro.value, Sequence) and macro.value:
                if len(macro.value) > 1 and macro.tag in _OF_ONE_ITEM:
                    raise RepeatedAttributeError(macro.tag, f"with {len(macro.value)} items")
                elements |= {element.tag: element for element in macro.value[0].values()}  # not converted yet
    return elements


def series_key(header: Header) -> tuple[str, ...]:
    """Name the series of an image by its UIDs; without a series UID by the folder and the series number."""
    dataset = header.dataset
    study_uid, series_uid = text_of(dataset, "StudyInstanceUID") or "", text_of(dataset, "SeriesInstanceUID")
    if series_uid:
        return (study_uid, series_uid)
    folder = header.path.parent if header.member is None else PurePosixPath(header.path, header.member).parent
    return (study_uid, "", str(folder), text_of(dataset, "SeriesNumber") or "")


class GridKey(NamedTuple):
    """What images of one stack share.

    Parameters
    ----------
    exact
        Values that are equal in all images of a stack.
    image_type
        The first three values of Image Type (some scanners mark single slices of a series in the fourth).
    frame_of_reference_uid, kernel
        Values that are equal in all images of a stack, if its header is right.
    person, study_date
        Who is imaged, and when, as far as the header of an image says it.
    """

    exact: tuple[object, ...]
    image_type: tuple[str, ...]
    frame_of_reference_uid: str | None
    kernel: str | None
    person: Person
    study_date: date | None


def grid_key(header: Header) -> GridKey:
    """Collect the values that are exactly equal in all images of one grid. Their planes are equal within rounding."""
    dataset = header.dataset
    exact = (
        _sop_class_uid(dataset),
        text_of(dataset, "Modality"),
        # Some writers give the Rescale Type of some slices only.
        rescale_type_of(dataset) or HOUNSFIELD,
        *(unsigned_of(dataset, keyword) for keyword in _SHARED_NUMBERS),
        _volume_words(dataset).isdisjoint(NOT_THE_VOLUME),
        # Each radiograph is measured alone.
        (text_of(dataset, "SOPInstanceUID") or (header.path, header.member)) if is_projection(dataset) else None,
    )
    return GridKey(
        exact=exact,
        image_type=_image_type(dataset)[:3],
        frame_of_reference_uid=text_of(dataset, "FrameOfReferenceUID"),
        kernel=text_of(dataset, "ConvolutionKernel"),
        person=_person(dataset),
        study_date=date_of(text_of(dataset, "StudyDate")),
    )


def _person(dataset: Dataset) -> Person:
    return Person.said(
        patient_id=words_of(dataset, "PatientID"),
        issuer=words_of(dataset, "IssuerOfPatientID"),
        birth_date=date_of(text_of(dataset, "PatientBirthDate")),
        sex=text_of(dataset, "PatientSex"),
        on=date_of(text_of(dataset, "StudyDate")),
    )


def taken_at(header: Header) -> datetime | None:
    """Read when an image was taken, as near to its acquisition as the header says it; None if it says no time."""
    dataset = header.dataset
    stated = _time_of(text_of(dataset, "AcquisitionDateTime") or "")
    pairs = ((text_of(dataset, day), text_of(dataset, time)) for day, time in _TAKEN_AT)
    study_date = text_of(dataset, "StudyDate") or ""
    return stated or next(
        (found for day, time in pairs if (found := _time_of((day or study_date) + (time or "")))), None
    )


def _time_of(digits: str) -> datetime | None:
    """Read a date with a time to the minute; what follows the minute is not needed."""
    digits = digits.replace(".", "").replace(":", "")[:12]
    try:
        year, *others = (int(digits[start:stop]) for start, stop in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12)))
        return datetime(year, *others)  # type: ignore[arg-type]
    except ValueError:
        return None


def plane(header: Header) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Read the directions (six cosines) and the spacing (between rows, between columns; mm) of an image."""
    return numbers_of(header.dataset, "ImageOrientationPatient", 6), numbers_of(header.dataset, "PixelSpacing", 2)


def series_facts(header: Header) -> Stack:
    """Collect the facts that the images of a grid share. The caller adds the instances."""
    dataset = header.dataset
    directions, spacing = plane(header)
    region_codes, region_modifier_codes = _anatomy(dataset)
    return Stack(
        series_uid=text_of(dataset, "SeriesInstanceUID") or "",
        study_uid=text_of(dataset, "StudyInstanceUID") or "",
        stack_number=1,
        modality=(text_of(dataset, "Modality") or "").upper(),
        sop_class_uid=_sop_class_uid(dataset),
        instances=(),
        patient_id=words_of(dataset, "PatientID"),
        person=_person(dataset),
        study_date=date_of(text_of(dataset, "StudyDate")),
        series_number=kept_integer_of(dataset, "SeriesNumber"),
        description=words_of(dataset, "SeriesDescription"),
        image_type=_image_type(dataset),
        row_column_directions=directions,
        pixel_spacing_mm=(spacing[0], spacing[1]) if spacing else None,
        frame_of_reference_uid=text_of(dataset, "FrameOfReferenceUID"),
        slice_thickness_mm=number_of(dataset, "SliceThickness"),
        rescale_type=rescale_type_of(dataset),
        kvp=number_of(dataset, "KVP"),
        convolution_kernel=words_of(dataset, "ConvolutionKernel"),
        contrast_agent=_contrast_agent(dataset),
        patient_position=text_of(dataset, "PatientPosition"),
        body_part=text_of(dataset, "BodyPartExamined"),
        laterality=text_of(dataset, "Laterality"),
        image_laterality=text_of(dataset, "ImageLaterality"),
        frame_laterality=text_of(dataset, "FrameLaterality"),
        region_codes=region_codes,
        region_modifier_codes=region_modifier_codes,
        study_description=words_of(dataset, "StudyDescription"),
        protocol_name=words_of(dataset, "ProtocolName"),
        derivation=words_of(dataset, "DerivationDescription"),
        volume_words=_volume_words(dataset),
        device=" ".join(filter(None, (words_of(dataset, "Manufacturer"), words_of(dataset, "ManufacturerModelName")))),
        projection=_projection(dataset) if is_projection(dataset) else None,
        notices=() if text_of(dataset, "SeriesInstanceUID") else ("no_series_uid",),
    )


def notices_of_numbers(header: Header, image: Instance) -> tuple[str, ...]:
    """Say of an image that a number in its header is taken as not known, because no valid value is so large."""
    missing = ("InstanceNumber",) if image.instance_number is None else ()
    keywords = (*missing, "SeriesNumber")
    return ("number_out_of_range",) if any(is_out_of_range(header.dataset, one) for one in keywords) else ()


def _anatomy(dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the codes of the imaged body parts, and the codes of their modifiers."""
    regions, modifiers = [], []
    for keyword, modifier in _ANATOMY.items():
        for item in _codes(dataset, keyword):
            regions.append(item)
            modifiers += _codes(item, modifier)
    return _code_values(regions), _code_values(modifiers)


def _codes(dataset: Dataset, keyword: str) -> list[Dataset]:
    try:
        return _items(dataset, keyword)
    except Exception:  # noqa: BLE001 - a sequence that cannot be read says nothing
        return []


def _code_values(items: list[Dataset]) -> tuple[str, ...]:
    return tuple(value for item in items if (value := text_of(item, "CodeValue")))


def is_projection(dataset: Dataset) -> bool:
    """Tell whether an image is a radiograph: by its modality, or because a film was scanned (Conversion Type DF)."""
    modality = (text_of(dataset, "Modality") or "").upper()
    return modality in RADIOGRAPHS or (modality == "OT" and text_of(dataset, "ConversionType") == "DF")


_SIGNS: Final[dict[int | None, int]] = {1: 1, 0xFFFF: -1}
"""Pixel Intensity Relationship Sign (0028,1041), which has the VR SS, by its bits."""


def _projection(dataset: Dataset) -> Projection:
    def spacing(keyword: str) -> tuple[float, float] | None:
        values = numbers_of(dataset, keyword, 2)
        return (values[0], values[1]) if values else None

    return Projection(
        photometric_interpretation=text_of(dataset, "PhotometricInterpretation"),
        presentation_lut_shape=text_of(dataset, "PresentationLUTShape"),
        imager_pixel_spacing_mm=spacing("ImagerPixelSpacing"),
        nominal_scanned_pixel_spacing_mm=spacing("NominalScannedPixelSpacing"),
        magnification=number_of(dataset, "EstimatedRadiographicMagnificationFactor"),
        calibration_type=text_of(dataset, "PixelSpacingCalibrationType"),
        view_position=text_of(dataset, "ViewPosition"),
        patient_orientation=tuple((text_of(dataset, "PatientOrientation") or "").split("\\")),
        pixel_intensity_relationship=text_of(dataset, "PixelIntensityRelationship"),
        conversion_type=text_of(dataset, "ConversionType"),
        number_of_frames=integer_of(dataset, "NumberOfFrames") or 1,
        pixel_aspect_ratio=spacing("PixelAspectRatio"),
        pixel_intensity_relationship_sign=_SIGNS.get(unsigned_of(dataset, "PixelIntensityRelationshipSign")),
    )


def instance(header: Header, root: Path, formats: dict[PixelFormat, PixelFormat]) -> Instance:
    """Collect the facts of one image.

    Parameters
    ----------
    header
        The header of the image.
    root
        The folder that its path is relative to.
    formats
        Pixel formats seen so far. Thousands of images share a few formats, each of which is in memory once.
    """
    dataset = header.dataset
    pixel_format = _pixel_format(dataset, header.transfer_syntax_uid)
    position = numbers_of(dataset, "ImagePositionPatient", 3)
    return Instance(
        path=header.path,
        root=root,
        member=header.member,
        sop_uid=text_of(dataset, "SOPInstanceUID") or "",
        instance_number=kept_integer_of(dataset, "InstanceNumber"),
        position_lps_mm=(position[0], position[1], position[2]) if position else None,
        rescale_slope=number_of(dataset, "RescaleSlope"),
        rescale_intercept=number_of(dataset, "RescaleIntercept"),
        pixel_format=formats.setdefault(pixel_format, pixel_format),
        pixel_offset=header.pixel_offset,
        frame_index=header.frame_index,
        frame_count=header.frame_count,
        split_keys=tuple(_split_key(dataset, keyword) for keyword in TELL_APART),
    )


def _split_key(dataset: Dataset, keyword: str) -> str:
    value = text_of(dataset, keyword) or ""
    number = number_of(dataset, keyword) if keyword in _AS_NUMBERS else None
    return value if number is None else number_text(number)


def number_text(number: float) -> str:
    """Write a number of `TELL_APART`: numbers that differ by rounding are one text."""
    return format(number, ".4g")


def _pixel_format(dataset: Dataset, transfer_syntax_uid: str) -> PixelFormat:
    return PixelFormat(
        transfer_syntax_uid=transfer_syntax_uid,
        rows=unsigned_of(dataset, "Rows") or 0,
        columns=unsigned_of(dataset, "Columns") or 0,
        samples_per_pixel=unsigned_of(dataset, "SamplesPerPixel") or 1,
        bits_allocated=unsigned_of(dataset, "BitsAllocated") or 0,
        bits_stored=unsigned_of(dataset, "BitsStored") or 0,
        signed=_SIGNED.get(unsigned_of(dataset, "PixelRepresentation")),
        padding_value=unsigned_of(dataset, "PixelPaddingValue"),
        padding_limit=unsigned_of(dataset, "PixelPaddingRangeLimit"),
        high_bit=unsigned_of(dataset, "HighBit"),
    )


def _sop_class_uid(dataset: Dataset) -> str:
    return text_of(dataset, "SOPClassUID") or ""


def _image_type(dataset: Dataset) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in (text_of(dataset, "ImageType") or "").split("\\"))


def _volume_words(dataset: Dataset) -> frozenset[str]:
    """Read what the header says of how the pixels stand for the volume (0008,9206), (0008,9207)."""
    values = (text_of(dataset, keyword) for keyword in ("VolumetricProperties", "VolumeBasedCalculationTechnique"))
    return frozenset(value.upper() for value in values if value)


def _contrast_agent(dataset: Dataset) -> bool | None:
    """Read Contrast/Bolus Agent (0018,0010): whether an agent is named; None if the header says nothing."""
    agent = words_of(dataset, "ContrastBolusAgent")
    return None if agent is None else agent.upper() not in _WORDS_FOR_NO_CONTRAST
