"""What DICOM headers say: single images, and the stacks that images form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from calcimeasure.model.person import NOT_SAID, Person

if TYPE_CHECKING:
    from datetime import date

    from calcimeasure.model.points import PointLps
    from calcimeasure.model.vocabulary import State


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How stored values are encoded (Image Pixel Module, PS3.3 C.7.6.3); numbers missing from the header are 0."""

    transfer_syntax_uid: str
    rows: int
    columns: int
    samples_per_pixel: int
    bits_allocated: int
    bits_stored: int
    signed: bool | None
    padding_value: int | None = None
    padding_limit: int | None = None
    high_bit: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One image of a series: a file, or a frame of a multi-frame file.

    Parameters
    ----------
    path, root
        The file, and the PATH argument under which it was found: `relative_path` is relative to this folder.
    pixel_offset
        Byte at which Pixel Data (7FE0,0010) begins (for a deflated file: in the inflated content).
    position_lps_mm
        ImagePositionPatient (0020,0032).
    rescale_slope, rescale_intercept
        Convert a stored value to Hounsfield units (0028,1053), (0028,1052).
    split_keys
        Values that may differ between images at one position: temporal position, acquisition, echo, times.
    member
        Name of the file inside an archive (.zip, .tar, .gz); `path` is then the archive.
    frame_index, frame_count
        Index of the frame, and number of frames in the file.
    copies
        Other files that say to be this image: the same UID, number, place and scale. They are no copies if their pixels
        differ.
    """

    path: Path
    root: Path
    sop_uid: str
    instance_number: int | None
    position_lps_mm: PointLps | None
    rescale_slope: float | None
    rescale_intercept: float | None
    pixel_format: PixelFormat
    pixel_offset: int
    split_keys: tuple[str, ...] = ()
    member: str | None = None
    frame_index: int = 0
    frame_count: int = 1
    copies: tuple[Instance, ...] = ()

    @property
    def relative_path(self) -> Path:
        """Path of the file relative to the PATH argument under which it was found, with its name in an archive."""
        return _relative_path(self.path, self.root, self.member)


@dataclass(frozen=True, slots=True)
class Projection:
    """Attributes that only the header of a radiograph has.

    Parameters
    ----------
    imager_pixel_spacing_mm, nominal_scanned_pixel_spacing_mm
        Between rows and between columns, at the detector (0018,1164) and on the scanned film (0018,2010).
    magnification
        Estimated Radiographic Magnification Factor (0018,1114).
    calibration_type
        Pixel Spacing Calibration Type (0028,0A02).
    patient_orientation
        Directions of rows and columns in letters (0020,0020).
    pixel_intensity_relationship
        LIN where pixel values are proportional to the beam's intensity (0028,1040).
    conversion_type
        Conversion Type (0008,0064). Nothing reads it from here. It is kept because a store hashes the content of a
        stack with this whole record: without it stored hashes would change.
    pixel_aspect_ratio
        Height to width of a pixel (0028,0034), if the header gives no spacing.
    pixel_intensity_relationship_sign
        1 where lower values mean less intensity of the beam, -1 where they mean more (0028,1041). It is no part of
        `repr`: a store hashes that text, and stored hashes would change.
    """

    photometric_interpretation: str | None = None
    presentation_lut_shape: str | None = None
    imager_pixel_spacing_mm: tuple[float, float] | None = None
    nominal_scanned_pixel_spacing_mm: tuple[float, float] | None = None
    magnification: float | None = None
    calibration_type: str | None = None
    view_position: str | None = None
    patient_orientation: tuple[str, ...] = ()
    pixel_intensity_relationship: str | None = None
    conversion_type: str | None = None
    number_of_frames: int = 1
    pixel_aspect_ratio: tuple[float, float] | None = None
    pixel_intensity_relationship_sign: int | None = field(default=None, repr=False)

    @property
    def contradicts_itself(self) -> bool:
        """Whether dense is bright by Photometric Interpretation and dark by the sign of the relationship, or opposite.

        Values of MONOCHROME2 are shown as they are, so that less intensity has to be a higher value (sign -1).
        """
        expected = {"MONOCHROME1": 1, "MONOCHROME2": -1}.get(self.photometric_interpretation or "")
        sign = self.pixel_intensity_relationship_sign
        return expected is not None and sign in (1, -1) and sign != expected


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack of a DICOM series, from headers alone; `instances` in ascending order along the slice normal.

    A series with several grids becomes several stacks with different `stack_number` (from 1). UIDs are empty if the
    header has none. `region_codes` holds the code values of Anatomic Region (0008,2218) and Primary Anatomic Structure
    (0008,2228). `region_modifier_codes` holds the code values of their modifiers (0008,2220) and (0008,2230).
    `derivation` is Derivation Description (0008,2111). `volume_words` holds the values of Volumetric Properties
    (0008,9206) and Volume Based Calculation Technique (0008,9207). `device` is Manufacturer (0008,0070) and
    Manufacturer's Model Name (0008,1090). `person` holds what headers say of who is imaged, `person_name` the name of
    that person among all persons that were found (`calcimeasure.model.Who`). `unclear` says what was found where
    headers and positions disagree about which slices are one stack: such a stack is refused. `joined_series` holds the
    study and series UIDs of slices that were joined although they differ in these.
    `patient_position` is Patient Position (0018,5100): on which side the patient lies, and which end of the patient
    points into the scanner.
    """

    series_uid: str
    study_uid: str
    stack_number: int
    modality: str
    sop_class_uid: str
    instances: tuple[Instance, ...]
    patient_id: str | None = None
    study_date: date | None = None
    series_number: int | None = None
    description: str | None = None
    image_type: tuple[str, ...] = ()
    row_column_directions: tuple[float, ...] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    frame_of_reference_uid: str | None = None
    slice_thickness_mm: float | None = None
    rescale_type: str | None = None
    kvp: float | None = None
    convolution_kernel: str | None = None
    contrast_agent: bool | None = None
    patient_position: str | None = None
    body_part: str | None = None
    laterality: str | None = None
    image_laterality: str | None = None
    frame_laterality: str | None = None
    region_codes: tuple[str, ...] = ()
    region_modifier_codes: tuple[str, ...] = ()
    study_description: str | None = None
    protocol_name: str | None = None
    derivation: str | None = None
    volume_words: frozenset[str] = frozenset()
    device: str = ""
    projection: Projection | None = None
    notices: tuple[str, ...] = ()
    person: Person = NOT_SAID
    person_name: str | None = None
    unclear: str | None = None
    joined_series: tuple[tuple[str, str], ...] = ()

    @property
    def relative_path(self) -> Path:
        """The first file in slice order, relative to the PATH argument under which it was found."""
        return self.instances[0].relative_path


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found under some paths.

    Parameters
    ----------
    series
        Every stack, ordered by patient, study, series and stack number.
    unreadable
        Files that claim to be DICOM and cannot be read, and files and folders that cannot be opened.
    other_file_count
        Number of files that are not DICOM.
    """

    series: tuple[Stack, ...]
    unreadable: tuple[Failure, ...] = ()
    other_file_count: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A stack or file that was not measured.

    Parameters
    ----------
    state
        `State.SKIPPED` if this program does not measure this kind of image, `State.FAILED` if measuring was expected.
    reason
        A key of `calcimeasure.codes.REASONS`.
    message
        Text for a person: what was expected, what was found, where, what to do.
    stack
        The stack; None if not even its header could be read.
    path, root, member
        The file, the PATH argument under which it was found, and its name in a .zip; set if there is no stack.
    traceback
        Set for an internal error.
    """

    state: State
    reason: str
    message: str
    stack: Stack | None = None
    path: Path | None = None
    root: Path | None = None
    traceback: str | None = None
    seconds: float = 0.0
    member: str | None = None

    @property
    def relative_path(self) -> Path:
        """The file that the failure is about, relative to the PATH argument under which it was found."""
        if self.stack is not None:
            return self.stack.relative_path
        if self.path is None:
            return Path()
        return _relative_path(self.path, self.root, self.member)


def _relative_path(path: Path, root: Path | None, member: str | None) -> Path:
    outside = path.relative_to(root) if root is not None and path.is_relative_to(root) else Path(path.name)
    if member is None:
        return outside if path != root else Path(path.name)
    # A name in an archive may contain "..", which would lead out of the folder. This path is not used to open files.
    return outside.joinpath(*(part for part in PurePosixPath(member).parts if part not in ("/", "..")))
