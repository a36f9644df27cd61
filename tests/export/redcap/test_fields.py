"""The fields of the forms: names that stay, within the rules, with units and meanings."""

from __future__ import annotations

from pathlib import Path

from calcimeasure.export.lesions import LESION_COLUMNS
from calcimeasure.export.redcap.fields import FORMS, LONGEST_NAME, FieldKind, all_fields
from calcimeasure.export.studies import STUDY_COLUMNS

KNOWN = Path(__file__).parent / "field_names.txt"


def test_no_field_that_a_registry_has_is_renamed_moved_or_of_another_kind() -> None:
    """A registry keeps what it was set up with. New fields are added to the list."""
    now = [f"{field.form} {field.name} {field.kind}" for field in all_fields()]
    assert [line for line in KNOWN.read_text(encoding="utf-8").splitlines() if line not in now] == []


def test_names_are_short_and_unique() -> None:
    names = [name for form in FORMS for name in form.columns]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= LONGEST_NAME


def test_every_column_of_the_tables_is_a_field_but_that_of_the_patient() -> None:
    columns = {(field.form, field.column.name) for field in all_fields() if field.column}
    expected = {("cm_lesions", column.name) for column in LESION_COLUMNS} - {("cm_lesions", "status")}
    expected |= {("cm_studies", column.name) for column in STUDY_COLUMNS}
    assert columns == {one for one in expected if one[1] != "patient_key"}


def test_units_are_in_labels() -> None:
    for field in all_fields():
        if field.column is not None and field.column.unit:
            shown = {"[hnsf'U]": "HU", "{pixels}": "px"}.get(field.column.unit, field.column.unit)
            assert field.label.endswith(f"({shown})"), field.name


def test_every_choice_can_be_unknown_and_no_other_field_has_choices() -> None:
    for field in all_fields():
        codes = [choice.code for choice in field.choices]
        assert ("unknown" in codes) is (field.kind is FieldKind.CHOICE)


def test_what_can_identify_is_marked() -> None:
    marked = {field.name for field in all_fields() if field.identifier}
    assert {"cm_study_date", "cm_study_uid", "cm_tracking_uid", "cm_reader", "cm_st_study_uid"} <= marked
