"""The validator of REDCap's rules: what this program writes passes; each kind of broken input is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from calcimeasure.export.redcap.check_dictionary import dictionary_problems
from calcimeasure.export.redcap.check_records import is_of_kind, records_problems
from calcimeasure.export.redcap.dictionary import entries_of
from calcimeasure.export.redcap.fields import FORMS, FieldKind
from calcimeasure.export.redcap.records import Entry, table

if TYPE_CHECKING:
    from collections.abc import Callable

    Dictionary = list[dict[str, str]]
    Records = tuple[list[str], list[list[str]]]


def dictionary() -> Dictionary:
    return entries_of(FORMS)


def records(longitudinal: bool = False) -> Records:
    """Two lesions and a study of one record."""
    entries = []
    for form, uid, count in ((FORMS[0], "cm_tracking_uid", 2), (FORMS[1], "cm_st_study_uid", 1)):
        for number in range(count):
            cells = {field.name: field.blank for field in form.fields} | {uid: f"2.25.{number}", form.complete: "2"}
            event = "baseline_arm_1" if longitudinal else ""
            entries.append((Entry("R-1", event, form.name, f"1.{number}", cells), number + 1))
    header, rows = table("record_id", entries, longitudinal=longitudinal)
    return list(header), rows


def put(name: str, text: str, row: int = 0) -> Callable[[Records], None]:
    def change(given: Records) -> None:
        header, rows = given
        rows[row][header.index(name)] = text

    return change


def of_field(name: str, **cells: str) -> Callable[[Dictionary], None]:
    def change(entries: Dictionary) -> None:
        next(entry for entry in entries if entry["field_name"] == name).update(cells)

    return change


def add_column(name: str) -> Callable[[Records], None]:
    def change(given: Records) -> None:
        header, rows = given
        header.append(name)
        for row in rows:
            row.append("")

    return change


def rename(before: str, after: str) -> Callable[[Records], None]:
    def change(given: Records) -> None:
        given[0][given[0].index(before)] = after

    return change


BROKEN_DICTIONARIES: dict[str, tuple[str, Callable[[Dictionary], object]]] = {
    "a column is missing": ("columns", lambda entries: entries[0].pop("field_note")),
    "a column is not known": ("columns", lambda entries: entries[0].update(field_units="mm")),
    "capitals in a name": ("name", of_field("cm_site", field_name="cm_Site")),
    "a digit first in a name": ("name", of_field("cm_site", field_name="1cm_site")),
    "two underscores in a name": ("name", of_field("cm_site", field_name="cm__site")),
    "a name too long": ("length", of_field("cm_site", field_name="cm_" + "s" * 24)),
    "no prefix": ("prefix", of_field("cm_site", field_name="site")),
    "a name twice": ("unique", of_field("cm_site", field_name="cm_status")),
    "a name that REDCap uses": ("reserved", of_field("cm_site", field_name="redcap_event_name")),
    "a name of the status of a form": ("reserved", of_field("cm_site", field_name="cm_lesions_complete")),
    "a form with blanks": ("form", of_field("cm_site", form_name="cm lesions")),
    "forms in pieces": ("together", lambda entries: entries.append(dict(entries[0], field_name="cm_more"))),
    "an unknown type": ("type", of_field("cm_site", field_type="select")),
    "an unknown validation": (
        "validation",
        of_field("cm_volume_ml", text_validation_type_or_show_slider_number="float"),
    ),
    "a validation of this site alone": (
        "validation",
        of_field("cm_volume_ml", text_validation_type_or_show_slider_number="number_2dp"),
    ),
    "no choices": ("choices", of_field("cm_site", select_choices_or_calculations="")),
    "choices of a text": ("choices", of_field("cm_notices", select_choices_or_calculations="1, One")),
    "a choice without a label": ("choices", of_field("cm_site", select_choices_or_calculations="hip, Hip | knee")),
    "a code twice": ("code", of_field("cm_site", select_choices_or_calculations="hip, Hip | HIP, Knee")),
    "a code with blanks": ("code", of_field("cm_site", select_choices_or_calculations="left hip, Hip | knee, Knee")),
    "no label": ("label", of_field("cm_site", field_label=" ")),
    "another mark of an identifier": ("identifier", of_field("cm_site", identifier="yes")),
    "another mark of a required field": ("required", of_field("cm_site", required_field="1")),
    "a field that is not read-only": ("read_only", of_field("cm_site", field_annotation="")),
    "a calculated field": ("calculated", of_field("cm_volume_ml", field_type="calc")),
    "a calculated text": ("calculated", of_field("cm_notices", field_annotation="@READONLY @CALCTEXT('x')")),
    "branching by a field that is not there": ("branching", of_field("cm_site", branching_logic="[side] = '1'")),
    "a minimum above the maximum": (
        "bounds",
        of_field("cm_volume_ml", text_validation_min="9", text_validation_max="1"),
    ),
    "ranking without a matrix": ("matrix", of_field("cm_site", matrix_ranking="y")),
}

BROKEN_RECORDS: dict[str, tuple[str, Callable[[Records], object]]] = {
    "no field that names records": ("record_id", rename("record_id", "")),
    "the instance before the form": ("keys", rename("redcap_repeat_instrument", "redcap_repeat_instance")),
    "a column of the registry": ("prefix", add_column("skin_score")),
    "a field that the project lacks": ("columns", add_column("cm_weight")),
    "a column twice": ("columns", add_column("cm_site")),
    "no record": ("record_id", put("record_id", "")),
    "blanks around a record": ("record_id", put("record_id", " R-1")),
    "a record too long": ("record_id", put("record_id", "R" * 101)),
    "a quote in a record": ("record_id", put("record_id", 'R"1')),
    "a formula as a record": ("record_id", put("record_id", "=R1")),
    "records that differ in case alone": ("record_id", put("record_id", "r-1", 1)),
    "a form that does not repeat": ("instrument", put("redcap_repeat_instrument", "demographics")),
    "no instance": ("instance", put("redcap_repeat_instance", "")),
    "an instance of 0": ("instance", put("redcap_repeat_instance", "0")),
    "an instance twice": ("instance", put("redcap_repeat_instance", "1", 1)),
    "a lesion in two instances": ("uid", put("cm_tracking_uid", "2.25.0", 1)),
    "an instance without a UID": ("uid", put("cm_tracking_uid", "")),
    "a value of the other form": ("form", put("cm_st_masses", "1")),
    "a comma as decimal mark": ("value", put("cm_volume_ml", "1,5")),
    "a number with an exponent": ("value", put("cm_volume_ml", "1e3")),
    "an integer with decimals": ("value", put("cm_parts", "1.0")),
    "a date with points": ("value", put("cm_study_date", "10.01.2024")),
    "a day that is none": ("value", put("cm_study_date", "2023-02-29")),
    "a time with T and Z": ("value", put("cm_reviewed_at", "2024-01-10T10:15:00Z")),
    "a code that is no choice": ("choice", put("cm_site", "toe")),
    "a label instead of its code": ("choice", put("cm_large", "Yes")),
    "a status of the form that is none": ("complete", put("cm_lesions_complete", "Complete")),
    "no status of the form": ("complete", put("cm_lesions_complete", "")),
    "a text of two lines": ("text", put("cm_notices", "a\nb")),
    "a cell too many": ("cells", lambda given: given[1][0].append("")),
}


def test_what_this_program_writes_breaks_no_rule() -> None:
    assert dictionary_problems(dictionary()) == []
    assert records_problems(*records(), FORMS) == []
    assert records_problems(*records(longitudinal=True), FORMS, longitudinal=True) == []


@pytest.mark.parametrize("kind", BROKEN_DICTIONARIES)
def test_broken_dictionary_is_rejected(kind: str) -> None:
    rule, breaks = BROKEN_DICTIONARIES[kind]
    entries = [dict(entry) for entry in dictionary()]
    breaks(entries)
    assert rule in {problem.rule for problem in dictionary_problems(entries)}


@pytest.mark.parametrize("kind", BROKEN_RECORDS)
def test_broken_records_are_rejected(kind: str) -> None:
    rule, breaks = BROKEN_RECORDS[kind]
    given = records()
    breaks(given)
    assert rule in {problem.rule for problem in records_problems(*given, FORMS)}


@pytest.mark.parametrize("event", ["", "Baseline", "baseline", "baseline_arm_0", "a_name_of_more_than_18_arm_1"])
def test_event_that_is_none_is_rejected(event: str) -> None:
    header, rows = records(longitudinal=True)
    rows[0][header.index("redcap_event_name")] = event
    assert "event" in {problem.rule for problem in records_problems(header, rows, FORMS, longitudinal=True)}


@pytest.mark.parametrize(
    ("kind", "text", "is_taken"),
    [
        (FieldKind.NUMBER, "-12.50", True),
        (FieldKind.NUMBER, ".5", True),
        (FieldKind.NUMBER, "5.", False),
        (FieldKind.NUMBER, "nan", False),
        (FieldKind.INTEGER, "-3", True),
        (FieldKind.INTEGER, "\u0663", False),
        (FieldKind.DATE, "2024-02-29", True),
        (FieldKind.DATE, "2024-2-9", False),
        (FieldKind.DATETIME, "2024-02-29 23:59:59", True),
        (FieldKind.DATETIME, "2024-02-29 24:00:00", False),
        (FieldKind.TEXT, "anything", True),
        (FieldKind.NUMBER, "", True),
    ],
)
def test_validation_types_are_those_of_redcap(kind: FieldKind, text: str, is_taken: bool) -> None:
    assert is_of_kind(kind, text) is is_taken
