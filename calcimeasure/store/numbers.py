"""Conversion between the numbers of a lesion and a row of lesion_revisions; the columns come from `model.numbers`."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.model import Axis, ImageKind, Measurements, RadiographAxis, RadiographMeasurements
from calcimeasure.model.numbers import Number, NumberType, numbers_of, reader_of, stored_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, Any]

_read_json = json.JSONDecoder().raw_decode
"""Returns the value and its end. `json.loads` also checks that nothing follows, and takes three times as long."""


def numbers_row(measurements: Measurements | RadiographMeasurements) -> Row:
    """Make the columns of all numbers; numbers that this kind of image does not have are None."""
    row: Row = dict.fromkeys(_NAMES)
    for name, read, to_column in _WRITTEN[measurements.kind]:
        value = read(measurements)
        row[name] = None if value is None else to_column(value)
    row["measurement_notices"] = ";".join(measurements.notices)
    return row


def measurements_of(row: Mapping[Any, Any]) -> Measurements | RadiographMeasurements:
    """Make measurements from a row. The column with the source of the spacing is filled only for a radiograph."""
    notices = tuple(row["measurement_notices"].split(";")) if row["measurement_notices"] else ()
    if row["spacing_source"] is None:
        return Measurements(**_values(row, ImageKind.CT_STACK), notices=notices)
    return RadiographMeasurements(**_values(row, ImageKind.RADIOGRAPH), notices=notices)


def _values(row: Mapping[Any, Any], kind: ImageKind) -> Row:
    values: Row = {name: row[name] for name in _AS_IT_IS[kind]}
    for name, of_column in _CONVERTED[kind]:
        values[name] = None if row[name] is None else of_column(row[name])
    axis_type, axes = _AXES[kind]
    for axis, length_name, ends_name in axes:
        length = row[length_name]
        values[axis] = None if length is None else axis_type(length, _ends(row[ends_name]))
    return values


def _point(text: str) -> tuple[float, ...]:
    return tuple(_read_json(text)[0])


def _ends(text: str) -> Any:  # noqa: ANN401 - two points of the patient or of a radiograph
    first, second = _read_json(text)[0]
    return tuple(first), tuple(second)


def _to_column(number: Number) -> Callable[[Any], object]:
    match number.value_type:
        case NumberType.POINTS:
            return json.dumps
        case NumberType.WORD:
            return str
        case NumberType.NUMBER:
            # Convert to floats of Python, because the driver of a database may not support the floats of NumPy.
            return lambda value: float(value) if isinstance(value, float) else value
        case _:
            return lambda value: value


def _of_column(number: Number) -> Callable[[Any], object] | None:
    """Choose the function that converts the content of a column; None if no conversion is needed."""
    return _point if number.value_type is NumberType.POINTS else number.words


_NAMES: Final = [one.name for one in stored_numbers()]

_WRITTEN: Final = {
    kind: [(one.name, reader_of(one), _to_column(one)) for one in stored_numbers(numbers_of(kind))]
    for kind in ImageKind
}

_RECORDS: Final = {ImageKind.CT_STACK: Measurements, ImageKind.RADIOGRAPH: RadiographMeasurements}
_ATTRIBUTES: Final = {kind: {field.name for field in fields(record)} for kind, record in _RECORDS.items()}

_READ: Final = {
    kind: [(one.name, _of_column(one)) for one in stored_numbers(numbers_of(kind)) if one.name in _ATTRIBUTES[kind]]
    for kind in ImageKind
}
"""Numbers that are an attribute of measurements. The other stored numbers belong to an axis, or are millimeters of a
radiograph. These are computed from pixels and spacing, and are stored for users who read the store with plain SQL."""

_AS_IT_IS: Final = {kind: [name for name, of_column in read if of_column is None] for kind, read in _READ.items()}
_CONVERTED: Final = {
    kind: [(name, of_column) for name, of_column in read if of_column is not None] for kind, read in _READ.items()
}


def _axes_of(kind: ImageKind, unit: str, ends: str) -> list[tuple[str, str, str]]:
    """Name each axis, and the columns of its length and of its ends."""
    names = [one.name.removesuffix(f"_{ends}") for one in numbers_of(kind) if one.name.endswith(f"_{ends}")]
    return [(name, f"{name}_{unit}", f"{name}_{ends}") for name in names]


_AXES: Final[dict[ImageKind, tuple[type[Axis] | type[RadiographAxis], list[tuple[str, str, str]]]]] = {
    ImageKind.CT_STACK: (Axis, _axes_of(ImageKind.CT_STACK, "mm", "ends_lps_mm")),
    ImageKind.RADIOGRAPH: (RadiographAxis, _axes_of(ImageKind.RADIOGRAPH, "px", "ends_px")),
}
