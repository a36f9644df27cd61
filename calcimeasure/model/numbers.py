"""The numbers of a lesion, each defined once.

The measured columns of lesions.csv and their schema, the columns of the store that hold measurements, and the
documentation of both are made from this table. A new number needs a row here, an attribute in `measurements`, its
computation in `calcimeasure.measure`, and a migration step of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from calcimeasure.model.vocabulary import Canal, ImageKind, Morphology, MorphologySource, SpacingSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from calcimeasure.model.measurements import Measurements, RadiographMeasurements

BOTH: Final = frozenset(ImageKind)
CT: Final = frozenset({ImageKind.CT_STACK})
RADIOGRAPH: Final = frozenset({ImageKind.RADIOGRAPH})


class NumberType(StrEnum):
    """The type of a number's value: a float, an int, a bool, the UID of an image, a word, or coordinates of points."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    UID = "uid"
    WORD = "word"
    POINTS = "points"


class Code(NamedTuple):
    """A code of a quantity: coding scheme designator (PS3.16 section 8) and code value."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}"


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a lesion.

    Parameters
    ----------
    name
        The name of the number's columns in lesions.csv and in the store.
    meaning
        A sentence that says what the number means.
    kinds
        The kinds of image that have the number; on any other kind its value is None.
    value_type
        The type of its value.
    unit
        The unit in UCUM; empty for a number without a unit.
    decimals
        How many decimals are written in lesions.csv.
    words
        The allowed words, for a number whose value is a word.
    codes
        Codes of the quantity in DICOM (SCT, DCM), of its derivation (SCT), and in IBSI; empty if there are none.
    attribute
        The attribute of the measurements that holds the number; a dot separates an attribute from an attribute of it.
        If empty, the attribute has the name of the number. A number that both kinds of image have is an attribute of
        the measurements of both.
    index
        The index of the component, if the attribute holds several.
    in_table, in_store
        Whether lesions.csv and the store have a column for the number. A number without a column in the store is
        computed from a number that has one.
    """

    name: str
    meaning: str
    kinds: frozenset[ImageKind] = BOTH
    value_type: NumberType = NumberType.NUMBER
    unit: str = ""
    decimals: int = 0
    words: type[StrEnum] | None = None
    codes: tuple[Code, ...] = ()
    attribute: str = ""
    index: int | None = None
    in_table: bool = True
    in_store: bool = True

    @property
    def images(self) -> str:
        """The kinds of image that have the number, in words."""
        if self.kinds == BOTH:
            return "CT, radiograph"
        return "CT" if self.kinds == CT else "radiograph"


def reader_of(number: Number) -> Callable[[Measurements | RadiographMeasurements], object]:
    """Make a function that reads a number from measurements.

    Parameters
    ----------
    number
        A row of the table.

    Returns
    -------
    callable
        Takes the measurements of a lesion; gives None if this kind of image does not have the number, or if the number
        could not be measured.
    """
    attribute, *parts = (number.attribute or number.name).split(".")
    get = attrgetter(attribute)
    if number.kinds == BOTH:
        return get
    (kind,) = number.kinds
    if not parts and number.index is None:
        return lambda measurements: get(measurements) if measurements.kind is kind else None
    part = attrgetter(*parts) if parts else itemgetter(number.index)

    def read(measurements: Measurements | RadiographMeasurements) -> object:
        value = get(measurements) if measurements.kind is kind else None
        return None if value is None else part(value)

    return read


def numbers_of(kind: ImageKind, numbers: Iterable[Number] | None = None) -> tuple[Number, ...]:
    """Give the numbers that a kind of image has, in the order of the table."""
    return tuple(one for one in (NUMBERS if numbers is None else numbers) if kind in one.kinds)


def table_numbers(numbers: Iterable[Number] | None = None) -> tuple[Number, ...]:
    """Give the numbers that have a column in lesions.csv, in the order of the columns."""
    return tuple(one for one in (NUMBERS if numbers is None else numbers) if one.in_table)


def stored_numbers(numbers: Iterable[Number] | None = None) -> tuple[Number, ...]:
    """Give the numbers that have a column in the store; the column has the name of the number.

    Each of these columns can be empty: on the other kind of image, and if a number could not be measured.
    """
    return tuple(one for one in (NUMBERS if numbers is None else numbers) if one.in_store)


_LONG_AXIS = Code("SCT", "103339001")
_SHORT_AXIS = Code("SCT", "103340004")
_DIAMETER = Code("SCT", "81827009")
_AREA = Code("SCT", "42798000")
_VOLUME = Code("SCT", "118565006")
_ATTENUATION = Code("DCM", "112031")
_HOUNSFIELD = "[hnsf'U]"
_PIXELS = "{pixels}"


def _attenuation(statistic: str, words: str, derivation: str) -> Number:
    return Number(
        f"{statistic}_hu",
        f"{words} of the voxels inside the outline.",
        CT,
        unit=_HOUNSFIELD,
        decimals=1,
        codes=(_ATTENUATION, Code("SCT", derivation)),
    )


def _extent(letters: str, words: str, index: int) -> Number:
    return Number(
        f"extent_{letters}_mm",
        f"Extent along the patient's {words} axis.",
        CT,
        unit="mm",
        decimals=2,
        attribute="extents_lps_mm",
        index=index,
        in_store=False,
    )


def _centroid(letter: str, index: int) -> Number:
    return Number(
        f"centroid_{letter}_lps_mm",
        f"Centroid of the outline, not weighted by attenuation, {letter} of LPS.",
        CT,
        unit="mm",
        decimals=2,
        attribute="centroid_lps_mm",
        index=index,
        in_store=False,
    )


def _ends(axis: str, unit: str, kinds: frozenset[ImageKind], words: str) -> Number:
    suffix = "ends_lps_mm" if unit == "mm" else "ends_px"
    return Number(
        f"{axis}_{suffix}",
        words,
        kinds,
        NumberType.POINTS,
        unit,
        attribute=f"{axis}.{suffix}",
        in_table=False,
    )


NUMBERS: Final[tuple[Number, ...]] = (
    Number(
        "large",
        "Whether max_3d_diameter_mm (of a radiograph, a single slice or of slices with gaps: long_axis_mm) is at least "
        "settings.large_diameter_mm; empty without millimeters.",
        value_type=NumberType.BOOLEAN,
    ),
    Number(
        "long_axis_mm",
        "Longest caliper of the outline in the acquisition plane, over slices (RECIST 1.1; SCT 103339001).",
        unit="mm",
        decimals=2,
        codes=(_LONG_AXIS,),
    ),
    _ends("long_axis", "mm", CT, "Both end points of the long axis (LPS)."),
    Number(
        "short_axis_mm",
        "Longest chord of the outline perpendicular to the long axis, in its slice (SCT 103340004).",
        unit="mm",
        decimals=2,
        codes=(_SHORT_AXIS,),
    ),
    _ends("short_axis", "mm", CT, "Both end points of the short axis (LPS)."),
    Number(
        "long_axis_slice",
        "Index of the slice that the long axis lies on, from 0.",
        CT,
        NumberType.INTEGER,
        in_table=False,
    ),
    Number(
        "long_axis_sop_uid",
        "SOPInstanceUID of the slice that the long axis lies on, or what replaces it.",
        value_type=NumberType.UID,
    ),
    Number(
        "long_axis_instance_number",
        "InstanceNumber of the slice that the long axis lies on.",
        value_type=NumberType.INTEGER,
    ),
    Number(
        "max_3d_diameter_mm",
        "Largest distance between two points of the lesion's surface (IBSI L0JK).",
        CT,
        unit="mm",
        decimals=2,
        codes=(_DIAMETER, Code("IBSI", "L0JK")),
    ),
    _ends("max_3d_diameter", "mm", CT, "Both end points of the diameter (LPS)."),
    Number(
        "extents_lps_mm",
        "Extents along the patient's axes x, y, z (LPS).",
        CT,
        NumberType.POINTS,
        "mm",
        in_table=False,
    ),
    _extent("rl", "right-left", 0),
    _extent("ap", "anterior-posterior", 1),
    _extent("si", "superior-inferior", 2),
    Number(
        "volume_ml",
        "Best estimate of the calcified volume, partial volume taken into account.",
        CT,
        unit="mL",
        decimals=4,
        codes=(_VOLUME,),
    ),
    Number(
        "volume_mesh_ml",
        "Volume inside the mesh of the outline (IBSI RNU0).",
        CT,
        unit="mL",
        decimals=4,
        codes=(_VOLUME, Code("IBSI", "RNU0")),
    ),
    Number(
        "volume_voxels_ml",
        "Volume of the outline's voxels (IBSI YEKZ).",
        CT,
        unit="mL",
        decimals=4,
        codes=(_VOLUME, Code("IBSI", "YEKZ")),
    ),
    Number(
        "parts",
        "Pieces of the outline (26 neighbors; on a radiograph 8); axes, diameter, extents and truncated are those of "
        "all pieces together.",
        value_type=NumberType.INTEGER,
    ),
    Number(
        "envelope_ml",
        "Volume inside the surface that encloses all pieces: the alpha shape of the calcified voxels, alpha 5 mm.",
        CT,
        unit="mL",
        decimals=4,
        codes=(_VOLUME,),
    ),
    Number(
        "envelope_u95_ml",
        "Half-width of the 95 % interval of envelope_ml, of this scan.",
        CT,
        unit="mL",
        decimals=4,
    ),
    Number(
        "envelope_mm2",
        "Radiograph: area inside the line that encloses all pieces: the alpha shape of the outline.",
        RADIOGRAPH,
        unit="mm2",
        decimals=2,
        codes=(_AREA,),
    ),
    Number(
        "envelope_u95_mm2",
        "Half-width of the 95 % interval of envelope_mm2, of this image.",
        RADIOGRAPH,
        unit="mm2",
        decimals=2,
    ),
    Number(
        "fill_fraction",
        "Share of the envelope that is calcified: volume_ml divided by envelope_ml; on a radiograph area divided by "
        "envelope.",
        decimals=4,
    ),
    Number(
        "morphology",
        "What the mass looks like as a whole.",
        value_type=NumberType.WORD,
        words=Morphology,
    ),
    Number(
        "morphology_confidence",
        "Confidence in morphology, from 0 to 1; empty where a reader set it.",
        decimals=3,
    ),
    Number(
        "morphology_source",
        "Where morphology comes from.",
        value_type=NumberType.WORD,
        words=MorphologySource,
    ),
    Number(
        "fluid_level",
        "Whether sediment of calcium lies under fluid along gravity; empty where it is not judged: position of the "
        "patient not known, slices too far apart, mass too small.",
        CT,
        NumberType.BOOLEAN,
    ),
    Number(
        "skin_distance_mm",
        "Smallest distance from the mass to the air outside of the body; 0: reaches the skin; empty where the skin is "
        "not imaged.",
        CT,
        unit="mm",
        decimals=1,
    ),
    Number(
        "canal",
        "Spine: whether the mass reaches into the vertebral canal (canal) or an intervertebral foramen (foramen), or "
        "lies outside of both (none); empty where it is not judged.",
        CT,
        NumberType.WORD,
        words=Canal,
    ),
    Number(
        "canal_narrowed_percent",
        "Largest share of the cross-section of the vertebral canal that the mass takes, over slices; empty where canal "
        "is not judged.",
        CT,
        unit="%",
        decimals=1,
    ),
    Number(
        "area_mm2",
        "Area of the outline in a single CT slice or on a radiograph.",
        unit="mm2",
        decimals=2,
        codes=(_AREA,),
    ),
    Number(
        "surface_area_mm2",
        "Area of the mesh of the outline (IBSI C0JK).",
        CT,
        unit="mm2",
        decimals=2,
        codes=(Code("IBSI", "C0JK"),),
    ),
    Number(
        "sphericity",
        "Area of a ball of the mesh's volume divided by the mesh's area (IBSI QCFX); empty for several pieces.",
        CT,
        decimals=4,
        codes=(Code("IBSI", "QCFX"),),
    ),
    _attenuation("mean", "Mean", "373098007"),
    _attenuation("median", "Median", "373099004"),
    _attenuation("sd", "Standard deviation (of the population)", "386136009"),
    _attenuation("max", "Maximum", "56851009"),
    Number(
        "mean_contrast",
        "Radiograph: mean contrast to the local background, in pixel values (a logarithm where they are linear to the "
        "beam's intensity).",
        RADIOGRAPH,
        decimals=4,
    ),
    Number(
        "boundary_hu",
        "Local half-maximum used as the edge, median over the surface.",
        CT,
        unit=_HOUNSFIELD,
        decimals=1,
    ),
    Number(
        "boundary",
        "Local half-maximum used as the edge, above the local background, in the unit of mean_contrast.",
        RADIOGRAPH,
        in_table=False,
    ),
    Number(
        "long_axis_u95_mm",
        "Half-width of the 95 % interval of long_axis_mm, of this scan.",
        unit="mm",
        decimals=2,
    ),
    Number(
        "max_3d_diameter_u95_mm",
        "Half-width of the 95 % interval of max_3d_diameter_mm, of this scan.",
        CT,
        unit="mm",
        decimals=2,
    ),
    Number(
        "volume_u95_ml",
        "Half-width of the 95 % interval of volume_ml, of this scan.",
        CT,
        unit="mL",
        decimals=4,
    ),
    Number(
        "centroid_lps_mm",
        "Centroid of the outline, not weighted by attenuation (LPS).",
        CT,
        NumberType.POINTS,
        "mm",
        in_table=False,
    ),
    _centroid("x", 0),
    _centroid("y", 1),
    _centroid("z", 2),
    Number("touches_bone", "Whether it touches bone.", CT, NumberType.BOOLEAN),
    Number("bone_contact_mm2", "Area of its contact with bone.", CT, unit="mm2", decimals=2),
    Number(
        "truncated",
        "Whether it reaches the edge of what was imaged: its sizes are lower bounds.",
        value_type=NumberType.BOOLEAN,
    ),
    Number(
        "long_axis_px",
        "Radiograph: long axis in units of the column spacing.",
        RADIOGRAPH,
        unit=_PIXELS,
        decimals=2,
        codes=(_LONG_AXIS,),
        attribute="long_axis.length_px",
    ),
    _ends("long_axis", _PIXELS, RADIOGRAPH, "Both end points of the long axis (row, column)."),
    Number(
        "short_axis_px",
        "Radiograph: short axis in units of the column spacing.",
        RADIOGRAPH,
        unit=_PIXELS,
        decimals=2,
        codes=(_SHORT_AXIS,),
        attribute="short_axis.length_px",
    ),
    _ends("short_axis", _PIXELS, RADIOGRAPH, "Both end points of the short axis (row, column)."),
    Number(
        "area_px",
        "Radiograph: area in units of the column spacing squared.",
        RADIOGRAPH,
        unit=_PIXELS,
        decimals=1,
        codes=(_AREA,),
    ),
    Number(
        "envelope_px",
        "Radiograph: area inside the line that encloses all pieces, in units of the column spacing squared.",
        RADIOGRAPH,
        unit=_PIXELS,
        decimals=1,
        codes=(_AREA,),
    ),
    Number(
        "centroid_px",
        "Centroid of the outline (row, column).",
        RADIOGRAPH,
        NumberType.POINTS,
        _PIXELS,
        in_table=False,
    ),
    Number(
        "pixel_aspect",
        "Row spacing in units of the column spacing.",
        RADIOGRAPH,
        in_table=False,
    ),
    # lesions.csv writes columns of these two names separately: on CT the stack has the spacing, on a radiograph the
    # lesion.
    Number("column_spacing_mm", "Distance between columns.", RADIOGRAPH, unit="mm", decimals=6, in_table=False),
    Number(
        "spacing_source",
        "Where millimeters of a radiograph come from.",
        RADIOGRAPH,
        NumberType.WORD,
        words=SpacingSource,
        in_table=False,
    ),
    Number(
        "long_axis_u95_px",
        "Half-width of the 95 % interval of the long axis in this image.",
        RADIOGRAPH,
        unit=_PIXELS,
        in_table=False,
    ),
    Number(
        "envelope_u95_px",
        "Half-width of the 95 % interval of envelope_px in this image.",
        RADIOGRAPH,
        unit=_PIXELS,
        in_table=False,
    ),
)
"""All numbers, in the order of the columns of lesions.csv. Units: UCUM. Codes: PS3.16, SNOMED CT and IBSI."""
