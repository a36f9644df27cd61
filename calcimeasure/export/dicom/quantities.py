"""The numbers of a lesion in a structured report: the same values as in lesions.csv, with their codes and units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.dicom.codes import DERIVATION, SCHEME, UNCERTAINTY
from calcimeasure.export.dicom.content import MODIFIER, PROPERTY, code_value, number_item
from calcimeasure.model.numbers import NUMBERS, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from pydicom.dataset import Dataset

    from calcimeasure.export.dicom.codes import Code
    from calcimeasure.model import Lesion

MEAN: Final[Code] = ("373098007", "SCT", "Mean")

UNITS: Final[dict[str, Code]] = {
    "mm": ("mm", "UCUM", "millimeter"),
    "mm2": ("mm2", "UCUM", "square millimeter"),
    "mL": ("mL", "UCUM", "milliliter"),
    "[hnsf'U]": ("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "{pixels}": ("{pixels}", "UCUM", "pixels"),
    "": ("1", "UCUM", "no units"),
}

_ATTENUATION: Final[Code] = ("112031", "DCM", "Attenuation Coefficient")
_VOLUME: Final[Code] = ("118565006", "SCT", "Volume")
_AREA: Final[Code] = ("42798000", "SCT", "Area")

LONG_AXIS: Final[Code] = ("103339001", "SCT", "Long Axis")
SHORT_AXIS: Final[Code] = ("103340004", "SCT", "Short Axis")
"""Viewers look for both by these meanings."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a lesion as an item of a report.

    Parameters
    ----------
    name
        Its column of lesions.csv.
    concept
        Its code.
    uncertainty
        The column, or the number of the store, that holds the half-width of its 95 % interval.
    derivation
        Which statistic of many values it is.
    """

    name: str
    concept: Code
    uncertainty: str | None = None
    derivation: Code | None = None


_AXES: Final = (
    Quantity("long_axis_mm", LONG_AXIS, "long_axis_u95_mm"),
    Quantity("short_axis_mm", SHORT_AXIS),
)
_AXES_PX: Final = (
    Quantity("long_axis_px", LONG_AXIS, "long_axis_u95_px"),
    Quantity("short_axis_px", SHORT_AXIS),
)

OF_CT: Final = (
    *_AXES,
    Quantity("max_3d_diameter_mm", ("L0JK", "IBSI", "Maximum 3D Diameter of a Mesh"), "max_3d_diameter_u95_mm"),
    Quantity("volume_ml", _VOLUME, "volume_u95_ml"),
    Quantity("volume_mesh_ml", ("RNU0", "IBSI", "Volume of Mesh")),
    Quantity("volume_voxels_ml", ("YEKZ", "IBSI", "Volume from Voxel Summation")),
    Quantity("envelope_ml", ("envelope_volume", SCHEME, "Volume of the envelope of all parts"), "envelope_u95_ml"),
    Quantity("area_mm2", _AREA),
    Quantity("mean_hu", _ATTENUATION, derivation=MEAN),
    Quantity("median_hu", _ATTENUATION, derivation=("373099004", "SCT", "Median")),
    Quantity("sd_hu", _ATTENUATION, derivation=("386136009", "SCT", "Standard Deviation")),
    Quantity("max_hu", _ATTENUATION, derivation=("56851009", "SCT", "Maximum")),
)
OF_RADIOGRAPH: Final = (
    *_AXES,
    Quantity("area_mm2", _AREA),
    Quantity("envelope_mm2", ("envelope_area", SCHEME, "Area of the envelope of all parts"), "envelope_u95_mm2"),
)
OF_RADIOGRAPH_IN_PIXELS: Final = (
    *_AXES_PX,
    Quantity("area_px", _AREA),
    Quantity("envelope_px", ("envelope_area", SCHEME, "Area of the envelope of all parts"), "envelope_u95_px"),
)

_CERTAINTIES: Final[dict[str, Code]] = {
    "tissue_confidence": ("111012", "DCM", "Certainty of Finding"),
    "laterality_confidence": ("laterality_cert", SCHEME, "Certainty of Laterality"),
}


def quantities_of(lesion: Lesion) -> tuple[Quantity, ...]:
    """Choose the numbers of a lesion: those in pixels where the spacing of a radiograph is not known."""
    if lesion.measurements.long_axis_px is None:
        return OF_CT
    return OF_RADIOGRAPH_IN_PIXELS if lesion.measurements.long_axis_mm is None else OF_RADIOGRAPH


def known_items(lesion: Lesion) -> tuple[str, ...]:
    """Give the names of the numbers and confidences of a lesion that are known, in the order of their items."""
    numbers = (one.name for one in quantities_of(lesion) if written_value(lesion, one.name)[0] is not None)
    return (*numbers, *certainties_of(lesion))


def quantity_item(lesion: Lesion, quantity: Quantity, children: Iterable[Dataset] = ()) -> Dataset:
    """Make the item of a number (TID 300): what it is inferred from, its statistic, its uncertainty in its own unit.

    Raises
    ------
    ValueError
        The number is not known.
    """
    value, unit = written_value(lesion, quantity.name)
    if value is None:
        raise ValueError(f"A lesion whose {quantity.name} is known expected, found lesion {lesion.number}.")
    content = list(children)
    if quantity.derivation is not None:
        content.append(code_value(DERIVATION, quantity.derivation, relation=MODIFIER))
    if quantity.uncertainty is not None:
        half_width, _ = written_value(lesion, quantity.uncertainty)
        if half_width is not None:
            content.append(number_item(UNCERTAINTY, half_width, UNITS[unit], relation=PROPERTY))
    return number_item(quantity.concept, value, UNITS[unit], content)


def certainty_items(lesion: Lesion, names: Container[str]) -> list[Dataset]:
    """Make the items of the confidences in tissue and side, from 0 to 1, that are among the names."""
    return [
        number_item(concept, value, UNITS[""])
        for name, (concept, value) in certainties_of(lesion).items()
        if name in names
    ]


def certainties_of(lesion: Lesion) -> dict[str, tuple[Code, str]]:
    """Give the confidences in tissue and side that are known, by their columns: the code, and the value as written."""
    values = {
        "tissue_confidence": lesion.tissue_confidence,
        "laterality_confidence": lesion.side.confidence if lesion.side else None,
    }
    return {name: (_CERTAINTIES[name], f"{value:.2f}") for name, value in values.items() if value is not None}


def written_value(lesion: Lesion, name: str) -> tuple[str | None, str]:
    """Give a number as lesions.csv writes it, and its unit in UCUM; None if it is not known."""
    decimals, unit, read = _columns()[name]
    value = read(lesion.measurements)
    if not isinstance(value, int | float):
        return None, unit
    text = f"{value:.{decimals}f}"
    return (text.removeprefix("-") if not text.strip("-0.") else text), unit


@cache
def _columns() -> dict[str, tuple[int, str, Callable[[Any], object]]]:
    """Give the decimals, the unit and the reader of each number.

    Half-widths in pixels have no column: they have the decimals of their number.
    """
    columns = {one.name: (one.decimals, one.unit, reader_of(one)) for one in NUMBERS}
    for name, of in (("long_axis_u95_px", "long_axis_px"), ("envelope_u95_px", "envelope_px")):
        columns[name] = (columns[of][0], *columns[name][1:])
    return columns
