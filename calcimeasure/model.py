"""The nouns. All are frozen; arrays are read-only; what holds arrays compares by identity.

Arrays are (k, j, i) = (slice, row, column), positions LPS mm. None means not known or not applicable, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry

NOT_IMAGED_HU = -32768
"""What a voxel of `Volume.attenuation_hu` holds where the scanner reconstructed nothing (Pixel Padding Value)."""

PointLps = tuple[float, float, float]
PointPx = tuple[float, float]
"""Row and column index on a radiograph, with fractions."""


class State(StrEnum):
    """What became of a stack."""

    MEASURED = "measured"
    SKIPPED = "skipped"
    FAILED = "failed"


class Tissue(StrEnum):
    """What a dense component is."""

    CALCIFIED_MASS = "calcified_mass"
    OTHER_CALCIFICATION = "other_calcification"
    CONTRAST = "contrast"
    BONE = "bone"
    METAL = "metal"
    OUTSIDE = "outside"
    ARTIFACT = "artifact"
    UNKNOWN = "unknown"


class Laterality(StrEnum):
    """Side of the body."""

    RIGHT = "right"
    LEFT = "left"
    MIDLINE = "midline"
    UNKNOWN = "unknown"


class SideSource(StrEnum):
    """Which evidence the side rests on."""

    READER = "reader"
    DICOM_TAG = "dicom_tag"
    BONE_LABELS = "bone_labels"
    BODY_MIDLINE = "body_midline"
    DESCRIPTION = "description"
    NONE = "none"


class BodySite(StrEnum):
    """Region of the body. Hip is the joint's region, greater trochanter included; pelvis includes the buttock."""

    HAND_WRIST = "hand_wrist"
    FOREARM = "forearm"
    ELBOW = "elbow"
    UPPER_ARM = "upper_arm"
    SHOULDER = "shoulder"
    CHEST = "chest"
    SPINE = "spine"
    PELVIS = "pelvis"
    HIP = "hip"
    THIGH = "thigh"
    KNEE = "knee"
    LOWER_LEG = "lower_leg"
    ANKLE_FOOT = "ankle_foot"
    HEAD_NECK = "head_neck"
    ABDOMEN = "abdomen"
    UNKNOWN = "unknown"


class SiteSource(StrEnum):
    """Which evidence the body site rests on."""

    READER = "reader"
    DICOM_TAG = "dicom_tag"
    BONE_LABELS = "bone_labels"
    DESCRIPTION = "description"
    GEOMETRY = "geometry"
    NONE = "none"


class Status(StrEnum):
    """What a reader decided about a lesion."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AlgorithmType(StrEnum):
    """How an outline came about: Segment Algorithm Type (0062,0008)."""

    AUTOMATIC = "automatic"
    SEMIAUTOMATIC = "semiautomatic"
    MANUAL = "manual"


class ReviewState(StrEnum):
    """How much of a stack or study its readers have decided."""

    NONE = "none"
    PARTIAL = "partial"
    DONE = "done"


class SpacingSource(StrEnum):
    """Where millimeters come from: in the patient on CT, PS3.3 section 10.7 on a radiograph."""

    PATIENT = "patient"
    CALIBRATED = "calibrated"
    MAGNIFICATION_CORRECTED = "magnification_corrected"
    DETECTOR_PLANE = "detector_plane"
    UNCERTAIN = "uncertain"
    READER = "reader"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How stored values are encoded (Image Pixel Module, PS3.3 C.7.6.3); numbers are 0 where the header has none."""

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
        The file, and the folder that it is told relative to: the PATH argument that held it.
    pixel_offset
        Byte at which Pixel Data (7FE0,0010) begins (of a deflated file: in what it unpacks to).
    position_lps_mm
        ImagePositionPatient (0020,0032).
    rescale_slope, rescale_intercept
        Stored value to Hounsfield units (0028,1053), (0028,1052).
    split_keys
        What may tell images at one position apart: temporal position, acquisition, echo, times.
    member
        Name in the .zip that `path` is then.
    frame_index, frame_count
        Which frame of how many in the file.
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

    @property
    def relative_path(self) -> Path:
        """Where it lies below the PATH argument that held it; of a member of a .zip its name in it."""
        return _relative_path(self.path, self.root, self.member)


@dataclass(frozen=True, slots=True)
class Projection:
    """What only the header of a radiograph says.

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
    pixel_aspect_ratio
        Height to width of a pixel (0028,0034), where the header gives no spacing.
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


@dataclass(frozen=True, slots=True)
class Series:
    """One stack of a DICOM series, from headers alone; `instances` in ascending order along the slice normal.

    A series with several grids is several of these, told apart by `stack_number` (from 1). UIDs are empty where the
    header has none. Code values of Anatomic Region (0008,2218) and Primary Anatomic Structure (0008,2228) are
    `region_codes`, those of their modifiers (0008,2220) and (0008,2230) `region_modifier_codes`.
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
    projection: Projection | None = None
    notices: tuple[str, ...] = ()

    @property
    def relative_path(self) -> Path:
        """The first file in slice order, relative to the PATH argument that held it."""
        return self.instances[0].relative_path


@dataclass(frozen=True, slots=True)
class Found:
    """What lies under some paths.

    Parameters
    ----------
    series
        Every stack, ordered by patient, study, series and stack number.
    unreadable
        Files and folders that claim to be DICOM or could not even be opened.
    other_file_count
        Files that are no DICOM.
    """

    series: tuple[Series, ...]
    unreadable: tuple[Failure, ...] = ()
    other_file_count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A CT stack as acquired.

    Parameters
    ----------
    series
        Where it comes from.
    geometry
        Where each voxel lies.
    attenuation_hu
        (k, j, i) int16; `NOT_IMAGED_HU` where nothing was reconstructed. Kept read-only.
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    series: Series
    geometry: Geometry
    attenuation_hu: NDArray[np.int16]
    notices: tuple[str, ...] = ()

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        return self.geometry.shape_kji

    def __post_init__(self) -> None:
        if self.attenuation_hu.shape != self.geometry.shape_kji:
            raise ValueError(f"Voxels of shape {self.geometry.shape_kji} expected, found {self.attenuation_hu.shape}.")
        self.attenuation_hu.flags.writeable = False

    def __reduce__(self) -> tuple[type[Volume], tuple[object, ...]]:
        # A pickle does not keep that an array is read-only: made anew from its fields, it is.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True, eq=False)
class NamedBones:
    """Bones that another program outlined on a stack.

    Parameters
    ----------
    labels
        (k, j, i) integers; 0 where there is none. Kept read-only.
    names
        Label to TotalSegmentator's name: humerus_left, vertebrae_L3, rib_left_4, sacrum, ...
    sides
        Label to side, of those that have one.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    names: Mapping[int, str]
    sides: Mapping[int, Laterality]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(k, j, i), true where any is."""
        return self.labels > 0


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """A projection, dense tissue bright.

    Parameters
    ----------
    series
        Where it comes from.
    pixels
        (rows, columns) float32 after the Modality LUT; a higher value is denser. Kept read-only.
    spacing_mm
        Between rows and between columns; None where no millimeters are known.
    spacing_source
        Where they come from (PS3.3 section 10.7).
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    series: Series
    pixels: NDArray[np.float32]
    spacing_mm: tuple[float, float] | None
    spacing_source: SpacingSource
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.pixels.flags.writeable = False

    def __reduce__(self) -> tuple[type[Radiograph], tuple[object, ...]]:
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of the masks of its lesions: one slice."""
        rows, columns = self.pixels.shape
        return (1, rows, columns)

    def calibrated(self, column_spacing_mm: float) -> Self:
        """Return it with the spacing that a reader found; rows and columns keep their proportion."""
        spacing_mm = (column_spacing_mm * self.pixel_aspect, column_spacing_mm)
        return replace(self, spacing_mm=spacing_mm, spacing_source=SpacingSource.READER)

    @property
    def pixel_aspect(self) -> float:
        """Distance between rows in units of the distance between columns, which is known without any millimeters.

        From the spacing; where that is not known from whatever spacing or Pixel Aspect Ratio (0028,0034) the header
        has; 1 where it says nothing (PS3.3 C.7.6.3.1.7).
        """
        projection = self.series.projection or Projection()
        for ratio in (
            self.spacing_mm,
            self.series.pixel_spacing_mm,
            projection.imager_pixel_spacing_mm,
            projection.nominal_scanned_pixel_spacing_mm,
            projection.pixel_aspect_ratio,
        ):
            if ratio is not None and min(ratio) > 0:
                return ratio[0] / ratio[1]
        return 1.0


Image = Volume | Radiograph
"""What lesions are found, drawn and measured on."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesion's own mask: a box in the stack, and one bit per voxel in it.

    Parameters
    ----------
    start_kji, stop_kji
        The box, stop excluded; the mask touches each of its faces.
    bits
        The mask in C order, eight voxels a byte (`numpy.packbits`).
    """

    start_kji: tuple[int, int, int]
    stop_kji: tuple[int, int, int]
    bits: bytes = field(repr=False)

    @classmethod
    def from_mask(cls, mask: NDArray[np.bool_], start_kji: tuple[int, int, int] = (0, 0, 0)) -> Self:
        """Crop a mask to its box.

        Parameters
        ----------
        mask
            (k, j, i), true inside the lesion.
        start_kji
            Where mask[0, 0, 0] lies in the stack.

        Raises
        ------
        ValueError
            The mask is empty.
        """
        if not mask.any():
            raise ValueError("An outline needs at least one voxel, the mask is empty.")
        used = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        box = tuple(slice(int(index[0]), int(index[-1]) + 1) for index in used)
        k, j, i = (int(offset) + part.start for offset, part in zip(start_kji, box, strict=True))
        bits = np.packbits(mask[box]).tobytes()
        depth, height, width = mask[box].shape
        return cls((k, j, i), (k + depth, j + height, i + width), bits)

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of the box."""
        k, j, i = (stop - start for start, stop in zip(self.start_kji, self.stop_kji, strict=True))
        return (k, j, i)

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """Index that cuts the box out of the stack."""
        k, j, i = (slice(start, stop) for start, stop in zip(self.start_kji, self.stop_kji, strict=True))
        return (k, j, i)

    @property
    def voxel_count(self) -> int:
        """Voxels inside the lesion."""
        return int(np.bitwise_count(np.frombuffer(self.bits, dtype=np.uint8)).sum())

    def mask(self) -> NDArray[np.bool_]:
        """(k, j, i) of the box, true inside the lesion."""
        return self._slices(0, self.shape_kji[0])

    def mask_in(self, start_kji: Sequence[int], stop_kji: Sequence[int]) -> NDArray[np.bool_]:
        """(k, j, i) of another box of the stack, true inside the lesion; only slices that both have are unpacked."""
        mask = np.zeros([b - a for a, b in zip(start_kji, stop_kji, strict=True)], dtype=np.bool_)
        low = [max(a, b) for a, b in zip(self.start_kji, start_kji, strict=True)]
        high = [min(a, b) for a, b in zip(self.stop_kji, stop_kji, strict=True)]
        if all(a < b for a, b in zip(low, high, strict=True)):
            here = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start_kji, strict=True))
            own = tuple(slice(a - s, b - s) for a, b, s in zip(low[1:], high[1:], self.start_kji[1:], strict=True))
            mask[here] = self._slices(low[0] - self.start_kji[0], high[0] - self.start_kji[0])[:, *own]
        return mask

    def _slices(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Unpack some slices of the box: a body has hundreds of them, a lesion in it a few."""
        _, rows, columns = self.shape_kji
        begin, end = first * rows * columns, stop * rows * columns
        packed = np.frombuffer(self.bits, dtype=np.uint8)[begin // 8 : -(-end // 8)]
        unpacked = np.unpackbits(packed)[begin % 8 : begin % 8 + end - begin]
        return unpacked.view(np.bool_).reshape(stop - first, rows, columns)

    def overlap(self, other: Outline) -> int:
        """Voxels that two outlines of one stack share."""
        return int(np.count_nonzero(self.mask() & other.mask_in(self.start_kji, self.stop_kji)))

    def union(self, *others: Outline) -> Outline:
        """Put outlines of one stack together."""
        outlines = (self, *others)
        start = [min(one.start_kji[axis] for one in outlines) for axis in range(3)]
        stop = [max(one.stop_kji[axis] for one in outlines) for axis in range(3)]
        mask = np.any([one.mask_in(start, stop) for one in outlines], axis=0)
        return type(self).from_mask(mask, (start[0], start[1], start[2]))


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against a proposal being a calcified mass.

    Parameters
    ----------
    name
        Of the feature.
    value
        As found.
    log_odds
        How much it speaks for a calcified mass: the sum over all evidence is the logarithm of the odds.
    sentence
        For a person.
    """

    name: str
    value: float
    log_odds: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dense thing, or the part of one that is of one tissue.

    Parameters
    ----------
    outline
        Its voxels.
    tissue, tissue_confidence
        What it is judged to be, and how likely that is right; of `Tissue.UNKNOWN` how likely it is a calcified mass.
    evidence
        What the judgement rests on.
    bone_contact_mm2
        How much of its surface lies on what is judged to be bone; 0 where it does not touch.
    """

    outline: Outline
    tissue: Tissue
    tissue_confidence: float
    evidence: tuple[Evidence, ...] = ()
    bone_contact_mm2: float = 0.0

    @property
    def touches_bone(self) -> bool:
        """Tell whether it touches bone."""
        return self.bone_contact_mm2 > 0


@dataclass(frozen=True, slots=True)
class Proposals:
    """What was found in a stack before anybody reviewed it.

    Parameters
    ----------
    parts
        Largest first.
    dropped_count
        Components below settings.min_volume_mm3.
    bodies
        The outline of each body in view, largest first; as fine as tissue is judged (about 1 mm).
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    parts: tuple[Proposal, ...]
    dropped_count: int = 0
    bodies: tuple[Outline, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """Outlines of all parts."""
        return tuple(part.outline for part in self.parts)


@dataclass(frozen=True, slots=True)
class Axis:
    """A length with its two end points in the patient."""

    length_mm: float
    ends_lps_mm: tuple[PointLps, PointLps]


@dataclass(frozen=True, slots=True)
class Measurements:
    """Every number of a lesion; `calcimeasure.measure` defines each.

    What needs a thickness is None for a single slice, and volumes and the 3-D diameter are for slices that leave gaps.
    """

    long_axis: Axis
    short_axis: Axis
    long_axis_slice: int
    centroid_lps_mm: PointLps
    truncated: bool
    mean_hu: float
    median_hu: float
    sd_hu: float
    max_hu: float
    max_3d_diameter: Axis | None = None
    extents_lps_mm: tuple[float, float, float] | None = None
    volume_ml: float | None = None
    volume_mesh_ml: float | None = None
    volume_voxels_ml: float | None = None
    surface_area_mm2: float | None = None
    sphericity: float | None = None
    area_mm2: float | None = None
    boundary_hu: float | None = None
    long_axis_u95_mm: float | None = None
    max_3d_diameter_u95_mm: float | None = None
    volume_u95_ml: float | None = None
    large: bool | None = None
    long_axis_sop_uid: str = ""
    long_axis_instance_number: int | None = None
    touches_bone: bool | None = None
    bone_contact_mm2: float | None = None
    notices: tuple[str, ...] = ()

    @property
    def long_axis_mm(self) -> float:
        """Length of the long axis."""
        return self.long_axis.length_mm

    @property
    def short_axis_mm(self) -> float:
        """Length of the short axis."""
        return self.short_axis.length_mm

    @property
    def max_3d_diameter_mm(self) -> float | None:
        """Length of the diameter in space."""
        return self.max_3d_diameter.length_mm if self.max_3d_diameter else None

    @property
    def largest_mm(self) -> float:
        """The diameter in space, where there is none the long axis."""
        return (self.max_3d_diameter or self.long_axis).length_mm

    @property
    def size(self) -> float:
        """What lesions of one stack are ordered by: volume, where there is none area or length."""
        return self.volume_ml or self.volume_voxels_ml or self.area_mm2 or self.long_axis.length_mm


@dataclass(frozen=True, slots=True)
class FilmAxis:
    """A length on a radiograph, in units of the column spacing, with its two end points (row, column)."""

    length_px: float
    ends_px: tuple[PointPx, PointPx]


@dataclass(frozen=True, slots=True)
class FilmMeasurements:
    """Every number of a lesion on a radiograph; `calcimeasure.measure` defines each.

    What was measured is in pixels: lengths in units of the column spacing, areas in its square, points as row and
    column. Millimeters follow from the spacing alone, and are None where none is known.

    Parameters
    ----------
    pixel_aspect
        Row spacing in units of the column spacing; the pixels are measured with it.
    column_spacing_mm, spacing_source
        What a pixel is in millimeters, and how that is known (PS3.3 section 10.7, or the reader's calibration).
    mean_contrast
        Mean over the outline of what it stands out from its local background by, as attenuation adds up: in pixel
        values, or as a logarithm where these are proportional to the beam's intensity.
    boundary
        The local half-maximum used as the edge, above the local background, on the same scale.
    long_axis_u95_px
        Half-width of the 95 % interval of the long axis in this image.
    large
        None without millimeters.
    """

    long_axis: FilmAxis
    short_axis: FilmAxis
    area_px: float
    centroid_px: PointPx
    truncated: bool
    pixel_aspect: float = 1.0
    column_spacing_mm: float | None = None
    spacing_source: SpacingSource = SpacingSource.NONE
    mean_contrast: float | None = None
    boundary: float | None = None
    long_axis_u95_px: float | None = None
    large: bool | None = None
    long_axis_sop_uid: str = ""
    long_axis_instance_number: int | None = None
    notices: tuple[str, ...] = ()

    @property
    def long_axis_slice(self) -> int:
        """Index of the image that the long axis lies on: there is one."""
        return 0

    @property
    def row_spacing_mm(self) -> float | None:
        """Distance between rows."""
        return self._mm(self.pixel_aspect)

    @property
    def long_axis_mm(self) -> float | None:
        """Length of the long axis."""
        return self._mm(self.long_axis.length_px)

    @property
    def short_axis_mm(self) -> float | None:
        """Length of the short axis."""
        return self._mm(self.short_axis.length_px)

    @property
    def largest_mm(self) -> float | None:
        """The long axis: a projection has no diameter in space."""
        return self.long_axis_mm

    @property
    def long_axis_u95_mm(self) -> float | None:
        """Half-width of the 95 % interval of the long axis; that of the spacing is not in it."""
        return self._mm(self.long_axis_u95_px)

    @property
    def area_mm2(self) -> float | None:
        """Area of the outline."""
        return None if self.column_spacing_mm is None else self.area_px * self.column_spacing_mm**2

    @property
    def size(self) -> float:
        """What lesions of one image are ordered by: their area."""
        return self.area_px

    def _mm(self, length_px: float | None) -> float | None:
        if length_px is None or self.column_spacing_mm is None:
            return None
        return length_px * self.column_spacing_mm


@dataclass(frozen=True, slots=True)
class Midline:
    """The plane between both sides of the body.

    Parameters
    ----------
    normal
        Unit vector to the patient's left, LPS.
    offset_mm
        Points p of the plane have normal . p = offset_mm.
    uncertainty_mm
        How far the plane may lie beside where it is said to.
    quality
        0 to 1: how alike both sides are.
    between_limbs
        Whether two limbs lie beside it, and no trunk.
    """

    normal: PointLps
    offset_mm: float
    uncertainty_mm: float
    quality: float
    between_limbs: bool = False

    def distance_mm(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...,) signed distance of (..., 3) points, positive to the patient's left."""
        distance_mm: NDArray[np.float64] = points_lps_mm @ np.array(self.normal) - self.offset_mm
        return distance_mm


@dataclass(frozen=True, slots=True)
class Side:
    """Side of the body with its evidence."""

    laterality: Laterality
    source: SideSource
    confidence: float | None = None
    conflict: bool = False
    hint: Laterality | None = None
    distance_to_midline_mm: float | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Region of the body with its evidence."""

    body_site: BodySite
    source: SiteSource
    detail: str | None = None
    evidence: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Lesion:
    """A finding: its outline, its numbers, and what is known and decided about it.

    `tissue`, `side` and `site` are None where nothing has judged them yet. `settings_hash` and `software_version` name
    what its numbers were computed with. The outline of a lesion on a radiograph is a mask of one slice.
    """

    tracking_uid: str
    number: int
    outline: Outline
    measurements: Measurements | FilmMeasurements
    notices: tuple[str, ...] = ()
    tissue: Tissue | None = None
    tissue_confidence: float | None = None
    side: Side | None = None
    site: Site | None = None
    status: Status = Status.PROPOSED
    algorithm_type: AlgorithmType = AlgorithmType.AUTOMATIC
    reader: str | None = None
    reviewed_at: datetime | None = None
    settings_hash: str = ""
    software_version: str = ""

    @property
    def is_mass(self) -> bool:
        """Whether it counts as a calcified mass: it is judged one, or nothing has judged it yet."""
        return self.tissue in (None, Tissue.CALCIFIED_MASS)

    @property
    def may_be_mass(self) -> bool:
        """Whether a reader is asked about it: it counts as a mass or might be one, and nobody has rejected it."""
        return (self.is_mass or self.tissue is Tissue.UNKNOWN) and self.status is not Status.REJECTED

    @property
    def is_decided(self) -> bool:
        """Whether a reader has accepted or rejected it."""
        return self.status is not Status.PROPOSED


@dataclass(frozen=True, slots=True)
class Revision:
    """A lesion as it was at one time. Every change appends one; none is ever changed or removed.

    Parameters
    ----------
    lesion
        All of it: outline, numbers, judgements, decisions.
    number
        From 1, without gaps, for each lesion.
    made_at
        When, UTC.
    why
        What was done, in words.
    reader
        Who did it; None where the program did.
    base_number
        The revision that it was made from; None for the first one. Two made from the same base are a conflict.
    withdrawn
        The lesion is no longer there: merged into another, split, taken back, or not found again.
    edit_uid
        The same for all revisions of one edit (a merge changes several lesions).
    """

    lesion: Lesion
    number: int
    made_at: datetime
    why: str
    reader: str | None = None
    base_number: int | None = None
    withdrawn: bool = False
    edit_uid: str | None = None


@dataclass(frozen=True, slots=True)
class StackFacts:
    r"""What tables and the store keep of a stack: what its headers say and how its grid is spaced, not its files.

    Parameters
    ----------
    root, path
        The PATH argument that held it, and its first file in slice order below that.
    row_spacing_mm, column_spacing_mm, slice_spacing_mm
        None where the stack was not loaded, and of a radiograph: its lesions say what a pixel is (`FilmMeasurements`).
    midline
        The body's, where it is seen.
    view_position, patient_orientation
        Of a radiograph: View Position (0018,5101), and the letters of rows and columns (0020,0020), separated by \.
    """

    study_uid: str
    series_uid: str
    stack_number: int
    modality: str
    root: str
    path: str
    image_count: int
    patient_id: str | None = None
    study_date: date | None = None
    series_number: int | None = None
    description: str | None = None
    slice_thickness_mm: float | None = None
    kvp: float | None = None
    convolution_kernel: str | None = None
    contrast_agent: bool | None = None
    frame_of_reference_uid: str | None = None
    row_spacing_mm: float | None = None
    column_spacing_mm: float | None = None
    slice_spacing_mm: float | None = None
    midline: Midline | None = None
    view_position: str | None = None
    patient_orientation: str | None = None

    @classmethod
    def of(cls, series: Series, geometry: Geometry | None = None, midline: Midline | None = None) -> Self:
        """Take the facts of a series, and of its grid and its body's midline where it was loaded."""
        first = series.instances[0]
        return cls(
            study_uid=series.study_uid,
            series_uid=series.series_uid,
            stack_number=series.stack_number,
            modality=series.modality,
            root=str(first.root.absolute()),
            path=series.relative_path.as_posix(),
            image_count=len(series.instances),
            patient_id=series.patient_id,
            study_date=series.study_date,
            series_number=series.series_number,
            description=series.description,
            slice_thickness_mm=series.slice_thickness_mm,
            kvp=series.kvp,
            convolution_kernel=series.convolution_kernel,
            contrast_agent=series.contrast_agent,
            frame_of_reference_uid=series.frame_of_reference_uid,
            row_spacing_mm=geometry.row_spacing_mm if geometry else None,
            column_spacing_mm=geometry.column_spacing_mm if geometry else None,
            slice_spacing_mm=geometry.slice_spacing_mm if geometry else None,
            midline=midline,
            view_position=series.projection.view_position if series.projection else None,
            patient_orientation="\\".join(series.projection.patient_orientation) or None if series.projection else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a stack, or of a file that cannot be read, and what is now known of it.

    Parameters
    ----------
    state, reason, message
        As in `Failure`; reason and message are empty where it was measured.
    path
        The first file, relative to the PATH argument that held it.
    stack
        None for a file that cannot be read.
    lesions
        The current ones, of whatever tissue and status.
    seconds
        What measuring it took.
    """

    state: State
    path: str
    stack: StackFacts | None = None
    reason: str | None = None
    message: str | None = None
    lesions: tuple[Lesion, ...] = ()
    seconds: float = 0.0

    @property
    def masses(self) -> tuple[Lesion, ...]:
        """The calcified masses that no reader has rejected."""
        return tuple(one for one in self.lesions if one.is_mass and one.status is not Status.REJECTED)

    @classmethod
    def of(cls, result: Report | Failure) -> Self:
        """Take what became of a stack from what measuring it gave."""
        if isinstance(result, Report):
            stack = StackFacts.of(result.series, result.geometry, result.midline)
            return cls(State.MEASURED, stack.path, stack, lesions=result.lesions, seconds=result.seconds)
        return cls(
            state=result.state,
            path=result.relative_path.as_posix(),
            stack=StackFacts.of(result.series) if result.series else None,
            reason=result.reason,
            message=result.message,
            seconds=result.seconds,
        )


def largest_first(lesion: Lesion) -> tuple[object, ...]:
    """Order lesions by size (volume, where there is none area or length), those of equal size by their place."""
    return (-lesion.measurements.size, lesion.outline.start_kji)


def review_state(lesions: Iterable[Lesion]) -> ReviewState:
    """Tell how much of some lesions readers have decided; what no reader is asked about (bone) is passed over."""
    decided = [one.is_decided for one in lesions if one.is_mass or one.tissue is Tissue.UNKNOWN]
    if not any(decided):
        return ReviewState.NONE
    return ReviewState.DONE if all(decided) else ReviewState.PARTIAL


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A measured stack: its lesions, largest first, what was measured with, and a picture (PNG) of each lesion.

    `geometry` is None for a radiograph, of which only the spacing is known, if that.
    """

    series: Series
    geometry: Geometry | None
    lesions: tuple[Lesion, ...]
    settings_hash: str
    software_version: str
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    thumbnails: tuple[bytes, ...] = ()
    midline: Midline | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A stack or file that was not measured.

    Parameters
    ----------
    state
        `State.SKIPPED` where it is no image that this program measures, `State.FAILED` where it should have been.
    reason
        A key of `calcimeasure.codes.REASONS`.
    message
        For a person: expected, found, where, what to do.
    series
        The stack; None where not even its header could be read.
    path, root, member
        The file, the PATH argument that held it, and its name in a .zip, where there is no series.
    traceback
        For an internal error.
    """

    state: State
    reason: str
    message: str
    series: Series | None = None
    path: Path | None = None
    root: Path | None = None
    traceback: str | None = None
    seconds: float = 0.0
    member: str | None = None

    @property
    def relative_path(self) -> Path:
        """The file that it is about, relative to the PATH argument that held it."""
        if self.series is not None:
            return self.series.relative_path
        if self.path is None:
            return Path()
        return _relative_path(self.path, self.root, self.member)


def _relative_path(path: Path, root: Path | None, member: str | None) -> Path:
    if member is not None:
        # Names in a .zip may lead anywhere; nothing is opened or written by this one.
        return Path(*(part for part in PurePosixPath(member).parts if part not in ("/", "..")))
    return path.relative_to(root) if root is not None and path.is_relative_to(root) else Path(path.name)
