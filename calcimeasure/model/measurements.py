"""The numbers of a lesion, on CT and on a radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from calcimeasure.model.vocabulary import ImageKind, SpacingSource

if TYPE_CHECKING:
    from calcimeasure.model.points import PointLps, PointPx
    from calcimeasure.model.vocabulary import Canal, Morphology, MorphologySource


@dataclass(frozen=True, slots=True)
class Axis:
    """A length with its two end points in patient coordinates."""

    length_mm: float
    ends_lps_mm: tuple[PointLps, PointLps]

    @property
    def ends_px(self) -> None:
        """End points on a radiograph: a stack of slices has none."""
        return None


@dataclass(frozen=True, slots=True)
class Measurements:
    """Every number of a lesion on CT; `calcimeasure.measure` defines each number.

    Numbers that need a slice thickness are None for a single slice. Volumes and the 3-D diameter are also None for
    slices with gaps between them. `parts` is None in measurements of versions that did not count pieces. `canal` is
    None where it is not judged: not at the spine, or a vertebral canal that is not seen.
    """

    kind: ClassVar[Literal[ImageKind.CT_STACK]] = ImageKind.CT_STACK

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
    parts: int | None = None
    envelope_ml: float | None = None
    envelope_u95_ml: float | None = None
    fill_fraction: float | None = None
    morphology: Morphology | None = None
    morphology_confidence: float | None = None
    morphology_source: MorphologySource | None = None
    fluid_level: bool | None = None
    skin_distance_mm: float | None = None
    canal: Canal | None = None
    canal_narrowed_percent: float | None = None
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
    def long_axis_px(self) -> None:
        """None: on CT lengths are measured in millimeters."""
        return

    @property
    def short_axis_px(self) -> None:
        """None: on CT lengths are measured in millimeters."""
        return

    @property
    def reader_spacing_mm(self) -> None:
        """None: on CT the distance between columns comes from the header, never from a reader."""
        return

    @property
    def row_spacing_mm(self) -> None:
        """None: on CT the stack has one spacing for all its lesions."""
        return

    @property
    def column_spacing_mm(self) -> None:
        """None: on CT the stack has one spacing for all its lesions."""
        return

    @property
    def spacing_source(self) -> Literal[SpacingSource.PATIENT]:
        """The origin of the spacing: on CT millimeters are distances in the patient."""
        return SpacingSource.PATIENT

    @property
    def max_3d_diameter_mm(self) -> float | None:
        """Length of the diameter in space."""
        return self.max_3d_diameter.length_mm if self.max_3d_diameter else None

    @property
    def largest_mm(self) -> float:
        """The diameter in space; the long axis if there is no diameter in space."""
        return (self.max_3d_diameter or self.long_axis).length_mm

    @property
    def place_lps_mm(self) -> PointLps:
        """The position of the lesion in the patient: its centroid."""
        return self.centroid_lps_mm

    @property
    def known_volume_ml(self) -> float | None:
        """The best estimate of the volume; the volume of the voxels if there is no estimate."""
        return self.volume_ml or self.volume_voxels_ml

    @property
    def size(self) -> float:
        """The number by which the lesions of one stack are ordered: volume; without a volume, area or length."""
        return self.volume_ml or self.volume_voxels_ml or self.area_mm2 or self.long_axis.length_mm


@dataclass(frozen=True, slots=True)
class RadiographAxis:
    """A length on a radiograph, in units of the column spacing, with its two end points (row, column)."""

    length_px: float
    ends_px: tuple[PointPx, PointPx]

    @property
    def ends_lps_mm(self) -> None:
        """End points in patient coordinates: a radiograph has none."""
        return None


@dataclass(frozen=True, slots=True)
class RadiographMeasurements:
    """Every number of a lesion on a radiograph; `calcimeasure.measure` defines each number.

    Everything is measured in pixels: lengths in units of the column spacing, areas in its square, points as row and
    column. Millimeters are computed from the column spacing, and are None if the column spacing is not known.

    Parameters
    ----------
    pixel_aspect
        Row spacing in units of the column spacing, as used for the lengths and areas.
    column_spacing_mm, spacing_source
        Width of a pixel in millimeters, and the origin of this width (PS3.3 section 10.7, or the reader's
        calibration).
    mean_contrast
        Mean difference between the inside of the outline and its local background, on a scale on which attenuation is
        additive: pixel values, or their logarithm if pixel values are proportional to the intensity of the beam.
    boundary
        The local half-maximum used as the edge, as a difference from the local background, on the same scale.
    long_axis_u95_px
        Half-width of the 95 % interval of the long axis in this image.
    parts, envelope_px, envelope_u95_px, fill_fraction, morphology, morphology_confidence, morphology_source
        Of the mass as a whole: its pieces, the area inside the line that encloses them with the half-width of its 95 %
        interval in this image, the share of this area inside the outline, and its look. None where not measured.
    large
        Whether the mass is large; None if millimeters are not known.
    """

    kind: ClassVar[Literal[ImageKind.RADIOGRAPH]] = ImageKind.RADIOGRAPH

    long_axis: RadiographAxis
    short_axis: RadiographAxis
    area_px: float
    centroid_px: PointPx
    truncated: bool
    pixel_aspect: float = 1.0
    column_spacing_mm: float | None = None
    spacing_source: SpacingSource = SpacingSource.NONE
    mean_contrast: float | None = None
    boundary: float | None = None
    long_axis_u95_px: float | None = None
    parts: int | None = None
    envelope_px: float | None = None
    envelope_u95_px: float | None = None
    fill_fraction: float | None = None
    morphology: Morphology | None = None
    morphology_confidence: float | None = None
    morphology_source: MorphologySource | None = None
    large: bool | None = None
    long_axis_sop_uid: str = ""
    long_axis_instance_number: int | None = None
    notices: tuple[str, ...] = ()

    @property
    def long_axis_slice(self) -> int:
        """Index of the slice of the long axis: a radiograph has only one."""
        return 0

    @property
    def reader_spacing_mm(self) -> float | None:
        """Distance between columns if a reader measured it on the image; None if it comes from the header."""
        return self.column_spacing_mm if self.spacing_source is SpacingSource.READER else None

    @property
    def touches_bone(self) -> None:
        """None: a projection shows no contact with bone."""
        return

    @property
    def bone_contact_mm2(self) -> None:
        """None: a projection shows no contact with bone."""
        return

    @property
    def max_3d_diameter_mm(self) -> None:
        """None: a projection has no diameter in space."""
        return

    @property
    def fluid_level(self) -> None:
        """None: a level is judged on CT only."""
        return

    @property
    def volume_voxels_ml(self) -> None:
        """None: a projection has no volume."""
        return

    @property
    def mean_hu(self) -> None:
        """None: a radiograph has no Hounsfield units."""
        return

    @property
    def row_spacing_mm(self) -> float | None:
        """Distance between rows."""
        return self._mm(self.pixel_aspect)

    @property
    def long_axis_px(self) -> float:
        """Length of the long axis in units of the column spacing."""
        return self.long_axis.length_px

    @property
    def short_axis_px(self) -> float:
        """Length of the short axis in units of the column spacing."""
        return self.short_axis.length_px

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
        """The long axis, because a projection has no diameter in space."""
        return self.long_axis_mm

    @property
    def long_axis_u95_mm(self) -> float | None:
        """Half-width of the 95 % interval of the long axis, without the uncertainty of the spacing."""
        return self._mm(self.long_axis_u95_px)

    @property
    def area_mm2(self) -> float | None:
        """Area of the outline."""
        return self._mm2(self.area_px)

    @property
    def envelope_mm2(self) -> float | None:
        """Area inside the line that encloses all pieces."""
        return self._mm2(self.envelope_px)

    @property
    def envelope_u95_mm2(self) -> float | None:
        """Half-width of the 95 % interval of the area of the envelope, without the uncertainty of the spacing."""
        return self._mm2(self.envelope_u95_px)

    @property
    def place_lps_mm(self) -> None:
        """None: a projection has no place in the patient."""
        return

    @property
    def extents_lps_mm(self) -> None:
        """None: a projection has no extents in the patient."""
        return

    @property
    def volume_ml(self) -> None:
        """None: a projection has no volume."""
        return

    @property
    def known_volume_ml(self) -> None:
        """None: a projection has no volume."""
        return

    @property
    def size(self) -> float:
        """The number by which the lesions of one image are ordered: the area."""
        return self.area_px

    def _mm(self, length_px: float | None) -> float | None:
        if length_px is None or self.column_spacing_mm is None:
            return None
        return length_px * self.column_spacing_mm

    def _mm2(self, area_px: float | None) -> float | None:
        if area_px is None or self.column_spacing_mm is None:
            return None
        return area_px * self.column_spacing_mm**2
