"""The numbers of a lesion stand in one table; columns, schema, store and documentation follow from it."""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from sqlalchemy import Boolean, Double, Integer, Text
from sqlalchemy.types import TypeDecorator

from calcimeasure.export import columns as tables
from calcimeasure.export.lesions import LESION_COLUMNS, LesionRow, number_columns
from calcimeasure.export.schema import markdown_table, table_schema
from calcimeasure.export.stacks import SERIES_COLUMNS
from calcimeasure.model import (
    Axis,
    Canal,
    ImageKind,
    Lesion,
    Measurements,
    Morphology,
    MorphologySource,
    Outline,
    RadiographAxis,
    RadiographMeasurements,
    Revision,
    SpacingSource,
    StackFacts,
)
from calcimeasure.model.numbers import (
    NUMBERS,
    Code,
    Number,
    NumberType,
    numbers_of,
    reader_of,
    stored_numbers,
    table_numbers,
)
from calcimeasure.store.numbers import measurements_of, numbers_row
from calcimeasure.store.records import revision_row
from calcimeasure.store.schema import lesion_revisions

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = StackFacts("1.2", "1.2.3", 1, "CT", "/in", "a.dcm", 1)
VOXEL = Outline((0, 0, 0), (1, 1, 1), b"\x80")

MEASURED: dict[ImageKind, Measurements | RadiographMeasurements] = {
    ImageKind.CT_STACK: Measurements(
        long_axis=Axis(31.0, ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))),
        short_axis=Axis(32.0, ((1.5, 2.5, 3.5), (4.5, 5.5, 6.5))),
        long_axis_slice=7,
        centroid_lps_mm=(8.0, 9.0, 10.0),
        truncated=True,
        mean_hu=11.0,
        median_hu=12.0,
        sd_hu=13.0,
        max_hu=14.0,
        max_3d_diameter=Axis(33.0, ((1.25, 2.25, 3.25), (4.25, 5.25, 6.25))),
        extents_lps_mm=(15.0, 16.0, 17.0),
        volume_ml=18.0,
        volume_mesh_ml=19.0,
        volume_voxels_ml=20.0,
        parts=39,
        envelope_ml=40.0,
        envelope_u95_ml=41.0,
        fill_fraction=0.42,
        morphology=Morphology.LOCULATED,
        morphology_confidence=0.43,
        fluid_level=True,
        skin_distance_mm=44.0,
        morphology_source=MorphologySource.READER,
        canal=Canal.FORAMEN,
        canal_narrowed_percent=45.0,
        surface_area_mm2=21.0,
        sphericity=0.22,
        area_mm2=23.0,
        boundary_hu=24.0,
        long_axis_u95_mm=25.0,
        max_3d_diameter_u95_mm=26.0,
        volume_u95_ml=27.0,
        large=True,
        long_axis_sop_uid="1.2.28",
        long_axis_instance_number=29,
        touches_bone=False,
        bone_contact_mm2=30.0,
    ),
    ImageKind.RADIOGRAPH: RadiographMeasurements(
        long_axis=RadiographAxis(31.0, ((1.0, 2.0), (4.0, 5.0))),
        short_axis=RadiographAxis(32.0, ((1.5, 2.5), (4.5, 5.5))),
        area_px=33.0,
        centroid_px=(8.0, 9.0),
        truncated=False,
        pixel_aspect=1.25,
        column_spacing_mm=0.5,
        spacing_source=SpacingSource.READER,
        mean_contrast=34.0,
        boundary=35.0,
        long_axis_u95_px=36.0,
        envelope_px=46.0,
        envelope_u95_px=47.0,
        parts=48,
        fill_fraction=0.49,
        morphology=Morphology.NET,
        morphology_confidence=0.51,
        morphology_source=MorphologySource.IMAGE,
        large=False,
        long_axis_sop_uid="1.2.37",
        long_axis_instance_number=38,
    ),
}
"""Each value is there once, so that no number can be taken for another."""

KINDS = pytest.mark.parametrize("kind", list(ImageKind))


def test_each_number_has_one_name_and_a_sentence() -> None:
    names = [one.name for one in NUMBERS]
    assert len(set(names)) == len(names)
    assert all(one.meaning.endswith((".", ").")) for one in NUMBERS)
    assert all(one.in_table or one.in_store for one in NUMBERS)
    assert all(one.kinds for one in NUMBERS)


@KINDS
def test_each_attribute_of_measurements_has_a_row(kind: ImageKind) -> None:
    told = {(one.attribute or one.name).split(".")[0].removesuffix("_mm") for one in numbers_of(kind)}
    attributes = {field.name for field in fields(MEASURED[kind])} - {"notices"}
    assert {name.removesuffix("_mm") for name in attributes} <= told


@KINDS
def test_each_number_is_read_where_the_kind_of_image_has_it(kind: ImageKind) -> None:
    for number in NUMBERS:
        value = reader_of(number)(MEASURED[kind])
        assert (value is not None) == (kind in number.kinds), number.name
        if value is not None:
            types = {
                NumberType.NUMBER: float,
                NumberType.INTEGER: int,
                NumberType.BOOLEAN: bool,
                NumberType.UID: str,
                NumberType.WORD: str,
                NumberType.POINTS: tuple,
            }
            assert isinstance(value, types[number.value_type]), number.name


def test_no_two_numbers_read_the_same() -> None:
    for kind, measurements in MEASURED.items():
        values = [reader_of(one)(measurements) for one in numbers_of(kind) if one.value_type is not NumberType.BOOLEAN]
        assert len(set(values)) == len(values)


def test_number_that_was_not_measured_is_none() -> None:
    unknown = replace(MEASURED[ImageKind.CT_STACK], max_3d_diameter=None, extents_lps_mm=None, volume_ml=None)
    for name in ("max_3d_diameter_mm", "max_3d_diameter_ends_lps_mm", "extent_rl_mm", "extent_si_mm", "volume_ml"):
        (number,) = (one for one in NUMBERS if one.name == name)
        assert reader_of(number)(unknown) is None


def test_codes_are_those_of_dicom_and_ibsi() -> None:
    codes = {one.name: " ".join(map(str, one.codes)) for one in NUMBERS if one.codes}
    assert codes == {
        "long_axis_mm": "SCT 103339001",
        "short_axis_mm": "SCT 103340004",
        "max_3d_diameter_mm": "SCT 81827009 IBSI L0JK",
        "volume_ml": "SCT 118565006",
        "volume_mesh_ml": "SCT 118565006 IBSI RNU0",
        "volume_voxels_ml": "SCT 118565006 IBSI YEKZ",
        "envelope_ml": "SCT 118565006",
        "envelope_mm2": "SCT 42798000",
        "area_mm2": "SCT 42798000",
        "surface_area_mm2": "IBSI C0JK",
        "sphericity": "IBSI QCFX",
        "mean_hu": "DCM 112031 SCT 373098007",
        "median_hu": "DCM 112031 SCT 373099004",
        "sd_hu": "DCM 112031 SCT 386136009",
        "max_hu": "DCM 112031 SCT 56851009",
        "long_axis_px": "SCT 103339001",
        "short_axis_px": "SCT 103340004",
        "area_px": "SCT 42798000",
        "envelope_px": "SCT 42798000",
    }


def test_code_in_a_meaning_is_the_code_of_the_number() -> None:
    for number in NUMBERS:
        for scheme in ("SCT", "IBSI"):
            if f"{scheme} " in number.meaning:
                assert any(str(code) in number.meaning for code in number.codes if code.scheme == scheme), number.name


# What follows from the table


def test_columns_of_lesions_csv_follow_from_the_table() -> None:
    measured = [column for column in LESION_COLUMNS if column.number is not None]
    assert [column.number for column in measured] == list(table_numbers())
    assert [column.name for column in measured] == [one.name for one in table_numbers()]


STORED = {
    Double: """
        long_axis_mm short_axis_mm max_3d_diameter_mm bone_contact_mm2 mean_hu median_hu sd_hu max_hu volume_ml
        volume_mesh_ml volume_voxels_ml surface_area_mm2 sphericity area_mm2 boundary_hu long_axis_u95_mm
        max_3d_diameter_u95_mm volume_u95_ml long_axis_px short_axis_px area_px pixel_aspect column_spacing_mm
        mean_contrast boundary long_axis_u95_px envelope_ml envelope_u95_ml fill_fraction morphology_confidence
        skin_distance_mm canal_narrowed_percent envelope_px envelope_u95_px envelope_mm2 envelope_u95_mm2
    """,
    Integer: "long_axis_slice long_axis_instance_number parts",
    Boolean: "truncated touches_bone large fluid_level",
    TypeDecorator: "long_axis_sop_uid",
    Text: """
        long_axis_ends_lps_mm short_axis_ends_lps_mm max_3d_diameter_ends_lps_mm centroid_lps_mm extents_lps_mm
        long_axis_ends_px short_axis_ends_px centroid_px spacing_source morphology
        morphology_source canal
    """,
}
"""The columns that stores have by now: a store without one of them cannot be written."""


def test_columns_of_the_store_are_those_of_stores_that_are_there() -> None:
    expected = {name: kind for kind, names in STORED.items() for name in names.split()}
    assert {one.name for one in stored_numbers()} == set(expected)
    for name, kind in expected.items():
        assert isinstance(lesion_revisions.columns[name].type, kind), name
        assert lesion_revisions.columns[name].nullable, name


@KINDS
def test_store_keeps_each_number_under_its_name(kind: ImageKind) -> None:
    measurements = MEASURED[kind]
    revision = Revision(Lesion("2.25.1", 1, VOXEL, measurements), 1, datetime(2024, 5, 6, tzinfo=UTC), "measured")
    row = revision_row(revision, 1, None)
    for number in stored_numbers():
        value = reader_of(number)(measurements)
        expected = json.dumps(value) if number.value_type is NumberType.POINTS and value is not None else value
        assert row[number.name] == expected, number.name


@KINDS
def test_store_gives_measurements_as_they_were(kind: ImageKind) -> None:
    measurements = replace(MEASURED[kind], notices=("no_edge", "specks_dropped"))
    row = numbers_row(measurements)
    assert {name for name in row if name != "measurement_notices"} == {one.name for one in stored_numbers()}
    assert measurements_of(row) == measurements


def test_store_gives_what_was_not_measured_as_none() -> None:
    for kind in ImageKind:
        names = [field.name for field in fields(MEASURED[kind]) if field.default is None]
        unknown = replace(MEASURED[kind], **dict.fromkeys(names))
        assert measurements_of(numbers_row(unknown)) == unknown


# A new number


MADE_UP = Number(
    "speckle_mm3", "How speckled it is.", frozenset({ImageKind.CT_STACK}), unit="mm3", decimals=3,
    codes=(Code("IBSI", "9999"),),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speckled:
    """Measurements that have the made-up number."""

    kind: ClassVar[ImageKind] = ImageKind.CT_STACK
    speckle_mm3: float | None


@contextmanager
def _to_memory(written: io.StringIO) -> Iterator[io.StringIO]:
    yield written


def test_new_number_in_the_table_is_in_columns_schema_store_and_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = (*NUMBERS, MADE_UP)
    columns = number_columns(numbers)
    assert [column.name for column in columns] == [*(one.name for one in table_numbers()), "speckle_mm3"]

    field = json.loads(table_schema(columns))["fields"][-1]
    assert field == {"name": "speckle_mm3", "type": "number", "description": "How speckled it is.", "unit": "mm3"}

    last = markdown_table(columns).splitlines()[-1]
    assert last == "| `speckle_mm3` | number, 3 decimals | `mm3` | How speckled it is. | IBSI 9999 | CT |"

    assert stored_numbers(numbers) == (*stored_numbers(), MADE_UP)
    assert MADE_UP in numbers_of(ImageKind.CT_STACK, numbers)
    assert MADE_UP not in numbers_of(ImageKind.RADIOGRAPH, numbers)

    written = io.StringIO()
    monkeypatch.setattr(tables, "open_atomic", lambda _, **__: _to_memory(written))
    with tables.open_table(columns[-1:], Any, None) as write:  # type: ignore[arg-type] # nothing is written to a file
        for measurements in (Speckled(1.23456), Speckled(None), MEASURED[ImageKind.RADIOGRAPH]):
            write(LesionRow(STACK, Lesion("2.25.1", 1, VOXEL, measurements)))  # type: ignore[arg-type]
    assert [row[0] for row in csv.reader(written.getvalue().splitlines()[:2])] == ["speckle_mm3", "1.235"]
    assert written.getvalue() == 'speckle_mm3\r\n1.235\r\n""\r\n""\r\n'


def test_documentation_has_a_row_for_each_column() -> None:
    lines = markdown_table(LESION_COLUMNS).splitlines()
    assert len(lines) == len(LESION_COLUMNS) + 2
    assert {line.replace(r"\|", "").count("|") for line in lines} == {7}
    assert [line.split("`")[1] for line in lines[2:]] == [column.name for column in LESION_COLUMNS]


def test_documentation_leaves_out_what_no_column_has() -> None:
    lines = markdown_table(SERIES_COLUMNS).splitlines()
    assert lines[:3] == [
        "| column | type | unit | meaning |",
        "| --- | --- | --- | --- |",
        "| `patient_id` | string |  | PatientID. |",
    ]
