"""A copy of an image without what identifies a patient (PS3.15 Annex E).

The Basic Application Level Confidentiality Profile lists what must go. Here a list says what stays, so that nothing
unknown does: private attributes, overlays, curves, icons, free text, times of the day and names of devices are on no
list. A text that stays is one of known words. Dates are shifted as in the tables, and UIDs replaced as in the tables.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID

from calcimeasure.export.dicom.codes import code_item
from calcimeasure.export.dicom.header import name_patient_and_study
from calcimeasure.export.dicom.values import day_of, decimal, text_of
from calcimeasure.known_values import OTHER, known_kernel, known_modality, known_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Several
    from datetime import date

    from numpy.typing import NDArray

    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.pseudonym import Naming

_NUMBERS: Final = """
    AcquisitionNumber BitsStored CTDIvol DataCollectionDiameter DimensionIndexPointer DimensionIndexValues
    DistanceSourceToDetector DistanceSourceToPatient EchoNumbers EstimatedRadiographicMagnificationFactor Exposure
    ExposureInuAs ExposureTime FilterType FrameAcquisitionNumber FunctionalGroupPointer GantryDetectorTilt
    ImageOrientationPatient ImagePositionPatient ImagerPixelSpacing InStackPositionNumber InstanceNumber KVP
    LossyImageCompressionRatio NominalPercentageOfCardiacPhase NominalScannedPixelSpacing NumberOfFrames
    PixelAspectRatio PixelIntensityRelationshipSign PixelPaddingRangeLimit PixelPaddingValue PixelSpacing
    ReconstructionDiameter RescaleIntercept RescaleSlope RevolutionTime SeriesNumber SingleCollimationWidth
    SliceLocation SliceThickness SpacingBetweenSlices SpiralPitchFactor TableFeedPerRotation TableHeight TableSpeed
    TemporalPositionIdentifier TemporalPositionIndex TotalCollimationWidth TriggerTime WindowCenter WindowWidth
    XRayTubeCurrent
""".split()  # noqa: SIM905 - a list of words
"""Numbers and tags that stay: geometry, pixels and acquisition."""

_WORDS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(words.split())
    for name, words in {
        "BurnedInAnnotation": "YES NO",
        "DetectorType": "DIRECT SCINTILLATOR STORAGE FILM",
        "FrameLaterality": "R L B U",
        "FrameType": "ORIGINAL DERIVED MIXED PRIMARY VOLUME AXIAL LOCALIZER NONE RESAMPLED MULTIPLANAR ADDITION",
        "ImageLaterality": "R L B U",
        "ImageType": "ORIGINAL DERIVED PRIMARY SECONDARY AXIAL LOCALIZER VOLUME REFORMATTED AVERAGE MPR HELICAL OTHER "
        "CT_SOM5 SPI SEQ NORM NONE RESAMPLED MULTIPLANAR",
        "Laterality": "R L",
        "LossyImageCompression": "00 01",
        "LossyImageCompressionMethod": "ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15 ISO_13818_2 ISO_14496_10",
        "PatientPosition": "HFP HFS HFDR HFDL FFP FFS FFDR FFDL LFP LFS RFP RFS AFP AFS AFDR AFDL PFP PFS PFDR PFDL",
        "PhotometricInterpretation": "MONOCHROME1 MONOCHROME2",
        "PixelIntensityRelationship": "LIN LOG DISP",
        "PixelPresentation": "COLOR MONOCHROME MIXED TRUE_COLOR",
        "PixelSpacingCalibrationType": "GEOMETRY FIDUCIAL",
        "PositionerType": "CARM COLUMN NONE MAMMOGRAPHIC PANORAMIC CEPHALOSTAT RIGID SNAPSHOT",
        "PresentationIntentType": "FOR-PRESENTATION FOR-PROCESSING",
        "PresentationLUTShape": "IDENTITY INVERSE",
        "RescaleType": "HU US OD MGML Z_EFF ED EDW HU_MOD PCT",
        "VolumeBasedCalculationTechnique": "NONE MAX_IP MIN_IP VOLUME_RENDER SURFACE_RENDER MPR CURVED_MPR MIXED",
        "VolumetricProperties": "VOLUME SAMPLED DISTORTED MIXED",
        "BodyPartExamined": "ABDOMEN ABDOMENPELVIS ANKLE ARM BACK BUTTOCK CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE "
        "COCCYX CSPINE ELBOW EXTREMITY FEMUR FINGER FOOT FOREARM HAND HEAD HEADNECK HIP HUMERUS KNEE LEG LSPINE NECK "
        "PELVIS RIB SHOULDER SKULL SPINE SSPINE STERNUM THIGH THORAX THUMB TIBIA TOE TRUNK TSPINE WHOLEBODY WRIST",
    }.items()
}
"""Texts that stay where they are one of these words; a blank in a word is written as a hyphen here."""

_KNOWN: Final[dict[str, Callable[[str], str | None]]] = {
    "ConvolutionKernel": known_kernel,
    "Modality": known_modality,
    "ViewPosition": known_view,
}
_DATES: Final = frozenset({"StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"})
_UIDS: Final = frozenset(
    {"SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "DimensionOrganizationUID"}
)
_SEQUENCES: Final = """
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelMeasuresSequence PlanePositionSequence
    PlaneOrientationSequence PixelValueTransformationSequence FrameContentSequence CTImageFrameTypeSequence
    FrameVOILUTSequence CTReconstructionSequence DimensionOrganizationSequence DimensionIndexSequence
""".split()  # noqa: SIM905 - a list of words
_EMPTIED: Final = """
    ContentTime Manufacturer PositionReferenceIndicator DetectorID AcquisitionContextSequence
    DistanceSourceToDetector FilterType
""".split()  # noqa: SIM905 - a list of words
"""Attributes that an image may have to have (type 2): present without a value where the source has them."""

_KEPT: Final = {
    Tag(name): name for name in (*_NUMBERS, *_WORDS, *_KNOWN, *_DATES, *_UIDS, *_SEQUENCES, "PatientOrientation")
}
_REGION_CODES: Final = {"SCT": re.compile("[0-9]{6,18}"), "SRT": re.compile("T-[0-9A-F]{5}")}
_LETTERS: Final = re.compile("[ALPRHF]{1,3}")
_INTEGERS: Final = {"IS", "US", "SS", "UL", "SL", "US or SS"}
_FACE: Final = re.compile("HEAD|SKULL|BRAIN|NECK|FACE|SINUS|ORBIT|MAXILLA|MANDIBLE|CSPINE|WHOLEBODY")


def may_show_a_face(source: Source) -> bool:
    """Tell whether the head may be imaged: by the header's words, and by the site of a lesion."""
    said = f"{source.stack.body_part or ''} {source.stack.description or ''} {source.stack.protocol_name or ''}".upper()
    return bool(_FACE.search(said)) or any(
        one.site is not None and one.site.body_site == "head_neck" for one in source.lesions
    )


def image_without_identity(header: Dataset, source: Source, naming: Naming, pixels: Several[NDArray[Any]]) -> Dataset:
    """Make a copy of an image.

    Parameters
    ----------
    header
        The header of its file.
    source
        The stack it belongs to.
    naming
        Pseudonyms, dates and UIDs for it.
    pixels
        (rows, columns) stored values of each frame. They are written without compression: what else a compressed
        stream holds does not leave.

    Returns
    -------
    Dataset
        For explicit VR little endian.
    """
    copy = _kept(header, source, naming)
    name_patient_and_study(copy, source, naming)
    if source.facts.contrast_agent:
        copy.ContrastBolusAgent = "YES"
    for name in _EMPTIED:
        if name in header and name not in copy:
            setattr(copy, name, [] if dictionary_VR(name) == "SQ" else "")
    if "AnatomicRegionSequence" in header:
        copy.AnatomicRegionSequence = Sequence(_regions(header, text_of(copy, "BodyPartExamined")))
    if not text_of(copy, "ImageType"):
        copy.ImageType = ["DERIVED", "PRIMARY"]
    copy.RecognizableVisualFeatures = "YES" if may_show_a_face(source) else "NO"
    _set_pixels(copy, header, source, pixels)
    return copy


def _kept(header: Dataset, source: Source, naming: Naming) -> Dataset:
    """Copy what is on a list, at every level of sequences."""
    kept = Dataset()
    for tag in header.keys():  # noqa: SIM118 - iterating a Dataset converts each element
        name = _KEPT.get(tag)
        if name is None:
            continue
        if name in _SEQUENCES:
            items = [_kept(one, source, naming) for one in _items(header, name)]
            kept.add_new(tag, "SQ", Sequence(items))
            continue
        vr, value = dictionary_VR(tag), _value(header, name, source, naming)
        if vr == "US or SS":
            vr = "SS" if source.stack.instances[0].pixel_format.signed else "US"
        if value is not None:
            kept.add(DataElement(tag, vr, value))
    return kept


def _regions(header: Dataset, body_part: str) -> list[Dataset]:
    """Copy the codes of the imaged region. Their meaning is text: the word for the body part stands in its place."""
    regions = []
    for one in _items(header, "AnatomicRegionSequence"):
        value, scheme = text_of(one, "CodeValue"), text_of(one, "CodingSchemeDesignator")
        form = _REGION_CODES.get(scheme)
        if form is not None and form.fullmatch(value):
            regions.append(code_item((value, scheme, body_part or "Imaged region")))
    return regions


def _items(header: Dataset, name: str) -> list[Dataset]:
    value = header.get(name)
    return list(value) if isinstance(value, Sequence) else []


def _value(header: Dataset, name: str, source: Source, naming: Naming) -> Any:  # noqa: ANN401 - of whatever VR it has
    """Give the value that stays, empty where the value does not; None to leave the attribute out."""
    texts = text_of(header, name).split("\\")
    if name in _WORDS:
        words = [one.strip().upper() for one in texts]
        known_words = [one for one in words if one.replace(" ", "-") in _WORDS[name]]
        # An empty side says "unknown", and must not stand where another attribute says the side.
        return None if "".join(words) and not known_words and "Laterality" in name else _valued(known_words, name)
    if name in _KNOWN:
        known = _KNOWN[name](text_of(header, name))
        return "" if known in (None, OTHER) else known
    if name in _DATES:
        day: date | None = naming.day(source.facts, day_of(texts[0]))
        return f"{day.year:04}{day.month:02}{day.day:02}" if day else ""
    if name in _UIDS:
        is_of_standard = UID(texts[0]).name != texts[0]
        return texts[0] if is_of_standard else naming.uid(texts[0]) or ""
    if name == "PatientOrientation":
        return texts if len(texts) == 2 and all(map(_LETTERS.fullmatch, texts)) else ""
    return _numbers(header, name, texts)


def _valued(values: list[Any], name: str) -> Any:  # noqa: ANN401 - one value or several
    if not values:
        return ""
    return values if dictionary_VM(name) != "1" else values[0]


def _numbers(header: Dataset, name: str, texts: list[str]) -> Any:  # noqa: ANN401 - of whatever VR it has
    vr = dictionary_VR(name)
    if vr == "AT":
        return _quiet(header, name)
    try:
        numbers = [float(one) for one in texts]
        if not all(map(np.isfinite, numbers)):
            return None
    except ValueError:
        return "" if not "".join(texts) and vr in ("DS", "IS") else None
    if vr == "DS":
        return _valued([decimal(one) for one in numbers], name)
    if vr == "IS":
        return _valued([str(int(one)) for one in numbers if abs(one) < 2**31], name)
    return _valued([int(one) for one in numbers] if vr in _INTEGERS else numbers, name)


def _quiet(header: Dataset, name: str) -> Any:  # noqa: ANN401 - of whatever VR it has
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return header.get(name)


def _set_pixels(copy: Dataset, header: Dataset, source: Source, pixels: Several[NDArray[Any]]) -> None:
    """Write the Image Pixel module (PS3.3 section C.7.6.3), uncompressed."""
    pixel_format = source.stack.instances[0].pixel_format
    bits = 8 if pixel_format.bits_allocated <= 8 else 16 if pixel_format.bits_allocated <= 16 else 32
    values = np.stack(pixels).astype(f"<{'i' if pixel_format.signed else 'u'}{bits // 8}")
    copy.SamplesPerPixel = 1
    copy.Rows, copy.Columns = values.shape[1:]
    copy.BitsAllocated, copy.BitsStored = bits, min(pixel_format.bits_stored or bits, bits)
    copy.HighBit = copy.BitsStored - 1
    copy.PixelRepresentation = int(bool(pixel_format.signed))
    data = values.tobytes()
    copy.add(DataElement(Tag("PixelData"), "OW" if bits > 8 else "OB", data + b"\0" * (len(data) % 2)))
    if "NumberOfFrames" not in header:
        copy.pop("NumberOfFrames", None)
